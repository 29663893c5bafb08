"""`Assistant.ask(question, history) -> Answer`: the steps of the map, in order.

In: a sources folder and questions. Out: answers whose every citation was checked against the file just before.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.citations import Citations
from assistant.compound import answer_each, merged, questions
from assistant.conversation import is_follow_up
from assistant.corrections import Corrections, in_words, stands_in
from assistant.differences import differences, notices, shortened
from assistant.encoder import OnnxEncoder, TorchEncoder, open_encoder
from assistant.errors import SettingsError
from assistant.exchange import Asked, Gathered, checked_question, turns
from assistant.freshness import Freshness
from assistant.fulltext import document_frequency, texts_with_prefix
from assistant.furniture import LearntFurniture
from assistant.library import Library
from assistant.narrowing import nothing_within
from assistant.questions import DOUBTS, GREETING, THANKS, is_broad, is_content_free, is_small_talk
from assistant.quoting import QuotingAnswerer
from assistant.reader import READ_HITS, Reader, open_reader, read_hits
from assistant.records import DocumentSummary
from assistant.retrieval import Retriever
from assistant.scanning import Progress, ScanReport
from assistant.scoring import Scorer
from assistant.settings import NO_READER, Settings
from assistant.spelling import Spelling, mended
from assistant.suggestions import suggestions
from assistant.types import (
    Abstained,
    AbstainEvent,
    AbstainReason,
    Answer,
    Answerer,
    Citation,
    Document,
    Event,
    Filters,
    Hit,
    NoticeEvent,
    StatementEvent,
    Turn,
    UnderstoodEvent,
)
from assistant.vectors import Neighbours, open_neighbours

if TYPE_CHECKING:
    from assistant.generation.models import Model
    from assistant.judging import Judge

log = logging.getLogger(__name__)

NOT_INDEXED = "The sources folder is not indexed yet."
"""Shown below the notice that says what to run."""
GONE = "Most or all of the sources are not in their folder now, and what is left does not answer this."
"""Shown below the notice that says how many, and what to do."""

@dataclass(frozen=True, slots=True)
class Overview:
    """What the library holds. Dates are ISO, None where no document has one."""

    n_documents: int
    n_passages: int
    publishers: tuple[str, ...]
    first: str | None
    last: str | None


class Assistant:
    """A library one can ask. Safe to use from several threads."""

    def __init__(self, settings: Settings, *, notify: Callable[[str], None] = log.info) -> None:
        self.settings = settings
        self.library = Library(settings, encoder=lambda: self.encoder, notify=notify)
        self._notify = notify
        self.freshness = Freshness(self.library)
        self._encoder_lock = threading.Lock()
        self._loaded: OnnxEncoder | TorchEncoder | None = None

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

    @cached_property
    def reader(self) -> Reader | None:
        """Loaded when first needed; None where the settings name none."""
        return open_reader(self.settings.reader, notify=self._notify)

    @cached_property
    def judge(self) -> Judge | None:
        """Loaded when first needed; None where the settings want nothing read."""
        from assistant.judging import open_judge

        return None if self.settings.reader == NO_READER else open_judge()

    @cached_property
    def _neighbours(self) -> Neighbours:
        settings = self.settings
        return open_neighbours(settings.neighbours, self.library.catalog, settings.index / "chroma")

    @cached_property
    def _retriever(self) -> Retriever:
        return Retriever(self.library.catalog, self._neighbours, self.encoder, corrections=self._corrections, furniture=self._furniture)

    @cached_property
    def _furniture(self) -> LearntFurniture:
        return LearntFurniture(self.library.catalog)

    @cached_property
    def _corrections(self) -> Corrections:
        return Corrections(self.library.catalog)

    @cached_property
    def _answerer(self) -> Answerer:
        if self.model is not None:
            return _generation(self, self.model)
        return self._offline

    @cached_property
    def model(self) -> Model | None:
        """The language model that was named; None where none was.

        Raises:
            SettingsError: If it cannot be used.
        """
        if self.settings.model == "none":
            return None
        from assistant.generation.models import open_model

        return open_model(self.settings)

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer(self.encoder)

    @cached_property
    def _spelling(self) -> Spelling:
        catalog = self.library.catalog
        return Spelling(
            frequency=partial(document_frequency, catalog),
            texts_with_prefix=partial(texts_with_prefix, catalog),
            count_tokens=lambda word: self.encoder.count_tokens(word),  # loaded when a word is in doubt, not before
        )

    @cached_property
    def _offline(self) -> Answerer:
        """Who answers without a language model."""
        try:
            return ANSWERERS[self.settings.answerer](self)
        except KeyError:
            known = ", ".join(ANSWERERS)
            raise SettingsError(f"answerer is '{self.settings.answerer}', which is none of: {known}.") from None

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
        for event in self._events(question, turns(history), filters, gathered):
            gathered.take(event)
            yield event
        gathered.timings_ms["answer"] = 1000 * (time.perf_counter() - started) - sum(gathered.timings_ms.values())
        model = self.model
        yield gathered.answer(self._answerer.name, model=model.name if model else None, where=model.where if model else None)

    def _events(
        self, question: str, history: Sequence[Turn], filters: Filters, gathered: Gathered
    ) -> Iterator[Event]:
        if is_small_talk(question):
            yield AbstainEvent(Abstained(AbstainReason.NOT_A_QUESTION, self._small_talk(question)))
            return
        for notice in self.refresh():
            gathered.stale = True
            yield NoticeEvent(notice)
        if self.library.catalog.counts()[0] == 0:
            message = NOT_INDEXED if gathered.stale else self._no_sources()
            yield AbstainEvent(Abstained(AbstainReason.NO_SOURCES, message))
            return
        if self.library.catalog.allowed(filters) == set():
            yield from self._undated(filters)
            yield AbstainEvent(Abstained(AbstainReason.NOT_IN_SOURCES, nothing_within(filters, self.documents())))
            return
        proposal = yield from self._proposal(question, history, gathered)
        asked = questions(question, history, answer_to=self._answer_to(filters), proposal=proposal)
        slips = self._spelling.slips(" ".join(asked))
        for slip in slips:
            yield NoticeEvent(f"No source has “{slip.written}”; it is read as “{slip.meant}”.")
        found = [self._found(mended(each, slips), filters, gathered) for each in asked]
        gathered.standalone = " ".join(each for each, _ in found)
        gathered.hits = tuple(merged([hits for _, hits in found], self.settings.top_k))
        if gathered.standalone not in (question, mended(question, slips)):
            yield UnderstoodEvent(gathered.standalone)
        yield from self._undated(filters)
        for notice in dict.fromkeys(notice for each, _ in found for notice in self._superseded(each, filters)):
            yield NoticeEvent(notice)
        cited: list[Citation] = []
        for event in self._answered(found, gathered):
            if isinstance(event, StatementEvent):
                cited += event.citations
            yield event
        for notice in notices(cited, gathered.hits):
            yield NoticeEvent(notice)

    def _answered(self, found: list[tuple[str, list[Hit]]], gathered: Gathered) -> Iterator[Event]:
        if len(found) == 1 or self.model is not None:
            events = self._answerer.answer(gathered.standalone, gathered.hits)
        else:
            events = answer_each(self._offline, found, Citations(self.library.catalog.document_by_source))
        for event in events:
            lost = isinstance(event, AbstainEvent) and self.freshness.vanished
            yield AbstainEvent(Abstained(AbstainReason.NO_SOURCES, GONE)) if lost else event

    def _found(self, question: str, filters: Filters, gathered: Gathered) -> tuple[str, list[Hit]]:
        """A question and what may answer it."""
        started = time.perf_counter()
        hits = self._retrieved(question, filters)
        gathered.timings_ms["retrieve"] = gathered.timings_ms.get("retrieve", 0.0) + 1000 * (time.perf_counter() - started)
        return question, self._read(question, hits)

    def _proposal(self, question: str, history: Sequence[Turn], gathered: Gathered) -> Generator[Event, None, str | None]:
        """What the model, if one was named, makes of a follow-up; None where there is no model or nothing to lean on."""
        if self.model is None or not is_follow_up(question, history):
            return None
        from assistant.generation.rewriting import propose

        started = time.perf_counter()
        proposal = yield from propose(self.model, question, history)
        gathered.timings_ms["rewrite"] = 1000 * (time.perf_counter() - started)
        return proposal

    def _superseded(self, question: str, filters: Filters) -> list[str]:
        """A notice for each superseded document that would have been quoted, in words that its later version does not have."""
        older = self._corrections.among(self.library.catalog.allowed(filters))
        if not older or is_content_free(question):
            return []
        hits = self._retrieved(question, filters, superseded=True)
        if not any(hit.document.id in older for hit in hits):
            return []
        read = self._read(question, hits)
        cited = [c for event in self._offline.answer(question, read) if isinstance(event, StatementEvent) for c in event.citations]
        said: dict[str, str] = {}
        for citation in cited:
            newer = older.get(citation.document_id)
            document = self.library.catalog.document(newer.id) if newer else None
            if document and not stands_in(citation.quote, document.text):
                said.setdefault(citation.document_id, shortened(citation.quote))
        newest = [c for c in cited if c.document_id not in older]
        for other in differences(newest, hits, versions=lambda hit, old: _is_of(older.get(old.document.id), hit)):
            said.setdefault(other.document.id, other.quote)
        summaries = {document.id: document for document in self.documents()}
        return [in_words(summaries[old], older[old], said=quote) for old, quote in said.items() if old in summaries]

    def superseded(self) -> dict[str, str]:
        """Sources that are superseded by a later version of the same article, with the source of that."""
        summaries = {document.id: document.source for document in self.documents()}
        found = self._corrections.among(None)
        return {summaries[older]: newer.source for older, newer in found.items() if older in summaries}

    def search(self, query: str, *, top_k: int = 10, filters: Filters = Filters()) -> list[Hit]:
        """The passages nearest to a query, best first, those of superseded documents among them."""
        self.refresh()
        found = self._retriever.retrieve(checked_question(query), top_k=top_k, filters=filters, superseded=True)
        return self._current(found)

    def _retrieved(self, question: str, filters: Filters, *, superseded: bool = False) -> list[Hit]:
        """What an answer is looked for in, as retrieval orders it; as many hits as the reader reads, if one does."""
        if is_content_free(question):
            return self._current(self._retriever.newest(top_k=self.settings.top_k, filters=filters))
        n = max(self.settings.top_k, READ_HITS) if self._reader_for(question) else self.settings.top_k
        return self._current(self._retriever.retrieve(question, top_k=n, filters=filters, superseded=superseded))

    def _read(self, question: str, hits: list[Hit]) -> list[Hit]:
        """The best `top_k` of them, by the reader where one reads."""
        if reader := self._reader_for(question):
            hits = read_hits(reader, question, hits)
        return hits[: self.settings.top_k]

    def _reader_for(self, question: str) -> Reader | None:
        """An overview is of what is nearest, not of what answers, and is not read."""
        return None if is_broad(question) else self.reader

    def _current(self, hits: Sequence[Hit]) -> list[Hit]:
        """The hits whose file still holds the text they were read from; a quote is never shown from any other."""
        current = {document.id: self.library.is_current(document) for document in {h.document for h in hits}}
        copies = {place.source for hit in hits for place in hit.also_in}
        documents = {source: self.library.catalog.document_by_source(source) for source in copies}
        there = {source for source, document in documents.items() if document and self.library.is_current(document)}
        kept = [hit for hit in hits if current[hit.document.id]]
        return [
            replace(hit, rank=rank, also_in=tuple(place for place in hit.also_in if place.source in there))
            for rank, hit in enumerate(kept, start=1)
        ]

    def _answer_to(self, filters: Filters) -> Callable[[str], str]:
        """For history without answers: what an earlier question would be answered."""

        def answer_to(earlier: str) -> str:
            events = self._offline.answer(earlier, self._read(earlier, self._retrieved(earlier, filters)))
            return " ".join(e.statement.text for e in events if isinstance(e, StatementEvent))

        return answer_to

    def _small_talk(self, question: str) -> str:
        overview = self.overview()
        if overview.n_documents == 0:
            return "Hello. " + self._no_sources()
        documents = f"the {overview.n_documents} documents" if overview.n_documents > 1 else "the one document"
        opening = "Hello. " if GREETING.match(question) else "You are welcome. " if THANKS.match(question) else ""
        if DOUBTS.match(question):
            return "Each sentence is held to the words it cites. Open a citation to read what stands around them, or ask for what you doubt."
        examples = " ".join(f"“{example}”" for example in self.suggestions(2))
        asking = f" Ask, for example: {examples}" if examples else ""
        return f"{opening}I answer from {documents} in your sources folder and show where each sentence stands.{asking}"

    def _no_sources(self) -> str:
        return (
            f"There is nothing in the sources folder '{self.settings.sources}' that can be read yet. "
            + ("Put documents there; they are read at once." if self.freshness.in_background else "Put documents there, or run: assistant add FILE")
        )

    def _undated(self, filters: Filters) -> Iterator[Event]:
        """How many undated documents a filter by date left out, of those that the other filters let through."""
        if not filters.by_date:
            return
        allowed = self.library.catalog.allowed(replace(filters, since=None, until=None))
        if n_undated := sum(d.published is None and (allowed is None or d.id in allowed) for d in self.documents()):
            documents = "1 undated document was" if n_undated == 1 else f"{n_undated} undated documents were"
            yield NoticeEvent(f"{documents} left out by the date filter.")

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
        documents = self.documents()
        dates = sorted(d.published[:10] for d in documents if d.published)
        return Overview(
            n_documents=len(documents),
            n_passages=sum(d.n_passages for d in documents),
            publishers=tuple(sorted({d.publisher for d in documents if d.publisher})),
            first=dates[0] if dates else None,
            last=dates[-1] if dates else None,
        )

    def suggestions(self, n: int) -> list[str]:
        """Up to `n` questions that these sources answer."""
        return suggestions(self.library.catalog, n, furniture=self._furniture.now())

    def feedback(self, record: dict[str, Any]) -> None:
        """Append what a person thought of an answer to `keep/feedback.jsonl`."""
        self.settings.keep.mkdir(parents=True, exist_ok=True)
        with (self.settings.keep / "feedback.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _is_of(summary: DocumentSummary | None, hit: Hit) -> bool:
    return summary is not None and summary.id == hit.document.id


def _quoting(assistant: Assistant) -> QuotingAnswerer:
    catalog = assistant.library.catalog
    return QuotingAnswerer(
        assistant._scorer,
        frequency=partial(document_frequency, catalog),
        n_passages=lambda: catalog.counts()[1],
        document_by_source=catalog.document_by_source,
    )


def _generation(assistant: Assistant, model: Model) -> Answerer:
    from assistant.generation.writing import GeneratingAnswerer

    return GeneratingAnswerer(
        model,
        quoting=_quoting(assistant),
        embed=assistant._scorer.vectors,
        judge=lambda: assistant.judge,
        document_by_source=assistant.library.catalog.document_by_source,
    )


ANSWERERS: dict[str, Callable[[Assistant], Answerer]] = {"quoting": _quoting}
