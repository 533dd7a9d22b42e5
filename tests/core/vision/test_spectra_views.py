"""What the page on spectra asks of the net: gradients, maxima, dropouts, losses and ratios by hand, and a reader's own spectrum."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
import torch

from core.refusal import Refusal
from core.vision.spectra import views
from core.vision.spectra.lines import LINES, seen_at
from core.vision.spectra.model import CLASSES, Config, Reader
from core.vision.spectra.objective import soft_f1
from core.vision.spectra.painter import GALAXY, QSO_FAR, QSO_NEAR, QSO_REACH, STARS, WAVELENGTHS, Scene, draw
from core.vision.spectra.views import (
    class_of,
    look,
    losses,
    masks,
    noise,
    own,
    ratio,
    read,
    real,
    scene_of,
    two_level_f1,
)

SCENE = Scene(GALAXY, 0.1, 20.0, 3)
COUNTS = [[90, 5, 3, 2], [10, 80, 5, 5], [5, 5, 90, 0], [1, 2, 3, 94]]
TOLD = {
    "ratios": [1.0, 60.0],
    "readers": {
        name: {"confusion": COUNTS, "by ratio": [[[4, 3, 2, 1], [1, 6, 0, 3], [2, 2, 6, 0], [0] * 4]] * 2, "curve": [[1, 0.2], [9, score]]}
        for name, score in (("ce", 0.8), ("f1", 0.9), ("alone", 0.3))
    },
    "real": {"kinds": {"A": [8, 1, 1, 0], "M": [5, 0, 2, 3]}},
}  # fmt: skip


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A small net with random weights in place of the shipped one, and a record by hand."""
    torch.manual_seed(0)
    made = Reader(Config(2)).eval()
    monkeypatch.setattr(views, "reader", lambda name: made)
    monkeypatch.setattr(views, "record", lambda: TOLD)
    return made


def table(at: np.ndarray, flux: np.ndarray) -> bytes:
    """Two columns as a CSV."""
    rows = "\n".join(f"{x:.6f},{y:.8g}" for x, y in zip(at, flux, strict=True))
    return f"wavelength,flux\n{rows}\n".encode()


def test_a_reading_holds_its_probabilities_and_its_lines(net: Reader) -> None:
    found = read(SCENE)
    assert sum(found.probabilities) == pytest.approx(1)
    assert found.said == CLASSES[int(np.argmax(found.probabilities))]
    assert found.surest == max(found.probabilities)
    assert dict(found.lines)["Hα"] == pytest.approx(1.1 * 6564.61, abs=0.01)
    assert np.array_equal(pickle.loads(pickle.dumps(found)).flux, found.flux)


def test_lines_stand_at_one_plus_z_inside_the_range() -> None:
    for z in (0.0, 0.5, 2.0):
        for name, at in seen_at("qso", z, 3800, 8800):
            rest = next(line.rest for line in LINES if line.name == name)
            assert at == pytest.approx((1 + z) * rest, abs=0.01)
            assert 3800 <= at <= 8800
    assert "Lyα" in dict(seen_at("qso", 2.3, 3800, 8800))
    assert "Lyα" not in dict(seen_at("qso", 2.0, 3800, 8800))
    assert seen_at("unknown", 0.0, 3800, 8800) == ()


def test_the_gradient_is_that_of_the_margin(net: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "SMOOTH", 1)
    found = look(SCENE)

    @torch.no_grad()
    def margin(flux: np.ndarray) -> float:
        scores = net.double()(torch.from_numpy(flux)[None])[0]
        said = CLASSES.index(found.read.said)
        return float(scores[said] - torch.cat([scores[:said], scores[said + 1 :]]).logsumexp(0))

    small = 1e-6 * found.gradient / np.linalg.norm(found.gradient)
    slope = (margin(found.read.flux + small) - margin(found.read.flux - small)) / 2e-6
    net.float()
    assert slope == pytest.approx(float(np.linalg.norm(found.gradient)), rel=1e-3)


