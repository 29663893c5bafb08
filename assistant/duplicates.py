"""Passages -> which say the same in the same words, in whatever document and however it was cut.

In: passages found by a search, and the catalog's word on which others share a sentence with them. Out: the passage to show in
place of each, the earliest of its copies, and where else the same words stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from assistant.marks import words
from assistant.records import PassageRow
from assistant.types import Document, Place, Span
from assistant.variants import contradict
from assistant.words import STOPWORDS

SHINGLE_WORDS = 4
NEAR_COPY = 0.8
"""Two passages that share this much of the shorter one's shingles are one piece of evidence ..."""
NEAR_LENGTH = 0.6
"""... unless the longer one says that much more besides."""
PART_OF_COPY = 0.2
"""Of a passage's shingles, that a passage of another document must hold to count among those that hold it together."""
SPREAD = 3
"""Words of one passage that stand further apart in another document than this many times its length are not taken together."""
FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


class Copy(NamedTuple):
    """Another document that holds the words of a passage: in which of its passages, and where they begin and end."""

    document: Document
    passages: tuple[PassageRow, ...]

    @property
    def place(self) -> Place:
        return Place(self.document.source, self.passages[0].start, self.passages[-1].end)


class Copies:
    """The copies of one search's passages, among the documents that may answer."""

    def __init__(
        self,
        sharing: Callable[[Sequence[PassageRow]], Mapping[PassageRow, Sequence[PassageRow]]],
        document: Callable[[str], Document],
        allowed: Set[str] | None,
    ) -> None:
        """
        Args:
            sharing: Passages of other documents that share a sentence with each given one.
            document: A document by id; raises a KeyError where it is gone.
            allowed: Ids of the documents that may answer, None for all.
        """
        self._sharing, self._document, self._allowed = sharing, document, allowed
        self._known: dict[PassageRow, Sequence[PassageRow]] = {}

    def look_up(self, passages: Sequence[PassageRow]) -> None:
        """Ask for many passages at once; it costs little more than for one."""
        self._known.update(self._sharing([passage for passage in passages if passage not in self._known]))

    def elsewhere(self, passage: PassageRow) -> list[Copy]:
        """The other documents that hold a passage, earliest first.

        Raises:
            KeyError: If the passage's own document is gone.
        """
        own = self._document(passage.document_id)
        if passage not in self._known:
            self.look_up([passage])
        by_document: dict[str, list[PassageRow]] = {}
        for other in self._known[passage]:
            if self._allowed is None or other.document_id in self._allowed:
                by_document.setdefault(other.document_id, []).append(other)
        found = [copy for rows in by_document.values() if (copy := self._copy(own, passage, rows)) is not None]
        return sorted(found, key=lambda copy: order(copy.document))

    def originals(self, passage: PassageRow) -> list[PassageRow]:
        """The passages to show in place of one: those of the earliest document that holds its words, or itself."""
        first = next(iter(self.elsewhere(passage)), None)
        if first is None or order(first.document) > order(self._document(passage.document_id)):
            return [passage]
        found = (original for part in first.passages for original in self.originals(part))
        return sorted(dict.fromkeys(found), key=lambda row: row.id)

    def _copy(self, own: Document, passage: PassageRow, rows: Sequence[PassageRow]) -> Copy | None:
        """What of another document, given its passages that share a sentence, holds `passage`; None where nothing does."""
        try:
            other = self._document(rows[0].document_id)
        except KeyError:
            return None  # dropped by another process since the search
        text = own.text[passage.start : passage.end]
        wanted = shingles(text)
        overlap = {row: len(wanted & shingles(other.text[row.start : row.end])) for row in rows}
        parts = [row for row in rows if overlap[row] >= PART_OF_COPY * len(wanted)]
        if parts and parts[-1].end - parts[0].start > SPREAD * max(len(text), parts[0].end - parts[0].start):
            parts = [max(parts, key=lambda row: (overlap[row], -row.start))]
        if not parts:
            return None
        held = other.text[parts[0].start : parts[-1].end]
        if len(wanted & shingles(held)) < NEAR_COPY * len(wanted) or differ(text, own.text, held, other.text):
            return None
        return Copy(other, tuple(parts))


def order(document: Document) -> tuple[str, str]:
    """What makes one of two copies the earlier: date, undated last, then path."""
    return document.published or "9999", document.source


@lru_cache(maxsize=2_000)
def shingles(text: str) -> frozenset[str]:
    """Runs of SHINGLE_WORDS words, the whole where there are fewer."""
    folded = words(text)
    last = max(1, len(folded) - SHINGLE_WORDS + 1)
    return frozenset(" ".join(folded[i : i + SHINGLE_WORDS]) for i in range(last))


def share_words(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether two passages, as shingles, have nearly the same words; what they say with them may differ all the same."""
    shorter, longer = sorted((len(a), len(b)))
    return shorter >= NEAR_LENGTH * longer and overlap(a, b) >= NEAR_COPY


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """The share of the shorter passage's shingles that stand in both, in [0, 1]."""
    return len(a & b) / max(1, min(len(a), len(b)))


def near_copies(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether two passages, as shingles, say the same in the same words: no word of weight stands in place of another."""
    if not share_words(a, b):
        return False
    here, there = ({word for shingle in each for word in shingle.split()} for each in (a, b))
    return not (here - there - STOPWORDS and there - here - STOPWORDS)


def differ(text: str, whole: str, other: str, other_whole: str) -> bool:
    """Whether two passages tell different things in words nearly the same: they are no copies, and both must be seen.

    Args:
        whole, other_whole: The texts of the documents they are passages of.
    """
    return figures_differ(text, whole, other, other_whole) or contradict(text, whole, other, other_whole)


def figures_differ(text: str, whole: str, other: str, other_whole: str) -> bool:
    """Whether each of two passages gives a figure that the other's document does not: last year's poll in this year's words."""
    mine, others = set(FIGURE.findall(text)), set(FIGURE.findall(other))
    return bool(
        mine - others
        and others - mine
        and (mine - others) - set(FIGURE.findall(other_whole))
        and (others - mine) - set(FIGURE.findall(whole))
    )


def overlapping(place: Place, places: Sequence[Place]) -> bool:
    """Whether a place shares characters with one of some others."""
    return any(place.source == p.source and place.start < p.end and p.start < place.end for p in places)


def span_of(passage: PassageRow) -> Span:
    return Span(passage.start, passage.end)
