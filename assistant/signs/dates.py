"""Dates of a sentence that do not stand in the words it rests on and do not follow from when the document appeared.

In: two texts, what stands nearby, the document's date. Out: `Sign`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from assistant.signs.amounts import with_plain_days
from assistant.signs.kinds import Sign, What
from assistant.values import Kind, date_parts, values

RELATIVE_DAY = re.compile(r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|today|tomorrow|(?:last|this|next) (?:week|month|year|night)|(?:week|month|year)s? (?:ago|earlier))\b", re.I)


def dates(sentence: str, there: str, nearby: str, published: str | None) -> Iterator[Sign]:
    sentence, there = with_plain_days(sentence), with_plain_days(there)
    found = [value for value in values(there) if value.kind is Kind.DATE]
    for value in values(sentence):
        if value.kind is not Kind.DATE or any(_same_date(value.text, other.text) for other in found):
            continue
        if _is_weekday(value.text) and not any(_is_weekday(other.text) for other in found) and _same_days(value.text, nearby):
            continue
        if re.fullmatch(r"\d{4}s?", value.text):
            if _year_follows(value.text, there, nearby, published):
                continue
        elif RELATIVE_DAY.search(there) and published and not _is_weekday(value.text) and _near_day(value.text, published):
            continue
        yield Sign(What.DATE, f"“{value.text}” does not stand there")
    for season in SEASON.findall(sentence):
        if not re.search(season, f"{there} {nearby}", re.I):
            yield Sign(What.DATE, f"“{season}” does not stand there")


SEASON = re.compile(r"\b(?:spring|summer|autumn|winter)\b", re.I)


def _same_date(a: str, b: str) -> bool:
    one, two = date_parts(a), date_parts(b)
    shared = [part for part in one if part in two]
    return bool(shared) and all(one[part] == two[part] for part in shared) and not ({"year"} == set(shared) and len(one) > 1 and len(two) > 1)


def _is_weekday(text: str) -> bool:
    return text.lower().endswith("day")


def _same_days(text: str, nearby: str) -> bool:
    return any(_same_date(text, other.text) for other in values(nearby) if other.kind is Kind.DATE)


def _year_follows(year: str, there: str, nearby: str, published: str | None) -> bool:
    """Whether the year is said nearby, or follows from the date of a document that says `last year`."""
    if re.search(rf"\b{year}\b", nearby):
        return True
    if not published:
        return False
    shift = {"last year": -1, "next year": 1}
    wanted = int(year[:4]) - int(published[:4])
    relative = [shift[match.lower()] for match in re.findall(r"\b(?:last|next) year\b", there, re.I)]
    return wanted in relative or (wanted == 0 and not relative and not re.search(r"\b(?:1[89]|20)\d\d\b", there))


def _near_day(text: str, published: str) -> bool:
    """Whether a day lies within the two weeks around the publication."""
    parts = date_parts(text)
    try:
        day = date(int(parts.get("year", published[:4])), int(parts["month"]), int(parts["day"]))
        return abs((day - date.fromisoformat(published[:10])).days) <= 14
    except (KeyError, ValueError):
        return False
