"""Answers, documents and lists to HTML. Pure functions; every template escapes what it is given.

Highlighting happens here and not in the browser, because offsets count code points and
JavaScript counts UTF-16 units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from assistant.dates import day_in_words, in_words, range_in_words
from assistant.types import (
    AbstainReason,
    Answer,
    Citation,
    Document,
    Hit,
    Span,
    Statement,
    Support,
)
from assistant.web.batches import Batch, State, rows_in_order
from assistant.web.conversations import Exchange

if TYPE_CHECKING:
    from assistant.assistant import Overview
    from assistant.folder import Failure
    from assistant.generation.models import Model
    from assistant.managing import Removed
    from assistant.records import DocumentSummary
    from assistant.scanning import ScanReport
    from assistant.watching import Watched

TEMPLATES = Path(__file__).parent / "templates"
N_NEAREST = 3  # passages shown under a declined question
N_LISTED = 200  # sources listed at once; the filter finds the others
N_ROWS = 300  # files of one upload shown; those that failed come first when it is done
WORDS = {
    State.SENDING: "Waiting to be sent", State.WAITING: "Waiting to be read", State.READING: "Reading", State.ADDED: "Added",
    State.CHANGED: "Changed", State.THERE: "Already there, unchanged", State.SKIPPED: "Skipped", State.FAILED: "Not added",
    State.TAKEN: "Another file has this name", State.UNPACKED: "Unpacked", State.UNDONE: "Taken back",
}  # fmt: skip
SYNC = " Run: assistant sync"  # said in notices to those at a command line; the page has a button
WINDOW = 200_000  # characters shown on either side of a passage in a very long document


@dataclass(frozen=True, slots=True)
class StatementGroup:
    """Neighbouring statements that are set as one block: quotes of one document, or prose."""

    statements: tuple[Statement, ...]
    quoted: bool
    first: Citation | None


def turn(exchange: Exchange, index: int, *, done: bool = True) -> str:
    """One question with what there is of its answer.

    While an answer streams (`done=False`) the page only ever grows at its end; what may still
    change (disagreements, notices, how it was made) is shown once it is whole.
    """
    answer = exchange.answer or Answer(exchange.question, exchange.question)
    return _template(
        "turn.html",
        exchange=exchange,
        answer=answer,
        index=index,
        done=done,
        groups=statement_groups(answer),
        citations={citation.number: citation for citation in answer.citations},
        nearest=nearest_hits(answer),
        declined=_declined_heading(answer),
        copied=footnoted(answer),
        seconds=sum(answer.timings_ms.values()) / 1000,
    )


def article(document: Document, span: Span | None = None) -> str:
    """A document as its plain text, the words of `span` marked to the character."""
    if span is not None and not 0 <= span.start < span.end <= len(document.text):
        span = None
    focus = span or Span(0, 0)
    first, last = max(0, focus.start - WINDOW), min(len(document.text), focus.end + WINDOW)
    return _template(
        "article.html",
        document=document,
        url=safe_url(document.url),
        text=highlighted(document.text, span, first=first, last=last),
        place=_place(document.page_of(span.start), document.line_of(span.start)) if span else "",
        cut=last - first < len(document.text),
    )


def missing_article(*, quote: str, who: str, current: str | None) -> str:
    """What stands in the article's place when the index no longer has it in that form; `current` links to its present one."""
    return _template("missing.html", quote=quote, who=who, current=current)


def highlighted(text: str, span: Span | None, *, first: int = 0, last: int | None = None) -> Markup:
    """`text[first:last]` escaped, with one `mark` around `span` whose text is that slice."""
    last = len(text) if last is None else last
    if span is None:
        return _verbatim(text[first:last])
    return Markup('{}<mark id="passage" tabindex="-1">{}</mark>{}').format(
        _verbatim(text[first : span.start]),
        _verbatim(text[span.start : span.end]),
        _verbatim(text[span.end : last]),
    )


