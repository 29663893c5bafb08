"""Question + sentences -> how well each answers, and whether any does: a linear model over a dozen plain features.

In: a question and the hits found for it. Out: `Scored` sentences, best first, each with the probability that it answers. The
weights were fitted on public question sets, see `eval/tune_quoting.py`, which prints them anew.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from assistant.cleaning import article_paragraphs
from assistant.marks import sentence_spans
from assistant.questions import Wants, asked_years, counted, subject, wants
from assistant.types import Document, Encoder, Hit, Span
from assistant.values import RELATIVE_TIME, Kind, names, values, years
from assistant.words import STOPWORDS, WORD, alike, plain, query_words, stem, stems

if TYPE_CHECKING:
    from assistant.types import Vectors

FEATURES = (
    "cosine", "covered", "covered_in_context", "names_covered", "names_covered_in_context", "bigrams", "has_wanted", "lacks_wanted",
    "length", "is_question", "passage_cosine", "passage_covered", "new_words", "opens_with_pronoun", "names_speaker", "title_covered", "document_covered", "counts_asked",
    "other_year", "odds",
)  # fmt: skip

MAX_EMBEDDED = 8
"""Sentences whose vectors are looked at: the best by the other features. Each costs 1.6 ms, and 6, 8 and 12 answered alike."""
MAX_EMBEDDED_OVERVIEW = 16
"""The same for a broad question, which shares few words with what it is about."""
VECTORS_KEPT = 20_000
LONG_DOCUMENT_CHARS = 20_000
SYNONYM_COUNTS = 0.8
MOST_OF_A_COMMON_WORD = 0.6
"""A word that is no name and stands nowhere in the sources may still be said otherwise there; an unknown name is not."""

WANTED_KINDS: Mapping[Wants, frozenset[Kind]] = {
    Wants.NUMBER: frozenset({Kind.COUNT, Kind.MONEY, Kind.PERCENT, Kind.DURATION}),
    Wants.COUNT: frozenset({Kind.COUNT, Kind.PERCENT}),
    Wants.MONEY: frozenset({Kind.MONEY}),
    Wants.PERCENT: frozenset({Kind.PERCENT}),
    Wants.DURATION: frozenset({Kind.DURATION}),
    Wants.DATE: frozenset({Kind.DATE}),
}
REASON = re.compile(
    r"\b(?:because|as|since|due to|owing to|after|so that|in order to|amid|over|reason|caused?|led to|prompted|thanks to|given|to)\b", re.I
)
SPEAKS = (
    "said|says|told|called|calls|argued|warned|stated|noted|added|claimed|wrote|described|insisted|announced|posted|declared|"
    "according to|asked|explained|confirmed|acknowledged|promised|vowed|suggested|urged"
)
SPEECH = re.compile(rf"\b(?:{SPEAKS})\b", re.I)
WHEN = re.compile(r"\bwhen\b", re.I)
VAGUE_COUNT = re.compile(r"\b(?:dozens|hundreds|thousands|millions|billions|half|(?:a|one|two|three)[- ](?:third|quarter|fifth|tenth)s?|both|several|a couple|a few|nobody|no one|none)\b", re.I)
HOW_OLD = re.compile(r"\bhow old\b|\bwhat age\b", re.I)
AGE = re.compile(r"\baged?\b|\b\d+[- ]years?[- ]old\b|\bborn\b|, \d\d,", re.I)
SPELLED_OUT = re.compile(r"\bUnited States(?: of America)?\b|\bU\.S\.(?:A\.)?|\bUSA\b")
PRONOUN = re.compile(r"[\"“'‘]?(?:he|she|it|they|this|that|these|those|his|her|its|their|such|the (?:official|minister|company|group|man|woman))\b", re.I)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a hit's passage, by its span in the document.

    Attributes:
        before: The words of the same passage before it.
        number: Which sentence of the passage it is, from 0.
    """

    hit: Hit
    span: Span
    text: str
    before: str
    number: int = 0

    @property
    def odds(self) -> float | None:
        """Log odds that it answers, where its passage was read."""
        return self.hit.reading.odds[self.number] if self.hit.reading else None

    @property
    def answer(self) -> Span | None:
        """The words of the sentence that would answer, as a span of its document."""
        marked = self.hit.reading.answers[self.number] if self.hit.reading else None
        start = self.hit.passage.start
        return Span(start + marked.start, start + marked.end) if marked else None


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence and what the model makes of it: higher answers better."""

    sentence: Sentence
    score: float
    features: tuple[float, ...]


class Question:
    """A question taken apart once: its stems, how telling each is, what it wants."""

    def __init__(self, text: str, frequency: Callable[[Sequence[str]], Mapping[str, int]], n_passages: int) -> None:
        self.text = text
        self.wants = wants(text)
        text = SPELLED_OUT.sub("US", text)
        self.names = _named(text)
        self.counted = frozenset(stem(word) for word in counted(text))
        self.years = asked_years(text)
        words = query_words(subject(text))
        counts = frequency(words)
        self._same_name = _parts_of_names(text)
        self.weights: dict[str, float] = {}
        for word in words:
            weight = rarity(counts.get(word, 0), n_passages)
            for part in stems(word):
                most = 1.0 if part in self.names else MOST_OF_A_COMMON_WORD
                self.weights[part] = max(min(weight, most), self.weights.get(part, 0.0))
        for name in set(self._same_name.values()):
            heaviest = max((self.weights.get(part, 0.0) for part in name), default=0.0)
            self.weights.update((part, heaviest / len(name)) for part in name if part in self.weights)
        self.has_unknown_name = any(
            counts.get(word, 1) == 0 and any(part in self.names and not alike(part) for part in stems(word))
            for word in words
        )
        self.sequence = [stem(word) for word in WORD.findall(plain(text)) if word not in STOPWORDS]

    def coverage(self, words: Set[str], among: set[str] | None = None) -> float:
        """Share of the weight of the question's words (or of those `among`) that `words` hold; 1 where it has none.

        A word that may stand for one of the question's counts SYNONYM_COUNTS of it.
        """
        weights = {w: v for w, v in self.weights.items() if among is None or w in among}
        total = sum(weights.values())
        held = sum(v * self._held(w, words) for w, v in weights.items())
        return held / total if total else 1.0

    def _held(self, word: str, words: Set[str]) -> float:
        """How far `words` hold a word of the question; any part of a full name stands for the name."""
        if word in words or self._same_name.get(word, frozenset()) & words:
            return 1.0
        return SYNONYM_COUNTS if alike(word) & words else 0.0


def rarity(count: int, n_passages: int) -> float:
    """How telling a word is that stands in `count` of `n_passages`: from about 0.2 (everywhere) to 1 (nowhere)."""
    n = max(n_passages, 1)
    return min(1.0, math.log(1 + n / (count + 0.5)) / math.log(1 + 2 * n)) if n > 1 else 1.0


def _named(text: str) -> frozenset[str]:
    """Stems of names and figures of a question: what an answer must be about, not merely near."""
    named = re.findall(r"(?<!^)(?<![.?!] )\b(?:[A-Z][\w.’'-]*|\d[\d.,]*)", text)
    return frozenset(part for word in named for part in stems(word))


def _parts_of_names(text: str) -> dict[str, frozenset[str]]:
    """For each stem of a name of several words, the stems of the whole: `Han` for `Han Duck-soo`. It weighs as one word."""
    found = [frozenset(stems(name.text)) for name in names(text)]
    return {part: name for name in found if len(name) > 1 for part in name}


class Scorer:
    """Scores the sentences of hits; keeps the sentence vectors it made last."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def score(
        self, question: Question, hits: Sequence[Hit], *, max_embedded: int = MAX_EMBEDDED
    ) -> list[Scored]:
        """All sentences of the hits, best first, equal ones by place.

        Only the `max_embedded` best by the plain features are compared by vector; the others keep the least cosine of those.
        """
        candidates = [sentence for hit in hits for sentence in passage_sentences(hit)]
        if not candidates:
            return []
        rows = np.array([plain_features(question, sentence) for sentence in candidates])
        odds = [sentence.odds for sentence in candidates]
        weights = WEIGHTS
        if any(o is not None for o in odds):
            weights = WEIGHTS_READ
            rows[:, -1] = [max(-MOST_ODDS, min(-MOST_ODDS if o is None else o, MOST_ODDS)) for o in odds]
        first = np.argsort(-(rows @ weights), kind="stable")[:max_embedded]
        cosines = self._cosines(question.text, [candidates[i].text for i in first])
        rows[:, 0] = cosines.min()
        rows[first, 0] = cosines
        scores = rows @ weights
        scored = [
            Scored(sentence, round(float(score), 6), tuple(row.tolist()))
            for sentence, score, row in zip(candidates, scores, rows, strict=True)
        ]
        return sorted(scored, key=lambda s: (-s.score, s.sentence.hit.passage.id, s.sentence.span))

    def _cosines(self, question: str, texts: Sequence[str]) -> Vectors:
        vectors = self.vectors([question, *texts])
        return np.asarray((vectors[1:].astype(np.float64) * vectors[0].astype(np.float64)).sum(axis=1).round(6))

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Unit rows for `texts`; those met before are not encoded again."""
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, self._encoder.encode(missing), strict=True))
            with self._lock:
                self._vectors.update((text, known[text]) for text in missing)
                while len(self._vectors) > VECTORS_KEPT:
                    self._vectors.popitem(last=False)
        return np.array([known[text] for text in texts])


def by_words(scored: Sequence[Scored]) -> list[Scored]:
    """The same sentences scored as if nothing had been read, best first."""
    again = [replace(s, score=round(float(np.array(s.features) @ WEIGHTS), 6)) for s in scored]
    return sorted(again, key=lambda s: (-s.score, s.sentence.hit.passage.id, s.sentence.span))


def passage_sentences(hit: Hit) -> list[Sentence]:
    """The sentences of a hit's passage that may be quoted, in order."""
    found: list[Sentence] = []
    passage, text = hit.passage, hit.document.text
    for span in sentence_spans(text, Span(passage.start, passage.end)):
        if span not in hit.furniture:
            found.append(Sentence(hit, span, text[span.start : span.end], text[passage.start : span.start], len(found)))
    return found


