"""Conversations come back as they were, and questions are answered, stopped and kept."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.types import Answer, Filters, Turn
from assistant.web.asking import (
    BROKEN_OFF,
    UNEXPECTED,
    Request,
    answer_stream,
    filters_in_words,
    narrowed_to,
    problem_with,
)
from assistant.web.conversations import Conversations, Exchange
from tests.web.fake import FakeAssistant

ID = "0123456789abcdef"


@pytest.fixture
def conversations(tmp_path: Path) -> Conversations:
    return Conversations(tmp_path / "conversations")


def ask(
    assistant: FakeAssistant, conversations: Conversations, question: str, **more: Filters
) -> list[Exchange]:
    request = Request(ID, question, more.get("filters", Filters()))
    stopped = threading.Event()
    stream = answer_stream(
        request, assistant=assistant, conversations=conversations, stopped=stopped
    )
    return list(stream)


@pytest.mark.parametrize("question", ["tariffs?", "deficit?", "the moon?", "written?"])
def test_kept_answer_is_the_answer_that_was_shown(
    web_assistant: FakeAssistant, conversations: Conversations, question: str
) -> None:
    shown = ask(web_assistant, conversations, question)[-1]
    [kept] = conversations.load(ID)
    assert shown.answer is not None
    bare = [replace(hit, document=replace(hit.document, text=""), reading=None, furniture=()) for hit in shown.answer.hits]
    answer = replace(shown.answer, hits=tuple(bare))
    assert kept == replace(shown, answer=answer, asked=kept.asked)


def test_statements_arrive_one_by_one(
    web_assistant: FakeAssistant, conversations: Conversations
) -> None:
    counts = [
        len(each.answer.statements) if each.answer else None
        for each in ask(web_assistant, conversations, "tariffs?")
    ]
    assert counts == [None, 0, 1, 2, 3, 3]


def test_earlier_turns_are_history(
    web_assistant: FakeAssistant, conversations: Conversations
) -> None:
    ask(web_assistant, conversations, "the moon?")
    ask(web_assistant, conversations, "please fail")
    ask(web_assistant, conversations, "written?", filters=Filters(publishers=("CNN",)))
    ask(web_assistant, conversations, "and then?")
    said = "Most exports face a tariff of 25%. Leaders talked for half an hour on Tuesday."
    assert web_assistant.asked[-1][1] == (
        Turn("the moon?", None),
        Turn("written?", f"{said} A deal is near."),
    )
    assert web_assistant.asked[-2][2] == Filters(publishers=("CNN",))


def test_errors_are_told_and_kept(
    web_assistant: FakeAssistant, conversations: Conversations
) -> None:
    told = ask(web_assistant, conversations, "please fail")[-1].error
    assert told == "cnn.txt cannot be read: permission denied. Mend that and ask again."
    assert ask(web_assistant, conversations, "please crash")[-1].error == UNEXPECTED
    assert [each.error for each in conversations.load(ID)] == [told, UNEXPECTED]


def test_answer_the_reader_left_is_kept_as_far_as_it_came(
    web_assistant: FakeAssistant, conversations: Conversations
) -> None:
    stream = answer_stream(
        Request(ID, "tariffs?", Filters()),
        assistant=web_assistant,
        conversations=conversations,
        stopped=threading.Event(),
    )
    for _ in range(3):
        next(stream)
    stream.close()  # type: ignore[attr-defined]
    [kept] = conversations.load(ID)
    assert kept.answer is not None
    assert (len(kept.answer.statements), kept.answer.notices) == (1, (BROKEN_OFF,))


def test_stopped_answer_ends_after_its_present_piece(
    web_assistant: FakeAssistant, conversations: Conversations
) -> None:
    stopped = threading.Event()
    stopped.set()
    request = Request(ID, "tariffs?", Filters())
    shown = list(
        answer_stream(
            request, assistant=web_assistant, conversations=conversations, stopped=stopped
        )
    )
    assert shown[-1].answer is not None
    assert (len(shown[-1].answer.statements), shown[-1].answer.notices) == (0, (BROKEN_OFF,))


def test_torn_line_is_left_out(conversations: Conversations, tmp_path: Path) -> None:
    conversations.append(ID, Exchange("one", Answer("one", "one")))
    with (tmp_path / "conversations" / f"{ID}.jsonl").open("a") as file:
        file.write('{"question": "tw')
    conversations.append(ID, Exchange("three"))
    assert [each.question for each in conversations.load(ID)] == ["one", "three"]


def test_line_separators_of_a_source_do_not_break_a_line(conversations: Conversations) -> None:
    question = "a\u2028b\x85c\nd\ud83d"
    conversations.append(ID, Exchange(question))
    assert [each.question for each in conversations.load(ID)] == [question]


def test_verdict_is_kept(conversations: Conversations) -> None:
    conversations.append(ID, Exchange("one"))
    conversations.append(ID, Exchange("two"))
    assert conversations.judge(ID, 5, "up") is None
    conversations.judge(ID, 1, "down")
    assert [each.verdict for each in conversations.load(ID)] == [None, "down"]


def test_verdict_leaves_lines_of_another_version_as_they_are(conversations: Conversations, tmp_path: Path) -> None:
    for question in ("one", "two", "three"):
        conversations.append(ID, Exchange(question, Answer(question, question)))
    path = tmp_path / "conversations" / f"{ID}.jsonl"
    one, two, three = path.read_text().splitlines()
    later = json.dumps({**json.loads(two), "pinned": True})
    path.write_text("\n".join([one, later, three, '{"question": "to']))
    judged = conversations.judge(ID, 1, "up")
    assert judged is not None
    assert (judged.question, judged.verdict) == ("three", "up")
    assert path.read_text() == "\n".join([one, later, three.replace('"verdict": null', '"verdict": "up"'), '{"question": "to'])
    assert [(each.question, each.verdict) for each in conversations.load(ID)] == [("one", None), ("three", "up")]


def test_verdict_taken_back_is_told_as_feedback(web_assistant: FakeAssistant, conversations: Conversations) -> None:
    from assistant.web.page import Page

    ask(web_assistant, conversations, "tariffs?")
    page = Page(web_assistant, conversations=conversations, intake=None, watcher=None)  # type: ignore[arg-type]
    for verdict in ("down", None):
        assert page.judge({"conversation": ID, "index": 0, "verdict": verdict})
    assert [(each["question"], each["verdict"]) for each in web_assistant.verdicts] == [("tariffs?", "down"), ("tariffs?", "none")]


def test_two_tabs_that_ask_at_once_keep_their_own_turns_and_stops(web_assistant: FakeAssistant, conversations: Conversations) -> None:
    from assistant.web.page import Page

    page = Page(web_assistant, conversations=conversations, intake=None, watcher=None)  # type: ignore[arg-type]
    first, second = (page.ask({"conversation": ID, "session": each, "question": f"tariffs {each}?"}) for each in ("one", "two"))
    assert [next(each)["index"] for each in (first, second)] == [0, 0]
    assert [(told["index"], told["shown_as"]) for told in second if told["done"]] == [(0, 0)]
    page.stop({"conversation": ID, "session": "one"})
    told = list(first)
    assert len(told) == 2  # stopped, though another answer ended meanwhile
    assert (told[-1]["done"], told[-1]["index"], told[-1]["shown_as"]) == (True, 1, 0)
    assert [each.question for each in conversations.load(ID)] == ["tariffs two?", "tariffs one?"]
    assert page.judge({"conversation": ID, "index": told[-1]["index"], "verdict": "down"})
    assert web_assistant.verdicts[-1]["question"] == "tariffs one?"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "0123456789ABCDEF", ID + "\n"])
def test_only_our_ids_name_a_conversation(conversations: Conversations, name: str) -> None:
    assert conversations.load(name) == []
    with pytest.raises(ValueError, match="not a conversation id"):
        conversations.append(name, Exchange("x"))


def test_too_long_question_is_told() -> None:
    assert problem_with("a" * 2_000) is None
    assert problem_with(" ") == "Type a question first."
    assert problem_with("a" * 2_001) == (
        "Questions may have 2,000 characters; this one has 2,001. Shorten it and send again."
    )


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(), ""),
        (Filters(("CNN",), ("a.txt",), "2025-04-01"), "Only from CNN, a.txt; from 1 April 2025"),
        (Filters(sources=tuple("abcde")), "Only from a, b, c and 2 more"),
        (Filters(since="2025-04-01", until="2025-04-09"), "1 to 9 April 2025"),
    ],
)
def test_filters_in_words(filters: Filters, words: str) -> None:
    assert filters_in_words(filters) == words


def test_question_is_shown_as_understood_before_anything_is_said(web_assistant: FakeAssistant, conversations: Conversations) -> None:
    growing = [each.answer for each in ask(web_assistant, conversations, "tariffs?") if each.answer]
    assert [(each.standalone_question, len(each.statements)) for each in growing[:2]] == [("tariffs? South Korea", 0), ("tariffs? South Korea", 1)]


def test_narrowed_question_names_titles_and_keeps_what_was_left(web_assistant: FakeAssistant, conversations: Conversations) -> None:
    ask(web_assistant, conversations, "the moon?", filters=Filters(sources=("northwire.txt", "gone.txt")))
    [kept] = conversations.load(ID)
    assert (kept.scope, kept.narrowed) == ("Only from Leaders speak, gone.txt", "the 2 sources you ticked")


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(), ""),
        (Filters(sources=("a.txt",)), "the source you ticked"),
        (Filters(("CNN",)), "the publisher you ticked"),
        (Filters(("CNN", "AJP")), "the 2 publishers you ticked"),
        (Filters(until="2025-04-01"), "sources of these dates"),
        (Filters(sources=("a.txt",), since="2025-04-01"), "what you narrowed the sources to"),
    ],
)
def test_what_filters_leave_in_words(filters: Filters, words: str) -> None:
    assert narrowed_to(filters) == words
