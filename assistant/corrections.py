"""Which documents are superseded by a later version of the same article.

In: the catalog. Out: for each superseded document those that supersede it. A series or a live page under one title is not one
article, nor is what several publishers made of one report: the text must be largely the same, and of the same URL or publisher.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping

from assistant.addresses import url_key
from assistant.catalog import Catalog
from assistant.cleaning import fold
from assistant.dates import day_in_words
from assistant.records import DocumentSummary
from assistant.recurrence import overlaps

SAME_URL_SHARE = 0.5
SAME_TITLE_SHARE = 0.6
"""Of the older one's sentences, that the newer must hold. Among the 2023 articles those of one title that share less are years of
one series: what the groundhog predicted in 2019 and in 2020."""
SAME_TITLE = 0.75
"""Of the words of both titles together."""
TIME = re.compile(r"^.{10}T[\d:.]*")
VERSION = re.compile(r"^(?:corrected|correction|updated?|clarification)\b[\s\d:—–-]*", re.I)


class Corrections:
    """The superseded documents of an open catalog, found when first asked for and again when the catalog has changed."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._found: tuple[int, Mapping[str, tuple[DocumentSummary, ...]]] | None = None

    def now(self) -> Mapping[str, tuple[DocumentSummary, ...]]:
        """Ids of superseded documents with those that supersede them, newest first."""
        with self._lock:
            generation = self._catalog.generation
            if self._found is None or self._found[0] != generation:
                self._found = generation, find(self._catalog)
            return self._found[1]

    def among(self, allowed: Collection[str] | None) -> dict[str, DocumentSummary]:
        """Of the documents `allowed` (None for all), those superseded by another of them, with the newest such."""
        found: dict[str, DocumentSummary] = {}
        for older, newer in self.now().items():
            if allowed is not None and older not in allowed:
                continue
            there = [document for document in newer if allowed is None or document.id in allowed]
            if there:
                found[older] = there[0]
        return found


def find(catalog: Catalog) -> dict[str, tuple[DocumentSummary, ...]]:
    """Ids of superseded documents with those that supersede them, newest first, of one date by path."""
    overlapping = overlaps(catalog, share=min(SAME_URL_SHARE, SAME_TITLE_SHARE))
    if not overlapping:
        return {}
    documents = {document.id: document for document in catalog.documents()}
    found: dict[str, list[DocumentSummary]] = {}
    for overlap in overlapping:
        older, newer = documents.get(overlap.document_id), documents.get(overlap.other_id)
        if older and newer and supersedes(newer, older, overlap.n_shared / overlap.n_sentences):
            found.setdefault(older.id, []).append(newer)
    return {
        older: tuple(sorted(sorted(newer, key=lambda d: d.source), key=lambda d: d.published or "", reverse=True))
        for older, newer in found.items()
    }


def supersedes(newer: DocumentSummary, older: DocumentSummary, share: float) -> bool:
    """Whether `newer`, which holds `share` of the sentences of `older`, is a later version of it."""
    if not is_later(newer.published, older.published):
        return False
    if older.url and newer.url and url_key(newer.url) == url_key(older.url):
        return share >= SAME_URL_SHARE
    same_publisher = bool(older.publisher and newer.publisher) and fold(older.publisher or "") == fold(newer.publisher or "")
    return same_publisher and share >= SAME_TITLE_SHARE and same_title(newer.title, older.title)


def is_later(one: str | None, other: str | None) -> bool:
    """Whether one ISO date is surely after another; where either gives no time of day, the days must differ."""
    if not one or not other:
        return False
    both_timed = len(one) > 10 and len(other) > 10
    same_zone = TIME.sub("", one) == TIME.sub("", other)
    return one > other if both_timed and same_zone else one[:10] > other[:10]


def same_title(one: str | None, other: str | None) -> bool:
    """Whether two titles share most of their words and all of their figures; `Correction:` before one does not count."""
    a, b = (set(fold(VERSION.sub("", title or "")).split()) for title in (one, other))
    figures = [{word for word in words if word.isdigit()} for words in (a, b)]
    return bool(a) and bool(b) and figures[0] == figures[1] and len(a & b) >= SAME_TITLE * len(a | b)


def in_words(older: DocumentSummary, newer: DocumentSummary, *, said: str) -> str:
    """The notice that a newer version was used, what the older one said in place of it, and how to read that."""
    name = f"“{older.title}”" if older.title else older.source
    return (
        f"{name} of {day_in_words(older.published)} is superseded by its version of {day_in_words(newer.published)} ({newer.source}), "
        f"which is used here. The older one said: “{said}” To read it: assistant show {older.source}"
    )


def stands_in(quote: str, text: str) -> bool:
    """Whether a text has the same words in a row, however they are spaced or punctuated."""
    return f" {fold(quote)} " in f" {fold(text)} "
