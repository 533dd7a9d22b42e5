"""GPT-2: equal to transformers', its facts hold, and fail on a broken model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
import torch

from core.refusal import Refusal
from core.text import authors, decoding, gpt2, sampling, writing
from core.text.gpt2 import GPT2, Config, from_transformers, parameter_count, places
from core.text.gpt2_verification import identities, of_weights
from core.text.library import verse_model
from tests.facts import failed, unnoticed


def test_identities_hold() -> None:
    assert not failed(identities)


def test_the_shipped_weights_hold() -> None:
    assert not failed(of_weights)


def test_random_weights_do_not_know_verse() -> None:
    model, _ = verse_model()
    torch.manual_seed(0)
    found = failed(partial(of_weights, GPT2(model.config).eval()))
    assert {
        "bits a character on famous poems, against the card",
        "the same, below the bigram model of held-out verse",
    } <= found
    assert not any("share of poems" in name for name in found)  # the form is held whatever the weights


def later_seen(block: Any, h: torch.Tensor, cache: Any, layer: int, seen: Any) -> torch.Tensor:
    q, k, v = block.split(h)
    if cache is not None:
        k, v = cache.put(layer, k, v)
    a = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    return block.mixed(a.transpose(1, 2).reshape(h.shape))


def shifted(texts: torch.Tensor) -> torch.Tensor:
    return places(texts) + 1


def no_scale(logits: torch.Tensor, how: sampling.Sampling, allowed: Any = None) -> torch.Tensor:
    return logits.softmax(1)


def one_less(logits: torch.Tensor, how: sampling.Sampling, allowed: Any = None) -> torch.Tensor:
    p = logits.softmax(1)
    ordered, index = p.sort(dim=1, descending=True)
    return torch.zeros_like(p).scatter(1, index, ordered.masked_fill(ordered.cumsum(1) > how.top_p, 0.0))


BROKEN: list[tuple[Any, str, Callable[..., Any], str]] = [
    (gpt2.Block, "attention", later_seen, "changing token 12"),
    (gpt2.Block, "attention", later_seen, "logits with a cache"),
    (gpt2, "places", shifted, "two texts packed"),
    (gpt2, "parameter_count", lambda c: 12 * c.layers * c.width**2, "closed form"),
    (sampling, "probabilities", no_scale, "χ²"),
    (sampling, "probabilities", one_less, "top-p = 0.7: mass kept"),
    (decoding.F, "gelu", lambda x, approximate="none": torch.relu(x), "fast decoder"),
]


@pytest.mark.parametrize(("owner", "name", "broken", "fact"), BROKEN, ids=[b[3] for b in BROKEN])
def test_a_broken_model_is_found(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, broken: Any, fact: str
) -> None:
    if owner is decoding.F:  # the module's own GELU stays: only the decoder is broken
        monkeypatch.setattr(decoding, "F", type("F", (), {**vars(torch.nn.functional), "gelu": staticmethod(broken)}))
    else:
        monkeypatch.setattr(owner, name, broken)
    assert not unnoticed(identities, fact)


def test_a_title_that_does_not_bind_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was: a ci written freely, whatever its tune."""
    monkeypatch.setattr(writing, "tune_of", lambda title: None)
    assert not unnoticed(of_weights, "a ci to a tune")


def test_a_form_that_is_not_held_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authors.Poet, "allowed", lambda self: self.marks.han)
    monkeypatch.setattr(authors.Poet, "ahead", None)
    assert not unnoticed(of_weights, "right form", "acrostic")


