"""The folder and its index: what changed is taken in once, what did not is left alone, and nothing is lost but time."""

from __future__ import annotations

import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import copying, updating
from assistant import library as library_module
from assistant.errors import EncoderError, LibraryError, SourceError
from assistant.folder import NOT_UNICODE, Failure, Walk
from assistant.library import Library
from assistant.loading import KINDS
from assistant.managing import reread
from assistant.scanning import Look, ScanReport
from assistant.settings import Settings
from assistant.types import Document
from tests.fakes import AN_HOUR_NS, HashingEncoder, library_in, retriever_of, stories, story, write
from tests.three import encoder, three

__all__ = ["encoder", "three"]  # fixtures, found by their names

QUERIES = ("harbour budget", "the minister of the river", "turbine vaccine orbit", "nothing of this kind")
READ = f"these can: {KINDS}"


def hits(library: Library, queries: tuple[str, ...] = QUERIES) -> list[tuple[str, int, str, float, float, tuple[object, ...]]]:
    """All that a search shows, for each query in order."""
    retriever = retriever_of(library)
    return [
        (query, hit.rank, hit.passage.id, hit.score, hit.similarity, hit.also_in)
        for query in queries
        for hit in retriever.retrieve(query, top_k=10)
    ]


def sources(library: Library) -> list[str]:
    return [document.source for document in library.catalog.documents()]


def sync(library: Library, **options: bool) -> ScanReport:
    """Bring the catalog up to date; Chroma has its own tests."""
    return library.sync(mirror=False, **options)


def refusing(name: str) -> Callable[[Path], object]:
    """`os.scandir` of somebody who may not look into folders of this name: permissions do not bind root."""
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    return refuse


# What changed


def test_an_added_file_is_indexed_and_nothing_else_is_embedded(three: Library, encoder: HashingEncoder) -> None:
    write(three.root, {"deep/in/story.md": story(4)})
    assert sync(three) == ScanReport(added=("deep/in/story.md",), unchanged=3)
    assert (sources(three)[0], len(encoder.encoded)) == ("deep/in/story.md", 4)


def test_a_changed_paragraph_is_the_only_one_embedded_again(three: Library, encoder: HashingEncoder) -> None:
    text = story(2)
    paragraph = text.split("\n\n")[2]
    new = "The lantern was found at the bottom of the sea. " * 6
    write(three.root, {"story-002.txt": text.replace(paragraph, new)})
    assert sync(three) == ScanReport(changed=("story-002.txt",), unchanged=2)
    title = text.split("\n\n")[0]
    assert encoder.encoded == [f"{title}\n{new.strip()}"]
    assert (three.catalog.counts(), three.catalog.check()) == ((3, 12), [])
    assert three.catalog.document_by_source("story-002.txt").text == text.replace(paragraph, new)


def test_a_removed_file_is_dropped(three: Library, encoder: HashingEncoder) -> None:
    (three.root / "story-002.txt").unlink()
    assert sync(three) == ScanReport(removed=("story-002.txt",), unchanged=2)
    assert (sources(three), three.catalog.file("story-002.txt")) == (["story-001.txt", "story-003.txt"], None)
    assert encoder.encoded == []


def test_a_renamed_file_is_not_embedded_again(three: Library, encoder: HashingEncoder) -> None:
    (three.root / "sub").mkdir()
    (three.root / "story-002.txt").rename(three.root / "sub" / "new.txt")
    assert sync(three) == ScanReport(added=("sub/new.txt",), removed=("story-002.txt",), unchanged=2)
    assert (sources(three), encoder.encoded) == (["story-001.txt", "story-003.txt", "sub/new.txt"], [])


def test_names_that_change_places_are_not_embedded_again(three: Library, encoder: HashingEncoder) -> None:
    a, b, scratch = (three.root / name for name in ("story-001.txt", "story-002.txt", "scratch"))
    a.rename(scratch), b.rename(a), scratch.rename(b)
    assert sync(three).changed == ("story-001.txt", "story-002.txt")
    assert (three.catalog.document_by_source("story-001.txt").text, encoder.encoded) == (story(2), [])


def test_a_copy_of_a_file_is_not_embedded_again(three: Library, encoder: HashingEncoder) -> None:
    shutil.copy(three.root / "story-001.txt", three.root / "copy.txt")
    assert sync(three) == ScanReport(added=("copy.txt",), unchanged=3)
    assert (three.catalog.counts(), encoder.encoded) == ((4, 16), [])


def test_a_touched_file_is_unchanged(three: Library, encoder: HashingEncoder) -> None:
    os.utime(three.root / "story-001.txt")
    assert three.look().suspects == ("story-001.txt",)
    assert sync(three) == ScanReport(unchanged=3)
    assert encoder.encoded == []


def test_a_second_sync_changes_nothing(three: Library, encoder: HashingEncoder) -> None:
    before = (three.catalog.generation, three.catalog.files(), hits(three))
    assert sync(three) == ScanReport(unchanged=3)
    assert (three.catalog.generation, three.catalog.files(), hits(three)) == before
    assert encoder.encoded == []


@pytest.mark.parametrize(
    "files", [{"fresh.txt": (story(1), 0)}, {"old.txt": (story(1), AN_HOUR_NS), "bad.txt": ("", AN_HOUR_NS)}], ids=["fresh", "failing"]
)
def test_looking_again_at_what_did_not_change_leaves_the_generation(tmp_path: Path, files: dict[str, tuple[str, int]]) -> None:
    """A file too young to be trusted, or one that failed, is read again; readers and Chroma need not hear of it."""
    library = library_in(tmp_path)
    for name, (text, age_ns) in files.items():
        write(library.root, {name: text}, age_ns=age_ns)
    sync(library)
    before = library.catalog.generation
    sync(library)
    assert library.catalog.generation == before


