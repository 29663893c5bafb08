from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.values import RELATIVE_TIME, Kind, Value, amount_of, names, people, same, values

MONEY, PERCENT, DURATION, DATE, COUNT = Kind.MONEY, Kind.PERCENT, Kind.DURATION, Kind.DATE, Kind.COUNT


def read(sentence: str) -> list[tuple[Kind, str, str, float]]:
    return [(v.kind, v.text, v.unit, v.amount) for v in values(sentence)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The fund holds $66 billion.", [(MONEY, "$66 billion", "$", 66e9)]),
        ("They paid US$5m and £3.5bn.", [(MONEY, "US$5m", "$", 5e6), (MONEY, "£3.5bn", "£", 3.5e9)]),
        ("It gave 15 trillion won, or about $10 billion.", [(MONEY, "15 trillion won", "won", 15e12), (MONEY, "$10 billion", "$", 10e9)]),
        ("It cost 66 billion dollars or ₩500 or €20.50.", [(MONEY, "66 billion dollars", "$", 66e9), (MONEY, "₩500", "won", 500), (MONEY, "€20.50", "€", 20.5)]),
        ("six million euros, half a million dollars and five pounds", [(MONEY, "six million euros", "€", 6e6), (MONEY, "half a million dollars", "$", 5e5), (MONEY, "five pounds", "£", 5)]),
        ("a billion dollars", [(MONEY, "a billion dollars", "$", 1e9)]),
        ("25 crown jewels", [(COUNT, "25", "crown", 25)]),
        ("It cost 9 million crowns.", [(MONEY, "9 million crowns", "crown", 9e6)]),
        ("six billion won", [(MONEY, "six billion won", "won", 6e9)]),
        ("one won the race", [(COUNT, "one", "won", 1)]),
        ("A $1,250 fee and a $5-million plan", [(MONEY, "$1,250", "$", 1250), (MONEY, "$5-million", "$", 5e6)]),
    ],
)  # fmt: skip
def test_money_is_read_with_currency_and_scale(sentence: str, expected: list[tuple]) -> None:
    assert read(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It takes 25% of it.", [(PERCENT, "25%", "", 25)]),
        ("It rose 8.3 per cent.", [(PERCENT, "8.3 per cent", "", 8.3)]),
        ("by ten percent, or 10 percentage points", [(PERCENT, "ten percent", "", 10), (PERCENT, "10 percentage points", "", 10)]),
        ("a 12-percent share, 3 percent down from 5 %", [(PERCENT, "12-percent", "", 12), (PERCENT, "3 percent", "", 3), (PERCENT, "5 %", "", 5)]),
        ("half a percentage point, or two and a half percent", [(PERCENT, "half a percentage point", "", 0.5), (PERCENT, "two and a half percent", "", 2.5)]),
        ("It was 1.9% out of 2.0%.", [(PERCENT, "1.9%", "", 1.9), (PERCENT, "2.0%", "", 2.0)]),
    ],
)  # fmt: skip
def test_percentages_are_read(sentence: str, expected: list[tuple]) -> None:
    assert read(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It stays for 90 days.", [(DURATION, "90 days", "day", 90)]),
        ("a 28-minute call", [(DURATION, "28-minute", "minute", 28)]),
        ("a week and three years", [(DURATION, "a week", "week", 1), (DURATION, "three years", "year", 3)]),
        ("half an hour, two and a half years", [(DURATION, "half an hour", "hour", 0.5), (DURATION, "two and a half years", "year", 2.5)]),
        ("a two-and-a-half-hour flight, an hour and a half late", [(DURATION, "two-and-a-half-hour", "hour", 2.5), (DURATION, "an hour and a half", "hour", 1.5)]),
    ],
)
def test_durations_are_read_in_their_unit(sentence: str, expected: list[tuple]) -> None:
    assert read(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("on April 9, 2025 and on 9 April 2025", ["April 9, 2025", "9 April 2025"]),
        ("on Apr. 14 and May 5th", ["Apr. 14", "May 5th"]),
        ("2025-04-09, a Tuesday", ["2025-04-09", "Tuesday"]),
        ("since 2012, in the 1930s and in March 2024", ["2012", "1930s", "March 2024"]),
        ("They met yesterday.", ["yesterday"]),
    ],
)
def test_dates_are_read(sentence: str, expected: list[str]) -> None:
    assert [(v.kind, v.text) for v in values(sentence)] == [(DATE, text) for text in expected]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It includes 28,500 troops.", [(COUNT, "28,500", "troops", 28500)]),
        ("one of 75 countries", [(COUNT, "one", "of", 1), (COUNT, "75", "countries", 75)]),
        ("10 million barrels", [(COUNT, "10 million", "barrels", 10e6)]),
        ("2,025 people came.", [(COUNT, "2,025", "people", 2025)]),
        ("half a million barrels, two and a half billion people", [(COUNT, "half a million", "barrels", 5e5), (COUNT, "two and a half billion", "people", 2.5e9)]),
        ("a million people, a half million trees", [(COUNT, "a million", "people", 1e6), (COUNT, "a half million", "trees", 5e5)]),
        ("1 and a half miles, a second half", [(COUNT, "1 and a half", "miles", 1.5)]),
        ("half a dozen of them, half of those", [(COUNT, "half a dozen", "of", 6)]),
        ("He is 62.", [(COUNT, "62", "", 62)]),
        ("The talks failed.", []),
    ],
)
def test_counts_are_read_with_what_they_count(sentence: str, expected: list[tuple]) -> None:
    assert read(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "count", "unit"),
    [
        ("The court decided 5 cases.", 5, "cases"),
        ("15 marines were hurt.", 15, "marines"),
        ("3 mayors came.", 3, "mayors"),
        ("They visited 20 markets.", 20, "markets"),
        ("12 separate deals", 12, "separate"),
    ],
)
def test_a_word_that_only_begins_like_a_month_makes_no_date(sentence: str, count: int, unit: str) -> None:
    assert [(v.kind, v.unit, v.amount) for v in values(sentence)] == [(COUNT, unit, count)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("At least 12 may have died.", [(COUNT, "12", "may", 12)]),
        ("Some 300 march 5 miles.", [(COUNT, "300", "march", 300), (COUNT, "5", "miles", 5)]),
        ("On 12 May and on MARCH 5, 2024.", [(DATE, "12 May", "12 may", 0), (DATE, "MARCH 5, 2024", "march 5 2024", 0)]),
    ],
)
def test_what_may_be_and_who_march_are_no_months(sentence: str, expected: list[tuple]) -> None:
    assert read(sentence) == expected


