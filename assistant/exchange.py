"""One exchange: what was asked, checked; and the answer, gathered from its events.

In: questions and histories in the forms callers have them, and an answerer's events. Out: turns, and the whole `Answer`.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.types import (
    Abstained,
    AbstainEvent,
    Answer,
    Citation,
    Disagreement,
    DisagreementEvent,
    Event,
    Hit,
    JudgedEvent,
    NoticeEvent,
    Statement,
    StatementEvent,
    Turn,
    Usage,
    UsageEvent,
)

MAX_QUESTION_CHARS = 2_000

Asked = str | Turn | dict[str, str]
"""One item of a history: a user's question, a turn, or a message `{"role", "content"}`."""


def checked_question(question: str) -> str:
    """`question` without blanks around it.

    Raises:
        ValueError: If it is empty or longer than MAX_QUESTION_CHARS.
    """
    question = question.encode("utf-8", "replace").decode().strip()  # half a surrogate pair can be typed, not searched
    if not question:
        raise ValueError("The question is empty. Ask something, for example: What is new?")
    if len(question) > MAX_QUESTION_CHARS:
        raise ValueError(f"The question has {len(question)} characters; the most is {MAX_QUESTION_CHARS}. Shorten it.")
    return question


def turns(history: Sequence[Asked]) -> list[Turn]:
    """Bring a history to turns: questions, turns, and `{"role", "content"}` messages may be mixed."""
    found: list[Turn] = []
    for item in history:
        if isinstance(item, Turn):
            found.append(item)
        elif isinstance(item, str):
            found.append(Turn(item))
        elif item.get("role") == "user":
            found.append(Turn(item.get("content", "")))
        elif item.get("role") == "assistant" and found:
            found[-1] = Turn(found[-1].question, item.get("content", ""))
    return [turn for turn in found if turn.question.strip()]


class Gathered:
    """The answer so far."""

    def __init__(self, question: str) -> None:
        self.question = self.standalone = question
        self.hits: tuple[Hit, ...] = ()
        self.stale = False
        self.timings_ms: dict[str, float] = {}
        self._statements: list[Statement] = []
        self._citations: list[Citation] = []
        self._disagreements: list[Disagreement] = []
        self._notices: list[str] = []
        self._abstained: Abstained | None = None
        self._usage: Usage | None = None
        self._confidence: float | None = None
        self._answer: str | None = None

    def take(self, event: Event) -> None:
        match event:
            case StatementEvent(statement, citations):
                self._statements.append(statement)
                self._citations.extend(citations)
            case DisagreementEvent(disagreement):
                self._disagreements.append(disagreement)
            case NoticeEvent(message):
                self._notices.append(message)
            case AbstainEvent(abstained):
                self._abstained = abstained
            case UsageEvent(usage):
                self._usage = (self._usage or Usage()) + usage
            case JudgedEvent(confidence, answer):
                self._confidence, self._answer = confidence, answer

    def answer(self, answerer: str, *, model: str | None = None, where: str | None = None) -> Answer:
        return Answer(
            question=self.question,
            standalone_question=self.standalone,
            statements=tuple(self._statements),
            citations=tuple(self._citations),
            disagreements=tuple(self._disagreements),
            hits=self.hits,
            abstained=self._abstained,
            answer=self._answer,
            confidence=self._confidence,
            notices=tuple(self._notices),
            stale=self.stale,
            answerer=answerer,
            model=model,
            where=where,
            usage=self._usage,
            timings_ms=self.timings_ms,
        )
