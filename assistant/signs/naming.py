"""Names of a sentence that are not named in the words it rests on.

In: two texts and what stands nearby. Out: `Sign`s; and the names of a text, for others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.alignment import stems_of, words
from assistant.sentences import sentences
from assistant.signs.kinds import Sign, What
from assistant.types import Span
from assistant.values import ORGANISATION, names, people
from assistant.words import IRREGULAR, STOPWORDS, plain, stem

PRONOUN = re.compile(r"\b(?:he|she|it|they|his|her|its|their|him|them|we|our|this|these|the two|both)\b", re.I)


def unnamed(sentence: str, there: str, nearby: str) -> Iterator[Sign]:
    here, near = stems_of(there), stems_of(nearby)
    pointing = bool(PRONOUN.search(there)) or not proper(there)
    for name in proper(sentence):
        parts = [word.stem for word in words(name) if word.text not in STOPWORDS]
        there_of = [stands(part, here, there) for part in parts]
        if all(there_of):
            continue
        known = all(stands(part, here | near, f"{there} {nearby}") for part in parts)
        if known and (any(there_of) or (not is_person(name, sentence, nearby) and (pointing or _topical(parts, nearby)))):
            continue
        yield Sign(What.NAME, f"“{name}” is not named there")


def is_person(name: str, sentence: str, nearby: str) -> bool:
    """Whether a name reads like a person's, here or where it stands in full."""
    if ORGANISATION.search(name) or stem(plain(name)) in COUNTRIES:
        return False
    last = name.split()[-1]
    full = [other.text for other in people(nearby) if last in other.text.split()]
    speaks = re.search(rf"{re.escape(name)},? (?:who )?(?:said|says|told|thinks?|wrote|wants?|had|has|\w+ed)\b", sentence)
    return len(name.split()) > 1 or bool(speaks) or any(len(text.split()) > 1 for text in full)


def resolved(window: str, before: str) -> str:
    """`window` with the `he` or `she` it opens on replaced by whoever was named last before it, so far as a rule can tell.

    >>> resolved("He said no.", "The talks began. Han Duck-soo spoke on Monday.")
    'Han Duck-soo said no.'
    """
    match = PERSONAL.search(window)
    if not match or any(len(name.text.split()) > 1 or SPEAKS.match(window, name.span.end) for name in people(window[: match.start()])):
        return window
    for span in reversed(sentences(before, Span(0, len(before)))):
        text = before[span.start : span.end]
        found = [name for name in proper(text) if is_person(name, text, before)]
        if found:
            return f"{window[: match.start()]}{found[0]}{window[match.end() :]}"
    return window


PERSONAL = re.compile(r"\b(?:he|she)\b", re.I)
SPEAKS = re.compile(r"\s+(?:had |has )?(?:said|told|called|claimed|thought|wanted|asked|wrote|spoke|warned|added|noted)\b")
COUNTRIES = frozenset(stem(word) for word in "us korea china japan vietnam germany britain france russia ukraine israel india mexico canada australia europe italy spain turkey iran iraq brazil switzerland norway sweden poland greece netherlands denmark finland ireland seoul washington beijing tokyo london".split())


def stands(part: str, stems: frozenset[str], text: str) -> bool:
    """Whether a part of a name is there: itself, or spelt out where it is an acronym, or as one where it is spelt out."""
    return part in stems or bool(DEMONYMS.get(part, NONE) & stems) or any(_of_one_country(part, other) for other in stems) or (2 <= len(part) <= 5 and part.isalpha() and part in initials(text))


def _of_one_country(one: str, other: str) -> bool:
    """`slovenia` and `slovenian`, `canada` and `canadian`: nearly all of the shorter opens the longer, and only an ending is more."""
    shorter, longer = sorted((one, other), key=len)
    same = max(4, len(shorter) - 1)
    return len(shorter) >= 4 and longer.startswith(shorter[:same]) and longer[same:].startswith(PEOPLE_ENDINGS)


