"""RTF -> paragraphs, with title, author and date from its information group. Owns striprtf.

In: the bytes of an RTF file. Out: its text.
"""

from __future__ import annotations

import re

from assistant.errors import SourceError
from assistant.loading.loaded import Loaded, clean, joined
from assistant.loading.properties import office_metadata
from assistant.loading.rows import table_lines

CREATED = re.compile(r"\\creatim\s*\\yr(\d{4})\s*\\mo(\d{1,2})\s*\\dy(\d{1,2})")


def load_rtf(data: bytes) -> Loaded:
    """Read rich text.

    Raises:
        SourceError: If it is damaged or holds no text.
    """
    source = data.decode("latin-1").rstrip("\0")
    text = _shown(source)
    if text is None:
        raise SourceError("it is damaged: its RTF cannot be read; open it in a word processor and save it anew")
    blocks: list[str] = []
    rows: list[list[str]] = []
    for line in [*text.split("\n"), ""]:
        if line.count("|") >= 2 and line.rstrip().endswith("|"):
            rows.append(line.rstrip().rstrip("|").split("|"))
            continue
        if rows:
            blocks.append("\n".join(table_lines(rows)))
            rows = []
        blocks.append(line)
    found = joined(blocks)
    if not found:
        raise SourceError("the file holds no text")
    created = CREATED.search(source)
    day = "-".join((created[1], created[2].zfill(2), created[3].zfill(2))) if created else None
    return Loaded(found, office_metadata(_info(source, "title"), _info(source, "author"), day))


def _info(source: str, name: str) -> str | None:
    """A field of the information group as text."""
    start = source.find("{\\info")
    match = re.search(rf"\{{\\{name} ((?:[^{{}}\\]|\\[^{{}}]|\\[{{}}]){{1,500}})\}}", source[start : start + 20_000]) if start >= 0 else None
    return _shown(f"{{\\rtf1\\ansi {match[1]}}}") if match else None


def _shown(source: str) -> str | None:
    """What RTF shows; None where the parser cannot read it."""
    from striprtf.striprtf import rtf_to_text

    try:
        return clean(rtf_to_text(source, encoding="cp1252", errors="replace"))
    except (TypeError, ValueError, LookupError, ArithmeticError):  # e.g. a control word without its number
        return None
