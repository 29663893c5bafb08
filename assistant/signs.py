"""A written sentence and the words it rests on -> signs that it says something else.

In: two texts. Out: `Sign`s: a figure, unit, date or name that is not there, a negation or a degree of certainty that differs, an
opposite, two parties changed round. Each is a rule of its own that a person can follow; none of them knows what is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple

from assistant.alignment import Embed, Word, coverage, held, stems_of, words
from assistant.opposites import (
    CERTAINTY,
    DOUBTED,
    NEGATING_PHRASES,
    NEGATORS,
    SPEECH,
    STANDS_ALONE,
    opposites,
)
from assistant.sentences import sentences
from assistant.types import Span
from assistant.values import (
    NUMBER_WORDS,
    ORGANISATION,
    Kind,
    Value,
    amount_of,
    names,
    people,
    values,
)
from assistant.words import IRREGULAR, STOPWORDS, plain, stem


class What(StrEnum):
    """What differs."""

    FIGURE = "figure"
    DATE = "date"
    NAME = "name"
    NEGATION = "negation"
    CERTAINTY = "certainty"
    OPPOSITE = "opposite"
    ROLES = "roles"
    ORDER = "order"
    LINK = "link"


class Sign(NamedTuple):
    """One difference, in a few words for the reader."""

    what: What
    words: str


NEGATION_REACH, TELLING_REACH = 12, 4
"""Words after a negation that it may hold for, within its clause, and how many of them may be telling ones."""
CERTAINTY_REACH = 4
BINDING_MARGIN = 0.3
"""A figure belongs elsewhere when the clause of another holds this much more of the words around it."""

MEASURES = frozenset(
    stem(word)
    for word in "km kilometre kilometer mile metre meter centimetre centimeter millimetre foot feet inch yard kg kilogram kilo gram tonne ton pound ounce "
    "litre liter gallon barrel hectare acre degree celsius fahrenheit watt kilowatt megawatt gigawatt volt hertz byte megabyte gigabyte knot mph kph".split()
)
ROUGHLY = re.compile(r"\b(?:about|around|some|roughly|nearly|almost|approximately|close to|more than|(?<!handed )(?<!took )(?<!turned )(?<!gave )(?<!taken )over|at least|up to|under|less than|fewer than|just)\s+(?:an? )?[$€£¥₩]?$", re.I)
ROUGH = 0.06
"""How far a figure may lie off that is said to be rough."""
MORE = re.compile(r"(?<!no )\b(?:more than|over|above|at least|exceed\w*|upwards of|no (?:fewer|less) than)\b", re.I)
LESS = re.compile(r"(?<!no )\b(?:less than|fewer than|under|below|at most|up to|no more than)\b", re.I)
RELATIVE_DAY = re.compile(r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|today|tomorrow|(?:last|this|next) (?:week|month|year|night)|(?:week|month|year)s? (?:ago|earlier))\b", re.I)
PRONOUN = re.compile(r"\b(?:he|she|it|they|his|her|its|their|him|them|we|our|this|these|the two|both)\b", re.I)
FROM_TO = re.compile(r"\bfrom (?:a )?([$€£]?\d[\d.,]*)[^.;]{0,30}?\bto (?:a )?([$€£]?\d[\d.,]*)", re.I)
PASSIVE = re.compile(r"\b(?:was|were|is|are|been|being|be) (?:\w+ ){1,3}by\b", re.I)


def signs(
    sentence: str, evidence: Sequence[str], nearby: str, *, published: str | None = None, embed: Embed | None = None
) -> list[Sign]:
    """What of `sentence` differs from the words it rests on.

    Args:
        sentence: As written.
        evidence: The windows it rests on, the best first.
        nearby: What may name what those words only point at: the sentences before them, title, publisher.
        published: The document's date, to which its weekdays count.
        embed: Texts to unit rows, for telling whether two nouns name the same thing.
    """
    there = " ".join(evidence)
    return [
        *_figures(sentence, there, embed),
        *_dates(sentence, there, nearby, published),
        *_names(sentence, there, nearby),
        *_negations(sentence, there),
        *_certainties(sentence, there),
        *_opposites(sentence, there),
        *_roles(sentence, there),
        *_subject(sentence, evidence, nearby),
        *_object(sentence, there),
    ]


# Figures


def _figures(sentence: str, there: str, embed: Embed | None) -> Iterator[Sign]:
    found = values(there)
    for value in values(sentence):
        if value.kind is Kind.DATE or (value.kind is Kind.COUNT and _no_count(value, sentence)):
            continue
        alike_ones = [other for other in found if _agrees(value, other, sentence, there)]
        if not alike_ones:
            yield Sign(What.FIGURE, f"“{value.text}” does not stand there")
        elif _bound_elsewhere(value, alike_ones, found, sentence, there):
            yield Sign(What.FIGURE, f"“{value.text}” is said of something else there")
        elif _counts_else(value, alike_ones, sentence, there, embed):
            yield Sign(What.FIGURE, f"“{value.text}” counts something else there")
    yield from _order_of_figures(sentence, there)
    yield from _bounds(sentence, there)
    yield from _rates(sentence, there)


def _no_count(value: Value, sentence: str) -> bool:
    """A word for a number that only points: `the two`, `one of`, `at one`."""
    if value.text.lower() in ("one", "first", "zero"):
        return True
    before = sentence[: value.span.start].rstrip().lower()
    return value.text.lower() in NUMBER_WORDS and value.amount <= 3 and before.endswith(("the", "both", "these", "those", "between", "other"))


def _agrees(value: Value, other: Value, sentence: str, there: str) -> bool:
    if value.kind is Kind.DATE or other.kind is Kind.DATE:
        return value.text == other.text
    kinds = {value.kind, other.kind}
    if value.kind is not other.kind and not (Kind.COUNT in kinds and _bare(value, other, sentence, there)):
        return False
    if value.kind is other.kind and value.kind in (Kind.MONEY, Kind.DURATION) and value.unit != other.unit:
        return False
    return _same_amount(value, other, sentence)


def _bare(value: Value, other: Value, sentence: str, there: str) -> bool:
    """`5` for `5 percent` in `from 5 to 3.5 percent`, or the other way round; with no unit of its own that says otherwise."""
    bare, text = (value, sentence) if value.kind is Kind.COUNT else (other, there)
    after = text[bare.span.end :].lstrip().lower()
    return after.startswith(("to ", "and ", "or ", "up to ", "down to ", "-", "–")) or not after[:1].isalpha()


def _same_amount(value: Value, other: Value, sentence: str) -> bool:
    """Equal, or rounded to the digits that the sentence gives; a figure said to be rough may lie a little off."""
    a, b = value.amount, other.amount
    if a == b:
        return True
    if a == 0 or b == 0:
        return False
    if ROUGHLY.search(sentence[: value.span.start]):
        return abs(a - b) <= ROUGH * abs(b)
    digits = re.sub(r"\D", "", value.text).strip("0")
    return len(digits) >= 2 and len(re.sub(r"\D", "", other.text).strip("0")) > len(digits) and f"{b:.{len(digits)}g}" == f"{a:.{len(digits)}g}"


def _counts_else(value: Value, agreeing: Sequence[Value], sentence: str, there: str, embed: Embed | None) -> bool:
    """Whether the sentence names a measure, or a thing counted, that the passage does not give the figure to."""
    if value.kind is not Kind.COUNT or not (counted := _counted(value, sentence)):
        return False
    stems = stems_of(there)
    if counted.stem in MEASURES:
        return counted.stem not in stems
    others = [other for one in agreeing if (other := _counted(one, there))]
    if held(counted.stem, stems) or not others or not counted.text.endswith("s"):
        return False
    return embed is None or all(_cosine(counted.text, other.text, embed) < SAME_NOUN for other in others)


def _counted(value: Value, text: str) -> Word | None:
    """The noun after a figure: the first plural of the three words that follow, else the first of them."""
    if not re.match(r"\s*-?\s*[A-Za-z]", text[value.span.end :]):
        return None
    following = list(takewhile(lambda word: word.tells and word.clause == 0 and word.text not in CERTAINTY, words(text[value.span.end :])[:3]))
    return next((word for word in following if word.text.endswith("s")), following[0] if following else None)


def _cosine(one: str, other: str, embed: Embed) -> float:
    vectors = embed([one, other])
    return float(vectors[0] @ vectors[1])


SAME_NOUN = 0.45
"""Cosine of two nouns from which they may name the same thing: `travellers` and `passengers` .7, `ships` and `troops` .3."""


def _rates(sentence: str, there: str) -> Iterator[Sign]:
    """`75 a month` against `75 a year`."""
    own, other = _rate_units(sentence), _rate_units(there)
    if own and other and not own & other:
        yield Sign(What.FIGURE, f"a figure is by the {min(other)} there")


RATE = re.compile(r"(?<!for )(?<!in )(?<!within )(?<!after )(?<!than )(?<!about )\b(?:per|a|an|each|every) (second|minute|hour|day|week|month|quarter|year)\b(?! (?:ago|earlier|later|before|after|old))|\b(annual|yearly|monthly|weekly|daily|hourly)", re.I)
ADVERBS = {"annual": "year", "yearly": "year", "monthly": "month", "weekly": "week", "daily": "day", "hourly": "hour"}


def _rate_units(text: str) -> set[str]:
    return {(m[1] or ADVERBS[m[2].lower()]).lower() for m in RATE.finditer(text)}


def _bound_elsewhere(value: Value, agreeing: Sequence[Value], found: Sequence[Value], sentence: str, there: str) -> bool:
    """Whether the words around the figure stand, in the passage, around another figure of its kind."""
    rivals = [other for other in found if other.kind is value.kind and other not in agreeing]
    if not rivals:
        return False
    own = _around(sentence, value)
    best = max(coverage(own, {word.stem for word in _around(there, other)}) for other in agreeing)
    return any(coverage(own, {word.stem for word in _around(there, other)}) >= best + BINDING_MARGIN for other in rivals)


def _around(text: str, value: Value) -> list[Word]:
    """The telling words of the value's clause."""
    found = words(text)
    clauses = {word.clause for word in found if value.span.start <= word.start < value.span.end}
    return [word for word in found if word.clause in clauses and word.tells and word.text not in NUMBER_WORDS]


