"""How the servers of models speak: OpenAI, Anthropic, Ollama and Google, as their documentation says, down to the bytes of a stream."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Messages = list[dict[str, Any]]
Counts = tuple[int, int] | None
"""Tokens of the prompt and of the reply, where the server tells them."""


@dataclass(frozen=True)
class Dialect:
    """One API: what stands in a request, and how a reply is put.

    Attributes:
        path: Of the base URL that a client is given.
        chunked: Whether the stream says where it ends, so that a cut one shows.
        opening, piece, closing: The bytes before, of and after the text; `closing` gets why it ended, a refusal and the counts.
        failure: The body of a reply with another status than 200.
        trouble: What is sent where the server fails after it began.
    """

    path: str
    key_header: str
    content_type: str
    chunked: bool
    messages: Callable[[dict[str, Any]], Messages]
    opening: Callable[[Counts], bytes]
    piece: Callable[[str], bytes]
    closing: Callable[[str | None, str | None, Counts], bytes]
    failure: Callable[[int], bytes]
    trouble: bytes
    malformed: bytes = b"data: {not json\n\n"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _event(value: Any, name: str | None = None) -> bytes:
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + _json(value) + b"\n\n"


# OpenAI


def _openai(**more: Any) -> bytes:
    return _event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", **more})


def _openai_delta(finish: str | None = None, **delta: Any) -> bytes:
    return _openai(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


def _openai_closing(finish: str | None, refusal: str | None, counts: Counts) -> bytes:
    usage = {"prompt_tokens": counts[0], "completion_tokens": counts[1], "total_tokens": sum(counts)} if counts else None
    refused = _openai_delta(refusal=refusal) if refusal else b""
    return refused + _openai_delta(finish) + (_openai(choices=[], usage=usage) if usage else b"") + b"data: [DONE]\n\n"


OPENAI = Dialect(
    path="/v1",
    key_header="authorization",
    content_type="text/event-stream",
    chunked=False,
    messages=lambda request: request["messages"],
    opening=lambda counts: _openai_delta(role="assistant", content=""),
    piece=lambda text: _openai_delta(content=text),
    closing=_openai_closing,
    failure=lambda status: _json({"error": {"message": f"scripted {status}", "type": "scripted"}}),
    trouble=_event({"error": {"message": "overloaded just now", "type": "server_error"}}),
)


# Anthropic: https://platform.claude.com/docs/en/build-with-claude/streaming


def _anthropic(kind: str, **more: Any) -> bytes:
    return _event({"type": kind, **more}, kind)


def _anthropic_messages(request: dict[str, Any]) -> Messages:
    system = request.get("system")
    return [*([{"role": "system", "content": system}] if system else []), *request["messages"]]


def _anthropic_opening(counts: Counts) -> bytes:
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [], "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": counts[0] if counts else 0, "output_tokens": 1},
    }  # fmt: skip
    block = {"type": "text", "text": ""}
    return _anthropic("message_start", message=message) + _anthropic("content_block_start", index=0, content_block=block) + _anthropic("ping")


def _anthropic_closing(finish: str | None, refusal: str | None, counts: Counts) -> bytes:
    reason = {"stop": "end_turn", "length": "max_tokens"}.get(finish or "", finish)
    usage = {"input_tokens": counts[0], "output_tokens": counts[1]} if counts else {"output_tokens": 0}
    ended = _anthropic("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)
    return _anthropic("content_block_stop", index=0) + ended + _anthropic("message_stop")


ANTHROPIC_ERRORS = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error", 529: "overloaded_error"}
ANTHROPIC = Dialect(
    path="",
    key_header="authorization",
    content_type="text/event-stream; charset=utf-8",
    chunked=True,
    messages=_anthropic_messages,
    opening=_anthropic_opening,
    piece=lambda text: _anthropic("content_block_delta", index=0, delta={"type": "text_delta", "text": text}),
    closing=_anthropic_closing,
    failure=lambda status: _json({"type": "error", "error": {"type": ANTHROPIC_ERRORS.get(status, "api_error"), "message": f"scripted {status}"}}),
    trouble=_anthropic("error", error={"type": "overloaded_error", "message": "overloaded just now"}),
    malformed=b"event: content_block_delta\ndata: {not json\n\n",
)


# Ollama: https://github.com/ollama/ollama/blob/main/docs/api.md


def _ollama(text: str, **more: Any) -> bytes:
    value = {"model": "scripted", "created_at": "2026-11-01T00:00:00Z", "message": {"role": "assistant", "content": text}, "done": False, **more}
    return _json(value) + b"\n"


def _ollama_closing(finish: str | None, refusal: str | None, counts: Counts) -> bytes:
    told = {"prompt_eval_count": counts[0], "eval_count": counts[1]} if counts else {}
    return _ollama("", done=True, done_reason=finish, total_duration=1, load_duration=1, prompt_eval_duration=1, eval_duration=1, **told)


OLLAMA = Dialect(
    path="",
    key_header="authorization",
    content_type="application/x-ndjson",
    chunked=True,
    messages=lambda request: request["messages"],
    opening=lambda counts: b"",
    piece=_ollama,
    closing=_ollama_closing,
    failure=lambda status: _json({"error": f"scripted {status}"}),
    trouble=_json({"error": "overloaded just now"}) + b"\n",
    malformed=b"{not json\n",
)


# Google: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent


def _google(text: str | None = None, finish: str | None = None, counts: Counts = None) -> bytes:
    candidate: dict[str, Any] = {"index": 0}
    if text is not None:
        candidate["content"] = {"parts": [{"text": text}], "role": "model"}
    if finish:
        candidate["finishReason"] = finish
    usage = {"promptTokenCount": counts[0], "candidatesTokenCount": counts[1], "totalTokenCount": sum(counts)} if counts else None
    return _event({"candidates": [candidate], **({"usageMetadata": usage} if usage else {}), "modelVersion": "scripted", "responseId": "1"})


def _google_messages(request: dict[str, Any]) -> Messages:
    told = [("system", request["systemInstruction"])] if "systemInstruction" in request else []
    told += [(content["role"], content) for content in request["contents"]]
    return [{"role": role, "content": "".join(part["text"] for part in content["parts"])} for role, content in told]


def _google_closing(finish: str | None, refusal: str | None, counts: Counts) -> bytes:
    return _google("", {"stop": "STOP", "length": "MAX_TOKENS"}.get(finish or "", finish), counts)


GOOGLE_ERRORS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
GOOGLE = Dialect(
    path="",
    key_header="x-goog-api-key",
    content_type="text/event-stream",
    chunked=True,
    messages=_google_messages,
    opening=lambda counts: b"",
    piece=lambda text: _google(text, counts=(321, 2)),  # it counts up with each piece
    closing=_google_closing,
    failure=lambda status: _json({"error": {"code": status, "message": f"scripted {status}", "status": GOOGLE_ERRORS.get(status, "INTERNAL")}}),
    trouble=_event({"error": {"code": 503, "message": "overloaded just now", "status": "UNAVAILABLE"}}),
)

DIALECTS = {"openai": OPENAI, "anthropic": ANTHROPIC, "ollama": OLLAMA, "google_genai": GOOGLE}
"""By LangChain's name of the provider."""
