"""Who does what to whom: the same two and the same verb, the other way round.

In: two texts. Out: `Sign`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.alignment import coverage, held, stems_of, words
from assistant.sentences import sentences
from assistant.signs.kinds import Sign, What
from assistant.signs.naming import COUNTRIES, PRONOUN, VERBISH, proper
from assistant.signs.negation import FOCUSED
from assistant.types import Span
from assistant.values import NUMBER_WORDS
from assistant.words import IRREGULAR, plain, stem

PASSIVE = re.compile(r"\b(?:was|were|is|are|been|being|be) (?:\w+ ){1,3}by\b", re.I)


def roles(sentence: str, there: str) -> Iterator[Sign]:
    """`Han told Trump` against `Trump told Han`: the same two, the same verb, the other way round."""
    for first, verb, second, passive in _triples(sentence):
        for one, other_verb, two, other_passive in _triples(there):
            if not held(verb, {other_verb}):
                continue
            turned = passive != other_passive
            if (first, second) == ((one, two) if turned else (two, one)):
                yield Sign(What.ROLES, "who does it to whom is the other way round there")
                return


def _triples(text: str) -> list[tuple[str, str, str, bool]]:
    """(name, verb, next name, passive), names by their last stem."""
    found = [(match, name) for name in dict.fromkeys(proper(text)) for match in re.finditer(re.escape(name), text)]
    found.sort(key=lambda pair: pair[0].start())
    triples = []
    for n, (a, one) in enumerate(found):
        for b, two in found[n + 1 : n + 4]:
            between = text[a.end() : b.start()]
            if re.search(r"[.!?] ", between):
                break
            passive = bool(PASSIVE.search(between))
            last_a, last_b = stem(plain(one.split()[-1])), stem(plain(two.split()[-1]))
            triples += [(last_a, word.stem, last_b, passive) for word in words(between)[:6] if word.tells and not word.text.istitle()]
    return triples


def other_subject(sentence: str, evidence: Sequence[str], nearby: str) -> Iterator[Sign]:
    """`The defence will appeal` of `The prosecutor will appeal. The defence was satisfied`: the rest is said of somebody else."""
    telling = [word for word in words(sentence) if word.tells and word.clause == 0 and word.text not in NUMBER_WORDS]
    if len(telling) < 2 or telling[0].start > SUBJECT_WITHIN or NOBODY.match(sentence):
        return
    subject, rest = telling[0], telling[1:]
    cut = [part for text in evidence for span in sentences(text, Span(0, len(text))) for part in text[slice(*span)].split(";")]
    best = max(cut, key=lambda text: coverage(rest, stems_of(text)))
    own = next((word for word in words(best) if word.tells), subject)
    among = any(held(subject.stem, stems_of(text)) for text in cut if text != best)
    before = held(subject.stem, stems_of(nearby)) and not held(own.stem, stems_of(sentence))
    share = coverage(rest, stems_of(best))
    if ((among and share >= FOCUSED) or (before and share >= 0.7)) and not held(subject.stem, stems_of(best)) and not (PRONOUN.search(best) if any(subject.text in plain(name) for name in proper(sentence)) else PRONOUN.match(best)):
        yield Sign(What.ROLES, f"there it is not said of “{subject.text}”")


NOBODY = re.compile(r"(?:nobody|no one|none|nothing|there|it)\b", re.I)
SUBJECT_WITHIN = 12
"""Characters before the first telling word of a sentence, if that is to be what it speaks of."""


def other_agent(sentence: str, there: str) -> Iterator[Sign]:
    """`Boeing delivered 735` of `Airbus delivered 735 and overtook Boeing`: who acts there is only acted upon here."""
    name = next(iter(proper(sentence)), None)
    if name is None or not sentence.startswith(name) or stem(plain(name)) in COUNTRIES or " by " in sentence:
        return
    places = list(re.finditer(rf"\b{re.escape(name)}\b", there))
    if places and not re.match(r"[’']s?\b", sentence[len(name) :]) and all(_acted_upon(match, there) for match in places) and not PRONOUN.match(there):
        yield Sign(What.ROLES, f"there it is not “{name}” who does it")


def _acted_upon(match: re.Match[str], text: str) -> bool:
    before = re.search(r"([a-z]+) (?:[A-Z][\w.]* )*$", text[: match.start()])
    after = re.match(r"[’']?s? ?(\w+)", text[match.end() :])
    return bool(before and before[1] not in LINKS and not (after and (VERBISH.match(after[1]) or after[1] in IRREGULAR)))


LINKS = frozenset("that as when while and but because if whether by said says where which who than then after before since former acting president minister".split())
