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
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

MAX_NAME_BYTES = 200  # most file systems stop at 255; the library may add a suffix
MAX_DEPTH = 12  # folders around an uploaded file; further ones are left out


class Uploads:
    """Uploaded files that wait to be added, by token."""

    def __init__(self, *, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        # Deleted with what waits in it when the server ends.
        self._folder = tempfile.TemporaryDirectory(prefix="assistant-uploads-", ignore_cleanup_errors=True)
        self._paths: dict[str, Path] = {}
        self._lock = threading.Lock()

    def reserve(self, name: str) -> tuple[str, Path]:
        """A fresh token, and where its file is to be written: below the token's folder, in the folders that `name` gives."""
        token = secrets.token_hex(16)
        path = self.folder(token) / safe_path(name)
        path.parent.mkdir(parents=True)
        with self._lock:
            self._paths[token] = path
        return token, path

    def folder(self, token: str) -> Path:
        """What holds the file of a token, and nothing else."""
        return Path(self._folder.name, token)

    def paths(self, tokens: Sequence[str]) -> list[Path]:
        """The files of those tokens that are known."""
        with self._lock:
            return [self._paths[token] for token in tokens if token in self._paths]

    def rename(self, token: str, name: str) -> Path:
        """Give the file of a token another name within its folder."""
        with self._lock:
            path = self.folder(token) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._paths[token].rename(path)
            self._paths[token] = path
            return path

    def drop(self, tokens: Sequence[str]) -> None:
        """Forget tokens and delete their files."""
        for token in tokens:
            with self._lock:
                path = self._paths.pop(token, None)
            if path is not None:
                shutil.rmtree(self.folder(token), ignore_errors=True)

    def discard(self) -> None:
        """Delete all that waits, at the end."""
        self._folder.cleanup()


def upload_route(uploads: Uploads, *, came: Callable[[str], None]) -> Callable[[Request], Awaitable[JSONResponse]]:
    """`POST /upload?name=NAME&upload=BATCH`, the file as body -> `{"token": ...}`; 413 if it is too large, 507 if there is no room.

    `came` is told the batch with each block that has come.
    """

    async def upload(request: Request) -> JSONResponse:
        if _announced_size(request) > uploads.max_bytes:
            return _too_large(uploads)
        token, path = uploads.reserve(request.query_params.get("name", ""))
        batch = request.query_params.get("upload", "")
        written = 0

        def keep(file: IO[bytes], block: bytes) -> None:
            file.write(block)
            came(batch)

        try:
            with path.open("wb") as file:
                async for block in request.stream():
                    written += len(block)
                    if written > uploads.max_bytes:
                        uploads.drop([token])
                        return _too_large(uploads)
                    await run_in_threadpool(keep, file, block)
        except OSError as exc:
            uploads.drop([token])
            return JSONResponse({"error": f"It cannot be kept: {exc.strerror}. Make room and try again."}, status_code=507)
        except BaseException:  # the reader closed the page: leave nothing behind
            uploads.drop([token])
            raise
        return JSONResponse({"token": token})

    return upload


def safe_path(name: str) -> str:
    """`name` as a relative path in plain names, with `/`; only the innermost folders of a very deep one."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..") and not _is_drive(part)]
    if not parts or name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or _is_drive(name[:2]):
        return safe_name(name)  # no path of a chosen folder: those are relative
    return "/".join([*(safe_name(part) for part in parts[:-1][-MAX_DEPTH:]), safe_name(parts[-1])])


def _is_drive(part: str) -> bool:
    return len(part) == 2 and part[1] == ":"


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
