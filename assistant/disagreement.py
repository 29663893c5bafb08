"""Scored sentences -> disagreements: different values of one kind that documents give for the same thing.

A general rule, kept narrow so that it seldom cries wolf: both sentences answer the question about as well, they are of different
documents, each states a value of the kind the question wants, what stands around the two values means much the same (or both say nearly all that the question says), and
neither names a period that the other excludes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.duplicates import near_copies, shingles
from assistant.features import FEATURES, HOW_OLD, WANTED_KINDS, is_in_currency_asked
from assistant.questions import Wants
from assistant.scoring import Scored, Scorer
from assistant.types import Span
from assistant.values import Kind, Value, names, people, same, values
from assistant.weighing import Question
from assistant.words import STOPWORDS, WORD, alike, plain, stem, stems

MAX_SCORE_GAP = 2.5
"""How much worse than the best a sentence may answer and still be a side of a disagreement."""
MAX_SCORE_GAP_FULL = 3.5
NEARLY_ALL = 0.8
MIN_SIMILARITY = 0.50
"""Cosine of the words around the two values, the values themselves left out."""
WINDOW_WORDS = 9
LEAST_ODDS = -6.0
"""Log odds below which a sentence that was read is no side of a disagreement."""
LEAST_NAMED = 0.5
"""The share of the question's names below which a document tells of something else."""
CONFIDENT_ODDS = 1.0
"""Log odds from which the words that a reader marks are taken for a side's value, where the question does not say of what kind that is."""
MAX_SIDES = 4
FIRST_SIDES = 2
"""A disagreement must involve one of the best so many sentences that state a value."""
MAX_RATIO = 3.0
"""Amounts further apart than this are amounts of different things."""
CHANGED_BY = re.compile(
    r"\b(?:ris\w+|rose|increas\w+|rais\w+|grow\w*|grew|up|down|fall\w*|fell|cut|reduc\w+|lower\w*|dropp?\w*|climb\w*|jump\w*)\b(?: [\w’'-]+){0,4} by(?: [\w’'-]+){0,3} $", re.I
)
"""Before a value: it is by how much something changed."""
HEDGE = re.compile(r"\b(?:additional|extra|more than .* by|per|each|annual(?:ly)? (?:rise|increase)|share of)\b", re.I)
ASKS_FOR_CHANGE = re.compile(r"\bby how (?:much|many)\b|\b(?:ris\w+|raise|increase\w*|go(?:es|ing)? (?:up|down)|went (?:up|down)|cut|drop|fall|grow\w*|climb|jump)\b", re.I)
PLANNED = re.compile(
    r"\b(?:plan(?:s|ned|ning)?|draft|propos\w+|originally|initially|at first|had (?:hoped|wanted|asked)|once|sought|demand\w*|ask(?:s|ed|ing)? for)\b", re.I
)
"""What was meant to be, or asked for, beside what is."""
UNDONE = re.compile(r"\b(?:restored|reopen\w*|resum\w+|recover\w*|return\w*|(?:was|were|is|are|came|come) back)\b", re.I)
"""What came to an end, beside how far it went."""
SORT = re.compile(
    r"\b(?:baseline|reciprocal|gross|net|annual|yearly|quarterly|monthly|weekly|daily|hourly|average|median|minimum|maximum|initial|final|direct|indirect|domestic|wholesale|retail|"
    r"nominal|adult|male|female)\b",
    re.I,
)
"""Words that tell one sort of a thing from another: a baseline tariff from a reciprocal one."""
WEEKDAY = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day$")
OF_THE_CLOCK = re.compile(r"(?:[.:]\d\d)? ?[ap]\.?m\b", re.I)
"""After a figure: it is an hour."""
BEING = frozenset("is are was were be been has have had".split())
COUNTED = re.compile(rf"(?: (?!(?:{'|'.join(sorted(STOPWORDS - BEING))})\b)[\w’'-]+){{1,4}}", re.I)
"""The words after a figure up to the first stop or small word that is no form of `be` or `have`."""


