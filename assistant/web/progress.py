"""A blocking call that reports by callback, turned into a generator that can be streamed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from assistant.library import Progress


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """How far the work is: `done` of `total`, and what is at hand."""

    done: int
    total: int
    what: str


def steps(work: Callable[[Progress], T]) -> Iterator[Step | T]:
    """Run `work` in a thread; yield its steps as they come, and last what it returned.

    A reader who leaves does not stop the work: half an upload indexed is worse than all of it.
    Of steps that pile up while nobody looks only the newest is yielded.

    Raises:
        Exception: Whatever `work` raised.
    """
    inbox: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work(lambda done, total, what: inbox.put(Step(done, total, what))))
        except BaseException as exc:  # handed to the caller below
            errors.append(exc)
        finally:
            inbox.put(None)

    threading.Thread(target=run, name="assistant-web-work", daemon=True).start()
    while (step := inbox.get()) is not None:
        while not inbox.empty():
            newer = inbox.get()
            if newer is None:
                inbox.put(None)
                break
            step = newer
        yield step
    if errors:
        raise errors[0]
    yield results[0]
