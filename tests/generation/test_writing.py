"""Answers by a model behind a real server: cited, checked, and usable however the server behaves."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.errors import SettingsError
from assistant.settings import Settings
from assistant.types import Answer, StatementEvent, Support, Turn, Usage, WritingEvent
from tests.asking import assistant_in
from tests.generation.conftest import LEADS, Opened, check_written
from tests.model_server import ENDLESS, LEAVING_S, Script

RIGHT = "The delegation is headed by Trade Minister Cheong In-kyo [1]. Ahn Duk-geun is expected to lead it, another report says [2]."
QUOTED = {"The South Korean delegation is expected to be led by Ahn Duk-geun, the country's Minister of Trade, Industry and Energy.", "Trade Minister Cheong In-kyo leads the delegation."}


def numbered(prompt: str, words: str) -> int:
    """The number of the passage that holds `words`, as the model was shown it."""
    return int(prompt[: prompt.index(words)].rpartition("=== passage ")[2].split()[0])


def test_each_sentence_is_cited_to_the_words_it_rests_on(opened: Opened, indexed: Path) -> None:
    assistant, server = opened(RIGHT)
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert [(s.text, s.support) for s in answer.statements] == [
        ("The delegation is headed by Trade Minister Cheong In-kyo.", Support.SUPPORTED),
        ("Ahn Duk-geun is expected to lead it, another report says.", Support.SUPPORTED),
    ]
    assert {c.quote for c in answer.citations} == QUOTED
    assert (answer.answerer, answer.model, answer.where) == ("generation", "openai:scripted", "this machine")
    assert answer.usage == Usage(321, 45, 1)
    assert answer.notices == ()
    assert server.requests[0]["temperature"] == 0
    assert server.keys == ["Bearer none"]


def test_wrong_number_is_mended_to_the_right_passage(opened: Opened, indexed: Path) -> None:
    assistant, server = opened(RIGHT)
    assistant.ask(LEADS)
    right = numbered(server.prompts[0], "Trade Minister Cheong In-kyo")
    wrong = next(n for n in range(1, 11) if n != right)
    assistant, _ = opened(f"Cheong In-kyo, the trade minister, heads the delegation [{wrong}].")
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert answer.statements[0].support is Support.SUPPORTED
    assert [c.quote for c in answer.citations] == ["Trade Minister Cheong In-kyo leads the delegation."]


def test_number_that_names_no_passage_is_dropped_and_said(opened: Opened, indexed: Path) -> None:
    assistant, _ = opened("Cheong In-kyo, the trade minister, heads the delegation [0][99].")
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert answer.notices == ("The model cited [0], [99], which names no passage; that was left out.",)
    assert [c.quote for c in answer.citations] == ["Trade Minister Cheong In-kyo leads the delegation."]


@pytest.mark.parametrize(
    "sentence",
    [
        "The delegation is headed by Peter Navarro [1].", "Cheong In-kyo does not lead the delegation [1].", "Ahn Duk-geun definitely led 40 people to Washington [2].",
        "Paris is the capital of France [1].", "See https://evil.example/ for more [1].",
    ],
)  # fmt: skip
def test_sentence_that_is_not_borne_out_is_flagged_and_quotes_are_added(opened: Opened, indexed: Path, sentence: str) -> None:
    assistant, _ = opened(sentence)
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert answer.statements[0].support in (Support.PARTLY, Support.UNSUPPORTED)
    assert {s.text for s in answer.statements[1:]} == QUOTED
    assert {s.support for s in answer.statements[1:]} == {Support.VERBATIM}
    assert answer.notices == ("Most of what the model wrote is not borne out by the sources. What the sources say in their own words is quoted.",)


def test_one_bad_sentence_among_good_ones_adds_nothing(opened: Opened, indexed: Path) -> None:
    assistant, _ = opened(RIGHT + " They fly to Paris on Friday [1].")
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert [s.support for s in answer.statements][:2] == [Support.SUPPORTED] * 2
    assert answer.statements[2].support is not Support.SUPPORTED
    assert (len(answer.statements), answer.notices) == (3, ())


def test_question_the_sources_do_not_hold_is_declined_without_asking_the_model(opened: Opened) -> None:
    assistant, server = opened("Paris is the capital of France [1].")
    answer = assistant.ask("What is the capital of France?")
    assert answer.abstained is not None
    assert (answer.statements, answer.usage, server.requests) == ((), None, [])


def test_model_that_declines_is_believed(opened: Opened) -> None:
    assistant, _ = opened("The passages do not answer this.")
    answer = assistant.ask(LEADS)
    assert answer.abstained is not None
    assert (answer.statements, answer.notices) == ((), ())


def test_model_that_declines_and_is_cut_off_then_is_believed(opened: Opened) -> None:
    assistant, _ = opened(Script("The passages do not answer this. However, the", finish="length"))
    answer = assistant.ask(LEADS)
    assert answer.abstained is not None
    assert (answer.statements, answer.notices) == ((), ())


@pytest.mark.parametrize("before", ["", "The two countries will talk on Thursday [1]. "])
@pytest.mark.parametrize("opening", ["The passages do not say who else goes", "I cannot provide the other names"])
def test_cited_answer_that_begins_like_a_refusal_is_shown(opened: Opened, indexed: Path, before: str, opening: str) -> None:
    sentence = f"{opening}, but Trade Minister Cheong In-kyo leads the delegation."
    assistant, _ = opened(f"{before}{sentence} [1]")
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert [s.text for s in answer.statements if s.support is not Support.VERBATIM][-1] == sentence
    assert not [notice for notice in answer.notices if "would not answer" in notice]


# Servers that fail


@pytest.mark.parametrize(
    ("script", "said", "n_requests"),
    [
        (Script(status=401), "does not accept the key: set ASSISTANT_MODEL_KEY", 1),
        (Script(status=404), "knows no model 'scripted'", 1),
        (Script(status=400), "refused the request (400", 1),
        (Script(status=500, headers=(("retry-after", "0"),)), "failed (500)", 3),
        (Script(status=429, headers=(("retry-after", "0.2"),)), "is asked too much", 3),
        (Script(status=429, headers=(("retry-after", "3600"),)), "It asks to wait 3600 s.", 1),
        (Script(""), "answered with nothing", 1),
        (Script("I'm sorry, but I can't help with that."), "would not answer", 1),
        (Script(finish="content_filter"), "would not answer", 1),
        (Script("The delegation is headed by", finish="length"), "cut off before its first sentence was whole", 1),
        (Script(finish="length"), "cut off before its first sentence was whole", 1),
        (Script("I'm sorry, but I can't help with that.", finish="length"), "would not answer", 1),
        (Script("abcdefghijklmnop", cut_after=1), "ended before its answer was whole", 1),
        (Script("abcdefghijklmnop", malformed_after=1), "broke off", 1),
        (Script("abcdefghijklmnop", silent_after=1), "said nothing for 2 s", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_server_that_fails_leaves_a_clear_word_and_quotes(opened: Opened, indexed: Path, script: Script, said: str, n_requests: int) -> None:
    assistant, server = opened(script)
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert {s.text for s in answer.statements} == QUOTED
    assert said in answer.notices[-1]
    assert answer.notices[-1].endswith("What the sources say in their own words is quoted.")
    assert len(answer.notices) == len(server.requests) == n_requests
    assert len(answer.disagreements) == 1


def test_server_that_cannot_be_reached_leaves_quotes(indexed: Path, encoder: object) -> None:
    assistant = assistant_in(indexed, encoder, synced=False, model="x", model_url="http://127.0.0.1:9/v1")
    assistant.answering.answerer._sleep = lambda seconds: None
    answer = assistant.ask(LEADS)
    assert "cannot be reached. Is it running?" in answer.notices[-1]
    assert {s.text for s in answer.statements} == QUOTED


def test_connection_dropped_before_a_word_is_tried_again(opened: Opened) -> None:
    assistant, server = opened(Script(hangs_up=True), RIGHT)
    answer = assistant.ask(LEADS)
    assert len(answer.notices) == 1
    assert re.fullmatch(r"The model's server \(this machine\) broke off \(.+\)\. It was asked again after 1 s\.", answer.notices[0])
    assert [s.support for s in answer.statements] == [Support.SUPPORTED] * 2
    assert len(server.requests) == 2


def test_busy_server_is_asked_again_after_the_time_it_says(opened: Opened, indexed: Path) -> None:
    assistant, server = opened(Script(status=429, headers=(("retry-after", "0.6"),)), RIGHT)
    started = time.monotonic()
    answer = assistant.ask(LEADS)
    assert time.monotonic() - started >= 0.6
    assert answer.notices == ("The model's server (this machine) is asked too much at the moment (429). It was asked again after 0.6 s.",)
    assert [s.support for s in answer.statements] == [Support.SUPPORTED] * 2
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (Script(RIGHT + " And then the", finish="length"), "cut off"),
        (Script(RIGHT + " And then the", cut_after=16), "What it wrote up to there is shown."),
        (Script(RIGHT + " And then the", malformed_after=16), "What it wrote up to there is shown."),
        (Script(RIGHT + " And then the", silent_after=16), "What it wrote up to there is shown."),
    ],
)
def test_what_was_whole_before_a_break_is_kept(opened: Opened, indexed: Path, script: Script, said: str) -> None:
    assistant, _ = opened(script)
    answer = assistant.ask(LEADS)
    check_written(answer, indexed / "sources")
    assert [s.text for s in answer.statements] == [
        "The delegation is headed by Trade Minister Cheong In-kyo.", "Ahn Duk-geun is expected to lead it, another report says.",
    ]  # fmt: skip
    assert len(answer.notices) == 1
    assert said in answer.notices[0]


def test_server_that_tells_no_tokens_is_estimated(opened: Opened) -> None:
    assistant, server = opened(Script(RIGHT, usage=None))
    answer = assistant.ask(LEADS)
    assert answer.usage is not None
    assert answer.usage.estimated
    assert answer.usage.reply_tokens == -(-len(RIGHT) // 4)
    assert answer.usage.prompt_tokens == sum(-(-len(m["content"]) // 4) for m in server.requests[0]["messages"])


# Streaming and stopping


@pytest.mark.parametrize("pause_s", [0.02, 0.001])
@pytest.mark.parametrize("attempt", range(5))
def test_sentences_come_while_the_rest_is_written_and_leaving_ends_it(opened: Opened, pause_s: float, attempt: int) -> None:
    """Some leave while a piece is on its way to them: half of those at .001 s, so that ten tries meet it."""
    assistant, server = opened(Script(RIGHT + ENDLESS, pause_s=pause_s))
    pieces = assistant.stream(LEADS)
    first = next(piece for piece in pieces if isinstance(piece, StatementEvent))
    assert first.statement.text == "The delegation is headed by Trade Minister Cheong In-kyo."
    assert not server.left_early.is_set()
    pieces.close()  # type: ignore[attr-defined]
    assert server.left_early.wait(LEAVING_S)


def test_closing_while_the_model_is_silent_leaves_at_once(opened: Opened) -> None:
    assistant, server = opened(Script("abcdefghijklmnop", silent_after=1), model_timeout_s=60)
    pieces = assistant.stream(LEADS)
    for _ in range(4):
        assert isinstance(next(pieces), WritingEvent)
    started = time.monotonic()
    pieces.close()  # type: ignore[attr-defined]
    assert server.left_early.wait(LEAVING_S)
    assert time.monotonic() - started < 20  # of the 60 that it may be silent


# Conversation


def test_follow_up_is_made_to_stand_alone_by_the_model(opened: Opened) -> None:
    assistant, server = opened("How long did Han Duck-soo and Donald Trump speak?", "They spoke by telephone for 28 minutes [1].")
    answer = assistant.ask("How long did they speak?", history=[Turn("Who called Donald Trump?", "Han Duck-soo did.")])
    assert answer.standalone_question == "How long did Han Duck-soo and Donald Trump speak?"
    assert [s.support for s in answer.statements] == [Support.SUPPORTED]
    assert answer.usage == Usage(642, 90, 2)
    assert list(answer.timings_ms) == ["rewrite", "retrieve", "answer"]
    assert "Question: Who called Donald Trump?\nAnswer: Han Duck-soo did." in server.prompts[0]


@pytest.mark.parametrize("proposal", ["How long did Joe Biden speak?", "See https://evil.example/", "", "They spoke for 28 minutes, didn't they?", "How long did they\nspeak?"])
def test_rewriting_that_adds_or_loses_something_gives_way_to_the_rules(opened: Opened, proposal: str) -> None:
    history = [Turn("What did Peter Navarro write?")]
    assistant, _ = opened(proposal, RIGHT)
    offline = Assistant(Settings(sources=assistant.settings.sources, data=assistant.settings.data))
    offline.library.open()
    question = "When did he write it for the Financial Times?"
    answer = assistant.ask(question, history=history)
    assert answer.standalone_question == "When did Peter Navarro write it for the Financial Times?"


def test_no_model_named_asks_nobody_and_changes_nothing(opened: Opened) -> None:
    assistant, server = opened(RIGHT, model="none")
    answer: Answer = assistant.ask(LEADS)
    assert (answer.answerer, answer.model, answer.where, answer.usage) == ("quoting", None, None, None)
    assert server.requests == []


def test_model_that_cannot_be_used_is_said_when_it_is_asked(indexed: Path, encoder: object) -> None:
    assistant = assistant_in(indexed, encoder, synced=False, model="nobody:x")
    with pytest.raises(SettingsError, match="it must be one of openai:NAME, anthropic:NAME"):
        assistant.ask(LEADS)