def test_a_rewrite_within_the_same_second_and_size_is_noticed(tmp_path: Path) -> None:
    library = library_in(tmp_path)
    write(library.root, {"a.txt": "The price was 25 crowns."}, age_ns=0)
    before = (library.root / "a.txt").stat()
    sync(library)
    (library.root / "a.txt").write_text("The price was 26 crowns.")
    os.utime(library.root / "a.txt", ns=(before.st_mtime_ns, before.st_mtime_ns))
    after = (library.root / "a.txt").stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert sync(library) == ScanReport(changed=("a.txt",))
    assert library.catalog.document_by_source("a.txt").text == "The price was 26 crowns."


def test_add_then_remove_restores_what_is_found(three: Library) -> None:
    before = hits(three)
    write(three.root, stories([7, 8]) | {"x.txt": "The harbour budget of the minister of the river."})
    sync(three)
    assert hits(three) != before
    for name in ("story-007.txt", "story-008.txt", "x.txt"):
        (three.root / name).unlink()
    sync(three)
    assert hits(three) == before


@pytest.mark.parametrize("seed", [1, 2])
def test_one_index_is_like_another_however_it_was_built(tmp_path: Path, seed: int) -> None:
    files = stories(range(40)) | {"copy.txt": story(5), "tie-a.txt": "The comet.", "tie-b.txt": "The comet."}
    at_once = library_in(tmp_path / "at-once", files)
    sync(at_once)
    one_by_one = library_in(tmp_path / "one-by-one")
    order = sorted(files)
    random.Random(seed).shuffle(order)
    for name in order:
        write(one_by_one.root, {name: files[name] + " An earlier version.\n"})
        sync(one_by_one)
        write(one_by_one.root, {name: files[name]})
        one_by_one.sync_only([name])
    queries = (*QUERIES, "comet", "The comet.", "glacier strike railway", "an earlier version")
    assert len(hits(at_once, queries)) > 50
    assert hits(at_once, queries) == hits(one_by_one, queries)


def test_sync_only_brings_in_just_what_was_named(three: Library) -> None:
    write(three.root, stories([4, 5]))
    (three.root / "story-001.txt").unlink()
    assert three.sync_only(["story-004.txt", "story-002.txt", "none.txt"]) == ScanReport(added=("story-004.txt",), unchanged=1)
    assert sources(three) == ["story-001.txt", "story-002.txt", "story-003.txt", "story-004.txt"]
    assert (three.look().suspects, three.look().gone) == (("story-005.txt",), ("story-001.txt",))


