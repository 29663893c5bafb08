"""Sources -> draft questions for a person to check. Rules; a draft counts only once its mark is gone.

In: the catalog. Out: `Question`s marked `draft`. A sentence that holds a name, a figure or a date is turned
round: what it states of that value becomes the question, the value its answer, the sentence its evidence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from assistant.catalog import Catalog
from assistant.evaluation.questions import Evidence, Question, question_to_json
from assistant.sentences import sentences
from assistant.types import Document, Span
from assistant.values import Kind, Value, names, values

MIN_WORDS, MAX_WORDS = 4, 22
"""Of a question: a shorter one says too little, a longer one is a sentence in disguise."""
MAX_WORDS_GAP = 40
MAX_SENTENCE_CHARS = 260

AUXILIARY = r"is|are|was|were|has|have|had|will|would|can|could|may|might|must|should"
IRREGULAR = {
    "rose": "rise", "fell": "fall", "spoke": "speak", "made": "make", "took": "take", "gave": "give", "came": "come", "went": "go",
    "began": "begin", "met": "meet", "won": "win", "lost": "lose", "cost": "cost", "put": "put", "paid": "pay", "sold": "sell",
    "bought": "buy", "saw": "see", "wrote": "write", "grew": "grow", "held": "hold", "led": "lead", "left": "leave", "kept": "keep",
    "hit": "hit", "cut": "cut", "became": "become", "found": "find", "brought": "bring", "built": "build", "sent": "send",
    "spent": "spend", "ran": "run", "drew": "draw", "said": "say", "told": "tell", "warned": "warn", "created": "create",
}  # fmt: skip
REPORTING = r"said|says|told|tells|warned|argued|added|noted|insisted|claimed|wrote|confirmed|announced|called|described"
PRESENT = (
    r"takes|includes|ranks|leads|heads|holds|makes|faces|wants|plans|employs|owns|costs|covers|runs|operates|exports|imports|"
    r"accounts|represents|needs|expects|hopes|gives|gets|pays|sells|buys|lives|works|stands|rises|falls"
)
VERB = rf"(?:{AUXILIARY}|{'|'.join(IRREGULAR)}|{REPORTING}|{PRESENT}|[a-z]{{3,}}ed)"
NO_SUBJECT = frozenset(
    """on in at by for from with as while when if but and or he she it they this that there these those his her its their we i you
    according after before asked citing to under even such both some many most one another last next earlier later since until
    should were had do does did during despite because although though yet so then here what who why how where not no much more so-called""".split()
)
SUBJECT = re.compile(rf"(?P<subject>[A-Z][\w’'.&-]*(?: [\w’'.&-]+){{0,9}}?) (?P<verb>{VERB}) (?P<rest>.+)[.]", re.DOTALL)
APPOSITION = re.compile(r", (?:the|a|an|who|once|now)\b[^,]{3,80},")
LEADING = re.compile(r"(?P<phrase>(?:In|On|By|At|During|Since|Under|After|Last|Next|This)\b[^,]{2,40}), (?P<clause>[A-Za-z].*)[.]", re.DOTALL)
ATTRIBUTION = re.compile(r", (?:[\w’'-]+ ){1,5}(?:said|says|reported|reports|argues|notes)\b.*(?=[.]$)", re.DOTALL)
COUNT_OPENING = re.compile(r"(?:(?:Over|About|Around|Nearly|Almost|Some|More than|At least|Up to) )?(?P<n>\d[\d,.]*(?: (?:million|billion|thousand))?) (?P<rest>[a-zA-Z].+)[.]", re.DOTALL)


class Turned(NamedTuple):
    """A question made of a sentence, and the words of it that answer."""

    question: str
    answer: str


def propose(catalog: Catalog, n: int) -> list[Question]:
    """Up to `n` drafts, taken from the documents in turn, those most likely to read well first; the same for the same sources."""
    per_document = [list(_of_document(catalog, summary.id)) for summary in catalog.documents()]
    in_turn = [draft for round_ in zip_longest(*per_document) for draft in round_ if draft is not None]
    return in_turn[: max(0, n)]


def _of_document(catalog: Catalog, document_id: str) -> Iterator[Question]:
    document = catalog.document(document_id)
    if document is None:
        return
    spans = [span for p in catalog.passages(document_id) for span in sentences(document.text, Span(p.start, p.end))]
    used: set[Span] = set()
    for rule in RULES:
        for span in spans:
            sentence = " ".join(document.text[span.start : span.end].split())
            turned = rule(sentence) if span not in used and _usable(sentence) else None
            longest = MAX_WORDS_GAP if rule is gap else MAX_WORDS
            if turned and MIN_WORDS <= len(turned.question.split()) <= longest:
                used.add(span)
                yield _draft(document, span, turned)


def _usable(sentence: str) -> bool:
    """Whole, not long, and nobody's words: quotations are rarely turned round well."""
    return len(sentence) <= MAX_SENTENCE_CHARS and not re.search(r"[\"“”]", sentence)


