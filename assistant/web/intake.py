"""What the page asks for with files and addresses -> batches, and tasks for `taking`, one after the other in the background.

A batch is what was handed over at once. Its files are read while others are still being sent; one that fails holds up no other.
It can be undone as long as the page shows it: what it added is taken out, what it replaced is put back. All pages show what is at
work or wants a decision, as its files are read also when the page that sent them was left; what is done, only those that saw it at work.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from assistant.addresses import is_url
from assistant.errors import AssistantError
from assistant.loading import readable, unreadable
from assistant.loading.kinds import is_page_folder
from assistant.sidecar import is_sidecar
from assistant.web.batches import Batch, Batches, Row, State, sentence
from assistant.web.taking import Taker
from assistant.web.uploads import Uploads

if TYPE_CHECKING:
    from assistant.assistant import Assistant

log = logging.getLogger(__name__)

MOST_FILES = 5_000
MOST_SHOWN = 80
"""Characters of what was typed as an address that are repeated to the reader."""
FORSAKEN_S = 30.0
"""Seconds; where nothing of a batch has come for so long, what is still to be sent is not waited for."""
FORSAKEN = "The page was left before it was sent. Add it again."


class Intake:
    """The batches of one server; safe to use from several threads."""

    def __init__(self, assistant: Assistant, uploads: Uploads, *, allow_private_hosts: bool = False) -> None:
        """With `allow_private_hosts` pages are fetched from this machine and its network too."""
        self._uploads = uploads
        self._batches = Batches()
        self._stopped = threading.Event()
        self._taker = Taker(assistant, uploads, self._batches, stopped=self._stopped, allow_private_hosts=allow_private_hosts)
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None

    @property
    def version(self) -> int:
        """Another number whenever a batch has changed."""
        return self._batches.version

    def batches(self) -> list[Batch]:
        """Copies of all batches, oldest first; files that nobody sends any more are given up."""
        with self._batches.lock:
            self._give_up()
            return [replace(batch, rows=list(batch.rows)) for batch in self._batches]

    def shown_to(self, reader: str) -> list[Batch]:
        """Copies of the batches that concern a browser session, newest first; see `Batches.shown_to`."""
        with self._batches.lock:
            self._give_up()
            return self._batches.shown_to(reader)

    def _give_up(self) -> None:
        with self._batches.lock:
            now = time.monotonic()
            for batch in self._batches:
                if now - batch.touched > FORSAKEN_S:
                    for n, row in enumerate(batch.rows):
                        if row.state is State.SENDING:
                            self._batches.put(batch, n, state=State.FAILED, reason=FORSAKEN)

    def plan(self, files: Sequence[Mapping[str, Any]], *, reader: str = "") -> tuple[str, list[int]]:
        """A new batch of files by `name` (a relative path) and `size`, begun by a session; its id, and the numbers of those that are to be sent."""
        beside: dict[PurePosixPath, set[str]] = {}  # by folder, the names of its files
        for each in files[:MOST_FILES]:
            path = PurePosixPath(str(each.get("name", "")))
            beside.setdefault(path.parent, set()).add(path.name)
        rows = []
        for each in files[:MOST_FILES]:
            name, size = str(each.get("name", "")), each.get("size")
            size = size if isinstance(size, int) else 0
            state, reason = self._refusal(name, size, beside) or (State.SENDING, "")
            rows.append(Row(name, state, reason, size))
        if len(files) > MOST_FILES:
            reason = f"{MOST_FILES:,} files are taken at once. Put more into the sources folder itself; they are noticed there."
            rows.append(Row(f"{len(files) - MOST_FILES:,} more files", State.FAILED, reason))
        batch = self._batches.add(rows, reader)
        return batch.id, [n for n, row in enumerate(rows) if row.state is State.SENDING]

    def _refusal(self, name: str, size: int, beside: Mapping[PurePosixPath, Set[str]]) -> tuple[State, str] | None:
        """Why a file is not sent at all; in a chosen folder there may be much that nobody meant. `beside`: what is handed over, by folder."""
        path = PurePosixPath(name)
        inside = len(path.parts) > 1
        if any(part.startswith(".") for part in path.parts) or is_sidecar(path.name):
            return State.SKIPPED, "Hidden files are passed over." if path.name.startswith(".") else "It is in a hidden folder, or no document."
        if any(is_page_folder(folder.name, beside.get(folder.parent, frozenset())) for folder in path.parents if folder.name):
            return State.SKIPPED, "It belongs to a saved page beside it."
        if not readable(Path(name)) and path.suffix.lower() != ".zip":
            return (State.SKIPPED if inside else State.FAILED), sentence(unreadable(path.suffix))
        if size > self._uploads.max_bytes:
            mb = max(1, round(size / 1_048_576))
            return State.FAILED, f"{mb} MB, and this page takes files of up to {self._uploads.max_bytes // 1_048_576} MB."
        return (State.FAILED, "The file is empty.") if size == 0 else None

    def received(self, batch_id: str, number: int, token: str) -> None:
        """A file has come in; it is read as soon as those before it are."""
        with self._batches.lock:
            batch = self._batches.get(batch_id)
            if batch is None or not 0 <= number < len(batch.rows) or batch.rows[number].state is not State.SENDING:
                self._uploads.drop([token])
                return
            batch.touched = time.monotonic()
            self._batches.put(batch, number, state=State.WAITING, token=token)
        self._do(lambda: self._taker.read_waiting(batch))

    def lost(self, batch_id: str, number: int, reason: str) -> None:
        """A file did not come."""
        with self._batches.lock:
            batch = self._batches.get(batch_id)
            if batch and 0 <= number < len(batch.rows) and batch.rows[number].state is State.SENDING:
                self._batches.put(batch, number, state=State.FAILED, reason=reason or "It could not be read or sent.")

    def sending(self, batch_id: str) -> None:
        """Some bytes of a batch's files have come: the only sign that also a page in the background gives."""
        with self._batches.lock:
            if batch := self._batches.get(batch_id):
                now = time.monotonic()
                taken_back = batch.working or any(row.state is State.UNDONE for row in batch.rows)
                if now - batch.touched > FORSAKEN_S and not taken_back:  # given up too early, as behind a proxy that passes on whole files
                    for n, row in enumerate(batch.rows):
                        if row.state is State.FAILED and row.reason == FORSAKEN:
                            self._batches.put(batch, n, state=State.SENDING, reason="")
                batch.touched = now

    def add_pages(self, text: str, *, reader: str = "") -> None:
        """Fetch the pages whose addresses stand in `text`, one a line or parted by blanks.

        Raises:
            AssistantError: If something in it is no address; nothing is fetched then.
        """
        urls = text.split()
        if odd := [each for each in urls if not is_url(each)]:
            named = " ".join(text.split()) if len(odd) == len(urls) else " ".join(odd)
            shown = named if len(named) <= MOST_SHOWN else named[:MOST_SHOWN] + " …"
            raise AssistantError(f"“{shown}” is no web address. Write it in full, such as https://example.org/article.")
        batch = self._batches.add([Row(url, State.READING) for url in urls], reader)
        self._do(lambda: self._taker.fetch(batch, urls))

    def settle(self, batch_id: str, number: int, way: str) -> None:
        """What to do with a file whose name is taken: `replace` what is there, keep `both`, or `leave` it."""
        with self._batches.lock:
            batch = self._batches.get(batch_id)
            if batch is None or not 0 <= number < len(batch.rows) or batch.rows[number].state is not State.TAKEN:
                return
            if way == "leave":
                self._uploads.drop([batch.rows[number].token])
                self._batches.put(batch, number, state=State.SKIPPED, reason="Left as it was.")
                return
            self._batches.put(batch, number, state=State.READING, reason="")
        self._do(lambda: self._taker.replace(batch, number) if way == "replace" else self._taker.add_beside(batch, number))

    def undo(self, batch_id: str) -> None:
        """Take out what a batch added and put back what it replaced."""
        with self._batches.lock:
            batch = self._batches.get(batch_id)
            if batch is None or batch.busy:
                return
            self._batches.tell(batch, "Taking it back")
        self._do(lambda: self._taker.undo(batch))

    def close(self, batch_id: str) -> None:
        """Forget a batch that is done."""
        with self._batches.lock:
            batch = self._batches.get(batch_id)
            if batch is None or batch.busy:
                return
            self._batches.forget(batch)
        self._uploads.drop([row.token for row in batch.rows if row.token])

    def stop(self, *, timeout_s: float = 1.0) -> bool:
        """End after the file at hand; whether that was in time."""
        self._stopped.set()
        self._tasks.put(lambda: None)
        if self._worker is not None:
            self._worker.join(timeout_s)
        return self._worker is None or not self._worker.is_alive()

    def _do(self, task: Callable[[], None]) -> None:
        with self._batches.lock:
            if self._worker is None:
                # A daemon: whoever ends the server does not wait for a long document.
                self._worker = threading.Thread(target=self._work, name="assistant-intake", daemon=True)
                self._worker.start()
        self._tasks.put(task)

    def _work(self) -> None:
        while not self._stopped.is_set():
            task = self._tasks.get()
            try:
                task()
            except Exception:
                log.exception("Taking files in failed")
