"""What went wrong with a request -> a status, a code for programs and a sentence for people.

In: an exception, or a status and a reason. Out: `{"error": {"code", "message"}}`, and below `/v1` the same with the fields that clients
of OpenAI's API look for.
"""

from __future__ import annotations

import logging
import sqlite3
from typing import Any, NamedTuple

from starlette.responses import JSONResponse

from assistant.errors import AssistantError, DamagedError, LibraryError, SourceError

log = logging.getLogger(__name__)

RETRY_AFTER_S = 2
CODES = {
    400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    413: "too_large", 422: "invalid_request", 500: "internal", 503: "busy",
}  # fmt: skip
"""What a status is called where nothing more exact is known."""


class Problem(NamedTuple):
    """Why a request is not served; `param` is the field that is to blame, where there is one."""

    status: int
    code: str
    message: str
    param: str | None = None


class RequestError(AssistantError):
    """A request that cannot be served as it stands."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(status, code, message, param)


def problem_of(exc: Exception) -> Problem:
    """What to tell whoever sent the request; what they cannot mend is logged and told without its details."""
    match exc:
        case RequestError():
            return exc.problem
        case SourceError():
            return Problem(404, "not_found", str(exc))
        case DamagedError() | sqlite3.DatabaseError():
            log.error("The index is damaged: %s", exc)
            return Problem(500, "index_damaged", "The index is damaged. On the server, run: assistant doctor --fix")
        case LibraryError():
            return Problem(503, "index_unavailable", str(exc))
        case AssistantError():
            return Problem(500, "internal", str(exc))
        case _:
            log.error("A request failed", exc_info=exc)
            return Problem(500, "internal", "Something went wrong. The details are in the log of the assistant.")


def is_api(path: str) -> bool:
    """Whether programs, not people, ask for `path`."""
    return path.split("/", 2)[1:2] in (["api"], ["v1"], ["mcp"])


def error_json(problem: Problem, path: str) -> dict[str, Any]:
    """The body that tells a problem, in the form that clients of `path` read."""
    error: dict[str, Any] = {"code": problem.code, "message": problem.message}
    if path.startswith("/v1/"):
        error["type"] = "server_error" if problem.status >= 500 else "invalid_request_error"
        error["param"] = problem.param
    return {"error": error}


def error_response(problem: Problem, path: str) -> JSONResponse:
    """The same as a response."""
    if problem.status == 422 and path.startswith("/v1/"):
        problem = problem._replace(status=400)  # as OpenAI does
    headers = {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.code == "busy":
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return JSONResponse(error_json(problem, path), status_code=problem.status, headers=headers)
