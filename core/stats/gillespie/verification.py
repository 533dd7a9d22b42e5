"""Verification: the facts that the engine must reproduce, measured now.

Every statistical check is a two-sided test at |z| <= Z_LIMIT over a fixed seed: an exact engine fails one of them with
probability 6e-5, a wrong one with near certainty.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.linalg
import scipy.stats

from core.checks import Check
from core.stats.gillespie import birth_death, rate_equations
from core.stats.gillespie.master_equation import sir_final_size, solve_master_equation
from core.stats.gillespie.network import Network, Reaction
from core.stats.gillespie.networks import examples, started_at
from core.stats.gillespie.paths import histogram, path
from core.stats.gillespie.result import Result
from core.stats.gillespie.simulate import simulate
from core.stats.gillespie.tau_leaping import EPSILON

__all__ = ["checks"]

Z_LIMIT = 4.0
CHI_SQUARE_LIMIT = 1e-4
SEED = 5607
RUNS = 10_000
PATHS = 16
PATH_TIME = 400.0  # 56 000 jumps a path


def checks(seed: int = SEED) -> Iterator[Check]:
    """The checks of post 5607's page, a few seconds in all."""
    yield from _immigration_death(seed)
    yield from _gene(seed)
    yield from _histograms(seed)
    yield from _dimerisation(seed)
    yield from _birth_death(seed)
    yield from _schloegl(seed)
    yield from _sir(seed)
    yield from _structure(seed)
    yield from _leaping(seed)
    yield from _rate_equations()
    yield from _passage_times()


def _z(name: str, zh: str, z: float, note: str, note_zh: str) -> Check:
    return Check(name, zh, float(z), 0.0, Z_LIMIT, note=f"{note}; z score", note_zh=f"{note_zh}；z 值")


def _mean_z(result: Result, column: int, mean: float, sd: float, at: int = -1) -> float:
    return (result.mean[at, column] - mean) / (sd / np.sqrt(result.trajectories))


def _variance_z(values: np.ndarray, variance: float, fourth: float) -> float:
    """z of a sample variance; Var(S²) = (mu4 - variance²) / n to first order."""
    return (values.var(ddof=1) - variance) / np.sqrt((fourth - variance**2) / len(values))


