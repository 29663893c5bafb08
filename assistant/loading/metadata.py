"""What a text says about itself: title, publisher, author, date, URL. Read before any cleaning.

In: the body of a text. Out: `Metadata`; whatever is not plainly stated stays None. An event's date is no publication
date, an outlet mentioned is no publisher, a photo credit is no byline.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

HEAD_LINES = 8
"""Non-blank lines from the top in which a title, byline or date is looked for."""
TAIL_LINES = 25
"""Non-blank lines from the end in which a sign-off, copyright or address is looked for: comment forms run long."""

MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
FULL_DATE = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? {MONTH},? \d{{4}})"
)
CLOCK = r"(?:[,T]?\s*(?:at )?\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?)"
NAME = r"[A-Z][\w.'’-]*(?: (?:[a-z]{2,3} )?[A-Z][\w.'’-]*){1,3}"

DATE_AND_CLOCK = re.compile(rf"({FULL_DATE})({CLOCK})?", re.IGNORECASE)
LABEL = r"(?:(?:first |originally )?(?:published|posted|created)|date)(?: on| at)?"
THIS_WAS = r"\bthis (?:article|story|post|piece|column|essay|interview|report) (?:(?:was|first|originally) ){0,2}published(?: on)?\s+"
CAPITAL = r"(?-i:(?=[A-Z]))"
LABEL_OPENS = rf"(?:^[\W_]*{CAPITAL}|[|·•]\s*|^(?-i:By {NAME}), |^(?-i:(?:(?:By|BY|Written by|Reported by|Author:) )?{NAME})[^.!?]{{0,40}}?[\s,]{CAPITAL})"
"""Before a label without a colon: nothing, a bar or a dot, or a byline. In the midst of a sentence `published` tells of something else."""
DATE_ENDS = (
    r"(?:Z|[+-]\d\d:?\d\d)?(?:,? (?:at )?\d{1,2}(?:[.h]\d\d)?(?: ?[ap]\.?m\.?)?)?"
    r"(?:[.)\]*_\s]*$|\.\s|\s*[|·•/;(—–]|\s+-\s|,? (?:last )?(?:updated|modified|edited)\b| (?:by|in) [^,;!?]{1,60}(?<!\.)$| (?-i:[A-Z0-9])[^.!?]{0,40}$)"
)
"""After a date that such a label names: the end of the line or of its part, who wrote it, the time zone, a few words of the page."""
DATE_LABEL = re.compile(
    rf"(?:\b{LABEL}\s*:\s*|{THIS_WAS}|{LABEL_OPENS}{LABEL}\s+(?={FULL_DATE}{CLOCK}?{DATE_ENDS}))({FULL_DATE}{CLOCK}?)", re.IGNORECASE
)
ZONED = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z\b|[+-]\d\d:?\d\d\b)")
UPDATED = re.compile(r"(?:last )?(?:updated|modified)\b(?: on| at)?\s*:", re.IGNORECASE)
DATE_LINE = re.compile(rf"(?:\w+day,? )?({FULL_DATE}{CLOCK}?)(?: [A-Z]{{2,4}})?", re.IGNORECASE)
BYLINE = re.compile(rf"(?:By|BY|Written by|Reported by|Author:)\s+({NAME}?)(?=$|\s*[,|·•]|\s+(?:Posted|Published|Updated)\b)")
NAMES = re.compile(rf"{NAME}(?:,? and {NAME}|, {NAME})+")
NAME_AND_OUTLET = re.compile(rf"{NAME}, (?:[A-Z]\S* ?)+|From [A-Z].*")
SIGN_OFF = re.compile(rf"({NAME}), ([A-Z][\w&.' -]+), ([A-Z][\w .'-]+)\.?")
COPYRIGHT = re.compile(
    r"(?:copyright\b(?=\s*(?:[©ⓒ\d]|\(c\)|by\b|(?-i:[A-Z])))|©|ⓒ|\(c\)\s*\d{4})[\s©ⓒ(c)\d,–-]*(?:by )?(.+?)[\s.,|·-]*(?:all rights reserved.*)?", re.IGNORECASE
)
NAME_AND_URL = re.compile(r"(?:(.{2,40}?)[\s:|,–-]+)?(https?://\S+)")
MARKDOWN_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")


class Metadata(NamedTuple):
    """Each None where the text does not say."""

    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    published: str | None = None
    url: str | None = None


def metadata_from_text(body: str) -> Metadata:
    """Read head and foot of a text."""
    lines = [line.strip() for line in body.split("\n") if line.strip()]
    head, tail = lines[:HEAD_LINES], lines[HEAD_LINES:][-TAIL_LINES:]
    author, outlet = _sign_off(tail)
    publisher, url = _publisher(tail, outlet)
    return Metadata(
        title=title_of(lines),
        publisher=publisher,
        author=_first_match(BYLINE, head) or author,
        published=_published(head, tail),
        url=url,
    )


def title_of(lines: list[str]) -> str | None:
    """The headline: a Markdown heading, a line that the head repeats, or a first line that is no sentence.

    Args:
        lines: The non-blank lines of a text, stripped.
    """
    head = lines[:HEAD_LINES]
    if head and (heading := MARKDOWN_HEADING.fullmatch(head[0])):
        return heading[1] or None
    for line in head:
        if head.count(line) > 1 and _like_a_headline(line):
            return line
    if len(lines) > 1 and _like_a_headline(head[0]) and not _like_a_byline(head[0]):
        return head[0]
    return None


def _like_a_byline(line: str) -> bool:
    """Three words or fewer, a name and nothing but capitalised words after it, or several names."""
    return len(line.split()) < 4 or bool(NAME_AND_OUTLET.fullmatch(line) or NAMES.fullmatch(line))


def _like_a_headline(line: str) -> bool:
    return (
        8 <= len(line) <= 200
        and (line[-1].isalnum() or line[-1] in "?!'\"”’)")
        and not line.endswith(('."', ".”", ".'", ".’"))
        and not NAME_AND_URL.fullmatch(line)
        and not BYLINE.match(line)
        and not DATE_LABEL.search(line)
        and not UPDATED.match(line)
        and not DATE_LINE.fullmatch(line)
        and not line.startswith(("-", "*", "•", "|", ">"))
        and any(char.isalpha() for char in line)
    )


def _published(head: list[str], tail: list[str]) -> str | None:
    """A labelled date, or a line of the head that is nothing but a full date."""
    for line in [*head, *tail]:
        if len(line) <= 160 and (match := DATE_LABEL.search(line)):
            return parse_date(match[1])
    for line in head:
        if match := DATE_LINE.fullmatch(line):
            return parse_date(match[1])
    return None


def _sign_off(tail: list[str]) -> tuple[str | None, str | None]:
    """`NAME, OUTLET, PLACE.` as a line of its own: who reported, for whom."""
    for line in reversed(tail):
        if len(line) <= 80 and (match := SIGN_OFF.fullmatch(line)):
            return match[1], match[2]
    return None, None


def _publisher(tail: list[str], outlet: str | None) -> tuple[str | None, str | None]:
    """Who holds the copyright, or who is named beside an address that bears the name."""
    publisher = url = None
    for line in tail:
        if len(line) > 200:
            continue
        if match := COPYRIGHT.fullmatch(line):
            publisher = publisher or _as_name(match[1])
        elif (match := NAME_AND_URL.fullmatch(line)) and (
            name := _name_in_host(match[1] or outlet, match[2])
        ):
            publisher, url = publisher or name, url or match[2]
    if outlet and publisher and publisher.casefold() == outlet.casefold():
        publisher = outlet
    return publisher, url


def _as_name(text: str) -> str | None:
    text = text.strip(" .,;:|©ⓒ")
    return text if re.search(r"[^\W\d_]{2}", text) and len(text) <= 60 else None


def _name_in_host(name: str | None, url: str) -> str | None:
    """`name` where its first word is a label of the host: `Arirang news` and `www.arirang.com`."""
    try:
        host = (urlsplit(url).hostname or "").split(".")
    except ValueError:  # e.g. "http://[x"
        return None
    words = re.findall(r"[^\W_]+", name or "")
    words = words[1:] if words and words[0].lower() == "the" else words
    return name if words and words[0].lower() in host else None


def _first_match(pattern: re.Pattern[str], lines: list[str]) -> str | None:
    return next((match[1].rstrip(".,") for line in lines if (match := pattern.match(line))), None)


def parse_date(text: str) -> str | None:
    """ISO 8601 of a full date, with hour and minute where given, in UTC where a zone is; None where it is no date.

    >>> parse_date("April 15, 2025, 10:03")
    '2025-04-15T10:03'
    >>> parse_date("2025-04-09T20:00+09:00")
    '2025-04-09T11:00Z'
    >>> parse_date("Apr. 14") is None
    True
    """
    if zoned := ZONED.search(text):
        try:
            moment = datetime.fromisoformat(zoned[0].replace(" ", "T", 1)).astimezone(UTC)
            return f"{moment:%Y-%m-%dT%H:%M}Z"
        except (ValueError, OverflowError):
            pass
    match = DATE_AND_CLOCK.search(text)
    if not match:
        return None
    day = _parse_day(match[1])
    clock = re.search(r"(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap]\.?m)?", match[2] or "", re.IGNORECASE)
    if day is None or clock is None:
        return day
    hour = int(clock[1]) % 12 if clock[3] else int(clock[1])
    hour += 12 if clock[3] and clock[3].lower().startswith("p") else 0
    return f"{day}T{hour:02}:{int(clock[2]):02}" if hour < 24 and int(clock[2]) < 60 else day


def _parse_day(text: str) -> str | None:
    plain = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", text).replace(",", " ").replace(".", " ")
    words = re.split(r"[\s/-]+", plain.strip())
    words = [word[:3].title() if word[:1].isalpha() else word for word in words]
    for layout in ("%Y %m %d", "%b %d %Y", "%d %b %Y"):
        try:
            return datetime.strptime(" ".join(words), layout).date().isoformat()
        except ValueError:
            continue
    return None
