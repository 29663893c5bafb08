"""DOCX -> headings, paragraphs and tables in reading order. Owns python-docx.

In: the bytes of a Word document. Out: its text as a reader sees it: without deleted and hidden words, with inserted ones.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from assistant.errors import SourceError
from assistant.loading.archive import check_holds, local_name, parse_xml
from assistant.loading.dating import dated
from assistant.loading.loaded import Loaded, clean, joined, one_line
from assistant.loading.properties import core_metadata
from assistant.loading.rows import table_lines

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
UNREAD = frozenset(f"{W}{name}" for name in ("del", "moveFrom", "delText", "instrText", "pPr")) | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
HOLDERS = frozenset(("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "txbxContent"))


def load_docx(data: bytes) -> Loaded:
    """Read a Word document.

    Raises:
        SourceError: If it is damaged or holds no text.
    """
    check_holds(data, "word/document.xml")
    from docx import Document

    document = Document(io.BytesIO(data))
    levels = _heading_levels(document)
    blocks = list(_blocks(document.element.body, levels))
    notes = [f"{note}" for note in _notes(document)]
    text = joined([block for _, block in blocks] + notes)
    if not text:
        raise SourceError("the document holds no text; if it is pictures of pages, make a PDF of them with OCR first")
    heading = next((block.lstrip("# ") for level, block in blocks[:5] if level == 1), None)
    metadata, warnings = dated(core_metadata(document.core_properties, heading=heading), text)
    return Loaded(text, metadata, warnings=warnings)


def _heading_levels(document: Any) -> dict[str, int]:
    """Heading styles by id: `Heading 2` and what is based on it are 2, a title 1."""
    levels: dict[str, int] = {}
    for style in document.styles.element.iter(f"{W}style"):
        name = style.find(f"{W}name")
        match = re.fullmatch(r"(?i)heading ([1-9])", (name.get(f"{W}val") or "") if name is not None else "")
        identity = style.get(f"{W}styleId") or ""
        if match:
            levels[identity] = min(6, int(match[1]))
        elif name is not None and (name.get(f"{W}val") or "").lower() == "title":
            levels[identity] = 1
    return levels


def _blocks(root: Any, levels: dict[str, int]) -> Iterator[tuple[int, str]]:
    """Paragraphs (with the level of a heading, 0 for others) and tables, in order."""
    pending = list(reversed(root))
    while pending:
        element = pending.pop()
        name = local_name(element)
        if name == "p":
            yield from _paragraph(element, levels)
        elif name == "tbl":
            if lines := "\n".join(table_lines(_rows(element))):
                yield 0, lines
        elif name in HOLDERS:
            pending.extend(reversed(element))


def _paragraph(element: Any, levels: dict[str, int]) -> Iterator[tuple[int, str]]:
    text = _text(element)
    if not text:
        return
    style = element.find(f"{W}pPr/{W}pStyle")
    level = levels.get(style.get(f"{W}val") or "", 0) if style is not None else 0
    if level:
        yield level, f"{'#' * level} {one_line(text)}"
    else:
        yield 0, text


def _rows(table: Any) -> list[list[str]]:
    """Cells of a table as text; a cell that spans columns counts once, one merged with that above is empty."""
    rows = []
    for row in table.iterchildren(f"{W}tr"):
        cells = [cell for cell in row.iter(f"{W}tc") if next(cell.iterancestors(f"{W}tbl")) is table]
        texts = []
        for cell in cells:
            merged = cell.find(f"{W}tcPr/{W}vMerge")
            below = merged is not None and merged.get(f"{W}val") != "restart"
            texts.append("" if below else " ".join(filter(None, (_text(p) for p in cell.iter(f"{W}p")))))
            span = cell.find(f"{W}tcPr/{W}gridSpan")
            n_columns = span.get(f"{W}val") if span is not None else "1"
            texts += [""] * (min(int(n_columns), 100) - 1 if str(n_columns).isdecimal() else 0)
        rows.append(texts)
    return rows


def _text(paragraph: Any) -> str:
    """The words of a paragraph that are shown; those in text boxes too."""
    parts: list[str] = []
    pending: list[Any] = [paragraph]
    while pending:
        element = pending.pop()
        if isinstance(element, str):
            parts.append(element)
            continue
        if element.tag in UNREAD:
            continue
        name = local_name(element)
        if name == "r" and _is_hidden(element):
            continue
        if name == "t":
            parts.append(element.text or "")
        elif name in ("br", "cr"):
            parts.append("\n")
        elif name in ("tab", "ptab"):
            parts.append(" ")
        elif name == "noBreakHyphen":
            parts.append("-")
        elif name in ("txbxContent", "p") and element is not paragraph:
            parts.append("\n")
            pending.append("\n")
        pending.extend(reversed(element))
    lines = (one_line(line) for line in clean("".join(parts)).split("\n"))
    return "\n".join(line for line in lines if line)


def _is_hidden(run: Any) -> bool:
    mark = run.find(f"{W}rPr/{W}vanish")
    return mark is not None and mark.get(f"{W}val") not in ("0", "false", "off")


def _notes(document: Any) -> Iterator[str]:
    """Footnotes and endnotes, which python-docx does not know."""
    for relation in document.part.rels.values():
        if relation.is_external or not relation.reltype.endswith(("/footnotes", "/endnotes")):
            continue
        for note in parse_xml(relation.target_part.blob):
            if note.get(f"{W}type") in (None, "normal"):
                text = " ".join(filter(None, (_text(p) for p in note.iter(f"{W}p"))))
                if text:
                    yield text
