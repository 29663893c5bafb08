"""`PROVIDER:NAME` -> a chat model that streams; its errors in words. Owns langchain's chat models.

In: settings and messages. Out: pieces of the reply as they come, with what they cost. A model is asked on one event loop of its own, so
that closing the stream closes the connection at once, also while the model is silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import queue
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from assistant.errors import ModelError, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from assistant.settings import Settings

TICK_S = 0.2
"""How often a silent stream says that it is still there."""
MAX_REPLY_TOKENS = 1_500
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})
THIS_MACHINE = "this machine"
URL_PROVIDER = "openai"
"""What a server named by URL speaks."""
KEY_FOR_URL = "ASSISTANT_MODEL_KEY"
"""The key for a server named by URL. The provider's own key never goes to another server."""


class Provider(NamedTuple):
    """One of LangChain's providers: the package it comes in, our extra for it, the variable its key is in, where it runs."""

    package: str
    extra: str
    key: str | None
    url: str


PROVIDERS = {
    "openai": Provider("langchain_openai", "openai", "OPENAI_API_KEY", "https://api.openai.com/v1"),
    "anthropic": Provider("langchain_anthropic", "anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com"),
    "google_genai": Provider("langchain_google_genai", "google", "GOOGLE_API_KEY", "https://generativelanguage.googleapis.com"),
    "ollama": Provider("langchain_ollama", "ollama", None, "http://127.0.0.1:11434"),
}
URL_VARIABLES = {"openai": ("OPENAI_API_BASE", "OPENAI_BASE_URL"), "anthropic": ("ANTHROPIC_API_URL", "ANTHROPIC_BASE_URL"), "ollama": ("OLLAMA_HOST",)}
"""Where the providers' own packages look for another address."""


class Message(NamedTuple):
    """One message: `system`, `user` or `assistant`, and its text."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply. All but the last hold text; None stands for what the server has not said.

    Attributes:
        finish: Why the reply ended, in the provider's word: `stop`, `length`, `content_filter`.
        refusal: The model would not answer, in its words.
    """

    text: str = ""
    prompt_tokens: int | None = None
    reply_tokens: int | None = None
    finish: str | None = None
    refusal: str | None = None


class Model:
    """A chat model the user named. The package of its provider is imported when it is first asked."""

    def __init__(self, name: str, *, url: str | None = None, timeout_s: float = 60.0) -> None:
        """
        Args:
            name: `PROVIDER:NAME`; with a `url`, NAME alone will do.
            url: Of an OpenAI-compatible server, or of Ollama.
            timeout_s: The longest silence that is borne.

        Raises:
            SettingsError: If the provider is not known, its package not installed, or its key not set.
        """
        provider, _, rest = name.partition(":")
        if url and provider not in PROVIDERS:
            provider, rest = URL_PROVIDER, name
        if provider not in PROVIDERS or not rest:
            known = ", ".join(f"{each}:NAME" for each in PROVIDERS)
            raise SettingsError(f"model is '{name}'; it must be one of {known}, or a name with ASSISTANT_MODEL_URL.")
        self.name, self.provider, self._model_name = f"{provider}:{rest}", provider, rest
        self._url, self._timeout_s = url, timeout_s
        self.where = where_it_runs(provider, url)
        self._chat: BaseChatModel | None = None
        self._lock = threading.Lock()
        _check_installed(provider)
        self._key = _key(provider, url)

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine, so that nothing leaves it."""
        return self.where == THIS_MACHINE

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece | None]:
        """The reply piece by piece; None every TICK_S of silence. Closing it closes the connection.

        Raises:
            ModelError: If the server cannot be reached, refuses, or breaks off.
        """
        yield None  # the provider's package is yet to be imported at first, which takes a second
        pieces: queue.Queue[Piece | Exception | None] = queue.Queue()
        task = asyncio.run_coroutine_threadsafe(_pump(self._loaded(), messages, pieces), _loop())
        try:
            while True:
                try:
                    piece = pieces.get(timeout=TICK_S)
                except queue.Empty:
                    yield None
                    continue
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise self._in_words(piece) from piece
                yield piece
        finally:
            task.cancel()

    def _loaded(self) -> BaseChatModel:
        with self._lock:
            if self._chat is None:
                self._chat = self._load()
            return self._chat

    def _load(self) -> BaseChatModel:
        from langchain.chat_models import init_chat_model

        given: dict[str, Any] = {"temperature": 0.0}
        if self.provider == "ollama":
            given |= {"client_kwargs": {"timeout": self._timeout_s}, "num_predict": MAX_REPLY_TOKENS}
        else:  # retrying is done here, where it can be told and stopped
            given |= {"timeout": self._timeout_s, "max_retries": 0, "max_tokens": MAX_REPLY_TOKENS, "api_key": self._key}
        if self.provider == "openai":
            given["stream_usage"] = True
        if self._url:
            given["base_url"] = self._url
        if _bears_no_temperature(self._model_name):
            del given["temperature"]
        try:
            chat: BaseChatModel = init_chat_model(self._model_name, model_provider=self.provider, **given)
        except Exception as exc:
            raise ModelError(f"The model '{self.name}' cannot be set up: {_short(exc)}") from exc
        return chat

    def _in_words(self, exc: Exception) -> ModelError:
        """What went wrong and the way out. Providers' errors differ in class; status, headers and names tell enough."""
        response = getattr(exc, "response", None)
        status = getattr(exc, "status_code", None) or getattr(response, "status_code", None) or getattr(exc, "code", None)
        kind, who = f"{type(exc).__name__} {type(exc.__cause__).__name__}", f"the model's server ({self.where})"
        if status in (401, 403):
            return ModelError(f"{who.capitalize()} does not accept the key: set {self._key_variable() or 'its key'} to one that is valid.")
        if status == 404:
            return ModelError(f"{who.capitalize()} knows no model '{self._model_name}'. Name another with --model.")
        if status == 429:
            return ModelError(f"{who.capitalize()} is asked too much at the moment (429).", passing=True, retry_after_s=_retry_after(response))
        if isinstance(status, int) and status >= 500:
            return ModelError(f"{who.capitalize()} failed ({status}).", passing=True, retry_after_s=_retry_after(response))
        if isinstance(status, int) and status >= 400:
            return ModelError(f"{who.capitalize()} refused the request ({status}: {_short(exc)}).")
        if "Timeout" in kind:
            return ModelError(f"{who.capitalize()} said nothing for {self._timeout_s:g} s. ASSISTANT_MODEL_TIMEOUT_S sets how long to wait.")
        if re.search(r"Connect(?!.*(?:Protocol|Read))", kind):
            return ModelError(f"{who.capitalize()} cannot be reached. Is it running?", passing=True)
        return ModelError(f"{who.capitalize()} broke off ({_short(exc)}).")

    def _key_variable(self) -> str | None:
        return KEY_FOR_URL if self._url and self.provider != "ollama" else PROVIDERS[self.provider].key


