"""What the commands share: settings, the open assistant, filters, and how JSON is printed."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from assistant.errors import SourceError
from assistant.settings import Settings, load_settings
from assistant.types import Filters

if TYPE_CHECKING:
    from assistant.assistant import Assistant


def settings_of(arguments: argparse.Namespace) -> Settings:
    return load_settings(
        config=arguments.config,
        sources=arguments.sources,
        data=arguments.data,
        encoder=arguments.encoder,
        neighbours=arguments.neighbours,
        model=arguments.model,
        model_url=arguments.model_url,
    )


def open_assistant(arguments: argparse.Namespace) -> Assistant:
    from assistant.assistant import Assistant

    return Assistant.open(settings=settings_of(arguments), notify=notify)


def notify(message: str) -> None:
    """Say something on standard error; a name of a source in it cannot steer the terminal."""
    from assistant.terminal import plain

    print(plain(message), file=sys.stderr)


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=None if not sys.stdout.isatty() else 2))


def filters_of(arguments: argparse.Namespace, assistant: Assistant) -> Filters:
    """The filters that were given.

    Raises:
        SourceError: If a publisher is none of the library's: an answer from nothing would mislead.
    """
    sources = tuple(assistant.library.resolve(name) for name in arguments.source)
    if unknown := assistant.unknown_publisher(arguments.publisher):
        raise SourceError(unknown)
    if arguments.since and arguments.until and arguments.since > arguments.until:
        raise ValueError(f"--since {arguments.since} is after --until {arguments.until}; nothing can lie between them.")
    return Filters(tuple(arguments.publisher), sources, arguments.since, arguments.until)
