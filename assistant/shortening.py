"""Question + the words of a sentence that a reader marks as the answer -> the short answer.

In: a question taken apart and a sentence that was read. Out: the one figure or date among the marked words, where that says all that they
say; else those words. A part of an answer is a wrong answer: `a year` of `a year and a half`, `3` of `between 3 and 5`.
"""

from __future__ import annotations

import re

from assistant.disagreement import states_wanted
from assistant.features import WANTED_KINDS, Sentence
from assistant.questions import Wants
from assistant.types import Span
from assistant.values import MEASURES, RELATIVE_TIME, Kind, Value, values
from assistant.weighing import Question
from assistant.words import stem

CHANGED_BEFORE = re.compile(
    r"(?:\bminus |[-−–])$|\b(?:half|(?:third|quarter|fifth|sixth|seventh|eighth|ninth|tenth)s?|none|not|all but|(?:most|many|some|few) of)\b|"
    r"\bof (?:the|its|their|his|her|those|these)\b[^,;]*$",
    re.I,
)
"""What makes another figure of the one that follows: `minus 20`, `half of the 120`, `12 of the 120`."""
CHANGED_AFTER = re.compile(r" and an? (?:half|third|quarter)\b", re.I)
BETWEEN = re.compile(r"\bbetween $", re.I)
PART_OF = re.compile(
    r"(?:\bminus |(?<!\S)[-−]|\ball but |\b(?:half|(?:a|one|two|three)[ -](?:third|quarter|fifth|sixth|seventh|eighth|ninth|tenth)s?)(?: of)? (?:(?:the|its|their|his|her|those|these) )?|"
    r"\b(?:most|many|some|few|none) of (?:(?:the|its|their|his|her|those|these) )?)$",
    re.I,
)
"""What stands before marked words and makes another figure of them: `half of the` before `120`."""
SHORT_UNITS = frozenset("m cm mm ft kw mw gw".split())
UNIT_AFTER = re.compile(r"[ -]?(?:°|(?:(?:square|cubic|nautical|metric|light) )?([a-z]+))", re.I)


def short_answer(question: Question, sentence: Sentence) -> str | None:
    """The words of a sentence that answer, blanks as in a statement; None where none are marked."""
    if sentence.answer is None:
        return None
    start = sentence.span.start
    marked = Span(sentence.answer.start - start, sentence.answer.end - start)
    text = sentence.hit.document.text[start : max(sentence.span.end, sentence.answer.end)]
    if (between := BETWEEN.search(text, 0, marked.start)) and " and " in text[slice(*marked)]:
        marked = Span(between.start(), marked.end)
    if question.wants in WANTED_KINDS and (part := PART_OF.search(text, 0, marked.start)):
        marked = Span(part.start(), marked.end)
    only = _in_currency(question, text, marked) or _only_value(question, text, marked)
    return " ".join(text[slice(*only or marked)].split())


def _in_currency(question: Question, text: str, marked: Span) -> Span | None:
    """The one sum in the currency asked for, where the marked words hold one in another alone: `$1.4 billion (2 trillion won)`."""
    sums = [v for v in values(text) if v.kind is Kind.MONEY]
    asked = [v.span for v in sums if v.unit == question.currency]
    return asked[0] if len(asked) == 1 and not asked[0].overlaps(marked) and any(v.span.overlaps(marked) for v in sums) else None


def _only_value(question: Question, text: str, marked: Span) -> Span | None:
    """The value of the wanted kind that the marked words come to; None where they hold several, none, or more than it."""
    kinds = WANTED_KINDS.get(question.wants)
    if not kinds:
        return None
    figures = [v for v in values(text) if v.span.overlaps(marked) and v.kind in {*kinds, Kind.COUNT} and states_wanted(question, v)]
    spans = [value.span for value in figures]
    if question.wants is Wants.DATE:
        spans += [Span(marked.start + m.start(), marked.start + m.end()) for m in RELATIVE_TIME.finditer(text[slice(*marked)])]
    if len(spans) != 1 or any(value.kind not in kinds or _is_changed(question, value, text, marked) for value in figures):
        return None
    return spans[0]


def _is_changed(question: Question, value: Value, text: str, marked: Span) -> bool:
    """Whether the marked words before or after a value make another one of it, or say in what unit it is, where the question does not."""
    if CHANGED_BEFORE.search(text[marked.start : value.span.start]) or CHANGED_AFTER.match(text[: marked.end], value.span.end):
        return True
    if value.kind is not Kind.COUNT or not (unit := UNIT_AFTER.match(text[: marked.end], value.span.end)):
        return False
    if unit[1] is None:
        return True
    named = stem(unit[1].lower())
    return named in MEASURES | SHORT_UNITS and named not in question.weights
