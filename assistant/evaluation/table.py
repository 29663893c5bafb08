"""Figures -> text: the table that `assistant eval` prints, and how a number reads wherever one is shown.

In: summaries and differences. Out: plain text, shares in percent.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evaluation.bootstrap import Interval
from assistant.evaluation.figures import BY_NAME, Difference, Figure, Value
from assistant.evaluation.outputs import Evaluation, timings

TABLE = ("right", "contains", "hit@1", "ndcg@10", "citation_f1", "declined", "refused")
"""The figures that the table prints for every set and tag; the rest are listed below it for all questions together."""


def tabulate(evaluation: Evaluation) -> str:
    """Main figures for every group, then every figure for all questions, as plain text."""
    columns = [BY_NAME[name] for name in TABLE if name in evaluation.summaries[0].figures]
    head = ["", "n", *(column.short for column in columns)]
    rows = [
        [summary.name, str(summary.n), *(with_interval(column, summary.figures.get(column.name)) for column in columns)]
        for summary in evaluation.summaries
    ]
    note = "Shares in %, each with its 95 % bootstrap interval over questions; n: questions."
    return "\n".join([aligned([head, *rows]), "", aligned(_every_figure(evaluation)), "", note])


def _every_figure(evaluation: Evaluation) -> list[list[str]]:
    overall = evaluation.summaries[0]
    rows = [["every figure, all questions", "n", ""]]
    for name, value in overall.figures.items():
        rows.append([BY_NAME[name].label, str(value.n), with_interval(BY_NAME[name], value)])
    for step, ms in timings(evaluation).items():
        rows.append([f"time to {step}, p50 / p95", str(overall.n), f"{ms['p50']:.0f} / {ms['p95']:.0f} ms"])
    return rows


def with_interval(figure: Figure, value: Value | None) -> str:
    """`82.3 75–88`, or nothing where the figure does not apply."""
    if value is None:
        return ""
    if value.interval is None:
        return number(figure, value.value)
    return f"{number(figure, value.value)} {ends(figure, value.interval)}"


def number(figure: Figure, value: float) -> str:
    """A figure's value as it is shown: `82.3` for a share, `0.41` or `31.5` for others."""
    if figure.percent:
        return "100" if value == 1.0 else f"{100 * value:.1f}"
    return _minus(f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}")


def ends(figure: Figure, interval: Interval) -> str:
    """An interval as it is shown, with no more digits than it is worth: `75–88`, `−0.2 to 0.4`."""
    low, high = (f"{100 * end:.0f}" if figure.percent else number(figure, end) for end in interval)
    return f"{low} to {high}" if low.startswith("−") else f"{low}–{high}"


def signed(figure: Figure, difference: Difference) -> list[str]:
    """Before, after, change and the change's interval, as cells."""

    def shown(value: float) -> str:
        text = f"{100 * value:+.1f}" if figure.percent else f"{value:+.2f}"
        return _minus(text) if float(text) else text[1:]

    both = f"{shown(difference.interval.low)} to {shown(difference.interval.high)}" if difference.interval else ""
    return [number(figure, difference.before), number(figure, difference.after), shown(difference.change), both]


def _minus(text: str) -> str:
    return text.replace("-", "−")


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, the first flush left, the others flush right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
