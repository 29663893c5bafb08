"""The sources folder as it lies on disk: which files are there, and whether one is what it was.

In: a folder. Out: names, sizes and times, and what could not be looked at. Nothing here reads a document or writes the index.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple

from assistant.errors import LibraryError
from assistant.loading.kinds import is_page_folder
from assistant.records import FileState
from assistant.sidecar import SUFFIX, is_sidecar, sidecar_of

MTIME_GRAIN_NS = 2_000_000_000
"""The coarsest clock of a file system in use (FAT, 2 s): a file younger than this when looked at may have changed unseen."""

STAMPED = re.compile(r"(?<=.)-\d{8}-\d{6}-\d{3}\Z")
"""What is put behind the name of a file that is kept under a name of its own; behind a name that ends so by itself it is put always,
so that what is taken off is never a part of it."""

NEAR = 0.75
"""How alike two names are, by difflib's ratio, for one to be taken for a slip of the other: `fundd` and `fund` are to 0.89."""
LEAST_OF_A_NAME = 3
"""Letters of a name that may stand for the whole."""


class Failure(NamedTuple):
    """A file that could not be read, and why."""

    source: str
    reason: str


class Walk(NamedTuple):
    """What a walk through the folder met.

    Attributes:
        files: By source.
        failed: What could not be looked at.
        unseen: Folders that could not be looked into and files that could not be looked at.
        abouts: Sidecars, by the source they are about.
        passed_over: Links that lead nowhere or out of the folder, and sidecars of nothing.
    """

    files: dict[str, os.stat_result]
    failed: list[Failure]
    unseen: set[str]
    abouts: dict[str, os.stat_result]
    passed_over: list[Failure]

    def take(self, source: str, stat: os.stat_result) -> None:
        try:
            source.encode()
        except UnicodeEncodeError:
            self.failed.append(Failure(shown(source), NOT_UNICODE))
            return
        if is_sidecar(source):
            self.abouts[source[: -len(SUFFIX)]] = stat
        else:
            self.files[source] = stat

    def take_link(self, source: str, root: Path) -> bool:
        """Whether a link leads to something in the folder; if not, it is noted.

        Raises:
            OSError: If it cannot be told, as what it leads to may not be looked at.
        """
        try:
            path = Path(root, source)
            reason = None if path.resolve().is_relative_to(root) else OUT
            if not reason:
                path.stat()
        except (FileNotFoundError, NotADirectoryError):
            reason = "a link that leads nowhere; delete it, or bring back what it named"
        except (OSError, RuntimeError) as exc:  # Path.resolve raises RuntimeError for a link to itself
            if isinstance(exc, OSError) and exc.errno != errno.ELOOP:
                raise
            reason = "a link that leads to itself; delete it"
        if reason:
            self.passed_over.append(Failure(shown(source), reason))
        return reason is None

    def may_hold(self, source: str) -> bool:
        """Whether a source that was not met may be there, out of sight."""
        return not self.unseen.isdisjoint((source, *map(str, PurePosixPath(source).parents)))


OUT = "a link out of the sources folder is not followed; copy the file in: assistant add FILE"
STAYS = "what is indexed of it stays"
NOT_UNICODE = "its name is not Unicode; rename it"


def shown(source: str) -> str:
    """A name that may be no Unicode, as it can be printed and stored."""
    return os.fsencode(source).decode("utf-8", "replace")


def walk(root: Path, data: Path) -> Walk:
    """Files of the folder, by name; hidden ones, the data folder, saved pages' own and links that lead out are passed over."""
    named, root, data = root, root.resolve(), data.resolve()
    walked = Walk({}, [], set(), {}, [])
    pending = [("", root)]
    while pending:
        prefix, folder = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            os.stat(f"{folder}/.")  # who may list a folder may yet not enter it, and so not look at one file
        except OSError as exc:
            if not prefix:
                raise LibraryError(f"The sources folder '{named}' cannot be read: {exc.strerror}.") from exc
            walked.unseen.add(prefix.rstrip("/"))
            walked.failed.append(Failure(shown(prefix), f"the folder cannot be looked into: {exc.strerror}; {STAYS}"))
            continue
        names = {entry.name for entry in entries}
        for entry in entries:
            source = prefix + entry.name
            if entry.name.startswith(".") or is_page_folder(entry.name, names):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    if Path(entry.path) != data:
                        pending.append((f"{source}/", Path(entry.path)))
                elif (not entry.is_symlink() or walked.take_link(source, root)) and entry.is_file():
                    walked.take(source, entry.stat())
            except (FileNotFoundError, NotADirectoryError):
                continue  # gone meanwhile
            except OSError as exc:
                walked.unseen.add(source)
                walked.failed.append(Failure(shown(source), f"it cannot be looked at: {exc.strerror}; {STAYS}"))
    walked.passed_over.extend(
        Failure(source + SUFFIX, f"there is no '{source.rpartition('/')[2]}' beside it to be about; move it there, or delete it")
        for source in walked.abouts.keys() - walked.files.keys()
        if not walked.may_hold(source)
    )
    return walked


