"""The measures, each a small pure function of plain values. In [0, 1] and higher is better unless said otherwise.

In: texts, places, ranks. Out: numbers. Nothing here knows the assistant.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assistant.types import Place

ON_EVIDENCE = 0.5
"""A span is on another when they share at least this much of the shorter one."""

Target = tuple[Place, ...]
"""One thing to be found: all the places where it stands."""


# Answers


def normalise(text: str) -> str:
    """Lower case, without punctuation, articles and extra blanks.

    >>> normalise("The  U.S. has 28,500 troops.")
    'us has 28500 troops'

    Source: the evaluation script of SQuAD 1.1, Rajpurkar et al., EMNLP 2016 (here typographic punctuation goes too).
    """
    bare = "".join(char for char in text.lower() if char not in PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


PUNCTUATION = frozenset(string.punctuation + "‘’“”„«»…–—")


def contains(text: str, answer: str) -> bool:
    """Whether an answer stands in a text, both normalised, as whole words: `5` is not in `25`.

    The point within a number stays, unlike in SQuAD's normalising, where 2.5 is 25.
    """
    wanted = _with_points(answer)
    return bool(wanted) and f" {wanted} " in f" {_with_points(text)} "


def _with_points(text: str) -> str:
    return normalise(POINT.sub("·", text))  # which is no punctuation to normalise


POINT = re.compile(r"(?<=\d)\.(?=\d)")


def exact_match(given: str, answers: Sequence[str]) -> float:
    """1 if the short answer equals one of the alternatives, normalised. Source: SQuAD 1.1."""
    return float(any(normalise(given) == normalise(answer) for answer in answers))


def token_f1(given: str, answers: Sequence[str]) -> float:
    """F1 over the words of short answer and alternative, normalised; the best alternative counts. Source: SQuAD 1.1."""
    return max((_token_f1(normalise(given).split(), normalise(answer).split()) for answer in answers), default=0.0)


def _token_f1(given: Sequence[str], answer: Sequence[str]) -> float:
    if not given or not answer:
        return float(given == answer)
    shared = (Counter(given) & Counter(answer)).total()
    return 2 * shared / (len(given) + len(answer))


# Places


def on(a: Place, b: Place) -> bool:
    """Whether two places share at least half of the shorter one.

    >>> on(Place("x", 0, 10), Place("x", 5, 100)), on(Place("x", 0, 10), Place("x", 6, 100))
    (True, False)
    """
    shared = min(a.end, b.end) - max(a.start, b.start)
    return a.source == b.source and shared > 0 and shared >= ON_EVIDENCE * min(a.end - a.start, b.end - b.start)


def targets_on(places: Iterable[Place], targets: Sequence[Target]) -> frozenset[int]:
    """Indices of the targets that one of `places` is on."""
    places = tuple(places)
    return frozenset(i for i, target in enumerate(targets) if any(on(place, spot) for place in places for spot in target))


# Retrieval


class Ranking(NamedTuple):
    """A ranking judged: which ranks are relevant, and how many relevant things there were to find."""

    relevant: tuple[bool, ...]
    n_relevant: int


def judged(found: Sequence[frozenset[int]], n_targets: int) -> Ranking:
    """Judge a ranking by the targets that each rank is on.

    A rank is relevant if it is on a target that no rank above it was on, so that the same evidence twice counts once; targets
    that one hit holds together are one thing to be found, else a perfect ranking could not score 1.

    >>> judged([frozenset({0, 1}), frozenset({1}), frozenset({2})], n_targets=4)
    Ranking(relevant=(True, False, True), n_relevant=3)
    """
    seen: set[int] = set()
    relevant = []
    for targets in found:
        relevant.append(not targets <= seen)
        seen |= targets
    return Ranking(tuple(relevant), sum(relevant) + n_targets - len(seen))


def hit_at(ranking: Ranking, k: int) -> float:
    """1 if anything relevant is among the first `k`. Also called success@k."""
    return float(any(ranking.relevant[:k]))


def recall_at(ranking: Ranking, k: int) -> float:
    """The share of what is relevant that is among the first `k`."""
    return sum(ranking.relevant[:k]) / ranking.n_relevant if ranking.n_relevant else 0.0


def reciprocal_rank_at(ranking: Ranking, k: int) -> float:
    """1 / the rank of the first relevant one, 0 beyond `k`; its mean is MRR@k. Source: Voorhees, TREC-8 1999."""
    return next((1 / rank for rank, relevant in enumerate(ranking.relevant[:k], start=1) if relevant), 0.0)


def ndcg_at(ranking: Ranking, k: int) -> float:
    """Discounted gain, sum of 1 / log2(1 + rank) over relevant ranks, over that of an ideal ranking.

    Source: Järvelin & Kekäläinen, TOIS 2002, with gains 0 and 1.
    """
    gain = sum(1 / math.log2(1 + rank) for rank, relevant in enumerate(ranking.relevant[:k], start=1) if relevant)
    ideal = sum(1 / math.log2(1 + rank) for rank in range(1, min(k, ranking.n_relevant) + 1))
    return gain / ideal if ideal else 0.0


# Citations


def citation_precision(found: Sequence[frozenset[int]]) -> float:
    """The share of citations that are on some evidence, given the targets that each is on."""
    return sum(bool(targets) for targets in found) / len(found) if found else 0.0


def citation_recall(found: Sequence[frozenset[int]], n_targets: int) -> float:
    """The share of evidence that some citation is on."""
    return len(frozenset[int]().union(*found)) / n_targets if n_targets else 0.0


def f1(precision: float, recall: float) -> float:
    """The harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


