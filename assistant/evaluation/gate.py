"""A run + a baseline -> whether answers got worse, and on which questions.

In: outcomes by question, now and when the baseline was written. Out: a `Verdict`. Offline answers repeat, so that every flip is a
change and few are allowed; a language model's do not, so that there intervals over several runs decide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.evaluation.bootstrap import Interval, interval, resamples
from assistant.evaluation.figures import Summary
from assistant.evaluation.questions import EvaluationError

SCHEMA = 1
MAX_NET_LOST = 2
"""More questions than this, net, from right to wrong close the gate."""


class Standing(NamedTuple):
    """How one question came out; shares of the runs where there were several.

    Attributes:
        asked: Digest of what was asked and expected.
        found_first: Whether the first passage found is on the evidence; 0 where there is no evidence to find.
    """

    asked: str
    answerable: bool
    right: float
    answered: float
    found_first: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found.

    Attributes:
        lost, gained: Questions that went from right to wrong and back.
        slipped, climbed: Questions whose evidence is no longer in the first passage found, and those where it is now. An answerer
            that reads ten passages hides a search that got worse, so search is held to its own.
        newly_answered: Unanswerable questions that the baseline declined and this run answers.
        not_verbatim: Questions with a citation that is not verbatim.
        not_compared: Questions that are new, gone, or changed since.
        reasons: Why the gate is closed; empty where it is open.
    """

    lost: tuple[str, ...]
    gained: tuple[str, ...]
    slipped: tuple[str, ...]
    climbed: tuple[str, ...]
    newly_answered: tuple[str, ...]
    not_verbatim: tuple[str, ...]
    not_compared: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.reasons


def judge(
    baseline: Mapping[str, Standing], now: Mapping[str, Standing], *, not_verbatim: Sequence[str], repeats: bool = True
) -> Verdict:
    """Compare standings, question by question.

    Args:
        not_verbatim: Ids of questions of this run with a citation that is not verbatim.
        repeats: The same question gets the same answer, so that no flip is chance.
    """
    common = sorted(name for name in baseline.keys() & now.keys() if baseline[name].asked == now[name].asked)

    def changed(field: str, sign: int) -> tuple[str, ...]:
        return tuple(name for name in common if sign * (getattr(now[name], field) - getattr(baseline[name], field)) > 0)

    unanswerable = [name for name in common if not now[name].answerable]
    newly_answered = tuple(name for name in unanswerable if now[name].answered > baseline[name].answered)
    pairs = [(baseline[name], now[name]) for name in common]
    reasons = _sharp(pairs) if repeats else _by_interval(pairs)
    if not_verbatim:
        reasons.append(f"{_questions(len(not_verbatim))} with a citation that is not verbatim")
    if 2 * len(common) < len(baseline):
        reasons.append(
            f"only {len(common)} of the baseline's {_questions(len(baseline))} were asked again; "
            "if the sets were changed on purpose, write it anew: --update-baseline"
        )
    apart = sorted((baseline.keys() | now.keys()) - set(common))
    return Verdict(
        lost=changed("right", -1),
        gained=changed("right", +1),
        slipped=changed("found_first", -1),
        climbed=changed("found_first", +1),
        newly_answered=newly_answered,
        not_verbatim=tuple(sorted(not_verbatim)),
        not_compared=tuple(apart),
        reasons=tuple(reasons),
    )


Pairs = Sequence[tuple[Standing, Standing]]
"""Each question's standing before and now."""


def _sharp(pairs: Pairs) -> list[str]:
    """Every flip counts."""
    reasons = []
    net_lost = sum((before.right > now.right) - (before.right < now.right) for before, now in pairs)
    net_slipped = sum((before.found_first > now.found_first) - (before.found_first < now.found_first) for before, now in pairs)
    n_newly_answered = sum(not now.answerable and now.answered > before.answered for before, now in pairs)
    if net_lost > MAX_NET_LOST:
        reasons.append(f"{net_lost} questions net went from right to wrong; {MAX_NET_LOST} are allowed")
    if net_slipped > MAX_NET_LOST:
        reasons.append(f"{net_slipped} questions net lost their evidence from the first passage found; {MAX_NET_LOST} are allowed")
    if n_newly_answered:
        reasons.append(f"{_questions(n_newly_answered)} that the sources do not answer, newly answered")
    return reasons


def _by_interval(pairs: Pairs) -> list[str]:
    """The paired bootstrap interval of the change lies wholly on the wrong side."""
    reasons = []
    right = _change([now.right - before.right for before, now in pairs])
    if right and right.high < 0:
        reasons.append(f"right answers changed by {right.low:+.1%} to {right.high:+.1%}")
    first = _change([now.found_first - before.found_first for before, now in pairs])
    if first and first.high < 0:
        reasons.append(f"evidence in the first passage found changed by {first.low:+.1%} to {first.high:+.1%}")
    answered = _change([now.answered - before.answered for before, now in pairs if not now.answerable])
    if answered and answered.low > 0:
        reasons.append(f"unanswerable questions answered changed by {answered.low:+.1%} to {answered.high:+.1%}")
    return reasons


def _change(differences: Sequence[float]) -> Interval | None:
    if not differences:
        return None
    return interval(resamples(len(differences)) @ np.array(differences) / len(differences))


def _questions(n: int) -> str:
    return "1 question" if n == 1 else f"{n} questions"


def write_baseline(path: Path, *, run: Mapping[str, Any], summary: Summary, standings: Mapping[str, Standing]) -> None:
    """Write a baseline, one question a line, so that a change of it reads well in a diff."""
    figures = {name: round(value.value, 6) for name, value in summary.figures.items()}
    head = {"schema": SCHEMA, "run": run, "figures": figures}
    lines = [f"  {json.dumps(name)}: {json.dumps(standings[name]._asdict())}" for name in sorted(standings)]
    opening = json.dumps(head, indent=1, ensure_ascii=False)[:-2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{opening},\n "questions": {{\n' + ",\n".join(lines) + "\n }\n}\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a baseline file holds."""

    run: dict[str, Any]
    standings: dict[str, Standing]


def read_baseline(path: Path) -> Baseline:
    """
    Raises:
        EvaluationError: If there is none, or it is not of this format.
    """
    if not path.is_file():
        raise EvaluationError(f"There is no baseline '{path}'. Write it: assistant eval --baseline {path} --update-baseline")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            raise ValueError(f"its schema is {record['schema']}, not {SCHEMA}")
        return Baseline(record["run"], {name: Standing(**fields) for name, fields in record["questions"].items()})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
        raise EvaluationError(f"The baseline '{path}' cannot be used: {exc}. Write it anew with --update-baseline.") from exc


def moved(baseline: Mapping[str, Any], run: Mapping[str, Any]) -> list[str]:
    """What a run rests on that is not what the baseline rested on, in words; the commit and version may differ."""
    told = []
    for name in ("settings", "corpus", "model", "questions"):
        if baseline.get(name) != run.get(name):
            told.append(f"the {name} differ{'' if name in ('settings', 'questions') else 's'} from the baseline's")
    return told
