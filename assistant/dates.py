"""ISO dates -> the words a reader would use; what is no date is shown as it stands."""

from __future__ import annotations

from datetime import date, datetime

# Written out, because strftime would follow the locale of the server.
# fmt: off
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
          "September", "October", "November", "December")
# fmt: on


def in_words(iso: str | None) -> str:
    """`2025-04-09` -> `9 April 2025`; a time with a zone is given in the reader's own."""
    if not iso:
        return ""
    try:
        if len(iso) <= len("2025-04-09"):
            return _day(date.fromisoformat(iso))
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    if moment.tzinfo is not None:
        moment = moment.astimezone()
    return f"{_day(moment.date())}, {moment:%H:%M}"


def day_in_words(iso: str | None) -> str:
    """As `in_words`, without the time of day."""
    return in_words(iso).split(",")[0]


def range_in_words(first: str | None, last: str | None) -> str:
    """`7 to 15 April 2025`, saying nothing twice; empty if neither end is known."""
    try:
        start, end = date.fromisoformat((first or "")[:10]), date.fromisoformat((last or "")[:10])
    except ValueError:
        return in_words(first) or in_words(last)
    if start == end:
        return _day(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {_day(end)}"
    if start.year == end.year:
        return f"{start.day} {MONTHS[start.month - 1]} to {_day(end)}"
    return f"{_day(start)} to {_day(end)}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
