"""How large a request may be: more is refused before it is read, or while it comes in."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.interfaces.problems import Problem, error_response, is_api
from assistant.interfaces.requests import MAX_BODY_BYTES

TOO_LARGE = Problem(413, "too_large", f"The request is larger than {MAX_BODY_BYTES:,} bytes. Send less of the history.")


class BodyLimit:
    """ASGI middleware over what programs ask for; the page's own uploads have another limit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_api(scope["path"]):
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > MAX_BODY_BYTES:
            await error_response(TOO_LARGE, scope["path"])(scope, receive, send)
            return
        n_bytes = 0

        async def counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > MAX_BODY_BYTES:
                raise HTTPException(TOO_LARGE.status, TOO_LARGE.message)  # the one kind that FastAPI lets through
            return message

        await self.app(scope, counted, send)
