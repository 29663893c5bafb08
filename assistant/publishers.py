"""A question that says whose report it asks about -> the question without that, and whose documents may answer it.

In: `What do The Ferry Post and Norvia Today say about the fares?` and the publishers of the library. Out: a question on the fares for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from assistant.types import Filters

REPORT = r"(?:articles?|reports?|reporting|stor(?:y|ies)|editorials?|pieces?|coverage|columns?)"
SAYS = r"(?:says?|said|reports?|reported|writes?|wrote|written|tells?|told|claims?|claimed)"
ABOUT = r"(?:about|on|of|regarding|concerning)"
DOES = r"(?:do|does|did|has|have|had)"
COMPARE = r"(?:please |can you |could you )?(?:compare|contrast|summari[sz]e|sum up)"
ASK = r"(?:who(?:m|se)?|what|which(?: \w+)?|when|where|why|how(?: (?:long|much|many|often|far|large|big|high)(?: \w+)??)?)"
OUTLET = (
    r"(?:[A-Z][\w.&’'-]*\s){0,3}(?:BBC|CNN|NPR|AFP|Reuters|Bloomberg|Herald|Times|Post|News|Journal|Tribune|Gazette|Guardian|Telegraph|Chronicle|"
    r"Observer|Economist|Magazine|Dispatch|Examiner|Inquirer|Courier)"
)
"""What reads like a paper, an agency or a broadcaster that the library has nothing of."""
GENERIC = re.compile(r"\s+(?:news|online|media|magazine)$|\.(?:com|org|net)$", re.IGNORECASE)
"""Ends a publisher's name that is often left out: `BBC News`."""


class Part(NamedTuple):
    """A question to answer by itself.

    Attributes:
        text: As it is looked for.
        publishers: Whose documents may answer it; empty for all.
        label: As it is named to its asker.
    """

    text: str
    publishers: tuple[str, ...]
    label: str

    def within(self, filters: Filters) -> Filters:
        """`filters` narrowed to the publishers of this part; publishers that were chosen beside the question stand."""
        return replace(filters, publishers=self.publishers) if self.publishers and not filters.publishers else filters


def parts_by_publisher(question: str, publishers: Sequence[str]) -> list[Part]:
    """The question itself where it names none of `publishers` as the one who reports; for an overview of several one part for each.

    >>> parts_by_publisher("What does Norvia Today say about the fares?", ["Norvia Today"])
    [Part(text='What is said about the fares?', publishers=('Norvia Today',), label='What does Norvia Today say about the fares?')]
    """
    whole = [Part(question, (), question)]
    asked = question.lower()
    by_name = {name: publisher for name, publisher in _by_name(publishers).items() if name in asked}
    if not by_name:
        return whole
    patterns = _patterns("|".join(map(re.escape, _longest_first(by_name))))
    body = question.strip().rstrip("?.! ")
    for pattern in patterns.overviews:
        if match := pattern.fullmatch(body):
            named = _named(match["by"], question, by_name)
            topic = match["topic"]
            text = f"What is said about {topic}?" if topic else "What is new?"
            return [Part(text, (each,), f"What does {each} say{f' about {topic}' if topic else ''}?") for each in named] or whole
    if match := patterns.asks.fullmatch(body):
        text, named = f"{match['ask']} {match['rest']}?", _named(match["by"], question, by_name)
    elif match := next(filter(None, (pattern.search(question) for pattern in patterns.attributed)), None):
        rest = " ".join(f"{question[: match.start()]} {question[match.end() :]}".split()).strip(" ,")
        text, named = re.sub(r"\s+([?.!])", r"\1", rest[:1].upper() + rest[1:]), _named(match["by"], question, by_name)
    else:
        return whole
    return [Part(text, tuple(named), question)] if named and re.search(r"\w", text) else whole


def scope(parts: Sequence[Part]) -> list[str]:
    """What is said of whose reports are looked at, and of a paper that none of the sources is by."""
    named = list(dict.fromkeys(name for part in parts for name in part.publishers))
    said = [f"Only what {' and '.join(named)} published is looked at, as the question asks."] if named else []
    unknown = dict.fromkeys(unknown_outlet(part.text) for part in parts if not part.publishers)
    return said + [f"No source names “{outlet}” as its publisher." for outlet in unknown if outlet]


