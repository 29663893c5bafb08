"""`assistant chat` as a process: what it hands to the page, and how it ends while a long document is read."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import main
from tests.fakes import ROOT, HashingEncoder, library_in, story, write

SLOW = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from assistant import assistant, cli
from tests.fakes import HashingEncoder

class Slow(HashingEncoder):
    '''Half a second a passage, in a thread that Python waits for when it ends, as the real one's are.'''
    threads = ThreadPoolExecutor(1)
    def encode(self, texts):
        list(self.threads.map(lambda text: time.sleep(0.5), texts))
        return super().encode(texts)

assistant.open_encoder = lambda *args, **options: Slow()
sys.exit(cli.main(sys.argv[1:]))
"""
SERVED_S, ENDED_S = 90.0, 10.0


@pytest.mark.parametrize("flags", [[], ["--allow-private-hosts"]])
def test_only_the_flag_lets_the_page_fetch_from_private_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str]) -> None:
    (tmp_path / "sources").mkdir()
    served: list[dict[str, Any]] = []
    monkeypatch.setattr("assistant.web.serve", lambda assistant, **options: served.append(options) or True)
    assert main(["chat", "--sources", str(tmp_path / "sources"), "--data", str(tmp_path / "data"), *flags]) == 0
    assert [options["allow_private_hosts"] for options in served] == [bool(flags)]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no interrupt can be sent to one process there")
def test_an_interrupt_does_not_wait_for_a_long_document_and_loses_nothing(tmp_path: Path) -> None:
    write(tmp_path / "sources", {"short.txt": "The tram leaves every ten minutes."})
    where = ["--sources", str(tmp_path / "sources"), "--data", str(tmp_path / "data")]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, "chat", "--port", "7960", *where],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said, deadline = b"", time.monotonic() + SERVED_S
        while b"The chat is on" not in said:
            assert select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0], said
            piece = os.read(process.stdout.fileno(), 4096)
            assert piece, said
            said += piece
        write(tmp_path / "sources", {"long.txt": story(1, n_paragraphs=64)})
        while not (tmp_path / "data" / "index" / "lock.json").exists():
            assert time.monotonic() < deadline, "it was never read"
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert process.wait(ENDED_S) == 0
        assert time.monotonic() - began < ENDED_S
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    library = library_in(tmp_path, encoder=HashingEncoder())
    assert [document.source for document in library.catalog.documents()] == ["short.txt"]
    assert library.catalog.check() == []
    assert library.sync(mirror=False).added == ("long.txt",)
