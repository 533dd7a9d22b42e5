"""The self-orthogonality module (post 7169; Zhang et al. 2020): angles between weights, read off the signs of a layer's own answers.

Lemma: for x of any law that turns alike in all directions, E sgn(xᵀu) sgn(xᵀv) = 1 − 2θ/π with θ the angle of u and v. The module
takes Y = XW of the batch, tanh(γY) for the signs, columns of length 1 over the batch, ϑ = YᵀY [k, k], and keeps ϑ_ij (i ≠ j) small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.checks import Check
from core.fitting import batches, digit_tensors, generator, mlp, shown_steps
from core.refusal import Refusal

__all__ = [
    "GAMMA", "KINDS", "PACKINGS", "LAMBDA_MEAN", "LAMBDA_SQUARE", "Packing", "Training", "agreement", "angle", "angles", "biggan", "bias_of_positive", "checks", "frobenius", "lemma", "lemma_pairs", "pack", "penalty",
    "sign_statistic", "statistics", "statistics_by_gamma", "train", "welch",
]  # fmt: skip

KINDS = ("none", "signs", "biggan", "frobenius")
PACKINGS = ("signs", "biggan", "largest")
SHARPNESS = (4.0, 400.0)  # of the soft maximum of cos², at the start and at the end
GAMMA = 10.0  # of tanh(γy) (the paper's)
LAMBDA_MEAN, LAMBDA_SQUARE = 100.0, 1.0  # λ₁, λ₂ (the paper's)
HIDDEN = 48
BATCH = 128
RATE = 2e-3


def angle(u: np.ndarray, v: np.ndarray) -> float:
    """The angle of two vectors in radians, [0, π]; Refusal for a zero vector."""
    lengths = np.linalg.norm(u) * np.linalg.norm(v)
    if lengths == 0:
        raise Refusal("u, v：不能是零向量", "u, v: must not be zero vectors")
    return float(math.acos(np.clip(u @ v / lengths, -1, 1)))


def lemma(theta: float | np.ndarray) -> float | np.ndarray:
    """1 − 2θ/π."""
    return 1 - 2 * theta / math.pi


def sign_statistic(u: np.ndarray, v: np.ndarray, samples: int, repeats: int, seed: int) -> np.ndarray:
    """Means of sgn(xᵀu) sgn(xᵀv) over ``samples`` normal x, ``repeats`` times: [repeats], each of variance (1 − ϑ²)/samples."""
    x = np.random.default_rng(seed).standard_normal((repeats, samples, len(u)))
    return np.mean(np.sign(x @ u) * np.sign(x @ v), axis=1)


def agreement(u: np.ndarray, v: np.ndarray, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(normal x [samples, d], whether xᵀu and xᵀv have one sign [samples])."""
    x = np.random.default_rng(seed).standard_normal((samples, len(u)))
    return x, (x @ u) * (x @ v) > 0


