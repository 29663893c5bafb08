"""What one answer scores, and what many add up to."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation import bootstrap
from assistant.evaluation.figures import (
    BY_NAME,
    FIGURES,
    Better,
    Scored,
    differences,
    over,
    summarise,
)
from assistant.evaluation.metrics import Target
from assistant.evaluation.outputs import (
    evaluate,
    metrics_to_json,
    read_run,
    write_metrics,
    write_results,
)
from assistant.evaluation.runs import Result
from assistant.evaluation.scores import (
    Outcome,
    both_sides,
    found_by_rank,
    outcome,
    scores,
    why_wrong,
)
from assistant.types import Answer, Place, Statement
from assistant.wire import answer_to_json
from tests.evaluation.sets import TEXT, question, result

RUN = {"model": {"answerer": ["quoting"], "language_model": None}}
UNANSWERABLE = question("u", answerable=False)

results_ = st.builds(
    result,
    st.sampled_from(
        [
            question("words"),
            question("must", answers=[], must_include=["crowns", "tide"], tags=["conflict"]),
            question("evidence", answers=[], evidence=[{"source": "made-up.txt", "quote": "The quay is long."}]),
            UNANSWERABLE,
        ]
    ),
    cited=st.lists(st.integers(0, 3), max_size=4),
    hits=st.permutations([0, 1, 2, 3]),
    evidence=st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True),
    declined=st.booleans(),
    confidence=st.none() | st.floats(0, 1),
    answer=st.sampled_from([None, "42", "the quay"]),
)


def as_run(results: list[Result]) -> list[Result]:
    """The results with ids of their own."""
    return [replace(one, question=replace(one.question, id=f"{one.question.id}-{i}")) for i, one in enumerate(results)]


def test_a_perfect_answer_scores_1_and_all_that_can_be_wrong_0() -> None:
    asked = question(answers=["42 crowns"], must_include=["fund"], tags=["conflict"])
    perfect = result(asked, cited=[0], hits=[0, 1], evidence=[0], answer="42 crowns")
    declined = result(UNANSWERABLE, declined=True)
    figures = evaluate([[perfect, declined]], RUN).summaries[0].figures
    for figure in FIGURES:
        if figure.better is not Better.NEITHER:
            assert figures[figure.name].value == (1.0 if figure.better is Better.HIGHER else 0.0), figure.name


def test_an_empty_answer_scores_0() -> None:
    """Nothing found, nothing said, and no word that nothing was found."""
    asked = question(must_include=["fund"], tags=["conflict"])
    empty = [result(replace(asked, id=name), evidence=[0]) for name in ("a", "b")]
    figures = evaluate([[*empty, result(UNANSWERABLE)]], RUN).summaries[0].figures
    assert figures.pop("utility").value == -1.0
    assert figures.pop("aurc").value == 1.0
    assert figures.pop("refused").value == 0.0
    assert {name: value.value for name, value in figures.items() if value.value} == {}


@pytest.mark.parametrize(
    ("given_result", "expected"),
    [
        (result(cited=[0]), Outcome.RIGHT),
        (result(cited=[1]), Outcome.WRONG),
        (result(declined=True), Outcome.REFUSED),
        (result(UNANSWERABLE, declined=True), Outcome.RIGHT),
        (result(UNANSWERABLE, cited=[0]), Outcome.ANSWERED_UNANSWERABLE),
        (result(question(must_include=["tide"]), cited=[0]), Outcome.WRONG),
        (result(question(must_include=["tide"]), cited=[0, 3]), Outcome.RIGHT),
        (result(question(answers=[]), cited=[0, 1], evidence=[1]), Outcome.RIGHT),
        (result(question(answers=[]), cited=[0, 2, 1], evidence=[1]), Outcome.WRONG),
    ],
)
def test_outcomes(given_result: Result, expected: Outcome) -> None:
    assert outcome(given_result) is expected
    assert bool(why_wrong(given_result)) is (expected is not Outcome.RIGHT)


def test_why_wrong_says_whether_search_or_choice_failed() -> None:
    found = result(cited=[1], hits=[1, 0], evidence=[0])
    assert why_wrong(found) == "None of the expected answers stands in it: “42”. The evidence was found at rank 2, but not cited."
    lost = result(hits=[1], evidence=[0], declined=True)
    assert why_wrong(lost) == "Declined, though the sources answer this. The evidence was not among the 1 passages found."


def test_scores_of_a_worked_answer() -> None:
    one = result(question(answers=["42"]), cited=[0, 1], hits=[2, 0, 3], evidence=[0, 3], confidence=0.7)
    assert scores(one) == pytest.approx(
        {
            "words": 9.0, "right": 1.0, "utility": 1.0, "declined": 0.0, "unanswerable": 0.0, "confidence": 0.7,
            "n_citations": 2.0, "n_verbatim": 2.0, "n_statements": 2.0, "n_uncited": 0.0,
            "hit@1": 0.0, "hit@5": 1.0, "hit@10": 1.0, "recall@10": 1.0, "mrr@10": 0.5,
            "ndcg@10": (1 / np.log2(3) + 1 / np.log2(4)) / (1 + 1 / np.log2(3)),
            "contains": 1.0, "exact": 0.0, "f1": 0.0, "citation_precision": 0.5, "citation_recall": 0.5, "citation_f1": 0.5,
        }
    )  # fmt: skip


def test_a_refusal_scores_no_answer_but_its_retrieval_counts() -> None:
    refused = scores(result(hits=[0], evidence=[0], declined=True))
    assert (refused["contains"], refused["citation_recall"], refused["hit@1"]) == (0.0, 0.0, 1.0)
    assert "citation_precision" not in refused
    assert "words" not in refused


def test_confidence_is_the_best_hits_score_where_the_answer_gives_none() -> None:
    assert result(hits=[0, 1]).confidence == 0.9
    assert result(hits=[0, 1], confidence=0.2).confidence == 0.2
    assert result().confidence == 0.0


def test_evidence_counts_through_also_in() -> None:
    one = result(cited=[1], hits=[1], evidence=[0])
    place = Place("made-up.txt", 0, 25)
    answer = replace(
        one.answer,
        citations=tuple(replace(c, also_in=(place,)) for c in one.answer.citations),
        hits=tuple(replace(h, also_in=(place,)) for h in one.answer.hits),
    )
    found = scores(replace(one, answer=answer))
    assert (found["hit@1"], found["citation_precision"], found["citation_recall"]) == (1.0, 1.0, 1.0)


def test_documents_are_ranked_by_their_best_hit() -> None:
    one = result(hits=[0, 1, 2])
    other = replace(one.answer.hits[2], document=replace(one.answer.hits[2].document, source="other.txt"))
    target: Target = (Place("other.txt", 0, len(TEXT)),)
    by_document = replace(one, answer=replace(one.answer, hits=(*one.answer.hits[:2], other)), targets=(target,), by_document=True)
    assert found_by_rank(by_document) == [frozenset(), frozenset({0})]


def test_both_sides_need_every_string_or_every_evidence() -> None:
    by_words = question(answers=[], must_include=["42 crowns", "tide"], tags=["conflict"])
    assert not both_sides(result(by_words, cited=[0]))
    assert both_sides(result(by_words, cited=[0, 3]))
    by_evidence = question(answers=[], gold_sources=["made-up.txt"], tags=["conflict"])
    assert not both_sides(result(by_evidence, cited=[0], evidence=[0, 3]))
    assert both_sides(result(by_evidence, cited=[3, 0], evidence=[0, 3]))
    assert not both_sides(result(by_evidence, cited=[3, 0], evidence=[0, 3], declined=True))


def test_a_citation_that_is_not_verbatim_is_counted() -> None:
    one = replace(result(cited=[0, 1]), verbatim=(True, False))
    evaluation = evaluate([[one]], RUN)
    assert evaluation.summaries[0].figures["verbatim"].value == 0.5
    assert evaluation.not_verbatim == ("q",)


def test_uncited_statements_are_counted() -> None:
    one = result(cited=[0])
    more = replace(one.answer, statements=(*one.answer.statements, Statement("So it is.", ())))
    assert evaluate([[replace(one, answer=more)]], RUN).summaries[0].figures["uncited"].value == 0.5


def test_short_answers_are_left_out_where_no_answer_has_one() -> None:
    without = evaluate([[result(cited=[0])]], RUN).summaries[0].figures
    assert not {"exact", "f1"} & without.keys()


def test_abstention_figures_of_a_worked_case() -> None:
    """Three unanswerable of which two declined, four answerable of which one refused."""
    asked = [(False, True), (False, True), (False, False), (True, True), (True, False), (True, False), (True, False)]
    made = [result(question(f"q{i}", answerable=answerable), cited=[0], declined=declined) for i, (answerable, declined) in enumerate(asked)]
    figures = evaluate([made], RUN).summaries[0].figures
    assert figures["declined"].value == pytest.approx(2 / 3)
    assert figures["refused"].value == pytest.approx(1 / 4)
    assert figures["abstention_precision"].value == pytest.approx(2 / 3)
    assert figures["abstention_f1"].value == pytest.approx(2 / 3)  # 2 * 2 / (3 declined + 3 unanswerable)
    assert figures["utility"].value == pytest.approx((2 - 1 + 0 + 3) / 7)


@given(st.lists(results_, min_size=1, max_size=8))
def test_every_figure_lies_in_its_range_and_in_its_interval(made: list[Result]) -> None:
    for summary in evaluate([as_run(made)], RUN).summaries:
        for name, value in summary.figures.items():
            low = -1.0 if name == "utility" else 0.0
            high = float("inf") if name == "words" else 1.0
            assert low <= value.value <= high + 1e-9
            assert value.interval is not None
            assert low <= value.interval.low <= value.interval.high <= high + 1e-9
            assert 0 < value.n <= summary.n


@given(st.lists(results_, min_size=1, max_size=8), st.integers(0, 9))
def test_the_order_of_questions_changes_nothing(made: list[Result], seed: int) -> None:
    made = as_run(made)
    shuffled = made[:]
    random.Random(seed).shuffle(shuffled)
    one, two = (metrics_to_json(evaluate([some], RUN)) for some in (made, shuffled))
    assert {**one, "questions": sorted(one["questions"].items())} == {**two, "questions": sorted(two["questions"].items())}


def test_groups_are_all_then_sets_then_tags() -> None:
    asked = [replace(question("a", tags=["x", "y"]), set="one"), replace(question("b", tags=["y"]), set="two")]
    groups = Scored.of(asked, [{}, {}]).groups()
    assert {name: [q.id for q in group.questions] for name, group in groups.items()} == {
        "all": ["a", "b"], "set one": ["a"], "set two": ["b"], "tag x": ["a"], "tag y": ["a", "b"],
    }  # fmt: skip


def test_scores_of_several_runs_are_their_means() -> None:
    right, wrong = result(cited=[0]), result(cited=[1])
    evaluation = evaluate([[right], [wrong], [right]], RUN)
    assert evaluation.scores["q"]["right"] == pytest.approx(2 / 3)


def test_what_did_not_apply_has_no_figure() -> None:
    figures = evaluate([[result(UNANSWERABLE, declined=True)]], RUN).summaries[0].figures
    assert set(figures) == {"right", "utility", "declined", "abstention_precision", "abstention_f1"}


def test_a_run_read_back_has_the_scores_it_was_written_with(tmp_path: Path) -> None:
    thirds = result(question(must_include=["fund"]), cited=[0, 1, 2], hits=[1, 2, 0], evidence=[0, 1, 3])
    evaluation = evaluate([[thirds], [result(declined=True)], [thirds]], RUN)
    write_results(tmp_path, [[thirds]])
    write_metrics(tmp_path, evaluation)
    assert read_run(tmp_path).scores == evaluation.scores


def test_a_run_whose_answers_have_line_ends_of_unicode_is_read_back(tmp_path: Path) -> None:
    told = result(question("told"), cited=[0], answer="42\u2028crowns\u2029or\u0085so")
    write_results(tmp_path, [[told]])
    write_metrics(tmp_path, evaluate([[told]], RUN))
    assert read_run(tmp_path).answers == {"told": answer_to_json(told.answer)}


# Bootstrap


def test_resamples_repeat_and_draw_with_replacement() -> None:
    weights = bootstrap.resamples(10)
    assert weights.shape == (bootstrap.N_SAMPLES, 10)
    assert (weights.sum(axis=1) == 10).all()
    assert (weights == bootstrap.resamples(10)).all()
    assert weights.std() == pytest.approx(np.sqrt(0.9), abs=0.03)  # a binomial count's, n 10 and p 1/10
    assert bootstrap.resamples(0).shape == (bootstrap.N_SAMPLES, 0)


def test_the_interval_of_a_share_is_near_the_textbooks() -> None:
    """70 right of 100: normal approximation .7 +- 1.96 * sqrt(.7 * .3 / 100) = .610 to .790."""
    value = summarise("all", [{**base(), "right": float(i < 70)} for i in range(100)]).figures["right"]
    assert value.interval is not None
    assert value.interval.low == pytest.approx(0.61, abs=0.015)
    assert value.interval.high == pytest.approx(0.79, abs=0.015)


def base() -> dict[str, float]:
    return scores(result(cited=[0]))


def test_the_paired_interval_is_narrower_than_the_figures_own() -> None:
    before = [{**base(), "right": float(i % 2)} for i in range(100)]
    after = [{**one, "right": 1.0 if i == 0 else one["right"]} for i, one in enumerate(before)]
    change = differences(before, after)["right"]
    assert change.change == pytest.approx(0.01)
    assert change.interval is not None
    assert 0.0 <= change.interval.low <= 0.01 <= change.interval.high <= 0.04
    assert differences(before, before)["right"].interval == (0.0, 0.0)


def test_undefined_resamples_are_left_out() -> None:
    assert bootstrap.interval(np.array([np.nan, 1.0, 1.0])) == (1.0, 1.0)
    assert bootstrap.interval(np.array([np.nan])) is None
    assert np.isnan(over(BY_NAME["contains"], [scores(result(UNANSWERABLE))], np.ones((1, 1)))[0])


def test_metrics_are_json_without_odd_numbers() -> None:
    text = json.dumps(metrics_to_json(evaluate([[result(cited=[0])]], RUN)), allow_nan=False)
    assert json.loads(text)["groups"]["all"]["questions"] == 1
    assert Answer("", "").text == ""
