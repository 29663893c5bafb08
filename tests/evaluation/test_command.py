"""`assistant eval` from end to end on a made-up library: files, table, gate, comparison, and a regression planted."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import main
from assistant.errors import AssistantError
from assistant.evaluation.places import check_file, check_folder
from assistant.evaluation.runs import commit, provenance
from assistant.settings import Settings
from assistant.types import Answer, StatementEvent
from tests.asking import NORVIA, assistant_in
from tests.evaluation.conftest import Ground
from tests.evaluation.sets import RECORDS, second_best_first, write_set
from tests.fakes import ROOT, write

Capture = pytest.CaptureFixture[str]


def metrics_of(ground: Ground, folder: str = "out") -> dict:  # type: ignore[type-arg]
    return json.loads((ground.folder / folder / "metrics.json").read_text())  # type: ignore[no-any-return]


def without_timings(ground: Ground) -> list[str]:
    """Everything that a run wrote, timings aside."""
    results = [json.loads(line) for line in (ground.folder / "out" / "results.jsonl").read_text().splitlines()]
    for result in results:
        result["answer"]["timings_ms"] = None
    return [*map(json.dumps, results), json.dumps({**metrics_of(ground), "timings_ms": None})]


def test_a_run_writes_its_files_and_prints_a_table(ground: Ground, capsys: Capture) -> None:
    assert ground.eval() == 0
    lines = (ground.folder / "out" / "results.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    assert list(first) == ["id", "question", "answer"]
    assert (first["id"], first["question"], first["answer"]["schema"]) == ("fund", RECORDS[0]["question"], 1)
    assert [json.loads(line)["id"] for line in lines] == [record["id"] for record in RECORDS]
    metrics = metrics_of(ground)
    assert metrics["schema"] == 1
    assert metrics["groups"]["all"]["questions"] == len(RECORDS)
    assert metrics["groups"]["all"]["figures"]["verbatim"]["value"] == 1.0
    assert set(metrics["groups"]) == {"all", *(f"tag {tag}" for tag in ("conflict", "fact", "far", "followup", "near", "number"))}
    assert metrics["run"]["corpus"]["documents"] == len(NORVIA)
    recorded = {f.name for f in fields(Settings)} - {"sources", "data", "model_timeout_s"}  # the corpus is recorded by what it holds
    assert set(metrics["run"]["settings"]) == recorded
    assert metrics["run"]["model"]["reader"] == ground.assistant.reader.id
    assert set(metrics["run"]) == {"version", "commit", "settings", "corpus", "model", "questions"}
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["n", "right", "contains", "hit@1", "nDCG@10", "cite", "F1", "declined", "refused"]
    assert out[1].startswith("all           11  ")
    assert (ground.folder / "out" / "report.html").is_file()


def test_a_run_records_no_password_of_its_models_address(tmp_path: Path, encoder: Any) -> None:
    assistant = assistant_in(tmp_path, encoder, reader="none", model_url="https://ann:secret@models.example/v1")
    recorded = provenance(assistant, [])
    assert (recorded["settings"]["model_url"], recorded["model"]["reader"]) == ("https://models.example/v1", None)


def test_results_are_what_asking_gives(ground: Ground) -> None:
    ground.eval()
    for line, record in zip((ground.folder / "out" / "results.jsonl").read_text().splitlines(), RECORDS, strict=True):
        answer = ground.assistant.ask(record["question"], history=record.get("history", []))
        assert json.loads(line)["answer"]["text"] == answer.text


def test_a_rerun_repeats_to_the_byte(ground: Ground) -> None:
    ground.eval()
    first = without_timings(ground)
    ground.eval()
    assert without_timings(ground) == first


def test_the_folder_is_indexed_first(ground: Ground, capsys: Capture) -> None:
    """Many new files, and a question on the last of them: nothing is answered from a stale index."""
    write(ground.assistant.settings.sources, {f"new-{i:02}.txt": f"The lighthouse number {i} was painted {i + 100} times.\n" for i in range(40)})
    record = {"id": "light", "question": "How many times was lighthouse number 39 painted?", "answers": ["139 times"],
              "evidence": [{"source": "new-39.txt", "quote": "The lighthouse number 39 was painted 139 times."}]}  # fmt: skip
    assert ground.eval(questions=write_set(ground.folder / "light.jsonl", [record])) == 0
    assert metrics_of(ground)["questions"]["light"]["scores"]["recall@10"] == 1.0
    result = json.loads((ground.folder / "out" / "results.jsonl").read_text())
    assert result["answer"]["stale"] is False


def test_faults_of_a_set_stop_the_run_or_are_left_out(ground: Ground, capsys: Capture) -> None:
    path = write_set(ground.folder / "bad.jsonl", ["{", RECORDS[1]])
    with pytest.raises(AssistantError, match=rf"^{path}:1: is no JSON"):
        ground.eval(questions=path)
    assert not (ground.folder / "out").exists()
    assert ground.eval("--lenient", questions=path) == 0
    told = capsys.readouterr()
    assert "1 line was not scored" in told.out
    assert told.err.startswith(f"assistant: left out: {path}:1: is no JSON")
    assert metrics_of(ground)["not_scored"][0].startswith(f"{path}:1: is no JSON")
    assert metrics_of(ground)["groups"]["all"]["questions"] == 1


# The gate


def test_the_gate_stays_open_on_a_rerun_and_closes_on_a_planted_regression(ground: Ground, capsys: Capture) -> None:
    baseline = ground.folder / "baseline.json"
    assert ground.eval("--baseline", baseline, "--update-baseline") == 0
    assert ground.eval("--baseline", baseline) == 0
    assert f"No worse than {baseline}." in capsys.readouterr().out
    ground.assistant.answering.__dict__["read"] = second_best_first(ground.assistant.answering.read)
    assert ground.eval("--baseline", baseline) == 1
    out = capsys.readouterr().out
    assert f"Worse than {baseline}: " in out
    assert "questions net lost their evidence from the first passage found; 2 are allowed" in out
    assert "no longer have their evidence in the first passage found: batteries, bridge," in out
    del ground.assistant.answering.__dict__["read"]
    assert ground.eval("--baseline", baseline) == 0


def test_the_gate_closes_when_answers_go_wrong_and_names_them(ground: Ground, capsys: Capture) -> None:
    baseline = ground.folder / "baseline.json"
    ground.eval("--baseline", baseline, "--update-baseline")
    right = [name for name, one in json.loads(baseline.read_text())["questions"].items() if one["answerable"] and one["right"]]
    assert len(right) > 3
    ground.assistant.answering.__dict__["answerer"] = FirstSentence(ground.assistant.answering.answerer)
    assert ground.eval("--baseline", baseline) == 1
    out = capsys.readouterr().out
    assert "questions net went from right to wrong; 2 are allowed" in out
    assert " went from right to wrong: " in out


def test_the_gate_closes_on_a_quote_that_was_touched_up(ground: Ground, capsys: Capture) -> None:
    baseline = ground.folder / "baseline.json"
    ground.eval("--baseline", baseline, "--update-baseline")
    ground.assistant.answering.__dict__["answerer"] = TouchingUp(ground.assistant.answering.answerer)
    assert ground.eval("--baseline", baseline) == 1
    assert "with a citation that is not verbatim: " in capsys.readouterr().out
    assert metrics_of(ground)["groups"]["all"]["figures"]["verbatim"]["value"] < 1.0
    assert ground.eval("--baseline", ground.folder / "new.json", "--update-baseline") == 1
    assert not (ground.folder / "new.json").exists()


def test_a_missing_baseline_is_told_before_anything_is_asked(ground: Ground) -> None:
    with pytest.raises(AssistantError, match=r"There is no baseline"):
        ground.eval("--baseline", ground.folder / "gone.json")
    assert not (ground.folder / "out").exists()


class FirstSentence:
    """An answerer that says nothing but the first event of the true one, about another question."""

    name = "quoting"

    def __init__(self, answerer) -> None:  # type: ignore[no-untyped-def]
        self._answerer = answerer

    def answer(self, question, hits) -> Iterator[object]:  # type: ignore[no-untyped-def]
        yield from self._answerer.answer("What do the critics want?", hits)


class TouchingUp(FirstSentence):
    """An answerer that mends what it quotes."""

    def answer(self, question, hits) -> Iterator[object]:  # type: ignore[no-untyped-def]
        for event in self._answerer.answer(question, hits):
            if isinstance(event, StatementEvent):
                touched = tuple(replace(c, quote=c.quote.replace("The", "This")) for c in event.citations)
                yield replace(event, citations=touched)
            else:
                yield event


def test_with_a_model_each_question_is_asked_three_times(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = ground.assistant.ask
    asked: list[str] = []

    def ask_model(question: str, **more: object) -> Answer:
        asked.append(question)
        return replace(ask(question, **more), model="scripted:one", answerer="generation")  # type: ignore[arg-type]

    monkeypatch.setattr(ground.assistant, "ask", ask_model)
    assert ground.eval() == 0
    assert len(asked) == 3 * len(RECORDS)
    assert sorted(path.name for path in (ground.folder / "out").glob("results*")) == ["results-2.jsonl", "results-3.jsonl", "results.jsonl"]
    assert metrics_of(ground)["run"]["model"]["language_model"] == "scripted:one"


# Comparing


def test_comparing_a_run_with_itself_moves_nothing(ground: Ground, capsys: Capture) -> None:
    ground.eval()
    capsys.readouterr()
    ground.eval("--compare", ground.folder / "out")
    assert "No figure moved." in capsys.readouterr().out


def test_comparing_names_what_flipped(ground: Ground, capsys: Capture) -> None:
    ground.eval()
    shutil.copytree(ground.folder / "out", ground.folder / "before")
    ground.assistant.answering.__dict__["answerer"] = FirstSentence(ground.assistant.answering.answerer)
    ground.eval("--compare", ground.folder / "before")
    out = capsys.readouterr().out
    assert f"Against {ground.folder / 'before'}, over the 11 questions both asked:" in out
    assert "went from right to wrong: " in out
    assert (ground.folder / "out" / "report.html").read_text().count('data-flipped="lost"') > 2


@pytest.mark.parametrize("fault", ["no folder", "no results", "not json", "another schema"])
def test_a_run_that_cannot_be_compared_with_is_told(ground: Ground, fault: str) -> None:
    folder = ground.folder / "before"
    if fault != "no folder":
        folder.mkdir()
        content = {"not json": "{", "another schema": '{"schema": 9}'}.get(fault, '{"schema": 1, "questions": {}, "run": {}}')
        (folder / "metrics.json").write_text(content)
    with pytest.raises(AssistantError, match=r"holds no run to compare with"):
        ground.eval("--compare", folder)


# The command


def test_errors_are_told_in_one_line_with_status_1(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "sources").mkdir()
    places = ["--sources", str(tmp_path / "sources"), "--data", str(tmp_path / "data")]
    assert main(["eval", str(tmp_path / "gone.jsonl"), *places]) == 1
    assert capsys.readouterr().err == f"assistant: There is no question set '{tmp_path / 'gone.jsonl'}'. Name a file of JSON lines, or draft one: assistant eval {' '.join(places)} --draft 20\n"


def test_a_negative_number_of_drafts_is_refused(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as usage:
        main(["eval", "--draft", "-1"])
    assert usage.value.code == 2
    assert "--draft" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--out", "FILE/run"], "'FILE/run' cannot be written to: a file is where a folder should be. Name another place with --out DIR, or mend this one."),
        (["--out", "FILE"], "'FILE' cannot be written to: a file is where a folder should be. Name another place with --out DIR, or mend this one."),
        (["--out", "/proc/run"], "'/proc/run' cannot be written to: No such file or directory. Name another place with --out DIR, or mend this one."),
        (
            ["--baseline", "/proc/run.json", "--update-baseline"],
            "'/proc/run.json' cannot be written to: No such file or directory. Name another place with --baseline FILE, or mend this one.",
        ),
        (
            ["--baseline", "FILE/base.json", "--update-baseline"],
            "'FILE/base.json' cannot be written to: a file is where a folder should be. Name another place with --baseline FILE, or mend this one.",
        ),
        (["--baseline", "DIR", "--update-baseline"], "'DIR' cannot be written to: Is a directory. Name another place with --baseline FILE, or mend this one."),
        (["--draft", "3", "--out", "FILE/run"], "'FILE/run' cannot be written to: a file is where a folder should be. Name another place with --out DIR, or mend this one."),
    ],
)
def test_a_place_that_cannot_be_written_to_is_told_before_anything_is_asked(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, flags: list[str], said: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(ground.assistant, "ask", lambda question, **_: asked.append(question))
    monkeypatch.setattr(ground.assistant, "sync", lambda **_: asked.append("sync"))
    write(ground.folder, {"file": "No folder.\n", "dir/a.txt": "A file.\n"})
    names = {"FILE": str(ground.folder / "file"), "DIR": str(ground.folder / "dir")}

    def named(text: str) -> str:
        for name, path in names.items():
            text = re.sub(rf"(^|'){name}\b", rf"\g<1>{path}", text)
        return text

    with pytest.raises(AssistantError) as caught:
        ground.eval(*map(named, flags))
    assert str(caught.value) == named(said)
    assert asked == []


def test_trying_a_place_leaves_nothing_there(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b")
    check_file(tmp_path / "a" / "base.json", "--baseline FILE")
    (tmp_path / "base.json").write_text("{}")
    check_file(tmp_path / "base.json", "--baseline FILE")
    assert ([path.name for path in tmp_path.rglob("*")], (tmp_path / "base.json").read_text()) == (["base.json"], "{}")


def test_nothing_to_draft_is_said_with_why(ground: Ground, capsys: Capture) -> None:
    assert ground.eval("--from-feedback") == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "There is nothing to draft: no answer was marked down in the page of: assistant chat.\n")
    assert not (ground.folder / "out").exists()
    with pytest.raises(SystemExit) as usage:
        main(["eval", "--draft", "0"])
    assert usage.value.code == 2
    assert capsys.readouterr().err.endswith("assistant eval: error: argument --draft: 0 drafts are none; ask for at least 1\n")


def test_help_imports_nothing_that_takes_time() -> None:
    code = "import sys, contextlib\nfrom assistant.cli import main\nwith contextlib.suppress(SystemExit): main(['eval', '--help'])\n"
    code += "print([m for m in ('numpy', 'jinja2', 'rich', 'sqlite3', 'assistant.assistant') if m in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr.strip() == "[]"
    assert "--update-baseline" in done.stdout


def test_the_commit_is_the_repositorys() -> None:
    named = commit()
    assert named is None or (len(named.removesuffix("-dirty")) == 40)
