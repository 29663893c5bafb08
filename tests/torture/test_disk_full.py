"""Adding until the disk is full, wherever that strikes: copying, the catalog, Chroma. Needs the right to mount.

`make torture` takes 24 disks of different sizes, `make test` two; DISKS sets another number for the former.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from assistant.errors import LibraryError
from assistant.library import Library
from tests.conftest import Disk
from tests.fakes import library_in, story, write
from tests.torture.consistency import check_recovers

pytestmark = pytest.mark.slow

N_DISKS = int(os.environ.get("DISKS", "24"))
SMALLEST_KB, LARGEST_KB = 300, 6_000
SAMPLE_KB = (900, 2_400, 3_567)
"""At the last one Chroma has room to begin, and does not say what it failed of."""
ROOM = "size=60m"

MESSAGES = {
    "copying": r"it cannot be copied into the sources folder: No space left on device; make room, or make the folder writable",
    "catalog": r"The index in .* cannot be written: the disk is full\. What was indexed stays; make room and run the command again\.",
    "opening": r"The index in .* cannot be opened: the disk is full\. What was indexed stays; make room and run the command again\.",
    "Chroma": r"The disk with the vector store in .* (is full|has only 0\.\d MB left)\. The documents are indexed and search is exact meanwhile; make room and run: assistant sync",
}
"""Where the disk was full, and what is said then."""


def add_until_full(library: Library, inbox: Path, chance: random.Random) -> tuple[list[str], list[Path], str]:
    """What was acknowledged, the paths of the last call, and what was said of the disk."""
    acknowledged: list[str] = []
    for n in range(1_000):
        names = {f"{n}-{i}.txt": story(100 * n + i, n_paragraphs=12) for i in range(chance.randint(1, 8))}
        write(inbox, names)
        paths = [inbox / name for name in names]
        try:
            report = library.add(paths)
        except LibraryError as exc:
            return acknowledged, paths, str(exc)
        acknowledged += report.added
        if report.failed:
            (reason,) = {failure.reason for failure in report.failed}
            assert len(report.added) + len(report.failed) == len(paths)
            return acknowledged, paths, reason
    raise AssertionError("the disk was never full")


def fill(folder: Path, disk: Disk, size_kb: int) -> str:
    """Fill one disk with sources and index, make room, and see that nothing is lost; where it was full."""
    home, chance = folder / "home", random.Random(f"disk {size_kb}")
    disk(home, f"size={size_kb}k")
    acknowledged: list[str] = []
    paths: list[Path] = []
    try:
        library = library_in(home)
        acknowledged, paths, said = add_until_full(library, folder / "inbox", chance)
        documents = {d.source: library.catalog.document(d.id).text for d in library.catalog.documents()}  # answers while it is full
        assert set(acknowledged) <= documents.keys()
        assert all(text == (folder / "inbox" / source).read_text() for source, text in documents.items())
        if chance.random() < 0.5:  # the next run is another process, or the same one
            library.catalog.close()
            library.store.close()
            library = None
    except LibraryError as exc:
        library, said = None, str(exc)
    disk(home, ROOM, again=True)
    library = library or library_in(home)
    check_recovers(library)
    assert library.add(paths).failed == ()
    check_recovers(library)
    assert {*acknowledged, *(path.name for path in paths)} <= {document.source for document in library.catalog.documents()}
    library.store.close()
    library.catalog.close()
    return next((where for where, message in MESSAGES.items() if re.fullmatch(message, said)), said)


@pytest.mark.parametrize("size_kb", SAMPLE_KB)
def test_a_disk_that_fills_up_loses_nothing(tmp_path: Path, disk: Disk, size_kb: int) -> None:
    assert fill(tmp_path, disk, size_kb) in MESSAGES


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_disks_of_many_sizes_fill_up_and_lose_nothing(tmp_path: Path, disk: Disk, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = sorted(random.Random("disks").sample(range(SMALLEST_KB, LARGEST_KB), N_DISKS))
    met: Counter[str] = Counter()
    for size_kb in sizes:
        try:
            met[fill(tmp_path / str(size_kb), disk, size_kb)] += 1
        except AssertionError as exc:
            exc.add_note(f"a disk of {size_kb} kB")
            raise
    with capsys.disabled():
        print(f"\n{N_DISKS} disks of {sizes[0]} to {sizes[-1]} kB filled up: {dict(met)}")
    assert met.keys() <= MESSAGES.keys()
