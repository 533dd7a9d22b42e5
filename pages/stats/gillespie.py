"""Gillespie's direct method: random paths of reaction networks (post 5607)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import outputs
from gallery.inputs import (
    Column,
    FileValue,
    Inputs,
    PointValue,
    TableValue,
    choice,
    file,
    point,
    seed,
    slider,
    table,
    toggle,
)  # fmt: skip
from gallery.page import Lang, Page, Post, Tab, Text, Update, t
from pages.stats import _gillespie_figures as pictures

EVENTS_BUDGET = 3e8  # about three seconds on two cores
LEAP_COST = 6  # a reaction by tau-leaping costs up to this many exact ones where leaps are short (Schlögl)
GRID = 161
FRAMES = 41

NAMES: Mapping[str, Text] = {
    "gene": t("基因表达（原文）", "Gene expression (the post)"),
    "immigration-death": t("迁入–死亡", "Immigration–death"),
    "birth-death": t("线性生灭", "Linear birth–death"),
    "dimerisation": t("二聚反应", "Dimerisation"),
    "schloegl": t("Schlögl 双稳态", "Schlögl"),
    "lotka-volterra": t("捕食者与猎物", "Lotka–Volterra"),
    "toggle": t("双稳开关", "Toggle switch"),
    "repressilator": t("抑制振荡子", "Repressilator"),
    "sir": t("SIR 传染病", "SIR epidemic"),
    "oregonator": t("Oregonator 振荡", "Oregonator"),
    "bursts": t("自调控基因的爆发", "Autoregulated gene with bursts"),
}
SOLVED = ("gene", "immigration-death", "birth-death", "dimerisation", "schloegl", "toggle", "sir")
PLANAR = ("lotka-volterra", "toggle", "gene")
RUNS = t("轨迹数", "Trajectories")
NETWORK = t("反应网络", "Network")


class Trajectories(Inputs):
    network: str = choice("gene", NAMES, label=NETWORK)
    runs: int = slider(2000, 100, 10_000, log=True, label=RUNS)
    paths: int = slider(6, 0, 30, label=t("画出的单条轨迹", "Single paths drawn"))
    span: float = slider(1.0, 0.1, 2.0, step=0.1, label=t("时长", "Time span"), unit="×",
                         help=t("以该网络的标准时长为单位", "in units of the network's usual span"))  # fmt: skip
    method: str = choice(
        "exact", {"exact": t("精确（直接法）", "exact (direct method)"), "tau-leaping": t("τ-leaping（近似）", "tau-leaping (approximate)")},
        label=t("方法", "Method"),
    )  # fmt: skip
    seed: int = seed(1)


class Distribution(Inputs):
    network: str = choice("schloegl", {k: NAMES[k] for k in SOLVED}, label=NETWORK)
    time: float = slider(0.5, 0.05, 1.0, step=0.05, label=t("时刻", "Time"), unit="×",
                         help=t("以标准时长为单位；图下的滑块随后可以任意移动", "in units of the usual span; the slider under the picture moves on from there"))  # fmt: skip
    runs: int = slider(2000, 100, 10_000, log=True, label=RUNS)
    seed: int = seed(1)


class Plane(Inputs):
    network: str = choice("lotka-volterra", {k: NAMES[k] for k in PLANAR}, label=NETWORK)
    start: PointValue = point(
        (0.15, 0.3), (0.0, 1.0), (0.0, 1.0), label=t("起点（占图幅的比例）", "Start (share of the plane)")
    )
    span: float = slider(1.0, 0.1, 2.0, step=0.1, label=t("时长", "Time span"), unit="×")
    seed: int = seed(3)


class Bistable(Inputs):
    start: int = slider(250, 0, 800, label=t("起始分子数", "Molecules at the start"))
    horizon: float = slider(20.0, 2.0, 60.0, label=t("时长", "Time span"))
    runs: int = slider(400, 50, 2000, log=True, label=RUNS)
    paths: int = slider(8, 1, 20, label=t("画出的单条轨迹", "Single paths drawn"))
    seed: int = seed(2)


class Slips(Inputs):
    slip: str = choice(
        "stoichiometry",
        {"stoichiometry": t("倾向函数漏了化学计量数", "propensity without stoichiometry"), "histogram": t("直方图数的是跳跃", "histogram that counts jumps")},
        label=t("哪一处", "Which slip"),
    )  # fmt: skip
    post: bool = toggle(True, label=t("画出原文的做法", "Show the post's way"))
    runs: int = slider(4000, 200, 10_000, log=True, label=RUNS, shown_when={"slip": "stoichiometry"})
    horizon: float = slider(
        1000.0, 50.0, 2000.0, label=t("单条轨迹的时长", "Length of the path"), shown_when={"slip": "histogram"}
    )
    seed: int = seed(1)


class Own(Inputs):
    reactions: TableValue = table(
        [
            {"reactants": "E + S", "products": "ES", "rate": "0.002"},
            {"reactants": "ES", "products": "E + S", "rate": "0.1"},
            {"reactants": "ES", "products": "E + P", "rate": "0.4"},
            {"reactants": "", "products": "S", "rate": "8 / (1 + P / 50)"},
            {"reactants": "P", "products": "", "rate": "0.05"},
        ],
        [
            Column("reactants", t("反应物", "Reactants"), max_length=80),
            Column("products", t("产物", "Products"), max_length=80),
            Column("rate", t("速率（数或式）", "Rate (number or law)"), max_length=200),
        ],
        label=t("反应", "Reactions"), max_rows=24,
        help=t("速率是数：质量作用律常数 c。速率是式子：它就是倾向函数，可用物种名、t、exp、piecewise 等。",
               "A number is the mass-action constant c. A law is the propensity itself: species, t, exp, piecewise …"),
    )  # fmt: skip
    initial: TableValue = table(
        [{"species": "S", "molecules": 100.0}, {"species": "E", "molecules": 20.0}],
        [
            Column("species", t("物种", "Species"), max_length=16),
            Column("molecules", t("分子数", "Molecules"), number=True, minimum=0, maximum=1_000_000, default=0),
        ],
        label=t("起始分子数（其余为 0）", "Molecules at the start (others 0)"), max_rows=12,
    )  # fmt: skip
    sbml: FileValue = file(
        (".xml", ".sbml"), label=t("或上传 SBML 模型", "or upload an SBML model"), max_bytes=2_000_000
    )
    horizon: float = slider(100.0, 0.01, 10_000.0, log=True, label=t("时长", "Time span"))
    runs: int = slider(500, 10, 5000, log=True, label=RUNS)
    seed: int = seed(1)


def trajectories(inputs: Trajectories, lang: Lang) -> Mapping[str, Any]:
    from core.stats.gillespie import laws, simulate
    from core.stats.gillespie.networks import examples

    example = examples()[inputs.network]
    slower = LEAP_COST if inputs.method == "tau-leaping" else 1
    runs = _affordable(inputs.runs, example.events * inputs.span * slower)
    times = np.linspace(0, example.horizon * inputs.span, GRID)
    result = simulate(example.network, times, runs, inputs.seed, method=inputs.method, keep=True)
    species = [(result.of(name), name) for name in example.shown]
    ode = laws.deterministic(example.network, times)
    figure = pictures.fan(
        NAMES[inputs.network](lang), times, result.kept, result.mean, ode, species, inputs.paths, lang
    )
    shown = [c for c, _ in species]
    facts = [_metric_runs(runs, inputs.runs, lang), outputs.Metric(t("反应次数", "Reactions")(lang), result.events)]
    for column, name in species[:3]:
        mean, sd = result.mean[-1, column], result.sd[-1, column]
        fano = f"Fano {sd**2 / mean:.3g}" if mean > 0 else ""
        facts.append(
            outputs.Metric(t(f"{name} 的均值 ± 标准差", f"{name}: mean ± sd")(lang), f"{mean:.4g} ± {sd:.3g}", fano)
        )
    return {
        "fan": figure,
        "facts": facts,
        "about": _about(inputs.network, inputs.method, lang),
        "moments": outputs.Table(
            pictures.moments_table(times, example.shown, result.mean[:, shown], result.sd[:, shown])
        ),
    }


def distribution(inputs: Distribution, lang: Lang) -> Mapping[str, Any]:
    from core.stats.gillespie import laws, simulate
    from core.stats.gillespie.networks import examples

    example = examples()[inputs.network]
    law = laws.example_law(inputs.network, FRAMES)
    runs = _affordable(inputs.runs, example.events)
    result = simulate(example.network, law.times, runs, inputs.seed, keep=True)
    at = round(inputs.time * (FRAMES - 1))
    species = example.shown[:2]
    exact = [law.marginal(name)[1] for name in species]
    simulated = [
        laws.empirical(result.kept[:, :, result.of(n)], e.shape[1]) for n, e in zip(species, exact, strict=True)
    ]
    figure = pictures.distributions(NAMES[inputs.network](lang), law.times, species, simulated, exact, at, lang)
    mean, sd = law.moments()
    columns = [law.species.index(name) for name in species]
    facts = [outputs.Metric("t", float(law.times[at])), _metric_runs(runs, inputs.runs, lang)]
    for name, c, s, e in zip(species, columns, simulated, exact, strict=True):
        got = f"{result.mean[at, result.of(name)]:.4g} ± {result.sd[at, result.of(name)]:.4g}"
        facts.append(
            outputs.Metric(
                name,
                got,
                t(
                    f"主方程 {mean[at, c]:.4g} ± {sd[at, c]:.4g}",
                    f"master equation {mean[at, c]:.4g} ± {sd[at, c]:.4g}",
                )(lang),
            )
        )
        facts.append(
            outputs.Metric(
                t(f"{name}：总变差距离", f"{name}: total variation")(lang),
                float(0.5 * np.abs(s[at] - e[at]).sum()),
                t("随轨迹数按 1/√n 减小", "falls as 1/√n")(lang),
            )
        )
    facts.append(
        outputs.Metric(t("截断漏掉的概率", "Probability lost by truncation")(lang), float(max(law.lost[at], 0.0)))
    )
    rows = {"time": law.times} | {f"{n}-{what}": v for n, c in zip(species, columns, strict=True) for what, v in
            (("exact-mean", mean[:, c]), ("exact-sd", sd[:, c]), ("mean", result.mean[:, result.of(n)]), ("sd", result.sd[:, result.of(n)]))}  # fmt: skip
    return {"law": figure, "facts": facts, "moments": outputs.Table(rows)}


def plane(inputs: Plane, lang: Lang) -> Mapping[str, Any]:
    from core.stats.gillespie import laws
    from core.stats.gillespie.networks import examples, phase_window, started_at
    from core.stats.gillespie.paths import path

    example = examples()[inputs.network]
    window = phase_window(inputs.network)
    start = [round(share * top) for share, top in zip(inputs.start, window, strict=True)]
    network = started_at(example.network, start)
    horizon = example.horizon * inputs.span
    found = path(network, horizon, inputs.seed, max_jumps=60_000)
    ode = laws.deterministic(network, np.linspace(0, horizon, 600))
    gx, gy = (np.linspace(0, top, 57) for top in window)
    drift = laws.propensities(network, np.stack(np.meshgrid(gx, gy), -1), continuous=True) @ laws.changes(network)
    figure = pictures.phase_plane(
        NAMES[inputs.network](lang), (example.shown[0], example.shown[1]), (gx, gy), drift, found.states, ode, lang
    )
    end = found.states[-1]
    facts = [
        outputs.Metric(t("起点", "Start")(lang), f"({start[0]}, {start[1]})"),
        outputs.Metric(
            t("跳跃次数", "Jumps")(lang),
            len(found.times) - 1,
            t("已达上限", "limit reached")(lang) if found.truncated else "",
        ),
        outputs.Metric(t("随机轨迹的终点", "End of the exact path")(lang), f"({end[0]:.0f}, {end[1]:.0f})"),
        outputs.Metric(
            t("确定性轨迹的终点", "End of the deterministic path")(lang), f"({ode[-1, 0]:.1f}, {ode[-1, 1]:.1f})"
        ),
    ]
    return {"plane": figure, "facts": facts}


def why(inputs: Bistable, lang: Lang) -> Mapping[str, Any]:
    from core.stats.gillespie import laws, simulate
    from core.stats.gillespie.networks import examples, started_at

    example = examples()["schloegl"]
    network = started_at(example.network, [inputs.start])
    runs = _affordable(inputs.runs, example.events * inputs.horizon / example.horizon)
    times = np.linspace(0, inputs.horizon, GRID)
    result = simulate(network, times, runs, inputs.seed, keep=True)
    chain = laws.schloegl_chain()
    stationary = laws.birth_death_stationary(*chain)
    ode = laws.deterministic(network, times)[:, 0]
    now = laws.empirical(result.kept[:, -1:, 0], 900)[0]
    figure = pictures.bistable(
        t("同一方程，两种命运", "One equation, two fates")(lang), times, result.kept[:, :, 0], ode, stationary, now, inputs.paths, lang
    )  # fmt: skip
    low = result.kept[:, :, 0] <= 256
    both = (result.kept[:, :, 0] <= 100).any(1) & (result.kept[:, :, 0] >= 550).any(1)
    up, down = laws.switching_times()
    facts = [
        _metric_runs(runs, inputs.runs, lang),
        outputs.Metric(
            t("末时刻处于低态", "Low at the end")(lang),
            float(low[:, -1].mean()),
            t(f"平稳时 {stationary[:257].sum():.4f}", f"{stationary[:257].sum():.4f} when stationary")(lang),
        ),
        outputs.Metric(
            t("两态都到过的轨迹", "Paths that saw both states")(lang),
            float(both.mean()),
            t("≤ 100 且 ≥ 550", "≤ 100 and ≥ 550")(lang),
        ),
        outputs.Metric(
            t("平均切换时间 82 → 563", "Mean time 82 → 563")(lang),
            up,
            t("首次通过时间的精确公式", "exact first-passage formula")(lang),
        ),
        outputs.Metric(t("平均切换时间 563 → 82", "Mean time 563 → 82")(lang), down, t("同上", "likewise")(lang)),
        outputs.Metric(
            t("确定性方程的终点", "Rate equation ends at")(lang),
            float(ode[-1]),
            t("根：85.5，247.6（不稳定），566.9", "roots 85.5, 247.6 (unstable), 566.9")(lang),
        ),
    ]
    return {"fates": figure, "facts": facts}


def slips(inputs: Slips, lang: Lang) -> Mapping[str, Any]:
    from core.stats.gillespie import laws, simulate
    from core.stats.gillespie.networks import examples
    from core.stats.gillespie.paths import histogram, path

    if inputs.slip == "stoichiometry":
        example = examples()["dimerisation"]
        law = laws.example_law("dimerisation", FRAMES)
        result = simulate(example.network, law.times, inputs.runs, inputs.seed)
        post = simulate(example.network, law.times, inputs.runs, inputs.seed, mass_action="post")
        figure = pictures.two_means(
            law.times, law.moments()[0][:, 0], result.mean[:, 0], post.mean[:, 0] if inputs.post else None, lang
        )
        ten = int(np.argmin(np.abs(law.times - 10)))
        facts = [
            outputs.Metric(t("t = 10，主方程", "t = 10, master equation")(lang), float(law.moments()[0][ten, 0]), "52.21"),
            outputs.Metric(t("t = 10，n(n−1)/2", "t = 10, n(n−1)/2")(lang), float(result.mean[ten, 0])),
            outputs.Metric(t("t = 10，原文的 n", "t = 10, the post's n")(lang), float(post.mean[ten, 0]), t("几乎不反应", "hardly reacts")(lang)),
        ]  # fmt: skip
        return {"slip": figure, "facts": facts}
    found = path(examples()["gene"].network, inputs.horizon, inputs.seed, max_jumps=600_000)
    values, by_time = histogram(found, "n", "time")
    _, by_jumps = histogram(found, "n", "jumps")
    figure = pictures.two_histograms(values, by_time, by_jumps if inputs.post else None, lang)
    facts = [
        outputs.Metric(t("真值", "Truth")(lang), 50.0),
        outputs.Metric(t("按时间加权的均值", "Mean by time")(lang), float(values @ by_time)),
        outputs.Metric(t("按跳跃计数的均值", "Mean by jumps")(lang), float(values @ by_jumps), t("偏高：n 多时跳得更勤", "too high: it jumps more often when n is large")(lang)),
        outputs.Metric(t("跳跃次数", "Jumps")(lang), len(found.times) - 1),
    ]  # fmt: skip
    return {"slip": figure, "facts": facts}


def own(inputs: Own, lang: Lang) -> Iterator[Update]:
    from core.stats.gillespie import load_sbml, simulate_stream
    from core.stats.gillespie.networks import from_rows

    if inputs.sbml is not None:
        network = load_sbml(inputs.sbml.data)
        name = inputs.sbml.name
    else:
        rows = [(r["reactants"], r["products"], r["rate"]) for r in inputs.reactions]
        network = from_rows(rows, [(r["species"], r["molecules"]) for r in inputs.initial])
        name = t("你的网络", "Your network")(lang)
    times = np.linspace(0, inputs.horizon, 101)
    for result in simulate_stream(
        network, times, inputs.runs, inputs.seed, keep=True, max_events=int(EVENTS_BUDGET / 4)
    ):
        species = list(enumerate(result.species))[:4]
        figure = pictures.fan(name, times, result.kept, result.mean, None, species, 6, lang)
        facts = [
            outputs.Metric(RUNS(lang), result.trajectories),
            outputs.Metric(t("反应次数", "Reactions")(lang), result.events),
        ]
        facts += [
            outputs.Metric(
                t(f"{s} 的均值 ± 标准差", f"{s}: mean ± sd")(lang), f"{result.mean[-1, c]:.4g} ± {result.sd[-1, c]:.3g}"
            )
            for c, s in species
        ]
        yield {
            "fan": figure,
            "facts": facts,
            "moments": outputs.Table(pictures.moments_table(times, result.species, result.mean, result.sd)),
        }
        yield outputs.Progress(result.trajectories / inputs.runs)


def checks() -> Iterable[Check]:
    from core.stats.gillespie.verification import checks as facts

    return facts()


def _affordable(runs: int, events: float) -> int:
    """As many trajectories as the budget of reactions allows; the picture says when these are fewer than asked for."""
    return max(32, min(runs, int(EVENTS_BUDGET / events)))


def _metric_runs(runs: int, asked: int, lang: Lang) -> outputs.Metric:
    note = t(f"要了 {asked:,}；这个网络反应太多，少算一些", f"{asked:,} asked for; this network reacts too often")(lang)
    return outputs.Metric(RUNS(lang), runs, note if runs < asked else "")


def _about(network: str, method: str, lang: Lang) -> str:
    from core.stats.gillespie.networks import examples

    example = examples()[network]
    lines = [Text(*example.about)(lang), ""]
    if method != "exact":
        lines += [
            t(
                "**τ-leaping 是近似**：一步之内倾向函数视为不变。",
                "**Tau-leaping approximates**: propensities are held fixed within a leap.",
            )(lang),
            "",
        ]
    lines += [f"| {t('反应', 'reaction')(lang)} | {t('速率', 'rate')(lang)} |", "|---|---|"]
    for r in example.network.reactions:
        left, right = (
            " + ".join(f"{n if n > 1 else ''}{s}" for s, n in side.items()) or "∅" for side in (r.reactants, r.products)
        )
        lines.append(f"| {left} → {right} | `{r.rate if isinstance(r.rate, str) else f'{r.rate:g}'}` |")
    return "\n".join(lines)


STORY = t(
    r"""
