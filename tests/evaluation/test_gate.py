"""When the gate closes."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.evaluation.figures import summarise
from assistant.evaluation.gate import Standing, judge, moved, read_baseline, write_baseline

ANSWERABLE = Standing("a", answerable=True, right=1.0, answered=1.0, found_first=1.0)
WRONG = ANSWERABLE._replace(right=0.0)
SLIPPED = ANSWERABLE._replace(found_first=0.0)
DECLINED = Standing("u", answerable=False, right=1.0, answered=0.0)
INVENTED = DECLINED._replace(right=0.0, answered=1.0)
BASELINE = {f"a{i}": ANSWERABLE for i in range(10)} | {f"w{i}": WRONG for i in range(3)} | {f"u{i}": DECLINED for i in range(5)}


def test_a_rerun_passes() -> None:
    verdict = judge(BASELINE, BASELINE, not_verbatim=())
    assert verdict.passed
    assert not any((verdict.lost, verdict.gained, verdict.slipped, verdict.climbed, verdict.newly_answered, verdict.not_compared))


@pytest.mark.parametrize(
    ("n_lost", "n_gained", "passed"), [(2, 0, True), (3, 0, False), (3, 1, True), (5, 3, True), (6, 3, False), (0, 3, True)]
)
def test_two_questions_net_may_be_lost(n_lost: int, n_gained: int, passed: bool) -> None:
    now = BASELINE | {f"a{i}": WRONG for i in range(n_lost)} | {f"w{i}": ANSWERABLE for i in range(n_gained)}
    verdict = judge(BASELINE, now, not_verbatim=())
    assert verdict.passed is passed
    assert verdict.lost == tuple(f"a{i}" for i in range(n_lost))
    assert verdict.gained == tuple(f"w{i}" for i in range(n_gained))
    if not passed:
        assert verdict.reasons == ("3 questions net went from right to wrong; 2 are allowed",)


def test_no_unanswerable_question_may_be_newly_answered() -> None:
    verdict = judge(BASELINE, BASELINE | {"u3": INVENTED}, not_verbatim=())
    assert verdict.newly_answered == ("u3",)
    assert verdict.reasons == ("1 question that the sources do not answer, newly answered",)


def test_what_was_answered_before_may_be_declined_and_stay_answered() -> None:
    before = BASELINE | {"u0": INVENTED, "u1": INVENTED}
    verdict = judge(before, BASELINE | {"u1": INVENTED}, not_verbatim=())
    assert verdict.passed
    assert verdict.gained == ("u0",)


def test_search_is_held_to_its_own() -> None:
    now = BASELINE | {f"a{i}": SLIPPED for i in range(3)}
    verdict = judge(BASELINE, now, not_verbatim=())
    assert verdict.slipped == ("a0", "a1", "a2")
    assert verdict.reasons == ("3 questions net lost their evidence from the first passage found; 2 are allowed",)


def test_one_quote_that_is_not_verbatim_closes_the_gate() -> None:
    verdict = judge(BASELINE, BASELINE, not_verbatim=["a1"])
    assert verdict.reasons == ("1 question with a citation that is not verbatim",)


def test_questions_that_are_new_gone_or_changed_are_not_compared() -> None:
    now = {name: standing for name, standing in BASELINE.items() if name != "a0"}
    now |= {"new": WRONG} | {f"a{i}": WRONG._replace(asked="changed") for i in (1, 2, 3)}
    verdict = judge(BASELINE, now, not_verbatim=())
    assert verdict.passed
    assert verdict.not_compared == ("a0", "a1", "a2", "a3", "new")


def test_with_a_model_intervals_decide() -> None:
    before = {f"a{i}": ANSWERABLE._replace(right=2 / 3) for i in range(60)}
    chance = {name: s._replace(right=1 / 3 if i % 2 else 1.0) for i, (name, s) in enumerate(before.items())}
    worse = {name: s._replace(right=1 / 3 if i % 3 else 2 / 3) for i, (name, s) in enumerate(before.items())}
    assert judge(before, chance, not_verbatim=(), repeats=False).passed
    verdict = judge(before, worse, not_verbatim=(), repeats=False)
    assert len(verdict.reasons) == 1
    assert verdict.reasons[0].startswith("right answers changed by -")


def test_a_baseline_reads_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "eval" / "baseline.json"
    run = {"commit": "abc", "settings": {"top_k": 10}}
    scores = {"right": 1.0, "utility": 1.0, "declined": 0.0, "unanswerable": 0.0, "n_citations": 0.0, "n_verbatim": 0.0,
              "n_statements": 0.0, "n_uncited": 0.0, "confidence": 0.5}  # fmt: skip
    write_baseline(path, run=run, summary=summarise("all", [scores]), standings=BASELINE)
    baseline = read_baseline(path)
    assert (baseline.run, baseline.standings) == (run, BASELINE)
    assert sum(line.startswith('  "u3"') for line in path.read_text().splitlines()) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 9}', '{"schema": 1, "run": {}, "questions": {"a": {"x": 1}}}'])
def test_a_baseline_that_cannot_be_used_is_told_with_the_way_out(tmp_path: Path, content: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content)
    with pytest.raises(AssistantError, match=r"cannot be used: .*--update-baseline"):
        read_baseline(path)
    with pytest.raises(AssistantError, match=r"There is no baseline .*--update-baseline"):
        read_baseline(tmp_path / "gone.json")


def test_what_moved_beside_the_code_is_told() -> None:
    run = {"commit": "a", "settings": {}, "corpus": {"sha256": "1"}, "model": {}, "questions": {}}
    assert moved(run, run | {"commit": "b"}) == []
    assert moved(run, run | {"corpus": {"sha256": "2"}, "settings": {"top_k": 5}}) == [
        "the settings differ from the baseline's", "the corpus differs from the baseline's",
    ]  # fmt: skip


def test_a_run_of_few_of_the_questions_passes_no_gate() -> None:
    few = {name: BASELINE[name] for name in list(BASELINE)[:5]}
    assert judge(BASELINE, few, not_verbatim=()).reasons == (
        "only 5 of the baseline's 18 questions were asked again; if the sets were changed on purpose, write it anew: --update-baseline",
    )
    assert judge(few, BASELINE, not_verbatim=()).passed
