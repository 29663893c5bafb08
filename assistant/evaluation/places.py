"""The places that a run is to be written to, tried before anything is asked. In: paths. Out: nothing, or an error in words.

A run takes minutes; that its results have no place is told before it, not after.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from assistant.evaluation.questions import EvaluationError


def check_folder(folder: Path, flag: str = "--out DIR") -> None:
    """Make a file in `folder`, and take it and the folders that this needed away again.

    Raises:
        EvaluationError: If that does not work; `flag` names another place.
    """
    with writing(folder, flag):
        _try(folder)


def check_file(path: Path, flag: str) -> None:
    """The same of a file, which stays as it is where it is there."""
    with writing(path, flag):
        if path.exists():
            with path.open("ab"):
                return
        _try(path.parent)


def _try(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    finally:
        for each in missing:
            with suppress(OSError):
                each.rmdir()


@contextmanager
def writing(path: Path, flag: str = "--out DIR") -> Iterator[None]:
    """What goes wrong with files within is told with `path` and the flag that names another place."""
    try:
        yield
    except OSError as exc:
        reason = "a file is where a folder should be" if isinstance(exc, FileExistsError | NotADirectoryError) else exc.strerror or str(exc)
        raise EvaluationError(f"'{path}' cannot be written to: {reason}. Name another place with {flag}, or mend this one.") from exc
