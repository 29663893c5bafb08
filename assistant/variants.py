"""Sentences of two texts that have nearly the same words and tell different things: another figure, date or name, or a denial.

In: two texts, and the documents that they are parts of. Out: pairs of sentences. Words alone would take the texts for copies of one
another, and one of two reports that contradict each other would go unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from assistant.cleaning import fold
from assistant.marks import sentence_spans, words
from assistant.types import Span
from assistant.values import Kind, Value, date_parts, names, same, values

SAME_FRAME = 0.75
"""Of the words of two sentences without their values, names and denials: so alike they speak of the same thing."""
LEAST_FRAME = 3
"""Words that must be left for two sentences to be compared."""
MOST_SENTENCES = 200
"""Of each text, that the other lacks: where more differ, the two are no versions of one another."""
# `No. 10 Downing Street` denies nothing
DENIAL = re.compile(r"\b(?:(?!(?-i:No) \d)no(?!\. ?\d)|not|never|none|nobody|nothing|neither|nor|without|cannot|den(?:y|ies|ied)|false|untrue)\b|n[’']t\b", re.I)
ACRONYM = re.compile(r"(?:[A-Z]\.?){2,6}")


class Told(NamedTuple):
    """What a sentence tells: its words without values, names and denials, those values and names, and whether it denies."""

    frame: tuple[str, ...]
    values: tuple[Value, ...]
    denies: bool


@lru_cache(maxsize=2_000)
def told(sentence: str) -> Told:
    found = values(sentence)
    named = [name for name in names(sentence) if not any(name.span.overlaps(value.span) for value in found)]
    left = sentence
    for start, end in (value.span for value in (*found, *named)):
        left = left[:start] + " " * (end - start) + left[end:]
    return Told(tuple(words(DENIAL.sub(" ", left))), (*found, *named), bool(DENIAL.search(sentence)))


def tell_otherwise(one: str, other: str) -> bool:
    """Whether two sentences speak of the same thing in nearly the same words and tell it otherwise.

    What only one of them mentions is no difference; how a figure, a date or a name is written is none either.

    >>> tell_otherwise("The hall cost 84 million euros.", "The hall cost 99 million euros.")
    True
    >>> tell_otherwise("The hall cost five million euros.", "The hall cost 5 million euros on Monday.")
    False
    """
    a, b = told(one), told(other)
    if min(len(a.frame), len(b.frame)) < LEAST_FRAME or SequenceMatcher(None, a.frame, b.frame, autojunk=False).ratio() < SAME_FRAME:
        return False
    return a.denies != b.denies or any(
        not _among(value, b.values) and any(_of_one_sort(value, theirs) and not _among(theirs, a.values) for theirs in b.values)
        for value in a.values
    )


def _of_one_sort(a: Value, b: Value) -> bool:
    """Whether two values can differ: a weekday and a day of a month say nothing against each other."""
    return a.kind is b.kind and (a.kind is not Kind.DATE or not date_parts(a.text).keys().isdisjoint(date_parts(b.text)))


def _among(value: Value, others: Sequence[Value]) -> bool:
    return any(alike(value, other) for other in others)


def alike(a: Value, b: Value) -> bool:
    """Whether two values are the same, however written; a rounded figure has fewer digits than the one it was rounded from."""
    if a.kind is Kind.NAME and b.kind is Kind.NAME:
        return same(a, b) or _shortened(a.text, b.text) or _shortened(b.text, a.text)
    if not same(a, b):
        return False
    if a.kind is Kind.DURATION and a.unit != b.unit:
        return True
    figures = [len(re.sub(r"\D", "", value.text)) for value in (a, b)]
    return a.amount == b.amount or figures[0] != figures[1]


def _shortened(short: str, long: str) -> bool:
    """`U.S.` for `United States`."""
    initials = "".join(word[0] for word in long.split() if word[0].isupper())
    return bool(ACRONYM.fullmatch(short)) and short.replace(".", "") == initials


def variants(one: str, other: str, *, whole: str | None = None, other_whole: str | None = None) -> Iterator[tuple[Span, Span]]:
    """Sentences of `one` and of `other` that tell the same thing otherwise, by their spans there.

    Args:
        whole, other_whole: The documents that the texts are parts of; a sentence that stands in both is told by both.
    """
    mine, theirs = _sentences(one), _sentences(other)
    if mine.keys() == theirs.keys():
        return
    lacking = [(folded, span) for folded, span in mine.items() if folded not in theirs]
    others = [(folded, span) for folded, span in theirs.items() if folded not in mine]
    if not others or max(len(lacking), len(others)) > MOST_SENTENCES:
        return
    here, there = folded_text(one if whole is None else whole), folded_text(other if other_whole is None else other_whole)
    others = [(folded, span) for folded, span in others if f" {folded} " not in here]
    for folded, span in lacking:
        if others and f" {folded} " not in there:
            found = next((theirs for _, theirs in others if tell_otherwise(one[slice(*span)], other[slice(*theirs)])), None)
            if found:
                yield span, found


def contradict(one: str, whole: str, other: str, other_whole: str) -> bool:
    """Whether parts of two documents have a sentence each that tells the same thing otherwise."""
    return next(variants(one, other, whole=whole, other_whole=other_whole), None) is not None


@lru_cache(maxsize=500)
def _sentences(text: str) -> dict[str, Span]:
    """The sentences of a text by their folded words."""
    return {fold(text[slice(*span)]): span for span in sentence_spans(text, Span(0, len(text)))}


@lru_cache(maxsize=100)
def folded_text(text: str) -> str:
    return f" {fold(text)} "
