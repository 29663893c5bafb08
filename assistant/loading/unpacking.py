"""A zip archive of documents -> its files, unpacked where they can be added one by one.

In: an archive. Out: its members as files in a folder that is deleted afterwards, and those that were refused, with why. No member
lands outside that folder, whatever its name; links are not followed, archives in it are not opened.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from assistant.errors import SourceError
from assistant.loading.archive import open_archive
from assistant.loading.kinds import is_page_folder

MAX_DEPTH = 12
MAX_NAME_BYTES = 200
ENCRYPTED = 0x1


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[list[tuple[str, Path]], list[tuple[str, str]]]]:
    """Unpack an archive for a while.

    Yields:
        Members as (name with `/`, file), and refused ones as (name, reason). Hidden files and what systems put beside the
        documents are passed over.

    Raises:
        SourceError: If it is no archive, is damaged, holds nothing, or would unpack to too much.
    """
    if not path.is_file():
        raise SourceError("there is no such file")
    with path.open("rb") as file, tempfile.TemporaryDirectory(prefix="assistant-unpacked-") as folder, open_archive(file) as archive:
        members: list[tuple[str, Path]] = []
        refused: list[tuple[str, str]] = []
        infos = [info for info in archive.infolist() if not info.is_dir()]
        beside = {part for info in infos for part in PurePosixPath(info.filename).parts}
        for number, info in enumerate(infos):
            name = PurePosixPath(info.filename.replace("\\", "/"))
            if any((part.startswith(".") and part != "..") or part == "__MACOSX" or is_page_folder(part, beside) for part in name.parts):
                continue
            try:
                check_member(info, name)
                target = Path(folder, str(number), safe_part(name.name))
                target.parent.mkdir()
                with archive.open(info) as source, target.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
            except SourceError as exc:
                refused.append((_shown(info.filename), str(exc)))
            except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, OSError, ValueError) as exc:
                refused.append((_shown(info.filename), f"it is damaged in the archive ({_shown(str(exc))[:80]})"))
            else:
                members.append((PurePosixPath(*map(safe_part, name.parts)).as_posix(), target))
        if not members and not refused:
            raise SourceError("the archive holds no files")
        yield members, refused


def check_member(info: zipfile.ZipInfo, name: PurePosixPath) -> None:
    """Raise `SourceError` where a member must not be unpacked."""
    if name.is_absolute() or ".." in name.parts or PureWindowsPath(info.filename).drive:
        raise SourceError("its name leads out of the archive")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise SourceError("it is a link, not a file")
    if info.flag_bits & ENCRYPTED:
        raise SourceError("it is encrypted; unpack the archive with its password and add the files")
    if len(name.parts) > MAX_DEPTH:
        raise SourceError(f"it lies more than {MAX_DEPTH} folders deep")
    if name.suffix.lower() == ".zip":
        raise SourceError("an archive in an archive is not opened; unpack it and add it by itself")


def safe_part(part: str) -> str:
    """A file or folder name without control characters, short enough for any file system."""
    kept = "".join(char for char in part if unicodedata.category(char)[0] != "C").strip() or "untitled"
    path = PurePosixPath(kept)
    stem, suffix = path.stem, path.suffix
    while len(f"{stem}{suffix}".encode()) > MAX_NAME_BYTES and stem:
        stem = stem[:-1]
    return f"{stem}{suffix}" if stem else "untitled"


def _shown(name: str) -> str:
    return "".join(char if unicodedata.category(char)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for char in name)
