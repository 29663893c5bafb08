"""What a person does with a source once it is there: correct what was read, read it again, bring back what was taken out.

In: a library and the name of a source. Out: a report; the index is up to date when it returns.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from assistant.errors import SourceError
from assistant.folder import Failure, kept_path, move, unstamped, walk
from assistant.library import Library
from assistant.records import DocumentSummary
from assistant.scanning import Progress, ScanReport
from assistant.sidecar import EDITABLE, edited, sidecar_of, write_about
from assistant.types import SORTS


def listing(library: Library, *, find: str = "", sort: str = "source") -> list[DocumentSummary]:
    """The documents in which each word of `find` stands (in source, title, publisher, author or URL, whatever the case).

    Args:
        sort: One of SORTS; by `date`, `passages` and `added` (when its file was last written) the highest come first, and what is
            unknown comes last.

    Raises:
        ValueError: If `sort` is none of SORTS.
    """
    if sort not in SORTS:
        raise ValueError(f"'{sort}' is no way to sort; these are: {', '.join(SORTS)}.")
    words = find.casefold().split()
    found = [d for d in library.catalog.documents() if all(word in _told(d) for word in words)]
    if sort == "added":
        files = library.catalog.files()
        return sorted(found, key=lambda d: files[d.source].mtime_ns if d.source in files else 0, reverse=True)
    if sort == "passages":
        return sorted(found, key=lambda d: d.n_passages, reverse=True)
    if sort == "date":
        return sorted(found, key=lambda d: d.published or "", reverse=True)
    if sort == "source":
        return found
    names = {d.source: (getattr(d, sort) or "").casefold() for d in found}
    return sorted(found, key=lambda d: (not names[d.source], names[d.source]))


def _told(d: DocumentSummary) -> str:
    return " ".join(filter(None, (d.source, d.title, d.publisher, d.author, d.url))).casefold()


def edit(library: Library, name: str, changes: Mapping[str, str], *, clear: Sequence[str] = ()) -> ScanReport:
    """Correct what was read of a source, in its sidecar. Only a new title is embedded anew.

    Args:
        name: The source, or its file name where only one source has it.
        changes: Values by field, of EDITABLE; "" says that the source has none.
        clear: Fields that go by what the file says again.

    Raises:
        SourceError: If there is no such source, or its sidecar cannot be read or written.
        ValueError: If a field cannot be edited, or a date is none.
    """
    checked: dict[str, str | None] = {**edited(changes), **edited(dict.fromkeys(clear, ""))}
    checked.update(dict.fromkeys(clear))
    if not checked:
        raise ValueError(f"Nothing was said to change. Fields: {', '.join(EDITABLE)}.")
    source = library.resolve(name)
    path = library.path_of(source)
    if not path.is_file():
        raise SourceError(f"The file of '{source}' is not in the sources folder any more; put it back and try again.")
    with library.lock.held():
        write_about(path, checked)
    return library.sync_only([source])


def reread(
    library: Library, names: Sequence[str] = (), *, failed: bool = False, progress: Progress | None = None
) -> ScanReport:
    """Read sources again though they seem unchanged, and those that could not be read where `failed` asks for them.

    Raises:
        SourceError: If there is no such source.
    """
    sources = {library.resolve(name) for name in names}
    if failed:
        sources.update(source for source, state in library.catalog.files().items() if state.failure)
    return library.sync_only(sorted(sources), progress=progress, forced=True) if sources else ScanReport()


@dataclass(frozen=True, slots=True)
class Removed:
    """A source that was taken out, and where its file waits.

    Attributes:
        removed: When, ISO 8601 in UTC.
    """

    source: str
    kept: Path
    removed: str


def removed_sources(library: Library) -> list[Removed]:
    """What can be brought back, by source, the latest of each first."""
    folder = library.settings.keep / "removed"
    if not folder.is_dir():
        return []
    found = []
    for name, stat in walk(folder, library.settings.data).files.items():
        source = unstamped(PurePosixPath(name)).as_posix()
        at = datetime.fromtimestamp(stat.st_ctime, UTC)
        found.append((source, -stat.st_ctime_ns, Removed(source, folder / name, f"{at:%Y-%m-%dT%H:%MZ}")))
    return [removed for *_, removed in sorted(found, key=lambda item: item[:2])]


def restore(library: Library, name: str) -> ScanReport:
    """Bring back a source that was taken out, the latest where there are several, with its sidecar.

    A sidecar that was written in its place meanwhile is kept among what was replaced, and the report warns of it.

    Args:
        name: The source as it was, its file name, or the name of its kept file.

    Raises:
        SourceError: If none or several fit, or the sources folder has a file of that name.
    """
    waiting = _fitting(library, name)
    path = library.path_of(waiting.source)
    if os.path.lexists(path):
        raise SourceError(
            f"The sources folder has a '{waiting.source}' already. Rename or remove that one first; the other waits as {waiting.kept}."
        )
    about, beside = sidecar_of(path), sidecar_of(waiting.kept)
    warnings: list[Failure] = []
    try:
        with library.lock.held():
            if beside.is_file():
                if os.path.lexists(about):
                    aside = kept_path(sidecar_of(library.settings.keep / "replaced" / waiting.source))
                    move(about, aside)
                    said = f"it came back with the source; the one that stood here is kept as {aside}"
                    warnings.append(Failure(sidecar_of(Path(waiting.source)).as_posix(), said))
                move(beside, about)
            move(waiting.kept, path)
    except OSError as exc:
        raise SourceError(f"'{waiting.source}' cannot be brought back from {waiting.kept}: {exc.strerror}.") from exc
    report = library.sync_only([waiting.source])
    return replace(report, warnings=(*report.warnings, *warnings))


def _fitting(library: Library, name: str) -> Removed:
    waiting = removed_sources(library)
    folder = library.settings.keep / "removed"
    exact = [one for one in waiting if name in (one.source, one.kept.relative_to(folder).as_posix(), str(one.kept))]
    near = exact or [one for one in waiting if name in (PurePosixPath(one.source).name, PurePosixPath(one.source).stem)]
    if len({one.source for one in near}) == 1:
        return near[0]
    if near:
        raise SourceError(f"'{name}' could be any of: {', '.join(sorted({one.source for one in near}))}. Name one in full.")
    known = ", ".join(sorted({one.source for one in waiting})[:10])
    raise SourceError(f"No '{name}' was taken out. " + (f"These were: {known}." if known else "Nothing was."))


def replace_source(library: Library, path: Path, source: str, *, progress: Progress | None = None) -> tuple[ScanReport, Path]:
    """Put the file at `path` in the place of a source and index it; its sidecar stays.

    Returns:
        What became of it, and where the file that stood there is kept now.

    Raises:
        SourceError: If the new file cannot be read as a document, or not be put there; the old one stays then.
    """
    library.read(path, source)
    target = library.path_of(source)
    kept = kept_path(library.settings.keep / "replaced" / source)
    scratch = target.with_name(f".{target.name}.part")
    try:
        with library.lock.held():
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, scratch)
            shutil.copy2(target, kept)
            os.replace(scratch, target)
    except OSError as exc:
        scratch.unlink(missing_ok=True)
        raise SourceError(f"'{source}' cannot be replaced: {exc.strerror}. Make room, or the folder writable, and try again.") from exc
    return library.sync_only([source], forced=True, progress=progress), kept


def put_back(library: Library, source: str, kept: Path) -> ScanReport:
    """Bring a replaced file back to its place; what stands there is kept beside it.

    Raises:
        SourceError: If the kept file cannot be read or moved.
    """
    report, _ = replace_source(library, kept, source)
    kept.unlink(missing_ok=True)
    return report


def replaced_since(library: Library, source: str, since_ns: int) -> Path | None:
    """Where the file of a source that was replaced at or after `since_ns` (of the system's clock) is kept; the earliest of several."""
    folder = (library.settings.keep / "replaced" / source).parent
    name = PurePosixPath(source).name
    kept = [
        path for path in (folder.iterdir() if folder.is_dir() else ())
        if unstamped(path).name == name and path.stat().st_ctime_ns >= since_ns
    ]  # fmt: skip
    return min(kept, key=lambda path: path.stat().st_ctime_ns, default=None)


def free_name(library: Library, source: str) -> str:
    """`source`, or with a number behind it where something stands there: `report (2).pdf`."""
    path, n = PurePosixPath(source), 1
    while os.path.lexists(library.path_of(source)):
        n += 1
        source = path.with_name(f"{path.stem} ({n}){path.suffix}").as_posix()
    return source
