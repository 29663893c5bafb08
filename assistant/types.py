"""The nouns that the whole project speaks in, and the seams between its parts. Imports nothing of ours.

Every offset is a count of Unicode code points into `Document.text`; every span is half open, `start <= i < end`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]


class Span(NamedTuple):
    """A half-open stretch of a text, in code points."""

    start: int
    end: int

    def overlaps(self, other: tuple[int, int]) -> bool:
        """Whether both have a character in common."""
        return self.start < other[1] and other[0] < self.end

    def holds(self, other: tuple[int, int]) -> bool:
        """Whether the other lies within it, or is the same."""
        return self.start <= other[0] and other[1] <= self.end


PLAIN = frozenset((".txt", ".text", ".md", ".markdown"))
"""Suffixes of sources whose text is the file's own, line by line."""
MISNAMED = "Its name ends in"
"""How the warning begins that a file was read as another kind than its name says."""


@dataclass(frozen=True, slots=True)
class Document:
    """A source once read. What the source does not say about itself is None, never guessed.

    Attributes:
        id: 16 hex digits drawn from `source` and `sha256`; another content is another id.
        source: Path relative to the sources folder, with `/`.
        text: The text all offsets point into; never edited.
        title, publisher, author: As the source states them.
        published: ISO 8601, `2025-04-09`, or `2025-04-09T20:00` where the source gives a time.
        url: Where the source says it stands on the web.
        sha256: Of the file's bytes.
        pages: Where each page (or slide) starts, ascending from 0; empty where the source has none.
        warnings: What a reader should know of how it was read, one sentence each.
        fetched: When its page was fetched from the web, ISO 8601 in UTC.
    """

    id: str
    source: str
    text: str = field(repr=False)
    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    published: str | None = None
    url: str | None = None
    sha256: str = ""
    pages: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    fetched: str | None = None

    def line_of(self, offset: int) -> int | None:
        """The line of `offset` in the file, counted in `\\n` from 1; None where the text was made from something other than lines."""
        if self.source[self.source.rfind(".") :].lower() not in PLAIN or any(warning.startswith(MISNAMED) for warning in self.warnings):
            return None
        return self.text.count("\n", 0, offset) + 1

    def page_of(self, offset: int) -> int | None:
        """The page of `offset`, counted from 1; None where the source has no pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None


@dataclass(frozen=True, slots=True)
class Passage:
    """What is indexed, retrieved and cited: a span of one document. `id` is `DOCUMENT_ID:START-END`."""

    document_id: str
    start: int
    end: int
    text: str

    @property
    def id(self) -> str:
        return f"{self.document_id}:{self.start}-{self.end}"


class Place(NamedTuple):
    """A span named by its source: another place where the same words stand."""

    source: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of one passage beside one question.

    Attributes:
        odds: For each sentence of the passage the log odds that it answers, against none of them doing so.
        answers: For each sentence the words that would answer, as a span of the passage's text; None where none were marked.
    """

    odds: tuple[float, ...]
    answers: tuple[Span | None, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage found for one query. Rank counts from 1; a higher score is better.

    Attributes:
        similarity: Cosine of query and passage, in [-1, 1].
        also_in: Near-copies of the passage in other places, counted as this one.
        reading: What the reader made of it; None where it was not read.
        furniture: Sentences of the passage and near it that recur across the publisher's articles and are not quoted.
    """

    passage: Passage
    document: Document
    score: float
    rank: int
    similarity: float = 0.0
    also_in: tuple[Place, ...] = ()
    reading: Reading | None = None
    furniture: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents may answer. Empty means all.

    Attributes:
        publishers: Names, compared without case.
        sources: Paths relative to the sources folder.
        since, until: ISO dates, both inclusive; undated documents fall outside either.
    """

    publishers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None

    @property
    def by_date(self) -> bool:
        return self.since is not None or self.until is not None


SORTS = ("source", "title", "publisher", "date", "passages", "added")
"""By what a list of documents can be sorted."""


class Support(StrEnum):
    """How well a statement's citations bear it out."""

    VERBATIM = "verbatim"
    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"


FLAGS = {Support.PARTLY: "only partly borne out", Support.UNSUPPORTED: "not borne out by the sources"}
"""What is said to a reader beside a statement that falls short."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a document, quoted verbatim: `document.text[start:end] == quote`.

    Attributes:
        number: What stands in brackets in the answer, from 1.
        page: From 1, where the source has pages.
        line: Line of the file in which it begins, from 1; None where the text is not the file's own lines.
        also_in: Other places where the same words stand.
    """

    number: int
    document_id: str
    source: str
    start: int
    end: int
    quote: str
    line: int | None
    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    url: str | None = None
    page: int | None = None
    also_in: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer (or the few that must not be parted), with the numbers of its citations.

    `reasons` say, in words, why it is not fully supported.
    """

    text: str
    citations: tuple[int, ...]
    support: Support = Support.VERBATIM
    reasons: tuple[str, ...] = ()

    @property
    def flagged(self) -> str:
        """The text with its citation numbers and, where it falls short, the words that say so: `It did. [1] (only partly borne out)`."""
        flag = [f"({FLAGS[self.support]})"] if self.support in FLAGS else []
        return " ".join([self.text, *(f"[{number}]" for number in self.citations), *flag])


class Claim(NamedTuple):
    """One side of a disagreement."""

    value: str
    citation: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Different values of one kind that documents give for the same thing."""

    about: str
    values: tuple[Claim, ...]


class AbstainReason(StrEnum):
    NOT_IN_SOURCES = "not_in_sources"
    FILTERED = "filtered"
    """The filters leave no document to look through."""
    NO_SOURCES = "no_sources"
    NOT_A_QUESTION = "not_a_question"


@dataclass(frozen=True, slots=True)
class Abstained:
    """Why no answer is given, in a code for programs and a sentence for people."""

    reason: AbstainReason
    message: str


@dataclass(frozen=True, slots=True)
class UnderstoodEvent:
    """The question as it is searched for, where that is more than what was typed with its slips mended; sent before anything is said."""

    standalone_question: str


@dataclass(frozen=True, slots=True)
class StatementEvent:
    """A statement that was checked, with those of its citations that were not shown before."""

    statement: Statement
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class JudgedEvent:
    """What a reader judged before anything is said.

    Attributes:
        confidence: How likely it is that the first statement answers the question, in [0, 1]; calibrated, see `eval/reader/`.
        answer: The words of the first statement that answer, where they are marked.
    """

    confidence: float
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class DisagreementEvent:
    """A disagreement among statements already sent."""

    disagreement: Disagreement


@dataclass(frozen=True, slots=True)
class AbstainEvent:
    """The answerer declines; no statement comes with it."""

    abstained: Abstained


@dataclass(frozen=True, slots=True)
class NoticeEvent:
    """Something the reader should know about how this answer came about."""

    message: str


@dataclass(frozen=True, slots=True)
class WritingEvent:
    """A language model is at work and nothing is whole yet; sent several times a second, so that a reader can stop it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What language models were sent and sent back for an answer.

    Attributes:
        calls: How often a model was asked.
        estimated: The server did not say how many; a token is then taken for four characters.
    """

    prompt_tokens: int = 0
    reply_tokens: int = 0
    calls: int = 0
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.reply_tokens + other.reply_tokens,
            self.calls + other.calls,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """A language model has been asked, and this is what it took."""

    usage: Usage


Event = UnderstoodEvent | StatementEvent | DisagreementEvent | AbstainEvent | NoticeEvent | JudgedEvent | WritingEvent | UsageEvent


@dataclass(frozen=True, slots=True)
class Answer:
    """What `Assistant.ask` returns; `wire.answer_to_json` gives its documented JSON.

    Attributes:
        standalone_question: The question as it was searched for, history worked in.
        answer: The short answer where the answerer marks one.
        stale: The index is behind the sources folder; `notices` says what to run.
        model: The language model that wrote it, `PROVIDER:NAME`; None where none did.
        where: Where that runs: `this machine`, or a host.
        usage: What the model took; None where none was asked.
        timings_ms: Milliseconds by step: `rewrite` (a follow-up, by a model), `retrieve`, `answer`.
        reworded: `standalone_question` is more than the question with its slips of the pen mended, of which notices tell.
    """

    question: str
    standalone_question: str
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    hits: tuple[Hit, ...] = ()
    abstained: Abstained | None = None
    answer: str | None = None
    confidence: float | None = None
    notices: tuple[str, ...] = ()
    stale: bool = False
    answerer: str = "quoting"
    model: str | None = None
    where: str | None = None
    usage: Usage | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    reworded: bool = False

    @property
    def text(self) -> str:
        """The statements in order, each followed by its citation numbers: `... in 2024. [1]`."""
        return " ".join(
            " ".join([statement.text, *(f"[{number}]" for number in statement.citations)])
            for statement in self.statements
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange: what the user asked and, where known, what was answered (without markers)."""

    question: str
    answer: str | None = None


class Encoder(Protocol):
    """Texts to unit vectors. A vector must not depend on the texts it is encoded with."""

    id: str
    dim: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 unit rows, shape `(len(texts), dim)`."""
        ...


class Answerer(Protocol):
    """Question and hits to an answer, piece by piece; each piece is checked before it is yielded."""

    name: str

    def answer(self, question: str, hits: Sequence[Hit]) -> Iterator[Event]: ...
