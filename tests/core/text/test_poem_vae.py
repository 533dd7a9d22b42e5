"""The couplet machine: its facts hold, and fail on a broken model or on random weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
import torch

from core.checks import Check
from core.text import couplets, poem_vae, poem_vae_verification
from core.text.library import couplet_machine
from core.text.poem_vae import Config, PoemVAE
from core.text.poem_vae_verification import LINES

LINE = pytest.mark.parametrize("line", LINES)


def failed(facts: Iterable[Check]) -> set[str]:
    return {fact.name for fact in facts if not fact.passed}


def test_identities_hold() -> None:
    assert not failed(poem_vae_verification.identities())


@LINE
def test_the_shipped_weights_hold(line: int) -> None:
    assert not failed(poem_vae_verification.of_weights(line))


@LINE
def test_random_weights_do_not(line: int) -> None:
    torch.manual_seed(0)
    config = couplet_machine(line)[0].config
    found = " ".join(failed(poem_vae_verification.of_weights(line, PoemVAE(config))))
    assert all(fact in found for fact in ("come back", "bound of −log p", "tighten", "nats that a code tells"))


def test_a_collapsed_posterior_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def prior(self: PoemVAE, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        zero = torch.zeros(len(tokens), self.config.latent)
        return zero, zero

    monkeypatch.setattr(PoemVAE, "posterior", prior)
    found = " ".join(failed(poem_vae_verification.of_weights(5)))
    assert "nats that a code tells" in found and "come back" in found


def wide(self: PoemVAE, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    mean, log_variance = _posterior(self, tokens)
    return mean, log_variance + 1


_posterior = PoemVAE.posterior
BROKEN: list[tuple[Any, str, Any, str]] = [
    (poem_vae, "kl", lambda m, v: 0.5 * (m.square() + v.exp() - v).sum(1), "KL of the posterior"),
    (poem_vae, "kl_monte_carlo", lambda m, v, e: 0.5 * ((m + v.exp() * e).square() - e.square() - v).sum(-1), "KL of the posterior"),
    (poem_vae, "parameter_count", lambda c: 0, "closed form of the number"),
    (poem_vae.GatedConvolution, "forward", lambda self, x: x + self.convolution(x).chunk(2, 1)[0].tanh(), "gated convolution"),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "name", "broken", "fact"), BROKEN)
def test_broken_formulas_are_found(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, broken: Any, fact: str
) -> None:
    monkeypatch.setattr(owner, name, broken)
    assert any(fact in found for found in failed(poem_vae_verification.identities()))


def test_a_wrong_scale_of_the_posterior_moves_its_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PoemVAE, "posterior", wide)
    assert any("second moment" in found for found in failed(poem_vae_verification.of_weights(5)))


def test_a_walk_that_misses_its_ends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(couplets, "interpolate", lambda a, b, steps, path: torch.zeros(steps, len(a)))
    assert any("walk's ends" in found for found in failed(poem_vae_verification.of_weights(5)))


def test_the_importance_bound_tightens_on_average() -> None:
    """Burda et al. 2015: E log mean of K weights grows with K; on a model whose posterior is far from exact, visibly."""
    torch.manual_seed(0)
    model = PoemVAE(Config(30, width=16, latent=4))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    x = torch.randint(30, (64, 10))
    noise = torch.randn(60, 64, 4)
    means = [float(poem_vae.importance_bound(model, x, noise[:k]).mean()) for k in (1, 5, 60)]
    assert means[0] < means[1] < means[2]


@pytest.mark.parametrize(
    "text", ["明月松间照，清泉石上流。", "明月松间照清泉石上流", "明月松間照 清泉石上流", "明月松间照,清泉石上流."]
)
def test_a_couplet_may_be_typed_in_many_ways(text: str) -> None:
    _, tokenizer = couplet_machine(5)
    assert tokenizer.decode(couplets.parsed(tokenizer, text, 5)) == "明月松间照清泉石上流"


@pytest.mark.parametrize(
    "text", ["", "明月", "明月松间照，清泉石上", "hello，world", "明月松间照清，泉石上流", "明月松间照，清泉石上😀"]
)
def test_other_texts_are_refused_by_name(text: str) -> None:
    _, tokenizer = couplet_machine(5)
    with pytest.raises(ValueError, match=r"^end_5 = "):
        couplets.parsed(tokenizer, text, 5, "end_5")


@LINE
def test_neighbours_are_distinct_and_ordered(line: int) -> None:
    model, tokenizer = couplet_machine(line)
    found = couplets.neighbours(model, tokenizer, couplets.shelf(line)[1][0], 8.0, 8, 3)
    assert len(set(found.couplets)) == len(found.couplets) == 8
    assert list(found.distances) == sorted(found.distances) and found.distances[-1] <= 8


def test_a_code_depends_on_seed_and_number_alone() -> None:
    model, _ = couplet_machine(5)
    assert torch.equal(couplets.codes(model, 7, 3)[:4], couplets.codes(model, 4, 3))


def test_hard_text_has_no_gradient_and_moves_in_steps() -> None:
    """The point of the tab: the slope of what a critic sees is exactly zero, though its value changes along the line."""
    model, tokenizer = couplet_machine(5)
    known, z = couplets.shelf(5)
    s = couplets.staircase(model, tokenizer, z[0], z[1], tokenizer.encode_plain(known[1]), 81)
    assert (s.hard_slope == 0).all() and len(set(s.texts)) > 2
    same = [a == b for a, b in zip(s.texts, s.texts[1:], strict=False)]
    flat = [abs(a - b) < 1e-3 for a, b in zip(s.hard, s.hard[1:], strict=False)]
    assert all(f for f, alike in zip(flat, same, strict=True) if alike)
    step = 1 / 80
    rise = (s.smooth[2:] - s.smooth[:-2]) / (2 * step)
    assert abs(rise - s.slope[1:-1]).max() < 0.02 * abs(s.slope).max()
    assert (s.certainty < 1).all()


def test_the_origin_is_the_average_couplet() -> None:
    model, tokenizer = couplet_machine(5)
    found = couplets.shells(model, tokenizer, (0.0, 1.0, 3.0), 24, 0.0, 0)
    assert found.distinct[0] == pytest.approx(1 / 24) and found.distinct[1] == 1
    assert found.entropy[0] > found.entropy[1] > found.entropy[2]