def lemma_pairs(count: int, dimension: int, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(angles [count], statistics [count]) of pairs of vectors whose angles are uniform in (0, π)."""
    random = np.random.default_rng(seed)
    thetas, found = random.uniform(0.02, math.pi - 0.02, count), []
    for k, theta in enumerate(thetas):
        q, _ = np.linalg.qr(random.standard_normal((dimension, 2)))
        found.append(
            sign_statistic(q[:, 0], math.cos(theta) * q[:, 0] + math.sin(theta) * q[:, 1], samples, 1, seed + 1 + k)[0]
        )
    return thetas, np.array(found)


def statistics(x: Tensor, w: Tensor, gamma: float = GAMMA) -> Tensor:
    """ϑ = ŶᵀŶ, [k, k], with Ŷ = tanh(γXW), columns divided by their length over the batch; X [b, d], W [d, k]."""
    y = F.normalize(torch.tanh(gamma * (x @ w)), dim=0)
    return y.T @ y


def _pairs(square: Tensor) -> Tensor:
    """The entries off the diagonal, [k(k − 1)]."""
    k = len(square)
    return square[~torch.eye(k, dtype=torch.bool)]


def penalty(theta: Tensor) -> Tensor:
    """λ₁·(mean of ϑ_ij)² + λ₂·(mean of ϑ_ij²) over i ≠ j. Means, where the post writes sums, so that λ does not depend on k."""
    off = _pairs(theta)
    return LAMBDA_MEAN * off.mean() ** 2 + LAMBDA_SQUARE * off.square().mean()


def biggan(w: Tensor) -> Tensor:
    """Mean of (WᵀW)_ij² over i ≠ j: BigGAN's penalty (Brock et al. 2019), which leaves lengths alone."""
    return _pairs(w.T @ w).square().mean()


def frobenius(w: Tensor) -> Tensor:
    """Mean of (WᵀW − I)_ij² over all i, j: lengths are drawn to 1, too."""
    return (w.T @ w - torch.eye(w.shape[1], dtype=w.dtype)).square().mean()


def angles(w: Tensor) -> np.ndarray:
    """Angles of all pairs of columns of W [d, k], degrees, [k(k − 1)/2]."""
    unit = F.normalize(w.detach().double(), dim=0)
    cosine = (unit.T @ unit).clamp(-1, 1)
    i, j = np.triu_indices(w.shape[1], 1)
    return np.degrees(np.arccos(cosine.numpy()[i, j]))


def welch(k: int, d: int) -> float:
    """√((k − d)/(d(k − 1))): no k unit vectors in d dimensions have all |cos| below it (Welch 1974); 0 for k ≤ d."""
    return math.sqrt((k - d) / (d * (k - 1))) if k > d else 0.0


@dataclass(frozen=True, slots=True)
class Training:
    """Step; angles of the two hidden layers' weights (degrees); test accuracy; cross-entropy so far; so far at ``places``, the standard
    deviation of the angles and the mean ϑ_ij² (i ≠ j) of the layers' centred answers to the test digits."""

    step: int
    angles: tuple[np.ndarray, np.ndarray]
    accuracy: float
    loss: np.ndarray
    places: np.ndarray
    deviation: np.ndarray
    square: np.ndarray


def train(kind: str, strength: float, steps: int, frames: int, seed: int, centred: bool = True) -> Iterator[Training]:
    """A net 64-48-48-10 on digits (Adam) with ``strength`` x a penalty on both hidden layers, one of KINDS; yields the start and ``frames`` states.

    Signs use the layer's own input, without its mean if ``centred`` (pixels and ReLUs are not negative), and held fixed: the
    penalty moves the layer's weights alone.
    """
    if kind not in KINDS:
        raise Refusal(
            f"kind = {kind}：应为 {'、'.join(KINDS)} 之一", f"kind = {kind}: must be one of {', '.join(KINDS)}"
        )
    random, (x, y, x_test, y_test) = generator(seed), digit_tensors()
    net = mlp([64, HIDDEN, HIDDEN, 10], random)
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    loss_trace: list[float] = []
    places: list[int] = []
    deviation: list[float] = []
    square: list[float] = []

    def state(step: int) -> Training:
        with torch.no_grad():
            accuracy = float((net(x_test).argmax(1) == y_test).float().mean())
            h, found = x_test, []
            for layer in layers[:2]:
                found.append(float(_pairs(statistics(h - h.mean(0), layer.weight.T)).square().mean()))
                h = torch.relu(layer(h))
        square.append(float(np.mean(found)))
        both = (angles(layers[0].weight.T), angles(layers[1].weight.T))
        places.append(step)
        deviation.append(float(np.std(np.concatenate(both))))
        return Training(
            step, both, accuracy, np.array(loss_trace), np.array(places), np.array(deviation), np.array(square)
        )

    yield state(0)
    shown = shown_steps(steps, frames)
    for step, rows in enumerate(batches(len(x), BATCH, steps, random), 1):
        h, extra = x[rows], torch.zeros(())
        for layer in layers[:2]:
            if kind == "signs":
                seen = h.detach()
                extra = extra + penalty(statistics(seen - seen.mean(0) if centred else seen, layer.weight.T))
            elif kind == "biggan":
                extra = extra + biggan(layer.weight.T)
            elif kind == "frobenius":
                extra = extra + frobenius(layer.weight.T)
            h = torch.relu(layer(h))
        cross_entropy = F.cross_entropy(layers[2](h), y[rows])
        optimiser.zero_grad()
        (cross_entropy + strength * extra).backward()
        optimiser.step()
        loss_trace.append(float(cross_entropy.detach()))
        if step in shown:
            yield state(step)


@dataclass(frozen=True, slots=True)
class Packing:
    """Step; angles now (degrees); so far at ``places``: largest |cos|, its mean square; the vectors [d, k]."""

    step: int
    angles: np.ndarray
    places: np.ndarray
    largest: np.ndarray
    mean_square: np.ndarray
    vectors: np.ndarray


def pack(k: int, d: int, kind: str, steps: int, frames: int, seed: int) -> Iterator[Packing]:
    """k vectors in d dimensions moved by a penalty alone (Adam): "signs" with fresh normal x each step; "biggan"; or "largest", a soft
    maximum of cos² that sharpens."""
    if kind not in PACKINGS:
        raise Refusal(
            f"kind = {kind}：应为 {'、'.join(PACKINGS)} 之一", f"kind = {kind}: must be one of {', '.join(PACKINGS)}"
        )
    random = generator(seed)
    w = nn.Parameter(torch.randn(d, k, generator=random))
    optimiser = torch.optim.Adam([w], lr=0.03)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps))
    places, largest, square = [], [], []
    shown = shown_steps(steps, frames)
    for step in range(steps + 1):
        if step == 0 or step in shown:
            cosines = np.cos(np.radians(angles(w)))
            places.append(step)
            largest.append(float(np.abs(cosines).max()))
            square.append(float(np.mean(cosines**2)))
            yield Packing(
                step,
                angles(w),
                np.array(places),
                np.array(largest),
                np.array(square),
                F.normalize(w.detach(), dim=0).numpy(),
            )
        if step < steps:
            unit = F.normalize(w, dim=0)
            if kind == "signs":
                loss = penalty(statistics(torch.randn(1024, d, generator=random), unit))
            elif kind == "biggan":
                loss = biggan(unit)
            else:
                low, high = SHARPNESS
                sharp = low * (high / low) ** (step / steps)
                loss = torch.logsumexp(sharp * _pairs(unit.T @ unit).square(), 0) / sharp
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rates.step()


