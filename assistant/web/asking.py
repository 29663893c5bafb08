"""One question from the page: checked, answered piece by piece, kept.

Yields the exchange as it grows; what has been shown is kept even when the reader stops the
answer or leaves while it streams.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.dates import range_in_words
from assistant.errors import AssistantError
from assistant.exchange import MAX_QUESTION_CHARS, extended
from assistant.types import (
    Answer,
    Event,
    Filters,
    WritingEvent,
)
from assistant.web.conversations import Conversations, Exchange

if TYPE_CHECKING:
    from assistant.assistant import Assistant

log = logging.getLogger(__name__)
BROKEN_OFF = "Stopped before the answer was whole."
UNEXPECTED = "Something went wrong while answering. The details are in the log of the assistant."


@dataclass(frozen=True, slots=True)
class Request:
    """A question as the page sends it."""

    conversation: str
    question: str
    filters: Filters


def answer_stream(
    request: Request,
    *,
    assistant: Assistant,
    conversations: Conversations,
    stopped: threading.Event,
) -> Iterator[Exchange]:
    """The exchange as it grows, at first without an answer; the last one is kept as it stands."""
    titles = {each.source: each.title for each in assistant.documents() if each.title} if request.filters.sources else {}
    scope = filters_in_words(request.filters, titles)
    exchange = Exchange(request.question, scope=scope or None, narrowed=narrowed_to(request.filters) or None)
    yield exchange
    pieces: Iterator[Event | Answer] | None = None
    try:
        history = conversations.history(request.conversation)
        answer = Answer(request.question, request.question)
        pieces = assistant.stream(request.question, history=history, filters=request.filters)
        for piece in pieces:
            if not isinstance(piece, WritingEvent):
                answer = piece if isinstance(piece, Answer) else extended(answer, piece)
                exchange = replace(exchange, answer=answer)
            if isinstance(piece, Answer):
                break
            if stopped.is_set():
                exchange = _broken_off(exchange)
                break
            if isinstance(piece, WritingEvent):
                if exchange.writing:
                    continue  # nothing to show that is not shown already
                exchange = replace(exchange, writing=True)
            yield exchange
    except GeneratorExit:  # the reader left
        conversations.append(request.conversation, _broken_off(exchange))
        raise
    except AssistantError as exc:
        exchange = replace(exchange, error=str(exc))
    except Exception:
        log.exception("Answering %r failed", request.question)
        exchange = replace(exchange, error=UNEXPECTED)
    finally:
        if pieces is not None:
            pieces.close()  # type: ignore[attr-defined]  # a stopped answer leaves the model's server at once
    conversations.append(request.conversation, exchange)
    yield exchange


def problem_with(question: str) -> str | None:
    """Why a question is not sent, or None."""
    if not question.strip():
        return "Type a question first."
    if len(question) > MAX_QUESTION_CHARS:
        return (
            f"Questions may have {MAX_QUESTION_CHARS:,} characters; this one has {len(question):,}. "
            "Shorten it and send again."
        )
    return None


def filters_in_words(filters: Filters, titles: Mapping[str, str] = {}) -> str:
    """The filters as a short line, `Only from CNN, brief.txt; 1 to 9 April 2025`; sources by their `titles` where they have one."""
    names = [*filters.publishers, *(titles.get(each, each) for each in filters.sources)]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    dates = range_in_words(filters.since, filters.until)
    if dates and not (filters.since and filters.until):
        dates = f"{'from' if filters.since else 'until'} {dates}"
    return "; ".join(part for part in (f"Only from {shown}" if names else "", dates) if part)


def narrowed_to(filters: Filters) -> str:
    """What the filters leave, to say that the answer is not in it: `the source you ticked`; empty where they leave all."""
    n_sources, n_publishers, dated = len(filters.sources), len(filters.publishers), bool(filters.since or filters.until)
    if (n_sources > 0) + (n_publishers > 0) + dated > 1:
        return "what you narrowed the sources to"
    if n_sources:
        return "the source you ticked" if n_sources == 1 else f"the {n_sources} sources you ticked"
    if n_publishers:
        return "the publisher you ticked" if n_publishers == 1 else f"the {n_publishers} publishers you ticked"
    return "sources of these dates" if dated else ""


def _broken_off(exchange: Exchange) -> Exchange:
    answer = exchange.answer
    if answer is None:
        return replace(exchange, error=BROKEN_OFF)
    return replace(exchange, answer=replace(answer, notices=(*answer.notices, BROKEN_OFF)))
