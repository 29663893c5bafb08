"""Marked answers -> disagreements: what a reader marks in one document against what it marks in another.

Two reports of one thing often share few words: `240 jobs are going`, `310 positions would disappear`. `disagreement` compares words, and does not
see it. Where a reader finds the answer in both, in documents that name what the question names, the two marks are compared instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.disagreement import (
    CHANGED_BY,
    MAX_SIDES,
    NEARLY_ALL,
    Side,
    differs,
    documents_agree,
    named_there,
    states_wanted,
    tells_alike_of_plans,
)
from assistant.features import FEATURES, WANTED_KINDS
from assistant.questions import Wants
from assistant.scoring import Scored, Scorer
from assistant.types import Span
from assistant.values import MEASURES, SECONDS, Kind, Value, names, values
from assistant.weighing import Question
from assistant.words import stem

LEAST_ODDS = -2.5
"""Log odds from which a marked answer may be a side. A second report often leans on what stands around it, and is marked with less certainty."""
SURE_ODDS = -1.0
"""The same where no one sentence is sure to answer."""
NAMED_ODDS = 1.0
"""The same for a person or a place: most stories name several."""
HALF, HALF_NAMED_ODDS = 0.5, -0.5
"""From these log odds a document may leave out half of what the question names, else next to nothing."""
LEAST_COVERED = 0.25
"""The share of the question that a side says, with what stands before it."""
SAME_STORY = 0.58
"""Cosine of two passages that name different persons or places for one thing."""
SAME_UNIT = 0.3
"""Cosine of two words for what is counted: `households` and `homes`, not `companies` and `troops`."""
MAX_RATIO = 2.5
"""Amounts further apart than this are amounts of different things."""
FIGURES = (Kind.MONEY, Kind.PERCENT)
"""What may differ where the question does not say of which kind its answer is."""


def marked_sides(question: Question, scored: Sequence[Scored], scorer: Scorer, *, sure: bool) -> tuple[Side, ...]:
    """The sides of the disagreement among what a reader marked, best first; empty where there is none.

    Args:
        scored: Sentences that were read, best first.
        sure: Whether the best of them is sure to answer; then it must be a side.
    """
    read = sorted(scored, key=lambda s: -(s.sentence.odds or 0.0))
    found = [side for s in read if (side := _side(question, s, LEAST_ODDS if sure else SURE_ODDS)) is not None]
    if not found:
        return ()
    first = next((side for side in found if side.scored is scored[0]), None) if sure else found[0]
    sides = [first] if first else []
    for side in found:
        if 0 < len(sides) < MAX_SIDES and differs(side, sides) and all(_comparable(question, side, known, scorer) for known in sides):
            sides.append(side)
    return tuple(sorted(sides, key=lambda side: -side.scored.score)) if len(sides) > 1 else ()


def _side(question: Question, scored: Scored, least: float) -> Side | None:
    """A sentence with the one value that the reader marks in it; None where it marks none, or several, or where the document may tell of something else."""
    odds, marked = scored.sentence.odds, scored.sentence.answer
    if odds is None or odds < least or marked is None or scored.features[FEATURES.index("covered_in_context")] < LEAST_COVERED:
        return None
    if named_there(scored) < (NEARLY_ALL if odds < HALF_NAMED_ODDS else HALF):
        return None
    start = scored.sentence.span.start
    value = _marked_value(question, scored.sentence.text, Span(marked.start - start, marked.end - start), odds)
    return Side(scored, value) if value else None


def _marked_value(question: Question, sentence: str, marked: Span, odds: float) -> Value | None:
    kinds = FIGURES if question.wants is Wants.ANYTHING else WANTED_KINDS.get(question.wants, ())
    inside = [v for v in values(sentence) if v.span.overlaps(marked) and v.kind in kinds and states_wanted(question, v)]
    if not inside and question.wants in (Wants.PERSON, Wants.PLACE) and odds >= NAMED_ODDS:
        inside = [name for name in names(sentence) if name.span.overlaps(marked) and name.text not in question.text]
    return inside[0] if len(inside) == 1 else None


def _comparable(question: Question, a: Side, b: Side, scorer: Scorer) -> bool:
    """Whether two marked values may be of the same thing."""
    one, two = a.value, b.value
    if one.kind is not two.kind or documents_agree(a, b) or not tells_alike_of_plans(a, b) or _of_another_year(question, a, b):
        return False
    if one.kind is Kind.NAME:
        first, second = scorer.vectors([side.scored.sentence.hit.passage.text for side in (a, b)])
        return float(first @ second) >= SAME_STORY
    if one.kind is Kind.DATE:
        return _is_a_year(one) == _is_a_year(two)
    low, high = sorted(_amount(value) for value in (one, two))
    return high <= MAX_RATIO * low and bool(_is_a_change(a)) == bool(_is_a_change(b)) and _of_one_unit(one, two, scorer)


def _amount(value: Value) -> float:
    return abs(value.amount) * (SECONDS[value.unit] if value.kind is Kind.DURATION else 1.0)


def _is_a_year(value: Value) -> bool:
    return bool(re.fullmatch(r"\d{4}s?", value.text))


def _is_a_change(side: Side) -> bool:
    """Whether a value is by how much something changed; where it is a share, most words for one say so anyhow."""
    return side.value.kind is not Kind.PERCENT and bool(CHANGED_BY.search(side.scored.sentence.text[: side.value.span.start]))


def _of_one_unit(one: Value, two: Value, scorer: Scorer) -> bool:
    """Whether two values are of one currency, measure or sort of thing counted, as far as the words after them tell."""
    if one.kind is not Kind.COUNT:
        return one.kind is not Kind.MONEY or one.unit == two.unit
    stems = stem(one.unit), stem(two.unit)
    if not all(stems) or stems[0] == stems[1]:
        return True
    if not MEASURES.isdisjoint(stems):
        return False
    first, second = scorer.vectors([one.unit, two.unit])
    return float(first @ second) >= SAME_UNIT


def _of_another_year(question: Question, a: Side, b: Side) -> bool:
    """Whether one side tells of a year that is neither the other's, nor asked about, nor that of the other's report."""
    if a.value.kind is Kind.DATE:
        return False
    one, two = (_years(side.scored.sentence.text) for side in (a, b))
    if one and two:
        return not one & two
    told, other = (one, b) if one else (two, a)
    published = (other.scored.sentence.hit.document.published or "")[:4]
    return bool(told) and not told & _years(question.text) and bool(published) and published not in told


def _years(text: str) -> set[str]:
    return set(re.findall(r"\b(?:19|20)\d\d\b", text))
