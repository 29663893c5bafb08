"""A word of a sentence whose opposite stands in its place in the words it rests on.

In: two texts. Out: `Sign`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from assistant.alignment import Word, coverage, held, words
from assistant.opposites import opposites
from assistant.sentences import sentences
from assistant.signs.kinds import Sign, What
from assistant.signs.negation import negated
from assistant.types import Span
from assistant.words import stem


class Pair(NamedTuple):
    """A word of the sentence, one of the passage that says the contrary, and whether a negation makes up for it."""

    own: Word
    there: Word
    made_up: bool


def contraries(sentence: str, there: str) -> Iterator[Sign]:
    """A word whose opposite stands in its place."""
    for pair in pairs(sentence, there):
        if not pair.made_up:
            yield Sign(What.OPPOSITE, f"“{pair.own.text}” is “{pair.there.text}” there")


def pairs(sentence: str, there: str) -> list[Pair]:
    """Words of the sentence, each with its opposite in the passage."""
    there = MORE_BY.sub(lambda m: f"{m[1]} {'increased' if m[2].lower() in ('more', 'higher') else 'decreased'}", there)
    own, whole = words(sentence), words(there)
    by_clause: dict[int, list[Word]] = {}
    for word in whole:
        by_clause.setdefault(word.clause, []).append(word)
    found = []
    for i, word in enumerate(own):
        against = opposites(word)
        if not against.words or re.match(r"before (?:that|this|then)\b", sentence[word.start :], re.I):
            continue
        telling = [w for w in own if w.clause == word.clause and w is not word and w.tells]
        places = _places(telling, by_clause, whole, there)
        for place in places[:-1] if word.stem in DEGREES else places:
            contrary = [w for w in place if w.stem in against.words or w.text in against.words]
            same = [w for w in place if w.stem in against.same or w.text in against.same]
            if contrary and not same and not any(w.stem == c.stem for w in own for c in contrary):
                found.append(Pair(word, contrary[0], negated(i, own) != negated(whole.index(contrary[0]), whole)))
                break
        else:
            found += _compared(i, own, by_clause, whole)
    return found


DEGREES = frozenset(map(stem, "more less fewer bigger larger greater higher smaller lower most least first last before after early late earlier later".split()))
"""Words that stand everywhere: their opposites count only in the place that says the same otherwise."""


def _compared(i: int, own: Sequence[Word], by_clause: dict[int, list[Word]], whole: Sequence[Word]) -> Iterator[Pair]:
    """`more punctual` against `punctuality slipped`."""
    if own[i].text not in COMPARING or i + 1 == len(own) or not own[i + 1].tells:
        return
    against = opposites(words(COMPARING[own[i].text])[0])
    for clause in by_clause.values():
        if held(own[i + 1].stem, {word.stem for word in clause}):
            contrary = [w for w in clause if w.stem in against.words]
            if contrary and not any(w.stem in against.same for w in clause):
                yield Pair(own[i], contrary[0], negated(whole.index(contrary[0]), whole))
                return


COMPARING = {"more": "rise", "less": "fall", "fewer": "fall"}


MORE_BY = re.compile(r"(percent|per cent|%) (more|higher|less|fewer|lower)\b", re.I)


def _places(telling: Sequence[Word], by_clause: dict[int, list[Word]], whole: Sequence[Word], there: str) -> list[Sequence[Word]]:
    """Where to look for an opposite: the clause and the sentence that hold most of the words around, and the whole."""
    by_sentence = [[w for w in whole if span.start <= w.start < span.end] for span in sentences(there, Span(0, len(there)))]
    clause = max(by_clause.values(), key=lambda clause: _share(telling, clause), default=[])
    sentence = max(by_sentence, key=lambda sentence: _share(telling, sentence), default=[])
    return [*(place for place in (clause, sentence) if telling and _share(telling, place) >= 0.5), whole]


def _share(telling: Sequence[Word], place: Sequence[Word]) -> float:
    return coverage(telling, {word.stem for word in place})