def _order_of_figures(sentence: str, there: str) -> Iterator[Sign]:
    """`from 5 to 3.5` against `from 3.5 to 5`."""
    for match in FROM_TO.finditer(sentence):
        pair = tuple(_amount(text) for text in match.groups())
        others = [tuple(_amount(text) for text in m.groups()) for m in FROM_TO.finditer(there)]
        if pair not in others and pair[::-1] in others:
            yield Sign(What.OPPOSITE, f"“{match[0]}” goes the other way there")


def _amount(text: str) -> float:
    return amount_of(text.strip("$€£.,"))


def _bounds(sentence: str, there: str) -> Iterator[Sign]:
    """`more than 200` against `fewer than 200`, also said as `older than ten` and the like by `_opposites`."""
    for one, other in ((MORE, LESS), (LESS, MORE)):
        if (match := one.search(sentence)) and not one.search(there) and other.search(there) and values(sentence[match.end() :])[:1]:
            yield Sign(What.OPPOSITE, f"“{match[0]}” is the other way round there")


# Dates


def _dates(sentence: str, there: str, nearby: str, published: str | None) -> Iterator[Sign]:
    found = [value for value in values(there) if value.kind is Kind.DATE]
    for value in values(sentence):
        if value.kind is not Kind.DATE or any(_same_date(value.text, other.text) for other in found):
            continue
        if _is_weekday(value.text) and not any(_is_weekday(other.text) for other in found) and _same_days(value.text, nearby):
            continue
        if re.fullmatch(r"\d{4}s?", value.text):
            if _year_follows(value.text, there, nearby, published):
                continue
        elif RELATIVE_DAY.search(there) and published and not _is_weekday(value.text) and _near_day(value.text, published):
            continue
        yield Sign(What.DATE, f"“{value.text}” does not stand there")


