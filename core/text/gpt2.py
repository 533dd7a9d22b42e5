"""GPT-2 and its Chinese cousin GPT2_ML, as one compact module (post 7292).

Two blocks stand behind one configuration. OpenAI's GPT-2 (Radford et al. 2019) normalises before each sublayer,

    u = h + Att(LN₁ h),   h' = u + FFN(LN₂ u),   logits = LN_f(h_L) Eᵀ,

with tanh-GELU; GPT2_ML takes Grover's block (Zellers et al. 2019), with both norms around the FFN, one after the embedding
and erf-GELU,

    h₀ = LN(E[x] + P),   u = h + Att(h),   h' = LN₁(u + FFN(LN₀ u)),   logits = h_L Eᵀ.

Embeddings are tied, positions learned, scores scaled by 1/√d_head; all linear layers have biases, the output has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Block", "Cache", "Config", "GPT2", "build", "from_transformers", "parameter_count", "places"]

BlockKind = Literal["gpt2", "gpt2_ml"]
DEVIATION = 0.02  # of initial weights, GPT-2
HF_BUFFERS = (".attn.bias", ".attn.masked_bias")  # causal masks that old checkpoints carry along


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes: ``vocabulary`` V, ``width`` h, ``layers`` L, ``heads``, ``context`` P (longest text), ``hidden`` f of the FFN.

    ``hidden`` 0 stands for 4h. Raises ValueError when the heads do not divide the width.
    """

    vocabulary: int
    width: int = 768
    layers: int = 12
    heads: int = 12
    context: int = 1024
    hidden: int = 0
    block: BlockKind = "gpt2"
    dropout: float = 0.0
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError(f"heads = {self.heads}: must divide width = {self.width}")
        if self.block not in ("gpt2", "gpt2_ml"):
            raise ValueError(f"block = {self.block!r}: gpt2 or gpt2_ml")

    @property
    def inner(self) -> int:
        """Width of the FFN's hidden layer."""
        return self.hidden or 4 * self.width

    @property
    def approximate(self) -> str:
        """The FFN's GELU: the tanh formula in GPT-2, the error function in GPT2_ML."""
        return "tanh" if self.block == "gpt2" else "none"


def places(texts: Tensor) -> Tensor:
    """Position of each token within its own text: rows of ``texts`` [B, n] are runs of equal numbers."""
    index = torch.arange(texts.shape[1], device=texts.device).expand_as(texts)
    starts = torch.ones_like(texts, dtype=torch.bool)
    starts[:, 1:] = texts[:, 1:] != texts[:, :-1]
    return index - torch.where(starts, index, 0).cummax(1).values


def parameter_count(c: Config) -> int:
    """Weights of either block in closed form: L(4h² + 4h + 2hf + f + h + 4h) + Vh + Ph + 2h."""
    h, f = c.width, c.inner
    return c.layers * (4 * h * h + 4 * h + 2 * h * f + f + h + 4 * h) + (c.vocabulary + c.context + 2) * h