def welcome(overview: Overview, suggestions: Sequence[str], model: Model | None = None) -> str:
    """The first screen: what the folder holds, and questions to start from."""
    return _template(
        "welcome.html",
        overview=overview,
        dates=range_in_words(overview.first, overview.last),
        suggestions=suggestions,
        model=model,
    )


def sources(
    documents: Iterable[DocumentSummary],
    *,
    text: str = "",
    ticked: Iterable[str] = (),
    added: Mapping[str, str] = {},
    superseded: Mapping[str, str] = {},
) -> str:
    """The list of sources that match `text`, in the order given, with the ticks the reader has set.

    Args:
        added: Days to tell, by source.
        superseded: Sources with that of their later version.
    """
    listed = list(documents)
    found = [each for each in listed if matches(each, text)]
    return _template(
        "sources.html",
        found=found[:N_LISTED],
        n_hidden=max(0, len(found) - N_LISTED),
        n_all=len(listed),
        text=text,
        ticked=set(ticked),
        added=added,
        superseded=superseded,
    )


def aside(*, failed: Sequence[Failure], removed: Sequence[tuple[str, Removed]]) -> str:
    """Below the list: files that could not be read, and sources that were taken out, each with its kept name."""
    return _template("aside.html", failed=failed[:N_LISTED], n_failed=len(failed), removed=removed[:N_LISTED], n_removed=len(removed))


def edit_form(summary: DocumentSummary, *, corrected: Sequence[str]) -> str:
    """The form to correct title, publisher, author and date; `corrected` are the fields that are not as the file says."""
    return _template("edit.html", document=summary, corrected=corrected)


def uploads(batches: Sequence[Batch]) -> str:
    """What was handed over and what became of it so far."""
    return _template("uploads.html", batches=[(batch, list(rows_in_order(batch))[:N_ROWS], max(0, len(batch.rows) - N_ROWS)) for batch in batches])


def folder(watched: Watched) -> str:
    """One line on the folder while it is read, or what keeps it from being read; empty otherwise."""
    return _template("folder.html", watched=watched) if watched.total is not None or watched.trouble else ""


def news(scan: ScanReport) -> str:
    """What a look at the folder came to, as a short sentence."""
    parts = []
    for word, names in (("added", scan.added), ("changed", scan.changed), ("removed", scan.removed)):
        if names:
            shown = PurePosixPath(names[0]).name if len(names) == 1 else f"{len(names):,} documents"
            parts.append(f"{shown} {word}")
    if scan.failed:
        parts.append(f"{len(scan.failed):,} file{'s' if len(scan.failed) > 1 else ''} could not be read")
    told = ", ".join(parts) or f"nothing new, {scan.unchanged:,} document{'s' if scan.unchanged != 1 else ''} unchanged"
    return f"In the folder: {told}."


def publishers(documents: Iterable[DocumentSummary], *, ticked: Iterable[str] = ()) -> str:
    """The publishers to choose from; nothing where there is no choice."""
    names = {each.publisher.casefold(): each.publisher for each in documents if each.publisher}
    return _template(
        "publishers.html",
        publishers=sorted(names.values(), key=str.casefold),
        ticked_publishers={name.casefold() for name in ticked},
    )


def matches(document: DocumentSummary, text: str) -> bool:
    """Whether every word of `text` stands somewhere in what is known of a document."""
    parts = (document.title, document.publisher, document.author, document.source, document.published, document.url)
    shown = " ".join(part for part in parts if part).casefold()
    return all(word in shown for word in text.casefold().split())


def trouble(message: str) -> str:
    """One quiet line about what went wrong."""
    return str(Markup('<p class="error" role="alert">{}</p>').format(message))


