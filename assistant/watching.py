"""Keeps the index equal to the folder while a server runs: in a thread, within two seconds of a change.

In: an assistant. Out: an index that follows, and a `Watched` that says what is at hand and what is wrong. Nothing here reads a
document; `Library.sync` does, with the same care as at the command.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import AssistantError, VanishedError
from assistant.scanning import Look, ScanReport

if TYPE_CHECKING:
    from assistant.assistant import Assistant

log = logging.getLogger(__name__)

EVERY_S = 2.0
"""The folder is looked at so often although nobody told of a change: network folders and full tables of watches tell nothing."""
SHARE = 50
"""Looking takes at most one part in so many of the time: of 10,000 files, 0.1 s, every 5 s."""
SETTLE_MS = 200
"""Changes that follow each other this closely are brought in together."""
LONGEST_PAUSE_S = 60.0
"""Changes that came to nothing (no room, no lock, a drive that is gone) are tried again after 2, 4, 8 ... s, at most this."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watcher is about.

    Attributes:
        done, total: Bytes, while something is read; None otherwise.
        what: The source that was read last.
        trouble: Why the index is behind; None if it is not.
        vanished: The trouble is that most files are gone; `catch_up(allow_empty=True)` drops them.
        report: What the last change came to.
        n_reports: Moves with each report.
    """

    done: int = 0
    total: int | None = None
    what: str = ""
    trouble: str | None = None
    vanished: bool = False
    report: ScanReport | None = None
    n_reports: int = 0


class Watcher:
    """One thread that brings changes in, and one that is told of them by the system."""

    def __init__(self, assistant: Assistant, *, watching: bool = True, every_s: float = EVERY_S) -> None:
        """With `watching=False` it works only when asked to."""
        self._assistant = assistant
        self._watching, self._every_s = watching, every_s
        self._watched = Watched()
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._asked: bool | None = None  # whether the next sync may empty the index; None: nobody asked
        self._tried: object = None
        self._pause_s, self._not_before, self._look_s = every_s, 0.0, 0.0
        self._thread = threading.Thread(target=self._work, name="assistant-watcher", daemon=True)

    @property
    def watched(self) -> Watched:
        return self._watched

    def start(self) -> Watcher:
        """Begin; from here on questions leave many changes to this thread."""
        self._assistant.freshness.in_background = self.catch_up
        self._thread.start()
        if self._watching:
            threading.Thread(target=self._listen, name="assistant-notifications", daemon=True).start()
        return self

    def stop(self, *, timeout_s: float = 1.0) -> bool:
        """End after the batch at hand; whether it did in that time. What was indexed stays, the next start does the rest."""
        self._stopped.set()
        self._wake.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def catch_up(self, *, allow_empty: bool = False) -> None:
        """Have the index brought up to date now, and what failed tried again; returns at once.

        Args:
            allow_empty: Drop from the index what is gone, though most files are.
        """
        self._asked = bool(self._asked) or allow_empty
        self._wake.set()

    def _listen(self) -> None:
        """Wake the other thread whenever the system tells of a change; where it cannot, looking now and then must do."""
        from watchfiles import watch

        settings = self._assistant.settings
        data = str(settings.data.resolve())
        try:
            changes = watch(
                settings.sources, debounce=SETTLE_MS, stop_event=self._stopped, raise_interrupt=False, ignore_permission_denied=True,
                rust_timeout=1_000, watch_filter=lambda _, path: not Path(path).name.startswith(".") and not path.startswith(data),
            )  # fmt: skip
            for _ in changes:
                self._wake.set()
        except Exception as exc:  # whatever the system has against it
            log.warning("The system does not tell of changes in %s (%s); it is looked at now and then.", settings.sources, exc)

    def _work(self) -> None:
        while not self._stopped.is_set():
            wait_s = max(self._every_s, SHARE * self._look_s) if self._watching else None
            self._wake.wait(wait_s)
            self._wake.clear()
            if self._stopped.is_set():
                return
            try:
                self._tick()
            except AssistantError as exc:
                self._watched = replace(
                    self._watched, total=None, vanished=isinstance(exc, VanishedError),
                    trouble=exc.found if isinstance(exc, VanishedError) else str(exc),
                )  # fmt: skip
            except Exception:
                log.exception("Bringing the index up to date failed")
                self._watched = replace(self._watched, total=None, trouble="The index could not be brought up to date. The log says why.")

    def _tick(self) -> None:
        """Look, and bring in what changed (the vector store too, where a question or a person did so), unless the same was just tried in vain."""
        asked, self._asked = self._asked, None
        library, started = self._assistant.library, time.monotonic()
        look = library.look()
        self._look_s = time.monotonic() - started
        changes = _changes(look) or (None if library.is_mirrored else library.catalog.generation)
        if asked is None:
            if not changes:
                self._tried = None
                self._watched = replace(self._watched, trouble=None, vanished=False)
                return
            if changes == self._tried and started < self._not_before:
                return
        again = changes == self._tried
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S) if again else self._every_s
        self._tried = changes
        try:
            self._sync(asked)
        finally:
            self._not_before = time.monotonic() + self._pause_s

    def _sync(self, asked: bool | None) -> None:
        with self._assistant.turn:
            report = self._assistant.sync(progress=self._progress, allow_empty=bool(asked), retry=asked is not None)
        told = report.n_changes or asked is not None or report.failed != (self._watched.report or ScanReport()).failed
        self._watched = Watched(report=report, n_reports=self._watched.n_reports + 1) if told else replace(
            self._watched, total=None, trouble=None, vanished=False
        )  # fmt: skip

    def _progress(self, done: int, total: int, source: str) -> None:
        self._watched = replace(self._watched, done=done, total=total, what=source)
        if self._stopped.is_set():
            raise _Stopped


class _Stopped(AssistantError):
    """The server ends; what is not read yet waits for the next start."""


def _changes(look: Look) -> frozenset[tuple[str, int, int]]:
    """What a look found changed, so that the same can be known again."""
    stats = ((source, look.files[source]) for source in look.suspects)
    return frozenset({*((s, stat.st_size, stat.st_mtime_ns) for s, stat in stats), *((source, -1, 0) for source in look.gone)})
