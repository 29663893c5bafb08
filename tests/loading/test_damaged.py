"""Damaged and hostile files of every format: no crash, no hang, memory bounded, and the good file beside them is indexed.

`make torture` runs some thousands, `make test` a sample of the same; each file follows from its number alone.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from assistant.errors import SourceError
from assistant.library import Library
from assistant.loading import LOADERS, load
from assistant.loading.worker import FIRST_SECONDS, START_SECONDS, shared_worker
from tests.fakes import library_in, write
from tests.loading.bombs import BOMBS
from tests.loading.makers import MAKERS, SENTENCES, pdf, scanned_pdf, zipped

N_SAMPLE = int(os.environ.get("DAMAGED_SAMPLE", "120"))
N_TORTURE = int(os.environ.get("DAMAGED_FILES", "2400"))
SECONDS = 10.0
LONGEST = SECONDS + FIRST_SECONDS + START_SECONDS
"""A file that hangs, and is the first of a process that starts slowly."""
BOMB_SECONDS = 1.0
"""Less than a user's ten: what is stopped after one is stopped after ten."""
GOOD = {"good.txt": SENTENCES[0], "sub/good.pdf": pdf((SENTENCES[1],))}


@lru_cache
def made() -> dict[str, bytes]:
    """One whole file of each format, and some that bring other parts of the parsers to work."""
    return {suffix: maker() for suffix, maker in MAKERS.items()} | {".scan.pdf": scanned_pdf(1), ".two.pdf": pdf(SENTENCES * 4, head="Head", columns=2)}


def flip(data: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 4, 40))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def truncate(data: bytearray, chance: random.Random) -> bytes:
    return bytes(data[: chance.randrange(len(data))])


def behead(data: bytearray, chance: random.Random) -> bytes:
    return bytes(data[chance.randrange(len(data)) :])


def hollow(data: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return bytes(data[:start] + b"\0" * min(len(data) - start, chance.choice((8, 512, 4096))) + data[start + 512 :])


def repeat(data: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.randrange(1, 400))
    return bytes(data[:start] + data[start:end] * chance.choice((2, 50, 2000)) + data[end:])


def insert(data: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    noise = chance.choice((chance.randbytes(64), b"<" * 200, b"&#0;&#x110000;", b"\xff\xfe", b"{" * 500, b"((((", b"9" * 300, b"\n" * 200))
    return bytes(data[:start] + noise + data[start:])


DAMAGES: tuple[Callable[[bytearray, random.Random], bytes], ...] = (flip, flip, truncate, behead, hollow, repeat, insert)


def damaged(number: int) -> tuple[str, bytes]:
    """The name and content of a damaged file."""
    chance = random.Random(f"damaged {number}")
    kind = chance.choice(sorted(made()))
    data = made()[kind]
    for _ in range(chance.choice((1, 1, 2))):
        data = chance.choice(DAMAGES)(bytearray(data), chance) if data else data
    suffix = kind[kind.rindex(".") :]
    if chance.random() < 0.15:
        suffix = chance.choice(sorted(LOADERS))
    return f"{number:05}{suffix}", data


def check_whole(library: Library, n_damaged: int) -> None:
    """Every file is either indexed or told of, and the good ones are indexed."""
    documents = {document.source for document in library.catalog.documents()}
    failed = {failure.source for failure in library.look().failed}
    assert documents | failed == set(library.look().files)
    assert len(documents | failed) == n_damaged + len(GOOD)
    assert set(GOOD) <= documents
    assert library.catalog.check() == []


def run(folder: Path, numbers: range) -> tuple[dict[str, str], float]:
    """Index damaged files beside good ones, none of which holds up the next; why those failed that did, and the longest that one took."""
    files = dict(map(damaged, numbers))
    took: dict[str, float] = {}
    reasons: list[str] = []
    write(folder, files)
    for name in files:
        started = time.monotonic()
        try:
            load(folder / name, name, seconds=SECONDS)
        except SourceError as exc:
            reasons.append(str(exc))
        took[name] = time.monotonic() - started
    assert {name: seconds for name, seconds in took.items() if seconds > LONGEST} == {}
    assert [reason for reason in reasons if "\n" in reason or len(reason) > 400] == []
    library = library_in(folder / "library", {**files, **GOOD})
    report = library.sync(mirror=False)
    check_whole(library, len(files))
    return {failure.source: failure.reason for failure in report.failed}, max(took.values())


def test_damaged_files_hold_up_nothing(tmp_path: Path) -> None:
    failed, _ = run(tmp_path, range(N_SAMPLE))
    assert len(failed) < N_SAMPLE  # some are damaged where it does not matter: the sample is no mere noise


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_thousands_of_damaged_files_hold_up_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    n_failed, longest, started = 0, 0.0, time.monotonic()
    for start in range(0, N_TORTURE, 200):
        failed, seconds = run(tmp_path / str(start), range(start, min(start + 200, N_TORTURE)))
        n_failed, longest = n_failed + len(failed), max(longest, seconds)
    with capsys.disabled():
        print(
            f"\n{N_TORTURE} damaged files, each read twice: {N_TORTURE - n_failed} indexed, {n_failed} told of, the longest took "
            f"{longest:.1f} s; {time.monotonic() - started:.0f} s"
        )


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_stopped_and_the_next_file_read(tmp_path: Path, name: str) -> None:
    data = BOMBS[name]()
    write(tmp_path, {name: data, "good.pdf": GOOD["sub/good.pdf"]})
    load(tmp_path / "good.pdf", "good.pdf")  # a process that has started is what is timed
    started = time.monotonic()
    try:
        told = load(tmp_path / name, name, seconds=BOMB_SECONDS).text
    except SourceError as exc:
        told = str(exc)
    assert [word for word in ("hahaha", "root:", "/etc") if word in told] == []
    assert time.monotonic() - started < BOMB_SECONDS + len(data) / 1e6 + 15
    assert load(tmp_path / "good.pdf", "good.pdf").text == SENTENCES[1] + "\n"


def test_archives_within_an_archive_and_names_that_lead_out_are_refused(tmp_path: Path) -> None:
    members = {"../out.txt": SENTENCES[0], "/abs.txt": SENTENCES[0], "in.zip": zipped({"a.txt": "a"}), "fine.txt": SENTENCES[2]}
    write(tmp_path, {"box.zip": zipped(members)})
    library = library_in(tmp_path, {"good.txt": SENTENCES[1]})
    report = library.add([tmp_path / "box.zip"])
    library.store.close()
    assert report.added == ("box/fine.txt",)
    assert {Path(failure.source).name: failure.reason for failure in report.failed} == {
        "out.txt": "its name leads out of the archive",
        "abs.txt": "its name leads out of the archive",
        "in.zip": "an archive in an archive is not opened; unpack it and add it by itself",
    }
    assert not (tmp_path / "out.txt").exists()


def test_the_worker_outlives_them_all() -> None:
    assert shared_worker().run("tests.loading.rogue:good", b"still here").text == "still here"
