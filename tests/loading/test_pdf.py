"""PDF: pages, reading order, lines rejoined, running heads left out; and the reasons why there is no text."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from assistant.errors import SourceError
from assistant.loading.metadata import Metadata
from assistant.loading.pdf import load_pdf
from tests.loading.makers import SENTENCES, canvas_pdf, pdf, scanned_pdf

PARAGRAPHS = "\n\n".join(" ".join([sentence] * 3) for sentence in SENTENCES)
LEFT = ("The mayor opened the new bridge on", "Monday in front of four hundred", "people who had come from all over", "the county to see the first tram pass",
        "over the river after two years of re-", "pairs that had cost twelve million.")  # fmt: skip
RIGHT = ("In other news the ferry company said", "it would raise its fares by a tenth in", "January. Passengers were not amused",
         "and wrote to the ministry, which had", "no comment on the matter so far and", "referred to the regulator instead.")  # fmt: skip


def reason(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        load_pdf(data)
    return str(caught.value)


def drawn(*lines: tuple[float, float, str], size: float = 11, font: str = "Times-Roman") -> bytes:
    """A page with lines at (x, y)."""

    def draw(canvas: Any) -> None:
        canvas.setFont(font, size)
        for x, y, text in lines:
            canvas.drawString(x, y, text)
        canvas.showPage()

    return canvas_pdf(draw)


def test_lines_are_rejoined_into_the_paragraphs_that_were_set() -> None:
    assert load_pdf(pdf((PARAGRAPHS,))).text == PARAGRAPHS + "\n"


def test_a_raised_figure_is_part_of_no_word_and_the_number_of_a_note_is_left_out() -> None:
    def draw(canvas: Any) -> None:
        at = canvas.beginText(72, 700)
        for text, size, rise in (("The quay covers 12 km", 11, 0), ("2", 6, 4), (" and cost 5 million", 11, 0), ("1", 6, 4), (", the port said.", 11, 0)):
            at.setFont("Times-Roman", size)
            at.setRise(rise)
            at.textOut(text)
        canvas.drawText(at)
        canvas.setFont("Times-Roman", 8)
        canvas.drawString(72, 100, "1 As audited in March.")

    assert load_pdf(canvas_pdf(draw)).text == "The quay covers 12 km² and cost 5 million, the port said.\n\n1 As audited in March.\n"


def test_pages_are_where_they_start() -> None:
    loaded = load_pdf(pdf(SENTENCES))
    assert loaded.text == "\n\n".join(SENTENCES) + "\n"
    assert [loaded.text[start:].split("\n")[0] for start in loaded.pages] == list(SENTENCES)


def test_a_sentence_that_runs_over_the_page_is_whole() -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(72, 700, "The fund grew by a third because the ferries ran")
        canvas.showPage()
        canvas.drawString(72, 700, "on batteries and cost much less than expected.")
        canvas.showPage()

    loaded = load_pdf(canvas_pdf(draw))
    assert loaded.text == "The fund grew by a third because the ferries ran on batteries and cost much less than expected.\n"
    assert loaded.pages == (0, loaded.text.index("on batteries"))


@pytest.mark.parametrize("by_column", [True, False])
def test_columns_are_read_one_after_the_other_however_they_were_drawn(by_column: bool) -> None:
    left = [(72, 700 - 14 * i, text) for i, text in enumerate(LEFT)]
    right = [(320, 700 - 14 * i, text) for i, text in enumerate(RIGHT)]
    lines = left + right if by_column else [line for pair in zip(left, right, strict=True) for line in pair]
    assert load_pdf(drawn(*lines)).text == (
        "The mayor opened the new bridge on Monday in front of four hundred people who had come from all over the county to see the first tram "
        "pass over the river after two years of repairs that had cost twelve million.\n\n"
        "In other news the ferry company said it would raise its fares by a tenth in January. Passengers were not amused and wrote to the "
        "ministry, which had no comment on the matter so far and referred to the regulator instead.\n"
    )


def test_a_headline_over_two_columns_comes_first() -> None:
    head = (72, 740, "A headline that is as wide as both of the columns under it, and then some more words")
    left = [(72, 700 - 14 * i, text) for i, text in enumerate(LEFT)]
    right = [(320, 700 - 14 * i, text) for i, text in enumerate(RIGHT)]
    assert [paragraph[:12] for paragraph in load_pdf(drawn(*right, *left, head)).text.split("\n\n")] == ["A headline t", "The mayor op", "In other new"]


def test_a_set_document_of_two_columns_is_read_in_order() -> None:
    page = "\n\n".join(f"Number {n}. {SENTENCES[n % 3]}" for n in range(60))
    assert load_pdf(pdf((page,), columns=2, head="The Norvia Review")).text == page + "\n"


def test_a_table_is_read_across() -> None:
    cells = [(72 + 180 * column, 700 - 14 * row, text) for row, texts in enumerate((("Year", "Cost", "City"), ("2023", "5 million", "Paris"), ("2024", "7 million", "Rome"))) for column, text in enumerate(texts)]
    assert load_pdf(drawn(*cells)).text.split("\n\n") == ["Year Cost City", "2023 5 million Paris", "2024 7 million Rome\n"]


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [f"{sentence} It stands on its own page, and the page is not full." for sentence in SENTENCES * 2]
    assert load_pdf(pdf(pages, head="Annual report of the harbour fund")).text == "\n\n".join(pages) + "\n"


def test_a_line_that_does_not_recur_is_kept() -> None:
    assert load_pdf(drawn((72, 820, "Norvia, 3 May"), (72, 700, SENTENCES[0]), (72, 20, "See also the annex."))).text == (
        f"Norvia, 3 May\n\n{SENTENCES[0]}\n\nSee also the annex.\n"
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("The tele-", "communications tower."), "The telecommunications tower."),
        (("A well-known poet and a well-", "known singer."), "A well-known poet and a well-known singer."),
        (("Talks with South-", "Korea went on."), "Talks with South-Korea went on."),
        (("It cost 5-", "7 million crowns."), "It cost 5- 7 million crowns."),
    ],
)
def test_hyphens_at_line_ends(lines: tuple[str, str], expected: str) -> None:
    assert load_pdf(drawn(*((72, 700 - 13 * i, line) for i, line in enumerate(lines)))).text == expected + "\n"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"title": "Harbour report", "author": "Ann Lee"}, ("Harbour report", "Ann Lee")),
        ({"title": "Microsoft Word - report_final.doc", "author": "admin"}, (None, None)),
        ({"title": "untitled", "author": "(anonymous)"}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_metadata_is_what_a_person_gave(stated: dict[str, str], expected: tuple[str | None, str | None]) -> None:
    metadata = load_pdf(pdf(**stated)).metadata
    assert (metadata.title, metadata.author) == expected
    assert metadata.published is not None  # the day on which it was made, as the file says


def test_a_headline_in_large_letters_is_the_title() -> None:
    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica-Bold", 22)
        canvas.drawString(72, 760, "The harbour grows")
        canvas.setFont("Times-Roman", 11)
        for i in range(10):
            canvas.drawString(72, 720 - 13 * i, SENTENCES[i % 3])

    assert load_pdf(canvas_pdf(draw)).metadata.title == "The harbour grows"


def test_other_scripts_come_out_as_they_went_in() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    pdfmetrics.registerFont(UnicodeCIDFont("HYSMyeongJo-Medium"))
    assert load_pdf(drawn((72, 700, "日本の首相は月曜日に"), (72, 684, "話し合う予定である。"), font="HeiseiMin-W3")).text == "日本の首相は月曜日に話し合う予定である。\n"
    assert load_pdf(drawn((72, 700, "한국 정부는 월요일"), font="HYSMyeongJo-Medium")).text == "한국 정부는 월요일\n"


def test_three_hundred_pages_are_read_in_seconds() -> None:
    words = random.Random("pages")

    def draw(canvas: Any) -> None:
        for page in range(300):
            canvas.setFont("Times-Roman", 11)
            canvas.drawString(300, 20, str(page + 1))
            for i in range(40):
                canvas.drawString(72, 760 - 15 * i, " ".join(words.choices("harbour fund tariff minister bridge river ferry".split(), k=12)) + ".")
            canvas.showPage()

    data = canvas_pdf(draw)
    started = time.process_time()
    loaded = load_pdf(data)
    assert time.process_time() - started < 8
    assert len(loaded.pages) == 300
    assert list(loaded.pages) == sorted(loaded.pages)
    assert not any(line.strip().isdecimal() for line in loaded.text.split("\n"))


def test_a_scan_says_so_and_what_to_do() -> None:
    assert reason(scanned_pdf(2)) == (
        "the PDF is a scan: none of its 2 pages has text that can be read, only pictures. Run OCR first, for example: ocrmypdf IN.pdf OUT.pdf"
    )
    assert reason(scanned_pdf(1)).startswith("the PDF is a scan: its page has no text that can be read, only pictures.")


def test_pages_without_text_among_others_are_told() -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(72, 700, SENTENCES[0])
        canvas.showPage()
        canvas.rect(0, 0, 500, 500, fill=1)
        canvas.showPage()

    assert load_pdf(canvas_pdf(draw)).warnings[:1] == (
        "1 page has no text that can be read (of 2): scanned or pictures. OCR, for example ocrmypdf, would make them readable.",
    )


def test_an_encrypted_pdf_says_so() -> None:
    assert reason(pdf(password="secret")) == "the PDF is encrypted; open it with its password, save it without one and try again"


def test_a_damaged_pdf_says_so() -> None:
    assert reason(b"%PDF-1.7 nothing more") == "the PDF is damaged and cannot be read; open it in a reader and save or print it anew"


def test_nothing_stated_is_none() -> None:
    assert load_pdf(drawn((72, 700, "One line."))).metadata._replace(published=None) == Metadata()
