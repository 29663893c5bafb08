"""Page, assets, uploads and the HTTP API in one FastAPI application."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from assistant.interfaces.access import check_exposure
from assistant.interfaces.api import api_app
from assistant.interfaces.security import guard
from assistant.interfaces.serving import free_socket, serve_app
from assistant.web.conversations import Conversations
from assistant.web.uploads import Uploads, upload_route

if TYPE_CHECKING:
    from assistant.assistant import Assistant

__all__ = ["build_app", "free_socket", "serve"]

ASSETS = Path(__file__).parent / "assets"


def build_app(assistant: Assistant, *, host: str, max_upload_mb: int, token: str | None, names: Sequence[str]) -> FastAPI:
    """The page for `assistant`; see `assistant.web.build_app`."""
    # Read by Gradio when it is imported; on by default it reports to its makers.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    from assistant.web.page import Page, build_blocks

    uploads = Uploads(max_bytes=max_upload_mb * 1024 * 1024)
    conversations = Conversations(assistant.data / "keep" / "conversations")
    page = Page(assistant, conversations=conversations, uploads=uploads)

    app = api_app(assistant)
    app.mount("/reader", StaticFiles(directory=ASSETS), name="reader")
    app.add_api_route("/upload", upload_route(uploads), methods=["POST"], include_in_schema=False)
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
    guard(app, host=host, token=token, names=names, with_page=True)
    return app


def serve(
    assistant: Assistant,
    *,
    host: str,
    port: int,
    max_upload_mb: int,
    token: str | None,
    names: Sequence[str],
    ready: Callable[[str], None] | None,
) -> None:
    """Serve the page; see `assistant.web.serve`."""
    check_exposure(host, token, names)  # before the slow imports
    serve_app(
        lambda: build_app(assistant, host=host, max_upload_mb=max_upload_mb, token=token, names=names),
        host=host,
        port=port,
        ready=ready,
    )
