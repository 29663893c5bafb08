"""A document's text -> HTML that shows it to the character: the cited words marked, front matter folded away, headings set as such.

In: text and spans. Out: HTML whose text is that text. Only tags are added, so that offsets and what is copied stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath

from markupsafe import Markup, escape

from assistant.loading.text import body_start
from assistant.types import PLAIN, Document, Span

MARKDOWN = (".md", ".markdown")
HEADING = re.compile(r"^(#{1,6}[ \t]+)\S.*$", re.MULTILINE)
FENCE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
"""Code: a line in it that opens with `#` is a comment."""


def text_of_article(document: Document, span: Span | None, *, first: int, last: int) -> Markup:
    """`document.text[first:last]` with `span` marked; front matter is folded away unless the span begins in it."""
    text, suffix = document.text, PurePosixPath(document.source).suffix.lower()
    front = min(body_start(text), last) if suffix in PLAIN else 0
    if front <= first or (span is not None and span.start < front):
        return highlighted(text, span, first=first, last=last, headings=suffix in MARKDOWN)
    return Markup('<details class="front"><summary aria-label="Front matter"></summary>{}</details>{}').format(
        _verbatim(text[first:front]), highlighted(text, span, first=front, last=last, headings=suffix in MARKDOWN)
    )


def highlighted(text: str, span: Span | None, *, first: int = 0, last: int | None = None, headings: bool = False) -> Markup:
    """`text[first:last]` escaped, with one `mark` around `span` whose text is that slice; with `headings` those of Markdown are set off."""
    last = len(text) if last is None else last
    found = list(_headings(text, first, last)) if headings else []
    if span is None:
        return _set(text, first, last, found)
    return Markup('{}<mark id="passage" tabindex="-1">{}</mark>{}').format(
        _set(text, first, span.start, found), _set(text, span.start, span.end, found), _set(text, span.end, last, found)
    )


def _headings(text: str, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Where each heading begins, its words begin and it ends."""
    code = [Span(*found.span()) for found in FENCE.finditer(text, first, last)]
    for found in HEADING.finditer(text, first, last):
        if not any(each.start <= found.start() < each.end for each in code):
            yield found.start(), found.end(1), found.end()


def _set(text: str, first: int, last: int, headings: list[tuple[int, int, int]]) -> Markup:
    """`text[first:last]`, with what lies in it of headings set as such: their marks dimmed, their words as a heading."""
    pieces, at = [], first
    for start, words, end in headings:
        if end <= first or start >= last:
            continue
        cuts = [min(max(each, first), last) for each in (start, words, end)]
        pieces.append(_verbatim(text[at : cuts[0]]))
        for (one, other), kind in zip(pairwise(cuts), ("sign", "heading"), strict=True):
            if one < other:
                pieces.append(Markup('<span class="{}">{}</span>').format(kind, _verbatim(text[one:other])))
        at = cuts[2]
    pieces.append(_verbatim(text[at:last]))
    return Markup("").join(pieces)


def _verbatim(text: str) -> Markup:
    # Browsers read a bare carriage return as a line feed, which would not be the source's text.
    return Markup(str(escape(text)).replace("\r", "&#13;"))
