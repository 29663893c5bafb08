"""Files and addresses handed over in the page -> sources, one after the other in the background, each with what became of it.

A batch is what was handed over at once. Its files are read while others are still being sent; one that fails holds up no other.
It can be undone as long as the page shows it: what it added is taken out, what it replaced is put back.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.folder import sha256_of
from assistant.loading import readable, unreadable
from assistant.loading.kinds import is_page_folder
from assistant.managing import free_name, put_back, replace_source, replaced_since
from assistant.scanning import ScanReport
from assistant.sidecar import is_sidecar, read_about
from assistant.web.batches import Batch, Row, State, notes, outcome, sentence
from assistant.web.uploads import Uploads, safe_path

if TYPE_CHECKING:
    from assistant.assistant import Assistant

log = logging.getLogger(__name__)

AT_ONCE = 8
AT_ONCE_BYTES = 200_000
"""Small files are read together, as the index is brought up to date once for all of them."""
MOST_FILES = 5_000
FORSAKEN_S = 30.0
"""Files that nobody sends for so long, and no page says that it still does, are not waited for."""
UNEXPECTED = "Something went wrong with it. The details are in the log of the assistant."


class Intake:
    """The batches of one server; safe to use from several threads."""

    def __init__(self, assistant: Assistant, uploads: Uploads, *, allow_private_hosts: bool = False) -> None:
        """With `allow_private_hosts` pages are fetched from this machine and its network too."""
        self._assistant, self._uploads = assistant, uploads
        self._allow_private_hosts = allow_private_hosts
        self._batches: dict[str, Batch] = {}
        self._lock = threading.RLock()
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._stopped = threading.Event()
        self.version = 0

    # What the page asks for

    def batches(self) -> list[Batch]:
        """Copies of the batches, oldest first; files that nobody sends any more are given up."""
        with self._lock:
            now = time.monotonic()
            for batch in self._batches.values():
                if now - batch.touched > FORSAKEN_S:
                    for n, row in enumerate(batch.rows):
                        if row.state is State.SENDING:
                            self._put(batch, n, state=State.FAILED, reason="The page was left before it was sent. Add it again.")
            return [replace(batch, rows=list(batch.rows)) for batch in self._batches.values()]

    def plan(self, files: Sequence[Mapping[str, Any]]) -> tuple[str, list[int]]:
        """A new batch of files by `name` (a relative path) and `size`; its id, and the numbers of those that are to be sent."""
        names = {str(each.get("name", "")) for each in files[:MOST_FILES]}
        rows = []
        for each in files[:MOST_FILES]:
            name, size = str(each.get("name", "")), each.get("size")
            size = size if isinstance(size, int) else 0
            state, reason = self._refusal(name, size, names) or (State.SENDING, "")
            rows.append(Row(name, state, reason, size))
        if len(files) > MOST_FILES:
            reason = f"{MOST_FILES:,} files are taken at once. Put more into the sources folder itself; they are noticed there."
            rows.append(Row(f"{len(files) - MOST_FILES:,} more files", State.FAILED, reason))
        batch = self._new(rows)
        return batch.id, [n for n, row in enumerate(rows) if row.state is State.SENDING]

    def _refusal(self, name: str, size: int, names: set[str]) -> tuple[State, str] | None:
        """Why a file is not sent at all; in a chosen folder there may be much that nobody meant."""
        path = PurePosixPath(name)
        inside = len(path.parts) > 1
        if any(part.startswith(".") for part in path.parts) or is_sidecar(path.name):
            return State.SKIPPED, "Hidden files are passed over." if path.name.startswith(".") else "It is in a hidden folder, or no document."
        for folder in path.parents:
            beside = {PurePosixPath(each).name for each in names if PurePosixPath(each).parent == folder.parent}
            if folder.name and is_page_folder(folder.name, beside):
                return State.SKIPPED, "It belongs to a saved page beside it."
        if not readable(Path(name)) and path.suffix.lower() != ".zip":
            return (State.SKIPPED if inside else State.FAILED), sentence(unreadable(path.suffix))
        if size > self._uploads.max_bytes:
            mb = max(1, round(size / 1_048_576))
            return State.FAILED, f"{mb} MB, and this page takes files of up to {self._uploads.max_bytes // 1_048_576} MB."
        return (State.FAILED, "The file is empty.") if size == 0 else None

    def received(self, batch_id: str, number: int, token: str) -> None:
        """A file has come in; it is read as soon as those before it are."""
        with self._lock:
            batch = self._batches.get(batch_id)
            if batch is None or not 0 <= number < len(batch.rows) or batch.rows[number].state is not State.SENDING:
                self._uploads.drop([token])
                return
            batch.touched = time.monotonic()
            self._put(batch, number, state=State.WAITING, token=token)
        self._do(lambda: self._read_waiting(batch))

    def lost(self, batch_id: str, number: int, reason: str) -> None:
        """A file did not come."""
        with self._lock:
            batch = self._batches.get(batch_id)
            if batch and 0 <= number < len(batch.rows) and batch.rows[number].state is State.SENDING:
                self._put(batch, number, state=State.FAILED, reason=reason or "It could not be read or sent.")

    def sending(self, batch_id: str) -> None:
        """A page says that it still sends files of a batch."""
        with self._lock:
            if batch_id in self._batches:
                self._batches[batch_id].touched = time.monotonic()

    def add_pages(self, text: str) -> None:
        """Fetch the pages whose addresses stand in `text`, one a line or parted by blanks."""
        urls = text.split()
        batch = self._new([Row(url, State.READING) for url in urls])
        self._do(lambda: self._fetch(batch, urls))

    def settle(self, batch_id: str, number: int, way: str) -> None:
        """What to do with a file whose name is taken: `replace` what is there, keep `both`, or `leave` it."""
        with self._lock:
            batch = self._batches.get(batch_id)
            if batch is None or not 0 <= number < len(batch.rows) or batch.rows[number].state is not State.TAKEN:
                return
            if way == "leave":
                self._uploads.drop([batch.rows[number].token])
                self._put(batch, number, state=State.SKIPPED, reason="Left as it was.")
                return
            self._put(batch, number, state=State.READING, reason="")
        self._do(lambda: self._replace(batch, number) if way == "replace" else self._add_beside(batch, number))

    def undo(self, batch_id: str) -> None:
        """Take out what a batch added and put back what it replaced."""
        with self._lock:
            batch = self._batches.get(batch_id)
            if batch is None or batch.busy:
                return
            batch.working = "Taking it back"
            self.version += 1
        self._do(lambda: self._undo(batch))

    def close(self, batch_id: str) -> None:
        """Forget a batch that is done."""
        with self._lock:
            batch = self._batches.get(batch_id)
            if batch is None or batch.busy:
                return
            del self._batches[batch_id]
            self.version += 1
        self._uploads.drop([row.token for row in batch.rows if row.token])

    def stop(self, *, timeout_s: float = 1.0) -> bool:
        """End after the file at hand; whether that was in time."""
        self._stopped.set()
        self._tasks.put(lambda: None)
        if self._worker is not None:
            self._worker.join(timeout_s)
        return self._worker is None or not self._worker.is_alive()

    # What is done in the background

    def _new(self, rows: list[Row]) -> Batch:
        with self._lock:
            batch = Batch(secrets.token_hex(8), rows)
            self._batches[batch.id] = batch
            self.version += 1
            return batch

    def _put(self, batch: Batch, number: int, **changes: Any) -> None:
        with self._lock:
            batch.rows[number] = replace(batch.rows[number], **changes)
            self.version += 1

    def _do(self, task: Callable[[], None]) -> None:
        with self._lock:
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

    def _read_waiting(self, batch: Batch) -> None:
        """Read what waits, a few small files or one large one at a time, and at last bring the vector store up to date."""
        n_read = 0
        while (group := self._next_group(batch)) and not self._stopped.is_set():
            n_read += len(group)
            try:
                with self._assistant.turn:
                    self._read(batch, group)
            except Exception as exc:
                if not isinstance(exc, AssistantError):
                    log.exception("Taking %s in failed", [batch.rows[n].name for n in group])
                for n in group:
                    if batch.rows[n].state is State.READING:
                        self._fail(batch, n, str(exc) if isinstance(exc, AssistantError) else UNEXPECTED)
        if n_read and not batch.busy and not self._stopped.is_set():
            with self._assistant.turn:
                self._assistant.library.mirror()

    def _next_group(self, batch: Batch) -> list[int]:
        with self._lock:
            group: list[int] = []
            n_bytes, names = 0, set[str]()
            for n, row in enumerate(batch.rows):
                if row.state is not State.WAITING:
                    continue
                name = safe_path(row.name)
                alone = row.name.lower().endswith(".zip")
                if group and (alone or name in names or n_bytes + row.size > AT_ONCE_BYTES):
                    break
                group.append(n)
                names.add(name)
                n_bytes += row.size
                if alone or len(group) == AT_ONCE:
                    break
            for n in group:
                self._put(batch, n, state=State.READING)
            return group

    def _read(self, batch: Batch, group: Sequence[int]) -> None:
        files: dict[int, tuple[Path, str]] = {}
        for n in group:
            found = self._uploads.paths([batch.rows[n].token])
            if not found:
                self._put(batch, n, state=State.FAILED, reason="It did not come in whole. Add it again.")
                continue
            name = found[0].relative_to(self._uploads.folder(batch.rows[n].token)).as_posix()
            if found[0].suffix.lower() != ".zip" and self._is_taken(found[0], name):
                self._put(batch, n, state=State.TAKEN, source=name)
                continue
            files[n] = found[0], name
        if not files:
            return
        tops = [self._uploads.folder(batch.rows[n].token) / PurePosixPath(name).parts[0] for n, (_, name) in files.items()]
        report = self._assistant.add(tops, mirror=False, progress=lambda done, total, _: self._under_way(batch, list(files), done, total))
        for n, (path, name) in files.items():
            self._uploads.drop([batch.rows[n].token])
            if path.suffix.lower() == ".zip":
                self._put_members(batch, n, path, name, report)
            else:
                self._put(batch, n, token="", **outcome(report, name, path))

    def _under_way(self, batch: Batch, numbers: Sequence[int], done: int, total: int) -> None:
        """Say how far the rows at hand are, where that has moved."""
        percent = 100 * done // max(total, 1)
        with self._lock:
            for n in numbers:
                if batch.rows[n].percent != percent:
                    self._put(batch, n, percent=percent)

    def _is_taken(self, path: Path, source: str) -> bool:
        target = self._assistant.library.path_of(source)
        return target.is_file() and sha256_of(target) != sha256_of(path)

    def _put_members(self, batch: Batch, number: int, path: Path, name: str, report: ScanReport) -> None:
        """A row for each file of an archive, behind all others: the page knows those by their numbers."""
        inside = PurePosixPath(name).with_suffix("").as_posix()
        members = [Row(source, State.ADDED, notes(report, source), source=source) for source in report.added if source.startswith(f"{inside}/")]
        whole = State.UNPACKED, "" if members else "All its files are there already."
        for failure in report.failed:
            if failure.source == str(path):
                whole = State.FAILED, sentence(failure.reason.replace(str(path), name))
            elif failure.source.startswith((f"{path}/", f"{inside}/")):
                shown = failure.source.replace(str(path), name)
                members.append(Row(shown, State.FAILED, sentence(failure.reason.replace(str(path), name))))
        with self._lock:
            batch.rows.extend(members)
            self._put(batch, number, state=whole[0], reason=whole[1], token="")

    def _fetch(self, batch: Batch, urls: Sequence[str]) -> None:
        from assistant.fetching import Fetcher
        from assistant.webpages import add_urls

        library = self._assistant.library
        before = {document.source: document.id for document in library.catalog.documents()}
        started_ns = time.time_ns()
        fetcher = Fetcher(max_bytes=self._assistant.settings.max_file_mb * 1_000_000, allow_private=self._allow_private_hosts)
        try:
            report = add_urls(
                library, urls, fetcher=fetcher, progress=lambda done, total, url: self._fetched(batch, done, total, url),
                reading=lambda done, total, _: self._tell(batch, f"Reading what was fetched, {100 * done // max(total, 1)} %"),
            )  # fmt: skip
        except Exception as exc:
            if not isinstance(exc, AssistantError):
                log.exception("Fetching %s failed", urls)
            reason = str(exc) if isinstance(exc, AssistantError) else UNEXPECTED
            report = ScanReport()
            rows = [Row(url, State.FAILED, reason) for url in urls]
        else:
            rows = [Row(each.source, State.FAILED, sentence(each.reason)) for each in report.failed]
            rows += [Row(each.source, State.SKIPPED, sentence(each.reason)) for each in report.skipped]
        # By what is there now, not by the report: what watches the folder may have been first to index a page.
        for document in library.catalog.documents():
            if before.get(document.source) == document.id or not read_about(library.path_of(document.source)).fetched:
                continue
            state = State.CHANGED if document.source in before else State.ADDED
            kept = replaced_since(library, document.source, started_ns) if state is State.CHANGED else None
            rows.append(Row(document.source, state, " ".join(document.warnings), source=document.source, kept=kept))
        with self._lock:
            batch.working = ""
            batch.rows[:] = rows or [Row(url, State.THERE, "It is here already, and the same.") for url in urls]
            self.version += 1

    def _fetched(self, batch: Batch, done: int, total: int, url: str) -> None:
        self._tell(batch, f"Fetching {done} of {total}: {url}" if total > 1 else f"Fetching {url}")

    def _tell(self, batch: Batch, working: str) -> None:
        with self._lock:
            batch.working = working
            self.version += 1

    def _replace(self, batch: Batch, number: int) -> None:
        row = batch.rows[number]
        source = str(row.source)
        try:
            with self._assistant.turn:
                report, kept = replace_source(
                    self._assistant.library, self._uploads.paths([row.token])[0], source,
                    progress=lambda done, total, _: self._under_way(batch, [number], done, total),
                )  # fmt: skip
            self._put(batch, number, state=State.CHANGED, source=source, kept=kept, token="", reason=notes(report, source))
            self._uploads.drop([row.token])
        except Exception as exc:
            if not isinstance(exc, AssistantError):
                log.exception("Replacing %s failed", source)
            self._fail(batch, number, str(exc) if isinstance(exc, AssistantError) else UNEXPECTED)

    def _add_beside(self, batch: Batch, number: int) -> None:
        row = batch.rows[number]
        name = free_name(self._assistant.library, str(row.source))
        self._uploads.rename(row.token, name)
        self._put(batch, number, state=State.WAITING, name=name, source=None)
        self._read_waiting(batch)

    def _fail(self, batch: Batch, number: int, reason: str) -> None:
        self._uploads.drop([batch.rows[number].token])
        self._put(batch, number, state=State.FAILED, reason=sentence(reason), token="", source=None)

    def _undo(self, batch: Batch) -> None:
        library = self._assistant.library
        for n, row in reversed(list(enumerate(batch.rows))):
            if not row.source or row.state not in (State.ADDED, State.CHANGED, State.FAILED):
                continue
            try:
                with self._assistant.turn:
                    if row.kept:
                        put_back(library, row.source, row.kept)
                    elif row.state is not State.CHANGED:
                        library.remove(row.source)
                self._put(batch, n, state=State.UNDONE, source=None, reason="What was there before is back." if row.kept else "")
            except Exception as exc:
                if not isinstance(exc, AssistantError):
                    log.exception("Taking %s back failed", row.source)
                self._put(batch, n, reason=f"It could not be taken back: {exc}" if isinstance(exc, AssistantError) else UNEXPECTED)
        with self._lock:
            batch.working = ""
            self.version += 1
