"""The Gradio side of the page: a shell, the calls it makes, and the stream of answers it listens to.

The shell (`templates/shell.html`) is constant. Everything that comes from sources, questions or
answers reaches it as HTML made by `render` and `panel`, never as part of a template: Gradio compiles
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
from assistant.types import Document, Filters, Span
from assistant.web import panel, render
from assistant.web.asking import Request, answer_stream, problem_with
from assistant.web.conversations import ID, Conversations, new_id
from assistant.web.desk import Desk, text_of, texts_of
from assistant.web.intake import Intake

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.watching import Watcher

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
}));
"""
FORWARD = """
watch('value', () => {
  window.dispatchEvent(new CustomEvent('reader:ask', {detail: props.value}));
});
"""


class Page:
    """What the page can ask for. Each method takes and returns plain JSON."""

    def __init__(
        self, assistant: Assistant, *, conversations: Conversations, intake: Intake, watcher: Watcher
    ) -> None:
        self.assistant = assistant
        self.conversations = conversations
        self.intake = intake
        self.watcher = watcher
        self.desk = Desk(assistant)
        self._stops: dict[tuple[str, str], list[threading.Event]] = {}  # by conversation and session: it may be open in several tabs

    def begin(self, request: Json) -> Json:
        """Everything the page shows when it opens; a fresh conversation if none is named."""
        named = text_of(request, "conversation")
        conversation = named if ID.fullmatch(named) else new_id()
        exchanges = self.conversations.load(conversation)
        return {
            "conversation": conversation,
            "turns": [render.turn(each, index) for index, each in enumerate(exchanges)],
            "welcome": self.welcome(),
            "max_question": MAX_QUESTION_CHARS,
        }

    def welcome(self) -> str:
        """The first screen; it opens even while the index cannot be read, and says so."""
        try:
            overview = self.assistant.overview()
            return render.welcome(overview, self.assistant.suggestions(N_SUGGESTIONS), self.assistant.model)
        except AssistantError as exc:
            return render.trouble(str(exc))

    def open_article(self, request: Json) -> str:
        """A document, at a span if one is given; a word about it where it is gone."""
        document_id = text_of(request, "document")
        document = self.assistant.document(document_id)
        if document is not None:
            return render.article(document, _span(request))
        return render.missing_article(
            quote=text_of(request, "quote"), who=text_of(request, "who"), current=self.newest(request)
        )

    def newest(self, request: Json) -> str | None:
        """The link to a source as it is now, at `quote` where that still stands there; None if it is gone."""
        source, quote = text_of(request, "source"), text_of(request, "quote")
        document = self._as_it_is(source)
        if document is None:
            return None
        start = document.text.find(quote) if quote else -1
        return f"#cite-{document.id}-{start}-{start + len(quote)}" if start >= 0 else f"#doc-{document.id}"

    def _as_it_is(self, source: str) -> Document | None:
        """A source's document, read anew if its file has changed since; None if it is gone or cannot be read."""
        for _ in range(2):
            found = next((each for each in self.assistant.documents() if each.source == source), None)
            document = self.assistant.document(found.id) if found else None
            if document is not None or found is None:
                return document
            with self.assistant.turn:
                self.assistant.library.sync_only([source])
        return None

    def state(self, request: Json) -> Json:
        """What moved since the page last asked: uploads, the folder, the open article; texts only where they are new."""
        watched, batches = self.watcher.watched, self.intake.shown_to(text_of(request, "session"))
        seen = request.get("seen")
        told = {
            "uploads": self.intake.version,
            "sources": f"{self.assistant.library.catalog.generation}.{watched.n_reports}",
            "reports": watched.n_reports,
            "busy": watched.total is not None or any(batch.busy for batch in batches),
            "folder": panel.folder(watched),
            "article": self._article_state(request),
        }
        if not isinstance(seen, dict) or seen.get("uploads") != told["uploads"]:
            told["uploads_html"] = panel.uploads(batches)
        if isinstance(seen, dict) and seen.get("reports") not in (None, told["reports"]) and watched.report:
            told["news"] = panel.news(watched.report)
        if isinstance(seen, dict) and seen.get("sources") not in (None, told["sources"]):
            told["welcome"] = self.welcome()
        return told

    def _article_state(self, request: Json) -> str:
        """`""` while the open document is as it was shown, `changed` where there is another text of it, else `gone`."""
        document = text_of(request, "document")
        if not document or self.assistant.document(document) is not None:
            return ""
        source = text_of(request, "source")
        known = any(each.source == source for each in self.assistant.documents())
        return "changed" if known and self.assistant.library.path_of(source).is_file() else "gone"

    def plan(self, request: Json) -> Json:
        """Begin an upload of `files` (`name`, `size`): its id and the numbers of those to send."""
        files = request.get("files")
        upload, wanted = self.intake.plan([each for each in files if isinstance(each, dict)] if isinstance(files, list) else [], reader=text_of(request, "session"))
        return {"upload": upload, "wanted": wanted}

    def upload(self, request: Json) -> None:
        """Something about an upload, by `what`: a file came in or was lost, what to do with one, undo or close the whole."""
        intake, upload, number = self.intake, text_of(request, "upload"), request.get("row")
        number = number if isinstance(number, int) else -1
        match text_of(request, "what"):
            case "received":
                intake.received(upload, number, text_of(request, "token"))
            case "lost":
                intake.lost(upload, number, text_of(request, "reason"))
            case "replace" | "both" | "leave" as way:
                intake.settle(upload, number, way)
            case "undo":
                intake.undo(upload)
            case "close":
                intake.close(upload)

    def add_page(self, request: Json) -> None:
        """Fetch one or several pages from the web."""
        text = text_of(request, "address").strip()
        if not text:
            raise AssistantError("Type the address of a page first, such as https://example.org/article.")
        self.intake.add_pages(text, reader=text_of(request, "session"))

    def catch_up(self, request: Json) -> None:
        """Look at the folder again in the background; with `drop`, also where most files are gone."""
        self.watcher.catch_up(allow_empty=request.get("drop") is True)

    def judge(self, request: Json) -> bool:
        """Keep a thumb up or down, or that it was taken back, with the conversation and as feedback."""
        from assistant.wire import answer_to_json

        verdict = text_of(request, "verdict")
        chosen = verdict if verdict in ("up", "down") else None
        index = request.get("index")
        if not isinstance(index, int):
            return False
        exchange = self.conversations.judge(text_of(request, "conversation"), index, chosen)
        if exchange is None or exchange.answer is None:
            return False
        answer = answer_to_json(exchange.answer)
        self.assistant.feedback({"question": exchange.question, "answer": answer, "verdict": chosen or "none"})
        return True

    def stop(self, request: Json) -> None:
        """End what streams in a conversation, as a session asked it, after its present piece."""
        for stopped in list(self._stops.get((text_of(request, "conversation"), text_of(request, "session")), ())):
            stopped.set()

    def ask(self, request: Json) -> Iterator[Json]:
        """The answer to a question, as the HTML of its turn, whole each time.

        It is told under the number that its exchange will have, at last as `shown_as`: where another tab asked meanwhile, it has another.
        """
        question = text_of(request, "question").strip()
        conversation = text_of(request, "conversation")
        problem = problem_with(question)
        if problem or not ID.fullmatch(conversation):
            yield {"problem": problem or "This conversation is not known. Start a new one."}
            return
        index = len(self.conversations.load(conversation))
        stopped = threading.Event()
        stops = self._stops.setdefault((conversation, text_of(request, "session")), [])
        stops.append(stopped)
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
            stops.remove(stopped)
        if exchange is not None:
            kept = [n for n, each in enumerate(self.conversations.load(conversation)) if each.question == question]
            place = max(kept, default=index)
            yield {**told, "index": place, "shown_as": index, "html": render.turn(exchange, place), "done": True}


