"""Documents, passages and vectors in SQLite: what goes in comes out, and all of a change or none."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.catalog import Catalog
from assistant.database import SCHEMA
from assistant.errors import LibraryError
from assistant.fulltext import match
from assistant.records import DocumentSummary, FileState, PassageRow
from assistant.recurrence import sharing
from assistant.types import Document, Filters, Passage
from tests.fakes import HashingEncoder, matches, put, put_vectors
from tests.strategies import anything

ENCODER = HashingEncoder()


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "index" / "catalog.sqlite").open()


# In and out


def test_what_goes_in_comes_out(catalog: Catalog) -> None:
    a = put(catalog, "b/a.txt", "First 🚢 one.", "Second one.", title="T", publisher="P", author="A", published="2025-04-09", url="u")
    b = put(catalog, "a.txt", "Other.")
    assert catalog.documents() == [
        DocumentSummary(b.id, "a.txt", None, None, None, None, None, 1),
        DocumentSummary(a.id, "b/a.txt", "T", "P", "A", "2025-04-09", "u", 2),
    ]
    assert catalog.document(a.id) == catalog.document_by_source("b/a.txt") == a
    assert catalog.document("none") is None
    assert catalog.passages(a.id) == [Passage(a.id, 0, 12, "First 🚢 one."), Passage(a.id, 14, 25, "Second one.")]
    assert catalog.passages("none") == []
    assert catalog.counts() == (2, 3)
    assert catalog.document_ids() == {a.id, b.id}
    assert catalog.check() == []


def test_vectors_come_out_bit_for_bit(catalog: Catalog) -> None:
    document = put(catalog, "a.txt", "First one.", "Second one.")
    put(catalog, "b.txt", "Third one.")
    (found,) = catalog.vectors([document.id, "none"])
    assert (found.document_id, found.passages) == (
        document.id,
        (PassageRow(document.id, 0, 10), PassageRow(document.id, 12, 23)),
    )
    assert found.vectors.tobytes() == ENCODER.encode(["First one.", "Second one."]).tobytes()
    assert sum(len(one.passages) for one in catalog.vectors()) == 3
    assert catalog.vectors([]) == []


def test_a_document_takes_the_place_of_the_one_under_its_source(catalog: Catalog) -> None:
    put(catalog, "a.txt", "The old harbour.", "The old bridge.")
    new = put(catalog, "a.txt", "The new lantern.")
    assert catalog.document_ids() == {new.id}
    assert catalog.counts() == (1, 1)
    assert (matches(catalog, "harbour bridge"), matches(catalog, "lantern")) == ([], ["The new lantern."])
    assert catalog.check() == []


def test_a_document_without_passages_is_kept(catalog: Catalog) -> None:
    document = Document("0" * 16, "a.txt", "Comments")
    with catalog.change() as change:
        change.put_document(document, [], np.empty((0, ENCODER.dim), np.float32), [])
    assert (catalog.document("0" * 16), catalog.vectors(), catalog.counts()) == (document, [], (1, 0))
    assert catalog.check() == []


def test_a_dropped_document_leaves_nothing(catalog: Catalog) -> None:
    put(catalog, "a.txt", "The harbour.")
    with catalog.change() as change:
        change.drop_document("a.txt")
        change.drop_document("none.txt")
    assert (catalog.counts(), catalog.vectors(), matches(catalog, "harbour")) == ((0, 0), [], [])
    with sqlite3.connect(catalog.path) as connection:
        for table in ("texts", "vectors", "passages", "passages_fts"):
            assert connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)


def test_embeddings_are_found_by_what_was_embedded(catalog: Catalog) -> None:
    put(catalog, "a.txt", "The harbour.", "The bridge.")
    found = catalog.embeddings([b"The bridge.", b"none", b"The bridge."])
    assert list(found) == [b"The bridge."]
    assert found[b"The bridge."].tobytes() == ENCODER.encode(["The bridge."])[0].tobytes()


def test_file_states_come_out_as_they_went_in(catalog: Catalog) -> None:
    read, unread = FileState(5, 6, 7, "ab", None), FileState(2**40, 2**62, 0, "", "the file is empty")
    with catalog.change() as change:
        change.put_file("a.txt", FileState(1, 1, 1, "", None))
        change.put_file("a.txt", read)
        change.put_file("b.txt", unread)
        change.put_file("c.txt", read)
        change.drop_file("c.txt")
    assert catalog.files() == {"a.txt": read, "b.txt": unread}
    assert (catalog.file("b.txt"), catalog.file("c.txt")) == (unread, None)


@given(text=anything.filter(str.strip))
def test_any_text_is_stored_and_searched_as_it_is(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    catalog = Catalog(tmp_path_factory.getbasetemp() / "any.sqlite").open()
    document = put(catalog, "a.txt", text, title=text)
    assert catalog.document(document.id) == document
    found = [row for row, _ in match(catalog, text, limit=10, title_weight=0.5)]
    itself = PassageRow(document.id, 0, len(text))
    assert found == [itself] if text.isascii() and any(map(str.isalnum, text)) else found in ([], [itself])
    catalog.close()


# Changes


def test_every_change_moves_the_generation_by_one(catalog: Catalog) -> None:
    generations = [catalog.generation]
    for n in range(3):
        put(catalog, f"{n}.txt", "One.")
        generations.append(catalog.generation)
    assert [generation - generations[0] for generation in generations] == [0, 1, 2, 3]


def test_a_change_that_fails_leaves_nothing(catalog: Catalog) -> None:
    before = put(catalog, "a.txt", "The harbour.")
    generation = catalog.generation

    def fail_half_way() -> None:
        with catalog.change() as change:
            change.drop_document("a.txt")
            change.set_meta("key", "value")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert (catalog.document_by_source("a.txt"), catalog.meta("key"), catalog.generation) == (before, None, generation)


def test_meta_is_kept_across_opening(catalog: Catalog) -> None:
    with catalog.change() as change:
        change.set_meta("key", "one")
        change.set_meta("key", "two")
    generation = catalog.generation
    catalog.close()
    reopened = Catalog(catalog.path).open()
    assert (reopened.meta("key"), reopened.meta("none"), reopened.generation) == ("two", None, generation)


# Filters


def test_filters(catalog: Catalog) -> None:
    a = put(catalog, "a.txt", "One.", publisher="Daily Post", published="2025-04-09T20:00").id
    b = put(catalog, "b.txt", "Two.", publisher="Other", published="2025-04-10").id
    c = put(catalog, "c.txt", "Three.", publisher="Daily Post").id
    d = put(catalog, "d.txt", "Four.").id
    assert catalog.allowed(Filters()) is None
    assert catalog.allowed(Filters(publishers=("DAILY post",))) == {a, c}
    assert catalog.allowed(Filters(publishers=("daily post", "other"))) == {a, b, c}
    assert catalog.allowed(Filters(publishers=("none",))) == set()
    assert catalog.allowed(Filters(sources=("d.txt", "b.txt", "none.txt"))) == {b, d}
    assert catalog.allowed(Filters(since="2025-04-09")) == {a, b}
    assert catalog.allowed(Filters(until="2025-04-09")) == {a}
    assert catalog.allowed(Filters(since="2025-04-10", until="2025-04-10")) == {b}
    assert catalog.allowed(Filters(since="2025-04-11")) == set()
    assert catalog.allowed(Filters(publishers=("Daily Post",), since="2025-01-01")) == {a}


# Opening


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"no database, and long enough to be looked at" * 50)
    with pytest.raises(LibraryError) as caught:
        Catalog(tmp_path / "catalog.sqlite").open()
    assert str(caught.value) == (
        f"The index in {tmp_path} is damaged (file is not a database). Nothing but time is lost: run assistant sync --rebuild"
    )


def test_another_format_is_refused(catalog: Catalog) -> None:
    catalog.close()
    with sqlite3.connect(catalog.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LibraryError) as caught:
        Catalog(catalog.path).open()
    assert str(caught.value) == (
        f"The index in {catalog.path.parent} has format 99; this version reads format {SCHEMA}. Run: assistant sync --rebuild"
    )


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(LibraryError, match=r"^The data folder .* cannot be written: "):
        Catalog(tmp_path / "data" / "index" / "catalog.sqlite").open()


def test_a_deleted_index_is_made_anew_by_opening_again(catalog: Catalog) -> None:
    put(catalog, "a.txt", "The harbour.")
    shutil.rmtree(catalog.path.parent)
    assert catalog.open().counts() == (0, 0)
    put(catalog, "b.txt", "The bridge.")
    assert [d.source for d in Catalog(catalog.path).open().documents()] == ["b.txt"]


def test_an_open_catalog_sees_the_database_that_took_its_place(catalog: Catalog) -> None:
    put(catalog, "a.txt", "The harbour.")
    shutil.rmtree(catalog.path.parent)
    put(Catalog(catalog.path).open(), "b.txt", "The bridge.")
    assert [d.source for d in catalog.documents()] == ["b.txt"]


def test_vectors_are_of_one_state_though_another_writes_between_their_reads(catalog: Catalog) -> None:
    put(catalog, "a.txt", "A harbour.")
    put(catalog, "b.txt", "One bridge.", "Two bridges.")
    before = catalog.vectors()
    reader, n_reads = Catalog(catalog.path).open(), [0]

    def write_before_the_last(statement: str) -> None:
        n_reads[0] += statement.startswith("SELECT")
        if statement.startswith("SELECT") and n_reads[0] == 2:
            with catalog.change() as change:
                change.drop_document("b.txt")
            put(catalog, "c.txt", "A comet.")  # takes the row of b.txt

    reader.connection.set_trace_callback(write_before_the_last)
    found = reader.vectors()
    assert n_reads == [2]
    assert catalog.connection.execute("SELECT row, source FROM documents ORDER BY row").fetchall() == [(1, "a.txt"), (2, "c.txt")]
    assert [(each[:2], each.vectors.tolist()) for each in found] == [(each[:2], each.vectors.tolist()) for each in before]
    assert [each.document_id for each in reader.vectors()] == [each.document_id for each in catalog.vectors()] != [each.document_id for each in before]
    reader.close()


def test_vectors_are_read_within_a_change_and_leave_it_open(catalog: Catalog) -> None:
    put(catalog, "a.txt", "A harbour.")
    with catalog.change() as change:
        change.drop_document("a.txt")
        assert catalog.vectors() == []
        assert catalog.connection.in_transaction
    assert not catalog.connection.in_transaction


def test_threads_read_and_write_one_catalog(catalog: Catalog) -> None:
    errors: list[BaseException] = []
    generation = catalog.generation

    def work(n: int) -> None:
        try:
            for i in range(10):
                vectors = ENCODER.encode([f"word{n} {i}"])
                put_vectors(catalog, f"{n}-{i}.txt", vectors)
                assert catalog.counts()[0] >= 1
        except BaseException as exc:
            errors.append(exc)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (catalog.counts(), catalog.generation - generation, catalog.check()) == ((40, 40), 40, [])


@pytest.mark.parametrize("broken", ["DELETE FROM passages", "DELETE FROM passages_fts"])
def test_check_says_what_does_not_add_up(catalog: Catalog, broken: str) -> None:
    put(catalog, "a.txt", "The harbour.", "The bridge.")
    with sqlite3.connect(catalog.path) as connection:
        connection.execute(broken)
    n_passages, n_indexed = (0, 2) if broken.endswith("passages") else (2, 0)
    assert catalog.check() == [f"{n_passages} passages, {n_indexed} in the full text, 2 by documents"]


@given(st.lists(st.sampled_from(["put a", "put b", "drop a", "drop b"]), max_size=12))
def test_counts_add_up_after_any_changes(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    catalog = Catalog(tmp_path_factory.getbasetemp() / "steps.sqlite").open()
    with catalog.change() as change:
        for source in ("a", "b"):
            change.drop_document(source)
    there: dict[str, int] = {}
    for n, step in enumerate(steps):
        verb, source = step.split()
        if verb == "put":
            put(catalog, source, *(f"harbour {n} {i}." for i in range(n % 4 + 1)))
            there[source] = n % 4 + 1
        else:
            with catalog.change() as change:
                change.drop_document(source)
            there.pop(source, None)
    assert catalog.counts() == (len(there), sum(there.values()))
    assert len(match(catalog, "harbour", limit=100, title_weight=0.5)) == sum(there.values())
    assert catalog.check() == []
    catalog.close()


def test_no_operator_is_needed_that_sqlite_has_only_since_2022(catalog: Catalog) -> None:
    """3.37, which came before `->` and `->>`, is what Ubuntu 22.04 has."""
    said = "The harbour council voted on Monday to build a bridge over the river."
    one, other = put(catalog, "a.txt", said, "A comet."), put(catalog, "b.txt", "A glacier melted.", said)

    def unknown(*values: object) -> None:
        raise NotImplementedError

    for operator in ("->", "->>"):
        catalog.connection.create_function(operator, 2, unknown)
    passage, copy = PassageRow(one.id, 0, len(said)), PassageRow(other.id, 19, 19 + len(said))
    assert sharing(catalog, [passage]) == {passage: [copy]}


def test_several_may_open_a_new_index_at_the_same_moment(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def begin(path: Path, barrier: threading.Barrier) -> None:
        catalog = Catalog(path)
        barrier.wait()
        try:
            assert catalog.open().counts() == (0, 0)
        except BaseException as exc:
            errors.append(exc)
        finally:
            catalog.close()

    for turn in range(30):
        barrier = threading.Barrier(4)
        path = tmp_path / str(turn) / "catalog.sqlite"
        threads = [threading.Thread(target=begin, args=(path, barrier)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []


def test_pages_and_warnings_are_kept(catalog: Catalog) -> None:
    document = Document("d" * 16, "a.pdf", "One page. Two.", pages=(0, 10), warnings=("Page 2 is a scan.",))
    with catalog.change() as change:
        change.put_document(document, [Passage(document.id, 0, 9, "One page.")], np.zeros((1, 2), np.float32), [b"k"])
    assert catalog.document(document.id) == document
    [summary] = [each for each in catalog.documents() if each.source == "a.pdf"]
    assert (summary.n_pages, summary.warnings) == (2, ("Page 2 is a scan.",))


def test_an_index_of_the_first_format_is_brought_forward(catalog: Catalog) -> None:
    document = Document("d" * 16, "a.txt", "One sentence.", title="A title")
    with catalog.change() as change:
        change.put_document(document, [Passage(document.id, 0, 13, "One sentence.")], np.ones((1, 2), np.float32), [b"k"])
    catalog.close()
    with sqlite3.connect(catalog.path) as connection:
        for column in ("pages", "warnings", "fetched"):
            connection.execute(f"ALTER TABLE documents DROP COLUMN {column}")
        for column in ("about_size", "about_mtime_ns", "about_sha256"):
            connection.execute(f"ALTER TABLE files DROP COLUMN {column}")
        connection.execute("DROP TABLE sentences")
        connection.execute("PRAGMA user_version = 1")
    opened = Catalog(catalog.path).open()
    assert opened.document(document.id) == document
    assert opened.check() == []
    assert Catalog(catalog.path).open().document(document.id) == document
    assert sharing(opened, [PassageRow(document.id, 0, 13)]) == {PassageRow(document.id, 0, 13): []}
