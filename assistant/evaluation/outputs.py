"""A scored run -> `results.jsonl` and `metrics.json`; and a run read back, to compare with.

In: results, scores, summaries. Out: files whose bytes are the same for the same run, timings aside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.evaluation.figures import (
    BY_NAME,
    Difference,
    Figure,
    Scored,
    Summary,
    curve,
    differences,
    speed,
    summarise,
)
from assistant.evaluation.gate import Standing
from assistant.evaluation.questions import EvaluationError, Problem
from assistant.evaluation.runs import Result, fingerprint, result_to_json
from assistant.evaluation.scores import Scores, mean_of, outcome, scores
from assistant.jsonlines import lines_of

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run with its scores.

    Attributes:
        results: Of the first run, in the order asked.
        scores: By question id; over several runs, their means.
        summaries: All questions first, then sets, then tags.
        run: What it rests on; see `runs.provenance`.
        not_verbatim: Ids of questions with a citation that is not verbatim, in any run.
    """

    results: tuple[Result, ...]
    scores: dict[str, Scores]
    summaries: tuple[Summary, ...]
    run: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    not_verbatim: tuple[str, ...] = ()

    @property
    def ordered_scores(self) -> list[Scores]:
        """Scores by question id, the order all figures are drawn in."""
        return [self.scores[name] for name in sorted(self.scores)]


def evaluate(runs: Sequence[Sequence[Result]], run: dict[str, Any], problems: Sequence[Problem] = ()) -> Evaluation:
    """Score one or several runs of the same questions."""
    first = runs[0]
    by_id = {results[0].question.id: mean_of([scores(one) for one in results]) for results in zip(*runs, strict=True)}
    scored = Scored.of([result.question for result in first], [by_id[result.question.id] for result in first])
    short = any(result.answer.answer for results in runs for result in results)
    summaries = tuple(summarise(name, group.scores, short_answers=short) for name, group in scored.groups().items())
    bad = {result.question.id for results in runs for result in results if not all(result.verbatim)}
    return Evaluation(tuple(first), by_id, summaries, run, tuple(problems), tuple(sorted(bad)))


def standings(evaluation: Evaluation) -> dict[str, Standing]:
    """How each question came out, for the gate."""
    return {
        result.question.id: Standing(
            fingerprint(result.question),
            result.question.answerable,
            evaluation.scores[result.question.id]["right"],
            1.0 - evaluation.scores[result.question.id]["declined"],
            evaluation.scores[result.question.id].get("hit@1", 0.0),
        )
        for result in evaluation.results
    }


# Files


def write_results(folder: Path, runs: Sequence[Sequence[Result]]) -> None:
    """`results.jsonl`; further runs, where there are any, as `results-2.jsonl` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, results in enumerate(runs, start=1):
        name = "results.jsonl" if number == 1 else f"results-{number}.jsonl"
        lines = (json.dumps(result_to_json(result), ensure_ascii=False) + "\n" for result in results)
        (folder / name).write_text("".join(lines), encoding="utf-8")


def write_metrics(folder: Path, evaluation: Evaluation) -> None:
    """`metrics.json`."""
    text = json.dumps(metrics_to_json(evaluation), ensure_ascii=False, indent=1)
    (folder / "metrics.json").write_text(text + "\n", encoding="utf-8")


def metrics_to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Everything that was measured; only `timings_ms` differs between two runs of the same."""
    return {
        "schema": SCHEMA,
        "run": evaluation.run,
        "groups": {summary.name: _summary_to_json(summary) for summary in evaluation.summaries},
        "risk_coverage": [[round(x, 6) for x in point] for point in curve(evaluation.ordered_scores)],
        "not_scored": [str(problem) for problem in evaluation.problems],
        "questions": {
            result.question.id: {
                "set": result.question.set,
                "tags": list(result.question.tags),
                "asked": fingerprint(result.question),
                "outcome": outcome(result).value,
                "scores": evaluation.scores[result.question.id],
            }
            for result in evaluation.results
        },
        "timings_ms": timings(evaluation),
    }


def timings(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """p50 and p95 of each step, in milliseconds."""
    found = speed([result.answer.timings_ms for result in evaluation.results])
    return {step: {name: round(ms, 1) for name, ms in values.items()} for step, values in found.items()}


def _summary_to_json(summary: Summary) -> dict[str, Any]:
    return {
        "questions": summary.n,
        "figures": {
            name: {
                "value": round(value.value, 6),
                "interval": [round(end, 6) for end in value.interval] if value.interval else None,
                "questions": value.n,
            }
            for name, value in summary.figures.items()
        },
    }


@dataclass(frozen=True, slots=True)
class OtherRun:
    """An earlier run, as its folder tells it."""

    name: str
    run: dict[str, Any]
    scores: dict[str, Scores]
    asked: dict[str, str]
    answers: dict[str, dict[str, Any]]


def read_run(folder: Path) -> OtherRun:
    """Read a run to compare with.

    Raises:
        EvaluationError: If the folder does not hold one.
    """
    try:
        record = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            raise ValueError(f"its schema is {record['schema']}, not {SCHEMA}")
        answers = {one["id"]: one["answer"] for one in map(json.loads, filter(str.strip, lines_of(folder / "results.jsonl")))}
        questions = record["questions"]
        return OtherRun(
            folder.as_posix(),
            record["run"],
            {name: dict(entry["scores"]) for name, entry in questions.items()},
            {name: entry["asked"] for name, entry in questions.items()},
            answers,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
        raise EvaluationError(f"'{folder}' holds no run to compare with: {exc}. Name a folder that --out wrote.") from exc


def common_questions(other: OtherRun, evaluation: Evaluation) -> list[str]:
    """Ids of the questions that both runs asked, unchanged."""
    asked = {result.question.id: fingerprint(result.question) for result in evaluation.results}
    return sorted(name for name, digest in other.asked.items() if asked.get(name) == digest)


def changes(evaluation: Evaluation, other: OtherRun, names: Sequence[str]) -> list[tuple[Figure, Difference]]:
    """How each figure that this run has moved, over the questions named."""
    moved = differences([other.scores[name] for name in names], [evaluation.scores[name] for name in names])
    return [(BY_NAME[name], each) for name, each in moved.items() if name in evaluation.summaries[0].figures]


def flips(before: Mapping[str, Scores], after: Mapping[str, Scores], names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Ids of questions that were right and are not, and of those that were not and are."""
    lost = [name for name in names if after[name]["right"] < before[name]["right"]]
    return lost, [name for name in names if after[name]["right"] > before[name]["right"]]
