"""GPT-2 and its Chinese cousin GPT2_ML, as one compact module (post 7292).

Two blocks stand behind one configuration. OpenAI's GPT-2 (Radford et al. 2019) normalises before each sublayer,

    u = h + Att(LN₁ h),   h' = u + FFN(LN₂ u),   logits = LN_f(h_L) Eᵀ,

with tanh-GELU; GPT2_ML takes Grover's block (Zellers et al. 2019), with both norms around the FFN, one after the embedding
and erf-GELU,

    h₀ = LN(E[x] + P),   u = h + Att(h),   h' = LN₁(u + FFN(LN₀ u)),   logits = h_L Eᵀ.

Positions are learned, scores scaled by 1/√d_head; all linear layers have biases, the output has none. E is the embedding also
at the output, unless a checkpoint brings a head of its own (``tied`` False).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.refusal import Refusal

__all__ = ["Block", "Cache", "Config", "GPT2", "build", "from_transformers", "parameter_count", "places"]

BlockKind = Literal["gpt2", "gpt2_ml"]
DEVIATION = 0.02  # of initial weights, GPT-2
HF_BUFFERS = (".attn.bias", ".attn.masked_bias")  # causal masks that old checkpoints carry along
PREFIXES = (
    "module.",
    "_orig_mod.",
    "model.",
    "transformer.",
)  # of parallel training, torch.compile, wrappers, transformers
WRAPPERS = ("state_dict", "model_state_dict", "model")  # under which training scripts keep the tensors
TANH_GELUS = (
    "gelu_new",
    "gelu_fast",
    "gelu_pytorch_tanh",
    "gelu_python_tanh",
    "gelu_accurate",
)  # one function, five names
SWITCHES: Mapping[str, Any] = {
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}
ALIASES: Mapping[str, tuple[str, ...]] = {
    "n_embd": ("hidden_size", "d_model"),
    "n_layer": ("num_hidden_layers", "num_layers"),
    "n_head": ("num_attention_heads", "num_heads"),
    "n_positions": ("n_ctx", "max_position_embeddings"),
    "n_inner": ("intermediate_size",),
    "layer_norm_epsilon": ("layer_norm_eps",),
    "activation_function": ("hidden_act",),
}
OUTER: Mapping[str, str] = {"wte.": "embedding.", "wpe.": "positions.", "ln_f.": "norm.", "lm_head.": "head."}
PARTS: Mapping[str, str] = {
    "ln_1": "norm_1",
    "attn.c_attn": "qkv",
    "attn.c_proj": "mixed",
    "ln_2": "norm_2",
    "mlp.c_fc": "rise",
    "mlp.c_proj": "fall",
}
TABLES = ("embedding.weight", "positions.weight", "head.weight")


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
    tied: bool = True

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
    """Weights of either block in closed form: L(4h² + 4h + 2hf + f + h + 4h) + Vh + Ph + 2h; Vh more where not tied."""
    h, f = c.width, c.inner
    tables = c.vocabulary * (1 if c.tied else 2) + c.context
    return c.layers * (4 * h * h + 4 * h + 2 * h * f + f + h + 4 * h) + (tables + 2) * h


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
        self.head = None if config.tied else nn.Linear(config.width, config.vocabulary, bias=False)
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
        return F.linear(self.hidden(tokens, cache), self.output)

    @property
    def output(self) -> Tensor:
        """What the last hidden layer is multiplied by for the logits, [V, width]."""
        return self.embedding.weight if self.head is None else self.head.weight

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


def from_transformers(settings: Mapping[str, Any], state: Mapping[str, Any]) -> GPT2:
    """A GPT-2 from a Hugging Face ``GPT2LMHeadModel``: its config.json and its state_dict, in float32.

    Settings may have the names of other models (hidden_size, n_ctx …). A head (``lm_head.weight``) that differs from the
    embedding is used; rows that pad the embedding beyond the vocabulary are left off. Raises Refusal that names the setting or
    the tensor that this architecture does not have, or that is missing or of another shape.
    """
    for name, wanted in SWITCHES.items():
        if settings.get(name, wanted) != wanted:
            raise _refused(
                name, f"为 {settings[name]!r}；GPT-2 的是 {wanted!r}", f"is {settings[name]!r}; GPT-2 has {wanted!r}"
            )
    activation = _setting(settings, "activation_function", TANH_GELUS[0])
    if activation not in TANH_GELUS:
        raise _refused(
            "activation_function",
            f"为 {activation!r}；只支持 {'、'.join(TANH_GELUS)}",
            f"is {activation!r}; only {', '.join(TANH_GELUS)} are read",
        )
    sizes = {name: _size(settings, name) for name in ("vocab_size", "n_embd", "n_layer", "n_head", "n_positions")}
    if sizes["n_embd"] % sizes["n_head"]:
        zh, en = (
            f"为 {sizes['n_head']}，不整除 n_embd = {sizes['n_embd']}",
            f"is {sizes['n_head']}, which does not divide n_embd = {sizes['n_embd']}",
        )
        raise _refused("n_head", zh, en)
    ours = _renamed(_tensors(state), sizes["n_layer"])
    head, embedding = ours.get("head.weight"), ours.get("embedding.weight")
    if head is None and _setting(settings, "tie_word_embeddings", True) is False:
        raise _refused(
            "lm_head.weight", "缺失，而 tie_word_embeddings 为假", "is missing, and tie_word_embeddings is false"
        )
    rows = sizes["vocab_size"]
    tied = head is None or (embedding is not None and torch.equal(head[:rows].float(), embedding[:rows].float()))
    if tied:
        ours.pop("head.weight", None)
    config = Config(
        sizes["vocab_size"],
        sizes["n_embd"],
        sizes["n_layer"],
        sizes["n_head"],
        sizes["n_positions"],
        _size(settings, "n_inner") if _setting(settings, "n_inner", None) else 0,
        epsilon=float(_setting(settings, "layer_norm_epsilon", 1e-5)),
        tied=tied,
    )
    with torch.device("meta"):
        model = GPT2(config)
    model.load_state_dict(_fitting(model, ours), strict=True, assign=True)
    return model


def _refused(name: str, zh: str, en: str) -> Refusal:
    """A checkpoint that cannot be read because of one setting or tensor."""
    return Refusal(f"检查点的 {name} {zh}", f"the checkpoint's {name} {en}")


def _setting(settings: Mapping[str, Any], name: str, default: Any) -> Any:
    """A setting by GPT-2's name or another model's; ``default`` where none of them stands."""
    return next((settings[n] for n in (name, *ALIASES.get(name, ())) if settings.get(n) is not None), default)


def _size(settings: Mapping[str, Any], name: str) -> int:
    value = _setting(settings, name, None)
    if value is None:
        others = ", ".join(ALIASES.get(name, ()))
        raise _refused(
            name, f"缺失（或 {others}）" if others else "缺失", f"is missing (or {others})" if others else "is missing"
        )
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _refused(name, f"为 {value!r}；应为正整数", f"is {value!r}; it must be a positive whole number")
    return value


def _tensors(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors by name, without what wrappers put before it, and without causal masks."""
    for wrapper in WRAPPERS:
        if isinstance(inner := state.get(wrapper), Mapping):
            state = inner
    found: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if not isinstance(tensor, Tensor):
            raise _refused(name, "不是张量", "is not a tensor")
        plain = name
        while prefix := next((p for p in PREFIXES if plain.startswith(p)), ""):
            plain = plain.removeprefix(prefix)
        if not plain.endswith(HF_BUFFERS):
            found[plain] = tensor.float()
    return found


