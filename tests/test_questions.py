from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.questions import (
    Wants,
    asked_currency,
    is_broad,
    is_content_free,
    is_small_talk,
    subject,
    wants,
)


@pytest.mark.parametrize(
    "text",
    ["hello", "Hi there!", "thanks a lot", "Good morning everyone", "who are you?", "help", "ok", "What is this?", "how do you work?",
     "Thank you very much!", "Thanks for your help!", "good night", "What can you do?", "  HELLO  ", "how are you today?", "test", "Are you sure?", "is that true", "Really?"],
)  # fmt: skip
def test_greetings_thanks_and_questions_about_the_assistant_are_small_talk(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    ["Great Britain's tariff?", "hello, who leads the delegation?", "thanks, but who leads it?", "Help Seoul get relief", "hi, what is new?",
     "What are you going to do about tariffs?", "Who are you talking about?", "What is this agreement?", "Cool storage prices", "",
     "What can I do about the tariff?", "Test results of the reactor", "How does the fund work?", "Is it true that the fund is empty?", "Are you sure the fund holds $40 million?"],
)  # fmt: skip
def test_a_question_with_a_subject_is_no_small_talk(text: str) -> None:
    assert not is_small_talk(text)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many American troops are in South Korea?", Wants.COUNT),
        ("How much did exports rise?", Wants.NUMBER),
        ("What number of ships came?", Wants.COUNT),
        ("How many euros did it cost?", Wants.MONEY),
        ("How many won the race?", Wants.COUNT),
        ("How many US dollars does it cost?", Wants.MONEY),
        ("How many per cent agreed?", Wants.PERCENT),
        ("How many millions did it cost?", Wants.NUMBER),
        ("How large is the trade gap?", Wants.MONEY),
        ("How much money was pledged?", Wants.MONEY),
        ("How much did the crane cost?", Wants.MONEY),
        ("What price did they pay?", Wants.MONEY),
        ("What tariff does South Korea face?", Wants.PERCENT),
        ("How high is the tariff?", Wants.PERCENT),
        ("What percentage of exports go there?", Wants.PERCENT),
        ("By what percent did it rise?", Wants.PERCENT),
        ("How long did the call last?", Wants.DURATION),
        ("How old is he?", Wants.DURATION),
        ("For how many days is it paused?", Wants.DURATION),
        ("When did it begin?", Wants.DATE),
        ("Until when are taxes cut?", Wants.DATE),
        ("In which year did it start?", Wants.DATE),
        ("Who is acting president?", Wants.PERSON),
        ("Which minister resigned?", Wants.PERSON),
        ("Whom did he meet?", Wants.PERSON),
        ("Where was the meeting?", Wants.PLACE),
        ("Which country is first?", Wants.PLACE),
        ("Why did the talks fail?", Wants.REASON),
        ("What caused the fire?", Wants.REASON),
        ("What did China call the tariffs?", Wants.SAYING),
        ("How did China respond?", Wants.SAYING),
        ("What is LNG?", Wants.ANYTHING),
        ("What is at stake?", Wants.ANYTHING),
    ],
)
def test_the_question_words_tell_what_is_wanted(question: str, expected: Wants) -> None:
    assert wants(question) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [("What did Han say when he was asked about China?", Wants.SAYING), ("What did the man who leads the fund say?", Wants.SAYING)],
)
def test_a_clause_inside_the_question_does_not_say_what_is_wanted(question: str, expected: Wants) -> None:
    assert wants(question) is expected


