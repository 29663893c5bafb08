"""The day a file was made is its date only where its text has none, and then it is said."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import pytest

from assistant.loading.dating import BY_NAMED_DAY, BY_PROPERTIES, dated, opening_date
from assistant.loading.metadata import Metadata
from assistant.loading.pdf import load_pdf
from assistant.loading.sheets import load_xlsx
from assistant.loading.word import load_docx
from tests.loading.makers import SENTENCES, docx, pdf

BODY = "The terminal has two berths. It was paid for by the port authority and by four towns."


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("Harbour report\n\n12 January 2025\n\n", "2025-01-12"),
        ("Harbour report\nPublished: January 12, 2025\n", "2025-01-12"),
        ("GDYNIA, 12 January 2025 — The terminal opened. ", "2025-01-12"),
        ("12 January 2025 - The terminal opened. ", "2025-01-12"),
        ("Port Gazette | 12 January 2025\n", "2025-01-12"),
        ("Port Gazette (2025-01-12)\n", "2025-01-12"),
        ("Gdynia, January 12, 2025.\n", "2025-01-12"),
        ("The terminal opened on 12 January 2025.\n", None),
        ("It was closed. The work ended in Gdynia, 12 January 2025\n", None),
        ("The terminal, which opened on 12 January 2025, has two halls.\n", None),
        ("Harbour report\n\nA study published 12 January 2025 says the terminal is full.\n", None),
        ("", None),
    ],
)
def test_a_date_that_a_text_opens_on(opening: str, expected: str | None) -> None:
    assert opening_date(opening + BODY) == expected


@pytest.mark.parametrize(
    ("opening", "made", "expected", "warnings"),
    [
        ("Gazette, 12 January 2025\n", "2026-11-22", "2025-01-12", ()),
        ("Gazette, 12 January 2025\n", None, "2025-01-12", ()),
        ("It opened on 12 January 2025.\n", "2026-11-22", "2025-01-12", (BY_NAMED_DAY.format("2025-01-12", "2026-11-22"),)),
        ("It opened on 12 January 2025.\n", "2025-01-14", "2025-01-14", (BY_PROPERTIES.format("2025-01-14"),)),
        ("It opens on 12 January 2025.\n", "2024-11-14", "2024-11-14", (BY_PROPERTIES.format("2024-11-14"),)),
        ("It opened on 6 August 1945.\n", "2024-11-14", "2024-11-14", (BY_PROPERTIES.format("2024-11-14"),)),
        ("", "2024-11-14", "2024-11-14", (BY_PROPERTIES.format("2024-11-14"),)),
        ("", None, None, ()),
    ],
)
def test_the_text_dates_a_file_before_its_properties_do(opening: str, made: str | None, expected: str | None, warnings: tuple[str, ...]) -> None:
    assert dated(Metadata("Harbour", published=made), opening + BODY) == (Metadata("Harbour", published=expected), warnings)


def test_the_rows_of_a_sheet_date_nothing() -> None:
    assert dated(Metadata(), "Date: 2025-01-12; Rate: 24%.", tells=False) == (Metadata(), ())


def test_a_pdf_that_was_made_today_is_dated_by_its_text() -> None:
    loaded = load_pdf(pdf((f"Harbour opens its fourth basin\n\n12 January 2025\n\n{BODY}",)))
    assert (loaded.metadata.published, loaded.warnings) == ("2025-01-12", ())
    undated = load_pdf(pdf((BODY,)))
    assert undated.warnings == (BY_PROPERTIES.format(undated.metadata.published),)


def test_a_word_document_and_a_workbook_say_that_their_properties_date_them() -> None:
    made = datetime(2026, 11, 22)
    assert load_docx(docx(("Gdynia, 12 January 2025", *SENTENCES), created=made)).metadata.published == "2025-01-12"
    loaded = load_docx(docx(SENTENCES, created=made))
    assert (loaded.metadata.published, loaded.warnings) == ("2026-11-22", (BY_PROPERTIES.format("2026-11-22"),))
    book = load_xlsx(workbook(made))
    assert (book.metadata.published, book.warnings) == ("2026-11-22", (BY_PROPERTIES.format("2026-11-22"),))


def workbook(made: datetime) -> bytes:
    from openpyxl import Workbook

    book: Any = Workbook()
    book.active.append(["Day", "Rate"])
    book.active.append(["2025-01-12", "24 percent"])
    book.properties.created = made
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
