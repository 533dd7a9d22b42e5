"""The small BERT with a layer of classes on top, as it is fine-tuned: logits = V·mean(h_L) + d over the tokens that are there."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from core.text.mlm_dropout.bert import Bert
from core.text.mlm_dropout.masking import corrected, scaled

__all__ = ["START", "WAYS", "Classifier"]

PLAIN, CORRECTED, SCALED, START = "plain", "corrected", "scaled", "scratch"
WAYS = (PLAIN, CORRECTED, SCALED, START)
"""How fine-tuning begins: with E as it was trained, with the post's correction, with (1 − r)E, or with random weights."""
DEVIATION = 0.02


class Classifier(nn.Module):
    """A copy of ``bert`` that begins in one of :data:`WAYS`, and ``classes`` on the mean of its last layer."""

    def __init__(self, bert: Bert, classes: int, way: str, first: int, mask: int, rng: torch.Generator) -> None:
        super().__init__()
        if way not in WAYS:
            raise ValueError(f"way = {way!r}: one of {', '.join(WAYS)}")
        self.bert = copy.deepcopy(bert)
        self.output = nn.Linear(bert.config.width, classes)
        with torch.no_grad():
            self.output.weight.normal_(std=DEVIATION, generator=rng)
            self.output.bias.zero_()
            table = self.bert.embedding.weight
            if way == CORRECTED:
                table.copy_(corrected(table, mask, first))
            elif way == SCALED:
                table.copy_(scaled(table, first))
            elif way == START:
                for parameter in self.bert.parameters():
                    if parameter.ndim > 1:
                        parameter.normal_(std=DEVIATION, generator=rng)
                for module in self.bert.modules():
                    if isinstance(module, nn.LayerNorm):
                        nn.init.ones_(module.weight)
                    if isinstance(module, nn.LayerNorm | nn.Linear):
                        nn.init.zeros_(module.bias)

    def forward(self, tokens: Tensor, places: Tensor, there: Tensor) -> Tensor:
        """Logits [B, classes] of ``tokens`` [B, n] at their ``places``; ``there`` [B, n] marks what is no padding."""
        h = self.bert(tokens, places, there)
        kept = there[..., None]
        return self.output((h * kept).sum(1) / kept.sum(1))
