"""The project's own question sets on its own sources: well formed, and the gate holds them to the baseline."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.encoder import OnnxEncoder
from assistant.evaluation.command import BASELINE, QUESTIONS
from assistant.evaluation.questions import load_questions
from tests.fakes import ROOT

SOURCES = ROOT / "sources"


def text_of(source: str) -> str | None:
    path = SOURCES / source
    return path.read_text(encoding="utf-8-sig") if path.is_file() else None


def test_the_sets_are_well_formed_and_many_sided() -> None:
    questions, problems = load_questions([ROOT / QUESTIONS], text_of=text_of)
    assert problems == []
    unanswerable = [question for question in questions if not question.answerable]
    tags = Counter(tag for question in questions for tag in question.tags)
    assert len(questions) >= 120
    assert len(unanswerable) >= 40
    assert 2 * sum("near" in question.tags for question in unanswerable) >= len(unanswerable)
    assert {"fact", "several", "conflict", "time", "paraphrase", "followup"} <= tags.keys()


@pytest.mark.skipif(not (ROOT / BASELINE).is_file(), reason="there is no baseline yet")
def test_answers_are_no_worse_than_the_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str], encoder: OnnxEncoder) -> None:
    recorded = json.loads((ROOT / BASELINE).read_text(encoding="utf-8"))["run"]["model"]["encoder"]
    if encoder.id != recorded:
        pytest.skip(f"the baseline is of {recorded}; this processor runs {encoder.id}")
    places = ["--sources", str(SOURCES), "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    status = main(["eval", str(ROOT / QUESTIONS), "--baseline", str(ROOT / BASELINE), *places])
    assert status == 0, capsys.readouterr().out
