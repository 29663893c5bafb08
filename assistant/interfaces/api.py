"""The HTTP API: questions, searches, sources and passages as JSON, described by `/api/openapi.json`.

In: an `Assistant`. Out: a FastAPI application, to be served alone or with the page mounted on it. The caller puts `guard` around it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from fastapi import Body, Depends, FastAPI, Path, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse

from assistant import __version__
from assistant.exchange import MAX_QUESTION_CHARS
from assistant.interfaces import chat_completions
from assistant.interfaces.limits import BodyLimit
from assistant.interfaces.problems import error_json, problem_of
from assistant.interfaces.refusals import add_refusals, describe, refusals
from assistant.interfaces.requests import (
    MAX_CONTEXT_CHARS,
    MAX_TOP_K,
    Slots,
    asked,
    document_of,
    filters_of,
    in_threads,
    listed_to_json,
    messages_of,
    passage_to_json,
    question_of,
)
from assistant.interfaces.schemas import (
    AnswerJson,
    Day,
    HealthJson,
    Narrowed,
    PassageJson,
    Question,
    SearchJson,
    SourcesJson,
)
from assistant.types import Answer, Event, Filters, JudgedEvent, UnderstoodEvent
from assistant.wire import answer_to_json, event_to_json, search_to_json

if TYPE_CHECKING:
    from assistant.assistant import Assistant

log = logging.getLogger(__name__)

DESCRIPTION = """\
Answers from a folder of documents, in which every statement carries citations: spans of documents, quoted verbatim. `start` and `end` count
Unicode code points of a document's text, so that `text[start:end] == quote`. What the sources do not hold is declined, which is an answer too:
`abstained` says why. Where the server has a token, send it as `Authorization: Bearer TOKEN`.\
"""
EVENTS = """\
Server-sent events, each with JSON in its `data`:

