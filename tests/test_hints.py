"""Commands that messages name: copied and run, they must work on the same library, with the same Python."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from assistant.cli import main, parser
from assistant.commands.hints import copyable
from assistant.installing import pip
from tests.fakes import stories, write

FUND = "How large is the harbour fund of Norvia?"
HERE = ("--sources", "my papers", "--data", "kept", "--config", "own.toml")


def library(folder: Path) -> None:
    """A working folder with two libraries: the default one, and that of HERE."""
    write(folder / "sources", {"other.txt": "The other harbour fund holds $1."})
    write(folder / "my papers", {"fund.txt": "The harbour fund of Norvia holds $40 million."})
    (folder / "own.toml").write_text("top_k = 4\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("flags", "message", "expected"),
    [
        ([], "Run: assistant sync --rebuild", "Run: assistant sync --rebuild"),
        (["--sources", "a b"], "Run: assistant sync --rebuild", "Run: assistant sync --sources 'a b' --rebuild"),
        (["--data", "d", "--encoder", "m", "--config", "c.toml"], "See: assistant sources", "See: assistant sources --data d --encoder m --config c.toml"),
        (["--data", "d"], "Put documents there, or run: assistant add FILE", "Put documents there, or run: assistant add --data d FILE"),
        (["--data", "d", "--neighbours", "exact", "--model", "openai:x"], "Run: assistant doctor --fix", "Run: assistant doctor --data d --fix"),
        (["--data", "d"], "The assistant shows ./assistant sync and an assistant's notes.", "The assistant shows ./assistant sync and an assistant's notes."),
    ],
)
def test_a_command_in_a_message_repeats_the_flags_that_say_whose_index_it_is(flags: list[str], message: str, expected: str) -> None:
    assert copyable(message, parser().parse_args(["sync", *flags])) == expected


def test_what_a_message_says_to_run_mends_what_it_complains_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(notice: str) -> list[str]:
        return shlex.split(notice.rpartition("Run: assistant ")[2])

    library(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["sync", *HERE]) == 0
    write(tmp_path / "my papers", stories(range(30)))
    capsys.readouterr()
    assert main(["ask", "--json", *HERE, FUND]) == 0
    [notice] = json.loads(capsys.readouterr().out)["notices"]
    assert notice == "The index is behind the folder (30 files have changed). Run: assistant sync --sources 'my papers' --data kept --config own.toml"
    assert main(["ask", *HERE, FUND]) == 0
    assert " ".join(capsys.readouterr().out.split()).startswith(f"Note: {notice} ")
    assert main(["sources", *HERE]) == 0
    assert capsys.readouterr().err == f"{notice}\n"
    assert main(["doctor", *HERE]) == 1
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("BAD")]
    assert line.endswith(" 30 files behind the folder  -> assistant sync --sources 'my papers' --data kept --config own.toml")
    assert main(command(notice)) == 0
    assert not (tmp_path / ".assistant").exists()
    capsys.readouterr()
    assert main(["ask", "--json", *HERE, FUND]) == 0
    assert json.loads(capsys.readouterr().out)["notices"] == []


def test_an_encoder_that_is_none_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    library(tmp_path)
    monkeypatch.chdir(tmp_path)
    wrong = ("--encoder", "nosuch-model")
    assert main(["sync"]) == 0
    catalog = tmp_path / ".assistant" / "index" / "catalog.sqlite"
    made = catalog.stat().st_ino
    capsys.readouterr()
    assert main(["ask", *wrong, FUND]) == 1
    said = capsys.readouterr().err
    assert said == (
        "assistant: The index in .assistant was built with the encoder 'all-MiniLM-L6-v2', but the settings name 'nosuch-model', which is neither "
        "bundled, nor a folder, nor a model that was fetched before. Leave it out, or mend its name; if it is to be fetched from the Hugging Face "
        "hub, run: assistant sync --encoder nosuch-model --rebuild\n"
    )
    assert main(shlex.split(said.rpartition("run: assistant ")[2])) == 1
    said = capsys.readouterr().err
    assert said.startswith("assistant: The encoder 'nosuch-model' is neither bundled, nor a folder, nor to be had from the Hugging Face hub. Mend its name, ")
    assert said.count("\n") == 1
    assert catalog.stat().st_ino == made
    assert main(["doctor", *wrong]) == 1
    assert "BAD encoder               nosuch-model: neither bundled, nor a folder, nor fetched before  -> mend its name, " in capsys.readouterr().out
    assert main(["doctor"]) == 0


def test_what_a_wrong_encoder_left_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    library(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["sync", "--encoder", "nosuch-model"]) == 1
    assert main(["doctor", "--fix"]) == 0
    assert main(["sources"]) == 0
    assert capsys.readouterr().out.endswith("other.txt\n  1 passage\n")


@pytest.mark.parametrize("scripts", ["one/.venv", "elsewhere"])
def test_a_package_is_installed_into_the_environment_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripts: str) -> None:
    environment = tmp_path / scripts
    write(environment / "bin", {"pip": "", "python": ""})
    (tmp_path / "one").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "one")
    monkeypatch.setattr(sys, "prefix", str(environment))
    monkeypatch.setattr(sys, "executable", str(environment / "bin" / "python"))
    shown = ".venv/bin/" if scripts == "one/.venv" else f"{environment}/bin/"
    assert pip() == f"{shown}pip"
    (environment / "bin" / "pip").unlink()
    assert pip() == f"{shown}python -m pip"
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert pip() == "pip"


def test_what_no_module_foresaw_of_a_disk_is_one_line_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    library(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".assistant" / "keep" / "feedback.jsonl").mkdir(parents=True)
    assert main(["eval", "--from-feedback"]) == 1
    assert capsys.readouterr().err == (
        "assistant: '.assistant/keep/feedback.jsonl': Is a directory. Mend that and try again; -v shows where it happened.\n"
    )