def statement_groups(answer: Answer) -> list[StatementGroup]:
    """Statements in order, gathered where they quote one document or are the answerer's prose."""
    by_number = {citation.number: citation for citation in answer.citations}

    def first_citation(statement: Statement) -> Citation | None:
        return by_number.get(statement.citations[0]) if statement.citations else None

    def kind(statement: Statement) -> tuple[bool, str | None]:
        cited = first_citation(statement)
        quoted = statement.support is Support.VERBATIM and cited is not None
        return quoted, cited.document_id if quoted and cited else None

    return [
        StatementGroup(tuple(members), quoted, first_citation(members[0]))
        for (quoted, _), members in (
            (key, list(group)) for key, group in groupby(answer.statements, key=kind)
        )
    ]


def nearest_hits(answer: Answer) -> Sequence[Hit]:
    """The passages to show under a declined question."""
    if answer.abstained is None or answer.abstained.reason is not AbstainReason.NOT_IN_SOURCES:
        return ()
    return answer.hits[:N_NEAREST]


def emphasised(statement: Statement, answer: Answer) -> Markup:
    """The statement, with the short answer marked in the first statement that holds it."""
    short = answer.answer
    holders = (each for each in answer.statements if short and short in each.text)
    if short is None or next(holders, None) is not statement:
        return escape(statement.text)
    before, after = statement.text.split(short, 1)
    return Markup('{}<b class="short">{}</b>{}').format(before, short, after)


def footnoted(answer: Answer) -> str:
    """The answer as plain text to paste elsewhere, its citations as footnotes."""
    if answer.abstained is not None:
        return f"{answer.question}\n\n{answer.abstained.message}"
    notes = [f"[{each.number}] {_footnote(each)}" for each in answer.citations]
    return "\n\n".join(part for part in (answer.question, answer.text, "\n".join(notes)) if part)


def who(item: Citation | Document | DocumentSummary) -> str:
    """The best short name for where something comes from."""
    return item.publisher or item.title or item.source


def told_apart(citation: Citation, answer: Answer) -> str:
    """The short name, or the title where another document of the same answer has that name too."""
    others = {each.document_id for each in answer.citations if who(each) == who(citation)}
    return citation.title or who(citation) if len(others) > 1 else who(citation)


def safe_url(url: str | None) -> str | None:
    """`url` if following it can only open a web page: a source may name any scheme."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def host_of(url: str) -> str:
    """The short name of where a page stands: `example.org`."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def _footnote(citation: Citation) -> str:
    title = f"“{citation.title}”" if citation.title else None
    date = in_words(citation.published)
    page = f"p. {citation.page}" if citation.page else None
    place = citation.url or f"{citation.source}, {_place(citation.page, citation.line)}"
    parts = (citation.publisher, title, date, page if citation.url else None, place)
    return ", ".join(part for part in parts if part) + "."


def _place(page: int | None, line: int) -> str:
    """Where in a document: its page where it has pages, else its line."""
    return f"p. {page}" if page else f"line {line}"


def _declined_heading(answer: Answer) -> str:
    headings = {
        AbstainReason.NOT_IN_SOURCES: "Not in your sources",
        AbstainReason.NO_SOURCES: "No sources yet",
        AbstainReason.NOT_A_QUESTION: "Not a question",
    }
    return headings[answer.abstained.reason] if answer.abstained else ""


def _verbatim(text: str) -> Markup:
    # Browsers read a bare carriage return as a line feed, which would not be the source's text.
    return Markup(str(escape(text)).replace("\r", "&#13;"))


def _template(name: str, **values: Any) -> str:
    return _environment.get_template(name).render(values)


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["date"] = in_words
_environment.filters["day"] = day_in_words
_environment.globals["who"] = who
_environment.globals["told_apart"] = told_apart
_environment.globals["emphasised"] = emphasised
_environment.globals["Support"] = Support
_environment.globals["State"] = State
_environment.globals["WORDS"] = WORDS
_environment.globals["safe_url"] = safe_url
_environment.globals["host_of"] = host_of
_environment.filters["basename"] = lambda source: PurePosixPath(source).name
_environment.filters["megabytes"] = lambda n_bytes: f"{n_bytes / 1e6:.1f}"
_environment.filters["paged"] = lambda notice: notice.removesuffix(SYNC)
