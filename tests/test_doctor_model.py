"""What `assistant doctor` says of the language model that was named: whether it answers, and if not, why and what to do."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from assistant.cli import main
from assistant.doctor import Check, examine
from assistant.installing import pip
from assistant.settings import Settings
from tests.fakes import write
from tests.model_server import Script, serving

WAY_OUT = "mend it as it says, or --model none for quoted answers"


@pytest.fixture(autouse=True)
def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASSISTANT_MODEL_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)


def checks(folder: Path, **given: Any) -> Iterator[Check]:
    write(folder / "sources", {"a.txt": "The harbour of Norvia is calm."})
    return examine(Settings(sources=folder / "sources", data=folder / "data", **given))


def model_check(folder: Path, **given: Any) -> Check:
    """The check of the model; what comes after it is not waited for."""
    settings = {"model": "openai:scripted", "model_timeout_s": 2, **given}
    return next(check for check in checks(folder, **settings) if check.name == "language model")


def test_a_model_that_answers_is_ok_and_says_where_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL_KEY", "letmein")
    with serving("ready") as server:
        check = model_check(tmp_path, model_url=server.url)
    found, _, took = check.found.rpartition(" in ")
    assert (check.ok, found) == (True, "openai:scripted on this machine: answers")
    assert 0.0 <= float(took.removesuffix(" s")) < 30
    assert (server.paths, server.keys) == (["/v1/chat/completions"], ["Bearer letmein"])
    [request] = server.requests
    assert (request["model"], [message["role"] for message in request["messages"]]) == ("scripted", ["user"])


@pytest.mark.parametrize("script", ["", " \n", Script(refusal="I will not.")])
def test_a_model_that_says_nothing_is_not_ok(tmp_path: Path, script: Script | str) -> None:
    with serving(script) as server:
        check = model_check(tmp_path, model_url=server.url)
    assert check == Check("language model", False, "openai:scripted on this machine: answers with nothing", WAY_OUT)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (Script(status=401), "does not accept the key: set ASSISTANT_MODEL_KEY to one that is valid."),
        (Script(status=403), "does not accept the key: set ASSISTANT_MODEL_KEY to one that is valid."),
        (Script(status=404), "knows no model 'scripted'. Name another with --model."),
        (Script(status=429), "is asked too much at the moment (429)."),
        (Script(status=503), "failed (503)."),
        (Script("ready", silent_after=0), "said nothing for 1 s. ASSISTANT_MODEL_TIMEOUT_S sets how long to wait."),
    ],
    ids=["401", "403", "404", "429", "503", "silent"],
)
def test_a_server_that_fails_is_told_in_its_words(tmp_path: Path, script: Script, told: str) -> None:
    with serving(script) as server:
        check = model_check(tmp_path, model_url=server.url, model_timeout_s=1)
    assert check == Check("language model", False, f"The model's server (this machine) {told}", WAY_OUT)
    assert len(server.requests) == 1


def test_a_server_where_nobody_listens_is_told(tmp_path: Path) -> None:
    with socket.socket() as bound:  # bound but not listening: the port is nobody else's meanwhile, and refuses
        bound.bind(("127.0.0.1", 0))
        check = model_check(tmp_path, model_url=f"http://127.0.0.1:{bound.getsockname()[1]}/v1")
    assert check == Check("language model", False, "The model's server (this machine) cannot be reached. Is it running?", WAY_OUT)


def test_a_missing_package_is_told_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)  # what an import that is to fail looks like
    told = f"The package for anthropic models is not installed. In the project's folder: {pip()} install -c constraints.txt -e '.[anthropic]'"
    assert model_check(tmp_path, model="anthropic:any") == Check("language model", False, told, WAY_OUT)


def test_a_missing_key_is_told_by_its_name(tmp_path: Path) -> None:
    told = "OPENAI_API_KEY is not set; openai models need a key. Set it, or name another model."
    assert model_check(tmp_path) == Check("language model", False, told, WAY_OUT)


def test_a_model_of_no_known_provider_is_told(tmp_path: Path) -> None:
    told = "model is 'scripted'; it must be one of openai:NAME, anthropic:NAME, google_genai:NAME, ollama:NAME, or a name with --model-url URL (or ASSISTANT_MODEL_URL)."
    assert model_check(tmp_path, model="scripted") == Check("language model", False, told, WAY_OUT)


def test_without_a_model_none_is_looked_for(tmp_path: Path) -> None:
    assert "language model" not in [check.name for check in checks(tmp_path)]


def test_a_model_that_cannot_be_used_does_not_hide_the_state_of_the_index(tmp_path: Path) -> None:
    """All else is looked at, and what is wrong is told once."""
    without = [check.name for check in checks(tmp_path)]
    found = list(checks(tmp_path, model="openai:scripted"))
    assert [check.name for check in found if check.name != "language model"] == without
    assert [check.name for check in found if "OPENAI_API_KEY" in check.found] == ["language model"]


def test_the_command_says_so_and_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "sources", {"a.txt": "The harbour of Norvia is calm."})
    where = ["--sources", str(tmp_path / "sources"), "--data", str(tmp_path / "data")]
    with serving(Script(status=401)) as server:
        model = ["--model", "scripted", "--model-url", server.url]
        assert main(["doctor", *where, *model]) == 1
        told = "The model's server (this machine) does not accept the key: set ASSISTANT_MODEL_KEY to one that is valid."
        assert f"BAD {'language model':<22}{told}  -> {WAY_OUT}\n" in capsys.readouterr().out
        assert main(["doctor", "--json", *where, *model]) == 1
    [check] = [check for check in json.loads(capsys.readouterr().out)["checks"] if check["name"] == "language model"]
    assert check == {"name": "language model", "ok": False, "found": told, "way_out": WAY_OUT}
