"""Each provider's own package against a server that speaks as the provider does: replies, counts, failures, keys, addresses."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_openai")
pytest.importorskip("langchain_anthropic")
pytest.importorskip("langchain_ollama")
pytest.importorskip("langchain_google_genai")

from assistant.cli import main
from assistant.errors import ModelError, SettingsError
from assistant.generation.models import Message, Model, Piece
from assistant.generation.providers import PROVIDERS, endpoint
from assistant.generation.writing import BLOCKING, LENGTH
from assistant.types import Support, Usage
from tests.dialects import DIALECTS
from tests.generation.conftest import LEADS, Opened, check_written
from tests.model_server import LEAVING_S, ModelServer, Script, serving

RIGHT = "The delegation is headed by Trade Minister Cheong In-kyo [1]. Ahn Duk-geun is expected to lead it, another report says [2]."
ASKED = [Message("system", "Answer briefly."), Message("user", "Who leads?")]
OTHERS = ("anthropic", "google_genai", "ollama")
each_provider = pytest.mark.parametrize("provider", DIALECTS)

pytestmark = [pytest.mark.filterwarnings(f"ignore:{of_google}") for of_google in ("coroutine 'ClientResponse.json' was never awaited", "Inheritance class Aiohttp")]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in PROVIDERS.values():
        for name in (provider.key, *provider.urls):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("ASSISTANT_MODEL_KEY", raising=False)


@contextmanager
def model_saying(provider: str, *scripts: Script | str, **given: Any) -> Iterator[tuple[Model, ModelServer]]:
    with serving(*scripts, dialect=DIALECTS[provider]) as server:
        yield Model(f"{provider}:scripted", **{"url": server.url, "timeout_s": 2, **given}), server


def pieces(model: Model) -> list[Piece]:
    return [piece for piece in model.stream(ASKED) if piece]


def failure(model: Model) -> ModelError:
    with pytest.raises(ModelError) as raised:
        pieces(model)
    return raised.value


# Replies


@pytest.mark.parametrize("provider", OTHERS)
def test_an_answer_is_written_cited_and_counted(opened: Opened, indexed: Path, provider: str) -> None:
    assistant, server = opened(RIGHT, model=f"{provider}:scripted")
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert [(s.text, s.support) for s in answer.statements] == [
        ("The delegation is headed by Trade Minister Cheong In-kyo.", Support.SUPPORTED),
        ("Ahn Duk-geun is expected to lead it, another report says.", Support.SUPPORTED),
    ]
    assert (answer.model, answer.where, answer.usage, answer.notices) == (f"{provider}:scripted", "this machine", Usage(321, 45, 1), ())
    assert [message["role"] for message in server.dialect.messages(server.requests[0])] == ["system", "user"]
    assert LEADS in server.prompts[0]


@pytest.mark.parametrize("provider", OTHERS)
def test_what_was_whole_before_a_break_is_kept(opened: Opened, indexed: Path, provider: str) -> None:
    assistant, server = opened(Script(RIGHT + " And then the", cut_after=16), model=f"{provider}:scripted")
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert [s.support for s in answer.statements] == [Support.SUPPORTED] * 2
    [notice] = answer.notices
    assert "The model's server (this machine) broke off (" in notice
    assert notice.endswith(" What it wrote up to there is shown.")
    assert len(server.requests) == 1


@each_provider
@pytest.mark.parametrize(("finish", "cut_off"), [("stop", False), ("length", True), (None, None)])
def test_why_a_reply_ended_is_known(provider: str, finish: str | None, cut_off: bool | None) -> None:
    with model_saying(provider, Script(RIGHT, finish=finish)) as (model, _):
        finishes = {piece.finish for piece in pieces(model) if piece.finish}
    assert [finish in LENGTH for finish in finishes] == ([] if cut_off is None else [cut_off])


@each_provider
def test_a_failure_after_the_reply_began_is_told_and_may_pass(provider: str) -> None:
    with model_saying(provider, Script(RIGHT, trouble_after=2)) as (model, _):
        error = failure(model)
    said = "failed (503)." if provider == "google_genai" else "broke off (overloaded just now)."
    assert (str(error), error.passing) == (f"The model's server (this machine) {said}", True)


@pytest.mark.parametrize(("provider", "finish"), [("anthropic", "refusal"), ("google_genai", "SAFETY"), ("google_genai", "RECITATION")])
def test_a_reply_that_the_provider_blocks_is_known(provider: str, finish: str) -> None:
    with model_saying(provider, Script(finish=finish)) as (model, _):
        assert {piece.finish for piece in pieces(model) if piece.finish} <= BLOCKING != set()


@each_provider
def test_counts_are_of_the_whole_request(provider: str) -> None:
    with model_saying(provider, Script(RIGHT, piece=16)) as (model, _):
        got = pieces(model)
    assert "".join(piece.text for piece in got) == RIGHT
    assert (max(p.prompt_tokens or 0 for p in got), max(p.reply_tokens or 0 for p in got)) == (321, 45)


@each_provider
@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("<think>\nWho leads? The minister.\n</think>\n\nShe does [1].", "She does [1]."),
        ("<think>Who leads?", ""),
        ("<thinkers> lead it [1].", "<thinkers> lead it [1]."),
        (" <th", "<th"),
    ],
)
def test_thoughts_before_a_reply_are_not_the_reply(provider: str, reply: str, shown: str) -> None:
    with model_saying(provider, Script(reply, piece=3)) as (model, _):
        assert "".join(piece.text for piece in pieces(model)).strip() == shown


# Failures


@each_provider
@pytest.mark.parametrize(
    ("script", "said", "passing"),
    [
        (Script(status=401), "does not accept the key: set ASSISTANT_MODEL_KEY to one that is valid.", False),
        (Script(status=429, headers=(("retry-after", "7"),)), "is asked too much at the moment (429).", True),
        (Script(status=400), "refused the request (400: scripted 400).", False),
        (Script(status=503), "failed (503).", True),
    ],
    ids=["401", "429", "400", "503"],
)
def test_a_refused_request_is_told_in_one_way(provider: str, script: Script, said: str, passing: bool) -> None:
    with model_saying(provider, script) as (model, server):
        error = failure(model)
    assert (str(error), error.passing) == (f"The model's server (this machine) {said}", passing)
    assert len(server.requests) == 1
    if script.status == 429 and provider != "ollama":  # its package keeps no headers
        assert error.retry_after_s == 7


@each_provider
def test_a_model_that_is_not_there_is_told_with_the_way_to_another(provider: str) -> None:
    way_out = {"ollama": "Fetch it with: ollama pull scripted, or name another with --model."}.get(provider, "Name another with --model.")
    with model_saying(provider, Script(status=404)) as (model, _):
        assert str(failure(model)) == f"The model's server (this machine) knows no model 'scripted'. {way_out}"


@each_provider
def test_a_server_where_nobody_listens_is_told_with_how_to_start_it(provider: str) -> None:
    way_out = {"ollama": "Start it with: ollama serve"}.get(provider, "Is it running?")
    with socket.socket() as bound:  # bound but not listening: the port is nobody else's meanwhile, and refuses
        bound.bind(("127.0.0.1", 0))
        error = failure(Model(f"{provider}:scripted", url=f"http://127.0.0.1:{bound.getsockname()[1]}", timeout_s=2))
    assert (str(error), error.passing) == (f"The model's server (this machine) cannot be reached. {way_out}", True)


@each_provider
def test_a_connection_that_is_dropped_in_place_of_a_reply_may_be_tried_again(provider: str) -> None:
    with model_saying(provider, Script(hangs_up=True)) as (model, _):
        error = failure(model)
    assert str(error).startswith("The model's server (this machine) broke off (")
    assert error.passing


@each_provider
def test_silence_is_not_waited_out(provider: str) -> None:
    with model_saying(provider, Script(RIGHT, silent_after=2), timeout_s=0.5) as (model, server):
        assert str(failure(model)) == "The model's server (this machine) said nothing for 0.5 s. ASSISTANT_MODEL_TIMEOUT_S sets how long to wait."
        assert server.left_early.wait(LEAVING_S)


def test_a_long_reply_that_keeps_coming_is_no_silence() -> None:
    """Google's package counts its timeout over the whole reply."""
    with model_saying("google_genai", Script("abcdefghij", piece=1, pause_s=0.15), timeout_s=1) as (model, _):
        assert "".join(piece.text for piece in pieces(model)) == "abcdefghij"