def test_an_added_file_is_parsed_once_and_again_where_it_changed_meanwhile(three: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    read, look = three.read, three.look
    page = b"<html><body><article><p>%s</p></article></body></html>"
    write(tmp_path / "new", {"a.html": page % (b"The ferry leaves at nine. " * 9), "b.html": page % (b"The tram leaves at ten. " * 9)})

    def count(path: Path, source: str) -> Document:
        parsed.append(source)
        return read(path, source)

    def look_at_what_changed() -> Look:
        write(three.root, {"new/b.html": page % (b"The tram leaves at noon. " * 9)})
        return look()

    monkeypatch.setattr(three, "read", count)
    monkeypatch.setattr(three, "look", look_at_what_changed)
    assert three.add([tmp_path / "new"], mirror=False).added == ("new/a.html", "new/b.html")
    assert parsed == ["new/a.html", "new/b.html", "new/b.html"]
    texts = [three.catalog.document_by_source(f"new/{name}.html").text for name in "ab"]
    assert ["at nine" in texts[0], "at noon" in texts[1]] == [True, True]


def test_progress_counts_bytes_up_to_all(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    library = library_in(tmp_path, {"a.txt": "Twelve bytes", "b.txt": "", "c.txt": "Also twelve."})
    library.sync(mirror=False, progress=lambda done, n, source: told.append((done, n, source)))
    assert told == [(12, 24, "a.txt"), (12, 24, "b.txt"), (24, 24, "c.txt")]


def test_progress_moves_within_a_long_document_and_what_is_broken_off_leaves_nothing(tmp_path: Path, encoder: HashingEncoder) -> None:
    text = story(1, n_paragraphs=150)
    told: list[int] = []
    library = library_in(tmp_path, {"a.txt": text, "b.txt": story(2)}, encoder=encoder)
    library.sync(mirror=False, progress=lambda done, n, source: told.append(done) if source == "a.txt" else None)
    n_bytes = len(text.encode())
    shares = [round(150 * done / n_bytes) for done in told]
    assert shares == [32, 64, 96, 128, 150]
    assert library.catalog.counts() == (2, 154)
    assert len(encoder.encoded) == 154

    def stop(done: int, n: int, source: str) -> None:
        raise LibraryError("enough")

    write(library.root, {"c.txt": story(3, n_paragraphs=100)})
    with pytest.raises(LibraryError, match="enough"):
        library.sync(mirror=False, progress=stop)
    assert sources(library) == ["a.txt", "b.txt"]
    assert sync(library) == ScanReport(added=("c.txt",), unchanged=2)


def test_a_library_is_read_anew_but_not_embedded_anew_when_reading_changed(
    three: Library, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updating, "READING", "next")
    assert sync(three).changed == ("story-001.txt", "story-002.txt", "story-003.txt")
    assert (encoder.encoded, sync(three)) == ([], ScanReport(unchanged=3))


def test_sources_brought_in_alone_do_not_keep_the_others_from_being_read_anew(three: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updating, "READING", "next")
    write(three.root, stories([4]))
    assert three.sync_only(["story-004.txt"]) == ScanReport(added=("story-004.txt",))
    assert reread(three, ["story-001.txt"]) == ScanReport(changed=("story-001.txt",))
    assert sync(three).changed == tuple(stories([1, 2, 3, 4]))
    assert sync(three) == ScanReport(unchanged=4)


def test_what_was_out_of_sight_while_the_library_was_read_anew_is_read_anew_when_it_is_back(
    three: Library, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(three.root, {"sub/a.txt": story(4)})
    sync(three)
    encoder.encoded.clear()
    monkeypatch.setattr(updating, "READING", "next")
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", refusing("sub"))
        assert sync(three).changed == tuple(stories([1, 2, 3]))
        assert sync(three).changed == ()
    assert sync(three) == ScanReport(changed=("sub/a.txt",), unchanged=3)
    assert (encoder.encoded, sync(three)) == ([], ScanReport(unchanged=4))


def test_vectors_are_mirrored_into_chroma(three: Library) -> None:
    assert three.sync() == ScanReport(unchanged=3)
    assert (three.store.generation, three.store.difference(three.catalog)) == (three.catalog.generation, (0, 0))
    assert three.mirror() == 0
    three.store.close()


# What cannot be read


def test_what_cannot_be_read_is_reported_and_the_rest_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = library_in(
        tmp_path,
        {
            "binary.txt": b"BIN\0\0", "blank.md": " \n\n", "empty.txt": b"", "good.txt": story(1), "noise.txt": bytes(range(128, 256)),
            "large.txt": "a" * 1_000_001, "model.blend": b"BLENDER", "README": "No suffix.", "secret.txt": story(2),
        },
        max_file_mb=1,
    )  # fmt: skip
    deny(library.root / "secret.txt", monkeypatch)
    failed = (
        Failure("README", f"files without a suffix cannot be read; {READ}"),
        Failure("binary.txt", "the file is binary, not text"),
        Failure("blank.md", "the file is empty"),
        Failure("empty.txt", "the file is empty"),
        Failure("large.txt", "the file has 1.0 MB and the limit is 1 MB; raise max_file_mb or split it"),
        Failure("model.blend", f"'.blend' files cannot be read; {READ}"),
        Failure("noise.txt", "the file is not UTF-8 (byte 0) nor in another encoding that can be told; save it as UTF-8 and try again"),
        Failure("secret.txt", "no permission to read it"),
    )
    assert sync(library) == ScanReport(added=("good.txt",), failed=failed)
    assert sync(library) == ScanReport(unchanged=1, failed=failed)
    assert (library.look().failed, library.look().n_changes) == (failed, 0)
    assert sources(library) == ["good.txt"]


def deny(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the right to read away; root keeps it whatever the mode, so there the read itself is made to fail."""
    path.chmod(0)
    if os.access(path, os.R_OK):
        read_bytes = Path.read_bytes

        def refuse(self: Path) -> bytes:
            if self == path:
                raise PermissionError(13, "Permission denied", str(self))
            return read_bytes(self)

        monkeypatch.setattr(Path, "read_bytes", refuse)


def test_a_file_that_can_no_longer_be_read_is_dropped_and_taken_in_again_when_mended(three: Library) -> None:
    write(three.root, {"story-002.txt": b"\0"})
    assert sync(three) == ScanReport(unchanged=2, failed=(Failure("story-002.txt", "the file is binary, not text"),))
    assert (sources(three), three.catalog.check()) == (["story-001.txt", "story-003.txt"], [])
    write(three.root, {"story-002.txt": story(2)})
    assert sync(three) == ScanReport(added=("story-002.txt",), unchanged=2)


def test_a_failed_file_is_tried_again_without_having_changed(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"large.txt": "One sentence." + "\n" * 1_000_000}, max_file_mb=1)
    assert [failure.source for failure in sync(library).failed] == ["large.txt"]
    again = library_in(tmp_path, max_file_mb=2)
    assert again.look().n_changes == 0
    assert sync(again) == ScanReport(added=("large.txt",))


def test_a_name_that_is_no_unicode_does_not_stop_the_others(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"good.txt": story(1)})
    try:
        Path(os.fsdecode(os.fsencode(library.root) + b"/caf\xe9.txt")).write_text(story(2))
    except OSError:
        pytest.skip("this file system takes no such names")
    report = sync(library)
    assert (report.added, len(report.failed), sources(library)) == (("good.txt",), 1, ["good.txt"])


def test_hidden_files_the_data_folder_and_links_out_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"outside/secret.txt": story(9), "outside/more/secret.txt": story(8)})
    library = library_in(
        tmp_path,
        {"a.txt": story(1), ".hidden.txt": story(2), ".git/b.txt": story(3), "sub/.hidden/c.txt": story(4), "sub/d.txt": story(5)},
        data=tmp_path / "sources" / "sub" / "data",
    )
    write(library.settings.data, {"keep/removed/e.txt": story(6)})
    os.symlink(tmp_path / "outside" / "secret.txt", library.root / "link-out.txt")
    os.symlink(tmp_path / "outside", library.root / "folder-out")
    os.symlink(library.root / "sub", library.root / "folder-in")
    os.symlink("none.txt", library.root / "dangling.txt")
    os.symlink("a.txt/none.txt", library.root / "below-a-file.txt")
    os.symlink("sub/d.txt", library.root / "link-in.txt")
    if hasattr(os, "mkfifo"):
        os.mkfifo(library.root / "pipe.txt")
    out = "a link out of the sources folder is not followed; copy the file in: assistant add FILE"
    nowhere = "a link that leads nowhere; delete it, or bring back what it named"
    passed_over = (
        Failure("below-a-file.txt", nowhere),
        Failure("dangling.txt", nowhere),
        Failure("folder-out", out),
        Failure("link-out.txt", out),
    )
    assert sync(library) == ScanReport(added=("a.txt", "link-in.txt", "sub/d.txt"), warnings=passed_over)
    assert library.look().passed_over == passed_over


def test_a_link_to_itself_does_not_stop_the_others(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"good.txt": story(1)})
    os.symlink("loop.txt", library.root / "loop.txt")
    assert sync(library) == ScanReport(added=("good.txt",), warnings=(Failure("loop.txt", "a link that leads to itself; delete it"),))


def test_a_folder_that_cannot_be_listed_is_not_taken_for_removed(three: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    write(three.root, {"sub/a.txt": story(4)})
    sync(three)
    monkeypatch.setattr(os, "scandir", refusing("sub"))
    assert sync(three).removed == ()
    assert sources(three) == ["story-001.txt", "story-002.txt", "story-003.txt", "sub/a.txt"]


def as_somebody(look: Callable[..., Any]) -> Callable[..., Any]:
    """`look`, done by nobody in particular where the tests run as root, whom permissions do not bind."""

    def looked(*given: Any) -> Any:
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            return look(*given)
        finally:
            if is_root:
                os.seteuid(0)

    return looked


@pytest.fixture
def barred(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """A library of `deep/` and a file, in step, which is looked at as somebody who needs permission; the test takes it away."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no permissions of this kind")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        if not as_somebody(os.path.isdir)(f"{folder}/."):
            pytest.skip("the folder for temporary files is not open to all")
        library = library_in(Path(folder), {"deep/a.txt": story(1), "deep/b.txt": story(2), "top.txt": story(3)})
        sync(library)
        monkeypatch.setattr(library_module, "walk", as_somebody(library_module.walk))
        monkeypatch.setattr(copying, "files_to_add", as_somebody(copying.files_to_add))
        yield library
        for path in (library.root, library.root / "deep", *library.root.parent.glob("in/sub")):
            os.chmod(path, 0o755)


BARRED = "the folder cannot be looked into: Permission denied; what is indexed of it stays"


@pytest.mark.parametrize("mode", [0o444, 0o111, 0o000], ids=oct)
def test_a_folder_that_one_may_not_list_or_not_enter_is_not_taken_for_removed(barred: Library, mode: int) -> None:
    os.chmod(barred.root / "deep", mode)
    assert sync(barred) == ScanReport(unchanged=1, failed=(Failure("deep/", BARRED),))
    assert sources(barred) == ["deep/a.txt", "deep/b.txt", "top.txt"]
    os.chmod(barred.root / "deep", 0o755)
    assert sync(barred) == ScanReport(unchanged=3)


def test_a_library_whose_only_folder_one_may_not_enter_is_not_taken_for_emptied(barred: Library) -> None:
    barred.remove("top.txt")
    os.chmod(barred.root / "deep", 0o444)
    assert sync(barred) == ScanReport(failed=(Failure("deep/", BARRED),))
    os.chmod(barred.root, 0o444)
    with pytest.raises(LibraryError, match=r"^The sources folder '.*' cannot be read: Permission denied\.$"):
        sync(barred)
    assert sources(barred) == ["deep/a.txt", "deep/b.txt"]


def test_a_link_to_what_cannot_be_looked_at_is_not_taken_for_removed(barred: Library) -> None:
    os.symlink("deep/a.txt", barred.root / "link.txt")
    assert sync(barred).added == ("link.txt",)
    os.chmod(barred.root / "deep", 0o444)
    said = Failure("link.txt", "it cannot be looked at: Permission denied; what is indexed of it stays")
    assert sync(barred) == ScanReport(unchanged=1, failed=(Failure("deep/", BARRED), said))
    assert sources(barred) == ["deep/a.txt", "deep/b.txt", "link.txt", "top.txt"]


class FailingEntry:
    """An entry of a folder on a disk that fails."""

    def __init__(self, entry: os.DirEntry[str]) -> None:
        self.name, self.path, self.is_dir, self.is_symlink = entry.name, entry.path, entry.is_dir, entry.is_symlink

    def is_file(self) -> bool:
        raise OSError(5, "Input/output error", self.path)


def test_a_file_on_a_failing_disk_is_not_taken_for_removed_nor_its_sidecar_for_one_of_nothing(
    three: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(three.root, {"story-001.txt.about.toml": 'title = "Mine"\n', "story-001.txt.bak.txt": story(4)})
    sync(three)
    before = three.catalog.documents()
    (three.root / "story-001.txt.bak.txt").unlink()
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: [FailingEntry(e) if e.name == "story-001.txt" else e for e in scandir(path)])
    said = Failure("story-001.txt", "it cannot be looked at: Input/output error; what is indexed of it stays")
    assert sync(three) == ScanReport(removed=("story-001.txt.bak.txt",), unchanged=2, failed=(said,))
    assert three.catalog.documents() == [document for document in before if document.source != "story-001.txt.bak.txt"]


def test_adding_a_folder_says_what_in_it_cannot_be_looked_into(barred: Library) -> None:
    folder = barred.root.parent / "in"
    write(folder, {"a.txt": story(4), "sub/b.txt": story(5)})
    os.chmod(folder / "sub", 0o111)
    report = barred.add([folder], mirror=False)
    assert report == ScanReport(added=("in/a.txt",), failed=(Failure(f"{folder}/sub", "the folder cannot be looked into: Permission denied"),))


@pytest.mark.parametrize("name", ["in", "in/sub", "in/sub/b.txt"])
def test_a_file_in_a_folder_that_one_may_not_enter_is_told_when_it_is_to_be_added(barred: Library, name: str) -> None:
    folder = barred.root.parent
    write(folder, {"in/sub/b.txt": story(5)})
    os.chmod(folder / "in" / "sub", 0o444)
    report = as_somebody(barred.add)([folder / name])
    assert report == ScanReport(failed=(Failure(f"{folder}/in/sub/b.txt", "no permission to read it"),))


# Folder and index that do not fit


def test_a_source_in_which_nothing_can_be_found_is_noted_once(tmp_path: Path) -> None:
    library = library_in(tmp_path, {"mark.txt": "-", "title.md": "---\ntitle: A\n---\n", "port.txt": "The port is calm."})
    said = "Nothing in it can be found or quoted: it holds no words of an article."
    assert list(library.sync(mirror=False).warnings) == [Failure("mark.txt", said), Failure("title.md", said)]
    assert [d.warnings for d in library.catalog.documents()] == [(said,), (), (said,)]
    assert reread(library, ["mark.txt"]).changed == ()


def test_an_emptied_folder_does_not_empty_the_index_unasked(three: Library) -> None:
    for path in three.root.iterdir():
        path.unlink()
    with pytest.raises(LibraryError) as caught:
        sync(three)
    assert str(caught.value) == (
        f"The sources folder '{three.root}' is empty, but the index holds 3 documents. "
        "If a drive is not mounted, mount it; if the folder really was emptied, run: assistant sync --yes"
    )
    assert three.catalog.counts() == (3, 12)
    assert sync(three, allow_empty=True).removed == ("story-001.txt", "story-002.txt", "story-003.txt")
    assert three.catalog.counts() == (0, 0)
    assert sync(three) == ScanReport()


def test_a_folder_that_lost_most_files_at_once_does_not_lose_them_in_the_index_unasked(tmp_path: Path) -> None:
    library = library_in(tmp_path, stories(range(42)))
    sync(library)
    for path in sorted(library.root.iterdir())[:22]:
        path.unlink()
    write(library.root, {"new.txt": story(41) * 3})
    with pytest.raises(LibraryError) as caught:
        sync(library)
    assert str(caught.value) == (
        f"22 of 42 files are no longer in the sources folder '{library.root}'. "
        "If a drive is not mounted, mount it; if they really were removed, run: assistant sync --yes"
    )
    assert library.catalog.counts()[0] == 42
    report = sync(library, allow_empty=True)
    assert (len(report.removed), report.added, library.catalog.counts()[0]) == (22, ("new.txt",), 21)


@pytest.mark.parametrize(("n_files", "n_gone"), [(40, 20), (42, 21)])
def test_fewer_or_half_are_taken_for_removed(tmp_path: Path, n_files: int, n_gone: int) -> None:
    library = library_in(tmp_path, stories(range(n_files)))
    sync(library)
    for path in sorted(library.root.iterdir())[:n_gone]:
        path.unlink()
    assert len(sync(library).removed) == n_gone


def test_a_folder_renamed_within_the_sources_is_not_taken_for_lost(tmp_path: Path) -> None:
    library = library_in(tmp_path, {f"old/{name}": text for name, text in stories(range(30)).items()})
    sync(library)
    (library.root / "old").rename(library.root / "new")
    assert (len(sync(library).removed), library.catalog.counts()[0]) == (30, 30)


def test_the_index_of_a_folder_that_is_missing_or_empty_is_not_thrown_away_unasked(three: Library) -> None:
    for path in three.root.iterdir():
        path.unlink()
    for _ in range(2):
        with pytest.raises(LibraryError, match=r"is missing or empty, but the index holds 3 documents, .* run: assistant sync --rebuild --yes$"):
            three.discard_index()
        assert three.catalog.counts() == (3, 12)
        shutil.rmtree(three.root, ignore_errors=True)
    three.discard_index(allow_empty=True)
    assert not three.catalog.path.exists()


def test_a_missing_folder_is_an_error(three: Library) -> None:
    shutil.rmtree(three.root)
    with pytest.raises(LibraryError, match=r"^The sources folder '.*' cannot be read: No such file or directory\.$"):
        sync(three)
    with pytest.raises(LibraryError, match=r"^There is no sources folder '.*'\. Make it and put documents in, or name another"):
        three.open()
    assert three.catalog.counts() == (3, 12)


def test_another_folder_with_the_same_data_folder_is_an_error(three: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError) as caught:
        library_in(tmp_path, sources=tmp_path / "others")
    assert str(caught.value) == (
        f"The index in {tmp_path / 'data'} mirrors the folder '{tmp_path / 'sources'}', not '{tmp_path / 'others'}'. "
        "Give the other folder its own index with --data DIR, or turn this one over: assistant sync --rebuild"
    )


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("a-model-in-a-folder", ". Run: assistant sync --rebuild"),
        (
            "nosuch-model",
            ", which is neither bundled, nor a folder, nor a model that was fetched before. Leave it out, or mend its name; if it is to be fetched "
            "from the Hugging Face hub, run: assistant sync --rebuild",
        ),
    ],
)  # fmt: skip
def test_another_encoder_name_is_an_error(three: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-model-in-a-folder").mkdir()
    with pytest.raises(LibraryError) as caught:
        Library(Settings(sources=three.root, data=tmp_path / "data", encoder=named), encoder=HashingEncoder).open()
    assert str(caught.value) == (
        f"The index in {tmp_path / 'data'} was built with the encoder 'all-MiniLM-L6-v2', but the settings name '{named}'{said}"
    )


def test_an_index_that_only_notes_the_name_of_an_encoder_that_could_not_be_opened_serves_any(tmp_path: Path) -> None:
    def broken() -> HashingEncoder:
        raise EncoderError("There is no such encoder.")

    settings = Settings(sources=tmp_path / "sources", data=tmp_path / "data", encoder="nosuch-model")
    write(settings.sources, stories([1, 2, 3]))
    with pytest.raises(EncoderError):
        Library(settings, encoder=broken).open().sync(mirror=False)
    library = library_in(tmp_path)
    assert sync(library).added == ("story-001.txt", "story-002.txt", "story-003.txt")
    assert library.catalog.meta("encoder_name") == "all-MiniLM-L6-v2"


def test_another_model_under_the_same_name_is_never_mixed_in(three: Library, tmp_path: Path) -> None:
    again = library_in(tmp_path, stories([4]), encoder=HashingEncoder("hashing@2"))
    with pytest.raises(LibraryError, match="assistant sync --rebuild"):
        sync(again)


def test_what_is_added_and_cannot_be_indexed_yet_is_told_to_lie_in_the_folder(three: Library, tmp_path: Path) -> None:
    again = library_in(tmp_path, encoder=HashingEncoder("hashing@2"))
    write(tmp_path / "elsewhere", stories([4]))
    with pytest.raises(LibraryError, match=r"^What was named lies in the sources folder now, but is not indexed yet\. .* Run: assistant sync --rebuild$"):
        again.add([tmp_path / "elsewhere" / "story-004.txt"])
    assert (three.root / "story-004.txt").is_file()


class StoppingEncoder(HashingEncoder):
    """Stops the process, as it were, at its third batch."""

    n_batches = 0

    def encode(self, texts):  # type: ignore[no-untyped-def]
        self.n_batches += 1
        if self.n_batches == 3:
            raise KeyboardInterrupt
        return super().encode(texts)


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A library whose first sync was stopped after two batches of two files."""
    monkeypatch.setattr(updating, "BATCH_FILES", 2)
    library = library_in(tmp_path, stories(range(10)), encoder=StoppingEncoder())
    with pytest.raises(KeyboardInterrupt):
        sync(library)
    return library


def test_what_was_indexed_before_a_stop_stays_and_the_next_sync_does_the_rest(stopped: Library, tmp_path: Path) -> None:
    assert (stopped.catalog.counts(), stopped.catalog.check()) == ((4, 16), [])
    encoder = HashingEncoder()
    again = library_in(tmp_path, encoder=encoder)
    assert sync(again) == ScanReport(added=tuple(f"story-{n:03}.txt" for n in range(4, 10)), unchanged=4)
    assert len(encoder.encoded) == 24


def test_an_index_half_made_knows_its_folder(stopped: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="mirrors the folder"):
        library_in(tmp_path, sources=tmp_path / "others")


def test_an_index_half_made_knows_its_encoder(stopped: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="was built with the encoder"):
        Library(Settings(sources=stopped.root, data=tmp_path / "data", encoder="other"), encoder=HashingEncoder).open()


# Another writer at the same moment


def test_what_another_writer_adds_while_the_folder_is_looked_at_stays(
    three: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, walk = library_in(tmp_path), library_module.walk

    def walk_and_be_overtaken(root: Path, data: Path) -> Walk:
        walked = walk(root, data)
        with monkeypatch.context() as alone:
            alone.setattr(library_module, "walk", walk)
            write(tmp_path, {"new.txt": story(9)})
            other.add([tmp_path / "new.txt"])
        return walked

    with monkeypatch.context() as patched:
        patched.setattr(library_module, "walk", walk_and_be_overtaken)
        assert sync(three) == ScanReport(unchanged=3)
    assert [document.source for document in three.catalog.documents()] == ["new.txt", *stories([1, 2, 3])]
    other.store.close()


def test_what_another_writer_brings_back_after_the_folder_was_looked_at_stays(three: Library, tmp_path: Path) -> None:
    look, other, source = three.look, library_in(tmp_path), "story-001.txt"
    aside = three.path_of(source).rename(tmp_path / source)

    def look_and_be_overtaken() -> Look:
        looked = look()
        sync(other)
        aside.rename(three.path_of(source))
        sync(other)
        return looked

    three.look = look_and_be_overtaken  # type: ignore[method-assign]
    sync(three)
    assert three.catalog.document_by_source(source) is not None


def test_what_another_writer_drops_after_the_folder_was_looked_at_is_gone_without_error(three: Library, tmp_path: Path) -> None:
    look, other = three.look, library_in(tmp_path)
    three.path_of("story-001.txt").unlink()

    def look_and_be_overtaken() -> Look:
        looked = look()
        sync(other)
        return looked

    three.look = look_and_be_overtaken  # type: ignore[method-assign]
    sync(three)
    assert [document.source for document in three.catalog.documents()] == ["story-002.txt", "story-003.txt"]


def test_sources_and_data_can_be_moved_together(three: Library, tmp_path: Path) -> None:
    before = hits(three)
    three.catalog.close()
    (tmp_path / "moved" / "deep").mkdir(parents=True)
    for name in ("sources", "data"):
        (tmp_path / name).rename(tmp_path / "moved" / "deep" / name)
    encoder = HashingEncoder()
    moved = library_in(tmp_path / "moved" / "deep", encoder=encoder)
    assert (sync(moved), encoder.encoded, hits(moved)) == (ScanReport(unchanged=3), [], before)


def test_a_relative_and_an_absolute_path_are_the_same_folder(three: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    library = library_in(Path(), data=tmp_path / "data")
    assert (str(library.root), sync(library)) == ("sources", ScanReport(unchanged=3))


def test_deleting_the_index_under_an_open_library_loses_nothing_but_time(three: Library) -> None:
    before = hits(three)
    shutil.rmtree(three.settings.index)
    assert sync(three) == ScanReport(added=("story-001.txt", "story-002.txt", "story-003.txt"))
    assert hits(three) == before


def test_deleting_the_index_before_opening_again_loses_nothing_but_time(three: Library) -> None:
    before = hits(three)
    shutil.rmtree(three.settings.index)
    assert sync(three.open()) == ScanReport(added=("story-001.txt", "story-002.txt", "story-003.txt"))
    assert hits(three) == before


def test_discarding_the_index_keeps_what_a_person_made(three: Library) -> None:
    before = hits(three)
    write(three.settings.keep, {"feedback.jsonl": "{}\n"})
    three.discard_index()
    assert not list(three.settings.index.glob("catalog*"))
    assert sync(three.open()).added == ("story-001.txt", "story-002.txt", "story-003.txt")
    assert (hits(three), (three.settings.keep / "feedback.jsonl").read_text()) == (before, "{}\n")


# Looking


def test_looking_reads_no_file(three: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    write(three.root, {"story-001.txt": story(9), "new.txt": story(4)})
    (three.root / "story-003.txt").unlink()
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("a file was opened"))
    monkeypatch.setattr(Path, "read_bytes", lambda *_: pytest.fail("a file was read"))
    look = three.look()
    assert (sorted(look.files), look.suspects, look.gone, look.failed, look.n_changes) == (
        ["new.txt", "story-001.txt", "story-002.txt"],
        ("new.txt", "story-001.txt"),
        ("story-003.txt",),
        (),
        3,
    )


@pytest.mark.parametrize(
    ("change", "current"),
    [
        (lambda path: None, True),
        (os.utime, True),
        (lambda path: path.write_text(story(9)), False),
        (lambda path: path.unlink(), False),
    ],
    ids=["untouched", "touched", "rewritten", "removed"],
)
def test_a_document_is_current_while_its_file_holds_its_text(
    three: Library, change: Callable[[Path], object], current: bool
) -> None:
    document = three.catalog.document_by_source("story-001.txt")
    change(three.path_of("story-001.txt"))
    assert three.is_current(document) is current


@pytest.mark.slow
def test_ten_thousand_unchanged_files_are_looked_at_in_seconds(three: Library, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"folder-{n // 100}/file-{n}.txt" for n in range(10_000)]
    state = three.catalog.file("story-001.txt")
    write(three.root, dict.fromkeys(names, "One sentence."))
    with three.catalog.change() as change:
        for name in names:
            stat = three.path_of(name).stat()
            change.put_file(name, state._replace(size=stat.st_size, mtime_ns=stat.st_mtime_ns))
    started = time.perf_counter()
    report = sync(three)
    seconds = time.perf_counter() - started
    with capsys.disabled():
        print(f"\n10,003 unchanged files looked at in {seconds:.2f} s")
    assert report == ScanReport(unchanged=10_003)
    assert seconds < 30  # 0.2 s on an idle machine


# What a person does


def test_added_files_and_folders_are_copied_and_indexed(three: Library, tmp_path: Path) -> None:
    write(tmp_path / "in", {"one.txt": story(4), "box/two.md": story(5), "box/sub/three.txt": story(6), "box/.hidden.txt": "x", "box/bad.blend": b"%"})
    report = three.add([tmp_path / "in" / "one.txt", tmp_path / "in" / "box"])
    assert report == ScanReport(
        added=("box/sub/three.txt", "box/two.md", "one.txt"),
        failed=(Failure(str(tmp_path / "in" / "box" / "bad.blend"), f"'.blend' files cannot be read; {READ}"),),
    )
    assert (three.root / "box/two.md").read_text() == (tmp_path / "in" / "box" / "two.md").read_text() == story(5)
    assert sorted(path.name for path in three.root.rglob("*") if path.is_file()) == [
        "one.txt", "story-001.txt", "story-002.txt", "story-003.txt", "three.txt", "two.md",
    ]  # fmt: skip
    three.store.close()


def test_a_sidecar_is_copied_whole_or_not_at_all(three: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in", {"new.txt": story(9), "new.txt.about.toml": 'title = "Mine"\n'})
    copy = shutil.copyfile

    def stop_half_way(path: Path, to: Path) -> None:
        copy(path, to)
        if path.suffix == ".toml":
            os.truncate(to, 5)
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", stop_half_way)
        assert len(three.add([tmp_path / "in" / "new.txt"]).failed) == 1
    assert sorted(path.name for path in three.root.iterdir()) == sorted(stories([1, 2, 3]))
    assert three.add([tmp_path / "in" / "new.txt"]).added == ("new.txt",)
    assert three.catalog.document_by_source("new.txt").title == "Mine"
    three.store.close()


def test_adding_never_overwrites_a_different_file(three: Library, tmp_path: Path) -> None:
    write(tmp_path / "in", {"story-001.txt": story(9)})
    assert three.add([tmp_path / "in" / "story-001.txt"]) == ScanReport(
        failed=(
            Failure(
                str(tmp_path / "in" / "story-001.txt"),
                "the sources folder has a different 'story-001.txt' already; rename this one, or first: assistant remove story-001.txt",
            ),
        )
    )
    assert (three.root / "story-001.txt").read_text() == story(1)


def test_adding_the_same_file_again_changes_nothing(three: Library, tmp_path: Path) -> None:
    write(tmp_path / "in", {"story-001.txt": story(1)})
    generation = three.catalog.generation
    assert three.add([tmp_path / "in" / "story-001.txt"]) == ScanReport(unchanged=1)
    assert three.add([three.root / "story-002.txt"]) == ScanReport(unchanged=1)
    assert three.catalog.generation == generation


def test_adding_what_is_not_there_is_reported(three: Library, tmp_path: Path) -> None:
    missing = tmp_path / "none.txt"
    assert three.add([missing]) == ScanReport(failed=(Failure(str(missing), "there is no such file"),))


@pytest.mark.skipif(sys.platform == "darwin", reason="no file can have such a name there")
def test_a_name_that_is_no_unicode_is_told_and_stops_no_other(three: Library, tmp_path: Path) -> None:
    """The way in of files of another system's encoding, as an unpacked archive has them."""
    write(tmp_path / "drop", {"ok.txt": "The mill of Norvia grinds."})
    (tmp_path / "drop" / os.fsdecode(b"caf\xe9.txt")).write_text("The mill of Norvia stands still.")
    (tmp_path / "drop" / os.fsdecode(b"gone\xe9.txt")).symlink_to(tmp_path / "sources" / "a.txt")
    report = three.add([tmp_path / "drop"])
    assert (report.added, report.failed) == (("drop/ok.txt",), (Failure(f"{tmp_path}/drop/caf\ufffd.txt", NOT_UNICODE),))
    assert [warning.source for warning in report.warnings] == [f"{tmp_path}/drop/gone\ufffd.txt"]


def test_adding_reports_only_on_what_was_added(three: Library, tmp_path: Path) -> None:
    write(three.root, {"bad.txt": b"\0"})
    sync(three)
    write(tmp_path / "in", {"new.txt": story(4)})
    assert three.add([tmp_path / "in" / "new.txt"]) == ScanReport(added=("new.txt",))
    three.store.close()


def test_adding_a_hidden_file_is_not_done_in_silence(three: Library, tmp_path: Path) -> None:
    write(tmp_path / "in", {".hidden.txt": story(4)})
    report = three.add([tmp_path / "in" / ".hidden.txt"])
    assert len(report.added) + len(report.failed) == 1


def test_a_removed_file_is_kept(three: Library) -> None:
    kept = three.settings.keep / "removed" / "story-002.txt"
    assert three.remove("story-002.txt") == ("story-002.txt", kept)
    assert (kept.read_text(), (three.root / "story-002.txt").exists()) == (story(2), False)
    assert sources(three) == ["story-001.txt", "story-003.txt"]
    assert sync(three) == ScanReport(unchanged=2)


def test_files_removed_under_the_same_name_are_all_kept(three: Library) -> None:
    texts = [story(2), story(8), story(9)]
    found = []
    for text in texts:
        write(three.root, {"sub/a.txt": text})
        sync(three)
        found.append(three.remove("sub/a.txt")[1])
    assert [path.read_text() for path in found] == texts
    assert {path.parent for path in found} == {three.settings.keep / "removed" / "sub"}
    assert re.fullmatch(r"a-\d{8}-\d{6}-\d{3}\.txt", found[1].name)


def test_a_source_goes_by_its_path_its_name_or_its_stem_where_only_one_has_it(three: Library) -> None:
    write(three.root, {"a/same.txt": story(4), "b/same.txt": story(5), "b/other.md": story(6)})
    sync(three)
    assert [three.resolve(name) for name in ("a/same.txt", "./a/same.txt", "other.md", "other", "story-001")] == [
        "a/same.txt", "a/same.txt", "b/other.md", "b/other.md", "story-001.txt",
    ]  # fmt: skip
    assert three.resolve(str(three.root / "b" / "same.txt")) == "b/same.txt"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("same.txt", "'same.txt' could be any of: a/same.txt, b/same.txt. Name one in full."),
        ("stroy-001.txt", "There is no source 'stroy-001.txt'. Did you mean: story-001.txt, "),
        ("zzz", "There is no source 'zzz'. See: assistant sources"),
        ("nosuch.txt", "There is no source 'nosuch.txt'. See: assistant sources"),
        ("Other.pdf", "There is no source 'Other.pdf'. Did you mean: b/another.txt?"),
        ("../outside.txt", "There is no source '../outside.txt'."),
    ],
)
def test_an_unclear_name_is_an_error_and_removes_nothing(three: Library, tmp_path: Path, name: str, message: str) -> None:
    write(three.root, {"a/same.txt": story(4), "b/same.txt": story(5), "b/another.txt": story(6)})
    write(tmp_path, {"outside.txt": "Not a source."})
    sync(three)
    with pytest.raises(SourceError) as caught:
        three.remove(name)
    assert str(caught.value).startswith(message)
    assert (tmp_path / "outside.txt").exists()
    assert three.catalog.counts()[0] == 6


