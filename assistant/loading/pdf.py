"""PDF with a text layer -> paragraphs with their pages. Owns pypdfium2.

In: the bytes of a PDF. Out: its text in reading order, lines rejoined, hyphenation undone, running heads and page numbers left
out, and where each page starts. What stands in pictures is not read.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from assistant.errors import SourceError
from assistant.loading.bidi import from_drawn, holds_rtl
from assistant.loading.columns import Line
from assistant.loading.layout import RAISED, paragraphs_of_pages, without_note_marks
from assistant.loading.loaded import Loaded, one_line
from assistant.loading.pdf_metadata import pdf_metadata

WIDE_GAP = 1.2
"""Blanks wider than this, in heights of a line, may part columns."""
WORD_GAP = 0.12
"""Blanks wider than this, in heights of a line, part words; letters that do not join stand closer."""
EVEN = 1.25
"""Blanks that differ by no more than this were stretched to fill the line."""
FEW = 20
"""Fewer letters than this on a page with a picture are no text layer."""
SYMBOL_BULLET = re.compile(r"^[\ue000-\uf8ff](?=\s|$)")
"""Of a font of symbols, whose characters mean nothing outside of it."""
SMALLER = 0.8
"""Of the letter before it: a raised figure is at most so large."""
HYPHENS = (0x02, 0xFFFE)
"""What pdfium puts for a hyphen at the end of a line, and for the end with it."""


def load_pdf(data: bytes) -> Loaded:
    """Read a PDF's text layer.

    Raises:
        SourceError: If it is encrypted, damaged, or has no text.
    """
    pdf = _open(data)
    try:
        n_pages = len(pdf)
        if n_pages == 0:
            raise SourceError("the PDF has no pages")
        pages: list[list[Line]] = []
        unread = 0
        for number in range(n_pages):
            lines, has_picture = _page_lines(pdf, number)
            unread += has_picture and sum(len(line.text) for line in lines) < FEW
            pages.append(lines)
        stated = pdf.get_metadata_dict(skip_empty=True)
    finally:
        pdf.close()
    text, starts = paragraphs_of_pages(pages)
    if not text.strip() or (unread == n_pages and len(text) < FEW * n_pages):
        raise SourceError(_scanned(n_pages))
    metadata, warnings = pdf_metadata(stated, pages[0], text)
    return Loaded(text, metadata, starts, _warnings(unread, n_pages) + warnings)


def _open(data: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        said = str(exc).lower()
        if "password" in said:
            raise SourceError("the PDF is encrypted; open it with its password, save it without one and try again") from exc
        if "security" in said:
            raise SourceError("the PDF is encrypted in a way that cannot be read; save it without protection") from exc
        raise SourceError("the PDF is damaged and cannot be read; open it in a reader and save or print it anew") from exc


def _scanned(n_pages: int) -> str:
    pages = "its page has" if n_pages == 1 else f"none of its {n_pages} pages has"
    negation = " no" if n_pages == 1 else ""
    return (
        f"the PDF is a scan: {pages}{negation} text that can be read, only pictures. Run OCR first, for example: "
        "ocrmypdf IN.pdf OUT.pdf"
    )


def _warnings(unread: int, n_pages: int) -> tuple[str, ...]:
    if not unread:
        return ()
    pages = "1 page has" if unread == 1 else f"{unread} pages have"
    return (f"{pages} no text that can be read (of {n_pages}): scanned or pictures. OCR, for example ocrmypdf, would make them readable.",)


def _page_lines(pdf: Any, number: int) -> tuple[list[Line], bool]:
    """The lines of a page, and whether a picture lies on it. A page that is damaged has none."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        page = pdf[number]
    except pypdfium2.PdfiumError:
        return [], False
    try:
        width, height = page.get_size()
        text_page = page.get_textpage()
        try:
            lines = without_note_marks(list(_lines(text_page, width, height, number)))
        finally:
            text_page.close()
        has_picture = len("".join(line.text for line in lines)) < FEW and any(
            raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page, i)) in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_PATH)
            for i in range(min(200, raw.FPDFPage_CountObjects(page)))
        )
        return lines, has_picture
    except pypdfium2.PdfiumError:
        return [], False
    finally:
        page.close()


