"""The OpenAI-compatible endpoint, asked by the clients that people use: the `openai` package and LangChain's ChatOpenAI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI

from assistant.interfaces import server
from assistant.types import Answer, Turn
from assistant.wire import answer_to_json
from tests.asking import NORVIA, AssistantWith, assistant_in
from tests.interfaces.conftest import running
from tests.model_server import Script, serving

MODEL = "assistant-with-sources"
FUND = "How large is the harbour fund of Norvia?"
FRANCE = "What is the capital of France?"
DREDGING = "Who leads the dredging project?"


@pytest.fixture
def sdk(api: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{api}/v1", api_key="none", max_retries=0, timeout=20) as client:
        yield client


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def same(extension: dict[str, Any], answer: Answer) -> bool:
    expected = json.loads(json.dumps(answer_to_json(answer)))
    return {**extension, "timings_ms": None} == {**expected, "timings_ms": None}


def test_openai_client_gets_the_answer_and_its_citations(sdk: openai.OpenAI, norvia: AssistantWith) -> None:
    completion = sdk.chat.completions.create(model=MODEL, messages=[user(FUND)])
    answer = norvia.ask(FUND)
    [choice] = completion.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", answer.text, "stop")
    assert answer.text.count("[1]") == 1
    assert same(choice.message.model_extra["assistant"], answer)
    assert (completion.object, completion.model, completion.id[:9]) == ("chat.completion", MODEL, "chatcmpl-")


def test_usage_counts_what_was_sent_and_what_came_back(sdk: openai.OpenAI, norvia: AssistantWith) -> None:
    messages = [{"role": "system", "content": "Be brief."}, user(DREDGING)]
    completion = sdk.chat.completions.create(model=MODEL, messages=messages)  # type: ignore[arg-type]
    count = norvia.encoder.count_tokens
    usage = completion.usage
    assert usage is not None
    assert usage.prompt_tokens == count("Be brief.") + count(DREDGING)
    assert usage.completion_tokens == count(completion.choices[0].message.content)
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_what_the_sources_do_not_hold_is_declined_in_words(sdk: openai.OpenAI, norvia: AssistantWith) -> None:
    answer = norvia.ask(FRANCE)
    message = sdk.chat.completions.create(model=MODEL, messages=[user(FRANCE)]).choices[0].message
    assert answer.abstained is not None
    assert message.content == answer.abstained.message
    assert same(message.model_extra["assistant"], answer)
    streamed = list(sdk.chat.completions.create(model=MODEL, messages=[user(FRANCE)], stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == answer.abstained.message


def test_chunks_add_up_to_the_reply_and_the_last_carries_the_answer(sdk: openai.OpenAI, norvia: AssistantWith) -> None:
    chunks = list(sdk.chat.completions.create(model=MODEL, messages=[user(FUND)], stream=True, stream_options={"include_usage": True}))
    answer = norvia.ask(FUND)
    assert len(answer.statements) > 1
    *content, last, with_usage = chunks
    assert [chunk.choices[0].finish_reason for chunk in content] == [None] * (len(answer.statements) + 1)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in content) == answer.text
    assert content[0].choices[0].delta.role == "assistant"
    assert last.choices[0].finish_reason == "stop"
    assert same(last.choices[0].delta.model_extra["assistant"], answer)
    assert with_usage.choices == []
    assert with_usage.usage.completion_tokens == norvia.encoder.count_tokens(answer.text)
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    without = list(sdk.chat.completions.create(model=MODEL, messages=[user(FUND)], stream=True))
    assert [chunk.usage for chunk in without] == [None] * len(without)


def test_earlier_messages_are_the_history(sdk: openai.OpenAI, norvia: AssistantWith) -> None:
    answered = "Harbour master Karl Lund leads the dredging project."
    messages = [
        {"role": "system", "content": "You are a pirate."}, user(DREDGING), {"role": "assistant", "content": f"{answered} [1]"},
        {"role": "user", "content": [{"type": "text", "text": "What did"}, {"type": "text", "text": "he say?"}]},
    ]  # fmt: skip
    told = sdk.chat.completions.create(model="any", messages=messages).choices[0].message.model_extra["assistant"]  # type: ignore[arg-type]
    assert same(told, norvia.ask("What did\nhe say?", history=[Turn(DREDGING, answered)]))
    assert "Karl Lund" in told["standalone_question"]


def test_a_long_chat_is_cut_and_not_refused(sdk: openai.OpenAI, norvia: AssistantWith) -> None:
    messages = [user(f"Question {n}?") for n in range(300)] + [user("x" * 5_000), user(FUND)]
    assert sdk.chat.completions.create(model=MODEL, messages=messages).choices[0].message.content == norvia.ask(FUND).text


def test_what_has_no_effect_is_ignored(sdk: openai.OpenAI, norvia: AssistantWith) -> None:
    completion = sdk.chat.completions.create(
        model="gpt-4o", messages=[user(FUND)], temperature=1.5, max_tokens=1, stop=["a"], n=1, seed=7, user="me", tools=[],
        response_format={"type": "text"}, logprobs=False, extra_body={"nobody": {"knows": "this"}},
    )  # fmt: skip
    assert (completion.choices[0].message.content, completion.model) == (norvia.ask(FUND).text, MODEL)


TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize(
    ("given", "param", "message"),
    [
        ({"n": 2}, "n", "'n' can only be 1 here. Leave it out."),
        ({"tools": [TOOL]}, "tools", "'tools' can only be [] here. Leave it out."),
        ({"response_format": {"type": "json_object"}}, "response_format", "'response_format' can only be {\"type\": \"text\"} here. Leave it out."),
        ({"logprobs": True}, "logprobs", "'logprobs' can only be false here. Leave it out."),
        ({"messages": []}, "messages", "messages: List should have at least 1 item after validation, not 0."),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages", "There is no user message; the last one is what is answered."),
        ({"messages": [user(" ")]}, "messages", "The question is empty. Ask something, for example: What is new?"),
        ({"messages": [user("x" * 2001)]}, "messages", "The question has 2001 characters; the most is 2000. Shorten it."),
        (
            {"messages": [user([{"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/x.png"}}])]},  # type: ignore[arg-type]
            "messages.0.content", "Only text can be read here, no pictures, sounds or files.",
        ),
        (
            {"messages": [user("x"), {"role": "tool", "content": "y", "tool_call_id": "z"}]},
            "messages.1.role", "messages.1.role: Input should be 'system', 'developer', 'user' or 'assistant'.",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_done_is_an_error_of_openais_kind(sdk: openai.OpenAI, given: dict[str, Any], param: str, message: str, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        sdk.chat.completions.create(**{"model": MODEL, "messages": [user("x")], "stream": stream, **given})
    assert (caught.value.param, caught.value.type) == (param, "invalid_request_error")
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["message"] == message


def test_the_one_model_is_listed(sdk: openai.OpenAI) -> None:
    assert [model.id for model in sdk.models.list()] == [MODEL]
    assert sdk.models.retrieve(MODEL).owned_by == "assistant"
    with pytest.raises(openai.NotFoundError) as caught:
        sdk.models.retrieve("gpt-4o")
    assert caught.value.code == "model_not_found"


def test_the_stream_ends_as_openais_does(api: str) -> None:
    reply = httpx.post(f"{api}/v1/chat/completions", json={"messages": [user("hello")], "stream": True}, timeout=20)
    lines = [line for line in reply.text.split("\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"


@pytest.fixture
def chain(api: str) -> ChatOpenAI:
    return ChatOpenAI(base_url=f"{api}/v1", api_key="none", model=MODEL, max_retries=0, timeout=20)  # type: ignore[arg-type]


def test_langchain_invokes_and_streams_it(chain: ChatOpenAI, norvia: AssistantWith) -> None:
    answer = norvia.ask(FUND)
    whole = chain.invoke(FUND)
    assert whole.content == answer.text
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["output_tokens"] == norvia.encoder.count_tokens(answer.text)
    streamed = [chunk.content for chunk in chain.stream(FUND) if chunk.content]
    assert "".join(map(str, streamed)) == answer.text
    assert len(streamed) == len(answer.statements)


def test_langchain_sends_a_conversation(chain: ChatOpenAI, norvia: AssistantWith) -> None:
    messages = [SystemMessage("Be brief."), HumanMessage(DREDGING), chain.invoke(DREDGING), HumanMessage("What did he say?")]
    assert isinstance(messages[2], AIMessage)
    expected = norvia.ask("What did he say?", history=[Turn(DREDGING, "Harbour master Karl Lund leads the dredging project.")])
    assert chain.invoke(messages).content == expected.text != ""


def test_langchain_is_told_that_tools_are_not_there(chain: ChatOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="'tools' can only be"):
        chain.bind_tools([TOOL]).invoke("x")


def test_usage_with_a_model_is_what_the_model_took(tmp_path: Path, encoder: Any) -> None:
    with serving(Script("The harbour was dredged in 2019 [1].", usage=(654, 21))) as model:
        assistant = assistant_in(tmp_path, encoder, NORVIA, model="openai:scripted", model_url=model.url)
        with running(lambda: server.build_app(assistant)) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="none") as sdk:
            asked = {"model": MODEL, "messages": [user(DREDGING)]}
            whole = sdk.chat.completions.create(**asked)
            *_, last = sdk.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    assert [(usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) for usage in (whole.usage, last.usage)] == [(654, 21, 675)] * 2


def test_sentence_that_is_not_borne_out_says_so_in_the_content(tmp_path: Path, encoder: Any) -> None:
    written = "The dredging project is led by Peter Navarro [1]."
    with serving(*[Script(written)] * 2) as model:
        assistant = assistant_in(tmp_path, encoder, NORVIA, model="openai:scripted", model_url=model.url)
        with running(lambda: server.build_app(assistant)) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=20) as client:
            asked = {"model": MODEL, "messages": [user(DREDGING)]}
            whole = client.chat.completions.create(**asked).choices[0].message
            chunks = list(client.chat.completions.create(**asked, stream=True))
    first = whole.model_extra["assistant"]["statements"][0]
    said = {"partly": "only partly borne out", "unsupported": "not borne out by the sources"}[first["support"]]
    numbers = "".join(f" [{number}]" for number in first["citations"])
    assert whole.content.startswith(f"The dredging project is led by Peter Navarro.{numbers} ({said}) ")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.content
