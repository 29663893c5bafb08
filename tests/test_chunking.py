"""Passages: where they are cut, and that nothing the encoder is given is ever cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.chunking import TARGET_TOKENS, TITLE_TOKENS, chunk, embedded_text
from assistant.cleaning import article_paragraphs
from assistant.encoder import OnnxEncoder
from assistant.loading import load
from assistant.types import Document, Passage
from tests.fakes import HashingEncoder
from tests.strategies import WORDS, file_texts

COUNTER = HashingEncoder()
SENTENCE = "The council met on Monday and spoke of the bridge. "  # 11 tokens for COUNTER


def document_of(text: str, title: str | None = None) -> Document:
    return Document("0" * 16, "a.txt", text, title=title)


def texts(passages: list[Passage]) -> list[str]:
    return [passage.text for passage in passages]


def assert_lawful(document: Document, passages: list[Passage], encoder: OnnxEncoder | HashingEncoder) -> None:
    end = 0
    for passage in passages:
        assert passage.document_id == document.id
        assert end <= passage.start < passage.end <= len(document.text)
        assert document.text[passage.start : passage.end] == passage.text == passage.text.strip()
        assert encoder.count_tokens(embedded_text(document, passage, encoder)) + 2 <= encoder.max_tokens
        end = passage.end


def assert_covers(document: Document, passages: list[Passage]) -> None:
    """Every character of the article's paragraphs that is no blank lies in a passage, and nothing else does."""
    inside = {i for p in passages for i in range(p.start, p.end) if not document.text[i].isspace()}
    article = {i for s, e in article_paragraphs(document) for i in range(s, e) if not document.text[i].isspace()}
    assert inside == article


@given(text=file_texts())
def test_passages_slice_back_lie_apart_in_order_and_are_never_cut(
    encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "law.txt"
    path.write_bytes(text.encode())
    document = load(path, "law.txt")
    passages = chunk(document, encoder)
    assert_lawful(document, passages, encoder)
    assert_covers(document, passages)


@pytest.mark.parametrize("script", sorted(WORDS))
@pytest.mark.parametrize("separator", ["", " ", "\x0c"])
def test_a_line_without_end_in_any_script_is_never_cut(encoder: OnnxEncoder, script: str, separator: str) -> None:
    document = document_of(separator.join(WORDS[script] * 60), title="A headline of some length for this text")
    passages = chunk(document, encoder)
    assert_lawful(document, passages, encoder)
    assert_covers(document, passages)


def test_korean_without_blanks_is_never_cut(encoder: OnnxEncoder) -> None:
    """A Hangul syllable is up to three tokens, so 111 characters without a blank can be 327."""
    document = document_of(("각" * 33 + ",") * 30)
    assert_lawful(document, chunk(document, encoder), encoder)


@example(title="관세 협상이 시작됐다 " * 10)
@example(title="x" * 500)
@given(title=st.text(max_size=200))
def test_a_title_takes_at_most_its_share(encoder: OnnxEncoder, title: str) -> None:
    document = document_of(SENTENCE, title)
    passage = Passage(document.id, 0, 5, SENTENCE[:5])
    *head, tail = embedded_text(document, passage, encoder).split("\n")
    assert tail == SENTENCE[:5]
    assert encoder.count_tokens(" ".join(head)) <= TITLE_TOKENS
    assert " ".join(title.split()).startswith("\n".join(head))


def test_neighbouring_paragraphs_are_joined_up_to_the_target() -> None:
    paragraph = (SENTENCE * 3).strip()  # 33 tokens: three make 99, four 132
    text = "\n\n".join(f"{paragraph} {n}." for n in range(7))
    assert [p.text.count("\n\n") for p in chunk(document_of(text), COUNTER)] == [2, 2, 0]
    assert [p.text.count("\n\n") for p in chunk(document_of(text), COUNTER, target_tokens=1)] == [0] * 7


def test_passages_are_not_joined_over_what_was_left_out() -> None:
    text = "One sentence stands here.\n\nComments\n\nAnother sentence stands here."
    assert texts(chunk(document_of(text), COUNTER)) == ["One sentence stands here.", "Another sentence stands here."]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = (SENTENCE * 50).strip()
    assert [p.text.count("bridge.") for p in chunk(document_of(text), COUNTER)] == [20, 20, 10]  # 222 / 11 = 20
    assert {p.text[-1] for p in chunk(document_of(text), COUNTER)} == {"."}


def test_a_long_sentence_is_cut_between_words() -> None:
    text = " ".join(f"word{n}" for n in range(500))
    passages = chunk(document_of(text), COUNTER)
    assert " ".join(texts(passages)) == text
    assert [len(p.text.split()) for p in passages] == [222, 222, 56]


def test_an_article_within_the_target_is_one_passage() -> None:
    text = "First paragraph, in full.\n\nSecond paragraph, in full.\n"
    assert chunk(document_of(text), COUNTER) == [Passage("0" * 16, 0, len(text) - 1, text[:-1])]
    assert TARGET_TOKENS == 120


def test_text_without_article_has_no_passage() -> None:
    assert chunk(document_of("Comments\n\nClose\n"), COUNTER) == []


def test_title_stands_before_the_passage() -> None:
    passage = Passage("0" * 16, 0, 4, "Text")
    assert embedded_text(document_of("Text", "A  title\tof words"), passage, COUNTER) == "A title of words\nText"
    assert embedded_text(document_of("Text"), passage, COUNTER) == "Text"
    assert embedded_text(document_of("Text", " ".join("abcdefgh" * 5)), passage, COUNTER) == (
        " ".join("abcdefgh" * 4) + "\nText"
    )