def statistics_by_gamma(u: np.ndarray, v: np.ndarray, gammas: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """ϑ of two vectors by tanh(γ·) for each γ, normal x: from the cosine (γ → 0) to the lemma's value (γ → ∞); [len(gammas)]."""
    x = torch.tensor(np.random.default_rng(seed).standard_normal((samples, len(u))))
    w = torch.tensor(np.stack([u, v], 1))
    return np.array([float(statistics(x, w, float(g))[0, 1]) for g in gammas])


def bias_of_positive(d: int, samples: int, seed: int) -> dict[str, np.ndarray]:
    """ϑ off the diagonal for d orthogonal vectors [d(d − 1)] when x is normal, a ReLU of it, and that ReLU less its mean."""
    random = np.random.default_rng(seed)
    x = torch.tensor(random.standard_normal((samples, d)))
    w = torch.tensor(np.linalg.qr(random.standard_normal((d, d)))[0])
    positive = torch.relu(x)
    return {
        name: _pairs(statistics(z, w)).numpy()
        for name, z in (("normal", x), ("relu", positive), ("centred", positive - positive.mean(0)))
    }


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    thetas, found = lemma_pairs(200, 8, 4000, 0)
    law = np.asarray(lemma(thetas))
    z = (found - law) / np.sqrt((1 - law**2) / 4000)
    yield Check("lemma: largest deviation of 200 random pairs, in standard errors", "引理：200 对随机向量的最大偏离（标准误）", float(np.abs(z).max()), 0.0, 4.2, note="8 dimensions, 4 000 x a pair; beyond 4.2 once in about 190 such sets", note_zh="8 维，每对 4000 个 x；超过 4.2 约 190 次一遇")  # fmt: skip
    yield Check("… and their mean square", "……及其均方", float(np.mean(z**2)), 1.0, 0.35, note="variance (1 − ϑ²)/b; standard error √(2/200) = 0.1", note_zh="方差 (1 − ϑ²)/b；标准误 √(2/200) = 0.1")  # fmt: skip
    u, v = np.array([1.0, 0, 0]), np.array([0.5, math.sqrt(0.75), 0])
    spread = sign_statistic(u, v, 200, 4000, 1)
    yield Check("60°: mean statistic", "60°：统计量的均值", float(spread.mean()), 1 / 3, 0.005, note="1 − 2·60/180; standard error 0.001", note_zh="1 − 2·60/180；标准误 0.001")  # fmt: skip
    yield Check("60°: its standard deviation over √((1 − ϑ²)/b)", "60°：标准差与 √((1 − ϑ²)/b) 之比", float(spread.std() / math.sqrt((1 - 1 / 9) / 200)), 1.0, 0.05, note="b = 200, 4 000 repeats", note_zh="b = 200，重复 4000 次")  # fmt: skip
    low, high = statistics_by_gamma(u, v, np.array([1e-3, 1e4]), 200_000, 2)
    yield Check("γ → 0: ϑ is the cosine", "γ → 0：ϑ 是余弦", float(low), 0.5, 0.01, note="200 000 x", note_zh="20 万个 x")  # fmt: skip
    yield Check("γ → ∞: ϑ is 1 − 2θ/π", "γ → ∞：ϑ 是 1 − 2θ/π", float(high), 1 / 3, 0.01, note="200 000 x", note_zh="20 万个 x")  # fmt: skip
    biased = bias_of_positive(16, 20_000, 3)
    yield Check("orthogonal weights, normal inputs: mean |ϑ|", "正交权重、正态输入：|ϑ| 的均值", float(np.abs(biased["normal"]).mean()), 0.0, 0.02, "at_most", note="20 000 x: about √(2/π)/√20000", note_zh="20000 个 x：约 √(2/π)/√20000")  # fmt: skip
    yield Check("the same weights after a ReLU without centring: mean |ϑ|", "同样的权重，ReLU 之后不去均值：|ϑ| 的均值", float(np.abs(biased["relu"]).mean()), 0.1, 0.0, "at_least", note="inputs that are not negative share a direction", note_zh="非负输入有公共方向")  # fmt: skip
    *_, packed = pack(12, 4, "biggan", 600, 1, 0)
    yield Check("12 vectors in 4 dimensions: mean cos² at the end", "4 维里的 12 个向量：最终的 cos² 均值", float(packed.mean_square[-1]), welch(12, 4) ** 2, 1e-3, note="Welch: the mean of cos² is at least (k − d)/(d(k − 1)), and a tight frame attains it", note_zh="Welch：cos² 的均值至少为 (k − d)/(d(k − 1))，紧框架取到")  # fmt: skip
    yield Check("… and largest |cos| against Welch's bound", "……最大 |cos| 与 Welch 界", float(packed.largest[-1]), welch(12, 4), 1e-6, "at_least", note="no packing is below", note_zh="没有摆法能低于它")  # fmt: skip
    *_, packed = pack(6, 3, "largest", 800, 1, 0)
    yield Check("6 lines in space: largest |cos| where the largest is made small", "空间里的 6 条直线：把最大的 |cos| 压到最小", float(packed.largest[-1]), 1 / math.sqrt(5), 2e-3, note="the diagonals of an icosahedron attain Welch's bound 1/√5", note_zh="正二十面体的对角线取到 Welch 界 1/√5")  # fmt: skip
    runs = {kind: [list(train(kind, 10.0, 400, 1, seed))[-1] for seed in range(2)] for kind in ("none", "signs")}
    pairs = list(zip(runs["none"], runs["signs"], strict=True))
    yield Check("digits: mean ϑ² of the layers' answers with the module over that without", "数字：有模块与无模块时各层输出的 ϑ² 均值之比", float(np.mean([b.square[-1] / a.square[-1] for a, b in pairs])), 0.7, 0.0, "at_most", note="400 steps, strength 10, both hidden layers, mean of two seeds, test digits", note_zh="400 步，强度 10，两个隐藏层，两个种子平均，测试数字")  # fmt: skip
    yield Check("… spread of the weights' angles with it over that without", "……权重夹角的标准差之比", float(np.mean([b.deviation[-1] / a.deviation[-1] for a, b in pairs])), 0.9, 0.0, "at_most", note="the same runs", note_zh="同一批训练")  # fmt: skip
    yield Check("… accuracy lost", "……准确率损失", float(np.mean([a.accuracy - b.accuracy for a, b in pairs])), 0.0, 0.015, "at_most", note="450 test digits: standard error of a difference about 0.006 over two seeds", note_zh="450 个测试数字：两个种子之差的标准误约 0.006")  # fmt: skip