class Cache:
    """Keys and values of the text so far: [L, B, heads, context, d_head] each, of which ``length`` positions are filled."""

    def __init__(self, config: Config, batch: int, like: Tensor) -> None:
        shape = (config.layers, batch, config.heads, config.context, config.width // config.heads)
        self.keys, self.values = like.new_empty(shape), like.new_empty(shape)
        self.length = 0

    def put(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append [B, heads, n, d] in ``layer``; gives all keys and values up to there. ``length`` is moved by the caller."""
        end = self.length + keys.shape[2]
        self.keys[layer, :, :, self.length : end] = keys
        self.values[layer, :, :, self.length : end] = values
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]


class Block(nn.Module):
    """One layer: attention and FFN with their residuals and norms, in the order of either kind."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.kind, self.heads, self.approximate, self.dropout = c.block, c.heads, c.approximate, c.dropout
        self.norm_1 = nn.LayerNorm(c.width, c.epsilon)
        self.qkv = nn.Linear(c.width, 3 * c.width)
        self.mixed = nn.Linear(c.width, c.width)
        self.norm_2 = nn.LayerNorm(c.width, c.epsilon)
        self.rise = nn.Linear(c.width, c.inner)
        self.fall = nn.Linear(c.inner, c.width)

    def split(self, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values [B, heads, n, d_head] of h [B, n, width]."""
        batch, n, _ = h.shape
        q, k, v = self.qkv(h).view(batch, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        return q, k, v

    def attention(self, h: Tensor, cache: Cache | None, layer: int, seen: Tensor | None) -> Tensor:
        q, k, v = self.split(h)
        n = q.shape[2]
        if cache is None:
            a = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=seen is None)
        else:
            k, v = cache.put(layer, k, v)
            if n > 1:
                rows = torch.arange(cache.length, cache.length + n, device=h.device)[:, None]
                seen = torch.arange(k.shape[2], device=h.device) <= rows
            a = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return self._dropped(self.mixed(a.transpose(1, 2).reshape(h.shape)))

    def ffn(self, h: Tensor) -> Tensor:
        return self._dropped(self.fall(F.gelu(self.rise(h), approximate=self.approximate)))

    def forward(self, h: Tensor, cache: Cache | None = None, layer: int = 0, seen: Tensor | None = None) -> Tensor:
        """[B, n, width] → [B, n, width]; with a cache the n positions follow those in it.

        ``seen`` [B, 1, n, n] says which columns each row sees; without it, itself and all before.
        """
        if self.kind == "gpt2":
            u = h + self.attention(self.norm_1(h), cache, layer, seen)
            return u + self.ffn(self.norm_2(u))
        u = h + self.attention(h, cache, layer, seen)
        return self.norm_2(u + self.ffn(self.norm_1(u)))

    def _dropped(self, h: Tensor) -> Tensor:
        return F.dropout(h, self.dropout, self.training) if self.dropout else h


class GPT2(nn.Module):
    """The language model: p(x) = Π p(x_t | x_<t)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.context, config.width)
        self.norm = nn.LayerNorm(config.width, config.epsilon)  # before the logits in GPT-2, after E + P in GPT2_ML
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.apply(_draw)
        for block in self.blocks:  # residual branches start smaller, GPT-2 section 2.3
            assert isinstance(block, Block)
            for layer in (block.mixed, block.fall):
                nn.init.normal_(layer.weight, std=DEVIATION / (2 * config.layers) ** 0.5)

    def hidden(self, tokens: Tensor, cache: Cache | None = None, texts: Tensor | None = None) -> Tensor:
        """What the logits are made of, [B, n, width], for ``tokens`` [B, n] (which follow those in the cache).

        ``texts`` [B, n] numbers the texts that a row is packed with: each begins at position 0 and sees itself alone.

        Raises ValueError when the text would be longer than the context.
        """
        start = cache.length if cache else 0
        end = start + tokens.shape[1]
        if end > self.config.context:
            raise ValueError(f"tokens: {end} positions, but the context holds {self.config.context}")
        seen = None
        if texts is None:
            h = self.embedding(tokens) + self.positions.weight[start:end]
        else:
            h = self.embedding(tokens) + self.positions(places(texts))
            seen = (texts[:, None, :, None] == texts[:, None, None, :]).tril()
        if self.config.block == "gpt2_ml":
            h = self.norm(h)
        h = F.dropout(h, self.config.dropout, self.training) if self.config.dropout else h
        for layer, block in enumerate(self.blocks):
            h = block(h, cache, layer, seen)
        if cache is not None:
            cache.length = end
        return self.norm(h) if self.config.block == "gpt2" else h

    def forward(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        """Logits [B, n, V] of the token after each position."""
        return F.linear(self.hidden(tokens, cache), self.embedding.weight)

    def empty_cache(self, batch: int) -> Cache:
        """A cache for ``batch`` texts, on the model's device and in its precision."""
        return Cache(self.config, batch, self.embedding.weight)

    @torch.no_grad()
    def attention_maps(self, tokens: Tensor) -> Tensor:
        """Attention weights [L, B, heads, n, n] over ``tokens`` [B, n]; each row sums to 1 and sees no later column."""
        maps: list[Tensor] = []

        def remember(block: Any, arguments: tuple[Tensor, ...]) -> None:
            h = arguments[0]
            q, k, _ = block.split(block.norm_1(h) if block.kind == "gpt2" else h)
            scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
            later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=h.device).triu(1)
            maps.append(scores.masked_fill(later, -torch.inf).softmax(-1))

        hooks = [block.register_forward_pre_hook(remember) for block in self.blocks]
        try:
            self.hidden(tokens)
        finally:
            for hook in hooks:
                hook.remove()
        return torch.stack(maps)


def build(**config: Any) -> GPT2:
    """The module that a card or a checkpoint's configuration names."""
    return GPT2(Config(**config))


def from_transformers(settings: Mapping[str, Any], state: Mapping[str, Tensor]) -> GPT2:
    """A GPT-2 from a Hugging Face ``GPT2LMHeadModel``: its config.json and its state_dict.

    Raises ValueError that names the setting or the tensor that this architecture does not have.
    """
    for name, wanted in (("activation_function", "gelu_new"), ("scale_attn_weights", True), ("scale_attn_by_inverse_layer_idx", False)):  # fmt: skip
        if settings.get(name, wanted) != wanted:
            raise ValueError(f"{name} = {settings[name]!r}: only {wanted!r} is GPT-2's")
    config = Config(
        settings["vocab_size"], settings["n_embd"], settings["n_layer"], settings["n_head"], settings["n_positions"],
        settings.get("n_inner") or 0, epsilon=settings.get("layer_norm_epsilon", 1e-5),
    )  # fmt: skip
    names = {"wte.": "embedding.", "wpe.": "positions.", "ln_f.": "norm."}
    parts = {
        "ln_1": "norm_1", "attn.c_attn": "qkv", "attn.c_proj": "mixed", "ln_2": "norm_2", "mlp.c_fc": "rise", "mlp.c_proj": "fall",
    }  # fmt: skip
    ours: dict[str, Tensor] = {}
    for name, tensor in state.items():
        name = name.removeprefix("transformer.")
        if name == "lm_head.weight" or name.endswith(HF_BUFFERS):
            continue
        if name.startswith("h."):
            _, layer, rest = name.split(".", 2)
            part, _, kind = rest.rpartition(".")
            if part not in parts:
                raise ValueError(f"{name}: not a tensor of GPT-2")
            turned = kind == "weight" and not part.startswith("ln")  # their Conv1D keeps [in, out]
            ours[f"blocks.{layer}.{parts[part]}.{kind}"] = tensor.T.contiguous() if turned else tensor
        else:
            head = next((h for h in names if name.startswith(h)), None)
            if head is None:
                raise ValueError(f"{name}: not a tensor of GPT-2")
            ours[names[head] + name.removeprefix(head)] = tensor
    with torch.device("meta"):
        model = GPT2(config)
    model.load_state_dict(ours, strict=True, assign=True)
    return model


def _draw(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=DEVIATION)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
