"""Lines of Arabic and Hebrew as they are drawn -> in the order in which they are read.

In: what stands on a line from left to right. Out: its text as one would type it: figures and foreign words forward, all else from the
right, brackets turned. Undoes what the Unicode bidirectional algorithm does to a line; nested quotations of both kinds are not told apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
RTL_LETTER = re.compile(rf"(?![\u0660-\u0669\u06f0-\u06f9])[{RTL}]")
ARABIC_LETTER = re.compile(r"[\u0600-\u065f\u066e-\u06ef\u06fa-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
PRESENTED = re.compile(r"[\ufb1d-\ufdff\ufe70-\ufefc]")
"""Letters in one of their shapes, for which there are letters proper."""
MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
OPENING_STOP = re.compile(r"([.,:;!?،؛؟]+)\s*(?=\w)")
SAME_TWICE = re.compile(r"([()])([^()]*)\1")
"""A pair of which one was drawn turned and is stored unturned, as some programs do."""
FORWARD = re.compile(r"L(?:[^R]*[LE])?|T*E(?:S?E)*T*")
"""In classes of characters: foreign words with what stands between them, and figures with their separators and units."""
BACKWARD = re.compile(r"R(?:[^L]*R)?")


def holds_rtl(text: str) -> bool:
    """Whether any letter is of a script that runs from right to left."""
    return RTL_LETTER.search(text) is not None


def is_rtl(text: str) -> bool:
    """Whether most letters are."""
    n_rtl = len(RTL_LETTER.findall(text))
    return n_rtl > 0 and 2 * n_rtl >= sum(map(str.isalpha, text))


def from_drawn(drawn: Sequence[str]) -> str:
    """The text of a line.

    Args:
        drawn: What stands on it from left to right: characters, blanks, and letters drawn as one (`لا`) or with their marks.

    >>> from_drawn(".2025 \u05de\u05d5\u05d9 (UN)") == "(UN) \u05d9\u05d5\u05de 2025."
    True
    """
    items = [unicodedata.normalize("NFKC", item) if PRESENTED.search(item) else item for item in drawn]
    if is_rtl("".join(items)):
        text = _backward(items)
        if ("(" in text) != (")" in text):
            text = SAME_TWICE.sub(r"(\2)", text)
        stop = OPENING_STOP.match(text)
        return text[stop.end() :] + stop[1] if stop else text
    classes = _classes(items)
    text, position = "", 0
    for run in BACKWARD.finditer(classes):
        text += "".join(items[position : run.start()]) + _backward(items[run.start() : run.end()])
        position = run.end()
    return text + "".join(items[position:])


def _backward(items: Sequence[str]) -> str:
    """Read from the right, but for the runs that go forward."""
    pieces: list[str] = []
    position = 0
    for run in FORWARD.finditer(_classes(items)):
        pieces += [item.translate(MIRRORED) for item in items[position : run.start()]]
        pieces.append("".join(items[run.start() : run.end()]))
        position = run.end()
    pieces += [item.translate(MIRRORED) for item in items[position:]]
    return "".join(reversed(pieces))


def _classes(items: Sequence[str]) -> str:
    """One letter an item: R and L for letters by direction, E for figures, S for what parts them, T for what goes with them, N for the rest."""
    arabic = any(ARABIC_LETTER.search(item) for item in items)
    return "".join(_class_of(item, arabic=arabic) for item in items)


def _class_of(item: str, *, arabic: bool) -> str:
    if holds_rtl(item):
        return "R"
    if item[:1].isdecimal():
        return "E"
    if item[:1].isalpha():
        return "L"
    if item in ("%", "$", "€", "£", "₪", "#", "°"):
        return "N" if arabic else "T"  # behind Arabic letters figures count as Arabic, and what goes with them stays behind
    return "S" if item in (".", ",", ":", "/") else "N"
