"""Lines on pages -> paragraphs in reading order. Knows where lines lie, not which format they came from.

In: the lines of each page with their boxes, in the order in which they were drawn. Out: the text and where each page starts.
Columns are read one after the other, running heads and page numbers are left out, hyphens at line ends are undone; the marks of a
page's notes can be left out of its lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from assistant.loading.bidi import is_rtl
from assistant.loading.columns import Line, in_order

EDGE_LINES = 3
"""Lines from the top and from the bottom of a page among which running heads are looked for."""
FOLIO = re.compile(r"(?i)\W*(?:p(?:age|\.)?\s*)?(\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/|von|de|sur)\s*\d{1,4})?\W*")
BULLET = re.compile(r"(?:[•◦▪‣●○·–—*-]|\(?\d{1,3}[.)]|\(?[a-z][.)]|§)\s")
SENTENCE_END = re.compile(r"[.!?…:;。！？」』)\]”\"'’]$")
CJK = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
BETWEEN_CJK = re.compile(rf"[{CJK}]\n[{CJK}]")
HYPHENATED = re.compile(r"(\w*[^\W\d_])[-\u2010]$")
WORD = re.compile(r"[^\W\d_][\w’'-]*")
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
RAISED_NUMBER = re.compile(r"(?<=\S)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)(?: (?=[,.;:!?)\]]))?")
NUMBERED = re.compile(r"([⁰¹²³⁴⁵⁶⁷⁸⁹]+|\d{1,3})(?:\s?\D|$)")


def without_note_marks(lines: list[Line]) -> list[Line]:
    """The lines of a page without the raised numbers of the notes that stand, in smaller letters, on it."""
    size = median(line.size for line in lines) if lines else 0
    opened = (NUMBERED.match(line.text) for line in lines if line.size < 0.95 * size)
    notes = {match[1].translate(RAISED) for match in opened if match}
    if not notes:
        return lines
    return [line._replace(text=RAISED_NUMBER.sub(lambda m: "" if m[1] in notes else m[0], line.text)) for line in lines]


def paragraphs_of_pages(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[int, ...]]:
    """The text of all pages, paragraphs parted by blank lines, and the offset at which each page starts."""
    running = _running(pages)
    ordered = [[line for line in in_order(page) if line.text] for page in _without(pages, running)]
    words = Counter(word for page in ordered for line in page for word in WORD.findall(line.text))
    text: list[str] = []
    starts: list[int] = []
    length = 0
    last: Sequence[Line] = ()
    for page in ordered:
        paragraphs = _paragraphs(page, words)
        if text and paragraphs:
            glued = last[-1].size == page[0].size and _is_open(last[-1], paragraphs[0])
            if glued and (match := HYPHENATED.search(text[-1])):
                kept = _unhyphenated(match[1], paragraphs[0], words)
                length -= len(text[-1]) - len(kept := text[-1][: match.start()] + kept)
                text[-1] = kept
                separator = ""
            else:
                separator = " " if glued else "\n\n"
            text.append(separator)
            length += len(separator)
        starts.append(length)
        for i, paragraph in enumerate(paragraphs):
            piece = paragraph if i == 0 else f"\n\n{paragraph}"
            text.append(piece)
            length += len(piece)
        last = page or last
    whole = "".join(text)
    return (whole + "\n" if whole else ""), tuple(starts)


def title_line(lines: Sequence[Line]) -> str | None:
    """What stands on a page in letters clearly larger than the rest, in its upper part; None where nothing does."""
    lettered = [line for line in lines if re.search(r"[^\W\d_]", line.text)]
    if len(lettered) < 2:
        return None
    common = median(line.size for line in lettered for _ in range(1 + len(line.text) // 10))
    largest = max(line.size for line in lettered)
    first = [line for line in lettered if line.size > 0.97 * largest]
    title = " ".join(line.text for line in first)
    high = all(line.top > 0.45 * line.page_height for line in first)
    return title if largest >= 1.2 * common and high and 4 <= len(title) <= 250 and len(first) <= 4 else None


# Running heads


def _running(pages: Sequence[Sequence[Line]]) -> set[tuple[str, int]]:
    """Heads and feet, by their words without figures and their height on the page, that recur from page to page."""
    counts: Counter[tuple[str, int]] = Counter()
    n_pages = sum(bool(page) for page in pages)
    for page in pages:
        counts.update({key for line in _edges(page) for key in _keys(line)})
    least = max(2, 0.4 * n_pages) if n_pages < 8 else 3
    return {key for key, n in counts.items() if n >= least and n_pages >= 2}


def _edges(page: Sequence[Line]) -> list[Line]:
    """The lines near the top and the bottom of a page, a row counted once."""
    heights = sorted({round(line.bottom) for line in page})
    if len(heights) <= 2:
        return [line for line in page if FOLIO.fullmatch(line.text) or not 0.1 < line.bottom / line.page_height < 0.9]
    low, high = heights[:EDGE_LINES], heights[-EDGE_LINES:]
    near = {*low, *high}
    return [line for line in page if round(line.bottom) in near and not 0.17 < line.bottom / max(line.page_height, 1) < 0.83]


def _keys(line: Line) -> list[tuple[str, int]]:
    """Two keys, so that a height that falls on a border of one is inside the other."""
    words = re.sub(r"\d+", "#", line.text).casefold()
    words = "#" if FOLIO.fullmatch(line.text) else words
    return [(words, int(line.bottom / 8)), (words, -1 - int((line.bottom + 4) / 8))]


def _without(pages: Sequence[Sequence[Line]], running: set[tuple[str, int]]) -> list[list[Line]]:
    kept = []
    # Where heads stand that recur, those of a short chapter stand too.
    heights = {height for _, height in running}
    for page in pages:
        edge = set(_edges(page))
        top = max((line.bottom for line in page), default=0.0)
        kept.append(
            [
                line
                for line in page
                if line not in edge
                or not (
                    running.intersection(_keys(line))
                    or (top - line.bottom < 1 and 2 * top > line.page_height and heights.intersection(height for _, height in _keys(line)))
                )
            ]
        )
    return kept


# Paragraphs


def _paragraphs(lines: Sequence[Line], words: Counter[str]) -> list[str]:
    if not lines:
        return []
    lines = [_turned(line) if is_rtl(line.text) else line for line in lines]
    pitch = _pitch(lines)
    paragraphs: list[list[Line]] = []
    for i, line in enumerate(lines):
        if i and not _starts_paragraph(lines[i - 1], line, pitch, paragraphs[-1]):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return [_joined(paragraph, words) for paragraph in paragraphs]


def _turned(line: Line) -> Line:
    """A line that is read from the right, as in a mirror: it starts at its left and ends short on its right as others do."""
    left, right = line.column
    return line._replace(left=left + right - line.right, right=left + right - line.left)


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance from line to line, in heights of a letter."""
    steps = [
        (a.bottom - b.bottom) / a.size
        for a, b in pairwise(lines)
        if a.size == b.size and 0 < a.bottom - b.bottom < 4 * a.size
    ]
    return sorted(steps)[len(steps) // 3] if steps else 1.2


def _starts_paragraph(before: Line, line: Line, pitch: float, paragraph: Sequence[Line]) -> bool:
    """Whether a line opens a paragraph: by its distance, size, indent or bullet, or since the last one ended short."""
    goes_on = line.text[:1].islower() and not SENTENCE_END.search(before.text)
    # A line in the middle of a sentence may be mostly of words set in another size: names of code, an acronym.
    if (abs(line.size - before.size) > (0.25 if goes_on else 0.1) * before.size) or BULLET.match(line.text):
        return True
    if min(line.cells, before.cells) > 1 or (line.cells != before.cells and max(line.cells, before.cells) > 2):
        return True  # rows of a table
    step = (before.bottom - line.bottom) / before.size
    if step <= 0:  # up to the next column: the sentence goes on, or it does not
        return not _is_open(before, line.text)
    if step > pitch * 1.3 + 0.1:
        return True
    ended = SENTENCE_END.search(before.text) is not None
    short = _stops_short(before, line.text)
    if line.left - before.left > 0.8 * line.size and not BULLET.match(paragraph[0].text) and (ended or short):
        return True
    if ended and short:
        return True
    # A line that stops in mid-page without a stop, before one that begins anew: a heading, a line of verse.
    left, right = before.column
    return right - before.right > 0.35 * (right - left) and not line.text[:1].islower() and not before.text.endswith(("-", ","))


def _stops_short(line: Line, following: str) -> bool:
    """Whether the next word would have fitted on a line: then it was ended on purpose."""
    word = following.split(maxsplit=1)[0] if following.strip() else ""
    letter = (line.right - line.left) / max(len(line.text), 1)
    return line.column[1] - line.right > (len(word) + 1) * letter * 1.2


def _is_open(before: Line, following: str) -> bool:
    """Whether a column or page that ends with `before` leaves off in the middle of a sentence that `following` goes on with."""
    if SENTENCE_END.search(before.text) or BULLET.match(following):
        return False
    full = not _stops_short(before, following) and before.column[1] - before.column[0] > 100
    return following[:1].islower() or (full and following[:1].isalnum() and before.cells == 1)


def _joined(lines: Sequence[Line], words: Counter[str]) -> str:
    """Lines as one run of text: a blank between them, none between ideographs, hyphens at their ends undone."""
    text = lines[0].text
    for line in lines[1:]:
        match = HYPHENATED.search(text[-60:]) if text.endswith(("-", "\u2010")) else None
        if match and line.text[:1].isalpha():
            text = text[: -len(match[0])] + _unhyphenated(match[1], line.text, words) + line.text
        elif BETWEEN_CJK.fullmatch(f"{text[-1:]}\n{line.text[:1]}"):
            text += line.text
        else:
            text += f" {line.text}"
    return text


def _unhyphenated(head: str, following: str, words: Counter[str]) -> str:
    """`head` with its hyphen where the word is written with one elsewhere, or goes on in capitals; else without.

    >>> _unhyphenated("tar", "iff rose", Counter())
    'tar'
    >>> _unhyphenated("well", "known since", Counter({"well-known": 1}))
    'well-'
    """
    match = WORD.match(following)
    tail = match[0] if match else ""
    if not tail[:1].islower():
        return f"{head}-"
    if words[f"{head}-{tail}"] > words[head + tail]:
        return f"{head}-"
    return head
