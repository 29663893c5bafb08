"""Figures that say the same in other words: shares, other units, differences.

In: texts and values. Out: whether one text's figure follows from the other's. `one in six` is `a sixth`, `1.4 tonnes` is `1,400 kilos`,
`18 months` is `a year and a half`, and `from 5.6 to 5.4` falls `by 0.2`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from assistant.types import Span
from assistant.values import FIGURE, WORDED, Kind, Value, amount_of

NUMBER = rf"(?:{FIGURE}|{WORDED})"
PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}
FRACTION = re.compile(
    r"\b(?:(?P<n>an?|one|two|three|four|five|six|seven|eight|nine)[ -])?(?P<part>half|(?:third|quarter|fifth|sixth|seventh|eighth|ninth|tenth)s?)(?: of\b|(?=[.,;]|$))", re.I
)
IN_EACH = re.compile(rf"\b(?P<n>{NUMBER})(?: \w+)? (?:in|out of|of(?: the| every)?) (?P<of>{NUMBER})\b(?! (?:percent|per cent|million|billion))", re.I)
AND_A_HALF = re.compile(rf"\b(?P<n>an?|{NUMBER})(?: (?P<unit>\w+?)s? and a half\b| and a half (?P<after>\w+?)s?\b)", re.I)
CLOSE = 0.01
"""Two shares are one when they lie no further apart: `a fifth` and `20 percent`, `a third` and `33 percent`."""

SIZES = {
    "mass": {"gram": 1.0, "kilo": 1e3, "kilogram": 1e3, "kg": 1e3, "tonne": 1e6, "ton": 1e6},
    "length": {"millimetre": 1e-3, "centimetre": 0.01, "metre": 1.0, "meter": 1.0, "kilometre": 1e3, "kilometer": 1e3, "km": 1e3},
    "volume": {"millilitre": 1e-3, "litre": 1.0, "liter": 1.0},
    "power": {"kilowatt": 1.0, "megawatt": 1e3, "gigawatt": 1e6},
    "time": {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0, "week": 604_800.0},
    "months": {"month": 1.0, "year": 12.0, "decade": 120.0},
}
UNITS = {unit: (what, size) for what, sizes in SIZES.items() for unit, size in sizes.items()}
CHANGED_BY = re.compile(r"(?<=\w )by (?:about |around |some |nearly |almost |more than |just |only )?(?:an? )?[$€£]?$", re.I)
COMPARED = re.compile(r"\s*(?:\S+ ){0,3}(?:more|fewer|less|higher|lower|longer|shorter|earlier|later|older|younger|ahead|behind|apart|points?)\b", re.I)


class Share(NamedTuple):
    """A part of a whole, in [0, 1], and where it is said."""

    part: float
    span: Span


def shares(text: str) -> list[Share]:
    """`a third of`, `one pupil in four`, `14 of 20`; percentages are values already."""
    found = []
    for match in FRACTION.finditer(text):
        n = amount_of((match["n"] or "one").lower())
        found.append(Share(n / PARTS[match["part"].lower().rstrip("s") if match["part"].lower() != "half" else "half"], Span(*match.span())))
    for match in IN_EACH.finditer(text):
        n, of = amount_of(match["n"]), amount_of(match["of"])
        if 0 < n < of and of <= 1_000:
            found.append(Share(n / of, Span(*match.span())))
    return [share for share in found if 0 < share.part < 1]


def same_share(share: Share, there: Sequence[Share], percents: Sequence[Value]) -> bool:
    return any(abs(share.part - part) <= CLOSE for part in [*(other.part for other in there), *(value.amount / 100 for value in percents)])


def _unit(value: Value, text: str) -> tuple[str, float] | None:
    """What is measured, and the size of the unit that follows the figure."""
    found = measured(value, text)
    return (found[0], round(found[1] / value.amount, 6)) if found and value.amount else None


def measured(value: Value, text: str) -> tuple[str, float] | None:
    """What is measured, and how much in its least unit; None where no known unit follows the figure."""
    half = next((match for match in AND_A_HALF.finditer(text) if match.start() <= value.span.start < match.end()), None)
    if value.kind is Kind.DURATION:
        unit = value.unit
    elif half and half["after"]:
        unit = half["after"].lower()
    else:
        after = re.match(r"[ -]?([A-Za-z]+)", text[value.span.end :])
        unit = after[1].lower() if after and value.kind is Kind.COUNT else ""
    known = UNITS.get(unit) or UNITS.get(unit.removesuffix("s"))
    return (known[0], known[1] * (value.amount + (0.5 if half else 0.0))) if known else None


def same_measure(value: Value, text: str, others: Sequence[Value], there: str) -> bool:
    """Whether the same is said there in another unit."""
    own = measured(value, text)
    if own is None:
        return False
    return any(theirs and theirs[0] == own[0] and abs(theirs[1] - own[1]) <= 1e-6 * own[1] for other in others if (theirs := measured(other, there)))


def follows(value: Value, text: str, others: Sequence[Value], there: str) -> bool:
    """Whether it is said to be a difference, and two figures of its kind lie so far apart; `from 4.1 to 3.7 percent` gives one no unit."""
    if not (CHANGED_BY.search(text[: value.span.start]) or COMPARED.match(text[value.span.end :]) or value.text.endswith(("point", "points"))):
        return False
    alike = [other for other in others if other.kind in (value.kind, Kind.COUNT) and _one_unit(_unit(value, text), _unit(other, there))]
    scales = {1.0, *(scale for scale in (1e3, 1e6, 1e9) if value.kind is Kind.COUNT)}  # `from 5.6 to 5.4 million`: the first has no scale of its own
    gaps = (abs(_scaled(a, b, scale) - b.amount) for a, b in (*combinations(alike, 2), *((b, a) for a, b in combinations(alike, 2))) for scale in scales)
    return any(abs(gap - value.amount) <= 1e-6 * max(1.0, value.amount) for gap in gaps)


def _one_unit(own: tuple[str, float] | None, theirs: tuple[str, float] | None) -> bool:
    """Whether two measures count in the same unit; one without may count anything."""
    return own is None or theirs is None or own == theirs


def _scaled(a: Value, b: Value, scale: float) -> float:
    return a.amount * scale if a.amount < 1_000 <= b.amount else a.amount


def points_only(value: Value) -> bool:
    """`a year`, `one`: a length of time or a number that is hardly meant as a figure."""
    return value.text.lower() in ("one", "first", "zero") or (value.kind is Kind.DURATION and value.text.lower().startswith(("a ", "an ")))


ORDINALS = {word: n for n, word in enumerate(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth "
    "eighteenth nineteenth twentieth".split(), start=1)}  # fmt: skip
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
ORDINAL_DAY = re.compile(rf"\b(?:the )?(?:(?P<word>{'|'.join(ORDINALS)})|(?P<n>\d{{1,2}})(?:st|nd|rd|th)) of (?P<month>{MONTHS})\b", re.I)


def with_plain_days(text: str) -> str:
    """`the first of May` as `1 May`."""
    return ORDINAL_DAY.sub(lambda m: f"{m['n'] or ORDINALS[m['word'].lower()]} {m['month']}", text)


