"""Words and stems: what counts as the same word, and what must not."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given

from assistant.words import STOPWORDS, SYNONYMS, alike, plain, query_words, stem, stems
from tests.strategies import anything


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Who leads the delegation?", ["leads", "delegation"]),
        ("Tariffs, TARIFFS and tariffs!", ["tariffs"]),
        ("to be or not to be", ["to", "be", "or", "not"]),
        ("25% of $66.5 billion", ["25", "66", "5", "billion"]),
        ("무역 café", ["무역", "café"]),
        ("?!", []),
        ("", []),
    ],
)
def test_query_words(query: str, words: list[str]) -> None:
    assert query_words(query) == words


@given(anything)
def test_query_words_are_lower_case_and_each_once(text: str) -> None:
    words = query_words(text)
    assert words == [word.lower() for word in dict.fromkeys(words)]
    assert not STOPWORDS & set(words) or STOPWORDS.issuperset(words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The delegations were led by ministers", ["deleg", "lead", "minist"]),
        ("U.S. tariffs of 25.5% on 1,000 cars", ["us", "tariff", "25.5", "1,000", "car"]),
        ("Trump's America and America’s ally", ["trump", "us", "us", "alli"]),
        ("the and of", []),
        ("Café naïve", ["cafe", "naiv"]),
        ("", []),
    ],
)
def test_stems(text: str, expected: list[str]) -> None:
    assert stems(text) == expected


@pytest.mark.parametrize(
    "group",
    [
        "lead leads leading led", "tariff tariffs", "korea korean koreans", "organise organised organization organisation",
        "america american americans usa us", "britain british uk", "grow grew grown growth", "die died death deaths",
        "globalisation globalization", "negotiate negotiates negotiated negotiating",
    ],
)  # fmt: skip
def test_forms_of_one_word_have_one_stem(group: str) -> None:
    assert len({stem(word) for word in group.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["tariff traffic", "import export", "north south", "rise risk", "wise wiz", "arise ariz", "korea china", "million billion", "noise noiz"]
)
def test_different_words_have_different_stems(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) != stem(other)


def test_plain_drops_case_accents_possessives_and_dots_of_abbreviations() -> None:
    assert plain("The U.S.'s Café, e.g. Lee’s  “A.B.C.” 3.5") == "the us cafe, eg lee  “abc” 3.5"


def test_a_thread_gets_the_same_stems() -> None:
    found: list[list[str]] = []
    words = "negotiators exporting factories".split()
    threads = [threading.Thread(target=lambda: found.append([stem.__wrapped__(word) for word in words])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[stem(word) for word in words]] * 4


def test_synonyms_hold_both_ways_and_leave_the_word_itself_out() -> None:
    assert sorted(alike(stem("troops"))) == ["forc", "serviceman", "soldier"]
    assert alike("no such stem") == frozenset()
    for group in SYNONYMS:
        for one in group:
            assert stem(one) not in alike(stem(one))
            assert all(stem(one) in alike(other) for other in alike(stem(one)))


def test_opposites_are_no_synonyms() -> None:
    for pair in ("import export", "rise fall", "buy sell", "win lose", "win defeat", "increase decrease", "raise cut"):
        one, other = map(stem, pair.split())
        assert other not in alike(one)
