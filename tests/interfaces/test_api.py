"""The HTTP API on a real server: its JSON is the documented one, verbatim, and what is wrong is told in one form."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from pydantic import BaseModel

from assistant import __version__
from assistant.errors import DamagedError, LibraryError
from assistant.interfaces import schemas, server
from assistant.interfaces.readable import sources_text
from assistant.interfaces.requests import AT_ONCE, Slots, filters_of, without_markers
from assistant.types import Answer, Filters, Place, Statement, StatementEvent, Turn
from assistant.wire import answer_to_json, hit_to_json, search_to_json
from tests.asking import NORVIA, AssistantWith, assistant_in, report, text_on_disk
from tests.fakes import write
from tests.interfaces.conftest import running
from tests.test_corrections import VERSIONS

FUND = "How large is the harbour fund of Norvia?"
FRANCE = "What is the capital of France?"


def without_timings(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "timings_ms": sorted(answer["timings_ms"])}


def same(told: dict[str, Any], answer: Answer) -> bool:
    return without_timings(told) == without_timings(json.loads(json.dumps(answer_to_json(answer))))


def events_of(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        event, data = block.split("\n")
        found.append((event.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def error_of(response: httpx.Response) -> tuple[int, str, str]:
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["error"]
    return response.status_code, response.json()["error"]["code"], response.json()["error"]["message"]


@pytest.mark.parametrize("question", [FUND, FRANCE, "hello", "Who leads the dredging project?"])
def test_asking_gives_the_documented_answer(client: httpx.Client, norvia: AssistantWith, question: str) -> None:
    response = client.post("/api/ask", json={"question": question})
    assert response.status_code == 200
    assert same(response.json(), norvia.ask(question))


def test_history_and_filters_take_effect(client: httpx.Client, norvia: AssistantWith) -> None:
    earlier = "Who leads the dredging project?"
    given = {"publishers": ["port gazette"], "sources": ["fund.md"], "since": "2024-01-01", "until": "2024-12-31"}
    told = client.post("/api/ask", json={"question": "What did he say?", "history": [earlier], "filters": given}).json()
    filters = Filters(("port gazette",), ("fund.md",), "2024-01-01", "2024-12-31")
    assert same(told, norvia.ask("What did he say?", history=[earlier], filters=filters))
    assert "Karl Lund" in told["standalone_question"]
    assert {citation["source"] for citation in told["citations"]} == {"fund.md"}


def test_an_earlier_answer_may_be_sent_back_with_its_markers(client: httpx.Client, norvia: AssistantWith) -> None:
    asked, answered = "Who leads the dredging project?", "Harbour master Karl Lund leads the dredging project."
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": f"{answered} [1]"}]
    told = client.post("/api/ask", json={"question": "What did he say?", "history": messages}).json()
    assert same(told, norvia.ask("What did he say?", history=[Turn(asked, answered)]))
    assert without_markers("It did. [1] (only partly borne out) It will. (not borne out by the sources) (so)") == "It did. It will. (so)"
    assert without_markers("It did. [1] [12] See a[0] and [b](#c) or [7](#d).") == "It did. See a and [b](#c) or [7](#d)."


def test_stream_gives_the_pieces_in_order_and_the_whole_answer_last(client: httpx.Client, norvia: AssistantWith) -> None:
    response = client.post("/api/ask/stream", json={"question": FUND})
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    events = events_of(response.text)
    answer = norvia.ask(FUND)
    wire = answer_to_json(answer)
    assert [name for name, _ in events] == ["statement"] * len(answer.statements) + ["disagreement", "answer"]
    assert [data["statement"] for name, data in events if name == "statement"] == wire["statements"]
    assert [c for name, data in events if name == "statement" for c in data["citations"]] == wire["citations"]
    assert [data for name, data in events if name == "disagreement"] == wire["disagreements"]
    assert same(events[-1][1], answer)


def test_stream_tells_that_the_sources_do_not_hold_it(client: httpx.Client, norvia: AssistantWith) -> None:
    given = {"question": FRANCE, "filters": {"since": "2024-01-01"}}
    (first, notice), (second, abstained), (third, _) = events_of(client.post("/api/ask/stream", json=given).text)
    assert (first, second, third) == ("notice", "abstain", "answer")
    assert notice == {"message": "1 undated document was left out by the date filter."}
    assert abstained == answer_to_json(norvia.ask(FRANCE))["abstained"]


class Slow(AssistantWith):
    """Gives a statement, then waits to be told to go on; then breaks off with `failure`, if there is one."""

    failure: Exception | None = None

    def __init__(self, settings: Any, encoder: Any) -> None:
        super().__init__(settings, encoder)
        self.go_on = threading.Event()
        self.n_asked = 0

    def stream(self, question: str, **_: Any) -> Iterator[Any]:
        self.n_asked += 1
        yield StatementEvent(Statement("First.", ()), ())
        assert self.go_on.wait(15)
        if self.failure:
            raise self.failure
        yield Answer(question, question, statements=(Statement("First.", ()),))


@pytest.fixture
def slow(tmp_path: Path, encoder: Any) -> Iterator[tuple[Slow, httpx.Client]]:
    base = assistant_in(tmp_path, encoder, {"fund.md": NORVIA["fund.md"]})
    assistant = Slow(base.settings, encoder)
    assistant.library.open()
    with running(lambda: server.build_app(assistant)) as url, httpx.Client(base_url=url, timeout=15) as client:
        yield assistant, client
        assistant.go_on.set()


def until(condition: Any, *, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Busy(AssistantWith):
    """Yields a piece that this version does not know, as an answerer at work may."""

    def stream(self, question: str, **_: Any) -> Iterator[Any]:
        yield object()
        yield Answer(question, question)


def test_pieces_that_show_nothing_keep_the_connection_alive(norvia: AssistantWith, encoder: Any) -> None:
    with running(lambda: server.build_app(Busy(norvia.settings, encoder))) as url, httpx.Client(base_url=url, timeout=20) as client:
        text = client.post("/api/ask/stream", json={"question": "?"}).text
        assert text.startswith(": at work\n\nevent: answer\n")
        assert client.post("/api/ask", json={"question": "?"}).json()["question"] == "?"
        chunks = client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "?"}], "stream": True}).text
        assert [json.loads(line[6:])["choices"][0]["finish_reason"] for line in chunks.split("\n\n")[:-2]] == [None, "stop"]


def test_a_statement_is_sent_before_the_next_is_made(slow: tuple[Slow, httpx.Client]) -> None:
    assistant, client = slow
    with client.stream("POST", "/api/ask/stream", json={"question": "?"}) as response:
        lines = response.iter_lines()
        assert next(lines) == "event: statement"
        assert not assistant.go_on.is_set()
        assistant.go_on.set()
        assert [line for line in lines if line.startswith("event")] == ["event: answer"]


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (LibraryError("Another process writes. Wait."), {"code": "index_unavailable", "message": "Another process writes. Wait."}),
        (DamagedError("torn"), {"code": "index_damaged", "message": "The index is damaged. On the server, run: assistant doctor --fix"}),
        (RuntimeError("/secret/path"), {"code": "internal", "message": "Something went wrong. The details are in the log of the assistant."}),
    ],
)
def test_an_answer_that_breaks_off_says_so(slow: tuple[Slow, httpx.Client], failure: Exception, error: dict[str, str]) -> None:
    assistant, client = slow
    assistant.failure = failure
    assistant.go_on.set()
    streamed = events_of(client.post("/api/ask/stream", json={"question": "?"}).text)
    assert [name for name, _ in streamed] == ["statement", "error"]
    assert streamed[-1][1] == {"error": error}
    whole = client.post("/api/ask", json={"question": "?"})
    assert whole.json() == {"error": error}
    assert whole.status_code == (503 if isinstance(failure, LibraryError) and error["code"] == "index_unavailable" else 500)


class Endless(AssistantWith):
    """Never comes to an answer; says when nobody waits for one any more."""

    n_asked = n_left = 0

    def stream(self, question: str, **_: Any) -> Iterator[Any]:
        self.n_asked += 1
        try:
            while True:
                yield StatementEvent(Statement("On.", ()), ())
                time.sleep(0.01)
        finally:
            self.n_left += 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/ask", {"question": "?"}),
        ("/api/ask/stream", {"question": "?"}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "?"}]}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "?"}], "stream": True}),
    ],
)
def test_a_reader_who_leaves_ends_the_answer(norvia: AssistantWith, encoder: Any, path: str, body: dict[str, Any]) -> None:
    assistant = Endless(norvia.settings, encoder)
    with running(lambda: server.build_app(assistant)) as url:
        with httpx.Client(base_url=url, timeout=0.5) as client, suppress(httpx.ReadTimeout), client.stream("POST", path, json=body) as response:
            next(response.iter_lines())
        until(lambda: (assistant.n_asked, assistant.n_left) == (1, 1))


def test_so_many_are_answered_at_once_and_the_next_wait(slow: tuple[Slow, httpx.Client]) -> None:
    assistant, client = slow
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(client.post("/api/ask", json={"question": "?"}).status_code)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(AT_ONCE + 3)]
    for thread in threads:
        thread.start()
    until(lambda: assistant.n_asked == AT_ONCE)
    assert client.get("/api/health").status_code == 200  # is not held up
    time.sleep(0.1)
    assert assistant.n_asked == AT_ONCE
    assistant.go_on.set()
    for thread in threads:
        thread.join(10)
    assert statuses == [200] * len(threads)


def test_more_than_can_wait_are_told_to_come_again(slow: tuple[Slow, httpx.Client], monkeypatch: pytest.MonkeyPatch) -> None:
    assistant, _ = slow
    monkeypatch.setattr("assistant.interfaces.api.Slots", lambda: Slots(at_once=1, waiting=0))
    with running(lambda: server.build_app(assistant)) as url, httpx.Client(base_url=url, timeout=15) as client:
        with client.stream("POST", "/api/ask/stream", json={"question": "?"}):
            for refused in (client.post("/api/ask", json={"question": "?"}), client.get("/api/search", params={"query": "?"})):
                assert error_of(refused)[:2] == (503, "busy")
                assert refused.headers["retry-after"] == "2"
            assert client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "?"}]}).status_code == 503
            assistant.go_on.set()
        until(lambda: client.post("/api/ask", json={"question": "?"}).status_code == 200)


def test_searching_gives_the_documented_hits(client: httpx.Client, norvia: AssistantWith) -> None:
    found = client.get("/api/search", params={"query": "  bridge toll ", "top_k": 3}).json()
    assert found == json.loads(json.dumps(search_to_json("bridge toll", norvia.search("bridge toll", top_k=3))))
    only = client.get("/api/search", params={"query": "harbour fund", "source": ["critics.md", "fund"], "publisher": "norvia courier"}).json()
    assert {hit["source"] for hit in only["hits"]} == {"critics.md"}
    later = client.get("/api/search", params={"query": "harbour fund", "since": "2024-05-05", "until": "2024-05-31"}).json()
    assert {hit["source"] for hit in later["hits"]} == {"critics.md"}


def test_sources_that_are_superseded_are_marked(tmp_path: Path, encoder: Any) -> None:
    assistant = assistant_in(tmp_path, encoder, VERSIONS)
    with running(lambda: server.build_app(assistant)) as url:
        whole = httpx.get(f"{url}/api/sources", timeout=20).json()
        newer = httpx.get(f"{url}/api/sources", params={"contains": "new.md"}, timeout=20).json()
    assert (whole["superseded"], newer["superseded"], newer["total"]) == ({"old.md": "new.md"}, {}, 1)
    lines = sources_text(whole, 0).split("\n")
    assert [line.endswith(" · superseded by new.md") for line in lines] == [False, False, True]


def test_sources_are_listed_in_parts(client: httpx.Client, norvia: AssistantWith) -> None:
    whole = client.get("/api/sources").json()
    assert [each["source"] for each in whole["documents"]] == sorted(NORVIA)
    assert (whole["schema"], whole["total"], whole["notices"]) == (1, len(NORVIA), [])
    part = client.get("/api/sources", params={"contains": "PORT gazette", "offset": 1, "limit": 1}).json()
    assert ([each["source"] for each in part["documents"]], part["total"]) == (["fund.md"], 2)


@pytest.mark.parametrize("question", [FUND, "What share of the ferries run on batteries?", "When does the new bridge open?"])
def test_every_citation_can_be_read_in_its_surroundings(client: httpx.Client, norvia: AssistantWith, question: str) -> None:
    ids = {each["source"]: each["id"] for each in client.get("/api/sources").json()["documents"]}
    citations = client.post("/api/ask", json={"question": question}).json()["citations"]
    assert citations
    for cited in citations:
        start, end = cited["start"], cited["end"]
        text = text_on_disk(norvia.settings.sources, cited["source"])
        by_source = client.get(f"/api/passages/{cited['source']}/{start}-{end}", params={"context": 25}).json()
        assert by_source == client.get(f"/api/passages/{ids[cited['source']]}/{start}-{end}?context=25").json()
        assert by_source["text"] == cited["quote"] == text[start:end]
        assert (by_source["before"], by_source["after"]) == (text[max(0, start - 25) : start], text[end : end + 25])
        assert (by_source["line"], by_source["document"]["n_chars"]) == (cited["line"], len(text))
        assert by_source["document"]["published"] == cited["published"]


def test_a_passage_is_never_read_from_a_file_that_changed(tmp_path: Path, encoder: Any) -> None:
    assistant = assistant_in(tmp_path, encoder, {"a.txt": "The fund holds $40 million.\n"})
    with running(lambda: server.build_app(assistant)) as url, httpx.Client(base_url=url, timeout=20) as client:
        old = client.get("/api/sources").json()["documents"][0]["id"]
        assert client.get(f"/api/passages/{old}/0-8").json()["text"] == "The fund"
        write(assistant.settings.sources, {"a.txt": "The hoard holds $41 million.\n"})
        assert error_of(client.get(f"/api/passages/{old}/0-8"))[:2] == (404, "not_found")
        until(lambda: client.get("/api/passages/a.txt/0-9").json().get("text") == "The hoard")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("qqqqq/0-5", (404, "not_found", "There is no source 'qqqqq'. List what there is: GET /api/sources, or the tool list_sources.")),
        ("../../etc/passwd/0-5", (404, "not_found", None)),
        ("fund.md/5-5", (422, "invalid_span", "5-5 is empty: start must be at least 0 and below end.")),
        ("fund.md/0-99999", (422, "invalid_span", None)),
        ("fund.md/a-b", (422, "invalid_request", None)),
        ("fund.md/-1-4", (422, "invalid_request", None)),
        ("fund.md", (404, "not_found", "There is nothing at '/api/passages/fund.md'. See /api/openapi.json for what there is.")),
    ],
)
def test_a_passage_that_is_not_there_is_told(client: httpx.Client, path: str, error: tuple[int, str, str | None]) -> None:
    told = error_of(client.get(httpx.URL(client.base_url, raw_path=f"/api/passages/{path}".encode())))
    assert told == (*error[:2], error[2] or told[2])


def test_publisher_of_a_file_added_just_now_is_known(tmp_path: Path, encoder: Any) -> None:
    assistant = assistant_in(tmp_path, encoder, NORVIA)
    text = report("The lighthouse was painted green.", title="Green", publisher="Sound Herald")
    write(assistant.settings.sources, {"new.md": text})
    assert filters_of(assistant, publishers=["sound herald"]) == Filters(publishers=("sound herald",))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, (422, "invalid_request", "question: Field required.")),
        ({"question": ""}, (422, "invalid_request", "question: String should have at least 1 character.")),
        ({"question": " \n"}, (422, "invalid_question", "The question is empty. Ask something, for example: What is new?")),
        ({"question": "x" * 2001}, (422, "invalid_request", "question: String should have at most 2000 characters.")),
        ({"question": "x", "history": ["y"] * 101}, (422, "invalid_request", "history: List should have at most 100 items after validation, not 101.")),
        ({"question": "x", "filter": {}}, (422, "invalid_request", "filter: Extra inputs are not permitted.")),
        ({"question": "x", "filters": {"since": "2024-13-01"}}, (422, "invalid_request", None)),
        ({"question": "x", "filters": {"since": "20240101"}}, (422, "invalid_request", "filters.since: not of the form YYYY-MM-DD.")),
        (
            {"question": "x", "filters": {"since": "2024-02-01", "until": "2024-01-01"}},
            (422, "invalid_dates", "since 2024-02-01 is after until 2024-01-01; nothing can lie between them."),
        ),
        ({"question": "x", "filters": {"sources": ["dockers"]}}, (422, "unknown_source", "There is no source 'dockers'. List what there is: GET /api/sources, or the tool list_sources.")),
        (
            {"question": "x", "filters": {"publishers": ["CNN"]}},
            (422, "unknown_publisher", "No document is by 'CNN'. Publishers: Norvia Courier, Port Gazette."),
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/ask", "/api/ask/stream"])
def test_a_question_that_cannot_be_asked_is_told(client: httpx.Client, path: str, body: dict[str, Any], error: tuple[int, str, str | None]) -> None:
    told = error_of(client.post(path, json=body))
    assert told == (*error[:2], error[2] or told[2])


def test_what_is_not_json_is_told(client: httpx.Client) -> None:
    as_json = {"content-type": "application/json"}
    assert error_of(client.post("/api/ask", content=b'{"question', headers=as_json))[:2] == (400, "bad_request")
    assert error_of(client.post("/api/ask", content=b"[" * 100_000, headers=as_json))[:2] == (400, "bad_request")
    told = error_of(client.post("/api/ask", data={"question": "x"}))
    assert told == (422, "invalid_request", "Send a JSON object, with the header 'Content-Type: application/json'.")


def test_too_large_a_body_is_refused_announced_or_not(client: httpx.Client) -> None:
    def unannounced() -> Iterator[bytes]:
        yield from (b" " * 300_000 for _ in range(5))

    for path in ("/api/ask", "/v1/chat/completions"):
        for content in (b" " * 1_000_001, unannounced()):
            told = error_of(client.post(path, content=content, headers={"content-type": "application/json"}))
            assert told == (413, "too_large", "The request is larger than 1,000,000 bytes. Send less of the history.")


def test_paths_and_methods_that_are_not_there_are_told(client: httpx.Client) -> None:
    assert error_of(client.get("/api/asks"))[:2] == (404, "not_found")
    assert error_of(client.get("/"))[:2] == (404, "not_found")
    refused = client.get("/api/ask")
    assert (error_of(refused), refused.headers["allow"]) == ((405, "method_not_allowed", "This path takes POST."), "POST")


def test_health_counts_what_is_there(client: httpx.Client, norvia: AssistantWith) -> None:
    n_documents, n_passages = norvia.library.catalog.counts()
    told = client.get("/api/health")
    assert told.json() == {"status": "ok", "version": __version__, "n_documents": n_documents, "n_passages": n_passages}


def test_the_document_describes_every_route_and_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    described = client.get("/api/openapi.json").json()
    assert {(method, path) for path, methods in described["paths"].items() for method in methods} == {
        ("post", "/api/ask"), ("post", "/api/ask/stream"), ("get", "/api/search"), ("get", "/api/sources"), ("get", "/api/health"),
        ("get", "/api/passages/{document}/{start}-{end}"), ("post", "/v1/chat/completions"), ("get", "/v1/models"), ("get", "/v1/models/{model}"),
    }  # fmt: skip
    assert "HTTPValidationError" not in described["components"]["schemas"]
    assert {operation["operationId"] for path in described["paths"].values() for operation in path.values()} == {
        "ask", "stream", "search", "sources", "passage", "health", "complete", "models", "model",
    }  # fmt: skip
    assert [error_of(client.get(path))[0] for path in ("/docs", "/redoc", "/api/docs")] == [404] * 3


def fields_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def inner(model: type[BaseModel], name: str) -> Any:
    annotation: Any = model.model_fields[name].annotation
    return next(each for each in get_args(annotation) if isinstance(each, type) and issubclass(each, BaseModel))


def test_models_describe_the_json_that_is_sent(norvia: AssistantWith) -> None:
    answer = answer_to_json(norvia.ask(FUND))
    declined = answer_to_json(norvia.ask(FRANCE))

    def check(model: type[BaseModel], value: dict[str, Any]) -> None:
        assert fields_of(model) == set(value), model
        for name, part in value.items():
            parts = part if isinstance(part, list) else [part]
            for each in parts:
                if isinstance(each, dict) and name != "timings_ms":
                    check(inner(model, name), each)

    for value in (answer, declined):
        check(schemas.AnswerJson, value)
    assert answer["disagreements"]
    assert answer["citations"]
    assert answer["hits"]
    assert declined["abstained"]
    hit = norvia.search("bridge")[0]
    assert fields_of(schemas.PlaceJson) == set(Place._fields)
    assert fields_of(schemas.HitJson) == set(hit_to_json(hit))


def test_the_api_alone_does_without_gradio() -> None:
    import subprocess
    import sys

    code = "import sys, assistant.interfaces.server; print([m for m in ('gradio', 'torch', 'chromadb', 'mcp') if m in sys.modules])"
    told = subprocess.check_output([sys.executable, "-c", code], cwd=Path(__file__).parents[2], text=True)
    assert told.strip() == "[]"


