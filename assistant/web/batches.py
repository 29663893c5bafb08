"""What was handed over at once, file by file, and how far each is; a scan's report -> what became of one.

In: rows and their changes, reports of the library. Out: rows as the page shows them. Nothing here changes a source.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from assistant.scanning import ScanReport


class State(StrEnum):
    """How far a file or address is; the last eight are final."""

    SENDING = "sending"
    WAITING = "waiting"
    READING = "reading"
    ADDED = "added"
    CHANGED = "changed"
    THERE = "there"
    SKIPPED = "skipped"
    FAILED = "failed"
    TAKEN = "taken"
    UNPACKED = "unpacked"
    UNDONE = "undone"


UNDER_WAY = (State.SENDING, State.WAITING, State.READING)


@dataclass(frozen=True, slots=True)
class Row:
    """One file or address of a batch.

    Attributes:
        name: As it was handed over: a relative path, or a URL.
        reason: Why it was not added, or what a reader should know of how it was read.
        percent: How much of it is read and embedded, while it is READING; of the whole group where several are read at once.
        source: What it is in the library; None while it is not there.
        kept: Where the file that it replaced is kept.
    """

    name: str
    state: State
    reason: str = ""
    size: int = 0
    percent: int = 0
    token: str = ""
    source: str | None = None
    kept: Path | None = None


@dataclass(slots=True)
class Batch:
    """What was handed over at once, as it stands.

    Attributes:
        touched: When something of it last came in, by the monotonic clock.
        readers: The browser sessions that began it or saw it at work: to them it is shown until it is closed.
    """

    id: str
    rows: list[Row]
    working: str = ""
    touched: float = field(default_factory=time.monotonic)
    readers: set[str] = field(default_factory=set)

    @property
    def n_done(self) -> int:
        return sum(row.state not in UNDER_WAY for row in self.rows)

    @property
    def progress(self) -> float:
        """Rows done, those at hand in part."""
        return self.n_done + sum(row.percent for row in self.rows if row.state is State.READING) / 100

    @property
    def busy(self) -> bool:
        return bool(self.working) or self.n_done < len(self.rows)

    @property
    def wants_decision(self) -> bool:
        return any(row.state is State.TAKEN for row in self.rows)

    @property
    def undoable(self) -> bool:
        return any(row.source and row.state in (State.ADDED, State.CHANGED, State.FAILED) for row in self.rows)


class Batches:
    """The batches of one server, oldest first; each change of one raises `version`.

    Safe to use from several threads; who changes a batch by what it has read of it holds `lock` over both.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.version = 0
        self._by_id: dict[str, Batch] = {}

    def __iter__(self) -> Iterator[Batch]:
        with self.lock:
            return iter(list(self._by_id.values()))

    def get(self, batch_id: str) -> Batch | None:
        return self._by_id.get(batch_id)

    def add(self, rows: list[Row], reader: str = "") -> Batch:
        """A new batch of those rows, begun by a session."""
        with self.lock:
            batch = Batch(secrets.token_hex(8), rows, readers={reader})
            self._by_id[batch.id] = batch
            self.version += 1
            return batch

    def shown_to(self, reader: str) -> list[Batch]:
        """Copies of what concerns a session, newest first: what it began or saw at work, all that is at work, all that wants a decision."""
        with self.lock:
            for batch in self:
                if batch.busy:
                    batch.readers.add(reader)
            shown = [batch for batch in self if reader in batch.readers or batch.wants_decision]
            return [replace(batch, rows=list(batch.rows)) for batch in reversed(shown)]

    def put(self, batch: Batch, number: int, **changes: Any) -> None:
        """Change a row."""
        with self.lock:
            batch.rows[number] = replace(batch.rows[number], **changes)
            self.version += 1

    def tell(self, batch: Batch, working: str) -> None:
        """Say what is being done with the whole batch; nothing any more, if it is empty."""
        with self.lock:
            batch.working = working
            self.version += 1

    def forget(self, batch: Batch) -> None:
        with self.lock:
            del self._by_id[batch.id]
            self.version += 1


def outcome(report: ScanReport, source: str, path: Path) -> dict[str, Any]:
    """What a report says of one file, as changes to its row."""
    for failure in report.failed:
        if failure.source == str(path):
            return {"state": State.FAILED, "reason": sentence(failure.reason.replace(str(path), source))}
        if failure.source == source:
            return {"state": State.FAILED, "reason": sentence(failure.reason), "source": source}
    state = State.ADDED if source in report.added else State.CHANGED if source in report.changed else State.THERE
    reason = notes(report, source) if state is not State.THERE else ""
    return {"state": state, "reason": reason, "source": source if state is not State.THERE else None}


def notes(report: ScanReport, source: str) -> str:
    return " ".join(warning.reason for warning in report.warnings if warning.source == source)


def sentence(reason: str) -> str:
    """A reason as a sentence of its own."""
    text = reason.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".") if text else ""


def rows_in_order(batch: Batch) -> Iterator[tuple[int, Row]]:
    """The rows with their numbers: as handed over while work goes on, then those first that want something of the reader."""
    urgent = {State.TAKEN: 0, State.FAILED: 1}
    rows = list(enumerate(batch.rows))
    yield from rows if batch.busy else sorted(rows, key=lambda each: urgent.get(each[1].state, 2))
