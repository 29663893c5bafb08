"""DOCX: what a reader sees, in order, and what the file says about itself."""

from __future__ import annotations

import io
from datetime import datetime

import docx as library
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from assistant.errors import SourceError
from assistant.loading.metadata import Metadata
from assistant.loading.word import load_docx
from tests.loading.makers import SENTENCES, docx, saved, zipped


def text_with(xml: str) -> str:
    """The text of a document whose one paragraph holds `xml`."""
    document = library.Document()
    document.element.body.insert(0, parse_xml(f"<w:p {nsdecls('w')}><w:r><w:t xml:space='preserve'>Before </w:t></w:r>{xml}</w:p>"))
    return load_docx(saved(document)).text


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def test_headings_paragraphs_lists_and_tables_stand_in_reading_order() -> None:
    document = library.Document()
    document.add_heading("The harbour", level=0)
    document.add_paragraph(SENTENCES[0])
    table = document.add_table(rows=0, cols=2)
    for cells in (("Year", "Cost"), ("2023", "5 million"), ("2024", "7 million")):
        row = table.add_row().cells
        row[0].text, row[1].text = cells
    document.add_heading("Ferries", level=2)
    document.add_paragraph(SENTENCES[2], style="List Bullet")
    assert load_docx(saved(document)) == (
        f"# The harbour\n\n{SENTENCES[0]}\n\nYear: 2023; Cost: 5 million.\nYear: 2024; Cost: 7 million.\n\n## Ferries\n\n{SENTENCES[2]}\n",
        Metadata(title="The harbour"), (), (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (f"<w:ins w:id='1' w:author='a'>{run('put in')}</w:ins>", "Before put in\n"),
        ("<w:del w:id='1' w:author='a'><w:r><w:delText>taken out</w:delText></w:r></w:del>", "Before\n"),
        (run("hidden", "<w:vanish/>"), "Before\n"),
        (run("shown", "<w:vanish w:val='0'/>"), "Before shown\n"),
        (f"<w:hyperlink w:anchor='a'>{run('a link')}</w:hyperlink>", "Before a link\n"),
        ("<w:r><w:br/><w:t>next line</w:t></w:r>", "Before\nnext line\n"),
        ("<w:r><w:tab/><w:t>after a tab</w:t></w:r>", "Before after a tab\n"),
        ("<w:r><w:instrText>PAGE</w:instrText></w:r>", "Before\n"),
        (
            f"<w:r><w:pict><w:txbxContent><w:p>{run('The first')}{run(' line.')}</w:p><w:p>{run('The second.')}</w:p></w:txbxContent></w:pict></w:r>{run('After.')}",
            "Before\nThe first line.\nThe second.\nAfter.\n",
        ),
        (f"<w:sdt><w:sdtContent>{run('in a field')}</w:sdtContent></w:sdt>", "Before in a field\n"),
    ],
)
def test_words_are_those_that_are_shown(xml: str, expected: str) -> None:
    assert text_with(xml) == expected


@pytest.mark.parametrize("text", ["한국 정부는 우려를 표명했다.", "أعربت الحكومة عن قلقها.", "\N{GRINNING FACE} \N{MAN}\u200d\N{WOMAN} smile.", "e\u0301tude", "a" * 2_000_000])
def test_any_script_comes_out_as_it_went_in(text: str) -> None:
    assert load_docx(docx((text,))).text == text + "\n"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Metadata()),
        ({"title": "Report", "author": "Ann Lee", "created": datetime(2025, 4, 9, 20)}, Metadata("Report", None, "Ann Lee", "2025-04-09")),
        ({"title": "Microsoft Word Document", "author": "Microsoft Office User"}, Metadata()),
    ],
)
def test_metadata_is_what_a_person_gave(given: dict[str, object], expected: Metadata) -> None:
    assert load_docx(docx(**given)).metadata == expected  # type: ignore[arg-type]


def test_a_document_without_words_is_an_error() -> None:
    with pytest.raises(SourceError, match="holds no text"):
        load_docx(docx(()))


def test_another_archive_is_an_error() -> None:
    with pytest.raises((SourceError, KeyError)):
        load_docx(zipped({"a.txt": "a"}))
    with pytest.raises(SourceError, match="it is damaged"):
        load_docx(io.BytesIO(docx()).getvalue()[:2_000])
