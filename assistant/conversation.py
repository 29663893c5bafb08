"""Question + history -> a question that stands alone. Rules; a question that is clear already is left as it is.

In: what the user typed and the turns before it. Out: the question to search for. Three things make a question lean on what
came before: it has no verb and subject of its own ("And to China?"), it is a bare question word ("Why?", "Until when?"), or it
says `he` and `it` of what was named earlier.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.questions import OVERVIEW_ORDER, Wants, is_content_free, is_small_talk, wants
from assistant.types import Turn
from assistant.values import ORGANISATION, names, people
from assistant.words import query_words, stem, stems

TURNS_LOOKED_AT = 4

PERSON_PRONOUN = re.compile(r"\b(he|him|his|she|her|hers)\b", re.IGNORECASE)
THING_PRONOUN = re.compile(
    r"\b(it|its|they|them|their|theirs|there|then(?!-)|the same|the (?:one|other|others|former|latter)|"
    r"(?:that|this|those|these)(?=\s*(?:[?.!,]|$)|\s+(?:is|was|were|are|did|does|do|will|would|has|have|had|mean|means|happen|in|from|for|to|at|by|with|of|on|and|or|too|about)\b))\b",
    re.IGNORECASE,
)  # not the "that" of "said that ..." nor the "these" of "these tariffs"
LEADS_ON = re.compile(r"^(?:(?:(?:no|sorry|oops|wait|actually|ah|oh)\b[\s,:.!-]*)*(?:i|we) mean(?:t)?|(?:and|but(?! for\b)|or(?! else\b)|so(?! far\b)|also|then)(?!-)|what about|how about|and what about|ok,? and|same for)\b[\s,:]*", re.IGNORECASE)
BARE = re.compile(
    r"^(?:and |but |so |or )?(?P<ask>(?:(?:in|at|on|by|from|to|for|with|since|until|of|over|about|against|after|under) )?(?:why(?: not| or why not)?|when|where|who(?:m|se)?|how(?: (?:long|much|many|often|far|old|large|big|high|so|come|soon))?|"
    r"(?:what|which)(?: (?:year|date|day|time|country|city|newspaper|company|percentage|amount|reason|court|month|one|ones|paper|outlet|channel|place|fee|price|sum|cost|age|role|team))?))"
    r"(?:\s+(?:(?:was|is|were|are|did|does|do|will|has|had|have)\s+(?:that|it|this|they)(?:\s+(?:happen|be|do))?|(?:did|does|will|has|had)\s+(?:he|she)))?(?:\s+exactly)?[\s?!.]*$",
    re.IGNORECASE,
)
WHAT_THEY_DO = re.compile(r"(?:and |but |so |or )?(?:what|which) \w+ (?:that|it|this|they|he|she)\b", re.IGNORECASE)
"""Bare as `When was it?` is, but asks for something else than the question before."""
QUESTION_OPENING = re.compile(
    r"^(?:please |and |but |so )?(?:(?:in|at|on|by|from|to|for|with|since|until|of) )?(?:who(?:m|se)?|what|which|when|where|why|how(?: (?:long|much|many|often|far|old|large|big|high))?)\b"
    r"(?:\s+(?:year|date|day|time|country|city|percentage|amount|kind of|type of|share of))?",
    re.IGNORECASE,
)
WHO_DID_WHAT = re.compile(
    r"(?i:who|what|which \w+)\s+(?!(?:is|are|was|were|do|does|did|will|can|could|has|have|had|should|would)\b)(?P<verb>[a-z]{3,})\s+"
    r"(?P<object>(?:(?i:the|an?|this|that|these|those)\s|[A-Z]).+)",
)
"""`Who leads the delegation`: what it is done to is what the next question is about."""
AUXILIARY = re.compile(r"(?:is|are|was|were|do|does|did|will|can|could|has|have|had|should|would)(?:\b|(?=n['’]t\b))", re.IGNORECASE)
AFTER_HER = re.compile(r"\s+(?:about|as|and|at|by|for|from|in|of|on|or|to|with)\b", re.IGNORECASE)
"""After `her` that is no possessive: `Who advised her on trade?`"""
NEGATED = {"will": "won't", "can": "can't"}
BEFORE_A_VERB = re.compile(r"(?:do|does|did|will|can|could|would|should)\s+", re.IGNORECASE)
AND_ITS_VERB = re.compile(
    r"(?P<phrase>(?:(?i:the|an?|this|that|these|those|its|their) (?:[a-z-]+(?<!s) )?[a-z-]+|[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*)*)"
    r"(?: (?:of|to|in|for|on|from|with|at|between) (?:the )?[\w’'-]+)*) (?P<verb>[a-z]+)"
)
"""`the ferry to Norvia sail`, of `When does the ferry to Norvia sail?`"""
ASKS_LATER = re.compile(r"[:,;]\s+(?:who|what|which|when|where|why|how|is|are|was|were|do|does|did|will|can|has|have|had)\b|\b(?:who|what|which|when|where|why)$", re.IGNORECASE)
"""`Reciprocal tariffs: what are they`, `President Yoon declared what`."""
SAYS_AFTER = re.compile(r"\s*(?:,[^,]{0,80},)?\s*(?:said|says|told|called|argued|warned|stated|noted|added|claimed|wrote|insisted|announced|declared|is|was|has|had|will)\b")
TITLE_BEFORE = re.compile(r"(?:President|Minister|Secretary|Representative|Senator|Sen\.|Rep\.|Gov\.|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Chancellor|Premier|King|Queen|Judge|General|Gen\.|adviser|advisor|expert|CEO|director|coach|officer)\s*$")


def standalone(
    question: str,
    history: Sequence[Turn],
    *,
    answer_to: Callable[[str], str] | None = None,
    as_written: Callable[[str], str] | None = None,
    proposal: str | None = None,
) -> str:
    """Work the history into a question that leans on it.

    Args:
        question: As typed.
        history: Earlier turns, oldest first.
        answer_to: Gives the answer to an earlier question whose turn has none; asked only when a pronoun may stand for
            somebody whom only the answer names.
        as_written: Gives an earlier question with its names in capitals; asked only where a pronoun may stand for one.
        proposal: What a language model would make of it; taken where `keeps` finds nothing lost and nothing added.

    Returns:
        `question` itself where it is clear already.
    """
    question = question.strip()
    turns = [turn for turn in history if not is_small_talk(turn.question)][-TURNS_LOOKED_AT:]
    if not turns or is_content_free(question):
        return question
    if proposal and keeps(proposal, question, turns):
        return " ".join(proposal.split())
    turns = _resolved(turns)
    if (match := BARE.match(question)) and not WHAT_THEY_DO.match(question):
        return _with_body(match["ask"], turns[-1].question)
    if (
        (found := PERSON_PRONOUN.search(question))
        and not _names_before(question, found.start())
        and (person := _last_person(turns, answer_to, as_written))
    ):
        return _replace_pronouns(question, person)
    if LEADS_ON.match(question) or _is_fragment(question):
        return _carried_over(question, turns[-1].question)
    if (found := THING_PRONOUN.search(question)) and not _has_own_subject(question, found):
        return _with_topic(question, found, turns[-1].question)
    return question


MAX_PROPOSAL_CHARS = 400


def is_follow_up(question: str, history: Sequence[Turn]) -> bool:
    """Whether there is anything before `question` that it may lean on."""
    return not is_content_free(question) and any(not is_small_talk(turn.question) for turn in history)


def keeps(proposal: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a proposed question keeps the names and figures of `question` and brings none that the conversation does not hold."""
    proposal = proposal.strip()
    if not proposal or len(proposal) > MAX_PROPOSAL_CHARS or "\n" in proposal or re.search(r"https?:|\[|\]|[<>]", proposal):
        return False
    told = " ".join([question, *(f"{turn.question} {turn.answer or ''}" for turn in history)])
    lost = _marks(question) - _marks(proposal)
    return not lost and _marks(proposal) <= _all_stems(told)


