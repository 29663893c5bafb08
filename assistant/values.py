"""Sentences -> the values they state: figures with their units, dates, durations, names.

In: a sentence. Out: `Value`s with their spans and a form in which equal values are equal: `$66 billion` and `66 billion
dollars`, `25%` and `25 percent`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from math import prod
from typing import NamedTuple

from assistant.types import Span
from assistant.words import STOPWORDS, stem


class Kind(StrEnum):
    MONEY = "money"
    PERCENT = "percent"
    DURATION = "duration"
    DATE = "date"
    COUNT = "count"
    NAME = "name"


class Value(NamedTuple):
    """One value: the words it stands in, and `(kind, unit, amount)` for comparing."""

    kind: Kind
    span: Span
    text: str
    unit: str
    amount: float


SCALES = {"thousand": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9, "b": 1e9, "trillion": 1e12, "tn": 1e12}
CURRENCY_WORDS = {
    "dollar": "$", "euro": "€", "pound": "£", "won": "won", "yen": "yen", "yuan": "yuan", "rupee": "rupee", "ruble": "ruble", "rouble": "ruble",
    "franc": "franc", "crown": "crown", "zloty": "zloty", "zlotys": "zloty", "złoty": "zloty", "krona": "krona", "kronor": "krona", "krone": "krone", "kroner": "krone",
    "koruna": "koruna", "forint": "forint", "lira": "lira", "peso": "peso", "reais": "real", "rand": "rand",
    "rupiah": "rupiah", "ringgit": "ringgit", "baht": "baht", "dong": "dong", "dirham": "dirham", "riyal": "riyal", "shekel": "shekel", "hryvnia": "hryvnia", "dinar": "dinar", "naira": "naira",
}  # fmt: skip
CURRENCIES = {"$": "$", "us$": "$", "€": "€", "£": "£", "₩": "won", "¥": "yen", "₹": "rupee", "₴": "hryvnia", "zł": "zloty", **CURRENCY_WORDS}
YEAR_S = 365.25 * 86_400
SECONDS = {
    "second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0, "week": 604_800.0, "month": YEAR_S / 12, "year": YEAR_S, "decade": 10 * YEAR_S,
}  # fmt: skip
NUMBER_WORDS = {word: float(i) for i, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty".split())} | {"thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0,
    "ninety": 90.0, "hundred": 100.0, "dozen": 12.0}  # fmt: skip

MEASURES = frozenset(
    stem(word)
    for word in "km kilometre kilometer mile metre meter centimetre centimeter millimetre foot feet inch yard kg kilogram kilo gram tonne ton pound ounce "
    "litre liter gallon barrel hectare acre degree celsius fahrenheit watt kilowatt megawatt gigawatt volt hertz byte megabyte gigabyte knot mph kph".split()
)
"""Stems of units of measure."""

FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
WORDED = rf"(?:{TENS})-(?:one|two|three|four|five|six|seven|eight|nine)|" + "|".join(NUMBER_WORDS)
COUNTED_OUT = rf"(?:(?:half an?|{WORDED}|an?) )?(?:hundred(?: and (?:{WORDED}))?|dozen)|{WORDED}"
"""A number in words: `seven`, `two hundred and fifty`, `half a dozen`."""
AND_A_HALF = "[ -]and[ -]a[ -]half"
IN_WORDS = rf"{COUNTED_OUT}|(?:{COUNTED_OUT}|{FIGURE}){AND_A_HALF}|half[ -]an?|an?(?: half)?(?= (?:million|billion|trillion)\b)"
"""The same before a unit or a scale, `two and a half`, `a million`."""
SCALE = r"(?:[ -]?(thousand|million|billion|trillion|bn|tn|m|b)\b)?"
WORDED_SCALE = r"(?:[ -]?(thousand|million|billion|trillion|bn|tn)\b)?"
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|"
    r"dec(?:ember)?)\b\.?"
)
DATED = rf"(?!(?-i:may|mar)){MONTH}"
"""A month where it might be another word: what may be and who march is none."""
PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.MONEY, re.compile(rf"(?P<cur>US\$|[$€£¥₩₹₴])\s?(?P<num>{FIGURE}){SCALE}", re.I)),
    (Kind.MONEY, re.compile(rf"(?P<num>{FIGURE}|\b(?:{IN_WORDS})\b(?! won\b)){SCALE} (?P<cur>zł|{'|'.join(CURRENCY_WORDS)})s?\b(?<! crown)", re.I)),
    (Kind.PERCENT, re.compile(rf"(?P<num>{FIGURE}|\b(?:{IN_WORDS})\b)(?:\s?%|[ -](?:percent(?:age points?)?|per cent)\b)", re.I)),
    (Kind.DURATION, re.compile(rf"(?P<num>{FIGURE}|\b(?:{IN_WORDS}|an?)\b)[ -](?:(?:full|whole|long|more|straight|further|consecutive) )?(?P<unit>second(?! half)|minute|hour|day|week|month|year|decade)s?\b(?P<half>{AND_A_HALF}\b)?", re.I)),
    (Kind.DATE, re.compile(rf"\b(?:{DATED} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|\d{{1,2}}(?:st|nd|rd|th)? {DATED}(?:,? \d{{4}})?|{DATED} \d{{4}}|\d{{4}}-\d\d-\d\d)\b", re.I)),
    (Kind.DATE, re.compile(r"\b(?:January|February|April|June|July|August|September|October|November|December)\b|(?<=\b(?:in|by) )(?:March|May)\b")),
    (Kind.DATE, re.compile(r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|yesterday|today|tomorrow)\b")),
    (Kind.DATE, re.compile(r"\b(?:1[5-9]|20)\d\ds?\b(?![,.]\d)")),
    (Kind.COUNT, re.compile(rf"\b(?P<word>{IN_WORDS})[ -](thousand|million|billion|trillion)\b", re.I)),
    (Kind.COUNT, re.compile(rf"(?P<num>{FIGURE}(?:{AND_A_HALF})?){WORDED_SCALE}(?:st|nd|rd|th)?|\b(?P<word>(?:{COUNTED_OUT})(?:{AND_A_HALF})?)\b{WORDED_SCALE}", re.I)),
)  # fmt: skip
RELATIVE_TIME = re.compile(
    rf"\b(?:(?:earlier |later |early |late )?(?:last|next|this|that|the (?:following|previous|same)) (?:week(?:end)?|month|year|decade|century|night|morning|"
    rf"afternoon|evening|spring|summer|autumn|fall|winter|quarter|season|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|{DATED})|"
    rf"(?:(?:{FIGURE}|{WORDED}|an?|a few|several|some|many|the) )(?:second|minute|hour|day|week|month|year|decade)s? (?:ago|away|later|earlier|before|after|from now)|"
    rf"(?:over|at|on) the weekend|overnight|tonight)\b",
    re.I,
)
"""A time told from another: `last week`, `two months away`. It says when, and has no value to compare."""
NAME_WORD = r"(?:(?:[A-Z]\.)+|[A-Z][\w-]*(?:[’'](?!s\b)\w+)?)"
NAME = re.compile(rf"(?<![\w.’']){NAME_WORD}(?:(?: (?:of|de|van|von|bin|al))? {NAME_WORD})*")
CALENDAR = re.compile(rf"(?:{MONTH}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)", re.I)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
OPENERS = frozenset(("yesterday", "today", "tomorrow", "of", "de", "van", "von", "bin", "al", "meanwhile", "earlier", "later"))
ORGANISATION = re.compile(
    r"\b(?:Institute|Office|Court|Agency|Group|Times|Journal|News|House|States|Kingdom|Union|Nations|Department|Ministry|Agreement|Act|Party|"
    r"Congress|Senate|Council|Committee|Bank|University|Korea|Korean|America|American|Social|Policy|Bloomberg|CNN|Trade|Representative|"
    r"Economic|Street|FTA|Day(?!-)|Financial|Post|Wall|World|East|West|North|South|City|Company|Inc|Corp|Ltd|Press|Network|Association|Society|"
    r"Service|Team|Club|League|Cup|Games|River|Lake|Park|Island|Church|School|College|Hospital|Airport|Foundation|Fund|Commission|Board|Force|Army|Police)\b"
)
TITLES = frozenset(
    """president prime minister acting trade treasury commerce foreign finance defence defense secretary chancellor premier chief
    executive senator rep representative sen gov governor mayor king queen prince princess pope judge justice general gen col dr mr mrs
    ms miss sir lord lady professor prof chairman chairwoman chair director ceo coach captain us u.s the former deputy vice senior
    advisor adviser singaporean american chinese korean south north japanese british""".split()
)

TITLES_IN_NAMES = frozenset("king prince pope lord judge north south".split())
"""Titles that are surnames too, where another name stands before them."""
SURNAMES = frozenset(("Park", "West", "North", "Church", "Lake"))
"""Words of places and organisations that are surnames too."""
PLACES = frozenset(
    """White Hyde Central Key Salt Great National Regent Theme Jurassic Safari Business Industrial Car Menlo Crater Wild Far Global Old New Upper
    Lower Big Little Blue Green Black Red Catholic Anglican Orthodox Methodist Baptist Lutheran Protestant Presbyterian Christian Parish""".split()
)
"""What stands before such a word in the name of a place or a church."""
STREETS = frozenset("Avenue Lane Road Row Hill Place Plaza Tower Square Hotel Royal Drive Terrace Theatre Ridge View".split())
AT_A_PLACE = re.compile(r"\b(?:the|in|at|near|through|across|around|outside|inside)\s+$", re.I)


def values(sentence: str) -> list[Value]:
    """Figures, dates and durations of a sentence, in order; where two readings overlap the more telling one stands."""
    found: list[Value] = []
    taken: list[Span] = []
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(sentence):
            span = Span(*match.span())
            if any(span.overlaps(other) for other in taken):
                continue
            taken.append(span)
            found.append(_value(kind, match, sentence))
    return sorted(found, key=lambda value: value.span)


def _value(kind: Kind, match: re.Match[str], sentence: str) -> Value:
    groups = match.groupdict()
    scale = next((g for g in match.groups() if g and g.lower() in SCALES), "")
    number = groups.get("num") or groups.get("word") or ""
    amount = amount_of(number) * SCALES.get(scale.lower(), 1.0)
    unit = ""
    if kind is Kind.MONEY:
        unit = CURRENCIES[groups["cur"].lower()]
    elif kind is Kind.DURATION:
        unit = groups["unit"].lower()
        amount += 0.5 if groups["half"] else 0.0
    elif kind is Kind.DATE:
        unit = " ".join(re.findall(r"\w+", match[0].lower()))
    elif kind is Kind.COUNT:
        counted = re.match(r"(?:-| )?([a-z][a-z-]+)(?: ([a-z][a-z-]+))?", sentence[match.end() :].lstrip())
        unit = counted[1] if counted else ""
    return Value(kind, Span(*match.span()), match[0].strip(), unit, amount)


YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
YEARS_FROM_NOW = {"last": -1, "this": 0, "next": 1}


def years(text: str, published: str | None = None) -> frozenset[int]:
    """The years a text speaks of, `last year` and the like counted from the day it was published (ISO) where that is known."""
    named = {int(year) for year in YEAR.findall(text)}
    if published:
        named |= {int(published[:4]) + YEARS_FROM_NOW[word.lower()] for word in re.findall(r"\b(last|this|next) year\b", text, re.I)}
    return frozenset(named)


def amount_of(number: str) -> float:
    """`7,100` is 7100, `three` is 3, `a` is 1, `two hundred and fifty` is 250, `two and a half` 2.5; 0 where there is none."""
    parts = re.split("[ -]and[ -]", re.sub(r"\b(a|half)-", r"\1 ", number.lower().replace(",", "")))
    return sum(prod(map(_amount_of_word, part.split())) for part in parts if part)


def _amount_of_word(word: str) -> float:
    if word in ("a", "an"):
        return 1.0
    if "-" in word:
        return sum(NUMBER_WORDS.get(part, 0.0) for part in word.split("-"))
    try:
        return float(word)
    except ValueError:
        return 0.5 if word == "half" else NUMBER_WORDS.get(word, 0.0)


def names(sentence: str) -> list[Value]:
    """Runs of capitalised words, without titles before them; a lone word that opens the sentence is not taken for one."""
    found = []
    for match in NAME.finditer(sentence):
        words = [(m[0], match.start() + m.start()) for m in re.finditer(r"\S+", match[0])]
        opens = not sentence[: match.start()].strip(" \"“”'‘(")
        while words and _is_no_name(words[0][0]):
            words.pop(0)
            opens = False
        while words and _ends_in_title([word for word, _ in words]):
            words.pop()
        if not words or (opens and len(words) == 1):
            continue
        start, end = words[0][1], words[-1][1] + len(words[-1][0])
        text = re.sub(r"[’']s?$", "", sentence[start:end].rstrip(" .,;:"))
        if len(text) > 1:
            found.append(Value(Kind.NAME, Span(start, start + len(text)), text, "", 0.0))
    return found


def people(sentence: str) -> list[Value]:
    """The names that may be a person's: no country, court, company, paper or place, as far as a word in them and before them tells."""
    return [name for name in names(sentence) if not ORGANISATION.search(_without_surname(name.text, sentence[: name.span.start]))]


