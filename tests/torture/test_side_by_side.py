"""Two writers and five readers at work in one library: no error, no lost update, and each change is seen soon.

`make torture` makes a thousand changes at 2,000 passages, `make test` sixty; CHANGES sets another number for the former.
"""

from __future__ import annotations

import os
import queue
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import numpy as np
import pytest

from assistant.managing import removed_sources
from tests.fakes import library_in, stories
from tests.torture.consistency import check_consistent, check_mirrors
from tests.torture.side_by_side import expected, plan, read_all, said_beside, write_all

pytestmark = pytest.mark.slow

N_WRITERS, N_READERS = 2, 5
N_CHANGES = int(os.environ.get("CHANGES", "1000"))
SEEN_S = 2.0
"""A query that begins this long after a change was acknowledged must show it."""

Made = Callable[[int, Path], Path]


def run(folder: Path, processes: ForkServerContext, n_changes: int, n_stories: int) -> np.ndarray:
    """Have it done; of each change and reader, seconds for which a query might miss it, and until it was seen. Shape `(n, 2)`."""
    plans = [plan(writer, n_changes // N_WRITERS) for writer in range(N_WRITERS)]
    heard, announced = processes.Queue(), [processes.Queue() for _ in range(N_READERS)]
    writers = [processes.Process(target=write_all, args=(folder, changes, heard), daemon=True) for changes in plans]
    readers = [
        processes.Process(target=read_all, args=(folder, plans, n == 0, announced[n], heard), daemon=True) for n in range(N_READERS)
    ]
    errors: list[str] = []
    delays: list[tuple[float, float]] = []
    n_ended = 0
    try:
        for process in [*readers, *writers]:
            process.start()
        while n_ended < N_WRITERS + N_READERS and not errors:
            item = heard.get(timeout=180)
            if item is None:
                n_ended += 1
                if n_ended == N_WRITERS:  # readers end when told
                    for to in announced:
                        to.put(None)
            elif item[0] == "error":
                errors.append(item[1])
            elif item[0] == "seen":
                delays.append(item[1:])
            else:
                for to in announced:
                    to.put(item)
    except queue.Empty:
        errors.append("nothing was heard for three minutes")
    finally:
        for process in [*readers, *writers]:
            process.join(0 if errors else 20)
            process.kill()
    assert not errors, errors[0]
    assert len(delays) == n_changes * N_READERS
    check_after(folder, plans, n_stories)
    return np.array(delays)


def check_after(folder: Path, plans: list, n_stories: int) -> None:
    """Every change is there, whatever was removed can be brought back, and the next sync finds nothing to do."""
    library = library_in(folder)
    check_consistent(library)
    there, taken_out, said = expected(plans)
    documents = {d.source: library.catalog.document(d.id).text for d in library.catalog.documents()}
    assert documents == {**stories(range(n_stories)), **there}
    assert said_beside(library) == said
    kept = [(removed.source, removed.kept.read_text()) for removed in removed_sources(library)]
    assert Counter(kept) == Counter((source, text) for source, texts in taken_out.items() for text in texts)
    report = library.sync()
    assert (report.n_changes, report.failed, report.unchanged) == (0, (), len(documents))
    check_consistent(library)
    check_mirrors(library)


def told(delays: np.ndarray, n_changes: int, seconds: float) -> str:
    missed, waited = delays.T
    return (
        f"\n{n_changes} changes by {N_WRITERS} writers in {seconds:.0f} s, each looked for by {N_READERS} readers: {np.mean(missed == 0):.2%} shown by "
        f"the first query, no query that began {1000 * missed.max():.0f} ms after a change or later missed it; "
        f"seen after {1000 * np.median(waited):.0f} ms (median), the readers' own backlog included"
    )


def test_sixty_changes_by_two_writers_are_seen_by_five_readers(tmp_path: Path, processes: ForkServerContext, made: Made) -> None:
    started = time.monotonic()
    delays = run(made(60, tmp_path), processes, 60, 60)
    print(told(delays, 60, time.monotonic() - started))
    assert delays[:, 0].max() < SEEN_S


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_a_thousand_changes_by_two_writers_are_seen_by_five_readers(
    tmp_path: Path, processes: ForkServerContext, made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    delays = run(made(500, tmp_path), processes, N_CHANGES, 500)
    with capsys.disabled():
        print(told(delays, N_CHANGES, time.monotonic() - started))
    assert delays[:, 0].max() < SEEN_S
