"""Files that came in and addresses -> sources; each row of their batch says how far it is and what became of it.

In: a batch whose files wait among the uploads, or addresses. Out: the library with them, or as it was before; one that fails
holds up no other. What takes long is done here, on the thread that `intake` keeps for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from assistant.folder import sha256_of
from assistant.managing import free_name, put_back, replace_source, replaced_since
from assistant.scanning import ScanReport
from assistant.sidecar import read_about
from assistant.web.batches import Batch, Batches, Row, State, notes, outcome, sentence
from assistant.web.uploads import Uploads, safe_path

if TYPE_CHECKING:
    from assistant.assistant import Assistant

log = logging.getLogger(__name__)

AT_ONCE = 8
AT_ONCE_BYTES = 200_000
"""Small files are read together, as the index is brought up to date once for all of them."""
UNEXPECTED = "Something went wrong with it. The details are in the log of the assistant."


class Taker:
    """Takes what was handed over into the library of one assistant."""

    def __init__(
        self, assistant: Assistant, uploads: Uploads, batches: Batches, *, stopped: threading.Event, allow_private_hosts: bool
    ) -> None:
        """Once `stopped` is set, what waits is left; with `allow_private_hosts` pages are fetched from this machine and its network too."""
        self._assistant, self._uploads, self._batches = assistant, uploads, batches
        self._stopped = stopped
        self._allow_private_hosts = allow_private_hosts

    def read_waiting(self, batch: Batch) -> None:
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
            self._mirror()

    def _mirror(self) -> None:
        with self._assistant.turn:
            self._assistant.library.mirror()

    def _next_group(self, batch: Batch) -> list[int]:
        with self._batches.lock:
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
                self._batches.put(batch, n, state=State.READING)
            return group

    def _read(self, batch: Batch, group: Sequence[int]) -> None:
        files: dict[int, tuple[Path, str]] = {}
        for n in group:
            found = self._uploads.paths([batch.rows[n].token])
            if not found:
                self._batches.put(batch, n, state=State.FAILED, reason="It did not come in whole. Add it again.")
                continue
            name = found[0].relative_to(self._uploads.folder(batch.rows[n].token)).as_posix()
            if found[0].suffix.lower() != ".zip" and self._is_taken(found[0], name):
                self._batches.put(batch, n, state=State.TAKEN, source=name)
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
                self._batches.put(batch, n, token="", **outcome(report, name, path))

    def _under_way(self, batch: Batch, numbers: Sequence[int], done: int, total: int) -> None:
        """Say how far the rows at hand are, where that has moved."""
        percent = 100 * done // max(total, 1)
        with self._batches.lock:
            for n in numbers:
                if batch.rows[n].percent != percent:
                    self._batches.put(batch, n, percent=percent)

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
        with self._batches.lock:
            batch.rows.extend(members)
            self._batches.put(batch, number, state=whole[0], reason=whole[1], token="")

    def fetch(self, batch: Batch, urls: Sequence[str]) -> None:
        """Fetch and read pages; the batch's rows are then what became of them."""
        from assistant.fetching import Fetcher
        from assistant.webpages import add_urls

        library = self._assistant.library
        before = {document.source: document.id for document in library.catalog.documents()}
        started_ns = time.time_ns()
        fetcher = Fetcher(max_bytes=self._assistant.settings.max_file_mb * 1_000_000, allow_private=self._allow_private_hosts)
        try:
            report = add_urls(
                library, urls, fetcher=fetcher, progress=lambda done, total, url: self._fetched(batch, done, total, url),
                reading=lambda done, total, _: self._batches.tell(batch, f"Reading what was fetched, {100 * done // max(total, 1)} %"),
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
        with self._batches.lock:
            batch.rows[:] = rows or [Row(url, State.THERE, "It is here already, and the same.") for url in urls]
            self._batches.tell(batch, "")

    def _fetched(self, batch: Batch, done: int, total: int, url: str) -> None:
        self._batches.tell(batch, f"Fetching {done} of {total}: {url}" if total > 1 else f"Fetching {url}")

    def replace(self, batch: Batch, number: int) -> None:
        """Put a file in the place of the source that has its name."""
        row = batch.rows[number]
        source = str(row.source)
        try:
            with self._assistant.turn:
                report, kept = replace_source(
                    self._assistant.library, self._uploads.paths([row.token])[0], source,
                    progress=lambda done, total, _: self._under_way(batch, [number], done, total),
                )  # fmt: skip
            self._batches.put(batch, number, state=State.CHANGED, source=source, kept=kept, token="", reason=notes(report, source))
            self._uploads.drop([row.token])
        except Exception as exc:
            if not isinstance(exc, AssistantError):
                log.exception("Replacing %s failed", source)
            self._fail(batch, number, str(exc) if isinstance(exc, AssistantError) else UNEXPECTED)
        else:
            self._mirror()

    def add_beside(self, batch: Batch, number: int) -> None:
        """Add a file under another name than the source that has its own."""
        row = batch.rows[number]
        name = free_name(self._assistant.library, str(row.source))
        self._uploads.rename(row.token, name)
        self._batches.put(batch, number, state=State.WAITING, name=name, source=None)
        self.read_waiting(batch)

    def _fail(self, batch: Batch, number: int, reason: str) -> None:
        self._uploads.drop([batch.rows[number].token])
        self._batches.put(batch, number, state=State.FAILED, reason=sentence(reason), token="", source=None)

    def undo(self, batch: Batch) -> None:
        """Take out what a batch added and put back what it replaced, the last first."""
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
                self._batches.put(batch, n, state=State.UNDONE, source=None, reason="What was there before is back." if row.kept else "")
            except Exception as exc:
                if not isinstance(exc, AssistantError):
                    log.exception("Taking %s back failed", row.source)
                self._batches.put(batch, n, reason=f"It could not be taken back: {exc}" if isinstance(exc, AssistantError) else UNEXPECTED)
        self._batches.tell(batch, "")
        self._mirror()