@pytest.mark.parametrize("inner", [None, 100])
def test_logits_equal_those_of_transformers(inner: int | None) -> None:
    """On random weights of a small GPT2LMHeadModel: the same logits to 1e-4, and the same greedy text."""
    transformers = pytest.importorskip("transformers", reason="transformers is a development requirement")
    torch.manual_seed(0)
    settings = transformers.GPT2Config(vocab_size=211, n_positions=64, n_embd=48, n_layer=3, n_head=4, n_inner=inner)
    theirs = transformers.GPT2LMHeadModel(settings).eval()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    ours = from_transformers(settings.to_dict(), theirs.state_dict()).eval()
    tokens = torch.randint(211, (3, 40))
    with torch.no_grad():
        assert (ours(tokens) - theirs(tokens).logits).abs().max() < 1e-4
    wanted = theirs.generate(
        tokens[:, :8], attention_mask=torch.ones(3, 8), max_new_tokens=24, do_sample=False, pad_token_id=0
    )
    decoder = decoding.Decoder(decoding.prepare(ours), 3)
    fresh, made = tokens[:, :8], []
    for _ in range(24):
        fresh = decoder.step(fresh).argmax(1)
        made.append(fresh)
    assert torch.equal(torch.stack(made, 1), wanted[:, 8:])


@pytest.fixture(scope="module")
def theirs() -> Any:
    """A small GPT2LMHeadModel with random weights: its settings, its tensors, eight tokens and their logits."""
    transformers = pytest.importorskip("transformers", reason="transformers is a development requirement")
    torch.manual_seed(1)
    settings = transformers.GPT2Config(
        vocab_size=30, n_positions=16, n_embd=24, n_layer=2, n_head=3, tie_word_embeddings=False
    )
    model = transformers.GPT2LMHeadModel(settings).eval()
    tokens = torch.randint(30, (2, 8))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
        own = model(tokens).logits
        state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        model.lm_head.weight.copy_(model.transformer.wte.weight)
        return settings.to_dict() | {"tie_word_embeddings": True}, state, tokens, own, model(tokens).logits


def tied(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in state.items() if name != "lm_head.weight"}


