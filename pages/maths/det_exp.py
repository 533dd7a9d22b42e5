"""det(exp A) = exp(tr A) (post 6377)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import outputs
from gallery.inputs import Column, Inputs, PointValue, TableValue, choice, point, seed, slider, table
from gallery.page import Lang, Page, Post, Tab, t
from pages.maths import _det_exp_figures as pictures

NAMED = {
    "spiral": t("螺旋", "Spiral"), "rotation": t("旋转（迹 0）", "Rotation (trace 0)"), "saddle": t("鞍点（迹 0）", "Saddle (trace 0)"), "growth": t("膨胀", "Growth"),
    "jordan": t("若尔当块（亏损）", "Jordan block (defective)"), "shear": t("剪切（亏损，迹 0）", "Shear (defective, trace 0)"), "own": t("自己拖", "Drag my own"),
}  # fmt: skip
MATRIX = t("矩阵", "Matrix")
FRAMES = 9
PATHS = 12
FINE = 81
MOST_TERMS = 60
SCALES = np.geomspace(1e-3, 1.0, 25)
START = ((0.5, -1.0, 0.0), (1.0, 0.2, 0.3), (0.0, -0.4, -0.6))
BUDGET = 3000.0  # exponentials of small matrices


class Flow(Inputs):
    which: str = choice("spiral", NAMED, label=MATRIX)
    first: PointValue = point(
        (0.2, 1.5),
        (-3.0, 3.0),
        (-3.0, 3.0),
        label=t("拖动：A 的第一列（e₁ 处的速度）", "Drag: first column of A (velocity at e₁)"),
        shown_when={"which": "own"},
    )
    second: PointValue = point(
        (-1.5, -0.5),
        (-3.0, 3.0),
        (-3.0, 3.0),
        label=t("拖动：A 的第二列（e₂ 处的速度）", "Drag: second column of A (velocity at e₂)"),
        shown_when={"which": "own"},
    )
    time: float = slider(1.6, 0.1, 4.0, step=0.1, label=t("时间 t", "Time t"))


class Series(Inputs):
    n: int = slider(4, 2, 10, label=t("阶数 n", "Size n"))
    norm: float = slider(4.0, 0.1, 30.0, log=True, label=t("2-范数 ‖A‖", "2-norm ‖A‖"))
    terms: int = slider(14, 1, MOST_TERMS, label=t("级数项数", "Terms of the series"))
    seed: int = seed(1)


class Own(Inputs):
    time: float = slider(1.0, 0.1, 2.0, step=0.1, label=t("时间 t", "Time t"))
    rows: TableValue = table(
        [{f"c{j + 1}": float(v) for j, v in enumerate(row)} for row in START],
        tuple(Column(f"c{j + 1}", t(f"第 {j + 1} 列", f"c{j + 1}"), True, -50.0, 50.0, default=0.0) for j in range(3)),
        label=t("3×3 矩阵", "3×3 matrix"), max_rows=3,
    )  # fmt: skip


class Logarithm(Inputs):
    radius: float = slider(0.7, 0.1, 1.4, step=0.02, label=t("B − I 的谱半径 ρ", "Spectral radius ρ of B − I"))
    n: int = slider(4, 2, 10, label=t("阶数 n", "Size n"))
    share: float = slider(
        0.7, -1.0, 1.0, step=0.05, label=t("右图：第二个角是 α 的几倍", "At right: the second angle over α")
    )
    seed: int = seed(1)


class Rounding(Inputs):
    n: int = slider(6, 2, 12, label=t("阶数 n", "Size n"))
    count: int = slider(10, 3, 20, label=t("每个尺度几个矩阵", "Matrices a scale"))
    seed: int = seed(1)


class Commute(Inputs):
    n: int = slider(3, 2, 8, label=t("阶数 n", "Size n"))
    share: float = slider(
        1.0, 0.0, 1.0, step=0.05, label=t("B 与 A 不可交换的成分", "Share of B that does not commute with A")
    )
    seed: int = seed(1)


def flow(inputs: Flow, lang: Lang) -> Mapping[str, Any]:
    from core.maths.det_exp import facts_of, volumes
    from core.maths.det_exp import flow as flowed

    a = _chosen(inputs)
    times, few = np.linspace(0, inputs.time, FINE), np.linspace(0, inputs.time, FRAMES)
    angles = np.linspace(0, 2 * np.pi, PATHS, endpoint=False)
    ring = np.array([0.5, 0.5]) + np.stack([np.cos(angles), np.sin(angles)], 1)
    areas, law = volumes(a, times)
    found, name = facts_of(a), NAMED[inputs.which]
    title = t(f"{name.zh}：tr A = {found.trace:.3g}", f"{name.en}: tr A = {found.trace:.3g}")(lang)
    facts = [
        outputs.Metric("det exp(tA)", float(areas[-1]), f"t = {inputs.time:g}"), outputs.Metric("exp(t tr A)", float(law[-1])),
        outputs.Metric(t("特征值", "Eigenvalues")(lang), ", ".join(_complex(v) for v in found.eigenvalues), t("亏损：没有特征基", "defective: no eigenbasis")(lang) if np.isinf(found.condition) else ""), outputs.Metric("det A", found.determinant, t("与 det exp A 无关", "has no say in det exp A")(lang)),
    ]  # fmt: skip
    note = t(
        "面积的相对增长率处处是 $\\operatorname{tr}A$（散度），与正方形被压成什么形状无关。迹为零时面积不变，这就是 Liouville 定理。",
        "The area grows at the relative rate $\\operatorname{tr}A$, the divergence, whatever shape the square takes. With trace zero the area stays: Liouville's theorem.",
    )(lang)
    return {
        "flow": pictures.flow(title, times, flowed(a, pictures.SQUARE, few), flowed(a, ring, times), areas, law, lang),
        "facts": facts,
        "note": note,
    }


def series(inputs: Series, lang: Lang) -> Mapping[str, Any]:
    from core.maths.det_exp import drawn, errors_of

    found = errors_of(drawn(inputs.n, inputs.norm, inputs.seed), MOST_TERMS)
    k = inputs.terms - 1
    facts = [
        outputs.Metric(t("级数的误差", "Error of the series")(lang), float(found.series[k]), t(f"{inputs.terms} 项", f"{inputs.terms} terms")(lang)),
        outputs.Metric(t("特征值法的误差", "Error by eigenvalues")(lang), found.eigenvalues, t(f"特征向量条件数 {found.condition:.3g}", f"condition of the eigenvectors {found.condition:.3g}")(lang)),
        outputs.Metric(t("缩放平方 + Padé 的误差", "Error by scaling, squaring, Padé")(lang), found.pade, "scipy"),
        outputs.Metric("|log det Σ − tr A|", float(found.gaps[k])), outputs.Metric("‖exp A‖", found.norm),
    ]  # fmt: skip
    title = t(f"n = {inputs.n}，‖A‖ = {inputs.norm:.3g}", f"n = {inputs.n}, ‖A‖ = {inputs.norm:.3g}")(lang)
    note = t(
        "级数在 $m>\\|A\\|$ 之后才开始收敛；$\\|A\\|$ 大时中间项比结果大得多，相消掉的位数再也回不来。基准是 60 位十进制的计算。",
        "The series begins to converge once $m>\\|A\\|$. For large $\\|A\\|$ its middle terms dwarf the result, and the digits that cancel are gone for good. The reference is computed with 60 digits.",
    )(lang)
    terms = list(range(1, MOST_TERMS + 1))
    return {
        "errors": pictures.series(
            title, terms, found.series.tolist(), found.bounds.tolist(), found.gaps.tolist(), inputs.terms, lang
        ),
        "facts": facts,
        "note": note,
    }


def own(inputs: Own, lang: Lang) -> Mapping[str, Any]:
    from core.maths.det_exp import determinants, facts_of, matrix, reference_exponential, volumes
    from core.maths.det_exp import flow as flowed

    a = matrix([[float(row[f"c{j + 1}"]) for j in range(3)] for row in inputs.rows])
    found, routes = facts_of(a), determinants(a, MOST_TERMS)
    times = np.linspace(0, inputs.time, FINE)
    areas, law = volumes(a, times)
    boxes = flowed(a, pictures.CUBE, np.array([0.0, inputs.time / 2, inputs.time]))
    names = {"pade": t("缩放平方 + Padé", "scaling, squaring, Padé"), "series": t("级数，60 项", "series, 60 terms"), "eigenvalues": t("特征值", "eigenvalues")}  # fmt: skip
    told = {t("算法", "route")(lang): [names[r](lang) for r in routes], "det exp A": [d for d, _ in routes.values()], "log|det| − tr A": [g for _, g in routes.values()]}  # fmt: skip
    facts = [
        outputs.Metric("det exp A", found.det_exponential), outputs.Metric("exp tr A", found.exp_trace), outputs.Metric("tr A", found.trace),
        outputs.Metric(t("特征值", "Eigenvalues")(lang), ", ".join(_complex(v) for v in found.eigenvalues), t("特征向量条件数", "condition of eigenvectors")(lang) + f" {found.condition:.3g}"),
    ]  # fmt: skip
    title = t(
        f"立方体在 exp(tA) 下流动，t 到 {inputs.time:g}", f"The cube flows under exp(tA), t up to {inputs.time:g}"
    )(lang)
    return {
        "box": pictures.box(title, boxes, times, areas, law, inputs.time, lang),
        "facts": facts,
        "matrices": pictures.matrices(a, reference_exponential(a)),
        "routes": outputs.Table(told),
    }


def logarithm(inputs: Logarithm, lang: Lang) -> Mapping[str, Any]:
    from core.maths.det_exp import log_det, log_series, near_identity, trace_log, turning

    b = near_identity(inputs.n, inputs.radius, inputs.seed)
    partial, whole, by_trace = log_series(b, MOST_TERMS), log_det(b), trace_log(b)
    angles = np.linspace(0, 4 * np.pi, 400)
    figure = pictures.logarithm(
        t("det 取对数 = 对数的迹，只差 2πi 的整数倍", "log det = tr log, up to whole turns of 2πi")(lang),
        np.maximum(np.abs(partial - whole.real), 1e-17),
        angles,
        turning(angles, inputs.share),
        lang,
    )
    facts = [
        outputs.Metric("log det B", _complex(whole)), outputs.Metric("tr log B", _complex(by_trace), t("主值对数（scipy）", "principal logarithm (scipy)")(lang)),
        outputs.Metric(t(f"级数 {MOST_TERMS} 项", f"Series, {MOST_TERMS} terms")(lang), float(partial[-1]), t("ρ < 1 收敛", "converges for ρ < 1")(lang) if inputs.radius < 1 else t("ρ ≥ 1：发散", "ρ ≥ 1: diverges")(lang)),
    ]  # fmt: skip
    note = t(
        "左：$\\log B=\\sum_k(-1)^{k+1}(B-I)^k/k$ 只在 $B-I$ 的谱半径小于 1 时收敛，误差按 $\\rho^m$ 下降；对数本身在那之外仍存在。右：$A=i\\,\\mathrm{diag}(\\alpha,c\\alpha)$ 越转越多，主值对数却总被折回 $(-\\pi,\\pi]$，于是 $\\operatorname{tr}\\log e^A$ 与 $\\operatorname{tr}A$ 差若干个 $2\\pi i$；取指数后又相等。",
        "Left: $\\log B=\\sum_k(-1)^{k+1}(B-I)^k/k$ converges only where $B-I$ has spectral radius below 1, with an error of $\\rho^m$; the logarithm itself goes on beyond. Right: $A=i\\,\\mathrm{diag}(\\alpha,c\\alpha)$ turns on and on while the principal logarithm folds back into $(-\\pi,\\pi]$, so $\\operatorname{tr}\\log e^A$ misses $\\operatorname{tr}A$ by some $2\\pi i$; exponentials agree again.",
    )(lang)
    return {"logarithm": figure, "facts": facts, "note": note}


def rounding(inputs: Rounding, lang: Lang) -> Mapping[str, Any]:
    from core.maths.det_exp import conditioning

    found = conditioning(inputs.n, inputs.count, inputs.seed)
    title = t(
        f"{inputs.count} 个 {inputs.n}×{inputs.n} 正态矩阵的中位数",
        f"medians of {inputs.count} normal matrices {inputs.n}×{inputs.n}",
    )(lang)
    note = t(
        "恒等式在数学上总成立，在浮点数里却会丢：$e^{sA}$ 的条件数一旦超过 $1/\\varepsilon$，行列式只剩舍入误差。所以要比较 $\\log\\det$ 而不是 $\\det$，并留意条件数。",
        "The identity always holds in mathematics, and is lost in floating point once the condition of $e^{sA}$ passes $1/\\varepsilon$: the determinant is then rounding alone. Compare $\\log\\det$, not $\\det$, and watch the condition.",
    )(lang)
    table_ = {
        "s": found.scales,
        "float64": found.double,
        "float32": found.single,
        t("条件数", "condition")(lang): found.condition,
        t("行列式算成负数的比例（应为 0）", "share of negative determinants (should be 0)")(lang): found.negative,
    }
    return {"loss": pictures.loss(title, found, lang), "note": note, "table": outputs.Table(table_)}


def commute(inputs: Commute, lang: Lang) -> Mapping[str, Any]:
    from core.maths.det_exp import commutator_gap, facts_of, pair

    a, b = pair(inputs.n, inputs.share, inputs.seed)
    gaps = [commutator_gap(a, b, s) for s in SCALES]
    floor = 1e-17
    title = t(
        "不可交换时 e^{A+B} ≠ e^A e^B，行列式却照样相乘",
        "e^{A+B} is not e^A e^B unless they commute, yet determinants multiply",
    )(lang)
    whole, half = gaps[-1]
    facts = [
        outputs.Metric("‖e^{A+B} − e^A e^B‖", whole, "s = 1"), outputs.Metric("½‖[A, B]‖", half),
        outputs.Metric("det e^{A+B}", facts_of(a + b).det_exponential), outputs.Metric("det e^A · det e^B", facts_of(a).det_exponential * facts_of(b).det_exponential),
    ]  # fmt: skip
    figure = pictures.commutator(
        title, SCALES, [max(g, floor) for g, _ in gaps], [max(h, floor) for _, h in gaps], lang
    )
    note = t(
        "差的主项是 $\\tfrac12s^2[A,B]$，迹为零，所以行列式看不见它：$\\det e^{A+B}=e^{\\operatorname{tr}A+\\operatorname{tr}B}=\\det e^A\\det e^B$。",
        "The gap begins with $\\tfrac12s^2[A,B]$, whose trace is zero, so determinants do not see it: $\\det e^{A+B}=e^{\\operatorname{tr}A+\\operatorname{tr}B}=\\det e^A\\det e^B$.",
    )(lang)
    return {"gap": figure, "facts": facts, "note": note}


def _chosen(inputs: Flow) -> np.ndarray:
    from core.maths.det_exp import named

    if inputs.which == "own":
        return np.array([inputs.first, inputs.second]).T
    return named()[inputs.which]


def _complex(value: complex) -> str:
    real, imaginary = float(np.real(value)), float(np.imag(value))
    return f"{real:.3g}" if abs(imaginary) < 1e-12 else f"{real:.3g}{imaginary:+.3g}i"


def checks() -> Iterable[Check]:
    from core.maths.det_exp import checks as facts

    return facts()


def _code_flow(i: Flow) -> str:
    a = _chosen(i).tolist()
    return f"""import numpy as np
