"""ODT, ODS and ODP -> headings, paragraphs and tables in reading order; a slide is a page.

In: the bytes of an OpenDocument file. Out: its text, with title, author and date from its properties.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zipfile import ZipFile

from assistant.errors import SourceError
from assistant.loading.archive import local_name, open_archive, parse_xml
from assistant.loading.dating import dated
from assistant.loading.loaded import Loaded, clean, joined, one_line
from assistant.loading.metadata import Metadata
from assistant.loading.properties import office_metadata
from assistant.loading.rows import table_lines
from assistant.loading.slides import paged

UNREAD = frozenset(("tracked-changes", "annotation", "forms", "note-citation", "sequence-decls", "variable-decls", "scripts", "settings"))
PARAGRAPHS = frozenset(("p", "h"))
MAX_REPEATS = 100
"""Cells and rows that stand for many: spreadsheets pad rows with thousands of empty ones."""


def load_opendocument(data: bytes) -> Loaded:
    """Read a text, a spreadsheet or a presentation.

    Raises:
        SourceError: If it is damaged, encrypted or without text.
    """
    with open_archive(data) as archive:
        if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise SourceError("it is encrypted; open it with its password, save it without one and try again")
        if "content.xml" not in archive.namelist():
            raise SourceError("it is damaged: its content is missing")
        root = parse_xml(archive.read("content.xml"))
        _drop_hidden(root)
        metadata = _properties(archive)
    body = next((e for e in root.iter() if local_name(e) == "body"), root)
    slides = [e for e in body.iter() if local_name(e) == "page"]
    starts: tuple[int, ...] = ()
    if slides:
        text, starts = paged([joined(_blocks(slide)) for slide in slides])
    else:
        text = joined(_blocks(body))
    if not text.strip():
        raise SourceError("the document holds no text")
    if metadata.title is None and text.startswith("# "):
        metadata = metadata._replace(title=text[2:].partition("\n")[0])
    is_sheet = any(local_name(e) == "spreadsheet" for e in body)
    metadata, warnings = dated(metadata, text, tells=not is_sheet)
    return Loaded(text, metadata, starts, warnings)


def _drop_hidden(root: Any) -> None:
    """Take out the words whose style hides them; what follows them stays."""
    hidden = {
        _stated(style, "name")
        for style in root.iter()
        if local_name(style) == "style" and any(_stated(each, "display") == "none" for each in style if local_name(each) == "text-properties")
    }
    for element in [e for e in root.iter() if local_name(e) in ("span", "p", "h") and _stated(e, "style-name") in hidden] if hidden else []:
        for child in list(element):
            element.remove(child)
        element.text = None


def _stated(element: Any, name: str) -> str | None:
    """An attribute by its name without a namespace."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), None)


def _blocks(root: Any) -> Iterator[str]:
    """Headings, paragraphs, list items and tables below an element, in order."""
    pending: list[Any] = list(reversed(root))
    while pending:
        element = pending.pop()
        name = local_name(element)
        if name in UNREAD or not name:
            continue
        if name in ("p", "h"):
            text = _text(element)
            if text and name == "p" and _is_slide_title(element):
                yield f"# {one_line(text)}"
            elif text and name == "h":
                level = _stated(element, "outline-level") or "1"
                text = one_line(text) or ""
                yield f"{'#' * (min(int(level), 6) if level.isdecimal() and level != '0' else 1)} {text}"
            elif text:
                yield text
        elif name == "table":
            sheet = _stated(element, "name")
            lines = "\n".join(table_lines(_rows(element)))
            if lines:
                if sheet and local_name(element.getparent()) == "spreadsheet":
                    yield f"## {one_line(sheet)}"
                yield lines
        else:
            pending.extend(reversed(element))


def _is_slide_title(paragraph: Any) -> bool:
    """Whether a paragraph is the first of the frame that a slide's layout calls its title."""
    box = paragraph.getparent()
    frame = box.getparent() if box is not None else None
    return frame is not None and local_name(frame) == "frame" and _stated(frame, "class") == "title" and paragraph.getprevious() is None


def _rows(table: Any) -> Iterator[list[str]]:
    for row in _below(table, frozenset(("table-row",))):
        cells: list[str] = []
        for cell in row:
            if local_name(cell) not in ("table-cell", "covered-table-cell"):
                continue
            text = " ".join(filter(None, (_text(p) for p in _below(cell, PARAGRAPHS))))
            cells += [text] * min(_repeats(cell, "number-columns-repeated"), MAX_REPEATS)
        while cells and not cells[-1]:
            cells.pop()
        for _ in range(min(_repeats(row, "number-rows-repeated"), MAX_REPEATS) if cells else 0):
            yield cells


def _below(element: Any, names: frozenset[str]) -> Iterator[Any]:
    """The elements of those names, in order, none within another; a row of a table in a cell is that cell's, not the table's around it."""
    pending = list(reversed(element))
    while pending:
        inner = pending.pop()
        name = local_name(inner)
        if name in names:
            yield inner
        elif name and name not in UNREAD:
            pending.extend(reversed(inner))


def _repeats(element: Any, name: str) -> int:
    value = _stated(element, name) or "1"
    return max(1, int(value)) if value.isdecimal() and len(value) < 9 else 1


def _text(element: Any) -> str:
    """The words of a paragraph, its footnotes after it."""
    parts: list[str] = []
    notes: list[str] = []
    pending: list[Any] = [element]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        name = local_name(item)
        if item is not element:
            pending.append((item.tail or "").replace("\n", " "))
        if item is not element and name in PARAGRAPHS:  # of a text box
            parts.append("\n")
            pending[-1] = "\n" + pending[-1]
        if name in UNREAD or not name:
            continue
        if name == "note":
            notes.append(" ".join(one_line("".join(p.itertext())) or "" for p in item.iter() if local_name(p) == "p"))
            continue
        if name == "line-break":
            parts.append("\n")
        elif name in ("s", "tab"):
            parts.append(" ")
        parts.append((item.text or "").replace("\n", " "))
        pending.extend(reversed(item))
    lines = (one_line(line) for line in clean("".join(parts)).split("\n"))
    return "\n".join(line for line in (*lines, *notes) if line)


def _properties(archive: ZipFile) -> Metadata:
    if "meta.xml" not in archive.namelist():
        return Metadata()
    stated: dict[str, str] = {}
    for element in parse_xml(archive.read("meta.xml")).iter():
        if element.text and element.text.strip():
            stated.setdefault(local_name(element), element.text.strip())
    author = stated.get("initial-creator") or stated.get("creator")
    return office_metadata(stated.get("title"), author, stated.get("creation-date"))
