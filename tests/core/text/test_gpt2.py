"""GPT-2: equal to transformers', its facts hold, and fail on a broken model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch

from core.text import authors, decoding, gpt2, sampling, writing
from core.text.gpt2 import GPT2, Config, from_transformers, places
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


def test_a_checkpoint_of_another_build_is_refused() -> None:
    settings = {"vocab_size": 10, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 8}
    with pytest.raises(ValueError, match="activation_function"):
        from_transformers({**settings, "activation_function": "relu"}, {})
    with pytest.raises(ValueError, match="not a tensor of GPT-2"):
        from_transformers(settings, {"transformer.h.0.moe.weight": torch.zeros(2)})
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
