"""One writer at a time: a lock file beside the index, with a note that says who holds it.

In: the index folder. Out: a context in which this process may write.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from assistant.errors import LibraryError

NOTIFY_AFTER_S = 2.0


class WriterLock:
    """Held a batch at a time, so that two commands take turns; the system frees it when its holder dies."""

    def __init__(self, folder: Path, *, notify: Callable[[str], None]) -> None:
        self._path = folder / "lock"
        self._note = folder / "lock.json"
        self._notify = notify

    @contextmanager
    def held(self, *, timeout_s: float = -1) -> Iterator[None]:
        """Wait for the lock, saying who holds it when that takes long.

        Args:
            timeout_s: Give up after this many seconds; -1 waits for ever.

        Raises:
            LibraryError: If it was not free in time.
        """
        from filelock import FileLock, Timeout

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise LibraryError(
                f"The data folder {self._path.parent} cannot be made: {exc.strerror}. Make room for it, or name another: --data DIR."
            ) from exc
        lock = FileLock(self._path, thread_local=False)
        try:
            first_wait = NOTIFY_AFTER_S if timeout_s < 0 else timeout_s
            try:
                lock.acquire(timeout=first_wait, poll_interval=0.02)
            except Timeout:
                if timeout_s >= 0:
                    raise
                self._notify(f"Waiting for the index: {self.holder()}.")
                lock.acquire(poll_interval=0.05)
        except Timeout as exc:
            raise LibraryError(f"The index is being written: {self.holder()}. Try again shortly.") from exc
        except OSError as exc:
            raise LibraryError(f"The lock {self._path} cannot be taken: {exc.strerror}.") from exc
        try:
            self._sign()
            yield
        finally:
            with suppress(OSError):
                self._note.unlink(missing_ok=True)
            lock.release()

    def holder(self) -> str:
        """Who holds the lock, in words."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            seconds = max(0, round(time.time() - note["since"]))
            return f"process {note['pid']} ({note['command']}) has held it for {seconds} s"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process holds it"

    def _sign(self) -> None:
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
        note = {"pid": os.getpid(), "command": command, "since": time.time()}
        with suppress(OSError):
            self._note.write_text(json.dumps(note), encoding="utf-8")
