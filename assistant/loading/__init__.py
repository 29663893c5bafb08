"""Path -> Document: one file per family of formats, one registry.

In: a file of the sources folder. Out: a `Document` whose text is fixed from here on, or a `SourceError` that says
why there is none.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Callable
from pathlib import Path

from assistant.errors import SourceError
from assistant.loading.kinds import NAMES, OLD, family, kind_of
from assistant.loading.loaded import Loaded
from assistant.loading.text import is_prose, is_utf8, load_text
from assistant.types import MISNAMED, PLAIN, Document

Loader = Callable[[bytes], Loaded]
"""File content to the text that offsets point into, and what it says about itself; `SourceError` if neither."""

LOADERS: dict[str, str] = {
    **dict.fromkeys(sorted(PLAIN), "text:load_text"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html:load_html"),
    ".pdf": "pdf:load_pdf",
    **dict.fromkeys((".docx", ".docm"), "word:load_docx"),
    **dict.fromkeys((".pptx", ".pptm"), "slides:load_pptx"),
    **dict.fromkeys((".xlsx", ".xlsm"), "sheets:load_xlsx"),
    **dict.fromkeys((".csv", ".tsv"), "sheets:load_csv"),
    ".epub": "epub:load_epub",
    ".rtf": "rtf:load_rtf",
    **dict.fromkeys((".odt", ".ods", ".odp"), "opendocument:load_opendocument"),
    **dict.fromkeys((".eml", ".mht", ".mhtml"), "mail:load_mail"),
}
"""By suffix, the module of this package and the function in it: a parser is imported when a file asks for it."""

WRITTEN = PLAIN | {".csv", ".tsv", ".eml", ".mht", ".mhtml", ".html", ".htm", ".xhtml"}
"""Formats that are text themselves, so that no first bytes mark them."""
KINDS = "text, web pages, PDF, office documents, e-books and e-mail"
"""What is read, for people; a list of suffixes is longer than anybody reads."""
MAX_CHARACTERS = 50_000_000
"""Of text in one document: what a file unpacks to may be much more than its size."""


def readable(path: Path) -> bool:
    """Whether some loader takes files of this name."""
    return path.suffix.lower() in LOADERS


def is_plain(source: str) -> bool:
    """Whether a source is text by its name, which no parser needs to touch."""
    return os.path.splitext(source)[1].lower() in PLAIN


def load(path: Path, source: str, *, max_bytes: int | None = None, seconds: float = 10.0) -> Document:
    """Read one file whole.

    Args:
        path: Where it is.
        source: Its name in the library: relative to the sources folder, with `/`.
        max_bytes: Larger files are refused.
        seconds: A parser that takes longer is stopped; large files are given more.

    Raises:
        SourceError: If it is missing, unreadable, empty, too large, damaged, without text, or of an unknown kind.
    """
    try:
        os.lstat(path)
        is_ordinary = path.is_file()
    except (OSError, ValueError) as exc:
        raise _refused(exc) from exc
    if not is_ordinary:
        raise SourceError("it is no ordinary file")
    suffix = path.suffix.lower()
    if suffix not in LOADERS:
        raise SourceError(unreadable(path.suffix))
    data = _read_bytes(path, max_bytes)
    if not data:
        raise SourceError("the file is empty")
    if suffix in PLAIN and is_utf8(data):
        loaded = load_text(data)
    else:
        from assistant.loading.worker import shared_worker

        loaded = shared_worker().run("assistant.loading:read", data, suffix, seconds=seconds)
    if not loaded.text.strip():
        raise SourceError("the file is empty")
    metadata = loaded.metadata
    sha256 = hashlib.sha256(data).hexdigest()
    return Document(
        id=document_id(source, sha256),
        source=source,
        text=loaded.text,
        title=metadata.title,
        publisher=metadata.publisher,
        author=metadata.author,
        published=metadata.published,
        url=metadata.url,
        sha256=sha256,
        pages=loaded.pages,
        warnings=loaded.warnings,
    )


def read(data: bytes, suffix: str) -> Loaded:
    """Read a file's content by what it is, which its suffix may belie. Runs in the worker.

    Raises:
        SourceError: If it cannot be read, or holds too much text.
    """
    kind = family(suffix)
    real = None if suffix in WRITTEN and is_utf8(data) else kind_of(data)
    warnings: tuple[str, ...] = ()
    if real == ".zip":
        raise SourceError("it is a zip archive of other files; to take them in, name it .zip and run: assistant add FILE.zip")
    if real is None and suffix not in WRITTEN:
        if not is_prose(data):
            raise SourceError(f"it is not {NAMES[kind]}, though its name says so; if it is text, rename it to .txt")
        warnings, suffix = (f"{MISNAMED} {suffix}, but it is plain text and was read as such.",), ".txt"
    if real is not None and real != kind and not (real == ".html" and suffix in WRITTEN):
        warnings = (f"{MISNAMED} {suffix}, but it is {NAMES[real]} and was read as one.",)
        suffix = real
    loaded = loader(suffix)(data)
    if len(loaded.text) > MAX_CHARACTERS:
        raise SourceError(f"it holds {len(loaded.text) / 1e6:.0f} million characters of text and the limit is 50 million; split it")
    return loaded._replace(warnings=warnings + loaded.warnings)


def loader(suffix: str) -> Loader:
    """The loader of a suffix in lower case."""
    module, _, name = LOADERS[suffix].partition(":")
    made: Loader = getattr(importlib.import_module(f"assistant.loading.{module}"), name)
    return made


def unreadable(suffix: str) -> str:
    """Why a file of this kind is not read, and the way out where there is a short one."""
    if suffix.lower() in OLD:
        return f"'{suffix}' files cannot be read; {OLD[suffix.lower()]}"
    named = f"'{suffix}' files" if suffix else "files without a suffix"
    return f"{named} cannot be read; these can: {KINDS}"


def document_id(source: str, sha256: str) -> str:
    """Drawn from name and content alone, so that ids do not depend on when or in which order files were read."""
    return hashlib.sha256(f"{source}\0{sha256}".encode()).hexdigest()[:16]


def _read_bytes(path: Path, max_bytes: int | None) -> bytes:
    try:
        size = path.stat().st_size
        if max_bytes is not None and size > max_bytes:
            raise SourceError(
                f"the file has {size / 1e6:.1f} MB and the limit is {max_bytes / 1e6:.0f} MB;"
                " raise max_file_mb or split it"
            )
        return path.read_bytes()
    except OSError as exc:
        raise _refused(exc) from exc


def _refused(exc: OSError | ValueError) -> SourceError:
    """Why a file cannot be read; a ValueError means that no file can have its name."""
    if isinstance(exc, FileNotFoundError | ValueError):
        return SourceError("there is no such file")
    if isinstance(exc, PermissionError):
        return SourceError("no permission to read it")
    return SourceError(f"it cannot be read: {exc.strerror or exc}")
