"""Properties that office programs keep with a document -> `Metadata`; what a program put there by itself is passed over.

In: title, author and date of creation. Out: those that a person gave.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from assistant.loading.loaded import one_line
from assistant.loading.metadata import Metadata, parse_date

PROGRAMS = re.compile(
    r"(?i)(?:python-docx|openpyxl|steve canny|microsoft.*|libreoffice.*|openoffice.*|user|admin(?:istrator)?|unknown|author|owner|apache poi|pandoc|[\W\d_]*)"
)
PLACEHOLDERS = re.compile(
    r"(?i)(?:(?:microsoft )?(?:word|excel|powerpoint)(?: document| presentation| template)?|untitled.*|document\d*|presentation\d*|book\d*|mappe\d*|slide \d+|title|[\W\d_]*"
    r"|.*\.(?:docx?|pptx?|xlsx?|od[tsp]))"
)
TEMPLATES = ("2013-12-23T23:15", "2013-01-27T09:14")
"""When the templates of python-docx and python-pptx were made: no document's date."""


def office_metadata(title: str | None, author: str | None, created: datetime | str | None, *, heading: str | None = None) -> Metadata:
    """Title (or the document's own heading), author and day of creation, each None where nobody gave it."""
    title, author = one_line(title), one_line(author)
    if title and PLACEHOLDERS.fullmatch(title):
        title = None
    if author and PROGRAMS.fullmatch(author):
        author = None
    iso = created.isoformat() if isinstance(created, datetime) else created or ""
    day = None if iso.startswith(TEMPLATES) else parse_date(iso[:10])
    return Metadata(title=title or one_line(heading), author=author, published=day)


def core_metadata(properties: Any, *, heading: str | None) -> Metadata:
    """The same of the core properties that python-docx and python-pptx read."""
    try:
        created = properties.created
    except ValueError:  # a date that is none
        created = None
    return office_metadata(properties.title, properties.author, created, heading=heading)
