"""An application and an address -> a server that answers until it is interrupted."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import uvicorn
from starlette.types import ASGIApp

from assistant.errors import AssistantError
from assistant.interfaces.access import check_exposure

if TYPE_CHECKING:
    from assistant.assistant import Assistant

PORTS_TRIED = 21


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, *, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()


class Build(Protocol):
    """An assistant -> an application that is guarded for being served on `host`."""

    def __call__(self, assistant: Assistant, *, host: str, token: str | None, names: Sequence[str]) -> ASGIApp: ...


def serve_guarded(
    build: Build,
    assistant: Assistant,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    token: str | None = None,
    names: Sequence[str] = (),
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve what `build` makes of the assistant until interrupted; see `serve_app`.

    Raises:
        SettingsError: If `host` reaches beyond this machine and there is no `token`.
    """
    check_exposure(host, token, names)
    serve_app(lambda: build(assistant, host=host, token=token, names=names), host=host, port=port, ready=ready)


def serve_app(
    make_app: Callable[[], ASGIApp], *, host: str, port: int, ready: Callable[[str], None] | None = None
) -> None:
    """Bind first, so that a taken port is found before the slow imports of `make_app`; then serve.

    Args:
        port: The first port tried; twenty more are if it is taken.
        ready: Gets the address, `http://127.0.0.1:7860/`, once the server answers there.

    Raises:
        AssistantError: If no port is free, or `host` is no address of this machine.
    """
    listener = free_socket(host, port)
    url = f"http://{_name_in_url(host)}:{listener.getsockname()[1]}/"
    # An open page or stream holds its connection; do not wait for it when the user presses Ctrl-C.
    config = uvicorn.Config(make_app(), log_level="warning", timeout_graceful_shutdown=1)
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
