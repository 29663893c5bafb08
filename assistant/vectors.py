"""Passage vectors <-> nearest neighbours. Owns chromadb.

In: a query vector. Out: passages with their cosine, best first, the same whoever proposes them. Chroma's graph is not
repeatable, so it only proposes and the catalog's vectors score. An exact search in numpy takes 0.4 ms at 10,000 passages
where Chroma takes 4.7, so Chroma is asked from CHROMA_FROM passages on, where holding all vectors in memory begins to hurt.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from assistant.catalog import Catalog
from assistant.errors import LibraryError
from assistant.records import DocumentVectors, PassageRow

if TYPE_CHECKING:
    from assistant.types import Vectors

CHROMA_FROM = 100_000
"""Passages; 150 MB of vectors at 384 dimensions."""

OVERFETCH = 4
"""Neighbours looked at for each one returned, before the exact scores decide."""

WIDE = 0.5
"""Of the documents, that a filter must leave for Chroma to be asked: twice what is returned is left then of what was looked at, as a rule."""

COLLECTION = "passages"
LINKS = 32
"""Of each row in Chroma's graph. With its default of 16, 3 of the 6,000 nearest (200 for each of 30 queries) at 12,000 passages were never
proposed, other ones each time the graph was built, so that answers could differ; with 32 none was, at 6.9 ms a query in place of 5.3."""
DIGEST_MARK = "@"
MAX_BATCH = 5_000
"""Chroma takes at most 5,461 rows a call."""
ROOM_BYTES = 10_000_000
"""With less room than this a failure is put down to the disk: Chroma does not always tell that it was full, and frees what it wrote."""


class Neighbour(NamedTuple):
    """A passage and its cosine with the query, rounded to 6 digits."""

    passage: PassageRow
    cosine: float


class Neighbours(Protocol):
    """Query vector to nearest passages, best first; equal ones by passage id."""

    def nearest(
        self, query: Vectors, *, top_k: int, allowed: set[str] | None = None
    ) -> list[Neighbour]: ...


class ExactNeighbours:
    """All vectors in memory, compared with each: the oracle, and the fast way for most libraries."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._generation = -1
        self._by_document: dict[str, DocumentVectors] = {}
        self._titles: dict[str, bytes] = {}
        self._passages: list[PassageRow] = []
        self._matrix: Vectors = np.empty((0, 0), dtype=np.float32)
        self._lock = threading.Lock()

    def nearest(self, query: Vectors, *, top_k: int, allowed: set[str] | None = None) -> list[Neighbour]:
        """Compare `query` with every passage of the `allowed` documents.

        Raises:
            LibraryError: If it is of another length than their vectors.
        """
        passages, matrix = self._current()
        if not passages:
            return []
        if matrix.shape[1] != len(query):
            raise LibraryError(
                f"The vectors of the index in {self._catalog.path.parent} have {matrix.shape[1]} numbers, those of the encoder {len(query)}: it is "
                "another model by now. Run: assistant sync --rebuild"
            )
        cosines = matrix @ query
        if allowed is not None:
            mask = np.fromiter((p.document_id in allowed for p in passages), bool, len(passages))
            cosines = np.where(mask, cosines, -np.inf)
        wide = min(top_k * OVERFETCH, len(passages))
        candidates = np.argpartition(-cosines, wide - 1)[:wide]
        candidates = candidates[np.isfinite(cosines[candidates])]
        return rank([passages[i] for i in candidates], matrix[candidates], query, top_k)

    def _current(self) -> tuple[list[PassageRow], Vectors]:
        """The vectors as the catalog has them now; only documents that came since are read."""
        with self._lock:
            generation = self._catalog.generation
            if generation != self._generation:
                titles = self._catalog.embedded_titles()
                kept = {key: value for key, value in self._by_document.items() if titles.get(key) == self._titles.get(key)}
                new = titles.keys() - kept.keys()
                for document in self._catalog.vectors(None if not kept else new):
                    kept[document.document_id] = document
                self._by_document, self._titles = kept, titles
                self._passages = [p for document in kept.values() for p in document.passages]
                filled = [document.vectors for document in kept.values() if document.passages]
                self._matrix = np.concatenate(filled) if filled else np.empty((0, 0), np.float32)
                self._generation = generation
            return self._passages, self._matrix


