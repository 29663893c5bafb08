"""How long it takes until a language model is called: retrieval, the judgment whether the sources hold an answer, the prompt.

    python eval/time_to_model.py [PASSAGES]      10,000 passages by default, warm, without a reader
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from assistant.answering import ANSWERERS
from assistant.assistant import Assistant
from assistant.generation.prompts import answering, new_mark
from assistant.settings import Settings
from assistant.types import Document, Filters, Passage

QUESTIONS = (
    "Who leads the Korean delegation?", "How large is the trade gap?", "How many American troops are in South Korea?", "What did Peter Navarro write?",
    "Until when is the car tax reduced?", "How long did Han and Trump speak?", "What does Bessent say about the first deal?", "What is the tariff on Korean goods?",
)  # fmt: skip
ROUNDS = 5


def main() -> int:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    sources = Path(__file__).resolve().parents[1] / "sources"
    with tempfile.TemporaryDirectory() as folder:
        assistant = Assistant.open(settings=Settings(sources=sources, data=Path(folder), reader="none"))
        assistant.sync()
        _fill(assistant, n - assistant.overview().n_passages)
        assistant.refresh = lambda: []  # type: ignore[method-assign]  # the made-up documents have no file to be looked at
        took = [_once(assistant, question) for _ in range(ROUNDS) for question in QUESTIONS][len(QUESTIONS) :]
        n_passages = assistant.overview().n_passages
        for name, times in zip(("retrieve", "judge", "prompt", "all", "all, processor time"), zip(*took, strict=True), strict=True):
            print(f"{n_passages} passages, {name}: median {statistics.median(times):.1f} ms, 95 % below {sorted(times)[int(0.95 * len(times))]:.1f} ms")
    return 0


def _once(assistant: Assistant, question: str) -> tuple[float, ...]:
    """Milliseconds for retrieval, judgment, prompt and all of it, and the processor's for all of it."""
    times, used = [time.perf_counter()], time.process_time()
    hits = assistant.answering.retrieved(question, Filters())
    times.append(time.perf_counter())
    ANSWERERS["quoting"](assistant.answering).declines(question, hits)
    times.append(time.perf_counter())
    answering(question, hits, mark=new_mark())
    times.append(time.perf_counter())
    steps = [1000 * (b - a) for a, b in pairwise(times)]
    return (*steps, sum(steps), 1000 * (time.process_time() - used))


def _fill(assistant: Assistant, n: int) -> None:
    """Made-up passages with vectors of their own, a hundred a document."""
    rng = np.random.default_rng(1)
    words = "harbour council budget minister river bridge election turbine copper wheat vaccine orbit trade talks tariff exports growth".split()
    for k in range(n // 100):
        lines = [" ".join(rng.choice(words, 40)) + "." for _ in range(100)]
        text = "\n\n".join(lines)
        document = Document(f"{k:016x}", f"made-up-{k}.txt", text, sha256=f"{k:064x}")
        starts = np.cumsum([0, *(len(line) + 2 for line in lines[:-1])])
        passages = [Passage(document.id, int(s), int(s) + len(line), line) for s, line in zip(starts, lines, strict=True)]
        vectors = rng.standard_normal((100, assistant.encoder.dim)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        with assistant.library.catalog.change() as change:
            change.put_document(document, passages, vectors, [f"{k} {i}".encode().ljust(16)[:16] for i in range(100)])


if __name__ == "__main__":
    sys.exit(main())
