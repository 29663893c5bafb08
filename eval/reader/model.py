"""The reader as a PyTorch module: MiniLM over question and passage, with five numbers read off the result.

For every token how much it speaks for its sentence (`score`, weighed by `weight` within the sentence) and how likely the answer starts
or ends there; for the pair as a whole, how likely it is that no sentence answers (`none`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

COLUMNS = ("score", "weight", "start", "end")


class Reader(nn.Module):
    """In: token ids, mask and types, shape (batch, tokens). Out: (batch, tokens, 4) and (batch,)."""

    def __init__(self, base: Any) -> None:
        super().__init__()
        self.base = base
        width = base.config.hidden_size
        self.tokens = nn.Linear(width, len(COLUMNS))
        self.none = nn.Linear(width, 1)

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> tuple[Any, Any]:
        states = self.base(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        return self.tokens(states), self.none(states[:, 0]).squeeze(-1)


def losses(columns: torch.Tensor, none: torch.Tensor, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean negative log likelihood of the right sentence (or of none), and of start and end within it.

    `batch` holds `sentence` (batch, tokens): the sentence each token belongs to, -1 outside; `right` (batch, sentences); `n` (batch,);
    `start` and `end` (batch,): token of the answer's ends, -1 where unknown.
    """
    sentence, right = batch["sentence"], batch["right"]
    n_sentences = right.shape[1]
    member = sentence.unsqueeze(1) == torch.arange(n_sentences).view(1, -1, 1)  # (batch, sentences, tokens)
    weight = columns[..., 1].unsqueeze(1).masked_fill(~member, -1e4).softmax(-1)
    scores = (weight * columns[..., 0].unsqueeze(1)).sum(-1)
    there = torch.arange(n_sentences).view(1, -1) < batch["n"].unsqueeze(1)
    logits = torch.cat([none.unsqueeze(1), scores.masked_fill(~there, -1e4)], 1).log_softmax(1)
    target = torch.cat([~right.any(1, keepdim=True), right], 1)
    choose = -logits.masked_fill(~target, -1e4).logsumexp(1)
    known = batch["start"] >= 0
    if not known.any():
        return choose.mean(), choose.new_zeros(())
    within = sentence == sentence.gather(1, batch["start"].clamp(min=0).unsqueeze(1))
    ends = [
        -columns[..., i].masked_fill(~within, -1e4).log_softmax(-1).gather(1, batch[name].clamp(min=0).unsqueeze(1)).squeeze(1)[known].mean()
        for i, name in ((2, "start"), (3, "end"))
    ]
    return choose.mean(), (ends[0] + ends[1]) / 2
