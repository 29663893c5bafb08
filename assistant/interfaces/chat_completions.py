"""The same answers in the form of OpenAI's chat completions, so that programs written for that API can use these sources.

In: messages. The last user message is the question; earlier user and assistant messages are its history. Out: a completion, whole or in
chunks. Its text is the answer with `[1]` markers, or, where the sources do not hold it, the sentence that says so. The whole answer, with
citations, disagreements and notices, stands in the field `assistant` of the message, or of the last chunk's delta.

What shapes a language model's writing (`temperature`, `max_tokens`, system messages, ...) is accepted and has no effect; what would change the
form of the reply and is not there (several choices, tools, JSON output) is refused.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import to_thread
from fastapi import Body, Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from assistant.interfaces.problems import RequestError, error_json, problem_of
from assistant.interfaces.refusals import refusals
from assistant.interfaces.requests import Slots, asked, in_threads, messages_of
from assistant.interfaces.schemas import AnswerJson
from assistant.types import AbstainEvent, Answer, Event, Filters, StatementEvent
from assistant.wire import answer_to_json

if TYPE_CHECKING:
    from assistant.assistant import Assistant

MODEL = "assistant-with-sources"
UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "n": (None, 1), "tools": (None, []), "functions": (None, []), "logprobs": (None, False), "audio": (None,),
    "response_format": (None, {"type": "text"}), "modalities": (None, ["text"]),
}  # fmt: skip
"""Fields that would change the form of the reply, with the values that ask for the form there is."""


class Loose(BaseModel):
    """Fields that are not known are ignored: this API grows faster than its clients need."""

    model_config = ConfigDict(extra="allow")


class TextPart(Loose):
    """A piece of a message."""

    type: str = Field(description="Any other than `text` is refused.", json_schema_extra={"enum": ["text"]})
    text: str | None = None


class ChatMessage(Loose):
    """One message. System and developer messages have no effect."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart] | None = None


class StreamOptions(Loose):
    include_usage: bool | None = Field(None, description="Send the usage in one more chunk at the end.")


class ChatRequest(Loose):
    """A chat, of which the last user message is answered."""

    messages: list[ChatMessage] = Field(min_length=1)
    model: str | None = Field(None, description="Any name; there is one model.")
    stream: bool | None = None
    stream_options: StreamOptions | None = None


class ReplyMessage(BaseModel):
    role: Literal["assistant"]
    content: str = Field(description="The answer with `[1]` markers, `(not borne out by the sources)` where that is so, or the sentence that declines.")
    assistant: AnswerJson = Field(description="The whole answer, as `POST /api/ask` gives it.")


class Choice(BaseModel):
    index: int
    message: ReplyMessage
    finish_reason: Literal["stop"]