def plain(sentence: str) -> str:
    """The sentence without what stands in it on the way: who said so, who somebody is.

    >>> plain("In May, the tax, a levy on cars, rose by 2%, the office says.")
    'The tax rose by 2% in May.'
    """
    sentence = ATTRIBUTION.sub("", sentence)
    leading = LEADING.fullmatch(sentence)
    clause = leading["clause"] + "." if leading else sentence
    clause = ATTRIBUTION.sub("", APPOSITION.sub("", clause))
    if leading is None:
        return clause
    return f"{clause[0].upper()}{clause[1:-1]} {leading['phrase'][0].lower()}{leading['phrase'][1:]}."


def _draft(document: Document, span: Span, turned: Turned) -> Question:
    return Question(
        id=f"draft-{document.source}-{span.start}",
        question=turned.question,
        answers=(turned.answer,),
        evidence=(Evidence(document.source, document.text[span.start : span.end]),),
        tags=("fact",),
        draft=True,
    )


# Rules: a sentence -> a question about one of its values, or None


def who(sentence: str) -> Turned | None:
    """`Trade Minister Ana Ruiz leads the talks.` -> `Who leads the talks?`"""
    sentence = plain(sentence)
    name = next(iter(names(sentence)), None)
    if name is None or len(name.text.split()) < 2 or re.search(r"[a-z]", re.sub(r"\b[A-Z][\w-]*", "", sentence[: name.span.start])):
        return None
    rest = sentence[name.span.end :]
    if not re.match(rf" {VERB}\b", rest) or _leans(rest) or " and " in sentence[: name.span.end]:
        return None
    return Turned(f"Who{rest.rstrip('.')}?", name.text)


def by_whom(sentence: str) -> Turned | None:
    """`The delegation is led by Ana Ruiz.` -> `By whom is the delegation led?`"""
    match = SUBJECT.fullmatch(plain(sentence))
    if match is None or not re.fullmatch(AUXILIARY, match["verb"]) or _leans(match["rest"]) or not _is_subject(match["subject"]):
        return None
    for name in names(match["rest"]):
        before = match["rest"][: name.span.start]
        if before.endswith(" by ") and len(name.text.split()) > 1 and not match["rest"][name.span.end :]:
            return Turned(f"By whom {_opening(match['subject'], match['verb'])} {before.removesuffix(' by ')}?", name.text)
    return None


def how_many_opening(sentence: str) -> Turned | None:
    """`Over 15,000 firms operate there.` -> `How many firms operate there?`"""
    match = COUNT_OPENING.fullmatch(plain(sentence))
    if match is None or _leans(match["rest"]):
        return None
    return Turned(f"How many {match['rest']}?", match["n"])


def about_value(sentence: str) -> Turned | None:
    """`The tax was cut to 3.5% in May.` -> `To what percentage was the tax cut in May?`"""
    match = SUBJECT.fullmatch(plain(sentence))
    if match is None or not _is_subject(match["subject"]) or _leans(match["rest"]):
        return None
    opening = _opening(match["subject"], match["verb"])
    for value in values(match["rest"]):
        asked = _asked_for(value, match["rest"]) if opening else None
        if asked and opening:
            before, after = match["rest"][: asked.span.start].rstrip(" ,"), match["rest"][asked.span.end :]
            clause = " ".join(f"{opening} {before} {after.strip()}".split()).replace(" ,", ",").rstrip(" ,")
            return Turned(f"{asked.words} {clause}?", value.text)
    return None


def gap(sentence: str) -> Turned | None:
    """`The plant employs 300 people.` -> `Which number is left out: “The plant employs … people”?`

    For sentences that no other rule can turn; a person will find better words.
    """
    named = [name for name in names(sentence) if len(name.text.split()) > 1 and name.span.start > 0]
    kept = [*(value for value in values(sentence) if value.kind is not Kind.COUNT or value.amount > 2), *named]
    if not kept or OPENS_LEANING.match(sentence):
        return None
    value = max(kept, key=lambda value: (GAPS[value.kind][1], -value.span.start))
    before, after = sentence[: value.span.start], sentence[value.span.end :]
    return Turned(f"Which {GAPS[value.kind][0]} is left out: “{before}…{after.rstrip('.')}”?", value.text)


