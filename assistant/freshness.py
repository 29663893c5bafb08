"""Keeps the index up with the folder while questions are asked: few changes on the way to an answer, many in the background.

In: an open library. Out: the notice to show where an answer may not know of all that is there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from assistant.errors import LibraryError
from assistant.library import Library
from assistant.scanning import Look

LOOK_EVERY_S = 2.0
"""A long-lived process looks at the folder at most this often: 10,000 files take some 0.1 s."""
FEW_CHANGES = 20
FEW_BYTES = 200_000
"""What is indexed on the way to an answer; it takes a few seconds. More waits for `assistant sync`."""

BEING_READ = "; what changed is being read now, and answers know it when that is done."


class Freshness:
    """Looks at the folder of a library when asked to. Safe to use from several threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.turn = threading.Lock()
        """Held by whoever of this process brings the index up to date: a question, an upload, what watches the folder."""
        self.in_background: Callable[[], None] | None = None
        """What a long-lived process brings many changes in with; without it the user is told the command to run."""
        self.vanished = False
        """Most or all files were gone at the last look: what is not found may only be away."""
        self._looked_at: float | None = None
        self._notice: str | None = None
        self._look_lock = threading.Lock()

    def refresh(self) -> list[str]:
        """Look at the folder; index a few changes at once, say so when there are more or somebody else is writing."""
        with self._look_lock:
            if self._looked_at is None or time.monotonic() - self._looked_at >= LOOK_EVERY_S:
                self._notice = self._catch_up(self._library.look())
                self._looked_at = time.monotonic()
            return [self._notice] if self._notice else []

    def look_again(self) -> None:
        """Let the next `refresh` look, however short ago the last was."""
        self._looked_at = None

    def _catch_up(self, look: Look) -> str | None:
        vanished = self._library.vanished(look) if look.gone else None
        self.vanished = vanished is not None
        if look.n_changes == 0 and not look.unsure:
            return None
        if vanished:
            return str(vanished) if self.in_background is None else vanished.found
        n_bytes = sum(look.files[source].st_size for source in set(look.suspects) - set(look.unsure))
        files = f"{look.n_changes} files have" if look.n_changes > 1 else "1 file has"
        behind = f"The index is behind the folder ({files} changed)"
        if look.n_changes > FEW_CHANGES or n_bytes > FEW_BYTES:
            if self.in_background is None:
                return f"{behind}. Run: assistant sync"
            self.in_background()
            return f"{behind}{BEING_READ}"
        if not self.turn.acquire(blocking=False):
            return f"{behind}{BEING_READ}" if look.n_changes else None
        try:
            self._library.sync(lock_timeout_s=0.0, mirror=False, retry=False)
        except LibraryError as exc:
            return f"{behind}: {exc}" if look.n_changes else None
        finally:
            self.turn.release()
        return None
