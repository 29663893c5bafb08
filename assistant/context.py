"""A sentence that is quoted -> the span to quote, so that it does not mislead alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.features import PRONOUN, SPEECH, Sentence, passage_sentences
from assistant.marks import beside
from assistant.types import Span

PERSONAL = re.compile(r"[\"“'‘]?(?:he|she|it|they|his|her|its|their)\b", re.I)
RETRACTS = re.compile(
    r"(?:However|But|Yet|Still|In fact|In reality|Though|Nevertheless|That is (?:not|false|untrue)|This is (?:not|false)|He later|She later|They later)\b"
)
NEGATION = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|without|false|untrue|denied|denies|withdr[ae]w\w*|retracted|corrected|cancell?ed|n't|wrong|incorrect|reversed)\b|n[’']t\b",
    re.I,
)
RETRACTION_CHARS = 160
"""A sentence that takes back the one before is short; a long one goes on to something else."""


def with_context(sentence: Sentence) -> Span:
    """The span to quote so that the sentence does not mislead alone.

    A sentence that opens with a pronoun brings the one before, a quotation without a speaker the one that names him, and one
    that the next takes back brings that one, also where the passage ends between them.
    """
    hit, text = sentence.hit, sentence.hit.document.text
    near = beside(hit.document, Span(hit.passage.start, hit.passage.end))
    inner = sorted({*(s.span for s in passage_sentences(hit)), *near}.difference(hit.furniture))
    if sentence.span not in inner:
        return sentence.span
    first = last = inner.index(sentence.span)
    if first > 0 and _needs_previous(text, inner[first]) and _adjoin(text, inner, first - 1):
        first -= 1
        if first > 0 and PERSONAL.match(text[slice(*inner[first])]) and _adjoin(text, inner, first - 1):
            first -= 1
    if last + 1 < len(inner) and _adjoin(text, inner, last) and _takes_back(text[slice(*inner[last + 1])]):
        last += 1
    return Span(inner[first].start, inner[last].end)


def _needs_previous(text: str, span: Span) -> bool:
    sentence = text[span.start : span.end]
    return bool(PRONOUN.match(sentence)) or _lacks_speaker(sentence)


def _lacks_speaker(sentence: str) -> bool:
    """Whether a sentence is all quotation: no words outside the marks say whose it is."""
    outside = re.sub(r"[\"“][^\"“”]*[\"”]", " ", sentence)
    return sentence[:1] in "\"“" and not SPEECH.search(outside) and len(outside.split()) < 3


def _takes_back(sentence: str) -> bool:
    return len(sentence) <= RETRACTION_CHARS and bool(RETRACTS.match(sentence)) and bool(NEGATION.search(sentence))


def _adjoin(text: str, spans: Sequence[Span], i: int) -> bool:
    """Whether nothing but blanks stands between span `i` and the next."""
    return not text[spans[i].end : spans[i + 1].start].strip()