@dataclass(frozen=True, slots=True)
class Side:
    """A value that answers the question, in a sentence that states it."""

    scored: Scored
    value: Value

    @property
    def document_id(self) -> str:
        return self.scored.sentence.hit.document.id

    @property
    def said(self) -> frozenset[str]:
        return shingles(self.scored.sentence.hit.passage.text)


def find_sides(question: Question, scored: Sequence[Scored], scorer: Scorer, *, stretch: float = 1.0) -> tuple[Side, ...]:
    """The sides of the disagreement about what `question` asks, best first; empty where there is none.

    Args:
        stretch: How much further apart scores lie than those the gaps were set on.
    """
    near = [s for s in scored if s.score >= scored[0].score - stretch * (MAX_SCORE_GAP_FULL if _is_full(s) else MAX_SCORE_GAP)]
    found = [side for s in near if (side := _side(question, s)) is not None]
    for first in found[:FIRST_SIDES]:
        sides = [first]
        for side in found:
            if len(sides) < MAX_SIDES and differs(side, sides) and all(
                _comparable(question, side, known, scorer) and not documents_agree(side, known) for known in sides
            ):
                sides.append(side)
        if len(sides) > 1:
            return tuple(sorted(sides, key=lambda side: -side.scored.score))
    return ()


def differs(side: Side, known: Sequence[Side]) -> bool:
    """Whether a side comes from another document, which is no copy, and gives another value than those known."""
    return not any(
        side.document_id == other.document_id or same(side.value, other.value) or near_copies(side.said, other.said)
        for other in known
    )


def named_there(question: Question, scored: Scored) -> float:
    """The share of what the question names that a sentence's document names: the port of Lessing is no side about the port of Ullen."""
    asked = {name for name in question.names if not WEEKDAY.match(name)}
    if not asked:
        return 1.0
    document = scored.sentence.hit.document
    text = plain(f"{document.title or ''}\n{document.text}")
    return sum(any(re.search(rf"\b{re.escape(form)}", text) for form in {name, *alike(name)}) for name in asked) / len(asked)


def _is_change(side: Side) -> bool:
    """Whether a value is by how much something changed."""
    return bool(CHANGED_BY.search(side.scored.sentence.text[: side.value.span.start]))


def tells_alike(a: Side, b: Side) -> bool:
    """Whether both sides tell of what was meant to be, or neither does, and so of what came to an end."""
    signs = (PLANNED, UNDONE) if a.value.kind is Kind.COUNT else (PLANNED,)
    return all(bool(sign.search(a.scored.sentence.text)) == bool(sign.search(b.scored.sentence.text)) for sign in signs)


def documents_agree(a: Side, b: Side) -> bool:
    """Whether one side's passage states the other's value too, or its document has the other's very sentence: then it tells
    of two things, not of one, and a copy of a document is no second voice."""
    return any(
        _states(side, other) or other.scored.sentence.text in side.scored.sentence.hit.document.text for side, other in ((a, b), (b, a))
    )


def _states(side: Side, other: Side) -> bool:
    """Whether a side's passage states the other's value; a count, of what the other counts, as far as the words after it tell."""
    text, value = side.scored.sentence.hit.passage.text, other.value
    stated = [each for each in (names(text) if value.kind is Kind.NAME else values(text)) if same(value, each) and not OF_THE_CLOCK.match(text, each.span.end)]
    if value.kind is not Kind.COUNT:
        return bool(stated)
    counted = _counted(other.scored.sentence.text, value)
    return any(not counted or not told or counted & told for told in (_counted(text, each) for each in stated))


def _counted(text: str, value: Value) -> frozenset[str]:
    """Stems of the words after a count that say of what it is: `people were killed`, `were injured`; none where it stands bare."""
    after = COUNTED.match(text, value.span.end)
    return frozenset(stems(after[0])) if after else frozenset()


