"""Workbooks and tables: each row a line that can be read alone."""

from __future__ import annotations

import io
import re
import time
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from assistant.errors import SourceError
from assistant.loading.rows import row_line, table_lines
from assistant.loading.sheets import UNCOMPUTED, load_csv, load_xlsx
from tests.loading.bombs import replaced
from tests.loading.makers import saved, xlsx


def test_rows_stand_under_their_sheet_with_their_columns_names() -> None:
    sheets = {"Tariffs": [("Country", "Rate", "Since"), ("Japan", 0.24, date(2025, 4, 9)), (None, None, None), ("Norvia", 17, None)], "Notes": [("A note alone.",)]}
    assert load_xlsx(xlsx(sheets)).text == (
        "## Tariffs\n\nCountry: Japan; Rate: 0.24; Since: 2025-04-09.\nCountry: Norvia; Rate: 17.\n\n## Notes\n\nA note alone.\n"
    )


def test_cells_are_shown_as_a_reader_sees_them() -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["Name", "Share", "Paid", "At", "Sum"])
    sheet.append(["Norvia", 0.245, True, datetime(2025, 4, 9, 20, 30), 1234.0])
    sheet["B2"].number_format = "0.0%"
    assert load_xlsx(saved(book)).text == "## Sheet\n\nName: Norvia; Share: 24.5%; Paid: yes; At: 2025-04-09 20:30; Sum: 1234.\n"


def test_formulas_without_results_are_told() -> None:
    loaded = load_xlsx(xlsx({"Sums": [("Name", "Sum"), ("Norvia", "=1+1")]}))
    assert loaded.text == "## Sums\n\nName: Norvia.\n"
    assert loaded.warnings[:1] == ("Some formulas have no saved result and were not read; open it in a spreadsheet program and save it.",)


@pytest.mark.parametrize(("kind", "n_warnings"), [(b"", 1), (b' t="str"', 0)])
def test_a_formula_whose_result_is_the_empty_text_has_one(kind: bytes, n_warnings: int) -> None:
    data = xlsx({"Sums": [("Name", "Note"), ("Norvia", '=IF(1=2,"x","")')]})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    saved_sheet, n_cells = re.subn(rb'<c r="B2"[^>]*>(<f>.*?</f>)<v ?/?>(?:</v>)?</c>', rb'<c r="B2"' + kind + rb">\1<v></v></c>", sheet)
    assert n_cells == 1
    loaded = load_xlsx(replaced(data, "xl/worksheets/sheet1.xml", saved_sheet))
    assert loaded.text == "## Sums\n\nName: Norvia.\n"
    assert len([warning for warning in loaded.warnings if "formulas" in warning]) == n_warnings


def test_a_sheet_of_tags_that_never_close_is_searched_in_no_time() -> None:
    started = time.monotonic()
    assert UNCOMPUTED.search(b"<c " * 50_000) is None
    assert time.monotonic() - started < 20


def test_an_empty_workbook_is_an_error() -> None:
    with pytest.raises(SourceError, match="holds no values"):
        load_xlsx(xlsx({"Empty": []}))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"Country,Rate\nJapan,24%\n", "Country: Japan; Rate: 24%.\n"),
        (b"Country;Rate\nJapan;24,5\nNorvia;17,0\n", "Country: Japan; Rate: 24,5.\nCountry: Norvia; Rate: 17,0.\n"),
        (b"Country\tRate\nJapan\t24\n", "Country: Japan; Rate: 24.\n"),
        (b'Name,Said\n"Lee, Ann","We ""won""\nagain."\n', 'Name: Lee, Ann; Said: We "won" again.\n'),
        (b"1,2\n3,4\n", "1; 2.\n3; 4.\n"),
        (b"\xef\xbb\xbfName,City\nAnn,Paris\n", "Name: Ann; City: Paris.\n"),
        ("Name,City\nJos\u00e9,M\u00e1laga\n".encode("cp1252"), "Name: Jos\u00e9; City: M\u00e1laga.\n"),
        (b"just one line of words\n", "just one line of words.\n"),
        (b"a,b\n1\n1,2,3\n", "a: 1.\na: 1; b: 2; 3.\n"),
        (b"\n\n,,\n", ""),
    ],
)
def test_a_table_is_read_by_its_own_delimiter(data: bytes, expected: str) -> None:
    assert load_csv(data).text == expected


def test_a_quote_that_is_never_closed_loses_nothing() -> None:
    assert load_csv(b'Name,City\nAnn,"Paris\nBo,Rome\n').text == "Name: Ann; City: Paris Bo,Rome.\n"


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([["Name", "City"], ["Ann", "Paris"]], ["Name: Ann; City: Paris."]),
        ([["Ann", "Paris"]], ["Ann; Paris."]),
        ([["2023", "2024"], ["1", "2"]], ["2023; 2024.", "1; 2."]),
        ([["Total", ""], ["a", "b"]], ["Total.", "a; b."]),
        ([[None, None]], []),
        ([], []),
    ],
)
def test_a_first_row_names_columns_where_it_looks_like_it(rows: list[list[str | None]], lines: list[str]) -> None:
    assert list(table_lines(rows)) == lines


def test_a_row_ends_like_a_sentence_once() -> None:
    assert (row_line(["A"], ["It rose."]), row_line([], ["b"]), row_line(["A"], [""])) == ("A: It rose.", "b.", "")
