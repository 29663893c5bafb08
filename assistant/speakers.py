"""Who says a sentence: the person named with its verb of saying, or the one whom `he said` takes up.

In: a question of what somebody said, and sentences. Out: whether a sentence is that person's. Rules; where they cannot tell, a sentence is nobody's.
"""

from __future__ import annotations

import re

from assistant.scoring import SPEAKS, SPEECH, Question, Sentence
from assistant.sentences import sentences
from assistant.types import Span
from assistant.values import people
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


class Speaker:
    """The person whose words a question asks for."""

    def __init__(self, question: Question) -> None:
        asked = ASKED.search(question.text)
        words = re.findall(r"[\w’'-]+", asked["who"]) if asked else []
        self.is_named = bool(words) and all(word[0].isupper() for word in words)
        """Whether it is a person by name."""
        may_be_named = self.is_named or question.text.islower()  # `critics` is nobody's name where names are written as such
        self.words = frozenset(part for word in words if may_be_named and word.lower() not in STOPWORDS for part in stems(word))

    def says(self, sentence: Sentence) -> bool:
        """Whether the sentence gives words of this person."""
        text = sentence.text
        if TAKEN_UP.search(text) or ALL_QUOTED.fullmatch(text.strip()):
            own = self._named_in(text)
            return self._spoke_last(sentence.before) if own is None else own
        return bool(SPEECH.search(text)) and self._named_in(text, among=2) is True

    def _spoke_last(self, before: str) -> bool:
        """Whether the last sentence that names anybody names this person first."""
        found = (self._named_in(before[slice(*span)]) for span in reversed(sentences(before, Span(0, len(before)))))
        return next((named for named in found if named is not None), False)

    def _named_in(self, text: str, among: int = 1) -> bool | None:
        """Whether this person is `among` the first people named; None where nobody is."""
        if self.words & set(stems(text.split(maxsplit=1)[0])):
            return True  # a lone word that opens a sentence is not told from any other by its capital
        named = [name for name in people(text) if not NOT_THE_SUBJECT.search(text, 0, name.span.start)]
        if self.is_named and named:
            return any(self.words & set(stems(name.text)) for name in named[:among])
        return None if self.is_named or not self.words & set(stems(text)) else True