def _same_date(a: str, b: str) -> bool:
    from assistant.values import _date_parts

    one, two = _date_parts(a), _date_parts(b)
    shared = [part for part in one if part in two]
    return bool(shared) and all(one[part] == two[part] for part in shared) and not ({"year"} == set(shared) and len(one) > 1 and len(two) > 1)


def _is_weekday(text: str) -> bool:
    return text.lower().endswith("day")


def _same_days(text: str, nearby: str) -> bool:
    return any(_same_date(text, other.text) for other in values(nearby) if other.kind is Kind.DATE)


def _year_follows(year: str, there: str, nearby: str, published: str | None) -> bool:
    """Whether the year is said nearby, or follows from the date of a document that says `last year`."""
    if re.search(rf"\b{year}\b", nearby):
        return True
    if not published:
        return False
    shift = {"last year": -1, "next year": 1}
    wanted = int(year[:4]) - int(published[:4])
    relative = [shift[match.lower()] for match in re.findall(r"\b(?:last|next) year\b", there, re.I)]
    return wanted in relative or (wanted == 0 and not relative and not re.search(r"\b(?:1[89]|20)\d\d\b", there))


def _near_day(text: str, published: str) -> bool:
    """Whether a day lies within the two weeks around the publication."""
    from datetime import date

    from assistant.values import _date_parts

    parts = _date_parts(text)
    try:
        day = date(int(parts.get("year", published[:4])), int(parts["month"]), int(parts["day"]))
        return abs((day - date.fromisoformat(published[:10])).days) <= 14
    except (KeyError, ValueError):
        return False


