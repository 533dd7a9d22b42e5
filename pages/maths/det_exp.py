"""det(exp A) = exp(tr A) (post 6377)."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.inputs import Column, PointValue, TableValue, choice, point, seed, slider, table
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.maths import det_exp as model
    from core.maths import log_det

LONGEST = 4.0  # of the times of a flow
MOST_TERMS = 60
LARGEST_SCALE = 1.5  # s of e^{s(A + B)}
PLANE = (-3.2, 3.2)
START = ((0.5, -1.0, 0.0), (1.0, 0.2, 0.3), (0.0, -0.4, -0.6))
EDGES = ((0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 6), (5, 7), (6, 7))
BUDGET = 3000.0  # exponentials of small matrices
SIZE, TIME = t("阶数 n", "Size n"), t("时间 t", "Time t")
OWN = {"which": "own"}
NAMES = {
    "own": t("自己拖", "Drag my own"),
    "spiral": t("螺旋", "Spiral"),
    "rotation": t("旋转（迹 0）", "Rotation (trace 0)"),
    "saddle": t("鞍点（迹 0）", "Saddle (trace 0)"),
    "growth": t("膨胀", "Growth"),
    "jordan": t("若尔当块（亏损）", "Jordan block (defective)"),
    "shear": t("剪切（亏损，迹 0）", "Shear (defective, trace 0)"),
}
PADE, EIGENVALUES = t("缩放平方 + Padé", "scaling, squaring, Padé"), t("特征值", "eigenvalues")
ROUTES = {
    "pade": PADE,
    "series": t(f"级数，{MOST_TERMS} 项", f"series, {MOST_TERMS} terms"),
    "eigenvalues": EIGENVALUES,
}
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")


class Flow(Tab):
    label = t("流动", "Flow")
    question = t(
        "正方形被拉变形了，面积为什么只由迹决定？",
        "The square is torn out of shape: why does only the trace decide its area?",
    )
    outputs = (outputs.figure("flow", height=480), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("鞍点、t = 3：边长 20 倍，面积仍是 1", "Saddle, t = 3: a side grows twentyfold, the area stays 1"),
            {"which": "saddle", "time": 3.0},
            lambda y: y.stretch > 20 and abs(y.areas[-1] - 1) < 1e-9,
        ),
        Try(
            t("若尔当块不可对角化，面积仍是 e^(2t)", "A Jordan block has no eigenbasis; the area is still e^(2t)"),
            {"which": "jordan", "time": 1.0},
            lambda y: y.facts.defective and y.facts.trace == 2 and abs(y.areas[-1] / y.expected - 1) < 1e-9,
        ),
        Try(
            t("det A = 9、tr A = 0：面积不变", "det A = 9 and tr A = 0: the area stays"),
            {"first": (0.0, 3.0), "second": (-3.0, 0.0)},
            lambda y: abs(y.facts.determinant - 9) < 1e-9 and abs(y.areas[-1] - 1) < 1e-9,
        ),
    )

    which: str = choice("own", NAMES, label=t("矩阵 A", "Matrix A"))
    first: PointValue = point(
        (0.2, 1.5), (-3, 3), (-3, 3), label=t("A 的第一列", "First column of A"), shown_when=OWN, in_picture=True
    )
    second: PointValue = point(
        (-1.5, -0.5), (-3, 3), (-3, 3), label=t("A 的第二列", "Second column of A"), shown_when=OWN, in_picture=True
    )
    time: float = slider(1.6, 0.1, LONGEST, step=0.1, label=TIME, play=True)

    def cost(self) -> float:
        return 120.0

    def compute(self) -> model.Flow:
        from core.maths.det_exp import NAMED, columns, flow

        a = columns(self.first, self.second) if self.which == "own" else NAMED[self.which]
        return flow(a, self.time, LONGEST)

    def show(self, found: model.Flow, say: Say) -> dict[str, Any]:
        area, facts, law = found.areas[-1], found.facts, (*found.law, 0.1, 10.0)
        both = f"{area:.4g}{say('，', ', ')}e^(t·tr A) = {found.expected:.4g}"
        figure, (plane, growth) = figures.panels(
            say(
                f"t = {self.time:g}：面积 {both}，tr A = {facts.trace:.3g}",
                f"t = {self.time:g}: area {both}, tr A = {facts.trace:.3g}",
            ),
            [
                Axes(say("单位正方形的流动", "The unit square flows"), "x", "y", PLANE, PLANE, square=True),
                Axes(
                    say("面积：斜率就是迹", "Its area: the slope is the trace"),
                    "t",
                    say("面积", "area"),
                    (0, LONGEST),
                    (min(law), max(law)),
                    y_log=True,
                ),
            ],
            height=480,
        )
        plane.line(*found.trail.T, colour=figures.faded(3, 0.5), width=1)
        for square in found.squares[:-1]:
            plane.polygon(*square.T, colour=0, opacity=0.05)
        plane.polygon(*found.squares[-1].T, colour=1, opacity=0.5)
        for name, text, column in zip(("first", "second"), ("A e₁", "A e₂"), found.matrix.T, strict=True):
            if self.which == "own":
                plane.handle(name, *column, name=text, colour=2)
            plane.arrow((0, 0), tuple(column), colour=2, text="" if self.which == "own" else text)
        growth.line(found.axis, found.law, "e^(t·tr A)", colour=7, width=6)
        growth.points(found.times, found.areas, say("量得的面积", "area measured"), colour=1, size=9, opacity=1)
        defective = say("亏损：没有特征基", "defective: no eigenbasis") if facts.defective else ""
        values = [
            Metric(say("面积（由四角算得）", "Area (from its corners)"), area, f"t = {self.time:g}"),
            Metric("e^(t·tr A)", found.expected),
            Metric(say("特征值", "Eigenvalues"), ", ".join(map(_complex, facts.eigenvalues)), defective),
            Metric("det A", facts.determinant, say("与面积无关", "plays no part in the area")),
        ]
        note = say(
            "面积的相对增长率处处是 $\\operatorname{tr}A$（散度），与正方形被拉成什么形状无关：在对数坐标里，量得的面积落在斜率为 $\\operatorname{tr}A$ 的直线上。迹为零时面积不变，这就是 Liouville 定理。拖动 $Ae_1$、$Ae_2$ 就是改 $A$ 的两列，即两个单位向量处的速度。",
            "The area grows at the relative rate $\\operatorname{tr}A$, the divergence, whatever shape the square takes: on a logarithmic axis the measured areas lie on a line of slope $\\operatorname{tr}A$. With trace zero the area stays: Liouville's theorem. Drag $Ae_1$ and $Ae_2$, the columns of $A$: the velocities at the two unit vectors.",
        )
        return {"flow": figure, "facts": values, "note": note}


class Series(Tab):
    label = t("级数", "Series")
    question = t("级数要加多少项？", "How many terms does the series need?")
    outputs = (outputs.figure("errors", height=430), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("‖A‖ = 20：m 到 20，误差仍上千万", "‖A‖ = 20: up to m = 20 the error stays above ten million"),
            {"norm": 20.0, "terms": 20},
            lambda y: y.series[:20].min() > 1e7 and y.series[-1] < 1e-4,
        ),
        Try(
            t("‖A‖ = 0.5：14 项就只剩舍入误差", "‖A‖ = 0.5: after 14 terms rounding alone is left"),
            {"norm": 0.5},
            lambda y: y.series[13] < 1e-15,
        ),
        Try(
            t("‖A‖ = 30：60 项之后还差上千", "‖A‖ = 30: after 60 terms it is still off by thousands"),
            {"norm": 30.0, "terms": 60},
            lambda y: 1e3 < y.series[-1] < y.bounds[-1],
        ),
    )

    n: int = slider(4, 2, 10, label=SIZE)
    norm: float = slider(4.0, 0.1, 30.0, log=True, label=t("2-范数 ‖A‖", "2-norm ‖A‖"))
    terms: int = slider(14, 1, MOST_TERMS, label=t("级数项数 m", "Terms m of the series"), play=True)
    seed: int = seed(1)

    def cost(self) -> float:
        return 3.0 * MOST_TERMS

    def compute(self) -> model.Errors:
        from core.maths.det_exp import drawn, errors_of

        return errors_of(drawn(self.n, self.norm, self.seed), MOST_TERMS)

    def show(self, found: model.Errors, say: Say) -> dict[str, Any]:
        error, bound, m = found.series[self.terms - 1], found.bounds[self.terms - 1], self.terms
        bounded = say(f"余项界 {bound:.1e}", f"its bound {bound:.1e}")
        if not math.isfinite(bound):
            bounded = say("m + 1 ≤ ‖A‖，还没有界", "no bound yet, as m + 1 ≤ ‖A‖")
        figure, panel = figures.panel(
            say(f"{m} 项：误差 {error:.1e}，{bounded}", f"{m} terms: the error is {error:.1e}, {bounded}"),
            x=say("项数 m", "terms m"),
            y=say("误差", "error"),
            height=430,
            y_log=True,
            x_range=(1, MOST_TERMS),
            y_range=(found.rounding / 30, 30 * max(found.largest, 1.0)),
        )
        panel.line(found.terms, found.bounds, say("余项界", "bound"), colour=2, dash="dot")
        panel.line(found.terms, found.gaps, "|log det Σ − tr A|", colour=1)
        panel.line(found.terms, found.series, "‖Σ − exp A‖", colour=0, width=3)
        panel.points([m], [error], colour=0, size=11, opacity=1)
        panel.level(found.norm, "m = ‖A‖", axis="x", colour=3)
        panel.level(found.rounding, say("ε × 最大项", "ε × largest term"), colour=7)
        facts = [
            Metric(say("级数的误差", "Error of the series"), error, say(f"{m} 项", f"{m} terms")),
            Metric(say("特征值法的误差", "Error by eigenvalues"), found.eigenvalues, f"cond V = {found.condition:.3g}"),
            Metric(say("缩放平方 + Padé 的误差", "Error by scaling, squaring, Padé"), found.pade, "scipy"),
            Metric("|log det Σ − tr A|", found.gaps[m - 1]),
            Metric("‖exp A‖", found.exponential_norm),
        ]
        note = say(
            "级数对每个 $A$ 都收敛；从 $m>\\|A\\|$ 起，每一项才必定比前一项小。$m$ 项之后剩下的不超过 $\\frac{\\|A\\|^m}{m!}\\cdot\\frac1{1-\\|A\\|/(m+1)}$，后一个因子少不得：$A=[2]$、$m=3$ 时剩 $e^2-5=2.39$，而 $2^3/3!=1.33$。$\\|A\\|$ 大时中间的项比结果大得多，相消掉的位数再也回不来。基准是 60 位十进制的计算。",
            "The series converges for every $A$; from $m>\\|A\\|$ on, each term is sure to be smaller than the one before. What $m$ terms leave out is at most $\\frac{\\|A\\|^m}{m!}\\cdot\\frac1{1-\\|A\\|/(m+1)}$, and the second factor is needed: for $A=[2]$ and $m=3$ there is $e^2-5=2.39$ left, while $2^3/3!=1.33$. For large $\\|A\\|$ the middle terms dwarf the result, and digits that cancel are gone for good. The reference is computed with 60 digits.",
        )
        return {"errors": figure, "facts": facts, "note": note}


class Own(Tab):
    label = t("自己的矩阵", "Your matrix")
    question = t("三种算法都守恒等式吗？", "Do all three routes keep the identity?")
    outputs = (
        outputs.figure("box", height=480),
        FACTS,
        outputs.figure("matrices", height=380),
        outputs.table("routes", t("三种算法", "Three routes")),
    )
    budget = BUDGET
    tries = (
        Try(
            t("若尔当块：特征值法没有答案，另两种守得住", "A Jordan block: eigenvalues have no answer, the others do"),
            {"rows": [{"c1": 1, "c2": 1, "c3": 0}, {"c1": 0, "c2": 1, "c3": 1}, {"c1": 0, "c2": 0, "c3": 1}]},
            lambda y: math.isnan(y.routes[2].gap) and max(abs(y.routes[0].gap), abs(y.routes[1].gap)) < 1e-12,
        ),
        Try(
            t("对角线 −30、0、30：级数一位都不对", "Diagonal −30, 0, 30: the series has no digit right"),
            {"rows": [{"c1": -30, "c2": 0, "c3": 0}, {"c1": 0, "c2": 0, "c3": 0}, {"c1": 0, "c2": 0, "c3": 30}]},
            lambda y: y.worst.name == "series" and abs(y.worst.gap) > 1,
        ),
    )

    time: float = slider(1.0, 0.1, 2.0, step=0.1, label=TIME, play=True)
    rows: TableValue = table(
        [{f"c{j + 1}": v for j, v in enumerate(row)} for row in START],
        tuple(Column(f"c{j}", t(f"第 {j} 列", f"c{j}"), True, -50.0, 50.0, default=0.0) for j in (1, 2, 3)),
        label=t("3×3 矩阵", "3×3 matrix"),
        max_rows=3,
    )

    def cost(self) -> float:
        return 100.0

    def compute(self) -> model.Box:
        from core.maths.det_exp import box, matrix

        return box(matrix(self.rows), self.time, MOST_TERMS)

    def show(self, found: model.Box, say: Say) -> dict[str, Any]:
        worst, facts = found.worst, found.facts
        name, at = say(ROUTES[worst.name]), f"t = {found.time:g}"
        verdict = say(
            f"三种算法最多偏 {abs(worst.gap):.1e}（{name}）",
            f"the routes are off by at most {abs(worst.gap):.1e} ({name})",
        )
        if math.isnan(worst.gap):
            verdict = say(f"{name}法没有答案", f"{name} have no answer")
        both = f"{found.volume:.4g}{say('，', ', ')}e^(t·tr A) = {found.law[-1]:.4g}"
        figure = figures.space(
            say(f"{at}：体积 {both}；{verdict}", f"{at}: volume {both}; {verdict}"), "x", "y", "z", height=480
        )
        for k, (corners, colour, opacity) in enumerate(zip(found.boxes, (7, 0, 1), (0.12, 0.18, 0.45), strict=True)):
            _cube(figure, corners, f"t = {found.time * k / 2:g}", colour, opacity)
        figure.update_scenes(aspectmode="auto")
        cells = {float(k): str(k + 1) for k in range(3)}
        grid = {"x_ticks": cells, "y_ticks": cells, "y_range": (2.5, -0.5), "square": True, "grid": False}
        volume = Axes(say("体积", "Volume"), "t", say("体积", "volume"), from_zero=True)
        heats, panels = figures.panels(
            f"det exp A = {facts.det_exponential:.4g}{say('，', ', ')}e^(tr A) = {facts.exp_trace:.4g}",
            [Axes("A", **grid), Axes("exp A", **grid), volume],
            height=380,
        )
        for panel, values in zip(panels[:2], (found.matrix, found.exponential), strict=True):
            panel.heat(values, diverging=True, text=[[f"{v:.3g}" for v in row] for row in values])
        panels[2].line(found.times, found.law, "e^(t·tr A)", colour=7, width=6)
        panels[2].line(found.times, found.volumes, "det exp(tA)", colour=1)
        told = {
            say("算法", "route"): [say(ROUTES[route.name]) for route in found.routes],
            "det exp A": [route.determinant for route in found.routes],
            "log|det| − tr A": [route.gap for route in found.routes],
        }
        values = [
            Metric("det exp A", facts.det_exponential),
            Metric("e^(tr A)", facts.exp_trace),
            Metric("tr A", facts.trace),
            Metric(
                say("特征值", "Eigenvalues"),
                ", ".join(map(_complex, facts.eigenvalues)),
                f"cond V = {facts.condition:.3g}",
            ),
        ]
        return {"box": figure, "facts": values, "matrices": heats, "routes": outputs.Table(told)}


class Logarithm(Tab):
    label = t("对数", "Logarithm")
    question = t(
        "倒过来读：log det 等于 tr log 吗？det 的微分呢？", "Read backwards: is log det the trace of log? And d det?"
    )
    outputs = (outputs.figure("logarithm"), FACTS, outputs.figure("turning", height=380), NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("ρ = 1.3：级数发散，log det 照样存在", "ρ = 1.3: the series diverges, log det is still there"),
            {"radius": 1.3},
            lambda y: y.errors[-1] > 1e3 and math.isfinite(y.log_det.real),
        ),
        Try(
            t("s = 0：离开 I 时，det 的斜率就是 tr M", "s = 0: on leaving I, det changes at the rate tr M"),
            {"at": 0.0},
            lambda y: abs(y.path.value - 1) < 1e-12 and abs(y.path.slope - y.partial[0]) < 1e-12,
        ),
        Try(
            t("c = −1：迹为 0，对数一圈也不丢", "c = −1: with trace 0 the logarithm loses no turn"),
            {"share": -1.0},
            lambda y: abs(y.turning.turns).max() < 1e-9,
        ),
    )

    radius: float = slider(0.7, 0.1, 1.4, step=0.02, label=t("M = B − I 的谱半径 ρ", "Spectral radius ρ of M = B − I"))
    n: int = slider(4, 2, 10, label=SIZE)
    at: float = slider(0.5, 0.0, 1.0, step=0.02, label=t("X = I + sM 的 s", "s of X = I + sM"), play=True)
    share: float = slider(0.7, -1.0, 1.0, step=0.05, label=t("下图：两角之比 c", "Below: ratio c of the two angles"))
    seed: int = seed(1)

    def cost(self) -> float:
        return 100.0

    def compute(self) -> log_det.Backwards:
        from core.maths.log_det import backwards, near_identity

        return backwards(near_identity(self.n, self.radius, self.seed), MOST_TERMS, self.at, self.share)

    def show(self, found: log_det.Backwards, say: Say) -> dict[str, Any]:
        path, turning, lost = found.path, found.turning, round(found.turning.turns[-1])
        logs = f"log det B = {_complex(found.log_det)}{say('，', ', ')}tr log B = {_complex(found.trace_log)}"
        slope = f"{path.slope:.4g}{say('，', ', ')}det X · tr(X⁻¹M) = {path.by_trace:.4g}"
        figure, (way, series) = figures.panels(
            say(f"{logs}；det 的斜率 {slope}", f"{logs}; slope of det {slope}"),
            [
                Axes(say("det 沿 X = I + sM", "det along X = I + sM"), "s", "det X", (0, 1)),
                Axes(
                    say("对数级数的误差", "Error of the log series"),
                    say("项数", "terms"),
                    "|Σ − log det B|",
                    (1, MOST_TERMS),
                    y_log=True,
                ),
            ],
        )
        way.line(path.s, path.determinants, "det X", colour=0, width=3)
        way.line(*path.tangent, say("切线", "tangent"), colour=1, dash="dash")
        way.points([self.at], [path.value], colour=1, size=11, opacity=1)
        series.line(range(1, MOST_TERMS + 1), found.errors, f"ρ = {self.radius:g}", colour=0, width=3)
        below, angles = figures.panel(
            say(
                f"转到 α = 4π，tr log e^A 比 tr A 少 {lost} 圈", f"At α = 4π, tr log e^A is {lost} turns short of tr A"
            ),
            x="α",
            y=say("虚部", "imaginary part"),
            height=380,
            y_range=(-8, 26),
            x_ticks={0.0: "0"} | {k * math.pi: f"{k}π".removeprefix("1") for k in range(1, 5)},
        )
        angles.line(turning.angles, turning.trace, "tr A", colour=7, width=2.5, dash="dash")
        angles.line(turning.angles, turning.trace_log, "tr log e^A", colour=0, width=2.5)
        angles.line(turning.angles, turning.log_det, "Log det e^A", colour=1, width=2.5, dash="dot")
        converges = say("ρ < 1：收敛", "ρ < 1: converges") if self.radius < 1 else say("ρ ≥ 1：发散", "ρ ≥ 1: diverges")
        facts = [
            Metric("log det B", _complex(found.log_det)),
            Metric("tr log B", _complex(found.trace_log), say("主值对数（scipy）", "principal logarithm (scipy)")),
            Metric(say(f"级数 {MOST_TERMS} 项", f"Series, {MOST_TERMS} terms"), found.partial[-1], converges),
            Metric(say("det 的斜率，逐列求", "Slope of det, column by column"), path.slope, f"s = {self.at:g}"),
            Metric("det X · tr(X⁻¹M)", path.by_trace, say("Jacobi 公式", "Jacobi's formula")),
        ]
        note = say(
            "左：一般地，$\\mathrm d\\det X=\\det X\\cdot\\operatorname{tr}(X^{-1}\\mathrm dX)$。行列式对每一列都是线性的，所以斜率等于逐列把 $X$ 的一列换成 $M$ 的、再求和，$X$ 不可逆时仍有意义；沿着 $X=e^{tA}$ 有 $X^{-1}\\mathrm dX=A\\,\\mathrm dt$，就是本页的恒等式。右：$\\log B=\\sum_k(-1)^{k+1}M^k/k$ 在谱半径 $\\rho<1$ 时收敛，误差按 $\\rho^m$ 下降；对数本身在那之外仍存在。下：$A=i\\,\\mathrm{diag}(\\alpha,c\\alpha)$ 越转越多，主值对数的每个虚部都被折回 $(-\\pi,\\pi]$，于是 $\\operatorname{tr}\\log e^A$、$\\operatorname{Log}\\det e^A$ 与 $\\operatorname{tr}A$ 差若干个 $2\\pi i$；取指数后又相等。",
            "Left: in general $\\mathrm d\\det X=\\det X\\cdot\\operatorname{tr}(X^{-1}\\mathrm dX)$. A determinant is linear in each column, so the slope is the sum over columns of the determinant with that column of $X$ replaced by the one of $M$, which makes sense for singular $X$, too; along $X=e^{tA}$, $X^{-1}\\mathrm dX=A\\,\\mathrm dt$, and the identity of this page follows. Right: $\\log B=\\sum_k(-1)^{k+1}M^k/k$ converges for spectral radius $\\rho<1$ with an error of $\\rho^m$; the logarithm itself goes on beyond. Below: $A=i\\,\\mathrm{diag}(\\alpha,c\\alpha)$ turns on and on while each imaginary part of the principal logarithm folds back into $(-\\pi,\\pi]$, so $\\operatorname{tr}\\log e^A$ and $\\operatorname{Log}\\det e^A$ miss $\\operatorname{tr}A$ by multiples of $2\\pi i$; exponentials agree again.",
        )
        return {"logarithm": figure, "facts": facts, "turning": below, "note": note}


class Rounding(Tab):
    label = t("浮点", "Rounding")
    question = t("恒等式在浮点数里什么时候丢掉？", "When does floating point lose the identity?")
    outputs = (outputs.figure("loss"), NOTE, outputs.table("table", t("数值", "Numbers")))
    budget = BUDGET
    tries = (
        Try(
            t("n = 12：s = 20 时，有的行列式连正负号都错", "n = 12: at s = 20 some determinants have the wrong sign"),
            {"n": 12, "count": 20},
            lambda y: y.negative[-1] > 0,
        ),
        Try(
            t("n = 2：到 s = 20，float64 还有九位是对的", "n = 2: at s = 20 float64 still has nine digits right"),
            {"n": 2, "count": 20},
            lambda y: y.double[-1] < 1e-9,
        ),
    )

    n: int = slider(6, 2, 12, label=SIZE)
    count: int = slider(10, 3, 20, label=t("每个尺度几个矩阵", "Matrices a scale"))
    seed: int = seed(1)

    def cost(self) -> float:
        return 28.0 * self.count

    def compute(self) -> model.Loss:
        from core.maths.det_exp import conditioning

        return conditioning(self.n, self.count, self.seed)

    def show(self, found: model.Loss, say: Say) -> dict[str, Any]:
        off = f"float32 {found.single[-1]:.1e}{say('，', ', ')}float64 {found.double[-1]:.1e}"
        figure, panel = figures.panel(
            say(f"s = 20 时 log det 的误差：{off}", f"Error of log det at s = 20: {off}"),
            x=say("尺度 s", "scale s"),
            y="|log det exp(sA) − s·tr A|",
            x_log=True,
            y_log=True,
            x_range=(0.1, 20),
            y_range=(1e-17, 1e4),
        )
        panel.line(found.scales, found.guide, say("ε × 条件数", "ε × condition"), colour=2, dash="dot")
        panel.line(found.scales, found.single, "float32", colour=1, width=3)
        panel.line(found.scales, found.double, "float64", colour=0, width=3)
        panel.level(1.0, say("一位不剩", "no digit left"), colour=7)
        note = say(
            f"{self.count} 个 {self.n}×{self.n} 正态矩阵的中位数。恒等式在数学上总成立，在浮点数里却会丢：$e^{{sA}}$ 的条件数一旦超过 $1/\\varepsilon$，行列式只剩舍入误差。所以要比较 $\\log\\det$ 而不是 $\\det$，并留意条件数。",
            f"Medians of {self.count} normal {self.n}×{self.n} matrices. The identity always holds in mathematics, and is lost in floating point once the condition of $e^{{sA}}$ passes $1/\\varepsilon$: the determinant is then rounding alone. Compare $\\log\\det$, not $\\det$, and watch the condition.",
        )
        told = {
            "s": found.scales,
            "float64": found.double,
            "float32": found.single,
            say("条件数", "condition"): found.condition,
            say("行列式算成负数的比例（应为 0）", "share of negative determinants (should be 0)"): found.negative,
        }
        return {"loss": figure, "note": note, "table": outputs.Table(told)}


class Commute(Tab):
    label = t("相加", "Sums")
    question = t(
        "e 的 A+B 次方不等于乘积，行列式为什么还能相乘？",
        "exp(A + B) is no product: why do determinants still multiply?",
    )
    outputs = (outputs.figure("gap", height=430), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("成分 0：A 与 B 可交换，矩阵也重合", "Share 0: A and B commute, and the matrices coincide, too"),
            {"share": 0.0},
            lambda y: y.gaps[-1] < 1e-12,
        ),
        Try(
            t("n = 4：每根半轴都不同，乘积相等", "n = 4: every semi-axis differs, their product does not"),
            {"n": 4},
            lambda y: abs(y.axes_of_sum / y.axes_of_product - 1).min() > 0.01 and abs(y.parted[-1]) < 1e-12,
        ),
    )

    n: int = slider(2, 2, 8, label=SIZE)
    share: float = slider(1.0, 0.0, 1.0, step=0.05, label=t("B 中不可交换的成分", "Share of B that does not commute"))
    seed: int = seed(3)

    def cost(self) -> float:
        return 600.0

    def compute(self) -> model.Sums:
        from core.maths.det_exp import commuting, pair

        a, b = pair(self.n, self.share, self.seed)
        return commuting(a, b, LARGEST_SCALE)

    def show(self, found: model.Sums, say: Say) -> dict[str, Any]:
        apart, both, top = found.gaps[-1], (found.of_sum, found.of_product), max(0.1, *found.gaps, *found.halves)
        names = ("exp(A + B)", "exp A · exp B")
        shapes = Axes(say("半轴（奇异值）", "Semi-axes (singular values)"), "", say("长度", "length"), from_zero=True)
        if found.squares is not None:
            shapes = Axes(say("单位正方形变成了什么", "What becomes of the unit square"), "x", "y", square=True)
        differ = Axes(
            say("差多少", "By how much they differ"),
            "s",
            say("相对差", "relative difference"),
            (0, LARGEST_SCALE),
            (-0.03 * top, top),
        )
        figure, (shape, gap) = figures.panels(
            say(
                f"两个矩阵相差 {apart:.0%}，行列式是 {both[0]:.4g} 与 {both[1]:.4g}",
                f"The matrices differ by {apart:.0%}, their determinants are {both[0]:.4g} and {both[1]:.4g}",
            ),
            [shapes, differ],
            height=430,
        )
        for k, axes in enumerate((found.axes_of_sum, found.axes_of_product)):
            if found.squares is not None:
                area = say(f"面积 {both[k]:.4g}", f"area {both[k]:.4g}")
                x, y = found.squares[k].T
                shape.polygon(x, y, f"{names[k]}{say('：', ': ')}{area}", colour=k, opacity=0.25)
            else:
                shape.bars([f"σ{j + 1}" for j in range(self.n)], axes, names[k], colour=k, opacity=0.7)
        gap.line(found.scales, found.halves, "½s²‖[A, B]‖", colour=7, dash="dash")
        gap.line(found.scales, found.gaps, say("矩阵", "matrices"), colour=0, width=3)
        gap.line(found.scales, found.parted, say("行列式", "determinants"), colour=1, width=3)
        facts = [
            Metric(say("矩阵的相对差", "Relative difference of the matrices"), apart, f"s = {LARGEST_SCALE}"),
            Metric("det exp(s(A + B))", found.of_sum),
            Metric("det exp(sA) · det exp(sB)", found.of_product),
            Metric(
                say("行列式的相对差", "Relative difference of the determinants"),
                found.parted[-1],
                say("舍入", "rounding"),
            ),
        ]
        note = say(
            "$e^{s(A+B)}$ 与 $e^{sA}e^{sB}$ 的差从 $\\tfrac12s^2[A,B]$ 开始，形状不同，面积（体积）却一样：$\\det e^{A+B}=e^{\\operatorname{tr}(A+B)}=e^{\\operatorname{tr}A}e^{\\operatorname{tr}B}=\\det e^A\\det e^B$，迹可加，不问是否可交换。",
            "$e^{s(A+B)}$ and $e^{sA}e^{sB}$ differ from $\\tfrac12s^2[A,B]$ on; their shapes are not the same, their areas (volumes) are: $\\det e^{A+B}=e^{\\operatorname{tr}(A+B)}=e^{\\operatorname{tr}A}e^{\\operatorname{tr}B}=\\det e^A\\det e^B$, as traces add whether or not the matrices commute.",
        )
        return {"gap": figure, "facts": facts, "note": note}


def _cube(figure: go.Figure, corners: Any, name: str, colour: int, opacity: float) -> None:
    """A parallelepiped with corners [8, 3] and its edges."""
    import plotly.graph_objects as go

    shade, looks = figures.COLOURS[colour], {"hoverinfo": "skip", "name": name}
    sides = dict(zip("xyz", corners.T, strict=True))
    figure.add_trace(go.Mesh3d(**sides, **looks, alphahull=0, color=shade, opacity=opacity))
    ends = {axis: [value for i, j in EDGES for value in (at[i], at[j], None)] for axis, at in sides.items()}
    figure.add_trace(go.Scatter3d(**ends, **looks, mode="lines", line={"color": shade, "width": 4}))


def _complex(value: complex) -> str:
    return f"{value.real:.3g}" if abs(value.imag) < 1e-12 else f"{value.real:.3g}{value.imag:+.3g}i".replace("-", "−")


POST = Post(
    id=6377,
    title=t("恒等式 det(exp(A)) = exp(Tr(A)) 赏析", "The identity det(exp(A)) = exp(Tr(A)), appreciated"),
    date=datetime.date(2019, 2, 18),
    story=t(
        r"""
