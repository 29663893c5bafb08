"""Figures -> SVG, drawn by hand: no plotting library, the page's own colours in light and dark, the same bytes each time.

In: numbers. Out: `Markup` to put into the report. Sizes are in the units of a picture WIDTH wide.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from assistant.evaluation.bootstrap import Interval
from assistant.evaluation.figures import Difference, Summary
from assistant.evaluation.metrics import Point, percentile

WIDTH = 460
N_BINS = 24
ROW = 21


class Frame(NamedTuple):
    """Where a plot's axes lie."""

    left: float
    right: float
    top: float
    bottom: float

    def x(self, share: float) -> str:
        return _n(self.left + share * (self.right - self.left))

    def y(self, share: float) -> str:
        return _n(self.bottom - share * (self.bottom - self.top))


def scores_by_group(summaries: Sequence[Summary], figure: str = "right") -> Markup:
    """One row a group, best first: a dot for the share, a line for its interval."""
    rows = [(s.name.removeprefix("tag "), s.n, s.figures[figure]) for s in summaries if figure in s.figures]
    rows.sort(key=lambda row: (-row[2].value, row[0]))
    frame = Frame(150, WIDTH - 52, 8, 8 + ROW * len(rows))
    parts = [_vertical_grid(frame, ((share, f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)))]
    for i, (name, n, value) in enumerate(rows):
        middle = _n(frame.top + ROW * (i + 0.5))
        parts.append(_text(frame.left - 12, middle, f"{_cut(name)} ", "end", small=str(n)))
        if value.interval:
            low, high = value.interval
            parts.append(_line(frame.x(low), middle, frame.x(high), middle, "whisker"))
        tip = f"{name}: {value.value:.1%} of {n}" + (f", {value.interval.low:.0%} to {value.interval.high:.0%}" if value.interval else "")
        parts.append(Markup('<circle class="dot" cx="{}" cy="{}" r="4.5"><title>{}</title></circle>').format(frame.x(value.value), middle, tip))
        parts.append(_text(WIDTH - 2, middle, f"{value.value:.0%}", "end"))
    return _svg(parts, frame.bottom + 26, f"Share of questions answered right, by tag, {len(rows)} tags")


def risk_coverage(curve: Sequence[Point]) -> Markup:
    """Of the answers given from the surest down: the share that is wrong."""
    frame = Frame(44, WIDTH - 12, 12, 200)
    if not curve:
        return _nothing("No question was answered.")
    top = _nice(max(point.risk for point in curve))
    ticks = [top * i / 4 for i in range(5)]
    parts = [
        _horizontal_grid(frame, ((tick / top, f"{tick:.0%}") for tick in ticks)),
        _vertical_grid(frame, ((share, f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)), lines=False),
    ]
    points = [(frame.x(point.coverage), frame.y(point.risk / top)) for point in curve]
    line = " ".join(f"{x},{y}" for x, y in points)
    foot = f"{points[-1][0]},{frame.y(0)} {points[0][0]},{frame.y(0)}"
    parts.append(Markup('<polygon class="area" points="{}"/><polyline class="curve" points="{}"/>').format(f"{line} {foot}", line))
    end = curve[-1]
    tip = f"{end.coverage:.0%} answered, {end.risk:.0%} of these wrong"
    parts.append(Markup('<circle class="dot" cx="{}" cy="{}" r="4.5"><title>{}</title></circle>').format(*points[-1], tip))
    above = end.risk / top < 0.85
    parts.append(_text(min(float(points[-1][0]) + 4, WIDTH - 12), _n(float(points[-1][1]) + (-15 if above else 17)), tip, "end", halo=True))
    return _svg(parts, frame.bottom + 40, "Risk-coverage curve", x_label="share of questions answered, surest first", frame=frame)


