"""Pieces -> padded tensors, short ones with short ones."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from examples import Piece
from worded import as_typed

from assistant.reader import MAX_TOKENS, Pair, lay_out


def batches(pieces: Sequence[Piece], tokenizer: Any, size: int, chance: random.Random) -> Iterator[dict[str, torch.Tensor]]:
    """All pieces once, in random batches of about one length."""
    order = list(pieces)
    chance.shuffle(order)
    for block in range(0, len(order), size * 40):
        laid = [row for p in order[block : block + size * 40] if (row := prepare(p, tokenizer, chance)) is not None]
        laid.sort(key=lambda row: len(row["ids"]))
        groups = [laid[i : i + size] for i in range(0, len(laid), size)]
        chance.shuffle(groups)
        yield from (collate(group) for group in groups)


def prepare(p: Piece, tokenizer: Any, chance: random.Random | None = None) -> dict[str, Any] | None:
    """Token ids and targets of one piece; None where the answering sentence was cut off."""
    title = p.title if chance is None or chance.random() > 0.15 else None
    published = p.published if chance is None or chance.random() > 0.3 else None
    question = p.question if chance is None else as_typed(p.question, chance)
    pair: Pair = lay_out(tokenizer, question, p.text, p.spans, title, published)
    kept = set(pair.sentence[pair.sentence >= 0].tolist())
    right = [i for i in p.right if i in kept]
    if p.right and not right:
        return None
    start = end = -1
    answers = [a for a in p.answers if _sentence_of(p, a.start) in right]
    if answers:
        answer = answers[0] if chance is None else chance.choice(answers)
        sentence = _sentence_of(p, answer.start)
        inside = [t for t in np.flatnonzero(pair.sentence == sentence) if pair.ends[t] > answer.start and pair.starts[t] < answer.end]
        if inside:
            start, end = int(inside[0]), int(inside[-1])
    return {"ids": pair.ids, "types": pair.types, "sentence": pair.sentence, "right": right, "n": max(kept, default=-1) + 1, "start": start, "end": end}


def _sentence_of(p: Piece, offset: int) -> int:
    return next((i for i, s in enumerate(p.spans) if s.start <= offset < s.end), -1)


def collate(rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    width = max(len(row["ids"]) for row in rows)
    n = max(max(row["n"] for row in rows), 1)
    assert width <= MAX_TOKENS

    def padded(name: str, fill: int) -> torch.Tensor:
        return torch.tensor(np.array([np.pad(row[name], (0, width - len(row[name])), constant_values=fill) for row in rows]), dtype=torch.long)

    right = torch.zeros(len(rows), n, dtype=torch.bool)
    for i, row in enumerate(rows):
        right[i, row["right"]] = True
    ids = padded("ids", 0)
    return {
        "input_ids": ids,
        "attention_mask": torch.tensor(np.array([[1] * len(row["ids"]) + [0] * (width - len(row["ids"])) for row in rows])),
        "token_type_ids": padded("types", 0),
        "sentence": padded("sentence", -1),
        "right": right,
        "n": torch.tensor([row["n"] for row in rows]),
        "start": torch.tensor([row["start"] for row in rows]),
        "end": torch.tensor([row["end"] for row in rows]),
    }
