"""Document -> the marks of its sentences, which the catalog keeps to see what recurs in other documents.

In: a document and its passages. Out: for each passage a fingerprint of every sentence, with a few bits that say what kind of
sentence it is. A mark is drawn from its own document alone, so that no other document has a part in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import IntFlag
from functools import lru_cache
from typing import NamedTuple

from assistant.cleaning import article_paragraphs, fold, split_paragraphs
from assistant.loading.text import body_start
from assistant.sentences import sentences
from assistant.types import Document, Passage, Span
from assistant.words import stems

MIN_EVIDENCE_WORDS = 6
"""A shorter sentence may well stand in two articles that have nothing to do with each other."""
MIN_WORDS = 2
HEAD_SENTENCES, TAIL_SENTENCES = 3, 6
"""What counts as the edge of an article, where furniture stands."""
BARE_WORDS = 12
BEFORE_CHARS, AFTER_CHARS = 600, 240
"""So far beside a passage a quote may reach for what it needs to be understood."""

UNSPACED = re.compile(r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
"""Scripts without blanks between words: Japanese, Chinese, Thai. Each character counts as a word."""
LABEL = re.compile(r"([^\W\d_][\w’'& -]{2,30}):(?=\s)")
ADDRESSES_READER = re.compile(
    r"""(?ix) \w@\w | (?<!\w)@\w | https?:// | \bwww\. | \b(?:newsletters? | subscri(?:be|bers?|ption)s? | sign(?:ing)?[ ]up | sign[ ]in
    | follow[ ](?:us|him|her|them|on) | follow\b.{0,60}\b(?:twitter|facebook|instagram|tiktok|x)\b | (?:your|our)[ ]inbox | reach[ ](?:him|her|them|us)
    | contact[ ](?:us|him|her|them|the) | (?:tap|click)[ ](?:here|on|the) | podcasts? | download[ ](?:our|the) | terms[ ](?:&|and|of) | privacy[ ]policy
    | cookies | copyright | ©  | all[ ]rights[ ]reserved | originally[ ](?:published|appeared) | editor[’']?s[ ]note | contribut(?:ed|ing|ors?)
    | this[ ](?:story|article|report|post|page|transcript|content|material)[ ](?:has|have|was|is|were|may|appears|originally|first)
    | special[ ](?:to|for) | staff[ ]and | wire[ ]reports? | (?:local|our)[ ]journalism | journalism[ ]like | read[ ]more | more[ ](?:from|on|stories)
    | affiliate | earn[ ](?:a[ ])?(?:commission|revenue) | advertis\w+ | (?:news|trending|breaking)[ ]reporter | (?:reporter|writer|editor|columnist)[ ](?:at|for|on)
    | covers | feedback | comments? | (?:listen|hear)[ ]to | audio | watch[ ](?:live|video) | related | recommended | what[ ]do[ ]you[ ]think )(?!\w)"""
)


class Kind(IntFlag):
    """What is known of a sentence from its own document."""

    EVIDENCE = 1
    """Long enough that the same words elsewhere are a copy."""
    EDGE = 2
    """Among the first or last of its document."""
    ADDRESSES = 4
    """Speaks to the reader, of the page or of who made it."""
    BARE = 8
    """Short and without a figure."""
    OF_SUBJECT = 16
    """Shares a word with the title, publisher's name aside."""
    LABEL = 32
    """The words before a colon that a line opens with, whatever follows: `Contributing:`."""


class Mark(NamedTuple):
    """One sentence of one passage: a fingerprint of its folded words, 64 bits, signed, and its kinds."""

    fingerprint: int
    kinds: Kind


def words(text: str) -> list[str]:
    """The folded words of a text; in scripts without blanks, its characters."""
    return UNSPACED.sub(r" \1 ", fold(text)).split()


def fingerprint(text: str) -> int:
    """The same for the same words, whatever their case, punctuation and spacing; in every process."""
    return _hashed(fold(text))


def label_fingerprint(sentence: str) -> int | None:
    """Of the words before a colon that a line opens with; None where there are none."""
    match = LABEL.match(sentence)
    return _hashed(f"{fold(match[1])}:") if match else None


def _hashed(folded: str) -> int:
    return int.from_bytes(hashlib.blake2b(folded.encode(), digest_size=8).digest(), "big", signed=True)


def sentence_spans(text: str, span: Span) -> list[Span]:
    """The sentences of a passage, in order."""
    return [Span(span.start + start, span.start + end) for start, end in _sentence_spans(text[span.start : span.end])]


@lru_cache(maxsize=2_000)
def _sentence_spans(text: str) -> tuple[Span, ...]:
    whole = Span(0, len(text))
    return tuple(s for paragraph in split_paragraphs(text, whole) for s in sentences(text, paragraph))


@lru_cache(maxsize=500)
def beside(document: Document, passage: Span) -> tuple[Span, ...]:
    """The whole sentences of the article near a passage, before and after it, in order; asked of each hit, and again of what is quoted."""
    body = body_start(document.text)
    low, high = max(passage.start - BEFORE_CHARS, min(body, passage.start)), min(passage.end + AFTER_CHARS, len(document.text))
    near = document.text[low:high]
    found = [Span(low + start, low + end) for paragraph in article_paragraphs(replace(document, text=near)) for start, end in sentences(near, paragraph)]
    whole = found[int(low > body) : len(found) - int(high < len(document.text))]  # what lies at the edges of the stretch may be cut
    return tuple(span for span in whole if span.end <= passage.start or span.start >= passage.end)


def marks(document: Document, passages: Sequence[Passage]) -> list[list[Mark]]:
    """For each passage its marks, one for each fingerprint; sentences of fewer than MIN_WORDS words have none."""
    spans = [sentence_spans(document.text, Span(p.start, p.end)) for p in passages]
    n = sum(map(len, spans))
    subject = set(stems(document.title or "")) - set(stems(document.publisher or ""))
    marked: list[list[Mark]] = []
    i = 0
    for inner in spans:
        found: dict[int, Kind] = {}
        for span in inner:
            edge = Kind.EDGE if i < HEAD_SENTENCES or i >= n - TAIL_SENTENCES else Kind(0)
            for mark in _marks_of(document.text[span.start : span.end], subject):
                found[mark.fingerprint] = found.get(mark.fingerprint, ~Kind(0)) & (mark.kinds | edge)
            i += 1
        marked.append([Mark(*item) for item in found.items()])
    return marked


def _marks_of(sentence: str, subject: set[str]) -> Iterator[Mark]:
    n_words = len(words(sentence))
    if n_words < MIN_WORDS:
        return
    kinds = _about(sentence, subject) | (Kind.EVIDENCE if n_words >= MIN_EVIDENCE_WORDS else Kind(0))
    if n_words <= BARE_WORDS and not any(char.isdigit() for char in sentence):
        kinds |= Kind.BARE
    yield Mark(fingerprint(sentence), kinds)
    if (label := LABEL.match(sentence)) is not None:
        yield Mark(_hashed(f"{fold(label[1])}:"), _about(label[1], subject) | Kind.LABEL)


def _about(text: str, subject: set[str]) -> Kind:
    """Whether words are of the subject, and whether they address the reader."""
    of_subject = Kind.OF_SUBJECT if subject & set(stems(text)) else Kind(0)
    return of_subject | (Kind.ADDRESSES if ADDRESSES_READER.search(text) else Kind(0))
