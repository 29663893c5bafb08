"""The README's section for other programs: every example in it is run, against a server on the project's own sources."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters

from assistant.interfaces import server
from tests.asking import AssistantWith, assistant_in, environment
from tests.interfaces.conftest import running

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text("utf-8").split("## Use it from other programs")[1].split("\n## ")[0]
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", SECTION, re.DOTALL)
CURL = [line for _, block in BLOCKS for line in block.splitlines() if line.startswith("curl ")]


def block(language: str) -> str:
    [found] = [block for name, block in BLOCKS if name == language]
    return found


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> AssistantWith:
    folder = tmp_path_factory.mktemp("samples")
    shutil.copytree(ROOT / "sources", folder / "sources")
    return assistant_in(folder, encoder)


@pytest.fixture(scope="module")
def url(samples: AssistantWith) -> Iterator[str]:
    with running(lambda: server.build_app(samples)) as url:
        yield url


@pytest.mark.parametrize("line", CURL)
def test_curl_gets_what_is_promised(url: str, line: str) -> None:
    words = [word for word in shlex.split(line)[1:] if word != "-N"]
    [address] = [word for word in words if word.startswith("http")]
    options = {name: value for name, value in itertools.pairwise(words) if name.startswith("-")}
    headers = dict([options["-H"].split(": ")]) if "-H" in options else {}
    method = "POST" if "-d" in options else "GET"
    reply = httpx.request(method, address.replace("http://127.0.0.1:7860", url), headers=headers, content=options.get("-d"), timeout=20)
    assert reply.status_code == 200
    if "stream" in address:
        assert reply.text.startswith("event: statement\n")
    elif "passages" in address:
        assert reply.json()["text"] == "Trade Minister Cheong In-kyo leads the delegation."
    else:
        assert {"ask": "statements", "search": "hits", "sources": "documents"}[re.split(r"[/?]", address)[4]] in reply.json()


def test_all_endpoints_of_the_examples_are_there() -> None:
    assert len(CURL) == 5


def test_the_openai_example_prints_answer_and_citations(url: str, samples: AssistantWith) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(block("python").replace("http://127.0.0.1:7860", url), "README.md", "exec"), {})
    answer = samples.ask("Who leads the delegation?")
    cited = [f"{each.number} {each.source} {each.start} {each.end}" for each in answer.citations]
    assert out.getvalue().splitlines() == [answer.text, *cited]


def test_the_mcp_configuration_starts_a_server_with_the_tools(samples: AssistantWith) -> None:
    [(_, given)] = json.loads(block("json"))["mcpServers"].items()
    there = {"/path/to/sources": str(samples.settings.sources), "/path/to/.assistant": str(samples.settings.data)}
    assert given["command"].endswith("/assistant")
    arguments = ["-m", "assistant", *(there.get(word, word) for word in given["args"])]
    parameters = StdioServerParameters(command=sys.executable, args=arguments, env=environment(PYTHONPATH=str(ROOT)))

    async def talk() -> Any:
        async with Client(parameters) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            return tools, await client.call_tool("list_sources", {})

    tools, sources = asyncio.run(talk())
    assert tools == ["ask", "search", "read_passage", "list_sources"] == re.findall(r"`(\w+)`", SECTION.split("Protocol: ")[1].split(".")[0])
    assert sources.structured_content["total"] == len(list((ROOT / "sources").glob("*.md")))


def test_the_token_example_makes_a_token_that_can_be_used() -> None:
    from assistant.interfaces.access import MAKE_ONE, token_from_environment

    [line] = re.findall(r"^export ASSISTANT_TOKEN.*$", SECTION, re.MULTILINE)
    assert line == MAKE_ONE
    made = re.search(r'-c "(.*)"', line)
    assert made is not None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(made[1], {})
    assert len(token_from_environment({"ASSISTANT_TOKEN": out.getvalue()}) or "") == 43
