"""MLM and MAE as dropout: by hand, broken copies that are noticed, and what a reader may type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.refusal import Refusal
from core.text.mlm_dropout import averaging, columns, filling, masking, toy, verification
from core.text.mlm_dropout.bert import Bert, kept_columns
from core.text.mlm_dropout.filling import model, read
from core.text.mlm_dropout.measured import Arm, DropToken, correction, drop_token
from gallery.page import Say
from pages.text._mlm_dropout_figures import averaged, measured
from tests.facts import failed, unnoticed


def test_all_identities_hold() -> None:
    for part in (verification.of_dropout, verification.of_rules, verification.of_columns, verification.of_weights):
        assert not failed(part)


def test_random_weights_are_noticed() -> None:
    bert, _ = model()
    assert not unnoticed(
        lambda: verification.of_weights(Bert(bert.config).eval()), "against the card", "above a bigram"
    )


def _not_normalised(attention: Tensor, dropped: Tensor) -> Tensor:
    return attention * dropped[..., None, :]


def test_columns_that_are_not_normalised_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.text.mlm_dropout.bert.kept_columns", _not_normalised)
    assert not unnoticed(verification.of_columns, "kept tokens against", "batch with padding")


def test_a_correction_without_the_mask_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(table: Tensor, mask: int, first: int, rule: Any = masking.RULE) -> Tensor:
        return masking.scaled(table, first, rule)

    monkeypatch.setattr(masking, "corrected", wrong)
    assert not unnoticed(verification.of_rules, "enumeration of every outcome")


def test_a_droptoken_that_loses_cls_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = masking.kept_places

    def wrong(there: Tensor, rate: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        places, stays = kept(there, rate, rng)
        return places, stays & (places > 0)

    monkeypatch.setattr(masking, "kept_places", wrong)
    assert not unnoticed(verification.of_rules, "DropToken")


def test_a_mean_that_is_only_first_order_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "expected_norm", lambda attention, keep: attention)
    assert not unnoticed(verification.of_columns, "integral against")


def test_dropped_columns_by_hand() -> None:
    a = torch.tensor([[0.2, 0.3, 0.5]], dtype=torch.float64)
    assert kept_columns(a, torch.tensor([1.0, 0.0, 1.0]).double())[0].tolist() == pytest.approx([2 / 7, 0, 5 / 7])
    with pytest.raises(ValueError, match="at least one"):
        kept_columns(a, torch.zeros(3).double())


def test_what_is_masked_is_nested_and_never_nothing() -> None:
    _, tokenizer = model()
    text = read("床前明月光，疑是地上霜。", tokenizer)
    before = filling.blanks(text, 0.0, 1)
    assert before.sum() == 1
    for ratio in (0.2, 0.5, 0.9):
        now = filling.blanks(text, ratio, 1)
        assert now[before].all()
        assert not now[0]
        before = now
    assert columns.kept(9, 1.0, 0).tolist() == [True, *[False] * 8]


@pytest.mark.parametrize("text", ["", "，。！", "😀😀", "hello", "   ", "[MASK]"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        filling.fill(text, 0.15, 0)


def test_long_texts_are_refused_and_odd_ones_read() -> None:
    with pytest.raises(Refusal, match="64"):
        filling.fill("好" * 10_000, 0.15, 0)
    assert read("書很好看", model()[1]).characters == "书很好看"
    assert read("好😀书", model()[1]).unknown == ("😀",)
    assert read("天_[mask]", model()[1]).asked.sum() == 2
    for text in ("床前明月光", "_"):
        with pytest.raises(Refusal):
            next(averaging.average(text, 0.15, 32, 0))


def test_nothing_dropped_is_the_single_pass() -> None:
    *_, last = averaging.average("今天天气很[MASK]，我们走。", 0.0, 64, 0)
    assert max(last.last.values()) < 1e-6
    assert last.noise[-1] < 1e-6


@pytest.mark.parametrize(
    ("values", "tied"),
    [
        ({"off": 0.3, "corrected": 0.1, "scaled": 0.2}, ("corrected",)),
        ({"off": 0.0997, "corrected": 0.0837, "scaled": 0.0920}, ("corrected", "scaled")),
        ({"off": 0.09, "corrected": 0.1, "scaled": 0.092}, ("off", "scaled", "corrected")),
    ],
)
def test_who_is_nearest_is_said_only_beyond_the_averages_own_error(
    values: dict[str, float], tied: tuple[str, ...]
) -> None:
    """All apart; the best two not told apart; none: by an error of 0.0123."""
    row = {name: np.array([0.5, value]) for name, value in values.items()}
    text = read("好_", model()[1])
    y = averaging.Averaged(text, np.array([32, 64]), row, np.array([0.3, 0.0123]), (), {}, 64, 1)
    assert y.tied == tied
    assert y.ordered[0] == y.nearest == tied[0]
    title = averaged(y, 0.15, Say("en")).layout.meta["title"]
    assert title.startswith(("Nearest to", "E as it is 0.100 is farther", "No telling")[len(tied) - 1])
    assert all(f"{value:.3f}" in title for value in values.values())


@torch.inference_mode()
def test_probabilities_are_doubles_on_the_cpu_over_characters_alone() -> None:
    bert, tokenizer = model()
    p = filling.character_probabilities(bert, torch.randn(3, bert.config.width), tokenizer.first_character)
    assert p.dtype == torch.float64
    assert p.device.type == "cpu"
    assert not p[:, : tokenizer.first_character].any()
    torch.testing.assert_close(p.sum(1), torch.ones(3, dtype=torch.float64))


def test_the_tiny_functions_numbers_stay_readable() -> None:
    """At the ends of the sliders, exp(w·xε/p) has a mean of six digits, not of forty-six."""
    for name in toy.FUNCTIONS:
        y = toy.toy(name, 0.2, 1.5)
        assert np.abs(y.averages).max() < 1e6
        assert y.averages[0] == pytest.approx(y.average)


def test_what_surely_differs_by_hand() -> None:
    """Differences 1, 2, 4 have the mean 2.33 ± 3.79, and 10, 11, 12 the mean 11 ± 2.48."""
    zero, some, more = (Arm(np.array(row), np.ones(3)) for row in ([0.0, 0, 0], [1.0, 2, 4], [-10.0, -11, -12]))
    found = DropToken([zero, some, some, some, more], np.ones(5))
    ((rate, difference, half),) = found.sure
    assert (rate, difference) == (0.5, -11)
    assert half == pytest.approx(2.484, abs=1e-3)
    assert some.standard_error(zero) == pytest.approx(1.5275 / 3**0.5, abs=1e-4)
    title = measured(found, Say("en")).layout.meta["title"]
    assert "surely worse: 50%" in title
    assert "none surely better" in title


def test_figures_of_the_trials() -> None:
    y = drop_token()
    assert y.work[0] == pytest.approx(1)
    assert (np.diff(y.work) < 0).all()
    assert y.work[-1] < 0.5
    assert correction(0.15, 0.8, 0.5).coefficients == pytest.approx((0.865, 0.12, 0.015))
    assert correction(0.15, 0.8, 0.5).as_trained
    assert not correction(0.15, 1.0, 0.5).as_trained
