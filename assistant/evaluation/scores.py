"""One result -> its scores by name, and in words why it counts as wrong.

In: a `Result`. Out: `Scores`; a measure that does not apply to a question (citations of a declined one) has no entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from assistant.evaluation import metrics
from assistant.evaluation.metrics import contains, judged, targets_on
from assistant.evaluation.runs import Result, citation_places, hit_places

Scores = dict[str, float]

CONFLICT = "conflict"
"""The tag of questions on which sources disagree."""
CUTS = (1, 5, 10)
MOSTLY = 0.5
DIGITS = 6


class Outcome(StrEnum):
    """What became of a question."""

    RIGHT = "right"
    WRONG = "wrong"
    REFUSED = "refused"
    ANSWERED_UNANSWERABLE = "answered unanswerable"


def outcome(result: Result) -> Outcome:
    """What a question counts as.

    Right is: one of the expected answers is there and everything that must be said; where neither is named, at least half of the
    citations are on the evidence; and for an unanswerable question, that the answer declines.
    """
    declined = result.answer.abstained is not None
    if not result.question.answerable:
        return Outcome.RIGHT if declined else Outcome.ANSWERED_UNANSWERABLE
    if declined:
        return Outcome.REFUSED
    return Outcome.WRONG if why_wrong(result) else Outcome.RIGHT


def scores(result: Result) -> Scores:
    """Every measure that applies."""
    found = _every(result)
    if result.question.answerable:
        found |= _retrieval(result)
        if result.answer.abstained is None:
            found |= _answer(result) | _citations(result)
        else:
            found |= _declined(result)
        if CONFLICT in result.question.tags:
            found["both_sides"] = float(both_sides(result))
    return found


def mean_of(runs: Sequence[Scores]) -> Scores:
    """The scores of one question over several runs, to the digits that are written, so that a run read back equals itself."""
    names = dict.fromkeys(name for run in runs for name in run)
    given = {name: [run[name] for run in runs if name in run] for name in names}
    return {name: round(sum(values) / len(values), DIGITS) for name, values in given.items()}


UTILITY = {Outcome.RIGHT: 1.0, Outcome.REFUSED: 0.0, Outcome.WRONG: -1.0, Outcome.ANSWERED_UNANSWERABLE: -1.0}
"""Declining what the sources do not answer is right."""


def _every(result: Result) -> Scores:
    """What applies to every question: outcome, abstention, verbatim citations, length."""
    answer, became = result.answer, outcome(result)
    declined, unanswerable = answer.abstained is not None, not result.question.answerable
    length = {} if declined else {"words": float(len(said_by(result).split()))}
    return length | {
        "right": float(became is Outcome.RIGHT),
        "utility": UTILITY[became],
        "declined": float(declined),
        "unanswerable": float(unanswerable),
        "confidence": result.confidence,
        "n_citations": float(len(answer.citations)),
        "n_verbatim": float(sum(result.verbatim)),
        "n_statements": float(len(answer.statements)),
        "n_uncited": float(sum(not statement.citations for statement in answer.statements)),
    }


def _retrieval(result: Result) -> Scores:
    if not result.targets:
        return {}
    ranking = judged(found_by_rank(result), len(result.targets))
    return {f"hit@{k}": metrics.hit_at(ranking, k) for k in CUTS} | {
        "recall@10": metrics.recall_at(ranking, 10),
        "mrr@10": metrics.reciprocal_rank_at(ranking, 10),
        "ndcg@10": metrics.ndcg_at(ranking, 10),
    }


def found_by_rank(result: Result) -> list[frozenset[int]]:
    """The targets that each rank is on. Where documents are the targets, documents are ranked, each by its best hit."""
    found = [targets_on(hit_places(hit), result.targets) for hit in result.answer.hits]
    if not result.by_document:
        return found
    firsts = {hit.document.source: i for i, hit in reversed(list(enumerate(result.answer.hits)))}
    return [found[i] for i in sorted(firsts.values())]


def _answer(result: Result) -> Scores:
    question, answer = result.question, result.answer
    said = said_by(result)
    found: Scores = {}
    if question.answers:
        found["contains"] = float(any(contains(said, one) for one in question.answers))
        found["exact"] = metrics.exact_match(answer.answer or "", question.answers)
        found["f1"] = metrics.token_f1(answer.answer or "", question.answers)
    if question.must_include:
        found["must_include"] = float(not missing(question.must_include, said))
    return found


def _citations(result: Result) -> Scores:
    if not result.targets:
        return {}
    found = [targets_on(citation_places(citation), result.targets) for citation in result.answer.citations]
    precision, recall = metrics.citation_precision(found), metrics.citation_recall(found, len(result.targets))
    given = {"citation_precision": precision} if found else {}
    return given | {"citation_recall": recall, "citation_f1": metrics.f1(precision, recall)}


def _declined(result: Result) -> Scores:
    """What a refusal of an answerable question scores: nothing was said, so precision and length do not apply."""
    question = result.question
    return (
        (dict.fromkeys(("contains", "exact", "f1"), 0.0) if question.answers else {})
        | ({"must_include": 0.0} if question.must_include else {})
        | (dict.fromkeys(("citation_recall", "citation_f1"), 0.0) if result.targets else {})
    )


def said_by(result: Result) -> str:
    """The answer's words, without citation numbers."""
    return " ".join(filter(None, [result.answer.answer, *(s.text for s in result.answer.statements)]))