from core.maths.det_exp import flow

a = np.array({a})
moved = flow(a, np.eye(2), np.array([{i.time}]))[0]
print(np.linalg.det(moved), np.exp({i.time} * np.trace(a)))
"""


def _code_series(i: Series) -> str:
    return f"""from core.maths.det_exp import by_series, drawn, exact_exponential, log_det_gap, tail

a = drawn({i.n}, {i.norm}, seed={i.seed})
total = by_series(a, {i.terms})
print(abs(total - exact_exponential(a)).max(), tail(a, {i.terms}), log_det_gap(a, total))
"""


def _code_own(i: Own) -> str:
    rows = [[float(row[f"c{j + 1}"]) for j in range(3)] for row in i.rows]
    return f"""import numpy as np
from core.maths.det_exp import log_det_gap, matrix, reference_exponential

a = matrix({rows})
e = reference_exponential(a)
print(np.linalg.det(e), np.exp(np.trace(a)), log_det_gap(a, e))
"""


def _code_logarithm(i: Logarithm) -> str:
    return f"""from core.maths.det_exp import log_det, log_series, near_identity, trace_log

b = near_identity({i.n}, {i.radius}, seed={i.seed})
print(log_det(b), trace_log(b), log_series(b, {MOST_TERMS})[-1])
"""


def _code_rounding(i: Rounding) -> str:
    return f"""from core.maths.det_exp import conditioning

