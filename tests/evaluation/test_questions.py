"""What a question set may hold, and how its faults are told."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.evaluation.questions import (
    Evidence,
    Question,
    load_questions,
    parse_question,
    question_to_json,
    set_files,
)
from tests.evaluation.sets import write_set

SOURCES = {"brief.txt": "There are 28,500 troops.\nNobody counts them.", "a/b.md": "Other."}
GOOD: dict[str, Any] = {"id": "troops", "question": "How many troops?", "answers": ["28,500"]}


def test_a_question_is_read_whole(tmp_path: Path) -> None:
    record = GOOD | {
        "history": ["Who is there?", {"role": "assistant", "content": "Troops."}], "must_include": ["troops"],
        "evidence": [{"source": "brief.txt", "quote": "28,500 troops.\nNobody"}], "gold_sources": ["a/b.md"],
        "tags": ["fact"], "author": "me",
    }  # fmt: skip
    questions, problems = load_questions([write_set(tmp_path / "mine.jsonl", [record])], text_of=SOURCES.get)
    assert problems == []
    assert questions == [
        Question(
            "troops", "How many troops?", "mine", ("Who is there?", {"role": "assistant", "content": "Troops."}), True, ("28,500",),
            ("troops",), (Evidence("brief.txt", "28,500 troops.\nNobody"),), ("a/b.md",), ("fact",),
        )
    ]  # fmt: skip
    assert questions[0].extra == {"author": "me"}


def test_defaults_are_answerable_and_empty() -> None:
    question = parse_question({"id": "x", "question": "Who?"})
    assert question == Question("x", "Who?")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "a", ', "is no JSON: Expecting property name enclosed in double quotes (column 13)"),
        ("[]", "is no JSON object"),
        ('"text"', "is no JSON object"),
        ({"question": "Who?"}, '"id" must be a text that is not empty'),
        ({"id": 7, "question": "Who?"}, '"id" must be a text that is not empty'),
        ({"id": "a"}, '"question" must be a text'),
        (GOOD | {"answerable": "no"}, '"answerable" must be true or false'),
        (GOOD | {"answers": "28,500"}, '"answers" must be a list of texts, none of them empty'),
        (GOOD | {"tags": [""]}, '"tags" must be a list of texts, none of them empty'),
        (GOOD | {"history": "Who?"}, '"history" must be a list'),
        (GOOD | {"history": [{"role": "system", "content": "x"}]}, '"history" must hold questions, or messages with "role" and "content"'),
        (GOOD | {"evidence": {}}, '"evidence" must be a list'),
        (GOOD | {"evidence": [{"source": "brief.txt"}]}, '"evidence" must hold objects with "source" and "quote"'),
        (GOOD | {"evidence": [{"source": "brief.txt", "quote": " "}]}, '"evidence" must hold objects with "source" and "quote"'),
        (GOOD | {"evidence": [{"source": "brief.txt", "quote": "28,501 troops"}]}, "'troops' quotes words that do not stand in brief.txt: '28,501 troops'"),
        (GOOD | {"evidence": [{"source": "gone.txt", "quote": "x"}]}, "'troops' quotes the source 'gone.txt', which is not in the sources folder"),
        (GOOD | {"gold_sources": ["gone.txt"]}, "'troops' names the source 'gone.txt', which is not in the sources folder"),
        (GOOD | {"draft": True}, "'troops' is a draft: check it, then take its \"draft\" mark away"),
        (GOOD | {"question": " "}, "'troops' has a question of 1 characters; from 1 to 2000 can be asked"),
        (GOOD | {"question": "?" * 2_001}, "'troops' has a question of 2001 characters; from 1 to 2000 can be asked"),
        ({"id": "a", "question": "Who?"}, "'a' says nothing to score it by: give answers, must_include, evidence or gold_sources"),
        (GOOD | {"answerable": False}, "'troops' is not answerable, yet names an answer: drop one of the two"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, line: Any, told: str) -> None:
    path = write_set(tmp_path / "mine.jsonl", ["", line, GOOD | {"id": "fine"}])
    with pytest.raises(AssistantError) as error:
        load_questions([path], text_of=SOURCES.get)
    assert str(error.value) == f"{path}:2: {told} (--lenient scores the rest)"
    questions, problems = load_questions([path], text_of=SOURCES.get, lenient=True)
    assert [question.id for question in questions] == ["fine"]
    assert [str(problem) for problem in problems] == [f"{path}:2: {told}"]


def test_an_id_repeated_in_any_file_is_told_with_its_first_place(tmp_path: Path) -> None:
    one, two = write_set(tmp_path / "one.jsonl", [GOOD]), write_set(tmp_path / "two.jsonl", [GOOD | {"id": "x"}, GOOD])
    with pytest.raises(AssistantError) as error:
        load_questions([one, two], text_of=SOURCES.get)
    assert str(error.value) == f"{two}:2: repeats the id 'troops' of {one}:1 (--lenient scores the rest)"
    questions, _ = load_questions([one, two], text_of=SOURCES.get, lenient=True)
    assert [(question.set, question.id) for question in questions] == [("one", "troops"), ("two", "x")]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = write_set(tmp_path / "mine.jsonl", ["{", GOOD, "[]"])
    with pytest.raises(AssistantError) as error:
        load_questions([path], text_of=SOURCES.get)
    lines = str(error.value).splitlines()
    assert lines[0] == "2 questions cannot be scored (--lenient scores the rest):"
    assert [line.split(": ")[0] for line in lines[1:]] == [f"  {path}:1", f"  {path}:3"]


def test_ten_faults_are_told_and_the_others_counted(tmp_path: Path) -> None:
    path = write_set(tmp_path / "mine.jsonl", [GOOD, *["{"] * 23])
    with pytest.raises(AssistantError) as error:
        load_questions([path], text_of=SOURCES.get)
    lines = str(error.value).splitlines()
    assert lines[0] == "23 questions cannot be scored (--lenient scores the rest):"
    assert [line.split(": ")[0] for line in lines[1:]] == [*(f"  {path}:{n}" for n in range(2, 12)), "  and 13 more"]


@pytest.mark.parametrize("lenient", [False, True])
def test_a_file_that_is_no_set_is_told_as_one(tmp_path: Path, lenient: bool) -> None:
    path = write_set(tmp_path / "README.md", ["# A heading", "", *["Words of a page."] * 30])
    with pytest.raises(AssistantError) as error:
        load_questions([path], text_of=SOURCES.get, lenient=lenient)
    assert str(error.value) == (
        f"'{path}' is no question set: none of its 31 lines is JSON. Name a file of JSON lines, or draft one: assistant eval --draft 20"
    )


def test_a_set_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    path = write_set(tmp_path / "mine.jsonl", [GOOD | {"draft": True}, "[]"])
    with pytest.raises(AssistantError) as error:
        load_questions([path], text_of=SOURCES.get, lenient=True)
    assert str(error.value) == (
        f"There is no question to ask in {path}: all 2 lines are left out, such as {path}:1: 'troops' is a draft: check it, then take its "
        '"draft" mark away. Name a file of JSON lines, or draft one: assistant eval --draft 20'
    )


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe{"])
def test_a_set_without_questions_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(content)
    with pytest.raises(AssistantError, match=r"mine\.jsonl"):
        load_questions([path], text_of=SOURCES.get, lenient=True)


def test_a_folder_stands_for_its_sets(tmp_path: Path) -> None:
    one, two = write_set(tmp_path / "b.jsonl"), write_set(tmp_path / "a.jsonl")
    (tmp_path / "README.md").write_text("no set")
    assert set_files([tmp_path, one]) == [two, one]
    for missing in (tmp_path / "gone.jsonl", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(AssistantError, match=r"There is no question set"):
            set_files([missing])


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n")
    questions, _ = load_questions([path], text_of=SOURCES.get)
    assert [question.id for question in questions] == ["troops"]


texts = st.text(min_size=1).filter(str.strip)


@given(
    st.fixed_dictionaries(
        {"id": texts, "question": st.text()},
        optional={
            "answerable": st.booleans(), "answers": st.lists(texts), "must_include": st.lists(texts), "tags": st.lists(texts),
            "gold_sources": st.lists(texts), "draft": st.booleans(), "note": st.integers(),
            "evidence": st.lists(st.fixed_dictionaries({"source": st.text(), "quote": texts})),
            "history": st.lists(st.text() | st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": st.text()})),
        },
    )
)  # fmt: skip
def test_reading_what_was_written_gives_the_same_question(record: dict[str, Any]) -> None:
    question = parse_question(record)
    again = parse_question(json.loads(json.dumps(question_to_json(question))))
    assert again == question
    assert again.extra == question.extra


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "question", "evidence", "history", "tags", "source", "quote"]) | st.text(), inner)))
def test_any_json_is_a_question_or_told_to_be_none(record: Any) -> None:
    with suppress(ValueError):
        assert isinstance(parse_question(record), Question)
