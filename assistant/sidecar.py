"""What a person corrected about a source, and what its file cannot say, in a small TOML file beside it.

In: `NAME.EXT` and its `NAME.EXT.about.toml`. Out: an `About`, whose values win over what reading found. The index never holds
what only a sidecar says: delete the index and nothing a person wrote is lost.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from assistant.errors import SourceError
from assistant.loading.metadata import parse_date
from assistant.types import Document

SUFFIX = ".about.toml"
EDITABLE = ("title", "publisher", "author", "published")
FIELDS = (*EDITABLE, "url", "asked", "fetched")
MAX_BYTES = 100_000
NESTED = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){20}")
"""A name of so many parts is no correction; tomllib takes minutes for one of 50,000."""

HEADING = "What was corrected about {name}, or cannot be read from it. It wins over what was read; edit it as you like."


@dataclass(frozen=True, slots=True)
class About:
    """What a sidecar says. None: it does not say; "": the source has none, whatever was read.

    Attributes:
        url: Where the page stood, after redirects.
        asked: The address that was asked for, where it was another.
        fetched: When the page was fetched, ISO 8601 in UTC.
        sha256: Of the sidecar's bytes; empty where there is none.
        warnings: What could not be taken from it, one sentence each.
    """

    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    published: str | None = None
    url: str | None = None
    asked: str | None = None
    fetched: str | None = None
    sha256: str = ""
    warnings: tuple[str, ...] = ()

    def applied_to(self, document: Document) -> Document:
        """`document` with what is said here in place of what was read."""
        said = {name: getattr(self, name) for name in (*EDITABLE, "url", "fetched")}
        stated: dict[str, Any] = {name: value or None for name, value in said.items() if value is not None}
        return replace(document, **stated, warnings=(*document.warnings, *self.warnings))


def sidecar_of(path: Path) -> Path:
    """Where the sidecar of a file lies."""
    return path.with_name(path.name + SUFFIX)


def stat_of_sidecar(path: Path) -> os.stat_result | None:
    """Size and times of a file's sidecar; None where it has none."""
    with suppress(OSError):
        return sidecar_of(path).stat()
    return None


def is_sidecar(name: str) -> bool:
    """Whether a file of this name is a sidecar, and so no source."""
    return name.lower().endswith(SUFFIX)


def read_about(path: Path) -> About:
    """What the sidecar of the source at `path` says; one that is broken says nothing but how to mend it."""
    beside = sidecar_of(path)
    try:
        if not beside.is_file():
            return About()
        data = _read(beside)
        sha256 = hashlib.sha256(data).hexdigest()
        stated = _parsed(data.decode("utf-8-sig"))
    except OSError as exc:
        return About(sha256="unread", warnings=(f"{beside.name} cannot be read ({exc.strerror}) and is passed over.",))
    except (ValueError, RecursionError) as exc:
        way_out = "Mend it, or delete it to go by what the file says."
        return About(sha256=sha256, warnings=(f"{beside.name} is no valid TOML ({exc}) and is passed over. {way_out}",))
    values, warnings = _checked(stated, beside.name)
    return About(**values, sha256=sha256, warnings=tuple(warnings))


def _read(beside: Path) -> bytes:
    with beside.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise OSError(0, f"it is larger than {MAX_BYTES // 1000} kB")
    return data


def _parsed(text: str) -> dict[str, Any]:
    """What a sidecar states; ValueError or RecursionError where that is no TOML."""
    if NESTED.search(text):
        raise ValueError("a name in it has more than 20 parts")
    return tomllib.loads(text)


def _checked(stated: Mapping[str, Any], name: str) -> tuple[dict[str, str], list[str]]:
    """The fields that are usable, and a warning for each thing that is not."""
    values: dict[str, str] = {}
    warnings: list[str] = []
    for key, value in stated.items():
        if key not in FIELDS:
            warnings.append(f"{name} sets '{key}', which is no field and is passed over. Fields: {', '.join(FIELDS)}.")
            continue
        text = _as_line(value)
        if text is None:
            warnings.append(f"{name} sets {key} to something that is no text; it is passed over.")
        elif key == "published" and text and (day := parse_date(text)) is None:
            warnings.append(f"{name} dates the source '{text}', which is no date of the form 2025-04-15; it is passed over.")
        else:
            values[key] = (day or "") if key == "published" and text else text
    return values, warnings


def _as_line(value: Any) -> str | None:
    """A text, date or list of texts as one line; None for anything else."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ", ".join(value)
    if isinstance(value, datetime | date):
        value = value.isoformat()
    return " ".join(value.split()) if isinstance(value, str) else None


def write_about(path: Path, changes: Mapping[str, str | None]) -> None:
    """Set fields in the sidecar of the source at `path`, None taking one out; comments and what else stands there stay.

    A sidecar that says nothing any more is deleted. It is written whole or not at all.

    Raises:
        SourceError: If the present one is no valid TOML, or it cannot be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    beside = sidecar_of(path)
    try:
        text = _read(beside).decode("utf-8-sig").replace("\r\n", "\n") if beside.is_file() else ""
        _parsed(text)  # tomlkit lets some of what is not TOML pass
        about = tomlkit.parse(text if not text or text.endswith("\n") else f"{text}\n")  # it would add to an unfinished last line
    except (OSError, ValueError, RecursionError, TOMLKitError) as exc:
        raise SourceError(f"{beside.name} cannot be read ({exc}). Mend it or delete it, and try again.") from exc
    if not text:
        about.add(tomlkit.comment(HEADING.format(name=path.name)))
    for name, value in changes.items():
        about.pop(name, None)
        if value is not None:
            about[name] = " ".join(value.split())
    try:
        _replace(beside, tomlkit.dumps(about) if len(about) else None)
    except OSError as exc:
        raise SourceError(
            f"{beside} cannot be written: {exc.strerror}. Corrections are kept beside the source; make its folder writable."
        ) from exc


def _replace(beside: Path, text: str | None) -> None:
    if text is None:
        beside.unlink(missing_ok=True)
        return
    scratch = beside.with_name(f".{beside.name}.part")
    try:
        scratch.write_text(text, encoding="utf-8")
        os.replace(scratch, beside)
    except OSError:
        with suppress(OSError):
            scratch.unlink()
        raise


def edited(changes: Mapping[str, str]) -> dict[str, str]:
    """`changes` as a sidecar takes them: on one line, the date in ISO form. "" says that the source has none.

    Raises:
        ValueError: If a field is none of EDITABLE, or the date is none.
    """
    checked: dict[str, str] = {}
    for name, value in changes.items():
        if name not in EDITABLE:
            raise ValueError(f"'{name}' cannot be edited; these can: {', '.join(EDITABLE)}.")
        line = " ".join("".join(char if char.isprintable() else " " for char in value).split())
        if name == "published" and line and (day := parse_date(line)) is None:
            raise ValueError(f"'{value}' is no date. Give it as 2025-04-15, with a time as 2025-04-15T10:03.")
        checked[name] = (day or "") if name == "published" and line else line
    return checked


def now() -> str:
    """This minute in UTC, as sidecars write it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"
