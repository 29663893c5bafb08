"""Documents, passages, full text and vectors <-> one SQLite database. Owns sqlite3.

The catalog is the truth about what is indexed; everything else can be rebuilt from it without embedding anything again. Every
change is one transaction and moves `generation` on by one, so that readers in other processes know to look again.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assistant.database import SCHEMA, connect, migrated, transaction, way_out
from assistant.errors import DamagedError, LibraryError
from assistant.marks import Kind, marks
from assistant.types import Document, Filters, Passage
from assistant.words import query_words

if TYPE_CHECKING:
    from assistant.types import Vectors

SHARED_MOST = 200
"""A sentence that stands in more passages than this says nothing about two of them being copies."""
OVERLAPPING_MOST = 40
"""The same for whole documents, where each sentence counts for all pairs of those that it stands in."""

class FileState(NamedTuple):
    """A file and its sidecar as they were when last looked at.

    Attributes:
        failure: Why it could not be read; None if it was.
        about_size: Of the sidecar; -1 where there was none.
    """

    size: int
    mtime_ns: int
    looked_ns: int
    sha256: str
    failure: str | None
    about_size: int = -1
    about_mtime_ns: int = 0
    about_sha256: str = ""


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """What the catalog says of a document without opening its text."""

    id: str
    source: str
    title: str | None
    publisher: str | None
    author: str | None
    published: str | None
    url: str | None
    n_passages: int
    n_pages: int = 0
    warnings: tuple[str, ...] = ()
    fetched: str | None = None


class PassageRow(NamedTuple):
    """Where a passage stands, for scoring; `id` orders equal scores the same way in every index."""

    document_id: str
    start: int
    end: int

    @property
    def id(self) -> str:
        return f"{self.document_id}:{self.start}-{self.end}"


class Recurring(NamedTuple):
    """A sentence (or label) that stands in several documents of one publisher, by its mark.

    Attributes:
        n_titles: Documents it stands in, those of one title counted once.
        n, n_edge, n_of_subject: Passages it stands in; in how many at a document's edge, in how many with a word of the title.
    """

    fingerprint: int
    publisher: str | None
    n_titles: int
    n: int
    n_edge: int
    n_of_subject: int
    kinds: Kind


class Overlap(NamedTuple):
    """Two documents, by id, that share sentences: how many, and how many the first has."""

    document_id: str
    other_id: str
    n_shared: int
    n_sentences: int


class DocumentVectors(NamedTuple):
    """The passages of one document and their vectors, shape `(n_passages, dim)`, float32 unit rows."""

    document_id: str
    passages: tuple[PassageRow, ...]
    vectors: Vectors


class Catalog:
    """One database file, one connection a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    def open(self) -> Catalog:
        """Create the database where there is none, and bring one of an older format up to this one.

        Raises:
            LibraryError: If it was written by a later version or is no database.
        """
        try:
            version = migrated(self._connection)
            self._connection.execute("SELECT COUNT(*) FROM meta, files, documents").fetchone()
        except sqlite3.OperationalError as exc:
            raise LibraryError(f"The index in {self.path.parent} cannot be opened: {way_out(exc)}") from exc
        except sqlite3.DatabaseError as exc:
            raise DamagedError(
                f"The index in {self.path.parent} is damaged ({exc}). Nothing but time is lost: run assistant sync --rebuild"
            ) from exc
        except OSError as exc:
            raise LibraryError(f"The data folder {self.path.parent} cannot be written: {exc.strerror}.") from exc
        if version != SCHEMA:
            raise LibraryError(
                f"The index in {self.path.parent} has format {version}; this version reads format {SCHEMA}. "
                "Run: assistant sync --rebuild"
            )
        return self

    def close(self) -> None:
        """Close this thread's connection; those of other threads end with them."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    @property
    def _connection(self) -> sqlite3.Connection:
        """This thread's connection, made anew where the file was deleted or replaced since."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None and self._inode() != self._local.inode:
            self.close()
            connection = None
        if connection is None:
            connection = connect(self.path)
            self._local.connection, self._local.inode = connection, self._inode()
        return connection

    def _inode(self) -> int:
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return -1

    @contextmanager
    def change(self) -> Iterator[Change]:
        """One change of the library: all of it or none, and `generation` moves on."""
        with self._told(), transaction(self._connection) as connection:
            yield Change(connection)
            connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in words why nothing can be written; nothing of the change was."""
        try:
            yield
        except sqlite3.OperationalError as exc:
            raise LibraryError(f"The index in {self.path.parent} cannot be written: {way_out(exc)}") from exc

    def note_files(self, states: Mapping[str, FileState]) -> None:
        """Remember how files were when looked at; nothing that is searched changes, so `generation` stays."""
        with self._told(), transaction(self._connection) as connection:
            for source, state in states.items():
                Change(connection).put_file(source, state)

    # What is known about the library as a whole

    def meta(self, key: str) -> str | None:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    @property
    def generation(self) -> int:
        """Moves with every change."""
        return int(self.meta("generation") or 0)

    def counts(self) -> tuple[int, int]:
        """How many documents and passages."""
        row = self._connection.execute("SELECT COUNT(*), TOTAL(n_passages) FROM documents").fetchone()
        return row[0], int(row[1])

    def n_readable(self) -> int:
        """Documents of a database that may be missing or damaged; 0 then."""
        try:
            return self.counts()[0] if self.path.exists() else 0
        except (sqlite3.Error, OSError):
            return 0

    def files(self) -> dict[str, FileState]:
        """Every file as last looked at, by source."""
        rows = self._connection.execute("SELECT * FROM files")
        return {source: FileState(*state) for source, *state in rows}

    def file(self, source: str) -> FileState | None:
        """One file as last looked at."""
        row = self._connection.execute("SELECT * FROM files WHERE source = ?", (source,)).fetchone()
        return FileState(*row[1:]) if row else None

    # Documents and passages

    def documents(self) -> list[DocumentSummary]:
        """All documents, by source."""
        rows = self._connection.execute(
            "SELECT id, source, title, publisher, author, published, url, n_passages, json_array_length(pages), warnings, "
            "fetched FROM documents ORDER BY source"
        )
        return [DocumentSummary(*[*stated, tuple(json.loads(warnings)), fetched]) for *stated, warnings, fetched in rows]

    def document(self, document_id: str) -> Document | None:
        return self._document("id", document_id)

    def document_by_source(self, source: str) -> Document | None:
        return self._document("source", source)

    def _document(self, column: str, value: str) -> Document | None:
        row = self._connection.execute(
            "SELECT id, source, text, title, publisher, author, published, url, sha256, pages, warnings, fetched "
            f"FROM documents JOIN texts ON document = row WHERE {column} = ?",
            (value,),
        ).fetchone()
        if row is None:
            return None
        *stated, pages, warnings, fetched = row
        return Document(*[*stated, tuple(json.loads(pages)), tuple(json.loads(warnings)), fetched])

    def passages(self, document_id: str) -> list[Passage]:
        """The passages of a document, in order."""
        document = self.document(document_id)
        rows = self._connection.execute(
            'SELECT start, "end" FROM passages WHERE document = (SELECT row FROM documents WHERE id = ?) ORDER BY position',
            (document_id,),
        )
        return [Passage(document_id, start, end, document.text[start:end]) for start, end in rows] if document else []

    def allowed(self, filters: Filters) -> set[str] | None:
        """Ids of the documents that `filters` let through; None for all."""
        if filters == Filters():
            return None
        publishers = {name.casefold() for name in filters.publishers}
        return {
            document.id
            for document in self.documents()
            if (not publishers or (document.publisher or "").casefold() in publishers)
            and (not filters.sources or document.source in filters.sources)
            and _within(document.published, filters)
        }

    # Search

    def document_ids(self) -> set[str]:
        return {row[0] for row in self._connection.execute("SELECT id FROM documents")}

    def embedded_titles(self) -> dict[str, bytes]:
        """By document id, the digest of what was embedded for its first passage: it moves when the title in all of them does."""
        rows = self._connection.execute(
            "SELECT d.id, p.embedded FROM documents AS d LEFT JOIN passages AS p ON p.document = d.row AND p.position = 0"
        )
        return {document_id: digest or b"" for document_id, digest in rows}

    def embedded_digests(self) -> dict[str, bytes]:
        """By passage id, the digest of what was embedded for it."""
        rows = self._connection.execute(
            'SELECT d.id, p.start, p."end", p.embedded FROM passages AS p JOIN documents AS d ON d.row = p.document'
        )
        return {PassageRow(*row[:3]).id: row[3] for row in rows}

    def vectors(self, document_ids: Iterable[str] | None = None) -> list[DocumentVectors]:
        """Passages and vectors of the named documents, or of all; ids that are not there are passed over."""
        condition, parameters = "", tuple[str, ...]()
        if document_ids is not None:
            condition, parameters = (
                "WHERE d.id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(document_ids)),),
            )
        spans: dict[int, list[tuple[int, int]]] = {}
        for row, start, end in self._connection.execute(
            'SELECT p.document, p.start, p."end" FROM passages AS p JOIN documents AS d ON d.row = p.document '
            f"{condition} ORDER BY p.document, p.position",
            parameters,
        ):
            spans.setdefault(row, []).append((start, end))
        rows = self._connection.execute(
            f"SELECT d.row, d.id, v.rows FROM documents AS d JOIN vectors AS v ON v.document = d.row {condition}",
            parameters,
        )
        return [
            DocumentVectors(
                document_id,
                tuple(PassageRow(document_id, *span) for span in spans[row]),
                np.frombuffer(data, dtype=np.float32).reshape(len(spans[row]), -1),
            )
            for row, document_id, data in rows
            if row in spans
        ]

    def match(self, query: str, *, limit: int, title_weight: float) -> list[tuple[PassageRow, float]]:
        """Passages that share a word with `query`, by FTS5's bm25 (higher is better here).

        Only `limit` are kept; where the cut falls among equal scores all of those are left out, so that what is returned does
        not depend on the order in which documents came in.
        """
        words = query_words(query)
        if not words:
            return []
        expression = " OR ".join(f'"{word}"' for word in words)
        rows = self._connection.execute(
            f'SELECT d.id, p.start, p."end", -m.score FROM (SELECT rowid, bm25(passages_fts, 1.0, {title_weight}) AS score '
            "FROM passages_fts WHERE passages_fts MATCH ? ORDER BY score LIMIT ?) AS m "
            "JOIN passages AS p ON p.row = m.rowid JOIN documents AS d ON d.row = p.document",
            (expression, limit + 1),
        ).fetchall()
        ranked = sorted(
            ((PassageRow(*row[:3]), round(row[3], 9)) for row in rows), key=lambda found: (-found[1], found[0].id)
        )
        if len(ranked) <= limit:
            return ranked
        above_cut = [found for found in ranked if found[1] > ranked[-1][1]]
        return above_cut or self.match(query, limit=4 * limit, title_weight=title_weight)

    def document_frequency(self, words: Sequence[str]) -> dict[str, int]:
        """In how many passages each word (or a form of it with the same stem) stands."""
        return {
            word: self._connection.execute(
                "SELECT COUNT(*) FROM passages_fts WHERE passages_fts MATCH ?", (f'text:"{word}"',)
            ).fetchone()[0]
            for word in words
        }

    def texts_with_prefix(self, prefix: str, *, limit: int = 5_000) -> list[str]:
        """Texts of passages in which some word begins with `prefix`; of more than `limit` the same ones however they came in."""
        rows = self._connection.execute(
            "SELECT m.text FROM passages_fts AS m JOIN passages AS p ON p.row = m.rowid JOIN documents AS d ON d.row = p.document "
            "WHERE passages_fts MATCH ? ORDER BY d.id, p.start LIMIT ?",
            (f'text : "{prefix}" *', limit),
        )
        return [text for (text,) in rows]

    def embeddings(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Vectors of passages whose embedded text has one of `keys` as digest: nothing is embedded twice."""
        found: dict[bytes, Vectors] = {}
        for key in set(keys):
            row = self._connection.execute(
                "SELECT v.rows, d.n_passages, p.position FROM passages AS p JOIN vectors AS v USING (document) "
                "JOIN documents AS d ON d.row = p.document WHERE p.embedded = ? LIMIT 1",
                (key,),
            ).fetchone()
            if row:
                found[key] = np.frombuffer(row[0], dtype=np.float32).reshape(row[1], -1)[row[2]]
        return found

    # What recurs

    def sharing(self, passages: Sequence[PassageRow]) -> dict[PassageRow, list[PassageRow]]:
        """For each passage those of other documents that share a sentence with it, sentences that stand everywhere aside."""
        found: dict[PassageRow, list[PassageRow]] = {passage: [] for passage in passages}
        # CROSS JOIN keeps this order; SQLite's own choice took 7 ms for 30 passages of 10,000, this takes 1.3.
        for row in self._connection.execute(
            'SELECT DISTINCT d.id, p.start, p."end", e.id, q.start, q."end" FROM json_each(?) AS asked '
            "CROSS JOIN documents AS d ON d.id = asked.value ->> 0 "
            "CROSS JOIN passages AS p ON p.document = d.row AND p.start = asked.value ->> 1 "
            f"CROSS JOIN sentences AS s ON s.document = d.row AND s.passage = p.row AND s.kinds & {Kind.EVIDENCE:d} "
            "CROSS JOIN sentences AS t ON t.fingerprint = s.fingerprint AND t.document != s.document "
            "CROSS JOIN passages AS q ON q.row = t.passage CROSS JOIN documents AS e ON e.row = t.document WHERE "
            f"(SELECT COUNT(*) FROM (SELECT 1 FROM sentences AS u WHERE u.fingerprint = s.fingerprint LIMIT {SHARED_MOST + 1})) "
            f"<= {SHARED_MOST} ORDER BY e.id, q.start",
            (json.dumps([[passage.document_id, passage.start] for passage in passages]),),
        ):
            found.setdefault(PassageRow(*row[:3]), []).append(PassageRow(*row[3:]))
        return found

    def recurring(self, *, least: int) -> list[Recurring]:
        """Sentences that stand in at least `least` documents of one publisher."""
        rows = self._connection.execute(
            "SELECT s.fingerprint, d.publisher, COUNT(DISTINCT COALESCE(d.title, d.id)) AS n_titles, COUNT(*), "
            f"TOTAL(s.kinds & {Kind.EDGE:d} != 0), TOTAL(s.kinds & {Kind.OF_SUBJECT:d} != 0), "
            f"MAX(s.kinds & {Kind.ADDRESSES:d}) + MAX(s.kinds & {Kind.BARE:d}) + MAX(s.kinds & {Kind.LABEL:d}) "
            "FROM (SELECT fingerprint FROM sentences GROUP BY fingerprint HAVING COUNT(*) >= ?) JOIN sentences AS s USING (fingerprint) "
            "JOIN documents AS d ON d.row = s.document GROUP BY s.fingerprint, d.publisher HAVING n_titles >= ?",
            (least, least),
        )
        return [Recurring(*[*row[:4], int(row[4]), int(row[5]), Kind(row[6])]) for row in rows]

    def overlaps(self, *, share: float) -> list[Overlap]:
        """Ordered pairs of documents of which the second holds at least `share` of the first one's longer sentences."""
        rows = self._connection.execute(
            f"WITH few AS MATERIALIZED (SELECT fingerprint FROM sentences GROUP BY fingerprint HAVING COUNT(*) BETWEEN 2 AND {OVERLAPPING_MOST}), "
            "shared AS MATERIALIZED (SELECT DISTINCT fingerprint, document FROM few JOIN sentences USING (fingerprint) "
            f"WHERE kinds & {Kind.EVIDENCE:d}), "
            "pairs AS MATERIALIZED (SELECT a.document AS one, b.document AS other, COUNT(*) AS n FROM shared AS a JOIN shared AS b "
            "USING (fingerprint) WHERE a.document != b.document GROUP BY 1, 2), "
            "sizes AS MATERIALIZED (SELECT one AS document, (SELECT COUNT(DISTINCT fingerprint) FROM sentences AS s "
            f"WHERE s.document = one AND s.kinds & {Kind.EVIDENCE:d}) AS n FROM (SELECT DISTINCT one FROM pairs)) "
            "SELECT d.id, e.id, pairs.n, sizes.n FROM pairs JOIN sizes ON sizes.document = one JOIN documents AS d ON d.row = one "
            "JOIN documents AS e ON e.row = other WHERE pairs.n >= ? * sizes.n",
            (share,),
        )
        return sorted(Overlap(*row) for row in rows)

    def n_by_publisher(self) -> dict[str | None, int]:
        """How many documents each publisher has; None for those that name none."""
        return dict(self._connection.execute("SELECT publisher, COUNT(*) FROM documents GROUP BY publisher").fetchall())

    def check(self) -> list[str]:
        """What is wrong with the database, in words; empty when nothing is."""
        try:
            return self._problems()
        except sqlite3.DatabaseError as exc:
            return [str(exc)]

    def _problems(self) -> list[str]:
        problems = [row[0] for row in self._connection.execute("PRAGMA quick_check") if row[0] != "ok"]
        counts = self._connection.execute(
            "SELECT (SELECT COUNT(*) FROM passages), (SELECT COUNT(*) FROM passages_fts), "
            "(SELECT TOTAL(n_passages) FROM documents)"
        ).fetchone()
        if len({int(count) for count in counts}) > 1:
            problems.append(f"{counts[0]} passages, {counts[1]} in the full text, {int(counts[2])} by documents")
        return problems


