"""The page on a loopback port, around a fake assistant, and a browser to look at it with."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.web.intake import Intake
from tests.web.fake import FakeAssistant, document_of

HARBOUR_POST = """\
South Korea braces for tariffs

South Korea faces 25% “reciprocal” tariffs on most of its exports 🚢. Cars and steel are hit by \
separate duties. The surplus with the United States was $55.7 billion in 2024.

""" + "\n\n".join(
    f"Paragraph {n} of the article says at some length what officials in Seoul said about the "
    "talks, who attended them, and what each of the two sides hopes to take home from them."
    for n in range(1, 25)
)
NORTH_WIRE = """\
# Leaders speak

**SEOUL** — The leaders spoke by telephone for 28 minutes on Tuesday. & <so> on.
Washington puts its deficit with Seoul at $66 billion.

A last paragraph, long enough to be shown as a passage of its own when a question is declined.
"""
HOSTILE = """\
<script>window.owned = true</script>
<form action="http://127.0.0.1:9/steal"><input name="q"></form>
![](http://127.0.0.1:9/x.png) <img src="http://127.0.0.1:9/y.png" onerror="window.owned = true">
${window.owned = true} {{constructor.constructor("window.owned = true")()}} `${window.owned = 1}`
"""


def make_assistant(folder: Path) -> FakeAssistant:
    """A fake with three documents; swap the real one in here."""
    (folder / "sources").mkdir(parents=True)
    assistant = FakeAssistant(data=folder / "data", sources_dir=folder / "sources")
    assistant.hold(
        document_of(
            "harbour-post.txt",
            HARBOUR_POST,
            title="South Korea braces for tariffs",
            publisher="The Harbour Post",
            published="2025-04-09",
            url="https://example.org/korea",
        )
    )
    assistant.hold(
        document_of(
            "northwire.txt",
            NORTH_WIRE,
            title="Leaders speak",
            publisher="North Wire",
            published="2025-04-15T20:00",
        )
    )
    assistant.hold(
        document_of(
            "hostile.md",
            HOSTILE,
            title='<img src="http://127.0.0.1:9/t.png" onerror="window.owned = true">${owned = 1}',
            publisher="<b>Mallory</b>",
            url="javascript:alert(1)",
        )
    )
    return assistant


@dataclass(frozen=True, slots=True)
class Site:
    """A served page: where it is, the assistant behind it, and what takes files in for it."""

    url: str
    assistant: FakeAssistant
    intake: Intake


@pytest.fixture
def web_assistant(tmp_path: Path) -> FakeAssistant:
    return make_assistant(tmp_path)


@contextmanager
def running(assistant: FakeAssistant, *, watch: bool = False, allow_private_hosts: bool = False) -> Iterator[Site]:
    """The page around `assistant`, served from a thread."""
    import uvicorn

    from assistant.web import build_app
    from assistant.web.server import free_socket

    app = build_app(assistant, host="127.0.0.1", max_upload_mb=1, watch=watch, allow_private_hosts=allow_private_hosts)
    listener = free_socket("127.0.0.1", 7900)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}/", assistant, app.state.intake)
    server.should_exit = True
    thread.join(10)
    app.state.stop()
    listener.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for a module's tests, since Gradio takes seconds to import."""
    with running(make_assistant(tmp_path_factory.mktemp("web"))) as site:
        yield site


def chromium_path() -> str:
    """The system's Chromium; the test that needs it is skipped where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on this machine")
    return path
