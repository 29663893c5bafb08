"""How well the reader reads, on parts it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from batches import collate, prepare
from examples import Piece


@torch.no_grad()
def scores(model: Any, tokenizer: Any, pieces: Sequence[Piece], size: int = 32) -> list[tuple[list[float], float, Any]]:
    """For each piece that fits: the sentences' scores, the score of none, and the token columns."""
    model.eval()
    laid = [(i, prepare(p, tokenizer)) for i, p in enumerate(pieces)]
    order = sorted((row for row in laid if row[1] is not None), key=lambda row: len(row[1]["ids"]))
    found: dict[int, tuple[list[float], float, Any]] = {}
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        batch = collate([row for _, row in rows])
        columns, none = model(batch["input_ids"], batch["attention_mask"], batch["token_type_ids"])
        for k, (i, row) in enumerate(rows):
            sentence = batch["sentence"][k]
            values = []
            for s in range(row["n"]):
                mask = sentence == s
                weight = columns[k, mask, 1].softmax(0)
                values.append(float((weight * columns[k, mask, 0]).sum()) if mask.any() else -1e4)
            found[i] = (values, float(none[k]), columns[k, : len(row["ids"])].numpy())
    model.train()
    return [found.get(i, ([], 0.0, None)) for i in range(len(pieces))]


def best_sentence(model: Any, tokenizer: Any, pieces: Sequence[Piece]) -> float:
    """Share of answerable pieces whose best sentence answers."""
    right = [
        bool(values) and max(range(len(values)), key=values.__getitem__) in p.right
        for p, (values, _, _) in zip(pieces, scores(model, tokenizer, pieces), strict=True)
    ]
    return sum(right) / max(len(right), 1)