def rank(passages: Sequence[PassageRow], vectors: Vectors, query: Vectors, top_k: int) -> list[Neighbour]:
    """Score candidates one by one in float64, so that a score depends on nothing but its two vectors."""
    exact = (vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1)
    found = [Neighbour(p, round(float(cosine), 6)) for p, cosine in zip(passages, exact, strict=True)]
    return sorted(found, key=lambda neighbour: (-neighbour.cosine, neighbour.passage.id))[:top_k]


class ChromaNeighbours:
    """Chroma proposes, the catalog scores; while the two differ, the search is exact."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self._catalog = catalog
        self._store = ChromaStore(folder)
        self._exact = ExactNeighbours(catalog)

    def nearest(self, query: Vectors, *, top_k: int, allowed: set[str] | None = None) -> list[Neighbour]:
        """What Chroma proposes of the `allowed` documents (most of all, as where one is superseded); of few, by comparing all."""
        generation = self._catalog.generation
        if self._store.generation != generation or (allowed is not None and len(allowed) < WIDE * self._catalog.counts()[0]):
            return self._exact.nearest(query, top_k=top_k, allowed=allowed)
        try:
            proposed = self._store.propose(query, top_k * OVERFETCH)
        except LibraryError:
            return self._exact.nearest(query, top_k=top_k, allowed=allowed)
        if self._store.generation != generation:  # another process began to write it meanwhile: what was proposed may be half of it
            return self._exact.nearest(query, top_k=top_k, allowed=allowed)
        documents = {passage_id: passage_id.partition(":")[0] for passage_id in proposed}
        wanted = {passage_id for passage_id in proposed if allowed is None or documents[passage_id] in allowed}
        if allowed is not None and len(wanted) < top_k:  # the nearest are just those that may not answer
            return self._exact.nearest(query, top_k=top_k, allowed=allowed)
        found = [
            (passage, vector)
            for document in self._catalog.vectors({documents[passage_id] for passage_id in wanted})
            for passage, vector in zip(document.passages, document.vectors, strict=True)
            if passage.id in wanted
        ]
        if not found:
            return []
        return rank([p for p, _ in found], np.array([v for _, v in found]), query, top_k)


class ChromaStore:
    """The Chroma collection that mirrors the catalog, and the note that says which generation it mirrors."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._note = folder.with_name("chroma.json")
        self._client: Any = None
        self._opened_at = -1
        self._lock = threading.Lock()

    @property
    def generation(self) -> int:
        """The catalog's generation at the last full mirroring; -1 if it never was, stopped half-way, or made another graph."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return int(note["generation"]) if note["links"] == LINKS else -1
        except (OSError, ValueError, KeyError, TypeError):
            return -1

    def propose(self, query: Vectors, n: int) -> list[str]:
        """Ids of about the `n` nearest passages."""
        with self._lock, _translated(self.folder):
            collection = self._collection(self.generation)
            n = min(n, collection.count())
            if n == 0:
                return []
            found = collection.query(query_embeddings=[query], n_results=n, include=[])
            return [row_id.partition(DIGEST_MARK)[0] for row_id in found["ids"][0]]

    def mirror(self, catalog: Catalog, *, progress: Callable[[int, int], None] | None = None) -> int:
        """Make the collection equal to the catalog; return how many rows were written or deleted.

        Call it with the writer's lock held. A store that cannot be read or written is made anew.
        """
        if self.generation == catalog.generation:
            return 0
        self._note.unlink(missing_ok=True)
        self.close()  # a client that is open does not see what other processes wrote since, and would write over it
        try:
            with _translated(self.folder):
                generation, n_changed = self._mirror(catalog, progress)
        except LibraryError:
            self.discard()
            with _translated(self.folder):
                generation, n_changed = self._mirror(catalog, progress)
        scratch = self._note.with_suffix(".new")
        with _translated(self.folder):
            scratch.write_text(json.dumps({"generation": generation, "links": LINKS}), encoding="utf-8")
            os.replace(scratch, self._note)
        return n_changed

    def difference(self, catalog: Catalog) -> tuple[int, int]:
        """How many passages of the catalog are missing here, and how many rows here are not in the catalog."""
        with _translated(self.folder):
            there = self._ids()
        expected = {_row_id(passage_id, digest) for passage_id, digest in catalog.embedded_digests().items()}
        return len(expected - there), len(there - expected)

    def discard(self) -> None:
        """Delete the collection's files; the catalog can fill a new one without embedding anything."""
        self.close()
        self._note.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client, self._opened_at = None, -1

    def _ids(self) -> set[str]:
        collection, page, ids = self._collection(-1), 50_000, set()
        for offset in range(0, collection.count(), page):
            ids.update(collection.get(include=[], limit=page, offset=offset)["ids"])
        return ids

    def _mirror(self, catalog: Catalog, progress: Callable[[int, int], None] | None) -> tuple[int, int]:
        generation = catalog.generation
        if self._collection(-1).configuration_json["hnsw"]["max_neighbors"] != LINKS:  # of an earlier version: a graph keeps what it was made with
            self.discard()
        there = self._ids()
        digests = catalog.embedded_digests()
        rows = {
            _row_id(passage.id, digests[passage.id]): vector
            for document in catalog.vectors()
            for passage, vector in zip(document.passages, document.vectors, strict=True)
        }
        gone = sorted(there - rows.keys())
        missing = [(passage_id, vector) for passage_id, vector in rows.items() if passage_id not in there]
        collection = self._collection(-1)
        for i in range(0, len(gone), MAX_BATCH):
            collection.delete(ids=gone[i : i + MAX_BATCH])
        for i in range(0, len(missing), MAX_BATCH):
            batch = missing[i : i + MAX_BATCH]
            collection.upsert(ids=[row[0] for row in batch], embeddings=np.array([row[1] for row in batch]))
            if progress:
                progress(min(i + MAX_BATCH, len(missing)), len(missing))
        return generation, len(gone) + len(missing)

    def _collection(self, generation: int) -> Any:
        """The collection; a client that was opened at another generation does not see later rows and is opened anew."""
        if self._client is not None and generation not in (-1, self._opened_at):
            self.close()
        if self._client is None:
            import chromadb
            from chromadb.config import Settings

            self.folder.mkdir(parents=True, exist_ok=True)
            self._client = chromadb.PersistentClient(
                _fresh_spelling(self.folder), settings=Settings(anonymized_telemetry=False)
            )
            self._opened_at = generation
        return self._client.get_or_create_collection(
            COLLECTION,
            embedding_function=None,  # the default one would download a model
            configuration={"hnsw": {"space": "cosine", "ef_search": 1_000, "ef_construction": 200, "max_neighbors": LINKS}},
        )


