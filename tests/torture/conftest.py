"""Processes that start at once, and libraries made once and copied."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.fakes import library_in, stories


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Processes that have imported everything, Chroma too, when they start: a kill falls into the work, not into imports."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("processes are not forked on this system")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chromadb", "tests.torture.operations", "tests.torture.side_by_side"])
    return context


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, Path], Path]:
    """Copy a library of so many stories (4 passages each), indexed and mirrored, to a folder."""
    folders: dict[int, Path] = {}

    def copy(n_stories: int, to: Path) -> Path:
        if n_stories not in folders:
            folders[n_stories] = tmp_path_factory.mktemp(f"made-{n_stories}")
            library = library_in(folders[n_stories], stories(range(n_stories)))
            library.sync()
            assert library.catalog.counts() == (n_stories, 4 * n_stories)
            library.store.close()
            library.catalog.close()
        shutil.copytree(folders[n_stories], to, dirs_exist_ok=True)
        return to

    return copy
