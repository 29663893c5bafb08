"""Plain text and Markdown: bytes -> text, with title, publisher, author and date.

The text of a UTF-8 file is exactly what `open(path, encoding="utf-8-sig").read()` gives, front matter included, so that anyone
can check an offset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assistant.loading.encoding import NO_TEXT, decode_any
from assistant.loading.loaded import Loaded, one_line
from assistant.loading.metadata import Metadata, metadata_from_text, parse_date

FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(?=\s*(?:#[^\n]*\n\s*)*\W?[\w.-]+\W?[ \t]*:[ \t\n])(.{0,20000}?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
"""Two rules that are further apart are no front matter; YAML of that length takes a second to read."""
FRONT_MATTER_KEYS = {
    "title": ("title", "headline"),
    "publisher": ("publisher", "site", "site_name", "outlet"),
    "author": ("author", "authors", "by", "byline"),
    "published": ("published", "date", "publish_date", "created"),
    "url": ("url", "link", "source_url", "canonical"),
}
REMAINS = re.compile(r"^\s*(?:%PDF|PK|<\?xml)|\bendobj\b|\\(?:rtf1|pard?|fonttbl)\b")
"""What stands in the text of a PDF, an archive, an XML or an RTF file of which the beginning is lost."""
NOTHING = ("~", "null", "Null", "NULL")
"""How YAML writes that a value is none."""


def load_text(data: bytes) -> Loaded:
    """Decode a text file and read what it says about itself: front matter first, then the text.

    Raises:
        SourceError: If the bytes are no text.
    """
    text, warning = decode_any(data)
    stated, unread = _front_matter(text)
    body = text[body_start(text) :]
    found = metadata_from_text(body)
    metadata = Metadata(*(given or read for given, read in zip(stated, found, strict=True)))
    return Loaded(text, metadata, warnings=tuple(each for each in (warning, unread) if each))


def is_utf8(data: bytes) -> bool:
    """Whether bytes are plain UTF-8 text, which no parser needs to touch."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def is_prose(data: bytes) -> bool:
    """Whether bytes are UTF-8 text (or say that they are of UTF-16) without marks of a damaged file of another format."""
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(re.search(r"[^\W\d_]{2}", text)) and not NO_TEXT.search(text) and not REMAINS.search(text)


def body_start(text: str) -> int:
    """Where the text proper begins: after the front matter, if there is one."""
    match = FRONT_MATTER.match(text)
    return match.end() if match else 0


def _front_matter(text: str) -> tuple[Metadata, str | None]:
    """What stands between the two lines of dashes, and a warning where that cannot be used."""
    if not (match := FRONT_MATTER.match(text)):
        return Metadata(), None
    import yaml

    way_out = "and was passed over; mend it, or correct the source (Edit in the page, assistant edit in a terminal)"
    try:
        # Python's own parser, since the one in C ends the process where brackets are nested 10,000 deep; and every value as it is
        # written, since what YAML makes of tags, merges and dates can break off in more ways than a title is worth.
        stated = yaml.load(match[1], yaml.BaseLoader)
    except RecursionError:
        return Metadata(), f"Its front matter is nested too deeply {way_out}"
    except yaml.YAMLError as exc:
        said = " ".join(str(getattr(exc, "problem", None) or exc).split())
        mark = getattr(exc, "problem_mark", None)
        line = f" (line {text.count(chr(10), 0, match.start(1)) + mark.line + 1}: {said})" if mark else f" ({said})"
        return Metadata(), f"Its front matter is no valid YAML{line} {way_out}"
    if not isinstance(stated, dict):
        return Metadata(), f"Its front matter is no list of names and values {way_out}"
    lowered = {str(key).lower().strip(): value for key, value in stated.items()}
    values = {name: _first(lowered, keys) for name, keys in FRONT_MATTER_KEYS.items()}
    published = values.pop("published")
    metadata = Metadata(**values, published=parse_date(published) if published else None)
    if published and metadata.published is None:
        return metadata, f"Its front matter dates it '{published[:80]}', which is no full date; write it as 2025-04-15, or correct the source (Edit in the page, assistant edit --date in a terminal)"
    return metadata, None


def _first(stated: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """The first of `keys` that is stated, as one line of text: a value, or a list of values; what is nested deeper is none."""
    for key in keys:
        value: Any = stated.get(key)
        values = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str) and item not in NOTHING]
        if line := one_line(", ".join(values)):
            return line
    return None
