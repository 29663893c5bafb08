"""Parsers in a process of their own: one that hangs, crashes or eats memory is stopped and costs one file.

In: the name of a function and the bytes of a file. Out: what the function gives, or a `SourceError`. The process is started when
first needed, used again and again, replaced when it had to be stopped, and ends by itself when nobody needs it.
"""

from __future__ import annotations

import atexit
import functools
import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from assistant.errors import SourceError
from assistant.loading.loaded import Loaded
from assistant.loading.metadata import Metadata
from assistant.loading.worker_process import READY

log = logging.getLogger(__name__)

SECONDS = 10.0
SECONDS_PER_MB = 1.0
"""Added for each megabyte of the file: a book of 50 MB is no hang."""
START_SECONDS = 20.0
"""What a process may take to start, before the time of its first file begins: Python on a machine under load."""
FIRST_SECONDS = 5.0
"""Added for the first file of a process, for which its parser is imported."""
MEMORY_MB = 1_500
IDLE_SECONDS = 60
ANSWER_MB = 400
PACKAGE_ROOT = Path(__file__).parents[2]


class Worker:
    """One process that reads files, one at a time. Safe to use from several threads; each waits its turn."""

    def __init__(self, *, memory_mb: int = MEMORY_MB, idle_seconds: float = IDLE_SECONDS) -> None:
        self._memory_mb, self._idle_seconds = memory_mb, idle_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def run(self, function: str, data: bytes, *arguments: Any, seconds: float = SECONDS) -> Loaded:
        """Call `function` (as `module:name`) on the bytes of a file, in the other process.

        Args:
            arguments: Plain values that follow the bytes.
            seconds: The time limit, but for what is added for a large file.

        Raises:
            SourceError: If the function raised one, took too long, took too much memory, or ended its process.
        """
        request = json.dumps({"function": function, "n_bytes": len(data), "arguments": arguments}).encode() + b"\n"
        limit = seconds + SECONDS_PER_MB * len(data) / 1e6
        with self._lock:
            started = self._ensure()
            answer = self._exchange(request, data, limit, first=started)
            if answer is None and not started and self._returncode() == 0:  # it had just gone for want of work
                self._ensure()
                answer = self._exchange(request, data, limit, first=True)
            if answer is None:
                raise SourceError(self._ended())
            if answer == TIMED_OUT:
                self._stop()
                raise SourceError(
                    f"reading it took longer than {limit:.0f} s and was stopped; split it, or raise max_file_seconds"
                )
            if answer.get("ends"):
                self._stop()
        if error := answer.get("error"):
            log.debug("%s", answer.get("trace", ""))
            raise SourceError(error)
        return Loaded(answer["text"], Metadata(*answer["metadata"]), tuple(answer["pages"]), tuple(answer["warnings"]))

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._stop()

    @property
    def pid(self) -> int | None:
        """Of the process that is running now."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def _ensure(self) -> bool:
        """Have a process; whether it had to be started."""
        if self._owner != os.getpid():  # a fork's parent owns the other one: leave it alone
            self._process = None
        if self._process is not None and self._process.poll() is None:
            return False
        self._stop()
        path = os.pathsep.join(filter(None, (str(PACKAGE_ROOT), os.environ.get("PYTHONPATH"))))
        # -P: whatever lies in the working directory is not taken for a module of that name.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "assistant.loading.worker_process", str(self._memory_mb), str(self._idle_seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        self._owner = os.getpid()
        return True

    def _exchange(self, request: bytes, data: bytes, limit: float, *, first: bool) -> dict[str, Any] | None:
        """The process's answer; None if it ended without one, `TIMED_OUT` if none came in time."""
        process = self._process
        assert process is not None
        answers: list[dict[str, Any]] = []
        ready = threading.Event()

        def exchange() -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(OSError, ValueError):  # it ended, or was stopped
                if first:
                    process.stdout.read(len(READY))
                ready.set()
                process.stdin.write(request)
                process.stdin.write(data)
                process.stdin.flush()
                size = int.from_bytes(process.stdout.read(8), "big")
                answer = process.stdout.read(size) if 0 < size <= ANSWER_MB * 1_000_000 else b""
                if len(answer) == size > 0:
                    answers.append(json.loads(answer))

        # A thread, because no platform's pipes can all be waited for with a time limit.
        thread = threading.Thread(target=exchange, name="loading-worker", daemon=True)
        thread.start()
        if first:
            ready.wait(START_SECONDS)
        thread.join(limit + FIRST_SECONDS * first)
        if thread.is_alive():
            process.kill()
            thread.join()
            return TIMED_OUT
        return answers[0] if answers else None

    def _returncode(self) -> int | None:
        assert self._process is not None
        try:
            return self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return None

    def _ended(self) -> str:
        """Why the process is no longer there, in words."""
        code = self._returncode()
        self._stop()
        log.debug("The process that reads files ended with status %s.", code)
        return "its parser crashed: the file is damaged, or of a kind that the parser cannot read"

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was never read by the other side
                    pipe.close()


TIMED_OUT: dict[str, Any] = {"timed out": True}


@functools.cache
def shared_worker() -> Worker:
    """The one that all of this process share; it ends with this process."""
    worker = Worker()
    atexit.register(worker.close)
    return worker
