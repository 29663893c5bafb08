"""What the reader's log odds weigh beside the plain features, and what confidence is stated: fitted on the dev and quiz pools, told on the test pool.

    python eval/reader/calibrate.py            prints the numbers that stand in `assistant/scoring.py` and `assistant/confidence.py`
"""

from __future__ import annotations

import argparse
import math
import pickle
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pools import Pool, open_pool, open_quiz

from assistant.confidence import LONGEST_LEAD, MIN_CONFIDENCE_READ, read_confidence
from assistant.features import FEATURES
from assistant.fulltext import document_frequency
from assistant.reader import read_hits
from assistant.scoring import WEIGHTS, WEIGHTS_READ, Scored
from assistant.weighing import Question

CACHE = Path(".assistant/reader")
ODDS = FEATURES.index("odds")
RETRIEVED = 24
"""Passages retrieved for a question: more than an answer reads, so that `--read` can show what reading more would give."""


class Found(NamedTuple):
    """A hit: whether it holds an answering sentence, its retrieval score, the best odds of its sentences, its document's id."""

    right: bool
    score: float
    odds: float
    document: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question asked of a pool.

    Attributes:
        rows: Features of the sentences found, shape (sentences, features).
        right: Which of them answer.
        of: Which hit each of them is of.
        hits: The hits as retrieved.
    """

    kind: str
    question: str
    rows: Any
    right: Any
    of: Any
    unknown_name: bool
    hits: list[Found]


def collect(pool: Pool, *, n_read: int | None, limit: int | None = None) -> list[Asked]:
    """Ask every question, `n_read` hits read, or as many as an answer reads."""
    assistant = pool.assistant
    catalog, reader = assistant.library.catalog, assistant.reader
    assert reader is not None
    scorer = assistant.answering.scorer
    found = []
    for row in pool.rows[:limit]:
        question = Question(row["question"], partial(document_frequency, catalog), catalog.counts()[1])
        retrieved = assistant.answering.retriever.retrieve(row["question"], top_k=RETRIEVED)
        quotes = pool.quotes(row)
        hits = read_hits(reader, row["question"], retrieved) if n_read is None else read_hits(reader, row["question"], retrieved, n=n_read, convinced=math.inf)
        by_passage = {hit.passage.id: hit for hit in hits}
        place = {hit.passage.id: i for i, hit in enumerate(retrieved)}
        scored = scorer.score(question, hits)
        found.append(
            Asked(
                row["kind"], row["question"],
                np.array([s.features for s in scored]).reshape(-1, len(FEATURES)),
                np.array([_answers(s, quotes) for s in scored], dtype=bool),
                np.array([place[s.sentence.hit.passage.id] for s in scored], dtype=int),
                question.has_unknown_name,
                [
                    Found(any(quote in hit.passage.text for quote in quotes), hit.score, max(by_passage[hit.passage.id].reading.odds, default=-12.0), hit.document.id)
                    for hit in retrieved
                    if by_passage[hit.passage.id].reading
                ],
            )
        )  # fmt: skip
    return found


def _answers(scored: Scored, quotes: list[str]) -> bool:
    """Whether a sentence is (most of) an answering one, or of a copy of it in another article."""
    return any(scored.sentence.text in quote or quote in scored.sentence.text for quote in quotes)


def collected(which: str, again: bool, n_read: int | None) -> list[Asked]:
    kept = CACHE / f"asked-{which}.pickle"
    if again or not kept.is_file():
        kept.write_bytes(pickle.dumps(collect(open_quiz() if which == "quiz" else open_pool(which), n_read=n_read)))
    return list(pickle.loads(kept.read_bytes()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", action="store_true", help="ask all questions anew")
    parser.add_argument("--read", type=int, help="passages read for a question (default: as an answer reads them, READ_HITS at most)")
    given = parser.parse_args()
    dev, quiz, test = (collected(which, given.again, given.read) for which in ("dev", "quiz", "test"))
    pools = (("dev", dev), ("quiz", quiz), ("test", test))
    for name, asked in pools:
        report_order(name, asked)
    weights = fit_sentences([*dev, *quiz])
    print("\nsentence weights fitted on dev and quiz:", {f: round(float(w), 2) for f, w in zip(FEATURES, weights, strict=True)})
    for name, asked in pools:
        report_sentences(name, asked, weights)
    coefficients = fit_confidence([*dev, *quiz])
    print("\nconfidence fitted on dev and quiz:", {name: round(float(c), 2) for name, c in zip((*CONFIDENCE_FEATURES, "bias"), coefficients, strict=True)})
    for name, asked in pools:
        report_confidence(f"{name}, fitted", asked, _probabilities(_decisions(asked)[0], coefficients))
    for name, asked in pools:
        report_confidence(f"{name}, as shipped", asked, np.array([_shipped(a) for a in asked]))
    return 0


def report_order(name: str, asked: list[Asked]) -> None:
    """How often the right passage is among the hits read, and comes first, by what the odds count beside the retrieval score."""
    answerable = [a for a in asked if a.kind != "near"]
    among = {n: round(float(np.mean([any(h.right for h in a.hits[:n]) for a in answerable])), 3) for n in (1, 8, 12, 16, 24)}
    print(f"{name}: the answer is among the first n hits, of those read: {among} (n = {len(answerable)})")
    for depth in (12, 16, 24):
        first = {
            weight: round(float(np.mean([bool(a.hits) and max(a.hits[:depth], key=lambda h: h.score + weight * h.odds).right for a in answerable])), 3)
            for weight in (0.0, 0.03, 0.05, 0.08, 0.12, 0.2)
        }
        print(f"  first of {depth} read, by what odds count: {first}")


def fit_sentences(asked: list[Asked], penalty: float = 0.01) -> Any:
    """Weights of a softmax over the sentences found, by the likelihood of the answering ones; that of `odds` is 1."""
    from scipy.optimize import minimize

    told = [a for a in asked if a.right.any()]
    scale = np.concatenate([a.rows for a in told]).std(0) + 1e-6

    def loss(weights: Any) -> tuple[float, Any]:
        total, slope = 0.0, np.zeros_like(weights)
        for a in told:
            rows = a.rows / scale
            scores = rows @ weights
            likely = np.exp(scores - scores.max())
            likely /= likely.sum()
            held = likely[a.right].sum()
            total -= np.log(held)
            slope += rows.T @ (likely - likely * a.right / held)
        return total / len(told) + penalty * weights @ weights, slope / len(told) + 2 * penalty * weights

    fitted = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x / scale
    return fitted / fitted[ODDS]


def report_sentences(name: str, asked: list[Asked], fitted: Any) -> None:
    odds_alone = np.eye(len(FEATURES))[ODDS]
    for what, weights in (("without the reader", WEIGHTS), ("odds alone", odds_alone), ("as shipped", WEIGHTS_READ), ("fitted on dev", fitted)):
        first = [bool(len(a.rows)) and bool(a.right[np.argmax(a.rows @ weights)]) for a in asked if a.kind != "near"]
        print(f"{name}: first sentence answers, {what}: {np.mean(first):.3f} (n = {len(first)})")


CONFIDENCE_FEATURES = ("odds", "lead", "cosine", "passage_cosine", "lacks_wanted", "other_year", "unknown_name")


def _decisions(asked: list[Asked]) -> tuple[Any, Any]:
    """What confidence is drawn from, for the sentence that would be quoted first, and whether that sentence answers."""
    rows, right = [], []
    for a in asked:
        scores = a.rows @ WEIGHTS_READ
        first, second = [*np.argsort(-scores, kind="stable")[:2], 0][:2]
        lead = min(float(scores[first] - scores[second]), LONGEST_LEAD)
        features = dict(zip(FEATURES, a.rows[first], strict=True))
        rows.append([{**features, "lead": lead, "unknown_name": a.unknown_name}[f] for f in CONFIDENCE_FEATURES])
        right.append(bool(a.right[first]))
    return np.array(rows, dtype=float), np.array(right)


def fit_confidence(asked: list[Asked], penalty: float = 0.003) -> Any:
    """Logistic regression on whether the first sentence answers."""
    from scipy.optimize import minimize

    rows, right = _decisions(asked)
    middle, scale = rows.mean(0), rows.std(0) + 1e-6
    inputs = np.c_[(rows - middle) / scale, np.ones(len(rows))]

    def loss(weights: Any) -> tuple[float, Any]:
        likely = 1 / (1 + np.exp(-inputs @ weights))
        free = np.r_[weights[:-1], 0.0]
        value = -np.mean(np.where(right, np.log(likely + 1e-9), np.log(1 - likely + 1e-9))) + penalty * free @ free
        return value, inputs.T @ (likely - right) / len(right) + 2 * penalty * free

    fitted = minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x
    weights = fitted[:-1] / scale
    return np.r_[weights, fitted[-1] - weights @ middle]


def _probabilities(rows: Any, coefficients: Any) -> Any:
    return 1 / (1 + np.exp(-(rows @ coefficients[:-1] + coefficients[-1])))


def _shipped(a: Asked) -> float:
    """The confidence that the product states."""
    [row], _ = _decisions([a])
    return read_confidence(dict(zip(CONFIDENCE_FEATURES, row, strict=True)))


def report_confidence(name: str, asked: list[Asked], confidence: Any) -> None:
    """Calibration, and what is declined at some thresholds."""
    right = _decisions(asked)[1]
    answerable = np.array([a.kind != "near" for a in asked])
    tenths = np.array_split(np.argsort(confidence, kind="stable"), 10)
    error = sum(len(t) * abs(confidence[t].mean() - right[t].mean()) for t in tenths) / len(right)
    pairs = confidence[answerable][:, None] > confidence[~answerable][None, :]
    print(f"{name}: expected calibration error {error:.3f}, answerable above near-unanswerable {pairs.mean():.3f}")
    for least in (MIN_CONFIDENCE_READ, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5):
        given = confidence >= least
        print(
            f"  from {least}: right and given {np.mean((right & given)[answerable]):.3f}, answerable refused {np.mean(~given[answerable]):.3f}, "
            f"near-unanswerable declined {np.mean(~given[~answerable]):.3f}"
        )


if __name__ == "__main__":
    sys.exit(main())