@lru_cache(maxsize=500)
def _document_words(document: Document) -> frozenset[str]:
    """The stems of a document's title and, of a long one, of how it begins."""
    return frozenset(stems(f"{document.title or ''} {document.text[:LONG_DOCUMENT_CHARS]}"))


@lru_cache(maxsize=500)
def _subject(document: Document) -> tuple[str, ...]:
    """Stems of what a document is about: its title or, where it has none, how it begins."""
    if document.title:
        return tuple(stems(document.title))
    opening = next(iter(article_paragraphs(document)), Span(0, 0))
    return tuple(stems(document.text[opening.start : opening.end]))


def plain_features(question: Question, sentence: Sentence) -> list[float]:
    """All features but the sentence's own cosine and what the reader says, in the order of FEATURES."""
    own = stems(sentence.text)
    words = set(own)
    title = set(_subject(sentence.hit.document))
    context = words | set(stems(sentence.before)) | title
    whole = set(stems(sentence.hit.passage.text)) | title
    wanted = has_wanted(question, sentence.text)
    typed = question.wants is not Wants.ANYTHING
    n_words = len(sentence.text.split())
    return [
        0.0,
        question.coverage(words),
        question.coverage(context),
        question.coverage(words, set(question.names)) if question.names else 0.5,
        question.coverage(whole, set(question.names)) if question.names else 0.5,
        _bigram_overlap(question.sequence, own),
        float(typed and wanted),
        float(typed and not wanted),
        min(n_words, 40) / 40,
        float(sentence.text.rstrip("\"”'’) ").endswith("?")),
        sentence.hit.similarity,
        question.coverage(whole),
        min(len(words - question.weights.keys()), 20) / 20,
        float(bool(PRONOUN.match(sentence.text))),
        float(question.wants is Wants.SAYING and bool(SPEECH.search(sentence.text))),
        question.coverage(title),
        question.coverage(_document_words(sentence.hit.document)),
        float(counts_what_is_asked(question, sentence.text)),
        float(tells_of_other_year(question, sentence)),
        0.0,
    ]


