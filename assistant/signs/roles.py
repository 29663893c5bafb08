"""Who does what to whom: the same two and the same verb, the other way round.

In: two texts. Out: `Sign`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from assistant.alignment import Word, coverage, held, stems_of, words
from assistant.sentences import sentences
from assistant.signs.kinds import Sign, What
from assistant.signs.naming import COUNTRIES, PRONOUN, VERBISH, proper
from assistant.signs.negation import FOCUSED
from assistant.types import Span
from assistant.values import NUMBER_WORDS
from assistant.words import IRREGULAR, plain, stem

PASSIVE = re.compile(r"\b(?:was|were|is|are|been|being|be) (?:\w+ ){1,3}by\b", re.I)


def roles(sentence: str, there: str) -> Iterator[Sign]:
    """`Han told Trump` against `Trump told Han`: the same two, the same verb, the other way round; also of things and of comparisons."""
    if _told_round(_triples(sentence), _triples(there)) or _told_round(*_of_both(sentence, there)) or _compared_round(sentence, there):
        yield Sign(What.ROLES, "who does it to whom is the other way round there")


def _told_round(own: Sequence[Triple], theirs: Sequence[Triple]) -> bool:
    """Whether one text has two parties of the other changed round, and nowhere as they are there."""
    turned = False
    for mine in own:
        for other in theirs:
            if not held(mine.verb, {other.verb}):
                continue
            first, second = (other.second, other.first) if mine.passive != other.passive else (other.first, other.second)
            if (mine.first, mine.second) == (first, second):
                return False
            turned = turned or (mine.first, mine.second) == (second, first)
    return turned


class Triple(NamedTuple):
    """Who comes before a verb and who after it, by stem, and whether it is passive."""

    first: str
    verb: str
    second: str
    passive: bool


def _of_both(sentence: str, there: str) -> tuple[list[Triple], list[Triple]]:
    """The triples of the nouns, as far as their place tells them, that both texts have."""
    own, theirs = _nouns(sentence), _nouns(there)
    both = {word.stem for word in own} & {word.stem for word in theirs}
    return _around_verbs(sentence, [w for w in own if w.stem in both]), _around_verbs(there, [w for w in theirs if w.stem in both])


def _nouns(text: str) -> list[Word]:
    """The heads of what articles and possessives open: the last telling word before a verb, a preposition or a comma."""
    listed = words(text)
    found = []
    for i, word in enumerate(listed):
        after = listed[i + 1] if i + 1 < len(listed) else None
        if word.tells and (after is None or not after.tells or after.clause != word.clause or VERBISH.match(after.text) or after.text in IRREGULAR):
            before = [w.text for w in listed[max(0, i - 3) : i]]
            if DETERMINERS & set(before) and not VERBISH.match(word.text) and word.text not in IRREGULAR:
                found.append(word)
    return found


DETERMINERS = frozenset("a an the its his her their our this that these those whose".split())


def _around_verbs(text: str, nouns: Sequence[Word]) -> list[Triple]:
    found = []
    for one, two in pairwise(nouns):
        between = text[one.start : two.start]
        if re.search(r"[.!?;] ", between) or len(between) > MAX_BETWEEN or one.stem == two.stem:
            continue
        passive = bool(PASSIVE.search(between))
        found += [Triple(one.stem, word.stem, two.stem, passive) for word in words(between)[1:7] if VERBISH.match(word.text) or word.text in IRREGULAR or word.text in UNCHANGED]
    return found


MAX_BETWEEN = 60
UNCHANGED = frozenset("hit cut put set let beat cost hurt shut bet split spread".split())
"""Verbs whose past is their infinitive."""


def _compared_round(sentence: str, there: str) -> bool:
    """`girls outdid boys` against `boys did better than girls`."""
    own, theirs = _comparisons(sentence), _comparisons(there)
    for more, less in theirs:
        ways = {(a, b) for a, b in own if (held(a, {more}) and held(b, {less})) or (held(a, {less}) and held(b, {more}))}
        if ways and all(held(a, {less}) and held(b, {more}) for a, b in ways):
            return True
    return False


def _comparisons(text: str) -> list[tuple[str, str]]:
    """(what is more or wins, what is less or loses), by stem: every telling word before with every one after, in one sentence."""
    found = []
    for span in sentences(text, Span(0, len(text))):
        part = text[slice(*span)]
        for pattern, first_is_more in ((MORE_THAN, True), (LESS_THAN, False)):
            for match in pattern.finditer(part):
                before = [w.stem for w in words(part[: match.end()] if match["x"] else part[: match.start()]) if w.tells][-NEAR:]
                after = [w.stem for w in words(part[match.end() :])[:NEAR_AFTER] if w.tells]
                found += [(a, b) if first_is_more != bool(BY.search(match[0])) else (b, a) for a in before for b in after]
    return found


NEAR, NEAR_AFTER = 8, 4
BY = re.compile(r"\bby\b")
MORE_THAN = re.compile(
    r"\b(?:outnumber\w*|outperform\w*|outdid|outpac\w*|outweigh\w*|exceed\w*|surpass\w*|overt(?:ook|ak\w+)|beat(?:en|s)?|defeat(?:ed|s)?)\b(?: by)?"
    r"|\b(?:did|do|does|fared?|performed?|scored?) better than|(?P<x>\bmore (?:\w+ ){1,3}than)|\bahead of", re.I
)
LESS_THAN = re.compile(r"\b(?:los(?:t|es|e|ing) (?:out )?to|did worse than|do worse than|fared? worse than|(?<!from )behind|fell short of|(?:fewer|less) (?:\w+ ){1,3}than)(?P<x>(?!))?", re.I)


def _triples(text: str) -> list[Triple]:
    """Of names, by their last stem."""
    found = [(match, name) for name in dict.fromkeys(proper(text)) for match in re.finditer(rf"{re.escape(name)}(?!\w)", text)]
    found.sort(key=lambda pair: pair[0].start())
    triples = []
    for n, (a, one) in enumerate(found):
        for b, two in found[n + 1 : n + 4]:
            between = text[a.end() : b.start()]
            if re.search(r"[.!?] ", between):
                break
            passive = bool(PASSIVE.search(between))
            last_a, last_b = stem(plain(one.split()[-1])), stem(plain(two.split()[-1]))
            triples += [Triple(last_a, word.stem, last_b, passive) for word in words(between)[:6] if word.tells and not word.text.istitle()]
    return triples


def other_subject(sentence: str, evidence: Sequence[str], nearby: str) -> Iterator[Sign]:
    """`The defence will appeal` of `The prosecutor will appeal. The defence was satisfied`: the rest is said of somebody else."""
    telling = [word for word in words(sentence) if word.tells and word.clause == 0 and word.text not in NUMBER_WORDS]
    if len(telling) < 2 or telling[0].start > SUBJECT_WITHIN or NOBODY.match(sentence) or not _is_subject(telling[0], sentence):
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


def _is_subject(word: Word, sentence: str) -> bool:
    """Whether it may be what the sentence speaks of: no verb, no `first`, nobody's possession."""
    after = sentence[word.start + len(word.text) :]
    return word.weight == 1.0 and not VERBISH.match(word.text) and word.text not in IRREGULAR and not OPENS_OTHERWISE.match(sentence) and not after.startswith(("'s ", "’s "))


OPENS_OTHERWISE = re.compile(r"\w+ing\b|(?:For|In|On|At|By|Of|With|After|Before|Since|Until|Owing|Due|Despite|Unlike|Even|During) ")
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