**问题。** 少量分子之间的反应是随机的：下一次反应何时发生、发生哪一个，都只能以概率回答。Gillespie 的直接法给出与化学主方程完全一致的样本路径，没有时间步长，也没有近似。

状态 $x$ 下，第 $j$ 个反应的倾向函数（质量作用律）为

$$a_j(x)=c_j\prod_i\binom{x_i}{s_{ij}},\qquad a_0(x)=\sum_j a_j(x),$$

其中 $s_{ij}$ 是反应物 $i$ 的化学计量数。下一次反应的等待时间与种类相互独立：

$$\tau\sim\mathrm{Exp}(a_0),\quad \tau=-\frac{\ln u_1}{a_0};\qquad P(j\mid x)=\frac{a_j(x)}{a_0(x)}.$$

概率分布 $p(x,t)$ 服从主方程（$\nu_j$ 为反应 $j$ 引起的变化）：

$$\frac{\partial p(x,t)}{\partial t}=\sum_j\big[a_j(x-\nu_j)\,p(x-\nu_j,t)-a_j(x)\,p(x,t)\big].$$

原文的例子是基因表达：$\varnothing\xrightarrow{20}m$，$m\xrightarrow{2.5}m+n$，$m\xrightarrow{1}\varnothing$，$n\xrightarrow{1}\varnothing$。其平稳分布中 $m$ 服从均值 20 的泊松分布，$n$ 的均值为 50，Fano 因子为 $1+2.5/2=2.25$。
""",
    r"""
