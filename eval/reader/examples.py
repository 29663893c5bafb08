"""Public question sets and the project's own questions -> what the reader is trained on and measured with.

A `Piece` is one question beside one passage: the sentences that answer it there, and the answering words where they are known. A
piece with no answering sentence says that the passage does not answer.

The public sets lie beside the project (`DATA`) and are not part of it; the questions written for it name their articles by id.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from assistant.cleaning import split_paragraphs
from assistant.sentences import sentences
from assistant.types import Span

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
QUESTIONS = Path(__file__).resolve().parent / "questions"
SHIFTS = ("squadshifts/new_wiki", "squadshifts/reddit", "squadshifts/amazon_reviews")

WINDOW_CHARS = 480
"""Paragraphs are cut to about this much, at sentences: the size of the passages that are read later, about 110 tokens."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One question beside one passage.

    Attributes:
        spans: The sentences of `text`.
        right: Which of them answer; empty where the passage does not.
        answers: The answering words, as spans of `text`.
        kind: Where it comes from, for counting.
    """

    question: str
    title: str | None
    published: str | None
    text: str
    spans: tuple[Span, ...]
    right: tuple[int, ...]
    answers: tuple[Span, ...]
    kind: str


def read(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def part(group: str) -> str:
    """`test` (a tenth), `dev` (a twentieth) or `train`, by group of paragraphs, the same on every machine."""
    n = int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % 20
    return "test" if n < 2 else "dev" if n == 2 else "train"


def squad2_part(group: str) -> str:
    """The same for SQuAD 2, of which a quarter is held out."""
    return "test" if int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % 4 == 0 else "train"


@cache
def sentence_spans(text: str) -> tuple[Span, ...]:
    return tuple(s for paragraph in split_paragraphs(text, Span(0, len(text))) for s in sentences(text, paragraph))


def piece(question: str, text: str, answers: Sequence[Span], kind: str, *, title: str | None = None, published: str | None = None) -> Piece:
    spans = sentence_spans(text)
    right = tuple(i for i, s in enumerate(spans) if any(s.start <= a.start < s.end for a in answers))
    return Piece(question, title, published, text, spans, right, tuple(answers), kind)


def window(whole: Piece, chance: random.Random, around: Sequence[int] = ()) -> Piece:
    """Some neighbouring sentences of a long piece, an answering one among them, or one of those numbered in `around`, or any."""
    spans = whole.spans
    if not spans or spans[-1].end - spans[0].start <= WINDOW_CHARS:
        return whole
    first = last = chance.choice(whole.right or tuple(around) or range(len(spans)))
    while spans[last].end - spans[first].start < WINDOW_CHARS and (first > 0 or last + 1 < len(spans)):
        if last + 1 >= len(spans) or (first > 0 and chance.random() < 0.5):
            first -= 1
        else:
            last += 1
    return cut(whole, first, last)


def cut(whole: Piece, first: int, last: int) -> Piece:
    """The sentences `first` to `last` of a piece, as a piece."""
    start, end = whole.spans[first].start, whole.spans[last].end
    answers = tuple(Span(a.start - start, a.end - start) for a in whole.answers if start <= a.start and a.end <= end)
    spans = tuple(Span(s.start - start, s.end - start) for s in whole.spans[first : last + 1])
    right = tuple(i - first for i in whole.right if first <= i <= last)
    return Piece(whole.question, whole.title, whole.published, whole.text[start:end], spans, right, answers, whole.kind)


def without_answer(whole: Piece) -> Piece | None:
    """The same passage with the answering sentences taken out; None where the answer stands elsewhere in it too."""
    kept = [whole.text[s.start : s.end] for i, s in enumerate(whole.spans) if i not in whole.right]
    rest = " ".join(kept)
    said = {whole.text[a.start : a.end].lower() for a in whole.answers}
    if len(kept) < 2 or any(answer in rest.lower() for answer in said):
        return None
    return piece(whole.question, rest, (), f"{whole.kind} without", title=whole.title, published=whole.published)


# The public sets


def shifts(which: str) -> Iterator[Piece]:
    """SQuADShifts questions of one part."""
    for name in SHIFTS:
        for row in read(name):
            if part(row["group"]) == which:
                yield _from_row(row, name.split("/")[1])


def squad2(which: str) -> Iterator[Piece]:
    """SQuAD 2 questions of one part, answerable and not."""
    for row in read("squad2/dev-part"):
        if squad2_part(row["group"]) == which:
            yield _from_row(row, "squad2")


def _from_row(row: dict[str, Any], kind: str) -> Piece:
    answers = [Span(a["start"], a["start"] + len(a["text"])) for a in row["answers"]]
    return piece(row["question"].strip(), row["context"], answers, kind)


def with_neighbours(pieces: Sequence[Piece], encoder: Any, chance: random.Random, share: float) -> Iterator[Piece]:
    """For a share of the questions, the same question beside the nearest other paragraph that does not hold its answer."""
    contexts = list(dict.fromkeys(p.text for p in pieces))
    vectors = encoder.encode([c[:900] for c in contexts])
    chosen = [p for p in pieces if p.right and chance.random() < share]
    questions = encoder.encode([p.question for p in chosen])
    for p, vector in zip(chosen, questions, strict=True):
        said = {p.text[a.start : a.end].lower() for a in p.answers}
        nearest = np.argsort(-(vectors @ vector), kind="stable")[:6]
        others = [contexts[i] for i in nearest if contexts[i] != p.text and not any(a in contexts[i].lower() for a in said)]
        if others:
            yield piece(p.question, others[0], (), f"{p.kind} other")


# The project's own questions on news articles


@cache
def articles() -> dict[str, dict[str, Any]]:
    """News articles by id."""
    return {row["id"]: row for year in (2023, 2024) for row in read(f"news-qa/{year}-articles")}


def written(names: Iterable[str]) -> list[dict[str, Any]]:
    """The lines of `questions/NAME.jsonl`."""
    return [
        json.loads(line) for name in names for line in (QUESTIONS / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
