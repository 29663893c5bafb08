"""A scored run (and one to compare with) -> one HTML file that opens offline: figures, plots, and every question.

In: an `Evaluation`. Out: a page that asks nothing of the network, everything in it escaped, the same bytes for the same run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from assistant.evaluation import outputs, plots, table
from assistant.evaluation.figures import (
    BY_NAME,
    FIGURES,
    Better,
    Difference,
    Figure,
    curve,
)
from assistant.evaluation.metrics import targets_on
from assistant.evaluation.outputs import Evaluation, OtherRun
from assistant.evaluation.runs import Result, citation_places, hit_places
from assistant.evaluation.scores import Outcome, found_by_rank, missing, outcome, said_by, why_wrong
from assistant.types import Citation, Document, Hit, Span

TEMPLATES = Path(__file__).parent / "templates"
HEADLINE = ("right", "citation_f1", "declined", "refused", "verbatim", "ndcg@10")
AROUND = 260
"""Characters shown on either side of a citation that lies in none of the passages found."""
HIT_CHARS = 150


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A citation in its passage: the quote marked, the expected evidence underlined."""

    citation: Citation
    on_evidence: bool
    verbatim: bool
    text: Markup


@dataclass(frozen=True, slots=True)
class FoundPassage:
    hit: Hit
    on_evidence: bool
    opening: str


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that was expected, and what became of it."""

    text: str
    met: bool
    where: str = ""


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question as the page shows it."""

    anchor: str
    result: Result
    outcome: Outcome
    why: str
    words: tuple[Expected, ...]
    evidence: tuple[Expected, ...]
    cited: tuple[CitedPassage, ...]
    found: tuple[FoundPassage, ...]
    flipped: str = ""
    searched: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure's change against another run."""

    figure: Figure
    cells: tuple[str, ...]
    good: bool | None
    picture: Markup


