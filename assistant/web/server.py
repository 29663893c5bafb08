"""Page, assets, uploads and the HTTP API in one FastAPI application."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.interfaces.access import check_exposure
from assistant.interfaces.api import api_app
from assistant.interfaces.security import guard
from assistant.interfaces.serving import free_socket, serve_app
from assistant.watching import Watcher
from assistant.web.conversations import Conversations
from assistant.web.intake import Intake
from assistant.web.uploads import Uploads, upload_route

if TYPE_CHECKING:
    from assistant.assistant import Assistant

__all__ = ["build_app", "free_socket", "serve"]

BASE = re.compile(rb"<base [^>]*>")
ASSETS = Path(__file__).parent / "assets"


def build_app(
    assistant: Assistant, *, host: str, max_upload_mb: int, token: str | None, names: Sequence[str], watch: bool, allow_private_hosts: bool
) -> FastAPI:
    """The page for `assistant`; see `assistant.web.build_app`."""
    # Read by Gradio when it is imported; on by default it reports to its makers.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    from assistant.web.page import Page, build_blocks

    uploads = Uploads(max_bytes=max_upload_mb * 1024 * 1024)
    conversations = Conversations(assistant.data / "keep" / "conversations")
    intake = Intake(assistant, uploads, allow_private_hosts=allow_private_hosts)
    watcher = Watcher(assistant, watching=watch).start()
    page = Page(assistant, conversations=conversations, intake=intake, watcher=watcher)

    app = api_app(assistant)
    app.state.intake = intake

    def stop() -> bool:
        """End what works in the background; whether it did in time."""
        ended = [each.stop() for each in (intake, watcher)]
        uploads.discard()
        return all(ended)

    app.state.stop = stop
    app.mount("/reader", StaticFiles(directory=ASSETS), name="reader")
    app.add_api_route("/upload", upload_route(uploads, came=intake.sending), methods=["POST"], include_in_schema=False)
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
    app.add_middleware(_WithoutBase)
    guard(app, host=host, token=token, names=names, with_page=True)
    return app


class _WithoutBase:
    """ASGI middleware: blanks the `<base>` of Gradio's page, which leads nowhere else and which the policy forbids."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def blanked(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": BASE.sub(lambda found: b" " * len(found[0]), message.get("body", b""))}
            await send(message)

        if scope["type"] != "http" or scope["path"] != "/":
            await self.app(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await self.app({**scope, "headers": headers}, receive, blanked)


def serve(
    assistant: Assistant,
    *,
    host: str,
    port: int,
    max_upload_mb: int,
    token: str | None,
    names: Sequence[str],
    watch: bool,
    allow_private_hosts: bool,
    ready: Callable[[str], None] | None,
) -> bool:
    """Serve the page; see `assistant.web.serve`."""
    check_exposure(host, token, names)  # before the slow imports
    apps: list[FastAPI] = []

    def make_app() -> FastAPI:
        app = build_app(
            assistant, host=host, max_upload_mb=max_upload_mb, token=token, names=names, watch=watch, allow_private_hosts=allow_private_hosts
        )
        apps.append(app)
        return apps[0]

    ended = True
    try:
        serve_app(make_app, host=host, port=port, ready=ready)
    finally:
        for app in apps:
            ended = app.state.stop()
    return ended
