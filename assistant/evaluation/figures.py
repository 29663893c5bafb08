"""Scores of many questions -> figures with intervals, for all, per set and per tag.

In: the scores of each question. Out: `Summary`s. A figure is a ratio of two sums over questions (a mean is one whose lower sum
counts questions), so that the bootstrap is two matrix products; the area under the risk-coverage curve stands apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from assistant.evaluation.bootstrap import Interval, Weights, interval, resamples
from assistant.evaluation.metrics import Point, aurc, percentile, risk_coverage
from assistant.evaluation.questions import Question
from assistant.evaluation.scores import Scores

Part = Callable[[Scores], float | None]


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the table: the sum of `above` over the sum of `below`, over the questions that have `above`.

    Attributes:
        part: What it tells about: answers, retrieval, citations, abstention, disagreement.
        percent: It is shown times 100.
        short: A column's heading.
    """

    name: str
    label: str
    part: str
    above: Part
    below: Part = lambda scores: 1.0
    better: Better = Better.HIGHER
    percent: bool = True
    short: str = ""

    def parts(self, scores: Sequence[Scores]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Above and below of each question, both 0 where the figure does not apply."""
        above = [self.above(one) for one in scores]
        below = [0.0 if a is None else self.below(one) or 0.0 for a, one in zip(above, scores, strict=True)]
        return np.array([a or 0.0 for a in above], dtype=float), np.array(below, dtype=float)


def mean(name: str, label: str, part: str, **more: Any) -> Figure:
    """The mean of a score over the questions that have it."""
    return Figure(name, label, part, lambda scores: scores.get(name), **more)


def _only(scores: Scores, name: str, wanted: float, value: float) -> float | None:
    return value if scores[name] == wanted else None


FIGURES: tuple[Figure, ...] = (
    mean("right", "right", "answers", short="right"),
    mean("utility", "utility (+1 right, 0 refused, −1 wrong)", "answers", percent=False, short="utility"),
    mean("contains", "contains an expected answer", "answers", short="contains"),
    mean("must_include", "says all that it must", "answers", short="must say"),
    mean("exact", "short answer, exact match", "answers", short="EM"),
    mean("f1", "short answer, token F1", "answers", short="F1"),
    mean("words", "words an answer", "answers", better=Better.NEITHER, percent=False, short="words"),
    mean("hit@1", "hit@1", "retrieval", short="hit@1"),
    mean("hit@5", "hit@5", "retrieval", short="hit@5"),
    mean("hit@10", "hit@10", "retrieval", short="hit@10"),
    mean("recall@10", "recall@10", "retrieval", short="rec@10"),
    mean("mrr@10", "MRR@10", "retrieval", short="MRR@10"),
    mean("ndcg@10", "nDCG@10", "retrieval", short="nDCG@10"),
    Figure("verbatim", "citations verbatim", "citations", lambda s: s["n_verbatim"], lambda s: s["n_citations"], short="verbatim"),
    mean("citation_precision", "citation precision", "citations", short="cite P"),
    mean("citation_recall", "citation recall", "citations", short="cite R"),
    mean("citation_f1", "citation F1", "citations", short="cite F1"),
    Figure("uncited", "statements without a citation", "citations", lambda s: s["n_uncited"], lambda s: s["n_statements"],
           Better.LOWER, short="uncited"),
    Figure("declined", "unanswerable questions declined", "abstention", lambda s: _only(s, "unanswerable", 1.0, s["declined"]),
           short="declined"),
    Figure("refused", "answerable questions refused", "abstention", lambda s: _only(s, "unanswerable", 0.0, s["declined"]),
           better=Better.LOWER, short="refused"),
    Figure("abstention_precision", "declining, precision", "abstention", lambda s: s["declined"] * s["unanswerable"],
           lambda s: s["declined"], short="decl. P"),
    Figure("abstention_f1", "declining, F1", "abstention", lambda s: 2 * s["declined"] * s["unanswerable"],
           lambda s: s["declined"] + s["unanswerable"], short="decl. F1"),
    Figure("aurc", "area under the risk-coverage curve", "abstention", lambda s: None, better=Better.LOWER, short="AURC"),
    mean("both_sides", "both sides of a disagreement shown", "disagreement", short="both sides"),
)  # fmt: skip
BY_NAME = {figure.name: figure for figure in FIGURES}
SHORT_ANSWERS = ("exact", "f1")
"""Left out where the answerer marks no short answer."""


class Value(NamedTuple):
    """A figure's value, its 95 % interval, and over how many questions."""

    value: float
    interval: Interval | None
    n: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one group of questions; a figure that applies to none of them is left out."""

    name: str
    n: int
    figures: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Scored:
    """Questions with their scores, ordered by id so that no figure depends on the order they were asked in."""

    questions: tuple[Question, ...]
    scores: tuple[Scores, ...]

    @classmethod
    def of(cls, questions: Sequence[Question], scores: Sequence[Scores]) -> Scored:
        pairs = sorted(zip(questions, scores, strict=True), key=lambda pair: pair[0].id)
        return cls(tuple(q for q, _ in pairs), tuple(s for _, s in pairs))

    def where(self, condition: Callable[[Question], bool]) -> Scored:
        kept = [(q, s) for q, s in zip(self.questions, self.scores, strict=True) if condition(q)]
        return Scored(tuple(q for q, _ in kept), tuple(s for _, s in kept))

    def groups(self) -> dict[str, Scored]:
        """All questions, then each set (where there are several), then each tag."""
        sets = sorted({question.set for question in self.questions})
        tags = sorted({tag for question in self.questions for tag in question.tags})
        by_set = {f"set {name}": self.where(partial(_is_of_set, name)) for name in sets if len(sets) > 1}
        return {"all": self} | by_set | {f"tag {name}": self.where(partial(_has_tag, name)) for name in tags}


def _is_of_set(name: str, question: Question) -> bool:
    return question.set == name


def _has_tag(name: str, question: Question) -> bool:
    return name in question.tags


def summarise(name: str, scores: Sequence[Scores], *, short_answers: bool = True) -> Summary:
    """Every figure that applies to some of the questions."""
    weights = resamples(len(scores))
    once = np.ones((1, len(scores)))
    figures = {}
    for figure in FIGURES:
        if figure.name in SHORT_ANSWERS and not short_answers:
            continue
        value = float(over(figure, scores, once)[0])
        if not np.isnan(value):
            figures[figure.name] = Value(value, interval(over(figure, scores, weights)), applies_to(figure, scores))
    return Summary(name, len(scores), figures)


def over(figure: Figure, scores: Sequence[Scores], weights: Weights) -> npt.NDArray[np.float64]:
    """A figure's value in each sample of questions, NaN where it is not defined."""
    if figure.name == "aurc":
        answered = np.array([not one["declined"] for one in scores], dtype=bool)
        return aurc(*_given(scores), weights[:, answered])
    above, below = figure.parts(scores)
    total = weights @ below
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, (weights @ above) / total, np.nan)