def score_histogram(answerable: Mapping[bool, Sequence[float]], unanswerable: Mapping[bool, Sequence[float]]) -> Markup:
    """Confidence of answerable questions upwards, of unanswerable ones downwards; filled where answered, open where declined.

    Args:
        answerable, unanswerable: Confidences by whether the question was answered.
    """
    everything = [x for group in (answerable, unanswerable) for values in group.values() for x in values]
    if not everything:
        return _nothing("No question was asked.")
    low, high = min(everything), max(everything)
    up = {answered: _bins(values, low, high) for answered, values in answerable.items()}
    down = {answered: _bins(values, low, high) for answered, values in unanswerable.items()}
    most = max(sum(bins[i] for bins in group.values()) for group in (up, down) for i in range(N_BINS)) or 1
    frame = Frame(44, WIDTH - 12, 10, 210)
    middle, unit = 110.0, 96 / most
    parts = [_count_axis(frame, middle, unit, most)]
    width = (frame.right - frame.left) / N_BINS
    for group, sign, word in ((up, -1.0, "answerable"), (down, 1.0, "unanswerable")):
        for i in range(N_BINS):
            at = middle
            for answered in (True, False):
                n = group.get(answered, [0] * N_BINS)[i]
                if n:
                    to = at + sign * n * unit
                    style = f"{word} {'answered' if answered else 'declined'}"
                    tip = f"{n} {word}, {'answered' if answered else 'declined'}, score {low + (high - low) * i / N_BINS:.2f} to {low + (high - low) * (i + 1) / N_BINS:.2f}"
                    parts.append(_bar(frame.left + i * width + 1, min(at, to), width - 2, abs(to - at), style, tip))
                    at = to
    parts.append(_line(frame.x(0), _n(middle), frame.x(1), _n(middle), "axis"))
    ends = ((share, f"{low + share * (high - low):.2f}") for share in (0, 0.5, 1))
    parts.append(_vertical_grid(frame, ends, lines=False))
    parts.append(_text(frame.left + 4, "16", "answerable", "start", halo=True))
    parts.append(_text(frame.left + 4, "204", "unanswerable", "start", halo=True))
    return _svg(parts, frame.bottom + 40, "Histogram of scores", x_label="score: how sure the answer is", frame=frame)


def latency(steps: Mapping[str, Sequence[float]]) -> Markup:
    """One histogram a step on a common logarithmic axis, the 50th and 95th percentile marked."""
    everything = [max(ms, 0.1) for values in steps.values() for ms in values]
    if not everything:
        return _nothing("Nothing was timed.")
    low = 10 ** math.floor(math.log10(min(everything)))
    high = 10 ** math.ceil(math.log10(max(everything) * 1.001))
    span = math.log10(high / low)
    height, parts = 74.0, []
    frame = Frame(76, WIDTH - 12, 8, 8 + height * len(steps))
    decades = [low * 10**i for i in range(round(span) + 1)]
    parts.append(_vertical_grid(frame, ((math.log10(ms / low) / span, _ms(ms)) for ms in decades)))
    for row, (step, values) in enumerate(steps.items()):
        bottom = frame.top + height * (row + 1) - 6
        shares = [math.log10(max(ms, 0.1) / low) / span for ms in values]
        bins = _bins(shares, 0.0, 1.0, n=2 * N_BINS)
        width = (frame.right - frame.left) / len(bins)
        for i, n in enumerate(bins):
            if n:
                tall = (height - 26) * n / max(bins)
                parts.append(_bar(frame.left + i * width + 0.5, bottom - tall, width - 1, tall, "answerable answered", f"{n} questions"))
        parts.append(_line(frame.x(0), _n(bottom), frame.x(1), _n(bottom), "axis"))
        parts.append(_text(frame.left - 12, _n(bottom - 20), step, "end"))
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            ms = percentile(values, share)
            x = frame.x(math.log10(max(ms, 0.1) / low) / span)
            parts.append(_line(x, _n(bottom), x, _n(bottom - height + 22), "mark"))
            anchor = "end" if share == 0.5 else "start"
            parts.append(_text(float(x) + (3 if anchor == "start" else -3), _n(bottom - height + 20), f"{name} {_ms(ms)}", anchor, halo=True))
    return _svg(parts, frame.bottom + 40, "Time by step", x_label="milliseconds, logarithmic", frame=frame)