OPENS_LEANING = re.compile(r"(?:He|She|It|They|This|That|These|Those|But|And|His|Her|Its|Their)\b")
GAPS = {
    Kind.MONEY: ("amount", 5), Kind.PERCENT: ("percentage", 4), Kind.COUNT: ("number", 3), Kind.DURATION: ("length of time", 2),
    Kind.DATE: ("date", 1), Kind.NAME: ("name", 0),
}  # fmt: skip
"""What to call a value, and which is left out first."""


class Asked(NamedTuple):
    """How to ask for a value, and the span of the clause that this takes the place of."""

    words: str
    span: Span


def _asked_for(value: Value, rest: str) -> Asked | None:
    before = re.search(r"(?:(?P<preposition>in|on|by|to|from|at|of|for|since|until|after|before) )?(?:(?:about|over|nearly|some|a total of|a record|an extra) )?$", rest[: value.span.start])
    preposition = (before["preposition"] or "") if before else ""
    start = before.start() if before else value.span.start
    front = f"{preposition} ".capitalize() if preposition in ("to", "by", "from", "at", "of") else ""
    if value.kind is Kind.DATE and preposition in ("in", "on", "since", "until", "by", "after", "before"):
        return Asked("When" if preposition in ("in", "on") else f"{preposition.capitalize()} when", Span(start, value.span.end))
    if value.kind is Kind.DURATION and preposition == "for":
        return Asked("How long", Span(start, value.span.end))
    if value.kind in (Kind.MONEY, Kind.PERCENT) and preposition != "in":
        words = "how much" if value.kind is Kind.MONEY else "what percentage"
        return Asked(front + words if front else words.capitalize(), Span(start, value.span.end))
    noun = re.match(r" (?P<noun>[a-z-]+s)\b", rest[value.span.end :])
    if value.kind is Kind.COUNT and noun and value.amount > 1 and not preposition and re.match(r"\d|[a-z]+$", value.text):
        return Asked(f"How many {noun['noun']}", Span(start, value.span.end + noun.end()))
    return None


def _is_subject(text: str) -> bool:
    """Whether it can open a clause: no preposition, pronoun or figure."""
    return text.split()[0].lower() not in NO_SUBJECT and not values(text) and not _leans(text)


def _opening(subject: str, verb: str) -> str | None:
    """Verb before subject: `was the tax`, `did the deficit rise`."""
    first, _, others = subject.partition(" ")
    lowered = f"{first.lower()} {others}".strip() if first in ("The", "A", "An") else subject
    if re.fullmatch(AUXILIARY, verb):
        return f"{verb} {lowered}"
    if re.fullmatch(PRESENT, verb):
        return f"does {lowered} {verb.removesuffix('s')}"
    base = base_of(verb)
    return f"did {lowered} {base}" if base else None


def base_of(past: str) -> str | None:
    """The infinitive of a past tense, by rule; None for a word that is none.

    >>> [base_of(word) for word in ("rose", "announced", "planned", "tried", "totalled", "wanted")]
    ['rise', 'announce', 'plan', 'try', 'total', 'want']
    """
    if past in IRREGULAR:
        return IRREGULAR[past]
    if not past.endswith("ed"):
        return None
    stem = past[:-2]
    if stem.endswith("i"):
        return stem[:-1] + "y"
    if re.search(r"([bdgkmnprt])\1$", stem) or (stem.endswith("ll") and len(re.findall(r"[aeiou]+", stem)) > 1):
        return stem[:-1]
    needs_e = re.search(r"(?:[cvzu]|[^s]s|[^aeioul]l|dg|rg|[^e]ag|[^aeiou][ai]t|[aeiou]r|[^aeiou][aiou][mnpk]|[^aeiou][aiou]d)$", stem)
    return stem + "e" if needs_e and not re.search(r"(?:er|or|en|on|el|it|om|ain|oin|eat|oat)$", stem) else stem


def _leans(text: str) -> bool:
    """Whether it says he, it or there of something named before."""
    return bool(re.search(r"\b(?:he|she|it|they|him|them|this|these|those|there)\b", text, re.IGNORECASE))


RULES: tuple[Callable[[str], Turned | None], ...] = (who, by_whom, how_many_opening, about_value, gap)


def to_lines(drafts: Sequence[Question]) -> str:
    """Drafts as JSON lines."""
    return "".join(json.dumps(question_to_json(draft), ensure_ascii=False) + "\n" for draft in drafts)
