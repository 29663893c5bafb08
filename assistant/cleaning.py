"""Which spans of a document are article, and where its paragraphs and sentences lie.

In: a `Document`. Out: spans of its paragraphs, without front matter, headings, furniture and repeats. The text itself is
never edited: cleaning only chooses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from assistant.loading.metadata import (
    BYLINE,
    COPYRIGHT,
    DATE_LABEL,
    DATE_LINE,
    FULL_DATE,
    NAME_AND_URL,
    SIGN_OFF,
)
from assistant.loading.text import body_start
from assistant.types import Document, Span

FURNITURE = frozenset(
    phrase.strip()
    for phrase in """
    about this article; add a comment; add comment; advertisement; advertising; all rights reserved; article continues below;
    back to top; bookmark; cancel; click here to read more; close; comment; comments; continue reading; copy link; copy url; delete;
    download; editors' picks; email; email this article; facebook; follow; follow us; font size; instagram; leave a comment; like;
    linkedin; listen; load more; loading; log in; login; log in to comment; menu; more; more news; more on this story; more stories; most popular;
    most read; most viewed; next; next article; next story; no comments; no comments yet; ok; open in app; post; post comment; previous;
    previous article; print; print this article; read more; read next; recommended; related; related articles; related news;
    related stories; related topics; reply; report; reprints; rss; save; save article; scroll down; search; see more; send; sentences mode; share;
    share on facebook; share on twitter; share this; share this article; share this story; show comments; show more; sign in; sign up;
    skip to content; skip to main content; sort by; sponsored; submit; subscribe; subscribe now; tags; top stories; trending; tweet; twitter;
    view all; view comments; watch; whatsapp; write a comment; x; you have already participated; you may also like;
    are you sure you want to delete this comment; do you want to log in; you can write comments after logging in;
    you must be logged in to add a comment; you must be logged in to post a comment; you must log in to comment
    """.split(";")
)
FURNITURE_LINE = re.compile(
    r"""(?ix) \d+\s*/\s*\d+ | \d+\s+(?:comments?|shares?|likes?|views?) | (?:comments?|shares?|likes?|views?)\s*[:(]?\s*\d+\)?
    | (?:last\s+)?(?:updated|modified|published|posted)(?:\s+on)?\s*:.{0,60}
    | .{0,40}\ball\s+rights\s+reserved\.? .{0,40}
    | sign\s+up\s+(?:for|to)\b.{0,80}newsletter.{0,40} | subscribe\s+to\b.{0,80}
    | (?:read|see|watch)\s+(?:more|also|next|related)\s*:.* | !\[[^\]]*\]\([^)]*\) | <!--.*--> | (?:[-*_]\s*){3,}
    """
)
PAGE_DATE = re.compile(
    r"(?:(?:(?:first |originally )?(?:published|posted)|(?:last )?(?:updated|modified))(?: on| at)? |date: ?)"
    rf"(?:(?:by (?-i:[A-Z])[^,;.]{{1,40}}|\d{{1,2}}[:.]\d\d|[ap]\.?m\.?|(?-i:[A-Z]{{2,4}})|(?:mon|tue|wed|thu|fri|sat|sun)\w*)[,\s]+)*{FULL_DATE}(?:[^;!?]{{0,40}}(?<![a-z]\.))?",
    re.IGNORECASE,
)
"""A line that only says of which day the page is: `Published 15 April 2025`, `Updated 5:03 PM EDT, Wed May 3, 2023`."""
REPORTS = re.compile(r"[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){1,3} (?:reports|has more|has the story|with the details)\.")
CREDIT = re.compile(
    r"(?<=[.!?)\]])\s+(?:[A-Z][\w.'-]*\s?/\s?)?"
    r"(?:AFP|AP|Reuters|Yonhap|EPA|Getty Images|Xinhua|Bloomberg|UPI|NurPhoto|Shutterstock)"
    r"(?:\s?[-/–—]\s?(?:[A-Z][\w]+ ?){1,3}|\s(?:Photo|Images))?\.?$"
)
HEADING = re.compile(r"#{1,6}\s")
MARKDOWN_BLOCK = re.compile(r"(?:[-*+•]|\d{1,3}[.)]|#{1,6}|>|\|)\s|\|")
SENTENCE_END = re.compile(r"[.!?…。！？:]['\"”’)\]*_]*$")
WRAPPED_LINE_CHARS = (40, 100)
"""Lines of a hard-wrapped paragraph are about this long; a paragraph on one line is shorter or longer."""


REPEAT_WORDS = 6
"""Shorter lines may well stand twice: `Median salary: $62,500` under two headings is two facts."""


def article_paragraphs(document: Document) -> list[Span]:
    """The paragraphs that may be retrieved and quoted, in order, without overlap.

    Left out: front matter, the title wherever it stands, headings, furniture of the page it was saved from, photo credits, lines
    in another script than the text's, and each paragraph that stood there before.
    """
    text = document.text
    paragraphs = list(split_paragraphs(text, Span(body_start(text), len(text))))
    latin = _is_latin(text)
    title = fold(document.title or "")
    repeats = _repeats(text, paragraphs)
    kept: list[Span] = []
    for i, span in enumerate(paragraphs):
        line = text[span.start : span.end]
        folded = fold(line)
        if not folded or folded == title or i in repeats or _is_sign_off(line, document.author):
            continue
        if is_furniture(line, latin=latin) or _is_heading(text, paragraphs, i):
            continue
        if not SENTENCE_END.search(line) and _says_the_same(line, text, paragraphs[i + 1 : i + 2]):
            continue
        kept.append(_without_credit(text, span))
    return kept


def fold(text: str) -> str:
    """Words alone, without case, accents of width, punctuation or spacing: what makes two lines the same line."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def is_furniture(line: str, *, latin: bool = True) -> bool:
    """Whether a line belongs to the page around an article rather than to the article.

    Args:
        line: Without surrounding blanks.
        latin: Whether the text it stands in is in Latin script, so that a short line in another is a button.
    """
    bare = line.strip(" \t\n.!?:…»›→|*_#\xa0").casefold().replace("’", "'")
    if bare in FURNITURE or FURNITURE_LINE.fullmatch(line):
        return True
    if latin and len(line) <= 40 and not re.search(r"[A-Za-zÀ-ɏ0-9]", line):
        return True
    if len(line) > 200:
        return False
    return bool(
        COPYRIGHT.fullmatch(line)
        or NAME_AND_URL.fullmatch(line)
        or REPORTS.fullmatch(line)
        or DATE_LINE.fullmatch(line)
        or PAGE_DATE.fullmatch(line)
        or (BYLINE.match(line) and (len(line) <= 60 or DATE_LABEL.search(line)))
    )


