"""Answers and hits -> the JSON that commands print and the page keeps: documented, versioned, stable.

In: an `Answer` or `Hit`s. Out: plain dicts; `SCHEMA` moves when a field changes its meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assistant.types import (
    Abstained,
    AbstainEvent,
    Answer,
    Citation,
    Disagreement,
    DisagreementEvent,
    Event,
    Hit,
    NoticeEvent,
    Place,
    Statement,
    StatementEvent,
)

if TYPE_CHECKING:
    from assistant.records import DocumentSummary

SCHEMA = 1


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """The object that `assistant ask --json` prints."""
    return {
        "schema": SCHEMA,
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "text": answer.text,
        "answer": answer.answer,
        "confidence": answer.confidence,
        "abstained": abstained_to_json(answer.abstained) if answer.abstained else None,
        "statements": [statement_to_json(statement) for statement in answer.statements],
        "citations": [citation_to_json(citation) for citation in answer.citations],
        "disagreements": [disagreement_to_json(disagreement) for disagreement in answer.disagreements],
        "hits": [hit_to_json(hit) for hit in answer.hits],
        "notices": list(answer.notices),
        "stale": answer.stale,
        "answerer": answer.answerer,
        "model": answer.model,
        "where": answer.where,
        "usage": asdict(answer.usage) if answer.usage else None,
        "timings_ms": {step: round(ms, 1) for step, ms in answer.timings_ms.items()},
    }


def search_to_json(query: str, hits: Sequence[Hit]) -> dict[str, Any]:
    """The object that `assistant search --json` prints."""
    return {"schema": SCHEMA, "query": query, "hits": [hit_to_json(hit) for hit in hits]}


def sources_to_json(documents: Sequence[DocumentSummary]) -> dict[str, Any]:
    """The object that `assistant sources --json` prints."""
    return {"schema": SCHEMA, "documents": [asdict(document) for document in documents]}


def event_to_json(event: Event) -> tuple[str, dict[str, Any]] | None:
    """One piece of an answer as it streams: its name, and its JSON in the words of the whole answer's; None where it holds nothing to show."""
    match event:
        case StatementEvent(statement, citations):
            new = [citation_to_json(citation) for citation in citations]
            return "statement", {"statement": statement_to_json(statement), "citations": new}
        case DisagreementEvent(disagreement):
            return "disagreement", disagreement_to_json(disagreement)
        case AbstainEvent(abstained):
            return "abstain", abstained_to_json(abstained)
        case NoticeEvent(message):
            return "notice", {"message": message}
        case _:
            return None


def abstained_to_json(abstained: Abstained) -> dict[str, Any]:
    return {"reason": abstained.reason.value, "message": abstained.message}


def statement_to_json(statement: Statement) -> dict[str, Any]:
    return {
        "text": statement.text,
        "citations": list(statement.citations),
        "support": statement.support.value,
        "reasons": list(statement.reasons),
    }


def disagreement_to_json(disagreement: Disagreement) -> dict[str, Any]:
    return {"about": disagreement.about, "values": [claim._asdict() for claim in disagreement.values]}


def citation_to_json(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "source": citation.source,
        "title": citation.title,
        "publisher": citation.publisher,
        "published": citation.published,
        "url": citation.url,
        "page": citation.page,
        "line": citation.line,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "also_in": _places(citation.also_in),
    }


def hit_to_json(hit: Hit) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "score": hit.score,
        "source": hit.document.source,
        "title": hit.document.title,
        "published": hit.document.published,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.passage.text,
        "also_in": _places(hit.also_in),
    }


def _places(places: Sequence[Place]) -> list[dict[str, Any]]:
    return [place._asdict() for place in places]