found = conditioning({i.n}, {i.count}, seed={i.seed})
print(found.double, found.condition)
"""


def _code_commute(i: Commute) -> str:
    return f"""from core.maths.det_exp import commutator_gap, pair

a, b = pair({i.n}, {i.share}, seed={i.seed})
print(commutator_gap(a, b, 1.0))
"""


STORY = t(
    r"""
**问题。** 为什么指数的行列式只和迹有关？

$$\det(e^A)=e^{\operatorname{tr}A}.$$

可对角化时一眼看出：$e^A$ 的特征值是 $e^{\lambda_i}$，乘起来是 $e^{\sum\lambda_i}$。更好的证明不需要对角化：令 $f(t)=\det e^{tA}$，则 $f(t+\varepsilon)=f(t)\det e^{\varepsilon A}=f(t)\big(1+\varepsilon\operatorname{tr}A+O(\varepsilon^2)\big)$，所以

$$f'(t)=\operatorname{tr}(A)\,f(t),\qquad f(0)=1.$$

几何上：$\dot x=Ax$ 的流把一块体积按 $e^{t\operatorname{tr}A}$ 放大，因为散度处处是 $\operatorname{tr}A$。反过来写就是 $\log\det B=\operatorname{tr}\log B$，归一化流、行列式求导都靠它。
""",
    r"""