def _row_id(passage_id: str, digest: bytes) -> str:
    """A row's id moves with what was embedded, so that a passage whose document got another title is written anew."""
    return f"{passage_id}{DIGEST_MARK}{digest.hex()[:8]}"


_n_opened = itertools.count(1)


def _fresh_spelling(folder: Path) -> str:
    """`folder`, spelled as it never was in this process: Chroma shares one client among all who give the same spelling, be it one
    that does not see another process's rows, or one that failed to start."""
    return str(folder) + "".join("/." if bit == "1" else "/" for bit in f"{next(_n_opened):b}")


@contextlib.contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except LibraryError:
        raise
    except Exception as exc:  # chromadb raises its own, sqlite's, OS and bare runtime errors from Rust
        said_full = "disk is full" in str(exc) or getattr(exc, "errno", None) == errno.ENOSPC
        left = _free_bytes(folder)
        if said_full or left < ROOM_BYTES:
            full = "is full" if said_full else f"has only {left / 1e6:.1f} MB left"
            raise LibraryError(
                f"The disk with the vector store in {folder} {full}. The documents are indexed and search is exact meanwhile; "
                "make room and run: assistant sync"
            ) from exc
        raise LibraryError(
            f"The vector store in {folder} cannot be used: {exc}. Run: assistant doctor --fix"
        ) from exc


def _free_bytes(folder: Path) -> float:
    """Room on the disk of a folder that may not be there (its parent is); infinite where the system does not say."""
    try:
        return shutil.disk_usage(folder.parent).free
    except OSError:
        return float("inf")


def open_neighbours(kind: str, catalog: Catalog, folder: Path) -> Neighbours:
    """Who proposes neighbours: `exact`, `chroma`, or `auto`, which is exact up to CHROMA_FROM passages."""
    if kind == "auto":
        kind = "chroma" if catalog.counts()[1] >= CHROMA_FROM else "exact"
    return ChromaNeighbours(catalog, folder) if kind == "chroma" else ExactNeighbours(catalog)
