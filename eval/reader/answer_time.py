"""How long a warm answer takes: questions of the weekly quiz asked of some 10,000 passages of news, the reader reading.

    python eval/reader/answer_time.py          three rounds, each with the library opened anew
"""

from __future__ import annotations

import random
import statistics
import sys
import time

from examples import articles, read
from pools import FOLDER, as_file

from assistant import Assistant

N_PASSAGES, SOME = 10_000, 50
"""Passages, reached by so many articles at a time."""
N_WARMING, N_ASKED, ROUNDS = 5, 75, 3
FIRST_DAY = "2024-10-01"


def main() -> int:
    sources, data = FOLDER / "time" / "sources", FOLDER / "time" / "data"
    sources.mkdir(parents=True, exist_ok=True)
    ids = sorted(id for id, a in articles().items() if a["published"] >= "2024" and 150 < len(a["text"].split()) < 1500)
    random.Random(1).shuffle(ids)
    assistant = Assistant.open(sources, data=data)
    for i, id in enumerate(ids):
        if i % SOME == 0:
            assistant.sync()
            if assistant.overview().n_passages >= N_PASSAGES:
                break
        (sources / f"{i:04}.md").write_text(as_file(id), encoding="utf-8")
    asked = [q["question"] for q in read("news-qa/2024-questions") if q["date"] >= FIRST_DAY][: N_WARMING + N_ASKED]
    for _ in range(ROUNDS):
        assistant = Assistant.open(sources, data=data)
        took = sorted([_ms(assistant, question) for question in asked][N_WARMING:])
        print(f"{assistant.overview().n_passages} passages, {len(took)} questions: p50 {statistics.median(took):.0f} ms, p95 {took[int(0.95 * len(took))]:.0f} ms")
    return 0


def _ms(assistant: Assistant, question: str) -> float:
    started = time.perf_counter()
    assistant.ask(question)
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
