"""What a person does with sources: correct, read again, take out and bring back; nothing is lost and nothing is embedded in vain."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from assistant.errors import LibraryError, SourceError
from assistant.folder import Failure, kept_path
from assistant.fulltext import document_frequency, match
from assistant.library import Library
from assistant.managing import (
    edit,
    listing,
    removed_sources,
    replace_source,
    replaced_since,
    reread,
    restore,
)
from assistant.scanning import ScanReport
from assistant.sidecar import read_about, sidecar_of
from assistant.vectors import ExactNeighbours
from tests.fakes import HashingEncoder, library_in, stories, story, write
from tests.three import encoder, three

__all__ = ["encoder", "three"]  # fixtures, found by their names

NAME = "story-002.txt"

# Correcting


def test_an_edit_is_kept_beside_the_source_and_in_force_at_once(three: Library, encoder: HashingEncoder) -> None:
    assert edit(three, "story-002", {"publisher": "Port  Gazette", "published": "April 15, 2025"}) == ScanReport(changed=(NAME,))
    document = three.catalog.document_by_source(NAME)
    assert (document.publisher, document.published) == ("Port Gazette", "2025-04-15")
    about = read_about(three.path_of(NAME))
    assert (about.title, about.publisher, about.published) == (None, "Port Gazette", "2025-04-15")
    assert encoder.encoded == []
    assert three.sync(mirror=False) == ScanReport(unchanged=3)


def test_a_cleared_field_goes_by_the_file_again(three: Library) -> None:
    before = three.catalog.documents()
    edit(three, NAME, {"title": "Mine", "author": "Ann"})
    assert edit(three, NAME, {}, clear=["title", "author"]) == ScanReport(changed=(NAME,))
    assert three.catalog.documents() == before
    assert not sidecar_of(three.path_of(NAME)).exists()


def test_the_same_edit_twice_changes_nothing(three: Library) -> None:
    edit(three, NAME, {"title": "Mine"})
    generation = three.catalog.generation
    assert (edit(three, NAME, {"title": "Mine"}), three.catalog.generation) == (ScanReport(unchanged=1), generation)


@pytest.mark.parametrize(
    ("name", "changes", "clear", "message"),
    [
        (NAME, {"published": "soon"}, [], "'soon' is no date. Give it as 2025-04-15, with a time as 2025-04-15T10:03."),
        (NAME, {"url": "x"}, [], "'url' cannot be edited; these can: title, publisher, author, published."),
        (NAME, {}, ["date"], "'date' cannot be edited; these can: title, publisher, author, published."),
        (NAME, {}, [], "Nothing was said to change. Fields: title, publisher, author, published."),
        ("zzz", {"title": "x"}, [], "There is no source 'zzz'. See: assistant sources"),
    ],
)
def test_an_edit_that_makes_no_sense_changes_nothing(three: Library, name: str, changes: dict[str, str], clear: list[str], message: str) -> None:
    before = sorted(three.root.iterdir())
    with pytest.raises((ValueError, SourceError)) as caught:
        edit(three, name, changes, clear=clear)
    assert (str(caught.value), sorted(three.root.iterdir())) == (message, before)


def test_a_sidecar_that_cannot_be_written_is_said_and_changes_nothing(three: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object, target: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    before = (three.catalog.documents(), sorted(three.root.iterdir()))
    with pytest.raises(SourceError, match=r"story-002\.txt\.about\.toml cannot be written: Permission denied\. Corrections are kept beside the source;"):
        edit(three, NAME, {"title": "Mine"})
    assert (three.catalog.documents(), sorted(three.root.iterdir())) == before


# Reading again


def test_reading_again_what_is_the_same_changes_nothing(three: Library, encoder: HashingEncoder) -> None:
    generation = three.catalog.generation
    assert reread(three, ["story-001", NAME]) == ScanReport(unchanged=2)
    assert (three.catalog.generation, encoder.encoded) == (generation, [])


def test_reading_again_sees_what_size_and_time_do_not_show(three: Library) -> None:
    path = three.path_of(NAME)
    stat = path.stat()
    path.write_text(path.read_text().replace("crowns", "thalers")[: stat.st_size].ljust(stat.st_size)[: stat.st_size])
    os.truncate(path, stat.st_size)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert three.sync(mirror=False) == ScanReport(unchanged=3)
    assert reread(three, [NAME]) == ScanReport(changed=(NAME,))
    assert "thalers" in three.catalog.document_by_source(NAME).text


def test_what_failed_is_read_again_on_demand(three: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    write(three.root, {"bad.txt": b"\0\1\2", "worse.txt": b"\0"})
    three.sync(mirror=False)
    failures = (Failure("bad.txt", "the file is binary, not text"), Failure("worse.txt", "the file is binary, not text"))
    assert reread(three, failed=True) == ScanReport(failed=failures)
    write(three.root, {"bad.txt": story(4)})
    assert reread(three, failed=True) == ScanReport(added=("bad.txt",), failed=failures[1:])
    assert reread(three) == ScanReport()


# Taking out and bringing back


def test_what_is_removed_comes_back_with_its_sidecar(three: Library, encoder: HashingEncoder) -> None:
    edit(three, NAME, {"title": "Mine"})
    before = three.catalog.documents()
    _, kept = three.remove(NAME)
    assert sidecar_of(kept).is_file()
    assert sorted(path.name for path in three.root.iterdir()) == ["story-001.txt", "story-003.txt"]
    (waiting,) = removed_sources(three)
    assert (waiting.source, waiting.kept) == (NAME, kept)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", waiting.removed)
    assert restore(three, "story-002") == ScanReport(added=(NAME,))
    assert (three.catalog.documents(), removed_sources(three)) == (before, [])
    assert three.sync(mirror=False) == ScanReport(unchanged=3)


def test_the_latest_of_several_comes_back_and_the_others_by_their_kept_names(three: Library) -> None:
    kept = []
    for n in (4, 5, 6):
        write(three.root, {"sub/a.txt": story(n)})
        three.sync(mirror=False)
        kept.append(three.remove("sub/a.txt")[1])
    assert [one.source for one in removed_sources(three)] == ["sub/a.txt"] * 3
    restore(three, kept[1].relative_to(three.settings.keep / "removed").as_posix())
    assert three.path_of("sub/a.txt").read_text() == story(5)
    with pytest.raises(SourceError, match=r"^The sources folder has a 'sub/a\.txt' already\. Rename or remove that one first; the other waits as "):
        restore(three, "a.txt")
    three.path_of("sub/a.txt").unlink()
    restore(three, "a.txt")
    assert (three.path_of("sub/a.txt").read_text(), len(removed_sources(three))) == (story(6), 1)


LIKE_A_KEPT_ONE = "scan-20250412-101530-123"


@pytest.mark.parametrize("source", [f"{LIKE_A_KEPT_ONE}.txt", f"sub/{LIKE_A_KEPT_ONE}-20250413-091500-007.txt", f"{LIKE_A_KEPT_ONE}.tar.txt"])
def test_a_source_whose_name_ends_like_that_of_a_kept_file_comes_back_under_its_own(three: Library, source: str) -> None:
    for n in (4, 5):
        write(three.root, {source: story(n)})
        three.sync(mirror=False)
        three.remove(source)
    assert [one.source for one in removed_sources(three)] == [source, source]
    assert restore(three, source) == ScanReport(added=(source,))
    assert (three.path_of(source).read_text(), len(removed_sources(three))) == (story(5), 1)


def test_what_an_older_version_removed_comes_back_without_what_it_put_behind_the_name(three: Library) -> None:
    write(three.settings.keep / "removed", {f"{LIKE_A_KEPT_ONE}.txt": story(4)})
    assert restore(three, f"{LIKE_A_KEPT_ONE}.txt") == ScanReport(added=("scan.txt",))


def test_a_replaced_file_whose_name_ends_like_that_of_a_kept_one_is_found_again(three: Library, tmp_path: Path) -> None:
    source = f"{LIKE_A_KEPT_ONE}.txt"
    write(three.root, {source: story(4), "scan.txt": story(5)})
    write(tmp_path, {"new.txt": story(6)})
    three.sync(mirror=False)
    _, kept = replace_source(three, tmp_path / "new.txt", source)
    assert (replaced_since(three, source, 0), replaced_since(three, "scan.txt", 0)) == (kept, None)


def test_files_kept_in_the_same_instant_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instants = iter([10**18, 10**18, 10**18 + 1])
    monkeypatch.setattr(time, "time_ns", lambda: next(instants))
    monkeypatch.setattr(time, "strftime", lambda form: "20250412-101530")
    kept = []
    for _ in range(3):
        kept.append(kept_path(tmp_path / "a.txt"))
        kept[-1].touch()
    assert [path.name for path in kept] == ["a.txt", "a-20250412-101530-000.txt", "a-20250412-101530-001.txt"]


def test_a_sidecar_written_since_a_source_was_removed_is_kept_and_told_when_it_comes_back(three: Library) -> None:
    edit(three, NAME, {"title": "Mine"})
    three.remove(NAME)
    write(three.root, {f"{NAME}.about.toml": 'title = "Written since"\n'})
    report = restore(three, NAME)
    (aside,) = (three.settings.keep / "replaced").iterdir()
    said = f"it came back with the source; the one that stood here is kept as {aside}"
    assert report == ScanReport(added=(NAME,), warnings=(Failure(f"{NAME}.about.toml", said),))
    assert aside.read_text() == 'title = "Written since"\n'
    assert read_about(three.path_of(NAME)).title == "Mine"


def test_a_sidecar_written_since_is_in_force_where_the_source_had_none(three: Library) -> None:
    three.remove(NAME)
    write(three.root, {f"{NAME}.about.toml": 'title = "Written since"\n'})
    assert restore(three, NAME) == ScanReport(added=(NAME,))
    assert three.catalog.document_by_source(NAME).title == "Written since"


def test_a_name_that_fits_none_or_several_brings_nothing_back(three: Library) -> None:
    with pytest.raises(SourceError, match=r"^No 'x' was taken out\. Nothing was\.$"):
        restore(three, "x")
    write(three.root, {"a/same.txt": story(4), "b/same.txt": story(5)})
    three.sync(mirror=False)
    for name in ("a/same.txt", "b/same.txt"):
        three.remove(name)
    with pytest.raises(SourceError, match=r"^'same' could be any of: a/same\.txt, b/same\.txt\. Name one in full\.$"):
        restore(three, "same")
    with pytest.raises(SourceError, match=r"^No 'x' was taken out\. These were: a/same\.txt, b/same\.txt\.$"):
        restore(three, "x")
    assert restore(three, "b/same.txt").added == ("b/same.txt",)


def test_a_source_that_cannot_be_moved_stays_where_and_what_it_is(three: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "rename", refuse)
    before = three.catalog.documents()
    with pytest.raises(SourceError, match=r"^'story-002\.txt' cannot be moved to .*: Read-only file system\. Make both folders writable, and try again\.$"):
        three.remove(NAME)
    assert (three.path_of(NAME).is_file(), three.catalog.documents()) == (True, before)


def test_a_file_on_another_disk_is_not_left_in_two_places(three: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(source: object, target: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self.parent == three.root:
            raise PermissionError(13, "Permission denied")
        os.unlink(self)

    monkeypatch.setattr(os, "rename", elsewhere)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        with pytest.raises(SourceError, match="cannot be moved"):
            three.remove(NAME)
    assert (three.path_of(NAME).is_file(), removed_sources(three)) == (True, [])
    _, kept = three.remove(NAME)
    assert (kept.read_text(), three.path_of(NAME).exists()) == (story(2), False)


def test_a_move_to_another_disk_that_is_killed_leaves_no_half_of_the_file(three: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(source: object, target: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    def end_half_way(source: Path, target: Path) -> None:
        target.write_text(source.read_text()[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", elsewhere)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copy2", end_half_way)
        with pytest.raises(KeyboardInterrupt):
            three.remove(NAME)
    assert (three.path_of(NAME).read_text(), removed_sources(three)) == (story(2), [])
    _, kept = three.remove(NAME)
    assert (kept.name, kept.read_text()) == ("story-002.txt", story(2))


def test_a_document_of_two_thousand_passages_goes_in_milliseconds_and_comes_back(tmp_path: Path, encoder: HashingEncoder) -> None:
    paragraph = "The harbour fund number {} paid for the bridge near the river, the council of the port said on that day. " * 8
    large = "A long report on the harbour\n\n" + "\n\n".join(paragraph.format(*[n] * 8) for n in range(2_000))
    library = library_in(tmp_path, {"large.txt": large, **stories([1, 2])}, encoder=encoder)
    library.sync(mirror=False)
    n_passages = {document.source: document.n_passages for document in library.catalog.documents()}
    assert n_passages["large.txt"] >= 2_000
    neighbours, query = ExactNeighbours(library.catalog), encoder.encode(["harbour fund bridge river council"])[0]
    large_id = library.catalog.document_by_source("large.txt").id
    assert neighbours.nearest(query, top_k=1)[0].passage.document_id == large_id
    started, cpu = time.perf_counter(), time.process_time()
    library.remove("large.txt")
    taken_ms = 1000 * (time.perf_counter() - started)
    cpu_ms = 1000 * (time.process_time() - cpu)  # what other processes take does not count
    print(f"\n{n_passages['large.txt']} passages removed in {taken_ms:.0f} ms, {cpu_ms:.0f} ms of it at work")
    assert cpu_ms < 500
    assert library.catalog.document(large_id) is None
    assert library.catalog.vectors([large_id]) == []
    assert match(library.catalog, "bridge fund number", limit=50, title_weight=1.0) == [
        found for found in match(library.catalog, "bridge fund number", limit=50, title_weight=1.0) if found[0].document_id != large_id
    ]
    assert document_frequency(library.catalog, ["fund"]) == {"fund": 0}
    assert all(found.passage.document_id != large_id for found in neighbours.nearest(query, top_k=8))
    assert library.catalog.counts() == (2, 8)
    assert library.catalog.check() == []
    write(library.root, {"large.txt": large})
    assert library.sync(mirror=False) == ScanReport(added=("large.txt",), unchanged=2)
    assert neighbours.nearest(query, top_k=1)[0].passage.document_id == large_id


# Listing


@pytest.fixture
def shelf(tmp_path: Path) -> Library:
    body = "A sentence that is long enough to stand for itself, and one more.\n"
    library = library_in(tmp_path, {
        "a.md": f"---\ntitle: Zebra\npublisher: Post\npublished: 2025-04-09\nurl: https://e.org/find-me\n---\n{body}",
        "b.md": f"---\ntitle: apple\nauthor: Ann Lee\npublished: 2025-04-10\n---\n{body}",
        "c.md": body, "d/long.md": f"---\npublisher: daily\n---\n{story(1, n_paragraphs=8)}",
    })  # fmt: skip
    os.utime(library.root / "b.md", ns=(10**18, 2 * 10**18))
    library.sync(mirror=False)
    return library


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("source", ["a.md", "b.md", "c.md", "d/long.md"]),
        ("title", ["b.md", "d/long.md", "a.md", "c.md"]),
        ("publisher", ["d/long.md", "a.md", "b.md", "c.md"]),
        ("date", ["b.md", "a.md", "c.md", "d/long.md"]),
        ("passages", ["d/long.md", "a.md", "b.md", "c.md"]),
    ],
)
def test_documents_are_sorted_with_the_unknown_last(shelf: Library, sort: str, expected: list[str]) -> None:
    assert [document.source for document in listing(shelf, sort=sort)] == expected


def test_added_puts_the_newest_file_first(shelf: Library) -> None:
    assert listing(shelf, sort="added")[0].source == "b.md"


def test_an_unknown_way_to_sort_is_an_error(shelf: Library) -> None:
    with pytest.raises(ValueError, match="'size' is no way to sort; these are: source, title, publisher, date, passages, added"):
        listing(shelf, sort="size")


@pytest.mark.parametrize(
    ("find", "expected"),
    [("ZEBRA", ["a.md"]), ("ann", ["b.md"]), ("find-me", ["a.md"]), ("long daily", ["d/long.md"]), ("post ann", []), ("", ["a.md", "b.md", "c.md", "d/long.md"])],
)
def test_documents_are_found_by_words_of_what_is_known_of_them(shelf: Library, find: str, expected: list[str]) -> None:
    assert [document.source for document in listing(shelf, find=find)] == expected


def test_a_read_only_data_folder_is_said(tmp_path: Path) -> None:
    """A file in place of the folder: permissions do not bind root."""
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(LibraryError, match=r"^The data folder .* cannot be written: "):
        library_in(tmp_path)
