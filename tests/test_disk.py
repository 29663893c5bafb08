"""Disks that are full or read-only: said in words, nothing lost, and the next run does the rest. Needs the right to mount."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import LibraryError, SourceError
from assistant.fulltext import match
from assistant.library import Library
from assistant.managing import edit, removed_sources
from assistant.scanning import ScanReport
from assistant.vectors import _translated
from tests.conftest import Disk
from tests.fakes import library_in, stories, story, write


def sync(library: Library) -> ScanReport:
    return library.sync(mirror=False)


def test_a_full_disk_under_the_index_is_said_and_the_next_run_does_the_rest(tmp_path: Path, disk: Disk) -> None:
    disk(tmp_path / "data", "size=200k")
    library = library_in(tmp_path, stories(range(60)))
    with pytest.raises(LibraryError) as caught:
        sync(library)
    assert str(caught.value) == (
        f"The index in {library.settings.index} cannot be written: the disk is full. What was indexed stays; make room and run the command again."
    )
    assert library.catalog.check() == []
    assert sorted(path.name for path in library.root.iterdir()) == sorted(stories(range(60)))
    disk(tmp_path / "data", "size=20m", again=True)
    sync(library)
    assert (library.catalog.counts(), library.catalog.check(), sync(library)) == ((60, 240), [], ScanReport(unchanged=60))
    library.catalog.close()


def test_what_was_indexed_before_the_disk_was_full_still_answers(tmp_path: Path, disk: Disk) -> None:
    disk(tmp_path / "data", "size=600k")
    library = library_in(tmp_path, stories(range(5)))
    sync(library)
    write(library.root, {f"more-{n}.txt": story(n) for n in range(100, 200)})
    with pytest.raises(LibraryError, match="the disk is full"):
        sync(library)
    assert {f"story-{n:03}.txt" for n in range(5)} <= {document.source for document in library.catalog.documents()}
    assert match(library.catalog, "harbour", limit=5, title_weight=1.0) != []
    library.catalog.close()


def test_a_read_only_data_folder_is_said(tmp_path: Path, disk: Disk) -> None:
    disk(tmp_path / "data", "size=20m")
    library = library_in(tmp_path, stories([1]))
    sync(library)
    library.catalog.close()
    disk(tmp_path / "data", "ro", again=True)
    with pytest.raises(LibraryError, match=r"^The index in .* cannot be opened: .*\. Make the folder writable, or name another: --data DIR\.$"):
        library.open()
    with pytest.raises(LibraryError, match=r"^The data folder .* cannot be written: Read-only file system\.$"):
        library_in(tmp_path, data=tmp_path / "data" / "other")
    disk(tmp_path / "data", "rw", again=True)
    assert sync(library.open()) == ScanReport(unchanged=1)
    library.catalog.close()


def test_a_read_only_sources_folder_is_read_and_every_change_to_it_refused_in_words(tmp_path: Path, disk: Disk) -> None:
    disk(tmp_path / "sources", "size=20m")
    library = library_in(tmp_path, stories([1, 2]))
    disk(tmp_path / "sources", "ro", again=True)
    assert len(sync(library).added) == 2
    before = library.catalog.documents()
    write(tmp_path, {"new.txt": story(3)})
    (failure,) = library.add([tmp_path / "new.txt"]).failed
    assert failure.reason == "it cannot be copied into the sources folder: Read-only file system; make room, or make the folder writable"
    with pytest.raises(SourceError, match=r"about\.toml cannot be written: Read-only file system\."):
        edit(library, "story-001", {"title": "Mine"})
    with pytest.raises(SourceError, match=r"^'story-001\.txt' cannot be moved to .*: Read-only file system\."):
        library.remove("story-001")
    assert (library.catalog.documents(), removed_sources(library), sync(library)) == (before, [], ScanReport(unchanged=2))


def test_a_failure_of_chroma_that_gives_no_reason_is_put_down_to_a_disk_without_room(tmp_path: Path, disk: Disk) -> None:
    disk(tmp_path, "size=1m")
    said = {}
    for size in ("size=1m", "size=20m"):
        disk(tmp_path, size, again=True)
        with pytest.raises(LibraryError) as caught, _translated(tmp_path / "chroma"):
            raise RuntimeError("Error in compaction")
        said[size] = str(caught.value)
    assert said == {
        "size=1m": f"The disk with the vector store in {tmp_path}/chroma has only 1.0 MB left. The documents are indexed and search is exact "
        "meanwhile; make room and run: assistant sync",
        "size=20m": f"The vector store in {tmp_path}/chroma cannot be used: Error in compaction. Run: assistant doctor --fix",
    }


def test_a_full_sources_folder_takes_what_fits_and_no_halves(tmp_path: Path, disk: Disk) -> None:
    disk(tmp_path / "sources", "size=40k")
    library = library_in(tmp_path)
    write(tmp_path / "in", stories(range(30)))
    report = library.add([tmp_path / "in"])
    assert (len(report.added) > 0, len(report.added) + len(report.failed)) == (True, 30)
    assert {failure.reason for failure in report.failed} == {
        "it cannot be copied into the sources folder: No space left on device; make room, or make the folder writable"
    }
    assert sorted(path.relative_to(library.root).as_posix() for path in library.root.rglob("*") if path.is_file()) == list(report.added)
    library.store.close()