def test_a_key_that_google_calls_a_bad_argument_is_a_bad_key() -> None:
    body = json.dumps({"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}}).encode()
    with model_saying("google_genai", Script(status=400, body=body)) as (model, _):
        assert str(failure(model)) == "The model's server (this machine) does not accept the key: set ASSISTANT_MODEL_KEY to one that is valid."


def test_how_long_google_asks_to_wait_stands_in_the_body() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12.5s"}
    body = json.dumps({"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED", "details": [info]}}).encode()
    with model_saying("google_genai", Script(status=429, body=body)) as (model, _):
        assert failure(model).retry_after_s == 12.5


def test_a_used_up_account_is_not_asked_again() -> None:
    body = json.dumps({"error": {"message": "You exceeded your current quota.", "type": "insufficient_quota", "code": "insufficient_quota"}}).encode()
    with model_saying("openai", Script(status=429, body=body)) as (model, _):
        error = failure(model)
    assert (str(error), error.passing) == ("The model's server (this machine) has no credit left for this key. Add some there, or name another model.", False)


@each_provider
def test_a_model_that_refuses_a_temperature_is_asked_without(provider: str) -> None:
    body = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "`temperature` is deprecated for this model."}}).encode()
    with model_saying(provider, Script(status=400, body=body), RIGHT) as (model, server):
        assert "".join(piece.text for piece in pieces(model)) == RIGHT
        assert "".join(piece.text for piece in pieces(model)) == RIGHT
    assert [json.dumps(request).count('"temperature"') for request in server.requests] == [1, 0, 0]