**The question.** Reactions among few molecules are random: when the next one happens and which one it is can only be answered with probabilities. Gillespie's direct method draws paths whose law is exactly that of the chemical master equation, with no time step and no approximation.

In state $x$ reaction $j$ has, by mass action, the propensity

$$a_j(x)=c_j\prod_i\binom{x_i}{s_{ij}},\qquad a_0(x)=\sum_j a_j(x),$$

where $s_{ij}$ is the stoichiometry of reactant $i$. The waiting time and the kind of the next reaction are independent:

$$\tau\sim\mathrm{Exp}(a_0),\quad \tau=-\frac{\ln u_1}{a_0};\qquad P(j\mid x)=\frac{a_j(x)}{a_0(x)}.$$

The distribution $p(x,t)$ obeys the master equation ($\nu_j$ is the change that reaction $j$ makes):

$$\frac{\partial p(x,t)}{\partial t}=\sum_j\big[a_j(x-\nu_j)\,p(x-\nu_j,t)-a_j(x)\,p(x,t)\big].$$

The post's example is gene expression: $\varnothing\xrightarrow{20}m$, $m\xrightarrow{2.5}m+n$, $m\xrightarrow{1}\varnothing$, $n\xrightarrow{1}\varnothing$. In its stationary law $m$ is Poisson with mean 20; $n$ has mean 50 and Fano factor $1+2.5/2=2.25$.
""",
)
CHANGES = t(
    r"""