# Names


def _names(sentence: str, there: str, nearby: str) -> Iterator[Sign]:
    here, near = stems_of(there), stems_of(nearby)
    pointing = bool(PRONOUN.search(there)) or not proper(there)
    for name in proper(sentence):
        parts = [word.stem for word in words(name) if word.text not in STOPWORDS]
        there_of = [_stands(part, here, there) for part in parts]
        if all(there_of):
            continue
        known = all(_stands(part, here | near, f"{there} {nearby}") for part in parts)
        if known and (any(there_of) or (not _is_person(name, sentence, nearby) and (pointing or _topical(parts, nearby)))):
            continue
        yield Sign(What.NAME, f"“{name}” is not named there")


def _is_person(name: str, sentence: str, nearby: str) -> bool:
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
        found = [name for name in proper(text) if _is_person(name, text, before)]
        if found:
            return f"{window[: match.start()]}{found[0]}{window[match.end() :]}"
    return window


PERSONAL = re.compile(r"\b(?:he|she)\b", re.I)
SPEAKS = re.compile(r"\s+(?:had |has )?(?:said|told|called|claimed|thought|wanted|asked|wrote|spoke|warned|added|noted)\b")
COUNTRIES = frozenset(stem(word) for word in "us korea china japan vietnam germany britain france russia ukraine israel india mexico canada australia europe italy spain turkey iran iraq brazil switzerland norway sweden poland greece netherlands denmark finland ireland seoul washington beijing tokyo london".split())


def _stands(part: str, stems: frozenset[str], text: str) -> bool:
    """Whether a part of a name is there: itself, or spelt out where it is an acronym, or as one where it is spelt out."""
    return part in stems or DEMONYMS.get(part) in stems or (2 <= len(part) <= 5 and part.isalpha() and part in _initials(text))


DEMONYMS = {
    stem(people): stem(country)
    for people, country in (pair.split(":") for pair in (
        "norwegian:norway danish:denmark finnish:finland irish:ireland scottish:scotland welsh:wales portuguese:portugal czech:czechia "
        "icelandic:iceland egyptian:egypt thai:thailand saudi:arabia alpine:alps belgian:belgium austrian:austria hungarian:hungary "
        "romanian:romania argentine:argentina chilean:chile peruvian:peru lebanese:lebanon syrian:syria afghan:afghanistan "
        "taiwanese:taiwan singaporean:singapore malaysian:malaysia indonesian:indonesia filipino:philippines nigerian:nigeria kenyan:kenya"
    ).split())
}  # fmt: skip
DEMONYMS.update({country: people for people, country in DEMONYMS.items()})


def _initials(text: str) -> set[str]:
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
    found = [name.text for name in names(text)]
    opening = OPENING.match(text)
    if opening and opening[1].lower() not in STOPWORDS and not any(name.startswith(opening[1]) for name in found) and _opens_with_name(opening):
        found.insert(0, opening[1])
    return [*found, *(match[0] for match in PEOPLES.finditer(text) if not any(match[0] in name for name in found))]


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


# Negation


def _negations(sentence: str, there: str) -> Iterator[Sign]:
    focus = _focus(sentence, there)
    own, other, whole = _polarities(sentence), _polarities(focus), _polarities(there)
    pairs = [(negated, other[match]) for key, negated in own.items() for match in _matching(key, other)]
    outside = [(negated, whole[match]) for key, negated in own.items() if not _matching(key, other) for match in _matching(key, whole)]
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


def _matching(key: str, others: Mapping[str, object]) -> list[str]:
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
        found.setdefault(word.stem, set()).add(_negated(i, listed))
    return found


def _negated(i: int, listed: Sequence[Word]) -> bool:
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


# Certainty


