"""PPTX: slides as pages, with their notes and tables."""

from __future__ import annotations

import pptx as library
import pytest
from pptx.util import Inches

from assistant.errors import SourceError
from assistant.loading.slides import load_pptx, paged
from tests.loading.makers import SENTENCES, pptx, saved


def test_a_slide_is_a_page_with_its_notes() -> None:
    loaded = load_pptx(pptx((("One", (SENTENCES[0],), ""), ("Two", SENTENCES[1:], "Say it slowly."))))
    second = f"# Two\n\n{SENTENCES[1]}\n\n{SENTENCES[2]}\n\nSay it slowly.\n"
    assert loaded.text == f"# One\n\n{SENTENCES[0]}\n\n{second}"
    assert [loaded.text[start:][:5] for start in loaded.pages] == ["# One", "# Two"]
    assert loaded.metadata.title == "One"


def test_tables_and_groups_are_read() -> None:
    presentation = library.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    table = slide.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
    for i, text in enumerate(("Year", "Cost", "2023", "5 million")):
        table.cell(i // 2, i % 2).text = text
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = SENTENCES[0]
    presentation.slides.add_slide(presentation.slide_layouts[6])
    loaded = load_pptx(saved(presentation))
    assert (loaded.text, loaded.pages) == (f"Year: 2023; Cost: 5 million.\n\n{SENTENCES[0]}\n", (0, len(loaded.text)))


def test_slides_of_pictures_are_an_error() -> None:
    presentation = library.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    with pytest.raises(SourceError, match="only pictures"):
        load_pptx(saved(presentation))


def test_a_presentation_without_slides_is_an_error() -> None:
    with pytest.raises(SourceError, match="holds no text"):
        load_pptx(pptx(()))


def test_pages_start_where_their_text_does() -> None:
    assert paged(["a\n", "", "b\n"]) == ("a\n\nb\n", (0, 2, 3))
