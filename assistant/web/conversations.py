"""Conversations, kept as JSON lines under the data folder, one file per conversation.

What the reader asked and was shown comes back after a reload, so an exchange is stored whole:
question, answer with its citations and passages, or the error. Documents are stored by name
only; their text is in the index.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.jsonlines import append, lines_of
from assistant.types import (
    Abstained,
    AbstainReason,
    Answer,
    Citation,
    Claim,
    Disagreement,
    Document,
    Hit,
    Passage,
    Place,
    Statement,
    Support,
    Turn,
    Usage,
)

log = logging.getLogger(__name__)
ID = re.compile(r"[0-9a-f]{16}")
MAX_HISTORY = 10  # turns handed to the assistant; older ones no longer steer a follow-up


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what came of it: an answer, an error, or both where it broke off.

    Attributes:
        scope: The filters it was asked under, in words.
        narrowed: What they left of the sources, in words; see `asking.narrowed_to`.
        verdict: `up` or `down`, if the reader gave one.
        asked: UTC, ISO 8601.
        writing: A language model is at work on it at this moment; not kept.
    """

    question: str
    answer: Answer | None = None
    error: str | None = None
    scope: str | None = None
    verdict: str | None = None
    asked: str = ""
    writing: bool = False
    narrowed: str | None = None

    @property
    def turn(self) -> Turn:
        """The exchange as history for the next question."""
        statements = self.answer.statements if self.answer else ()
        return Turn(self.question, " ".join(each.text for each in statements) or None)


class Conversations:
    """The conversations of one data folder; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()

    def load(self, conversation: str) -> list[Exchange]:
        """The exchanges so far; none for an unknown conversation."""
        path = self._path(conversation)
        if path is None or not path.is_file():
            return []
        with self._lock:
            lines = lines_of(path)
        return [exchange for line in lines if line and (exchange := _read(line)) is not None]

    def history(self, conversation: str) -> list[Turn]:
        """The last answered turns, oldest first."""
        answered = [exchange for exchange in self.load(conversation) if exchange.answer]
        return [exchange.turn for exchange in answered[-MAX_HISTORY:]]

    def append(self, conversation: str, exchange: Exchange) -> None:
        """Keep one more exchange, stamped with the present time."""
        path = self._path(conversation)
        if path is None:
            raise ValueError(f"not a conversation id: {conversation!r}")
        stamped = replace(exchange, asked=datetime.now(UTC).isoformat(timespec="seconds"))
        with self._lock:
            append(path, _record(stamped))

    def judge(self, conversation: str, index: int, verdict: str | None) -> Exchange | None:
        """Keep the reader's verdict on exchange `index`; None if there is no such exchange."""
        path = self._path(conversation)
        if path is None or not path.is_file():
            return None
        with self._lock:
            # Only the judged line is written anew: what another version wrote, and this one cannot read, stays as it is.
            lines = lines_of(path)
            read = [(n, exchange) for n, line in enumerate(lines) if line and (exchange := _read(line)) is not None]
            if not 0 <= index < len(read):
                return None
            n, exchange = read[index]
            lines[n] = json.dumps({**json.loads(lines[n]), "verdict": verdict})
            draft = path.with_suffix(".tmp")
            draft.write_text("\n".join(lines), "utf-8")
            draft.replace(path)
            return replace(exchange, verdict=verdict)

    def _path(self, conversation: str) -> Path | None:
        return self._folder / f"{conversation}.jsonl" if ID.fullmatch(conversation) else None


def new_id() -> str:
    """A fresh conversation id, unguessable."""
    return secrets.token_hex(8)


def _record(exchange: Exchange) -> dict[str, Any]:
    if exchange.answer is not None:
        exchange = replace(exchange, answer=_without_texts(exchange.answer))
    record = asdict(exchange)
    del record["writing"]
    return record


def _without_texts(answer: Answer) -> Answer:
    """The answer without what can be read again, or only served to make it."""
    hits = (replace(hit, document=replace(hit.document, text=""), reading=None, furniture=()) for hit in answer.hits)
    return replace(answer, hits=tuple(hits))


def _read(line: str) -> Exchange | None:
    """One stored line; None, with a word in the log, where it is torn or from another version."""
    try:
        record = json.loads(line)
        answer = record["answer"]
        return Exchange(**{**record, "answer": _answer(answer) if answer else None})
    except (ValueError, KeyError, TypeError) as exc:
        log.warning("A line of a kept conversation cannot be read (%s); it is left out.", exc)
        return None


def _answer(record: dict[str, Any]) -> Answer:
    abstained = record["abstained"]
    return Answer(
        **{
            **record,
            "statements": tuple(
                Statement(each["text"], tuple(each["citations"]), Support(each["support"]), tuple(each.get("reasons", ())))
                for each in record["statements"]
            ),
            "citations": tuple(
                Citation(**{**each, "also_in": _places(each)}) for each in record["citations"]
            ),
            "disagreements": tuple(
                Disagreement(each["about"], tuple(Claim(*value) for value in each["values"]))
                for each in record["disagreements"]
            ),
            "hits": tuple(_hit(each) for each in record["hits"]),
            "abstained": abstained
            and Abstained(AbstainReason(abstained["reason"]), abstained["message"]),
            "notices": tuple(record["notices"]),
            "usage": Usage(**record["usage"]) if record.get("usage") else None,
        }
    )


def _hit(record: dict[str, Any]) -> Hit:
    return Hit(
        **{
            **record,
            "passage": Passage(**record["passage"]),
            "document": _document(record["document"]),
            "furniture": (),
            "also_in": _places(record),
        }
    )


def _document(record: dict[str, Any]) -> Document:
    return Document(**{**record, "pages": tuple(record.get("pages", ())), "warnings": tuple(record.get("warnings", ()))})


def _places(record: dict[str, Any]) -> tuple[Place, ...]:
    return tuple(Place(*place) for place in record["also_in"])
