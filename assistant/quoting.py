"""Question + hits -> an answer in the sources' own sentences: the answerer that needs no model and no network.

It can be wrong about what is relevant, not about what a source says: a sentence that would mislead alone brings its
neighbour, and nothing is shown that is not a span of a document.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from assistant.citations import Citations
from assistant.confidence import MIN_CONFIDENCE, Judgment, is_read, judge, judge_words
from assistant.context import with_context
from assistant.disagreement import Side, find_sides
from assistant.features import FEATURES, PRONOUN, Sentence
from assistant.marked import marked_sides
from assistant.questions import Wants, asks_for_latest, is_broad, is_content_free
from assistant.scoring import MAX_EMBEDDED_OVERVIEW, Scored, Scorer, by_words
from assistant.shortening import short_answer
from assistant.speakers import Speaker
from assistant.types import (
    Abstained,
    AbstainEvent,
    AbstainReason,
    Claim,
    Disagreement,
    DisagreementEvent,
    Document,
    Event,
    Hit,
    JudgedEvent,
    Span,
    Statement,
    StatementEvent,
)
from assistant.weighing import Question
from assistant.words import stems

MAX_STATEMENTS_BROAD = 5
ON_SUBJECT = 0.5
"""An overview takes in sentences that hold this share of the question's words that the best one holds: what is near in meaning alone is
often of the same affair and not of what was asked about."""
OVERVIEW_SHARE = 0.5
"""An overview takes in sentences down to this share of the best one's score."""
SECOND_WITHIN = 1.2
"""A second sentence is added when it scores within this of the first."""
LATEST_WITHIN = 2.0
"""When the latest is asked for, the newest document counts whose sentence scores within this of the best."""
ALTERNATIVE_WITHIN = 2.5
"""Of a question between two names, `more to China or to the US?`, a sentence on the other one is added when it scores within this of the first."""
READ_STRETCH = 2.0
"""Scores lie so much further apart where passages were read."""
MAX_SAYINGS, SAID_OF_IT = 3, 0.42
"""Of one person's words so many are quoted, further ones from this cosine to the question."""
HALF_SURE = 0.1
"""From this confidence two reports that a reader marks and that differ are shown, though neither alone is sure to answer."""
REPEATS = 0.86
"""Cosine from which one sentence says what another said."""

COSINE, COVERED = FEATURES.index("cosine"), FEATURES.index("covered")

NOT_IN_SOURCES = "The sources do not answer this."
"""Shown above the nearest passages."""
ABSTAINED = AbstainEvent(Abstained(AbstainReason.NOT_IN_SOURCES, NOT_IN_SOURCES))