def applies_to(figure: Figure, scores: Sequence[Scores]) -> int:
    """How many questions a figure is drawn from."""
    if figure.name == "aurc":
        return sum(not one["declined"] for one in scores)
    return int((figure.parts(scores)[1] > 0).sum())


def curve(scores: Sequence[Scores]) -> list[Point]:
    """The risk-coverage curve of the answers given."""
    confidences, wrong = _given(scores)
    return risk_coverage(confidences, wrong, len(scores))


def _given(scores: Sequence[Scores]) -> tuple[list[float], list[float]]:
    """Confidence and wrongness of the answers that were given."""
    given = [one for one in scores if not one["declined"]]
    return [one["confidence"] for one in given], [1.0 - one["right"] for one in given]


class Difference(NamedTuple):
    """How a figure moved from another run to this one, over the questions both asked."""

    before: float
    after: float
    interval: Interval | None

    @property
    def change(self) -> float:
        return self.after - self.before


def differences(before: Sequence[Scores], after: Sequence[Scores]) -> dict[str, Difference]:
    """Each figure's change with its paired bootstrap interval: the same questions are drawn for both runs."""
    weights, once = resamples(len(after)), np.ones((1, len(after)))
    found = {}
    for figure in FIGURES:
        a, b = (float(over(figure, scores, once)[0]) for scores in (before, after))
        if not np.isnan(a) and not np.isnan(b):
            found[figure.name] = Difference(a, b, interval(over(figure, after, weights) - over(figure, before, weights)))
    return found


def speed(timings: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """The 50th and 95th percentile of each step's milliseconds."""
    steps = sorted({step for timing in timings for step in timing})
    given = {step: [timing[step] for timing in timings if step in timing] for step in steps}
    return {step: {"p50": percentile(ms, 0.5), "p95": percentile(ms, 0.95)} for step, ms in given.items()}
