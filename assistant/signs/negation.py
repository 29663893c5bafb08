"""What one text says is so and the other that it is not.

In: two texts. Out: `Sign`s; and whether a word is negated where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from assistant.alignment import Word, coverage, held, stems_of, words
from assistant.opposites import NEGATING_PHRASES, NEGATORS
from assistant.sentences import sentences
from assistant.signs.kinds import Sign, What
from assistant.types import Span
from assistant.values import NUMBER_WORDS

NEGATION_REACH, TELLING_REACH = 12, 4
"""Words after a negation that it may hold for, within its clause, and how many of them may be telling ones."""


def negations(sentence: str, there: str) -> Iterator[Sign]:
    focus = _focus(sentence, there)
    own, other, whole = _polarities(sentence), _polarities(focus), _polarities(there)
    pairs = [(negated, other[match]) for key, negated in own.items() for match in matching(key, other)]
    outside = [(negated, whole[match]) for key, negated in own.items() if not matching(key, other) for match in matching(key, whole)]
    differ, agree = _clashes(pairs), sum(True in a and True in b for a, b in [*pairs, *outside])
    if differ > agree or (_clashes(outside) >= 2 and differ + _clashes(outside) > agree):
        yield Sign(What.NEGATION, "one says that it is so, the other that it is not")


def _clashes(pairs: Sequence[tuple[set[bool], set[bool]]]) -> int:
    """How many words are negated in one and not in the other, wherever they stand in each."""
    return sum(len(a) == len(b) == 1 and a != b for a, b in pairs)


def _focus(sentence: str, there: str) -> str:
    """The one sentence of the passage's words that holds most of `sentence`, if that is enough; else all of them."""
    cut = [there[slice(*span)] for span in sentences(there, Span(0, len(there)))]
    best = max(cut, key=lambda text: coverage(words(sentence), stems_of(text)), default=there)
    return best if coverage(words(sentence), stems_of(best)) >= FOCUSED else there


FOCUSED = 0.5


def matching(key: str, others: Mapping[str, object]) -> list[str]:
    if key in others:
        return [key]
    return [other for other in others if held(key, {other})]


def _polarities(text: str) -> dict[str, set[bool]]:
    """Telling stem -> whether a negation holds for it, over all places where it stands."""
    found: dict[str, set[bool]] = {}
    listed = words(text)
    for i, word in enumerate(listed):
        if not word.tells or word.text in NUMBER_WORDS or word.stem in NEGATORS or word.text in NEGATORS:
            continue
        found.setdefault(word.stem, set()).add(negated(i, listed))
    return found


def negated(i: int, listed: Sequence[Word]) -> bool:
    """Whether an odd number of negations before word `i` reaches it."""
    count = n_telling = 0
    relative = False
    for j in range(i - 1, max(-1, i - 1 - NEGATION_REACH), -1):
        if listed[j].clause != listed[i].clause or n_telling > TELLING_REACH:
            break
        relative = relative or listed[j].text in ("that", "which", "who")
        negates = _negates(j, listed) and not (relative and listed[j].text in ("no", "none", "nobody"))
        count += negates
        n_telling += listed[j].tells and not negates
    return count % 2 == 1


def _negates(i: int, listed: Sequence[Word]) -> bool:
    word = listed[i]
    follows = listed[i + 1].text if i + 1 < len(listed) else ""
    if word.text in ("no", "not") and follows in ("less", "fewer", "more", "later", "sooner", "only", "just"):
        return False
    if word.text in ("turned", "turn", "turns"):  # turned a proposal down
        return any(w.text == "down" and w.clause == word.clause for w in listed[i + 1 : i + 9])
    return word.text in NEGATORS or word.stem in NEGATORS or word.text.endswith(("n't", "n’t")) or (word.text, follows) in NEGATING_PHRASES
