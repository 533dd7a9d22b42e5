"""The clustering VAE: its loss by hand and as a joint KL, measures of agreement, broken copies that are noticed, what a page asks for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import normalized_mutual_info_score
from torch import Tensor

from core.data.examples import FOLDER
from core.refusal import Refusal
from core.vae.vae_clustering import verification, views
from core.vae.vae_clustering.agreement import agreement, counts
from core.vae.vae_clustering.model import AUTHOR, ClusterVAE, Config
from core.vae.vae_clustering.objective import Terms, clustering_terms, free_energy, squared_distances
from core.weights import read_card
from tests.facts import failed, together, unnoticed

FORMULAS = together(verification.by_hand, verification.joint)


def test_the_loss_by_hand_and_as_a_joint_divergence() -> None:
    assert not failed(FORMULAS)
    assert not failed(verification.agreements)


def _mean_over_pixels(*given: Tensor) -> Terms:
    found = clustering_terms(*given)  # type: ignore[arg-type]
    return found._replace(picture=found.picture / given[0][0].numel())


def _entropy_turned(*given: Tensor) -> Terms:
    found = clustering_terms(*given)  # type: ignore[arg-type]
    return found._replace(labels=-found.labels)


def _spread_turned(*given: Tensor) -> Terms:
    found = clustering_terms(*given)  # type: ignore[arg-type]
    return found._replace(spread=-found.spread)


def _without_labels(*given: Tensor) -> Terms:
    found = clustering_terms(*given)  # type: ignore[arg-type]
    return found._replace(labels=torch.zeros_like(found.labels))


def _centre_whole(*given: Tensor) -> Terms:
    found = clustering_terms(*given)  # type: ignore[arg-type]
    return found._replace(centre=2 * found.centre)


def _balanced(x: Tensor, again: Tensor, log_variance: Tensor, z: Tensor, log_shares: Tensor, *rest: Tensor) -> Terms:
    """The entropy of the mean share in the place of the mean entropy: a balance of the batch."""
    found = clustering_terms(x, again, log_variance, z, log_shares, *rest)  # type: ignore[arg-type]
    mean = log_shares.exp().mean(0)
    return found._replace(labels=(mean * mean.log()).sum())


@pytest.mark.parametrize(
    ("broken", "noticed"),
    [
        (_mean_over_pixels, ("picture term", "joint KL")),
        (_entropy_turned, ("minus an entropy", "joint KL", "Bayes' p(y|z)", "any other p(y|z)")),
        (_spread_turned, ("−½ ln σ²", "joint KL", "one cluster at 0")),
        (_without_labels, ("minus an entropy", "even shares", "joint KL")),
        (_centre_whole, ("distance from the centres", "joint KL", "one cluster at 0")),
        (_balanced, ("joint KL", "any other p(y|z)")),
    ],
)
def test_a_broken_loss_is_noticed(
    broken: Callable[..., Terms], noticed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "clustering_terms", broken)
    assert not unnoticed(FORMULAS, *noticed)


def test_a_loss_that_knows_a_clusters_number_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_is_cheaper(*given: Tensor) -> Terms:
        found = clustering_terms(*given)  # type: ignore[arg-type]
        return found._replace(labels=found.labels + given[4][:, 0].exp().mean())

    monkeypatch.setattr(verification, "clustering_terms", first_is_cheaper)
    assert not unnoticed(verification.joint, "renumbering")


def test_codes_drawn_with_the_variance_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "drawn", lambda mean, log_variance, noise: mean + log_variance.exp() * noise)
    assert not unnoticed(FORMULAS, "distance from the centres", "joint KL")


def test_bayes_rule_is_the_best_of_many_classifiers() -> None:
    rng = torch.Generator().manual_seed(0)
    z, centres = torch.randn(5, 3, generator=rng), torch.randn(4, 3, generator=rng)
    least, best = free_energy(z, centres)

    def cost(log_shares: Tensor) -> Tensor:
        return (log_shares.exp() * (0.5 * squared_distances(z, centres) + log_shares)).sum(1)

    assert torch.allclose(cost(best), least, atol=1e-5)
    for _ in range(50):
        assert (cost(torch.log_softmax(best + torch.randn(5, 4, generator=rng), 1)) >= least - 1e-5).all()


def test_agreement_is_sklearns_and_renumbering_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 500)
    clusters = np.where(rng.uniform(size=500) < 0.6, labels, rng.integers(0, 10, 500))
    one = agreement(clusters, labels, (10, 10))
    assert one.nmi == pytest.approx(normalized_mutual_info_score(labels, clusters))
    assert one.purity >= one.hungarian
    order = rng.permutation(10)
    other = agreement(order[clusters], labels, (10, 10))
    assert (other.purity, other.hungarian) == (one.purity, one.hungarian)
    assert other.nmi == pytest.approx(one.nmi)
    np.testing.assert_array_equal(counts(clusters, labels, (10, 10)).sum(0), np.bincount(labels, minlength=10))


def test_split_and_merged_labels_are_named() -> None:
    """Label 0 fills clusters 0 and 1, labels 1 and 2 share cluster 2; cluster 3 is empty."""
    one = agreement(np.array([0, 0, 1, 1, 2, 2, 2]), np.array([0, 0, 0, 0, 1, 1, 2]), (4, 3))
    assert (one.split, one.unclaimed) == ([0], [2])
    assert one.purity == pytest.approx(6 / 7)
    assert one.own.tolist() == pytest.approx([1, 1, 2 / 3, 0])
    np.testing.assert_allclose(one.shares("label").sum(0), 1)
    constant = agreement(np.zeros(4, int), np.array([0, 0, 1, 1]), (2, 2))
    assert constant.nmi == 0
    assert constant.purity == 0.5


def test_purity_counted_by_label_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "agreement", lambda clusters, labels, size: agreement(labels, clusters, size))
    assert not unnoticed(verification.agreements, "purity of six", "a label split")


@pytest.mark.parametrize("config", [Config(), AUTHOR], ids=["dense", "author"])
def test_shapes_and_that_the_classifier_sees_the_code_alone(config: Config) -> None:
    torch.manual_seed(0)
    model = ClusterVAE(config)
    x = torch.rand(3, 1, 28, 28)
    mean, log_variance = model.posterior(x)
    assert mean.shape == log_variance.shape == (3, config.z_dim)
    again = model.decode(mean)
    assert again.shape == x.shape
    assert bool(((again >= 0) & (again <= 1)).all())
    assert torch.allclose(model.log_shares(mean).exp().sum(1), torch.ones(3), atol=1e-5)
    assert torch.equal(model.centres, torch.zeros(config.clusters, config.z_dim))


def test_the_authors_networks_have_his_sizes() -> None:
    """By hand: encoder 320 + 9 248 + 18 496 + 36 928 + 3136 · 40 + 40, decoder 21 · 3136 + 36 928 + 36 928 + 18 464 + 9 248 + 289,
    classifier 21 · 256 + 257 · 10, centres 200."""
    encoder = 320 + 9_248 + 18_496 + 36_928 + 3136 * 40 + 40
    decoder = 21 * 3136 + 2 * 36_928 + 18_464 + 9_248 + 289
    parameters = sum(p.numel() for p in ClusterVAE(AUTHOR).parameters())
    assert parameters == encoder + decoder + 21 * 256 + 257 * 10 + 200


@pytest.mark.parametrize("name", verification.NAMES)
def test_an_untrained_model_fails_the_checks_of_the_weights(name: str) -> None:
    fresh = verification.untrained(0)
    found = unnoticed(
        lambda: verification.of_weights(name, fresh),
        "purity now",
        "above any untrained",
        "keep their cluster",
        "Bayes' rule",
        "given back",
    )
    assert not found


def test_an_untrained_model_fails_the_checks_of_every_lambda() -> None:
    assert not unnoticed(lambda: verification.of_lambdas(verification.untrained(0)), "λ = 0.5", "λ = 1", "λ = 10")


def test_every_lambda_has_its_card_and_the_clusters_shown_are_those_of_the_one_looked_at() -> None:
    found = views.weighed(10.0, 3)
    assert [len(seeds) for seeds in found.seeds] == [2, 2, 5, 2]
    assert found.rows.pictures.shape == (10, 3, 28, 28)
    card = read_card(views.weighed_name(10.0)).metrics
    assert found.errors[-1] == card["reconstruction error"]
    assert found.means("nmi")[-1] == pytest.approx((card["seed 0: nmi"] + card["seed 1: nmi"]) / 2)


def test_a_drawing_is_put_where_mnist_has_its_digits() -> None:
    drawing = np.zeros((28, 28), np.float32)
    drawing[1:11, 1:5] = 1
    shown = views.as_drawn(drawing)
    rows, columns = np.nonzero(shown)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 8)
    assert abs(rows.mean() - 13.5) <= 0.5
    assert abs(columns.mean() - 13.5) <= 0.5
    with pytest.raises(Refusal):
        views.as_drawn(np.zeros((28, 28), np.float32))


@pytest.mark.parametrize("corner", [(0, 0), (27, 27)])
def test_one_dot_anywhere_is_a_drawing(corner: tuple[int, int]) -> None:
    drawing = np.zeros((28, 28), np.float32)
    drawing[corner] = 0.01
    assert views.as_drawn(drawing).shape == (28, 28)


def test_rows_show_the_members_of_their_cluster_nearest_first() -> None:
    name = verification.NAMES[0]
    near, far = (views.members(name, which, 2, 0) for which in ("nearest", "farthest"))
    shelf = views.shelf(name)
    first = int(shelf.agreement.order[0])
    members = np.flatnonzero(shelf.clusters == first)
    centre = verification.load(name).centres[first].detach().numpy()
    gaps = np.linalg.norm(shelf.codes[members] - centre, axis=1)
    for rows, place in ((near, gaps.argmin()), (far, gaps.argmax())):
        redrawn = views.explained(name, shelf.codes[members[place]]).again
        assert np.abs(rows.pictures[0, 0].astype(int) - redrawn).max() <= 1
        assert rows.labels[0, 0] == shelf.labels[members[place]]
        assert not rows.real
    assert near.sizes.sum() == len(shelf.labels) == 10_000
    red = near.tinted[near.odd]
    assert (red[..., 1] <= red[..., 0]).all()


def test_moving_a_code_to_its_own_centre_is_its_reconstruction() -> None:
    name = verification.NAMES[0]
    code, label = views.stored_code(name, 5)
    found = views.explained(name, code, label)
    assert found.picture is None
    assert found.label == label
    assert np.abs(found.moved[found.best].astype(int) - found.again).max() <= 1
    assert found.shares.sum() == pytest.approx(1, abs=1e-5)
    assert found.bayes.sum() == pytest.approx(1, abs=1e-5)


def test_real_pictures_are_those_of_the_first_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set whose picture k shows k in its first two pixels: every picture shown has its own label and its cluster."""
    name, asked = verification.NAMES[0], []

    def numbered(data: str, number: int) -> np.ndarray:
        asked.append((data, number))
        picture = np.zeros((28, 28, 3), np.uint8)
        picture[0, :2] = np.array(divmod(number, 256))[:, None]
        return picture

    monkeypatch.setattr(views, "held_out", numbered)
    rows, shelf = views.members(name, "nearest", 16, 0, "digits"), views.shelf(name)
    assert rows.real
    assert {data for data, _ in asked} == {"digits"}
    assert max(number for _, number in asked) < views.REAL
    for place, cluster in enumerate(shelf.agreement.order):
        shown = rows.labels[place] >= 0
        numbers = rows.pictures[place, shown, 0, 0].astype(int) * 256 + rows.pictures[place, shown, 0, 1]
        np.testing.assert_array_equal(shelf.labels[numbers], rows.labels[place, shown])
        assert (shelf.clusters[numbers] == cluster).all()
    assert rows.agreement.purity == shelf.agreement.purity  # of all 10 000, whatever is shown


