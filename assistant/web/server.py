"""Page, assets and uploads in one FastAPI application, and the socket it is served on."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from assistant.errors import AssistantError
from assistant.web.conversations import Conversations
from assistant.web.security import guard
from assistant.web.uploads import Uploads, upload_route

if TYPE_CHECKING:
    from assistant.assistant import Assistant

ASSETS = Path(__file__).parent / "assets"
PORTS_TRIED = 21


def build_app(assistant: Assistant, *, host: str, max_upload_mb: int) -> FastAPI:
    """The page for `assistant`; see `assistant.web.build_app`."""
    # Read by Gradio when it is imported; on by default it reports to its makers.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    from assistant.web.page import Page, build_blocks

    uploads = Uploads(max_bytes=max_upload_mb * 1024 * 1024)
    conversations = Conversations(assistant.data / "keep" / "conversations")
    page = Page(assistant, conversations=conversations, uploads=uploads)

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/reader", StaticFiles(directory=ASSETS), name="reader")
    app.add_api_route("/upload", upload_route(uploads), methods=["POST"])
    font = ["system-ui", "sans-serif"]
    gr.mount_gradio_app(
        app,
        build_blocks(page),
        path="/",
        theme=gr.themes.Base(font=font, font_mono=["ui-monospace", "monospace"]),
        head='<link rel="stylesheet" href="/reader/style.css">',
        favicon_path=str(ASSETS / "favicon.png"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
    )
    guard(app, host=host)
    return app


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, *, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()


def serve(
    assistant: Assistant,
    *,
    host: str,
    port: int,
    max_upload_mb: int,
    ready: Callable[[str], None] | None,
) -> None:
    """Bind first, so that a taken port is found before the slow imports; then serve."""
    listener = free_socket(host, port)
    url = f"http://{_name_in_url(host)}:{listener.getsockname()[1]}/"
    app = build_app(assistant, host=host, max_upload_mb=max_upload_mb)
    # An open page holds a stream; do not wait for it when the user presses Ctrl-C.
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    with listener, contextlib.suppress(KeyboardInterrupt):
        _Server(config, started=lambda: ready(url) if ready else None).run(sockets=[listener])


def free_socket(host: str, port: int) -> socket.socket:
    """A listening socket on `port` or the first free one of the next twenty.

    Raises:
        AssistantError: If none is free, or `host` is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen()  # now, so that no other process takes the port meanwhile
        except OSError as exc:
            listener.close()
            if exc.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise AssistantError(f"Cannot serve on {host!r}: {exc.strerror}.") from exc
        else:
            return listener
    raise AssistantError(
        f"Ports {port} to {port + PORTS_TRIED - 1} of {host} are all taken. Name another: --port N"
    )


def _name_in_url(host: str) -> str:
    """What to type in a browser to reach `host`."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
