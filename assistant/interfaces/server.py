"""The HTTP API alone, guarded: an `Assistant` in, a server on this machine out. Gradio, which takes seconds to import, is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from assistant.interfaces.api import api_app
from assistant.interfaces.security import guard
from assistant.interfaces.serving import serve_guarded

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


def serve(assistant: Assistant, **where: Any) -> None:
    """Serve the API until interrupted; `where` as in `assistant.interfaces.serving.serve_guarded`."""
    serve_guarded(build_app, assistant, **where)