class QuotingAnswerer:
    """Picks the sentences that answer, verbatim, in a sensible order; declines where none does."""

    name = "quoting"

    def __init__(
        self,
        scorer: Scorer,
        *,
        frequency: Callable[[Sequence[str]], Mapping[str, int]],
        n_passages: Callable[[], int],
        document_by_source: Callable[[str], Document | None],
        min_confidence: float | None = None,
    ) -> None:
        """
        Args:
            scorer: Judges sentences.
            frequency: In how many passages each of some words stands.
            n_passages: How many passages there are.
            document_by_source: For finding the places of near-copies.
            min_confidence: Decline below this, in [0, 1]; by default below what was found best on held-out questions.
        """
        self._scorer = scorer
        self._frequency, self._n_passages = frequency, n_passages
        self._document_by_source = document_by_source
        self._min_confidence = min_confidence

    def answer(self, question: str, hits: Sequence[Hit]) -> Iterator[Event]:
        """Statements as they are chosen, then the disagreement among them; or one `AbstainEvent`."""
        taken_apart = Question(question, self._frequency, self._n_passages())
        citations = Citations(self._document_by_source)
        if is_broad(question):
            scored = self._scorer.score(taken_apart, hits, max_embedded=MAX_EMBEDDED_OVERVIEW)
            yield from self._broad(question, scored, citations)
            return
        scored = self._scorer.score(taken_apart, hits)
        if not scored:
            yield ABSTAINED
            return
        judgment = judge(taken_apart, scored, least=self._min_confidence)
        sides = self._sides(taken_apart, scored, judgment)
        chosen = [side.scored for side in sides] or (self._facts(taken_apart, scored) if judgment.sure else [])
        if judgment.calibrated:
            short = sides[0].value.text if sides else short_answer(taken_apart, chosen[0].sentence) if chosen else None
            yield JudgedEvent(round(judgment.confidence, 3), short)
        if not chosen:
            yield ABSTAINED
            return
        number_of: dict[Sentence, int] = {}
        for sentence, span in _once(_widened([(choice.sentence, with_context(choice.sentence)) for choice in chosen])):
            event = _state(sentence, span, citations)
            number_of[sentence] = event.statement.citations[0]
            yield event
        if sides and len(number_of) > 1:
            yield DisagreementEvent(_disagreement(question, sides, number_of))

    def declines(self, question: str, hits: Sequence[Hit]) -> bool:
        """Whether `answer` would abstain: the sources, as far as can be told, do not hold it."""
        told = (event for event in self.answer(question, hits) if isinstance(event, AbstainEvent | StatementEvent))
        return not isinstance(next(told, None), StatementEvent)

    def _sides(self, question: Question, scored: Sequence[Scored], judgment: Judgment) -> tuple[Side, ...]:
        """The sides of a disagreement among sentences that answer.

        Where a reader finds none that answers, the words may: two sources that differ in so many words are worth showing.
        """
        if judgment.sure:
            return find_sides(question, scored, self._scorer, stretch=_stretch(scored)) or marked_sides(question, scored, self._scorer, sure=True)
        if is_read(scored) and judgment.confidence >= HALF_SURE and (sides := marked_sides(question, scored, self._scorer, sure=False)):
            return sides
        if not is_read(scored) or not judge_words(question, scored, least=self._min_confidence).sure:
            return ()
        return find_sides(question, by_words(scored), self._scorer)

    def _facts(self, question: Question, scored: Sequence[Scored]) -> list[Scored]:
        """The best sentence, and one more where it answers nearly as well and says something else."""
        best, stretch, latest = scored[0], _stretch(scored), asks_for_latest(question.text)
        if question.wants is Wants.SAYING:
            speaker = Speaker(question)
            said = self._said(speaker, scored, most=len(scored) if latest else MAX_SAYINGS)
            if said or speaker.is_named:
                return [max(said, key=_day)] if said and latest else said  # nothing, where none of it is the words of whom the question names
        if latest:
            return [max(scored, key=lambda s: (s.score >= best.score - stretch * LATEST_WITHIN, _day(s), s.score))]
        if other_side := _other_alternative(question, scored, within=stretch * ALTERNATIVE_WITHIN):
            return [best, other_side]
        typed = question.wants is not Wants.ANYTHING
        for other in scored[1:4]:
            if other.score < best.score - stretch * SECOND_WITHIN:
                break
            if typed and other.features[FEATURES.index("has_wanted")] == 0.0:
                continue
            if not self._repeats(other.sentence, [best.sentence]):
                return [best, other]
        return [best]

    def _said(self, speaker: Speaker, scored: Sequence[Scored], *, most: int) -> list[Scored]:
        """What the speaker says nearest to the question, and of whom the question names, each thing once."""
        found: list[Scored] = []
        for each in scored:
            if len(found) == most or (found and each.features[COSINE] < SAID_OF_IT):
                continue
            if speaker.says(each.sentence) and speaker.speaks_of_it(each.sentence) and not self._repeats(each.sentence, [other.sentence for other in found]):
                found.append(each)
        return found

    def _broad(self, question: str, scored: Sequence[Scored], citations: Citations) -> Iterator[Event]:
        """A few statements from different documents, newest first."""
        least = MIN_CONFIDENCE if self._min_confidence is None else self._min_confidence
        if not scored or (not is_content_free(question) and broad_confidence(scored) < least):
            yield ABSTAINED
            return
        ranked = _openings(scored) if is_content_free(question) else _on_subject(scored)
        spans = {sentence: with_context(sentence) for sentence in self._cover(ranked)}
        longest = sorted(spans.items(), key=lambda item: item[1].start - item[1].end)
        quoted = [sentence for sentence, _ in _once(longest)]
        for sentence in _newest_first(quoted):
            yield _state(sentence, spans[sentence], citations)

    def _cover(self, ranked: Sequence[Scored]) -> list[Sentence]:
        """Sentences of different documents first, then second ones, none that repeats another."""
        n_documents = len({s.sentence.hit.document.id for s in ranked})
        per_document = 1 if n_documents >= MAX_STATEMENTS_BROAD else 2
        chosen: list[Sentence] = []
        for allowed in range(1, per_document + 1):
            for scored in ranked:
                sentence = scored.sentence
                if len(chosen) == MAX_STATEMENTS_BROAD:
                    break
                used = sum(other.hit.document.id == sentence.hit.document.id for other in chosen)
                if used < allowed and sentence not in chosen and not self._repeats(sentence, chosen):
                    chosen.append(sentence)
        return chosen

    def _repeats(self, sentence: Sentence, others: Sequence[Sentence]) -> bool:
        if not others:
            return False
        vectors = self._scorer.vectors([sentence.text, *(other.text for other in others)])
        return bool((vectors[1:] @ vectors[0]).max() >= REPEATS)