@pytest.mark.parametrize(
    ("question", "broad", "content_free"),
    [
        ("What is new?", True, True),
        ("What's happening?", True, True),
        ("Summarise these articles", True, True),
        ("Give me the gist of all documents", True, True),
        ("any news?", True, True),
        ("What are the key points?", True, True),
        ("give me a short overview of what is going on", True, True),
        ("What are these articles about?", True, True),
        ("Summarize all articles in a few sentences", True, True),
        ("What topics are covered?", True, True),
        ("What's in the news?", True, True),
        ("can you summarise everything for me", True, True),
        ("What are they about?", False, False),
        ("What does it say?", False, False),
        ("Explain it", True, False),
        ("What is in the news article?", False, False),
        ("Summarise the talks", True, False),
        ("How do the two countries' responses differ?", True, False),
        ("Compare Han and Trump", True, False),
        ("Tell me about Han", True, False),
        ("What happened in Geneva?", True, False),
        ("What is new in the deal?", True, False),
        ("tariffs", True, False),
        ("Trade gap?", True, False),
        ("Who leads it?", False, False),
        ("Who leads?", False, False),
        ("korea troops number", False, False),
        ("Which new tariff applies?", False, False),
        ("How large is the trade gap?", False, False),
        ("What is the latest?", True, True),
        ("What's the latest on the deal?", True, False),
        ("How do Han and Trump differ?", True, False),
        ("How does the plan compare to the old one?", True, False),
        ("What is the difference between the two plans?", True, False),
        ("Could you please explain the deal?", True, False),
        ("In two sentences, describe the plan.", True, False),
        ("I'd like you to outline the plan", True, False),
        ("What is the gist of the talks?", True, False),
        ("Steel talks in Geneva: a recap", True, False),
        ("Can I have a summary of the talks?", True, False),
        ("A summary of the talks, please", True, False),
        ("An overview, please", True, True),
        ("Give a one-paragraph summary of the talks", True, False),
        ("Overview: the talks", True, False),
        ("Can you quickly summarise the talks?", True, False),
        ("Hey, can you give an overview of the talks?", True, False),
        ("Based on the articles, compare Han and Navarro", True, False),
        ("Who will meet, discuss the deal and sign it?", False, False),
        ("Give me the date of the vote", False, False),
        ("When will ministers discuss the steel deal?", False, False),
        ("Who was asked to explain the delay of the bridge?", False, False),
        ("How did Bessent describe the talks?", False, False),
        ("Which word did Trump use to describe the EU?", False, False),
        ("Which report did the minister outline?", False, False),
        ("How many pages has the summary?", False, False),
        ("Who wrote the summary of the report?", False, False),
        ("What is the summary judgment fee?", False, False),
        ("Which two firms chose different plans?", False, False),
        ("What is the latest tariff on South Korea?", False, False),
        ("What is New Zealand's tariff?", False, False),
    ],
)
def test_overviews_are_told_from_facts(question: str, broad: bool, content_free: bool) -> None:
    assert (is_broad(question), is_content_free(question)) == (broad, content_free)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Summarise the talks", "the talks"),
        ("Please give me a short summary of the talks", "the talks"),
        ("Compare Han and Trump", "Han and Trump"),
        ("Regarding Korea, quickly summarise the talks", "Regarding Korea the talks"),
        ("How large is the trade gap?", "is the trade gap?"),
        ("Tell me about Han", "Han"),
        ("Who leads it?", "Who leads it?"),
        ("Summarise", "Summarise"),
        ("Could you please explain the deal?", "the deal?"),
        ("What is the gist of the talks?", "the talks?"),
        ("How do Han and Trump differ?", "How do Han and Trump ?"),
        ("How did Bessent describe the talks?", "How did Bessent describe the talks?"),
        ("When will ministers discuss the deal?", "When will ministers discuss the deal?"),
        ("Who wrote the summary of the report?", "Who wrote the summary of the report?"),
    ],
)
def test_the_subject_is_the_question_without_the_order(question: str, expected: str) -> None:
    assert subject(question) == expected


WORDS = st.lists(st.sampled_from("summarise compare how many large what is the new news of talks Han who when explain , ? ' é".split()), max_size=9)


@given(WORDS.map(" ".join) | st.text(max_size=60))
def test_any_text_is_read_and_keeps_a_subject(text: str) -> None:
    assert wants(text) in Wants
    assert subject(text) == text or " ".join(subject(text).split()) == subject(text)
    assert is_broad(text) or not is_content_free(text)


@pytest.mark.parametrize(
    ("question", "currency"),
    [
        ("How many won does it pay?", "won"),
        ("How much is that in euros?", "€"),
        ("How many US dollars does it pay?", "$"),
        ("How many won does Norvia pay: In dollars?", "$"),
        ("What is the price of the hall in yen?", "yen"),
        ("How many won the race in Norvia?", None),
        ("How much does it cost?", None),
    ],
)
def test_the_currency_a_sum_is_asked_for_in(question: str, currency: str | None) -> None:
    assert asked_currency(question) == currency
