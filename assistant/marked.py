"""Marked answers -> disagreements: what a reader marks in one document against what it marks in another.

Two reports of one thing often share few words: `240 jobs are going`, `310 positions would disappear`. `disagreement` compares words, and does not
see it. Where a reader finds the answer in both, in documents that name what the question names, the two marks are compared instead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date

from assistant.disagreement import (
    MAX_SIDES,
    NEARLY_ALL,
    OF_THE_CLOCK,
    Side,
    alike_in_sort,
    differs,
    documents_agree,
    is_age,
    named_there,
    periods,
    states_wanted,
    tells_alike,
)
from assistant.features import FEATURES, HOW_OLD, WANTED_KINDS
from assistant.questions import Wants
from assistant.scoring import Scored, Scorer
from assistant.types import Span
from assistant.values import MEASURES, SECONDS, Kind, Value, names, values
from assistant.weighing import Question
from assistant.words import stem, stems

LEAST_ODDS = -3.0
"""Log odds from which a marked answer may be a side. A second report often leans on what stands around it, and is marked with less certainty."""
FIRST_ODDS = -1.0
"""The same of the first side where no one sentence is sure to answer."""
NAMED_ODDS = {Wants.PERSON: -0.5, Wants.PLACE: 1.0}
"""The same for a person or a place: most stories name several, and a place lies in another."""
NAMED_AFAR_ODDS = -0.5
"""From these log odds a passage may leave it to the rest of its document to name what the question names."""
LEAST_COVERED = 0.25
"""The share of the question that a side says, with what stands before it."""
SAME_MATTER, SAME_STORY = 0.35, 0.6
"""Cosine of two passages that may tell of one thing; the second where they name different persons or places for it."""
SAME_UNIT, SURELY_SAME_UNIT = 0.37, 0.4
"""Cosine of two words for what is counted, `households` and `homes`; the second where the reader doubts a side."""
SAME_WEEK_DAYS = 3
"""Reports so far apart mean the same day by its weekday."""
DAY_OR_TIME = re.compile(rf"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|\d{{1,2}}{OF_THE_CLOCK.pattern}\.?|\d{{1,2}}:\d\d|noon|midnight)", re.I)
AGE = re.compile(r"(?:, |\b(?:is|was|turned|turns) )(\d{1,3})(?=[,.;]|$)")
"""`Nils Ro, 63, was mayor`."""
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
    found = [side for s in read if (side := _side(question, s)) is not None]
    sides = [side for side in found if (side.scored is scored[0] if sure else _odds(side) >= FIRST_ODDS)][:1]
    for side in found:
        if 0 < len(sides) < MAX_SIDES and differs(side, sides) and _comparable(question, side, sides[0], scorer):
            sides.append(side)
    return tuple(sorted(sides, key=lambda side: -side.scored.score)) if len(sides) > 1 else ()


def _side(question: Question, scored: Scored) -> Side | None:
    """A sentence with the one value that the reader marks in it; None where it marks none, or several, or where the document may tell of something else."""
    odds, marked = scored.sentence.odds, scored.sentence.answer
    if odds is None or odds < LEAST_ODDS or marked is None or scored.features[FEATURES.index("covered_in_context")] < LEAST_COVERED:
        return None
    named = scored.features[FEATURES.index("names_covered_in_context")]
    if named < NEARLY_ALL and (odds < NAMED_AFAR_ODDS or named_there(question, scored) < NEARLY_ALL):
        return None
    start = scored.sentence.span.start
    value = _marked_value(question, scored.sentence.text, Span(marked.start - start, marked.end - start), odds)
    return Side(scored, value) if value else None


def _marked_value(question: Question, sentence: str, marked: Span, odds: float) -> Value | None:
    kinds = FIGURES if question.wants is Wants.ANYTHING else WANTED_KINDS.get(question.wants, ())
    inside = [v for v in values(sentence) if v.span.overlaps(marked) and v.kind in kinds and states_wanted(question, v)]
    if HOW_OLD.search(question.text):
        inside = [v for v in inside if is_age(sentence, v)]
    if HOW_OLD.search(question.text) and not inside:
        inside = [Value(Kind.DURATION, Span(*m.span(1)), m[1], "year", float(m[1])) for m in AGE.finditer(sentence) if Span(*m.span(1)).overlaps(marked)]
    if not inside and question.wants is Wants.DATE and len(told := list(DAY_OR_TIME.finditer(sentence))) == 1 and Span(*told[0].span()).overlaps(marked):
        inside = [Value(Kind.DATE, Span(*told[0].span()), told[0][0], told[0][0].lower(), 0.0)]  # of two hours one may be of something else
    if not inside and odds >= NAMED_ODDS.get(question.wants, math.inf):
        inside = [name for name in names(sentence) if name.span.overlaps(marked) and name.text not in question.text]
    return inside[0] if len(inside) == 1 else None


def _comparable(question: Question, a: Side, b: Side, scorer: Scorer) -> bool:
    """Whether two marked values may be of the same thing."""
    one, two = a.value, b.value
    if one.kind is not two.kind or documents_agree(a, b) or not tells_alike(a, b) or _of_another_year(question, a, b):
        return False
    if one.kind is Kind.DATE:
        alike = _precision(one) == _precision(two) and (_precision(one) != "that week" or _published_together(a, b))
    elif one.kind is Kind.NAME:
        alike = True
    else:
        low, high = sorted(_amount(value) for value in (one, two))
        alike = high <= MAX_RATIO * low and alike_in_sort(question, a, b) and _of_one_unit(question, a, b, scorer)
    if not alike:
        return False
    first, second = scorer.vectors([side.scored.sentence.hit.passage.text for side in (a, b)])  # last: a passage is slow to embed
    return float(first @ second) >= (SAME_STORY if one.kind is Kind.NAME else SAME_MATTER)


def _odds(side: Side) -> float:
    return side.scored.sentence.odds or 0.0


def _amount(value: Value) -> float:
    return abs(value.amount) * (SECONDS[value.unit] if value.kind is Kind.DURATION else 1.0)


def _precision(value: Value) -> str:
    if re.fullmatch(r"\d{4}s?", value.text):
        return "year"
    if not re.search(r"\d", value.text):
        return "that week" if DAY_OR_TIME.fullmatch(value.text) else "month"
    return "time" if DAY_OR_TIME.fullmatch(value.text) else "day"


def _published_together(a: Side, b: Side) -> bool:
    """Whether `Sunday` is the same day in both reports."""
    one, two = (side.scored.sentence.hit.document.published for side in (a, b))
    return bool(one and two) and abs((date.fromisoformat(str(one)[:10]) - date.fromisoformat(str(two)[:10])).days) <= SAME_WEEK_DAYS


def _of_one_unit(question: Question, a: Side, b: Side, scorer: Scorer) -> bool:
    """Whether two values are of one currency, measure or sort of thing counted, as far as the words after them tell."""
    one, two = a.value, b.value
    if one.kind is not Kind.COUNT:
        return one.kind is not Kind.MONEY or one.unit == two.unit
    words = [_counted(side) for side in (a, b)]
    first, second = map(stem, words)
    if not first or not second or first == second:
        return True
    if not MEASURES.isdisjoint((first, second)) or _counts_beside(question, first, b) or _counts_beside(question, second, a):
        return False
    vectors = scorer.vectors(words)
    return float(vectors[0] @ vectors[1]) >= (SAME_UNIT if min(_odds(a), _odds(b)) >= FIRST_ODDS else SURELY_SAME_UNIT)


def _counted(side: Side) -> str:
    """The word for what a count counts, peoples passed over: `firms`, of `15,000 Korean firms`."""
    after = re.match(r"(?:[ -][A-Z][\w-]*)*[ -]([a-z][a-z-]+)", side.scored.sentence.text[side.value.span.end :])
    return after[1] if after else ""


def _counts_beside(question: Question, asked: str, side: Side) -> bool:
    """Whether what the question asks for, a stem, stands in a sentence that counts something else: `4,900 cranes beside the dockers`."""
    return asked in stems(question.text) and asked in stems(side.scored.sentence.text)


def _of_another_year(question: Question, a: Side, b: Side) -> bool:
    """Whether one side tells of a year that is neither the other's, nor asked about, nor that of the other's report."""
    if a.value.kind is Kind.DATE:
        return False
    one, two = (periods(side.scored.sentence.text) for side in (a, b))
    if one and two:
        return not one & two
    told, other = (one, b) if one else (two, a)
    published = (other.scored.sentence.hit.document.published or "")[:4]
    return bool(told) and not told & periods(question.text) and bool(published) and published not in told
