"""Messages that name a command to run -> the same for this library: with the flags that were given, so that they can be copied.

In: a message and the parsed arguments. Out: `assistant sync --rebuild` as `assistant sync --sources papers --rebuild`.
"""

from __future__ import annotations

import argparse
import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.scanning import ScanReport
    from assistant.types import Answer

COMMAND = re.compile(r"(?<![\w./-])assistant (?:sync|doctor|add|remove|restore|sources|edit|reread|show|eval)\b")
WHOSE = ("sources", "data", "encoder", "config")
"""The flags that say whose index it is; without them a command would work on another."""


def copyable(message: str, arguments: argparse.Namespace) -> str:
    """`message`, with the flags of WHOSE that were given behind each command in it."""
    given = [(name, getattr(arguments, name, None)) for name in WHOSE]
    flags = "".join(f" --{name} {shlex.quote(str(value))}" for name, value in given if value is not None)
    return COMMAND.sub(lambda found: found[0] + flags, message)


def copyable_answer(answer: Answer, arguments: argparse.Namespace) -> Answer:
    """The same of an answer's notices, and of why it was declined."""
    declined = answer.abstained and replace(answer.abstained, message=copyable(answer.abstained.message, arguments))
    return replace(answer, notices=tuple(copyable(notice, arguments) for notice in answer.notices), abstained=declined)


def copyable_report(report: ScanReport, arguments: argparse.Namespace) -> ScanReport:
    """The same of the reasons in a report."""
    told = {
        name: tuple(each._replace(reason=copyable(each.reason, arguments)) for each in getattr(report, name))
        for name in ("failed", "warnings", "skipped")
    }
    return replace(report, failed=told["failed"], warnings=told["warnings"], skipped=told["skipped"])
