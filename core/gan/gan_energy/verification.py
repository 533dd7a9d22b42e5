"""Verification: pits at real points, what games of two points conserve and where they end, and MALA's density, measured now."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.linalg import expm
from scipy.stats import norm

from core.checks import Check
from core.gan.gan_energy import dirac, mala, pits

__all__ = ["checks"]

START = (0.2, 0.1)  # θ(0) of the author's script
LONG = 200.0
EXACT = 1e-6  # relative: the integrator keeps 1e-9 a step
STEPS, LR, SEED = 300, 5e-3, 1
PLACES = pits.places(3)
EPS = 0.3  # step of the samplers


def checks() -> Iterator[Check]:
    """The checks of post 6316's page, about five seconds in all."""
    yield from _games()
    yield from _samplers()
    yield from _pits()


def _games() -> Iterator[Check]:
    one = dirac.flow("sgan", START, LONG)
    yield Check(
        "SGAN: the area φ₁θ₂ - φ₂θ₁ after t = 200, over that at the start", "SGAN：t = 200 时的面积 φ₁θ₂ − φ₂θ₁ 与起初之比",
        float(one.area[-1] / one.area[0]), 1.0, EXACT, note="both velocities lie along the other vector: the area is conserved",
        note_zh="两个速度都沿着对方的方向，面积守恒",
    )  # fmt: skip
    sn = dirac.flow("wgan-sn", START, LONG / 4)
    r = math.hypot(*dirac.CRITIC_START)
    kept = sn.distance**2 / 2 - r**2 * np.log(np.abs(sn.area))
    yield Check(
        "WGAN-SN: largest change of |φ| and of ½|θ|² - r² log|A|, relative", "WGAN-SN：|φ| 与 ½|θ|² − r² log|A| 的最大相对变化",
        float(max(np.abs(np.linalg.norm(sn.phi, axis=1) / r - 1).max(), np.abs(kept / kept[0] - 1).max())), 0.0, EXACT,
        note="two conserved quantities: |θ| goes up and down for ever", note_zh="两个守恒量：|θ| 周而复始，不会趋于零",
    )  # fmt: skip
    centred = dirac.flow("gp-0", START, 60.0)
    matrix = np.block([[-2 * dirac.LAMBDA_GP * np.eye(2), -np.eye(2)], [np.eye(2), np.zeros((2, 2))]])
    exact = np.array([expm(matrix * time) @ [*dirac.CRITIC_START, *START] for time in centred.time[::100]])
    yield Check(
        "penalty at 0: largest distance from the linear system's solution", "零中心惩罚：与线性方程组的解最多相差",
        float(np.abs(exact[:, 2:] - centred.theta[::100]).max()), 0.0, EXACT, note="by the matrix exponential", note_zh="由矩阵指数求得",
    )  # fmt: skip
    yield Check(
        "penalty at 0: |θ| late, over that at the start", "零中心惩罚：最后的 |θ| 与起初之比",
        centred.late / float(centred.distance[0]), 0.02, 0.0, "at_most", note="e^{-λt} at t = 48 is 0.008", note_zh="t = 48 时 e^{−λt} = 0.008",
    )  # fmt: skip
    yield Check(
        "penalty at 1: |θ| late", "惩罚中心为 1：最后的 |θ|", dirac.flow("gp-1", START, LONG).late, 1.0, 1e-3,
        note="a circle of radius 1: |φ| = 1 turns at unit speed", note_zh="半径 1 的圆：|φ| = 1，角速度为 1",
    )  # fmt: skip
    yield Check(
        "GAN-QP: |θ| late, beside √|A|", "GAN-QP：最后的 |θ|，应为 √|A|", dirac.flow("gan-qp", START, LONG).late,
        math.sqrt(abs(float(one.area[0]))), 1e-3, note="damped onto the circle that the area allows", note_zh="收缩到面积所允许的圆上",
    )  # fmt: skip
    damped = dirac.flow("gan-qp-l2", START, 60.0)
    yield Check(
        "GAN-QP with L2: log of the area's decay, over -κt", "GAN-QP + L2：面积之比的对数，除以 −κt",
        math.log(float(damped.area[-1] / damped.area[0])) / (-dirac.L2 * 60.0), 1.0, 1e-4,
        note="A' = -κA", note_zh="A' = −κA",
    )  # fmt: skip