def _lines(text_page: Any, width: float, height: float, number: int) -> Iterator[Line]:
    """Runs of characters as pdfium sets them in lines, parted where a gap is as wide as between columns."""
    from pypdfium2 import raw

    n_chars = max(0, text_page.count_chars())
    codes = _codes(text_page, n_chars)
    box = [ctypes.c_double() for _ in range(4)]
    references = [ctypes.byref(value) for value in box]

    def edges(i: int) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of a character, in points."""
        raw.FPDFText_GetCharBox(text_page, i, *references)
        return box[0].value, box[1].value, box[2].value, box[3].value

    def baseline(i: int) -> float:
        raw.FPDFText_GetCharOrigin(text_page, i, *references[:2])
        return box[1].value

    row = 0
    for start, end in _drawn_lines(codes):
        words = list(_runs(codes, {32, 160}, start, end))
        if not words:
            continue
        row += 1
        if holds_rtl("".join(map(_char, codes[start:end]))):
            yield from _rtl_lines(text_page, codes, start, end, number, row, width, height)
            continue
        # Of the longest words: a bullet or a name of code is often set in another size.
        longest = sorted(words, key=lambda word: word[0] - word[1])[:5]
        size = max(median(raw.FPDFText_GetFontSize(text_page, first) for first, _ in longest), 1.0)
        boxes = [(edges(first), edges(last - 1)) for first, last in words]
        heights = [max(a[3] - a[2], b[3] - b[2]) for a, b in boxes]
        scale = max(*heights, size * 0.5) if size < 2 else size
        gaps = [b[0][0] - a[1][1] for a, b in pairwise(boxes)]
        justified = len(gaps) > 1 and min(gaps) > 0 and max(gaps) < EVEN * min(gaps)
        pieces: list[list[int]] = [[0]]
        for i, gap in enumerate(gaps, start=1):
            (pieces.append([i]) if gap > WIDE_GAP * scale and not justified else pieces[-1].append(i))
        for piece in pieces:
            text = " ".join(_word(text_page, codes, *words[i]) for i in piece)
            text = SYMBOL_BULLET.sub("•", text)
            all_edges = [edge for i in piece for edge in boxes[i]]
            yield Line(
                text=one_line(text.replace("\xad", "")) or "",
                left=min(e[0] for e in all_edges),
                right=max(e[1] for e in all_edges),
                bottom=baseline(words[piece[0]][0]),
                top=max(e[3] for e in all_edges),
                size=round(scale, 1),
                page=number,
                row=row,
                page_width=width,
                page_height=height,
                cells=1,
            )


def _rtl_lines(
    text_page: Any, codes: Sequence[int], start: int, end: int, number: int, row: int, width: float, height: float
) -> Iterator[Line]:
    """A drawn line that holds Arabic or Hebrew, by where its characters stand: pdfium's own order misplaces figures, brackets and foreign words."""
    from pypdfium2 import raw

    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    drawn: list[tuple[float, float, str]] = []  # left, right, characters
    last_x, heights = None, []
    for i in range(start, end):
        char = _char(codes[i])
        if char.isspace() or not char:
            continue
        raw.FPDFText_GetLooseCharBox(text_page, i, ctypes.byref(box))
        raw.FPDFText_GetCharOrigin(text_page, i, ctypes.byref(x), ctypes.byref(y))
        if drawn and unicodedata.combining(char):
            left, right, before = drawn.pop()
            drawn.append((left, right, before + char))
        elif drawn and x.value == last_x:  # one glyph for two letters, which pdfium gives backward
            left, right, before = drawn.pop()
            drawn.append((left, right, char + before))
        else:
            drawn.append((box.left, box.right, char))
            heights.append((y.value, box.top))
        last_x = x.value
    size = max(median(raw.FPDFText_GetFontSize(text_page, i) for i in range(start, end)), 1.0)
    drawn.sort(key=lambda each: each[0])
    pieces: list[list[tuple[float, float, str]]] = [[]]
    for i, each in enumerate(drawn):
        gap = each[0] - drawn[i - 1][1] if i else 0.0
        if gap > WIDE_GAP * size:
            pieces.append([])
        elif gap > WORD_GAP * size:
            pieces[-1].append((each[0], each[0], " "))
        pieces[-1].append(each)
    for piece in reversed(pieces):
        yield Line(
            text=one_line(from_drawn([chars for *_, chars in piece]).replace("\xad", "")) or "",
            left=piece[0][0],
            right=piece[-1][1],
            bottom=median(bottom for bottom, _ in heights),
            top=max(top for _, top in heights),
            size=round(size, 1),
            page=number,
            row=row,
            page_width=width,
            page_height=height,
        )


def _word(text_page: Any, codes: Sequence[int], start: int, end: int) -> str:
    """A word's text; a small figure set above the line behind its letters as one that is raised: `km²`, `crowns¹`."""
    from pypdfium2 import raw

    first = end
    while first > start and 48 <= codes[first - 1] < 58:
        first -= 1
    text = "".join(map(_char, codes[start:end]))
    if not (start < first < end) or end - first > 3 or chr(codes[first - 1]).isdecimal():
        return text
    sizes = [raw.FPDFText_GetFontSize(text_page, i) for i in (first - 1, first)]
    heights = [ctypes.c_double() for _ in range(4)]
    for i in (0, 1):
        raw.FPDFText_GetCharOrigin(text_page, first - 1 + i, ctypes.byref(heights[2 * i]), ctypes.byref(heights[2 * i + 1]))
    raised = sizes[1] < SMALLER * sizes[0] and heights[3].value > heights[1].value + 0.1 * sizes[0]
    return text[: first - end] + text[first - end :].translate(RAISED) if raised else text


def _codes(text_page: Any, n_chars: int) -> Sequence[int]:
    """The characters of a page as code points, by index."""
    from pypdfium2 import raw

    if not n_chars:
        return []
    units = (ctypes.c_ushort * (n_chars + 1))()
    # At once where each character is one unit: ten times as fast as asking for them one by one.
    if raw.FPDFText_GetText(text_page, 0, n_chars, units) == n_chars + 1 and not any(0xD800 <= unit < 0xE000 for unit in units):
        return units[:n_chars]
    return [raw.FPDFText_GetUnicode(text_page, i) for i in range(n_chars)]


def _drawn_lines(codes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Stretches that are one line each: a hyphen at a line's end takes the place of the end itself."""
    for start, end in _runs(codes, {10, 13}):
        first = start
        for i in range(start, end):
            if codes[i] in HYPHENS:
                yield first, i + 1
                first = i + 1
        if first < end:
            yield first, end


def _char(code: int) -> str:
    if code in HYPHENS:
        return "-"
    return chr(code) if code and not 0xD800 <= code < 0xE000 else ""


def _runs(codes: Sequence[int], separators: set[int], start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Half-open stretches of `codes[start:end]` without separators."""
    end = len(codes) if end is None else end
    first = start
    for i in range(start, end):
        if codes[i] in separators:
            if first < i:
                yield first, i
            first = i + 1
    if first < end:
        yield first, end
