"""Real questions to the articles this project is made for, with the real model: our own samples and, where they are there, the originals."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from assistant.types import AbstainReason, Answer
from tests.asking import ARTICLES, AssistantWith, assistant_in, check_answer, comparable
from tests.fakes import ROOT

FACTS = {
    "What tariff does South Korea face?": "25%",
    "Who is acting president?": "Han Duck-soo",
    "How many American troops are in South Korea?": "28,500",
    "What did China call the tariffs?": "bullying",
}
DISAGREEMENTS = {
    "How large is the trade gap?": {"$66 billion", "$55.7 billion"},
    "Who leads Korea's delegation?": {"Cheong In-kyo", "Ahn Duk-geun"},
}
DECLINED = ("Who won the election?", "What is the capital of France?")
OVERVIEWS = ("Summarise the talks", "How do the two countries' responses differ?", "What is new?")
ALL = (*FACTS, *DISAGREEMENTS, *DECLINED, *OVERVIEWS, "hello")


@pytest.fixture(scope="module", params=["sources", "articles"])
def assistant(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> AssistantWith:
    """A copy of each folder, indexed."""
    folder = ROOT / "sources" if request.param == "sources" else ARTICLES
    if not folder.is_dir():
        pytest.skip(f"the original articles are not here: {folder} is missing")
    copied = tmp_path_factory.mktemp(request.param)
    shutil.copytree(folder, copied / "sources", copy_function=shutil.copyfile)
    made = assistant_in(copied, encoder)
    assert made.overview().n_documents == 5
    return made


def said(answer: Answer) -> str:
    return " ".join(statement.text for statement in answer.statements)


@pytest.mark.parametrize("question", ALL)
def test_every_citation_checks_out_against_the_file(assistant: AssistantWith, question: str) -> None:
    check_answer(assistant.ask(question), assistant.settings.sources)


@pytest.mark.parametrize("question", ALL)
def test_the_same_question_gives_the_same_bytes(assistant: AssistantWith, question: str) -> None:
    assert comparable(assistant.ask(question)) == comparable(assistant.ask(question))


@pytest.mark.parametrize(("question", "fact"), FACTS.items())
def test_a_fact_is_answered(assistant: AssistantWith, question: str, fact: str) -> None:
    answer = assistant.ask(question)
    assert fact in said(answer)
    assert answer.disagreements == ()


@pytest.mark.parametrize(("question", "values"), DISAGREEMENTS.items())
def test_where_sources_differ_both_are_told(assistant: AssistantWith, question: str, values: set[str]) -> None:
    answer = assistant.ask(question)
    [disagreement] = answer.disagreements
    assert {claim.value for claim in disagreement.values} == values
    assert len({answer.citations[claim.citation - 1].source for claim in disagreement.values}) == 2


@pytest.mark.parametrize("question", DECLINED)
def test_what_the_sources_do_not_say_is_declined(assistant: AssistantWith, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.abstained is not None
    assert (answer.abstained.reason, answer.statements, answer.citations) == (AbstainReason.NOT_IN_SOURCES, (), ())
    assert len(answer.hits) == 10


@pytest.mark.parametrize("question", OVERVIEWS)
def test_an_overview_has_statements_of_several_documents_newest_first(assistant: AssistantWith, question: str) -> None:
    answer = assistant.ask(question)
    assert len(answer.statements) >= 3
    assert len({citation.source for citation in answer.citations}) >= 3
    dates = [citation.published[:10] if citation.published else "" for citation in answer.citations]
    assert dates == sorted(dates, reverse=True)


def test_hello_is_greeted(assistant: AssistantWith) -> None:
    answer = assistant.ask("hello")
    assert answer.abstained is not None
    assert answer.abstained.reason is AbstainReason.NOT_A_QUESTION
    assert answer.abstained.message.startswith("Hello. I answer from the 5 documents in your sources folder ")
    assert (answer.statements, answer.hits) == ((), ())


def test_a_conversation_is_followed(assistant: AssistantWith) -> None:
    history = ["Who is acting president?"]
    followed = assistant.ask("What did he say about globalisation?", history=history)
    assert followed.standalone_question == "What did Han Duck-soo say about globalisation?"
    assert assistant.ask("How large is the trade gap?", history=history).standalone_question == "How large is the trade gap?"


def test_what_somebody_said_about_a_subject_is_quoted(assistant: AssistantWith) -> None:
    assert "Globalization is not dead, it can never be dead" in said(assistant.ask("What did Han Duck-soo say about globalisation?"))


def test_a_claim_that_the_article_takes_back_is_quoted_with_that(assistant: AssistantWith) -> None:
    answer = assistant.ask("Did South Korea begin to pay billions in military costs in Trump's first term?")
    text = said(answer)
    assert "billions" in text
    assert "no such agreement was" in text


def test_an_article_can_be_taken_out_and_put_back(assistant: AssistantWith, tmp_path: Path, encoder: Any) -> None:
    shutil.copytree(assistant.settings.sources, tmp_path / "sources")
    changed = assistant_in(tmp_path, encoder)
    before = [comparable(changed.ask(question)) for question in ALL]
    [cheong] = {c.source for c in changed.ask("Who leads Korea's delegation?").citations if "Cheong" in c.quote}
    _, kept = changed.library.remove(cheong)
    without = changed.ask("Who leads Korea's delegation?")
    assert (without.disagreements, "Ahn Duk-geun" in said(without), "Cheong" in said(without)) == ((), True, False)
    shutil.copyfile(kept, tmp_path / "again.txt")
    shutil.move(tmp_path / "again.txt", tmp_path / cheong)
    changed.add([tmp_path / cheong])
    assert [comparable(changed.ask(question)) for question in ALL] == before