def _marks(text: str) -> frozenset[str]:
    """Stems of what must not change: figures, and words with a capital that do not only open the text."""
    opening = re.match(r"\W*\w+", text)
    start = opening.end() if opening else 0
    capitals = re.findall(r"\b[A-Z][\w.’'-]*|\d[\d.,]*", text[start:]) + re.findall(r"^\W*(\d[\d.,]*|[A-Z]{2,}\b)", text)
    return frozenset(part for word in capitals for part in stems(word.rstrip(".,")))


def _all_stems(text: str) -> frozenset[str]:
    return frozenset(stems(text))


def _resolved(turns: Sequence[Turn]) -> list[Turn]:
    """The turns with their own questions made to stand alone, so that a chain of follow-ups holds."""
    resolved: list[Turn] = []
    for turn in turns:
        question = standalone(turn.question, resolved[-1:]) if resolved else turn.question
        resolved.append(Turn(question, turn.answer))
    return resolved


def _with_body(ask: str, previous: str) -> str:
    """`Until when?` after `Are car taxes reduced?`: the new question word before what the old question was about."""
    if (did := _who_did_what(previous)) and did["verb"].endswith("ed"):
        body = f"was {did['object']} {did['verb']}"
    else:
        body = QUESTION_OPENING.sub("", previous.strip().rstrip("?.! ")).strip()
    if auxiliary := AUXILIARY.match(body):
        body = body[0].lower() + body[1:]
        if ask.lower() == "why not":  # not what is asked for, but a denial of it
            denied = re.match(r"\w*['’]t\b", body)
            ask, body = "why", body if denied else NEGATED.get(auxiliary[0].lower(), f"{auxiliary[0].lower()}n't") + body[auxiliary.end() :]
    if not body:
        return f"{ask}?"
    return f"{ask[0].upper()}{ask[1:]} {body}?"