def _renamed(state: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """Their tensors under our names. Refusal for what GPT-2 does not have."""
    ours: dict[str, Tensor] = {}
    for name, tensor in state.items():
        outer = next((head for head in OUTER if name.startswith(head)), None)
        if outer is not None:
            ours[OUTER[outer] + name.removeprefix(outer)] = tensor
            continue
        _, layer, rest = name.split(".", 2) if name.startswith("h.") and name.count(".") > 1 else ("", "", "")
        part, _, kind = rest.rpartition(".")
        if part not in PARTS or not layer.isdecimal():
            raise _refused(name, "不是 GPT-2 的张量", "is not a tensor of GPT-2")
        if int(layer) >= layers:
            raise _refused(name, f"超出 n_layer = {layers} 层", f"lies beyond n_layer = {layers} layers")
        turned = kind == "weight" and not part.startswith("ln") and tensor.ndim == 2  # their Conv1D keeps [in, out]
        ours[f"blocks.{layer}.{PARTS[part]}.{kind}"] = tensor.T.contiguous() if turned else tensor
    return ours


def _fitting(model: GPT2, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors in the module's shapes: tables may have more rows than are used. Refusal that names the first that differs."""
    wanted = model.state_dict()
    for name in wanted:
        if name not in state:
            raise _refused(_theirs(name), "缺失", "is missing")
    fitting: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if name not in wanted:
            raise _refused(_theirs(name), "不是 GPT-2 的张量", "is not a tensor of GPT-2")
        shape = wanted[name].shape
        if name in TABLES and tensor.ndim == 2 and len(tensor) > shape[0]:
            tensor = tensor[: shape[0]].clone()
        if tensor.shape != shape:
            has, needs = tuple(tensor.shape), tuple(shape)
            if name.startswith("blocks.") and len(shape) == 2:
                has, needs = has[::-1], needs[::-1]  # as they keep it
            raise _refused(_theirs(name), f"的形状是 {has}，应为 {needs}", f"has shape {has}, where {needs} is needed")
        fitting[name] = tensor
    return fitting


def _theirs(name: str) -> str:
    """Our tensor's name as their files have it."""
    for theirs, own in OUTER.items():
        if name.startswith(own):
            return theirs + name.removeprefix(own)
    _, layer, part, kind = name.split(".")
    return f"h.{layer}.{next(theirs for theirs, own in PARTS.items() if own == part)}.{kind}"


def _draw(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=DEVIATION)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
