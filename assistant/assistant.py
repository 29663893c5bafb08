"""`Assistant.ask(question, history) -> Answer`: a library with all that one can do to it and ask of it.

In: a sources folder and questions. Out: answers whose every citation was checked against the file just before.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answering import Answering
from assistant.encoder import OnnxEncoder, TorchEncoder, open_encoder
from assistant.exchange import Asked, Gathered, checked_question, turns
from assistant.freshness import Freshness
from assistant.indexing import of_another
from assistant.library import Library
from assistant.reader import Reader
from assistant.records import DocumentSummary, Overview, overview_of
from assistant.scanning import Progress, ScanReport
from assistant.settings import Settings
from assistant.suggestions import suggestions
from assistant.types import Answer, Document, Event, Filters, Hit

if TYPE_CHECKING:
    from assistant.generation.models import Model

log = logging.getLogger(__name__)


class Assistant:
    """A library one can ask. Safe to use from several threads."""

    def __init__(self, settings: Settings, *, notify: Callable[[str], None] = log.info) -> None:
        self.settings = settings
        self.library = Library(settings, encoder=lambda: self.encoder, notify=notify)
        self._notify = notify
        self.freshness = Freshness(self.library)
        self._encoder_lock = threading.Lock()
        self._loaded: OnnxEncoder | TorchEncoder | None = None
        self.answering = Answering(settings, self.library, self.freshness, encoder=lambda: self.encoder, notify=notify)

    @classmethod
    def open(
        cls,
        sources: str | Path = "sources",
        *,
        data: str | Path | None = None,
        settings: Settings | None = None,
        notify: Callable[[str], None] = log.info,
    ) -> Assistant:
        """Open a sources folder; the index is brought up to date when first asked.

        Args:
            sources: The folder to answer from.
            data: Where the index goes; by default `.assistant` beside the sources folder.
            settings: All settings at once, in place of the two above.

        Raises:
            LibraryError: If the folder is missing, or the index is of another folder or encoder.
        """
        if settings is None:
            beside = Path(sources).resolve().parent / ".assistant"
            settings = Settings(sources=Path(sources), data=Path(data) if data else beside)
        assistant = cls(settings, notify=notify)
        assistant.library.open()
        return assistant

    @property
    def data(self) -> Path:
        return self.settings.data

    @property
    def encoder(self) -> OnnxEncoder | TorchEncoder:
        """Loaded when first needed."""
        with self._encoder_lock:
            if self._loaded is None:
                self._loaded = open_encoder(self.settings.encoder, notify=self._notify)
            return self._loaded

    @property
    def reader(self) -> Reader | None:
        """Loaded when first needed; None where the settings name none."""
        return self.answering.reader

    @property
    def model(self) -> Model | None:
        """The language model that was named; None where none was.

        Raises:
            SettingsError: If it cannot be used.
        """
        return self.answering.model

    # Asking

    def ask(self, question: str, *, history: Sequence[Asked] = (), filters: Filters = Filters()) -> Answer:
        """Answer from the sources, or decline.

        Args:
            question: Up to MAX_QUESTION_CHARS characters.
            history: What was asked (and answered) before, oldest first.
            filters: Which documents may answer.

        Raises:
            AssistantError: If the index cannot be read.
            ValueError: If the question is empty or too long.
        """
        *_, answer = self.stream(question, history=history, filters=filters)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self, question: str, *, history: Sequence[Asked] = (), filters: Filters = Filters()
    ) -> Iterator[Event | Answer]:
        """The same piece by piece: events as they are ready, and the whole `Answer` last."""
        question = checked_question(question)
        gathered = Gathered(question)
        started = time.perf_counter()
        for event in self.answering.events(question, turns(history), filters, gathered):
            gathered.take(event)
            yield event
        gathered.timings_ms["answer"] = 1000 * (time.perf_counter() - started) - sum(gathered.timings_ms.values())
        model = self.model
        yield gathered.answer(self.answering.answerer.name, model=model.name if model else None, where=model.where if model else None)

    def superseded(self) -> dict[str, str]:
        """Sources that are superseded by a later version of the same article, with the source of that."""
        summaries = {document.id: document.source for document in self.documents()}
        found = self.answering.corrections.among(None)
        return {summaries[older]: newer.source for older, newer in found.items() if older in summaries}

    def search(self, query: str, *, top_k: int = 10, filters: Filters = Filters()) -> list[Hit]:
        """The passages nearest to a query, best first, those of superseded documents among them."""
        self.refresh()
        found = self.answering.retriever.retrieve(checked_question(query), top_k=top_k, filters=filters, superseded=True)
        return self.answering.current(found)

    # The folder

    @property
    def turn(self) -> threading.Lock:
        """Held by whoever of this process brings the index up to date."""
        return self.freshness.turn

    def refresh(self) -> list[str]:
        """Bring the index up to the folder where that is quick; a notice where it is not."""
        return self.freshness.refresh()

    def sync(self, *, progress: Progress | None = None, allow_empty: bool = False, retry: bool = True) -> ScanReport:
        """Make the index mirror the folder; see `Library.sync`."""
        report = self.library.sync(progress=progress, allow_empty=allow_empty, retry=retry)
        self.freshness.look_again()
        return report

    def discard_index(self, *, allow_empty: bool = False) -> None:
        """Delete the index, once it is sure that the encoder can be opened to make it anew; see `Library.discard_index`.

        Raises:
            EncoderError: If it cannot be; nothing is deleted then.
        """
        _ = self.encoder
        self.library.discard_index(allow_empty=allow_empty)

    def built_otherwise(self) -> str | None:
        """That the index is of another encoder than is at hand, as of one made in an earlier way, in words; None where it is not.

        It answers, but takes nothing in until it is made anew.

        Raises:
            EncoderError: If the encoder cannot be opened.
        """
        catalog = self.library.catalog
        return of_another(self.encoder, self.settings, catalog) if catalog.counts()[0] else None

    def add(self, paths: Sequence[Path], *, progress: Progress | None = None, mirror: bool = True) -> ScanReport:
        """Copy files into the sources folder, never over a different one, and index them; see `Library.add`."""
        report = self.library.add(paths, progress=progress, mirror=mirror)
        self.freshness.look_again()
        return report

    # What is there

    def document(self, document_id: str) -> Document | None:
        """A document by id; None when the index, or the file itself, no longer has it in that form."""
        document = self.library.catalog.document(document_id)
        return document if document and self.library.is_current(document) else None

    def documents(self) -> list[DocumentSummary]:
        """All documents, by source."""
        return self.library.catalog.documents()

    def overview(self) -> Overview:
        """What the library holds."""
        return overview_of(self.documents())

    def unknown_publisher(self, names: Sequence[str]) -> str:
        """What to say of the first of `names` that no document is by; empty where all are known, or nothing is indexed that could be.

        The folder is looked at before a name is called unknown: its file may lie there already.
        """
        unknown = self._by_nobody(names)
        notices = self.refresh() if unknown else []
        known = self.overview().publishers
        unknown = self._by_nobody(unknown)
        if not unknown or not self.library.catalog.counts()[0]:
            return ""
        there = f"Publishers: {', '.join(known)}." if known else "No document states its publisher."
        return " ".join([f"No document is by '{unknown[0]}'. {there}", *notices])

    def _by_nobody(self, publishers: Sequence[str]) -> list[str]:
        known = {publisher.casefold() for publisher in self.overview().publishers}
        return [name for name in publishers if name.casefold() not in known]

    def suggestions(self, n: int) -> list[str]:
        """Up to `n` questions that these sources answer."""
        return suggestions(self.library.catalog, n, furniture=self.answering.furniture.now())

    def feedback(self, record: dict[str, Any]) -> None:
        """Append what a person thought of an answer to `keep/feedback.jsonl`."""
        self.settings.keep.mkdir(parents=True, exist_ok=True)
        with (self.settings.keep / "feedback.jsonl").open("a", encoding="utf-8") as file:
            # ASCII only: some characters of a source (U+2028) would otherwise end a line.
            file.write(json.dumps(record) + "\n")
