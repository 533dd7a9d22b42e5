"""Fine-tuning: its facts hold, and fail on a broken copy or on random weights; augmentations, errors and refusals."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.refusal import Refusal
from core.vision.fine_tuning import augment, objective, views
from core.vision.fine_tuning.augment import NAMES, WAYS, augmented, drawn, join, zoom
from core.vision.fine_tuning.effects import LEFT_OUT, blended, effect, effects, share_of, stages
from core.vision.fine_tuning.model import KINDS, Config, Head, Model, Trunk
from core.vision.fine_tuning.objective import Blend, batch, trained
from core.vision.fine_tuning.plane import plane, tightness
from core.vision.fine_tuning.shelf import COUNT, photographs
from core.vision.fine_tuning.verification import identities, of_augmentation, of_stages, of_weights
from core.vision.fine_tuning.views import asked, chosen, gated, judged, varied
from tests.facts import failed, together, unnoticed

MATHEMATICS = together(identities, of_augmentation, of_stages)


def test_the_mathematics_holds() -> None:
    assert not failed(MATHEMATICS)


def test_the_shipped_weights_know_flowers() -> None:
    assert not failed(of_weights)


def test_random_weights_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = copy.deepcopy(views.model())
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.1)
    monkeypatch.setattr(views, "model", lambda: model)
    assert not unnoticed(of_weights, "p₀: share", "p₁: share", "model card")


def test_a_head_that_lost_its_training_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = copy.deepcopy(views.model())
    model.head = Head(model.config).eval()
    monkeypatch.setattr(views, "model", lambda: model)
    assert not unnoticed(of_weights, "p₀: share")


def _no_gate(self: Head, h: Tensor) -> Tensor:
    return self.value(h)


def _gate_by_tanh(self: Head, h: Tensor) -> Tensor:
    assert self.gate is not None
    return self.value(h) * self.gate(h).tanh()


def _mean_over_the_feature(f: Tensor, centres: Tensor, labels: Tensor) -> Tensor:
    return (f - centres[labels]).square().mean()


def _pushed_away(f: Tensor, centres: Tensor, labels: Tensor) -> Tensor:
    return RIGHT_CENTRE(f, centres, labels) + 2 * (centres.detach() - centres)[0].sum()


def _with_repeats(labels: Tensor, kinds: int, each: int, rng: torch.Generator) -> Tensor:
    return torch.randint(len(labels), (kinds * each,), generator=rng)


def _mixed(x: Tensor, partner: Tensor, way: Tensor, cut: Tensor) -> Tensor:
    return (x + partner) / 2


def _turned_back(x: Tensor, degrees: Tensor) -> Tensor:
    return RIGHT_ROTATE(x, -degrees)


def _pasted_on_black(x: Tensor, other: Tensor, factor: Tensor, place: Tensor) -> Tensor:
    return zoom(x, torch.full_like(other, -1), factor, place)


def _eighth(x: Tensor, quarter: Tensor) -> Tensor:
    made = x.clone()
    made[:, :, : x.shape[-1] // 4, : x.shape[-1] // 2] = -1
    return made


def _all_free(model: Model, stage: int) -> list[nn.Parameter]:
    model.train()
    for parameter in model.parameters():
        parameter.requires_grad_()
    return list(model.parameters())


def _swapped(main: np.ndarray, auxiliary: np.ndarray, alpha: float) -> np.ndarray:
    return alpha * auxiliary + (1 - alpha) * main


RIGHT_CENTRE, RIGHT_ROTATE = objective.centre_loss, augment.rotate


@pytest.mark.parametrize(
    ("where", "name", "broken", "facts"),
    [
        (Head, "feature", _no_gate, ("gated feature",)),
        (Head, "feature", _gate_by_tanh, ("gated feature",)),
        (objective, "centre_loss", _mean_over_the_feature, ("centre loss by hand", "whole loss by hand")),
        (objective, "centre_loss", _pushed_away, ("gradient in the first centre", "best centre is the mean")),
        (objective, "batch", _with_repeats, ("a batch",)),
        (objective, "blend", _swapped, ("blend by hand",)),
        (augment, "join", _mixed, ("neither's", "joined across")),
        (augment, "rotate", _turned_back, ("rotation by 90°",)),
        (augment, "zoom", _pasted_on_black, ("shrunk to one half",)),
        (augment, "mask", _eighth, ("one quarter",)),
        (objective, "trained", _all_free, ("stage 1: largest", "stage 2: largest", "statistics")),
    ],
)
def test_a_broken_copy_is_noticed(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Callable[..., Any], facts: tuple[str, ...]
) -> None:
    monkeypatch.setattr(where, name, broken)
    assert not unnoticed(MATHEMATICS, *facts)


def test_an_auxiliary_softmax_on_the_feature_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def on_the_feature(self: Head, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        f = self.feature(h)
        return f, self.main(f), self.main(f)

    monkeypatch.setattr(Head, "forward", on_the_feature)
    assert not unnoticed(of_stages, "auxiliary loss's gradient")


def pictures(count: int, seed: int, side: int = 16) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_each_way_of_joining_takes_about_half_of_either() -> None:
    """Over cuts from ¼ to ¾ the mean share is ½; a diagonal takes ½ and half a side's worth of pixels."""
    x, y = pictures(1, 0), pictures(1, 1)
    for way in range(WAYS):
        shares = [
            float((join(x, y, torch.tensor([way]), torch.tensor([cut])) == x).all(1).double().mean())
            for cut in (0.25, 0.5, 0.75)
        ]
        assert np.mean(shares) == pytest.approx(0.5, abs=1 / 16)
    diagonal = join(x, y, torch.tensor([2]), torch.tensor([0.5]))
    assert torch.equal(diagonal[0, :, 15, 0], x[0, :, 15, 0])
    assert torch.equal(diagonal[0, :, 0, 15], y[0, :, 0, 15])


