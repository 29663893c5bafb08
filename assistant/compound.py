"""A text that asks several things -> its questions, and their answers as one.

In: what was typed, `Who removed Yoon, and over what?`. Out: questions that stand alone; and, where there is more than one, what each is
answered, one after the other, so that no half of a question goes unanswered without a word. Rules over the English question words; a text
that they do not take apart is one question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from assistant.citations import Citations, renumbered
from assistant.conversation import LEADS_ON, TURNS_LOOKED_AT, standalone
from assistant.publishers import Part
from assistant.questions import is_small_talk
from assistant.types import (
    AbstainEvent,
    Answerer,
    DisagreementEvent,
    Event,
    Hit,
    JudgedEvent,
    NoticeEvent,
    Span,
    StatementEvent,
    Support,
    Turn,
)

MAX_PARTS = 4
"""A text that asks more is a list to be worked through one by one, and is searched for as it stands."""

ASK = r"(?:(?:in|at|on|by|from|to|for|with|since|until|over|about|against|of) )?(?:who(?:m|se)?|what|which|when|where|why|how(?: (?:many|much|long|often|far|old|soon|high|large|big))?)\b"
VERB = r"(?:is|are|was|were|do|does|did|will|would|can|could|has|have|had|should)"
REQUEST = re.compile(r"(?:please |(?:can|could|would) you |kindly )*(?:tell me|do (?:we|you) know|i (?:need|want|would like) to know) (?=\w)", re.IGNORECASE)
ASKS = re.compile(rf"(?:(?:please|so|and|but|or|also)\b,? )*(?:{ASK}|{VERB}\b)", re.IGNORECASE)
JOINED = re.compile(rf"[,;]?\s+(?=(?:(?i:and|or|plus|as well as)|&)\s+(?:(?i:also|if so),?\s+)?(?:(?i:{ASK})(?!\s+not\b)|(?i:{VERB})\s+(?:(?i:the|an?|this|these|it|he|she|they|there)\s|[A-Z])))")
PAIRED = re.compile(
    rf"(?P<first>{ASK}),? and (?P<second>{ASK}) (?P<rest>{VERB} .+)|(?P<one>(?P<ask>what|which|how many) (?!{VERB}\b)\w+),? and (?P<other>(?P=ask) (?!{VERB}\b)\w+) (?P<both>[a-z]+ .+)",
    re.IGNORECASE,
)
"""`When and where do the talks take place?`, `Which figures and which views come from the institute?`"""
ONE = re.compile(r"\b(?:between|both|differ\w*|compar\w+)\b|\b(?:who|what|which|when|where|why|how|about|of|or|and)$", re.IGNORECASE)
"""What stands before an `and` that does not open a second question: `between when it was passed and when it took effect`."""
HALF = re.compile(rf"(?:(?:so|and|but) )?(?:{ASK} ?)?(?:{VERB})?|(?:which|how many|how much) \w+ {VERB}", re.IGNORECASE)
"""No question yet: `Who can`, of `Who can and should the US trust?`"""
COUNTED = re.compile(r"(?:(?:so|and|but) )?(?:which|how many|how much) \w+", re.IGNORECASE)
COUNTS_ON = re.compile(rf"(?:and|or|plus|as well as|&) (?:which|how many|how much) (?!{VERB}\b)\w+ \w.*", re.IGNORECASE)
"""`How many ships` is none yet before `and how many boats sank`; `How many died` is one before `and how many were hurt`."""
ITEM = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-*•–])\s+")


def parts(text: str) -> list[str]:
    """The questions of a text as they stand in it; the text alone where it asks one thing, or too many.

    >>> parts("Who removed Yoon, and over what?")
    ['Who removed Yoon?', 'and over what?']
    >>> parts("When and where do the talks take place?")
    ['When do the talks take place?', 'where do the talks take place?']
    """
    found = [part for sentence in _sentences(text) for part in _joined(sentence)]
    return found if 1 < len(found) <= MAX_PARTS else [text]


def _sentences(text: str) -> list[str]:
    """Stretches of a text that end in a question mark; what says nothing, as `Really?`, is left out, an instruction after the last is part of it."""
    pieces = [ITEM.sub("", piece).strip() for piece in re.split(r"(?<=\?)\s+", text.strip())]
    if len(pieces) > 1 and not pieces[-1].endswith("?") and not ASKS.match(pieces[-1]):
        pieces[-2:] = [" ".join(pieces[-2:])]
    asking = [piece for piece in pieces if not is_small_talk(piece) and ASKS.search(piece)]
    return asking or [text]


def _joined(sentence: str) -> list[str]:
    """The questions of one sentence."""
    body = REQUEST.sub("", sentence.rstrip("?.! "), count=1)
    if match := PAIRED.fullmatch(body):
        first, second, rest = (a or b for a, b in (match.group("first", "one"), match.group("second", "other"), match.group("rest", "both")))
        return [f"{first} {rest}?", f"{second} {rest}?"]
    found: list[str] = []
    for piece in JOINED.split(body):
        if found and (ONE.search(found[-1]) or _is_half(found[-1], piece) or not ASKS.match(found[0])):
            found[-1] += f" {piece}"
        else:
            found.append(piece)
    return [f"{piece}?" for piece in found] if len(found) > 1 else [sentence]


def _is_half(piece: str, following: str) -> bool:
    """Whether a piece is no question without the one that follows it."""
    return bool(HALF.fullmatch(piece) or (COUNTED.fullmatch(piece) and COUNTS_ON.fullmatch(following)))


def questions(
    text: str,
    history: Sequence[Turn],
    *,
    answer_to: Callable[[str], str],
    as_written: Callable[[str], str] | None = None,
    proposal: str | None = None,
) -> list[str]:
    """The questions of a text, each made to stand alone: the first by the history, the others by the first as well.

    Args:
        answer_to, as_written: See `standalone`.
        proposal: What a language model would make of the whole; see `standalone`.
    """
    history = [turn for turn in history if not is_small_talk(turn.question)][-TURNS_LOOKED_AT:]
    history = [_last_asked(turn, history[:i], answer_to) for i, turn in enumerate(history)]
    if proposal and (whole := standalone(text, history, proposal=proposal)) == " ".join(proposal.split()):
        text, history = whole, ()
    first, *others = parts(text)
    found = [standalone(first, history, answer_to=answer_to, as_written=as_written)]
    for other in others:
        found.append(LEADS_ON.sub("", standalone(other, [*history, Turn(found[0])], answer_to=answer_to, as_written=as_written)))
    return list(dict.fromkeys(each[:1].upper() + each[1:] if text[:1].isupper() else each for each in found))


def _last_asked(turn: Turn, before: Sequence[Turn], answer_to: Callable[[str], str]) -> Turn:
    """A turn of several questions as its last one, which is what a follow-up leans on."""
    if parts(turn.question) == [turn.question]:
        return turn
    return Turn(questions(turn.question, before, answer_to=answer_to)[-1], turn.answer)


def merged(hits: Sequence[Sequence[Hit]], n: int) -> list[Hit]:
    """The best hits of several questions, taken by turns, each passage once, `n` at most; best first."""
    once: dict[str, Hit] = {}
    for hit in (hit for row in zip_longest(*hits) for hit in row if hit):
        once.setdefault(hit.passage.id, hit)
    taken = sorted(list(once.values())[:n], key=lambda hit: -hit.score)
    return [replace(hit, rank=rank) for rank, hit in enumerate(taken, start=1)]


def answer_each(answerer: Answerer, asked: Sequence[tuple[Part, Sequence[Hit]]], citations: Citations) -> Iterator[Event]:
    """What each question is answered, one after the other; which of them the sources do not answer is said.

    One confidence is stated for all: that of the least sure answer.
    """
    told = [list(answerer.answer(part.text, hits)) for part, hits in asked]
    answered = [(part.label, list(renumbered(_unsaid(told, n), citations))) for n, (part, _) in enumerate(asked)]
    given = [events for _, events in answered if not any(isinstance(event, AbstainEvent) for event in events)]
    if not given:
        yield from answered[0][1][-1:]
        return
    judged = [event for events in given for event in events if isinstance(event, JudgedEvent)]
    if len(judged) == len(given):
        words = [event.answer for event in judged if event.answer]
        yield JudgedEvent(min(event.confidence for event in judged), "; ".join(dict.fromkeys(words)) or None)
    said: set[str] = set()
    for question, events in answered:
        if events not in given:
            yield NoticeEvent(f"The sources do not answer “{question}”.")
            continue
        for event in events:
            if isinstance(event, StatementEvent):
                if event.statement.text in said and not event.citations:
                    continue
                said.add(event.statement.text)
            if not isinstance(event, JudgedEvent):
                yield event


Quoted = tuple[str, Span]
"""The id of a document and a stretch of it."""


def _unsaid(told: Sequence[Sequence[Event]], n: int) -> Iterator[Event]:
    """Answer `n` of several without the quotes that lie within one before, or within a longer one to come; both sides of a disagreement stay."""
    differ = any(isinstance(event, DisagreementEvent) for event in told[n])
    said = [place for events in told[:n] for event in events for place in _quoted(event)]
    to_come = [place for events in told[n + 1 :] for event in events for place in _quoted(event)]
    for event in told[n]:
        places = _quoted(event)
        if places and not differ and all(_lies_within(place, said) or _lies_within(place, [longer for longer in to_come if longer != place]) for place in places):
            continue
        said += places
        yield event


def _quoted(event: Event) -> list[Quoted]:
    """What a statement quotes anew; nothing where the words are not the source's."""
    if not isinstance(event, StatementEvent) or event.statement.support is not Support.VERBATIM:
        return []
    return [(citation.document_id, Span(citation.start, citation.end)) for citation in event.citations]


def _lies_within(place: Quoted, quoted: Sequence[Quoted]) -> bool:
    document, span = place
    return any(document == other and stretch.holds(span) for other, stretch in quoted)
