"""The sources folder as it lies on disk: which files are there, and whether one is what it was.

In: a folder. Out: names, sizes and times, and what could not be looked at. Nothing here reads a document or writes the index.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from assistant.catalog import FileState
from assistant.errors import LibraryError
from assistant.loading.kinds import is_page_folder

MTIME_GRAIN_NS = 2_000_000_000
"""The coarsest clock of a file system in use (FAT, 2 s): a file younger than this when looked at may have changed unseen."""


class Failure(NamedTuple):
    """A file that could not be read, and why."""

    source: str
    reason: str


class Walk(NamedTuple):
    """What a walk through the folder met; `unlisted` are folders, with their `/`, that could not be looked into."""

    files: dict[str, os.stat_result]
    failed: list[Failure]
    unlisted: list[str]

    def take(self, source: str, stat: os.stat_result) -> None:
        try:
            source.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(source).decode("utf-8", "replace")
            self.failed.append(Failure(shown, "its name is not Unicode; rename it"))
        else:
            self.files[source] = stat


def walk(root: Path, data: Path) -> Walk:
    """Files of the folder, by name; hidden ones, the data folder, saved pages' own and links that lead out are passed over."""
    shown, root, data = root, root.resolve(), data.resolve()
    walked = Walk({}, [], [])
    pending = [("", root)]
    while pending:
        prefix, folder = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as exc:
            if not prefix:
                raise LibraryError(f"The sources folder '{shown}' cannot be read: {exc.strerror}.") from exc
            walked.unlisted.append(prefix)
            walked.failed.append(Failure(prefix, f"the folder cannot be read: {exc.strerror}"))
            continue
        names = {entry.name for entry in entries}
        for entry in entries:
            if entry.name.startswith(".") or is_page_folder(entry.name, names):
                continue
            if entry.is_dir(follow_symlinks=False):
                if Path(entry.path) != data:
                    pending.append((f"{prefix}{entry.name}/", Path(entry.path)))
                continue
            with suppress(OSError, RuntimeError):  # gone meanwhile, or a link to itself
                if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
                    continue
                if entry.is_file():
                    walked.take(prefix + entry.name, entry.stat())
    return walked


def seems_same(state: FileState | None, stat: os.stat_result) -> bool:
    """Same size and time, but looked at so soon after it was written that only its hash can tell."""
    return state is not None and not state.failure and (state.size, state.mtime_ns) == (stat.st_size, stat.st_mtime_ns)


def surely_same(state: FileState | None, stat: os.stat_result) -> bool:
    """Same size and time, and the time old enough at the last look that no later change could bear it too."""
    return (
        state is not None
        and state.size == stat.st_size
        and state.mtime_ns == stat.st_mtime_ns
        and state.looked_ns - stat.st_mtime_ns > MTIME_GRAIN_NS
    )


def files_to_add(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Each file to add with its name in the library; a folder keeps its inner paths under its own name."""
    for path in paths:
        if not path.is_dir():
            yield path, path.name
            continue
        for folder, folders, names in os.walk(path):
            beside = {*names, *folders}
            folders[:] = sorted(name for name in folders if not name.startswith(".") and not is_page_folder(name, beside))
            for name in sorted(names):
                if not name.startswith("."):
                    inner = Path(folder, name)
                    yield inner, (Path(path.resolve().name) / inner.relative_to(path)).as_posix()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
