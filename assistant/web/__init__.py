"""The chat page: an `Assistant` in, a web server on this machine out.

Gradio takes seconds to import, so nothing here touches it until the page is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.assistant import Assistant

__all__ = ["build_app", "serve"]


def build_app(
    assistant: Assistant,
    *,
    host: str = "127.0.0.1",
    max_upload_mb: int = 50,
    token: str | None = None,
    names: Sequence[str] = (),
    watch: bool = False,
    allow_private_hosts: bool = False,
) -> FastAPI:
    """The page and the HTTP API as an ASGI application, guarded for being served on `host`.

    With `watch` the index follows the folder by itself; `app.state.stop()` ends what works in the background. With
    `allow_private_hosts` pages are fetched from this machine and its network too.
    """
    from assistant.web import server

    return server.build_app(
        assistant, host=host, max_upload_mb=max_upload_mb, token=token, names=names, watch=watch, allow_private_hosts=allow_private_hosts
    )


def serve(
    assistant: Assistant,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    max_upload_mb: int = 50,
    token: str | None = None,
    names: Sequence[str] = (),
    watch: bool = True,
    allow_private_hosts: bool = False,
    ready: Callable[[str], None] | None = None,
) -> bool:
    """Serve the page until interrupted; `ready` gets its address once it answers.

    Returns:
        Whether what worked in the background has ended; a long document may still be read when it is interrupted, and no thread
        can be made to stop. Ending the process then loses nothing: what was indexed stays, the next start does the rest.

    Raises:
        AssistantError: If neither `port` nor one of the next twenty is free, or `host` reaches beyond this machine and there
            is no `token`.
    """
    from assistant.web import server

    return server.serve(
        assistant, host=host, port=port, max_upload_mb=max_upload_mb, token=token, names=names, watch=watch,
        allow_private_hosts=allow_private_hosts, ready=ready,
    )  # fmt: skip
