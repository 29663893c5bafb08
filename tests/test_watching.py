"""The folder is followed by itself: changes come in, troubles are told, questions do not wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.assistant import Assistant
from assistant.errors import LibraryError
from assistant.freshness import BEING_READ
from assistant.settings import Settings
from assistant.watching import Watcher
from tests.fakes import write

WAIT_S = 20.0
"""Generous: the machine may be busy. On an idle one a change is in the index after 0.3 s."""


def wait_for(fact: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not fact():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path, encoder: Any) -> Assistant:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "one.txt").write_text("The ferry to Norvia leaves at nine.")
    assistant = Assistant(Settings(sources=sources, data=tmp_path / "data"))
    assistant._loaded = encoder
    assistant.library.open()
    assistant.sync()
    return assistant


@pytest.fixture
def watch(folder: Assistant) -> Iterator[Callable[..., Watcher]]:
    started: list[Watcher] = []

    def start(**options: Any) -> Watcher:
        started.append(Watcher(folder, **options).start())
        return started[-1]

    yield start
    assert [each.stop(timeout_s=WAIT_S) for each in started] == [True] * len(started)


def sources_of(assistant: Assistant) -> list[str]:
    return [document.source for document in assistant.documents()]


def test_new_changed_and_removed_files_are_noticed(folder: Assistant, watch: Callable[..., Watcher]) -> None:
    watcher = watch(every_s=600.0)  # so that only what the system tells can be the reason
    root = folder.settings.sources
    time.sleep(0.5)  # the system is asked in another thread
    (root / "deep").mkdir()
    (root / "two.txt").write_text("The harbour was dredged in May.")
    wait_for(lambda: sources_of(folder) == ["one.txt", "two.txt"])
    (root / "two.txt").write_text("The harbour was dredged again in June.")
    wait_for(lambda: [d.text for d in map(folder.document, (s.id for s in folder.documents())) if d and "June" in d.text])
    (root / "one.txt").unlink()
    wait_for(lambda: sources_of(folder) == ["two.txt"])
    wait_for(lambda: watcher.watched.report is not None and watcher.watched.report.removed == ("one.txt",))
    assert (watcher.watched.total, watcher.watched.trouble) == (None, None)


def test_folder_that_tells_nothing_is_looked_at(
    folder: Assistant, watch: Callable[..., Watcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    import watchfiles

    def refuse(*paths: object, **options: object) -> Iterator[object]:
        raise OSError("no more watches")

    monkeypatch.setattr(watchfiles, "watch", refuse)
    watch(every_s=0.1)
    (folder.settings.sources / "two.txt").write_text("The harbour was dredged in May.")
    wait_for(lambda: sources_of(folder) == ["one.txt", "two.txt"])


def test_many_changes_are_read_behind_a_question(folder: Assistant, watch: Callable[..., Watcher]) -> None:
    watch(watching=False)
    for n in range(30):
        (folder.settings.sources / f"note-{n}.txt").write_text(f"Note {n} is about the harbour of Norvia.")
    with folder.turn:  # what is in the background cannot have begun yet
        answer = folder.ask("When does the ferry to Norvia leave?")
    assert answer.notices == (f"The index is behind the folder (30 files have changed){BEING_READ}",)
    assert answer.stale
    wait_for(lambda: len(sources_of(folder)) == 31)
    folder.freshness.look_again()
    assert folder.ask("When does the ferry to Norvia leave?").notices == ()


def test_without_a_watcher_the_command_is_told(folder: Assistant) -> None:
    for n in range(30):
        (folder.settings.sources / f"note-{n}.txt").write_text(f"Note {n} is about the harbour of Norvia.")
    assert folder.ask("When does the ferry leave?").notices == ("The index is behind the folder (30 files have changed). Run: assistant sync",)


def test_not_watching_waits_to_be_asked(folder: Assistant, watch: Callable[..., Watcher]) -> None:
    watcher = watch(watching=False, every_s=0.05)
    (folder.settings.sources / "two.txt").write_text("The harbour was dredged in May.")
    time.sleep(0.4)
    assert sources_of(folder) == ["one.txt"]
    watcher.catch_up()
    wait_for(lambda: sources_of(folder) == ["one.txt", "two.txt"])


def test_vector_store_follows_what_others_brought_in(folder: Assistant, watch: Callable[..., Watcher], monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[float] = []

    def refuse(**options: object) -> int:
        tried.append(time.monotonic())
        raise LibraryError("The disk is full.")

    one = (folder.settings.sources / "one.txt").read_text()
    write(folder.settings.sources, {"one.txt": one, "two.txt": "The harbour was dredged in May."})  # an hour ago, so that one look is enough
    assert folder.ask("When was the harbour dredged?").citations[0].source == "two.txt"
    assert not folder.library.is_mirrored  # a question does not wait for that
    with monkeypatch.context() as patched:
        patched.setattr(folder.library, "mirror", refuse)
        watcher = watch(every_s=0.05)
        wait_for(lambda: len(tried) >= 3)
        assert watcher.watched.trouble == "The disk is full."
    assert tried[2] - tried[1] > 0.09  # the same is tried again after 0.05, 0.1, 0.2 s
    wait_for(lambda: folder.library.is_mirrored and watcher.watched.trouble is None)
    assert (watcher.watched.n_reports, folder.library.store.difference(folder.library.catalog)) == (0, (0, 0))


def test_emptied_folder_is_told_and_dropped_only_when_meant(folder: Assistant, watch: Callable[..., Watcher]) -> None:
    watcher = watch(every_s=0.1)
    root = folder.settings.sources
    (root / "one.txt").rename(root.parent / "one.txt")
    wait_for(lambda: watcher.watched.trouble)
    assert watcher.watched.vanished
    assert watcher.watched.trouble == f"The sources folder '{root}' is empty, but the index holds 1 documents."
    assert sources_of(folder) == ["one.txt"]
    (root.parent / "one.txt").rename(root / "one.txt")
    wait_for(lambda: watcher.watched.trouble is None)
    (root / "one.txt").unlink()
    wait_for(lambda: watcher.watched.trouble)
    watcher.catch_up(allow_empty=True)
    wait_for(lambda: sources_of(folder) == [])
    wait_for(lambda: watcher.watched.trouble is None)


def test_missing_folder_is_told_until_it_is_back(folder: Assistant, watch: Callable[..., Watcher]) -> None:
    watcher = watch(every_s=0.1)
    root = folder.settings.sources
    root.rename(root.with_name("unmounted"))
    wait_for(lambda: watcher.watched.trouble)
    assert "cannot be read" in str(watcher.watched.trouble)
    assert not watcher.watched.vanished
    root.with_name("unmounted").rename(root)
    wait_for(lambda: watcher.watched.trouble is None)
    assert sources_of(folder) == ["one.txt"]


def test_what_cannot_be_read_is_not_read_over_and_over(
    folder: Assistant, watch: Callable[..., Watcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    read = folder.library.read

    def counted(path: Path, source: str) -> Any:
        reads.append(source)
        return read(path, source)

    monkeypatch.setattr(folder.library, "read", counted)
    (folder.settings.sources / "bad.txt").write_bytes(b"\x00\xff\x00")
    watcher = watch(every_s=0.05)
    wait_for(lambda: watcher.watched.report)
    time.sleep(0.5)
    assert 1 <= reads.count("bad.txt") <= 6  # ten looks and more were taken meanwhile; it is tried after 0.1, 0.2, 0.4 s
