"""One writer at a time, told apart by real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant import locking
from assistant.errors import LibraryError
from assistant.locking import WriterLock
from tests.fakes import ROOT

HOLD = """
import sys, time
from pathlib import Path
from assistant.locking import WriterLock
with WriterLock(Path(sys.argv[1]), notify=print).held():
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is sent a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def lock_in(folder: Path, told: list[str] | None = None) -> WriterLock:
    return WriterLock(folder, notify=(told if told is not None else []).append)


def test_a_free_lock_is_taken_and_left_behind_without_a_note(tmp_path: Path) -> None:
    told: list[str] = []
    lock = lock_in(tmp_path / "index", told)
    for _ in range(2):
        with lock.held(timeout_s=0):
            note = json.loads((tmp_path / "index" / "lock.json").read_text())
            assert note["pid"] == os.getpid()
            assert 0 <= time.time() - note["since"] < 60
        assert not (tmp_path / "index" / "lock.json").exists()
    assert told == []


def test_the_lock_is_freed_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), lock_in(tmp_path).held():
        raise RuntimeError
    with lock_in(tmp_path).held(timeout_s=0):
        pass


def test_two_locks_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    with lock_in(tmp_path).held(), pytest.raises(LibraryError), lock_in(tmp_path).held(timeout_s=0):
        pass


@pytest.mark.parametrize("timeout_s", [0.0, 0.3])
def test_a_taken_lock_is_an_error_that_names_its_holder(tmp_path: Path, timeout_s: float) -> None:
    told: list[str] = []
    with holder(tmp_path) as process:
        started = time.monotonic()
        with pytest.raises(LibraryError) as caught, lock_in(tmp_path, told).held(timeout_s=timeout_s):
            pass
        assert timeout_s <= time.monotonic() - started < timeout_s + 10
        assert re.sub(r"\d+ s\.", "N s.", str(caught.value)) == (
            f"The index is being written: process {process.pid} (-c {tmp_path}) has held it for N s. Try again shortly."
        )
    assert told == []


def test_a_second_process_waits_and_says_for_whom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "NOTIFY_AFTER_S", 0.2)
    told: list[str] = []

    with holder(tmp_path) as process:
        pid = process.pid

        def let_go(message: str) -> None:
            told.append(message)
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()

        with WriterLock(tmp_path, notify=let_go).held():
            assert process.wait(timeout=30) == 0
    (message,) = told
    assert re.fullmatch(rf"Waiting for the index: process {pid} \(-c .*\) has held it for \d+ s\.", message)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's")
def test_the_lock_is_free_once_its_holder_was_killed(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        assert (tmp_path / "lock.json").exists()
        with lock_in(tmp_path).held(timeout_s=0):
            assert json.loads((tmp_path / "lock.json").read_text())["pid"] == os.getpid()


@pytest.mark.parametrize("note", [None, "", "{}", "[1]", '{"pid": 1, "command": "x", "since": "long ago"}'])
def test_an_unreadable_note_names_nobody(tmp_path: Path, note: str | None) -> None:
    if note is not None:
        (tmp_path / "lock.json").write_text(note)
    assert lock_in(tmp_path).holder() == "another process holds it"


def test_a_lock_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(LibraryError, match=r"^The lock .*lock cannot be taken: Is a directory\.$"), lock_in(tmp_path).held():
        pass
