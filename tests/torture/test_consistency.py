"""The check that the others rest on: it passes a sound library and fails on each thing that can be wrong with one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assistant.library import Library
from assistant.vectors import ChromaStore
from tests.fakes import library_in, story, write
from tests.torture.consistency import check_consistent, check_mirrors

DAMAGES = {
    "a passage is not in the full text": "DELETE FROM passages_fts WHERE rowid = 1",
    "the full text has a passage of nothing": "INSERT INTO passages_fts (rowid, text, title) VALUES (99, 'left behind', '')",
    "the full text has other words": "UPDATE passages_fts SET text = 'other words' WHERE rowid = 1",
    "the full text has another title": "UPDATE passages_fts SET title = 'another' WHERE rowid = 1",
    "vectors are missing": "DELETE FROM vectors WHERE document = 1",
    "vectors are of another document": "UPDATE vectors SET rows = (SELECT rows FROM vectors WHERE document = 2) WHERE document = 1",
    "a document's text is another's": "UPDATE texts SET text = (SELECT text FROM texts WHERE document = 2) WHERE document = 1",
    "a document's title is not what was embedded": "UPDATE documents SET title = 'another' WHERE row = 1",
    "a passage is elsewhere": "UPDATE passages SET start = start + 1 WHERE row = 1",
    "a document has no file": "DELETE FROM files WHERE source = 'story-000.txt'",
    "a file that was read has no document": "DELETE FROM documents WHERE source = 'story-000.txt'",
    "a file is of another content": "UPDATE files SET sha256 = 'other' WHERE source = 'story-000.txt'",
}
"""None of them moves the generation: Chroma says still that it mirrors the catalog."""


@pytest.fixture
def library(tmp_path: Path, made: Callable[[int, Path], Path]) -> Library:
    return library_in(made(6, tmp_path))


def test_a_sound_library_passes(library: Library) -> None:
    check_consistent(library)
    check_mirrors(library)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_catalog_that_does_not_add_up_fails(library: Library, damage: str) -> None:
    with sqlite3.connect(library.catalog.path) as connection:
        connection.execute(DAMAGES[damage])
    connection.close()
    with pytest.raises(AssertionError):
        check_consistent(library)


def test_chroma_that_has_too_few_too_many_or_other_rows_fails(library: Library) -> None:
    store = ChromaStore(library.store.folder)
    collection = store._collection(-1)
    first, second = collection.get(limit=2, include=["embeddings"])["ids"]
    vector = collection.get(ids=[first], include=["embeddings"])["embeddings"][0]
    other = collection.get(ids=[second], include=["embeddings"])["embeddings"][0]
    for break_it, mend_it in (
        (lambda: collection.delete(ids=[first]), lambda: collection.upsert(ids=[first], embeddings=np.array([vector]))),
        (lambda: collection.upsert(ids=["x:0-9@00000000"], embeddings=np.array([vector])), lambda: collection.delete(ids=["x:0-9@00000000"])),
        (lambda: collection.upsert(ids=[first], embeddings=np.array([other])), lambda: collection.upsert(ids=[first], embeddings=np.array([vector]))),
    ):
        break_it()
        with pytest.raises(AssertionError):
            check_consistent(library)
        mend_it()
        check_consistent(library)
    store.close()


def test_an_index_behind_its_folder_fails(library: Library) -> None:
    write(library.root, {"story-000.txt": story(77)})
    check_consistent(library)
    with pytest.raises(AssertionError):
        check_mirrors(library)
    library.sync()
    check_mirrors(library)
    library.path_of("story-001.txt").unlink()
    with pytest.raises(AssertionError):
        check_mirrors(library)
    library.store.close()