def missing(wanted: Iterable[str], said: str) -> list[str]:
    """Those of `wanted` that do not appear."""
    return [one for one in wanted if not contains(said, one)]


def both_sides(result: Result) -> bool:
    """Whether every side of a disagreement was shown: each string that must appear does, else each evidence is cited."""
    if result.answer.abstained is not None:
        return False
    if result.question.must_include:
        return not missing(result.question.must_include, said_by(result))
    cited = [place for citation in result.answer.citations for place in citation_places(citation)]
    return len(targets_on(cited, result.targets)) == len(result.targets)


def why_wrong(result: Result) -> str:
    """In words, what is wrong with an answer; empty where nothing is."""
    question, answer = result.question, result.answer
    if not question.answerable:
        return "" if answer.abstained else "Answered, though the sources do not answer this."
    if answer.abstained:
        return "Declined, though the sources answer this. " + where_evidence_was(result)
    said = said_by(result)
    wrongs = []
    if question.answers and not any(contains(said, one) for one in question.answers):
        wrongs.append(f"None of the expected answers stands in it: {_quoted(question.answers)}.")
    if lacking := missing(question.must_include, said):
        wrongs.append(f"It must say {_quoted(lacking)} and does not.")
    if not question.answers and not question.must_include and not _mostly_on_evidence(result):
        wrongs.append("Fewer than half of its citations are on the evidence.")
    return " ".join([*wrongs, where_evidence_was(result)]) if wrongs else ""


def _cites_evidence(result: Result) -> bool:
    return any(targets_on(citation_places(citation), result.targets) for citation in result.answer.citations)


def _mostly_on_evidence(result: Result) -> bool:
    found = [targets_on(citation_places(citation), result.targets) for citation in result.answer.citations]
    return metrics.citation_precision(found) >= MOSTLY


def where_evidence_was(result: Result) -> str:
    """Whether it was search that failed, or the choice among what it found."""
    if not result.targets:
        return ""
    thing = "A source that answers" if result.by_document else "The evidence"
    rank = next((i for i, found in enumerate(found_by_rank(result), start=1) if found), None)
    if rank is None:
        return f"{thing} was not among the {len(result.answer.hits)} passages found."
    return f"{thing} was found at rank {rank}{', and cited' if _cites_evidence(result) else ', but not cited'}."


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"“{text}”" for text in texts)
