"""An assistant on the project's own articles whose model is a scripted server on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from assistant.types import Answer
from tests.asking import AssistantWith, assistant_in
from tests.dialects import DIALECTS, OPENAI
from tests.fakes import ROOT
from tests.model_server import ModelServer, Scripted, serving

pytest.importorskip("langchain_openai")

Opened = Callable[..., tuple[AssistantWith, ModelServer]]
LEADS = "Who leads the Korean delegation to Washington?"


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> Path:
    """A folder with the project's articles and their index."""
    folder = tmp_path_factory.mktemp("generation")
    shutil.copytree(ROOT / "sources", folder / "sources")
    assistant_in(folder, encoder)
    return folder


@pytest.fixture
def opened(indexed: Path, encoder: Any) -> Iterator[Opened]:
    """Opens assistants whose model says what is scripted; waiting between tries takes no time."""
    with ExitStack() as stack:

        def open_(*scripts: Scripted, **given: Any) -> tuple[AssistantWith, ModelServer]:
            settings = {"model": "openai:scripted", "model_timeout_s": 2, **given}
            server = stack.enter_context(serving(*scripts, dialect=DIALECTS.get(settings["model"].partition(":")[0], OPENAI)))
            settings.setdefault("model_url", server.url)
            return assistant_in(indexed, encoder, synced=False, **settings), server

        yield open_


def check_written(answer: Answer, folder: Path) -> None:
    """Assert what must hold of every answer a model wrote, against the files themselves."""
    for citation in answer.citations:
        text = (folder / citation.source).read_text(encoding="utf-8-sig")
        assert text[citation.start : citation.end] == citation.quote != ""
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert {n for s in answer.statements for n in s.citations} == {c.number for c in answer.citations}
    for statement in answer.statements:
        assert bool(statement.reasons) == (statement.support in ("partly", "unsupported"))
        assert statement.citations or statement.support in ("unsupported", "partly")
    assert bool(answer.statements) != bool(answer.abstained)
