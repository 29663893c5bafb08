"""What a person does with sources in the page reaches the vector store as well as the catalog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.assistant import Assistant
from assistant.errors import LibraryError
from assistant.settings import Settings
from assistant.web.desk import Desk
from tests.fakes import HashingEncoder, stories, story, write

NAME = "story-001.txt"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Three stories, mirrored."""
    assistant = Assistant(Settings(sources=tmp_path / "sources", data=tmp_path / "data"))
    write(tmp_path / "sources", stories([1, 2, 3]))
    assistant._loaded = HashingEncoder()  # type: ignore[assignment]
    assistant.library.open().sync()
    return Desk(assistant)


def test_each_change_is_mirrored(desk: Desk) -> None:
    library = desk.assistant.library

    def changed_by(change: Callable[[dict[str, Any]], Any], **request: Any) -> Any:
        generation = library.catalog.generation
        done = change(request)
        assert library.catalog.generation > generation
        assert library.is_mirrored
        assert library.store.difference(library.catalog) == (0, 0)
        return done

    changed_by(desk.edit, source=NAME, fields={"title": "The pier"})
    changed_by(desk.edit, source=NAME, clear=True)
    write(library.root, {NAME: story(4)})
    changed_by(desk.reread, source=NAME)
    kept = changed_by(desk.remove, source=NAME)
    changed_by(desk.restore, kept=kept)
    assert [document.source for document in library.catalog.documents()] == sorted(stories([1, 2, 3]))


def test_a_store_that_cannot_be_written_does_not_end_a_change(desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(**options: object) -> int:
        raise LibraryError("The disk is full.")

    monkeypatch.setattr(desk.assistant.library, "mirror", refuse)
    kept = desk.remove({"source": NAME})
    assert (kept, caplog.messages) == (NAME, ["The disk is full."])
    assert not desk.assistant.turn.locked()


def test_a_change_does_not_wait_for_who_has_the_turn(desk: Desk) -> None:
    with desk.assistant.turn:
        assert desk.remove({"source": NAME}) == NAME
    assert not desk.assistant.library.is_mirrored
