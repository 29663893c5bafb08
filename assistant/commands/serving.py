"""`chat`, `serve` and `mcp`: the assistant for a browser and for other programs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.commands.common import open_assistant
from assistant.commands.hints import copyable_report
from assistant.errors import AssistantError
from assistant.installing import pip

if TYPE_CHECKING:
    from assistant.assistant import Assistant


def run_chat(arguments: argparse.Namespace) -> int:
    token = _token(arguments)
    assistant = _synced(arguments)
    from assistant.web import serve

    ready = _ready(arguments, assistant, "The chat is on")
    ended = serve(
        assistant, host=arguments.host, port=arguments.port, token=token, names=arguments.name, watch=arguments.watch,
        allow_private_hosts=arguments.allow_private_hosts, ready=ready,
    )  # fmt: skip
    if not ended:
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
        raise AssistantError(f"The package 'mcp' is not installed. In the project's folder: {pip()} install -c constraints.txt -e '.[mcp]'") from exc
    if not arguments.http:
        mcp.serve_stdio(open_assistant(arguments))
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

    assistant = open_assistant(arguments)
    _ = assistant.model  # one that cannot be used is told now, not at the first question
    with progress_bar("Indexing") as progress:
        report = assistant.sync(progress=progress)
    if report.n_changes or report.failed:
        print_report(copyable_report(report, arguments), console())
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
