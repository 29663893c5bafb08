"""The words that a reader marks, cut to the figure or date that was asked for where that says as much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.features import passage_sentences
from assistant.shortening import short_answer
from assistant.types import Reading, Span
from assistant.weighing import Question
from tests.asking import hit_of


def shortened(question: str, text: str, marked: str) -> str | None:
    start = text.index(marked)
    read = replace(hit_of(text), reading=Reading((2.0,), (Span(start, start + len(marked)),)))
    (sentence,) = passage_sentences(read)
    return short_answer(Question(question, lambda words: dict.fromkeys(words, 1), 10), sentence)


@pytest.mark.parametrize(
    ("question", "text", "marked", "expected"),
    [
        ("How many troops are in Norvia?", "There are about 28,500 troops in Norvia.", "about 28,500 troops", "28,500"),
        ("How large is the gap?", "The gap came to $66 billion in 2024.", "$66 billion in 2024", "$66 billion"),
        ("How much of it is paid?", "Some 25% of it is paid.", "Some 25% of it", "25%"),
        ("How many people live in Aldale?", "Over one hundred thousand people live in Aldale.", "Over one hundred thousand people", "one hundred thousand"),
        ("When was the vote?", "The vote was held on Monday, April 8, it said.", "on Monday, April 8", "April 8"),
        ("When is the vote?", "The vote is two months away, it said.", "is two months away", "two months away"),
        ("How many days did it last?", "It lasted four days.", "four", "four days"),
        ("How many kilometres of track are there?", "There are 120 kilometres of track.", "120 kilometres", "120"),
        ("How many of the 75 countries signed?", "Only 12 of the 75 countries signed.", "12 of the 75", "12"),
        ("Who signed?", "Karl Lund signed 12 papers.", "Karl Lund", "Karl Lund"),
        ("How many won does the hall cost?", "The hall costs $1.4 billion (2 trillion won).", "$1.4 billion", "2 trillion won"),
        ("How much does the hall cost in won?", "The hall costs $1.4 billion (2 trillion won) in all.", "$1.4 billion (2 trillion won)", "2 trillion won"),
        ("How many US dollars does the hall cost?", "The hall costs 2 trillion won ($1.4 billion).", "2 trillion won", "$1.4 billion"),
        ("How many euros does the hall cost?", "The hall costs 2 trillion won ($1.4 billion).", "2 trillion won", "2 trillion won"),
    ],
)  # fmt: skip
def test_marked_words_are_cut_to_the_one_value_among_them(question: str, text: str, marked: str, expected: str) -> None:
    assert shortened(question, text, marked) == expected


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("Half of the 120 ships were lost.", "120", "Half of the 120"),
        ("Two thirds of the 120 ships were lost.", "120 ships", "Two thirds of the 120 ships"),
        ("Most of the 120 ships were lost.", "120", "Most of the 120"),
        ("All but 20 ships were lost.", "20", "All but 20"),
        ("Some 20 ships were lost.", "20", "20"),
        ("In the storm of the 1920s 20 ships were lost.", "20 ships", "20"),
    ],
)
def test_what_makes_a_part_of_a_figure_is_told_with_it_though_not_marked(text: str, marked: str, expected: str) -> None:
    assert shortened("How many ships were lost?", text, marked) == expected


@pytest.mark.parametrize(
    ("question", "text", "marked"),
    [
        ("How long did the strike last?", "The strike lasted a year and a half.", "a year and a half"),
        ("How long did the strike last?", "The strike lasted two and a half years, not three weeks.", "two and a half years"),
        ("How long did the strike last?", "The strike lasted five years and three months.", "five years and three months"),
        ("When was the war fought?", "The war was fought from 1914 to 1918 there.", "from 1914 to 1918"),
        ("When are the talks?", "The talks are held between 5 and 7 March there.", "between 5 and 7 March"),
        ("When are the talks?", "The talks begin three days after 9 April 2025 there.", "three days after 9 April 2025"),
        ("When did they meet?", "They met on Friday in a hall built in 1920.", "on Friday"),
        ("How many people died?", "Between 10 and 20 people died there.", "Between 10 and 20"),
        ("How many people died?", "Two or three people died there.", "Two or three"),
        ("How many ships were lost?", "Half of the 120 ships were lost.", "Half of the 120 ships"),
        ("How many ships were lost?", "Most of the 120 ships were lost.", "Most of the 120"),
        ("How many ships were lost?", "One in three ships was lost.", "One in three"),
        ("How high is the tariff?", "The tariff is 10% to 25% now.", "10% to 25%"),
        ("How high is the tariff?", "The tariff is 10 to 25 percent now.", "10 to 25 percent"),
        ("How much did the hall cost?", "The hall cost between 3 and 5 million euros.", "between 3 and 5 million euros"),
        ("How much did the hall cost?", "The hall cost $3 to 5 million.", "$3 to 5 million"),
        ("How high is the dam?", "The dam is 120 metres high.", "120 metres"),
        ("How high is the dam?", "The dam is 120 m high.", "120 m"),
        ("How fast is the ferry?", "The ferry goes 30 nautical miles an hour.", "30 nautical miles an hour"),
        ("How much colder was it?", "It was minus 20 there.", "minus 20"),
        ("How high did it rise?", "It rose to 41°C there.", "41°C"),
        ("How many men came?", "Half a million men came, and two ships.", "Half a million"),
    ],
)  # fmt: skip
def test_marked_words_that_say_more_than_one_value_stay_whole(question: str, text: str, marked: str) -> None:
    assert shortened(question, text, marked) == marked


def test_between_belongs_to_the_two_figures_after_it() -> None:
    assert shortened("How high is the tariff?", "The tariff is between 10% and 25% now.", "10% and 25%") == "between 10% and 25%"


def test_without_marked_words_there_is_no_short_answer() -> None:
    (sentence,) = passage_sentences(hit_of("The dam is 120 metres high."))
    assert short_answer(Question("How high is the dam?", lambda words: dict.fromkeys(words, 1), 10), sentence) is None
