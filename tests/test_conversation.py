from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.conversation import standalone
from assistant.types import Turn
from assistant.values import names
from assistant.words import query_words


def turns(history: Sequence[str | tuple[str, str]]) -> list[Turn]:
    return [Turn(item) if isinstance(item, str) else Turn(*item) for item in history]


UNRELATED = (
    [],
    ["Who leads the delegation?"],
    [("Who leads the delegation?", "Trade Minister Cheong In-kyo leads the delegation."), "Why did Jane Stone leave Paris?"],
)


@pytest.mark.parametrize("history", UNRELATED, ids=["no history", "a question", "an answer and a question"])
@pytest.mark.parametrize(
    "question",
    [
        "What tariff does South Korea face?",
        "Who is acting president?",
        "How many American troops are in South Korea?",
        "How large is the trade gap?",
        "Who leads Korea's delegation?",
        "What did China call the tariffs?",
        "Who won the election?",
        "What is the capital of France?",
        "Summarise the talks",
        "How do the two countries' responses differ?",
        "What is new?",
        "Why did the court remove Yoon?",
        "When did the free trade agreement take effect?",
        "What is LNG?",
        "What does this week bring for carmakers?",
        "Who said that globalization is not dead?",
        "What did Han say about his talks with Trump?",
        "Does Trump say that he talked to Han?",
        "Is it true that Trump called Han?",
        "Did Korea say it would retaliate?",
        "Which countries does Bessent want to talk to first?",
        "For how long were the tariffs paused?",
        "To whom did Han speak?",
        "With whom did Trump talk on Tuesday?",
        "Is there a deal?",
        "Are there tariffs on steel?",
        "What is the theme?",
        "Which items were cut?",
        "Who called it a national emergency?",
        "Summarise these articles",
    ],
)
def test_a_clear_question_is_left_as_it_is(question: str, history: list) -> None:
    assert standalone(question, turns(history)) == question


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        (["How much did exports to the US rise?"], "And to China?", "How much did exports to China rise?"),
        (["How large were Korean exports to the US?"], "and to China?", "How large were Korean exports to China?"),
        (["How many American troops are in South Korea?"], "And in Japan?", "How many American troops are in Japan?"),
        (["How many American troops are in South Korea?"], "In Japan?", "How many American troops are in Japan?"),
        (["What is the tariff on cars?"], "On steel?", "What is the tariff on steel?"),
        (["What tariff does Vietnam face?"], "And Cambodia?", "What tariff does Cambodia face?"),
        (["What tariff does Vietnam face?"], "What about Cambodia?", "What tariff does Cambodia face?"),
        (["What did the mayor of Turin say?"], "sorry, I meant Milan's", "What did the mayor of Milan say?"),
        (["What tariff does Vietnam face?"], "No, I mean Cambodia", "What tariff does Cambodia face?"),
        (["What did Han Duck-soo say about China?"], "And about Japan?", "What did Han Duck-soo say about Japan?"),
    ],
)
def test_a_fragment_takes_the_place_of_what_it_replaces(history: list, question: str, expected: str) -> None:
    assert standalone(question, turns(history)) == expected


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        (["What did Han Duck-soo say about China?"], "What did he say about globalisation?", "What did Han Duck-soo say about globalisation?"),
        (["Who is Scott Bessent?"], "What is his job?", "What is Scott Bessent's job?"),
        (["Who is Lee Ji-young?"], "What does her office say?", "What does Lee Ji-young's office say?"),
        (["What did Lee Ji-young write to Seoul?"], "Where was she born?", "Where was Lee Ji-young born?"),
        (["When was Park Geun-hye impeached?"], "Why was she removed?", "Why was Park Geun-hye removed?"),
        (["When was Stephen King born?"], "What else did he write?", "What else did Stephen King write?"),
        (["Who is Kanye West?"], "Does he support the tariffs?", "Does Kanye West support the tariffs?"),
        (["Who is Jane Roe?"], "What did she say about her plans?", "What did Jane Roe say about Jane Roe's plans?"),
        (["What did Navarro write?"], "Who is he?", "Who is Navarro?"),
        (["Is Han the president?"], "Who is he?", "Who is Han?"),
        ([("Who leads the delegation?", "Trade Minister Cheong In-kyo leads the delegation.")], "Who is he meeting?", "Who is Cheong In-kyo meeting?"),
        ([("Who leads the delegation?", "Trade Minister Cheong In-kyo leads the delegation.")], "who is he?", "who is Cheong In-kyo?"),
        (
            [("Who is acting president?", "Han Duck-soo became acting president when his predecessor was removed.")],
            "What did he say about globalisation?",
            "What did Han Duck-soo say about globalisation?",
        ),
        (
            ["What did Scott Bessent say?", ("Who is acting president?", "It is Han Duck-soo, the prime minister.")],
            "What did he say about globalisation?",
            "What did Han Duck-soo say about globalisation?",
        ),
    ],
)  # fmt: skip
def test_he_and_she_stand_for_who_was_named_last(history: list, question: str, expected: str) -> None:
    assert standalone(question, turns(history)) == expected


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        (["When did the minister resign?"], "Why?", "Why did the minister resign?"),
        (["When did Scott Bessent resign?"], "Why did he?", "Why did Scott Bessent resign?"),
        (["Why was the president removed?"], "When?", "When was the president removed?"),
        (["Where did the leaders meet?"], "and when?", "When did the leaders meet?"),
        (["How long did the call last?"], "And when was it?", "When did the call last?"),
        (["Are car taxes reduced?"], "Until when?", "Until when are car taxes reduced?"),
        (["Is the tariff paused?"], "Since when?", "Since when is the tariff paused?"),
        (["Who?"], "How many?", "How many?"),
        (["Who removed Yoon Suk Yeol?"], "Over what?", "Over what was Yoon Suk Yeol removed?"),
    ],
)
def test_a_bare_question_word_asks_it_of_the_question_before(history: list, question: str, expected: str) -> None:
    assert standalone(question, turns(history)) == expected


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        (["Who leads the delegation?"], "When does it leave?", "When does the delegation leave?"),
        (["Who leads the delegation?"], "And when does it leave?", "when does the delegation leave?"),
        (["Which company bought the Post?"], "What are its debts?", "What are the Post's debts?"),
        (["Which countries are hit?"], "What will they do?", "What will they do (countries are hit)?"),
    ],
)
def test_it_stands_for_what_the_question_before_was_about(history: list, question: str, expected: str) -> None:
    assert standalone(question, turns(history)) == expected


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        (["What did Han Duck-soo say about China?", "And about Japan?"], "And Vietnam?", "What did Han Duck-soo say about Vietnam?"),
        (["What did Han Duck-soo say about China?", "What did he say about Japan?"], "And about Vietnam?", "What did Han Duck-soo say about Vietnam?"),
        (["Where did the leaders meet?", "When?"], "Why?", "Why did the leaders meet?"),
        (["How much did exports to the US rise?", "And to China?"], "Why?", "Why did exports to China rise?"),
        (["How much did exports to the US rise?", "thanks!"], "And to China?", "How much did exports to China rise?"),
    ],
)
def test_a_chain_of_follow_ups_holds(history: list, question: str, expected: str) -> None:
    assert standalone(question, turns(history)) == expected


