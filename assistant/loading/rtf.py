"""RTF -> paragraphs, with title, author and date from its information group. Owns striprtf.

In: the bytes of an RTF file. Out: its text as a reader sees it, headings marked `#`, footnotes after the rest.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from assistant.errors import SourceError
from assistant.loading.dating import dated
from assistant.loading.loaded import Loaded, clean, joined, one_line
from assistant.loading.properties import office_metadata
from assistant.loading.rows import table_lines

CREATED = re.compile(r"\\creatim\s*\\yr(\d{4})\s*\\mo(\d{1,2})\s*\\dy(\d{1,2})")
TOKEN = re.compile(r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'[0-9a-fA-F]{2}|\\.|[{}]|[^\\{}]+|\\", re.DOTALL)
UNSEEN = frozenset(("v", "deleted", "mvf"))
"""Words that hide what follows until they are turned off: hidden, deleted, moved from here."""
MARKS = frozenset(("listtext", "pntext"))
"""What a program that numbers lists itself is to pass over."""
BREAKS = frozenset(("par", "sect", "page", "pard"))
LETTERS = frozenset("u tab line emdash endash emspace enspace qmspace bullet lquote rquote ldblquote rdblquote".split())
HEADINGS = 6


def load_rtf(data: bytes) -> Loaded:
    """Read rich text.

    Raises:
        SourceError: If it is damaged or holds no text.
    """
    source = data.decode("latin-1").rstrip("\0")
    text = _shown(as_shown(source))
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
        blocks.append(one_line(line) or "")
    found = joined(blocks)
    if not found:
        raise SourceError("the file holds no text")
    created = CREATED.search(source)
    day = "-".join((created[1], created[2].zfill(2), created[3].zfill(2))) if created else None
    heading = found[2:].partition("\n")[0] if found.startswith("# ") else None
    metadata, warnings = dated(office_metadata(_info(source, "title"), _info(source, "author"), day, heading=heading), found)
    return Loaded(found, metadata, warnings=warnings)


class _Group(NamedTuple):
    """What holds inside a pair of braces: whether its words are unseen, of a mark or for programs, the level of its heading, its text."""

    text: list[str]
    unseen: bool = False
    mark: bool = False
    skipped: bool = False
    level: int = 0


def as_shown(source: str) -> str:
    """RTF source without hidden and deleted words and the marks of lists, its headings marked `#`, its footnotes at its end.

    striprtf reads the first as text and drops the last.
    """
    group = _Group([])
    outer: list[_Group] = []
    notes: list[list[str]] = []
    position, fresh = 0, True
    while match := TOKEN.match(source, position):
        position = match.end()
        token, word, number = match[0], match[1], match[2]
        if token == "{":
            outer.append(group)
        elif token == "}":
            group = outer.pop() if outer else group
        elif token == "\\*":
            group = group._replace(skipped=True)
        elif word == "bin":  # what follows is no text, whatever it looks like
            position += max(0, int(number or 0))
            continue
        elif word == "footnote":
            notes.append([])
            group = _Group(notes[-1])
            continue
        elif word in UNSEEN:
            group = group._replace(unseen=number != "0")
        elif word == "plain":
            group = group._replace(unseen=False)
        elif word in MARKS:
            group = group._replace(mark=True)
        elif word in BREAKS:
            fresh = True
            group = group._replace(level=0) if word == "pard" else group
        elif word == "outlinelevel":
            level = int(number or 0) + 1
            group = group._replace(level=level if 0 < level <= HEADINGS else 0)
        elif word is None or word in LETTERS:
            if group.unseen or group.mark:
                continue
            if fresh and token.strip() and not group.skipped:
                fresh = False
                if group.level:
                    group.text.append(f"{'#' * group.level} ")
        group.text.append(token)
    text = (outer[0] if outer else group).text
    at = max((i for i, token in enumerate(text) if token == "}"), default=len(text))
    return "".join((*text[:at], *("".join(("\\par ", *note)) for note in notes), *text[at:]))


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