class Change:
    """The writes of one transaction; made by `Catalog.change`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def set_meta(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def put_file(self, source: str, state: FileState) -> None:
        self._connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (source, *state))

    def drop_file(self, source: str) -> None:
        self._connection.execute("DELETE FROM files WHERE source = ?", (source,))

    def put_document(
        self, document: Document, passages: Sequence[Passage], vectors: Vectors, keys: Sequence[bytes]
    ) -> None:
        """Store a document whole, in place of what stood under its source."""
        self.drop_document(document.source)
        d = document
        row = self._connection.execute(
            "INSERT INTO documents (id, source, sha256, title, publisher, author, published, url, n_passages, pages, warnings, fetched) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                d.id, d.source, d.sha256, d.title, d.publisher, d.author, d.published, d.url, len(passages),
                json.dumps(d.pages), json.dumps(d.warnings), d.fetched,
            ),
        ).lastrowid  # fmt: skip
        self._connection.execute("INSERT INTO texts VALUES (?, ?)", (row, d.text))
        self._connection.execute(
            "INSERT INTO vectors VALUES (?, ?)", (row, np.ascontiguousarray(vectors).tobytes())
        )
        marked = marks(d, passages)
        for position, (passage, key) in enumerate(zip(passages, keys, strict=True)):
            passage_row = self._connection.execute(
                'INSERT INTO passages (document, position, start, "end", embedded) VALUES (?, ?, ?, ?, ?)',
                (row, position, passage.start, passage.end, key),
            ).lastrowid
            self._connection.execute(
                "INSERT INTO passages_fts (rowid, text, title) VALUES (?, ?, ?)",
                (passage_row, passage.text, d.title or ""),
            )
            self._connection.executemany(
                "INSERT INTO sentences VALUES (?, ?, ?, ?)", [(m.fingerprint, passage_row, row, int(m.kinds)) for m in marked[position]]
            )

    def drop_document(self, source: str) -> None:
        row = self._connection.execute("SELECT row FROM documents WHERE source = ?", (source,)).fetchone()
        if row:
            self._connection.execute(
                "DELETE FROM passages_fts WHERE rowid IN (SELECT row FROM passages WHERE document = ?)", row
            )
            self._connection.execute("DELETE FROM documents WHERE row = ?", row)


def _within(published: str | None, filters: Filters) -> bool:
    if not filters.by_date:
        return True
    day = (published or "")[:10]
    return bool(day) and (filters.since or "") <= day <= (filters.until or "9999-12-31")
