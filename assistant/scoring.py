"""Question + sentences -> how well each answers, best first: a linear model over their features, their vectors and what a reader says of them.

`eval/tune_quoting.py` and `eval/reader/calibrate.py` tell what the weights give on public question sets and on news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from assistant.features import FEATURES, Sentence, passage_sentences, plain_features
from assistant.questions import Wants
from assistant.types import Encoder, Hit
from assistant.weighing import Question

if TYPE_CHECKING:
    from assistant.types import Vectors

MAX_EMBEDDED, MAX_EMBEDDED_READ = 8, 4
"""Sentences whose vectors are looked at: the best by the other features. Each costs 1.6 ms; 6, 8 and 12 answered alike, and 3, 4 and 12
where passages were read, on which most then hangs."""
MAX_EMBEDDED_OVERVIEW = 16
"""The same for a broad question, which shares few words with what it is about."""

WEIGHTS = np.array([4.0, 2.0, 1.5, 0.5, 0.5, 1.0, 1.0, -1.0, 0.3, -1.0, 1.0, 0.5, 0.3, -0.2, 0.3, 0.0, 0.0, 1.5, -1.5, 0.0])
"""Round numbers, set on SQuADShifts, SQuAD 2 and news questions. On 933 held-out questions the best sentence of the paragraph is right
for .836, by cosine alone for .765. A softmax fitted to the paragraphs did as well there (.833) and worse on news."""
WEIGHTS_READ = np.array([4.0, 1.0, 4.0, 0.0, 0.0, 0.0, 0.5, -0.5, 0.0, -2.0, 8.0, 1.5, 0.0, 0.0, 0.5, 0.5, 2.0, 1.0, -2.0, 1.0])
"""The same where passages were read, rounded from a softmax fitted to the dev pool of `eval/reader/`; `calibrate.py` there tells what each
of the two gives on the test pool."""
MOST_ODDS = 8.0
NAMES = FEATURES.index("names_covered_in_context")
NAMES_ALL, ANSWERS_TOO, WITHIN = 0.8, 0.0, 3.0
"""A sentence whose passage names nothing of what the question names yields to one within this score that a reader finds to answer too, from
these log odds, and whose passage names so much of it: of two storms the one that was asked about counts. News questions seldom try it."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence and what the model makes of it: higher answers better."""

    sentence: Sentence
    score: float
    features: tuple[float, ...]


class Scorer:
    """Scores the sentences of hits.

    Attributes:
        vectors: Texts to unit vectors, as the encoder gives them.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.vectors = encoder.encode

    def score(self, question: Question, hits: Sequence[Hit], *, max_embedded: int | None = None) -> list[Scored]:
        """All sentences of the hits, best first, equal ones by place.

        Only the `max_embedded` best by the other features are compared by vector; the others keep the least cosine of those.
        """
        candidates = [sentence for hit in hits for sentence in passage_sentences(hit)]
        if not candidates:
            return []
        rows = np.array([plain_features(question, sentence) for sentence in candidates])
        odds = [sentence.odds for sentence in candidates]
        read = any(o is not None for o in odds)
        weights = WEIGHTS_READ if read else WEIGHTS
        if read:
            rows[:, -1] = [max(-MOST_ODDS, min(-MOST_ODDS if o is None else o, MOST_ODDS)) for o in odds]
        first = np.argsort(-(rows @ weights), kind="stable")[: max_embedded or _most_embedded(question, read=read)]
        cosines = self._cosines(question.text, [candidates[i].text for i in first])
        rows[:, 0] = cosines.min()
        rows[first, 0] = cosines
        scores = rows @ weights
        scored = [
            Scored(sentence, round(float(score), 6), tuple(row.tolist()))
            for sentence, score, row in zip(candidates, scores, rows, strict=True)
        ]
        return _named_first(sorted(scored, key=lambda s: (-s.score, s.sentence.hit.passage.id, s.sentence.span)))

    def _cosines(self, question: str, texts: Sequence[str]) -> Vectors:
        vectors = self.vectors([question, *texts])
        return np.asarray((vectors[1:].astype(np.float64) * vectors[0].astype(np.float64)).sum(axis=1).round(6))


def _most_embedded(question: Question, *, read: bool) -> int:
    """What somebody said is told by words and vectors, read or not."""
    return MAX_EMBEDDED_READ if read and question.wants is not Wants.SAYING else MAX_EMBEDDED


def _named_first(scored: list[Scored]) -> list[Scored]:
    """The same with the best sentence on what the question names first, where the first is on something else; it gets the score of the one it goes before."""
    first = scored[0]
    if first.sentence.odds is None or first.features[NAMES] > 0.0:
        return scored
    named = (
        i for i, s in enumerate(scored)
        if s.score >= first.score - WITHIN and s.features[NAMES] >= NAMES_ALL and s.sentence.odds is not None and s.sentence.odds >= ANSWERS_TOO
    )  # fmt: skip
    i = next(named, None)
    return scored if i is None else [replace(scored[i], score=first.score), *scored[:i], *scored[i + 1 :]]


def by_words(scored: Sequence[Scored]) -> list[Scored]:
    """The same sentences scored as if nothing had been read, best first."""
    again = [replace(s, score=round(float(np.array(s.features) @ WEIGHTS), 6)) for s in scored]
    return sorted(again, key=lambda s: (-s.score, s.sentence.hit.passage.id, s.sentence.span))
