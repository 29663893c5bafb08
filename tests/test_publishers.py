"""Questions that say whose report they ask about."""

from __future__ import annotations

import random
from typing import Any

import pytest

from assistant.publishers import of_another, parts_by_publisher, unknown_outlets
from assistant.types import Filters
from tests.asking import AssistantWith, assistant_in, check_answer, report

PUBLISHERS = ["The Ferry Post", "Norvia Today", "Harbour News", "Time", "E-Wire.com", ""]
POST, TODAY = ("The Ferry Post",), ("Norvia Today",)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("What does The Ferry Post say about the fares?", [("What is said about the fares?", POST)]),
        ("What do the Ferry Post & “Norvia Today” say about the fares?", [("What is said about the fares?", POST), ("What is said about the fares?", TODAY)]),
        ("What's Norvia Today saying about the fares?", [("What is said about the fares?", TODAY)]),
        ("According to both the Ferry Post and Norvia Today, who won?", [("Who won?", (*POST, *TODAY))]),
        ("Compare what Norvia Today and the New York Times say about the fares", [("What is said about the fares?", TODAY)]),
        ("what do the ferry post and norvia today say about the fares", [("What is said about the fares?", POST), ("What is said about the fares?", TODAY)]),
        ("Compare what Norvia Today and the Ferry Post write on the strike.", [("What is said about the strike?", TODAY), ("What is said about the strike?", POST)]),
        ("How do the Ferry Post and Norvia Today differ on the strike?", [("What is said about the strike?", POST), ("What is said about the strike?", TODAY)]),
        ("Compare the coverage of the strike in the Ferry Post, Norvia Today", [("What is said about the strike?", POST), ("What is said about the strike?", TODAY)]),
        ("Summarise Norvia Today on the strike", [("What is said about the strike?", TODAY)]),
        ("What do the reports in Norvia Today say of the strike?", [("What is said about the strike?", TODAY)]),
        ("What does Norvia Today say?", [("What is new?", TODAY)]),
        ("According to Norvia Today, who leads the line?", [("Who leads the line?", TODAY)]),
        ("Who leads the line, according to Norvia Today's report?", [("Who leads the line?", TODAY)]),
        ("In the Ferry Post's editorial, what is called unfair?", [("What is called unfair?", POST)]),
        ("What was cut, in the article by E-Wire?", [("What was cut?", ("E-Wire.com",))]),
        ("How many sailors does Harbour report took part?", [("How many sailors took part?", ("Harbour News",))]),
        ("Who do the Ferry Post and Norvia Today say won?", [("Who won?", (*POST, *TODAY))]),
        ("What does Time say about it?", [("What is said about it?", ("Time",))]),
    ],
)
def test_the_publisher_is_taken_out_and_looked_in(question: str, parts: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(part.text, part.publishers) for part in parts_by_publisher(question, PUBLISHERS)] == parts


@pytest.mark.parametrize(
    "question",
    [
        "Who owns Norvia Today?",
        "When did Norvia Today appear first?",
        "What did Ilse Varn tell Norvia Today about the fares?",
        "What did she write in the Ferry Post?",
        "According to the time table, when does it leave?",
        "Not according to Norvia Today, who leads the line?",
        "According to Norvia Today, 400 struck; how many struck according to the Ferry Post?",
        "What did Ilse Varn say about the fares, according to time?",
        "Why did Norvia Today report a loss?",
        "What did Norvia Today write to the council?",
        "What did he say at the time about it?",
        "What is new in the harbour?",
        "According to Norvia Today",
        "",
    ],
)
def test_a_publisher_in_another_role_is_a_word_like_any(question: str) -> None:
    assert [(part.text, part.publishers) for part in parts_by_publisher(question, PUBLISHERS)] == [(question, ())]


def test_a_word_that_is_a_publishers_name_too_needs_its_capital() -> None:
    for question in ("What does time say about Ilse Varn?", "According to time, who is Ilse Varn?", "What does time say about it?"):
        assert parts_by_publisher(question, PUBLISHERS)[0].publishers == ()
    small = "what does time say about it?"
    assert parts_by_publisher(small, PUBLISHERS, as_written=lambda question: question)[0].publishers == ()
    assert parts_by_publisher(small, PUBLISHERS, as_written=lambda question: question.replace("time", "Time"))[0].publishers == ("Time",)


def test_of_publishers_that_share_a_name_each_is_meant_and_a_whole_name_before_a_short_one() -> None:
    assert parts_by_publisher("According to the BBC, who won?", ["BBC News", "The BBC"])[0].publishers == ("The BBC",)
    assert parts_by_publisher("According to the BBC, who won?", ["BBC News", "BBC Online"])[0].publishers == ("BBC News", "BBC Online")
    assert parts_by_publisher("According to the Ferry Post, who won?", ["The Ferry Post", "Ferry Post"])[0].publishers == ("The Ferry Post", "Ferry Post")