def test_what_is_switched_off_leaves_the_draws_of_the_others() -> None:
    x, y, z = (pictures(40, seed) for seed in range(3))
    draws = drawn(40, torch.Generator().manual_seed(0))
    assert torch.equal(augmented(x, y, z, draws, ()), x)
    only = augmented(x, y, z, draws, ("flip",))
    assert torch.equal(only[draws.mirror], x[draws.mirror].flip(-1))
    assert torch.equal(only[~draws.mirror], x[~draws.mirror])
    everything, without = augmented(x, y, z, draws), augmented(x, y, z, draws, set(NAMES) - {"join"})
    assert torch.equal(everything[~draws.joined], without[~draws.joined])
    assert torch.equal(everything[draws.joined], join(x, y, draws.way, draws.cut)[draws.joined])


def test_the_draws_have_the_posts_frequencies() -> None:
    """4 000 draws; five standard errors, exceeded by chance once in a million."""
    n = 4000
    draws = drawn(n, torch.Generator().manual_seed(0))
    five = 5 * (0.25 / n) ** 0.5
    for share in (draws.joined, draws.mirror, draws.quarter >= 0):
        assert float(share.double().mean()) == pytest.approx(0.5, abs=five)
    assert float(draws.degrees.abs().max()) <= 10
    assert 0.8 <= float(draws.factor.min()) < float(draws.factor.max()) <= 1.2
    assert 0.25 <= float(draws.cut.min()) < float(draws.cut.max()) <= 0.75
    assert set(draws.way.tolist()) == {0, 1, 2, 3}
    assert set(draws.quarter.tolist()) == {-1, 0, 1, 2, 3}


def test_an_enlarged_picture_shows_nothing_of_the_other() -> None:
    x, y = pictures(8, 0), torch.full((8, 3, 16, 16), 9.0)
    made = zoom(x, y, torch.full((8,), 1.2), torch.linspace(-1, 1, 16).reshape(8, 2))
    assert float(made.max()) <= 1
    shrunk = zoom(x, y, torch.full((8,), 0.8), torch.ones(8, 2))
    assert float((shrunk == 9).all(1).double().mean()) == pytest.approx(1 - 0.8**2, abs=0.1)
    assert (shrunk[:, :, 0] == 9).all()  # place (1, 1): the lower right corner


def test_a_batch_draws_kinds_by_their_frequency() -> None:
    labels = torch.tensor([0] * 80 + [1] * 10 + [2] * 10)
    rng = torch.Generator().manual_seed(0)
    first = [int(labels[batch(labels, 1, 2, rng)][0]) for _ in range(400)]
    assert np.mean(np.array(first) == 0) == pytest.approx(0.8, abs=5 * (0.16 / 400) ** 0.5)


def test_only_the_stages_part_gets_a_gradient() -> None:
    model = Model(Config((4, 6, 8), 10, 6))
    for stage, there in ((1, {"head"}), (2, {"head", "trunk.high"}), (3, {"head", "trunk.high"})):
        names = {id(parameter): name for name, parameter in model.named_parameters()}
        assert {
            ".".join(names[id(p)].split(".")[: 1 if names[id(p)].startswith("head") else 2])
            for p in trained(model, stage)
        } == there
        assert not model.training
    with pytest.raises(ValueError, match="stage = 4"):
        trained(model, 4)