**The question.** Why does the determinant of an exponential know of the trace alone?

$$\det(e^A)=e^{\operatorname{tr}A}.$$

For a diagonalisable matrix one sees it at once: the eigenvalues of $e^A$ are $e^{\lambda_i}$, and multiply to $e^{\sum\lambda_i}$. A better proof needs no diagonalisation. Let $f(t)=\det e^{tA}$; then $f(t+\varepsilon)=f(t)\det e^{\varepsilon A}=f(t)\big(1+\varepsilon\operatorname{tr}A+O(\varepsilon^2)\big)$, and

$$f'(t)=\operatorname{tr}(A)\,f(t),\qquad f(0)=1.$$

In geometry: the flow of $\dot x=Ax$ magnifies a volume by $e^{t\operatorname{tr}A}$, as its divergence is $\operatorname{tr}A$ everywhere. Read backwards it is $\log\det B=\operatorname{tr}\log B$, on which normalising flows and derivatives of determinants rest.
""",
)
CHANGES = t(
    r"""
- 加上了浮点数里的真相：$\|A\|$ 到 10 以上时 $\det e^A$ 的数值可以一位都不对，取决于 $e^A$ 的条件数。
- 亏损矩阵（若尔当块、剪切）单独列出：证明不需要对角化，页面上能看到特征值法在那里失效。
- 恒等式另用有理数精确验证到 $t^5$。
""",
    r"""
