"""The Gradio side of the page: a shell, the calls it makes, and the two streams it listens to.

The shell (`templates/shell.html`) is constant. Everything that comes from sources, questions or
answers reaches it as HTML rendered by `render`, never as part of a template: Gradio compiles
templates as JavaScript in the browser.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.errors import AssistantError
from assistant.exchange import MAX_QUESTION_CHARS
from assistant.types import Filters, Span
from assistant.web import render
from assistant.web.asking import Request, answer_stream, problem_with
from assistant.web.conversations import ID, Conversations, new_id
from assistant.web.progress import Step, steps
from assistant.web.uploads import Uploads

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.library import Progress, ScanReport

log = logging.getLogger(__name__)
Json = dict[str, Any]
N_SUGGESTIONS = 4
AT_ONCE = 8  # questions answered at the same time, over all readers
SHELL = (Path(__file__).parent / "templates" / "shell.html").read_text("utf-8")
# The whole address: Chromium remembers this code compiled, and with it the server it came from, so
# that a bare path would ask a server that was open before on another port.
START = """
import(new URL('/reader/page.js', location.href).href).then((page) => page.start({
  element, server,
  ask: (request) => trigger('ask', request),
  take: (request) => trigger('take', request),
}));
"""
FORWARD = """
watch('value', () => {
  window.dispatchEvent(new CustomEvent('reader:%s', {detail: props.value}));
});
"""


class Page:
    """What the page can ask for. Each method takes and returns plain JSON."""

    def __init__(
        self, assistant: Assistant, *, conversations: Conversations, uploads: Uploads
    ) -> None:
        self.assistant = assistant
        self.conversations = conversations
        self.uploads = uploads
        self._stops: dict[str, threading.Event] = {}

    def begin(self, request: Json) -> Json:
        """Everything the page shows when it opens; a fresh conversation if none is named."""
        named = _text(request, "conversation")
        conversation = named if ID.fullmatch(named) else new_id()
        exchanges = self.conversations.load(conversation)
        return {
            "conversation": conversation,
            "turns": [render.turn(each, index) for index, each in enumerate(exchanges)],
            "welcome": self.welcome(),
            "max_question": MAX_QUESTION_CHARS,
            "max_bytes": self.uploads.max_bytes,
        }

    def welcome(self) -> str:
        """The first screen; it opens even while the index cannot be read, and says so."""
        try:
            overview = self.assistant.overview()
            return render.welcome(overview, self.assistant.suggestions(N_SUGGESTIONS), self.assistant.model)
        except AssistantError as exc:
            return render.trouble(str(exc))

    def list_sources(self, request: Json) -> Json:
        """The sources and their publishers, filtered and ticked as `request` says."""
        documents = self.assistant.documents()
        text, ticked = _text(request, "text"), _texts(request, "sources")
        return {
            "list": render.sources(documents, text=text, ticked=ticked),
            "publishers": render.publishers(documents, ticked=_texts(request, "publishers")),
        }

    def open_article(self, request: Json) -> str:
        """A document, at a span if one is given; a word about it where it is gone."""
        document_id = _text(request, "document")
        document = self.assistant.document(document_id)
        if document is not None:
            return render.article(document, _span(request))
        source = _text(request, "source")
        current = [each.id for each in self.assistant.documents() if source == each.source]
        return render.missing_article(
            quote=_text(request, "quote"),
            who=_text(request, "who"),
            current_id=current[0] if current else None,
        )

    def judge(self, request: Json) -> bool:
        """Keep a thumb up or down, with the conversation and as feedback."""
        from assistant.wire import answer_to_json

        verdict = _text(request, "verdict")
        chosen = verdict if verdict in ("up", "down") else None
        index = request.get("index")
        if not isinstance(index, int):
            return False
        exchange = self.conversations.judge(_text(request, "conversation"), index, chosen)
        if exchange is None or exchange.answer is None:
            return False
        if chosen:
            answer = answer_to_json(exchange.answer)
            record = {"question": exchange.question, "answer": answer, "verdict": chosen}
            self.assistant.feedback(record)
        return True

    def stop(self, request: Json) -> None:
        """End the answer that streams in a conversation after its present piece."""
        stopped = self._stops.get(_text(request, "conversation"))
        if stopped is not None:
            stopped.set()

    def ask(self, request: Json) -> Iterator[Json]:
        """The answer to a question, as the HTML of its turn, whole each time."""
        question = _text(request, "question").strip()
        conversation = _text(request, "conversation")
        problem = problem_with(question)
        if problem or not ID.fullmatch(conversation):
            yield {"problem": problem or "This conversation is not known. Start a new one."}
            return
        index = len(self.conversations.load(conversation))
        stopped = self._stops[conversation] = threading.Event()
        growing = answer_stream(
            Request(conversation, question, _filters(request)),
            assistant=self.assistant,
            conversations=self.conversations,
            stopped=stopped,
        )
        told = {"conversation": conversation, "index": index}
        exchange = None
        try:
            for exchange in growing:
                yield {**told, "html": render.turn(exchange, index, done=False), "done": False}
        finally:
            growing.close()  # type: ignore[attr-defined]
            self._stops.pop(conversation, None)
        if exchange is not None:
            yield {**told, "html": render.turn(exchange, index), "done": True}

    def take(self, request: Json) -> Iterator[Json]:
        """Take in uploaded files (or, with none, look at the folder again), telling progress."""
        tokens = _texts(request, "tokens")
        refused = [
            render.Outcome(_text(each, "name"), "Not added", _text(each, "reason"), failed=True)
            for each in request.get("refused", [])
        ]
        paths = self.uploads.paths(tokens)

        def work(progress: Progress) -> ScanReport | None:
            try:
                if request.get("sync"):
                    return self.assistant.sync(progress=progress)
                return self.assistant.add(paths, progress=progress) if paths else None
            finally:
                self.uploads.drop(tokens)

        try:
            for piece in steps(work):
                if isinstance(piece, Step):
                    what = Path(piece.what).name
                    yield {"done": piece.done, "total": piece.total, "what": what}
                else:
                    told = render.report(piece, uploaded=paths, refused=refused)
                    yield {"report": told, "welcome": self.welcome()}
        except AssistantError as exc:
            yield {"report": render.trouble(str(exc))}
        except Exception:
            log.exception("Adding files failed")
            yield {"report": render.trouble("The files could not be added. The log says why.")}


def build_blocks(page: Page) -> Any:
    """The Gradio application (a `gr.Blocks`) around `page`."""
    calls = (page.begin, page.list_sources, page.open_article, page.judge, page.stop)
    with gr.Blocks(title="Ask your sources", analytics_enabled=False, fill_width=True) as blocks:
        shell = gr.HTML(
            html_template=SHELL,
            js_on_load=START,
            apply_default_css=False,
            server_functions=[_server_function(call) for call in calls],
        )
        for name, stream in (("ask", page.ask), ("take", page.take)):
            channel = gr.HTML(
                html_template="", js_on_load=FORWARD % name, elem_classes=["reader-channel"]
            )
            event = getattr(shell, name)(
                _event_stream(stream),
                outputs=channel,
                show_progress="hidden",
                trigger_mode="multiple",
                api_visibility="private",
            )
            # Also after a lost connection, so that the page never waits for ever.
            over = f"() => {{ window.dispatchEvent(new Event('reader:{name}-over')); }}"
            event.then(None, js=over, show_progress="hidden", api_visibility="private")
    blocks.queue(default_concurrency_limit=AT_ONCE, max_size=64)
    return blocks


def _server_function(call: Callable[[Json], Any]) -> Callable[[Json], Any]:
    """`call` as Gradio wants it: a plain function (it marks it) whose errors come back as words."""

    def function(request: Json) -> Json:
        try:
            return {"value": call(request if isinstance(request, dict) else {})}
        except AssistantError as exc:
            return {"error": str(exc)}
        except Exception:
            log.exception("%s failed", call.__name__)
            return {"error": "Something went wrong. The details are in the log of the assistant."}

    function.__name__ = call.__name__
    return function


def _event_stream(stream: Callable[[Json], Iterator[Json]]) -> Callable[[Any], Iterator[Json]]:
    """`stream` as an event listener: the page's request comes as the event's data."""

    def listen(event: Any) -> Iterator[Json]:
        request = event._data
        yield from stream(request if isinstance(request, dict) else {})

    # Gradio recognises the parameter by its annotation, which must be the class itself.
    listen.__annotations__["event"] = gr.EventData
    return listen


def _text(request: Mapping[str, Any], key: str) -> str:
    value = request.get(key)
    return value if isinstance(value, str) else ""


def _texts(request: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = request.get(key)
    return (
        tuple(each for each in values if isinstance(each, str)) if isinstance(values, list) else ()
    )


def _span(request: Mapping[str, Any]) -> Span | None:
    start, end = request.get("start"), request.get("end")
    return Span(start, end) if isinstance(start, int) and isinstance(end, int) else None


def _filters(request: Mapping[str, Any]) -> Filters:
    return Filters(
        publishers=_texts(request, "publishers"),
        sources=_texts(request, "sources"),
        since=_date(_text(request, "since")),
        until=_date(_text(request, "until")),
    )


def _date(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None
