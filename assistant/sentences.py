"""Sentences as spans. In: a text and a span of it (one paragraph). Out: spans that cover its sentences, in order.

A quotation is not cut open: `"We had Vietnam in. South Korea next week," Bessent said.` is one sentence, so that what is
quoted keeps its speaker.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from assistant.types import Span

MAX_QUOTATION_CHARS = 600
"""A quotation longer than this (a speech, or a mark that was never closed) is cut like other text."""

CONTEXT_CHARS = 64
"""What is looked at on either side of a full stop, so that a text of one long line takes no longer than any other."""
NOT_BLANK = re.compile(r"\S")
BOUNDARY = re.compile(r"[.!?…]+(?:[\"”’')\]*_]+)?(?=\s+|$)|[。！？](?:[」』”])?")
OPENERS = "\"“'‘([*_-–—•"
ABBREVIATION = re.compile(
    r"""(?:^|[\s("'“‘—–-])(?:
        Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Gen|Col|Lt|Sgt|Capt|Cmdr|Adm|Rep|Reps|Sen|Sens|Gov|Pres|Rev|Hon|Supt|Insp|Det
        |Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun
        |Inc|Ltd|Co|Corp|Bros|vs|v|al|cf|eg|ie|viz|approx|est|ca|c|p|pp|ed|eds|vol|ch|sec|fig|art|nos?|No|Nos|Mt|Ft|Ave|Blvd|Rd|Dept|Univ|Assn
        |[A-Z]|(?:[A-Za-z]\.)+[A-Za-z]
    )\.$""",
    re.VERBOSE,
)
MONTH = (
    r"(?:Januar|Jänner|Februar|Feber|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
    r"|(?:January|February|March|May|June|July|October|December)(?=\s+\d{4}))\b"
)
"""What makes the number and full stop before it a day: `9. April`. Where the name is English alone, only with a year: `It has 9. May I go?`"""
DAY, IN_MONTH = re.compile(r"(?<![\d.,$€£])(?:0?[1-9]|[12]\d|3[01])\.$"), re.compile(MONTH)
MAY_END_SENTENCE = re.compile(r"(?:[A-Z]\.){2,}$|(?:Inc|Ltd|Co|Corp|Jr|Sr|al|etc)\.$|\b(?:[ap]\.m)\.$")
"""Abbreviations that close a sentence as often as not: `in the U.S. The talks`, but `U.S. President`."""
STARTS_SENTENCE = re.compile(
    r"[\"“‘'(\[*_]*(?:The|A|An|In|On|At|It|He|She|They|We|I|This|That|These|Those|But|And|However|Meanwhile|As|For|If|When|While|After|"
    r"Before|Since|There|His|Her|Its|Their|Our|You|Last|Asked|To|With|From|By|Such|Some|Many|Most|No|Not|Now|Then|Still|Although|"
    r"Though|Both|According|Among|Under|During|Despite|Washington|Seoul|What|Who|Why|How|Where)\b"
)


def sentences(text: str, span: Span) -> list[Span]:
    """Cut `span` into sentences.

    Returns:
        Spans within `span`, in order, without overlap and without blanks at their ends; every character of `span` that is no
        blank lies in one of them.
    """
    piece = text[span.start : span.end]
    quoted = _quotations(piece)
    cuts = [m.end() for m in BOUNDARY.finditer(piece) if _ends_sentence(piece, m, quoted)]
    spans: list[Span] = []
    start = 0
    for cut in [*cuts, len(piece)]:
        part = piece[start:cut]
        left = start + len(part) - len(part.lstrip())
        if part.strip():
            spans.append(Span(span.start + left, span.start + left + len(part.strip())))
        start = cut
    return spans


def _quotations(piece: str) -> list[Span]:
    """Stretches between quotation marks of any style, also where straight and curly ones are mixed."""
    found: list[Span] = []
    opened: int | None = None
    for match in re.finditer(r"[\"“”]", piece):
        i = match.start()
        before = piece[i - 1] if i else " "
        opens = match[0] == "“" or (match[0] == '"' and (before.isspace() or before in "([—–-‘'"))
        if opens:
            opened = i
        elif opened is not None:
            if i - opened <= MAX_QUOTATION_CHARS:
                found.append(Span(opened, i + 1))
            opened = None
    return found


def _ends_sentence(piece: str, match: re.Match[str], quoted: list[Span]) -> bool:
    i = bisect_right(quoted, (match.start(), 0)) - 1  # quotations are in order and do not overlap
    if i >= 0 and match.end() < quoted[i].end:
        return False
    begin = NOT_BLANK.search(piece, match.end())
    if not begin:
        return True
    following = piece[begin.start() : begin.start() + CONTEXT_CHARS]
    first = following.lstrip(OPENERS)[:1]
    if first and (first.islower() or first in ",;:"):
        return False
    upto = piece[max(0, match.end() - CONTEXT_CHARS) : match.end()]
    if match[0] == "." and MAY_END_SENTENCE.search(upto):
        return bool(STARTS_SENTENCE.match(following))
    if match[0] == "." and IN_MONTH.match(following) and DAY.search(upto):
        return False
    return not (match[0] == "." and ABBREVIATION.search(upto))
