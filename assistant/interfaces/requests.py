"""What a program asks for -> what an `Assistant` is asked, checked alike for the HTTP API and MCP.

Asking and searching run in threads. At most `AT_ONCE` do at a time, `WAITING` more wait for their turn, and the rest are told to come again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import to_thread

from assistant.errors import SourceError
from assistant.exchange import MAX_QUESTION_CHARS, checked_question
from assistant.interfaces.problems import RequestError
from assistant.types import FLAGS, Answer, Document, Event, Filters
from assistant.wire import SCHEMA, sources_to_json

if TYPE_CHECKING:
    from assistant.assistant import Assistant

AT_ONCE = 8
WAITING = 32
MAX_BODY_BYTES = 1_000_000
MAX_HISTORY = 100
"""Items of a history: questions, answers or messages."""
MAX_ANSWER_CHARS = 20_000
"""Of an earlier answer that is sent back."""
MAX_TOP_K = 100
MAX_SPAN_CHARS = 50_000
MAX_CONTEXT_CHARS = 5_000
LIST = "List what there is: GET /api/sources, or the tool list_sources."
NOT_THERE = "The index holds no document '{}'; its file may have changed since. " + LIST

STATED = ("id", "source", "title", "publisher", "author", "published", "url")
"""What is told of the document that a passage stands in."""
MARKERS = re.compile(rf"\s*(?:\[\d{{1,3}}\](?!\()|\((?:{'|'.join(FLAGS.values())})\))")
"""Citation numbers, and what is said of a statement that falls short."""

T = TypeVar("T")


class Slots:
    """Turns for asking and searching, given out in the order of arrival."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._semaphore = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._n = 0

    async def turn(self) -> AsyncIterator[None]:
        """Hold a turn, waiting for it; a dependency for FastAPI, which gives it back once the reply is sent.

        Raises:
            RequestError: If too many wait already.
        """
        if self._n >= self._most:
            raise RequestError(503, "busy", f"{self._n} questions are being answered or wait already. Ask again in a few seconds.")
        self._n += 1
        try:
            async with self._semaphore:
                yield
        finally:
            self._n -= 1

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """The same for a `with` block."""
        async for _ in self.turn():
            yield


async def in_threads(pieces: Iterator[T]) -> AsyncGenerator[T, None]:
    """`pieces`, each made in a thread; what makes them is closed with this, also in the midst."""
    try:
        while (piece := await to_thread.run_sync(lambda: next(pieces, None))) is not None:
            yield piece
    finally:
        close: Callable[[], None] | None = getattr(pieces, "close", None)
        if close is not None:
            close()


def asked(
    assistant: Assistant, question: str, history: Sequence[Any], filters: Filters, *, param: str = "question"
) -> Iterator[Event | Answer]:
    """`Assistant.stream`, with what is wrong with a question told as a problem of the request.

    Raises:
        RequestError: If the question is blank or too long.
    """
    return assistant.stream(question_of(question, param=param), history=history, filters=filters)


def question_of(text: str, *, param: str = "question") -> str:
    """`text` as it can be asked; `param` is the field it came in.

    Raises:
        RequestError: If it is blank or too long.
    """
    try:
        return checked_question(text)
    except ValueError as exc:
        raise RequestError(422, "invalid_question", str(exc), param) from exc


def messages_of(history: Sequence[Any]) -> list[dict[str, str]]:
    """A history as messages that `Assistant.ask` takes: the newest, none too long, answers without their `[1]` and flags."""
    messages = [{"role": "user", "content": item} if isinstance(item, str) else item for item in history[-MAX_HISTORY:]]
    return [
        {"role": m["role"], "content": m["content"][:MAX_QUESTION_CHARS] if m["role"] == "user" else without_markers(m["content"])}
        for m in messages
    ]


def without_markers(answer: str) -> str:
    """An answer's text as it was before its numbers and flags were put in: `It did. [1] [2] (only partly borne out)` -> `It did.`"""
    return MARKERS.sub("", answer[:MAX_ANSWER_CHARS])


