"""Names of a question in small letters, as the passages write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.casing import as_written
from tests.asking import assistant_in, hit_of, report

PASSAGE = (
    "The board of Norvia's ferry line dismissed Sam Alder on Friday. Its chair, Ilse Varn-Holt, told the KLM news agency (Tessen) that the US had no part in it. "
    "“Fares rose,” the chair said. Fares had fallen before. Alder's lawyer said the board gave no reason, and that the Line Act holds for every line."
)


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("why was sam alder dismissed by norvia?", "why was Sam Alder dismissed by Norvia?"),
        ("who is ilse varn-holt", "who is Ilse Varn-Holt"),
        ("what does alder's lawyer say to klm in tessen", "what does Alder's lawyer say to KLM in Tessen"),
        ("what did the us do", "what did the US do"),
        ("tell us about the ferry", "tell us about the ferry"),
        ("did fares rise", "did fares rise"),
        ("what did the board say of the line act", "what did the board say of the line Act"),
        ("Why was sam alder dismissed", "Why was Sam Alder dismissed"),
        ("why was Sam Alder dismissed by norvia", "why was Sam Alder dismissed by norvia"),
        ("who is kim", "who is kim"),
        ("", ""),
    ],
)
def test_words_that_always_have_a_capital_get_it(question: str, written: str) -> None:
    assert as_written(question, [hit_of(PASSAGE)]) == written


def test_without_passages_nothing_is_known_of_names() -> None:
    assert as_written("why was sam alder dismissed", []) == "why was sam alder dismissed"


FILES = {
    "a.md": report("The board dismissed Sam Alder on Friday. It said that he had kept figures from it.", title="Ferry line"),
    "b.md": report("Ilse Varn, the chair, called the fares too high. She had called Sam Alder the day before.", title="Fares"),
}


def test_who_is_named_in_small_letters_is_whom_the_next_question_means(tmp_path: Path, encoder: Any) -> None:
    assistant = assistant_in(tmp_path, encoder, FILES)
    answer = assistant.ask("who dismissed him?", history=["when was sam alder dismissed?"])
    assert answer.standalone_question == "who dismissed Sam Alder?"
    assert answer.reworded


def test_small_letters_are_no_rewording_and_answered_alike(tmp_path: Path, encoder: Any) -> None:
    assistant = assistant_in(tmp_path, encoder, FILES)
    small, large = assistant.ask("what did ilse varn call the fares?"), assistant.ask("What did Ilse Varn call the fares?")
    assert [s.text for s in small.statements] == [s.text for s in large.statements] != []
    assert not small.reworded
