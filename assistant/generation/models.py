"""`PROVIDER:NAME` -> a chat model that streams. Owns langchain's chat models.

In: settings and messages. Out: pieces of the reply as they come, with what they cost. A model is asked on one event loop of its own, so
that closing the stream closes the connection at once, also while the model is silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.errors import ModelError, SettingsError
from assistant.generation.failures import in_words, silent
from assistant.generation.providers import THIS_MACHINE, URL_PROVIDER, endpoint

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from assistant.settings import Settings

TICK_S = 0.2
"""How often a silent stream says that it is still there."""
SETTING_UP_S = 10.0
"""What a package may take for itself before its first request, on a slow machine."""


class Message(NamedTuple):
    """One message: `system`, `user` or `assistant`, and its text."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply. All but the last hold text; None stands for what the server has not said.

    Attributes:
        prompt_tokens, reply_tokens: Of the request so far.
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
            url: Of an OpenAI-compatible server, or of one that speaks as the provider does.
            timeout_s: The longest silence that is borne.

        Raises:
            SettingsError: If the provider is not known, its package not installed, or its key not set.
        """
        self._asked = endpoint(name, url)
        self.name, self.where = f"{self._asked.provider}:{self._asked.model}", self._asked.where
        self._timeout_s = timeout_s
        self._temperature: float | None = 0.0 if self._asked.bears_temperature else None
        self._chat: BaseChatModel | None = None
        self._lock = threading.Lock()

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
        begun = False
        try:
            for piece in self._streamed(messages):
                begun = begun or piece is not None
                yield piece
            return
        except Exception as exc:
            if isinstance(exc, ModelError):
                raise
            if begun or self._temperature is None or "temperature" not in str(exc):
                raise in_words(exc, self._asked, timeout_s=self._timeout_s) from exc
        with self._lock:  # models that think refuse the parameter, and nothing but their refusal tells which
            self._chat, self._temperature = None, None
        yield from self.stream(messages)

    def _streamed(self, messages: Sequence[Message]) -> Iterator[Piece | None]:
        """The same; what the provider's package raises comes as it is."""
        pieces: queue.Queue[Piece | Exception | None] = queue.Queue()
        options = self._asked.options_for(sum(len(message.content) for message in messages), temperature=self._temperature)
        task = asyncio.run_coroutine_threadsafe(_pump(self._loaded(), messages, options, pieces), _loop())
        so_far, aloud, silent_from = Piece(), Aloud(), time.monotonic() + SETTING_UP_S
        try:
            while True:
                try:
                    piece = pieces.get(timeout=TICK_S)
                except queue.Empty:
                    if time.monotonic() - silent_from > self._timeout_s:  # the package's own watch takes a sign of life for a piece, if it has one
                        raise silent(self._asked, timeout_s=self._timeout_s) from None
                    yield None
                    continue
                if piece is None:
                    if held := aloud.rest():
                        yield replace(so_far, text=held)
                    return
                if isinstance(piece, Exception):
                    raise piece
                silent_from = time.monotonic()
                so_far = self._counted(so_far, piece)
                yield replace(so_far, text=aloud.feed(piece.text), finish=piece.finish, refusal=piece.refusal)
        finally:
            task.cancel()

    def _counted(self, so_far: Piece, piece: Piece) -> Piece:
        """The tokens with those of one more piece. LangChain's pieces add up, but some OpenAI-compatible servers say the sum each time."""

        def total(known: int | None, new: int | None) -> int | None:
            if known is None or new is None:
                return new if known is None else known
            return max(known, new) if self._asked.provider == URL_PROVIDER else known + new

        return Piece(prompt_tokens=total(so_far.prompt_tokens, piece.prompt_tokens), reply_tokens=total(so_far.reply_tokens, piece.reply_tokens))

    def _loaded(self) -> BaseChatModel:
        with self._lock:
            if self._chat is None:
                self._chat = self._load()
            return self._chat

    def _load(self) -> BaseChatModel:
        from langchain.chat_models import init_chat_model

        given = self._asked.options(timeout_s=self._timeout_s, temperature=self._temperature)
        try:
            chat: BaseChatModel = init_chat_model(self._asked.model, model_provider=self._asked.provider, **given)
        except Exception as exc:
            raise ModelError(f"The model '{self.name}' cannot be set up: {exc}") from exc
        return chat


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


class Aloud:
    """A reply without the train of thought that opens it, between `<think>` and `</think>`, as many models that run at home send it."""

    OPENS, CLOSES = "<think>", "</think>"

    def __init__(self) -> None:
        self._held, self._past = "", False

    def feed(self, text: str) -> str:
        """What of the reply so far may be shown and was not yet."""
        if self._past:
            return text
        self._held += text
        begun = self._held.lstrip()
        if begun.startswith(self.OPENS):
            _, closed, said = begun.partition(self.CLOSES)
            self._past = bool(closed)
            return said
        if self.OPENS.startswith(begun):
            return ""
        self._past = True
        return self._held

    def rest(self) -> str:
        """What was held back in a reply that ended there."""
        return "" if self._past or self._held.lstrip().startswith(self.OPENS) else self._held


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


async def _pump(
    chat: BaseChatModel, messages: Sequence[Message], options: dict[str, Any], pieces: queue.Queue[Piece | Exception | None]
) -> None:
    """The reply into the queue, then None; or the exception that ended it."""
    from langsmith import tracing_context

    task = asyncio.current_task()
    try:
        with tracing_context(enabled=False):  # a tracer set up for other programs would send the passages elsewhere
            async with contextlib.aclosing(chat.astream([(message.role, message.content) for message in messages], **options)) as stream:  # type: ignore[type-var]
                async for chunk in stream:
                    if task and task.cancelling():  # a cancellation that comes together with a chunk is lost in Python 3.11's `wait_for`, which the packages use
                        return
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
