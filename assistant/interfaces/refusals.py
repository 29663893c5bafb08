"""Every way a request can fail -> one kind of JSON, on the wire and in the OpenAPI document."""

from __future__ import annotations

import sqlite3
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from assistant.errors import AssistantError
from assistant.interfaces.problems import CODES, Problem, error_response, problem_of
from assistant.interfaces.schemas import ErrorJson

REASONS = {
    404: "There is no such document.",
    413: "The request is too large.",
    422: "The request is not as described here.",
    503: "Too many questions are being answered, or the index cannot serve its folder.",
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
NO_SUCH_PATH = "There is nothing at '{}'. See /api/openapi.json for what there is."


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of an operation, for its part of the OpenAPI document."""
    common: dict[int | str, dict[str, Any]] = {
        400: {"model": ErrorJson, "description": "The request cannot be read, or names another host."},
        401: {"model": ErrorJson, "description": "The server has a token and the request does not carry it."},
        403: {"model": ErrorJson, "description": "The request comes from another web page."},
    }
    return {**common, **{status: {"model": ErrorJson, "description": REASONS[status]} for status in statuses}}


def add_refusals(app: FastAPI) -> None:
    """Give `app` the handlers that turn every failure into JSON."""

    def failed(request: Request, exc: Exception) -> JSONResponse:
        return error_response(problem_of(exc), request.url.path)

    def malformed(request: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, RequestValidationError)
        return error_response(_invalid(exc, request), request.url.path)

    def refused(request: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, HTTPException)
        path, code = request.url.path, CODES.get(exc.status_code, "bad_request")
        message = NO_SUCH_PATH.format(path) if exc.status_code == 404 else f"{str(exc.detail).removesuffix('.')}."
        response = error_response(Problem(exc.status_code, code, message), path)
        response.headers.update(exc.headers or {})
        return response

    for kind in (AssistantError, sqlite3.DatabaseError, Exception):
        app.add_exception_handler(kind, failed)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, refused)
    # A page mounted at the root must not answer for the API.
    for prefix in ("/api", "/v1"):
        app.add_route(prefix + "/{rest:path}", _unknown, methods=METHODS, include_in_schema=False)


def describe(app: FastAPI) -> None:
    """Put into the OpenAPI document what FastAPI cannot know: the token, and that `/v1` answers what is not as described with 400, as OpenAI
    does, never with 422.
    """
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        for path, operations in document["paths"].items():
            for operation in operations.values():
                if path.startswith("/v1/"):
                    operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{}, {"token": []}]  # asked for where the server has one
        return document

    setattr(app, "openapi", openapi)  # noqa: B010 - a method, to mypy


async def _unknown(request: Request) -> JSONResponse:
    """No such path; or there is, with another method."""
    allowed: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] == Match.PARTIAL:
            allowed |= getattr(route, "methods", None) or set()
    if allowed:
        shown = ", ".join(sorted(allowed))
        raise HTTPException(405, f"This path takes {shown}", headers={"Allow": shown})
    raise HTTPException(404)


def _invalid(exc: RequestValidationError, request: Request) -> Problem:
    """The first thing that is wrong, named by its place; the value itself is not sent back."""
    first = exc.errors()[0]
    if first["type"] == "json_invalid":
        return Problem(400, "bad_request", f"The request is not JSON: {first['ctx']['error']} (character {first['loc'][-1]}).")
    place = ".".join(str(part) for part in first["loc"][1:])
    if not place and "json" not in request.headers.get("content-type", ""):
        return Problem(422, "invalid_request", "Send a JSON object, with the header 'Content-Type: application/json'.")
    more = f" ({len(exc.errors()) - 1} more)" if len(exc.errors()) > 1 else ""
    return Problem(422, "invalid_request", f"{place or 'the request'}: {first['msg'].removeprefix('Value error, ')}.{more}", place or None)
