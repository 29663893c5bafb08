"""An answer's citations + the hits it was drawn from -> what near-copies of the cited passages tell otherwise.

In: citations and hits. Out: sentences that are not cited and contradict one that is, as notices. It sees what the narrow rule of
`disagreement` leaves out, a denial or a name among other words, since two such texts were written from one another or from one report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from assistant.dates import day_in_words
from assistant.duplicates import overlap, shingles
from assistant.types import Citation, Document, Hit, Span
from assistant.variants import variants

VERSION_SHARE = 0.5
"""Of the shorter passage's shingles, that two passages share which may be versions of one another."""
MOST_CHARS = 160
"""Of a sentence that a notice quotes."""
MOST_NOTICES = 3


class Difference(NamedTuple):
    """A sentence that tells otherwise what another document's sentence, which is cited, tells."""

    document: Document
    span: Span

    @property
    def quote(self) -> str:
        return shortened(self.document.text[slice(*self.span)])


def differences(
    citations: Iterable[Citation], hits: Sequence[Hit], *, versions: Callable[[Hit, Hit], bool] | None = None
) -> list[Difference]:
    """What the hits tell otherwise than what is cited, in the hits' order; nothing of what is cited itself.

    Args:
        versions: Whether one hit (the second) may be a version of another that is cited; by default where they share most words.
    """
    cited = list(citations)
    found: dict[tuple[str, Span], Difference] = {}
    drawn_on = [(hit, [c for c in cited if _touches(c, hit.document, (hit.passage.start, hit.passage.end))]) for hit in hits]
    for other in hits:
        for hit, quoted in drawn_on:
            if not quoted or other.document.id == hit.document.id or not (versions or nearly_copies)(hit, other):
                continue
            pairs = variants(hit.passage.text, other.passage.text, whole=hit.document.text, other_whole=other.document.text)
            for mine, theirs in pairs:
                here = (hit.passage.start + mine.start, hit.passage.start + mine.end)
                there = Span(*(other.passage.start + offset for offset in theirs))
                told_too = any(_touches(c, other.document, there) for c in cited)
                if not told_too and any(_touches(c, hit.document, here) for c in quoted):
                    found.setdefault((other.document.id, there), Difference(other.document, there))
    return list(found.values())


def nearly_copies(hit: Hit, other: Hit) -> bool:
    """Whether two passages have so many words in common that one was written from the other, or both from one report."""
    return overlap(shingles(hit.passage.text), shingles(other.passage.text)) >= VERSION_SHARE


def notices(citations: Iterable[Citation], hits: Sequence[Hit]) -> list[str]:
    """What the reader of an answer should know of what near-copies tell otherwise."""
    told = []
    for difference in differences(citations, hits):
        day = day_in_words(difference.document.published)
        told.append(f"{difference.document.source}{f', {day},' if day else ''} says otherwise, in nearly the same words: “{difference.quote}”")
    return told[:MOST_NOTICES]


def shortened(quote: str) -> str:
    """A sentence on one line, cut at a word where it is long."""
    line = " ".join(quote.split())
    return line if len(line) <= MOST_CHARS else f"{line[:MOST_CHARS].rsplit(' ', 1)[0]} …"


def _touches(citation: Citation, document: Document, span: tuple[int, int]) -> bool:
    return citation.document_id == document.id and Span(*span).overlaps((citation.start, citation.end))
