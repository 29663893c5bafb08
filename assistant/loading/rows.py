"""Tables -> rows that can be read, retrieved and quoted alone: `Country: Japan; Rate: 24%.`

In: rows of cells. Out: one line a row, each cell with its column's name, so that a line means something without the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from assistant.loading.loaded import one_line

NUMBER = re.compile(r"[-+(]?[$€£¥₩]?\s?\d[\d.,\s]*\s?[%)]?|\d[\d:/. -]*")
ENDS = (".", "!", "?", "…", "。", "！", "？")


def row_line(header: Sequence[str], cells: Sequence[str]) -> str:
    """One row as a sentence; empty cells are left out, a cell without a column's name stands alone.

    >>> row_line(["Country", "", "Rate"], ["Japan", "Asia", "24%"])
    'Country: Japan; Asia; Rate: 24%.'
    """
    named = [*header, *[""] * (len(cells) - len(header))]
    parts = [f"{name.rstrip(':')}: {cell}" if name else cell for name, cell in zip(named, cells, strict=False) if cell]
    line = "; ".join(parts)
    return line if not line or line.endswith(ENDS) else f"{line}."


def table_lines(rows: Iterable[Sequence[str | None]], *, header: bool | None = None) -> Iterator[str]:
    """Each row of a table as one line.

    Args:
        rows: Cells as text; None or blank for an empty one.
        header: Whether the first row that is not empty names the columns; by default where it looks like it.
    """
    filled = (cells for row in rows if any(cells := [one_line(cell) or "" for cell in row]))
    first = next(filled, None)
    if first is None:
        return
    second = next(filled, None)
    if header is None:
        header = second is not None and _names_columns(first, second)
    names = first if header else []
    if not header:
        yield row_line([], first)
    if second is not None:
        yield row_line(names, second)
    for cells in filled:
        yield row_line(names, cells)


def _names_columns(first: Sequence[str], second: Sequence[str]) -> bool:
    """At least two cells, all of them short words that differ, none a figure; a list of pairs has none."""
    named = [cell for cell in first if cell]
    return (
        len(named) >= 2
        and len(set(named)) == len(named)
        and all(len(cell) <= 60 and not NUMBER.fullmatch(cell) for cell in named)
        and len(named) >= len([cell for cell in second if cell]) - 1
        and not any(cell.endswith((".", ":")) for cell in named)
    )
