"""What one text says is so and the other that it is not.

In: two texts. Out: `Sign`s; and whether a word is negated where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from assistant.alignment import Word, coverage, held, stems_of, words
from assistant.opposites import DENYING, NEGATING_PHRASES, NEGATORS
from assistant.sentences import sentences
from assistant.signs.kinds import Sign, What
from assistant.signs.naming import proper
from assistant.types import Span
from assistant.values import CALENDAR, NUMBER_WORDS

NEGATION_REACH, TELLING_REACH = 12, 4
"""Words after a negation that it may hold for, within its clause, and how many of them may be telling ones."""


def negations(sentence: str, there: str, *, explained: bool = False) -> Iterator[Sign]:
    """A word that both have is negated in one of them only.

    Where both negate something, or an opposite makes up for it (`not lost` for `preserved`), how far a negation reaches is too
    uncertain to speak of.

    Args:
        explained: An opposite makes up for a negation.
    """
    focused = focus(sentence, there)
    if explained:
        return
    both = _cues(sentence) and _cues(focused)
    own, other, whole = _polarities(sentence), _polarities(focused), _polarities(there)
    pairs = [(negated, other[match]) for key, negated in own.items() for match in matching(key, other)]
    outside = [(negated, whole[match]) for key, negated in own.items() if not matching(key, other) for match in matching(key, whole)]
    differ, agree = _clashes(pairs), sum(True in a and True in b for a, b in [*pairs, *outside])
    if both:
        named = {word.stem for name in proper(sentence) for word in words(name)}
        if not agree and _clashes([(negated, other[key]) for key, negated in own.items() if key in other and key not in named]):
            yield Sign(What.NEGATION, "one says that it is so, the other that it is not")
    elif (differ > 0 and not agree) or (differ > agree and not pairs_outside_agree(own, whole)) or (not differ and not agree and _clashes(outside) and OUTRIGHT.search(there)):
        yield Sign(What.NEGATION, "one says that it is so, the other that it is not")


OUTRIGHT = re.compile(r"\b(?:no|not|none|never|nobody)\b|n[’']t\b", re.I)


def pairs_outside_agree(own: Mapping[str, set[bool]], whole: Mapping[str, set[bool]]) -> bool:
    """Whether a word that the sentence negates is negated somewhere there."""
    return any(True in negated and True in whole[match] for key, negated in own.items() for match in matching(key, whole))


def _cues(text: str) -> bool:
    """Whether anything in it negates."""
    listed = words(text)
    return any(_negates(i, listed) for i in range(len(listed)))


def _clashes(pairs: Sequence[tuple[set[bool], set[bool]]]) -> int:
    """How many words are negated in one and not in the other, wherever they stand in each."""
    return sum(len(a) == len(b) == 1 and a != b for a, b in pairs)


def focus(sentence: str, there: str) -> str:
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
    relative = passed = False
    for j in range(i - 1, max(-1, i - 1 - NEGATION_REACH), -1):
        word = listed[j]
        whole = word.text in SUBJECTS and (not j or listed[j - 1].clause != word.clause or listed[j - 1].text in ("and", "but", "that"))
        if word.clause != listed[i].clause or n_telling > (SUBJECT_REACH if whole else TELLING_REACH):
            if word.clause != listed[i].clause or n_telling > SUBJECT_REACH:
                break
            continue
        relative = relative or word.text in ("that", "which", "who")
        negates = _negates(j, listed) and not (relative and whole) and not (passed and not whole)
        count += negates
        passed = passed or (word.text in PREPOSITIONS and n_telling > 0 and not (j and listed[j - 1].text in QUANTIFIERS) and not CALENDAR.fullmatch(listed[j + 1].text))
        n_telling += word.tells and not negates
    return count % 2 == 1


SUBJECTS = frozenset("no none nobody neither".split())
"""What negates a whole sentence from its subject on."""
PREPOSITIONS = frozenset("in at on during by with for over of from into about between under against".split())
"""Beyond which other negations do not reach."""
QUANTIFIERS = frozenset("all any many most much both each every one".split())
SUBJECT_REACH = 6


def _negates(i: int, listed: Sequence[Word]) -> bool:
    word = listed[i]
    follows = listed[i + 1].text if i + 1 < len(listed) else ""
    if word.text in ("no", "not") and follows in ("less", "fewer", "more", "later", "sooner", "only", "just"):
        return False
    if word.stem in DENYING:
        following = [w.text for w in listed[i + 1 : i + 6] if w.clause == word.clause]
        return "that" in following or "from" in following or any(text == "to" or text.endswith("ing") for text in following[:1])
    return word.text in NEGATORS or word.stem in NEGATORS or word.text.endswith(("n't", "n’t")) or (word.text, follows) in NEGATING_PHRASES
