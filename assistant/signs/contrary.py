"""A word of a sentence whose opposite stands in its place in the words it rests on.

In: two texts. Out: `Sign`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.alignment import Word, coverage, words
from assistant.opposites import opposites
from assistant.sentences import sentences
from assistant.signs.kinds import Sign, What
from assistant.signs.negation import negated
from assistant.types import Span


def contraries(sentence: str, there: str) -> Iterator[Sign]:
    """A word of the sentence whose opposite stands in its place."""
    there = MORE_BY.sub(lambda m: f"{m[1]} {'increased' if m[2].lower() in ('more', 'higher') else 'decreased'}", there)
    own, whole = words(sentence), words(there)
    by_clause: dict[int, list[Word]] = {}
    for word in whole:
        by_clause.setdefault(word.clause, []).append(word)
    for word in own:
        against = opposites(word)
        if not against.words or re.match(r"before (?:that|this|then)\b", sentence[word.start :], re.I):
            continue
        rest = [w for w in own if w.clause == word.clause and w is not word]
        telling = [w for w in rest if w.tells]
        for place in _places(telling, by_clause, whole, there):
            contrary = [w for w in place if w.stem in against.words or w.text in against.words]
            same = [w for w in place if w.stem in against.same or w.text in against.same]
            if contrary and not same and not any(w.stem == c.stem for w in own for c in contrary):
                if negated(own.index(word), own) != negated(whole.index(contrary[0]), whole):
                    continue
                yield Sign(What.OPPOSITE, f"“{word.text}” is “{contrary[0].text}” there")
                break


MORE_BY = re.compile(r"(percent|per cent|%) (more|higher|less|fewer|lower)\b", re.I)


def _places(telling: Sequence[Word], by_clause: dict[int, list[Word]], whole: Sequence[Word], there: str) -> list[Sequence[Word]]:
    """Where to look for an opposite: the clause and the sentence that hold most of the words around, and the whole."""
    by_sentence = [[w for w in whole if span.start <= w.start < span.end] for span in sentences(there, Span(0, len(there)))]
    clause = max(by_clause.values(), key=lambda clause: _share(telling, clause), default=[])
    sentence = max(by_sentence, key=lambda sentence: _share(telling, sentence), default=[])
    return [*(place for place in (clause, sentence) if telling and _share(telling, place) >= 0.5), whole]


def _share(telling: Sequence[Word], place: Sequence[Word]) -> float:
    return coverage(telling, {word.stem for word in place})
