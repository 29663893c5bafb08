"""The other side of `worker`: reads requests from standard input, answers on standard output, within a memory limit.

In: a line of JSON and the bytes of a file. Out: READY at the start, then eight bytes of length and JSON. What a parser prints goes nowhere.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import traceback
from typing import IO, Any

from assistant.errors import SourceError

READY = b"r"
"""Said once, when requests are taken."""
HANG_SECONDS = 900
"""The longest life of one request, should the process that asked have died without a word."""


def main(memory_mb: int, idle_seconds: float) -> None:
    """Serve requests until nobody asks any more."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    limit_resources(memory_mb)
    # openpyxl imports numpy where it can, which takes longer than reading a sheet and needs none of it.
    sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]
    answers.write(READY)
    answers.flush()
    while _is_asked(requests, idle_seconds):
        header = requests.readline()
        if not header:
            return
        request = json.loads(header)
        data = requests.read(request["n_bytes"])
        with contextlib.suppress(AttributeError):
            signal.alarm(HANG_SECONDS)
        answer = json.dumps(_answer(request, data, memory_mb)).encode()
        with contextlib.suppress(AttributeError):
            signal.alarm(0)
        answers.write(len(answer).to_bytes(8, "big") + answer)
        answers.flush()


def limit_resources(memory_mb: int) -> None:
    """Bound the memory of this process, and leave no core file; where the system has no such limits, nothing is bounded."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, limit in (("RLIMIT_AS", memory_mb * 1_000_000), ("RLIMIT_CORE", 0)):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, kind), (limit, limit))


def _is_asked(requests: IO[bytes], idle_seconds: float) -> bool:
    """Wait for a request; False when none came in time."""
    try:
        return bool(select.select([requests], [], [], idle_seconds)[0])
    except (OSError, ValueError):  # Windows cannot wait for a pipe; there the process stays
        return True


def _answer(request: dict[str, Any], data: bytes, memory_mb: int) -> dict[str, Any]:
    """What the function gives, or why it gives nothing; `ends` where this process is better not used again."""
    module, _, name = request["function"].partition(":")
    try:
        loaded = getattr(importlib.import_module(module), name)(data, *request["arguments"])
        return loaded._asdict()  # type: ignore[no-any-return]
    except SourceError as exc:
        return {"error": str(exc)}
    except MemoryError:
        return {"error": f"reading it takes more than {memory_mb / 1000:.1f} GB of memory; split it", "ends": True}
    except RecursionError:
        return {"error": "it is nested too deeply to be read", "ends": True}
    except Exception as exc:
        # A parser may raise anything on a damaged file; whatever it was, it is this file's.
        lines = str(exc).strip().splitlines()
        said = f"{type(exc).__name__}: {lines[0][:120]}" if lines else type(exc).__name__
        return {"error": f"it is damaged and cannot be read ({said})", "trace": traceback.format_exc()[-4000:]}


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