@pytest.mark.parametrize(("text", "time"), [("a deal that may collapse", None), ("a move that march organisers fear", None), ("It ends this May.", "this May")])
def test_a_relative_time_names_no_month_in_small_letters(text: str, time: str | None) -> None:
    found = RELATIVE_TIME.search(text)
    assert (found and found[0]) == time


def test_metres_are_not_millions() -> None:
    assert [v.amount for v in values("It has 20 m of rope.")] == [20]


def test_a_compound_number_word_is_one_count() -> None:
    assert [(v.kind, v.text, v.amount) for v in values("Some seventy-five men came.")] == [(COUNT, "seventy-five", 75)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It has five thousand residents.", [(COUNT, "five thousand", "residents", 5_000)]),
        ("It drove two million people out.", [(COUNT, "two million", "people", 2e6)]),
        ("Some three dozen ships sank.", [(COUNT, "three dozen", "ships", 36)]),
        ("Half a dozen ships sank.", [(COUNT, "Half a dozen", "ships", 6)]),
        ("A hundred men and two hundred and fifty women came.", [(COUNT, "A hundred", "men", 100), (COUNT, "two hundred and fifty", "women", 250)]),
        ("Over one hundred thousand people fled.", [(COUNT, "one hundred thousand", "people", 100_000)]),
        ("It stood for three hundred years, one hundred percent full.", [(DURATION, "three hundred years", "year", 300), (PERCENT, "one hundred percent", "", 100)]),
        ("Dozens of ships and hundreds of thousands of people", []),
    ],
)  # fmt: skip
def test_a_number_of_several_words_is_read_whole(sentence: str, expected: list[tuple]) -> None:
    assert read(sentence) == expected


PIECES = st.sampled_from(
    ["$", "€", "66", " ", "billion", "%", "percent", "April", "9", ",", ".", "2025", "-", "three", "days", "m", "won", "28,500", "troops", "U.S.", "May", "’s", "é", "Han"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
def test_values_lie_in_the_sentence_in_order_and_apart(sentence: str) -> None:
    found = values(sentence)
    assert [v.text for v in found] == [sentence[slice(*v.span)].strip() for v in found]
    assert all(a.span.end <= b.span.start for a, b in pairwise(found))


@given(st.lists(PIECES, max_size=14).map(" ".join) | st.text(max_size=40))
def test_names_lie_in_the_sentence_in_order_and_apart(sentence: str) -> None:
    found = names(sentence)
    assert [v.text for v in found] == [sentence[slice(*v.span)] for v in found]
    assert all(a.span.end <= b.span.start for a, b in pairwise(found))


def test_amounts_of_figures_and_words() -> None:
    assert [amount_of(n) for n in ("7,100", "2.5", "three", "Dozen", "a", "many", "", "two hundred and five", "half a dozen")] == [7100, 2.5, 3, 12, 1, 0, 0, 205, 6]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Trade Minister Cheong In-kyo leads it.", ["Cheong In-kyo"]),
        ("The U.S. Treasury Secretary Scott Bessent spoke.", ["Scott Bessent"]),
        ("They heard President Lee Jae-myung, Gov. Ann Lee and the CEO.", ["Lee Jae-myung", "Ann Lee"]),
        ("He met Mr. Smith and Dr. Jones.", ["Smith", "Jones"]),
        ("It was O’Neill’s idea, not O'Brien's.", ["O’Neill", "O'Brien"]),
        ("We heard Ludwig van Beethoven at the Bank of Utrecht.", ["Ludwig van Beethoven", "Bank of Utrecht"]),
        ("\"Globalization is not dead,\" Han said.", ["Han"]),
        ("Talks failed.", []),
        ("They met in Seoul on Monday, in April.", ["Seoul"]),
        ("He said that I was right.", []),
    ],
)
def test_names_come_without_titles_possessives_and_sentence_starts(sentence: str, expected: list[str]) -> None:
    assert [v.text for v in names(sentence)] == expected


