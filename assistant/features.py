"""Question + a sentence of a hit -> a dozen plain features of how well it answers: words in common, a value of the kind asked for, its place.

In: a question taken apart and the sentences of what was found for it. Out: numbers in [0, 1], in the order of FEATURES; what vectors and the
reader say of a sentence is filled in later (`scoring.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from assistant.cleaning import article_paragraphs
from assistant.marks import sentence_spans
from assistant.questions import Wants
from assistant.types import Document, Hit, Span
from assistant.values import RELATIVE_TIME, Kind, Value, names, values, years
from assistant.weighing import Question
from assistant.words import alike, stems

FEATURES = (
    "cosine", "covered", "covered_in_context", "names_covered", "names_covered_in_context", "bigrams", "has_wanted", "lacks_wanted",
    "length", "is_question", "passage_cosine", "passage_covered", "new_words", "opens_with_pronoun", "names_speaker", "title_covered", "document_covered", "counts_asked",
    "other_year", "odds",
)  # fmt: skip

LONG_DOCUMENT_CHARS = 20_000

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


def is_in_currency_asked(question: Question, value: Value) -> bool:
    """Whether a value is no sum, or a sum in the currency that the question names, if it names one."""
    return value.kind is not Kind.MONEY or question.currency in (None, value.unit)


def has_wanted(question: Question, text: str) -> bool:
    """Whether a sentence holds a value of the kind the question wants, that the question does not itself hold."""
    if question.wants is Wants.DURATION and HOW_OLD.search(question.text):
        return bool(AGE.search(text))
    if kinds := WANTED_KINDS.get(question.wants):
        if VAGUE_COUNT.search(text) and question.wants in (Wants.COUNT, Wants.NUMBER, Wants.PERCENT):
            return True
        if WHEN.search(question.text) and any(time[0] not in question.text for time in RELATIVE_TIME.finditer(text)):
            return True
        return any(
            value.kind in kinds and value.text not in question.text and is_in_currency_asked(question, value)
            for value in values(text)
        )
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