def _without_surname(name: str, before: str) -> str:
    """A name without a word of places that reads like a surname in it: `Park Geun-hye`, `Kanye West`, but `West Bank`, `in Hyde Park`."""
    first, *given = name.split()
    if first == "Park" and given and given[0] not in STREETS:
        return " ".join(given)
    *given, last = name.split()
    return " ".join(given) if last in SURNAMES and 1 <= len(given) <= 2 and not PLACES.intersection(given) and not AT_A_PLACE.search(before) else name


def _ends_in_title(words: Sequence[str]) -> bool:
    """Whether a title closes a name: `Samsung CEO`, not `Stephen King`, whose it is part of."""
    last = words[-1].strip(".,’'").lower()
    return last in TITLES and not (last in TITLES_IN_NAMES and len(words) > 1)


def _is_no_name(word: str) -> bool:
    """A title, a day or month, or a small word that only opens a sentence or joins two names."""
    bare = word.strip(".,").lower()
    return bare in TITLES or bare in STOPWORDS or bare in OPENERS or bool(CALENDAR.fullmatch(word.strip(".,")))


def same(a: Value, b: Value) -> bool:
    """Whether two values of one kind say the same; a coarser figure agrees with a finer one it is rounded from."""
    if a.kind is not b.kind:
        return False
    if a.kind is Kind.NAME:
        fewer, more = sorted((set(_fold(a.text)), set(_fold(b.text))), key=len)
        return bool(fewer & more) and (fewer <= more or len(fewer & more) >= 2)
    if a.kind is Kind.DATE:
        one, two = date_parts(a.text), date_parts(b.text)
        shared = [part for part in one if part in two]
        return bool(shared) and all(one[part] == two[part] for part in shared)
    if a.kind is Kind.MONEY and a.unit != b.unit:
        return False
    first, second = (value.amount * (SECONDS[value.unit] if value.kind is Kind.DURATION else 1.0) for value in (a, b))
    larger = max(abs(first), abs(second))
    return larger == 0 or abs(first - second) <= 0.02 * larger


def date_parts(text: str) -> dict[str, str]:
    """What a date says of year, month and day; a word that is none of them stands for itself."""
    if iso := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text):
        return {"year": iso[1], "month": str(int(iso[2])), "day": str(int(iso[3]))}
    parts: dict[str, str] = {}
    for word in re.findall(r"\w+", text.lower()):
        if re.match(r"\d{4}", word):
            parts["year"] = word
        elif word[0].isdigit():
            parts["day"] = re.sub(r"\D", "", word)
        elif word[:3] in MONTHS:
            parts["month"] = str(MONTHS.index(word[:3]) + 1)
        else:
            parts["word"] = word
    return parts


def _fold(text: str) -> list[str]:
    return re.findall(r"[\w-]+", text.lower())
