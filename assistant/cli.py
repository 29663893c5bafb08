"""The `assistant` command. In: arguments. Out: text or JSON on standard output, and an exit status.

Exit status: 0 done (declining to answer is done), 1 an error told in one line, 2 usage. Each sub-command imports what it uses.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import __version__
from assistant.errors import AssistantError, SourceError
from assistant.evaluation import command as evaluation
from assistant.settings import NEIGHBOURS, Settings, load_settings
from assistant.types import Filters, Span, Turn

if TYPE_CHECKING:
    from assistant.assistant import Assistant

EPILOG = """examples:
  assistant chat                                  the web chat, on http://127.0.0.1:7860
  assistant ask "Who leads the delegation?"       one answer, with its citations
  assistant add ~/Downloads/article.txt           take a document in
  assistant show han.md --span 120:260            the text that a citation points to
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; errors meant for the user become one line and status 1."""
    arguments = parser().parse_args(argv)
    logging.basicConfig(level=logging.DEBUG if arguments.verbose else logging.ERROR, format="%(message)s")
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except (AssistantError, ValueError) as exc:
        if arguments.verbose:
            raise
        print(f"assistant: {exc}", file=sys.stderr)
        return 1
    except sqlite3_damage() as exc:
        print(f"assistant: the index is damaged ({exc}). Run: assistant doctor --fix", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def sqlite3_damage() -> type[Exception]:
    """What SQLite raises for a damaged file; asked for only when something was raised, to spare `--help` the import."""
    import sqlite3

    return sqlite3.DatabaseError


def parser() -> argparse.ArgumentParser:
    """All commands and their flags."""
    top = argparse.ArgumentParser(
        prog="assistant",
        description="Answers questions from a folder of documents, with citations back to the exact passages.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"assistant {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    everywhere = _everywhere()
    asked = _asked()

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", parents=[everywhere, *parents])
        made.set_defaults(run=run)
        return made

    chat = command("chat", run_chat, "serve the web chat on this machine")
    chat.add_argument("--port", type=_port, metavar="PORT", default=7860, help="first port tried, 20 more if it is taken (default: 7860)")

    ask = command("ask", run_ask, "answer one question, or, without one, a chat line by line", asked)
    ask.add_argument("question", nargs="*", help="the question; without one, lines are read from standard input")

    search = command("search", run_search, "list the passages nearest to a query", asked)
    search.add_argument("query", nargs="+")
    search.add_argument("-k", "--top-k", type=int, default=10, metavar="K", help="how many (default: 10)")

    show = command("show", run_show, "print a document's text, or the part that offsets point to")
    show.add_argument("source", help="its path in the sources folder, or its file name")
    show.add_argument("--span", type=_span, metavar="START:END", help="offsets in code points, as citations give them")
    show.add_argument("--json", action="store_true", help="with its metadata, as JSON")

    add = command("add", run_add, "copy files or folders into the sources folder and index them")
    add.add_argument("paths", nargs="+", type=Path, metavar="FILE|DIR")
    add.add_argument("--json", action="store_true", help="the report as JSON")

    remove = command("remove", run_remove, "take a source out; its file is kept in the data folder under keep/removed")
    remove.add_argument("names", nargs="+", metavar="NAME", help="its path in the sources folder, or its file name")

    sync = command("sync", run_sync, "bring the index up to date with the sources folder")
    sync.add_argument("--rebuild", action="store_true", help="make the index anew")
    sync.add_argument("--yes", action="store_true", help="an empty folder empties the index")
    sync.add_argument("--json", action="store_true", help="the report as JSON")

    sources = command("sources", run_sources, "list the documents")
    sources.add_argument("--json", action="store_true", help="as JSON")

    evaluation.add_arguments(command("eval", run_eval, "score the answers on question sets"))

    doctor = command("doctor", run_doctor, "say what is installed and whether the index is sound")
    doctor.add_argument("--fix", action="store_true", help="mend what can be mended")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    return top


def _everywhere() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    group = shared.add_argument_group("settings (also in assistant.toml and as ASSISTANT_<NAME>)")
    group.add_argument("--sources", type=Path, metavar="DIR", help="the folder to answer from (default: sources)")
    group.add_argument("--data", type=Path, metavar="DIR", help="where the index is kept (default: .assistant)")
    group.add_argument("--encoder", metavar="MODEL", help="embedding model (default: all-MiniLM-L6-v2, bundled)")
    group.add_argument("--neighbours", choices=NEIGHBOURS, help="who proposes nearest passages (default: auto)")
    group.add_argument("--config", type=Path, metavar="FILE", help="settings file (default: assistant.toml)")
    group.add_argument("-v", "--verbose", action="store_true", help="log what is done, and errors in full")
    return shared


def _asked() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    group = shared.add_argument_group("which documents may answer")
    group.add_argument("--publisher", action="append", default=[], metavar="NAME", help="only from this publisher (repeatable)")
    group.add_argument("--source", action="append", default=[], metavar="NAME", help="only from this document (repeatable)")
    group.add_argument("--since", type=_day, metavar="DATE", help="published on this day or later, YYYY-MM-DD")
    group.add_argument("--until", type=_day, metavar="DATE", help="published on this day or before")
    shared.add_argument("--json", action="store_true", help="one JSON object, documented in the README")
    return shared


def _span(text: str) -> Span:
    start, _, end = text.partition(":")
    try:
        span = Span(int(start), int(end))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not START:END, for example 120:260") from None
    if not 0 <= span.start < span.end:
        raise argparse.ArgumentTypeError(f"'{text}' is empty: START must be at least 0 and below END")
    return span


def _port(text: str) -> int:
    if text.isdigit() and 1 <= int(text) <= 65_515:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is no port from 1 to 65515")


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date of the form YYYY-MM-DD") from None


def _settings(arguments: argparse.Namespace) -> Settings:
    return load_settings(
        config=arguments.config,
        sources=arguments.sources,
        data=arguments.data,
        encoder=arguments.encoder,
        neighbours=arguments.neighbours,
    )


def _open(arguments: argparse.Namespace) -> Assistant:
    from assistant.assistant import Assistant

    return Assistant.open(settings=_settings(arguments), notify=_notify)


def _notify(message: str) -> None:
    print(message, file=sys.stderr)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=None if not sys.stdout.isatty() else 2))


def _filters(arguments: argparse.Namespace, assistant: Assistant) -> Filters:
    """The filters that were given.

    Raises:
        SourceError: If a publisher is none of the library's: an answer from nothing would mislead.
    """
    sources = tuple(assistant.library.resolve(name) for name in arguments.source)
    known = assistant.overview().publishers
    for name in arguments.publisher:
        if known and name.casefold() not in {publisher.casefold() for publisher in known}:
            raise SourceError(f"No document is by '{name}'. Publishers: {', '.join(known)}.")
    if arguments.since and arguments.until and arguments.since > arguments.until:
        raise ValueError(f"--since {arguments.since} is after --until {arguments.until}; nothing can lie between them.")
    return Filters(tuple(arguments.publisher), sources, arguments.since, arguments.until)


def run_ask(arguments: argparse.Namespace) -> int:
    assistant = _open(arguments)
    filters = _filters(arguments, assistant)
    if arguments.question:
        _ask_once(assistant, " ".join(arguments.question), [], filters, arguments.json)
        return 0
    return _ask_line_by_line(assistant, filters, arguments.json)


def _ask_once(assistant: Assistant, question: str, history: Sequence[Turn], filters: Filters, as_json: bool) -> str:
    answer = assistant.ask(question, history=history, filters=filters)
    if as_json:
        from assistant.wire import answer_to_json

        _print_json(answer_to_json(answer))
    else:
        from assistant.terminal import console, print_answer

        print_answer(answer, console())
    sys.stdout.flush()
    return " ".join(statement.text for statement in answer.statements)


def _ask_line_by_line(assistant: Assistant, filters: Filters, as_json: bool) -> int:
    """A chat: each line is a question, with what went before as its history."""
    interactive = sys.stdin.isatty()
    if interactive:
        overview = assistant.overview()
        _notify(f"{overview.n_documents} documents. Ask a question; an empty line or Ctrl-D ends.")
    history: list[Turn] = []
    while True:
        if interactive:
            print("> ", end="", flush=True, file=sys.stderr)
        line = sys.stdin.readline()
        question = line.strip()
        if not line or (interactive and not question):
            return 0
        if not question:
            continue
        try:
            history.append(Turn(question, _ask_once(assistant, question, history, filters, as_json)))
        except (AssistantError, ValueError) as exc:
            print(f"assistant: {exc}", file=sys.stderr)


def run_search(arguments: argparse.Namespace) -> int:
    if arguments.top_k < 1:
        raise ValueError(f"-k is {arguments.top_k}; it must be at least 1.")
    assistant = _open(arguments)
    query = " ".join(arguments.query)
    hits = assistant.search(query, top_k=arguments.top_k, filters=_filters(arguments, assistant))
    if arguments.json:
        from assistant.wire import search_to_json

        _print_json(search_to_json(query, hits))
        return 0
    from assistant.terminal import console, print_hits

    out = console()
    print_hits(hits, out, lines=3)
    if not hits:
        out.print("No passages.")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    assistant = _open(arguments)
    assistant.refresh()
    source = assistant.library.resolve(arguments.source)
    document = assistant.library.catalog.document_by_source(source)
    if document is None:
        raise SourceError(f"'{source}' is not in the index. Run: assistant sync")
    span = arguments.span
    if span and span.end > len(document.text):
        raise SourceError(f"'{source}' has {len(document.text)} characters; the span ends at {span.end}.")
    if arguments.json:
        text = document.text[span.start : span.end] if span else document.text
        _print_json({**asdict(document), "text": text})
        return 0
    from assistant.terminal import console, print_document

    print_document(document, span, console())
    return 0


def run_add(arguments: argparse.Namespace) -> int:
    from assistant.terminal import progress_bar

    assistant = _open(arguments)
    with progress_bar("Adding") as progress:
        report = assistant.add(arguments.paths, progress=progress)
    _print_report(report, arguments.json)
    return 1 if report.failed and not (report.added or report.changed or report.unchanged) else 0


def run_remove(arguments: argparse.Namespace) -> int:
    assistant = _open(arguments)
    for name in arguments.names:
        source, kept = assistant.library.remove(name)
        print(f"removed  {source}\n         kept as {kept}")
    return 0


def run_sync(arguments: argparse.Namespace) -> int:
    from assistant.assistant import Assistant
    from assistant.terminal import progress_bar

    if arguments.rebuild:
        Assistant(_settings(arguments), notify=_notify).library.discard_index()
    assistant = _open(arguments)
    with progress_bar("Indexing") as progress:
        report = assistant.sync(progress=progress, allow_empty=arguments.yes)
    _print_report(report, arguments.json)
    return 0


def _print_report(report: Any, as_json: bool) -> None:
    if as_json:
        _print_json({"schema": 1, **asdict(report), "failed": [failure._asdict() for failure in report.failed]})
        return
    from assistant.terminal import console, print_report

    print_report(report, console())


def run_sources(arguments: argparse.Namespace) -> int:
    assistant = _open(arguments)
    for notice in assistant.refresh():
        _notify(notice)
    documents, superseded = assistant.documents(), assistant.superseded()
    if arguments.json:
        listed = [{**asdict(document), "superseded_by": superseded.get(document.source)} for document in documents]
        _print_json({"schema": 1, "documents": listed})
        return 0
    from assistant.terminal import console, print_sources

    if documents:
        print_sources(documents, console(), superseded)
    else:
        n_files = len(assistant.library.look().files)
        way_out = f"{n_files} files lie there: assistant sync" if n_files else "Add some: assistant add FILE"
        print(f"No documents in '{assistant.settings.sources}' are indexed yet. {way_out}")
    return 0


def run_doctor(arguments: argparse.Namespace) -> int:
    from assistant.doctor import examine

    checks = []
    for check in examine(_settings(arguments), fix=arguments.fix):
        checks.append(check)
        if not arguments.json:
            mark = "ok  " if check.ok else "BAD "
            way_out = f"  -> {check.way_out}" if not check.ok and check.way_out else ""
            print(f"{mark}{check.name:<22}{check.found}{way_out}", flush=True)
    if arguments.json:
        _print_json({"schema": 1, "checks": [check._asdict() for check in checks]})
    return 0 if all(check.ok for check in checks) else 1


def run_eval(arguments: argparse.Namespace) -> int:
    return evaluation.run(arguments, _open(arguments))


def run_chat(arguments: argparse.Namespace) -> int:
    from assistant.terminal import console, print_report, progress_bar

    assistant = _open(arguments)
    with progress_bar("Indexing") as progress:
        report = assistant.sync(progress=progress)
    if report.n_changes or report.failed:
        print_report(report, console())
    from assistant.web import serve

    def ready(url: str) -> None:
        n_documents = assistant.overview().n_documents
        documents = "1 document" if n_documents == 1 else f"{n_documents} documents"
        taken = "" if f":{arguments.port}/" in url else f"Port {arguments.port} is taken. "
        print(f"{taken}{documents}. The chat is on {url} (Ctrl-C ends it)", flush=True)

    serve(assistant, port=arguments.port, ready=ready)
    return 0


if __name__ == "__main__":
    sys.exit(main())
