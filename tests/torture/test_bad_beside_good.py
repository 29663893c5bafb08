"""A parser that hangs, eats memory, crashes or ends its process, met by the commands: the good files beside are indexed, the bad ones told
of, and tried again only when they changed or when asked to.

The parser of RTF is put in place of the real one, as a library with defects would be: by a folder that Python looks into first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import main
from assistant.loading.worker import shared_worker
from tests.fakes import write
from tests.loading.makers import SENTENCES, docx

pytestmark = pytest.mark.slow

PARSER = """
import ctypes, os, time

def rtf_to_text(text, **options):
    word, _, rest = text.removeprefix("{\\\\rtf1 ").rstrip("}").partition(" ")
    with open(os.environ["PARSED"], "a") as log:
        log.write(word + "\\n")
    while word == "hangs":
        time.sleep(0.01)
    hoard = []
    while word == "eats":
        hoard.append(bytes(10_000_000))
    if word == "crashes":
        ctypes.string_at(8)  # a segmentation fault
    if word == "leaves":
        os._exit(3)
    if word == "stumbles":
        raise RuntimeError("a step that failed")
    return word + " " + rest
"""
LIMIT_S = 2
REASONS = {
    "crashes": "its parser crashed: the file is damaged, or of a kind that the parser cannot read",
    "eats": "reading it takes more than 1.5 GB of memory; split it",
    "hangs": f"reading it took longer than {LIMIT_S} s and was stopped; split it, or raise max_file_seconds",
    "leaves": "its parser crashed: the file is damaged, or of a kind that the parser cannot read",
    "stumbles": "it is damaged and cannot be read (RuntimeError: a step that failed)",
}


def rich(text: str) -> str:
    return f"{{\\rtf1 {text}}}"


GOOD = {
    "a-first.txt": "The harbour fund of Norvia holds $40 million, the port authority said on Monday.",
    "deep/letter.docx": docx((SENTENCES[0],)),
    "m-between.rtf": rich("fine words of a good parser on the ferries of Norvia, which run on batteries."),
    "z-last.md": "# The bridge\n\nThe new bridge over the Ilm opens on 3 June 2025, the builder said.",
}
BAD = {f"{word}.rtf": rich(f"{word} when it is read.") for word in REASONS}


@pytest.fixture
def parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The log of a process whose RTF parser does what a file's first word says: one line a file that was parsed."""
    write(tmp_path / "libraries", {"striprtf/__init__.py": "", "striprtf/striprtf.py": PARSER})
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "libraries"))
    monkeypatch.setenv("PARSED", str(tmp_path / "parsed"))
    monkeypatch.setenv("ASSISTANT_MAX_FILE_SECONDS", str(LIMIT_S))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sources").mkdir()
    shared_worker().close()  # the next one is started with these settings
    yield tmp_path / "parsed"
    shared_worker().close()


def run(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    """What a command prints as JSON."""
    assert main([*arguments, "--json"]) == status
    return json.loads(capsys.readouterr().out)


def failed(report: Any) -> dict[str, str]:
    return {Path(failure["source"]).name: failure["reason"] for failure in report["failed"]}


def now_parsed(parsed: Path) -> list[str]:
    """The first words of what was parsed since this was last asked, sorted."""
    words = parsed.read_text().split() if parsed.exists() else []
    parsed.unlink(missing_ok=True)
    return sorted(words)


def told_of(names: dict[str, str]) -> dict[str, str]:
    return {name: REASONS[name.removesuffix(".rtf")] for name in names}


def test_adding_takes_in_the_good_ones_and_tells_of_the_others(tmp_path: Path, parsed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "in", {**GOOD, **BAD})
    report = run(capsys, "add", "in", status=1)
    assert report["added"] == [f"in/{name}" for name in sorted(GOOD)]
    assert failed(report) == told_of(BAD)
    assert sorted(path.name for path in (tmp_path / "sources" / "in").rglob("*.*")) == sorted(Path(name).name for name in GOOD)
    write(tmp_path / "in", {"hangs.rtf": rich("mended, and says that the toll is 4 euros a car.")})
    now_parsed(parsed)
    assert run(capsys, "add", "in/hangs.rtf")["added"] == ["hangs.rtf"]
    assert set(now_parsed(parsed)) == {"mended,"}


def test_bad_files_in_the_folder_are_tried_again_when_they_changed_or_on_demand(
    tmp_path: Path, parsed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "sources", {**GOOD, **BAD})
    report = run(capsys, "sync")
    assert (report["added"], failed(report)) == (sorted(GOOD), told_of(BAD))
    assert now_parsed(parsed) == sorted(["fine", *REASONS])

    assert "40 million" in run(capsys, "ask", "How large is the harbour fund of Norvia?")["text"]
    assert now_parsed(parsed) == []  # nobody is made to wait for what failed before

    write(tmp_path / "sources", {"hangs.rtf": rich("mended, and says that the toll is 4 euros a car."), "eats.rtf": rich("stumbles now.")})
    assert "4 euros" in run(capsys, "ask", "How much is the toll?")["text"]
    assert now_parsed(parsed) == ["mended,", "stumbles"]

    still = {name: text for name, text in BAD.items() if name != "hangs.rtf"}
    reasons = told_of(still) | {"eats.rtf": REASONS["stumbles"]}
    assert failed(run(capsys, "reread", "--failed", status=1)) == reasons
    assert now_parsed(parsed) == ["crashes", "leaves", "stumbles", "stumbles"]
    report = run(capsys, "sync")
    assert (report["added"], report["changed"], failed(report)) == ([], [], reasons)