def build_blocks(page: Page) -> Any:
    """The Gradio application (a `gr.Blocks`) around `page`."""
    desk = page.desk
    calls = (
        page.begin, page.state, page.open_article, page.newest, page.judge, page.stop, page.plan, page.upload, page.add_page,
        page.catch_up, desk.list_sources, desk.edit_form, desk.edit, desk.reread, desk.remove, desk.restore,
    )  # fmt: skip
    with gr.Blocks(title="Ask your sources", analytics_enabled=False, fill_width=True) as blocks:
        shell = gr.HTML(
            html_template=SHELL,
            js_on_load=START,
            apply_default_css=False,
            server_functions=[_server_function(call) for call in calls],
        )
        channel = gr.HTML(html_template="", js_on_load=FORWARD, elem_classes=["reader-channel"])
        event = shell.ask(
            _event_stream(page.ask),
            outputs=channel,
            show_progress="hidden",
            trigger_mode="multiple",
            api_visibility="private",
        )
        # Also after a lost connection, so that the page never waits for ever.
        over = "() => { window.dispatchEvent(new Event('reader:ask-over')); }"
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


def _span(request: Mapping[str, Any]) -> Span | None:
    start, end = request.get("start"), request.get("end")
    return Span(start, end) if isinstance(start, int) and isinstance(end, int) else None


def _filters(request: Mapping[str, Any]) -> Filters:
    return Filters(
        publishers=texts_of(request, "publishers"),
        sources=texts_of(request, "sources"),
        since=_date(text_of(request, "since")),
        until=_date(text_of(request, "until")),
    )


def _date(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None