def _is_fragment(question: str) -> bool:
    """Too little to stand alone: no verb that a rule knows, and at most three words that say something."""
    if re.search(r"\b(?:who|what|which|when|where|why|how|is|are|was|were|do|does|did|will|can|has|have|had|should)\b", question, re.I):
        return False
    starts = re.match(r"(?:to|in|for|from|with|by|on|at|against|of|about|since|until|than|only|just)\b", question, re.I)
    return bool(starts) and len(query_words(question)) <= 4


def _carried_over(question: str, previous: str) -> str:
    """`And to China?`: the earlier question with what the new words replace replaced, else with them added."""
    rest = LEADS_ON.sub("", question).strip().rstrip("?.! ")
    base = previous.strip().rstrip("?.! ")
    ordered = bool(OVERVIEW_ORDER.match(rest))
    if ordered or re.match(r"(?:who|what|which|when|where|why|how|is|are|was|were|do|does|did|will|can|has|have|had)\b", rest, re.I):
        if found := THING_PRONOUN.search(rest):
            return _with_topic(rest, found, base)
        if len(query_words(rest)) >= (2 if ordered else 3) or (names(rest) and len(query_words(rest)) >= 2 and _has_verb(rest)):
            return rest + "?"
        if swapped := _swap_by_preposition(base, rest):
            return swapped + "?"
        return f"{rest}? ({_topic(base)})"
    if (asks := ASKS_LATER.search(rest)) and len(query_words(rest[: asks.start()])) >= (1 if asks[0][0] in ":,;" else 2):
        return rest + "?"
    if swapped := _swap_by_preposition(base, rest) or _swap_name(base, rest):
        return swapped + "?"
    return f"{base}: {rest}?"


def _has_verb(text: str) -> bool:
    return bool(re.search(r"\b(?:say|said|do|did|does|is|are|was|were|think|want|call|called)\b.*\b\w+", text, re.I))


def _swap_by_preposition(base: str, rest: str) -> str | None:
    """Replace `to the US` by `to China`: the phrase with the preposition that the new words bring."""
    match = re.search(r"\b((?i:to|in|for|from|with|by|on|at|against|of|about))\s+((?:the )?[\w.’'-]+(?: [A-Z][\w.’'-]*)*)$", rest)
    if not match:
        return None
    old = re.search(rf"\b{match[1].lower()}\s+(?:the )?(?:[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*)*|[\w.’'-]+)", base)
    return f"{base[: old.start()]}{match[1].lower()} {match[2]}{base[old.end() :]}" if old else None


def _swap_name(base: str, rest: str) -> str | None:
    """Replace the last name of the earlier question by the one name that the new words are."""
    bare = re.sub(r"^(?:the|a|an)\s+", "", rest, flags=re.I)
    if not re.fullmatch(r"[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*){0,3}", bare):
        return None
    mentioned = re.findall(r"(?<=\s)[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*)*", base)
    mentioned = [name for name in mentioned if name not in ("US", "U.S.")] or mentioned
    if not mentioned:
        return None
    last = re.sub(r"[’']s$", "", mentioned[-1])
    at = base.rfind(last)
    if not base[at + len(last) :].startswith(("'", "’")):
        rest = re.sub(r"[’']s$", "", rest)  # "sorry, I meant Singapore's" of "the prime minister of Japan"
    return base[:at] + rest + base[at + len(last) :]


def _last_person(
    turns: Sequence[Turn], answer_to: Callable[[str], str] | None, as_written: Callable[[str], str] | None
) -> str | None:
    """Whom `he` or `she` stands for: whoever was named last, in a question or, failing that, in its answer."""
    for turn in reversed(turns):
        if person := _person_in(turn.question) or _person_in(as_written(turn.question) if as_written else ""):
            return person
        answer = turn.answer or (answer_to(turn.question) if answer_to else "")
        asked = frozenset(stems(turn.question)) if wants(turn.question) is Wants.PERSON else frozenset[str]()
        if answer and (person := _person_in(answer, near=asked)):
            return person
    return None


