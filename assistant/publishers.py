"""A question that says whose report it asks about -> the question without that, and whose documents may answer it.

In: `What do The Ferry Post and Norvia Today say about the fares?` and the publishers of the library. Out: a question on the fares for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
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
AND = r"(?:,? (?:and|or|with|versus|vs\.?|plus|&)|,) "
OUTLET = (
    r"(?-i:(?:BBC|CNN|NPR|AFP|Reuters|Bloomberg)(?: News)?|"
    r"(?:[A-Z][\w.&’'-]*\s){1,3}(?:Herald|Times|Post|News|Journal|Tribune|Gazette|Guardian|Telegraph|Chronicle|Economist)|Economist|Guardian)"
)
"""What reads like a paper, an agency or a broadcaster."""
GENERIC = re.compile(r"\s+(?:news|online|media|magazine)$|\.(?:com|org|net)$", re.IGNORECASE)
"""Ends a publisher's name that is often left out: `BBC News`."""
NOT_BY = re.compile(r"\b(?:not|except|unlike|besides|other than)\b[^,]*$", re.IGNORECASE)
NOTHING = "(?!)"
"""A pattern that nothing matches."""
LEADS_ON = re.compile(r"(?:(?:and|but|or|what about|how about)\b[\s,]*)*(?:(?:according to|by|in|for|from)\b\s*)?", re.IGNORECASE)


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
        """`filters` narrowed to the publishers of this part."""
        return replace(filters, publishers=self.publishers) if self.publishers else filters


def parts_by_publisher(question: str, publishers: Sequence[str], *, as_written: Callable[[str], str] | None = None) -> list[Part]:
    """The question itself where it names none of `publishers` as the one who reports; for an overview of several one part for each.

    Args:
        as_written: Gives a question in small letters with its names in capitals: what people say is nothing that `People` says.

    >>> parts_by_publisher("What does Norvia Today say about the fares?", ["Norvia Today"])
    [Part(text='What is said about the fares?', publishers=('Norvia Today',), label='What does Norvia Today say about the fares?')]
    """
    whole = [Part(question, (), question)]
    by_name = _by_name(tuple(publishers))
    names = _pattern_of(by_name, question)
    if names == NOTHING:
        return whole
    written = as_written(question) if as_written and question.islower() else question
    patterns = _patterns(names)
    body = written.strip().rstrip("?.! ")
    for pattern in patterns.overviews:
        if match := pattern.fullmatch(body):
            named, topic = _named(match["by"], by_name), match["topic"]
            if topic and _named(topic, by_name):
                return whole
            text = f"What is said about {topic}?" if topic else "What is new?"
            return [Part(text, (each,), f"What does {each} say{f' about {topic}' if topic else ''}?") for each in named] or whole
    if match := patterns.asks.fullmatch(body):
        text = f"{match['ask']} {match['rest']}?"
    elif match := next(filter(None, (pattern.search(written) for pattern in patterns.attributed)), None):
        rest = " ".join(f"{written[: match.start()]} {written[match.end() :]}".split()).strip(" ,")
        text = re.sub(r"\s+([?.!])", r"\1", rest[:1].upper() + rest[1:])
    if not match or NOT_BY.search(written[: match.start()]) or _named(text, by_name) or not re.search(r"\w", text):
        return whole
    named = _named(match["by"], by_name)
    return [Part(text, tuple(named), question)] if named else whole


def of_another(question: str, earlier: Sequence[str], publishers: Sequence[str]) -> str:
    """`And BBC News?` after a question on what another publisher says: that question with this one in its place; else the question as it is.

    Args:
        earlier: The questions before, oldest first.
    """
    by_name = _by_name(tuple(publishers))
    rest = _led_on(question)
    if not _patterns(_pattern_of(by_name, question)).several.fullmatch(rest):
        return question
    for previous in reversed(earlier):
        patterns, body = _patterns(_pattern_of(by_name, previous)), previous.strip().rstrip("?.! ")
        if patterns.several.fullmatch(_led_on(previous)):
            continue  # itself such a follow-up
        if match := next(filter(None, (pattern.search(body) for pattern in patterns.all)), None):
            return f"{body[: match.start('by')]}{rest}{body[match.end('by') :]}?"
        return f"According to {rest}, {previous[:1].lower()}{previous[1:]}"
    return question


def _led_on(question: str) -> str:
    return LEADS_ON.sub("", question.strip(), count=1).strip(" ?.!,")


def named_by(parts: Sequence[Part]) -> str:
    """The publishers that parts are narrowed to, `A, B and C`."""
    names = list(dict.fromkeys(name for part in parts for name in part.publishers))
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def unknown_outlets(question: str, publishers: Sequence[str]) -> list[str]:
    """The papers and agencies whose report a question asks about, as far as their names tell, that no publisher's name holds."""
    patterns = _patterns(_pattern_of(_by_name(tuple(publishers)), question))
    body = question.strip().rstrip("?.! ")
    body = body[:1].lower() + body[1:]
    found = next(filter(None, (pattern.fullmatch(body) for pattern in (*patterns.overviews, patterns.asks))), None)
    found = found or next(filter(None, (pattern.search(body) for pattern in patterns.attributed)), None)
    outlets = re.findall(OUTLET, found["by"]) if found else []
    return [outlet for outlet in outlets if not any(outlet.lower() in name.lower() for name in publishers)]


