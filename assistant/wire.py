"""Answers and hits -> the JSON that commands print and the page keeps: documented, versioned, stable.

In: an `Answer` or `Hit`s. Out: plain dicts; `SCHEMA` moves when a field changes its meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.types import Answer, Citation, Hit, Place, Usage

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
        "abstained": (
            {"reason": answer.abstained.reason.value, "message": answer.abstained.message}
            if answer.abstained
            else None
        ),
        "statements": [
            {"text": s.text, "citations": list(s.citations), "support": s.support.value, "reasons": list(s.reasons)}
            for s in answer.statements
        ],
        "citations": [citation_to_json(citation) for citation in answer.citations],
        "disagreements": [
            {
                "about": disagreement.about,
                "values": [{"value": c.value, "citation": c.citation} for c in disagreement.values],
            }
            for disagreement in answer.disagreements
        ],
        "hits": [hit_to_json(hit) for hit in answer.hits],
        "notices": list(answer.notices),
        "stale": answer.stale,
        "answerer": answer.answerer,
        "model": answer.model,
        "where": answer.where,
        "usage": _usage(answer.usage),
        "timings_ms": {step: round(ms, 1) for step, ms in answer.timings_ms.items()},
    }


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {"prompt_tokens": usage.prompt_tokens, "reply_tokens": usage.reply_tokens, "calls": usage.calls, "estimated": usage.estimated}


def search_to_json(query: str, hits: Sequence[Hit]) -> dict[str, Any]:
    """The object that `assistant search --json` prints."""
    return {"schema": SCHEMA, "query": query, "hits": [hit_to_json(hit) for hit in hits]}


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