class Usage(BaseModel):
    """What the language model took, its prompt with the passages; without one, messages and reply counted with the embedding model's tokenizer."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(BaseModel):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class Model(BaseModel):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(BaseModel):
    object: Literal["list"]
    data: list[Model]


CHUNK = {
    "type": "object", "required": ["data"],
    "properties": {"data": {"type": "string", "description": "A `chat.completion.chunk` as JSON; at last `[DONE]`."}},
}  # fmt: skip
THE_MODEL = {"id": MODEL, "object": "model", "created": 0, "owned_by": "assistant"}


def add_routes(app: FastAPI, assistant: Assistant, slots: Slots) -> None:
    """Give `app` the routes below `/v1`."""

    @app.post(
        "/v1/chat/completions", response_model=ChatCompletion, dependencies=[Depends(slots.turn)], summary="Answer the last message of a chat",
        responses={
            200: {"content": {"text/event-stream": {"schema": CHUNK}}, "description": "A completion, or, with `stream`, its chunks."},
            **refusals(413, 503),
        },
    )  # fmt: skip
    async def complete(request: Request, chat: Annotated[ChatRequest, Body()]) -> Response:
        messages = _messages(chat)
        question, history = _parted(messages)
        frame = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}
        pieces = in_threads(asked(assistant, question, messages_of(history), Filters(), param="messages"))
        first = await anext(pieces)
        if chat.stream:
            chunks = _chunks(assistant, chat, frame, first, pieces, messages)
            return StreamingResponse(chunks, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        async with aclosing(pieces):
            piece = first
            while not isinstance(piece, Answer) and not await request.is_disconnected():
                piece = await anext(pieces)
        if not isinstance(piece, Answer):
            return Response(status_code=499)  # nobody waits for the rest
        text = " ".join(statement.flagged for statement in piece.statements) or _declined(piece)
        message = {"role": "assistant", "content": text, "assistant": answer_to_json(piece)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = await _usage(assistant, messages, text, piece)
        return JSONResponse({**frame, "object": "chat.completion", "choices": [choice], "usage": usage})

    @app.get("/v1/models", response_model=ModelList, responses=refusals(), summary="Name the one model there is")
    async def models() -> JSONResponse:
        return JSONResponse({"object": "list", "data": [THE_MODEL]})

    @app.get("/v1/models/{model}", response_model=Model, responses=refusals(404), summary="Say that it is there")
    async def model(model: str) -> JSONResponse:
        if model != MODEL:
            raise RequestError(404, "model_not_found", f"There is no model '{model}' here. The one there is: {MODEL}", "model")
        return JSONResponse(THE_MODEL)


def _messages(chat: ChatRequest) -> list[dict[str, str]]:
    """What was written, as plain text, each with its role.

    Raises:
        RequestError: If the chat asks for what is not there: several choices, tools, pictures.
    """
    for name, allowed in UNSUPPORTED.items():
        given = (chat.model_extra or {}).get(name)
        if given not in allowed:
            raise RequestError(400, "unsupported_value", f"'{name}' can only be {json.dumps(allowed[-1])} here. Leave it out.", name)
    messages = []
    for number, message in enumerate(chat.messages):
        parts = [TextPart(type="text", text=message.content)] if isinstance(message.content, str) else message.content or []
        if any(part.type != "text" for part in parts):
            raise RequestError(400, "unsupported_value", "Only text can be read here, no pictures, sounds or files.", f"messages.{number}.content")
        messages.append({"role": message.role, "content": "\n".join(part.text or "" for part in parts)})
    return messages


def _parted(messages: list[dict[str, str]]) -> tuple[str, list[dict[str, str]]]:
    """The question, and the exchange before it.

    Raises:
        RequestError: If there is no question, or it cannot be asked.
    """
    spoken = [message for message in messages if message["role"] in ("user", "assistant")]
    last = max((i for i, message in enumerate(spoken) if message["role"] == "user"), default=None)
    if last is None:
        raise RequestError(400, "invalid_request", "There is no user message; the last one is what is answered.", "messages")
    return spoken[last]["content"], spoken[:last]


def _declined(answer: Answer) -> str:
    return answer.abstained.message if answer.abstained else ""


async def _usage(assistant: Assistant, messages: list[dict[str, str]], reply: str, answer: Answer) -> dict[str, int]:
    """What the model took; where none was asked, the messages and the reply as the embedding model's tokenizer cuts them."""

    def count() -> tuple[int, int]:
        counted = assistant.encoder.count_tokens
        return sum(counted(message["content"]) for message in messages), counted(reply)

    took = answer.usage
    prompt, completion = (took.prompt_tokens, took.reply_tokens) if took else await to_thread.run_sync(count)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


async def _chunks(
    assistant: Assistant,
    chat: ChatRequest,
    frame: dict[str, Any],
    first: Event | Answer,
    rest: AsyncGenerator[Event | Answer, None],
    messages: list[dict[str, str]],
) -> AsyncIterator[str]:
    """The reply as it is written: a statement a chunk, so that the chunks' contents, joined, are the reply's text."""
    with_usage = bool(chat.stream_options and chat.stream_options.include_usage)

    def chunk(delta: dict[str, Any] | None, finish_reason: str | None = None, **more: Any) -> str:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}]
        usage = {"usage": None} if with_usage else {}
        return _data({**frame, "object": "chat.completion.chunk", "choices": choices, **usage, **more})

    written = ""
    piece = first
    try:
        yield chunk({"role": "assistant", "content": ""})
        while not isinstance(piece, Answer):
            new = _text_of(piece)
            if new:
                new = f" {new}" if written else new
                written += new
                yield chunk({"content": new})
            piece = await anext(rest)
        yield chunk({"assistant": answer_to_json(piece)}, "stop")
        if with_usage:
            yield chunk(None, usage=await _usage(assistant, messages, written, piece))
        yield "data: [DONE]\n\n"
    except Exception as exc:  # the status is sent; clients of this API take an object with `error` for what it is
        yield _data(error_json(problem_of(exc), "/v1/chat/completions"))
    finally:
        await rest.aclose()


def _text_of(event: Event) -> str:
    match event:
        case StatementEvent(statement):
            return statement.flagged
        case AbstainEvent(abstained):
            return abstained.message
        case _:
            return ""


def _data(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
