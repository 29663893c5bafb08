"""A sentence -> the same with one thing changed, by rule: a figure, a unit, a date, a name, a negation, how certain it is, or a word for its opposite.

For training alone: what a rule changes is coarse, but there is any amount of it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?")
WORDED = "two three four five six seven eight nine ten eleven twelve".split()
UNITS = (
    ("million", "billion"), ("thousand", "million"), ("billion", "trillion"), ("days", "weeks"), ("weeks", "months"), ("months", "years"), ("hours", "minutes"), ("hours", "days"), ("miles", "kilometres"),
    ("dollars", "euros"), ("pounds", "dollars"), ("percent", "percentage points"), ("feet", "metres"), ("inches", "feet"), ("years", "decades"), ("a half", "a third"), ("half", "a quarter"), ("doubled", "tripled"),
)  # fmt: skip
MONTHS = "January February March April June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
AUXILIARY = re.compile(r"\b(is|are|was|were|will|would|has|have|had|can|could|should|did|does|do|must)\b(?! not)(?!n't)")
NEGATED = re.compile(r"\b(is|are|was|were|will|would|has|have|had|can|could|should|did|does|do|must) not\b")
CERTAIN = (("will", "may"), ("is", "may be"), ("was", "may have been"), ("has", "may have"), ("plans to", "is certain to"), ("decided", "considered"), ("said", "doubted"), ("confirmed", "denied"), ("would", "must"), ("could", "will"), ("may", "will"), ("might", "will"))
OPPOSITES = (
    ("rose", "fell"), ("increase", "decrease"), ("increased", "decreased"), ("higher", "lower"), ("more", "fewer"), ("more", "less"), ("above", "below"), ("before", "after"), ("won", "lost"), ("profit", "loss"),
    ("opened", "closed"), ("approved", "rejected"), ("accepted", "refused"), ("supports", "opposes"), ("for", "against"), ("started", "stopped"), ("began", "ended"), ("first", "last"), ("largest", "smallest"), ("all", "some"),
    ("most", "few"), ("many", "few"), ("with", "without"), ("joined", "left"), ("bought", "sold"), ("gained", "lost"), ("arrived", "left"), ("raised", "cut"), ("grew", "shrank"), ("better", "worse"), ("north", "south"),
    ("east", "west"), ("older", "younger"), ("up", "down"), ("over", "under"), ("agreed", "refused"), ("allowed", "banned"), ("released", "arrested"), ("praised", "criticised"), ("men", "women"), ("he", "she"), ("his", "her"),
    ("at least", "at most"), ("only", "also"), ("both", "neither"), ("continued", "stopped"), ("guilty", "innocent"), ("longer", "shorter"), ("early", "late"), ("killed", "injured"), ("win", "lose"), ("public", "private"),
)  # fmt: skip
NAME = re.compile(r"\b[A-Z][\w-]+(?: (?:of |de |al-)?[A-Z][\w-]+)*")
NO_NAME = frozenset((*MONTHS, *DAYS, "May", "The", "A", "In", "On", "It", "He", "She", "They", "But", "And", "This", "That", "There", "After", "I", "We", "You", "As", "At", "For", "If", "When", "While", "An", "About", "His", "Her", "Their", "Its"))


PLACES = (
    frozenset("Japan China India France Germany Italy Spain Brazil Mexico Canada Australia Russia Ukraine Israel Iran Turkey Egypt Nigeria Kenya Vietnam Thailand Indonesia Poland Sweden Norway Greece Argentina Chile Ireland Britain".split()),
    frozenset("Japanese Chinese Indian French German Italian Spanish Brazilian Mexican Canadian Australian Russian Ukrainian Israeli Iranian Turkish Egyptian Nigerian Kenyan American British Polish Swedish Greek".split()),
    frozenset("Texas California Florida Georgia Ohio Michigan Arizona Nevada Pennsylvania Virginia Oregon Colorado Kentucky Tennessee Missouri Minnesota Alabama Utah Idaho Kansas".split()),
    frozenset("London Paris Berlin Tokyo Beijing Moscow Rome Madrid Chicago Houston Boston Seattle Miami Atlanta Dallas Philadelphia Toronto Sydney Cairo Delhi".split()),
)
ASKED_OPPOSITES = (
    ("first", "last"), ("largest", "smallest"), ("biggest", "smallest"), ("highest", "lowest"), ("oldest", "youngest"), ("best", "worst"), ("most", "least"), ("before", "after"), ("won", "lost"), ("rose", "fell"), ("increase", "decrease"),
    ("men", "women"), ("win", "lose"), ("exports", "imports"), ("start", "end"), ("began", "ended"), ("born", "buried"), ("buy", "sell"), ("bought", "sold"), ("killed", "injured"), ("support", "oppose"), ("mother", "father"),
    ("son", "daughter"), ("brother", "sister"), ("husband", "brother"), ("wife", "sister"), ("next", "last"), ("opened", "closed"), ("profit", "loss"), ("minimum", "maximum"), ("least", "most"), ("summer", "winter"), ("longest", "shortest"),
)  # fmt: skip


def other_question(question: str, passage: str, chance: random.Random) -> str | None:
    """The question asked of another place or year, or of the opposite, which the passage that answers it does not answer; None where no rule finds a hold."""
    made = [_date(question, chance) if YEAR.search(question) else None, _place(question, passage, chance)]
    if not any(made):
        made.append(_exchanged(question, ASKED_OPPOSITES, chance))
    return chance.choice([m for m in made if m] or [None])


def _place(question: str, passage: str, chance: random.Random) -> str | None:
    for alike in PLACES:
        found = [m for m in re.finditer(r"\b[A-Z]\w+", question) if m.group() in alike]
        if found:
            match = chance.choice(found)
            return question[: match.start()] + chance.choice(sorted(other for other in alike if other not in passage)) + question[match.end() :]
    return None


def altered(sentence: str, context: str, chance: random.Random) -> tuple[str, str] | None:
    """The sentence made wrong, and in what: None where no rule finds a hold.

    Args:
        context: Text that other names are taken from.
    """
    rules: list[tuple[str, Callable[[], str | None]]] = [
        ("figure", lambda: _figure(sentence, chance)),
        ("unit", lambda: _exchanged(sentence, UNITS, chance)),
        ("date", lambda: _date(sentence, chance)),
        ("name", lambda: _name(sentence, context, chance)),
        ("negation", lambda: _negation(sentence, chance)),
        ("certainty", lambda: _exchanged(sentence, CERTAIN, chance, both=False)),
        ("direction", lambda: _exchanged(sentence, OPPOSITES, chance)),
        ("agent", lambda: _agents(sentence, chance)),
    ]
    chance.shuffle(rules)
    return next(((made, kind) for kind, rule in rules if (made := rule()) and made != sentence), None)


def _figure(sentence: str, chance: random.Random) -> str | None:
    found = [m for m in FIGURE.finditer(sentence) if not YEAR.fullmatch(m.group())]
    if not found:
        return _exchanged(sentence, [tuple(chance.sample(WORDED, 2)) for _ in range(12)], chance)  # type: ignore[misc]
    match = chance.choice(found)
    digits = [i for i in range(match.start(), match.end()) if sentence[i].isdigit()]
    at = chance.choice(digits[:2])
    other = chance.choice([d for d in "123456789" if d != sentence[at]])
    return sentence[:at] + other + sentence[at + 1 :]


def _date(sentence: str, chance: random.Random) -> str | None:
    if years := list(YEAR.finditer(sentence)):
        match = chance.choice(years)
        return sentence[: match.start()] + str(int(match.group()) + chance.choice((-3, -2, -1, 1, 2))) + sentence[match.end() :]
    for words in (MONTHS, DAYS):
        if found := list(re.finditer(rf"\b(?:{'|'.join(words)})\b", sentence)):
            match = chance.choice(found)
            other = chance.choice([word for word in words if word != match.group()])
            return sentence[: match.start()] + other + sentence[match.end() :]
    return None


def _names(text: str) -> list[re.Match[str]]:
    return [m for m in NAME.finditer(text) if m.group().split()[0] not in NO_NAME and len(m.group()) > 3]


def _name(sentence: str, context: str, chance: random.Random) -> str | None:
    own = _names(sentence)
    others = sorted({m.group() for m in _names(context) if re.search(r"[a-z,] $", context[: m.start()][-2:])} - {m.group() for m in own})
    others = [o for o in others if not any(part in sentence for part in o.split())]
    if not own or not others:
        return None
    match = chance.choice(own)
    alike = [o for o in others if len(o.split()) == len(match.group().split())] or others
    return sentence[: match.start()] + chance.choice(alike) + sentence[match.end() :]


def _agents(sentence: str, chance: random.Random) -> str | None:
    own = _names(sentence)
    if len(own) < 2:
        return None
    first, second = sorted(chance.sample(own, 2), key=lambda m: m.start())
    if first.group() == second.group() or re.search(r"(?:,| and| or) $", sentence[first.end() : second.start() + 1]):
        return None
    return sentence[: first.start()] + second.group() + sentence[first.end() : second.start()] + first.group() + sentence[second.end() :]


def _negation(sentence: str, chance: random.Random) -> str | None:
    if negated := list(NEGATED.finditer(sentence)):
        match = chance.choice(negated)
        return sentence[: match.start()] + match.group(1) + sentence[match.end() :]
    found = list(AUXILIARY.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    return f"{sentence[: match.end()]} not{sentence[match.end() :]}"


def _exchanged(sentence: str, pairs: Sequence[tuple[str, str]], chance: random.Random, *, both: bool = True) -> str | None:
    """One of the words in place of its fellow."""
    ways = [(a, b) for a, b in pairs] + ([(b, a) for a, b in pairs] if both else [])
    found = [(m, b) for a, b in ways for m in re.finditer(rf"\b{a}\b", sentence)]
    if not found:
        return None
    match, other = chance.choice(found)
    return sentence[: match.start()] + other + sentence[match.end() :]
