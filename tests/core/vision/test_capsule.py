"""Capsules: their facts hold, and fail on a broken formula or on random weights; pairs, drawings, poses and refusals."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.refusal import Refusal
from core.vision.capsule import choosing, digits, em, matrix, model, plane, poses, routing
from core.vision.capsule.choosing import centred, chosen, own
from core.vision.capsule.cost import costs
from core.vision.capsule.pairs import stacked, told
from core.vision.capsule.verification import STARTS, identities, of_clustering, of_readers, of_the_net
from tests.facts import failed, together, unnoticed

NAMES = ("drawing", "picture")
BLANK = np.zeros((28, 28), np.float32)
WHITE = np.full((28, 28, 3), 255, np.uint8)


def test_the_facts_by_hand_hold() -> None:
    assert not failed(identities)


def test_em_routing_is_em_of_a_mixture() -> None:
    assert not failed(of_clustering)


def test_the_shipped_readers_tell_two_digits() -> None:
    assert not failed(of_readers)


def test_the_shipped_net_holds_its_facts() -> None:
    assert not failed(of_the_net)


def _random(module: nn.Module) -> Any:
    torch.manual_seed(0)
    made = copy.deepcopy(module)
    for weight in made.parameters():
        nn.init.normal_(weight, std=0.1)
    return made


def test_random_readers_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _random(digits.readers())
    monkeypatch.setattr(digits, "readers", lambda: made)
    assert not unnoticed(of_readers, "capsules: right pairs", "capsules less pooling")


def test_a_random_net_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _random(poses.net())
    monkeypatch.setattr(poses, "net", lambda: made)
    assert not unnoticed(of_the_net, "matrix capsules: right", "over that with its class's mean pose")


def test_readers_whose_heads_are_exchanged_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    live = digits.apart(0, False, 0)
    turned = digits.Apart(live.pair[::-1], live.sure[::-1], live.alone[::-1], live.pictures, live.pairs)
    monkeypatch.setattr(digits, "apart", lambda *_: turned)
    assert not unnoticed(of_readers, "capsules less pooling")


def _added_up(votes: Tensor, b: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    b = votes.new_zeros(votes.shape[:-1]) if b is None else b
    while True:
        c = b.softmax(-1)
        v = torch.einsum("bnk,bnkd->bkd", c, votes)
        yield c, v
        b = b + routing.agreement(votes, v)


def _over_those_below(votes: Tensor, b: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    for c, _ in ROUNDS(votes, b):
        c = c.log().softmax(1)
        yield c, torch.einsum("bnk,bnkd->bkd", c, votes)


def _not_normalised(votes: Tensor, weight: Tensor, floor: float = em.FLOOR) -> em.Clusters:
    right = MAXIMISE(votes, weight, floor)
    return em.Clusters(right.mean * right.mass.unsqueeze(-1), right.variance, right.mass)


def _deviation_for_variance(votes: Tensor, weight: Tensor, floor: float = em.FLOOR) -> em.Clusters:
    right = MAXIMISE(votes, weight, floor)
    return em.Clusters(right.mean, right.variance.sqrt(), right.mass)


ROUNDS, MAXIMISE, EXPECT, MARGIN, SPREAD = (
    routing.rounds, em.maximise, em.expect, model.margin_loss, matrix.spread_loss
)  # fmt: skip
BROKEN: list[tuple[Any, str, Callable[..., Any], Any, tuple[str, ...]]] = [
    (routing, "squash", lambda v, constant=1.0: v * v.norm() / (1 + v.norm() ** 2), identities, ("squash of",)),
    (routing, "rounds", _added_up, identities, ("coupling by hand",)),
    (routing, "rounds", _over_those_below, identities, ("summed over those above",)),
    (model, "margin_loss", lambda p, y: MARGIN(1 - p, y), identities, ("margin loss",)),
    (matrix, "spread_loss", lambda a, y, m: SPREAD(a, y, m) ** 0.5, identities, ("spread loss",)),
    (em, "entropy", lambda c: 0.5 * c.variance.log().sum(-1), identities, ("entropy by hand", "cost = entropy")),
    (em, "maximise", _deviation_for_variance, identities, ("entropy by hand", "cost = entropy")),
    (em, "expect", lambda v, c, p: EXPECT(-v, c, p), identities, ("against K-means",)),
    (em, "maximise", _not_normalised, of_clustering, ("against scikit-learn",)),
    (em, "maximise", _deviation_for_variance, of_clustering, ("against scikit-learn", "least rise")),
    (em, "expect", lambda v, c, p: EXPECT(v, c, 0 * p), of_clustering, ("against scikit-learn",)),
]


@pytest.mark.parametrize(("module", "name", "wrong", "facts", "noticed"), BROKEN)
def test_a_broken_formula_is_noticed(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, wrong: Callable[..., Any], facts: Any, noticed: tuple[str, ...]
) -> None:  # fmt: skip
    monkeypatch.setattr(module, name, wrong)
    assert not unnoticed(together(facts), *noticed)


def test_kernels_of_one_place_are_noticed_when_the_order_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def placed(votes: Tensor, b: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        return ROUNDS(votes * torch.linspace(0.5, 1.5, votes.shape[1])[:, None, None], b)

    monkeypatch.setattr(routing, "rounds", placed)
    assert not unnoticed(of_readers, "in another order")


def test_one_routing_shares_alike_and_none_is_refused() -> None:
    votes = torch.randn(1, 6, 4, 3, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(routing.routed(votes, 1).coupling, torch.full((1, 6, 4), 0.25))
    with pytest.raises(ValueError, match="routings = 0"):
        routing.routed(votes, 0)
    with pytest.raises(ValueError, match="iterations = 0"):
        em.em_routed(votes, torch.ones(1, 6), torch.zeros(4), torch.zeros(4), 0)


def test_em_routing_goes_to_the_capsule_whose_votes_agree() -> None:
    rng = torch.Generator().manual_seed(0)
    votes = torch.randn(1, 40, 3, 16, generator=rng)
    votes[:, :, 1] *= 0.05
    routed = em.em_routed(votes, torch.ones(1, 40), torch.zeros(3), torch.zeros(3), 3)
    assert int(routed.activations.argmax()) == 1
    assert float(routed.responsibilities[..., 1].mean()) > 0.9


def test_a_capsule_that_is_off_has_no_say() -> None:
    rng = torch.Generator().manual_seed(1)
    votes, active = torch.randn(1, 10, 3, 4, generator=rng), torch.ones(1, 10)
    active[0, 7] = 0.0
    moved = votes.clone()
    moved[0, 7] += 100
    off, on = (em.em_routed(v, active, torch.zeros(3), torch.zeros(3), 3).clusters.mean for v in (votes, moved))
    assert torch.allclose(off, on)


def test_the_windows_hold_every_capsule_once() -> None:
    x = torch.arange(2 * 36).reshape(1, 2, 6, 6, 1).float()
    windows = matrix._windows(x)
    assert windows.shape == (1, 4, 18, 1)
    assert windows.flatten().sort().values.tolist() == list(range(72))
    assert set(windows[0, 0, :9, 0].tolist()) == {0, 1, 2, 6, 7, 8, 12, 13, 14}  # three rows of three places


def test_told_by_hand() -> None:
    p = torch.tensor([[0.9, 0.8, 0.1], [0.9, 0.3, 0.1], [0.9, 0.8, 0.7], [0.2, 0.8, 0.9]])
    made = told(p, torch.tensor([[1, 0], [0, 1], [0, 1], [0, 1]]))
    assert made.pair.tolist() == [True, True, True, False]
    assert made.sure.tolist() == [True, False, True, False]
    assert made.alone.tolist() == [True, False, False, False]
    assert made.shares == (0.75, 0.5, 0.25)


def test_pairs_differ_and_stand_one_above_the_other() -> None:
    x, labels = torch.arange(6.0)[:, None, None, None].expand(6, 1, 2, 2), torch.tensor([0, 1, 2, 0, 1, 2])
    made = stacked(x, labels, 0)
    assert bool((made.digits[:, 0] != made.digits[:, 1]).all())
    for picture, pair in zip(made.pictures, made.digits, strict=True):
        assert [int(picture[0, 0, 0]) % 3, int(picture[0, 3, 0]) % 3] == pair.tolist()


def test_together_keeps_both_and_makes_room() -> None:
    a, b = torch.full((28, 28), 0.25), torch.full((28, 28), 0.75)
    apart = digits.together(a, b, 5)
    assert apart.shape == (61, 28)
    assert float(apart[28:33].max()) == 0
    over = digits.together(a, b, -10, True)
    assert over.shape == (28, 46)
    assert float(over[:, 18:].min()) == 0.75


def test_drawings_are_centred_whatever_their_size() -> None:
    drawing = BLANK.copy()
    drawing[2:8, 3:5] = 1
    large = np.kron(drawing, np.ones((2, 2), np.float32))[:28, :28]
    made = [centred(one, "drawing") for one in (drawing, large)]
    assert float((made[0] - made[1]).abs().mean()) < 0.02
    assert abs(float((made[0].sum(1) * (torch.arange(28) + 0.5)).sum() / made[0].sum()) - 14) < 1


@pytest.mark.parametrize(("source", "name"), [("sketch", "drawing"), ("picture", "picture")])
def test_an_empty_sheet_is_refused_by_its_name(source: str, name: str) -> None:
    with pytest.raises(Refusal) as caught:
        chosen(source, 3, 0, BLANK, WHITE, 0, NAMES)
    assert caught.value.input == name


def test_refusals_of_the_plane_and_of_poses_name_their_input() -> None:
    with pytest.raises(Refusal) as caught:
        plane.cloud("square", 10, 0)
    assert caught.value.input == "cloud"
    with pytest.raises(Refusal) as caught:
        plane.route("drawn", BLANK, STARTS, 30, 4.0, "share", 0)
    assert caught.value.input == "drawing"
    with pytest.raises(Refusal) as caught:
        plane.route("rays", BLANK, STARTS, 30, 4.0, "half", 0)
    assert caught.value.input == "weight"
    with pytest.raises(Refusal) as caught:
        poses.moved(own(3, 0).ink, "active", 17, 1.0, 2)
    assert caught.value.input == "entry"


def test_the_seed_arrives_in_the_plane() -> None:
    a, b, c = (plane.route("tight", BLANK, STARTS, 60, 4.0, "share", seed) for seed in (0, 0, 1))
    assert np.array_equal(a.x, b.x)
    assert not np.array_equal(a.x, c.x)


def test_kmeans_never_raises_its_sum_of_squares_and_a_lone_centre_stays() -> None:
    x = torch.from_numpy(plane.cloud("rounds", 200, 0)[0])
    found = []
    for (centres, _), _ in zip(
        plane.kmeans(x, torch.tensor([[0.0, 0.0], [1.0, 1.0], [50.0, 50.0]]).double()), range(8), strict=False
    ):
        found.append(float(torch.cdist(x, centres).min(1).values.square().sum()))
    assert all(b <= a + 1e-9 for a, b in itertools.pairwise(found))
    assert centres[2].tolist() == [50.0, 50.0]


def test_dynamic_routing_in_the_plane_is_the_nets_own() -> None:
    x, starts = torch.from_numpy(plane.cloud("rays", 50, 0)[0]), torch.tensor(STARTS).double()
    (_, _), (centres, r) = (state for state, _ in zip(plane.dynamic(x, starts, 3.0), range(2), strict=False))
    votes = 3 * x[None, :, None].expand(1, 50, 3, 2)
    c, v = next(iter(routing.rounds(votes, routing.agreement(votes, starts[None]))))
    assert torch.allclose(centres, v[0] / 3 / c[0].sum(0)[:, None])
    assert torch.allclose(r.sum(1), torch.ones(50).double())


def test_the_cost_falls_as_votes_agree_and_the_measured_entropy_is_the_formula() -> None:
    made = [costs(spread, 40, 0.5, 0.0, 0.0, 0.1, 0) for spread in (0.1, 0.5, 2.0)]
    assert [one.active for one in made] == sorted((one.active for one in made), reverse=True)
    assert all(abs(one.entropy - one.measured) < 1e-9 for one in made)
    assert made[0].mass == pytest.approx(20)


def test_results_can_be_pickled_and_coupling_sums_to_one() -> None:
    y = digits.coupled(own(3, 0), own(8, 0), 0)
    assert np.allclose(y.coupling.sum(-1), 1)
    assert y.coupling.shape[0] == digits.LAST + 1
    assert y.largest(0) == pytest.approx(0.1)
    again = pickle.loads(pickle.dumps(y))
    assert np.array_equal(again.lengths, y.lengths)


def test_the_constant_of_the_squash_shortens_and_does_not_route() -> None:
    some, more = (digits.coupled(own(3, 0), own(8, 0), 0, constant) for constant in (0.5, 5.0))
    assert np.array_equal(some.coupling, more.coupling)
    assert bool((more.lengths < some.lengths).all())


def test_two_of_one_kind_have_no_right_answer() -> None:
    y = digits.answered(own(3, 0), own(3, 1))
    assert y.same
    assert y.right is None
    unknown = digits.answered(own(3, 0), choosing.Chosen(own(4, 0).ink))
    assert not unknown.same
    assert unknown.right is None


def test_a_shape_by_hand() -> None:
    picture = torch.zeros(9, 9)
    picture[4, 2:7] = 1  # a line across: variance 2
    assert poses.shape(picture).width == pytest.approx(2 * 2**0.5)
    assert poses.shape(picture).height == pytest.approx(0)
    slanted = torch.eye(9).flip(1)  # from lower left to upper right
    assert poses.shape(slanted).slant == pytest.approx(45)


def test_the_middle_of_every_way_is_the_pose_itself() -> None:
    y = poses.moved(own(5, 0).ink, "active", 4, 0.0, 2)
    assert all(np.array_equal(row[poses.STEPS // 2], y.again) for row in y.pictures)
    assert np.array_equal(y.by, y.again)
    assert y.pose.shape == (4, 4)


def test_what_the_net_reads_in_its_drawing_is_read_from_the_drawing() -> None:
    y = poses.moved(own(7, 0).ink, "3", 1, 0.0, 2)
    with torch.inference_mode():
        seen = poses.net()(torch.from_numpy(y.again).float()[None, None] / 255, 2)
    assert y.digit == y.read == 3
    assert y.active == 7
    assert np.allclose(y.reread, seen.activations[0].numpy(), atol=0.02)  # the drawing is kept in 256 levels