def change(difference: Difference, reach: float) -> Markup:
    """One figure's change and interval around zero, on an axis from `-reach` to `reach`."""
    frame = Frame(4, 156, 0, 20)

    def at(value: float) -> str:
        return frame.x(0.5 + 0.5 * max(-1.0, min(1.0, value / reach)))

    parts = [_line(at(0), "2", at(0), "18", "axis")]
    if difference.interval:
        parts.append(_line(at(difference.interval.low), "10", at(difference.interval.high), "10", "whisker"))
    parts.append(Markup('<circle class="dot" cx="{}" cy="10" r="4"/>').format(at(difference.change)))
    return Markup('<svg class="change" viewBox="0 0 160 20" aria-hidden="true">{}</svg>').format(Markup("").join(parts))


def excludes_zero(interval: Interval | None) -> bool:
    return interval is not None and (interval.low > 0 or interval.high < 0)


# Pieces


def _svg(parts: Iterable[Markup], height: float, title: str, *, x_label: str = "", frame: Frame | None = None) -> Markup:
    label = _text((frame.left + frame.right) / 2, _n(height - 8), x_label, "middle", soft=True) if frame else Markup("")
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        WIDTH, _n(height), title, Markup("").join(parts), label
    )


def _nothing(message: str) -> Markup:
    return Markup('<p class="soft">{}</p>').format(message)


def _text(x: float, y: str, text: str, anchor: str, *, soft: bool = False, halo: bool = False, small: str = "") -> Markup:
    style = " ".join(filter(None, ["soft" if soft else "", "halo" if halo else ""]))
    count = Markup('<tspan class="soft">{}</tspan>').format(small) if small else ""
    return Markup('<text x="{}" y="{}" text-anchor="{}" class="{}">{}{}</text>').format(_n(x), y, anchor, style, text, count)


def _line(x1: str, y1: str, x2: str, y2: str, style: str) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(x1, y1, x2, y2, style)


def _bar(x: float, y: float, width: float, height: float, style: str, tip: str) -> Markup:
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}"><title>{}</title></rect>').format(
        _n(x), _n(y), _n(width), _n(height), style, tip
    )


def _vertical_grid(frame: Frame, ticks: Iterable[tuple[float, str]], *, lines: bool = True) -> Markup:
    parts = []
    for share, label in ticks:
        x = frame.x(share)
        if lines:
            parts.append(_line(x, _n(frame.top), x, _n(frame.bottom), "grid"))
        parts.append(_text(float(x), _n(frame.bottom + 14), label, "middle", soft=True))
    return Markup("").join(parts)


def _horizontal_grid(frame: Frame, ticks: Iterable[tuple[float, str]]) -> Markup:
    parts = []
    for share, label in ticks:
        parts.append(_line(frame.x(0), frame.y(share), frame.x(1), frame.y(share), "grid"))
        parts.append(_text(frame.left - 8, frame.y(share), label, "end", soft=True))
    return Markup("").join(parts)


def _count_axis(frame: Frame, middle: float, unit: float, most: int) -> Markup:
    """Counts both ways from the middle."""
    step = max(1, round(_nice(most / 2)) if most > 4 else 1)
    parts = []
    for count in range(-(most // step) * step, most + 1, step):
        y = _n(middle - count * unit)
        parts.append(_line(frame.x(0), y, frame.x(1), y, "grid"))
        parts.append(_text(frame.left - 8, y, str(abs(count)), "end", soft=True))
    return Markup("").join(parts)


def _bins(values: Sequence[float], low: float, high: float, *, n: int = N_BINS) -> list[int]:
    bins = [0] * n
    for value in values:
        share = (value - low) / (high - low) if high > low else 0.5
        bins[min(n - 1, int(share * n))] += 1
    return bins


def _nice(value: float) -> float:
    """The next number of 1, 2, 4, 5 or 10 times a power of ten; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 10) if step * power >= value - 1e-12)


def _ms(ms: float) -> str:
    return f"{ms:g} ms" if ms < 10 and ms == round(ms, 1) else f"{ms:,.0f} ms" if ms >= 10 else f"{ms:.1f} ms"


def _cut(name: str) -> str:
    return name if len(name) <= 18 else name[:17] + "…"


def _n(value: float) -> str:
    """A number of at most one decimal, as short as it can be."""
    return f"{value:.1f}".removesuffix(".0")
