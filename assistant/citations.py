"""Spans -> citations. What does not check out is dropped, and said.

In: a document and a span of it. Out: a `Citation` whose quote is `document.text[start:end]`, to the character.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from assistant.marks import AFTER_CHARS, BEFORE_CHARS
from assistant.types import (
    Citation,
    DisagreementEvent,
    Document,
    Event,
    Hit,
    Place,
    Span,
    StatementEvent,
)


class Citations:
    """The citations of one answer: numbered from 1 in order of first use; one span has one number."""

    def __init__(self, document_by_source: Callable[[str], Document | None]) -> None:
        self._document_by_source = document_by_source
        self._by_span: dict[tuple[str, Span], Citation] = {}

    def cite(self, hit: Hit, span: Span) -> tuple[Citation, bool]:
        """The citation for a span of a hit's document, and whether it is new.

        Raises:
            ValueError: If the span does not lie within the document or quotes nothing.
        """
        key = (hit.document.id, span)
        if key in self._by_span:
            return self._by_span[key], False
        citation = make_citation(len(self._by_span) + 1, hit.document, span, self._copies(hit, span))
        self._by_span[key] = citation
        return citation, True

    def take(self, citation: Citation) -> tuple[Citation, bool]:
        """A citation that was made and numbered elsewhere, with the number it has here, and whether it is new."""
        key = (citation.document_id, Span(citation.start, citation.end))
        if key in self._by_span:
            return self._by_span[key], False
        self._by_span[key] = replace(citation, number=len(self._by_span) + 1)
        return self._by_span[key], True

    def _copies(self, hit: Hit, span: Span) -> tuple[Place, ...]:
        """Where the same words stand in the hit's near-copies, or where they reach beyond their passage."""
        quote = hit.document.text[span.start : span.end]
        found = []
        for place in hit.also_in:
            other = self._document_by_source(place.source)
            if not other:
                continue
            start = other.text.find(quote, place.start, place.end)
            if start < 0 and not Span(hit.passage.start, hit.passage.end).holds(span):
                start = other.text.find(quote, max(0, place.start - BEFORE_CHARS), place.end + AFTER_CHARS)
            if start >= 0:
                found.append(Place(place.source, start, start + len(quote)))
        return tuple(found)


def renumbered(events: Iterable[Event], citations: Citations) -> Iterator[Event]:
    """An answer as part of a longer one: its citations numbered on from those that `citations` holds."""
    known: dict[int, int] = {}
    for event in events:
        if isinstance(event, StatementEvent):
            taken = [(citation.number, *citations.take(citation)) for citation in event.citations]
            known |= {number: made.number for number, made, _ in taken}
            statement = replace(event.statement, citations=tuple(known[number] for number in event.statement.citations))
            yield StatementEvent(statement, tuple(made for _, made, fresh in taken if fresh))
        elif isinstance(event, DisagreementEvent):
            differ = event.disagreement
            yield DisagreementEvent(replace(differ, values=tuple(claim._replace(citation=known[claim.citation]) for claim in differ.values)))
        else:
            yield event


def make_citation(number: int, document: Document, span: Span, also_in: Iterable[Place] = ()) -> Citation:
    """Quote `span` of `document`.

    Raises:
        ValueError: If the span does not lie within the text or holds nothing but blanks.
    """
    start, end = span
    if not 0 <= start < end <= len(document.text) or not document.text[start:end].strip():
        raise ValueError(f"[{start}:{end}] quotes nothing of {document.source}, which has {len(document.text)} characters")
    return Citation(
        number=number,
        document_id=document.id,
        source=document.source,
        start=start,
        end=end,
        quote=document.text[start:end],
        line=document.line_of(start),
        title=document.title,
        publisher=document.publisher,
        published=document.published,
        url=document.url,
        page=document.page_of(start),
        also_in=tuple(also_in),
    )


def is_verbatim(citation: Citation, document: Document | None) -> bool:
    """Whether the quote still stands where the citation says."""
    return (
        document is not None
        and document.id == citation.document_id
        and document.text[citation.start : citation.end] == citation.quote
    )
