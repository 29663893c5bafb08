"""The README tells the truth: its map, its commands' output, its settings, its JSON and its hand-made check."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from assistant.settings import Settings
from assistant.types import Answer
from assistant.wire import answer_to_json

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(opening: str) -> str:
    """The code block in which a line begins with `opening`, from that line on."""
    [found] = re.findall(rf"^{re.escape(opening)}.*?(?=^```)", README, re.MULTILINE | re.DOTALL)
    return found


def printed(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        cwd=cwd, env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "sources", tmp_path / "sources")
    return tmp_path


def test_map_names_every_module_and_no_other() -> None:
    block_of_map = block("assistant/")
    named = set(re.findall(r"\b([a-z_]+\.py|[a-z_]+/)(?=[\s,])", block_of_map)) - {"assistant/"}
    folder = ROOT / "assistant"
    there = {path.name for path in folder.glob("*.py") if not path.name.startswith("__")}
    there |= {f"{path.name}/" for path in folder.iterdir() if (path / "__init__.py").is_file()}
    assert named == there


def test_help_is_what_the_command_prints(tmp_path: Path) -> None:
    shown = lines(block("$ assistant --help"))[1:]
    assert " ".join(" ".join(shown).split()) == " ".join(printed("--help", cwd=tmp_path).split())


def test_answer_shown_is_the_answer_given(checkout: Path) -> None:
    command, *shown = lines(block('$ assistant ask "Who'))
    question = command.split('"')[1]
    assert lines(printed("ask", question, cwd=checkout)) == shown


def test_settings_table_names_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", README, re.MULTILINE))
    assert rows == {field.name: str(getattr(Settings(), field.name)) for field in fields(Settings)}


def test_json_shown_has_the_keys_that_are_printed() -> None:
    shown = json.loads(block('{"schema": 1'))
    assert list(shown) == list(answer_to_json(Answer("?", "?")))


def test_citation_checked_by_hand_checks_out() -> None:
    source, start, end, quote = re.search(r'open\("([^"]+)", .*?\[(\d+):(\d+)\]\n\'(.*)\'', README).groups()
    assert (ROOT / source).read_text(encoding="utf-8-sig")[int(start) : int(end)] == quote


def test_files_that_are_linked_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"\bmake ([a-z-]+)", README))
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"chat", "test"} <= targets <= known


def test_spans_shown_by_hand_can_be_shown(checkout: Path) -> None:
    shown = re.findall(r"\bassistant (show (\S+) --span (\d+):(\d+))", README)
    assert len(shown) >= 2
    for command, source, start, end in shown:
        text = (ROOT / "sources" / source).read_text(encoding="utf-8-sig")
        assert printed(*command.split(), cwd=checkout) == text[int(start) : int(end)] + "\n"


def test_figures_of_the_own_sets_are_those_of_the_baseline() -> None:
    scored = json.loads((ROOT / "eval" / "baseline.json").read_text(encoding="utf-8"))["questions"]
    asked = {
        path.stem: [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line] for path in (ROOT / "eval" / "questions").glob("*.jsonl")
    }

    def right(set_name: str, tag: str = "") -> tuple[int, int]:
        """How many of a set are right, and how many there are."""
        chosen = [scored[each["id"]] for each in asked[set_name] if not tag or tag in each["tags"]]
        return sum(each["right"] == 1 for each in chosen), len(chosen)

    refused = [not each["answered"] for each in scored.values() if each["answerable"]]
    told = (
        f"On those {len(scored)}, {sum(each['right'] == 1 for each in scored.values())} are right: {{}} of {{}} facts asked in words like the article's, "
        "{} of {} follow-ups, {} of {} questions that share hardly a word with their answer. All {} unrelated questions are declined, {} of {} with the right "
        f"people and topic but a missing fact, and {sum(refused)} of {len(refused)} answerable questions are refused. Where two documents differ, both sides are "
        "shown for {} questions of {}, mostly figures, dates and names; overviews and other questions of several sentences are right in {} of {}."
    ).format(
        *right("facts"), *right("followups"), *right("paraphrases"), right("unanswerable", "far")[0], *right("unanswerable", "near"), *right("conflicts"), *right("several")
    )  # fmt: skip
    assert right("unanswerable", "far")[0] == right("unanswerable", "far")[1]
    assert told in " ".join(README.split())
