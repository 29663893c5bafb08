"""Files, documents, passages and vectors <-> one SQLite database.

The catalog is the truth about what is indexed; everything else can be rebuilt from it without embedding anything again. Every
change is one transaction and moves `generation` on by one, so that readers in other processes know to look again. It is searched
by `fulltext` and `recurrence`; sqlite3 goes no further than these, `changes` and `database`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.changes import Change
from assistant.database import SCHEMA, connect, migrated, snapshot, transaction, way_out
from assistant.errors import DamagedError, LibraryError
from assistant.records import DocumentSummary, DocumentVectors, FileState, PassageRow
from assistant.types import Document, Filters, Passage

if TYPE_CHECKING:
    from assistant.types import Vectors


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
            version = migrated(self.connection)
            self.connection.execute("SELECT COUNT(*) FROM meta, files, documents").fetchone()
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
    def connection(self) -> sqlite3.Connection:
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
        with self._told(), transaction(self.connection) as connection:
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
        with self._told(), transaction(self.connection) as connection:
            for source, state in states.items():
                Change(connection).put_file(source, state)

    # What is known about the library as a whole

    def meta(self, key: str) -> str | None:
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    @property
    def generation(self) -> int:
        """Moves with every change."""
        return int(self.meta("generation") or 0)

    def counts(self) -> tuple[int, int]:
        """How many documents and passages."""
        row = self.connection.execute("SELECT COUNT(*), TOTAL(n_passages) FROM documents").fetchone()
        return row[0], int(row[1])

    def n_by_publisher(self) -> dict[str | None, int]:
        """How many documents each publisher has; None for those that name none."""
        return dict(self.connection.execute("SELECT publisher, COUNT(*) FROM documents GROUP BY publisher").fetchall())

    def n_readable(self) -> int:
        """Documents of a database that may be missing or damaged; 0 then."""
        try:
            return self.counts()[0] if self.path.exists() else 0
        except (sqlite3.Error, OSError):
            return 0

    def files(self) -> dict[str, FileState]:
        """Every file as last looked at, by source."""
        rows = self.connection.execute("SELECT * FROM files")
        return {source: FileState(*state) for source, *state in rows}

    def file(self, source: str) -> FileState | None:
        """One file as last looked at."""
        row = self.connection.execute("SELECT * FROM files WHERE source = ?", (source,)).fetchone()
        return FileState(*row[1:]) if row else None

    def check(self) -> list[str]:
        """What is wrong with the database, in words; empty when nothing is."""
        try:
            return self._problems()
        except sqlite3.DatabaseError as exc:
            return [str(exc)]

    def _problems(self) -> list[str]:
        problems = [row[0] for row in self.connection.execute("PRAGMA quick_check") if row[0] != "ok"]
        counts = self.connection.execute(
            "SELECT (SELECT COUNT(*) FROM passages), (SELECT COUNT(*) FROM passages_fts), "
            "(SELECT TOTAL(n_passages) FROM documents)"
        ).fetchone()
        if len({int(count) for count in counts}) > 1:
            problems.append(f"{counts[0]} passages, {counts[1]} in the full text, {int(counts[2])} by documents")
        return problems

    # Documents and passages

    def documents(self) -> list[DocumentSummary]:
        """All documents, by source."""
        rows = self.connection.execute(
            "SELECT id, source, title, publisher, author, published, url, n_passages, json_array_length(pages), warnings, "
            "fetched FROM documents ORDER BY source"
        )
        return [DocumentSummary(*[*stated, tuple(json.loads(warnings)), fetched]) for *stated, warnings, fetched in rows]

    def document_ids(self) -> set[str]:
        return {row[0] for row in self.connection.execute("SELECT id FROM documents")}

    def document(self, document_id: str) -> Document | None:
        return self._document("id", document_id)

    def document_by_source(self, source: str) -> Document | None:
        return self._document("source", source)

    def _document(self, column: str, value: str) -> Document | None:
        row = self.connection.execute(
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
        rows = self.connection.execute(
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

    # Vectors

    def embedded_titles(self) -> dict[str, bytes]:
        """By document id, the digest of what was embedded for its first passage: it moves when the title in all of them does."""
        rows = self.connection.execute(
            "SELECT d.id, p.embedded FROM documents AS d LEFT JOIN passages AS p ON p.document = d.row AND p.position = 0"
        )
        return {document_id: digest or b"" for document_id, digest in rows}

    def embedded_digests(self) -> dict[str, bytes]:
        """By passage id, the digest of what was embedded for it."""
        rows = self.connection.execute(
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
        with snapshot(self.connection) as connection:  # rows are used again: between two reads one may come to be another document's
            for row, start, end in connection.execute(
                'SELECT p.document, p.start, p."end" FROM passages AS p JOIN documents AS d ON d.row = p.document '
                f"{condition} ORDER BY p.document, p.position",
                parameters,
            ):
                spans.setdefault(row, []).append((start, end))
            rows = connection.execute(
                f"SELECT d.row, d.id, v.rows FROM documents AS d JOIN vectors AS v ON v.document = d.row {condition}",
                parameters,
            ).fetchall()
        return [
            DocumentVectors(
                document_id,
                tuple(PassageRow(document_id, *span) for span in spans[row]),
                np.frombuffer(data, dtype=np.float32).reshape(len(spans[row]), -1),
            )
            for row, document_id, data in rows
            if row in spans
        ]

    def embeddings(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Vectors of passages whose embedded text has one of `keys` as digest: nothing is embedded twice."""
        found: dict[bytes, Vectors] = {}
        for key in set(keys):
            row = self.connection.execute(
                "SELECT v.rows, d.n_passages, p.position FROM passages AS p JOIN vectors AS v USING (document) "
                "JOIN documents AS d ON d.row = p.document WHERE p.embedded = ? LIMIT 1",
                (key,),
            ).fetchone()
            if row:
                found[key] = np.frombuffer(row[0], dtype=np.float32).reshape(row[1], -1)[row[2]]
        return found


def _within(published: str | None, filters: Filters) -> bool:
    if not filters.by_date:
        return True
    day = (published or "")[:10]
    return bool(day) and (filters.since or "") <= day <= (filters.until or "9999-12-31")
