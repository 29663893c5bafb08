from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.features import (
    FEATURES,
    has_wanted,
    passage_sentences,
    plain_features,
    tells_of_other_year,
)
from assistant.questions import Wants
from assistant.scoring import MAX_EMBEDDED, MAX_EMBEDDED_READ, WEIGHTS, Scorer
from assistant.types import Hit, Reading
from assistant.weighing import MOST_OF_A_COMMON_WORD, SYNONYM_COUNTS, Question, rarity
from assistant.words import stems
from tests.asking import hit_of
from tests.fakes import HashingEncoder, stories


def question_of(text: str, counts: dict[str, int] | None = None, n_passages: int = 50) -> Question:
    return Question(text, lambda words: {word: (counts or {}).get(word, 1) for word in words}, n_passages)


def hits_of(numbers: Sequence[int]) -> list[Hit]:
    return [hit_of(text, source=name) for name, text in stories(numbers).items()]


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(1, 5_000))
def test_a_rarer_word_tells_more(one: int, other: int, n_passages: int) -> None:
    fewer, more = sorted((one, other))
    assert 0 < rarity(more, n_passages) <= rarity(fewer, n_passages) <= 1


def test_a_word_found_nowhere_tells_most() -> None:
    assert rarity(0, 1_000) == 1.0
    assert rarity(1_000, 1_000) < 0.2


def test_a_question_weighs_its_telling_words_only() -> None:
    question = question_of("How many American dockers were in the Norvia harbour?", {"norvia": 0, "dockers": 0, "harbour": 40}, 50)
    assert question.weights == {
        "us": rarity(1, 50),
        "docker": MOST_OF_A_COMMON_WORD,
        "norvia": 1.0,
        "harbour": rarity(40, 50),
    }
    assert question.names == {"us", "norvia"}
    assert question.wants is Wants.COUNT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Did Norvia sell more to China or to the United States?", ({"china"}, {"us"})),
        ("Is Karl Lund or Oskar Hald older?", ({"karl", "lund"}, {"oskar", "hald"})),
        ("Did President Lund or Prime Minister Hald sign?", ({"lund"}, {"hald"})),
        ("Has South Korea or North Korea more people?", ({"south", "korea"}, {"north", "korea"})),
        ("Did Norvia sell more last year or before?", ()),
        ("Is Norvia or the island larger?", ()),
        ("Who leads Norvia?", ()),
    ],
)
def test_names_that_a_question_asks_to_choose_between(text: str, expected: tuple[set[str], ...]) -> None:
    assert question_of(text).alternatives == expected


def test_a_name_that_stands_nowhere_is_told() -> None:
    counts = {"atlantis": 0, "norvia": 3, "harbour": 0}
    assert [question_of(text, counts).has_unknown_name for text in ("Who rules Atlantis?", "Who rules Norvia?", "Who rules the harbour?")] == [True, False, False]


@pytest.mark.parametrize("figure", ["28,500", "1.5"])
def test_a_figure_of_the_question_is_covered_by_the_same_figure(figure: str) -> None:
    question = question_of(f"Are there {figure} troops in Korea?")
    assert figure in question.names
    assert question.coverage(set(stems(f"There are {figure} troops in Korea."))) == 1.0
    assert question.coverage(set(stems("There are troops in Korea."))) < 0.9


def test_coverage_is_the_share_of_weight_that_words_hold() -> None:
    question = question_of("trade gap of Norvia", {"trade": 9, "gap": 9, "norvia": 9}, 50)
    weight = rarity(9, 50)
    assert set(question.weights.values()) == {min(weight, MOST_OF_A_COMMON_WORD), weight}
    assert question.coverage(set(stems("the gap in trade of Norvia"))) == 1.0
    assert question.coverage(set()) == 0.0
    assert question.coverage({"norvia"}, {"norvia"}) == 1.0
    assert question.coverage({"anything"}, set()) == 1.0
    assert question.coverage(set(stems("deficit")), {"gap"}) == SYNONYM_COUNTS


WORDS = st.sets(st.sampled_from([*stems("trade gap deficit Norvia harbour dockers fund levy tariff"), "and", "x"]))


