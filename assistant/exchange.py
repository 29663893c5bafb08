"""One exchange: what was asked, checked; and the answer, gathered from its events.

In: questions and histories in the forms callers have them, and an answerer's events. Out: turns, and the whole `Answer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.types import (
    AbstainEvent,
    Answer,
    DisagreementEvent,
    Event,
    Hit,
    JudgedEvent,
    NoticeEvent,
    StatementEvent,
    Turn,
    UnderstoodEvent,
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


def extended(answer: Answer, event: Event) -> Answer:
    """`answer` with what one more event says."""
    match event:
        case StatementEvent(statement, citations):
            return replace(answer, statements=(*answer.statements, statement), citations=(*answer.citations, *citations))
        case DisagreementEvent(disagreement):
            return replace(answer, disagreements=(*answer.disagreements, disagreement))
        case NoticeEvent(message):
            return replace(answer, notices=(*answer.notices, message))
        case AbstainEvent(abstained):
            return replace(answer, abstained=abstained)
        case UsageEvent(usage):
            return replace(answer, usage=(answer.usage or Usage()) + usage)
        case UnderstoodEvent(standalone_question):
            return replace(answer, standalone_question=standalone_question, reworded=True)
        case JudgedEvent(confidence, words):
            return replace(answer, confidence=confidence, answer=words)
        case _:
            return answer


class Gathered:
    """The answer so far."""

    def __init__(self, question: str) -> None:
        self.question = self.standalone = question
        self.hits: tuple[Hit, ...] = ()
        self.stale = False
        self.timings_ms: dict[str, float] = {}
        self._so_far = Answer(question, question)

    def take(self, event: Event) -> None:
        self._so_far = extended(self._so_far, event)

    def answer(self, answerer: str, *, model: str | None = None, where: str | None = None) -> Answer:
        return replace(
            self._so_far,
            question=self.question,
            standalone_question=self.standalone,
            hits=self.hits,
            stale=self.stale,
            answerer=answerer,
            model=model,
            where=where,
            timings_ms=self.timings_ms,
        )
