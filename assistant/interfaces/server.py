"""The HTTP API alone, guarded: an `Assistant` in, a server on this machine out. Gradio, which takes seconds to import, is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fastapi import FastAPI

from assistant.interfaces.access import check_exposure
from assistant.interfaces.api import api_app
from assistant.interfaces.security import guard
from assistant.interfaces.serving import serve_app

if TYPE_CHECKING:
    from assistant.assistant import Assistant


def build_app(assistant: Assistant, *, host: str = "127.0.0.1", token: str | None = None, names: Sequence[str] = ()) -> FastAPI:
    """The API as an ASGI application, guarded for being served on `host`.

    Raises:
        SettingsError: If `host` reaches beyond this machine and there is no `token`.
    """
    app = api_app(assistant)
    guard(app, host=host, token=token, names=names)
    return app


def serve(
    assistant: Assistant,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    token: str | None = None,
    names: Sequence[str] = (),
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the API until interrupted; see `assistant.interfaces.serving.serve_app`."""
    check_exposure(host, token, names)
    serve_app(lambda: build_app(assistant, host=host, token=token, names=names), host=host, port=port, ready=ready)