@pytest.mark.parametrize("name", ["Mark Carney", "Maria Rossi", "Jane Roe", "Janet Yellen", "Julia Stone", "Augusto Reyes", "Octavia Butler"])
def test_a_first_name_that_begins_like_a_month_is_a_name(name: str) -> None:
    assert [v.text for v in names(f"They met {name} at noon.")] == [name]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The President of France spoke.", ["France"]),
        ("Yesterday Bob Stone spoke.", ["Bob Stone"]),
        ("On Tuesday Han told them.", ["Han"]),
    ],
)
def test_what_stands_before_a_name_is_no_part_of_it(sentence: str, expected: list[str]) -> None:
    assert [v.text for v in names(sentence)] == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It was written by Martin Luther King in jail.", ["Martin Luther King"]),
        ("The author Stephen King met Larry King.", ["Stephen King", "Larry King"]),
        ("They heard King Charles, the Samsung CEO and Norvia President Lund.", ["Charles", "Samsung", "Norvia President Lund"]),
        ("They met the King.", []),
    ],
)
def test_a_title_is_part_of_a_name_that_it_closes(sentence: str, expected: list[str]) -> None:
    assert [v.text for v in names(sentence)] == expected


@pytest.mark.parametrize(
    "name", ["Kanye West", "Park Geun-hye", "Park Chan-wook", "Daniel Day-Lewis", "Grace Park", "Oliver North", "Charlotte Church", "Kari Lake", "Young Ae", "Ann Young"]
)
def test_a_word_of_places_may_be_part_of_a_persons_name(name: str) -> None:
    assert [v.text for v in people(f"They went with {name} to the talks.")] == [name]


@pytest.mark.parametrize(
    "sentence",
    [
        "They went to South Korea with Wall Street.", "They left the West Bank.", "They left West Virginia by night.",
        "It was said by White House officials.", "They met in Grace Park.", "They walked to Hyde Park and Park Avenue.", "They hate the North.",
        "They went by Salt Lake, by Lake Michigan and by Key West.", "It was said by the Park Hotel.", "They heard of the Catholic Church and Independence Day.",
    ],
)  # fmt: skip
def test_a_place_is_no_person(sentence: str) -> None:
    assert people(sentence) == []


def only(text: str) -> Value:
    [value] = values(text)
    return value


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("$66 billion", "66 billion dollars", True),
        ("$66 billion", "$66,000 million", True),
        ("$66 billion", "$66.4 billion", True),
        ("$66 billion", "$55.7 billion", False),
        ("$66 billion", "€66 billion", False),
        ("25%", "25 percent", True),
        ("twelve percent", "12%", True),
        ("2.0%", "1.9%", False),
        ("$5", "5%", False),
        ("90 days", "90-day", True),
        ("90 days", "90 weeks", False),
        ("three weeks", "3 weeks", True),
        ("24 hours", "one day", True),
        ("14 days", "two weeks", True),
        ("18 months", "one year", False),
        ("10 years", "a decade", True),
        ("April 9", "April 9, 2025", True),
        ("9 April 2025", "Apr. 9, 2025", True),
        ("April 9", "April 10", False),
        ("2024", "2025", False),
        ("2012", "2019", False),
        ("June 2021", "June 2024", False),
        ("2025-04-09", "April 9, 2025", True),
        ("28,500", "28,500", True),
        ("28,500", "25,000", False),
    ],
)
def test_same_compares_what_values_say(one: str, other: str, expected: bool) -> None:
    assert same(only(one), only(other)) is expected
    assert same(only(other), only(one)) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Han", "Han Duck-soo", True),
        ("John Kennedy", "John F. Kennedy", True),
        ("Ann Lee", "Bob Lee", False),
        ("Lee Ji-young", "Kim Ji-young", False),
        ("Seoul", "Tokyo", False),
    ],
)
def test_same_compares_names_by_their_words(one: str, other: str, expected: bool) -> None:
    [a], [b] = names(f"to {one}"), names(f"to {other}")
    assert same(a, b) is expected
    assert same(b, a) is expected


@given(st.lists(PIECES, max_size=8).map(" ".join))
def test_each_value_is_the_same_as_itself(sentence: str) -> None:
    assert all(same(value, value) for value in [*values(sentence), *names(sentence)])
