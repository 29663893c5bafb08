"""The made-up library with its question set, and `assistant eval` on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from assistant.cli import parser
from assistant.evaluation import command
from tests.asking import NORVIA, AssistantWith, assistant_in
from tests.evaluation.sets import write_set

Eval = Callable[..., int]


class Ground(NamedTuple):
    """A library to evaluate, its question set, and where things go."""

    assistant: AssistantWith
    questions: Path
    folder: Path

    def eval(self, *arguments: str | Path, questions: Path | None = None) -> int:
        """Run `assistant eval` with these arguments; its exit status."""
        named = [questions or self.questions]
        parsed = parser().parse_args(["eval", *map(str, [*named, "--out", self.folder / "out", *arguments])])
        return command.run(parsed, self.assistant)


@pytest.fixture
def ground(tmp_path: Path, encoder) -> Ground:  # type: ignore[no-untyped-def]
    assistant = assistant_in(tmp_path, encoder, NORVIA, neighbours="exact")
    return Ground(assistant, write_set(tmp_path / "norvia.jsonl"), tmp_path)