# Keys and addresses


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google_genai"])
def test_the_provider_s_own_key_never_goes_to_a_server_named_by_url(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROVIDERS[provider].key, "secret")
    with model_saying(provider, RIGHT) as (model, server):
        pieces(model)
    assert [key.removeprefix("Bearer ") for key in server.keys if key] == ["none"]


def test_nor_does_ollama_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "secret")
    with model_saying("ollama", RIGHT) as (model, server):
        pieces(model)
    assert server.keys == ["Bearer none"]


@each_provider
def test_the_key_for_a_url_is_sent(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL_KEY", "letmein")
    with model_saying(provider, RIGHT) as (model, server):
        pieces(model)
    assert [key.removeprefix("Bearer ") for key in server.keys if key] == ["letmein"]


@pytest.mark.parametrize(("provider", "variable"), [(name, url) for name, provider in PROVIDERS.items() for url in provider.urls])
def test_the_provider_s_own_variables_for_another_address_hold(provider: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROVIDERS[provider].key, "own")
    with serving(RIGHT, dialect=DIALECTS[provider]) as server:
        monkeypatch.setenv(variable, server.url)
        model = Model(f"{provider}:scripted", timeout_s=2)
        assert "".join(piece.text for piece in pieces(model)) == RIGHT
    assert model.where == "this machine"
    assert [key.removeprefix("Bearer ") for key in server.keys if key] == ["own"]


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_no_other_variable_sends_passages_elsewhere(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """LangChain's packages send what has no address to LangSmith's gateway where that is set up."""
    for name, value in (("LANGSMITH_GATEWAY", "true"), ("LANGSMITH_API_KEY", "lsv2_x"), (PROVIDERS[provider].key, "own")):
        monkeypatch.setenv(name, value)
    chat = Model(f"{provider}:scripted")._loaded()
    address = chat.openai_api_base if provider == "openai" else chat.anthropic_api_url  # type: ignore[attr-defined]
    assert address == PROVIDERS[provider].url


@pytest.mark.parametrize(
    ("provider", "url", "base"),
    [
        ("openai", "http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
        ("anthropic", "http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"),
        ("google_genai", "https://example.org/v1beta/", "https://example.org"),
        ("ollama", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"),
        ("ollama", "http://127.0.0.1:11434/api", "http://127.0.0.1:11434"),
    ],
)
def test_an_address_may_end_as_others_want_it(provider: str, url: str, base: str) -> None:
    assert endpoint(f"{provider}:scripted", url).url == base


def test_an_openai_address_that_seems_not_whole_is_told() -> None:
    with serving(Script(status=404)) as server:
        error = failure(Model("openai:scripted", url=server.url.removesuffix("/v1"), timeout_s=2))
    assert str(error).endswith("Name another with --model, or give the whole address: most servers answer below /v1.")


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google_genai"])
def test_a_missing_key_is_told_by_its_name(provider: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.txt").write_text("The harbour of Norvia is calm.")
    where = ["--sources", str(tmp_path / "sources"), "--data", str(tmp_path / "data")]
    assert main(["ask", "Is it calm?", "--model", f"{provider}:any", *where]) == 1
    told = f"assistant: {PROVIDERS[provider].key} is not set; {provider} models need a key. Set it, or name another model.\n"
    assert capsys.readouterr().err.endswith(told)


def test_ollama_keeps_room_for_the_whole_prompt() -> None:
    with model_saying("ollama", RIGHT) as (model, server):
        list(model.stream([Message("user", "word " * 4_000)]))
        pieces(model)
    assert [request["options"] for request in server.requests] == [{"num_ctx": room, "num_predict": 4_000, "temperature": 0.0} for room in (16_384, 8_192)]


# The command


def test_the_command_asks_the_server_that_the_environment_names(indexed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(RIGHT, dialect=DIALECTS["anthropic"]) as server:
        monkeypatch.setenv("ASSISTANT_MODEL_URL", server.url)
        where = ["--sources", str(indexed / "sources"), "--data", str(indexed / "data")]
        assert main(["ask", LEADS, "--json", "--model", "anthropic:scripted", *where]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [statement["support"] for statement in answer["statements"]] == ["supported", "supported"]
    assert (answer["model"], answer["where"]) == ("anthropic:scripted", "this machine")
    assert answer["usage"] == {"prompt_tokens": 321, "reply_tokens": 45, "calls": 1, "estimated": False}


@pytest.mark.parametrize("url", ["http://[x", "http://", "//", "http://:80/v1"])
def test_what_is_no_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(SettingsError, match="is no address of a server"):
        endpoint("some-model", url)
