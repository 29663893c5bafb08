"""Each measure against a case worked by hand; retrieval measures against ir-measures too."""

from __future__ import annotations

import math

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, R, Success, nDCG

from assistant.evaluation import metrics
from assistant.evaluation.metrics import Point, Ranking, judged
from assistant.types import Place

PLACES = st.builds(
    lambda source, start, length: Place(source, start, start + length),
    st.sampled_from(["a", "b"]), st.integers(0, 50), st.integers(1, 30),
)  # fmt: skip
FOUND = st.lists(st.frozensets(st.integers(0, 4)), max_size=10)


# Answers


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The U.S. has 28,500 troops.", "us has 28500 troops"),
        ("An apple, a day — “the” end…", "apple day end"),
        ("  Tabs\tand\nlines ", "tabs and lines"),
        ("theatre", "theatre"),
        ("", ""),
    ],
)
def test_normalising_drops_case_punctuation_articles_and_blanks(text: str, normal: str) -> None:
    assert metrics.normalise(text) == normal


@pytest.mark.parametrize(
    ("text", "answer", "inside"),
    [
        ("It holds 28,500 troops.", "28500", True),
        ("It rose to 25%.", "5", False),
        ("It rose to 25%.", "25 %", True),
        ("The tariff is 2.5%.", "25%", False),
        ("The tariff is 2.5%.", "2.5%", True),
        ("The tariff is 2.5%.", "5%", False),
        ("They spent $3.5 billion.", "$35 billion", False),
        ("It is 25.", "25", True),
        ("The U.S. gave 1,000.5 crowns.", "US gave 1000.5", True),
        ("Said the Financial Times.", "financial times", True),
        ("Said the Times of finance.", "financial times", False),
        ("Anything", "the", False),
        ("Anything", "", False),
    ],
)
def test_an_answer_is_contained_as_whole_words(text: str, answer: str, inside: bool) -> None:
    assert metrics.contains(text, answer) is inside


def test_exact_match_takes_any_alternative() -> None:
    assert metrics.exact_match("The 28 minutes", ["half an hour", "28 minutes"]) == 1.0
    assert metrics.exact_match("28", ["28 minutes"]) == 0.0
    assert metrics.exact_match("28", []) == 0.0


def test_token_f1_of_a_worked_case() -> None:
    # "about 28 minutes" against "28 minutes": 2 words shared of 3 and 2, so 2 * 2 / (3 + 2)
    assert metrics.token_f1("about 28 minutes", ["28 minutes", "an hour"]) == pytest.approx(0.8)
    # a word counts as often as it stands in both: "no no" and "no" share one
    assert metrics.token_f1("no no", ["no"]) == pytest.approx(2 / 3)
    assert metrics.token_f1("", ["28"]) == 0.0
    assert metrics.token_f1("", []) == 0.0


# Places


@pytest.mark.parametrize(
    ("a", "b", "is_on"),
    [
        (Place("x", 0, 10), Place("x", 5, 100), True),  # 5 of the shorter's 10
        (Place("x", 0, 10), Place("x", 6, 100), False),  # 4 of 10
        (Place("x", 0, 10), Place("y", 0, 10), False),
        (Place("x", 0, 100), Place("x", 40, 42), True),
        (Place("x", 0, 10), Place("x", 10, 20), False),
        (Place("x", 3, 3), Place("x", 0, 10), False),
    ],
)
def test_places_are_on_one_another_from_half_of_the_shorter(a: Place, b: Place, is_on: bool) -> None:
    assert metrics.on(a, b) is is_on
    assert metrics.on(b, a) is is_on


def test_a_target_is_found_at_any_of_its_places() -> None:
    targets = [(Place("x", 0, 10), Place("x", 50, 60)), (Place("y", 0, 10),)]
    assert metrics.targets_on([Place("x", 52, 60)], targets) == {0}
    assert metrics.targets_on([Place("x", 52, 60), Place("y", 0, 5)], targets) == {0, 1}
    assert metrics.targets_on([], targets) == frozenset()


# Retrieval


def test_judging_counts_evidence_once_and_together_where_it_stands_together() -> None:
    found = [frozenset[int](), frozenset({0, 1}), frozenset({1}), frozenset({2})]
    # ranks 2 and 4 are relevant; {0, 1} is one thing, 2 another, 3 was not found
    assert judged(found, 4) == Ranking((False, True, False, True), 3)


def test_retrieval_measures_of_a_worked_case() -> None:
    ranking = Ranking((False, True, False, True, False, True), 4)
    assert metrics.hit_at(ranking, 1) == 0.0
    assert metrics.hit_at(ranking, 5) == 1.0
    assert metrics.recall_at(ranking, 5) == 0.5
    assert metrics.recall_at(ranking, 10) == 0.75
    assert metrics.reciprocal_rank_at(ranking, 10) == 0.5
    assert metrics.reciprocal_rank_at(ranking, 1) == 0.0
    gain = 1 / math.log2(3) + 1 / math.log2(5) + 1 / math.log2(7)  # ranks 2, 4, 6
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4) + 1 / math.log2(5)  # ranks 1 to 4
    assert metrics.ndcg_at(ranking, 10) == pytest.approx(gain / ideal)


def test_nothing_to_find_scores_nothing() -> None:
    ranking = Ranking((False,), 0)
    assert (metrics.hit_at(ranking, 10), metrics.recall_at(ranking, 10), metrics.ndcg_at(ranking, 10)) == (0.0, 0.0, 0.0)


