"""One question -> the events of its answer: the steps of the map, in order.

In: an open library, questions, the turns before them. Out: events, each checked before it is sent; what is used on the way, the reader or a
model, is loaded when first needed.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from assistant.casing import as_written
from assistant.catalog import Catalog
from assistant.citations import Citations
from assistant.compound import answer_each, merged, questions
from assistant.conversation import is_follow_up
from assistant.corrections import Corrections, in_words, stands_in
from assistant.differences import differences, notices, shortened
from assistant.encoder import OnnxEncoder, TorchEncoder
from assistant.errors import SettingsError
from assistant.exchange import Gathered
from assistant.freshness import Freshness
from assistant.fulltext import document_frequency, texts_with_prefix
from assistant.furniture import LearntFurniture
from assistant.library import Library
from assistant.narrowing import nothing_within
from assistant.once import once
from assistant.publishers import Part, named_by, of_another, parts_by_publisher, unknown_outlets
from assistant.questions import asks_for_latest, is_broad, is_content_free, is_small_talk
from assistant.quoting import QuotingAnswerer
from assistant.reader import CONVINCED, READ_HITS, Reader, open_reader, read_hits
from assistant.records import DocumentSummary
from assistant.remembering import Remembering
from assistant.replies import GONE, NOT_INDEXED, no_sources, small_talk
from assistant.retrieval import Retriever
from assistant.scoring import Scorer
from assistant.settings import NO_READER, Settings
from assistant.spelling import Spelling, mended
from assistant.suggestions import suggestions
from assistant.types import (
    Abstained,
    AbstainEvent,
    AbstainReason,
    Answerer,
    Citation,
    Event,
    Filters,
    Hit,
    NoticeEvent,
    StatementEvent,
    Turn,
    UnderstoodEvent,
)
from assistant.vectors import Neighbours, open_neighbours
from assistant.weighing import alternatives

if TYPE_CHECKING:
    from assistant.generation.models import Model
    from assistant.judging import Judge

N_EXAMPLES = 2
"""Questions that a greeting is answered with."""


class Answering:
    """Answers from one library. Safe to use from several threads: what it loads, it loads once."""

    def __init__(
        self, settings: Settings, library: Library, freshness: Freshness, *, encoder: Callable[[], OnnxEncoder | TorchEncoder], notify: Callable[[str], None]
    ) -> None:
        """
        Args:
            encoder: Gives the encoder of the library.
            notify: Told when something will take a while.
        """
        self._settings, self._library, self._freshness = settings, library, freshness
        self._encoder, self._notify = encoder, notify
        self.lock = threading.RLock()  # held while something is loaded

    @property
    def catalog(self) -> Catalog:
        return self._library.catalog

    @once
    def reader(self) -> Reader | None:
        """Loaded when first needed; None where the settings name none."""
        return open_reader(self._settings.reader, notify=self._notify)

    @once
    def judge(self) -> Judge | None:
        """Loaded when first needed; None where the settings want nothing read."""
        from assistant.judging import open_judge

        return None if self._settings.reader == NO_READER else open_judge()

    @once
    def _neighbours(self) -> Neighbours:
        return open_neighbours(self._settings.neighbours, self.catalog, self._settings.index / "chroma")

    @once
    def retriever(self) -> Retriever:
        return Retriever(self.catalog, self._neighbours, self._remembering, corrections=self.corrections, furniture=self.furniture)

    @once
    def furniture(self) -> LearntFurniture:
        return LearntFurniture(self.catalog)

    @once
    def corrections(self) -> Corrections:
        return Corrections(self.catalog)

    @once
    def answerer(self) -> Answerer:
        if self.model is not None:
            return _generation(self, self.model)
        return self._offline

    @once
    def model(self) -> Model | None:
        """The language model that was named; None where none was.

        Raises:
            SettingsError: If it cannot be used.
        """
        if self._settings.model == "none":
            return None
        from assistant.generation.models import open_model

        return open_model(self._settings)

    @once
    def scorer(self) -> Scorer:
        return Scorer(self._remembering)

    @once
    def _remembering(self) -> Remembering:
        return Remembering(self._encoder())

    @once
    def _spelling(self) -> Spelling:
        catalog = self.catalog
        return Spelling(
            frequency=partial(document_frequency, catalog),
            texts_with_prefix=partial(texts_with_prefix, catalog),
            count_tokens=lambda word: self._encoder().count_tokens(word),  # loaded when a word is in doubt, not before
        )

    @once
    def _offline(self) -> QuotingAnswerer:
        """Who answers without a language model."""
        try:
            return ANSWERERS[self._settings.answerer](self)
        except KeyError:
            known = ", ".join(ANSWERERS)
            raise SettingsError(f"answerer is '{self._settings.answerer}', which is none of: {known}.") from None

    # One question

    def events(
        self, question: str, history: Sequence[Turn], filters: Filters, gathered: Gathered
    ) -> Iterator[Event]:
        if is_small_talk(question):
            yield AbstainEvent(Abstained(AbstainReason.NOT_A_QUESTION, self._small_talk(question)))
            return
        for notice in self._freshness.refresh():
            gathered.stale = True
            yield NoticeEvent(notice)
        if self.catalog.counts()[0] == 0:
            message = NOT_INDEXED if gathered.stale else self._nothing_yet()
            yield AbstainEvent(Abstained(AbstainReason.NO_SOURCES, message))
            return
        if self.catalog.allowed(filters) == set():
            yield from self._undated(filters)
            yield AbstainEvent(Abstained(AbstainReason.FILTERED, nothing_within(filters, self.catalog.documents())))
            return
        proposal = yield from self._proposal(question, history, gathered)
        publishers = [name for name in self.catalog.n_by_publisher() if name]
        if (other := of_another(question, [turn.question for turn in history], publishers)) != question:
            asked = [other]
        else:
            asked = questions(question, history, answer_to=self._answer_to(filters), as_written=self._as_written(filters), proposal=proposal)
        slips = self._spelling.slips(" ".join(asked))
        for slip in slips:
            yield NoticeEvent(f"No source has “{slip.written}”; it is read as “{slip.meant}”.")
        found, told = self._found_of([mended(each, slips) for each in asked], publishers, filters, gathered)
        gathered.standalone = " ".join(part.label for part, _ in found)
        gathered.hits = tuple(merged([hits for _, hits in found], self._settings.top_k))
        if gathered.standalone.lower() not in (question.lower(), mended(question, slips).lower()):
            yield UnderstoodEvent(gathered.standalone)
        yield from self._undated(filters)
        for notice in dict.fromkeys((*told, *(notice for part, _ in found for notice in self._superseded(part.text, part.within(filters))))):
            yield NoticeEvent(notice)
        cited: list[Citation] = []
        for event in self._answered(found, gathered):
            if isinstance(event, StatementEvent):
                cited += event.citations
            yield event
        for notice in notices(cited, gathered.hits):
            yield NoticeEvent(notice)

    def _answered(self, found: list[tuple[Part, list[Hit]]], gathered: Gathered) -> Iterator[Event]:
        if len(found) == 1 or self.model is not None:
            events = self.answerer.answer(found[0][0].text if self.model is None else gathered.standalone, gathered.hits)
        else:
            events = answer_each(self._offline, found, Citations(self.catalog.document_by_source))
        for event in events:
            lost = isinstance(event, AbstainEvent) and self._freshness.vanished
            yield AbstainEvent(Abstained(AbstainReason.NO_SOURCES, GONE)) if lost else event

    def _found_of(
        self, asked: Sequence[str], publishers: Sequence[str], filters: Filters, gathered: Gathered
    ) -> tuple[list[tuple[Part, list[Hit]]], list[str]]:
        """What may answer each question, and what is to be said of whose reports were looked at: where those asked for hold nothing, all were."""
        chosen, written = {name.casefold() for name in filters.publishers}, self._as_written(filters)
        allowed = [name for name in publishers if not chosen or name.casefold() in chosen]
        parts = [part for each in asked for part in parts_by_publisher(each, allowed, as_written=written)]
        found, narrowed = [self._found(part, filters, gathered) for part in parts], named_by(parts)
        told = [f"Only what {narrowed} published is looked at, as the question asks."] if narrowed else []
        if narrowed and all(self._offline.declines(part.text, hits) for part, hits in found):
            found = [self._found(Part(each, (), each), filters, gathered) for each in asked]
            told = [f"{narrowed} published nothing that answers this. All sources were looked at."]
        told += [f"No source names “{outlet}” as its publisher." for each in asked for outlet in unknown_outlets(each, publishers)]
        return found, told

    def _found(self, part: Part, filters: Filters, gathered: Gathered) -> tuple[Part, list[Hit]]:
        """A question, its names as the sources write them, and what may answer it."""
        started = time.perf_counter()
        hits = self.retrieved(part.text, part.within(filters))
        gathered.timings_ms["retrieve"] = gathered.timings_ms.get("retrieve", 0.0) + 1000 * (time.perf_counter() - started)
        part = part._replace(text=as_written(part.text, hits))
        return part, self.read(part.text, hits)

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
        older = self.corrections.among(self.catalog.allowed(filters))
        if not older or is_content_free(question):
            return []
        hits = self.retrieved(question, filters, superseded=True)
        if not any(hit.document.id in older for hit in hits):
            return []
        read = self.read(question, hits)
        cited = [c for event in self._offline.answer(question, read) if isinstance(event, StatementEvent) for c in event.citations]
        said: dict[str, str] = {}
        for citation in cited:
            newer = older.get(citation.document_id)
            document = self.catalog.document(newer.id) if newer else None
            if document and not stands_in(citation.quote, document.text):
                said.setdefault(citation.document_id, shortened(citation.quote))
        newest = [c for c in cited if c.document_id not in older]
        for other in differences(newest, hits, versions=lambda hit, old: _is_of(older.get(old.document.id), hit)):
            said.setdefault(other.document.id, other.quote)
        summaries = {document.id: document for document in self.catalog.documents()}
        return [in_words(summaries[old], older[old], said=quote) for old, quote in said.items() if old in summaries]

    def retrieved(self, question: str, filters: Filters, *, superseded: bool = False) -> list[Hit]:
        """What an answer is looked for in, as retrieval orders it; as many hits as the reader reads, if one does."""
        if is_content_free(question):
            return self.current(self.retriever.newest(top_k=self._settings.top_k, filters=filters))
        n = max(self._settings.top_k, READ_HITS) if self._reader_for(question) else self._settings.top_k
        return self.current(self.retriever.retrieve(question, top_k=n, filters=filters, superseded=superseded))

    def read(self, question: str, hits: list[Hit]) -> list[Hit]:
        """The best `top_k` of them, by the reader where one reads. What asks for the newest answer, or for two, no one passage settles."""
        if reader := self._reader_for(question):
            settled = not asks_for_latest(question) and not alternatives(question)
            hits = read_hits(reader, question, hits, convinced=CONVINCED if settled else math.inf)
        return hits[: self._settings.top_k]

    def _reader_for(self, question: str) -> Reader | None:
        """An overview is of what is nearest, not of what answers, and is not read."""
        return None if is_broad(question) else self.reader

    def current(self, hits: Sequence[Hit]) -> list[Hit]:
        """The hits whose file still holds the text they were read from; a quote is never shown from any other."""
        current = {document.id: self._library.is_current(document) for document in {h.document for h in hits}}
        copies = {place.source for hit in hits for place in hit.also_in}
        documents = {source: self.catalog.document_by_source(source) for source in copies}
        there = {source for source, document in documents.items() if document and self._library.is_current(document)}
        kept = [hit for hit in hits if current[hit.document.id]]
        return [
            replace(hit, rank=rank, also_in=tuple(place for place in hit.also_in if place.source in there))
            for rank, hit in enumerate(kept, start=1)
        ]

    def _answer_to(self, filters: Filters) -> Callable[[str], str]:
        """For history without answers: what an earlier question would be answered, found once."""

        @cache
        def answer_to(earlier: str) -> str:
            hits = self.retrieved(earlier, filters)
            earlier = as_written(earlier, hits)
            events = self._offline.answer(earlier, self.read(earlier, hits))
            return " ".join(e.statement.text for e in events if isinstance(e, StatementEvent))

        return answer_to

    def _as_written(self, filters: Filters) -> Callable[[str], str]:
        """For a history in small letters: an earlier question with its names as the sources write them, found once."""

        @cache
        def written(earlier: str) -> str:
            return as_written(earlier, self.retrieved(earlier, filters))

        return written

    def _small_talk(self, said: str) -> str:
        catalog = self.catalog
        n_documents = catalog.counts()[0]
        if n_documents == 0:
            return f"Hello. {self._nothing_yet()}"
        return small_talk(said, n_documents=n_documents, examples=suggestions(catalog, N_EXAMPLES, furniture=self.furniture.now()))

    def _nothing_yet(self) -> str:
        return no_sources(self._settings.sources, read_at_once=self._freshness.in_background is not None)

    def _undated(self, filters: Filters) -> Iterator[Event]:
        """How many undated documents a filter by date left out, of those that the other filters let through."""
        if not filters.by_date:
            return
        allowed = self.catalog.allowed(replace(filters, since=None, until=None))
        if n_undated := sum(d.published is None and (allowed is None or d.id in allowed) for d in self.catalog.documents()):
            documents = "1 undated document was" if n_undated == 1 else f"{n_undated} undated documents were"
            yield NoticeEvent(f"{documents} left out by the date filter.")


def _is_of(summary: DocumentSummary | None, hit: Hit) -> bool:
    return summary is not None and summary.id == hit.document.id


def _quoting(answering: Answering) -> QuotingAnswerer:
    catalog = answering.catalog
    return QuotingAnswerer(
        answering.scorer,
        frequency=partial(document_frequency, catalog),
        n_passages=lambda: catalog.counts()[1],
        document_by_source=catalog.document_by_source,
    )


def _generation(answering: Answering, model: Model) -> Answerer:
    from assistant.generation.writing import GeneratingAnswerer

    return GeneratingAnswerer(
        model,
        quoting=_quoting(answering),
        embed=answering.scorer.vectors,
        judge=lambda: answering.judge,
        document_by_source=answering.catalog.document_by_source,
    )


ANSWERERS: dict[str, Callable[[Answering], QuotingAnswerer]] = {"quoting": _quoting}
