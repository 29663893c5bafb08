"""A text that asks several things is taken apart, and nothing that asks one; each question is answered, or it is said that it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.citations import Citations
from assistant.compound import MAX_PARTS, answer_each, merged, parts, questions
from assistant.publishers import Part
from assistant.types import Event, Hit, Span, Statement, StatementEvent, Turn
from tests.asking import NORVIA, AssistantWith, assistant_in, check_answer, hit_of


@pytest.fixture(scope="module")
def norvia(tmp_path_factory: pytest.TempPathFactory, encoder: Any) -> AssistantWith:
    return assistant_in(tmp_path_factory.mktemp("norvia"), encoder, NORVIA)


@pytest.mark.parametrize(
    "text",
    [
        "Who leads the delegation?",
        "Give me a summary",
        "What is South Korea's trade surplus? Give both figures.",
        "Really? Who leads the delegation?",
        "How are you? Who leads the delegation?",
        "How many years passed between when the law passed and when it took effect?",
        "Who leads the party and is running for president?",
        "Compare what Han says and what Navarro says",
        "How does what Han says differ from what he did and what he said before?",
        "Two men gained from it: the former president and who else?",
        "In history and which other subject did pupils do worse?",
        "Who said what and when?",
        "Did they buy steel and cars from Japan and China?",
        "What did Han say about tariffs and growth?",
        "Who can and should the US trust?",
        "Which firms can and should the US trust?",
        "How many have and how many have not signed?",
        "How many ships and how many boats sank?",
        "Can and should the US trust Japan?",
        "?",
        "and?",
    ],
)
def test_one_question_stays_one(text: str) -> None:
    assert parts(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who removed Yoon, and over what?", ["Who removed Yoon?", "Over what was Yoon removed?"]),
        ("How many died and how many were hurt?", ["How many died?", "How many were hurt? (died)"]),
        ("How many died and how many were hurt in Norvia?", ["How many died?", "How many were hurt in Norvia?"]),
        ("How much and when will Norvia pay?", ["How much will Norvia pay?", "When will Norvia pay?"]),
        ("When and how often does the ferry sail?", ["When does the ferry sail?", "How often does the ferry sail?"]),
        ("When did the storm hit and how many people died?", ["When did the storm hit?", "How many people died? (the storm)"]),
        ("When and where do the talks take place?", ["When do the talks take place?", "Where do the talks take place?"]),
        ("which figures and which views come from the bank", ["which figures come from the bank?", "which views come from the bank?"]),
        ("Will Seoul hit back, and why or why not?", ["Will Seoul hit back?", "Why or why not will Seoul hit back?"]),
        ("can you tell me who leads it and when it starts?", ["who leads it?", "when it starts (leads it)?"]),
        ("Is the factory closing and will the workers be paid?", ["Is the factory closing?", "Will the workers be paid? (the factory closing)"]),
        ("Who is the minister of trade? And what did the bank in London say?", ["Who is the minister of trade?", "What did the bank in London say?"]),
        ("1. Who leads? 2. When does Norvia vote? 3. What is at stake", ["Who leads?", "When does Norvia vote?", "What is at stake"]),
        ("Who is he and what did he say?", ["Who is he?", "What did he say?"]),
        ("What did Lund do and what has Stein said?", ["What did Lund do?", "What has Stein said? (Lund)"]),
        ("Tell me who Han is and what Stein said", ["Who Han is?", "What Stein said? (Han is)"]),
        ("Who leads the delegation, and when does it leave?", ["Who leads the delegation?", "When does the delegation leave?"]),
        ("Which firms are hit and what will they do?", ["Which firms are hit?", "What will they do (firms are hit)?"]),
    ],
)  # fmt: skip
def test_several_questions_stand_alone_one_by_one(text: str, expected: list[str]) -> None:
    assert questions(text, [], answer_to=lambda earlier: "") == expected


def test_the_second_leans_on_whom_the_answer_to_the_first_names() -> None:
    asked = questions("Who leads the works and when was he hired?", [], answer_to=lambda earlier: "Harbour master Karl Lund leads the works.")
    assert asked == ["Who leads the works?", "When was Karl Lund hired?"]


def test_the_first_leans_on_the_history() -> None:
    history = [Turn("What did Karl Lund build?", "Karl Lund built the quay.")]
    assert questions("When was he born and where?", history, answer_to=lambda earlier: "") == ["When was Karl Lund born?", "Where was Karl Lund born?"]


def test_a_follow_up_leans_on_the_last_of_several_questions() -> None:
    history = [Turn("Who leads the delegation, and what is the tariff on Japan?")]
    assert questions("And on Vietnam?", history, answer_to=lambda earlier: "") == ["What is the tariff on Vietnam?"]


def test_a_long_conversation_of_several_questions_each_is_looked_back_on_a_few_turns() -> None:
    asked: list[str] = []

    def answer_to(earlier: str) -> str:
        asked.append(earlier)
        return "Nobody is named."

    history = [Turn(f"Who won race {n}, and who came last in race {n}?") for n in range(60)]
    assert questions("And when did he arrive?", history, answer_to=answer_to)
    assert len(asked) < 40


def test_what_a_model_proposes_is_taken_apart_too() -> None:
    history = [Turn("What did Karl Lund build?")]
    asked = questions("And when did he start and why?", history, answer_to=lambda earlier: "", proposal="When did Karl Lund start and why?")
    assert asked == ["When did Karl Lund start?", "Why did Karl Lund start?"]


WORDS = st.sampled_from("who what when why and or , ? is was the it he Norvia fund between . 1. how many tell me over".split())


@given(st.lists(WORDS, min_size=1, max_size=14).map(" ".join))
def test_whatever_is_typed_there_are_a_few_questions_of_its_own_words(text: str) -> None:
    found = parts(text)
    assert 1 <= len(found) <= MAX_PARTS
    assert {word for part in found for word in part.replace("?", " ").split()} <= set(text.replace("?", " ").split())


def test_too_many_questions_are_left_as_one() -> None:
    text = " ".join(f"Who won race {n}?" for n in range(MAX_PARTS + 1))
    assert parts(text) == [text]


def test_hits_of_several_questions_come_by_turns_and_once() -> None:
    a, b, c = (hit_of("It stands here.", source=source) for source in ("a.txt", "b.txt", "c.txt"))
    assert [(hit.passage.id, hit.rank) for hit in merged([[a, b], [c, a]], 9)] == [(a.passage.id, 1), (c.passage.id, 2), (b.passage.id, 3)]
    assert [hit.passage.id for hit in merged([[a, b], [c, a]], 1)] == [a.passage.id]
    better = [replace(c, score=a.score + 1), replace(b, score=a.score + 0.5)]
    assert [(hit.passage.id, hit.rank) for hit in merged([[a], better], 2)] == [(c.passage.id, 1), (a.passage.id, 2)]


def test_each_question_is_answered_and_cited(norvia: AssistantWith) -> None:
    answer = norvia.ask("Who leads the dredging project and how long will the work take?")
    check_answer(answer, norvia.settings.sources)
    assert "Karl Lund leads the dredging project" in answer.text
    assert "9 weeks" in answer.text
    assert answer.answer is not None
    assert answer.answer.split("; ")[0] in ("Karl Lund", "Harbour master Karl Lund")
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert answer.standalone_question.startswith("Who leads the dredging project? How long will the work take")


def test_disagreement_is_shown_for_the_question_that_has_it(norvia: AssistantWith) -> None:
    answer = norvia.ask("How many dockers walked out? How large is the harbour fund of Norvia?")
    [differ] = answer.disagreements
    assert {claim.value for claim in differ.values} == {"$40 million", "$55 million"}
    quoted = {citation.number: citation.quote for citation in answer.citations}
    assert all(claim.value in quoted[claim.citation] for claim in differ.values)


def test_the_half_that_is_not_answered_is_named(norvia: AssistantWith) -> None:
    answer = norvia.ask("When does the new bridge open? Who won the chess championship in Iceland?")
    assert "3 June 2025" in answer.text
    assert answer.abstained is None
    assert answer.notices == ("The sources do not answer “Who won the chess championship in Iceland?”.",)


def test_nothing_is_said_twice(norvia: AssistantWith) -> None:
    answer = norvia.ask("When does the new bridge open and when will the new bridge open?")
    assert len({statement.text for statement in answer.statements}) == len(answer.statements)


class Quotes:
    """Answers a question with the sentences of one text that it names by number."""

    name = "quotes"

    def answer(self, question: str, hits: Sequence[Hit]) -> Iterator[Event]:
        citations = Citations({}.get)
        for n, word in enumerate(question.split(), start=1):
            citation, _ = citations.cite(hits[0], Span(*(int(offset) for offset in word.split("-"))))
            yield StatementEvent(Statement(citation.quote, (n,)), (citation,))


@pytest.mark.parametrize(
    ("asked", "quoted"),
    [
        (["0-53", "29-53 0-28", "10-54"], [(1, 0, 53), (2, 10, 54)]),
        (["0-28", "0-54"], [(1, 0, 54)]),
        (["29-54 0-28", "0-28", "5-20"], [(1, 29, 54), (2, 0, 28)]),
    ],
)
def test_what_lies_within_a_quote_is_not_quoted_again(asked: list[str], quoted: list[tuple[int, int, int]]) -> None:
    hits = [hit_of("Karl Lund leads the project. He said it takes 9 weeks.")]
    found = [e for e in answer_each(Quotes(), [(Part(each, (), each), hits) for each in asked], Citations({}.get)) if isinstance(e, StatementEvent)]
    assert [event.statement.citations for event in found] == [(number,) for number, _, _ in quoted]
    assert [(c.number, c.start, c.end) for event in found for c in event.citations] == quoted


def test_where_no_half_is_answered_it_declines_once(norvia: AssistantWith) -> None:
    answer = norvia.ask("What is the capital of France? Who won the chess championship in Iceland?")
    assert answer.abstained is not None
    assert (answer.statements, answer.notices) == ((), ())
