"""A follow-up + the turns before it -> a model's proposal for a question that stands alone. `conversation` decides whether it will do."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from assistant.errors import ModelError
from assistant.generation.models import Model
from assistant.generation.prompts import new_mark, rewriting, tokens_of
from assistant.types import Event, Turn, Usage, UsageEvent, WritingEvent


def propose(model: Model, question: str, history: Sequence[Turn], *, mark: str | None = None) -> Generator[Event, None, str | None]:
    """Ask the model; events while it writes. Returns its words, or None where it failed: the rules then do."""
    messages = rewriting(question, history, mark=mark or new_mark())
    written, prompt_tokens, reply_tokens = "", 0, 0
    stream = model.stream(messages)
    try:
        for piece in stream:
            if piece:
                written += piece.text
                prompt_tokens, reply_tokens = max(prompt_tokens, piece.prompt_tokens or 0), max(reply_tokens, piece.reply_tokens or 0)
            yield WritingEvent()
    except ModelError:
        return None
    finally:
        stream.close()  # type: ignore[attr-defined]
    estimated = not prompt_tokens
    if estimated:
        prompt_tokens, reply_tokens = sum(tokens_of(message.content) for message in messages), tokens_of(written)
    yield UsageEvent(Usage(prompt_tokens, reply_tokens, 1, estimated))
    return written.strip() or None