- What floating point makes of it is added: from $\|A\|$ around 10 on, no digit of $\det e^A$ need be right; the condition of $e^A$ decides.
- Defective matrices (Jordan block, shear) are named: the proof needs no eigenvectors, and the page shows where the route by eigenvalues fails.
- The identity is verified in exact rational arithmetic, too, up to $t^5$.
""",
)
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
PAGE = Page(
    title=t("det(exp A) = exp(tr A)", "det(exp A) = exp(tr A)"),
    summary=t("一块面积在线性流里怎样变大？只看迹。看它成立，也看浮点数怎样把它弄丢。", "How does an area grow in a linear flow? Ask the trace. See the identity hold, and see floating point lose it."),
    post=Post(
        id=6377, title=t("恒等式 det(exp(A)) = exp(Tr(A)) 赏析", "The identity det(exp(A)) = exp(Tr(A)), appreciated"), date=datetime.date(2019, 2, 18), story=STORY, changes=CHANGES,
        papers=(("Moler, Van Loan 2003, Nineteen Dubious Ways to Compute the Exponential of a Matrix", "https://doi.org/10.1137/S00361445024180"),),
    ),
    tabs=(
        Tab("flow", t("流动", "Flow"), t("正方形被拉扯变形，面积为什么只由迹决定？", "The square is torn out of shape: why does the trace alone decide its area?"),
            Flow, (outputs.figure("flow", height=480), FACTS, NOTE), flow, _code_flow, lambda i: float(2 * FINE + FRAMES), BUDGET),
        Tab("series", t("级数", "Series"), t("级数要加多少项？", "How many terms does the series need?"),
            Series, (outputs.figure("errors", height=430), FACTS, NOTE), series, _code_series, lambda i: 3.0 * MOST_TERMS, BUDGET),
        Tab("own", t("自己的矩阵", "Your matrix"), t("三种算法都守恒等式吗？", "Do all three routes keep the identity?"),
            Own, (outputs.figure("box", height=480), FACTS, outputs.figure("matrices", height=380), outputs.table("routes", t("三种算法", "Three routes"))), own, _code_own, lambda i: float(FINE + 8), BUDGET),
        Tab("logarithm", t("对数", "Logarithm"), t("倒过来读，log det 等于 tr log 吗？", "Read backwards, is log det the trace of log?"),
            Logarithm, (outputs.figure("logarithm", height=460), FACTS, NOTE), logarithm, _code_logarithm, lambda i: float(400 + MOST_TERMS), BUDGET),
        Tab("rounding", t("浮点", "Rounding"), t("恒等式在浮点数里什么时候丢掉？", "When does floating point lose the identity?"),
            Rounding, (outputs.figure("loss", height=460), NOTE, outputs.table("table", t("数值", "Numbers"))), rounding, _code_rounding, lambda i: 28.0 * i.count, BUDGET),
        Tab("commute", t("相加", "Sums"), t("e 的 A+B 次方不等于乘积，行列式为什么还能相乘？", "The exponential of a sum is no product: why do the determinants still multiply?"),
            Commute, (outputs.figure("gap", height=430), FACTS, NOTE), commute, _code_commute, lambda i: 3.0 * len(SCALES), BUDGET),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
)  # fmt: skip
