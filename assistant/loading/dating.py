"""The day a file was made, as its properties say it, beside what its text says -> the date of publication.

In: `Metadata` dated by properties, and the text. Out: the same with the text's own date where it opens on one, and a warning where the
date is no better than the properties: a file is made anew each time somebody saves or prints it, and is not published on that day.
"""

from __future__ import annotations

import re
from datetime import date

from assistant.loading.metadata import (
    FULL_DATE,
    HEAD_LINES,
    Metadata,
    metadata_from_text,
    parse_date,
)

HEAD_CHARS = 20_000
DATELINE_CHARS = 100
"""The longest line (or part of one, before a dash) that a date may close for it to be the text's own."""
OPENING_CHARS = 600
NEAR_DAYS, FAR_DAYS = 31, 3 * 366
"""A day that the opening speaks of is taken for the date where the file was made later than a month after it (it was then made anew),
but not more than three years (the text then tells of the past)."""
BY_PROPERTIES = "It is dated by the file's properties, {}, the day the file was made. If that is wrong, correct the source (Edit in the page, assistant edit --date in a terminal)."
BY_NAMED_DAY = "It is dated by the first day that its text names, {}; the file was made on {}. If that is wrong, correct the source (Edit in the page, assistant edit --date in a terminal)."

DATELINE = re.compile(
    rf"(?:[^\n]{{0,{DATELINE_CHARS}}}?[\s,|·•(—–-])?\(?({FULL_DATE})\)?(?:\s*[.|·•:]?\s*(?:$|\s[—–-]{{1,2}}\s.*))", re.IGNORECASE
)
"""`GDYNIA, 12 January 2025 — The terminal ...`, `Gazette | 12 January 2025`: a short line that ends in a date, or opens on one before a dash."""
IN_SENTENCE = re.compile(r"[.!?] |\b(?:on|in|by|until|since|from|before|after|till|to|of|the)\s*$", re.IGNORECASE)
"""What before a date says that it belongs to a sentence."""


def dated(metadata: Metadata, text: str, *, tells: bool = True) -> tuple[Metadata, tuple[str, ...]]:
    """What a file says about itself, its date held against its text.

    Args:
        metadata: From the file's properties; `published` is the day it was made.
        text: As it was read.
        tells: Whether the opening of the text can say when it was published; the rows of a sheet cannot.
    """
    opening = opening_date(text) if tells else None
    if opening:
        return metadata._replace(published=opening), ()
    made = metadata.published
    if made is None:
        return metadata, ()
    named = _named_day(text) if tells else None
    if named and NEAR_DAYS < (date.fromisoformat(made[:10]) - date.fromisoformat(named[:10])).days <= FAR_DAYS:
        return metadata._replace(published=named), (BY_NAMED_DAY.format(named, made),)
    return metadata, (BY_PROPERTIES.format(made),)


def opening_date(text: str) -> str | None:
    """The date that the head of a text states as its own: labelled, on a line by itself, or as a dateline."""
    if stated := metadata_from_text(text[:HEAD_CHARS]).published:
        return stated
    lines = [line.strip() for line in text[:HEAD_CHARS].split("\n") if line.strip()][:HEAD_LINES]
    for line in lines:
        if (match := DATELINE.match(line[: 4 * DATELINE_CHARS])) and not IN_SENTENCE.search(line[: match.start(1)]):
            return parse_date(match[1])
    return None


def _named_day(text: str) -> str | None:
    match = re.search(FULL_DATE, text[:OPENING_CHARS], re.IGNORECASE)
    return parse_date(match[0]) if match else None