def _samplers() -> Iterator[Check]:
    z = np.linspace(-2.0, 2.0, 81)
    for name, energy in mala.ENERGIES.items():
        difference = (energy.value(z + 1e-5) - energy.value(z - 1e-5)) / 2e-5
        yield Check(
            f"U' against differences of U, {name}", f"U′ 与 U 的差商，{name}", float(np.abs(difference - energy.slope(z)).max()), 0.0, 1e-6,
        )  # fmt: skip
    energy = mala.ENERGIES["tilted"]
    flow = _flow(energy, z, mala.HALF_DRIFT)
    yield Check(
        "MALA: π(z)K(z, z') - π(z')K(z', z), over the largest", "MALA：π(z)K(z, z′) − π(z′)K(z′, z)，相对最大值",
        float(np.abs(flow - flow.T).max() / flow.max()), 0.0, 1e-12, note="detailed balance; K proposes N(z - ½εU', ε)",
        note_zh="细致平衡；K 按 N(z − ½εU′, ε) 提议",
    )  # fmt: skip
    short = _flow(energy, z, mala.POSTS_DRIFT)
    yield Check(
        "the same with the post's density, a ½ short", "同上，用原文少 ½ 的密度", float(np.abs(short - short.T).max() / short.max()), 0.1, 0.0,
        "at_least", note="balance is broken", note_zh="细致平衡不成立",
    )  # fmt: skip
    _, plain, exact, halved = mala.compare("double", EPS, 400, 0)
    yield Check(
        "MALA: KS distance of 4 000 chains, over its 99 % bound", "MALA：4000 条链的 KS 距离，除以 99% 的界", exact.ks / exact.critical, 1.0,
        0.0, "at_most", note="an exact sampler exceeds it once in a hundred seeds; this one is fixed", note_zh="精确采样百次中超出一次；种子已固定",
    )  # fmt: skip
    for run, what, zh in ((plain, "Langevin", "Langevin"), (halved, "MALA with the post's density", "MALA，少 ½")):
        yield Check(
            f"{what}: KS distance over the same bound", f"{zh}：KS 距离除以同一界", run.ks / run.critical, 1.0, 0.0, "at_least",
            note="step 0.3: another distribution", note_zh="步长 0.3：已是另一个分布",
        )  # fmt: skip


def _flow(energy: mala.Energy, z: np.ndarray, drift: float) -> np.ndarray:
    """π(z) q(z'|z) min{1, ratio} [n, n], rows z: the density of moves from z to z' at equilibrium, up to Z."""
    here, there = np.meshgrid(z, z, indexing="ij")
    proposed = norm.pdf(there, here - EPS / 2 * energy.slope(here), math.sqrt(EPS))
    accepted = np.exp(np.minimum(0.0, mala.log_ratio(energy, here, there, EPS, drift)))
    return np.exp(-energy.value(here)) * proposed * accepted


def _pits() -> Iterator[Check]:
    runs = {}
    for penalty, beta in ((0.1, 0.5), (0.0, 0.5), (0.1, 0.9)):
        *_, last = pits.dig(PLACES, STEPS, penalty, 0.1, beta, LR, SEED)
        assert isinstance(last, pits.Dug)
        runs[penalty, beta] = last
    with_it, without, fast = runs.values()
    yield Check(
        "mean ‖∇U‖ at real points without the penalty, over that with it", "真样本处 ‖∇U‖ 的均值：不用惩罚与用惩罚之比",
        without.run.last.real_slope / with_it.run.last.real_slope, 5.0, 0.0, "at_least", note="300 steps, λ = 0.1", note_zh="300 步，λ = 0.1",
    )  # fmt: skip
    yield Check(
        "farthest bottom of a pit from its real point", "坑底离真样本最远", float(with_it.gaps.max()), 2 * pits.SD, 0.0, "at_most",
        note="two standard deviations of the real points", note_zh="真样本的两个标准差",
    )  # fmt: skip
    yield Check(
        "pits covered with β₁ = 0.5, less those with 0.9", "β₁ = 0.5 盖住的坑，减去 0.9 的", with_it.run.last.modes - fast.run.last.modes, 2.0, 0.0,
        "at_least", note="of three", note_zh="共三个",
    )  # fmt: skip