def test_what_ships_beside_the_weights_are_codes_and_no_pictures() -> None:
    for name in verification.NAMES:
        assert {file.path for file in read_card(name).extras} == {"log.csv", "seeds.csv", "film.webp", views.CODES}
        codes, labels = views.test_codes(name)
        assert codes.shape == (10_000, 20)
        assert np.bincount(labels).shape == (10,)


@pytest.mark.parametrize("digit", [1, 6])
def test_an_example_digit_is_seen_white_on_black_and_redrawn(digit: int) -> None:
    name = verification.NAMES[0]
    with Image.open(FOLDER / f"digit-{digit}.png") as file:
        seen = views.as_seen(np.asarray(file.convert("RGB")))
    assert seen.shape == (28, 28)
    assert np.median(seen) == 0
    found = views.explained(name, views.coded(name, seen), None, seen)
    error = np.square(seen / 255.0 - found.again / 255.0).sum()
    assert error < np.square(seen / 255.0 - seen.mean() / 255.0).sum()
    assert found.majority[found.best] == digit


def test_samples_without_noise_are_the_centres() -> None:
    name = verification.NAMES[0]
    still, other = views.sampled(name, 0.0, 3, 1), views.sampled(name, 1.0, 3, 1)
    centres = views.members(name, "nearest", 1, 0).centres
    for column in range(3):
        assert np.abs(still.pictures[:, column].astype(int) - centres).max() <= 1
    assert (other.pictures[:, 0] != other.pictures[:, 1]).any()


def test_the_card_tells_every_seed_and_the_one_of_least_loss_ships() -> None:
    for name in verification.NAMES:
        found = views.compared(name)
        assert found.best_loss == found.shipped
        assert len(found.seeds) == len(found.curves) >= 1
        for (steps, values), one in zip(found.curves, found.seeds, strict=True):
            assert steps[-1] == found.steps
            assert values[-1, 1] == pytest.approx(one.purity, abs=5e-3)  # what ships is rounded to half precision
