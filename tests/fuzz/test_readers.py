"""What the fuzzer drives holds for whole files, and fails where a reader gives what no document may be. The fuzzer itself runs where it is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import SourceError
from assistant.loading.loaded import Loaded
from assistant.loading.metadata import Metadata
from tests.fakes import ROOT
from tests.fuzz.readers import NAMES
from tests.fuzz.targets import TARGETS, reader

SCRIPT = Path(__file__).with_name("readers.py")


@pytest.mark.parametrize("name", NAMES)
def test_whole_files_and_cut_ones_are_read(name: str) -> None:
    for seed in TARGETS[name].seeds():
        for data in (seed, seed[: len(seed) // 2], seed[len(seed) // 3 :], b""):
            TARGETS[name].check(data)


def test_each_reader_has_a_name_that_can_be_asked_for() -> None:
    assert list(TARGETS) == list(NAMES)


def refused(reason: str) -> Loaded:
    raise SourceError(reason)


BROKEN = {
    "half a character": lambda data: Loaded("a\ud800"),
    "a control character": lambda data: Loaded("a\x07"),
    "an empty title": lambda data: Loaded("a", Metadata(title=" ")),
    "a title of two lines": lambda data: Loaded("a", Metadata(title="b\nc")),
    "a date that is none": lambda data: Loaded("a", Metadata(published="2025-13-01")),
    "pages out of order": lambda data: Loaded("abc", pages=(2, 1)),
    "a page behind the end": lambda data: Loaded("abc", pages=(9,)),
    "a warning without words": lambda data: Loaded("a", warnings=("",)),
    "a reason of two lines": lambda data: refused("it is\ndamaged"),
    "a reason without end": lambda data: refused("it is damaged " * 99),
    "another error": lambda data: Loaded({}[data]),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_reader_with_a_fault_is_found_out(fault: str) -> None:
    with pytest.raises((AssertionError, UnicodeError, KeyError)):
        reader(BROKEN[fault])(b"data")


def test_what_was_found_can_be_read_again(tmp_path: Path) -> None:
    (tmp_path / "found").write_bytes(b"a,b\n1,2\n")
    done = subprocess.run([sys.executable, SCRIPT, "csv", tmp_path / "found"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"{tmp_path / 'found'} is read without a fault.\n"


@pytest.mark.torture
def test_the_fuzzer_runs() -> None:
    pytest.importorskip("atheris", reason="the fuzzer is not installed: it is the extra `fuzz`")
    done = subprocess.run([sys.executable, SCRIPT, "feed", "--seconds", "1"], cwd=ROOT, capture_output=True, text=True, timeout=200, check=True)
    assert "Done " in done.stderr