**问题。** 为什么指数的行列式只和迹有关？

$$\det(e^A)=e^{\operatorname{tr}A}.$$

可对角化时一眼看出：$e^A$ 的特征值是 $e^{\lambda_i}$，乘起来是 $e^{\sum\lambda_i}$。更好的证明不需要对角化：令 $f(t)=\det e^{tA}$，则 $f(t+\varepsilon)=f(t)\det e^{\varepsilon A}=f(t)\big(1+\varepsilon\operatorname{tr}A+O(\varepsilon^2)\big)$，所以

$$f'(t)=\operatorname{tr}(A)\,f(t),\qquad f(0)=1.$$

它是 Jacobi 公式 $\mathrm d\det X=\det X\cdot\operatorname{tr}(X^{-1}\mathrm dX)$ 在 $X=e^{tA}$ 上的样子。几何上：$\dot x=Ax$ 的流把一块体积按 $e^{t\operatorname{tr}A}$ 放大，因为散度处处是 $\operatorname{tr}A$。反过来写就是 $\log\det B=\operatorname{tr}\log B$，归一化流、行列式求导都靠它。
""",
        r"""
**The question.** Why does the determinant of an exponential depend on the trace alone?

$$\det(e^A)=e^{\operatorname{tr}A}.$$

For a diagonalisable matrix one sees it at once: the eigenvalues of $e^A$ are $e^{\lambda_i}$, and multiply to $e^{\sum\lambda_i}$. A better proof needs no diagonalisation. Let $f(t)=\det e^{tA}$; then $f(t+\varepsilon)=f(t)\det e^{\varepsilon A}=f(t)\big(1+\varepsilon\operatorname{tr}A+O(\varepsilon^2)\big)$, and

