"""What a provider's package raises -> what happened and the way out, in words.

In: an exception and where the model was asked. Out: a `ModelError`. The packages' errors differ in class; status, headers, bodies and
names tell enough, also those of what an error was raised from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assistant.errors import ModelError
from assistant.generation.providers import THIS_MACHINE, Endpoint

MAX_CHARS = 160


def in_words(exc: Exception, asked: Endpoint, *, timeout_s: float) -> ModelError:
    """The error to show. It is `passing` where asking again may help."""
    who, status, said = f"The model's server ({asked.where})", _status(exc), _said(exc)
    kind = " ".join(type(each).__name__ for each in _chain(exc))
    if status in (401, 403) or re.search(r"API_KEY_INVALID|API key not valid", str(exc)):
        return ModelError(f"{who} does not accept the key: set {asked.key_variable} to one that is valid.")
    if status == 404:
        return ModelError(f"{who} knows no model '{asked.model}'. {_other_model(asked)}")
    if any(getattr(each, "code", None) == "insufficient_quota" for each in _chain(exc)):
        return ModelError(f"{who} has no credit left for this key. Add some there, or name another model.")
    if status == 429:
        return ModelError(f"{who} is asked too much at the moment (429).", passing=True, retry_after_s=_retry_after(exc))
    if status is not None and status >= 500:
        return ModelError(f"{who} failed ({status}).", passing=True, retry_after_s=_retry_after(exc))
    if status is not None and status >= 400:
        return ModelError(f"{who} refused the request ({status}: {said}).")
    if "Timeout" in kind:
        return silent(asked, timeout_s=timeout_s)
    if re.search(r"Connect(?!.*(?:Protocol|Read|Write))", kind):
        return ModelError(f"{who} cannot be reached. {_how_to_reach(asked)}", passing=True)
    dropped = re.search(r"RemoteProtocol|Disconnected|ReadError|WriteError", kind)  # also a connection kept open too long for the server
    return ModelError(f"{who} broke off ({said}).", passing=bool(dropped) or "overloaded" in str(exc))


def silent(asked: Endpoint, *, timeout_s: float) -> ModelError:
    return ModelError(f"The model's server ({asked.where}) said nothing for {timeout_s:g} s. ASSISTANT_MODEL_TIMEOUT_S sets how long to wait.")


def _other_model(asked: Endpoint) -> str:
    if asked.provider == "ollama":
        return f"Fetch it with: ollama pull {asked.model}, or name another with --model."
    if asked.named and asked.provider == "openai" and not asked.url.endswith("/v1"):
        return "Name another with --model, or give the whole address: most servers answer below /v1."
    return "Name another with --model."


def _how_to_reach(asked: Endpoint) -> str:
    if asked.provider == "ollama" and asked.where == THIS_MACHINE:
        return "Start it with: ollama serve"
    if asked.where == THIS_MACHINE or asked.named:
        return "Is it running?"
    return "Is this machine online?"


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    """The exception, and those that it was raised from."""
    while exc is not None:
        yield exc
        exc = exc.__cause__


def _status(exc: Exception) -> int | None:
    """The HTTP status; None where there was none, or where the reply had begun well."""
    for each in _chain(exc):
        code = getattr(each, "code", None) if hasattr(each, "details") else None  # Google's; elsewhere it is something else
        for status in (getattr(each, "status_code", None), getattr(getattr(each, "response", None), "status_code", None), code):
            if isinstance(status, int) and status >= 400:
                return status
    return None


def _retry_after(exc: Exception) -> float | None:
    """Seconds that the server asks to wait, from a header or, of Google, from the body."""
    for each in _chain(exc):
        headers = getattr(getattr(each, "response", None), "headers", None) or {}
        asked = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*", headers.get("retry-after") or "")  # a date will not do: our own pauses then
        if asked or (asked := re.search(r"retryDelay\W+(\d+(?:\.\d+)?)s", str(each))):
            return float(asked[1])
    return None


def _said(exc: Exception) -> str:
    """What the server says of it, else what the first of the exceptions does, on one short line."""
    message = next(filter(None, (_message(body) for each in _chain(exc) for body in _bodies(each))), None)
    message = message or next(filter(None, map(str, reversed(list(_chain(exc))))), "")
    said = " ".join(message.split()).rstrip(".")
    said = type(exc).__name__ if not said or "Bearer" in said else said  # a header that cannot be sent is quoted with the key in it
    return said if len(said) <= MAX_CHARS else said[:MAX_CHARS].rsplit(" ", 1)[0] + " …"


def _bodies(exc: BaseException) -> list[Any]:
    return [getattr(exc, name, None) for name in ("body", "details", "error")]


def _message(body: Any) -> str | None:
    """`message` of an error's JSON, however deep its `error`s are nested."""
    while isinstance(body, dict):
        body = body.get("error") or body.get("message")
    return body if isinstance(body, str) else None