def seems_same(state: FileState | None, stat: os.stat_result, about: os.stat_result | None) -> bool:
    """File and sidecar of the same size and time, but looked at so soon after they were written that only their hash can tell."""
    return state is not None and not state.failure and _same_times(state, stat, about)


def surely_same(state: FileState | None, stat: os.stat_result, about: os.stat_result | None) -> bool:
    """Same sizes and times, and the times old enough at the last look that no later change could bear them too."""
    if state is None or not _same_times(state, stat, about):
        return False
    newest = max(stat.st_mtime_ns, about.st_mtime_ns if about else 0)
    return state.looked_ns - newest > MTIME_GRAIN_NS


def _same_times(state: FileState, stat: os.stat_result, about: os.stat_result | None) -> bool:
    beside = (about.st_size, about.st_mtime_ns) if about else (-1, 0)
    return (state.size, state.mtime_ns) == (stat.st_size, stat.st_mtime_ns) and (state.about_size, state.about_mtime_ns) == beside


def files_to_add(paths: Sequence[Path]) -> tuple[list[tuple[Path, str]], list[Failure], list[Failure]]:
    """What is to be added with its names in the library, a folder's inner paths under its own name.

    A link that is named is followed, as is one in a folder to a file in it. One that leads out of the folder is not: whoever made
    the folder would choose what is read of this machine.

    Returns:
        Paths and names; folders that could not be looked into; links that are not followed.
    """
    found: list[tuple[Path, str]] = []
    failed: list[Failure] = []
    passed_over: list[Failure] = []

    def note(exc: OSError) -> None:
        failed.append(Failure(exc.filename, f"the folder cannot be looked into: {exc.strerror}"))

    for path in paths:
        if not os.path.isdir(path):  # Path.is_dir would raise where one may not look; why is told when the file is read
            found.append((path, path.name))
            passed_over += _linked_sidecar(path)
            continue
        root = path.resolve()
        for folder, folders, names in os.walk(path, onerror=note):
            beside = {*names, *folders}
            folders[:] = sorted(name for name in folders if not name.startswith(".") and not is_page_folder(name, beside))
            for name in sorted([*names, *(each for each in folders if os.path.islink(os.path.join(folder, each)))]):
                inner = Path(folder, name)
                if name.startswith(".") or is_sidecar(name):
                    continue
                if os.path.islink(inner) and _leads_out(inner, root):
                    passed_over.append(Failure(str(inner), "a link out of the folder is not followed; if it is meant, add what it names by itself"))
                elif name in names:
                    found.append((inner, (Path(root.name) / inner.relative_to(path)).as_posix()))
                    passed_over += _linked_sidecar(inner)
    return found, failed, passed_over


def _linked_sidecar(path: Path) -> list[Failure]:
    beside = sidecar_of(path)
    return [Failure(str(beside), "a link is not copied as a source's sidecar; put the file itself there")] if os.path.islink(beside) else []


def _leads_out(link: Path, root: Path) -> bool:
    with suppress(OSError, RuntimeError):  # a link to itself is told when it is read
        return not link.resolve().is_relative_to(root)
    return False


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def move(path: Path, to: Path) -> None:
    """Move a file, to another disk too: whole or not at all; where it cannot be taken away it is not left in two places."""
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.rename(path, to)
    except OSError as exc:
        if exc.errno != errno.EXDEV:
            raise
        scratch = to.with_name(f".{to.name}.part")
        try:
            shutil.copy2(path, scratch)
            os.replace(scratch, to)
            path.unlink()
        except OSError:
            for left in (scratch, to):
                with suppress(OSError):
                    left.unlink()
            raise


def kept_path(path: Path) -> Path:
    """`path`, or where something stands there already, or its name ends like one of these, a name of its own for now."""
    kept = path
    while os.path.lexists(kept) or (kept is path and STAMPED.search(path.stem)):
        kept = path.with_name(f"{path.stem}-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1000:03}{path.suffix}")
    return kept


def unstamped(name: PurePath) -> PurePath:
    """The name that `kept_path` was given, by the one that it gave."""
    return name.with_name(STAMPED.sub("", name.stem) + name.suffix)


def near_names(name: str, sources: Sequence[str]) -> list[str]:
    """Up to three sources whose name has `name` in it or is nearly so, without their endings, which make unlike names look alike."""
    import difflib

    wanted = PurePosixPath(name).stem.casefold()
    by_stem = {source: PurePosixPath(source).stem.casefold() for source in dict.fromkeys(sources)}
    within = [source for source, stem in by_stem.items() if len(wanted) >= LEAST_OF_A_NAME and wanted in stem]
    close = difflib.get_close_matches(wanted, by_stem.values(), n=3, cutoff=NEAR)
    return list(dict.fromkeys([*within, *(source for stem in close for source in by_stem if by_stem[source] == stem)]))[:3]
