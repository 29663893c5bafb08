"""Scores of questions -> how far a figure could have come out otherwise with other questions of the same kind.

In: how often each question counts in each resample. Out: intervals. Seeded: the same scores give the same interval.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

N_SAMPLES = 1_000
"""The interval's ends move by less than a tenth of its width from one seed to the next."""
LEVEL = 0.95
SEED = 20_250_409

Weights = npt.NDArray[np.float64]
"""How often each question counts, shape `(n_samples, n_questions)`."""


class Interval(NamedTuple):
    """Where a figure lies in 95 % of the resamples."""

    low: float
    high: float


def resamples(n_questions: int, *, n_samples: int = N_SAMPLES) -> Weights:
    """Draw `n_questions` questions with replacement, `n_samples` times; rows sum to `n_questions`."""
    random = np.random.default_rng(SEED)
    uniform = np.full(n_questions, 1 / n_questions) if n_questions else np.zeros(0)
    return random.multinomial(n_questions, uniform, size=n_samples).astype(float) if n_questions else np.zeros((n_samples, 0))


def interval(samples: npt.NDArray[np.float64]) -> Interval | None:
    """The percentile interval of a figure's resamples; those in which it is not defined (NaN) are left out.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    defined = samples[~np.isnan(samples)]
    if not len(defined):
        return None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
