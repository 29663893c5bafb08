"""Scored sentences -> how likely it is that the sources answer, in [0, 1].

With a reader the figure is calibrated: of the answers stated at .8 some 80 % are right, on questions it was not set on. Without one it only
ranks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.features import FEATURES
from assistant.questions import Wants
from assistant.scoring import Scored, by_words
from assistant.weighing import Question

MIN_CONFIDENCE = 0.5
"""Below it the answerer declines, where there is no reader ..."""
MIN_CONFIDENCE_READ = 0.18
"""... and where there is one."""

CONFIDENCE_WEIGHTS = {
    "cosine": 5.5, "passage_covered": 1.0, "title_covered": 1.5, "document_covered": 1.0, "names_covered_in_context": 0.5,
    "lacks_wanted": -1.0, "other_year": -1.0,
}  # fmt: skip
FULLY_COVERED, NEARLY_ALL = 1.0, 0.8
"""All the question's words, and a value of the kind it wants."""
LEAD_WEIGHT, LONGEST_LEAD = 0.4, 3.0
UNKNOWN_NAME = 1.5
"""A name that stands nowhere in the sources: they may tell of others of its kind, not of it."""
CONFIDENCE_MIDDLE = 4.4
"""Set, with the weights, on SQuADShifts and SQuAD 2 paragraphs and on 2023 news; see `eval/tune_quoting.py` for both sides of it on parts
that were not used."""

READ_WEIGHTS = {"odds": 0.35, "lead": 0.35, "cosine": 1.5, "passage_cosine": 0.6, "lacks_wanted": -1.2, "other_year": -1.2, "unknown_name": -0.5}
READ_BIAS = -2.6
"""Logistic regression on the dev pool of `eval/reader/`; `calibrate.py` there prints them, and what they give on the test pool."""


@dataclass(frozen=True, slots=True)
class Judgment:
    """Whether the sources answer.

    Attributes:
        confidence: How likely it is, in [0, 1].
        least: What it must reach for an answer to be given.
        calibrated: Whether a reader judged: then `confidence` is a probability, else a ranking.
    """

    confidence: float
    least: float
    calibrated: bool

    @property
    def sure(self) -> bool:
        return self.confidence >= self.least


def judge(question: Question, scored: Sequence[Scored], *, least: float | None = None) -> Judgment:
    """Judge by a reader where one read, else by the words.

    What somebody said is always judged by the words: a reader, brought up on facts, seldom takes a quotation for an answer.

    Args:
        scored: Best first, at least one.
        least: In place of MIN_CONFIDENCE and MIN_CONFIDENCE_READ.
    """
    if not is_read(scored) or question.wants is Wants.SAYING:
        return judge_words(question, scored, least=least)
    features = dict(zip(FEATURES, scored[0].features, strict=True))
    sure = read_confidence({**features, "lead": _lead(scored), "unknown_name": float(question.has_unknown_name)})
    return Judgment(sure, MIN_CONFIDENCE_READ if least is None else least, calibrated=True)


def judge_words(question: Question, scored: Sequence[Scored], *, least: float | None = None) -> Judgment:
    """Judge as if nothing had been read."""
    worded = by_words(scored) if is_read(scored) else scored
    return Judgment(ranked_confidence(question, worded), MIN_CONFIDENCE if least is None else least, calibrated=False)


def is_read(scored: Sequence[Scored]) -> bool:
    """Whether a reader read what the best sentence stands in."""
    return scored[0].sentence.odds is not None


def _lead(scored: Sequence[Scored]) -> float:
    """By how much the best sentence is ahead, LONGEST_LEAD at most."""
    return min(scored[0].score - scored[1].score, LONGEST_LEAD) if len(scored) > 1 else LONGEST_LEAD


def ranked_confidence(question: Question, scored: Sequence[Scored]) -> float:
    """How likely it is that the sources answer, in [0, 1]; a ranking, not a calibrated probability.

    The best of the first three sentences counts: which of them comes first matters less than that one is near.
    """
    evidence = max(_evidence(dict(zip(FEATURES, s.features, strict=True))) for s in scored[:3])
    evidence += LEAD_WEIGHT * _lead(scored) - UNKNOWN_NAME * question.has_unknown_name
    return 1 / (1 + math.exp(CONFIDENCE_MIDDLE - evidence))


def _evidence(features: Mapping[str, float]) -> float:
    full = features["covered_in_context"] >= NEARLY_ALL and not features["lacks_wanted"]
    weighed = sum(weight * features[name] for name, weight in CONFIDENCE_WEIGHTS.items())
    return weighed + FULLY_COVERED * full


def read_confidence(features: Mapping[str, float]) -> float:
    """How likely it is that a sentence answers: calibrated.

    Args:
        features: Those of READ_WEIGHTS, of the sentence that would be quoted first.
    """
    return 1 / (1 + math.exp(-READ_BIAS - sum(weight * features[name] for name, weight in READ_WEIGHTS.items())))