def _side(question: Question, scored: Scored) -> Side | None:
    """The sentence and its value; None where it has none, or where a reader finds it more likely not to answer."""
    odds, marked = scored.sentence.odds, scored.sentence.answer
    if odds is not None and odds < LEAST_ODDS:
        return None
    start = scored.sentence.span.start
    within = Span(marked.start - start, marked.end - start) if marked else None
    value = answering_value(question, scored.sentence.text, within)
    if value is None and within and odds is not None and odds >= CONFIDENT_ODDS and question.wants in (Wants.ANYTHING, Wants.PERSON):
        value = _marked_value(scored.sentence.text, within)
    if value and value.kind is Kind.DATE and not _says_what_was(question, scored.sentence.text):
        return None
    return Side(scored, value) if value and named_there(question, scored) >= LEAST_NAMED else None


def _says_what_was(question: Question, sentence: str) -> bool:
    """Whether a sentence has a word of the question that is no name: a day on which somebody did something is not the day of all they did."""
    return question.coverage(set(stems(sentence)), set(question.weights) - set(question.names)) > 0


def _marked_value(sentence: str, marked: Span) -> Value | None:
    """The one person or the one figure among the words that a reader marks; None where there are several or none."""
    stated = [name for name in people(sentence) if " " in name.text] + [v for v in values(sentence) if v.kind is not Kind.DATE]
    inside = [value for value in stated if value.span.overlaps(marked)]
    return inside[0] if len(inside) == 1 else None


def answering_value(question: Question, sentence: str, marked: Span | None = None) -> Value | None:
    """The value of the wanted kind among the words marked as the answer, else the one nearest to the question's words; None where there is none."""
    if question.wants is Wants.PERSON:
        return _person(question, sentence)
    kinds = WANTED_KINDS.get(question.wants)
    if not kinds:
        return None
    candidates = [v for v in values(sentence) if v.kind in kinds and states_wanted(question, v)]
    if HOW_OLD.search(question.text):
        candidates = [v for v in candidates if is_age(sentence, v)]
    told = [v for v in candidates if marked and v.span.overlaps(marked)]
    return min(told or candidates, key=lambda v: _distance(question, sentence, v.span), default=None)


def states_wanted(question: Question, value: Value) -> bool:
    """Whether a value of a wanted kind is news to the question and of its sort: no weekday, which is of any week; no length or rank where a number is wanted;
    a sum in the currency asked for."""
    if value.text in question.text or not is_in_currency_asked(question, value):
        return False
    if value.kind is Kind.DATE:
        return bool(re.search(r"\d", value.text))
    return question.wants not in (Wants.NUMBER, Wants.COUNT) or (value.kind is not Kind.DURATION and not re.search(r"\d(?:st|nd|rd|th)$", value.text))


def is_age(sentence: str, value: Value) -> bool:
    """Whether a length of time is how old somebody or something is: `a 46-year-old`, `aged 46 years`, but no term of 19 years."""
    return bool(re.match(r"[ -]old\b|[ ]of age\b", sentence[value.span.end :], re.I) or re.search(r"\baged? (?:of )?$", sentence[: value.span.start], re.I))


def _distance(question: Question, sentence: str, span: Span) -> tuple[float, int]:
    """Mean distance in words from a value to the question's words in the sentence."""
    before = len(WORD.findall(plain(sentence[: span.start])))
    places = [i for i, word in enumerate(WORD.findall(plain(sentence))) if stem(word) in question.weights]
    near = sorted(abs(i - before) for i in places)[:3]
    return (sum(near) / len(near) if near else 99.0, span.start)


def _person(question: Question, sentence: str) -> Value | None:
    """Whoever does what the question asks: after `by` in the passive, else the last name before the verb, else none."""
    verb = _asked_verb(question, sentence)
    named = [name for name in people(sentence) if len(name.text.split()) > 1 and name.text not in question.text]
    if verb is None or not named:
        return None
    if re.match(r"\w+ by\b", sentence[verb.start :]):
        return next((name for name in named if name.span.start > verb.end), None)
    before = [name for name in named if name.span.end <= verb.start]
    return before[-1] if before else None