def _person_in(text: str, *, near: frozenset[str] = frozenset()) -> str | None:
    """A name that reads like a person's: after a title, before a verb of saying, or of two and more words.

    In the answer to a who-question it is the one nearest to the question's words, given as stems in `near`.
    """
    candidates = []
    places = [m.start() for m in re.finditer(r"\w+", text) if stem(m[0].lower()) in near]
    for name in people(text):
        titled = bool(TITLE_BEFORE.search(text[: name.span.start]))
        speaks = bool(SAYS_AFTER.match(text, name.span.end))
        if titled or speaks or len(name.text.split()) > 1:
            far = min((min(abs(p - name.span.start), abs(p - name.span.end)) for p in places), default=0)
            candidates.append((far, not titled, not speaks, name.span.start, name.text))
    if candidates:
        return min(candidates)[-1]
    lone = re.search(r"\b(?i:did|does|has|is|was|will|would|by|about)\s+([A-Z][\w’'-]+)\b", text)
    return lone[1] if lone and not ORGANISATION.search(lone[1]) and lone[1] not in ("China", "Japan", "India", "Vietnam") else None


def _names_before(question: str, offset: int) -> bool:
    """Whether the question names somebody before its pronoun, whom that then stands for."""
    return bool(people(question[:offset]))


def _replace_pronouns(question: str, person: str) -> str:
    possessive = f"{person}'s"

    def swap(match: re.Match[str]) -> str:
        word = match[0].lower()
        followed = re.match(r"\s+[a-z]", question[match.end() :])
        return possessive if word in ("his", "hers") or (word == "her" and followed and not AFTER_HER.match(question, match.end())) else person

    return PERSON_PRONOUN.sub(swap, question)


def _has_own_subject(question: str, pronoun: re.Match[str]) -> bool:
    """Whether the question says enough itself: a name, or three telling words beside the pronoun."""
    before, colon, _ = question[: pronoun.start()].rpartition(":")
    if colon and len(query_words(before)) >= 2:
        return True  # "Reciprocal tariffs: what are they?"
    if pronoun[0].lower() in ("there", "that", "this", "those", "these", "then"):
        follows = re.match(r"\s+([a-z]+)", question[pronoun.end() :])
        if pronoun[0].lower() == "there" and re.search(r"\b(?:is|are|was|were) $", question[: pronoun.start()], re.I):
            return True
        if follows and pronoun[0].lower() in ("that", "this", "those", "these") and len(query_words(question)) >= 3:
            return True
    if pronoun[0].lower() in ("it", "its", "they", "them", "their") and re.search(r"\s[A-Z]", question[: pronoun.start()]):
        return True
    if pronoun[0].lower() == "it" and re.match(r"\s+(?:an?|the|that|to)\s", question[pronoun.end() :]):
        return True  # "Who called it a national emergency?", "Who thinks it the end?"
    return (bool(names(question)) and len(query_words(question)) >= 3) or len(query_words(question)) >= 5


def _with_topic(question: str, pronoun: re.Match[str], previous: str) -> str:
    """The question with what the one before was about, in place of the pronoun where it is plain what that stands for."""
    question = question.rstrip("?.! ")
    if (did := _who_did_what(previous)) and pronoun[0].lower() in ("it", "its", "they", "them", "their"):
        meant = did["object"] + ("'s" if pronoun[0].lower() in ("its", "their") else "")
        return f"{question[: pronoun.start()]}{meant}{question[pronoun.end() :]}?"
    return f"{question} ({_topic(previous)})?"


def _who_did_what(question: str) -> re.Match[str] | None:
    return WHO_DID_WHAT.fullmatch(question.strip().rstrip("?.! "))


def _topic(question: str) -> str:
    """The words a question is about, in order."""
    if did := _who_did_what(question):
        return did["object"]
    body = QUESTION_OPENING.sub("", question.strip().rstrip("?.! ")).strip()
    if (asks := BEFORE_A_VERB.match(body)) and (match := AND_ITS_VERB.fullmatch(body, asks.end())):
        return match["phrase"]
    body = re.sub(r"^(?:is|are|was|were|do|does|did|will|can|has|have|had|would|should)\s+", "", body, flags=re.I)
    return re.sub(r"\s*\([^)]*\)", "", body).strip()
