"""`assistant eval`: arguments in, a table on standard output, three files, and an exit status out.

This module is imported to build the command's help, so that at the top it imports nothing that takes time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.commands.common import notify

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.evaluation.gate import Baseline, Verdict
    from assistant.evaluation.outputs import Evaluation, OtherRun
    from assistant.evaluation.questions import Problem, Question
    from assistant.evaluation.runs import Progress, Result

QUESTIONS = Path("eval/questions")
BASELINE = Path("eval/baseline.json")
RUNS_WITH_MODEL = 3
NAMED = 20
"""Questions named one by one; more are counted."""
BASELINE_FLAG = "--baseline FILE"
"""What names another place for it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `assistant eval`."""
    parser.add_argument("questions", nargs="*", type=Path, metavar="QUESTIONS", help=f"question sets: files, or folders of .jsonl files (default: {QUESTIONS})")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results.jsonl, metrics.json and report.html go (default: eval in the data folder)")
    parser.add_argument("--compare", type=Path, metavar="RUN", help="the folder of another run: the report shows what changed")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="exit 1 if answers got worse than this file says")
    parser.add_argument("--update-baseline", action="store_true", help=f"write the baseline (default: {BASELINE}) instead of comparing with it")
    parser.add_argument("--lenient", action="store_true", help="leave out what is wrong in a set and score the rest")
    growing = parser.add_argument_group("growing a set")
    growing.add_argument("--draft", type=_count, metavar="N", help="propose N questions from the sources (by rule, or by the --model), for a person to check")
    growing.add_argument("--from-feedback", action="store_true", help="turn thumbs-downs of the chat into drafts")


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is no number of drafts")
    if int(text) == 0:
        raise argparse.ArgumentTypeError("0 drafts are none; ask for at least 1")
    return int(text)


def run(arguments: argparse.Namespace, assistant: Assistant) -> int:
    """Evaluate, or draft questions; 1 where the gate is closed."""
    if arguments.draft is not None or arguments.from_feedback:
        return _draft(arguments, assistant)
    from assistant.evaluation.gate import read_baseline
    from assistant.evaluation.outputs import read_run
    from assistant.evaluation.places import check_file, check_folder, writing
    from assistant.evaluation.report import write_report
    from assistant.evaluation.table import tabulate

    paths = arguments.questions or [QUESTIONS]
    out = _out(arguments, assistant)
    check_folder(out)
    if arguments.update_baseline:
        check_file(arguments.baseline or BASELINE, BASELINE_FLAG)
    baseline = read_baseline(arguments.baseline) if arguments.baseline and not arguments.update_baseline else None
    other = read_run(arguments.compare) if arguments.compare else None
    _sync(assistant)
    evaluation = _evaluate(paths, assistant, arguments)
    with writing(out):
        write_report(out / "report.html", evaluation, other)
    print(tabulate(evaluation))
    if other:
        _print_changes(evaluation, other)
    if evaluation.problems:
        lines = "1 line was" if len(evaluation.problems) == 1 else f"{len(evaluation.problems)} lines were"
        print(f"\n{lines} not scored; metrics.json names them.")
    print(f"\nReport: {out / 'report.html'}")
    if arguments.update_baseline:
        return _update(arguments.baseline or BASELINE, evaluation)
    return _pass_gate(baseline, arguments.baseline, evaluation) if baseline else 0


def _out(arguments: argparse.Namespace, assistant: Assistant) -> Path:
    return Path(arguments.out) if arguments.out else assistant.data / "eval"


def _sync(assistant: Assistant) -> None:
    from assistant.terminal import progress_bar

    with progress_bar("Indexing") as progress:
        report = assistant.sync(progress=progress)
    for failure in report.failed:
        notify(f"assistant: {failure.source}: {failure.reason}")


def _evaluate(paths: list[Path], assistant: Assistant, arguments: argparse.Namespace) -> Evaluation:
    """Ask, score, and write what was answered."""
    from assistant.evaluation.outputs import evaluate, write_metrics, write_results
    from assistant.evaluation.places import writing
    from assistant.evaluation.questions import load_questions
    from assistant.evaluation.runs import provenance, source_texts

    questions, problems = load_questions(paths, text_of=source_texts(assistant), lenient=arguments.lenient)
    _warn(problems)
    runs = _ask(assistant, questions)
    evaluation = evaluate(runs, provenance(assistant, runs[0]), problems)
    out = _out(arguments, assistant)
    with writing(out):
        write_results(out, runs)
        write_metrics(out, evaluation)
    return evaluation


def _warn(problems: list[Problem]) -> None:
    for problem in problems[:NAMED]:
        notify(f"assistant: left out: {problem}")
    if len(problems) > NAMED:
        print(f"assistant: left out: {len(problems) - NAMED} more; metrics.json names them", file=sys.stderr)


def _ask(assistant: Assistant, questions: list[Question]) -> list[list[Result]]:
    """One run; with a language model, which does not repeat, three."""
    from assistant.evaluation import runs

    with _question_bar() as progress:
        first = runs.run(assistant, questions, progress=progress)
        by_model = any(result.answer.model for result in first)
        further = [runs.run(assistant, questions, progress=progress) for _ in range(RUNS_WITH_MODEL - 1) if by_model]
    return [first, *further]


@contextmanager
def _question_bar() -> Iterator[Progress | None]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_changes(evaluation: Evaluation, other: OtherRun) -> None:
    """Each figure that moved, with its paired interval, and the questions that flipped."""
    from assistant.evaluation.outputs import changes, common_questions, flips
    from assistant.evaluation.table import aligned, signed

    names = common_questions(other, evaluation)
    rows = [[figure.label, *signed(figure, each)] for figure, each in changes(evaluation, other, names) if each.change]
    print(f"\nAgainst {other.name}, over the {len(names)} questions both asked:")
    print(aligned([["", "before", "now", "change", "95 %"], *rows]) if rows else "No figure moved.")
    lost, gained = flips(other.scores, evaluation.scores, names)
    _name("went from right to wrong", lost)
    _name("went from wrong to right", gained)


def _name(what: str, ids: list[str] | tuple[str, ...]) -> None:
    if ids:
        more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
        print(f"{len(ids)} {what}: {', '.join(ids[:NAMED])}{more}")


# The gate


def _update(path: Path, evaluation: Evaluation) -> int:
    from assistant.evaluation.gate import write_baseline
    from assistant.evaluation.outputs import standings
    from assistant.evaluation.places import writing

    if evaluation.not_verbatim:
        _name("with a citation that is not verbatim; no baseline written", evaluation.not_verbatim)
        return 1
    with writing(path, BASELINE_FLAG):
        write_baseline(path, run=evaluation.run, summary=evaluation.summaries[0], standings=standings(evaluation))
    print(f"Baseline: {path}")
    return 0


def _pass_gate(baseline: Baseline, path: Path, evaluation: Evaluation) -> int:
    from assistant.evaluation.gate import judge, moved
    from assistant.evaluation.outputs import standings

    repeats = evaluation.run["model"]["language_model"] is None
    verdict = judge(baseline.standings, standings(evaluation), not_verbatim=evaluation.not_verbatim, repeats=repeats)
    print()
    for note in moved(baseline.run, evaluation.run):
        print(f"Note: {note}.")
    _print_verdict(verdict, path)
    return 0 if verdict.passed else 1


def _print_verdict(verdict: Verdict, path: Path) -> None:
    _name("went from right to wrong", verdict.lost)
    _name("went from wrong to right", verdict.gained)
    _name("no longer have their evidence in the first passage found", verdict.slipped)
    _name("now have it there", verdict.climbed)
    _name("unanswerable, newly answered", verdict.newly_answered)
    _name("with a citation that is not verbatim", verdict.not_verbatim)
    _name("not compared (new, gone or changed since)", verdict.not_compared)
    for reason in verdict.reasons:
        print(f"Worse than {path}: {reason}.")
    if verdict.passed:
        print(f"No worse than {path}.")


# Growing a set


def _proposed(n: int, assistant: Assistant) -> tuple[list[Question], str | None]:
    """By the model that was named, else by rule; and why there are fewer than the sources would give."""
    if assistant.model is None:
        from assistant.evaluation import drafts

        return drafts.propose(assistant.library.catalog, n), None
    from assistant.generation import drafting

    return drafting.propose(assistant.library.catalog, n, assistant.model)


def _draft(arguments: argparse.Namespace, assistant: Assistant) -> int:
    """Print drafts as JSON lines, or write them to `drafts.jsonl` in the folder of --out."""
    from assistant.evaluation import drafts
    from assistant.evaluation.feedback import from_feedback
    from assistant.evaluation.places import check_folder, writing

    if arguments.out:
        check_folder(arguments.out)
    _sync(assistant)
    found: list[Question] = []
    stopped: str | None = None
    if arguments.from_feedback:
        found += from_feedback(assistant.settings.keep / "feedback.jsonl")
    if arguments.draft is not None:
        proposed, stopped = _proposed(arguments.draft, assistant)
        found += proposed
    lines = drafts.to_lines(found)
    if not found and not stopped:
        print(_why_none(arguments), file=sys.stderr)
    elif found and arguments.out:
        target = Path(arguments.out) / "drafts.jsonl"
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(lines, encoding="utf-8")
        print(f"{len(found)} drafts: {target}")
    else:
        sys.stdout.write(lines)
    if stopped:
        print(f"Drafting stopped early: {stopped} What was drafted before is kept.", file=sys.stderr)
    if found:
        print("Check each one, mend it, then take its \"draft\" mark away.", file=sys.stderr)
    return 1 if stopped else 0


def _why_none(arguments: argparse.Namespace) -> str:
    reasons = []
    if arguments.from_feedback:
        reasons.append("no answer was marked down in the page of: assistant chat")
    if arguments.draft is not None:
        reasons.append("the sources have no sentence that a question could be made of")
    return f"There is nothing to draft: {'; and '.join(reasons)}."
