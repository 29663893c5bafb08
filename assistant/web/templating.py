"""A template and what it is given -> HTML, everything escaped; the names and filters that every template knows.

In: the name of a file in `templates/` and values. Out: its text. A value that is missing is an error, never a blank.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.dates import day_in_words, in_words
from assistant.types import Citation, Document

if TYPE_CHECKING:
    from assistant.records import DocumentSummary

TEMPLATES = Path(__file__).parent / "templates"
SYNC = " Run: assistant sync"  # said in notices to those at a command line; the page has a button


def filled(name: str, **values: Any) -> str:
    """The template of that file name, filled in."""
    return _environment.get_template(name).render(values)


def who(item: Citation | Document | DocumentSummary) -> str:
    """The best short name for where something comes from."""
    return item.publisher or item.title or item.source


def safe_url(url: str | None) -> str | None:
    """`url` if following it can only open a web page: a source may name any scheme."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def host_of(url: str) -> str:
    """The short name of where a page stands: `example.org`."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def parts(value: str) -> list[str]:
    """The parts of a value between which a line may break: not within `Duk-geun` nor after the figure of `10 percent`."""
    return re.split(r"(?<!\d) +", value)


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["date"] = in_words
_environment.filters["day"] = day_in_words
_environment.globals["who"] = who
_environment.globals["safe_url"] = safe_url
_environment.globals["host_of"] = host_of
_environment.filters["parts"] = parts
_environment.filters["basename"] = lambda source: PurePosixPath(source).name
_environment.filters["megabytes"] = lambda n_bytes: f"{n_bytes / 1e6:.1f}"
_environment.filters["paged"] = lambda notice: notice.removesuffix(SYNC)
