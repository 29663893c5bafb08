"""Scored sentences -> how likely it is that the sources answer, in [0, 1].

With a reader the figure is calibrated: of the answers stated at .8 some 80 % are right, on questions it was not set on. Without one it only
ranks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from assistant.questions import Wants
from assistant.scoring import FEATURES, Question, Scored, by_words

MIN_CONFIDENCE = 0.5
"""Below it the answerer declines, where there is no reader ..."""
MIN_CONFIDENCE_READ = 0.2
"""... and where there is one."""

CONFIDENCE_WEIGHTS = {
    "cosine": 5.5, "passage_covered": 1.0, "title_covered": 1.5, "document_covered": 1.0, "names_covered_in_context": 0.5,
    "lacks_wanted": -1.0,
}  # fmt: skip
FULLY_COVERED, NEARLY_ALL = 1.0, 0.8
"""All the question's words, and a value of the kind it wants."""
LEAD_WEIGHT, LONGEST_LEAD = 0.4, 3.0
UNKNOWN_NAME = 1.5
"""A name that stands nowhere in the sources: they may tell of others of its kind, not of it."""
CONFIDENCE_MIDDLE = 4.4
"""Set, with the weights, on SQuADShifts and SQuAD 2 paragraphs and on 2023 news; see `eval/tune_quoting.py` for both sides of it on parts
that were not used."""

READ_WEIGHTS = {"odds": 0.4, "lead": 0.5, "cosine": 1.0, "passage_cosine": 0.6, "lacks_wanted": -1.4, "unknown_name": -0.5}
READ_BIAS = -2.4
"""Logistic regression on the dev pool of `eval/reader/`; `calibrate.py` there prints them, and what they give on the test pool."""


def confidence(question: Question, scored: Sequence[Scored]) -> float:
    """How likely it is that the sources answer: calibrated where a reader judged it."""
    if not is_judged(question, scored):
        return ranked_confidence(question, by_words(scored) if is_read(scored) else scored)
    features = dict(zip(FEATURES, scored[0].features, strict=True))
    return read_confidence({**features, "lead": _lead(scored), "unknown_name": float(question.has_unknown_name)})


def least_confidence(question: Question, scored: Sequence[Scored]) -> float:
    """What an answer must reach to be given."""
    return MIN_CONFIDENCE_READ if is_judged(question, scored) else MIN_CONFIDENCE


def is_judged(question: Question, scored: Sequence[Scored]) -> bool:
    """Whether a reader's judgment counts: not of what somebody said, which it, brought up on facts, seldom takes for an answer."""
    return is_read(scored) and question.wants is not Wants.SAYING


def is_read(scored: Sequence[Scored]) -> bool:
    """Whether a reader read what the best sentence stands in."""
    return bool(scored) and scored[0].sentence.odds is not None


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
