"""XLSX, CSV and TSV -> rows that can be read alone: `Country: Japan; Rate: 24%.` Owns openpyxl.

In: the bytes of a workbook or a table. Out: one line a row, under the sheet's name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from assistant.errors import SourceError
from assistant.loading.archive import open_archive
from assistant.loading.dating import dated
from assistant.loading.encoding import decode_any
from assistant.loading.loaded import Loaded, clean, joined
from assistant.loading.properties import office_metadata
from assistant.loading.rows import table_lines

UNCOMPUTED = re.compile(rb"""<c\b(?![^<>]*\st=["']str["'])[^<>]*>\s*<f\b[^<]*</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>""")
"""A cell with a formula and no result; one of text (`t="str"`) may have the empty text for its result."""
MAX_ROWS = 200_000
DELIMITERS = ",;\t|"


def load_xlsx(data: bytes) -> Loaded:
    """Read a workbook, its formulas as the results last saved.

    Raises:
        SourceError: If it is damaged or holds nothing.
    """
    with open_archive(data) as archive:
        archive.getinfo("xl/workbook.xml")
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        uncomputed = any(UNCOMPUTED.search(archive.read(name)) for name in sheets)
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    warnings = ["Some formulas have no saved result and were not read; open it in a spreadsheet program and save it."] if uncomputed else []
    blocks: list[str] = []
    n_rows = 0
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        lines: list[str] = []
        for line in table_lines(_rows(sheet)):
            lines.append(line)
            n_rows += 1
            if n_rows >= MAX_ROWS:
                warnings.append(f"Only its first {MAX_ROWS:,} rows were read.")
                break
        if lines:
            blocks += [f"## {sheet.title}", "\n".join(lines)]
        if n_rows >= MAX_ROWS:
            break
    if not blocks:
        raise SourceError("the workbook holds no values" + ("; save it in a spreadsheet program, so that formulas have results" if uncomputed else ""))
    properties = book.properties
    text = joined(blocks)
    metadata, told = dated(office_metadata(properties.title, properties.creator, properties.created), text, tells=False)
    return Loaded(text, metadata, warnings=(*warnings, *told))


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [_shown(cell.value, getattr(cell, "number_format", "")) for cell in row]


def _shown(value: Any, layout: str = "") -> str:
    """A cell much as it is shown: dates in ISO form, percentages as such, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, int | float) and "%" in layout:
        return f"{round(value * 100, 6):g}%"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(round(value, 10))
    return clean(str(value))


def load_csv(data: bytes) -> Loaded:
    """Read a table of values parted by commas, semicolons, tabs or bars.

    Raises:
        SourceError: If it is no text.
    """
    text, warning = decode_any(data)
    warnings = [warning] if warning else []
    text = clean(text)
    csv.field_size_limit(max(len(text), 1))
    lines: list[str] = []
    try:
        for line in table_lines(csv.reader(io.StringIO(text), delimiter=_delimiter(text), skipinitialspace=True)):
            lines.append(line)
            if len(lines) >= MAX_ROWS:
                warnings.append(f"Only its first {MAX_ROWS:,} rows were read.")
                break
    except csv.Error as exc:
        raise SourceError(f"it cannot be read as a table ({exc}); rename it to .txt to have it read as it stands") from exc
    return Loaded("\n".join(lines) + "\n" if lines else "", warnings=tuple(warnings))


def _delimiter(text: str) -> str:
    """The one that parts most lines of the head into the same number of cells."""
    head = [line for line in text[:20_000].split("\n")[:30] if line.strip()]
    best, most = ",", 0.0
    for delimiter in DELIMITERS:
        counts = [row.count(delimiter) for row in head]
        usual = max(set(counts), key=lambda n: (counts.count(n), n), default=0)
        score = counts.count(usual) / len(counts) + min(usual, 50) / 1000 if usual and counts else 0.0
        if score > most:
            best, most = delimiter, score
    return best
