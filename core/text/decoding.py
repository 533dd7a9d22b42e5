"""A GPT-2 that writes: one token for each of a few texts at a time, at the speed of the memory.

The same sums as :class:`~core.text.gpt2.GPT2` with a cache, laid out for steps of one token: matrices turned, the cache one
buffer, no module called. With ``int8`` the matrices are signed bytes with a scale a row (round to nearest, symmetric), which
are read in a quarter of the time.
"""

from __future__ import annotations

import threading
import warnings
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.text.gpt2 import GPT2, Block

__all__ = ["Decoder", "Precision", "Prepared", "prepare"]

Precision = Literal["float32", "int8"]
LEVELS = 127  # of a signed byte, symmetric
REDUCED = True  # activations in seven bits: kernels without VNNI would saturate at eight
_LOCK = threading.Lock()


class _Linear:
    """x [B, in] → x·Wᵀ + b. In float32 W is kept as [in, out]: a product of few rows then runs two to three times as fast.

    In int8 by the packed kernels of torch's quantisation (bytes for the matrix, a scale a row; x to bytes as it comes).
    """

    __slots__ = ("bias", "packed", "turned")

    def __init__(self, weight: Tensor, bias: Tensor | None, precision: Precision) -> None:
        self.bias = weight.new_zeros(len(weight)) if bias is None else bias
        self.turned = self.packed = None
        if precision == "float32":
            self.turned = weight.T.contiguous()
        else:
            scale = (weight.abs().amax(1) / LEVELS).clamp_min(torch.finfo(torch.float32).tiny)
            with warnings.catch_warnings():  # deprecated since torch 2.13, which requirements.txt has as its bound
                warnings.filterwarnings("ignore", "torch.quantize_per_tensor")
                zeros = torch.zeros(len(weight), dtype=torch.long)
                quantised = torch.quantize_per_channel(weight, scale.double(), zeros, 0, torch.qint8)
            self.packed = torch.ops.quantized.linear_prepack(quantised, self.bias)

    def __call__(self, x: Tensor) -> Tensor:
        if self.turned is not None:
            return torch.addmm(self.bias, x, self.turned)
        return torch.ops.quantized.linear_dynamic(x, self.packed, REDUCED)


class _Layer(NamedTuple):
    """One block's norms and matrices."""

    norm_1: tuple[Tensor, Tensor]
    qkv: _Linear
    mixed: _Linear
    norm_2: tuple[Tensor, Tensor]
    rise: _Linear
    fall: _Linear

    @staticmethod
    def of(block: Block, precision: Precision) -> _Layer:
        def matrix(layer: nn.Linear) -> _Linear:
            return _Linear(layer.weight.detach(), layer.bias.detach(), precision)

        def norm(layer: nn.LayerNorm) -> tuple[Tensor, Tensor]:
            return layer.weight.detach(), layer.bias.detach()

        return _Layer(
            norm(block.norm_1),
            matrix(block.qkv),
            matrix(block.mixed),
            norm(block.norm_2),
            matrix(block.rise),
            matrix(block.fall),
        )


class Prepared:
    """The weights of ``model`` laid out for single steps; made once a model (:func:`prepare`), shared by all who write with it.

    Raises ValueError for int8 elsewhere than on a CPU.
    """

    @torch.no_grad()
    def __init__(self, model: GPT2, precision: Precision) -> None:
        if precision == "int8" and model.embedding.weight.device.type != "cpu":
            raise ValueError("precision = int8: only on a CPU")
        self.config = model.config
        self.embedding, self.positions = model.embedding.weight.detach(), model.positions.weight.detach()
        self.norm = (model.norm.weight.detach(), model.norm.bias.detach())
        self.layers = [_Layer.of(block, precision) for block in model.blocks if isinstance(block, Block)]
        self.output = _Linear(model.output.detach(), None, precision)


def prepare(model: GPT2, precision: Precision = "float32") -> Prepared:
    """The prepared weights of ``model``, kept with it for the next time."""
    with _LOCK:
        kept = model.__dict__.setdefault("_prepared", {})
        if precision not in kept:
            kept[precision] = Prepared(model, precision)
        return kept[precision]


class Decoder:
    """Writes ``batch`` texts that grow together with prepared weights; ``length`` positions are filled.

    Logits equal the model's own to rounding (float32), or to quantisation (int8). ``room`` is for how many positions (the whole
    context, unless given).
    """

    def __init__(self, weights: Prepared, batch: int, room: int = 0) -> None:
        c = self.config = weights.config
        self.weights, self.batch, self.length = weights, batch, 0
        self.room = room or c.context
        self.head = c.width // c.heads
        table = weights.embedding
        shape = (c.layers, 2, batch, c.heads, self.room, self.head)
        self.cache = torch.empty(shape, dtype=table.dtype, device=table.device)

    @torch.inference_mode()
    def peek(self, rows: list[int], tokens: Tensor) -> Tensor:
        """Logits [n, m, V] after text ``rows[i]`` goes on with each of the ``tokens`` [n, m]; the texts stay as they are."""
        n, m = tokens.shape
        ahead = Decoder(self.weights, n * m, self.length + 1)
        there = torch.tensor(rows, device=self.cache.device).repeat_interleave(m)
        ahead.cache[..., : self.length, :] = self.cache[:, :, there, :, : self.length]
        ahead.length = self.length
        return ahead.step(tokens.flatten().to(self.cache.device)).view(n, m, -1)

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> Tensor:
        """Logits [batch, V] after ``tokens``: [batch] for one token each, or [batch, n] to read a beginning.

        Raises ValueError when the context is full.
        """
        c, w = self.config, self.weights
        if tokens.ndim == 1:
            tokens = tokens[:, None]
        n, start = tokens.shape[1], self.length
        end = start + n
        if end > self.room or end > c.context:
            raise ValueError(f"tokens: {end} positions, but the context holds {min(self.room, c.context)}")
        first = c.block == "gpt2"
        width, eps, shape = c.width, c.epsilon, (c.width,)
        rows = self.batch * n
        h = F.embedding(tokens, w.embedding) + w.positions[start:end]
        h = h.view(rows, width)
        if not first:
            h = F.layer_norm(h, shape, *w.norm, eps)
        seen = None if n == 1 else torch.ones(n, end, dtype=torch.bool, device=h.device).tril(start)
        for (norm_1, qkv, mixed, norm_2, rise, fall), cache in zip(w.layers, self.cache, strict=True):
            x = F.layer_norm(h, shape, *norm_1, eps) if first else h
            parts = qkv(x).view(self.batch, n, 3, c.heads, self.head).permute(2, 0, 3, 1, 4)
            cache[:, :, :, start:end] = parts[1:]
            a = F.scaled_dot_product_attention(parts[0], cache[0, :, :, :end], cache[1, :, :, :end], attn_mask=seen)
            u = mixed(a.transpose(1, 2).reshape(rows, width)).add_(h)
            x = F.layer_norm(u, shape, *(norm_2 if first else norm_1), eps)
            h = fall(F.gelu(rise(x), approximate=c.approximate)).add_(u)
            if not first:
                h = F.layer_norm(h, shape, *norm_2, eps)
        self.length = end
        last = h.view(self.batch, n, width)[:, -1]
        if first:
            last = F.layer_norm(last, shape, *w.norm, eps)
        return w.output(last.contiguous())
