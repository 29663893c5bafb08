"""What keeps other web pages, and the sources themselves, from using this server.

Every response carries a content security policy under which nothing outside this server is
asked for anything. A request must name this server in `Host` (against DNS rebinding) and, if it
comes from a web page, must come from this one (`Origin`). Programs send no `Origin` and pass. Where
there is a token, a request must carry it besides.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.interfaces.access import Access, check_exposure
from assistant.interfaces.problems import CODES, Problem, error_response, is_api

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; "
    "img-src 'self' data: blob:; "
    # Gradio compiles its component templates in the browser.
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; "
    "connect-src 'self'; "
    "object-src 'none'; "
    "base-uri 'none'; "
    "form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARDS = frozenset({"", "0.0.0.0", "::"})
# Gradio's own doors that this page does not use: its upload knows no file of ours, its proxy
# fetches from elsewhere.
CLOSED = ("/gradio_api/upload", "/gradio_api/proxy", "/gradio_api/vibe", "/monitoring")


def guard(
    app: Starlette, *, host: str, token: str | None = None, names: Sequence[str] = (), with_page: bool = False
) -> None:
    """Put the headers and the checks of this module around `app`, served on `host`.

    Args:
        token: What every request must carry; see `assistant.interfaces.access`.
        names: Further names that it goes by, such as a proxy's in front of it.
        with_page: Whether browsers are shown a form to type the token in.

    Raises:
        SettingsError: If `host` reaches beyond this machine and there is no token.
    """
    check_exposure(host, token, names)
    if token is not None:
        app.add_middleware(Access, token=token, with_page=with_page)
    app.add_middleware(Guard, host=host, names=names)


class Guard:
    """ASGI middleware: refuses foreign requests and adds the headers to every response."""

    def __init__(self, app: ASGIApp, *, host: str, names: Sequence[str] = ()) -> None:
        self.app = app
        self.host = host
        self.names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        send = _with_headers(send)
        headers = Headers(scope=scope)
        refusal = refuse(headers, scope["path"], host=self.host, names=self.names)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            status, reason = refusal
            path = scope["path"]
            if is_api(path):
                await error_response(Problem(status, CODES[status], reason), path)(scope, receive, send)
            else:
                await PlainTextResponse(reason + "\n", status_code=status)(scope, receive, send)


def refuse(
    headers: Headers, path: str, *, host: str, names: frozenset[str] = frozenset()
) -> tuple[int, str] | None:
    """Status and reason to turn a request away with, or None to let it through."""
    asked = headers.get("host", "")
    if not is_trusted_host(asked, served=host) and _host_name(asked) not in names:
        return 400, "This server does not go by that name. Where it is started, add: --name NAME"
    origin = headers.get("origin")
    if origin is not None and not is_same_origin(origin, asked):
        return 403, "Requests from other web pages are refused."
    site = headers.get("sec-fetch-site")
    if site == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
        return 403, "Requests from other web pages are refused."
    # A page on another port of this machine is of the same site, and asks for scripts and images without an Origin.
    if is_api(path) and site not in (None, "none", "same-origin"):
        return 403, "Requests from other web pages are refused."
    if path.startswith(CLOSED):
        return 404, "Not found."
    return None


def is_trusted_host(header: str, *, served: str) -> bool:
    """Whether a `Host` header names this server.

    Served on all interfaces, any literal address is accepted too: rebinding needs a name.
    """
    name = _host_name(header)
    if name in LOOPBACK or (name == served.lower() and name not in WILDCARDS):
        return True
    if served not in WILDCARDS:
        return False
    machine = socket.gethostname().lower()
    return _is_address(name) or name in (machine, f"{machine}.local")


def is_same_origin(origin: str, host_header: str) -> bool:
    """Whether a web page of `origin` was served under the very name and port asked for."""
    try:
        return urlsplit(origin).netloc.lower() == host_header.lower() != ""
    except ValueError:  # e.g. "http://[x"
        return False


def _host_name(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:  # e.g. "[::1" without its bracket
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)  # the log-in form has a policy of its own
            # Gradio lets any page served from localhost read its answers; ours are private.
            for name in ("access-control-allow-origin", "access-control-allow-credentials"):
                if name in headers:
                    del headers[name]
            if "cache-control" not in headers:
                headers["Cache-Control"] = "no-cache"
        await send(message)

    return send_with_headers
