"""A stand-in for `assistant.Assistant` with scripted answers, to build and test the page on."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from assistant.errors import SourceError
from assistant.folder import Failure
from assistant.records import DocumentSummary, Overview
from assistant.scanning import Look, ScanReport
from assistant.settings import Settings
from assistant.types import (
    Abstained,
    AbstainEvent,
    AbstainReason,
    Answer,
    Citation,
    Claim,
    Disagreement,
    DisagreementEvent,
    Document,
    Event,
    Filters,
    Hit,
    Passage,
    Place,
    Statement,
    StatementEvent,
    Support,
    Turn,
    UnderstoodEvent,
)


def document_of(source: str, text: str, **facts: str | None) -> Document:
    """A document whose id follows from its source and text, as the real one's does."""
    key = f"{source}\0{text}".encode("utf-8", "surrogatepass")
    return Document(hashlib.sha256(key).hexdigest()[:16], source, text, **facts)  # type: ignore[arg-type]


def cite(document: Document, quote: str, number: int, **more: Any) -> Citation:
    start = document.text.index(quote)
    return Citation(
        number=number,
        document_id=document.id,
        source=document.source,
        start=start,
        end=start + len(quote),
        quote=quote,
        line=document.line_of(start),
        title=document.title,
        publisher=document.publisher,
        published=document.published,
        url=document.url,
        **more,
    )


@dataclass
class FakeLibrary:
    """What the page asks of a library, around the documents of a `FakeAssistant`; it is its own catalog."""

    assistant: FakeAssistant

    @property
    def catalog(self) -> FakeLibrary:
        return self

    @property
    def generation(self) -> int:
        return hash(tuple(self.assistant.by_id))

    @property
    def settings(self) -> Settings:
        return self.assistant.settings

    def documents(self) -> list[DocumentSummary]:
        return self.assistant.documents()

    def files(self) -> dict[str, Any]:
        return {}

    def look(self) -> Look:
        return Look({}, (), (), ())

    def path_of(self, source: str) -> Path:
        return self.assistant.sources_dir / source

    is_mirrored = True

    def mirror(self) -> int:
        return 0


