"""What is loaded when first needed is loaded once, whichever threads ask for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import pytest

from assistant import answering
from assistant.answering import Answering
from assistant.assistant import Assistant
from assistant.once import once
from assistant.settings import Settings

PROPERTIES = {
    "reader", "judge", "_neighbours", "retriever", "furniture", "corrections", "answerer", "model", "scorer", "_remembering", "_spelling", "_offline",
}  # fmt: skip


def assistant_of(folder: Path) -> Assistant:
    """One that has loaded nothing."""
    return Assistant(Settings(sources=folder / "sources", data=folder / ".assistant"))


def side_by_side(asked: Sequence[Callable[[], object]]) -> list[object]:
    """What each gives, called at the same moment in a thread of its own."""
    begin = threading.Barrier(len(asked))

    def ask(one: Callable[[], object]) -> object:
        begin.wait(60)
        return one()

    with ThreadPoolExecutor(len(asked)) as threads:
        return list(threads.map(ask, asked))


def test_reader_that_threads_need_at_once_is_loaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: object, **given: object) -> object:
        loaded.append(object())
        time.sleep(0.1)
        return loaded[-1]

    loaded: list[object] = []
    monkeypatch.setattr(answering, "open_reader", slow)
    assistant = assistant_of(tmp_path)
    assert side_by_side([lambda: assistant.reader] * 4) == loaded * 4
    assert len(loaded) == 1


def test_two_assistants_load_without_waiting_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2)
    monkeypatch.setattr(answering, "open_reader", lambda *args, **given: both.wait(60))
    assistants = [assistant_of(tmp_path / name) for name in ("one", "other")]
    assert sorted(side_by_side([lambda a=a: a.reader for a in assistants])) == [0, 1]  # type: ignore[misc,type-var]


def test_everything_that_is_loaded_is_loaded_so() -> None:
    assert {name for name, value in vars(Answering).items() if isinstance(value, once)} == PROPERTIES
    assert not [name for kind in (Answering, Assistant) for name, value in vars(kind).items() if isinstance(value, cached_property)]
