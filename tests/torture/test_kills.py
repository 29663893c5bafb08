"""SIGKILL at any moment of adding, updating, removing, editing and syncing: what was acknowledged stays, what was removed stays away.

`make torture` kills 200 times at 10,000 passages, `make test` 8 times in a small library. A library goes from kill to kill, so that
what one kill leaves behind meets the next. KILLS sets how many each kind gets with `make torture`,
FIRST_KILL with which of them it begins, where they are run in pieces.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from assistant.library import Library
from assistant.types import Document
from tests.fakes import HashingEncoder, library_in
from tests.torture.consistency import check_consistent, check_mirrors, embedded_texts
from tests.torture.operations import OPERATIONS, State, kept_texts, work

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's"),
]

N_KILLS = int(os.environ.get("KILLS", "40"))
FIRST_KILL = int(os.environ.get("FIRST_KILL", "0"))
N_STORIES = 2_500
WINDOW_S = 3.0
"""A kill comes this long after the work began at the latest: time for a few steps at 10,000 passages."""
SAMPLE = {"add": 2, "update": 1, "remove": 2, "edit": 1, "sync": 2}
SAMPLE_STORIES = 60
SAMPLE_WINDOW_S = 0.8

Made = Callable[[int, Path], Path]


class Series:
    """A library, what it must hold by what was acknowledged, and what the kills met."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = self.open()
        self.held = held_by(self.library)
        self.taken_out: dict[str, set[str]] = {}
        self.met: Counter[str] = Counter()

    def open(self) -> Library:
        """As a process that comes new to it; `read_now` and `encoder` say what it has read and embedded."""
        self.encoder = HashingEncoder()
        self.read_now: list[str] = []
        library = library_in(self.folder, encoder=self.encoder)
        read = library.read

        def counted(path: Path, source: str) -> Document:
            self.read_now.append(source)
            return read(path, source)

        library.read = counted  # type: ignore[method-assign]
        return library

    def kill(self, processes: ForkServerContext, kind: str, seed: str, after_s: float) -> None:
        """Let a process work, kill it, and see what it left and what mends it."""
        acknowledged, unfinished = killed(processes, kind, self.folder, seed, after_s)
        for states in acknowledged:
            for source, state in states.items():
                if state is None and kind == "remove":  # what a person deletes in the folder is not kept
                    self.taken_out.setdefault(source, set()).add(self.held[source][0])
            self.held = {source: state for source, state in {**self.held, **states}.items() if state}
        touched = {source for states in [*acknowledged, unfinished] for source in states}
        self.met.update(acknowledged=len(acknowledged), unfinished=bool(unfinished))
        self.library = self.open()
        check_consistent(self.library)
        found = self.check_held(unfinished)
        self.met.update(half_done=bool(unfinished) and 0 < sum(found.get(s) == state for s, state in unfinished.items()) < len(unfinished))
        self.met.update(chroma_behind=self.library.store.generation != self.library.catalog.generation)
        self.mend(touched, unfinished)
        self.held = self.check_held(unfinished)
        self.library.catalog.close()

    def check_held(self, unfinished: dict[str, State]) -> dict[str, tuple[str, str]]:
        """The index holds what was acknowledged; what was being done is as it was or as it was to be, and lost in no case."""
        found = held_by(self.library)
        for source in found.keys() | self.held.keys() | unfinished.keys():
            allowed = [self.held.get(source), *([unfinished[source]] if source in unfinished else [])]
            assert found.get(source) in allowed, source
        kept = kept_texts(self.library)
        for source, texts in self.taken_out.items():
            path = self.library.path_of(source)  # brought back, be it that the index does not have it yet
            there = {path.read_text()} if path.exists() else set()
            assert texts <= kept.get(source, set()) | there, f"{source} was removed and is nowhere"
        return found

    def mend(self, touched: set[str], unfinished: dict[str, State]) -> None:
        """The next sync does the rest; it reads only what was touched and embeds only what was not finished."""
        look, before = self.library.look(), self.generations()
        assert set(look.suspects) - set(look.unsure) <= touched
        self.library.sync()
        assert set(self.read_now) <= set(look.suspects)
        documents = [self.library.catalog.document_by_source(source) for source in unfinished]
        assert set(self.encoder.encoded) <= {text for document in documents if document for text in embedded_texts(document)}
        if self.generations() != before:
            check_consistent(self.library)
        check_mirrors(self.library)

    def generations(self) -> tuple[int, int]:
        """What was looked at once need not be again while these stay."""
        return self.library.catalog.generation, self.library.store.generation


