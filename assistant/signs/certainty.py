"""`may` made `will`, `is expected to` made `is`, and somebody's claim made a fact.

In: two texts. Out: `Sign`s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.alignment import Word, coverage, stems_of, words
from assistant.opposites import CERTAINTY, DOUBTED, SPEECH, STANDS_ALONE
from assistant.signs.kinds import Sign, What
from assistant.signs.negation import FOCUSED, matching
from assistant.values import Value, values
from assistant.words import IRREGULAR

CERTAINTY_REACH = 4


def certainties(sentence: str, there: str) -> Iterator[Sign]:
    """`may` made `will`, `is expected to` made `is`, and the other way round, on a verb that both have."""
    own, other = _degrees(sentence), _degrees(there)
    stated, stated_there = set(own.values()) - FACTS, set(other.values()) - FACTS
    alike_stated = bool(stated & stated_there)
    pairs = [(degree, other[match]) for key, degree in own.items() for match in matching(key, other) if match == key or (degree in FACTS and not alike_stated)]
    differ = any(not _near_degrees(a, b) for a, b in [*pairs, *_degrees_by_value(sentence, there)])
    if differ or (stated and stated_there and not any(_near_degrees(a, b) for a in stated for b in stated_there)):
        yield Sign(What.CERTAINTY, "the two are not equally certain of it")
    elif (doubt := DOUBTED.search(there)) and not SPEECH.search(sentence) and coverage(words(sentence), stems_of(there[doubt.end() :])) >= FOCUSED:
        yield Sign(What.CERTAINTY, "there it is only somebody's claim")


def _degrees_by_value(sentence: str, there: str) -> Iterator[tuple[str, str]]:
    """How certain both are of what the clause of a figure or date that they share says."""
    for value in values(sentence):
        for other in values(there):
            if other.text.lower() == value.text.lower():
                own, theirs = _stated_around(sentence, value), _stated_around(there, other)
                if own and theirs:
                    yield own, theirs


def _stated_around(text: str, value: Value) -> str | None:
    listed = words(text)
    clauses = {word.clause for word in listed if value.span.start <= word.start < value.span.end}
    stated = {cue for i, word in enumerate(listed) if word.clause in clauses and (cue := _cue(listed, i, text))}
    return stated.pop() if len(stated) == 1 else None


FACTS = frozenset({"present", "past"})
NEAR_DEGREES = frozenset({
    ("planned", "certain"), ("certain", "planned"), ("expected", "planned"), ("planned", "expected"), ("expected", "certain"), ("certain", "expected"),
    ("possible", "expected"), ("expected", "possible"), ("needed", "certain"), ("certain", "needed"),
    ("present", "past"), ("past", "present"), ("present", "certain"), ("present", "planned"), ("present", "needed"), ("past", "needed"),
    ("planned", "present"), ("certain", "present"), ("planned", "past"), ("needed", "present"), ("needed", "past"), ("certain", "past"),
})  # fmt: skip
"""Degrees of a sentence and of what it rests on that are let pass for one another: what is planned `will` be, but did not happen."""


def _near_degrees(own: str, there: str) -> bool:
    return own == there or (own, there) in NEAR_DEGREES


def _degrees(text: str) -> dict[str, str]:
    """Stem of a verb -> how certain the text is of it: `possible`, `expected`, `planned`, `certain`, `needed`, `past` or `present`."""
    listed = words(text)
    found: dict[str, str] = {}
    for i, word in enumerate(listed):
        if not word.tells or _cue(listed, i, text) or (i and listed[i - 1].text in NOUN_FOLLOWS):
            continue
        fact = "past" if word.text.endswith("ed") or word.text in IRREGULAR or (i and listed[i - 1].text in PAST_BEFORE) else "present"
        degree = fact
        for j in range(i - 1, max(-1, i - 1 - CERTAINTY_REACH), -1):
            if listed[j].clause != word.clause:
                break
            if named := _cue(listed, j, text):
                degree = named
                break
            if listed[j].tells and not listed[j].text.endswith("ly"):
                break
        if degree not in FACTS or word.stem not in found:
            found[word.stem] = degree
    return found


PAST_BEFORE = frozenset("was were has had have been".split())
NOUN_FOLLOWS = frozenset("a an the its his her their our this that these those of for in on with by at from and".split())


def _cue(listed: Sequence[Word], i: int, text: str) -> str | None:
    """The degree that a word gives what follows it; `4 May` and `has` without `to` give none."""
    word = listed[i]
    degree = CERTAINTY.get(word.text)
    if degree is None or text[word.start].isupper():
        return None
    follows = [w.text for w in listed[i + 1 : i + 3]]
    return degree if word.text in STANDS_ALONE or "to" in (follows[:1] if word.text in TO_AT_ONCE else follows) else None


TO_AT_ONCE = frozenset("is are was were has have had set due".split())