- 原文的倾向函数是速率乘以各反应物数目，未计入化学计量数：对 $2P\to P_2$ 用了 $n$ 而不是 $n(n-1)/2$，二聚反应 $t=10$ 时的均值会是 98.1 而不是 52.2。这里用组合数，并在「两处疏忽」一栏把两种算法并排。
- 原文的直方图按跳跃次数而不是按停留时间统计，蛋白质均值显示为 51.5（应为 50）。这里按时间加权，同一栏中可以切换。
- 原文的 Python 循环每秒约十万次反应；这里的内核由 numba 编译，一次推进多条轨迹。
""",
    r"""
- The post's propensity is the rate times the counts of the reactants and ignores stoichiometry: for $2P\to P_2$ it uses $n$ and not $n(n-1)/2$, which gives a mean of 98.1 and not 52.2 in the dimerisation at $t=10$. Here it is the binomial coefficient; the tab "Two slips" shows both side by side.
- The post's histogram counts jumps and not the time spent, so the protein's mean reads 51.5 (it is 50). Here time is the weight; the same tab switches between the two.
- The post's Python loop makes about a hundred thousand reactions a second; here a kernel compiled by numba advances many trajectories at once.
""",
)


def _code(call: str) -> str:
    return (
        "import numpy as np\nfrom core.stats.gillespie import simulate\nfrom core.stats.gillespie.networks import examples\n\n"
        + call
    )


def _code_trajectories(i: Trajectories) -> str:
    return _code(
        f"example = examples()[{i.network!r}]\ntimes = np.linspace(0, example.horizon * {i.span!r}, {GRID})\n"
        f"result = simulate(example.network, times, {i.runs!r}, {i.seed!r}, method={i.method!r}, keep=True)\n"
        "fan = np.quantile(result.kept, (0.05, 0.25, 0.75, 0.95), axis=0)  # [quantile, time, species]\nprint(result.species, result.mean[-1], result.sd[-1])\n"
    )


def _code_distribution(i: Distribution) -> str:
    return _code(
        f"from core.stats.gillespie import laws\n\nlaw = laws.example_law({i.network!r}, {FRAMES})\n"
        f"result = simulate(examples()[{i.network!r}].network, law.times, {i.runs!r}, {i.seed!r}, keep=True)\n"
        f"at = round({i.time!r} * {FRAMES - 1})\nexact, _ = law.moments()\nprint(law.times[at], result.mean[at], exact[at])\n"
    )


def _code_plane(i: Plane) -> str:
    return (
        "from core.stats.gillespie.networks import examples, phase_window, started_at\nfrom core.stats.gillespie.paths import path\n\n"
        f"start = [round(share * top) for share, top in zip({i.start!r}, phase_window({i.network!r}))]\n"
        f"example = examples()[{i.network!r}]\nfound = path(started_at(example.network, start), example.horizon * {i.span!r}, {i.seed!r}, max_jumps=60_000)\n"
        "print(len(found.times) - 1, found.states[-1])\n"
    )


def _code_why(i: Bistable) -> str:
    return _code(
        "from core.stats.gillespie import laws\nfrom core.stats.gillespie.networks import started_at\n\n"
        f"network = started_at(examples()['schloegl'].network, [{i.start!r}])\ntimes = np.linspace(0, {i.horizon!r}, {GRID})\n"
        f"result = simulate(network, times, {i.runs!r}, {i.seed!r}, keep=True)\nlow = (result.kept[:, -1, 0] <= 256).mean()\n"
        "print(low, laws.birth_death_stationary(*laws.schloegl_chain())[:257].sum(), laws.switching_times())\n"
    )


def _code_slips(i: Slips) -> str:
    if i.slip == "stoichiometry":
        return _code(
            "network = examples()['dimerisation'].network\nfor mass_action in ('exact', 'post'):\n"
            f"    print(mass_action, simulate(network, [10.0], {i.runs!r}, {i.seed!r}, mass_action=mass_action).mean)\n"
        )
    return (
        "from core.stats.gillespie.networks import examples\nfrom core.stats.gillespie.paths import histogram, path\n\n"
        f"found = path(examples()['gene'].network, {i.horizon!r}, {i.seed!r}, max_jumps=600_000)\nfor weigh in ('time', 'jumps'):\n"
        "    values, shares = histogram(found, 'n', weigh)\n    print(weigh, values @ shares)\n"
    )


def _code_own(i: Own) -> str:
    if i.sbml is not None:
        made = f"network = load_sbml({i.sbml.name!r})"
    else:
        rows = [(r["reactants"], r["products"], r["rate"]) for r in i.reactions]
        made = f"network = from_rows(\n    {rows!r},\n    {[(r['species'], r['molecules']) for r in i.initial]!r},\n)"
    return (
        "import numpy as np\nfrom core.stats.gillespie import load_sbml, simulate\nfrom core.stats.gillespie.networks import from_rows\n\n"
        f"{made}\nresult = simulate(network, np.linspace(0, {i.horizon!r}, 101), {i.runs!r}, {i.seed!r})\nprint(result.species, result.mean[-1])\n"
    )


FACTS = outputs.metrics("facts")
MOMENTS = outputs.table("moments", t("均值与标准差", "Means and standard deviations"))

PAGE = Page(
    title=t("Gillespie：随机反应的精确模拟", "Gillespie: reactions drawn exactly"),
    summary=t("少量分子如何反应？逐个事件地抽出精确的样本路径，与主方程当面对质。",
              "How do a few molecules react? Exact paths drawn event by event, held against the master equation."),
    post=Post(
        id=5607, title=t("python简单实现gillespie模拟", "A simple Gillespie simulation in Python"), date=datetime.date(2018, 6, 7),
        story=STORY, changes=CHANGES,
        papers=(
            ("Gillespie 1977, Exact stochastic simulation of coupled chemical reactions", "https://doi.org/10.1021/j100540a008"),
            ("Cao, Gillespie & Petzold 2006, Efficient step size selection for the tau-leaping simulation method", "https://doi.org/10.1063/1.2159468"),
            ("Munsky & Khammash 2006, The finite state projection algorithm", "https://doi.org/10.1063/1.2145882"),
        ),
    ),
    tabs=(
        Tab("trajectories", t("轨迹", "Trajectories"), t("同样的起点，命运会有多不同？", "From one start, how different can the fates be?"),
            Trajectories, (outputs.figure("fan", height=470), FACTS, outputs.markdown("about"), MOMENTS),
            trajectories, _code_trajectories, lambda i: min(i.runs * 3e5 * i.span, EVENTS_BUDGET), EVENTS_BUDGET),
        Tab("distribution", t("分布", "Distribution"), t("模拟的直方图与主方程的精确解重合吗？", "Does the histogram of the simulation fall on the exact law?"),
            Distribution, (outputs.figure("law", height=480), FACTS, MOMENTS),
            distribution, _code_distribution, lambda i: min(i.runs * 4e4, EVENTS_BUDGET), EVENTS_BUDGET),
        Tab("phase-plane", t("相平面", "Phase plane"), t("随机轨迹会跟着确定性的流走吗？", "Does a random path follow the deterministic flow?"),
            Plane, (outputs.figure("plane", height=560), FACTS),
            plane, _code_plane, lambda i: 6e4, EVENTS_BUDGET),
        Tab("why-ssa", t("为何要随机", "Why SSA"), t("确定性方程说终点只有一个；真是这样吗？", "The rate equation knows one end; is there only one?"),
            Bistable, (outputs.figure("fates", height=480), FACTS),
            why, _code_why, lambda i: min(i.runs * 3.8e3 * i.horizon, EVENTS_BUDGET), EVENTS_BUDGET),
        Tab("slips", t("两处疏忽", "Two slips"), t("漏掉一个组合数、数错一次直方图，差多少？", "Leave out a binomial, count jumps for time: how much does it matter?"),
            Slips, (outputs.figure("slip", height=440), FACTS),
            slips, _code_slips, lambda i: 600_000, EVENTS_BUDGET),
        Tab("own", t("你的网络", "Your network"), t("你自己的反应会怎么走？", "How does your own network behave?"),
            Own, (outputs.figure("fan", height=560), FACTS, MOMENTS),
            own, _code_own, lambda i: EVENTS_BUDGET, EVENTS_BUDGET, live=False),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 20),
    striking=2,
)  # fmt: skip