@given(WORDS, WORDS)
def test_more_words_never_cover_less(some: set[str], more: set[str]) -> None:
    question = question_of("How large is the trade gap and the tariff of Norvia?")
    assert 0 <= question.coverage(some) <= question.coverage(some | more) <= 1


def test_a_passage_falls_into_its_sentences_each_with_what_stands_before() -> None:
    text = "Title here\n\nThe fund is small. It holds $40 million.\n\nCritics disagree."
    passage = text[12:]
    found = passage_sentences(hit_of(text, passage))
    assert [(s.text, s.before) for s in found] == [
        ("The fund is small.", ""),
        ("It holds $40 million.", "The fund is small. "),
        ("Critics disagree.", "The fund is small. It holds $40 million.\n\n"),
    ]
    assert [text[slice(*s.span)] for s in found] == [s.text for s in found]


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("How many dockers came?", "Some 4,200 dockers came.", True),
        ("How many dockers came?", "The dockers came.", False),
        ("How many dockers came?", "Hundreds of dockers came.", True),
        ("How many dockers came?", "The dockers cost $40 million.", False),
        ("How many dockers came?", "Some 40% of the dockers came.", True),
        ("How many of the 90 dockers came?", "The 90 dockers came late.", False),
        ("How many of the 90 dockers came?", "Of the 90 dockers none came.", True),
        ("How large is the trade gap?", "It is $66 billion.", True),
        ("How large is the trade gap?", "It has 66 parts.", False),
        ("How many euros does it cost?", "It costs €4.", True),
        ("How many euros does it cost?", "It costs $4, or 4 euros.", True),
        ("How many euros does it cost?", "It costs $4.", False),
        ("How much is that in won?", "It costs $4.", False),
        ("How much does it cost in spring?", "It costs $4.", True),
        ("When does it open?", "It opens on 3 June 2025.", True),
        ("When does it open?", "It opens soon.", False),
        ("How long does it take?", "It takes 9 weeks.", True),
        ("Who leads the fund?", "It is led by Karl Lund.", True),
        ("Who follows Karl Lund?", "He follows Karl Lund.", False),
        ("Why did they return?", "They returned because the port gave way.", True),
        ("What did Lund call it?", "It is “a gift”.", True),
        ("What did Lund call it?", "The gift is new.", False),
        ("What is LNG?", "Anything goes.", True),
    ],
)
def test_a_sentence_holds_what_is_wanted_if_the_question_does_not_say_it_itself(question: str, text: str, expected: bool) -> None:
    assert has_wanted(question_of(question), text) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("How large was the fund in 2023?", "The fund held $40 million in 2024.", True),
        ("How large was the fund in February 2023?", "The fund held $40 million in 2024.", True),
        ("How large was the fund on 6 February 2023?", "The fund held $40 million in 2024.", True),
        ("How large was the fund on Feb. 6, 2023?", "The fund held $40 million in 2024.", True),
        ("How large was the fund at the end of 2023?", "The fund held $40 million in 2024.", True),
        ("How large was the fund in the summer of 2024?", "The fund held $40 million in 2024.", False),
        ("How large has the fund been since February 2023?", "The fund held $40 million in 2024.", False),
        ("How large was the fund in 2023?", "The fund held $40 million last year.", True),
        ("How large was the fund in 2024?", "The fund held $40 million last year.", False),
        ("How large was the fund in 2023?", "The fund grew from $30 million in 2023 to $40 million in 2024.", False),
        ("How large was the fund in 2023?", "The fund holds $40 million.", False),
        ("How large has the fund been since 2023?", "The fund held $40 million in 2024.", False),
        ("How large was the fund in 2022?", "The fund, of 2012, held $40 million.", False),
    ],
)
def test_a_sentence_of_other_years_than_the_question_is_told(question: str, sentence: str, expected: bool) -> None:
    hit = hit_of(sentence)
    dated = replace(hit, document=replace(hit.document, title="The fund of 2022", published="2025-03-01"))
    [found] = passage_sentences(dated)
    assert tells_of_other_year(question_of(question), found) is expected


