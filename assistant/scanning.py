"""What a look at the sources folder finds, and what a scan of it came to: the words between the library and those who ask it.

In: files and what was known of them. Out: frozen reports; and a tally that a scan keeps as it goes, telling how far it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.folder import Failure
from assistant.records import FileState

Progress = Callable[[int, int, str], None]
"""Bytes done, bytes in all, and the source at hand. A long document counts as its passages are embedded."""


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan found: sources by what became of them, in order.

    Attributes:
        warnings: Of those that were read now, and of links and sidecars that were passed over.
        skipped: Addresses of pages that were not fetched, and why.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    failed: tuple[Failure, ...] = ()
    warnings: tuple[Failure, ...] = ()
    skipped: tuple[Failure, ...] = ()

    @property
    def n_changes(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)

    def __add__(self, other: ScanReport) -> ScanReport:
        """Both at once, as one command reports what it did in two steps."""
        return ScanReport(
            tuple(sorted({*self.added, *other.added})),
            tuple(sorted({*self.changed, *other.changed})),
            tuple(sorted({*self.removed, *other.removed})),
            self.unchanged + other.unchanged,
            tuple(sorted({*self.failed, *other.failed})),
            tuple(sorted({*self.warnings, *other.warnings})),
            (*self.skipped, *other.skipped),
        )


@dataclass(frozen=True, slots=True)
class Look:
    """Names, sizes and times compared with the catalog's; nothing was read.

    Attributes:
        files: Every file of the folder with its size and modification time.
        suspects: Sources that are new or may have changed.
        gone: Sources that are no longer there.
        failed: Sources that could not be read and have not changed since.
        unsure: Those suspects that only their hash can tell from what is indexed: they were looked at just after being written.
        passed_over: Links that lead nowhere or out of the folder, and sidecars of nothing.
        known: What the catalog had of each file before the folder was looked at; what moved on since is another writer's doing.
    """

    files: dict[str, os.stat_result]
    suspects: tuple[str, ...]
    gone: tuple[str, ...]
    failed: tuple[Failure, ...]
    unsure: tuple[str, ...] = ()
    passed_over: tuple[Failure, ...] = ()
    known: dict[str, FileState] = field(default_factory=dict)

    @property
    def n_changes(self) -> int:
        return len(self.suspects) - len(self.unsure) + len(self.gone)


class Tally:
    """What a scan has done so far."""

    def __init__(self, n_bytes: int, progress: Progress | None) -> None:
        self.added: list[str] = []
        self.changed: list[str] = []
        self.failed: list[Failure] = []
        self.warnings: list[Failure] = []
        self._n_bytes, self._progress = n_bytes, progress
        self._done = self._told = 0

    def under_way(self, source: str, n_bytes: int) -> None:
        """So many bytes of the files at hand, which are not stored yet."""
        self._tell(self._done + n_bytes, source)

    def done(self, source: str, n_bytes: int) -> None:
        self._done += n_bytes
        self._tell(self._done, source)

    def _tell(self, done: int, source: str) -> None:
        self._told = min(max(self._told, done), self._n_bytes)  # never backward, also where several files were under way
        if self._progress:
            self._progress(self._told, self._n_bytes, source)
