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
from assistant.types import SORTS, Filters, Span, Turn

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.library import ScanReport

EPILOG = """examples:
  assistant chat                                  the web chat, on http://127.0.0.1:7860
  assistant ask "Who leads the delegation?"       one answer, with its citations
  assistant add ~/Downloads/article.txt           take a document in
  assistant add https://example.org/article       take a page from the web in
  assistant show han.md --span 120:260            the text that a citation points to
  assistant serve                                 the same answers for other programs, by HTTP
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

    served = _served()
    chat = command("chat", run_chat, "serve the web chat, and the HTTP API beside it", served)
    chat.add_argument("--no-watch", dest="watch", action="store_false", help="do not follow the sources folder by itself; each question still looks at it")
    command("serve", run_serve, "serve the HTTP API alone, for other programs", served)

    mcp = command("mcp", run_mcp, "serve the sources to other assistants, by the Model Context Protocol", served)
    mcp.add_argument("--http", action="store_true", help="by HTTP, at /mcp, in place of standard input and output")

    ask = command("ask", run_ask, "answer one question, or, without one, a chat line by line", asked)
    ask.add_argument("question", nargs="*", help="the question; without one, lines are read from standard input")

    search = command("search", run_search, "list the passages nearest to a query", asked)
    search.add_argument("query", nargs="+")
    search.add_argument("-k", "--top-k", type=int, default=10, metavar="K", help="how many (default: 10)")

    show = command("show", run_show, "print a document's text, or the part that offsets point to")
    show.add_argument("source", help="its path in the sources folder, or its file name")
    show.add_argument("--span", type=_span, metavar="START:END", help="offsets in code points, as citations give them")
    show.add_argument("--json", action="store_true", help="with its metadata, as JSON")

    add = command("add", run_add, "take files, folders or pages from the web into the sources folder and index them")
    add.add_argument("items", nargs="*", metavar="FILE|DIR|URL", help="a NAME.urls file, or a feed's URL, stands for the pages it lists")
    add.add_argument("--urls", action="append", default=[], type=Path, metavar="FILE", help="a list of URLs, one a line; those that are here are skipped")
    add.add_argument("--limit", type=int, metavar="N", help="at most N pages out of lists and feeds")
    add.add_argument("--allow-private-hosts", action="store_true", help="fetch from this machine and private networks too")
    add.add_argument("--json", action="store_true", help="the report as JSON")

    remove = command("remove", run_remove, "take a source out; its file is kept in the data folder under keep/removed")
    remove.add_argument("names", nargs="+", metavar="NAME", help="its path in the sources folder, or its file name")

    restore = command("restore", run_restore, "bring back sources that were removed; without a name, list them")
    restore.add_argument("names", nargs="*", metavar="NAME")
    restore.add_argument("--json", action="store_true", help="the report, or the list, as JSON")

    sync = command("sync", run_sync, "bring the index up to date with the sources folder")
    sync.add_argument("--rebuild", action="store_true", help="make the index anew")
    sync.add_argument("--yes", action="store_true", help="drop from the index what is gone, though most files or all are")
    sync.add_argument("--json", action="store_true", help="the report as JSON")

    sources = command("sources", run_sources, "list the documents, and what was not read")
    sources.add_argument("--find", default="", metavar="TEXT", help="only those with these words in name, title, publisher, author or URL")
    sources.add_argument("--sort", default="source", choices=SORTS, help="by what (default: source)")
    sources.add_argument("--json", action="store_true", help="as JSON, documented in the README")

    edit = command("edit", run_edit, "correct the title, publisher, author or date of a source; kept in a file beside it")
    edit.add_argument("name", metavar="NAME", help="its path in the sources folder, or its file name")
    for field, text in (("title", "TEXT"), ("publisher", "NAME"), ("author", "NAME"), ("date", "YYYY-MM-DD")):
        edit.add_argument(f"--{field}", metavar=text, help=f'the right {field}; "" if it has none')
    edit.add_argument("--clear", action="append", default=[], choices=("title", "publisher", "author", "date"), help="go by what the file says again (repeatable)")
    edit.add_argument("--json", action="store_true", help="the report as JSON")

    reread = command("reread", run_reread, "read sources again though they seem unchanged")
    reread.add_argument("names", nargs="*", metavar="NAME")
    reread.add_argument("--failed", action="store_true", help="those that could not be read")
    reread.add_argument("--json", action="store_true", help="the report as JSON")

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
    group.add_argument("--model", metavar="PROVIDER:NAME", help="a language model to write answers, for example ollama:llama3.2 (default: none)")
    group.add_argument("--model-url", metavar="URL", help="where it runs: an OpenAI-compatible server, or Ollama")
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


def _served() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    group = shared.add_argument_group("where to serve")
    group.add_argument("--port", type=_port, metavar="PORT", default=7860, help="first port tried, 20 more if it is taken (default: 7860)")
    group.add_argument("--host", metavar="ADDRESS", default="127.0.0.1", help="beyond this machine only with ASSISTANT_TOKEN set (default: 127.0.0.1)")
    group.add_argument("--name", action="append", default=[], metavar="NAME", help="a name that a proxy in front goes by (repeatable)")
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
        model=arguments.model,
        model_url=arguments.model_url,
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
    from assistant.library import ScanReport
    from assistant.terminal import progress_bar

    paths, urls, listed = _items(arguments)
    assistant = _open(arguments)
    report = ScanReport()
    if paths:
        with progress_bar("Adding") as progress:
            report += assistant.add(paths, progress=progress)
    if urls or listed:
        with progress_bar("Fetching", counted=True) as progress:
            report += _add_urls(assistant, urls, listed, arguments, progress)
    _print_report(report, arguments.json)
    return 1 if report.failed and not (report.added or report.changed or report.unchanged) else 0


def _items(arguments: argparse.Namespace) -> tuple[list[Path], list[str], list[str]]:
    """What is to be added: files and folders, pages asked for by name, pages out of lists."""
    from assistant.addresses import is_url
    from assistant.feeds import is_list, listed_urls

    if not arguments.items and not arguments.urls:
        raise ValueError("Nothing was named to add. Name files, folders or URLs: assistant add FILE")
    if arguments.limit is not None and arguments.limit < 1:
        raise ValueError(f"--limit is {arguments.limit}; it must be at least 1.")
    urls = [item for item in arguments.items if is_url(item)]
    paths = [Path(item) for item in arguments.items if not is_url(item)]
    lists = [*(path for path in paths if is_list(path)), *arguments.urls]
    return [path for path in paths if not is_list(path)], urls, [url for path in lists for url in listed_urls(path)]


def _add_urls(assistant: Assistant, urls: list[str], listed: list[str], arguments: argparse.Namespace, progress: Any) -> ScanReport:
    from assistant.fetching import Fetcher
    from assistant.webpages import add_urls

    max_bytes = assistant.settings.max_file_mb * 1_000_000
    fetcher = Fetcher(max_bytes=max_bytes, allow_private=arguments.allow_private_hosts)
    return add_urls(assistant.library, urls, fetcher=fetcher, listed=listed, limit=arguments.limit, progress=progress)


def run_remove(arguments: argparse.Namespace) -> int:
    assistant = _open(arguments)
    for name in arguments.names:
        source, kept = assistant.library.remove(name)
        print(f"removed  {source}\n         kept as {kept}")
    return 0


def run_edit(arguments: argparse.Namespace) -> int:
    from assistant.managing import edit

    if not arguments.clear and not any(vars(arguments)[field] is not None for field in ("title", "publisher", "author", "date")):
        raise ValueError("Nothing was said to change. Give --title, --publisher, --author, --date or --clear.")
    given = {"title": arguments.title, "publisher": arguments.publisher, "author": arguments.author, "published": arguments.date}
    changes = {field: value for field, value in given.items() if value is not None}
    clear = ["published" if field == "date" else field for field in arguments.clear]
    if both := sorted(changes.keys() & set(clear)):
        raise ValueError(f"The {both[0]} is both given and cleared; do one of the two.")
    _print_report(edit(_open(arguments).library, arguments.name, changes, clear=clear), arguments.json)
    return 0


def run_reread(arguments: argparse.Namespace) -> int:
    from assistant.managing import reread
    from assistant.terminal import progress_bar

    if not arguments.names and not arguments.failed:
        raise ValueError("Name the sources to read again, or give --failed for those that could not be read.")
    assistant = _open(arguments)
    with progress_bar("Reading") as progress:
        report = reread(assistant.library, arguments.names, failed=arguments.failed, progress=progress)
    _print_report(report, arguments.json)
    return 1 if report.failed and not (report.changed or report.unchanged) else 0


def run_restore(arguments: argparse.Namespace) -> int:
    from assistant.library import ScanReport
    from assistant.managing import removed_sources, restore

    assistant = _open(arguments)
    if arguments.names:
        _print_report(sum((restore(assistant.library, name) for name in arguments.names), ScanReport()), arguments.json)
        return 0
    waiting = removed_sources(assistant.library)
    if arguments.json:
        _print_json({"schema": 1, "removed": [{**asdict(one), "kept": str(one.kept)} for one in waiting]})
        return 0
    from assistant.terminal import human_date, plain

    for one in waiting:
        print(plain(f"{one.source}\n  taken out {human_date(one.removed)}, kept as {one.kept}"))
    if not waiting:
        print("Nothing was removed.")
    return 0


def run_sync(arguments: argparse.Namespace) -> int:
    from assistant.assistant import Assistant
    from assistant.terminal import progress_bar

    if arguments.rebuild:
        Assistant(_settings(arguments), notify=_notify).library.discard_index(allow_empty=arguments.yes)
    assistant = _open(arguments)
    with progress_bar("Indexing") as progress:
        report = assistant.sync(progress=progress, allow_empty=arguments.yes)
    _print_report(report, arguments.json)
    return 0


def _print_report(report: Any, as_json: bool) -> None:
    if as_json:
        told = {name: [each._asdict() for each in getattr(report, name)] for name in ("failed", "warnings", "skipped")}
        _print_json({"schema": 1, **asdict(report), **told})
        return
    from assistant.terminal import console, print_report

    print_report(report, console())


def run_sources(arguments: argparse.Namespace) -> int:
    assistant = _open(arguments)
    for notice in assistant.refresh():
        _notify(notice)
    from assistant.managing import listing

    documents, superseded = listing(assistant.library, find=arguments.find, sort=arguments.sort), assistant.superseded()
    look = assistant.library.look()
    if arguments.json:
        told = {name: [each._asdict() for each in getattr(look, name)] for name in ("failed", "passed_over")}
        from assistant.wire import sources_to_json

        _print_json({**sources_to_json(documents), **told, "superseded": superseded})
        return 0
    from assistant.terminal import console, print_passed_over, print_sources

    if documents:
        print_sources(documents, console(), superseded)
    if not arguments.find:
        print_passed_over(look.failed, look.passed_over, console())
    if arguments.find:
        print(f"{len(documents)} of {assistant.library.catalog.counts()[0]} documents.")
    elif not documents:
        n_files = len(look.files)
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
    token = _token(arguments)
    assistant = _synced(arguments)
    from assistant.web import serve

    ready = _ready(arguments, assistant, "The chat is on")
    if not serve(assistant, host=arguments.host, port=arguments.port, token=token, names=arguments.name, watch=arguments.watch, ready=ready):
        sys.stdout.flush()
        os._exit(0)  # else the interpreter waits until the document at hand is embedded, minutes perhaps
    return 0


def run_serve(arguments: argparse.Namespace) -> int:
    token = _token(arguments)
    assistant = _synced(arguments)
    from assistant.interfaces.server import serve

    serve(assistant, host=arguments.host, port=arguments.port, token=token, names=arguments.name, ready=_ready(arguments, assistant, "The API is on"))
    return 0


def run_mcp(arguments: argparse.Namespace) -> int:
    if not arguments.http and (arguments.host, arguments.port, arguments.name) != ("127.0.0.1", 7860, []):
        raise AssistantError("Without --http nothing is served at an address. Add --http, or leave --host, --port and --name out.")
    try:
        from assistant.interfaces import mcp
    except ModuleNotFoundError as exc:
        if (exc.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise AssistantError("The package 'mcp' is not installed. In the project's folder: pip install -c constraints.txt -e '.[mcp]'") from exc
    if not arguments.http:
        mcp.serve_stdio(_open(arguments))
        return 0
    token = _token(arguments)
    assistant = _synced(arguments)
    mcp.serve_http(assistant, host=arguments.host, port=arguments.port, token=token, names=arguments.name, ready=_ready(arguments, assistant, "MCP is on", "mcp"))
    return 0


def _token(arguments: argparse.Namespace) -> str | None:
    """The token to ask for; checked before anything slow is done."""
    from assistant.interfaces.access import check_exposure, token_from_environment

    token = token_from_environment()
    check_exposure(arguments.host, token, arguments.name)
    return token


def _synced(arguments: argparse.Namespace) -> Assistant:
    """The assistant with its index up to date; what changed is told."""
    from assistant.terminal import console, print_report, progress_bar

    assistant = _open(arguments)
    _ = assistant.model  # one that cannot be used is told now, not at the first question
    with progress_bar("Indexing") as progress:
        report = assistant.sync(progress=progress)
    if report.n_changes or report.failed:
        print_report(report, console())
    return assistant


def _ready(arguments: argparse.Namespace, assistant: Assistant, what: str, path: str = "") -> Callable[[str], None]:
    """What tells the address once it is known."""

    def ready(url: str) -> None:
        n_documents = assistant.overview().n_documents
        documents = "1 document" if n_documents == 1 else f"{n_documents} documents"
        taken = "" if f":{arguments.port}/" in url else f"Port {arguments.port} is taken. "
        model = assistant.model
        writes = f"{model.name} on {model.where} writes the answers. " if model else ""
        print(f"{taken}{documents}. {writes}{what} {url}{path} (Ctrl-C ends it)", flush=True)

    return ready


if __name__ == "__main__":
    sys.exit(main())