def counts_what_is_asked(question: Question, text: str) -> bool:
    """Whether a figure of the sentence counts what a how-many question asks for: `75 countries`, not `16 hours`."""
    return bool(question.counted) and any(
        unit in question.counted or alike(unit) & question.counted
        for value in values(text)
        if value.kind in (Kind.COUNT, Kind.DURATION)
        for unit in stems(text[value.span.end :])[:2]
    )


def tells_of_other_year(question: Question, sentence: Sentence) -> bool:
    """Whether a sentence names years (`last year` counts from its document's date), and the question others, which the title has not either."""
    document = sentence.hit.document
    told = years(sentence.text, document.published)
    return bool(question.years and told) and question.years.isdisjoint(told | years(document.title or ""))


def has_wanted(question: Question, text: str) -> bool:
    """Whether a sentence holds a value of the kind the question wants, that the question does not itself hold."""
    if question.wants is Wants.DURATION and HOW_OLD.search(question.text):
        return bool(AGE.search(text))
    if kinds := WANTED_KINDS.get(question.wants):
        if VAGUE_COUNT.search(text) and question.wants in (Wants.COUNT, Wants.NUMBER, Wants.PERCENT):
            return True
        if WHEN.search(question.text) and any(time[0] not in question.text for time in RELATIVE_TIME.finditer(text)):
            return True
        return any(value.kind in kinds and value.text not in question.text for value in values(text))
    if question.wants in (Wants.PERSON, Wants.PLACE):
        return any(name.text not in question.text for name in names(text))
    if question.wants is Wants.REASON:
        return bool(REASON.search(text))
    if question.wants is Wants.SAYING:
        speaks = bool(re.search(r"[\"“”]", text) or SPEECH.search(text))
        return speaks and (not question.names or bool(PRONOUN.search(text)) or not question.names.isdisjoint(stems(text)))
    return True


