"""Who may use a server: those who know its token, where it has one.

In: `ASSISTANT_TOKEN` from the environment. Out: requests that carry it, as `Authorization: Bearer TOKEN` or in the cookie that the page's
log-in form sets; all others are turned away. The token is read from the environment alone, is never logged, and is compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import SettingsError
from assistant.interfaces.problems import Problem, error_response, is_api

TOKEN_VARIABLE = "ASSISTANT_TOKEN"
MAKE_ONE = f"""export {TOKEN_VARIABLE}=$(python3 -c "import secrets; print(secrets.token_urlsafe(32))")"""
COOKIE = "assistant_session"
LOGIN_PATH = "/login"
MAX_LOGIN_BYTES = 8_192
LOGIN_PAGE = Path(__file__).parent / "login.html"
LOGIN_HEADERS = {
    # A form that may be sent here, and nothing else. Without a referrer policy of its own, the browser would send it with
    # `Origin: null`, which is no origin of ours.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
REFUSED = Problem(
    401, "unauthorized", f"This server asks for its token. Send it as 'Authorization: Bearer TOKEN'; it is what {TOKEN_VARIABLE} was set to."
)


def token_from_environment(environ: Mapping[str, str] | None = None) -> str | None:
    """The token that requests must carry; None where none was set.

    Raises:
        SettingsError: If it holds what no header can carry.
    """
    token = (os.environ if environ is None else environ).get(TOKEN_VARIABLE, "").strip()
    if not all("!" <= character <= "~" for character in token):
        raise SettingsError(f"{TOKEN_VARIABLE} may hold only ASCII letters, digits and signs, without blanks. To make one: {MAKE_ONE}")
    return token or None


def check_exposure(host: str, token: str | None, names: Sequence[str] = ()) -> None:
    """Refuse to serve other machines without a token.

    Args:
        names: What a proxy in front is known by; it too lets others in.

    Raises:
        SettingsError: If `host` or a name reaches beyond this machine and there is no token.
    """
    reached = [name for name in (host, *names) if not is_loopback(name)]
    if token is None and reached:
        raise SettingsError(
            f"Serving on '{reached[0]}' lets other machines read your sources, so it needs a token. Set one: {MAKE_ONE} "
            "Or serve this machine only: --host 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Access:
    """ASGI middleware: lets through whoever carries the token. With a page, it shows browsers a form to type it in."""

    def __init__(self, app: ASGIApp, *, token: str, with_page: bool) -> None:
        self.app = app
        self.with_page = with_page
        self._token = token.encode("ascii")
        # Drawn from the token, so that a changed token ends every session, and read from no list that must be kept.
        self._session = hmac.new(self._token, b"assistant session", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "lifespan" or self.is_known(Headers(scope=scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif self.with_page and path == LOGIN_PATH and scope["method"] == "POST":
            await (await self._log_in(Request(scope, receive)))(scope, receive, send)
        elif self.with_page and not is_api(path) and "text/html" in Headers(scope=scope).get("accept", ""):
            await login_page()(scope, receive, send)
        else:
            await error_response(REFUSED, path)(scope, receive, send)

    def is_known(self, headers: Headers) -> bool:
        """Whether a request carries the token, or the cookie of somebody who typed it in."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token):
            return True
        session = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        return hmac.compare_digest(session.encode(), self._session.encode())

    async def _log_in(self, request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_LOGIN_BYTES:
                return login_page("That is too long for a token.")
        [given] = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[:1]
        if not hmac.compare_digest(given.strip().encode(), self._token):
            return login_page("That is not the token.")
        response = RedirectResponse("/", status_code=303, headers={"Cache-Control": "no-store"})
        response.set_cookie(COOKIE, self._session, httponly=True, samesite="lax", secure=request.url.scheme == "https")
        return response


def login_page(problem: str = "") -> HTMLResponse:
    """The form; `problem` is one of this module's own sentences."""
    page = LOGIN_PAGE.read_text("utf-8").replace("<!-- problem -->", problem)
    return HTMLResponse(page, status_code=401, headers=LOGIN_HEADERS)
