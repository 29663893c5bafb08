"""What the reader's log odds weigh beside the plain features, and what confidence is stated: fitted on the dev pool, told on the test pool.

    python eval/reader/calibrate.py            prints the numbers that stand in `assistant/scoring.py` and `assistant/confidence.py`
"""

from __future__ import annotations

import argparse
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pools import Pool, open_pool

from assistant.assistant import HITS_READ_FROM
from assistant.reader import read_hits
from assistant.scoring import FEATURES, Question, Scored, Scorer
from assistant.types import Hit

CACHE = Path(".assistant/reader")
ODDS = FEATURES.index("odds")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question asked of a pool.

    Attributes:
        rows: Features of the sentences found, shape (sentences, features).
        right: Which of them answer.
        retrieved, read: Whether each hit holds an answering sentence: as retrieved, and the retrieval scores and best odds beside.
    """

    kind: str
    question: str
    rows: Any
    right: Any
    unknown_name: bool
    hits: list[tuple[bool, float, float]]


def collect(pool: Pool, *, n_read: int = HITS_READ_FROM, limit: int | None = None) -> list[Asked]:
    """Ask every question, every hit read, every sentence embedded."""
    assistant = pool.assistant
    catalog, reader = assistant.library.catalog, assistant.reader
    assert reader is not None
    scorer = Scorer(assistant.encoder)
    found = []
    for row in pool.rows[:limit]:
        question = Question(row["question"], catalog.document_frequency, catalog.counts()[1])
        retrieved = assistant._retriever.retrieve(row["question"], top_k=HITS_READ_FROM)
        source, quotes = pool.source_of[row["article"]], pool.quotes(row)
        hits = read_hits(reader, row["question"], retrieved, n=n_read)
        by_passage = {hit.passage.id: hit for hit in hits}
        scored = scorer.score(question, hits)
        found.append(
            Asked(
                row["kind"], row["question"],
                np.array([s.features for s in scored]).reshape(-1, len(FEATURES)),
                np.array([_answers(s, source, quotes) for s in scored], dtype=bool),
                question.has_unknown_name,
                [
                    (_holds(hit, source, quotes), hit.score, max(by_passage[hit.passage.id].reading.odds, default=-12.0))
                    for hit in retrieved
                    if by_passage[hit.passage.id].reading
                ],
            )
        )  # fmt: skip
    return found


def _answers(scored: Scored, source: str, quotes: list[str]) -> bool:
    """Whether a sentence is (most of) an answering one, or of a copy of it in another article."""
    return any(scored.sentence.text in quote or quote in scored.sentence.text for quote in quotes)


def _holds(hit: Hit, source: str, quotes: list[str]) -> bool:
    return any(quote in hit.passage.text for quote in quotes)


def collected(which: str, again: bool) -> list[Asked]:
    kept = CACHE / f"asked-{which}.pickle"
    if again or not kept.is_file():
        kept.write_bytes(pickle.dumps(collect(open_pool(which))))
    return list(pickle.loads(kept.read_bytes()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", action="store_true", help="ask all questions anew")
    given = parser.parse_args()
    for which in ("dev", "test"):
        report(which, collected(which, given.again))
    return 0


def report(which: str, asked: list[Asked]) -> None:
    answerable = [a for a in asked if a.kind != "near"]
    for n in (6, 8, 10, 12, 16, 24):
        print(which, n, "hits hold the answer for", round(float(np.mean([any(h[0] for h in a.hits[:n]) for a in answerable])), 3))
    for weight in (0.0, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3):
        first = [bool(a.hits) and max(a.hits[:12], key=lambda h: h[1] + weight * h[2])[0] for a in answerable]
        print(which, "odds count", weight, "right passage first", round(float(np.mean(first)), 3))


if __name__ == "__main__":
    sys.exit(main())
