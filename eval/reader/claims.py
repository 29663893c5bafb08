"""The project's own claims on news articles -> pieces: the reader is asked of a claim, as of a question, which sentences bear it out, or that none does.

A line of `claims/NAME.jsonl` holds a claim that its article bears out, written by reading it, where (offsets), and the same claim with one thing
changed, by kind, which the article does not bear out: `{"article", "claim", "sentences": [[start, end]], "changed": {kind: claim}}`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from altered import altered
from examples import Piece, cut, piece, without_answer
from measure import scores
from news import Ground

from assistant.types import Span

CLAIMS = Path(__file__).resolve().parent / "claims"
OTHER, WITHOUT = 0.25, 0.15
"""Shares of the claims asked of another passage of the article, and of the passage without the sentences that bear them out."""
BY_RULE = 0.5
"""Share of the claims that are met a second time in a pass, beside one changed by rule."""
COPIED = 0.15
"""Sentences of the articles taken for claims as they stand, and changed by rule, for each passage."""
NARROW = 0.4
"""Share of the pieces cut to the sentences that bear the claim out and a few beside them."""
AROUND = 2


def read_claims(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CLAIMS / f"{name}.jsonl").read_text("utf-8").splitlines()]


class Claimed:
    """One file of claims and the passages they rest on; each pass over it draws other changes and other wrong passages."""

    def __init__(self, which: str) -> None:
        self.rows = read_claims(which)
        self.ground = Ground(sorted({row["article"] for row in self.rows}))

    def pieces(self, chance: random.Random) -> Iterator[Piece]:
        for row in self.rows:
            yield from self._pieces(row, chance)
        for i in range(len(self.ground.passages)):
            if chance.random() < COPIED:
                yield from self._copied(i, chance)

    def _pieces(self, row: dict[str, Any], chance: random.Random) -> Iterator[Piece]:
        borne = self.borne(row)
        if borne is None:
            return
        kind = chance.choice(sorted(row["changed"]))
        pair = [borne, other_claim(borne, row["changed"][kind], f"claim {kind}")]
        if chance.random() < BY_RULE and (made := altered(row["claim"], borne.text, chance)):
            pair += [borne, other_claim(borne, made[0], "claim by rule")]
        for p in pair:
            yield _narrow(p, borne.right, chance) if chance.random() < NARROW else p
        if chance.random() < WITHOUT and (bare := without_answer(borne)):
            yield bare
        if chance.random() < OTHER and (others := [i for i in self.ground.of[row["article"]] if not self._holds(i, row)]):
            document, passage = self.ground.passages[chance.choice(others)]
            yield piece(row["claim"], passage.text, (), "claim other", title=document.title, published=document.published)

    def _holds(self, i: int, row: dict[str, Any]) -> bool:
        passage = self.ground.passages[i][1]
        return any(passage.start <= start < passage.end for start, _ in row["sentences"])

    def _copied(self, i: int, chance: random.Random) -> Iterator[Piece]:
        """A sentence of the passage as a claim, and the same changed."""
        document, passage = self.ground.passages[i]
        whole = piece("", passage.text, (), "claim copied", title=document.title, published=document.published)
        chosen = [n for n, s in enumerate(whole.spans) if 40 <= s.end - s.start <= 240]
        if not chosen:
            return
        n = chance.choice(chosen)
        sentence = whole.text[whole.spans[n].start : whole.spans[n].end]
        made = altered(sentence, passage.text, chance)
        if made is None:
            return
        yield _narrow(replace(whole, question=sentence, right=(n,)), (n,), chance)
        yield _narrow(other_claim(whole, made[0], "claim copied, changed"), (n,), chance)

    def borne(self, row: dict[str, Any]) -> Piece | None:
        """The claim beside the passage, or the passages one after the other, in which its sentences stand."""
        document = self.ground.passages[self.ground.of[row["article"]][0]][0]
        held = [self.ground.passages[i][1] for i in self.ground.of[row["article"]] if self._holds(i, row)]
        parts: list[str] = []
        spans: list[Span] = []
        for passage in held:
            at = sum(map(len, parts)) + len(parts)
            spans += [Span(at + start - passage.start, at + end - passage.start) for start, end in row["sentences"] if passage.start <= start < passage.end]
            parts.append(passage.text)
        return piece(row["claim"], "\n".join(parts), spans, "claim", title=document.title, published=document.published) if held else None


def told(model: Any, tokenizer: Any, which: str) -> str:
    """How well claims that are borne out are told from changed ones, by the odds alone."""
    claimed = Claimed(which)
    pairs = [(borne, row["changed"]) for row in claimed.rows if (borne := claimed.borne(row))]
    true = _odds(model, tokenizer, [borne for borne, _ in pairs])
    false = _odds(model, tokenizer, [other_claim(borne, text, kind) for borne, changed in pairs for kind, text in changed.items()])
    above = np.mean(true[:, None] > false[None])
    return f"claims told apart: AUC {above:.3f}, changed ones caught at a tenth flagged {np.mean(false < np.quantile(true, 0.1)):.3f} (n = {len(true)} and {len(false)})"


def _odds(model: Any, tokenizer: Any, pieces: list[Piece]) -> Any:
    return np.array([max(values, default=0.0) - none for values, none, _ in scores(model, tokenizer, pieces)])


def other_claim(p: Piece, question: str, kind: str) -> Piece:
    """The same passage beside a claim that it does not bear out."""
    return replace(p, question=question, right=(), answers=(), kind=kind)


def _narrow(p: Piece, right: tuple[int, ...], chance: random.Random) -> Piece:
    first, last = max(0, right[0] - chance.randint(0, AROUND)), min(len(p.spans) - 1, right[-1] + chance.randint(0, AROUND))
    return cut(p, first, last)
