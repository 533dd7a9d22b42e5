"""The facts of the capsules: routing, squash, losses and cost by hand, EM against another implementation, and the shipped weights."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from core.checks import Check
from core.codec import device_of
from core.data import examples
from core.vision.capsule import digits, em, matrix, model, plane, poses, routing

__all__ = ["checks", "identities", "of_clustering", "of_readers", "of_the_net"]

DOUBLE = 1e-10  # what float64 leaves of sums over some hundred points
AGREE = 1e-6  # of two implementations after ten rounds of EM
SINGLE = 2e-5  # what float32 leaves of sums over two hundred places in another order
STARTS = ((-1.0, 1.0), (0.3, 0.3), (1.0, -1.5))
ROUNDS = 10
CHANCE = 1 / math.comb(10, 2)  # of telling a pair without looking


def checks() -> Iterator[Check]:
    """Facts of the mathematics, then of the shipped weights."""
    yield from identities()
    yield from of_clustering()
    yield from of_readers()
    yield from of_the_net()


def identities() -> Iterator[Check]:
    """Facts by hand: they hold for any weights."""
    squashed = routing.squash(torch.tensor([3.0, 4.0], dtype=torch.float64))
    yield Check(
        "squash of (3, 4): first number", "squash(3, 4) 的第一个数", float(squashed[0]), 15 / 25.5, DOUBLE,
        note="‖v‖ / (0.5 + ‖v‖²) = 5 / 25.5; with 1 in place of 0.5 it would be 15/26", note_zh="‖v‖ / (0.5 + ‖v‖²) = 5 / 25.5；若把 0.5 换回 1，是 15/26",
    )  # fmt: skip
    hand = torch.tensor(
        [[[[1.0, 0.0], [0.0, 0.0]]]], dtype=torch.float64
    )  # one capsule, whose vote for j = 2 is nothing
    yield Check(
        "coupling by hand, r = 3: votes (1, 0) and (0, 0)", "手算耦合，r = 3：投票 (1, 0) 与 (0, 0)",
        float(routing.routed(hand, 3).coupling[0, 0, 0]), math.e / (1 + math.e), 1e-6,
        note="b = (1, 0) is assigned in every round; added up it would be (2, 0) and give 0.881", note_zh="每轮的 b 都重新赋值为 (1, 0)；若累加则是 (2, 0)，得 0.881",
    )  # fmt: skip
    rng = torch.Generator().manual_seed(0)
    votes = torch.randn(2, 7, 5, 3, generator=rng, dtype=torch.float64)
    total = routing.routed(votes, 3).coupling.sum(-1)
    yield Check(
        "coupling of a capsule below, summed over those above", "一个下层胶囊的耦合对上层求和", float((total - 1).abs().max()) + 1, 1, DOUBLE,
        note="softmax over the capsules above, not below", note_zh="softmax 是对上层胶囊取的，不是对下层",
    )  # fmt: skip
    p, label = torch.tensor([[0.5, 0.3, 0.05]], dtype=torch.float64), torch.tensor([0])
    yield Check(
        "margin loss by hand: p = (0.5, 0.3, 0.05), the first is there", "手算间隔损失：p = (0.5, 0.3, 0.05)，第一个在",
        float(model.margin_loss(p, label)), 0.4**2 + 0.25 * 0.2**2, DOUBLE,
    )  # fmt: skip
    yield Check(
        "spread loss by hand: a = (0.5, 0.3, 0.05), m = 0.4", "手算 spread 损失：a = (0.5, 0.3, 0.05)，m = 0.4",
        float(matrix.spread_loss(p, label, 0.4)), 0.2**2, DOUBLE, note="0.4 − (0.5 − 0.3) = 0.2; the third is far enough", note_zh="0.4 − (0.5 − 0.3) = 0.2；第三个已经够远",
    )  # fmt: skip
    pair = torch.tensor([[[-2.0]], [[2.0]], [[9.0]]], dtype=torch.float64)  # the third vote is another capsule's
    weight = torch.tensor([[0.5], [0.5], [0.0]], dtype=torch.float64)
    clusters = em.maximise(pair, weight)
    yield Check(
        "entropy by hand: votes −2 and 2", "手算熵：投票 −2 与 2", float(em.entropy(clusters)[0]), 0.5 * (1 + math.log(2 * math.pi)) + math.log(2), DOUBLE,
        note="σ = 2: ½ (1 + log 2π) + log 2 nats", note_zh="σ = 2：½ (1 + log 2π) + log 2 nat",
    )  # fmt: skip
    weight = torch.rand(7, 5, generator=rng, dtype=torch.float64)
    clusters = em.maximise(votes[0], weight)
    measured = -(weight / weight.sum(0) * em.log_density(votes[0], clusters)).sum(0)
    yield Check(
        "cost = entropy: −Σ r log p less S, largest of five", "代价 = 熵：−Σ r log p 与 S 之差，五个中最大", float((measured - em.entropy(clusters)).abs().max()), 0, DOUBLE,
        note="true of the M-step's own variance alone", note_zh="只在 σ² 正是 M 步所得时成立",
    )  # fmt: skip
    cold = em.Clusters(
        torch.tensor([[-1.0, 0.0], [1.0, 0.5]]).double(), torch.full((2, 2), 1e-6).double(), torch.ones(2).double()
    )
    x = torch.randn(200, 2, generator=rng, dtype=torch.float64)
    hard = torch.nn.functional.one_hot(torch.cdist(x, cold.mean).argmin(1), 2).double()
    soft = em.expect(x[:, None].expand(200, 2, 2), cold, torch.tensor([0.3, 0.7]).double().log())
    yield Check(
        "equal σ → 0: responsibilities against K-means", "σ 相等且趋于 0：责任度与 K-means 之差", float((soft - hard).abs().mean()), 0, 1e-3,
        note="mean over 200 points; a point on the border would differ", note_zh="200 个点的平均；恰在分界上的点才不同",
    )  # fmt: skip


def of_clustering() -> Iterator[Check]:
    """EM routing with equal activations and free weights is EM for a mixture of diagonal Gaussians."""
    points, _ = plane.cloud("tight", 300, 0)
    x, centres = torch.from_numpy(points), torch.tensor(STARTS, dtype=torch.float64)
    states = list(islice(plane.mixture(x, centres, "share"), ROUNDS + 1))
    first, last = states[0][0], states[-1][0]
    other = GaussianMixture(
        3, covariance_type="diag", tol=0.0, reg_covar=0.0, max_iter=ROUNDS, weights_init=np.full(3, 1 / 3),
        means_init=first.mean.numpy(), precisions_init=1 / first.variance.numpy(), random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is to stop after so many rounds
        other.fit(points)
    ours = (last.mean, last.variance, last.mass / len(x))
    theirs = (other.means_, other.covariances_, other.weights_)
    apart = max(np.abs(a.numpy() - np.asarray(b, float)).max() for a, b in zip(ours, theirs, strict=True))
    yield Check(
        "EM routing, a = 1, free weights, against scikit-learn after 10 rounds", "a = 1、权重自由的 EM 路由与 scikit-learn 之差（10 轮）", float(apart), 0, AGREE,
        note="largest difference of means, variances and weights of a diagonal mixture", note_zh="对角高斯混合的均值、方差、权重的最大差",
    )  # fmt: skip
    likelihoods = [_log_likelihood(x, clusters) for clusters, _ in states]
    yield Check(
        "its log-likelihood: least rise in a round", "它的对数似然：一轮中最小的上升", float(np.diff(likelihoods).min()), 0, DOUBLE, "at_least",
        note="nats a point; EM never lowers it", note_zh="每点的 nat 数；EM 从不让它下降",
    )  # fmt: skip
    routed = plane.route("rays", np.zeros((1, 1)), STARTS, 300, 4.0, "share", 0)
    yield Check(
        "two clouds behind each other: dynamic routing, by angle alone", "一前一后的两团：动态路由只看方向", routed.right("dynamic", plane.ROUNDS) or 0.0,
        0.8, 0, "at_most",
        note="share in the right group: it cannot part them", note_zh="分对的比例：分不开",
    )  # fmt: skip
    yield Check(
        "the same: EM routing, by distance", "同样的点：EM 路由看距离", routed.right("em", plane.ROUNDS) or 0.0, 0.95, 0, "at_least",
    )  # fmt: skip


@torch.inference_mode()
def of_readers() -> Iterator[Check]:
    """Facts of the shipped readers: random weights lack them."""
    reader = digits.readers().readers[model.name_of("capsules", 0)]
    assert isinstance(reader, model.Reader)
    x = digits.own_pairs().pictures[:8].to(device_of(reader))
    votes = reader.cast(x)
    order = torch.from_numpy(np.random.default_rng(0).permutation(votes.shape[1])).to(votes.device)
    gap = (routing.routed(votes).capsules - routing.routed(votes[:, order]).capsules).abs().max()
    yield Check(
        "capsules above, those below in another order: largest difference", "打乱下层胶囊的次序，上层之差", float(gap), 0, SINGLE,
        note="W is the same at all places", note_zh="各处共用一个 W",
    )  # fmt: skip
    lengths = reader(x)
    yield Check(
        "length of a capsule: largest", "胶囊长度的最大值", float(lengths.max()), 1, 0, "at_most", note="‖v‖² / (0.5 + ‖v‖²) < 1", note_zh="‖v‖² / (0.5 + ‖v‖²) < 1",
    )  # fmt: skip
    live = digits.apart(0, False, 0)
    a, b = live.means
    yield Check(
        "two of this project's digits, capsules: right pairs", "本站画的两个数字，胶囊：两个都对的比例", b, 20 * CHANCE, 0, "at_least",
        note=f"live, 45 pairs, mean of three seeds; a guess has {CHANCE:.3f}", note_zh=f"现算，45 对，三个种子平均；乱猜是 {CHANCE:.3f}",
    )  # fmt: skip
    yield Check(
        "the same: capsules less pooling", "同样的图：胶囊减池化", b - a, 0.15, 0, "at_least", note=f"{b:.3f} − {a:.3f}", note_zh=f"{b:.3f} − {a:.3f}",
    )  # fmt: skip
    told = digits.measured()
    yield Check(
        "MNIST pairs: capsules' worst seed less pooling's best", "MNIST 两个数字：胶囊最差的种子减池化最好的种子",
        told.shares["capsules"].ends("pair")[0] - told.shares["pool"].ends("pair")[1], 0.2, 0, "at_least",
        note=f"{told.pairs} test pairs, measured when shipped", note_zh=f"{told.pairs} 对测试图，发布时测得",
    )  # fmt: skip


@torch.inference_mode()
def of_the_net() -> Iterator[Check]:
    """Facts of the shipped matrix capsules."""
    net = poses.net()
    drawn, labels = examples.digits()
    x, which = (
        torch.from_numpy(drawn)[:, None].float().to(device_of(net)) / 255,
        torch.from_numpy(labels).to(device_of(net)),
    )
    seen = net(x)
    yield Check(
        "this project's digits, matrix capsules: right", "本站画的数字，矩阵胶囊：认对的比例", float((seen.activations.argmax(1) == which).float().mean()), 0.6, 0, "at_least",
        note="live, 100 digits drawn by a program, none trained on", note_zh="现算，100 个程序画的数字，都没训练过",
    )  # fmt: skip
    own = poses.poses_of(seen, which)
    means = torch.stack([own[which == k].mean(0) for k in range(model.DIGITS)])[which]
    errors = [float((net.decode(pose, which) - x).square().mean()) for pose in (own, means)]
    yield Check(
        "decoder: error with a digit's own pose, over that with its class's mean pose", "解码误差：用自己的姿态与用该类平均姿态之比", errors[0] / errors[1], 0.95, 0, "at_most",
        note="below 1: the pose says how the digit is written, not only which", note_zh="小于 1：姿态说的是怎么写，不只是哪一个",
    )  # fmt: skip
    r = seen.routing.responsibilities.sum(-1)
    yield Check(
        "matrix capsules: responsibilities of a capsule below sum to 1", "矩阵胶囊：下层胶囊的责任度之和", float((r - 1).abs().max()) + 1, 1, SINGLE,
    )  # fmt: skip


def _log_likelihood(x: torch.Tensor, clusters: em.Clusters) -> float:
    """Mean log Σ_j π_j N(x; μ_j, σ_j²) of points [n, 2], in nats."""
    log_p = em.log_density(x[:, None].expand(len(x), len(clusters.mean), 2), clusters)
    return float((log_p + (clusters.mass / clusters.mass.sum()).log()).logsumexp(1).mean())