def filters_of(
    assistant: Assistant,
    *,
    publishers: Sequence[str] = (),
    sources: Sequence[str] = (),
    since: str | None = None,
    until: str | None = None,
) -> Filters:
    """The filters that were asked for, sources by their full path; publishers as the folder now has them.

    Raises:
        RequestError: If a source or publisher is none of the library's, or no day lies within: an answer from nothing would mislead.
    """
    if since and until and since > until:
        raise RequestError(422, "invalid_dates", f"since {since} is after until {until}; nothing can lie between them.", "since")
    try:
        resolved = tuple(assistant.library.resolve(name) for name in sources)
    except SourceError as exc:
        raise RequestError(422, "unknown_source", _for_programs(exc), "sources") from exc
    if unknown := assistant.unknown_publisher(publishers):
        raise RequestError(422, "unknown_publisher", unknown, "publishers")
    return Filters(tuple(publishers), resolved, since, until)


def iso_day(text: str) -> str:
    """`text` if it is a day of the form YYYY-MM-DD.

    Raises:
        ValueError: If it is not.
    """
    if len(text) != 10 or date.fromisoformat(text).isoformat() != text:
        raise ValueError("not of the form YYYY-MM-DD")
    return text


def document_of(assistant: Assistant, name: str) -> Document:
    """A document by its id, its path in the sources folder or its file name, as its file now stands.

    Raises:
        RequestError: If there is none.
    """
    assistant.refresh()
    catalog = assistant.library.catalog
    document = catalog.document(name)
    if document is None:
        try:
            document = catalog.document_by_source(assistant.library.resolve(name))
        except SourceError as exc:
            raise RequestError(404, "not_found", _for_programs(exc), "document") from exc
    if document is None or not assistant.library.is_current(document):
        raise RequestError(404, "not_found", NOT_THERE.format(name), "document")
    return document


def _for_programs(exc: SourceError) -> str:
    """The message without the command that only a person at a terminal can run."""
    return str(exc).replace("See: assistant sources", LIST)


def passage_to_json(document: Document, start: int, end: int, context: int) -> dict[str, Any]:
    """A span of a document, verbatim, with up to `context` characters on either side and what is known of the document.

    Raises:
        RequestError: If the span is empty, too long or reaches beyond the text.
    """
    text = document.text
    if not 0 <= start < end:
        raise RequestError(422, "invalid_span", f"{start}-{end} is empty: start must be at least 0 and below end.", "start")
    if end > len(text):
        raise RequestError(422, "invalid_span", f"'{document.source}' has {len(text)} characters; the span ends at {end}.", "end")
    if end - start > MAX_SPAN_CHARS:
        raise RequestError(
            422, "invalid_span", f"The span has {end - start} characters; the most is {MAX_SPAN_CHARS}. Read it in parts.", "end"
        )
    stated = {name: getattr(document, name) for name in STATED}
    return {
        "schema": SCHEMA,
        "document": {**stated, "n_chars": len(text)},
        "start": start,
        "end": end,
        "line": document.line_of(start),
        "text": text[start:end],
        "before": text[max(0, start - context) : start],
        "after": text[end : end + context],
    }


def listed_to_json(assistant: Assistant, *, contains: str, offset: int, limit: int) -> dict[str, Any]:
    """How many documents there are whose source, title or publisher holds `contains`, some of them by source, and notices."""
    notices = assistant.refresh()
    wanted = contains.casefold()
    found = [
        each
        for each in assistant.documents()
        if any(wanted in (field or "").casefold() for field in (each.source, each.title, each.publisher))
    ]
    shown = found[offset : offset + limit]
    superseded = assistant.superseded()
    later = {each.source: superseded[each.source] for each in shown if each.source in superseded}
    return {**sources_to_json(shown), "superseded": later, "total": len(found), "notices": notices}