# Abstention


class Point(NamedTuple):
    """One threshold of a risk-coverage curve: the share answered, and the share of those that is wrong."""

    coverage: float
    risk: float


def risk_coverage(confidences: Sequence[float], wrong: Sequence[float], n_questions: int) -> list[Point]:
    """The curve over thresholds on the confidence of the answers given, surest first; equal confidences fall together.

    Args:
        confidences: Of each answer given.
        wrong: 1 where that answer is wrong, 0 where right.
        n_questions: Asked in all; coverage ends at the share that was answered.

    Source: El-Yaniv & Wiener, JMLR 2010.
    """
    if not confidences:
        return []
    answered, failed = _at_thresholds(confidences, wrong, np.ones((1, len(confidences))))
    return [Point(float(n / n_questions), float(f / n)) for n, f in zip(answered[0], failed[0], strict=True)]


def aurc(confidences: Sequence[float], wrong: Sequence[float], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The area under the curve: the mean, over the answers given, of the risk at their threshold. Lower is better.

    Args:
        weights: How often each answer counts, shape `(n_samples, n_answers)`.

    Returns:
        One area a sample, NaN where no answer counts.

    Source: Geifman, Uziel & El-Yaniv, ICLR 2019.
    """
    if not confidences:
        return np.full(len(weights), np.nan)
    answered, failed = _at_thresholds(confidences, wrong, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        risk = np.where(answered > 0, failed / answered, 0.0)
        share = np.diff(answered, axis=1, prepend=0.0) / answered[:, -1:]
    area: npt.NDArray[np.float64] = (risk * share).sum(axis=1)
    return area


def _at_thresholds(
    confidences: Sequence[float], wrong: Sequence[float], weights: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How many are answered, and how many of them wrong, at each different confidence from the top down."""
    order = np.argsort(-np.asarray(confidences, dtype=float), kind="stable")
    ordered = np.asarray(confidences, dtype=float)[order]
    last_of_level = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    answered = weights[:, order].cumsum(axis=1)
    failed = (weights * np.asarray(wrong, dtype=float))[:, order].cumsum(axis=1)
    return answered[:, last_of_level], failed[:, last_of_level]


# Speed


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