def test_a_follow_up_to_nothing_is_left_as_it_is() -> None:
    assert [standalone(q, h) for q in ("Why?", " And to China? ") for h in ([], [Turn("hello")])] == ["Why?", "Why?", "And to China?", "And to China?"]


def test_the_answer_is_asked_for_only_where_no_question_names_the_person() -> None:
    asked: list[str] = []

    def answer_to(question: str) -> str:
        asked.append(question)
        return "It is Han Duck-soo, the prime minister."

    follow_up = "What did he say about globalisation?"
    assert standalone(follow_up, turns(["What did Scott Bessent say?"]), answer_to=answer_to) == "What did Scott Bessent say about globalisation?"
    assert standalone("How large is the gap?", turns(["Who is acting president?"]), answer_to=answer_to) == "How large is the gap?"
    assert asked == []
    assert standalone(follow_up, turns(["Who is acting president?"]), answer_to=answer_to) == "What did Han Duck-soo say about globalisation?"
    assert asked == ["Who is acting president?"]


HISTORIES = st.lists(
    st.sampled_from(
        [
            "Who leads the delegation?",
            "Why?",
            "And to China?",
            ("Who is acting president?", "Han Duck-soo became acting president."),
            ("What did Jane Stone say?", "She said no."),
            "hello",
            "What is new?",
        ]
    ),
    max_size=5,
)
OPENINGS = st.sampled_from(["Who", "What", "When did", "Why does", "How much did", "Which firm", "Where has", "Is", "Did", "Summarise how", "To whom did", "In which year did"])
NAMES = st.sampled_from(["Scott Bessent", "South Korea", "Samsung", "the European Union", "Ann Lee", "Hyundai", "Mexico", "the World Bank"])
VERBS = st.sampled_from(["sign", "announced", "gain from", "negotiate about", "lose with", "export", "responded to", "warned of"])
THINGS = st.sampled_from(["a trade agreement", "cheap steel exports", "its neighbours' tariffs", "liquefied gas prices", "car battery plants in Georgia", "shipbuilding subsidies"])


