"""How well the reader reads, on parts it was not trained on.

    python eval/reader/measure.py           the graph that ships: the right sentence of a paragraph, and SQuAD 2 answers
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from batches import collate, prepare
from examples import Piece, shifts, squad2

from assistant.evaluation.metrics import exact_match, token_f1
from assistant.reader import Unread, open_reader
from assistant.settings import BUNDLED_READER


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


def main() -> int:
    reader = open_reader(BUNDLED_READER)
    assert reader is not None
    by_kind: dict[str, list[bool]] = {}
    for p in shifts("test"):
        if p.right:
            [reading] = reader.read(p.question, [Unread(p.text, p.spans)])
            by_kind.setdefault(p.kind, []).append(int(np.argmax(reading.odds)) in p.right)
    by_kind["together"] = [right for found in by_kind.values() for right in found]
    for kind, found in by_kind.items():
        print(f"SQuADShifts, {kind}: best sentence of the paragraph right {np.mean(found):.3f} (n = {len(found)})")
    _report_squad2(reader)
    return 0


def _report_squad2(reader: Any) -> None:
    """F1 and exact match on the held-out paragraphs; the odds from which an answer is given are set on the other half of them."""
    asked = list(squad2("test"))
    odds, f1, exact = [], [], []
    for p in asked:
        [reading] = reader.read(p.question, [Unread(p.text, p.spans)])
        best = int(np.argmax(reading.odds))
        marked = reading.answers[best]
        said = p.text[marked.start : marked.end] if marked else ""
        golds = [p.text[a.start : a.end] for a in p.answers]
        odds.append(reading.odds[best])
        f1.append((token_f1(said, golds) if golds else 0.0, float(not golds)))
        exact.append((exact_match(said, golds) if golds else 0.0, float(not golds)))
    half = np.arange(len(asked)) % 2 == 0
    totals = [_best_threshold(np.array(odds), np.array(f1), np.array(exact), on, ~on) for on in (half, ~half)]
    n = [int((~half).sum()), int(half.sum())]
    for name, k in (("F1", 0), ("exact match", 1)):
        print(f"SQuAD 2, held-out paragraphs: {name} {100 * np.average([t[k] for t in totals], weights=n):.1f} (n = {len(asked)})")
    print(f"  always declining: {100 * np.mean([g for _, g in f1]):.1f}; thresholds {totals[0][2]:.2f}, {totals[1][2]:.2f}")


def _best_threshold(odds: Any, f1: Any, exact: Any, on: Any, off: Any) -> tuple[float, float, float]:
    """Mean F1 and exact match of `off` at the threshold that is best for `on`."""
    threshold = max(np.unique(odds[on]), key=lambda t: float(np.where(odds[on] >= t, f1[on, 0], f1[on, 1]).mean()))
    given = odds[off] >= threshold
    return float(np.where(given, f1[off, 0], f1[off, 1]).mean()), float(np.where(given, exact[off, 0], exact[off, 1]).mean()), float(threshold)


if __name__ == "__main__":
    sys.exit(main())