$$f'(t)=\operatorname{tr}(A)\,f(t),\qquad f(0)=1.$$

This is Jacobi's formula $\mathrm d\det X=\det X\cdot\operatorname{tr}(X^{-1}\mathrm dX)$ along $X=e^{tA}$. In geometry: the flow of $\dot x=Ax$ magnifies a volume by $e^{t\operatorname{tr}A}$, as its divergence is $\operatorname{tr}A$ everywhere. Read backwards it is $\log\det B=\operatorname{tr}\log B$, on which normalising flows and derivatives of determinants rest.
""",
    ),
    changes=t(
        r"""
- 加上了浮点数里的真相：$\|A\|$ 到 10 以上时 $\det e^A$ 的数值可以一位都不对，取决于 $e^A$ 的条件数。
- 加上了级数的余项界、对数级数与主值对数丢掉的圈数，以及一般的 $\mathrm d\det X$。
- 亏损矩阵（若尔当块、剪切）单独列出：证明不需要对角化，页面上能看到特征值法在那里失效。
- 恒等式另用有理数精确验证到 $t^5$。
""",
        r"""
- Added: what floating point makes of it. From $\|A\|$ around 10 on, no digit of $\det e^A$ need be right; the condition of $e^A$ decides.
- Added: a bound on what the series leaves out, the log series and the turns that principal logarithms lose, and $\mathrm d\det X$ in general.
- Defective matrices (Jordan block, shear) are named: the proof needs no eigenvectors, and the page shows where the route by eigenvalues fails.
- The identity is verified in exact rational arithmetic, too, up to $t^5$.
""",
    ),
    papers=(
        (
            "Moler, Van Loan 2003, Nineteen Dubious Ways to Compute the Exponential of a Matrix",
            "https://doi.org/10.1137/S00361445024180",
        ),
    ),
)

PAGE = Page(
    title=t("det(exp A) = exp(tr A)", "det(exp A) = exp(tr A)"),
    summary=t(
        "一块面积在线性流里怎样变大？只看迹。看它成立，也看浮点数怎样把它弄丢。",
        "How does an area grow in a linear flow? Ask the trace. See the identity hold, and see floating point lose it.",
    ),
    post=POST,
    tabs=(Flow, Series, Own, Logarithm, Rounding, Commute),
    added=datetime.date(2026, 11, 21),
)
