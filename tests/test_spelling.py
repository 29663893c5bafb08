from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.spelling import Slip, Spelling, edits, mended
from tests.asking import assistant_in

TEXTS = ["The tariffs take effect in June, the trade representative said.", "A mayor started a garden; goods like tea were prohibited."]


def slips(question: str, texts: list[str] = TEXTS) -> list[Slip]:
    """Against a few texts, for a model that has one token for `garrison` and `prohibition` alone."""
    spelling = Spelling(
        frequency=lambda words: {word: sum(word in text.lower() for text in texts) for word in words},
        texts_with_prefix=lambda prefix: texts,
        count_tokens=lambda word: 1 if word in ("garrison", "prohibition") else 2,
    )
    return spelling.slips(question)


@pytest.mark.parametrize(
    ("question", "written", "meant"),
    [
        ("when do they take efect?", "efect", "effect"),
        ("who is the represenative", "represenative", "representative"),
        ("what of the tarrifs", "tarrifs", "tariffs"),
        ("what of the tairffs", "tairffs", "tariffs"),
        ("the gardden of the mayor", "gardden", "garden"),
    ],
)
def test_slip_is_found(question: str, written: str, meant: str) -> None:
    assert slips(question) == [Slip(written, meant)]
    assert mended(question, slips(question)) == question.replace(written, meant)


@pytest.mark.parametrize(
    "question",
    [
        "who is Starmer? and Effec?",  # names are left alone ...
        "who is starmer",  # ... and so are words of other letters
        "what about golds, and liken",  # other words, near as they are
        "the tarifs-free tea",  # part of a longer word
        "the garrison",  # a common word that no source has
        "the prohibition",
        "the teas",  # too short
        "",
    ],
)
def test_what_is_no_slip_stays(question: str) -> None:
    assert slips(question) == []


def test_no_word_is_taken_for_one_that_says_nothing() -> None:
    assert slips("when will they halve it", ["They have it."]) == []
    assert slips("when will they halve it", ["They have it, hale."]) == [Slip("halve", "hale")]


def test_of_words_equally_near_the_more_frequent_is_meant() -> None:
    texts = ["A storm of stones.", "A storme of stoned stoned birds."]
    assert slips("what of the stonee", texts) == [Slip("stonee", "stoned")]


@pytest.mark.parametrize(("a", "b", "n"), [("", "", 0), ("a", "", 1), ("abc", "abc", 0), ("abcd", "acbd", 1), ("abc", "cab", 2), ("abcdef", "uvwxyz", 6)])
def test_edits_are_counted_the_same_both_ways(a: str, b: str, n: int) -> None:
    assert edits(a, b) == edits(b, a) == n


def test_slip_is_mended_and_said(encoder: Any, tmp_path: Path) -> None:
    assistant = assistant_in(tmp_path, encoder, {"a.txt": "The harbour fund of Norvia holds $40 million, its treasurer said on Monday."})
    answer = assistant.ask("how much does the harbuor fund hold")
    assert (answer.standalone_question, answer.reworded) == ("how much does the harbour fund hold", False)
    follow_up = assistant.ask("and its tresurer?", history=["What does the harbour fund hold?"])
    assert (follow_up.reworded, follow_up.standalone_question != "and its treasurer?") == (True, True)
    assert answer.notices == ("No source has “harbuor”; it is read as “harbour”.",)
    assert "$40 million" in answer.text
    assert not assistant.ask("how much does the harbour fund hold").notices
