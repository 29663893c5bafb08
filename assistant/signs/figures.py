"""Figures of a sentence that do not stand in the words it rests on, or stand there for something else.

In: two texts. Out: `Sign`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from assistant.alignment import Embed, Word, coverage, held, stems_of, words
from assistant.opposites import CERTAINTY
from assistant.signs.amounts import (
    CLOSE,
    Share,
    follows,
    points_only,
    same_measure,
    same_share,
    shares,
)
from assistant.signs.kinds import Sign, What
from assistant.values import MEASURES, NUMBER_WORDS, Kind, Value, amount_of, values

BINDING_MARGIN = 0.3
"""A figure belongs elsewhere when the clause of another holds this much more of the words around it."""
ROUGHLY = re.compile(r"\b(?:about|around|some|roughly|nearly|almost|approximately|close to|more than|(?<!handed )(?<!took )(?<!turned )(?<!gave )(?<!taken )over|at least|up to|under|less than|fewer than|just)\s+(?:an? )?[$€£¥₩]?$", re.I)
ROUGH = 0.06
"""How far a figure may lie off that is said to be rough."""
MORE = re.compile(r"(?<!no )\b(?:more than|over|above|at least|exceed\w*|upwards of|no (?:fewer|less) than)\b", re.I)
LESS = re.compile(r"(?<!no )\b(?:less than|fewer than|under|below|at most|up to|no more than)\b", re.I)
FROM_TO = re.compile(r"\bfrom (?:a )?([$€£]?\d[\d.,]*)[^.;]{0,30}?\bto (?:a )?([$€£]?\d[\d.,]*)", re.I)


def figures(sentence: str, there: str, embed: Embed | None) -> Iterator[Sign]:
    found = values(there)
    own_shares, their_shares, percents = shares(sentence), shares(there), [value for value in found if value.kind is Kind.PERCENT]
    for share in own_shares:
        if (their_shares or percents) and not same_share(share, their_shares, percents):
            yield Sign(What.FIGURE, f"“{sentence[slice(*share.span)].strip()}” does not stand there")
    for value in values(sentence):
        if value.kind is Kind.DATE or _no_count(value, sentence) or any(span.start <= value.span.start < span.end for _, span in own_shares):
            continue
        alike_ones = [other for other in found if _agrees(value, other, sentence, there)]
        if not alike_ones:
            if not _same_otherwise(value, sentence, found, there, their_shares):
                yield Sign(What.FIGURE, f"“{value.text}” does not stand there")
        elif _bound_elsewhere(value, alike_ones, found, sentence, there):
            yield Sign(What.FIGURE, f"“{value.text}” is said of something else there")
        elif _counts_else(value, alike_ones, sentence, there, embed):
            yield Sign(What.FIGURE, f"“{value.text}” counts something else there")
    yield from _order_of_figures(sentence, there)
    yield from _bounds(sentence, there)
    yield from _rates(sentence, there)


def _same_otherwise(value: Value, sentence: str, found: Sequence[Value], there: str, their_shares: Sequence[Share]) -> bool:
    """Whether the figure stands there as a share, in another unit, or follows from two of them."""
    if value.kind is Kind.PERCENT and any(abs(share.part - value.amount / 100) <= CLOSE for share in their_shares):
        return True
    return same_measure(value, sentence, found, there) or follows(value, sentence, found, there)


def _no_count(value: Value, sentence: str) -> bool:
    """A word for a number that only points, or belongs to a name: `the two`, `one of`, `a year`, `Six Nations`."""
    if points_only(value):
        return True
    if value.kind is not Kind.COUNT or value.text.lower() not in NUMBER_WORDS:
        return False
    if value.text.istitle() and re.match(r" [A-Z]", sentence[value.span.end :]) and value.span.start:
        return True
    before = sentence[: value.span.start].rstrip().lower()
    return value.amount <= 3 and before.endswith(("the", "both", "these", "those", "between", "other"))


def _agrees(value: Value, other: Value, sentence: str, there: str) -> bool:
    if value.kind is Kind.DATE or other.kind is Kind.DATE:
        return value.text == other.text
    kinds = {value.kind, other.kind}
    if value.kind is not other.kind and not (Kind.COUNT in kinds and _bare(value, other, sentence, there)):
        return False
    if value.kind is other.kind and value.kind in (Kind.MONEY, Kind.DURATION) and value.unit != other.unit:
        return False
    return _same_amount(value, other, sentence)


def _bare(value: Value, other: Value, sentence: str, there: str) -> bool:
    """`5` for `5 percent` in `from 5 to 3.5 percent`, or the other way round; with no unit of its own that says otherwise."""
    bare, text = (value, sentence) if value.kind is Kind.COUNT else (other, there)
    after = text[bare.span.end :].lstrip().lower()
    return after.startswith(("to ", "and ", "or ", "up to ", "down to ", "-", "–")) or not after[:1].isalpha()


def _same_amount(value: Value, other: Value, sentence: str) -> bool:
    """Equal, or rounded to the digits that the sentence gives; a figure said to be rough may lie a little off."""
    a, b = value.amount, other.amount
    if a == b:
        return True
    if a == 0 or b == 0:
        return False
    if ROUGHLY.search(sentence[: value.span.start]):
        return abs(a - b) <= ROUGH * abs(b)
    digits = re.sub(r"\D", "", value.text).strip("0")
    return len(digits) >= 2 and len(re.sub(r"\D", "", other.text).strip("0")) > len(digits) and f"{b:.{len(digits)}g}" == f"{a:.{len(digits)}g}"


def _counts_else(value: Value, agreeing: Sequence[Value], sentence: str, there: str, embed: Embed | None) -> bool:
    """Whether the sentence names a measure, or a thing counted, that the passage does not give the figure to."""
    if value.kind is not Kind.COUNT or not (counted := _counted(value, sentence)):
        return False
    stems = stems_of(there)
    if counted.stem in MEASURES:
        return counted.stem not in stems
    others = [other for one in agreeing if (other := _counted(one, there))]
    if held(counted.stem, stems) or not others or not counted.text.endswith("s"):
        return False
    return embed is None or all(_cosine(counted.text, other.text, embed) < SAME_NOUN for other in others)


def _counted(value: Value, text: str) -> Word | None:
    """The noun after a figure: the first plural of the three words that follow, else the first of them."""
    if not re.match(r"\s*-?\s*[A-Za-z]", text[value.span.end :]):
        return None
    following = list(takewhile(lambda word: word.tells and word.clause == 0 and word.text not in CERTAINTY, words(text[value.span.end :])[:3]))
    return next((word for word in following if word.text.endswith("s")), following[0] if following else None)


def _cosine(one: str, other: str, embed: Embed) -> float:
    vectors = embed([one, other])
    return float(vectors[0] @ vectors[1])


SAME_NOUN = 0.28
"""Cosine of two nouns from which they may name the same thing: `travellers` and `passengers` .7, `ships` and `troops` .3."""


def _rates(sentence: str, there: str) -> Iterator[Sign]:
    """`75 a month` against `75 a year`."""
    own, other = _rate_units(sentence), _rate_units(there)
    if own and other and not own & other:
        yield Sign(What.FIGURE, f"a figure is by the {min(other)} there")


RATE = re.compile(r"(?<!for )(?<!in )(?<!within )(?<!after )(?<!than )(?<!about )\b(?:per|a|an|each|every) (second|minute|hour|day|week|month|quarter|year)\b(?! (?:ago|earlier|later|before|after|old))|\b(annual|yearly|monthly|weekly|daily|hourly)", re.I)
ADVERBS = {"annual": "year", "yearly": "year", "monthly": "month", "weekly": "week", "daily": "day", "hourly": "hour"}


def _rate_units(text: str) -> set[str]:
    return {(m[1] or ADVERBS[m[2].lower()]).lower() for m in RATE.finditer(text)}


def _bound_elsewhere(value: Value, agreeing: Sequence[Value], found: Sequence[Value], sentence: str, there: str) -> bool:
    """Whether the words around the figure stand, in the passage, around another figure of its kind."""
    rivals = [other for other in found if other.kind is value.kind and other not in agreeing]
    if not rivals:
        return False
    own = _around(sentence, value)
    clauses = {word.clause for word in own}
    if any(other.amount == rival.amount and _clause(sentence, other) in clauses for other in values(sentence) if other != value for rival in rivals):
        return False  # both stand together here too
    best = max(coverage(own, {word.stem for word in _around(there, other)}) for other in agreeing)
    return any(coverage(own, {word.stem for word in _around(there, other)}) >= best + BINDING_MARGIN for other in rivals)


def _clause(text: str, value: Value) -> int | None:
    return next((word.clause for word in words(text) if value.span.start <= word.start < value.span.end), None)


def _around(text: str, value: Value) -> list[Word]:
    """The telling words of the value's clause."""
    found = words(text)
    clauses = {word.clause for word in found if value.span.start <= word.start < value.span.end}
    return [word for word in found if word.clause in clauses and word.tells and word.text not in NUMBER_WORDS]


def _order_of_figures(sentence: str, there: str) -> Iterator[Sign]:
    """`from 5 to 3.5` against `from 3.5 to 5`."""
    for match in FROM_TO.finditer(sentence):
        pair = tuple(_amount(text) for text in match.groups())
        others = [tuple(_amount(text) for text in m.groups()) for m in FROM_TO.finditer(there)]
        if pair not in others and pair[::-1] in others:
            yield Sign(What.OPPOSITE, f"“{match[0]}” goes the other way there")


def _amount(text: str) -> float:
    return amount_of(text.strip("$€£.,"))


def _bounds(sentence: str, there: str) -> Iterator[Sign]:
    """`more than 200` against `fewer than 200`, also said as `older than ten` and the like by `contraries`."""
    for one, other in ((MORE, LESS), (LESS, MORE)):
        if (match := one.search(sentence)) and not one.search(there) and other.search(there) and values(sentence[match.end() :])[:1]:
            yield Sign(What.OPPOSITE, f"“{match[0]}” is the other way round there")