def test_the_share_of_the_gradient_near_lines(net: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(SCENE)
    assert 0 < found.near < 1
    near = np.zeros(len(WAVELENGTHS), bool)
    for _, at in found.read.lines:
        near |= np.abs(WAVELENGTHS - at) < views.NEAR
    assert found.range == pytest.approx(near.mean())
    assert found.times == pytest.approx(found.near / found.range)
    assert found.histogram[1].sum() == len(found.places) == 16
    assert WAVELENGTHS[0] <= found.places.min() <= found.places.max() <= WAVELENGTHS[-1]
    monkeypatch.setattr(views, "seen_at", lambda *at: ())
    assert math.isnan(look(SCENE).times)
    monkeypatch.setattr(views, "seen_at", lambda *at: (("all", float(x)) for x in WAVELENGTHS))
    assert look(SCENE).times == pytest.approx(1)


def test_dropout_of_nothing_changes_nothing(net: Reader) -> None:
    found = masks(SCENE, 0.0, 1)
    assert found.steps.all()
    assert found.elements.all()
    for made in (found.by_steps, found.by_elements):
        assert made == pytest.approx(np.full(len(made), found.undropped), abs=1e-6)
    assert found.undropped == pytest.approx(read(SCENE).surest, abs=1e-6)


def test_whole_steps_fall_in_all_channels_and_single_elements_do_not(net: Reader) -> None:
    found = masks(SCENE, 0.5, 1)
    assert (found.steps == found.steps[:1]).all()
    assert not (found.elements == found.elements[:1]).all()
    assert found.counts[0].sum() == found.counts[1].sum() == len(found.by_steps)
    assert not np.array_equal(found.elements, masks(SCENE, 0.5, 2).elements)
    assert 0.4 < found.elements.mean() < 0.6  # 320 elements: 3.6 standard errors


def test_the_soft_f1_of_two_levels_is_that_of_a_batch() -> None:
    labels = torch.tensor([0] * 30 + [1] * 70)
    p = torch.where(labels == 0, 0.8, 0.1).double()
    expected = float(soft_f1(torch.stack([p, 1 - p], 1), labels)[0])
    assert two_level_f1(0.3, 0.8, 0.1) == pytest.approx(expected)


def test_the_losses_and_their_slopes(net: Reader) -> None:
    share, p, q, h = 0.2, 0.7, 0.1, 1e-6
    found = losses(share, p, q)
    assert found.entropy == pytest.approx(-0.2 * math.log(0.7) - 0.8 * math.log(0.9))
    up = (two_level_f1(share, p + h, q) - two_level_f1(share, p - h, q)) / (2 * h)
    down = (two_level_f1(share, p, q - h) - two_level_f1(share, p, q + h)) / (2 * h)
    assert found.slopes == pytest.approx((up, down), rel=1e-5)
    assert found.surface.max() == found.surface[0, -1] == pytest.approx(1)  # p = 1, q = 0
    assert found.scores == {"ce": 0.8, "f1": 0.9, "alone": 0.3}


def test_other_class_ratios_by_hand(net: Reader) -> None:
    """Stars ten times as many: F of qso = 2·.9 / (1 + .9 + 10·.03 + .05 + .03)."""
    found = ratio(10.0)
    assert found.at[2] == pytest.approx(1.8 / (1 + 0.9 + 0.3 + 0.05 + 0.03))
    assert ratio(1.0).macro == pytest.approx(found.even)
    assert (np.diff(found.scores[:, 2]) < 0).all()
    assert (np.diff(found.scores[:, 0]) > 0).all()
    assert found.survey < found.even


def test_noise_averages_the_three_classes_that_are_there(net: Reader) -> None:
    found = noise(5.0, 1)
    f1 = 8 / 17, 12 / 21, 12 / 18  # 2·right / (true + said)
    assert found.scores["f1"] == pytest.approx((np.mean(f1),) * 2)
    assert found.confusion.sum() == views.LIVE
    assert 0 <= found.right <= 1
    assert found.unknown == pytest.approx(found.confusion[:, 3].mean() * 3 / views.LIVE)


def test_the_real_stars_are_added_up(net: Reader) -> None:
    assert real().counts == (13, 1, 3, 3)
    assert real().stars == (13, 20)


@pytest.mark.parametrize("z", [QSO_REACH[0], 1.0, 1.49, 1.5, 2.0, QSO_REACH[1], 9.0])
def test_a_quasar_is_near_or_far_by_its_redshift(z: float) -> None:
    found = scene_of("qso", 0.0, 0.0, z, 10.0, 1)
    assert found.kind == (QSO_NEAR if z < 1.5 else QSO_FAR)
    assert found.z == min(z, QSO_REACH[1])
    assert class_of(found.kind) == "qso"


def test_a_star_has_a_speed_and_a_galaxy_a_redshift() -> None:
    assert scene_of("G", 299.792458, 0.3, 1.0, 10.0, 1).z == pytest.approx(1e-3)
    assert scene_of(GALAXY, 500.0, 0.3, 1.0, 10.0, 1).z == 0.3
    assert {class_of(kind) for kind in STARS} == {"star"}


def test_an_own_spectrum_is_read_as_the_drawn_one_whatever_its_unit_and_order(net: Reader) -> None:
    flux = draw(views.painter(), SCENE).flux
    expected = read(SCENE).probabilities
    order = np.random.default_rng(0).permutation(len(flux))
    for given in (
        table(WAVELENGTHS, flux),
        table(WAVELENGTHS, 1e-17 * flux),
        table(WAVELENGTHS[order], 500 * flux[order]),
    ):
        found = own(given)
        assert found.probabilities == pytest.approx(expected, abs=1e-3)
        assert found.points == len(flux)
        assert found.filled < 0.01


def test_a_spike_leaves_a_verdict(net: Reader) -> None:
    """One cosmic ray of 1e60 would be infinite in float32, and every probability no number."""
    flux = draw(views.painter(), SCENE).flux.copy()
    flux[1300] = 1e60
    assert sum(own(table(WAVELENGTHS, flux)).probabilities) == pytest.approx(1)


def test_the_ends_that_are_not_there_are_told(net: Reader) -> None:
    at = np.linspace(4000, 8500, 1000)
    found = own(table(at, np.ones(1000)))
    assert found.ends == (4000.0, 8500.0)
    inside = ((WAVELENGTHS >= 4000) & (WAVELENGTHS <= 8500)).mean()
    assert found.filled == pytest.approx(1 - inside, abs=1e-3)


GRID_A = np.linspace(3800, 8800, 400)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        table(np.linspace(3800, 8800, 150), np.ones(150)),  # too few points
        table(GRID_A / 10, np.ones(400)),  # nanometres
        table(GRID_A + 1000, np.ones(400)),  # the blue is missing
        table(GRID_A, np.zeros(400)),
        table(np.repeat(GRID_A, 2), np.ones(800)),  # every wavelength twice
        "\n".join(f"{x}" for x in GRID_A).encode(),  # one column
    ],
)
def test_what_is_no_spectrum_is_refused(net: Reader, data: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        own(data)
    assert refused.value.input == "data"
    assert all(refused.value.said({"data": ("文件", "File")}))


def test_the_shipped_net_tells_a_clear_case_of_each_class() -> None:
    found: dict[str, Any] = {kind: read(scene_of(kind, 0.0, 0.1, 1.0, 60.0, 0)) for kind in ("A", "M", GALAXY, "qso")}
    assert sum(one.said == one.drawn for one in found.values()) >= 3
