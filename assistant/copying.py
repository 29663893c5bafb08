"""Files, folders and archives from elsewhere -> copies in the sources folder, each read once first, none over a different file.

In: paths. Out: the sources that they are now, those that were refused, with why, and links that were passed over.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from assistant.errors import SourceError
from assistant.folder import NOT_UNICODE, Failure, files_to_add, sha256_of, shown
from assistant.loading import is_plain
from assistant.loading.unpacking import unpacked
from assistant.sidecar import sidecar_of
from assistant.types import Document

Read = Callable[[Path, str], Document]
"""A file and the name it is to have to its document; SourceError if it cannot be read."""


KEPT_CHARACTERS = 20_000_000
"""Of text that was read to check a file and is kept to index it from."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What became of files that were to be added.

    Attributes:
        sources: What they are now, also those that were there already and the same.
        failed: What was refused.
        passed_over: Links that were not followed.
        documents: By source, of those that it takes a parser to read, up to KEPT_CHARACTERS.
    """

    sources: tuple[str, ...]
    failed: tuple[Failure, ...]
    passed_over: tuple[Failure, ...]
    documents: dict[str, Document]


def copies_of(paths: Sequence[Path], root: Path, *, read: Read) -> Copies:
    """Copy files, folders and the files in zip archives into `root`; what cannot be read is told and not copied."""
    documents: dict[str, Document] = {}

    def read_and_keep(path: Path, name: str) -> Document:
        document = read(path, name)
        if not is_plain(name) and sum(len(kept.text) for kept in documents.values()) + len(document.text) <= KEPT_CHARACTERS:
            documents[name] = document
        return document

    copied: list[str] = []
    found, failed, passed_over = files_to_add(paths)
    for path, name in found:
        if path.suffix.lower() == ".zip":
            _unpack_in(path, name, root, read_and_keep, copied, failed)
            continue
        try:
            copied.append(_copy_in(path, name, root, read_and_keep))
        except (SourceError, OSError, RuntimeError) as exc:  # Path.resolve raises RuntimeError for a link to itself
            failed.append(Failure(str(path), getattr(exc, "strerror", None) or str(exc)))
    return Copies(tuple(copied), _told(failed), _told(passed_over), documents)


def _told(failures: Sequence[Failure]) -> tuple[Failure, ...]:
    return tuple(failure._replace(source=shown(failure.source)) for failure in failures)


def _unpack_in(path: Path, name: str, root: Path, read: Read, copied: list[str], failed: list[Failure]) -> None:
    """Take in the files of an archive under its name, each reported as `ARCHIVE/FILE`."""
    try:
        with unpacked(path) as (members, refused):
            failed += [Failure(f"{path}/{member}", reason) for member, reason in refused]
            for member, file in members:
                try:
                    copied.append(_copy_in(file, (PurePosixPath(name).with_suffix("") / member).as_posix(), root, read))
                except (SourceError, OSError) as exc:
                    failed.append(Failure(f"{path}/{member}", getattr(exc, "strerror", None) or str(exc)))
    except (SourceError, OSError, RuntimeError) as exc:
        failed.append(Failure(str(path), getattr(exc, "strerror", None) or str(exc)))


def _copy_in(path: Path, name: str, root: Path, read: Read) -> str:
    """Copy one file to `name` in the sources folder; return its source."""
    if path.name.startswith("."):
        raise SourceError("hidden files are passed over; rename it without the dot")
    if shown(name) != name:
        raise SourceError(NOT_UNICODE)
    if path.resolve().is_relative_to(root.resolve()):
        return path.resolve().relative_to(root.resolve()).as_posix()
    document = read(path, name)
    target = root / name
    if target.exists():
        if sha256_of(target) == document.sha256:
            return name
        raise SourceError(
            f"the sources folder has a different '{name}' already; rename this one, or first: assistant remove {name}"
        )
    scratch, beside = (path.with_name(f".{path.name}.part") for path in (target, sidecar_of(target)))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, scratch)
        if sidecar_of(path).is_file() and not sidecar_of(path).is_symlink() and not sidecar_of(target).exists():
            shutil.copyfile(sidecar_of(path), beside)
            os.replace(beside, sidecar_of(target))  # before the file, so that no look finds it without
        os.replace(scratch, target)
    except OSError as exc:
        for left in (scratch, beside):
            with suppress(OSError):
                left.unlink()
        raise SourceError(f"it cannot be copied into the sources folder: {exc.strerror}; make room, or make the folder writable") from exc
    return name