def _asked_verb(question: Question, sentence: str) -> Span | None:
    """Where the sentence has the verb of a who-question: the word after `who`; `who is ...` asks for no doing."""
    match = re.search(r"\bwho(?:m|se)?\b(?: (?:will|has|have|had|did|does|do))?\s+(\w+)", question.text, re.I)
    if not match or match[1].lower() in ("is", "are", "was", "were"):
        return None
    asked = stem(match[1].lower())
    verbs = {asked, *alike(asked)}
    return next((Span(*m.span()) for m in re.finditer(r"\w+", sentence) if stem(m[0].lower()) in verbs), None)


def _comparable(question: Question, a: Side, b: Side, scorer: Scorer) -> bool:
    """Whether two values are values of the same thing, as far as the words around them tell."""
    if not tells_alike(a, b) or a.value.kind is not b.value.kind or (a.value.kind is not Kind.COUNT and a.value.unit != b.value.unit and a.value.kind is not Kind.DATE):
        return False
    if a.value.amount and b.value.amount:
        low, high = sorted((abs(a.value.amount), abs(b.value.amount)))
        if high > MAX_RATIO * low:
            return False
    one, two = _around(a), _around(b)
    if a.value.kind is not Kind.DATE and periods(a.scored.sentence.text) and periods(b.scored.sentence.text) and not (
        periods(a.scored.sentence.text) & periods(b.scored.sentence.text)
    ):
        return False
    if not alike_in_sort(question, a, b):
        return False
    if a.value.kind is Kind.COUNT and stems(a.value.unit) != stems(b.value.unit):
        return False
    if _is_full(a.scored) and _is_full(b.scored) and not (_tells_of_own_period(a, b) or _tells_of_own_period(b, a)):
        return True
    if a.value.kind is Kind.DATE:
        return False  # two sentences seldom differ about a day they do not both say nearly all about
    first, second = scorer.vectors([one, two])
    return float(first @ second) >= MIN_SIMILARITY


def alike_in_sort(question: Question, a: Side, b: Side) -> bool:
    """Whether the words around two values leave it open that both are of one sort: no net one beside a gross one, and no rise beside what rose unless a
    rise is asked for, for which there are many words."""
    one, two = (bool(HEDGE.search(_around(side))) for side in (a, b))
    if one != two or len({_sort(a), _sort(b)} - {None}) > 1:
        return False
    return bool(ASKS_FOR_CHANGE.search(question.text)) or _is_change(a) == _is_change(b)


def _tells_of_own_period(side: Side, other: Side) -> bool:
    """Whether a side names a year and the other none, and does not itself say what was asked: what stands before it may tell of now, it of then."""
    named = periods(side.scored.sentence.text) and not periods(other.scored.sentence.text)
    return bool(named) and side.value.kind is not Kind.DATE and side.scored.features[FEATURES.index("covered")] < NEARLY_ALL


def _is_full(scored: Scored) -> bool:
    """Whether a sentence, with what stands before it, says nearly all that the question says: then its value is of what was asked."""
    return scored.features[FEATURES.index("covered_in_context")] >= NEARLY_ALL


def _around(side: Side) -> str:
    """The words on both sides of a value, without the value."""
    text, span = side.scored.sentence.text, side.value.span
    before = text[: span.start].split()[-WINDOW_WORDS:]
    return " ".join([*before, *text[span.end :].split()[:WINDOW_WORDS]])


def _sort(side: Side) -> str | None:
    """The word nearest to a value that says of what sort of thing it is, within WINDOW_WORDS."""
    text, value = side.scored.sentence.text, side.value.span
    found = [(min(abs(value.start - m.end()), abs(m.start() - value.end)), m[0].lower()) for m in SORT.finditer(text)]
    near = [(chars, word) for chars, word in found if chars < 6 * WINDOW_WORDS]
    return min(near)[1] if near else None


def periods(text: str) -> set[str]:
    """The years a sentence names."""
    return set(re.findall(r"\b(?:19|20)\d\d\b", text))