PEOPLE_ENDINGS = ("an", "ian", "ean", "nian", "ese", "ish", "i")
DEMONYMS: dict[str, frozenset[str]] = {}
for _line in (
    "norwegian norwegians norway|danish dane danes denmark|finnish finn finns finland|irish irishman ireland|scottish scots scot scotland|welsh wales|english england|"
    "portuguese portugal|czech czechs czechia|icelandic iceland|thai thailand|saudi saudis arabia|alpine alps|belgian belgium|austrian austrians austria|"
    "hungarian hungary|romanian romania|argentine argentinian argentina|chilean chile|peruvian peru|lebanese lebanon|syrian syria|afghan afghanistan|"
    "taiwanese taiwan|filipino philippines|spaniard spaniards spanish spain|turk turks turkish turkey|greek greeks greece|pole poles polish poland|swede swedes swedish sweden|"
    "french frenchman france|dutch dutchman netherlands|swiss switzerland|pakistani pakistan|bangladeshi bangladesh|kuwaiti kuwait|iraqi iraq|israeli israel|"
    "zealander zealanders zealand|congolese congo|maltese malta|cypriot cyprus|bavarian bavaria|parisian paris|londoner london|neapolitan naples|venetian venice|muscovite moscow"
).split("|"):
    _stems = frozenset(stem(word) for word in _line.split())
    DEMONYMS.update({one: DEMONYMS.get(one, frozenset()) | (_stems - {one}) for one in _stems})
NONE: frozenset[str] = frozenset()
"""Peoples and their countries that no ending tells."""


def initials(text: str) -> set[str]:
    found = [word.text[0] for word in words(text) if word.text not in STOPWORDS]
    return {"".join(found[i : i + n]) for n in range(2, 6) for i in range(len(found) - n + 1)}


def _topical(parts: Sequence[str], nearby: str) -> bool:
    """Whether the name stands in what the whole document is about, or again and again around the words."""
    found = [word.stem for word in words(nearby)]
    return any(found.count(part) >= 2 for part in parts)


OPENING = re.compile(r"[\"“'‘(]*([A-Z][\w-]*)[’']?s?\s+(\w+)")
VERBISH = re.compile(r"(?:\w+ed|said|says|told|is|was|will|has|had|may|might|can|could|would|does|did|wrote|thinks?|sees?|led|leads|won|lost|made|makes|gave|put|went|plans?|wants?)$")


def proper(text: str) -> list[str]:
    """The names of a text, also one that opens it alone: `Trump said ...`, but not `Exports fell ...`."""
    found = [OPENER.sub("", name.text) for name in names(text)]
    opening = OPENING.match(text)
    if opening and opening[1].lower() not in STOPWORDS and not any(name.split()[0] == opening[1] for name in found) and _opens_with_name(opening):
        found.insert(0, opening[1])
    return [*found, *(match[0] for match in PEOPLES.finditer(text) if not any(match[0] in name for name in found))]


OPENER = re.compile(r"^(?:Unlike|Like|Despite|Within|Without|Beyond|Across|Inside|Outside|Near|Off|Following|According|Besides|Except|Even|Only|Neither|Both|Whether)\s+(?=[A-Z])")
"""What opens a sentence before a name and is no part of it."""
PEOPLES = re.compile(r"\b(?:American|Chinese|Korean|Japanese|British|Singaporean|US|U\.S\.)(?!\w)")
"""Peoples and countries that `values.names` takes for titles."""


def _opens_with_name(opening: re.Match[str]) -> bool:
    word = opening[1]
    possessive = bool(re.match(r"[’']s", opening.string[opening.end(1) : opening.end(1) + 2]))
    return possessive or stem(plain(word)) in COUNTRIES or (not word.lower().endswith("s") and word.lower() not in COMMON and (bool(VERBISH.match(opening[2])) or opening[2] in IRREGULAR))


COMMON = frozenset(
    """trade government parliament police turnover profit growth inflation nobody everyone people research congress talks nothing
    copper oil gas gold steel management staff demand supply output unemployment tourism traffic each one two three four five six seven
    eight nine ten dozens hundreds thousands washington""".split()
) - {"washington"}