def _bigram_overlap(question: Sequence[str], sentence: Sequence[str]) -> float:
    """Share of the question's neighbouring stems that stand side by side in the sentence too."""
    pairs = set(pairwise(question))
    return len(pairs & set(pairwise(sentence))) / len(pairs) if pairs else 0.0


WEIGHTS = np.array([4.0, 2.0, 1.5, 0.5, 0.5, 1.0, 1.0, -1.0, 0.3, -1.0, 1.0, 0.5, 0.3, -0.2, 0.3, 0.0, 0.0, 1.5, -1.5, 0.0])
"""Round numbers, set on SQuADShifts, SQuAD 2 and news questions. On 933 held-out questions the best sentence of the paragraph is right
for .836, by cosine alone for .765. A softmax fitted to the paragraphs did as well there (.833) and worse on news."""
WEIGHTS_READ = np.array([4.0, 1.0, 4.0, 0.0, 0.0, 0.0, 0.5, -0.5, 0.0, -2.0, 8.0, 1.5, 0.0, 0.0, 0.5, 0.5, 2.0, 1.0, -2.0, 1.0])
"""The same where passages were read, rounded from a softmax fitted to the dev pool of `eval/reader/`; `calibrate.py` there tells what each
of the two gives on the test pool."""
MOST_ODDS = 8.0
