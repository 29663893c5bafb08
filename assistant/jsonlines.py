"""Files of JSON, one record a line, that grow at their end.

In: a path, records. Out: lines. What is appended stands on a line of its own also where an earlier one was cut off, as by a full disk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def lines_of(path: Path) -> list[str]:
    """The lines, without their ends; the last is empty where the file is whole.

    Only a newline ends one: `splitlines` would also cut at U+2028, which stands in texts.
    """
    return path.read_text(encoding="utf-8").split("\n")


def append(path: Path, record: Mapping[str, Any]) -> None:
    """Write one more line; the folder is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        torn = file.read() not in (b"", b"\n")
        file.write((("\n" if torn else "") + json.dumps(record) + "\n").encode())