@given(OPENINGS, NAMES, VERBS, THINGS, HISTORIES)
def test_a_question_with_a_name_and_no_pronoun_is_never_touched(opening: str, name: str, verb: str, thing: str, history: list) -> None:
    question = f"{opening} {name} {verb} {thing}?"
    assume("its" not in question.split())
    assert names(question)
    assert len(query_words(question)) >= 3
    assert standalone(question, turns(history)) == question


@given(st.text(max_size=60), st.lists(st.text(max_size=40) | st.tuples(st.text(max_size=40), st.text(max_size=40)), max_size=4))
def test_any_question_and_history_give_a_question(question: str, history: list) -> None:
    found = standalone(question, turns(history))
    assert found == found.strip()
    assert bool(found) or not question.strip()


@pytest.mark.parametrize(
    "question",
    [
        "So far, what has Han said about retaliation?",
        "So-called reciprocal tariffs: what are they?",
        "Then-president Yoon declared what?",
        "But for the tariffs, would exports have grown?",
    ],
)
def test_a_new_question_that_opens_like_a_follow_up_is_left_as_it_is(question: str) -> None:
    assert standalone(question, [Turn("Who leads the delegation?")]) == question


@pytest.mark.parametrize(
    ("previous", "question", "expected"),
    [
        ("Who leads the delegation?", "Also summarise the talks", "summarise the talks?"),
        ("Who leads the delegation?", "And compare them", "compare the delegation?"),
        ("Who leads the delegation?", "And reciprocal tariffs: what are they?", "reciprocal tariffs: what are they?"),
        ("Will Seoul hit back?", "Why not?", "Why won't Seoul hit back?"),
        ("Did Korea retaliate?", "And why not?", "Why didn't Korea retaliate?"),
        ("Can Han run?", "why not", "Why can't Han run?"),
        ("Wasn't the deal signed?", "Why not?", "Why wasn't the deal signed?"),
        ("Who removed Yoon?", "Why not?", "Why wasn't Yoon removed?"),
        ("When does the ferry to Norvia sail?", "Who built it?", "Who built it (the ferry to Norvia)?"),
        ("When does the new bridge open?", "Who built it?", "Who built it (the new bridge)?"),
        ("When did ministers discuss steel?", "Who led them?", "Who led them (ministers discuss steel)?"),
        ("Who is Jane Roe?", "Who advised her on trade?", "Who advised Jane Roe on trade?"),
        ("Who is Jane Roe?", "Who signed her plan?", "Who signed Jane Roe's plan?"),
    ],
)
def test_what_a_follow_up_becomes(previous: str, question: str, expected: str) -> None:
    assert standalone(question, [Turn(previous)]) == expected
