"""The Makefile, run by make itself in a folder of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fakes import ROOT, write

MADE = ("keep/removed/a.md", "keep/conversations/1.json", "keep/feedback.jsonl", "reader/first.pt", "eval/report.html")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


def make(target: str, checkout: Path) -> str:
    done = subprocess.run(["make", target, "VENV=.venv"], cwd=checkout, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_cleaning_takes_only_what_is_made_anew(checkout: Path) -> None:
    write(checkout, {f".assistant/{name}": "mine" for name in MADE})
    write(checkout, {".assistant/index/catalog.sqlite": "rebuilt", ".venv/bin/python": "installed", "sources/a.md": "mine"})
    make("clean", checkout)
    left = sorted(path.relative_to(checkout).as_posix() for path in checkout.rglob("*") if path.is_file())
    assert left == sorted(["Makefile", "sources/a.md", *(f".assistant/{name}" for name in MADE)])


def test_help_names_every_target(checkout: Path) -> None:
    [targets] = re.findall(r"^\.PHONY: (.*)", (checkout / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"^make ([a-z-]+)", make("help", checkout), re.MULTILINE)) == sorted(set(targets.split()) - {"help"})