def test_features_have_a_weight_each_and_lie_between_0_and_1() -> None:
    question = question_of("How large is the harbour fund?", {"harbour": 9, "fund": 2})
    rows = np.array([plain_features(question, s) for hit in hits_of(range(6)) for s in passage_sentences(hit)])
    assert rows.shape == (len(rows), len(FEATURES))
    assert WEIGHTS.shape == (len(FEATURES),)
    assert rows.min() >= 0
    assert rows.max() <= 1


def test_all_sentences_are_scored_best_first_and_each_once() -> None:
    hits = hits_of(range(4))
    scored = Scorer(HashingEncoder()).score(question_of("How many crowns did the turbine cost?"), hits)
    expected = {(s.hit.passage.id, s.span) for hit in hits for s in passage_sentences(hit)}
    assert len(scored) == len(expected)
    assert {(s.sentence.hit.passage.id, s.sentence.span) for s in scored} == expected
    assert [s.score for s in scored] == sorted((s.score for s in scored), reverse=True)


def test_scores_do_not_depend_on_the_order_of_the_hits_nor_on_what_was_asked_before() -> None:
    texts = ["The turbine cost 90 crowns.", "The violin cost 7 crowns. It is old.", "The turbine cost 90 crowns."]
    hits = [hit_of(text, source=f"{i}.txt") for i, text in enumerate(texts)]
    questions = [question_of(text) for text in ("How many crowns did the turbine cost?", "Who played the old violin?")]
    used = Scorer(HashingEncoder())
    expected = [Scorer(HashingEncoder()).score(question, hits) for question in questions]
    assert [used.score(question, hits[::-1]) for question in questions] == expected


def test_the_sentence_that_says_it_comes_first() -> None:
    text = "The council met in spring. The harbour fund of Norvia holds $40 million. Nobody spoke of schools."
    scored = Scorer(HashingEncoder()).score(question_of("How large is the harbour fund of Norvia?"), [hit_of(text)])
    assert scored[0].sentence.text == "The harbour fund of Norvia holds $40 million."


def test_no_hits_no_sentences() -> None:
    encoder = HashingEncoder()
    assert Scorer(encoder).score(question_of("Who?"), []) == []
    assert encoder.encoded == []


@pytest.mark.parametrize(
    ("asked", "read", "most"),
    [
        ("How many crowns did the turbine cost?", False, MAX_EMBEDDED),
        ("How many crowns did the turbine cost?", True, MAX_EMBEDDED_READ),
        ("What did the engineer say about the turbine?", True, MAX_EMBEDDED),
    ],
)
def test_only_the_best_sentences_are_embedded(asked: str, read: bool, most: int) -> None:
    encoder = HashingEncoder()
    hits = hits_of(range(6))
    if read:
        hits = [replace(hit, reading=Reading(odds, (None,) * len(odds))) for hit in hits for odds in [(0.5,) * len(passage_sentences(hit))]]
    scored = Scorer(encoder).score(question_of(asked), hits)
    assert len(scored) > MAX_EMBEDDED + 1
    assert len(encoder.encoded) == len(set(encoder.encoded)) == most + 1
    cosines = [s.features[0] for s in scored]
    others = [s.features[0] for s in scored if s.sentence.text not in encoder.encoded]
    assert set(others) == {min(cosines)}


@pytest.mark.parametrize(("odds", "first"), [(0.5, "brackwater.txt"), (-0.5, "marl.txt")])
def test_of_two_places_the_one_asked_about_comes_first_where_it_answers_too(odds: float, first: str) -> None:
    told = {"marl.txt": ("In Marl 11,000 homes lost power.", 1.5), "brackwater.txt": ("In Brackwater 81,000 homes lost it.", odds)}
    hits = [replace(hit_of(text, source=source), reading=Reading((sure,), (None,))) for source, (text, sure) in told.items()]
    scored = Scorer(HashingEncoder()).score(question_of("How many homes lost power in Brackwater?"), hits)
    assert scored[0].sentence.hit.document.source == first
    assert scored[0].score == max(s.score for s in scored)