OTHER_NAMES = {
    "n_embd": "hidden_size",
    "n_layer": "num_hidden_layers",
    "n_head": "num_attention_heads",
    "n_positions": "n_ctx",
}
LAYOUTS: Mapping[str, Callable[[dict[str, Any], dict[str, Any]], tuple[dict[str, Any], dict[str, Any]]]] = {
    "as it is": lambda c, s: (c, s),
    "without prefix": lambda c, s: (c, {k.removeprefix("transformer."): v for k, v in s.items()}),
    "trained in parallel and compiled": lambda c, s: (c, {f"module._orig_mod.{k}": v for k, v in s.items()}),
    "inside a training script's file": lambda c, s: (c, {"state_dict": s, "epoch": 3}),
    "other models' settings": lambda c, s: ({OTHER_NAMES.get(k, k): v for k, v in c.items()}, s),
    "one GELU by another name": lambda c, s: ({**c, "activation_function": "gelu_pytorch_tanh"}, s),
    "and another": lambda c, s: ({**c, "activation_function": "gelu_fast"}, s),
    "with causal masks": lambda c, s: (c, {**s, "transformer.h.1.attn.bias": torch.ones(1, 1, 16, 16)}),
    "with the embedding twice": lambda c, s: (c, {**s, "lm_head.weight": s["transformer.wte.weight"].clone()}),
    "padded": lambda c, s: (
        c,
        {**s, "transformer.wte.weight": torch.cat([s["transformer.wte.weight"], torch.ones(2, 24)])},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_one_checkpoint_give_its_logits(theirs: Any, layout: str) -> None:
    settings, state, tokens, _, wanted = theirs
    ours = from_transformers(*LAYOUTS[layout](settings, tied(state))).eval()
    with torch.no_grad():
        assert (ours(tokens) - wanted).abs().max() < 1e-4
    assert ours.config.tied and sum(p.numel() for p in ours.parameters()) == parameter_count(ours.config)


@pytest.mark.parametrize("said", [True, False, None])
def test_a_head_of_its_own_is_used_whatever_the_settings_say(theirs: Any, said: bool | None) -> None:
    settings, state, tokens, wanted, _ = theirs
    ours = from_transformers({**settings, "tie_word_embeddings": said}, state).eval()
    with torch.no_grad():
        assert (ours(tokens) - wanted).abs().max() < 1e-4
        decoder = decoding.Decoder(decoding.prepare(ours), 2)
        assert (decoder.step(tokens) - wanted[:, -1]).abs().max() < 1e-4
    assert not ours.config.tied and sum(p.numel() for p in ours.parameters()) == parameter_count(ours.config)


@pytest.mark.parametrize(("kind", "gap"), [(torch.float16, 5e-3), (torch.bfloat16, 5e-2)])
def test_half_precision_is_read_as_float32(theirs: Any, kind: torch.dtype, gap: float) -> None:
    settings, state, tokens, _, wanted = theirs
    ours = from_transformers(settings, {name: tensor.to(kind) for name, tensor in tied(state).items()}).eval()
    with torch.no_grad():
        assert ours(tokens).dtype == torch.float32 and (ours(tokens) - wanted).abs().max() < gap * wanted.abs().max()


@pytest.mark.parametrize(
    ("settings", "tensors", "said"),
    [
        ({"activation_function": "relu"}, {}, "activation_function is 'relu'"), ({"scale_attn_weights": False}, {}, "scale_attn_weights is False"),
        ({"scale_attn_by_inverse_layer_idx": True}, {}, "inverse_layer_idx is True"), ({"n_head": 5}, {}, "n_head is 5, which does not divide"),
        ({"n_layer": None}, {}, "n_layer is missing"), ({"n_embd": "24"}, {}, "n_embd is '24'"), ({"vocab_size": 0}, {}, "vocab_size is 0"),
        ({"tie_word_embeddings": False}, {}, "lm_head.weight is missing"), ({"n_layer": 1}, {}, "lies beyond n_layer = 1"),
        ({"n_layer": 3}, {}, r"h\.2\..* is missing"), ({"vocab_size": 31}, {}, r"wte.weight has shape \(30, 24\), where \(31, 24\)"),
        ({"n_positions": 99}, {}, "wpe.weight has shape"), ({"n_inner": 40}, {}, r"mlp.c_(fc|proj).* has shape"),
        ({}, {"transformer.h.0.moe.weight": torch.zeros(2)}, "h.0.moe.weight is not a tensor of GPT-2"),
        ({}, {"score.weight": torch.zeros(2, 24)}, "score.weight is not a tensor"), ({}, {"lm_head.bias": torch.zeros(30)}, "lm_head.bias is not"),
        ({}, {"transformer.h.0.mlp.c_fc.weight": torch.zeros(96, 24)}, r"has shape \(96, 24\), where \(24, 96\)"),
        ({}, {"transformer.ln_f.bias": None}, "ln_f.bias is not a tensor"), ({}, {"transformer.h.x.ln_1.bias": torch.zeros(24)}, "is not a tensor"),
    ],
)  # fmt: skip
def test_what_is_no_gpt2_is_refused_by_its_setting_or_tensor(
    theirs: Any, settings: dict[str, Any], tensors: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refusal, match=said) as caught:
        from_transformers(theirs[0] | settings, tied(theirs[1]) | tensors)
    assert caught.value.zh.startswith("检查点的 ")


def test_a_missing_tensor_is_named(theirs: Any) -> None:
    settings, state, *_ = theirs
    without = {name: tensor for name, tensor in tied(state).items() if name != "transformer.h.1.attn.c_proj.bias"}
    with pytest.raises(Refusal, match=r"h\.1\.attn\.c_proj\.bias is missing"):
        from_transformers(settings, without)


def test_heads_divide_the_width() -> None:
    with pytest.raises(ValueError, match="heads = 3"):
        Config(10, width=8, heads=3)


def test_the_context_is_a_limit() -> None:
    model = GPT2(Config(10, 8, 1, 2, 6)).eval()
    with pytest.raises(ValueError, match="7 positions, but the context holds 6"):
        model(torch.zeros(1, 7, dtype=torch.long))
    decoder = decoding.Decoder(decoding.prepare(model), 1)
    decoder.step(torch.zeros(1, 6, dtype=torch.long))
    with pytest.raises(ValueError, match="context holds 6"):
        decoder.step(torch.zeros(1, dtype=torch.long))