def test_adding_a_folder_with_a_link_to_itself_adds_the_others(three: Library, tmp_path: Path) -> None:
    write(tmp_path / "in", {"a.txt": story(4)})
    os.symlink("loop.txt", tmp_path / "in" / "loop.txt")
    report = three.add([tmp_path / "in"])
    assert (report.added, [failure.source.endswith("loop.txt") for failure in report.failed]) == (("in/a.txt",), [True])
    three.store.close()


def test_adding_a_folder_copies_nothing_that_links_lead_to_outside_it(three: Library, tmp_path: Path) -> None:
    write(tmp_path / "outside", {"secret.txt": story(8), "about.toml": 'title = "Secret"\n', "folder/more.txt": story(9)})
    write(tmp_path / "in", {"a.txt": story(4), "sub/b.txt": story(5)})
    for link, to in (
        ("link.txt", tmp_path / "outside" / "secret.txt"), ("sub/up.txt", Path("../../outside/secret.txt")), ("folder", tmp_path / "outside" / "folder"),
        ("a.txt.about.toml", tmp_path / "outside" / "about.toml"), ("inside.txt", Path("sub/b.txt")), ("again", Path("sub")),
    ):  # fmt: skip
        os.symlink(to, tmp_path / "in" / link)
    report = three.add([tmp_path / "in"])
    out = "a link out of the folder is not followed; if it is meant, add what it names by itself"
    beside = Failure(str(tmp_path / "in" / "a.txt.about.toml"), "a link is not copied as a source's sidecar; put the file itself there")
    passed_over = {Failure(str(tmp_path / "in" / name), out) for name in ("link.txt", "sub/up.txt", "folder")}
    assert report.added == ("in/a.txt", "in/inside.txt", "in/sub/b.txt")
    assert (set(report.warnings), len(report.warnings), report.failed) == ({*passed_over, beside}, 4, ())
    assert sorted(p.relative_to(three.root).as_posix() for p in (three.root / "in").rglob("*")) == ["in/a.txt", "in/inside.txt", "in/sub", "in/sub/b.txt"]
    three.store.close()


def test_a_link_that_is_named_is_added(three: Library, tmp_path: Path) -> None:
    write(tmp_path / "outside", {"far.txt": story(8), "folder/more.txt": story(9)})
    for link, to in (("near.txt", "outside/far.txt"), ("near", "outside/folder")):
        os.symlink(tmp_path / to, tmp_path / link)
    report = three.add([tmp_path / "near.txt", tmp_path / "near"])
    assert (report.added, report.warnings, report.failed) == (("folder/more.txt", "near.txt"), (), ())
    three.store.close()
