"""A bidirectional LSTM whose gradient is one pass back through time: for training on a CPU.

The same function of the same weights as ``torch.nn.LSTM``, to rounding (a test asserts values and gradients). Both directions
run in one step of the loop, and the gradients of the weights are one product for all steps instead of one a step.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["bilstm"]


def bilstm(lstm: nn.LSTM, x: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """(states [M, L, 2h], final states [M, 2h]) of the last layer of ``lstm`` on ``x`` [M, L, d], ``counts`` [M] ≥ 1.

    States beyond a row's count are zero. Takes bidirectional LSTMs with ``batch_first`` and biases.
    """
    order = counts.argsort(descending=True)
    counts, states = counts[order], x[order]
    active = [int((counts > t).sum()) for t in range(int(counts[0]))]
    steps = torch.arange(states.shape[1])
    turned = torch.where(
        steps < counts[:, None], counts[:, None] - 1 - steps, steps
    )  # reverses each row within its count
    inside = (steps < counts[:, None])[..., None]
    rows = torch.arange(len(counts))
    final = states
    for k in range(lstm.num_layers):
        weights = [getattr(lstm, f"{kind}_l{k}{way}") for way in ("", "_reverse") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]  # fmt: skip
        both = torch.stack([states, states[rows[:, None], turned]]).transpose(1, 2)  # [2, L, M, d]
        w_in, w_on = torch.stack([weights[0], weights[4]]), torch.stack([weights[1], weights[5]])
        bias = torch.stack([weights[2] + weights[3], weights[6] + weights[7]])
        gates = torch.baddbmm(bias[:, None], both.flatten(1, 2), w_in.transpose(1, 2)).unflatten(1, both.shape[1:3])
        out = _Through.apply(gates, w_on, active).transpose(1, 2)  # [2, M, L, h]
        final = torch.cat([out[0, rows, counts - 1], out[1, rows, counts - 1]], 1)
        states = torch.cat([out[0], out[1][rows[:, None], turned]], 2) * inside
    back = order.argsort()
    return states[back], final[back]


class _Through(torch.autograd.Function):
    """h [2, T, M, h] from what the input adds to the gates [2, T, M, 4h] (in place) and the weights [2, 4h, h]."""

    @staticmethod
    def forward(ctx: Any, gates: Tensor, w: Tensor, active: list[int]) -> Tensor:
        units = w.shape[2]
        on = w.transpose(1, 2).contiguous()
        gates = gates.clone()
        hidden = gates.new_zeros(*gates.shape[:3], units)
        cell = torch.zeros_like(hidden)
        for t, n in enumerate(active):
            g = gates[:, t, :n]
            if t:
                g += torch.bmm(hidden[:, t - 1, :n], on)
            g[..., : 2 * units].sigmoid_()
            g[..., 2 * units : 3 * units].tanh_()
            g[..., 3 * units :].sigmoid_()
            i, f, c, o = g.split(units, 2)
            now = cell[:, t, :n]
            torch.mul(i, c, out=now)
            if t:
                now.addcmul_(f, cell[:, t - 1, :n])
            torch.mul(o, now.tanh(), out=hidden[:, t, :n])
        ctx.save_for_backward(gates, w, hidden, cell)
        ctx.active = active
        return hidden

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        gates, w, hidden, cell = ctx.saved_tensors
        (grad,), active, units = grads, ctx.active, w.shape[2]
        back = torch.zeros_like(gates)
        d_hidden = grad.new_zeros(2, grad.shape[2], units)
        d_cell = torch.zeros_like(d_hidden)
        for t in range(len(active) - 1, -1, -1):
            n = active[t]
            i, f, c, o = gates[:, t, :n].split(units, 2)
            g = back[:, t, :n]
            dh = grad[:, t, :n] + d_hidden[:, :n]
            bent = cell[:, t, :n].tanh()
            dc = d_cell[:, :n]
            dc += dh * o * (1 - bent * bent)
            g[..., :units] = dc * c * i * (1 - i)
            if t:
                g[..., units : 2 * units] = dc * cell[:, t - 1, :n] * f * (1 - f)
            g[..., 2 * units : 3 * units] = dc * i * (1 - c * c)
            g[..., 3 * units :] = dh * bent * o * (1 - o)
            torch.bmm(g, w, out=d_hidden[:, :n])
            dc *= f
        d_w = torch.bmm(back[:, 1:].flatten(1, 2).transpose(1, 2), hidden[:, :-1].flatten(1, 2))
        return back, d_w, None
