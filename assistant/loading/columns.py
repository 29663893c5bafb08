"""Lines where they lie on a page -> lines in the order in which they are read: what spans the page, then each column.

In: the lines of a page with their boxes, as they were drawn. Out: the same, pieces of one row joined, each with the column it stands in.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

MIN_COLUMN_LINES = 4
STOPS = frozenset(",.;:!?)")


class Line(NamedTuple):
    """A run of words on one line.

    Attributes:
        left, right, bottom, top: In points, from the page's lower left; `bottom` is what the letters stand on.
        row: Numbers the line as it was drawn.
        cells: Pieces that wide gaps part it into.
        column: Left and right edge of the column that it stands in.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    page: int
    row: int
    page_width: float
    page_height: float
    cells: int = 1
    column: tuple[float, float] = (0.0, 0.0)


def in_order(page: Sequence[Line]) -> list[Line]:
    """Lines in reading order: as drawn, unless the page is set in columns; pieces of one row are one line again elsewhere."""
    ordered: list[Line] = []
    for band in _bands(list(page)):
        column = (min(line.left for line in band), max(line.right for line in band)) if band else (0.0, 0.0)
        ordered += [line._replace(column=column) for line in band]
    return ordered


def _bands(lines: list[Line], depth: int = 0) -> list[list[Line]]:
    """Groups of lines to be read one after the other: what spans the page, then each column."""
    gutter = _gutter(lines) if depth < 4 else None
    if gutter is None:
        return [_rows(lines)]
    bands: list[list[Line]] = []
    left: list[Line] = []
    right: list[Line] = []

    def close() -> None:
        for column in (left, right):
            if column:
                bands.extend(_bands(list(column), depth + 1))
                column.clear()

    for line in sorted(lines, key=lambda line: (-round(line.bottom), line.left)):
        if line.left < gutter < line.right:
            close()
            bands.append([line])
        else:
            (left if line.right <= gutter else right).append(line)
    close()
    return _merged(bands)


def _merged(bands: list[list[Line]]) -> list[list[Line]]:
    """Single lines that follow one another, as one band."""
    merged: list[list[Line]] = []
    for band in bands:
        if merged and len(band) == 1 and len(merged[-1]) >= 1 and band[0].row - merged[-1][-1].row == 1:
            merged[-1].extend(band)
        else:
            merged.append(list(band))
    return merged


def _gutter(lines: Sequence[Line]) -> float | None:
    """Where a blank strip parts prose on its left from prose on its right; None where the lines are one column."""
    if len(lines) < 2 * MIN_COLUMN_LINES:
        return None
    low, high = min(line.left for line in lines), max(line.right for line in lines)
    best: tuple[int, float] | None = None
    candidates = sorted({round(line.left - 2) for line in lines if low + 0.2 * (high - low) < line.left < low + 0.8 * (high - low)})
    for x in candidates:
        left = [line for line in lines if line.right <= x]
        right = [line for line in lines if line.left >= x]
        crossing = len(lines) - len(left) - len(right)
        if min(len(left), len(right)) < MIN_COLUMN_LINES or crossing > 0.4 * len(lines):
            continue
        if not (_is_prose(left, x - low) and _is_prose(right, high - x) and _side_by_side(left, right)):
            continue
        if best is None or crossing < best[0]:
            best = (crossing, float(x))
    return best[1] if best else None


def _is_prose(lines: Sequence[Line], width: float) -> bool:
    """Whether lines fill their column with words, as cells of a table do not."""
    return (median(line.right - line.left for line in lines) > 0.45 * width and median(len(line.text.split()) for line in lines) >= 3) or (
        median(line.right - line.left for line in lines) > 0.6 * width and median(len(line.text) for line in lines) >= 12
    )


def _side_by_side(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Whether the two stand beside each other for most of the shorter one's height."""
    top, bottom = min(max(x.top for x in left), max(x.top for x in right)), max(min(x.bottom for x in left), min(x.bottom for x in right))
    shorter = min(max(x.top for x in side) - min(x.bottom for x in side) for side in (left, right))
    return top - bottom > 0.5 * shorter


def _rows(lines: Sequence[Line]) -> list[Line]:
    """Pieces of one drawn row as one line again, and pieces on one height as one row: a table's cells read across."""
    rows: list[Line] = []
    for line in lines:
        if rows and (rows[-1].row == line.row or _same_row(rows[-1], line)):
            last = rows[-1]
            apart = "" if line.text[:1] in STOPS and line.left - last.right < line.size else " "
            rows[-1] = last._replace(
                text=f"{last.text}{apart}{line.text}",
                left=min(last.left, line.left),
                right=max(last.right, line.right),
                bottom=min(last.bottom, line.bottom),
                top=max(last.top, line.top),
                cells=last.cells + line.cells,
            )
        else:
            rows.append(line)
    return rows


def _same_row(a: Line, b: Line) -> bool:
    return abs(a.bottom - b.bottom) < 0.2 * a.size and b.left >= a.right - 1 and a.size == b.size
