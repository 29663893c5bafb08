"""Where sentences end, and where they only seem to."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sentences import MAX_QUOTATION_CHARS, sentences
from assistant.types import Span
from tests.strategies import anything, file_texts


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text, Span(0, len(text)))]


@given(text=file_texts() | anything, data=st.data())
def test_sentences_cover_their_span_in_order_without_overlap_or_outer_blanks(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    span = Span(start, data.draw(st.integers(start, len(text))))
    found = sentences(text, span)
    ends = [span.start]
    for sentence in found:
        assert ends[-1] <= sentence.start < sentence.end <= span.end
        piece = text[sentence.start : sentence.end]
        assert piece == piece.strip()
        assert not text[ends[-1] : sentence.start].strip()
        ends.append(sentence.end)
    assert not text[ends[-1] : span.end].strip()


@pytest.mark.parametrize(
    "parts",
    [
        ["One.", "Two!", "Three?", "Four…", "Five"],
        ["Mr. Lee met Dr. Kim in St. Paul on Jan. 5.", "They spoke."],
        ["The U.S. President spoke in the U.S. Senate.", "He left."],
        ["He flew to the U.S.", "The talks began."],
        ["It began at 9 a.m.", "The talks ended at 5 p.m. on Monday."],
        ["Acme Inc. sold it.", "It was bought by Acme Inc.", "The price rose."],
        ["It cost $4.5 billion.", "No. 5 was sold for 3.2 percent less."],
        ["J. R. Smith wrote e.g. novels.", "He lived there."],
        ['"We had them in. They left," Lee said.', '"It is over."', "She agreed."],
        ["“It will move. Fast,” he said.", "“So be it.”"],
        ["He asked, “Why?”", "Nobody knew."],
        ["Was it wise?", "“No.”", "(It was not.)", "[So they say.]"],
        ["谈判开始了。", "结果如何？", "「很好。」", "完"],
        ["**Bold end.**", "_Next one._", "Last."],
        ["Sie kam am 9. April 2025.", "Er ging am 31. Mai.", "Am 01. Oktober endet es."],
        ["It opened on 9. May 2025.", "It closed."],
        ["It grew by 9.", "May I go?", "It cost $9.", "April came.", "It was so in 2019.", "August was hot.", "It rose by 3.9.", "April was cool."],
        ["Wait... what happened?", "Nothing."],
        ["Really?!", "Yes."],
        ["example.org is a site.", "So is a.b.example."],
    ],
)
def test_cut_between_sentences_only(parts: list[str]) -> None:
    assert cut(" ".join(parts)) == parts


def test_a_quotation_of_several_sentences_keeps_its_speaker() -> None:
    text = '"We had them in last week. We have others in on Monday... More next week," Lee said.'
    assert cut(text) == [text]


def test_a_mark_that_is_never_closed_does_not_swallow_the_paragraph() -> None:
    assert cut('He said "yes. Then he left. Nobody saw him.') == ['He said "yes.', "Then he left.", "Nobody saw him."]


def test_a_speech_is_cut_like_other_text() -> None:
    speech = ["We will build it here."] * (MAX_QUOTATION_CHARS // 20)
    assert cut(f"“{' '.join(speech)}” That was all.")[1:-2] == speech[1:-1]


def test_offsets_are_those_of_the_text_not_of_the_span() -> None:
    text = "Before. One. Two. After."
    assert sentences(text, Span(8, 17)) == [Span(8, 12), Span(13, 17)]
    assert sentences(text, Span(7, 8)) == []
    assert sentences(text, Span(3, 3)) == []


def test_one_long_line_takes_no_longer_than_its_length() -> None:
    text = 'The whale weighs 150 tonnes. He said "no, Mr. Roe." ' * 20_000
    started = time.perf_counter()
    found = sentences(text, Span(0, len(text)))
    assert len(found) == 40_000
    assert time.perf_counter() - started < 20  # it was hours where each full stop looked at all the text before it