@pytest.mark.parametrize(
    ("question", "earlier", "meant"),
    [
        ("And Norvia Today?", ["According to the Ferry Post, who won?"], "According to Norvia Today, who won?"),
        ("And according to Norvia Today?", ["What does the Ferry Post say about the strike?"], "What does Norvia Today say about the strike?"),
        ("what about the Ferry Post?", ["Who won?"], "According to the Ferry Post, who won?"),
        ("And Harbour News?", ["According to the Ferry Post, who won?", "And Norvia Today?"], "According to Harbour News, who won?"),
        ("And Ilse Varn?", ["According to the Ferry Post, who won?"], "And Ilse Varn?"),
        ("And Norvia Today?", [], "And Norvia Today?"),
        ("Who owns Norvia Today?", ["Who won?"], "Who owns Norvia Today?"),
    ],
)
def test_a_follow_up_that_names_another_publisher_asks_the_same_of_it(question: str, earlier: list[str], meant: str) -> None:
    assert of_another(question, earlier, PUBLISHERS) == meant


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What does the Korea Herald say about the fares?", ["Korea Herald"]),
        ("According to the New York Times, who won?", ["New York Times"]),
        ("Compare what CNN and Norvia Today say about the fares", ["CNN"]),
        ("According to Reuters and Harbour News, who won?", ["Reuters"]),
        ("What did Navarro write in the Financial Times?", []),
        ("What does the Post Office say about the fares?", []),
        ("What did Michael Bloomberg say about the fares?", []),
        ("What did the Harbour News say about the fares?", []),
        ("How much does the Ferry Post cost?", []),
    ],
)
def test_a_paper_that_no_source_is_by_is_named(question: str, said: list[str]) -> None:
    assert unknown_outlets(question, ["Harbour News", "Norvia Today"]) == said


def test_nothing_typed_makes_it_fail() -> None:
    draw = random.Random(3)
    words = "what do does say about the in according to report Norvia Today Ferry Post and , ? compare of ( [ \\ ’s BBC".split()
    for _ in range(3000):
        question = " ".join(draw.choices(words, k=draw.randint(0, 9)))
        found = parts_by_publisher(question, [*PUBLISHERS, "A+ (B)", "\\d"])
        assert found
        assert all(part.text for part in found) or not question
        unknown_outlets(question, PUBLISHERS)
        of_another(question, ["According to Time, who won?"], [*PUBLISHERS, "A+ (B)", "\\d"])


FILES = {
    "a.md": report("Fares on the Norvia ferry rise by 12 percent on 1 April, the line said.", title="Fares go up", publisher="The Ferry Post", published="2025-03-02"),
    "b.md": report("The Norvia ferry puts its fares up by 9 percent in April, its chair said.", title="Line raises fares", publisher="Norvia Today", published="2025-03-03"),
    "c.md": report("Crews of the Norvia ferry went on strike. Norvia Today had denied it.", title="Strike", publisher="Harbour News", published="2025-03-01"),
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> AssistantWith:
    return assistant_in(tmp_path_factory.mktemp("publishers"), encoder, FILES)


@pytest.mark.parametrize(
    ("question", "sources", "notices"),
    [
        ("According to Norvia Today, by how much do the fares rise?", ["b.md"], 1),
        ("What does The Ferry Post say about the fares?", ["a.md"], 1),
        ("Compare what The Ferry Post and Norvia Today say about the fares", ["a.md", "b.md"], 1),
        ("What do Norvia Today and Harbour News say about the fares?", ["b.md"], 2),
    ],
)
def test_only_its_documents_are_quoted(asked: AssistantWith, question: str, sources: list[str], notices: int) -> None:
    answer = asked.ask(question)
    check_answer(answer, asked.settings.sources)
    assert [citation.source for citation in answer.citations] == sources
    assert answer.notices[0].startswith("Only what ")
    assert len(answer.notices) == notices
    if notices == 2:
        assert answer.notices[1] == "The sources do not answer “What does Harbour News say about the fares?”."


def test_where_its_documents_do_not_hold_it_all_are_looked_at_and_it_is_said(asked: AssistantWith) -> None:
    answer = asked.ask("How many percent did Norvia Today say that the fares of the Ferry Post rise by?")
    assert answer.notices == ()
    for question in ("According to Harbour News, by how much do the fares rise?", "What does Harbour News say about volcanoes?"):
        answer = asked.ask(question)
        check_answer(answer, asked.settings.sources)
        assert answer.notices[0] == "Harbour News published nothing that answers this. All sources were looked at."


def test_publishers_chosen_beside_the_question_stand(asked: AssistantWith) -> None:
    within = asked.ask("What does Norvia Today say about the fares?", filters=Filters(publishers=("norvia today", "Harbour News")))
    assert ([citation.source for citation in within.citations], within.notices) == (["b.md"], ("Only what Norvia Today published is looked at, as the question asks.",))
    outside = asked.ask("What does Norvia Today say about the fares?", filters=Filters(publishers=("The Ferry Post",)))
    assert {citation.source for citation in outside.citations} <= {"a.md"}
    assert outside.notices == ()


def test_a_follow_up_asks_another_publisher(asked: AssistantWith) -> None:
    answer = asked.ask("And Norvia Today?", history=["According to The Ferry Post, by how much do the fares rise?"])
    assert answer.standalone_question == "According to Norvia Today, by how much do the fares rise?"
    assert [citation.source for citation in answer.citations] == ["b.md"]