@dataclass
class FakeAssistant:
    """Scripted by question: a word of the question chooses the answer.

    `pause_s` lies between two pieces of an answer, so that a test can watch it stream.
    """

    data: Path
    sources_dir: Path
    by_id: dict[str, Document] = field(default_factory=dict)
    pause_s: float = 0.0
    asked: list[tuple[str, tuple[Turn, ...], Filters]] = field(default_factory=list)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    model: Any = None
    turn: Any = field(default_factory=threading.Lock)
    freshness: Any = field(default_factory=SimpleNamespace)

    @property
    def settings(self) -> Settings:
        return Settings(sources=self.sources_dir, data=self.data)

    @property
    def library(self) -> FakeLibrary:
        return FakeLibrary(self)

    def hold(self, document: Document) -> Document:
        self.by_id[document.id] = document
        return document

    def named(self, source: str) -> Document:
        return next(each for each in self.by_id.values() if each.source == source)

    def stream(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> Iterator[Event | Answer]:
        self.asked.append((question, tuple(history), filters or Filters()))
        time.sleep(self.pause_s)
        if "fail" in question:
            raise SourceError("cnn.txt cannot be read: permission denied. Mend that and ask again.")
        if "crash" in question:
            raise RuntimeError("a bug")
        if "moon" in question:
            yield from self._declined(question)
        elif "large" in question or "deficit" in question:
            yield from self._disagreeing(question)
        elif "written" in question:
            yield from self._written(question)
        else:
            yield from self._quoted(question)

    def _whole(self, question: str, events: list[Event], **more: Any) -> Iterator[Event | Answer]:
        answer = Answer(question, more.pop("standalone", question))
        if answer.standalone_question != question:
            yield UnderstoodEvent(answer.standalone_question)
        statements, citations, disagreements = [], [], []
        for event in events:
            time.sleep(self.pause_s)
            yield event
            if isinstance(event, StatementEvent):
                statements.append(event.statement)
                citations.extend(event.citations)
            if isinstance(event, DisagreementEvent):
                disagreements.append(event.disagreement)
        time.sleep(self.pause_s)
        yield Answer(
            answer.question,
            answer.standalone_question,
            statements=tuple(statements),
            citations=tuple(citations),
            disagreements=tuple(disagreements),
            hits=self._hits(),
            timings_ms={"retrieve": 6.1, "answer": 3.0},
            reworded=answer.standalone_question != question,
            **more,
        )

    def _hits(self) -> tuple[Hit, ...]:
        hits = []
        for rank, document in enumerate(self.by_id.values(), 1):
            paragraphs = [each for each in re.split(r"\n+", document.text) if len(each) > 80]
            if not paragraphs:
                continue
            start = document.text.index(paragraphs[-1])
            passage = Passage(document.id, start, start + len(paragraphs[-1]), paragraphs[-1])
            hits.append(Hit(passage, document, score=1 / rank, rank=rank, similarity=0.5))
        return tuple(hits[:5])

    def _quoted(self, question: str) -> Iterator[Event | Answer]:
        one, two = self.named("harbour-post.txt"), self.named("northwire.txt")
        quotes = [
            (one, "South Korea faces 25% “reciprocal” tariffs on most of its exports 🚢."),
            (one, "Cars and steel are hit by separate duties."),
            (two, "The leaders spoke by telephone for 28 minutes on Tuesday."),
        ]
        events: list[Event] = []
        for number, (document, quote) in enumerate(quotes, 1):
            also = (Place("northwire.txt", 9, 167),) if number == 1 else ()
            statement = Statement(quote, (number,))
            events.append(StatementEvent(statement, (cite(document, quote, number, also_in=also),)))
        yield from self._whole(question, events, standalone=f"{question} South Korea")

    def _written(self, question: str) -> Iterator[Event | Answer]:
        one, two = self.named("harbour-post.txt"), self.named("northwire.txt")
        first = cite(
            one, "South Korea faces 25% “reciprocal” tariffs on most of its exports 🚢.", 1
        )
        second = cite(two, "The leaders spoke by telephone for 28 minutes on Tuesday.", 2)
        events: list[Event] = [
            StatementEvent(
                Statement("Most exports face a tariff of 25%.", (1,), Support.SUPPORTED), (first,)
            ),
            StatementEvent(
                Statement("Leaders talked for half an hour on Tuesday.", (2, 1), Support.PARTLY),
                (second,),
            ),
            StatementEvent(Statement("A deal is near.", (), Support.UNSUPPORTED), ()),
        ]
        yield from self._whole(question, events, answerer="generation", model="scripted:one")

    def _disagreeing(self, question: str) -> Iterator[Event | Answer]:
        one, two = self.named("harbour-post.txt"), self.named("northwire.txt")
        first = cite(one, "The surplus with the United States was $55.7 billion in 2024.", 1)
        second = cite(two, "Washington puts its deficit with Seoul at $66 billion.", 2)
        about = "the trade balance between South Korea and the United States in 2024"
        values = (Claim("$55.7 billion", 1), Claim("$66 billion", 2))
        events: list[Event] = [
            StatementEvent(Statement(first.quote, (1,)), (first,)),
            StatementEvent(Statement(second.quote, (2,)), (second,)),
            DisagreementEvent(Disagreement(about, values)),
        ]
        notices = ("1 document has no date and was left out of the date range.",)
        yield from self._whole(question, events, notices=notices)

    def _declined(self, question: str) -> Iterator[Event | Answer]:
        abstained = Abstained(
            AbstainReason.NOT_IN_SOURCES, "None of your documents says anything that answers this."
        )
        yield from self._whole(question, [AbstainEvent(abstained)], abstained=abstained)

    def document(self, document_id: str) -> Document | None:
        return self.by_id.get(document_id)

    def documents(self) -> list[DocumentSummary]:
        return [
            DocumentSummary(d.id, d.source, d.title, d.publisher, d.author, d.published, d.url, 3)
            for d in self.by_id.values()
        ]

    def overview(self) -> Overview:
        dates = sorted(each.published for each in self.by_id.values() if each.published)
        publishers = {each.publisher for each in self.by_id.values() if each.publisher}
        first, last = (dates[0][:10], dates[-1][:10]) if dates else (None, None)
        return Overview(len(self.by_id), 3, tuple(sorted(publishers)), first, last)

    def suggestions(self, n: int) -> list[str]:
        return [
            "What tariffs does South Korea face?",
            "How large is the trade deficit?",
            "How long did the leaders speak?",
        ][: n if self.by_id else 0]

    def superseded(self) -> dict[str, str]:
        return {}

    def sync(self, **options: object) -> ScanReport:
        return ScanReport(unchanged=len(self.by_id))

    def add(
        self, paths: Sequence[Path], *, progress: Callable[[int, int, str], None] | None = None, mirror: bool = True
    ) -> ScanReport:
        added, failed, unchanged = [], [], 0
        for done, path in enumerate(paths):
            if progress:
                progress(done, len(paths), path.name)
            time.sleep(self.pause_s)
            if path.suffix not in (".txt", ".md"):
                reason = f"{path.suffix or 'no suffix'} is not a kind of file that can be read."
                failed.append(Failure(str(path), reason))
                continue
            text = path.read_text("utf-8", errors="replace")
            document = document_of(path.name, text)
            if document.id in self.by_id:
                unchanged += 1
                continue
            shutil.copy(path, self.sources_dir / path.name)
            self.hold(document)
            added.append(path.name)
        return ScanReport(tuple(added), failed=tuple(failed), unchanged=unchanged)

    def feedback(self, record: dict[str, Any]) -> None:
        self.verdicts.append(record)
