"""The five articles the project began with. They are under copyright: here they are only pointed at, by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.chunking import chunk, embedded_text
from assistant.cleaning import article_paragraphs
from assistant.encoder import OnnxEncoder
from assistant.loading import load
from assistant.loading.metadata import Metadata
from assistant.types import Document
from tests.fakes import ROOT

FOLDER = ROOT.parent / "shared" / "articles"
NAMES = ["000_86754414962d71b6", "001_58b0a9d0a139493d", "002_cad5dd1ce33d175b", "003_e4158c16bf0033a0", "004_1f9f02a8e8f58cc1"]

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the original articles are not in {FOLDER}")

ARTICLE_LINES = {
    "000": [2, 3, 4, *range(6, 13), *range(15, 26)],  # 14 is a subheading
    "001": [1, *range(5, 13)],  # 2 and 4 are the title, 13 to 18 repeat 7 to 12
    "002": [*range(1, 9)],
    "003": [8, 10, *range(14, 57, 2)],  # 1 and 5 are the title, 3 a date, 6 a button, 12 and 58 a sign-off
    "004": [6, *range(8, 35, 2)],  # 1 is the title, 3 the byline, 5 a caption without punctuation
}
"""Lines, from 1, that hold sentences of the article."""

CAPTION, CREDIT = 6, " AFP-Yonhap"
"""In 004: the line with the caption, and what ends it without being part of it."""

METADATA = {
    "000": Metadata(),
    "001": Metadata(title="Struggling Under Tariffs, South Korea Seeks Balance with U.S. Trade Talks"),
    "002": Metadata(),
    "003": Metadata(
        title='S. Korean, U.S. leaders signal interest in "win-win" "one-stop shopping" deal in phone call',
        publisher="Arirang News",
        author="Oh Soo-young",
        published="2025-04-09T20:00",
        url="https://www.arirang.com/news/view?id=282371",
    ),
    "004": Metadata(
        title="S. Korea prepares for high-stakes tariff talks with US",
        publisher="Aju Press",
        author="Kim Dong-young",
        published="2025-04-15T10:03",
    ),
}


def path_of(number: str) -> Path:
    return next(FOLDER / f"{name}.txt" for name in NAMES if name.startswith(number))


def document_of(number: str) -> Document:
    return load(path_of(number), path_of(number).name)


def article_lines(number: str) -> list[str]:
    lines = document_of(number).text.split("\n")
    wanted = {n: lines[n - 1].strip() for n in ARTICLE_LINES[number]}
    if number == "004":
        assert wanted[CAPTION].endswith(CREDIT)
        wanted[CAPTION] = wanted[CAPTION].removesuffix(CREDIT)
    return list(wanted.values())


each = pytest.mark.parametrize("number", sorted(ARTICLE_LINES))


@each
def test_text_is_what_open_reads(number: str) -> None:
    assert document_of(number).text == path_of(number).open(encoding="utf-8-sig").read()


@each
def test_metadata_is_what_the_article_states_and_no_more(number: str) -> None:
    d = document_of(number)
    assert Metadata(d.title, d.publisher, d.author, d.published, d.url) == METADATA[number]


@each
def test_paragraphs_are_the_lines_of_the_article(number: str) -> None:
    document = document_of(number)
    assert [document.text[start:end] for start, end in article_paragraphs(document)] == article_lines(number)


@each
def test_every_line_of_the_article_lies_in_one_passage_once_and_nothing_else_does(encoder: OnnxEncoder, number: str) -> None:
    passages = chunk(document_of(number), encoder)
    lines = [line.strip() for passage in passages for line in passage.text.split("\n") if line.strip()]
    assert lines == article_lines(number)
    assert len(set(lines)) == len(lines)


@each
def test_passages_slice_back_in_order_and_are_never_cut(encoder: OnnxEncoder, number: str) -> None:
    document, end = document_of(number), 0
    for passage in chunk(document, encoder):
        assert end <= passage.start < passage.end <= len(document.text)
        assert document.text[passage.start : passage.end] == passage.text
        assert encoder.count_tokens(embedded_text(document, passage, encoder)) + 2 <= encoder.max_tokens
        end = passage.end


@pytest.mark.parametrize(
    "furniture",
    [
        "Comments", "You must be logged in to add a comment.", "0 comments", "0 / 300", "Copyright ⓒ Aju Press All rights reserved.", "Close",
        "Are you sure you want to delete this comment?", "You can write comments after logging in.", "Do you want to log in?",
        "You have already participated.", "이미지 확대", "기사 이미지 확대 보기", "닫기", "Sentences Mode", "Published on:", "Posted :", "Updated :",
        "Oh Soo-young reports.", "Oh Soo-young, Arirang News, Sejong.", "https://www.arirang.com", "AFP-Yonhap", "Scott Bessent 2nd to right",
        "An economic expert at the helm", METADATA["001"].title, METADATA["003"].title, METADATA["004"].title,
    ],
)  # fmt: skip
def test_no_passage_holds_furniture(encoder: OnnxEncoder, furniture: str) -> None:
    documents = [document_of(number) for number in ARTICLE_LINES]
    assert any(furniture in document.text for document in documents)
    assert not [p.id for document in documents for p in chunk(document, encoder) if furniture in p.text]


def test_the_six_repeated_paragraphs_are_in_once_where_they_stand_first(encoder: OnnxEncoder) -> None:
    document = document_of("001")
    lines = document.text.split("\n")
    first, again = lines[6:12], lines[12:18]
    assert [line.strip() for line in again] == [line.strip() for line in first]
    passages = chunk(document, encoder)
    assert [sum(p.text.count(line.strip()) for p in passages) for line in first] == [1] * 6
    assert max(document.line_of(p.end) for p in passages) == 12