def _is_sign_off(line: str, author: str | None) -> bool:
    match = SIGN_OFF.fullmatch(line)
    return bool(match and match[1] == author)


def split_paragraphs(text: str, span: Span) -> Iterator[Span]:
    """Paragraphs as the text parts them: at blank lines, and at each line unless the lines are one paragraph, wrapped."""
    for block in re.finditer(r"(?:[^\n]*[^\s][^\n]*(?:\n|\Z))+", text[span.start : span.end]):
        first = span.start + block.start()
        lines = [Span(first + m.start(), first + m.end()) for m in re.finditer(r"[^\n]+", block[0])]
        for part in [Span(lines[0].start, lines[-1].end)] if _is_wrapped(text, lines) else lines:
            yield from _stripped(text, part)


def _is_wrapped(text: str, lines: list[Span]) -> bool:
    """Most lines but the last end in mid-sentence, at the length people and programs wrap at."""
    stripped = [text[s:e].strip() for s, e in lines]
    if len(lines) < 2 or any(MARKDOWN_BLOCK.match(line) or is_furniture(line) for line in stripped):
        return False
    shortest, longest = WRAPPED_LINE_CHARS
    if any(len(line) > longest for line in stripped):
        return False
    inner = stripped[:-1]
    unfinished = [line for line in inner if len(line) >= shortest and not SENTENCE_END.search(line)]
    return len(unfinished) * 2 > len(inner)


def _stripped(text: str, span: Span) -> Iterator[Span]:
    """`span` without blanks at its ends; nothing where it is all blank."""
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    if piece.strip():
        yield Span(start, start + len(piece.strip()))


def _repeats(text: str, paragraphs: list[Span]) -> set[int]:
    """Paragraphs whose words stand elsewhere too; of each set the first is kept, or the first that is punctuated."""
    kept: dict[str, int] = {}
    repeats: set[int] = set()
    for i, (start, end) in enumerate(paragraphs):
        folded = fold(text[start:end])
        if folded.count(" ") + 1 < REPEAT_WORDS:
            continue
        if folded not in kept:
            kept[folded] = i
            continue
        first = paragraphs[kept[folded]]
        if _n_marks(text[start:end]) > _n_marks(text[first.start : first.end]) + 2:
            repeats.add(kept[folded])
            kept[folded] = i
        else:
            repeats.add(i)
    return repeats


def _says_the_same(line: str, text: str, following: list[Span]) -> bool:
    """Whether the next paragraph has most words and all numbers of an unpunctuated line: an image's description before its caption."""
    words = set(fold(line).split())
    numbers = {word for word in words if word.isdigit()}
    return not MARKDOWN_BLOCK.match(line) and any(
        len(words & (other := set(fold(text[start:end]).split()))) > 0.6 * len(words | other) and numbers <= other
        for start, end in following
    )


def _n_marks(text: str) -> int:
    return sum(char in ".,;:!?" for char in text)


def _is_heading(text: str, paragraphs: list[Span], i: int) -> bool:
    """A Markdown heading, or a short line without a full stop between sentences that have one."""
    line = text[slice(*paragraphs[i])]
    if HEADING.match(line):
        return True
    if len(line) > 80 or len(line.split()) > 12 or SENTENCE_END.search(line) or any(c.isdigit() for c in line):
        return False
    neighbours = [text[slice(*paragraphs[j])] for j in (i - 1, i + 1) if 0 <= j < len(paragraphs)]
    return len(neighbours) == 2 and all(
        len(other) > 2 * len(line) and SENTENCE_END.search(other) for other in neighbours
    )


def _without_credit(text: str, span: Span) -> Span:
    """Cut a photo credit off the end of a caption."""
    match = CREDIT.search(text[span.start : span.end])
    return Span(span.start, span.start + match.start()) if match else span


def _is_latin(text: str) -> bool:
    letters = [char for char in text[:2_000] if char.isalpha()]
    return sum(char < "ɐ" for char in letters) * 2 > len(letters)
