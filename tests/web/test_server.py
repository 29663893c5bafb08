"""Where the page is served: the port, the address it tells, and what it hides."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.web.server import free_socket

SERVE = """
import pathlib, sys
from assistant.web import serve
from tests.web.conftest import make_assistant
assistant = make_assistant(pathlib.Path(sys.argv[1]))
serve(assistant, port=int(sys.argv[2]), ready=lambda url: print(url, flush=True))
"""

# A page whose assistant takes a minute over a file that is being read when the address is told.
BUSY = """
import pathlib, sys
from assistant.web import serve, server
from tests.web.conftest import make_assistant
made = []
class Intake(server.Intake):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        made.append(self)
server.Intake = Intake
assistant = make_assistant(pathlib.Path(sys.argv[1]))
assistant.pause_s = 60.0
def ready(url):
    batch, _ = made[0].plan([{"name": "a.txt", "size": 5}])
    token, path = made[0]._uploads.reserve("a.txt")
    path.write_text("words")
    made[0].received(batch, 0, token)
    print(url, flush=True)
print(serve(assistant, port=int(sys.argv[2]), ready=ready))
"""


def test_taken_port_gives_way_to_the_next() -> None:
    with free_socket("127.0.0.1", 7950) as first:
        taken = first.getsockname()[1]
        with free_socket("127.0.0.1", taken) as second:
            assert taken < second.getsockname()[1] <= taken + 20


def test_foreign_address_is_told() -> None:
    with pytest.raises(AssistantError, match=r"Cannot serve on '192\.0\.2\.1'"):
        free_socket("192.0.2.1", 7950)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as exc:
        return exc.code


def test_serve_tells_its_address_and_ends_at_an_interrupt(tmp_path: Path) -> None:
    with free_socket("127.0.0.1", 7960) as taken:
        port = taken.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(tmp_path / "site"), str(port)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:")
            assert url != f"http://127.0.0.1:{port}/"
            assert status(url) == 200
            hidden = ("gradio_api/file=/etc/passwd", "gradio_api/upload", "docs")
            assert [status(url + path) for path in hidden] == [403, 404, 404]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(15)


def test_interrupt_does_not_wait_for_what_is_being_read(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(tmp_path / "site"), "7980"],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        told, errors = process.communicate(timeout=40)
    finally:
        process.kill()
    assert time.monotonic() - started < 30  # the file takes 60 s; 2 s on an idle machine
    assert (process.returncode, told.strip(), "Traceback" in errors) == (0, "False", False)
