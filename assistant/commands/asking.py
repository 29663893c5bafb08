"""`ask`, `search` and `show`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from assistant.commands.common import filters_of, notify, open_assistant, print_json
from assistant.commands.hints import copyable, copyable_answer
from assistant.errors import AssistantError, SourceError
from assistant.narrowing import nothing_within
from assistant.types import Filters, Turn

if TYPE_CHECKING:
    from assistant.assistant import Assistant


def run_ask(arguments: argparse.Namespace) -> int:
    assistant = open_assistant(arguments)
    filters = filters_of(arguments, assistant)
    if arguments.question:
        _ask_once(assistant, " ".join(arguments.question), [], filters, arguments)
        return 0
    return _ask_line_by_line(assistant, filters, arguments)


def _ask_once(assistant: Assistant, question: str, history: Sequence[Turn], filters: Filters, arguments: argparse.Namespace) -> str:
    answer = copyable_answer(assistant.ask(question, history=history, filters=filters), arguments)
    if arguments.json:
        from assistant.wire import answer_to_json

        print_json(answer_to_json(answer))
    else:
        from assistant.terminal import console, print_answer

        print_answer(answer, console())
    sys.stdout.flush()
    return " ".join(statement.text for statement in answer.statements)


def _ask_line_by_line(assistant: Assistant, filters: Filters, arguments: argparse.Namespace) -> int:
    """A chat: each line is a question, with what went before as its history."""
    interactive = sys.stdin.isatty()
    if interactive:
        overview = assistant.overview()
        notify(f"{overview.n_documents} documents. Ask a question; an empty line or Ctrl-D ends.")
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
            history.append(Turn(question, _ask_once(assistant, question, history, filters, arguments)))
        except (AssistantError, ValueError) as exc:
            notify(f"assistant: {copyable(str(exc), arguments)}")


def run_search(arguments: argparse.Namespace) -> int:
    if arguments.top_k < 1:
        raise ValueError(f"-k is {arguments.top_k}; it must be at least 1.")
    assistant = open_assistant(arguments)
    query, filters = " ".join(arguments.query), filters_of(arguments, assistant)
    for notice in assistant.refresh():
        notify(copyable(notice, arguments))
    hits = assistant.search(query, top_k=arguments.top_k, filters=filters)
    if arguments.json:
        from assistant.wire import search_to_json

        print_json(search_to_json(query, hits))
        return 0
    from assistant.terminal import console, print_hits

    out = console()
    print_hits(hits, out, lines=3)
    if not hits:
        empty = assistant.library.catalog.allowed(filters) == set() and assistant.documents()
        out.print(nothing_within(filters, empty) if empty else "No passages.", markup=False)
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    assistant = open_assistant(arguments)
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
        print_json({"schema": 1, **asdict(document), "text": text})
        return 0
    from assistant.terminal import console, print_document

    print_document(document, span, console())
    return 0
