"""Spans -> citations. What does not check out is dropped, and said.

In: a document and a span of it. Out: a `Citation` whose quote is `document.text[start:end]`, to the character.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from assistant.types import Citation, Document, Hit, Place, Span


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

    def _copies(self, hit: Hit, span: Span) -> tuple[Place, ...]:
        """Where the same words stand in the hit's near-copies."""
        quote = hit.document.text[span.start : span.end]
        found = []
        for place in hit.also_in:
            other = self._document_by_source(place.source)
            start = other.text.find(quote, place.start, place.end) if other else -1
            if start >= 0:
                found.append(Place(place.source, start, start + len(quote)))
        return tuple(found)


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
