"""Real processes: killed at any moment, or at work side by side, they lose nothing that was written."""

from __future__ import annotations

import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.catalog import Catalog
from assistant.library import Library
from assistant.scanning import ScanReport
from assistant.vectors import ChromaNeighbours, ChromaStore, ExactNeighbours
from tests.fakes import ROOT, library_in, put_vectors, retriever_of, stories, story, write
from tests.test_vectors import clustered

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's"),
]

N_FILES = 60
QUERIES = ("harbour budget", "the minister of the river", "turbine vaccine orbit", "a zebra", "comet strike")
PREPARED = """
import sys, time
from pathlib import Path
from assistant import updating
from tests.fakes import HashingEncoder, library_in, story, write
folder = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
"""


@contextmanager
def process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process that has imported what it needs and begins when `go` is called; killed at the end."""
    command = [sys.executable, "-c", PREPARED + code, *map(str, arguments)]
    started = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        yield started
    finally:
        started.kill()
        started.communicate(timeout=60)


def go(started: subprocess.Popen[str]) -> None:
    assert started.stdin is not None
    started.stdin.write("\n")
    started.stdin.flush()


def kill(started: subprocess.Popen[str], *, after_s: float) -> None:
    """Begin, and be killed without warning."""
    go(started)
    time.sleep(after_s)
    os.kill(started.pid, signal.SIGKILL)
    started.wait(timeout=60)


def hits(library: Library) -> list[tuple[str, int, str, float, object]]:
    retriever = retriever_of(library)
    return [
        (query, hit.rank, hit.passage.id, hit.score, hit.also_in)
        for query in QUERIES
        for hit in retriever.retrieve(query, top_k=10)
    ]


# Killed


SLOW_SYNC = """
updating.BATCH_FILES = 3
library_in(folder, encoder=HashingEncoder(delay_s=0.005)).sync(mirror=False)
"""
"""60 files, 4 passages each, 5 ms a passage: 1.2 s of embedding in 20 batches."""

MOMENTS = [0.05, 0.3, *(round(random.Random(n).uniform(0.05, 1.5), 2) for n in range(3))]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, str, float, object]]:
    library = library_in(tmp_path_factory.mktemp("uninterrupted"), stories(range(N_FILES)))
    library.sync(mirror=False)
    return hits(library)


def test_a_first_sync_killed_at_any_moment_keeps_what_it_indexed_and_is_finished_by_the_next(
    tmp_path: Path, uninterrupted: list[tuple[str, int, str, float, object]]
) -> None:
    n_kept: list[int] = []
    for after_s in MOMENTS:
        folder = tmp_path / str(after_s)
        write(folder / "sources", stories(range(N_FILES)))
        with process(SLOW_SYNC, folder) as started:
            kill(started, after_s=after_s)
        library = library_in(folder)
        kept = [document.source for document in library.catalog.documents()]
        assert library.catalog.check() == []
        assert library.catalog.counts() == (len(kept), 4 * len(kept))
        assert kept == sorted(stories(range(len(kept))))  # whole batches, in order
        assert len(kept) % 3 == 0
        assert library.sync(mirror=False) == ScanReport(
            added=tuple(sorted(stories(range(len(kept), N_FILES)))), unchanged=len(kept)
        )
        assert hits(library) == uninterrupted
        n_kept.append(len(kept))
    assert any(0 < n < N_FILES for n in n_kept), n_kept


def test_an_update_killed_at_any_moment_leaves_each_document_in_its_old_or_new_form(
    tmp_path: Path, uninterrupted: list[tuple[str, int, str, float, object]]
) -> None:
    old = {name: f"{text}\nA zebra was seen in the night.\n" for name, text in stories(range(N_FILES)).items()}
    library = library_in(tmp_path, old)
    library.sync(mirror=False)
    write(library.root, stories(range(N_FILES)))
    for after_s in (0.1, 0.2, 0.3):
        with process(SLOW_SYNC.replace("0.005", "0.02"), tmp_path) as started:
            kill(started, after_s=after_s)
        assert library.catalog.check() == []
        texts = {d.source: library.catalog.document(d.id).text for d in library.catalog.documents()}
        assert texts.keys() == old.keys()
        assert all(texts[name] in (old[name], story(n)) for n, name in enumerate(sorted(old)))
    library.sync(mirror=False)
    assert hits(library) == uninterrupted


MIRROR = """
import chromadb
from assistant.catalog import Catalog
from assistant.vectors import ChromaStore
print("imported", flush=True)
ChromaStore(folder / "chroma").mirror(Catalog(folder / "catalog.sqlite").open())
"""


def test_a_mirroring_killed_at_any_moment_is_finished_by_the_next(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite").open()
    store = ChromaStore(tmp_path / "chroma")
    for turn, after_s in enumerate((0.02, 0.2, 0.5)):
        put_vectors(catalog, f"{turn}.txt", clustered(2000, turn))
        with process(MIRROR, tmp_path) as started:
            go(started)
            assert started.stdout is not None
            assert started.stdout.readline() == "imported\n"
            time.sleep(after_s)
            os.kill(started.pid, signal.SIGKILL)
            started.wait(timeout=60)
    put_vectors(catalog, "last.txt", clustered(10, 9))
    store.mirror(catalog)
    assert (store.generation, store.difference(catalog)) == (catalog.generation, (0, 0))
    store.close()
    chroma, exact = ChromaNeighbours(catalog, store.folder), ExactNeighbours(catalog)
    for query in clustered(20, 77):
        assert chroma.nearest(query, top_k=10) == exact.nearest(query, top_k=10)


# Side by side


WRITE_BATCHES = """
library = library_in(folder)
for n in range(8):
    write(library.root, {f"batch-{n}/{i}.txt": story(1000 + 5 * n + i) + f"Token{n} was seen." for i in range(5)})
    library.sync(mirror=False)
    print(n, time.time(), flush=True)
    time.sleep(0.1)
