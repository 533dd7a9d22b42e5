"""Cross-entropy of a large vocabulary without its logits: the product with the embedding and the softmax, chunk by chunk."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["tied_cross_entropy"]

SMALLEST = torch.finfo(torch.float32).tiny
CHUNK = 256  # rows at a time: 256 x 8 000 logits are 8 MB in float32, which stays in the cache


class _TiedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, table: Tensor, bias: Tensor | None, targets: Tensor, product: torch.dtype) -> Tensor:  # fmt: skip
        weight = table.to(product)
        grad_hidden = torch.empty_like(hidden)
        grad_table = torch.zeros_like(table)
        grad_bias = None if bias is None else torch.zeros_like(bias)
        total = hidden.new_zeros((), dtype=torch.float32)
        for start in range(0, len(hidden), CHUNK):
            h = hidden[start : start + CHUNK].to(product)
            y = targets[start : start + CHUNK, None]
            asked = (y >= 0).float()
            y = y.clamp_min(0)
            logits = (h @ weight.T).float()
            if bias is not None:
                logits += bias
            p = logits.softmax(1)
            total -= (p.gather(1, y).clamp_min(SMALLEST).log() * asked).sum()
            p.scatter_add_(1, y, torch.full_like(y, -1, dtype=p.dtype)).mul_(asked)
            if grad_bias is not None:
                grad_bias += p.sum(0)
            p = p.to(product)
            grad_hidden[start : start + CHUNK] = (p @ weight).to(hidden.dtype)
            grad_table += p.T @ h
        ctx.save_for_backward(grad_hidden, grad_table, grad_bias)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad_hidden, grad_table, grad_bias = ctx.saved_tensors
        g = grads[0]
        return g * grad_hidden, g * grad_table, None if grad_bias is None else g * grad_bias, None, None


def tied_cross_entropy(hidden: Tensor, table: Tensor, targets: Tensor, bias: Tensor | None = None) -> Tensor:
    """−Σ log softmax(hidden·tableᵀ + bias)[target] in nats, summed; its gradient is made on the way.

    ``hidden`` [N, h], ``table`` [V, h], ``targets`` [N] of int64 (−1: not asked), ``bias`` [V]. Under autocast the products run in its
    precision; softmax and sum are in float32.
    """
    kind = hidden.device.type
    product = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else table.dtype
    return _TiedCrossEntropy.apply(hidden, table, bias, targets, product)  # pyright: ignore[reportReturnType]
