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
from assistant.loading.loaded import Loaded
from assistant.types import Document

Loader = Callable[[bytes], Loaded]
"""File content to the text that offsets point into, and what it says about itself; `SourceError` if neither."""

LOADERS: dict[str, str] = {
    ".txt": "text:load_text",
    ".text": "text:load_text",
    ".md": "text:load_text",
    ".markdown": "text:load_text",
    ".html": "html:load_html",
    ".htm": "html:load_html",
    ".xhtml": "html:load_html",
}
"""By suffix, the module of this package and the function in it: a parser is imported when a file asks for it."""


def readable(path: Path) -> bool:
    """Whether some loader takes files of this name."""
    return path.suffix.lower() in LOADERS


def load(path: Path, source: str, *, max_bytes: int | None = None) -> Document:
    """Read one file whole.

    Args:
        path: Where it is.
        source: Its name in the library: relative to the sources folder, with `/`.
        max_bytes: Larger files are refused.

    Raises:
        SourceError: If it is missing, unreadable, empty, too large, binary, or of an unknown kind.
    """
    if not os.path.lexists(path):
        raise SourceError("there is no such file")
    if not path.is_file():
        raise SourceError("it is no ordinary file")
    if not readable(path):
        kinds = ", ".join(sorted(LOADERS))
        named = f"'{path.suffix}' files" if path.suffix else "files without a suffix"
        raise SourceError(f"{named} cannot be read; these can: {kinds}")
    data = _read_bytes(path, max_bytes)
    loaded = loader(path.suffix.lower())(data)
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


def loader(suffix: str) -> Loader:
    """The loader of a suffix in lower case."""
    module, _, name = LOADERS[suffix].partition(":")
    made: Loader = getattr(importlib.import_module(f"assistant.loading.{module}"), name)
    return made


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
    except FileNotFoundError as exc:
        raise SourceError("there is no such file") from exc
    except PermissionError as exc:
        raise SourceError("no permission to read it") from exc
    except OSError as exc:
        raise SourceError(f"it cannot be read: {exc.strerror or exc}") from exc
