"""i-ResNet: blocks and series by hand, norms against the SVD, what fails beyond Lip 1, and broken copies that are noticed."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core import codec
from core.flow.i_resnet import blocks, determinant, inversion, learning, plane, verification, views, warp
from core.flow.i_resnet.blocks import BoundedConv, Residual, conv_matrix, conv_norm, fixed_point, log_det_series
from core.flow.i_resnet.learning import Learnt, Settings, learn
from core.flow.i_resnet.pictures import Classifier, Config
from core.flow.i_resnet.plane import PlaneFlow, aim, branch, one_block, slopes
from core.refusal import Refusal
from core.weights import load
from tests.facts import failed, unnoticed


def small_flow(bound: blocks.Bound = "exact", c: float = 0.9) -> PlaneFlow:
    """A fresh flow whose branches bend: three times the weights of a fresh one, in float64."""
    torch.manual_seed(0)
    flow = PlaneFlow(plane.Config(3, 8, c), bound).double()
    with torch.no_grad():
        for weight in flow.weights:
            weight.mul_(3)
    return flow.requires_grad_(False)


def some_points(count: int = 5) -> Tensor:
    return 2 * torch.randn(count, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_blocks_series_and_norms_on_numbers_worked_by_hand() -> None:
    for part in (verification.by_hand, verification.of_series, verification.norms_by_svd, verification.beyond_one):
        assert not failed(part)


def test_a_plane_flow_is_undone_and_its_log_determinant_is_that_of_its_jacobian() -> None:
    flow, x = small_flow(), some_points()
    z, logdet = flow(x)
    back, logdet_back = flow.inverse(z)
    assert (back - x).abs().max() < 1e-10
    assert (logdet + logdet_back).abs().max() < 1e-9
    for k in range(len(x)):
        jacobian = torch.autograd.functional.jacobian(lambda v: flow(v[None])[0][0], x[k])
        assert isinstance(jacobian, Tensor)
        assert float(torch.linalg.slogdet(jacobian).logabsdet - logdet[k]) == pytest.approx(0, abs=1e-10)


def test_the_two_tangents_are_the_jacobian_row_by_row() -> None:
    """Not its transpose, and with φ' of the same φ."""
    layers, x = one_block(small_flow().layers(), 0), some_points(1)
    value, jacobian = slopes(layers, x)
    found = torch.autograd.functional.jacobian(lambda v: branch(layers, v[None])[0], x[0])
    assert isinstance(found, Tensor)
    assert torch.allclose(jacobian[0], found, atol=1e-12)
    assert torch.allclose(value, branch(layers, x))
    assert not torch.allclose(jacobian[0], found.T, atol=1e-4)


