"""Files on their way from the browser into the sources folder.

A file comes as the body of one request and waits in a folder of our own under a random token;
the page then names tokens, never paths, so that no request can point at another file.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

MAX_NAME_BYTES = 200  # most file systems stop at 255; the library may add a suffix


class Uploads:
    """Uploaded files that wait to be added, by token."""

    def __init__(self, *, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        # Deleted with what waits in it when the server ends.
        self._folder = tempfile.TemporaryDirectory(prefix="assistant-uploads-")
        self._paths: dict[str, Path] = {}
        self._lock = threading.Lock()

    def reserve(self, name: str) -> tuple[str, Path]:
        """A fresh token, and where its file is to be written."""
        token = secrets.token_hex(16)
        path = Path(self._folder.name, token, safe_name(name))
        path.parent.mkdir()
        with self._lock:
            self._paths[token] = path
        return token, path

    def paths(self, tokens: Sequence[str]) -> list[Path]:
        """The files of those tokens that are known."""
        with self._lock:
            return [self._paths[token] for token in tokens if token in self._paths]

    def drop(self, tokens: Sequence[str]) -> None:
        """Forget tokens and delete their files."""
        for token in tokens:
            with self._lock:
                path = self._paths.pop(token, None)
            if path is not None:
                shutil.rmtree(path.parent, ignore_errors=True)


def upload_route(uploads: Uploads) -> Callable[[Request], Awaitable[JSONResponse]]:
    """`POST /upload?name=NAME`, the file as body -> `{"token": ...}`; 413 if it is too large."""

    async def upload(request: Request) -> JSONResponse:
        if _announced_size(request) > uploads.max_bytes:
            return _too_large(uploads)
        token, path = uploads.reserve(request.query_params.get("name", ""))
        written = 0
        try:
            with path.open("wb") as file:
                async for block in request.stream():
                    written += len(block)
                    if written > uploads.max_bytes:
                        uploads.drop([token])
                        return _too_large(uploads)
                    await run_in_threadpool(file.write, block)
        except BaseException:  # the reader closed the page: leave nothing behind
            uploads.drop([token])
            raise
        return JSONResponse({"token": token})

    return upload


def safe_name(name: str) -> str:
    """The last part of `name` as a plain file name: nothing hidden, no control characters."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    kept = kept.strip().lstrip(".").strip() or "untitled"
    stem, suffix = PurePosixPath(kept).stem, PurePosixPath(kept).suffix
    while len(f"{stem}{suffix}".encode()) > MAX_NAME_BYTES and stem:
        stem = stem[:-1]
    return f"{stem}{suffix}" if stem else "untitled"


def _announced_size(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0


def _too_large(uploads: Uploads) -> JSONResponse:
    megabytes = uploads.max_bytes // (1024 * 1024)
    reason = f"Larger than {megabytes} MB, the most this page takes."
    return JSONResponse({"error": reason}, status_code=413)