"""


def test_a_reader_sees_what_another_process_writes_without_error_and_soon(tmp_path: Path) -> None:
    library = library_in(tmp_path, stories(range(5)))
    library.sync(mirror=False)
    retriever = retriever_of(library)
    committed: dict[int, float] = {}
    seen: dict[int, float] = {}
    n_reads = 0
    with process(WRITE_BATCHES, tmp_path) as started:

        def listen() -> None:
            assert started.stdout is not None
            for line in started.stdout:
                committed[int(line.split()[0])] = float(line.split()[1])

        listener = threading.Thread(target=listen)
        listener.start()
        go(started)
        deadline = time.monotonic() + 30
        while len(seen) < 8 and time.monotonic() < deadline:
            n = len(seen)
            found = retriever.retrieve(f"token{n}", top_k=5)
            n_reads += 1
            assert len(found) == 5
            assert all(hit.document.text[hit.passage.start : hit.passage.end] == hit.passage.text for hit in found)
            n_new = sum(hit.document.source.startswith(f"batch-{n}/") and f"Token{n}" in hit.passage.text for hit in found)
            assert n_new in (0, 5)  # a batch comes whole or not at all
            if n_new:
                seen[n] = time.time()
        assert started.wait(timeout=60) == 0
        listener.join(timeout=60)
    assert sorted(committed) == sorted(seen) == list(range(8))
    assert max(seen[n] - committed[n] for n in range(8)) < 2
    assert n_reads > 8
    assert (library.catalog.counts()[0], library.catalog.check()) == (45, [])


WRITE_ONE_BY_ONE = """
library = library_in(folder)
for n in range(15):
    name = f"{sys.argv[2]}-{n}.txt"
    write(library.root, {name: story(n + int(sys.argv[3]))})
    library.sync_only([name])
"""


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    for turn in range(2):  # each begins with no index at all
        folder = tmp_path / str(turn)
        (folder / "sources").mkdir(parents=True)
        with process(WRITE_ONE_BY_ONE, folder, "a", 0) as a, process(WRITE_ONE_BY_ONE, folder, "b", 100) as b:
            go(a)
            go(b)
            assert (a.wait(timeout=120), b.wait(timeout=120)) == (0, 0)
        library = library_in(folder)
        names = [f"{letter}-{n}.txt" for letter in "ab" for n in range(15)]
        assert [document.source for document in library.catalog.documents()] == sorted(names)
        assert (library.catalog.counts(), library.catalog.check()) == ((30, 120), [])
        assert library.sync(mirror=False) == ScanReport(unchanged=30)
        at_once = library_in(tmp_path / f"{turn} at once", {p.name: p.read_bytes() for p in library.root.iterdir()})
        at_once.sync(mirror=False)
        assert hits(library) == hits(at_once)


SYNC = """
updating.BATCH_FILES = 3
encoder = HashingEncoder(delay_s=0.001)
report = library_in(folder, encoder=encoder).sync(mirror=False)
print(len(report.added), len(encoder.encoded), flush=True)
"""


def test_two_processes_that_sync_the_same_folder_share_the_work(tmp_path: Path, uninterrupted: list[object]) -> None:
    write(tmp_path / "sources", stories(range(N_FILES)))
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    with process(SYNC, tmp_path) as a, process(SYNC, tmp_path) as b:
        go(a)
        go(b)
        for started in (a, b):
            assert started.wait(timeout=120) == 0
            assert started.stdout is not None
            told.put(started.stdout.read())
    added_a, embedded_a, added_b, embedded_b = (int(word) for word in f"{told.get()} {told.get()}".split())
    assert (added_a + added_b, embedded_a + embedded_b) == (N_FILES, 4 * N_FILES)
    library = library_in(tmp_path)
    assert (library.catalog.counts(), library.catalog.check()) == ((N_FILES, 4 * N_FILES), [])
    assert hits(library) == uninterrupted