def _other_alternative(question: Question, scored: Sequence[Scored], *, within: float) -> Scored | None:
    """Of a question between two names, the best sentence on the one that the first sentence leaves out; None where it tells of both or of neither."""
    told = [name <= set(stems(scored[0].sentence.text)) for name in question.alternatives]
    if sum(told) != 1:
        return None
    missing = question.alternatives[told.index(False)]
    near = (s for s in scored[1:] if s.score >= scored[0].score - within)
    return next((s for s in near if missing <= set(stems(s.sentence.text))), None)


def _stretch(scored: Sequence[Scored]) -> float:
    return READ_STRETCH if is_read(scored) else 1.0


BROAD_NEARNESS = 0.4


def broad_confidence(scored: Sequence[Scored]) -> float:
    """How near an overview, which no one sentence gives, is to its subject: by its best sentence, in [0, 1]; a ranking."""
    best = max(scored, key=_overview_score)
    features = dict(zip(FEATURES, best.features, strict=True))
    nearness = features["cosine"] + 0.5 * features["passage_covered"]
    return 1 / (1 + math.exp(8.0 * (BROAD_NEARNESS - nearness)))


def _overview_score(scored: Scored) -> float:
    """For an overview: nearness to the question, and how early in its document a sentence stands."""
    return scored.features[0] + 0.5 * scored.features[COVERED] + 0.3 * scored.sentence.hit.similarity + _opening_score(scored)


def _opening_score(scored: Scored) -> float:
    """How well a sentence opens what is told: it stands early, and alone."""
    sentence = scored.sentence
    early = 1.0 / (1.0 + sentence.span.start / 600)
    dangling = 0.1 if PRONOUN.match(sentence.text) or len(sentence.text.split()) < 8 else 0.0
    return 0.25 * early - dangling


def _on_subject(scored: Sequence[Scored]) -> list[Scored]:
    """What tells of the question's subject, best first."""
    least = ON_SUBJECT * max(s.features[COVERED] for s in scored)
    about = [(_overview_score(s), s) for s in scored if s.features[COVERED] >= least]
    about.sort(key=lambda rated: (-rated[0], rated[1].sentence.hit.passage.id, rated[1].sentence.span))
    return [s for score, s in about if score >= OVERVIEW_SHARE * about[0][0]]


def _openings(scored: Sequence[Scored]) -> list[Scored]:
    """Where the question names no subject, its words tell nothing: the best opening of each document, as the hits are ordered."""
    return sorted(scored, key=lambda s: (s.sentence.hit.rank, -_opening_score(s), s.sentence.span))


def _day(scored: Scored) -> str:
    return scored.sentence.hit.document.published or ""


def _newest_first(sentences: Iterable[Sentence]) -> list[Sentence]:
    """By date, newest first, undated last; those of one moment by source and place."""
    placed = sorted(sentences, key=lambda s: (s.hit.document.source, s.span.start))
    return sorted(placed, key=lambda s: s.hit.document.published or "", reverse=True)


def _widened(quotes: Sequence[tuple[Sentence, Span]]) -> Iterator[tuple[Sentence, Span]]:
    """The quotes, each that lies within another of them in the stretch of that one: the later one is not lost."""
    for sentence, span in quotes:
        around = [other for near, other in quotes if near.hit.document.id == sentence.hit.document.id and other.holds(span)]
        yield sentence, max(around, key=lambda other: other.end - other.start)


def _once(quotes: Iterable[tuple[Sentence, Span]]) -> Iterator[tuple[Sentence, Span]]:
    """Those quotes that have no word in common with one before them."""
    said: list[tuple[str, Span]] = []
    for sentence, span in quotes:
        document = sentence.hit.document.id
        if not any(document == other and span.overlaps(stretch) for other, stretch in said):
            said.append((document, span))
            yield sentence, span


def _state(sentence: Sentence, span: Span, citations: Citations) -> StatementEvent:
    citation, new = citations.cite(sentence.hit, span)
    statement = Statement(" ".join(citation.quote.split()), (citation.number,))
    return StatementEvent(statement, (citation,) if new else ())


def _disagreement(question: str, sides: Sequence[Side], number_of: Mapping[Sentence, int]) -> Disagreement:
    shown = [side for side in sides if side.scored.sentence in number_of]
    return Disagreement(
        question.strip().rstrip("?"),
        tuple(Claim(side.value.text, number_of[side.scored.sentence]) for side in shown),
    )
