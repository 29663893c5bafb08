"""The project's own questions on paragraphs of the public sets -> pieces.

SQuADShifts asks nothing that its paragraphs do not answer, and the part of SQuAD 2 that lies here little. A line of `questions/paragraphs.jsonl`
names its paragraph by a checksum: `{"paragraph", "question", "kind", "sentences": [[start, end]], "answer": [start, end]}`, kind `near` for what
the paragraph does not answer, whose sentences are those that tempt.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from examples import Piece, piece, shifts, squad2, window, with_neighbours, without_answer, written

from assistant.encoder import open_encoder
from assistant.types import Span

OTHER, WITHOUT = 0.25, 0.2
"""Shares of the answerable questions asked again of the nearest other paragraph, and of the same without its answering sentence."""


def checksum(paragraph: str) -> str:
    return hashlib.sha256(paragraph.encode()).hexdigest()[:16]


class OnParagraphs:
    """The questions, each beside its paragraph; each pass over them cuts other windows."""

    def __init__(self) -> None:
        texts = {checksum(p.text): p.text for p in (*squad2("train"), *shifts("train"))}
        self.pieces_of = [
            (
                piece(row["question"], texts[row["paragraph"]], [Span(*row["answer"])] if "answer" in row else [], f"paragraph {row['kind']}"),
                [start for start, _ in row["sentences"]],
            )
            for row in written(["paragraphs"])
        ]
        self.others = list(with_neighbours([p for p, _ in self.pieces_of], open_encoder(), random.Random(0), 1.0))

    def pieces(self, chance: random.Random) -> Iterator[Piece]:
        for whole, tempting in self.pieces_of:
            yield window(whole, chance, [i for i, span in enumerate(whole.spans) if span.start in tempting])
            if whole.right and chance.random() < WITHOUT and (bare := without_answer(whole)):
                yield window(bare, chance)
        yield from (window(other, chance) for other in self.others if chance.random() < OTHER)
