"""Who says a sentence: the person named with its verb of saying, or the one whom `he said` takes up.

In: a question of what somebody said, and sentences. Out: whether a sentence is that person's. Rules; where they cannot tell, a sentence is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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
    r"\b(?:about|after|against|and|at|before|behind|between|by|for|from|in|into|like|near|of|on|over|than|(?<![Aa]ccording )to|told|tells|asked|asks|called|calls|under|urged|urges|with)"
    r"(?: the| an?| its| his| her| their)?(?: [a-z]+)? $"
)  # fmt: skip
"""Before a name: whom something is said to or of, not who says it."""
OWNS = re.compile(r"[’'](?:s\b|(?=\s))(?! (?:\w+ )?(?:statement|speech|letter|post|message|remarks|words|tweet|address|memo)\b)")
"""After a name: what is its bearer's speaks, not he."""
SPOKEN_TO = re.compile(
    r"(?:,[^,]{1,80},)? (?:was|were|is|are|(?:has|have|had|is|was) be(?:en|ing)) (?:\w+ly )?(?:told|asked|warned|urged|called|described|\w+ed by)\b"
    rf"(?!.*\b(?:and|but) (?:\w+ly )?(?:{SPEAKS})\b(?! by\b))",
    re.I,
)
"""After a name: others speak to or of him, and he says nothing himself."""
REPORTED = re.compile(rf"\b(?:{SPEAKS})\b[^.;\"“”]*(?<!about )(?<!of )\bthat\b(?!,)[^.;\"“”]*$", re.I)
"""Before a name: somebody else says something of him, unless a verb of saying follows."""
THEN_SPEAKS = re.compile(rf"(?:,[^,]{{1,80}},)? (?:\w+ly |also |then |later |has |had )?(?:{SPEAKS})\b", re.I)
OPENING = re.compile(r"\W*([\w-]+(?:[’'](?!s\b)\w+)?)")
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
        return bool(SPEECH.search(text)) and self._named_in(text, among=2, speaking=True) is True

    def _spoke_last(self, before: str) -> bool:
        """Whether the last sentence that names anybody names this person first."""
        found = (self._named_in(before[slice(*span)]) for span in reversed(sentences(before, Span(0, len(before)))))
        return next((named for named in found if named is not None), False)

    def _named_in(self, text: str, among: int = 1, *, speaking: bool = False) -> bool | None:
        """Whether this person is `among` the first people named; None where nobody is.

        Args:
            speaking: Leave out whom others speak to or of; `he said` takes up those as well.
        """
        found = people(text)
        opening = self._opening(text, found)
        if opening and self._may_speak(text, opening, speaking=speaking):
            return True  # a lone word that opens a sentence is not told from any other by its capital
        found = [name for name in found if not NOT_THE_SUBJECT.search(text, 0, name.span.start) and not _is_a_thing(text, name)]
        may = [name for name in found if self._may_speak(text, name.span, speaking=speaking)] or ([] if speaking else found)
        if may and (self.is_named or any(self._is(name.text) for name in may)):
            return any(self._is(name.text) for name in may[:among])
        if opening or (speaking and any(self._is(name.text) for name in people(text))):
            return not speaking
        return None if self.is_named or not self._is(text) else True

    def _opening(self, text: str, found: Sequence[Value]) -> Span | None:
        """Where a text opens with this person's name."""
        match = OPENING.match(text)
        if not match or not self._is(match[1]):
            return None
        return next((name.span for name in found if name.span.start <= match.start(1) < name.span.end), Span(*match.span(1)))

    def _is(self, text: str) -> bool:
        """Whether a text has a part of this person's name."""
        return not self.words.isdisjoint(stems(text))

    def _may_speak(self, text: str, name: Span, *, speaking: bool) -> bool:
        """Whether what stands beside a name leaves it open that its bearer speaks."""
        owns = OWNS.match(text, name.end)
        if owns and not self._is(text[owns.end() :].lstrip().partition(" ")[0]):  # `Singapore's prime minister` speaks himself, if he was asked for
            return False
        return not speaking or not (SPOKEN_TO.match(text, name.end) or (REPORTED.search(text, 0, name.start) and not THEN_SPEAKS.match(text, name.end)))


def _is_a_thing(text: str, name: Value) -> bool:
    """`the South Korean surplus`, `LNG`: no person, though written with a capital."""
    return name.text.isupper() or bool(re.search(r"\b(?:the|an?) $", text[: name.span.start], re.I))


def _before(sentence: Sentence) -> str:
    """What stands before a sentence in its document."""
    start = sentence.span.start
    return sentence.hit.document.text[max(0, start - BEFORE_CHARS) : start]