def held_by(library: Library) -> dict[str, tuple[str, str]]:
    """By source, text and title of what the index holds."""
    found = {}
    for summary in library.catalog.documents():
        document = library.catalog.document(summary.id)
        assert document is not None
        assert document.title is not None
        found[document.source] = (document.text, document.title)
    return found


def killed(
    processes: ForkServerContext, kind: str, folder: Path, seed: str, after_s: float
) -> tuple[list[dict[str, State]], dict[str, State]]:
    """What a process acknowledged before it was killed, step by step, and the step that it was at."""
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=work, args=(kind, folder, seed, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.poll(120), "the process did not begin"
        assert ours.recv() == ("begin",)
        time.sleep(after_s)
    finally:
        process.kill()
        process.join(60)
    assert process.exitcode == -signal.SIGKILL
    acknowledged: list[dict[str, State]] = []
    unfinished: dict[str, State] = {}
    for word, *said in _rest(ours):
        assert word != "error", said[0]
        if word == "will":
            unfinished = said[0]
        else:
            acknowledged.append(unfinished)
            unfinished = {}
    return acknowledged, unfinished


def _rest(pipe: Any) -> list[tuple[Any, ...]]:
    """What was said and not yet heard."""
    told = []
    while True:
        try:
            told.append(pipe.recv())
        except (EOFError, OSError):
            return told


def run(processes: ForkServerContext, folder: Path, kind: str, n_kills: int, window_s: float, *, first: int = 0) -> Counter[str]:
    """Kill again and again in one library; what the kills met."""
    series = Series(folder)
    for turn in range(first, first + n_kills):
        after_s = random.Random(f"{kind} {turn}").uniform(0, window_s)
        try:
            series.kill(processes, kind, str(turn), after_s)
        except AssertionError as exc:
            exc.add_note(f"{kind}, kill {turn}, after {after_s:.3f} s, in {folder}")
            raise
        print(f"{kind}: kill {turn + 1}, after {after_s:.2f} s; {dict(series.met)}", flush=True)
    return series.met


def test_killed_at_any_moment_a_small_library_loses_nothing(tmp_path: Path, processes: ForkServerContext, made: Made) -> None:
    met: Counter[str] = Counter()
    for kind, n_kills in SAMPLE.items():
        met += run(processes, made(SAMPLE_STORIES, tmp_path / kind), kind, n_kills, SAMPLE_WINDOW_S)
    assert met["unfinished"] > 0, met


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", OPERATIONS)
def test_killed_at_any_moment_a_library_of_ten_thousand_passages_loses_nothing(
    tmp_path: Path, processes: ForkServerContext, made: Made, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    met = run(processes, made(N_STORIES, tmp_path), kind, N_KILLS, WINDOW_S, first=FIRST_KILL)
    with capsys.disabled():
        print(
            f"\n{kind}: {N_KILLS} kills at {4 * N_STORIES} passages, {met['acknowledged']} steps acknowledged; {met['unfinished']} kills "
            f"within a step, {met['half_done']} found it half done, {met['chroma_behind']} found Chroma behind; {time.monotonic() - started:.0f} s"
        )
    assert met["unfinished"] + met["chroma_behind"] > N_KILLS / 2, met  # most came within a step, or between catalog and Chroma