def unknown_outlet(question: str) -> str | None:
    """The paper or agency whose report a question asks about, as far as its name tells; for one whose publishers are not in it."""
    patterns = _patterns(OUTLET, flags=0)
    body = question.strip().rstrip("?.! ")
    body = body[:1].lower() + body[1:]
    found = next(filter(None, (pattern.fullmatch(body) for pattern in (*patterns.overviews, patterns.asks))), None)
    found = found or next(filter(None, (pattern.search(body) for pattern in patterns.attributed)), None)
    outlet = re.search(OUTLET, found["by"]) if found else None
    return outlet[0] if outlet else None


class _Patterns(NamedTuple):
    overviews: tuple[re.Pattern[str], ...]
    asks: re.Pattern[str]
    attributed: tuple[re.Pattern[str], ...]


@lru_cache(maxsize=8)
def _patterns(name: str, flags: int = re.IGNORECASE) -> _Patterns:
    """What asks for reports by `name`, which is a pattern."""
    one = rf"(?:the )?(?:{name})(?![\w-])"
    several = rf"{one}(?:,? (?:and|or) {one}|, {one})*"
    by = rf"(?P<by>{several})"
    subject = rf"(?:(?:the |an? )?(?:latest |newest )?{REPORT} (?:in|by|from|of) )?{by}(?:[’']s?)?(?: (?:latest |newest )?{REPORT})?"
    then = rf"(?=[,?.!]|$| (?:{ASK}|{DOES}|is|are|was|were|will|can|could)\b),?"
    topic = rf"(?: {ABOUT} (?P<topic>.+))?"
    return _Patterns(
        tuple(
            re.compile(pattern, flags)
            for pattern in (
                rf"(?:{COMPARE} )?what {DOES} {subject} (?:each |both )?(?:{SAYS}|have to say|publish(?:ed)?){topic}",
                rf"{COMPARE} (?:what|how) {subject} (?:each |both )?(?:{SAYS}|covers?|covered|describes?|sees?)(?: {ABOUT})? (?P<topic>.+)",
                rf"{COMPARE} {subject} {ABOUT} (?P<topic>.+)",
                rf"{COMPARE} (?:the )?{REPORT} (?:of|on|about) (?P<topic>.+) (?:by|in|from|between) {by}",
                rf"how {DOES} {subject} (?:differ|disagree|report|cover|describe|see|present)(?: (?:on|about|over|in))?(?: their {REPORT} of)? (?P<topic>.+)",
            )
        ),
        re.compile(rf"(?P<ask>{ASK}) {DOES} {subject} {SAYS} (?:that )?(?!{ABOUT}\b)(?P<rest>\w.+)", flags),
        tuple(
            re.compile(pattern, flags)
            for pattern in (
                rf"(?:^|,? )(?:[Aa]ccording to|as (?:reported|told|stated) (?:by|in)) {subject}{then}",
                rf"(?:^|,? )[Ii]n (?:(?:the |an? )?(?:latest |newest )?{REPORT} (?:in|by|from|of) )?{by}(?:[’']s?)? (?:latest |newest )?{REPORT}{then}",
                rf"(?:^|,? )[Ii]n (?:the |an? )?(?:latest |newest )?{REPORT} (?:in|by|from|of) {by}{then}",
            )
        ),
    )  # fmt: skip


def _by_name(publishers: Sequence[str]) -> dict[str, str]:
    """How a publisher may be called, in small letters and without its article -> its name."""
    names: dict[str, str] = {}
    for publisher in publishers:
        name = re.sub(r"^the\s+", "", publisher.strip().lower())
        for called in (name, GENERIC.sub("", name)):
            if len(called) > 1:
                names.setdefault(called, publisher)
    return names


def _longest_first(by_name: Iterable[str]) -> list[str]:
    """So that `Norvia Today` is not taken for `Norvia`."""
    return sorted(by_name, key=lambda name: (-len(name), name))


def _named(by: str, question: str, by_name: dict[str, str]) -> list[str]:
    """The publishers that a stretch of the question names, as the library calls them; `time` is not `Time` where names have their capitals."""
    found = [match[0] for match in re.finditer(rf"(?<![\w-])(?:{'|'.join(map(re.escape, _longest_first(by_name)))})(?![\w-])", by, re.IGNORECASE)]
    if any(name.islower() and not by_name[name.lower()].islower() for name in found) and re.search(r"[A-Z]", question.strip()[1:]):
        return []
    return list(dict.fromkeys(by_name[name.lower()] for name in found))
