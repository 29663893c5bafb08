"""Answers and documents -> HTML. Pure functions; every template escapes what it is given.

In: exchanges, documents with a span, what the first screen says. Out: HTML, and an answer as plain text to paste elsewhere.
Highlighting happens on the server (`marking`) and not in the browser, because offsets count code points and
JavaScript counts UTF-16 units.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from assistant.dates import in_words, range_in_words
from assistant.types import (
    FLAGS,
    AbstainReason,
    Answer,
    Citation,
    Disagreement,
    Document,
    Hit,
    Span,
    Statement,
    Support,
)
from assistant.web.conversations import Exchange
from assistant.web.marking import text_of_article
from assistant.web.templating import filled, safe_url, who

if TYPE_CHECKING:
    from assistant.generation.models import Model
    from assistant.records import Overview

N_NEAREST = 3  # passages shown under a declined question
WHOLE = r"(?<!\w)(?<!\d[.,]){}(?!\w|[.,]\d)"  # neither 10 of 2010 nor 10 of 10.5
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
    return filled(
        "turn.html",
        exchange=exchange,
        answer=answer,
        index=index,
        done=done,
        groups=statement_groups(answer),
        citations={citation.number: citation for citation in answer.citations},
        nearest=nearest_hits(answer),
        declined=_declined_heading(exchange),
        reason=_declined_reason(answer),
        copied=footnoted(answer),
        seconds=sum(answer.timings_ms.values()) / 1000,
        emphasised=emphasised,
        told_apart=told_apart,
        about=about,
        flags=FLAGS,
    )


def article(document: Document, span: Span | None = None) -> str:
    """A document as its plain text, the words of `span` marked to the character."""
    if span is not None and not 0 <= span.start < span.end <= len(document.text):
        span = None
    focus = span or Span(0, 0)
    first, last = max(0, focus.start - WINDOW), min(len(document.text), focus.end + WINDOW)
    return filled(
        "article.html",
        document=document,
        url=safe_url(document.url),
        text=text_of_article(document, span, first=first, last=last),
        place=_place(document.page_of(span.start), document.line_of(span.start)) if span else "",
        cut=last - first < len(document.text),
    )


def missing_article(*, quote: str, who: str, current: str | None) -> str:
    """What stands in the article's place when the index no longer has it in that form; `current` links to its present one."""
    return filled("missing.html", quote=quote, who=who, current=current)


def welcome(overview: Overview, suggestions: Sequence[str], model: Model | None = None) -> str:
    """The first screen: what the folder holds, and questions to start from."""
    return filled(
        "welcome.html",
        overview=overview,
        dates=range_in_words(overview.first, overview.last),
        suggestions=suggestions,
        model=model,
    )


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
    """The statement, with the short answer marked in the first statement that holds it, as words of their own before parts of others."""
    literal = re.escape(answer.answer or "")
    for pattern in (WHOLE.format(literal), literal) if answer.answer else ():
        found = ((each, match) for each in answer.statements if (match := re.search(pattern, each.text)))
        holder, match = next(found, (None, None))
        if match is not None:
            if holder is not statement:
                break
            text, start, end = statement.text, *match.span()
            return Markup('{}<b class="short">{}</b>{}').format(text[:start], text[start:end], text[end:])
    return escape(statement.text)


def footnoted(answer: Answer) -> str:
    """The answer as plain text to paste elsewhere: what falls short says so, then disagreements, then its citations as footnotes."""
    if answer.abstained is not None:
        return f"{answer.question}\n\n{answer.abstained.message}"
    text = " ".join(statement.flagged for statement in answer.statements)
    differ = [f"The sources differ ({about(each, answer)}): {_sides(each)}." for each in answer.disagreements]
    notes = [f"[{each.number}] {_footnote(each)}" for each in answer.citations]
    return "\n\n".join(part for part in (answer.question, text, "\n".join(differ), "\n".join(notes)) if part)


def told_apart(citation: Citation, answer: Answer) -> str:
    """The short name, or the title where another document of the same answer has that name too."""
    others = {each.document_id for each in answer.citations if who(each) == who(citation)}
    return citation.title or who(citation) if len(others) > 1 else who(citation)


def _sides(disagreement: Disagreement) -> str:
    return "; ".join(f"{claim.value} [{claim.citation}]" for claim in disagreement.values)


def _footnote(citation: Citation) -> str:
    title = f"“{citation.title}”" if citation.title else None
    date = in_words(citation.published)
    page = f"p. {citation.page}" if citation.page else None
    place = citation.url or ", ".join(filter(None, (citation.source, _place(citation.page, citation.line))))
    parts = (citation.publisher, title, date, page if citation.url else None, place)
    return ", ".join(part for part in parts if part) + "."


def _place(page: int | None, line: int | None) -> str:
    """Where in a document: its page where it has pages, else its line; empty where the file has neither."""
    if page:
        return f"p. {page}"
    return f"line {line}" if line else ""


def about(disagreement: Disagreement, answer: Answer) -> str:
    """What a disagreement is about; with its question mark where that is the question, or one of several."""
    asked = f"{disagreement.about}?"
    return asked if asked in answer.question or asked in answer.standalone_question else disagreement.about


def _declined_heading(exchange: Exchange) -> str:
    answer = exchange.answer or Answer(exchange.question, exchange.question)
    headings = {
        AbstainReason.NOT_IN_SOURCES: f"Not in {exchange.narrowed or 'your sources'}",
        AbstainReason.FILTERED: "Nothing to look through",
        AbstainReason.NO_SOURCES: "No sources",
        AbstainReason.NOT_A_QUESTION: "Not a question",
    }
    return headings[answer.abstained.reason] if answer.abstained else ""


def _declined_reason(answer: Answer) -> str:
    """What the heading does not say already."""
    abstained = answer.abstained
    return "" if abstained is None or abstained.reason is AbstainReason.NOT_IN_SOURCES else abstained.message