class _Patterns(NamedTuple):
    overviews: tuple[re.Pattern[str], ...]
    asks: re.Pattern[str]
    attributed: tuple[re.Pattern[str], ...]
    several: re.Pattern[str]

    @property
    def all(self) -> tuple[re.Pattern[str], ...]:
        return (*self.overviews, self.asks, *self.attributed)


@lru_cache(maxsize=16)
def _patterns(name: str) -> _Patterns:
    """What asks for reports by `name`, which is a pattern, or by an outlet that the library has nothing of."""
    one = rf"(?:the )?[\"“'‘]?(?:{name}|{OUTLET})(?![\w-])[\"”'’]?(?!\w)"
    several = rf"(?:both )?{one}(?:{AND}{one})*"
    by = rf"(?P<by>{several})"
    subject = rf"(?:(?:the |an? )?(?:latest |newest )?{REPORT} (?:in|by|from|of) )?{by}(?:[’']s?)?(?: (?:latest |newest )?{REPORT})?"
    topic = rf"(?: {ABOUT} (?P<topic>[^?]+))?"
    then = rf"(?=[,?.!]|$| (?:{ASK}|{DOES}|{ABOUT}|is|are|was|were|will|can|could)\b),?"
    return _Patterns(
        tuple(
            re.compile(pattern, re.IGNORECASE)
            for pattern in (
                rf"(?:{COMPARE} )?what {DOES} {subject} (?:each |both )?(?:{SAYS}|have to say|publish(?:ed)?){topic}",
                rf"what(?:[’']s| is| are) {subject} (?:saying|reporting|writing){topic}",
                rf"{COMPARE} (?:what|how) {subject} (?:each |both )?(?:{SAYS}|covers?|covered|describes?|sees?)(?: {ABOUT})? (?P<topic>[^?]+)",
                rf"{COMPARE} {subject} {ABOUT} (?P<topic>[^?]+)",
                rf"{COMPARE} (?:the )?{REPORT} (?:of|on|about) (?P<topic>[^?]+) (?:by|in|from|between) {by}",
                rf"how {DOES} {subject} (?:differ|disagree|report|cover|describe|see|present)(?: (?:on|about|over|in))?(?: their {REPORT} of)? (?P<topic>[^?]+)",
            )
        ),
        re.compile(rf"(?P<ask>{ASK}) {DOES} {subject} {SAYS} (?:that )?(?!(?:{ABOUT}|to|an?|its?|they|he|she)\b)(?P<rest>\w[^?]+)", re.IGNORECASE),
        tuple(
            re.compile(pattern, re.IGNORECASE)
            for pattern in (
                rf"(?:^|,? )(?:according to|as (?:reported|told|stated) (?:by|in)) {subject}{then}",
                rf"(?:^|,? )in (?:(?:the |an? )?(?:latest |newest )?{REPORT} (?:in|by|from|of) )?(?:the )?{by}(?:[’']s?)? (?:latest |newest )?{REPORT}{then}",
                rf"(?:^|,? )in (?:the |an? )?(?:latest |newest )?{REPORT} (?:in|by|from|of) {by}{then}",
            )
        ),
        re.compile(several, re.IGNORECASE),
    )


@lru_cache(maxsize=4)
def _by_name(publishers: tuple[str, ...]) -> dict[str, list[str]]:
    """How publishers may be called, in small letters and without an article -> their names; a name left short is no other one's whole name."""
    names: dict[str, list[str]] = {}
    whole = {publisher: re.sub(r"^the\s+", "", publisher.strip().lower()) for publisher in publishers}
    for publisher, name in whole.items():
        names.setdefault(name, []).append(publisher)
    taken = set(whole.values())
    for publisher, name in whole.items():
        if (short := GENERIC.sub("", name)) not in taken:
            names.setdefault(short, []).append(publisher)
    return {name: found for name, found in names.items() if len(name) > 1}


def _pattern_of(by_name: Iterable[str], text: str) -> str:
    """Those names that a text holds, the longest first, so that `Norvia Today` is not taken for `Norvia`."""
    there = sorted((name for name in by_name if name in text.lower()), key=lambda name: (-len(name), name))
    return "|".join(map(re.escape, there)) or NOTHING


def _named(text: str, by_name: dict[str, list[str]]) -> list[str]:
    """The publishers that a text names, as the library calls them; a single word must have its capital: `time` is not `Time`."""
    found = [match[0] for match in re.finditer(rf"(?<![\w-])(?:{_pattern_of(by_name, text)})(?![\w-])", text, re.IGNORECASE)]
    named = [name for name in found if " " in name or not name.islower()]
    return list(dict.fromkeys(publisher for name in named for publisher in by_name[name.lower()]))