def test_the_activation_is_never_steeper_than_one() -> None:
    """max of (a σ(βa))' is 1.0998 for every β."""
    a = torch.linspace(-3, 3, 20_001, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad((a * torch.sigmoid(plane.SHARPNESS * a) / plane.STEEPEST).sum(), a)
    assert 0.999 < float(slope.max()) <= 1


@pytest.mark.parametrize("bound", ["exact", "power"])
def test_a_bounded_layer_has_norm_c_where_it_had_more_and_is_left_where_it_had_less(bound: blocks.Bound) -> None:
    torch.manual_seed(0)
    flow = PlaneFlow(plane.Config(2, 8), bound)
    with torch.no_grad():
        flow.weights[1].mul_(5)
        flow.weights[0].mul_(0.01)
        for _ in range(20):
            layers = flow.layers()
    norms = [torch.linalg.matrix_norm(weight.detach(), 2) for weight in layers.weights]
    assert norms[1] == pytest.approx(0.9, rel=1e-3)
    assert torch.equal(layers.weights[0], flow.weights[0])


@pytest.mark.parametrize("bound", ["exact", "power"])
def test_a_bounded_convolution_has_its_operators_norm_below_c(bound: blocks.Bound) -> None:
    torch.manual_seed(0)
    layer = BoundedConv(2, 3, 3, 6, 0.7, bound)
    with torch.no_grad():
        layer.weight.mul_(6)
        for _ in range(60):
            weight = layer.bounded()
        assert float(torch.linalg.matrix_norm(conv_matrix(weight, 6), 2)) == pytest.approx(0.7, rel=1e-3)
        layer.settle()
        assert float(torch.linalg.matrix_norm(conv_matrix(layer.weight, 6), 2)) <= 0.7


def test_lanczos_and_the_svd_agree_on_layers_with_more_and_with_fewer_outputs() -> None:
    for outputs, inputs in ((3, 8), (8, 3)):
        kernel = torch.randn(outputs, inputs, 3, 3, generator=torch.Generator().manual_seed(outputs)).double()
        assert inputs * 49 > blocks.SMALL
        assert conv_norm(kernel, 7) == pytest.approx(
            float(torch.linalg.matrix_norm(conv_matrix(kernel, 7), 2)), rel=1e-9
        )


def test_a_convolutions_matrix_is_the_convolution() -> None:
    kernel = torch.randn(2, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    x = torch.randn(1, 3, 5, 5, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(conv_matrix(kernel, 5) @ x.flatten(), torch.conv2d(x, kernel, padding=1).flatten(), atol=1e-5)


def test_settled_weights_stay_within_c_after_rounding_to_half_precision() -> None:
    torch.manual_seed(0)
    found = Classifier(Config(blocks=(1, 1), hidden=4), "power")
    with torch.no_grad():
        for part in found.parameters():
            part.mul_(4)
    settled = found.settled()
    assert all(0.89 < one.operator <= 0.9 for one in settled.norms())
    assert all(torch.equal(w, w.half().float()) for w in settled.parameters())
    flow = small_flow().float().settled()
    assert float(flow.norms().max()) <= 0.9


def test_a_free_network_keeps_its_norms() -> None:
    torch.manual_seed(0)
    free = Classifier(Config(blocks=(1, 1), hidden=4, c=0.0), "power")
    with torch.no_grad():
        for part in free.parameters():
            part.mul_(4)
    assert max(one.operator for one in free.settled().norms()) > 2


def test_pictures_come_back_each_after_its_own_number_of_iterations() -> None:
    torch.manual_seed(0)
    model = Classifier(Config(blocks=(1, 1), hidden=4)).double().requires_grad_(False)
    x = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z = model.features(x)
    together = model.inverted(z.expand(3, -1, -1, -1), torch.tensor([0, 3, 40]))[-1]
    for k, count in enumerate((0, 3, 40)):
        assert torch.equal(together[k : k + 1], model.inverted(z, count)[-1])
    errors = (together - x).abs().flatten(1).amax(1)
    assert errors[2] < 1e-12 < errors[1] < errors[0]


def test_the_fixed_point_gives_up_where_there_is_none() -> None:
    z = torch.tensor([[1.0, 2.0]])
    assert torch.isfinite(fixed_point(lambda x: 1.5 * torch.tanh(x), z, most=50)).all()


def test_the_series_overshoots_and_undershoots_in_turn_for_a_positive_slope() -> None:
    sums = [float(log_det_series(torch.full((1, 1), 0.5), n)) - math.log(1.5) for n in range(1, 8)]
    assert all(a * b < 0 and abs(b) < abs(a) for a, b in pairwise(sums))


@pytest.mark.parametrize("probe", ["normal", "signs"])
def test_the_variance_of_an_estimate_is_the_closed_form(probe: determinant.Probe) -> None:
    matrices = torch.randn(3, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = determinant.estimates(matrices, probe, 2, 40_000, 0)
    traces = matrices.diagonal(dim1=-2, dim2=-1).sum()
    variance = determinant.quadratic_variance(matrices, probe).sum() / 2
    assert float(found.mean()) == pytest.approx(float(traces), abs=4.5 * math.sqrt(float(variance) / 40_000))
    assert float(found.var() / variance) == pytest.approx(1, abs=0.05)


def test_a_blurred_target_has_the_entropy_of_eight_normals() -> None:
    """They hardly overlap: ln 8 + ln(2πe σ²), less what 1.53 between neighbours of sd 0.2 share."""
    found = aim("eight", 0)
    assert found.entropy == pytest.approx(math.log(8) + math.log(2 * math.pi * math.e * plane.SD**2), abs=5e-3)
    x = found.sample(4000, torch.Generator().manual_seed(0)).numpy()
    assert np.hypot(*x.T).mean() == pytest.approx(2.0, abs=0.05)
    points = torch.from_numpy(np.float32([[2.0, 0.0], [0.0, -1.9]]))
    exact = -torch.tensor([0.0, 0.5 * (0.1 / plane.SD) ** 2]) - math.log(8 * 2 * math.pi * plane.SD**2)
    assert found.excess(points, exact) == pytest.approx(0, abs=0.05)  # 2 500 points stand for each normal
    with pytest.raises(Refusal):
        aim("drawn", 0, np.zeros((8, 8), np.float32))


def test_one_term_flatters_and_the_same_seed_repeats() -> None:
    """tr J ≥ ln det(I + J) wherever J's eigenvalues are real: training moves to where the difference is large."""
    runs = []
    for terms in (1, 1, 0):
        settings = Settings(plane.Config(3, 16), terms=terms, steps=36, batch=128)
        runs.append([y for y in learn(settings, aim("moons", 0)) if isinstance(y, Learnt)][-1])
    cut, again, whole = runs
    assert cut.last.nll == again.last.nll
    assert np.array_equal(cut.last.samples, again.last.samples)
    assert cut.gain > 0.05 > abs(whole.gain)
    assert len(cut.records) == learning.RECORDS + 1


def test_a_rescaled_branch_has_the_lipschitz_constant_asked_for() -> None:
    for c in (0.3, 0.9, 1.1):
        found = inversion.inversion("trained", 3, c, (1.0, -0.5))
        assert found.lip == pytest.approx(c, rel=1e-6)
        assert found.product >= c
        if c < 1:
            assert found.found and not found.folded
            known = np.isfinite(found.errors) & np.isfinite(found.bounds)
            assert (found.errors[known] <= found.bounds[known] * (1 + 1e-9)).all()


@pytest.mark.parametrize(
    "broken",
    [
        lambda j, n: sum((j.matrix_power(k).diagonal(dim1=-2, dim2=-1).sum(-1) / k for k in range(1, n + 1)), 0 * j[..., 0, 0]),
        lambda j, n: sum(((-1) ** (k + 1) * j.matrix_power(k).diagonal(dim1=-2, dim2=-1).sum(-1) for k in range(1, n + 1)), 0 * j[..., 0, 0]),
        lambda j, n: sum(((-1) ** (k + 1) / k * j.matrix_power(k).diagonal(dim1=-2, dim2=-1).mean(-1) for k in range(1, n + 1)), 0 * j[..., 0, 0]),
    ],
)  # fmt: skip
def test_a_series_without_signs_without_k_or_with_a_mean_is_noticed(
    broken: Callable[[Tensor, int], Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "log_det_series", broken)
    assert not unnoticed(verification.of_series, "error of the series")


def test_an_inverse_that_adds_g_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def adding(g, z, count):  # type: ignore[no-untyped-def]
        x = z
        yield x
        for _ in range(count):
            x = z + g(x)
            yield x

    monkeypatch.setattr(verification, "iterates", adding)
    monkeypatch.setattr(blocks, "iterates", adding)
    assert not unnoticed(verification.by_hand, "the inverse of z = 3", "iterates from z = 3")
    assert not unnoticed(verification.slopes_of_inversion, "largest shrinking")


def test_a_probe_that_is_not_the_same_on_both_sides_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = verification.probes_of_series
    monkeypatch.setattr(
        verification, "probes_of_series", lambda g, x, u, n: right(g, x, u, n) * 0 + right(g, x, u, n).flip(0) * 2
    )
    assert not unnoticed(verification.of_series, "Hutchinson's estimate", "its variance")


def test_the_reshaped_norm_in_the_operators_place_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "conv_norm", lambda weight, side: verification.reshaped_norm(weight))
    assert not unnoticed(
        verification.norms_by_svd, "Lanczos against SVD", "over that of the reshaped", "operator's norm"
    )


def test_a_block_without_its_bound_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedConv, "bounded", lambda self: 4 * self.weight)
    assert not unnoticed(verification.small_convolution, "beside c³")


def test_random_weights_fail_where_trained_ones_pass() -> None:
    torch.manual_seed(0)
    flow = PlaneFlow(plane.Config())
    assert not unnoticed(lambda: verification.of_flow(flow), "largest norm", "divergence from the target")
    model = Classifier(Config())
    assert not unnoticed(lambda: verification.of_classifier(model), "digits of our own")


def test_a_log_determinant_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = verification.load(verification.FLOWS[0])

    class Without(PlaneFlow):
        def forward(self, x: Tensor, terms: int = plane.EXACT) -> tuple[Tensor, Tensor]:
            z, logdet = super().forward(x, terms)
            return z, 0.9 * logdet

    broken = Without(right.config).eval()
    broken.load_state_dict(right.state_dict())
    assert not unnoticed(lambda: verification.of_flow(broken), "density's integral", "ln det there and back")


def test_a_drawing_is_classified_and_an_empty_one_refused() -> None:
    drawing = np.zeros((28, 28), np.float32)
    with pytest.raises(Refusal):
        codec.of_drawing(load(views.NAME), drawing)
    drawing[5:22, 13:16] = 1
    found = views.taken_back(codec.of_drawing(load(views.NAME), drawing), 3)
    assert [len(m.forward) for m in found.models] == [len(found.names)] * 2
    assert all(m.probabilities.sum() == pytest.approx(1) for m in found.models)
    assert found.models[0].errors[0] > found.models[0].errors[-1]


def test_a_residual_blocks_jacobian_is_of_each_sample_alone() -> None:
    torch.manual_seed(0)
    block = Residual(nn.Sequential(nn.Linear(3, 3), nn.Tanh())).double()
    x = torch.randn(2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.allclose(block.jacobian(x)[1:], block.jacobian(x[1:]))


def test_where_there_is_a_gpu_the_page_is_computed_on_the_cpu_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers are double. "meta" stands for any other device: what lies there has no values."""
    monkeypatch.setattr("core.device.device", lambda: torch.device("meta"))
    for cache in (warp._moments, determinant._whole, inversion._measured, views._in_double, views._norms_of):
        cache.cache_clear()
    assert np.isfinite(warp.warped("ring", 2, 5).nll)
    assert np.isfinite(determinant.series("ring", (0.5, 0.2), 3, "normal", 1, 0).exact)
    assert inversion.inversion("trained", 3, 0.5, (0.5, 0.2)).gap < 1e-6
    assert views.norms("first", 8, 0).exact > 0
    assert views.taken_back(np.full((28, 28, 3), 40, np.uint8), 2).models[0].parameters > 0
    assert 0 <= views.shipped_error(views.NAME) <= 1