def _immigration_death(seed: int) -> Iterator[Check]:
    """Poisson with mean k/mu (1 - e^(-mu t)) at every time: chi-square over the cells of at least 20 expected."""
    result = simulate(examples()["immigration-death"].network, [1.0, 12.0], RUNS, seed, keep=True)
    for at, t in enumerate((1, 12)):
        mean = 20 * (1 - np.exp(-0.5 * t))
        x = np.arange(61)
        expected = scipy.stats.poisson.pmf(x, mean) * RUNS
        cells = np.minimum(np.cumsum(expected) // 20, RUNS // 20 - 1).astype(int)
        wanted = np.bincount(cells, expected)
        seen = np.bincount(cells[np.minimum(result.kept[:, at, 0].astype(int), 60)], minlength=len(wanted))
        filled = wanted > 0
        chi2 = float(((seen - wanted)[filled] ** 2 / wanted[filled]).sum())
        freedom = int(filled.sum()) - 1
        p = scipy.stats.chi2.sf(chi2, freedom)
        yield Check(
            f"immigration–death: Poisson at t = {t} (chi-square, p)", f"迁入–死亡：t = {t} 时服从泊松（卡方检验 p 值）",
            float(p), CHI_SQUARE_LIMIT, 0.0, "at_least",
            note=f"chi-square {chi2:.1f} on {freedom}; false alarm 1e-4", note_zh=f"χ² = {chi2:.1f}，自由度 {freedom}；误报率 1e-4",
        )  # fmt: skip


def _histograms(seed: int) -> Iterator[Check]:
    """What the post's histogram of jumps shows: the distribution weighed by a0, E[a0 n]/E[a0] = 7200/140 for its own example."""
    network = started_at(examples()["gene"].network, (20, 50))
    parts = [path(network, PATH_TIME, seed + i) for i in range(PATHS)]
    means = np.array([[np.dot(*histogram(p, "n", weigh)) for weigh in ("time", "jumps")] for p in parts])
    gap = means[:, 1] - means[:, 0]
    error = float(gap.std(ddof=1) / np.sqrt(PATHS))
    yield Check(
        "gene: mean of n in a histogram of jumps, less that of time", "基因：按跳跃次数与按时间的直方图，n 的均值之差",
        float(gap.mean()), 7200 / 140 - 50, Z_LIMIT * error,
        note=f"E[a0 n]/E[a0] - E[n] = 7200/140 - 50; {Z_LIMIT:g} standard errors",
        note_zh=f"E[a₀n]/E[a₀] − E[n] = 7200/140 − 50；{Z_LIMIT:g} 个标准误",
    )  # fmt: skip


def _gene(seed: int) -> Iterator[Check]:
    network = examples()["gene"].network
    result = simulate(network, [1.0, 2.0, 30.0], RUNS, seed, keep=True)
    m, n = result.kept[:, -1, 0], result.kept[:, -1, 1]
    yield _z(
        "gene: mean of m is 20", "基因：m 的均值为 20", _mean_z(result, 0, 20, np.sqrt(20)), "Poisson(20)", "泊松(20)"
    )
    yield _z(
        "gene: m is Poisson (variance 20)", "基因：m 服从泊松（方差 20）",
        _variance_z(m, 20.0, 20.0 + 3 * 400), "fourth moment of Poisson(20)", "泊松(20) 的四阶矩",
    )  # fmt: skip
    yield _z(
        "gene: mean of n is 50", "基因：n 的均值为 50", _mean_z(result, 1, 50, np.sqrt(112.5)), "20·2.5/1", "20·2.5/1"
    )
    fano = n.var(ddof=1) / n.mean()
    error = np.sqrt((((n - n.mean()) ** 4).mean() - n.var() ** 2) / RUNS) / n.mean()
    yield Check(
        "gene: Fano factor of n", "基因：n 的 Fano 因子", float(fano), 2.25, float(Z_LIMIT * error),
        note="1 + 2.5/(1 + 1); 4 standard errors", note_zh="1 + 2.5/(1 + 1)；4 个标准误",
    )  # fmt: skip
    products = (m - m.mean()) * (n - n.mean())
    yield _z(
        "gene: variance of n is 112.5", "基因：n 的方差为 112.5",
        _variance_z(n, 112.5, float(((n - n.mean()) ** 4).mean())), "50·(1 + 2.5/2)", "50·(1 + 2.5/2)",
    )  # fmt: skip
    yield Check(
        "gene: covariance of m and n", "基因：m 与 n 的协方差", float(products.mean()), 25.0,
        float(Z_LIMIT * products.std() / np.sqrt(RUNS)), note="20·2.5/2; 4 standard errors", note_zh="20·2.5/2；4 个标准误",
    )  # fmt: skip
    t = 2.0
    mean = 50 * (1 - np.exp(-t) - t * np.exp(-t))
    yield _z(
        "gene: mean of n at t = 2", "基因：t = 2 时 n 的均值", _mean_z(result, 1, mean, result.sd[1, 1], 1),
        "50(1 - e^-t - t e^-t)", "50(1 − e^−t − t e^−t)",
    )  # fmt: skip


def _dimerisation(seed: int) -> Iterator[Check]:
    network = examples()["dimerisation"].network
    result = simulate(network, [10.0, 50.0], RUNS, seed)
    for at, (t, mean, sd) in enumerate(((10, 52.2143, 5.5118), (50, 28.5423, 4.7893))):
        yield _z(
            f"dimerisation: mean of P at t = {t}", f"二聚：t = {t} 时 P 的均值", _mean_z(result, 0, mean, sd, at),
            f"master equation {mean}", f"主方程 {mean}",
        )  # fmt: skip
        yield _z(
            f"dimerisation: sd of P at t = {t}", f"二聚：t = {t} 时 P 的标准差",
            np.sqrt(RUNS / 2) * (result.sd[at, 0] ** 2 / sd**2 - 1), f"master equation {sd}", f"主方程 {sd}",
        )  # fmt: skip
    post = simulate(network, [10.0], RUNS, seed, mass_action="post")
    yield Check(
        "dimerisation with the post's propensity: mean of P at t = 10", "按原文的倾向函数：t = 10 时 P 的均值",
        float(post.mean[0, 0]), 98.1, 0.1, note="n in place of n(n-1)/2", note_zh="用 n 代替 n(n−1)/2",
    )  # fmt: skip


def _birth_death(seed: int) -> Iterator[Check]:
    network = examples()["birth-death"].network
    result = simulate(network, [10.0], RUNS, seed, keep=True)
    rate, growth = 0.1 - 0.11, np.exp((0.1 - 0.11) * 10)
    mean, variance = 100 * growth, 100 * 0.21 / rate * growth * (growth - 1)
    yield _z(
        "birth–death: mean at t = 10", "生灭：t = 10 时的均值", _mean_z(result, 0, mean, np.sqrt(variance)),
        f"DSMTS 001-01, {mean:.3f}", f"DSMTS 001-01，{mean:.3f}",
    )  # fmt: skip
    x = result.kept[:, 0, 0]
    fourth = ((x - x.mean()) ** 4).mean()
    yield _z(
        "birth–death: sd at t = 10", "生灭：t = 10 时的标准差", _variance_z(x, variance, fourth),
        f"DSMTS 001-01, {np.sqrt(variance):.3f}", f"DSMTS 001-01，{np.sqrt(variance):.3f}",
    )  # fmt: skip
    few = Network(("X",), (3,), (Reaction({"X": 1}, {"X": 2}, 1.0), Reaction({"X": 1}, {}, 1.5)))
    ended = simulate(few, [2.0], RUNS, seed, keep=True)
    e = np.exp(-1.0)
    extinct = (1.5 * (e - 1) / (1.0 * e - 1.5)) ** 3
    share = (ended.kept[:, 0, 0] == 0).mean()
    yield _z(
        "birth–death: extinct by t = 2", "生灭：t = 2 前灭绝的概率",
        (share - extinct) / np.sqrt(extinct * (1 - extinct) / RUNS), "[mu(E-1)/(lambda E-mu)]^N", "[μ(E−1)/(λE−μ)]^N",
    )  # fmt: skip


def _schloegl(seed: int) -> Iterator[Check]:
    network = examples()["schloegl"].network
    p = birth_death.stationary(*birth_death.schloegl_chain())
    low = int(p[:257].argmax()), int(257 + p[257:].argmax())
    yield Check(
        "Schlögl: lower mode",
        "Schlögl：低峰",
        low[0],
        82,
        0,
        note="P(n+1)/P(n) = b_n/d_(n+1)",
        note_zh="P(n+1)/P(n) = b_n/d_(n+1)",
    )
    yield Check("Schlögl: upper mode", "Schlögl：高峰", low[1], 563, 0, note="same recursion", note_zh="同一递推")
    k = np.arange(len(p))
    mean = float(p @ k)
    for name, zh, value, table, tolerance in (
        ("share of the lower state", "低态的概率", float(p[:257].sum()), 0.2203, 5e-5),
        ("stationary mean", "平稳均值", mean, 454.9, 0.05),
        ("stationary sd", "平稳标准差", float(np.sqrt(p @ k**2 - mean**2)), 199.9, 0.05),
    ):  # fmt: skip
        yield Check(
            f"Schlögl: {name}", f"Schlögl：{zh}", value, table, tolerance, note="same recursion", note_zh="同一递推"
        )
    runs = 4000
    result = simulate(network, [4.0], runs, seed, keep=True)
    solution = solve_master_equation(network, [0.0, 4.0], {"X": 1200})
    share = float((result.kept[:, 0, 0] <= 256).mean())
    exact = float(solution.p[-1][solution.states[:, 0] <= 256].sum())
    yield _z(
        "Schlögl: still low at t = 4", "Schlögl：t = 4 时仍在低态的比例",
        (share - exact) / np.sqrt(exact * (1 - exact) / runs), f"master equation {exact:.4f}", f"主方程 {exact:.4f}",
    )  # fmt: skip
    centre, spread = (float(moment[-1, 0]) for moment in solution.moments())
    yield _z(
        "Schlögl: mean at t = 4",
        "Schlögl：t = 4 时的均值",
        _mean_z(result, 0, centre, spread),
        f"master equation {centre:.2f}",
        f"主方程 {centre:.2f}",
    )
    x = solution.states[:, 0]
    yield _z(
        "Schlögl: sd at t = 4", "Schlögl：t = 4 时的标准差",
        _variance_z(result.kept[:, 0, 0], spread**2, float(solution.p[-1] @ (x - centre) ** 4)),
        f"master equation {spread:.2f}", f"主方程 {spread:.2f}",
    )  # fmt: skip


def _sir(seed: int) -> Iterator[Check]:
    network = examples()["sir"].network
    result = simulate(network, [400.0], RUNS, seed, keep=True)
    size = 100 - result.kept[:, 0, 0]
    exact = sir_final_size(100, 1.5)
    k = np.arange(101)
    mean = float(exact @ k)
    sd = float(np.sqrt(exact @ k**2 - mean**2))
    yield _z(
        "SIR: mean final size",
        "SIR：最终规模的均值",
        (size.mean() - mean) / (sd / np.sqrt(RUNS)),
        f"exact {mean:.3f}",
        f"精确值 {mean:.3f}",
    )
    minor = float(exact[:11].sum())
    share = float((size <= 10).mean())
    yield _z(
        "SIR: outbreaks of at most 10", "SIR：不超过 10 人的疫情",
        (share - minor) / np.sqrt(minor * (1 - minor) / RUNS), f"exact {minor:.4f}", f"精确值 {minor:.4f}",
    )  # fmt: skip


def _structure(seed: int) -> Iterator[Check]:
    network = examples()["dimerisation"].network
    fine = simulate(network, np.linspace(0, 20, 41), 600, seed, keep=True)
    coarse = simulate(network, [0.0, 10.0, 20.0], 600, seed, keep=True, threads=1)
    total = fine.kept[..., 0] + 2 * fine.kept[..., 1]
    yield Check(
        "conservation: P + 2 P2", "守恒：P + 2P₂", float(np.abs(total - 100).max()), 0.0, 0.0,
        note="every trajectory, every time", note_zh="每条轨迹、每个时刻",
    )  # fmt: skip
    yield Check(
        "grid: values do not depend on the times asked for", "网格：数值与所取时刻无关",
        float(np.abs(fine.kept[:, ::20] - coarse.kept).max()), 0.0, 0.0,
        note="41 against 3 times, same seed, also another number of threads", note_zh="41 个与 3 个时刻，同一种子，线程数也不同",
    )  # fmt: skip


def _leaping(seed: int) -> Iterator[Check]:
    """Tau-leaping: exact where no propensity changes, and within its own tolerance where they do."""
    arrivals = Network(("X",), (0,), (Reaction({}, {"X": 1}, 1000.0),))
    result = simulate(arrivals, [2.0], RUNS, seed, method="tau-leaping", keep=True)
    yield _z(
        "tau-leaping: arrivals at a constant rate, mean", "τ-leaping：速率恒定的到达，均值",
        _mean_z(result, 0, 2000, np.sqrt(2000)), "Poisson(1000·2), exact at any leap", "泊松(1000·2)，步长多大都精确",
    )  # fmt: skip
    yield _z(
        "tau-leaping: arrivals at a constant rate, variance", "τ-leaping：速率恒定的到达，方差",
        _variance_z(result.kept[:, 0, 0], 2000.0, 2000.0 + 3 * 2000.0**2), "Poisson(1000·2)", "泊松(1000·2)",
    )  # fmt: skip
    few = simulate(examples()["immigration-death"].network, [1.0], RUNS, seed, method="tau-leaping")
    mean = 20 * (1 - np.exp(-0.5))
    yield _z(
        "tau-leaping: immigration–death at t = 1, where it takes exact steps", "τ-leaping：迁入–死亡 t = 1，此时它逐步精确地走",
        _mean_z(few, 0, mean, np.sqrt(mean)), f"Poisson({mean:.3f})", f"泊松({mean:.3f})",
    )  # fmt: skip
    rare = simulate(Network(("X",), (9,), (Reaction({"X": 1}, {}, 1.0),)), [1.0], RUNS, seed, method="tau-leaping")
    p = np.exp(-1.0)
    yield _z(
        "tau-leaping: left of nine molecules at t = 1, one critical reaction at a time", "τ-leaping：九个分子到 t = 1 剩下的，临界反应逐个发生",
        _mean_z(rare, 0, 9 * p, np.sqrt(9 * p * (1 - p))), "binomial(9, e^-1)", "二项(9, e^−1)",
    )  # fmt: skip
    decay = Network(("X",), (100_000,), (Reaction({"X": 1}, {}, 1.0),))
    half = simulate(decay, [1.0], 500, seed, method="tau-leaping")
    yield Check(
        "tau-leaping: 100 000 molecules that decay at 1, share left at t = 1", "τ-leaping：十万个分子以 1 衰变，t = 1 时剩下的份额",
        float(half.mean[0, 0] / 100_000), float(np.exp(-1.0)), EPSILON * float(np.exp(-1.0)),
        note="e^-1; a leap lets propensities change by 3 % at most (Cao et al. 2006)",
        note_zh="e^−1；一步之内倾向函数至多变 3%（Cao 等 2006）",
    )  # fmt: skip


def _rate_equations() -> Iterator[Check]:
    """The deterministic limit has x^s / s! and no binomial coefficients."""
    pairs = Network(("P", "P2"), (2, 0), (Reaction({"P": 2}, {"P2": 1}, 1.0),))
    yield Check(
        "rate equations: P left of 2 at t = 1, 2P → P2", "速率方程：2P → P₂，两个 P 到 t = 1 还剩",
        float(rate_equations.deterministic(pairs, [1.0])[0, 0]), 2 / 3, 1e-6,
        note="dP/dt = -P², P = 2/(1 + 2t); with n(n-1) it would be 1.23", note_zh="dP/dt = −P²，P = 2/(1 + 2t)；若用 n(n−1) 则为 1.23",
    )  # fmt: skip
    network = examples()["schloegl"].network
    for start, end in ((240, 85.49), (250, 566.91)):
        yield Check(
            f"rate equations: Schlögl from {start} ends at", f"速率方程：Schlögl 从 {start} 出发的终点",
            float(rate_equations.deterministic(started_at(network, [start]), [40.0])[0, 0]), end, 0.01,
            note="root of 0.015 X² - X³/60000 + 200 - 3.5 X", note_zh="0.015 X² − X³/60000 + 200 − 3.5 X 的根",
        )  # fmt: skip


def _passage_times() -> Iterator[Check]:
    """Passage times, absolute: a walk with a closed form, and Schlögl against the backward equation solved directly."""
    walk = birth_death.mean_passage_time(np.ones(21), np.ones(21), 0, 10)
    yield Check(
        "passage time: walk from a wall at 0 to 10, rates 1", "首次通过时间：以速率 1 游走，从 0 处的壁到 10",
        walk, 55.0, 1e-9, note="10·11/2", note_zh="10·11/2",
    )  # fmt: skip
    birth, death = birth_death.schloegl_chain()
    for name, zh, time, solved in zip(
        ("82 → 563", "563 → 82"), ("从 82 到 563", "从 563 到 82"), birth_death.switching_times(82, 563),
        (_backward(birth, death, 82, 563), _backward(death[::-1], birth[::-1], len(birth) - 564, len(birth) - 83)),
        strict=True,
    ):  # fmt: skip
        yield Check(
            f"Schlögl: mean passage time {name}", f"Schlögl：{zh}的平均首次通过时间", time, solved, 1e-6 * solved,
            note="b(n)[T(n+1) - T(n)] + d(n)[T(n-1) - T(n)] = -1, solved", note_zh="解 b(n)[T(n+1) − T(n)] + d(n)[T(n−1) − T(n)] = −1",
        )  # fmt: skip


def _backward(birth: np.ndarray, death: np.ndarray, start: int, end: int) -> float:
    """Mean time from ``start`` up to ``end`` by the backward equation on 0 … end - 1, a tridiagonal system."""
    bands = np.zeros((3, end))
    bands[0, 1:] = birth[: end - 1]
    bands[1] = -(birth[:end] + death[:end])
    bands[1, 0] = -birth[0]
    bands[2, :-1] = death[1:end]
    return float(scipy.linalg.solve_banded((1, 1), bands, -np.ones(end))[start])