def open_model(settings: Settings) -> Model:
    """The model that the settings name.

    Raises:
        SettingsError: If they name none, or one that cannot be used.
    """
    if settings.model == NO_MODEL:
        raise SettingsError("No language model is named. Name one: --model PROVIDER:NAME, or ASSISTANT_MODEL.")
    url = settings.model_url if settings.model_url != NO_MODEL else None
    return Model(settings.model, url=url, timeout_s=settings.model_timeout_s)


NO_MODEL = "none"


def where_it_runs(provider: str, url: str | None) -> str:
    """`this machine`, or the host that the sources' passages are sent to."""
    variables = URL_VARIABLES.get(provider, ())
    named = url or next((os.environ[name] for name in variables if os.environ.get(name)), "") or PROVIDERS[provider].url
    host = urlsplit(named if "//" in named else f"//{named}").hostname or named
    return THIS_MACHINE if host in LOCAL else host


def _check_installed(provider: str) -> None:
    for package in ("langchain", PROVIDERS[provider].package):
        if importlib.util.find_spec(package) is None:
            extra = PROVIDERS[provider].extra
            raise SettingsError(f"The package for {provider} models is not installed. Run: pip install -c constraints.txt -e '.[{extra}]'")


def _key(provider: str, url: str | None) -> str | None:
    """The key to send; a server named by URL may do without."""
    if url and provider != "ollama":
        return os.environ.get(KEY_FOR_URL) or "none"
    variable = PROVIDERS[provider].key
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise SettingsError(f"{variable} is not set; {provider} models need a key. Set it, or name another model.")
    return os.environ[variable]


def _bears_no_temperature(name: str) -> bool:
    """OpenAI's reasoning models refuse the parameter."""
    return bool(re.match(r"(?:o\d|gpt-5)", name))


def _retry_after(response: Any) -> float | None:
    headers = getattr(response, "headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:  # absent, or a date: then our own pauses do
        return None


def _short(exc: BaseException) -> str:
    said = " ".join(str(exc).split()) or type(exc).__name__
    return said if len(said) <= 160 else said[:160].rsplit(" ", 1)[0] + " …"


# The loop that models are asked on

_started: list[asyncio.AbstractEventLoop] = []
_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """One for the process: the providers' clients keep connections that belong to a loop."""
    with _starting:
        if not _started:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="models", daemon=True).start()
            _started.append(loop)
        return _started[0]


async def _pump(chat: BaseChatModel, messages: Sequence[Message], pieces: queue.Queue[Piece | Exception | None]) -> None:
    """The reply into the queue, then None; or the exception that ended it."""
    from langsmith import tracing_context

    try:
        with tracing_context(enabled=False):  # a tracer set up for other programs would send the passages elsewhere
            async with contextlib.aclosing(chat.astream([(message.role, message.content) for message in messages])) as stream:  # type: ignore[type-var]
                async for chunk in stream:
                    pieces.put(_piece(chunk))
    except asyncio.CancelledError:
        raise
    except Exception as exc:
        pieces.put(exc)
    else:
        pieces.put(None)


def _piece(chunk: Any) -> Piece:
    usage = chunk.usage_metadata or {}
    stated = chunk.response_metadata or {}
    finish = stated.get("finish_reason") or stated.get("stop_reason") or stated.get("done_reason")
    return Piece(
        str(chunk.text),
        usage.get("input_tokens"),
        usage.get("output_tokens"),
        str(finish).lower() if finish else None,
        chunk.additional_kwargs.get("refusal"),
    )