def _certainties(sentence: str, there: str) -> Iterator[Sign]:
    """`may` made `will`, `is expected to` made `is`, and the other way round, on a verb that both have."""
    own, other = _degrees(sentence), _degrees(there)
    stated, stated_there = set(own.values()) - FACTS, set(other.values()) - FACTS
    alike_stated = bool(stated & stated_there)
    pairs = [(degree, other[match]) for key, degree in own.items() for match in _matching(key, other) if match == key or (degree in FACTS and not alike_stated)]
    differ = any(not _near_degrees(a, b) for a, b in [*pairs, *_degrees_by_value(sentence, there)])
    if differ or (stated and stated_there and not any(_near_degrees(a, b) for a in stated for b in stated_there)):
        yield Sign(What.CERTAINTY, "the two are not equally certain of it")
    elif (doubt := DOUBTED.search(there)) and not SPEECH.search(sentence) and coverage(words(sentence), stems_of(there[doubt.end() :])) >= FOCUSED:
        yield Sign(What.CERTAINTY, "there it is only somebody's claim")


def _degrees_by_value(sentence: str, there: str) -> Iterator[tuple[str, str]]:
    """How certain both are of what the clause of a figure or date that they share says."""
    for value in values(sentence):
        for other in values(there):
            if other.text.lower() == value.text.lower():
                own, theirs = _stated_around(sentence, value), _stated_around(there, other)
                if own and theirs:
                    yield own, theirs


def _stated_around(text: str, value: Value) -> str | None:
    listed = words(text)
    clauses = {word.clause for word in listed if value.span.start <= word.start < value.span.end}
    stated = {cue for i, word in enumerate(listed) if word.clause in clauses and (cue := _cue(listed, i, text))}
    return stated.pop() if len(stated) == 1 else None


FACTS = frozenset({"present", "past"})
NEAR_DEGREES = frozenset({
    ("planned", "certain"), ("certain", "planned"), ("expected", "planned"), ("planned", "expected"), ("expected", "certain"), ("certain", "expected"),
    ("possible", "expected"), ("expected", "possible"), ("needed", "certain"), ("certain", "needed"),
    ("present", "past"), ("past", "present"), ("present", "certain"), ("present", "planned"), ("present", "needed"), ("past", "needed"),
    ("planned", "present"), ("certain", "present"), ("planned", "past"), ("needed", "present"), ("needed", "past"), ("certain", "past"),
})  # fmt: skip
"""Degrees of a sentence and of what it rests on that are let pass for one another: what is planned `will` be, but did not happen."""


def _near_degrees(own: str, there: str) -> bool:
    return own == there or (own, there) in NEAR_DEGREES


def _degrees(text: str) -> dict[str, str]:
    """Stem of a verb -> how certain the text is of it: `possible`, `expected`, `planned`, `certain`, `needed`, `past` or `present`."""
    listed = words(text)
    found: dict[str, str] = {}
    for i, word in enumerate(listed):
        if not word.tells or _cue(listed, i, text) or (i and listed[i - 1].text in NOUN_FOLLOWS):
            continue
        fact = "past" if word.text.endswith("ed") or word.text in IRREGULAR or (i and listed[i - 1].text in PAST_BEFORE) else "present"
        degree = fact
        for j in range(i - 1, max(-1, i - 1 - CERTAINTY_REACH), -1):
            if listed[j].clause != word.clause:
                break
            if named := _cue(listed, j, text):
                degree = named
                break
            if listed[j].tells and not listed[j].text.endswith("ly"):
                break
        if degree not in FACTS or word.stem not in found:
            found[word.stem] = degree
    return found


PAST_BEFORE = frozenset("was were has had have been".split())
NOUN_FOLLOWS = frozenset("a an the its his her their our this that these those of for in on with by at from and".split())


def _cue(listed: Sequence[Word], i: int, text: str) -> str | None:
    """The degree that a word gives what follows it; `4 May` and `has` without `to` give none."""
    word = listed[i]
    degree = CERTAINTY.get(word.text)
    if degree is None or text[word.start].isupper():
        return None
    follows = [w.text for w in listed[i + 1 : i + 3]]
    return degree if word.text in STANDS_ALONE or "to" in (follows[:1] if word.text in TO_AT_ONCE else follows) else None


TO_AT_ONCE = frozenset("is are was were has have had set due".split())


# Opposites


def _opposites(sentence: str, there: str) -> Iterator[Sign]:
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
                if _negated(own.index(word), own) != _negated(whole.index(contrary[0]), whole):
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


# Roles


def _roles(sentence: str, there: str) -> Iterator[Sign]:
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


def _subject(sentence: str, evidence: Sequence[str], nearby: str) -> Iterator[Sign]:
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


def _object(sentence: str, there: str) -> Iterator[Sign]:
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
