"""det(exp A) = exp(tr A) (post 6377)."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import Column, PointValue, TableValue, choice, point, seed, slider, table
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.maths import _det_exp_figures as pictures
from pages.maths._det_exp_figures import LARGEST_SCALE, LONGEST, MOST_TERMS
from pages.maths._det_exp_texts import CHANGES, COMMUTE_NOTE, FLOW_NOTE, LOGARITHM_NOTE, SERIES_NOTE, STORY

if TYPE_CHECKING:
    from core.maths import det_exp as model
    from core.maths import log_det

START = ((0.5, -1.0, 0.0), (1.0, 0.2, 0.3), (0.0, -0.4, -0.6))
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
        figure = pictures.flow(found, self.which, self.time, say)
        values = pictures.flow_facts(found, self.time, say)
        note = say(FLOW_NOTE)
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
        figure = pictures.errors(found, self.terms, say)
        facts = pictures.series_facts(found, self.terms, say)
        note = say(SERIES_NOTE)
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
        figure = pictures.box(found, say)
        heats = pictures.matrices(found, say)
        told = pictures.routes_table(found, say)
        values = pictures.own_facts(found, say)
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
        figure = pictures.logarithm(found, self.at, self.radius, say)
        below = pictures.turning(found, say)
        facts = pictures.logarithm_facts(found, self.radius, self.at, say)
        note = say(LOGARITHM_NOTE)
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
        figure = pictures.loss(found, say)
        note = pictures.loss_note(self.count, self.n, say)
        told = pictures.loss_table(found, say)
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
        figure = pictures.gap(found, self.n, say)
        facts = pictures.sum_facts(found, say)
        note = say(COMMUTE_NOTE)
        return {"gap": figure, "facts": facts, "note": note}


POST = Post(
    id=6377,
    title=t("恒等式 det(exp(A)) = exp(Tr(A)) 赏析", "The identity det(exp(A)) = exp(Tr(A)), appreciated"),
    date=datetime.date(2019, 2, 18),
    story=STORY,
    changes=CHANGES,
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
