"""Who says a sentence: the person named with its verb of saying, or the one whom `he said` takes up.

In: a question of what somebody said, and sentences. Out: whether a sentence is that person's. Rules; where they cannot tell, a sentence is nobody's.
"""

from __future__ import annotations

import re

from assistant.features import SPEAKS, SPEECH, Sentence
from assistant.sentences import sentences
from assistant.types import Span
from assistant.values import Value, names, people
from assistant.weighing import Question
from assistant.words import STOPWORDS, stems

ASKED = re.compile(
    r"\bwhat (?:else )?(?:did|does|do|has|have|had) (?P<who>.+?) (?:really |actually |also |publicly )?"
    r"(?:say|said|tell|told|think|claim|claimed|warn|warned|argue|argued|promise|promised|announce|announced|propose|proposed|"
    r"demand|demanded|suggest|suggested)\b(?P<of>.*)",
    re.I,
)
THAT_ONE = "(?:he|she|they)"
TAKEN_UP = re.compile(rf"\b{THAT_ONE} (?:\w+ly |also |then |later |has |had )?(?:{SPEAKS})\b|\b(?:said|added|asked|argued|insisted|wrote|explained) {THAT_ONE}\b", re.I)
NOT_THE_SUBJECT = re.compile(
    r"\b(?:about|after|against|and|at|before|behind|between|by|for|from|in|into|like|near|of|on|over|than|to|told|tells|asked|asks|called|calls|under|urged|urges|with)"
    r"(?: the| an?| its| his| her| their)?(?: [a-z]+)? $"
)  # fmt: skip
"""Before a name: whom something is said to or of, not who says it."""
ALL_QUOTED = re.compile(r"[\"“].*[\"”][.!?]?")


BEFORE_CHARS = 500
"""So far back it is looked for whom `he said` takes up, be it in the passage before."""


class Speaker:
    """The person whose words a question asks for."""

    def __init__(self, question: Question) -> None:
        asked = ASKED.search(question.text)
        words = re.findall(r"[\w’'-]+", asked["who"]) if asked else []
        self.is_named = bool(words) and all(word[0].isupper() for word in words)
        """Whether it is a person by name."""
        may_be_named = self.is_named or question.text.islower()  # `critics` is nobody's name where names are written as such
        self.words = frozenset(part for word in words if may_be_named and word.lower() not in STOPWORDS for part in stems(word))
        self._of = [frozenset(stems(name.text)) for name in names(asked["of"])] if asked else []

    def speaks_of_it(self, sentence: Sentence) -> bool:
        """Whether the sentence, or the one before, names whom or what the question names as spoken of; true where it names nobody."""
        before = _before(sentence)
        last = before[slice(*sentences(before, Span(0, len(before)))[-1])] if before.strip() else ""
        held = frozenset(stems(f"{last} {sentence.text}"))
        return all(name & held for name in self._of)

    def says(self, sentence: Sentence) -> bool:
        """Whether the sentence gives words of this person."""
        text = sentence.text
        taken_up = TAKEN_UP.search(text)
        if taken_up or ALL_QUOTED.fullmatch(text.strip()):
            own = self._named_in(text[: taken_up.start()] if taken_up else text)  # whom he names after that he speaks of
            return self._spoke_last(_before(sentence)) if own is None else own
        return bool(SPEECH.search(text)) and self._named_in(text, among=2) is True

    def _spoke_last(self, before: str) -> bool:
        """Whether the last sentence that names anybody names this person first."""
        found = (self._named_in(before[slice(*span)]) for span in reversed(sentences(before, Span(0, len(before)))))
        return next((named for named in found if named is not None), False)

    def _named_in(self, text: str, among: int = 1) -> bool | None:
        """Whether this person is `among` the first people named; None where nobody is."""
        if self.words & set(stems(next(iter(text.split(maxsplit=1)), ""))):
            return True  # a lone word that opens a sentence is not told from any other by its capital
        named = [name for name in people(text) if not NOT_THE_SUBJECT.search(text, 0, name.span.start) and not _is_a_thing(text, name)]
        if self.is_named and named:
            return any(self.words & set(stems(name.text)) for name in named[:among])
        return None if self.is_named or not self.words & set(stems(text)) else True


def _is_a_thing(text: str, name: Value) -> bool:
    """`the South Korean surplus`, `LNG`: no person, though written with a capital."""
    return name.text.isupper() or bool(re.search(r"\b(?:the|an?) $", text[: name.span.start], re.I))


def _before(sentence: Sentence) -> str:
    """What stands before a sentence in its document."""
    start = sentence.span.start
    return sentence.hit.document.text[max(0, start - BEFORE_CHARS) : start]
