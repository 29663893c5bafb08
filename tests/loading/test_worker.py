"""The process that parsers run in: real ones, with loaders that hang, crash and eat memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import SourceError
from assistant.loading.worker import FIRST_SECONDS, PACKAGE_ROOT, Worker

ROGUE = "tests.loading.rogue"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker(memory_mb=600)
    yield made
    made.close()


def reason(worker: Worker, name: str, data: bytes = b"", *, seconds: float = 10) -> str:
    with pytest.raises(SourceError) as caught:
        worker.run(f"{ROGUE}:{name}", data, seconds=seconds)
    return str(caught.value)


def pid(worker: Worker) -> int:
    """Of the process that answers."""
    return int(worker.run(f"{ROGUE}:good", b"").metadata.title or 0)


def test_what_the_function_gives_comes_back_whole(worker: Worker) -> None:
    text = "é\u0301 漢字 \N{GRINNING FACE}\n" * 100_000
    loaded = worker.run(f"{ROGUE}:good", text.encode(), " and", " more")
    assert (loaded.text, loaded.pages, loaded.warnings) == (text + " and more", (0, 1), ("a warning",))


def test_one_process_serves_many_files(worker: Worker) -> None:
    assert {pid(worker) for _ in range(5)} == {worker.pid}
    assert worker.pid != os.getpid()


def test_a_hang_is_stopped_and_the_next_file_read(worker: Worker) -> None:
    before = pid(worker)
    started = time.monotonic()
    assert reason(worker, "hang", seconds=0.3) == "reading it took longer than 0 s and was stopped; split it, or raise max_file_seconds"
    assert time.monotonic() - started < 20
    assert pid(worker) != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_hang_in_a_process_that_must_start_first_is_stopped_as_soon() -> None:
    fresh = Worker()
    try:
        fresh.run(f"{ROGUE}:good", b"")  # the machine has read what a start needs
        fresh.close()
        began = time.monotonic()
        fresh.run(f"{ROGUE}:good", b"")
        start_s = time.monotonic() - began
        fresh.close()
        began = time.monotonic()
        assert reason(fresh, "hang", seconds=0.3).startswith("reading it took longer")
        assert time.monotonic() - began < 0.3 + FIRST_SECONDS + 3 * start_s + 15
    finally:
        fresh.close()


def test_a_large_file_is_given_more_time(worker: Worker) -> None:
    pid(worker)
    assert worker.run(f"{ROGUE}:hang_after_being_good", b"0.5".ljust(2_000_000), seconds=0.1).text == "late"


def test_memory_is_bounded_and_the_next_file_read(worker: Worker) -> None:
    before = pid(worker)
    assert reason(worker, "eat") == "reading it takes more than 0.6 GB of memory; split it"
    assert pid(worker) != before


@pytest.mark.parametrize(("name", "data"), [("crash", b""), ("leave", b"3"), ("leave", b"0")])
def test_a_process_that_ends_costs_one_file(worker: Worker, name: str, data: bytes) -> None:
    pid(worker)
    assert reason(worker, name, data) == "its parser crashed: the file is damaged, or of a kind that the parser cannot read"
    assert pid(worker) == worker.pid


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("refuse", "no, thank you"),
        ("stumble", "it is damaged and cannot be read (KeyError: 'a key\\nthat is not there')"),
        ("nest", "it is nested too deeply to be read"),
    ],
)
def test_what_a_loader_raises_is_the_files_reason(worker: Worker, name: str, expected: str) -> None:
    assert reason(worker, name) == expected
    assert pid(worker) == worker.pid


def test_what_a_parser_prints_does_not_reach_the_answer(worker: Worker) -> None:
    assert worker.run(f"{ROGUE}:chat", b"").text == "quiet"


def test_an_idle_process_ends_and_another_is_started() -> None:
    worker = Worker(idle_seconds=0.2)
    try:
        first = pid(worker)
        deadline = time.monotonic() + 10
        while worker.pid is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert worker.pid is None
        assert pid(worker) != first
    finally:
        worker.close()


def test_a_process_killed_from_outside_is_replaced(worker: Worker) -> None:
    os.kill(pid(worker), signal.SIGKILL)
    time.sleep(0.1)
    assert pid(worker) == worker.pid


def test_threads_take_turns(worker: Worker) -> None:
    found: dict[int, str] = {}

    def read(number: int) -> None:
        found[number] = worker.run(f"{ROGUE}:good", str(number).encode() * 1_000).text

    threads = [threading.Thread(target=read, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == {n: str(n) * 1_000 for n in range(8)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_gets_a_worker_of_its_own(worker: Worker) -> None:
    mine = pid(worker)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write_end, str(pid(worker)).encode())
        worker.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(read_end, 20)) != mine
    assert pid(worker) == mine


def test_nothing_in_the_working_directory_is_imported(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(1)")
    script = (
        f"import os\nfrom assistant.loading.worker import Worker\nos.chdir({str(tmp_path)!r})\n"
        "w = Worker()\nprint(w.run('tests.loading.rogue:good', b'read').text)\nw.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PACKAGE_ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "read\n"


def test_the_process_imports_no_parser_before_one_is_asked_for() -> None:
    worker = Worker()
    try:
        heavy = b"lxml trafilatura pypdfium2 docx pptx openpyxl numpy sqlite3 torch chromadb"
        assert worker.run(f"{ROGUE}:imported", heavy).text == "none"
    finally:
        worker.close()


def test_it_ends_with_the_one_who_asked() -> None:
    script = "from assistant.loading.worker import shared_worker\nprint(shared_worker().run('tests.loading.rogue:good', b'').metadata.title)\n"
    done = subprocess.run([sys.executable, "-c", script], cwd=PACKAGE_ROOT, capture_output=True, text=True, timeout=60, check=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
