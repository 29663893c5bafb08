"""Answers, hits and reports -> text for a terminal: wrapped, coloured where the terminal can, plain where it is piped.

In: our types. Out: what is printed. Nothing here decides anything.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from assistant.dates import day_in_words
from assistant.types import FLAGS, Answer, Citation, Document, Hit, Place, Span

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from assistant.folder import Failure
    from assistant.records import DocumentSummary
    from assistant.scanning import Progress, ScanReport

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
MAX_WIDTH = 92
LISTED = 20
"""Sources named one by one in a report; more are counted."""


def console(file: IO[str] | None = None) -> Console:
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the command, which ends quietly; rich would end it with status 1."""
            raise BrokenPipeError

    made = Plain(file=file, highlight=False, soft_wrap=False)
    if made.width > MAX_WIDTH:
        made.width = MAX_WIDTH
    return made


def human_date(published: str | None) -> str:
    """`2025-04-09T20:00` as `9 April 2025`; "undated" for None."""
    return day_in_words(published) or "undated"


def plain(text: str) -> str:
    """`text` without control characters: a document must not steer the terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def print_answer(answer: Answer, out: Console) -> None:
    """The statements with their numbers, then the footnotes."""
    from rich.text import Text

    if answer.reworded:
        out.print(Text(plain(f"Understood as: {answer.standalone_question}"), style="dim italic"))
    for notice in answer.notices:
        out.print(Text(plain(f"Note: {notice}"), style="yellow"))
    if answer.abstained:
        out.print(Text(plain(answer.abstained.message), style="bold"))
        if answer.hits and answer.abstained.reason == "not_in_sources":
            out.print(Text("The nearest passages, for what they are worth:", style="dim"))
            print_hits(answer.hits[:3], out, lines=2, scored=False)
        return
    by_number = {citation.number: citation for citation in answer.citations}
    several = len({citation.source for citation in answer.citations}) > 1
    for statement in answer.statements:
        text = Text(plain(statement.text))
        if statement.support in FLAGS:
            text.stylize("dim")
        for number in statement.citations:
            text.append(f" [{number}]", style="bold cyan")
        if several and statement.citations:
            cited = by_number[statement.citations[0]]
            text.append(plain(f"  {cited.publisher or cited.source}") + _comma_day(cited.published), style="dim")
        if flag := FLAGS.get(statement.support):
            why = f": {'; '.join(statement.reasons)}" if statement.reasons else ""
            text.append(plain(f"  ({flag}{why})"), style="not dim yellow")
        _print_indented(text, out, indent=0)
        out.print()
    for disagreement in answer.disagreements:
        _print_disagreement(disagreement.values, by_number, out)
    for citation in answer.citations:
        _print_footnote(citation, out)
    if answer.model:
        out.print(Text(plain(f"\n{how_it_was_made(answer)}"), style="dim"))


def how_it_was_made(answer: Answer) -> str:
    """`openai:gpt-4o on api.openai.com, 1,800 tokens sent, 60 written, 2.1 s`."""
    usage, seconds = answer.usage, sum(answer.timings_ms.values()) / 1000
    about = "about " if usage and usage.estimated else ""
    tokens = f", {about}{usage.prompt_tokens:,} tokens sent, {about}{usage.reply_tokens:,} written" if usage else ""
    return f"{answer.model} on {answer.where}{tokens}, {seconds:.1f} s"


def _print_disagreement(values: Sequence[Any], by_number: dict[int, Citation], out: Console) -> None:
    from rich.text import Text

    out.print(Text("The sources differ:", style="bold yellow"))
    for claim in values:
        line = Text(plain(claim.value), style="bold")
        line.append(f"  {_who_and_when(by_number[claim.citation])}", style="not bold")
        line.append(f" [{claim.citation}]", style="bold cyan")
        _print_indented(line, out, hanging=2)
    out.print()


def _who_and_when(citation: Citation) -> str:
    who = ": ".join(name for name in (citation.publisher, citation.title) if name) or citation.source
    return plain(who) + _comma_day(citation.published)


def _comma_day(published: str | None) -> str:
    return f", {day_in_words(published)}" if published else ""


def _print_footnote(citation: Citation, out: Console) -> None:
    from rich.text import Text

    line = Text(f"[{citation.number}] ", style="bold cyan")
    line.append(plain(citation.title or PurePosixPath(citation.source).name), style="not bold default")
    line.append(plain("".join(f" · {known}" for known in (citation.publisher, day_in_words(citation.published)) if known)), style="not bold dim default")
    _print_indented(line, out, indent=0, hanging=4)
    out.print(Text(plain(f"    {_place(citation.source, citation.page, citation.line)}"), style="green"), soft_wrap=True)
    for source in dict.fromkeys(place.source for place in citation.also_in):
        out.print(Text(plain(f"    also in {source}"), style="dim"), soft_wrap=True)


def _place(source: str, page: int | None, line: int | None) -> str:
    """Where to look: the page where there are pages, else the line where the file has such lines."""
    if page:
        return f"{source}, p. {page}"
    return f"{source}:{line}" if line else source


def print_hits(hits: Sequence[Hit], out: Console, *, lines: int | None = None, scored: bool = True) -> None:
    """Passages with their place, and their score unless not `scored`; `lines` shortens each."""
    from rich.text import Text

    for hit in hits:
        head = Text(f"{hit.rank:>2}  ", style="bold cyan")
        if scored:
            head.append(f"{hit.score:.3f}  ", style="not bold dim default")
        start = hit.passage.start
        place = _place(hit.document.source, hit.document.page_of(start), hit.document.line_of(start))
        head.append(plain(place), style="not bold green")
        head.append(f"  {day_in_words(hit.document.published)}".rstrip(), style="not bold dim default")
        out.print(head, soft_wrap=True)
        words = plain(" ".join(hit.passage.text.split()))
        limit = lines * (out.width - 4) if lines else len(words)
        shown = words if len(words) <= limit else words[: limit - 2].rsplit(" ", 1)[0] + " …"
        _print_indented(Text(shown), out, indent=4)
        if hit.also_in:
            out.print(Text(plain(f"    also in {_named(hit.also_in)}"), style="dim"), soft_wrap=True)


def _named(places: Sequence[Place]) -> str:
    return ", ".join(dict.fromkeys(place.source for place in places))


def print_report(report: ScanReport, out: Console) -> None:
    """What a scan found."""
    from rich.text import Text

    for word, style, sources in (
        ("added", "green", report.added),
        ("changed", "yellow", report.changed),
        ("removed", "red", report.removed),
    ):
        for source in sources[:LISTED]:
            out.print(Text(plain(f"{word:<8} {source}"), style=style), soft_wrap=True)
        if len(sources) > LISTED:
            out.print(f"{word:<8} … and {len(sources) - LISTED} more")
    for reason, n in Counter(skip.reason for skip in report.skipped).items():
        out.print(Text(plain(f"skipped  {n} {'page' if n == 1 else 'pages'}: {reason}")), soft_wrap=True)
    for warning in report.warnings:
        out.print(Text(plain(f"note     {warning.source}: {warning.reason}"), style="yellow"), soft_wrap=True)
    for failure in report.failed:
        out.print(Text(plain(f"failed   {failure.source}: {failure.reason}"), style="bold red"), soft_wrap=True)
    out.print(
        f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, "
        f"{report.unchanged} unchanged, " + (f"{len(report.skipped)} skipped, " if report.skipped else "") + f"{len(report.failed)} failed."
    )


def print_sources(documents: Sequence[DocumentSummary], out: Console, superseded: Mapping[str, str] = {}) -> None:
    """The library, a few lines a document: its source, never cut, then its title and what else is known of it.

    Args:
        superseded: Sources with the source of their later version.
    """
    from rich.text import Text

    for d in documents:
        out.print(Text(plain(d.source), style="green"), soft_wrap=True)
        if d.title:
            _print_indented(Text(plain(d.title)), out)  # Text: a title may hold what rich takes for markup
        known = [each for each in (d.publisher, day_in_words(d.published)) if each]
        known.append("1 passage" if d.n_passages == 1 else f"{d.n_passages} passages")
        if d.n_pages:
            known.append("1 page" if d.n_pages == 1 else f"{d.n_pages} pages")
        _print_indented(Text(plain(" · ".join(known)), style="dim"), out)
        if d.url:
            fetched = f", fetched {human_date(d.fetched)}" if d.fetched else ""
            out.print(Text(plain(f"  {d.url}{fetched}"), style="dim"), soft_wrap=True)
        if d.source in superseded:
            _print_indented(Text(plain(f"note: superseded by {superseded[d.source]}, which answers quote"), style="yellow"), out)
        for warning in d.warnings:
            _print_indented(Text(plain(f"note: {warning}"), style="yellow"), out)


def _print_indented(text: Text, out: Console, *, indent: int = 2, hanging: int = 0) -> None:
    """Wrapped, all lines after the first `hanging` further in, without the blanks with which rich fills a line."""
    for number, line in enumerate(text.wrap(out, out.width - indent - hanging)):
        line.rstrip()
        line.pad_left(indent + (hanging if number else 0))
        out.print(line, soft_wrap=True)


def print_passed_over(failed: Sequence[Failure], passed_over: Sequence[Failure], out: Console) -> None:
    """What lies in the folder and is no document, and why."""
    from rich.text import Text

    for word, style, each in (("failed", "bold red", failed), ("note", "yellow", passed_over)):
        for source, reason in each:
            out.print(Text(plain(f"{word:<8} {source}: {reason}"), style=style), soft_wrap=True)


def print_document(document: Document, span: Span | None, out: Console) -> None:
    """A document's text to the character; with a span, just that, on standard output unwrapped."""
    text = document.text if span is None else document.text[span.start : span.end]
    shown = plain(text) if out.is_terminal else text  # to the character where it is piped
    out.file.write(shown if shown.endswith("\n") else shown + "\n")


@contextmanager
def progress_bar(title: str, *, counted: bool = False) -> Iterator[Progress | None]:
    """A bar with rate and time left on standard error, where that is a terminal; it shows only when work takes a moment.

    Args:
        counted: It is told of things, not of bytes.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    amounts = (MofNCompleteColumn(),) if counted else (DownloadColumn(), TransferSpeedColumn())
    columns = (
        TextColumn("{task.description}"), BarColumn(), *amounts, TimeRemainingColumn(),
        TextColumn("{task.fields[source]}", markup=False),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, source="")

        def update(done: int, total: int, source: str) -> None:
            bar.update(task, completed=done, total=total, source=plain(source[-40:]))

        yield update
