"""Thumbs-downs -> draft questions: what was asked and answered badly, for a person to say what would have been right.

In: the feedback file. Out: `Question`s marked `draft`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.evaluation.questions import Question
from assistant.jsonlines import lines_of

N_CANDIDATES = 5
"""Passages kept with a draft, to pick the evidence from."""


def from_feedback(path: Path) -> list[Question]:
    """Questions whose answer was thought bad, as asked; the evidence is for a person to pick from `candidates`.

    A question judged again counts as last judged; one whose verdict was taken back (`none`) is none of them.
    """
    try:
        lines = lines_of(path)
    except FileNotFoundError:
        return []
    latest: dict[str, dict[str, Any]] = {}
    for record in filter(None, map(_record, lines)):
        latest[record["answer"]["standalone_question"]] = record
    down = [record for record in latest.values() if record["verdict"] == "down"]
    return [_from_record(number, record) for number, record in enumerate(down, start=1)]


def _record(line: str) -> dict[str, Any] | None:
    """A line of the file; None for one that was cut off or is of another kind."""
    try:
        record = json.loads(line)
        known = isinstance(record["answer"]["standalone_question"], str) and isinstance(record["verdict"], str)
    except (ValueError, KeyError, TypeError):
        return None
    return record if known else None


def _from_record(number: int, record: dict[str, Any]) -> Question:
    answer = record["answer"]
    candidates = [{"source": hit["source"], "quote": hit["text"]} for hit in answer.get("hits", [])[:N_CANDIDATES]]
    note = "Say whether the sources answer it; name the answer; move the quote that shows it to evidence."
    return Question(
        id=f"feedback-{number}",
        question=answer["standalone_question"],
        tags=("feedback",),
        draft=True,
        extra={"answered": answer.get("text", ""), "candidates": candidates, "note": note},
    )
