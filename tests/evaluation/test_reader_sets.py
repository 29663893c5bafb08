"""The sets that the reader is trained on and measured with: what is reported was not trained on, and each line points where it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SETS = Path(__file__).resolve().parents[2] / "eval" / "reader"
TRAINED_ON = ("questions/train", "questions/quiz", "questions/typed", "questions/twins", "claims/train")
HELD_OUT = ("questions/dev", "questions/test", "claims/dev", "claims/test")
QUESTIONS = ("train", "quiz", "typed", "twins", "paragraphs", "dev", "test")


def lines_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SETS / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("held_out", HELD_OUT)
def test_no_article_that_is_reported_on_is_trained_on(held_out: str) -> None:
    trained = {line["article"] for name in TRAINED_ON for line in lines_of(name)}
    assert not trained & {line["article"] for line in lines_of(held_out)}


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_points_at_sentences_and_its_answer_stands_in_the_first(name: str) -> None:
    for line in lines_of(f"questions/{name}"):
        spans = line["sentences"]
        assert spans, line
        assert all(0 <= start < end for start, end in spans), line
        assert ("answer" in line) == (line["kind"] != "near"), line
        if "answer" in line:
            start, end = line["answer"]
            assert spans[0][0] <= start < end <= spans[0][1], line


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_is_asked_twice_of_one_text(name: str) -> None:
    asked = [(line.get("article") or line["paragraph"], line["question"]) for line in lines_of(f"questions/{name}")]
    assert len(set(asked)) == len(asked)
