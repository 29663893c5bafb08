"""What a loader hands back, and the text it may hold: the type that every loader and the registry share.

In: the raw text of a parser. Out: text that can be stored, shown and counted in code points.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from assistant.loading.metadata import Metadata

SURROGATE = re.compile(r"[\ud800-\udfff]")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff\xad\u200b\u2060\ufeff]")
"""Control characters, soft hyphens and blanks of no width: they part words that a reader sees whole."""
BLANKS = re.compile(r"[^\S\n]+")


class Loaded(NamedTuple):
    """A file as read.

    Attributes:
        text: What offsets point into.
        metadata: What the file says about itself.
        pages: Where each page starts in `text`; empty where the format has none.
        warnings: What a reader should know, one sentence each.
    """

    text: str
    metadata: Metadata = Metadata()
    pages: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()


def clean(text: str) -> str:
    """`text` without control characters, its surrogates paired or replaced, its newlines `\\n`.

    >>> clean("a\\r\\nb\\x0bc\\x00")
    'a\\nb\\nc'
    """
    text = re.sub(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    if SURROGATE.search(text):  # halves of a character, which some parsers leave apart
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return CONTROL.sub("", text)


def one_line(text: str | None) -> str | None:
    """`text` on one line, runs of blanks made one; None where nothing is left."""
    return BLANKS.sub(" ", clean(text or "").replace("\n", " ")).strip() or None


def joined(blocks: Iterable[str]) -> str:
    """Paragraphs parted by blank lines, so that none is glued to the next; the text ends in a newline."""
    kept = (block.strip() for block in blocks)
    text = "\n\n".join(block for block in kept if block)
    return f"{text}\n" if text else ""
