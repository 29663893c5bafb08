"""The MCP server, asked by the SDK's own client: over standard input and output, and over HTTP."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import jsonschema
import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from assistant.cli import main
from assistant.installing import pip
from assistant.interfaces import mcp
from assistant.types import Filters
from assistant.wire import answer_to_json, search_to_json
from tests.asking import NORVIA, AssistantWith, environment, text_on_disk
from tests.interfaces.conftest import TOKEN, running

ROOT = Path(__file__).parents[2]
FUND = "How large is the harbour fund of Norvia?"
FRANCE = "What is the capital of France?"
Talk = Callable[[Client], Awaitable[Any]]


@pytest.fixture(scope="module")
def url(norvia: AssistantWith) -> Iterator[str]:
    with running(lambda: mcp.build_app(norvia)) as url:
        yield f"{url}/mcp"


@pytest.fixture(scope="module", params=["stdio", "http"])
def talk(request: pytest.FixtureRequest, norvia: AssistantWith, url: str) -> Iterator[Callable[[Talk], Any]]:
    """Runs a conversation with the server, over either way; by stdio one process serves them all."""
    if request.param == "http":
        yield lambda conversation: asyncio.run(_by(url, conversation))
        return
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(_parameters(norvia))) as client:
        yield lambda conversation: portal.call(conversation, client)


async def _by(url: str, conversation: Talk) -> Any:
    async with Client(url) as client:
        return await conversation(client)


def _parameters(norvia: AssistantWith) -> StdioServerParameters:
    where = ["--sources", str(norvia.settings.sources), "--data", str(norvia.settings.data)]
    return StdioServerParameters(command=sys.executable, args=["-m", "assistant", "mcp", *where], env=environment(PYTHONPATH=str(ROOT)))


def called(talk: Callable[[Talk], Any], name: str, **arguments: Any) -> Any:
    return talk(lambda client: client.call_tool(name, arguments))


def text_of(result: Any) -> str:
    [content] = result.content
    return str(content.text)


def test_there_are_four_tools_that_say_when_to_use_them(talk: Callable[[Talk], Any]) -> None:
    tools = {tool.name: tool for tool in talk(lambda client: client.list_tools()).tools}
    assert list(tools) == ["ask", "search", "read_passage", "list_sources"]
    for tool in tools.values():
        assert tool.description
        assert "Use it" in tool.description
        assert "\n   " not in tool.description
        assert tool.output_schema
        assert tool.output_schema["type"] == "object"
        assert tool.annotations
        assert tool.annotations.read_only_hint
        assert tool.input_schema["additionalProperties"] is False
        assert all("description" in field for field in tool.input_schema["properties"].values())
    assert tools["ask"].input_schema["required"] == ["question"]
    assert tools["read_passage"].input_schema["required"] == ["source", "start", "end"]


def test_the_server_says_what_it_is_for(talk: Callable[[Talk], Any]) -> None:
    async def told(client: Client) -> Any:
        return client.instructions

    assert "For a question, call `ask`" in talk(told)


@pytest.mark.parametrize("question", [FUND, FRANCE, "When does the new bridge open?"])
def test_asking_gives_the_answer_without_what_was_only_looked_at(talk: Callable[[Talk], Any], norvia: AssistantWith, question: str) -> None:
    result = called(talk, "ask", question=question)
    answer = json.loads(json.dumps(answer_to_json(norvia.ask(question))))
    assert not result.is_error
    assert result.structured_content == {k: v for k, v in answer.items() if k not in ("schema", "hits", "timings_ms")}
    for cited in answer["citations"]:
        assert f"“{cited['quote']}”" in text_of(result)
        assert f"{cited['source']} · " in text_of(result)
        assert f"characters {cited['start']}-{cited['end']}" in text_of(result)
    if answer["abstained"]:
        assert text_of(result) == f"{answer['abstained']['message']}\n\nThe nearest passages can be had with search."
    else:
        assert text_of(result).startswith(answer["text"])


def test_both_sides_of_a_disagreement_are_told(talk: Callable[[Talk], Any]) -> None:
    assert "The sources differ on" in text_of(called(talk, "ask", question=FUND))


def test_a_follow_up_is_understood(talk: Callable[[Talk], Any], norvia: AssistantWith) -> None:
    earlier = ["Who leads the dredging project?"]
    told = called(talk, "ask", question="What did he say?", earlier_questions=earlier).structured_content
    assert told["standalone_question"] == norvia.ask("What did he say?", history=earlier).standalone_question != "What did he say?"


def test_searching_gives_the_documented_hits(talk: Callable[[Talk], Any], norvia: AssistantWith) -> None:
    result = called(talk, "search", query="harbour fund", top_k=2, publishers=["port gazette"])
    filters = Filters(publishers=("port gazette",))
    expected = search_to_json("harbour fund", norvia.search("harbour fund", top_k=2, filters=filters))
    assert result.structured_content == json.loads(json.dumps(expected))
    assert [hit["text"] in text_of(result) for hit in expected["hits"]] == [True] * len(expected["hits"])


def test_a_passage_is_read_verbatim(talk: Callable[[Talk], Any], norvia: AssistantWith) -> None:
    [cited, *_] = called(talk, "ask", question=FUND).structured_content["citations"]
    result = called(talk, "read_passage", source=cited["source"], start=cited["start"], end=cited["end"], context=20)
    text = text_on_disk(norvia.settings.sources, cited["source"])
    told = result.structured_content
    start, end = cited["start"], cited["end"]
    assert (told["before"], told["text"], told["after"]) == (text[start - 20 : start], cited["quote"], text[end : end + 20])
    assert text_of(result).endswith(f"{told['before']}»{told['text']}«{told['after']}")
    assert called(talk, "read_passage", source=told["document"]["id"], start=start, end=end, context=20).structured_content == told


def test_sources_are_listed_in_parts(talk: Callable[[Talk], Any]) -> None:
    whole = called(talk, "list_sources")
    assert [each["source"] for each in whole.structured_content["documents"]] == sorted(NORVIA)
    part = called(talk, "list_sources", contains="norvia", limit=2)
    assert text_of(part).startswith(f"1 to 2 of {part.structured_content['total']} documents. More with offset 2.\n")
    assert text_of(called(talk, "list_sources", contains="nowhere")) == "None of 0 documents."


def test_what_is_returned_follows_the_published_schemas(talk: Callable[[Talk], Any]) -> None:
    schemas = {tool.name: tool.output_schema for tool in talk(lambda client: client.list_tools()).tools}
    for name, arguments in (
        ("ask", {"question": FUND}), ("ask", {"question": FRANCE}), ("search", {"query": "bridge"}),
        ("read_passage", {"source": "fund.md", "start": 0, "end": 9}), ("list_sources", {}),
    ):  # fmt: skip
        jsonschema.validate(called(talk, name, **arguments).structured_content, schemas[name])


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ask", {"question": " "}, "The question is empty. Ask something, for example: What is new?"),
        ("ask", {"question": "x", "publishers": ["CNN"]}, "No document is by 'CNN'. Publishers: Norvia Courier, Port Gazette."),
        ("ask", {"question": "x", "since": "2024-02-01", "until": "2024-01-01"}, "nothing can lie between them."),
        ("ask", {"question": "x", "publisher": "CNN"}, "Extra inputs are not permitted"),
        ("search", {"query": "x", "top_k": 0}, "greater than or equal to 1"),
        ("search", {"query": "x", "sources": ["qqqqq"]}, "There is no source 'qqqqq'. List what there is: GET /api/sources, or the tool list_sources."),
        ("read_passage", {"source": "qqqqq", "start": 0, "end": 1}, "There is no source 'qqqqq'. List what there is"),
        ("read_passage", {"source": "fund.md", "start": 0, "end": 99_999}, "the span ends at 99999."),
        ("read_passage", {"source": "fund.md"}, "Field required"),
    ],
)
def test_what_cannot_be_done_is_an_error_that_says_the_way_out(
    talk: Callable[[Talk], Any], name: str, arguments: dict[str, Any], message: str
) -> None:
    result = called(talk, name, **arguments)
    assert result.is_error
    assert message in text_of(result)


INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}  # fmt: skip


def test_nothing_but_the_protocol_is_written_and_little_is_imported(norvia: AssistantWith, tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "new.txt").write_text("The fund holds $40 million.\n")  # indexed meanwhile, with a word on stderr
    messages = [
        INITIALIZE, {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": "What does the fund hold?"}}},
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "assistant", "mcp", "-v"], cwd=tmp_path, env=environment(PYTHONPATH=str(ROOT)),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(tmp_path / "stderr").open("w"), text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    for message in messages:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
    lines = [process.stdout.readline(), process.stdout.readline()]
    process.stdin.close()
    rest = process.stdout.read()
    assert process.wait(60) == 0
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 6  # 2 s of the processor; PyTorch alone would take more
    replies = [json.loads(line) for line in lines]
    assert [reply["id"] for reply in replies] == [1, 2]
    assert replies[1]["result"]["structuredContent"]["text"] in ("The fund holds $40 million. [1]", "")
    assert rest == ""
    imported = (tmp_path / "stderr").read_text()
    assert " mcp.server" in imported
    assert [name for name in ("gradio", "fastapi", "torch") if f" {name}\n" in imported] == []


def test_without_the_sdk_the_command_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where pip lies is told from here
    (tmp_path / "sources").mkdir()
    code = "import sys; sys.modules['mcp'] = None; from assistant.cli import main; sys.exit(main(['mcp']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(PYTHONPATH=str(ROOT)), capture_output=True, text=True, timeout=60)
    told = f"assistant: The package 'mcp' is not installed. In the project's folder: {pip()} install -c constraints.txt -e '.[mcp]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


@pytest.fixture(scope="module")
def closed(norvia: AssistantWith) -> Iterator[str]:
    with running(lambda: mcp.build_app(norvia, token=TOKEN)) as url:
        yield f"{url}/mcp"


def test_by_http_the_token_is_asked_for(closed: str) -> None:
    headers = {"accept": "application/json, text/event-stream"}
    for wrong in ({}, {"authorization": "Bearer wrong"}):
        refused = httpx.post(closed, json=INITIALIZE, headers={**headers, **wrong})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")

    async def with_token() -> Any:
        async with (
            httpx2.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as http_client,
            Client(streamable_http_client(closed, http_client=http_client)) as client,
        ):
            return await client.call_tool("list_sources", {"limit": 1})

    assert asyncio.run(with_token()).structured_content["total"] == len(NORVIA)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"origin": "http://evil.example"}, 403), ({"host": "evil.example"}, 400), ({"sec-fetch-site": "same-site"}, 403), ({}, 200)],
)
def test_by_http_pages_of_other_origins_are_refused(url: str, headers: dict[str, str], status: int) -> None:
    told = httpx.post(url, json=INITIALIZE, headers={"accept": "application/json, text/event-stream", **headers})
    assert told.status_code == status


def test_by_http_too_large_a_request_is_refused(url: str) -> None:
    large = {**INITIALIZE, "padding": "x" * 1_000_000}
    assert httpx.post(url, json=large, headers={"accept": "application/json, text/event-stream"}).status_code == 413


@pytest.mark.parametrize("flags", [["--port", "7999"], ["--host", "0.0.0.0"], ["--name", "chat.example.org"]])
def test_an_address_without_http_is_refused(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mcp", *flags]) == 1
    told = "assistant: Without --http nothing is served at an address. Add --http, or leave --host, --port and --name out.\n"
    assert capsys.readouterr().err == told