* `statement`: `{"statement": ..., "citations": [...]}`, a checked statement and those of its citations that were not sent before
* `disagreement`, `abstain`: as in the whole answer
* `notice`: `{"message": ...}`
* `answer`: the whole answer, last
* `error`: `{"error": {"code", "message"}}`, last, in its place, where the answer broke off
"""
EVENT = {
    "type": "object", "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["statement", "disagreement", "abstain", "notice", "answer", "error"]},
        "data": {"type": "string", "description": "JSON."},
    },
}  # fmt: skip
KEEP_ALIVE = ": at work\n\n"
"""A comment, which clients pass over; a proxy sees that the connection is not dead."""
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the second for a proxy that would hold pieces back


def api_app(assistant: Assistant) -> FastAPI:
    """The API alone; `/` and whatever else the API does not know are free for a page to be mounted on."""
    app = FastAPI(
        title="Assistant with sources",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,  # its scripts come from elsewhere
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,  # what generated clients call their methods
    )
    slots = Slots()
    _add_routes(app, assistant, slots)
    chat_completions.add_routes(app, assistant, slots)
    add_refusals(app)
    describe(app)
    app.add_middleware(BodyLimit)
    return app


def _add_routes(app: FastAPI, assistant: Assistant, slots: Slots) -> None:
    async def narrowed(
        publisher: Annotated[list[str], Query(description="Only documents by this publisher; repeatable.", max_length=100)] = [],  # noqa: B006
        source: Annotated[list[str], Query(description="Only this document, by path or file name; repeatable.", max_length=100)] = [],  # noqa: B006
        since: Annotated[Day | None, Query(description="Published on this day or later.")] = None,
        until: Annotated[Day | None, Query(description="Published on this day or before.")] = None,
    ) -> Filters:
        given = Narrowed(publishers=publisher, sources=source, since=since, until=until)
        return await to_thread.run_sync(_filters, assistant, given)

    @app.post(
        "/api/ask", response_model=AnswerJson, responses=refusals(413, 422, 503), dependencies=[Depends(slots.turn)],
        summary="Answer a question from the sources, or decline",
    )  # fmt: skip
    async def ask(request: Request, asked_for: Annotated[Question, Body()]) -> JSONResponse:
        async with aclosing(await _pieces(assistant, asked_for)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Answer):
                    return JSONResponse(answer_to_json(piece))
                if await request.is_disconnected():
                    break  # nobody waits for the rest
        return JSONResponse(None, status_code=499)

    @app.post(
        "/api/ask/stream", response_class=StreamingResponse, dependencies=[Depends(slots.turn)],
        responses={200: {"description": EVENTS, "content": {"text/event-stream": {"schema": EVENT}}}, **refusals(413, 422, 503)},
        summary="Answer a question piece by piece",
    )  # fmt: skip
    async def stream(asked_for: Annotated[Question, Body()]) -> StreamingResponse:
        pieces = await _pieces(assistant, asked_for)
        first = await anext(pieces)  # what is wrong with the question is told by the status, not in the stream
        return StreamingResponse(_events(first, pieces), media_type="text/event-stream", headers=STREAM_HEADERS)

    @app.get(
        "/api/search", response_model=SearchJson, responses=refusals(422, 503), dependencies=[Depends(slots.turn)],
        summary="List the passages nearest to a query",
    )  # fmt: skip
    async def search(
        query: Annotated[str, Query(min_length=1, max_length=MAX_QUESTION_CHARS, description="A question or some words.")],
        top_k: Annotated[int, Query(ge=1, le=MAX_TOP_K, description="How many.")] = 10,
        filters: Filters = Depends(narrowed),  # no annotation: those are looked up outside this function
    ) -> JSONResponse:
        text = question_of(query)
        hits = await to_thread.run_sync(lambda: assistant.search(text, top_k=top_k, filters=filters))
        return JSONResponse(search_to_json(text, hits))

    @app.get("/api/sources", response_model=SourcesJson, responses=refusals(422, 503), summary="List the documents")
    def sources(
        contains: Annotated[str, Query(max_length=200, description="Only documents whose source, title or publisher holds this.")] = "",
        offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    ) -> JSONResponse:
        return JSONResponse(listed_to_json(assistant, contains=contains, offset=offset, limit=limit))

    @app.get(
        "/api/passages/{document:path}/{start}-{end}", response_model=PassageJson, responses=refusals(404, 422, 503),
        summary="Read a passage, verbatim, in its surroundings",
    )  # fmt: skip
    def passage(
        document: Annotated[str, Path(description="A document's id, its path in the sources folder, or its file name.")],
        start: Annotated[int, Path(ge=0, le=1_000_000_000, description="First character, in Unicode code points.")],
        end: Annotated[int, Path(ge=1, le=1_000_000_000, description="The character after the last.")],
        context: Annotated[int, Query(ge=0, le=MAX_CONTEXT_CHARS, description="Characters shown on either side.")] = 300,
    ) -> JSONResponse:
        found = document_of(assistant, document)
        return JSONResponse(passage_to_json(found, start, end, context))

    @app.get("/api/health", response_model=HealthJson, responses=refusals(503), summary="Say whether the index can be read")
    def health() -> dict[str, Any]:
        n_documents, n_passages = assistant.library.catalog.counts()
        return {"status": "ok", "version": __version__, "n_documents": n_documents, "n_passages": n_passages}


def _filters(assistant: Assistant, given: Narrowed) -> Filters:
    return filters_of(assistant, publishers=given.publishers, sources=given.sources, since=given.since, until=given.until)


async def _pieces(assistant: Assistant, asked_for: Question) -> AsyncGenerator[Event | Answer, None]:
    filters = await to_thread.run_sync(_filters, assistant, asked_for.filters)
    history = messages_of([item if isinstance(item, str) else item.model_dump() for item in asked_for.history])
    return in_threads(asked(assistant, asked_for.question, history, filters))


async def _events(first: Event | Answer, rest: AsyncGenerator[Event | Answer, None]) -> AsyncIterator[str]:
    piece = first
    try:
        while True:
            if isinstance(piece, Answer):
                yield server_sent("answer", answer_to_json(piece))
                return
            told = event_to_json(piece)
            if told:
                yield server_sent(*told)
            elif not isinstance(piece, JudgedEvent | UnderstoodEvent):
                yield KEEP_ALIVE
            piece = await anext(rest)
    except Exception as exc:  # the status is sent; the stream is the one place left to tell it
        yield server_sent("error", error_json(problem_of(exc), "/api/ask/stream"))
    finally:
        await rest.aclose()


def server_sent(event: str, data: Any) -> str:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
