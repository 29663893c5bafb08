"""What must hold of a library whatever was done to it: catalog, full text, vectors, Chroma and the folder looked at all together."""

from __future__ import annotations

import hashlib
import sqlite3
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from assistant.chunking import chunk, embedded_text
from assistant.folder import walk
from assistant.library import Library
from assistant.loading import load
from assistant.retrieval import DENSE_DEPTH
from assistant.sidecar import read_about
from assistant.types import Document, Passage
from assistant.vectors import ChromaNeighbours, ExactNeighbours
from tests.fakes import WORDS, HashingEncoder

TOLERANCE = 1e-6
"""Of a vector's coordinates in Chroma, which makes rows unit length again."""


class Cut(NamedTuple):
    """What a document must be in the index: spans, digests of what was embedded, and its vectors."""

    spans: tuple[tuple[int, int], ...]
    digests: tuple[bytes, ...]
    vectors: np.ndarray


def embedded_texts(document: Document) -> list[str]:
    """What is embedded for a document's passages, in order."""
    encoder = HashingEncoder()
    return [embedded_text(document, passage, encoder) for passage in chunk(document, encoder)]


@lru_cache(maxsize=20_000)
def _cut(document: Document) -> Cut:
    encoder = HashingEncoder()
    passages: list[Passage] = chunk(document, encoder)
    texts = embedded_texts(document)
    return Cut(
        tuple((p.start, p.end) for p in passages),
        tuple(hashlib.sha256(text.encode()).digest()[:16] for text in texts),
        encoder.encode(texts),
    )


def check_consistent(library: Library) -> None:
    """Catalog, full text, vectors and documents agree, and Chroma too where it says that it mirrors them.

    Every document is cut and embedded anew for the comparison (by a HashingEncoder), so that nothing is believed because it is
    stored. The folder is not looked at: see `check_mirrors`.
    """
    check_database(library)
    documents = library.catalog.documents()
    by_document = {vectors.document_id: vectors for vectors in library.catalog.vectors()}
    full_text = _full_text(library)
    states = library.catalog.files()
    for summary in documents:
        document = library.catalog.document(summary.id)
        assert document is not None
        cut = _cut(document)
        kept = by_document.pop(summary.id, None)
        assert summary.n_passages == len(cut.spans), document.source
        assert full_text.pop(summary.id, []) == [
            (*span, digest, document.text[slice(*span)], document.title or "")
            for span, digest in zip(cut.spans, cut.digests, strict=True)
        ], document.source
        if kept is not None:
            assert [(p.start, p.end) for p in kept.passages] == list(cut.spans), document.source
            assert np.array_equal(kept.vectors, cut.vectors), document.source
        assert (kept is not None) == bool(cut.spans), document.source
        state = states.pop(document.source, None)
        assert state is not None, document.source
        assert (state.sha256, state.failure) == (document.sha256, None), document.source
    assert (by_document, full_text) == ({}, {})  # nothing of documents that are gone
    assert [source for source, state in states.items() if state.failure is None] == []
    if library.store.generation == library.catalog.generation:
        check_chroma(library)


def check_database(library: Library) -> None:
    """The database is whole by SQLite's own checks, the full text's among them."""
    assert library.catalog.check() == []
    with sqlite3.connect(library.catalog.path, timeout=60) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute("INSERT INTO passages_fts (passages_fts) VALUES ('integrity-check')")
    connection.close()


def _full_text(library: Library) -> dict[str, list[tuple[int, int, bytes, str, str]]]:
    """By document id: span, digest, text and title of each passage as the full text has them, in order."""
    connection = sqlite3.connect(library.catalog.path, timeout=60)
    rows: dict[str, list[Any]] = {}
    for document_id, *row in connection.execute(
        'SELECT d.id, p.start, p."end", p.embedded, f.text, f.title FROM passages_fts AS f LEFT JOIN passages AS p ON p.row = f.rowid '
        "LEFT JOIN documents AS d ON d.row = p.document ORDER BY p.document, p.position"
    ):
        rows.setdefault(document_id, []).append(tuple(row))
    connection.close()
    return rows


LEAST_RECALL = 0.98
"""Chroma's graph is approximate: after additions and removals, and on vectors as alike as these, it may miss one in some hundred of the nearest."""


def check_chroma(library: Library, *, n_queries: int = 5) -> None:
    """Chroma has the catalog's rows and vectors, each of them once and no others, and finds all but a few of what the exact search finds."""
    library.store.close()  # as a process that comes new to it
    assert library.store.difference(library.catalog) == (0, 0)
    collection = library.store._collection(-1)
    expected = {
        passage.id: vector
        for document in library.catalog.vectors()
        for passage, vector in zip(document.passages, document.vectors, strict=True)
    }
    kept = collection.get(include=["embeddings"], limit=len(expected) + 1)
    ids = [row_id.partition("@")[0] for row_id in kept["ids"]]
    assert sorted(ids) == sorted(expected)
    if ids:
        assert np.abs(np.array(kept["embeddings"]) - np.array([expected[i] for i in ids])).max() < TOLERANCE
    library.store.close()
    chroma, exact = ChromaNeighbours(library.catalog, library.store.folder), ExactNeighbours(library.catalog)
    for n in range(n_queries):
        query = HashingEncoder().encode([" ".join(WORDS[5 * n : 5 * n + 4])])[0]
        found, nearest = chroma.nearest(query, top_k=DENSE_DEPTH), exact.nearest(query, top_k=DENSE_DEPTH)
        assert len(found) == len(nearest)
        assert len(set(found) & set(nearest)) >= LEAST_RECALL * len(nearest)
    chroma._store.close()


def check_mirrors(library: Library) -> None:
    """The index holds what the folder holds, file by file, with what sidecars say; and so does Chroma."""
    assert library.store.generation == library.catalog.generation
    expected = {}
    for source in walk(library.root, library.settings.data).files:
        path = library.path_of(source)
        document = read_about(path).applied_to(load(path, source))
        expected[source] = (document.id, document.text, document.title, document.publisher)
    found = {}
    for summary in library.catalog.documents():
        document = library.catalog.document(summary.id)
        assert document is not None
        found[document.source] = (document.id, document.text, document.title, document.publisher)
    assert found == expected


def check_recovers(library: Library) -> None:
    """It is consistent now; the next sync brings it level with the folder, and Chroma with it."""
    check_consistent(library)
    library.sync(allow_empty=True)
    check_consistent(library)
    check_mirrors(library)
