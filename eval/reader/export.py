"""Trained weights -> the graph that ships: attention fused, int8 per channel, with its sha256 and what it lost.

    python eval/reader/export.py .assistant/reader/first.pt .assistant/reader/second.pt      of several weights the mean
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from batches import prepare
from examples import shifts, squad2, window
from train import load_model

from assistant.graphs import fuse_graph, open_graph, quantise_graph
from assistant.reader import BUNDLED_GRAPH

NAMES = ["input_ids", "attention_mask", "token_type_ids"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=BUNDLED_GRAPH, help="where the graph goes (default: where it ships)")
    given = parser.parse_args()
    model, tokenizer = load_model(None)
    model.load_state_dict(_mean([torch.load(path, weights_only=True) for path in given.weights]))
    model.eval()
    target = given.out
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain, fused = Path(scratch) / "plain", Path(scratch) / "fused"
        example = torch.ones(1, 12, dtype=torch.long)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer's notes on shapes that are dynamic by name below
            torch.onnx.export(
                model, (example, example, torch.zeros_like(example)), str(plain), input_names=NAMES, output_names=["columns", "none"],
                dynamic_axes={**{name: {0: "batch", 1: "tokens"} for name in [*NAMES, "columns"]}, "none": {0: "batch"}}, opset_version=17, dynamo=False,
            )  # fmt: skip
        fuse_graph(model.base.config, plain, fused)
        quantise_graph(fused, target)
    print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB, sha256 {hashlib.sha256(target.read_bytes()).hexdigest()}")
    print(f"scores differ from the weights' by {_difference(model, tokenizer, target):.3f} on average")
    return 0


def _mean(states: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean of weights that were trained one from the other: steadier than either on questions neither has seen."""
    return {name: sum(state[name] for state in states) / len(states) if first.is_floating_point() else first for name, first in states[0].items()}


def _difference(model: torch.nn.Module, tokenizer: object, graph: Path) -> float:
    """Mean difference of `none` and the columns between graph and weights."""
    session = open_graph(graph)
    chance = random.Random(0)
    pieces = [window(p, chance) for p in [*shifts("dev"), *squad2("test")]]
    found = []
    for p in chance.sample(pieces, 60):
        row = prepare(p, tokenizer)
        if row is None:
            continue
        ids, types = row["ids"][None], row["types"][None]
        columns, none = session.run(None, dict(zip(NAMES, (ids, np.ones_like(ids), types), strict=True)))
        with torch.no_grad():
            ours, own_none = model(torch.tensor(ids), torch.ones(ids.shape, dtype=torch.long), torch.tensor(types))
        found += [float(np.abs(columns - ours.numpy()).mean()), float(np.abs(none - own_none.numpy()).mean())]
    return float(np.mean(found))


if __name__ == "__main__":
    sys.exit(main())
