"""The `assistant` command. In: arguments. Out: text or JSON on standard output, and an exit status.

Exit status: 0 done (declining to answer is done), 1 an error told in one line, 2 usage. Each sub-command imports what it uses.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from assistant import __version__
from assistant.commands.asking import run_ask, run_search, run_show
from assistant.commands.common import notify, open_assistant
from assistant.commands.hints import copyable
from assistant.commands.serving import run_chat, run_mcp, run_serve
from assistant.commands.sources import (
    run_add,
    run_doctor,
    run_edit,
    run_remove,
    run_reread,
    run_restore,
    run_sources,
    run_sync,
)
from assistant.errors import AssistantError
from assistant.evaluation import command as evaluation
from assistant.settings import NEIGHBOURS
from assistant.types import SORTS, Span

EPILOG = """examples:
  assistant chat                                  the web chat, on http://127.0.0.1:7860
  assistant ask "Who leads the delegation?"       one answer, with its citations
  assistant add ~/Downloads/article.txt           take a document in
  assistant add https://example.org/article       take a page from the web in
  assistant show trade-team-heads-to-washington.md --span 671:721
                                                  the text that a citation points to
  assistant serve                                 the same answers for other programs, by HTTP
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; errors meant for the user become one line and status 1."""
    arguments, unknown = parser().parse_known_args(argv)
    if unknown:
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}; see: {arguments.parser.prog} --help")
    logging.basicConfig(level=logging.DEBUG if arguments.verbose else logging.ERROR, format="%(message)s")
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except (AssistantError, ValueError) as exc:
        if arguments.verbose:
            raise
        notify(f"assistant: {copyable(str(exc), arguments)}")
        return 1
    except sqlite3_damage() as exc:
        notify(copyable(f"assistant: the index is damaged ({exc}). Run: assistant doctor --fix", arguments))
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as exc:  # what no module foresaw: a disk that goes away, a file of another's
        if arguments.verbose:
            raise
        where = f"'{exc.filename}': " if exc.filename else ""
        notify(f"assistant: {where}{exc.strerror or exc}. Mend that and try again; -v shows where it happened.")
        return 1


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
        made.set_defaults(run=run, parser=made)
        return made

    served = _served()
    chat = command("chat", run_chat, "serve the web chat, and the HTTP API beside it", served)
    chat.add_argument("--no-watch", dest="watch", action="store_false", help="do not follow the sources folder by itself; each question still looks at it")
    chat.add_argument("--allow-private-hosts", action="store_true", help="let the page fetch from this machine and private networks too")
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
    group.add_argument("--model-url", metavar="URL", help="where it runs: an OpenAI-compatible server, or one that speaks as its provider does")
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


def run_eval(arguments: argparse.Namespace) -> int:
    return evaluation.run(arguments, open_assistant(arguments))


if __name__ == "__main__":
    sys.exit(main())
