"""The project's own questions on news articles -> pieces: the passage that answers, and passages that only look as if they did.

A question names its article by id and the answering sentence by offsets; the articles themselves are not part of the project.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from altered import other_question
from examples import Piece, articles, piece, without_answer, written

from assistant.chunking import chunk, embedded_text
from assistant.encoder import open_encoder
from assistant.types import Document, Passage, Span

NEAREST = 5
"""Wrong passages are drawn from the nearest so many."""
WRONG_PER_ANSWERABLE = 1.2
WITHOUT = 0.25
OTHERWISE = 0.25
"""Share of the questions asked of their passage again with another place or year, or the opposite, where they name one."""


class Ground:
    """The articles that questions are asked of, cut into passages and embedded (when first needed) as the product does it."""

    def __init__(self, ids: list[str]) -> None:
        self.encoder = open_encoder()
        self.passages: list[tuple[Document, Passage]] = []
        self.of: dict[str, list[int]] = {}
        for id in ids:
            row = articles()[id]
            document = Document(id, id, row["text"], title=row["title"], published=row["published"])
            for passage in chunk(document, self.encoder):
                self.of.setdefault(id, []).append(len(self.passages))
                self.passages.append((document, passage))

    @cached_property
    def vectors(self) -> Any:
        return self.encoder.encode([embedded_text(document, passage, self.encoder) for document, passage in self.passages])

    def nearest(self, questions: list[str], n: int) -> list[list[int]]:
        """The passages nearest to each question, nearest first."""
        vectors = self.encoder.encode(questions)
        blocks = (-(vectors[i : i + 256] @ self.vectors.T) for i in range(0, len(questions), 256))
        return [row.tolist() for block in blocks for row in np.argsort(block, axis=1, kind="stable")[:, :n]]

    def piece(self, question: str, i: int, row: dict[str, Any], kind: str) -> Piece:
        """One passage beside the question; it answers where it holds an answering sentence of its own article."""
        document, passage = self.passages[i]
        answers: list[Span] = []
        if row["kind"] != "near" and document.id == row["article"]:
            first = Span(*row["answer"])
            spans = [first, *(Span(start, end) for start, end in row["sentences"][1:])]
            answers = [Span(s.start - passage.start, s.end - passage.start) for s in spans if passage.start <= s.start < passage.end]
        return piece(question, passage.text, answers, kind, title=document.title, published=document.published)

    def says(self, i: int, row: dict[str, Any]) -> bool:
        """Whether a passage holds the answering words, be it by accident."""
        document, passage = self.passages[i]
        start, end = row["answer"]
        return articles()[row["article"]]["text"][start:end].lower() in passage.text.lower() and document.id == row["article"]


class Asked:
    """One file of questions and the ground they are asked of; each pass over it draws other wrong passages."""

    def __init__(self, which: str) -> None:
        self.rows = written([which])
        self.ground = Ground(sorted({row["article"] for row in self.rows}))
        self.nearest = self.ground.nearest([row["question"] for row in self.rows], NEAREST)

    def pieces(self, chance: random.Random, share: float = 1.0, near: float = 1.0) -> Iterator[Piece]:
        """Of a `share` of the questions, and of those that cannot be answered `near` of that."""
        for row, nearest in zip(self.rows, self.nearest, strict=True):
            if chance.random() < share * (near if row["kind"] == "near" else 1.0):
                yield from _pieces(self.ground, row, nearest, chance)


def _pieces(ground: Ground, row: dict[str, Any], nearest: list[int], chance: random.Random) -> Iterator[Piece]:
    question = row["question"]
    if row["kind"] == "near":
        tempting = {i for i in ground.of[row["article"]] for s in row["sentences"] if _holds(ground.passages[i][1], s)}
        for i in [*tempting, *chance.sample([i for i in nearest if i not in tempting], 1)]:
            yield ground.piece(question, i, row, "news near")
        return
    right = [i for i in ground.of[row["article"]] if _holds(ground.passages[i][1], row["sentences"][0])]
    for i in right:
        asked = ground.piece(question, i, row, f"news {row['kind']}")
        if asked.right:
            yield asked
            if chance.random() < WITHOUT and (bare := without_answer(asked)):
                yield bare
            if chance.random() < OTHERWISE and (other := other_question(question, asked.text, chance)):
                yield replace(asked, question=other, right=(), answers=(), kind="news otherwise")
    others = ground.of[row["article"]] if row["kind"] == "short" else nearest  # "how many were hurt?" is answered by many an article
    wrong = [i for i in others if i not in right and not ground.says(i, row)]
    n = min(len(wrong), int(WRONG_PER_ANSWERABLE) + (chance.random() < WRONG_PER_ANSWERABLE % 1))
    for i in chance.sample(wrong, n):
        yield ground.piece(question, i, row, "news other")


def _holds(passage: Passage, sentence: list[int]) -> bool:
    return passage.start <= sentence[0] < passage.end
