"""Document -> passages. In: a document and its encoder's token counter. Out: spans that the encoder takes whole.

A passage follows paragraphs and sentences: neighbouring paragraphs are taken together up to a size at which retrieval measured
best, one that is too long is cut between sentences, a sentence that is too long between words. Passages never overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.cleaning import article_paragraphs
from assistant.encoder import TokenCounter
from assistant.sentences import sentences
from assistant.types import Document, Passage, Span

TARGET_TOKENS = 120
"""Paragraphs are joined up to this many: over 330 news articles and 186 questions the right article came first for .952 at 60, .973 at
120 and .952 at 200, with an answer quoted for .656, .651 and .640."""

TITLE_TOKENS = 32
"""The most of a title that is embedded with each passage."""

SPECIAL_TOKENS = 2


def chunk(document: Document, counter: TokenCounter, *, target_tokens: int = TARGET_TOKENS) -> list[Passage]:
    """Cut the article parts of `document` into passages.

    Returns:
        In order, none overlapping, each within the encoder's limit together with its title.
    """
    limit = counter.max_tokens - SPECIAL_TOKENS - TITLE_TOKENS
    pieces = [
        (piece, counter.count_tokens(document.text[piece.start : piece.end]))
        for paragraph in article_paragraphs(document)
        for piece in _fitting(document.text, paragraph, counter, limit)
    ]
    return [
        Passage(document.id, start, end, document.text[start:end])
        for start, end in _joined(document.text, pieces, min(target_tokens, limit))
    ]


def embedded_text(document: Document, passage: Passage, counter: TokenCounter) -> str:
    """What stands for a passage in vector space: its title, cut to TITLE_TOKENS, and its own words."""
    words = (document.title or "").split()
    while words and counter.count_tokens(" ".join(words)) > TITLE_TOKENS:
        words.pop()
    return f"{' '.join(words)}\n{passage.text}" if words else passage.text


def _fitting(text: str, paragraph: Span, counter: TokenCounter, limit: int) -> Iterator[Span]:
    """The paragraph itself, or runs of its sentences (or words) of at most `limit` tokens each."""
    if counter.count_tokens(text[paragraph.start : paragraph.end]) <= limit:
        yield paragraph
        return
    parts = [
        (part, counter.count_tokens(text[part.start : part.end]))
        for sentence in sentences(text, paragraph)
        for part in _words_fitting(text, sentence, counter, limit)
    ]
    start, end, n_tokens = parts[0][0].start, parts[0][0].end, parts[0][1]
    for part, n in parts[1:]:
        if n_tokens + n > limit:
            yield Span(start, end)
            start, n_tokens = part.start, 0
        end, n_tokens = part.end, n_tokens + n
    yield Span(start, end)


def _words_fitting(text: str, sentence: Span, counter: TokenCounter, limit: int) -> Iterator[Span]:
    """The sentence, or pieces of it that fit: cut between words, and within a word only where it alone is too long."""
    if counter.count_tokens(text[sentence.start : sentence.end]) <= limit:
        yield sentence
        return
    start, end, n_tokens = sentence.start, sentence.start, 0
    word = re.compile(rf"\s*\S{{1,{max(limit // 4, 1)}}}")  # a Hangul syllable is up to 3 tokens
    for match in word.finditer(text[sentence.start : sentence.end]):
        n = counter.count_tokens(match[0])
        if end > start and n_tokens + n > limit:
            yield from _halved(text, Span(start, end), counter, limit)
            start, n_tokens = end + len(match[0]) - len(match[0].lstrip()), 0
        end, n_tokens = sentence.start + match.end(), n_tokens + n
    yield from _halved(text, Span(start, end), counter, limit)


def _halved(text: str, span: Span, counter: TokenCounter, limit: int) -> Iterator[Span]:
    """`span`, cut in two until each part fits: counts do not quite add up, over a form feed for one."""
    piece = text[span.start : span.end]
    if counter.count_tokens(piece) <= limit or len(piece) < 2:
        yield span
        return
    middle = len(piece) // 2
    gap = re.search(r"\s+(?=\S)", piece[middle:])
    left = piece[: middle + gap.start()].rstrip() if gap else piece[:middle]
    right = span.start + (middle + gap.end() if gap else middle)
    yield from _halved(text, Span(span.start, span.start + len(left)), counter, limit)
    yield from _halved(text, Span(right, span.end), counter, limit)


def _joined(text: str, pieces: list[tuple[Span, int]], target: int) -> Iterator[Span]:
    """Join neighbours with nothing but blanks between them while they stay within `target` tokens."""
    current: Span | None = None
    n_tokens = 0
    for piece, n in pieces:
        if current and n_tokens + n <= target and not text[current.end : piece.start].strip():
            current, n_tokens = Span(current.start, piece.end), n_tokens + n
            continue
        if current:
            yield current
        current, n_tokens = piece, n
    if current:
        yield current