@given(FOUND, st.integers(5, 8))
def test_retrieval_measures_equal_those_of_ir_measures(found: list[frozenset[int]], n_targets: int) -> None:
    ranking = judged(found, n_targets)
    ranks = range(1, len(ranking.relevant) + 1)
    relevant = [f"p{rank}" for rank, is_relevant in zip(ranks, ranking.relevant, strict=True) if is_relevant]
    unfound = [f"u{i}" for i in range(ranking.n_relevant - len(relevant))]
    qrels = {"q": dict.fromkeys([*relevant, *unfound], 1)}
    run = {"q": {f"p{rank}": 1.0 / rank for rank in ranks} or {"nothing": 0.0}}
    theirs = ir_measures.calc_aggregate([Success @ 1, Success @ 5, Success @ 10, R @ 10, RR @ 10, nDCG @ 10], qrels, run)
    ours = {
        **{Success @ k: metrics.hit_at(ranking, k) for k in (1, 5, 10)},
        R @ 10: metrics.recall_at(ranking, 10),
        RR @ 10: metrics.reciprocal_rank_at(ranking, 10),
        nDCG @ 10: metrics.ndcg_at(ranking, 10),
    }
    assert ours == pytest.approx(theirs)


@given(FOUND, st.integers(5, 8), st.integers(1, 12))
def test_retrieval_measures_lie_between_0_and_1_and_grow_with_the_cut(found: list[frozenset[int]], n: int, k: int) -> None:
    ranking = judged(found, n)
    for measure in (metrics.hit_at, metrics.recall_at, metrics.reciprocal_rank_at):
        assert 0.0 <= measure(ranking, k) <= measure(ranking, k + 1) <= 1.0
    assert 0.0 <= metrics.ndcg_at(ranking, k) <= 1.0 + 1e-12


@given(st.integers(1, 10), st.integers(1, 10))
def test_a_ranking_with_all_evidence_first_scores_1(n: int, per_hit: int) -> None:
    """However many pieces of evidence a hit holds together."""
    found = [frozenset(range(i, min(n, i + per_hit))) for i in range(0, n, per_hit)]
    ranking = judged(found, n)
    assert metrics.recall_at(ranking, 10) == metrics.reciprocal_rank_at(ranking, 10) == 1.0
    assert metrics.ndcg_at(ranking, 10) == pytest.approx(1.0)


# Citations


def test_citation_precision_and_recall_of_a_worked_case() -> None:
    found = [frozenset({0}), frozenset[int](), frozenset({0}), frozenset({2})]
    assert metrics.citation_precision(found) == 0.75
    assert metrics.citation_recall(found, 3) == pytest.approx(2 / 3)
    assert metrics.f1(0.75, 2 / 3) == pytest.approx(12 / 17)
    assert (metrics.citation_precision([]), metrics.citation_recall([], 3), metrics.f1(0.0, 0.0)) == (0.0, 0.0, 0.0)


# Abstention


def test_risk_coverage_of_a_worked_case() -> None:
    # five asked, four answered; surest first: right, then two equally sure of which one is wrong, then wrong
    curve = metrics.risk_coverage([0.5, 0.9, 0.5, 0.2], [1.0, 0.0, 0.0, 1.0], 5)
    assert curve == [Point(0.2, 0.0), Point(0.6, pytest.approx(1 / 3)), Point(0.8, 0.5)]
    # one answer at risk 0, two at 1/3, one at 1/2
    area = metrics.aurc([0.5, 0.9, 0.5, 0.2], [1.0, 0.0, 0.0, 1.0], np.ones((1, 4)))
    assert area[0] == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4)


def test_the_area_counts_an_answer_as_often_as_its_weight() -> None:
    weights = np.array([[2.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    twice, none = metrics.aurc([0.9, 0.8, 0.7], [0.0, 1.0, 1.0], weights)
    assert twice == pytest.approx(metrics.aurc([0.9, 0.9, 0.7], [0.0, 0.0, 1.0], np.ones((1, 3)))[0])
    assert math.isnan(none)
    assert math.isnan(metrics.aurc([], [], np.ones((1, 0)))[0])


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.5001, 0.9]), st.sampled_from([0.0, 1.0])), min_size=1, max_size=20), st.randoms())
def test_the_curve_does_not_depend_on_the_order_of_the_answers(answers: list[tuple[float, float]], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = answers[:]
    random.shuffle(shuffled)
    one, two = (metrics.risk_coverage(*map(list, zip(*pairs, strict=True)), len(pairs)) for pairs in (answers, shuffled))
    assert one == two
    assert all(0.0 <= point.risk <= 1.0 and 0.0 < point.coverage <= 1.0 for point in one)
    area = metrics.aurc(*map(list, zip(*answers, strict=True)), np.ones((1, len(answers))))[0]
    assert 0.0 <= area <= 1.0


# Speed


def test_percentiles_are_values_that_occur() -> None:
    assert metrics.percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert metrics.percentile([float(i) for i in range(1, 101)], 0.95) == 95.0
    assert metrics.percentile([7.0], 0.95) == 7.0


@given(PLACES, PLACES)
def test_being_on_one_another_is_mutual(a: Place, b: Place) -> None:
    assert metrics.on(a, b) == metrics.on(b, a)