def test_the_trunk_takes_pictures_of_many_sizes_and_a_plain_head_has_open_gates() -> None:
    trunk = Trunk(Config()).eval()
    for side in (32, 48, 64):
        assert trunk(pictures(2, 0, side)).shape == (2, 256)
        assert trunk.maps(pictures(2, 0, side)).shape == (2, 128, side // 8, side // 8)
    head, h = Head(Config(gated=False)), torch.randn(3, 256)
    assert torch.equal(head.gates(h), torch.ones(3, 64))
    assert torch.equal(head.feature(h), head.value(h))


def test_a_paired_difference_and_its_error_by_hand() -> None:
    a, b = np.array([[1.0, 1, 1, 0], [1, 1, 1, 0]]), np.array([[1.0, 0, 1, 0], [1, 0, 0, 0]])
    found = effect("x", a, b)
    gap = a - b
    assert found.gain == pytest.approx(0.375)
    assert found.error**2 == pytest.approx(gap.mean(1).var(ddof=1) / 2 + gap.mean(0).var(ddof=1) / 4)
    assert effect("x", a, a).exact
    assert share_of(np.array([[1.0, 0, 1, 0]])).error == pytest.approx((1 / 3 / 4) ** 0.5)
    assert Blend(np.array([0.0, 0.5, 1.0]), np.array([0.2, 0.9, 0.9])).best == 0.5


def test_the_outcomes_agree_with_the_card_and_each_other() -> None:
    frozen, whole, found = effects("frozen"), effects("whole"), stages()
    assert [one.name for one in frozen.effects] == list(LEFT_OUT["frozen"])
    assert all(one.seeds >= 3 for one in (*frozen.effects, *whole.effects))
    assert frozen.effects[2].name == "auxiliary"
    assert frozen.effects[2].exact
    assert whole.standard == found.rates[found.chosen][2]
    at = blended(1.0)
    assert at.held_out == at.p0
    assert blended(0.0).held_out == at.p1
    assert at.searched.found.max() >= max(at.searched.found[0], at.searched.found[-1])
    assert found.moved["stem"] == found.moved["block 1"] == found.moved["block 2"] == 0 < found.moved["block 3"]
    with pytest.raises(Refusal):
        effects("half")


def test_pre_training_shows_no_benefit_over_training_from_scratch() -> None:
    """The shipped outcomes: within two standard errors of the control from scratch, though far above the random trunk."""
    found = stages()
    over = found.over_scratch[found.chosen]
    assert over.gain == pytest.approx(found.rates[found.chosen][2].value - found.scratch.value)
    assert not over.sure
    first = found.rates[found.chosen][0]
    assert first.value - found.random.value > 2 * (first.error**2 + found.random.error**2) ** 0.5


def test_a_photograph_is_judged_and_has_neighbours() -> None:
    one = judged(asked(7))
    assert float(one.p0.sum()) == pytest.approx(1, abs=1e-5)
    assert (np.diff(one.distances) >= 0).all()
    assert all(not np.array_equal(near.picture, one.asked.picture) for near in one.nearest)
    own = np.random.default_rng(0).integers(0, 256, (90, 130, 3), dtype=np.uint8)
    strange = judged(chosen("own", 1, own))
    assert strange.right is None
    assert strange.asked.picture.shape == (64, 64, 3)
    assert np.array_equal(chosen("shipped", 7, own).picture, one.asked.picture)
    assert pickle.loads(pickle.dumps(one)).best == one.best


def test_bad_photographs_are_refused() -> None:
    with pytest.raises(Refusal) as small:
        asked(1, np.zeros((8, 200, 3), np.uint8))
    assert small.value.input == "own"
    for number in (0, COUNT + 1):
        with pytest.raises(Refusal) as wrong:
            asked(number)
        assert wrong.value.input == "number"


def test_every_photograph_has_its_source() -> None:
    known = photographs()
    assert len(known) == COUNT
    assert len({one.flickr for one in known}) == COUNT
    assert all(one.flickr.isdigit() for one in known)
    assert np.bincount([one.kind for one in known]).tolist() == [COUNT // len(KINDS)] * len(KINDS)


def test_copies_are_seeded_and_name_whose_pictures_show_in_them() -> None:
    one, again, other = varied(3, NAMES, 0), varied(3, NAMES, 0), varied(3, NAMES, 1)
    assert np.array_equal(one.copies, again.copies)
    assert not np.array_equal(one.copies, other.copies)
    assert len(one.credits) > 1
    assert varied(3, ("rotate",), 0).credits == (photographs()[2].flickr,)


def test_gates_open_shut_and_as_they_are() -> None:
    low, high = gated(asked(5), 0.0), gated(asked(5), 1.0)
    np.testing.assert_array_equal(low.p[0], low.p[2])
    assert not low.closed.any()
    assert high.closed.all()
    assert high.right[2] == COUNT // len(KINDS)  # one constant answer
    assert 0 < low.passed < 1


def test_the_centre_loss_tightens_the_plane() -> None:
    free, pulled = list(plane(0.0, 0))[-1], list(plane(1.0, 0))[-1]
    assert pulled.tight < free.tight
    assert free.done == 1
    f = np.array([[0.0, 0], [2, 0], [10, 0], [12, 0]])
    tight, means = tightness(f, np.array([0, 0, 1, 1]))
    assert tight == pytest.approx(4 / 104)
    np.testing.assert_allclose(means, [[1, 0], [11, 0]])
