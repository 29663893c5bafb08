"""The JSON that programs send and get, as models: they check what comes in and describe, in the OpenAPI document, what goes out.

What goes out is made by `assistant.wire`; a test holds these models to it, field by field.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.exchange import MAX_QUESTION_CHARS
from assistant.interfaces.requests import MAX_ANSWER_CHARS, MAX_HISTORY, iso_day

Day = Annotated[str, AfterValidator(iso_day), Field(json_schema_extra={"format": "date"}, examples=["2025-04-09"])]


class Sent(BaseModel):
    """A field that is not known is a mistake: a misspelt filter would give an answer from everything."""

    model_config = ConfigDict(extra="forbid")


class Narrowed(Sent):
    """Which documents may answer. Empty means all."""

    publishers: list[str] = Field(default=[], max_length=100, description="Only documents by one of these publishers; case does not matter.")
    sources: list[str] = Field(default=[], max_length=1000, description="Only these documents, by path in the sources folder, or by file name.")
    since: Day | None = Field(default=None, description="Published on this day or later. Undated documents are left out.")
    until: Day | None = Field(default=None, description="Published on this day or before. Undated documents are left out.")


class Message(Sent):
    """One message of an earlier exchange."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=MAX_ANSWER_CHARS)


class Question(Sent):
    """A question, what was asked before it, and which documents may answer."""

    question: str = Field(min_length=1, max_length=MAX_QUESTION_CHARS, examples=["Who leads Korea's delegation?"])
    history: list[Annotated[str, Field(max_length=MAX_QUESTION_CHARS)] | Message] = Field(
        default=[],
        max_length=MAX_HISTORY,
        description="Earlier questions, oldest first, or the messages of both sides. A follow-up is made to stand alone with them.",
    )
    filters: Narrowed = Field(default_factory=Narrowed)


class PlaceJson(BaseModel):
    """Another place where the same words stand."""

    source: str
    start: int
    end: int


class CitationJson(BaseModel):
    """Words of a document, verbatim: characters `start` to `end` of its text, counted in Unicode code points."""

    number: int = Field(ge=1, description="What stands in brackets in `text`.")
    source: str = Field(description="Path in the sources folder.")
    title: str | None
    publisher: str | None
    published: str | None = Field(description="ISO 8601, a day or a day with a time.")
    url: str | None
    page: int | None = Field(description="From 1, where the source has pages.")
    line: int | None = Field(description="Line of the file that `start` is in, from 1, of plain text and Markdown; null where the text is not the file's own lines.")
    start: int
    end: int
    quote: str
    also_in: list[PlaceJson]


class StatementJson(BaseModel):
    """One sentence of an answer, or the few that must not be parted."""

    text: str
    citations: list[int] = Field(description="Numbers of the citations that it rests on.")
    support: Literal["verbatim", "supported", "partly", "unsupported"] = Field(description="How well the citations bear it out.")
    reasons: list[str] = Field(description="Why a model's sentence is not, or only partly, borne out.")


class ClaimJson(BaseModel):
    """One side of a disagreement."""

    value: str
    citation: int


class DisagreementJson(BaseModel):
    """Different values that documents give for the same thing."""

    about: str
    values: list[ClaimJson]


class AbstainedJson(BaseModel):
    """Why no answer is given."""

    reason: Literal["not_in_sources", "filtered", "no_sources", "not_a_question"]
    message: str


class HitJson(BaseModel):
    """A passage that was found, best first."""

    rank: int = Field(ge=1)
    score: float = Field(description="Higher is better; comparable within one query only.")
    source: str
    title: str | None
    published: str | None
    start: int
    end: int
    text: str = Field(description="Verbatim: characters `start` to `end` of the document's text.")
    also_in: list[PlaceJson] = Field(description="Near-copies of the passage, counted as this one.")


class UsageJson(BaseModel):
    """What language models were sent and sent back for an answer."""

    prompt_tokens: int
    reply_tokens: int
    calls: int
    estimated: bool = Field(description="The server did not count; a token is taken for four characters.")


class BriefAnswerJson(BaseModel):
    """An answer, without the passages that were looked at."""

    question: str
    standalone_question: str = Field(description="The question as it was searched for, history worked in.")
    text: str = Field(description="The statements in order, each followed by its citation numbers: `... in 2024. [1]`")
    answer: str | None = Field(description="The short answer, where one is marked.")
    confidence: float | None = Field(description="How likely it is that the first statement answers, from 0 to 1; null where nothing was read for it.")
    abstained: AbstainedJson | None = Field(description="Set when the sources do not hold the answer; then `text` is empty.")
    statements: list[StatementJson]
    citations: list[CitationJson]
    disagreements: list[DisagreementJson]
    notices: list[str] = Field(description="What the reader should know about how this answer came about.")
    stale: bool = Field(description="The index is behind the sources folder.")
    answerer: str = Field(description="Who wrote the answer: `quoting` gives the sources' own sentences.")
    model: str | None = Field(description="The language model that wrote it, if one did.")
    where: str | None = Field(description="`this machine`, or the host where that model runs.")
    usage: UsageJson | None


class AnswerJson(BriefAnswerJson):
    """An answer whose every citation was checked against its file just before."""

    schema_: int = Field(alias="schema", description="1; it moves when a field changes its meaning.")
    hits: list[HitJson]
    timings_ms: dict[str, float]


class SearchJson(BaseModel):
    """The passages nearest to a query."""

    schema_: int = Field(alias="schema")
    query: str
    hits: list[HitJson]


class DocumentJson(BaseModel):
    """A document. What the source does not say about itself is null."""

    id: str = Field(description="Changes with the content.")
    source: str = Field(description="Path in the sources folder.")
    title: str | None
    publisher: str | None
    author: str | None
    published: str | None
    url: str | None


class SummaryJson(DocumentJson):
    """A document in a list."""

    n_passages: int


class SourcesJson(BaseModel):
    """The documents, by source."""

    schema_: int = Field(alias="schema")
    documents: list[SummaryJson]
    superseded: dict[str, str] = Field(description="Of those listed, the sources of which answers quote a later version, each with the source of that.")
    total: int = Field(description="How many there are with these conditions, listed here or not.")
    notices: list[str]


class ReadDocumentJson(DocumentJson):
    """The document that a passage stands in."""

    n_chars: int = Field(description="Length of its text.")


class PassageJson(BaseModel):
    """A span of a document, verbatim, in its surroundings."""

    schema_: int = Field(alias="schema")
    document: ReadDocumentJson
    start: int
    end: int
    line: int | None = Field(description="Line of the file that `start` is in, from 1, of plain text and Markdown; null where the text is not the file's own lines.")
    text: str
    before: str = Field(description="What stands right before.")
    after: str = Field(description="What stands right after.")


class HealthJson(BaseModel):
    """The server answers, and its index can be read."""

    status: Literal["ok"]
    version: str
    n_documents: int
    n_passages: int


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str = Field(description="For programs.")
    message: str = Field(description="For people: what happened and the way out.")
    type: str | None = Field(default=None, description="Below `/v1`: `invalid_request_error` or `server_error`.")
    param: str | None = Field(default=None, description="Below `/v1`: the field that is to blame.")


class ErrorJson(BaseModel):
    """A request that was not served."""

    error: ErrorDetail