def write_report(path: Path, evaluation: Evaluation, other: OtherRun | None = None) -> None:
    """Write the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(evaluation, other), encoding="utf-8")


def render(evaluation: Evaluation, other: OtherRun | None = None) -> str:
    """The page as text."""
    names = outputs.common_questions(other, evaluation) if other else []
    lost, gained = outputs.flips(other.scores, evaluation.scores, names) if other else ([], [])
    flipped = dict.fromkeys(lost, "lost") | dict.fromkeys(gained, "gained")
    views = [question_view(i, result, flipped) for i, result in enumerate(evaluation.results, start=1)]
    return _environment.get_template("report.html").render(
        evaluation=evaluation,
        overall=evaluation.summaries[0],
        headline=[BY_NAME[name] for name in HEADLINE if name in evaluation.summaries[0].figures],
        parts=_parts(evaluation),
        timings=outputs.timings(evaluation),
        plots=_plots(evaluation),
        views=views,
        n_by_outcome={each: sum(view.outcome is each for view in views) for each in Outcome},
        tags=sorted({tag for result in evaluation.results for tag in result.question.tags}),
        other=other,
        n_common=len(names),
        changes=_changes(evaluation, other, names) if other else [],
        lost=[view for view in views if view.flipped == "lost"],
        gained=[view for view in views if view.flipped == "gained"],
    )


def _parts(evaluation: Evaluation) -> dict[str, list[Figure]]:
    """The figures that have a value, by what they tell about."""
    shown = [figure for figure in FIGURES if figure.name in evaluation.summaries[0].figures]
    return {part: [f for f in shown if f.part == part] for part in dict.fromkeys(figure.part for figure in shown)}


def _plots(evaluation: Evaluation) -> dict[str, Markup]:
    tagged = [summary for summary in evaluation.summaries if summary.name.startswith("tag ")]
    return {
        "by_tag": plots.scores_by_group(tagged or evaluation.summaries),
        "risk": plots.risk_coverage(curve(evaluation.ordered_scores)),
        "scores": plots.score_histogram(*(_confidences(evaluation, answerable) for answerable in (True, False))),
        "latency": plots.latency(_timed(evaluation)),
    }


def _confidences(evaluation: Evaluation, answerable: bool) -> dict[bool, list[float]]:
    """Confidences of the answerable or the unanswerable questions, by whether they were answered."""
    results = [result for result in evaluation.results if result.question.answerable is answerable]
    return {given: [r.confidence for r in results if (r.answer.abstained is None) is given] for given in (True, False)}


def _timed(evaluation: Evaluation) -> dict[str, list[float]]:
    steps = dict.fromkeys(step for result in evaluation.results for step in result.answer.timings_ms)
    return {step: [r.answer.timings_ms[step] for r in evaluation.results if step in r.answer.timings_ms] for step in steps}


def _changes(evaluation: Evaluation, other: OtherRun, names: Sequence[str]) -> list[Change]:
    moved = outputs.changes(evaluation, other, names)
    ends = [abs(end) for figure, each in moved if figure.percent for end in (*(each.interval or ()), each.change)]
    return [
        Change(
            figure,
            tuple(table.signed(figure, each)),
            _good(figure, each),
            plots.change(each, max([*ends, 0.01])) if figure.percent else Markup(""),
        )
        for figure, each in moved
    ]


def _good(figure: Figure, difference: Difference) -> bool | None:
    """Whether a change is for the better; None where its interval holds zero or the figure has no better side."""
    if figure.better is Better.NEITHER or not plots.excludes_zero(difference.interval):
        return None
    return (difference.change > 0) is (figure.better is Better.HIGHER)


# One question


def question_view(number: int, result: Result, flipped: Mapping[str, str]) -> QuestionView:
    """Everything the page says about one question."""
    question = result.question
    said = said_by(result) if result.answer.abstained is None else ""
    met_answers = [Expected(answer, not missing([answer], said)) for answer in question.answers]
    must = [Expected(text, not missing([text], said), "must be said") for text in question.must_include]
    words = (question.id, question.question, *question.history, result.answer.text)
    return QuestionView(
        anchor=f"q{number}",
        result=result,
        outcome=outcome(result),
        why=why_wrong(result),
        words=(*met_answers, *must),
        evidence=tuple(_evidence(result)),
        cited=tuple(_cited(result)),
        found=tuple(_found(result)),
        flipped=flipped.get(question.id, ""),
        searched=" ".join(str(word) for word in words).casefold(),
    )


def _evidence(result: Result) -> list[Expected]:
    """What was to be cited, and how far it got."""
    ranks = found_by_rank(result)
    cited = targets_on([p for c in result.answer.citations for p in citation_places(c)], result.targets)
    quoted = [(e.source, e.quote) for e in result.question.evidence] or [(s, "") for s in result.question.gold_sources]
    expected = []
    for i, (source, quote) in enumerate(quoted):
        rank = next((rank for rank, found in enumerate(ranks, start=1) if i in found), None)
        reached = "cited" if i in cited else f"found at rank {rank}, not cited" if rank else "not found"
        expected.append(Expected(quote or source, i in cited, f"{source} · {reached}" if quote else reached))
    return expected


def _cited(result: Result) -> list[CitedPassage]:
    evidence = [place for target in result.targets for place in target if not result.by_document]
    shown = []
    for citation, verbatim in zip(result.answer.citations, result.verbatim, strict=True):
        document, around = _passage_of(citation, result.answer.hits)
        on_evidence = bool(targets_on(citation_places(citation), result.targets))
        underlined = [Span(p.start, p.end) for p in evidence if p.source == citation.source]
        text = marked(document.text, around, Span(citation.start, citation.end), underlined) if document else escape(citation.quote)
        shown.append(CitedPassage(citation, on_evidence, verbatim, text))
    return shown


def _passage_of(citation: Citation, hits: Sequence[Hit]) -> tuple[Document | None, Span]:
    """The document of a citation, and the stretch of it to show: the passage found, widened to hold the whole quote."""
    own = [hit for hit in hits if hit.document.id == citation.document_id]
    for hit in own:
        if hit.passage.start < citation.end and citation.start < hit.passage.end:
            return hit.document, Span(min(hit.passage.start, citation.start), max(hit.passage.end, citation.end))
    document = own[0].document if own else None
    last = len(document.text) if document else citation.end
    return document, Span(max(0, citation.start - AROUND), min(last, citation.end + AROUND))


def marked(text: str, around: Span, quote: Span, evidence: Sequence[Span]) -> Markup:
    """`text[around]` escaped, `quote` in a `mark`, evidence underlined; the text itself is unchanged."""
    cuts = {around.start, around.end}
    cuts.update(end for span in (quote, *evidence) for end in span if around.start < end < around.end)
    pieces = []
    for start, end in zip(sorted(cuts), sorted(cuts)[1:], strict=False):
        piece = escape(text[start:end])
        if any(span.holds((start, end)) for span in evidence):
            piece = Markup("<u>{}</u>").format(piece)
        if quote.holds((start, end)):
            piece = Markup("<mark>{}</mark>").format(piece)
        pieces.append(piece)
    return Markup("").join(pieces)


def _found(result: Result) -> list[FoundPassage]:
    return [
        FoundPassage(hit, bool(targets_on(hit_places(hit), result.targets)), shorten(hit.passage.text, HIT_CHARS, placeholder=" …"))
        for hit in result.answer.hits
    ]


def _asked(item: Any) -> str:
    """One item of a history, in words."""
    return item if isinstance(item, str) else f"{item['role']}: {item['content']}"


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_environment.filters["asked"] = _asked
_environment.globals.update(number=table.number, ends=table.ends, Outcome=Outcome, by_name=BY_NAME, Better=Better)
