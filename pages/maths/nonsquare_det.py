"""Determinants of matrices that are not square (post 6096)."""

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
    from core.maths import nonsquare_det as model

PLANE = (-2.8, 2.8)
SURFACES = {"torus": t("环面", "Torus"), "sphere": t("球面", "Sphere"), "helicoid": t("螺旋面", "Helicoid")}
COLUMNS = ("b1", "b2", "b3", "b4")
START = ((1, 0, 2, 1), (0, 3, 1, 1), (2, -1, 0, 1), (1, 1, 1, 1), (-2, 0, 1, 1))
MOST_ROWS = 8
EYE = {"x": 1.1, "y": 0.9, "z": 0.7}
COUNTS = (4, 8, 16, 32, 64, 128)  # cells a side
DRAWN = 60  # points a side of the picture
GAPS = tuple(10 ** (k / 2) for k in range(-28, 1))
PARALLEL = 1e-8  # where the title counts digits
BUDGET = 3e5  # area elements, or minors and matrices
SPACE, VECTORS = t("空间维数 n", "Dimensions n"), t("向量个数 k（至多 n）", "Vectors k (at most n)")
ROUTES = {"gram": "√det(BᵀB)", "singular": "∏ σᵢ", "heights": "∏ |Rᵢᵢ|", "minors": "√Σ det²"}
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")


class Shadows(Tab):
    label = t("投影", "Shadows")
    question = t(
        "空间里两个向量张成的面积，和它的三个投影是什么关系？",
        "How is the area that two vectors span in space related to its three shadows?",
    )
    outputs = (outputs.figure("space", height=480), FACTS, outputs.figure("plane", height=400), NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("b 平行于 a：面积和三个投影一起变零", "b parallel to a: the area and its three shadows vanish together"),
            {"b": (1.0, 0.0), "b_z": -0.5},
            lambda y: y.area < 1e-6 and y.squares.max() < 1e-12,
        ),
        Try(
            t("躺平（两个 z 都为 0）：只剩 xy 上的投影", "Flat (both z are 0): the shadow on xy alone is left"),
            {"a_z": 0.0, "b_z": 0.0},
            lambda y: y.squares[:2].max() == 0 and abs(y.squares[2] - y.squared) < 1e-9,
        ),
    )

    a: PointValue = point((2, 0), (-2.5, 2.5), (-2.5, 2.5), label=t("a 的 x, y", "x and y of a"), in_picture=True)
    a_z: float = slider(-1.0, -2.5, 2.5, step=0.1, label=t("a 的 z", "z of a"))
    b: PointValue = point((0, 2), (-2.5, 2.5), (-2.5, 2.5), label=t("b 的 x, y", "x and y of b"), in_picture=True)
    b_z: float = slider(-1.0, -2.5, 2.5, step=0.1, label=t("b 的 z", "z of b"))

    def cost(self) -> float:
        return 4.0

    def compute(self) -> model.Parallelogram:
        from core.maths.nonsquare_det import parallelogram

        return parallelogram((self.a[0], self.a[1], self.a_z), (self.b[0], self.b[1], self.b_z))

    def show(self, found: model.Parallelogram, say: Say) -> dict[str, Any]:
        import plotly.graph_objects as go

        terms = " + ".join(f"{square:.4g}" for square in found.squares)
        total, reach, names = f"{found.by_shadows**2:.4g}", 3.0 if found.reach <= 2.9 else 5.5, ("yz", "zx", "xy")
        figure = figures.space(
            say(f"面积² = {total} = {terms}", f"Area² = {total} = {terms}"), "x", "y", "z", height=480
        )
        sheets = [(found.shadow(k, -0.98 * reach), f"{names[k]}: {found.squares[k]:.4g}", k + 1) for k in range(3)]
        words = {"mode": "text", "textposition": "middle center", "hoverinfo": "skip", "showlegend": False}
        for corners, text, colour in (*sheets, (found.corners, f"{say('面积²', 'area²')} {total}", 0)):
            sides = dict(zip("xyz", corners.T, strict=True))
            shade, opacity = figures.COLOURS[colour], 0.5 if colour else 0.85
            sheet = {"i": [0, 0], "j": [1, 2], "k": [2, 3], "hoverinfo": "skip", "flatshading": True}
            figure.add_trace(go.Mesh3d(**sides, **sheet, color=shade, opacity=opacity))
            # A little towards the eye: in the sheet itself half of the letters would lie behind it.
            middle = {axis: [(v[0] + v[2]) / 2 + 0.15 * reach * EYE[axis]] for axis, v in sides.items()}
            figure.add_trace(go.Scatter3d(**middle, **words, text=[text]))
        for name, vector in (("a", found.a), ("b", found.b)):
            ends = {axis: [0, value] for axis, value in zip("xyz", vector, strict=True)}
            line = {"width": 7, "color": figures.COLOURS[0]}
            figure.add_trace(go.Scatter3d(**ends, mode="lines+text", text=["", name], line=line, showlegend=False))
        span = {"range": (-reach, reach)}
        figure.update_scenes(xaxis=span, yaxis=span, zaxis=span, camera_eye=EYE)
        below, (plane, bars) = figures.panels(
            say("拖动 a、b 在 xy 面上的投影", "Drag the shadows of a and b on the xy plane"),
            [
                Axes(say("从上往下看", "Seen from above"), "x", "y", PLANE, PLANE, square=True),
                Axes(say("平方相加", "Squares add up"), "", say("面积²", "area²"), from_zero=True),
            ],
            height=400,
        )
        plane.polygon(found.corners[:, 0], found.corners[:, 1], colour=3, opacity=0.3)
        for name, vector in (("a", found.a), ("b", found.b)):
            plane.arrow((0, 0), (vector[0], vector[1]), colour=0)
            plane.handle(name, vector[0], vector[1], name=name, colour=0)
        heights = [*found.squares, found.squares.sum(), found.squared]
        bars.bars(
            [*names, say("三者之和", "their sum"), say("平行四边形", "parallelogram")], heights, colour=[1, 2, 3, 7, 0]
        )
        facts = [
            Metric("√det(BᵀB)", found.area, say("平行四边形的面积", "area of the parallelogram")),
            Metric(
                say("底 × 高", "base × height"), found.base * found.height, f"{found.base:.3g} × {found.height:.3g}"
            ),
            Metric(say("投影的平方和开方", "root of the shadows' squares"), found.by_shadows, f"√({terms})"),
            Metric("‖a‖²‖b‖² − ⟨a,b⟩²", found.squared, say("面积的平方", "the square of the area")),
        ]
        note = say(
            "空间中的勾股定理：一块面积在三个坐标面上的投影，平方和等于它自己的平方。代数上就是 Cauchy–Binet。",
            "Pythagoras for areas: the squares of a figure's shadows on the three coordinate planes add up to its own square. In algebra this is Cauchy–Binet.",
        )
        return {"space": figure, "facts": facts, "plane": below, "note": note}


class Own(Tab):
    label = t("自己的矩阵", "Your matrix")
    question = t("四种算法给出同一个数吗？", "Do the four routes give one number?")
    outputs = (outputs.figure("terms"), FACTS, outputs.table("heights", t("各列的高", "Heights of the columns")), NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("k = 1：一个向量的“体积”就是长度", 'k = 1: the "volume" of one vector is its length'),
            {"vectors": 1},
            lambda y: abs(y.routes.gram - y.lengths[0]) < 1e-12,
        ),
        Try(
            t("四个向量挤在三维里：体积为 0，没有子式", "Four vectors in three dimensions: volume 0, and no minor"),
            {"vectors": 4, "rows": [dict(zip(COLUMNS, row, strict=True)) for row in START[:3]]},
            lambda y: y.routes.gram == 0 and not y.minors,
        ),
        Try(
            t(
                "三维里三个：det B 为负，体积去掉了负号",
                "Three in three dimensions: det B is negative, the volume has no sign",
            ),
            {"rows": [dict(zip(COLUMNS, row, strict=True)) for row in START[:3]]},
            lambda y: y.determinant is not None and y.determinant < 0 and abs(y.routes.gram + y.determinant) < 1e-9,
        ),
    )

    vectors: int = slider(3, 1, 4, label=t("几个列向量 k", "Columns k"))
    rows: TableValue = table(
        [{name: float(v) for name, v in zip(COLUMNS, row, strict=True)} for row in START],
        tuple(Column(name, t(name, name), True, -1e3, 1e3, default=0.0) for name in COLUMNS),
        label=t("矩阵（取前 k 列）", "Matrix (its first k columns count)"),
        max_rows=MOST_ROWS,
    )

    def cost(self) -> float:
        return 70.0

    def compute(self) -> model.Measured:
        from core.maths.nonsquare_det import matrix, measured

        return measured(matrix(self.rows)[:, : self.vectors])

    def show(self, found: model.Measured, say: Say) -> dict[str, Any]:
        (n, k), volume = found.shape, found.routes.minors
        many, total = len(found.minors), f"{volume**2:.5g}"
        figure, panel = figures.panel(
            say(
                f"{n}×{k}：{many} 个子式的平方和 {total}，体积 {volume:.5g}",
                f"{n}×{k}: {many} squared minors add up to {total}, the volume is {volume:.5g}",
            ),
            x=say("取哪几行", "rows kept"),
            y=say("子式的平方", "minor squared"),
            from_zero=True,
        )
        panel.bars(
            ["·".join(map(str, minor.rows)) for minor in found.minors] or ["–"], found.squares or [0.0], opacity=0.8
        )
        notes = (
            "",
            say("奇异值", "singular values"),
            say("Gram–Schmidt 的高", "Gram–Schmidt's heights"),
            "Cauchy–Binet",
        )
        facts = [Metric(ROUTES[r], getattr(found.routes, r), note) for r, note in zip(ROUTES, notes, strict=True)]
        if found.determinant is not None:
            facts.append(Metric("det B", found.determinant, say("方阵还有正负号", "a square one has a sign, too")))
        told = {
            say("列", "column"): COLUMNS[:k],
            say("长度", "length"): found.lengths,
            say("高（离前面各列所张空间的距离）", "height above the span of those before"): found.heights,
        }
        note = say("向量多于维数（$k>n$）时体积为 0。", "More vectors than dimensions ($k>n$) have volume 0.")
        return {"terms": figure, "facts": facts, "heights": outputs.Table(told), "note": note}


class Parting(Tab):
    label = t("四法分手", "Routes part")
    question = t(
        "同一个数的四种算法，在浮点数里什么时候分手？", "Four routes to one number: when does floating point part them?"
    )
    outputs = (outputs.figure("errors"), NOTE, outputs.table("table", t("数值", "Values")))
    budget = BUDGET
    tries = (
        Try(
            t(
                "n = k = 7：方阵也一样，Gram 法一位不剩",
                "n = k = 7: square ones, too: the Gram matrix has no digit left",
            ),
            {"n": 7, "k": 7},
            lambda y: y.digits("gram", PARALLEL) < 0.5 and y.digits("heights", PARALLEL) > 7,
        ),
        Try(
            t("n = k = 2：Gram 法多留一位，仍少了八位", "n = k = 2: the Gram matrix keeps one digit, eight fewer"),
            {"n": 2, "k": 2},
            lambda y: 1 < y.digits("gram", PARALLEL) < y.digits("minors", PARALLEL) - 7.5,
        ),
    )

    n: int = slider(5, 2, 7, label=SPACE)
    k: int = slider(2, 2, 7, label=VECTORS)
    seed: int = seed(1)

    def cost(self) -> float:
        return float(len(GAPS) * 50)

    def compute(self) -> model.Parting:
        from core.maths.nonsquare_det import parting

        return parting(self.n, self.k, GAPS, self.seed)

    def show(self, found: model.Parting, say: Say) -> dict[str, Any]:
        gram, others = found.digits("gram", PARALLEL), found.digits("heights", PARALLEL)
        figure, panel = figures.panel(
            say(
                f"ε = 1e-8：Gram 矩阵还对 {gram:.0f} 位，QR 还对 {others:.0f} 位",
                f"ε = 1e-8: the Gram matrix has {gram:.0f} digits right, QR {others:.0f}",
            ),
            x=say("ε（越小越平行）", "ε (the smaller, the more parallel)"),
            y=say("相对误差", "relative error"),
            x_log=True,
            y_log=True,
            x_range=(GAPS[0], 1),
            y_range=(1e-17, 1e3),
        )
        for k, (name, errors) in enumerate(found.resolved().items()):
            panel.line(found.gaps, errors, ROUTES[name], colour=k, width=3 if k == 0 else 2, end=False)
        panel.level(1.0, say("一位不剩", "no digit left"), colour=7)
        panel.level(PARALLEL, "ε = 1e-8", axis="x", colour=7)
        note = say(
            "最后一列 = 第一列 + ε × 另一个向量，基准是对同样的浮点数做有理数运算。$B^\\top B$ 的条件数是 $B$ 的平方：$\\varepsilon\\approx10^{-8}$ 时 Gram 行列式已经一位不剩（算成零或负数时误差记为 1），QR 与奇异值还剩一半的位数。公式相等，算法不等价。",
            "The last column is the first plus ε times another vector; the reference is rational arithmetic on the same floating-point numbers. $B^\\top B$ squares the condition: at $\\varepsilon\\approx10^{-8}$ the Gram determinant has no digit left (where it comes out zero or negative the error is 1), while QR and singular values keep half of theirs. Equal formulas are not equal algorithms.",
        )
        told = {"ε": found.gaps} | {ROUTES[name]: errors for name, errors in found.errors().items()}
        return {"errors": figure, "note": note, "table": outputs.Table(told)}


class Products(Tab):
    label = t("相乘", "Products")
    question = t("行列式的乘法公式还成立吗？", "Do these determinants still multiply?")
    outputs = (outputs.figure("cloud"), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("k = n：回到方阵，所有点落到直线上", "k = n: square again, and all points fall on the line"),
            {"k": 4},
            lambda y: abs(y.ratio - 1).max() < 1e-8,
        ),
        Try(
            t("n = 8、k = 1：中位数只剩不到十分之一", "n = 8, k = 1: the median ratio falls below a tenth"),
            {"n": 8, "k": 1},
            lambda y: y.median < 0.1,
        ),
    )

    n: int = slider(4, 2, 8, label=SPACE)
    k: int = slider(2, 1, 8, label=VECTORS)
    count: int = slider(300, 50, 1000, label=t("多少对矩阵", "Pairs of matrices"))
    seed: int = seed(1)

    def cost(self) -> float:
        return float(self.count)

    def compute(self) -> model.Products:
        from core.maths.nonsquare_det import products

        return products(self.n, self.k, self.count, self.seed)

    def show(self, found: model.Products, say: Say) -> dict[str, Any]:
        low, high = found.ratio.min(), found.ratio.max()
        figure, panel = figures.panel(
            say(
                f"|det(AB)| 是 |det A|·|det B| 的 {low:.3g} 到 {high:.3g} 倍",
                f"|det(AB)| is {low:.3g} to {high:.3g} times |det A|·|det B|",
            ),
            x="|det A|·|det B|",
            y="|det(AB)|",
            x_log=True,
            y_log=True,
        )
        panel.points(found.right, found.left, colour=0, size=6)
        ends = (min(found.right.min(), found.left.min()), max(found.right.max(), found.left.max()))
        panel.line(ends, ends, say("相等", "equal"), colour=1, dash="dash")
        facts = [
            Metric(say("比值的中位数", "Median ratio"), found.median),
            Metric(
                say("比值的最小、最大", "Smallest, largest"),
                f"{low:.3g}, {high:.3g}",
                say("k = n 时恒为 1", "1 throughout when k = n"),
            ),
        ]
        note = say(
            "方阵乘在右边时 $|\\det(BC)|=|\\det B||\\det C|$ 总成立；乘在左边时，$A$ 怎样拉伸取决于 $B$ 张成的那个 $k$ 维平面，一般不等。",
            "With a square factor on the right, $|\\det(BC)|=|\\det B||\\det C|$ always. On the left, how $A$ stretches depends on the $k$-plane that $B$ spans, and the two differ.",
        )
        return {"cloud": figure, "facts": facts, "note": note}


class Areas(Tab):
    label = t("曲面面积", "Areas")
    question = t("曲面的面积为什么是 √det(JᵀJ) 的积分？", "Why is the area of a surface the integral of √det(JᵀJ)?")
    outputs = (outputs.figure("surface", height=520), FACTS, outputs.figure("convergence", height=340), NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("球面、每边 4 格：已经只差 3%", "Sphere, 4 cells a side: already within 3 %"),
            {"steps": 4},
            lambda y: 0.02 < abs(y.error) < 0.03,
        ),
        Try(
            t("环面、每边 4 格：误差只剩舍入", "Torus, 4 cells a side: rounding is all that is left"),
            {"surface": "torus", "steps": 4},
            lambda y: abs(y.error) < 1e-14 and math.isnan(y.order),
        ),
    )

    surface: str = choice("sphere", SURFACES, label=t("曲面", "Surface"))
    large: float = slider(2.0, 0.5, 4.0, step=0.1, label=t("大半径（或螺距）", "Large radius (or pitch)"))
    small: float = slider(
        0.7,
        0.1,
        4.0,
        step=0.1,
        label=t("小半径（或宽度）", "Small radius (or width)"),
        shown_when={"surface": ("torus", "helicoid")},
    )
    steps: int = slider(40, 4, 300, log=True, label=t("每边格数", "Cells a side"))

    def cost(self) -> float:
        return float(self.steps**2 + sum(n * n for n in COUNTS))

    def compute(self) -> model.Area:
        from core.maths.nonsquare_det import measured_surface, surface

        return measured_surface(surface(self.surface, self.large, self.small), self.steps, COUNTS, DRAWN)

    def show(self, found: model.Area, say: Say) -> dict[str, Any]:
        import plotly.graph_objects as go

        name, cells, exact = say(SURFACES[self.surface]), f"{found.steps}×{found.steps}", math.isnan(found.order)
        figure = figures.space(
            say(
                f"{name}：{cells} 格求得 {found.found:.6g}，闭式 {found.exact:.6g}",
                f"{name}: {cells} cells give {found.found:.6g}, the closed form is {found.exact:.6g}",
            ),
            "x",
            "y",
            "z",
            height=520,
            scale="√det(JᵀJ)",
        )
        sides = {axis: found.points[..., k] for k, axis in enumerate("xyz")}
        figure.add_trace(go.Surface(**sides, surfacecolor=found.density, coloraxis="coloraxis"))
        figure.update_scenes(aspectmode="data")
        verdict = say("误差只剩舍入，与格数无关", "Rounding is all that is left, whatever the cells")
        if not exact:
            verdict = say(f"误差按 n 的 −{found.order:.2f} 次方下降", f"The error falls as n to the −{found.order:.2f}")
        convergence, panel = figures.panel(
            verdict,
            x=say("每边格数 n", "cells a side n"),
            y=say("相对误差", "relative error"),
            height=340,
            x_log=True,
            y_log=True,
            y_range=(1e-6, 1),
            x_range=(COUNTS[0], COUNTS[-1]),
            x_ticks={float(n): str(n) for n in COUNTS},
        )
        if exact:
            panel.note(22, 1e-3, say("每个 n 都精确", "exact for every n"), anchor="center")
        else:
            panel.line(found.counts, found.resolved, say("中点法", "midpoint rule"), colour=0, width=3)
            panel.points(found.counts, found.resolved, colour=0, size=8, opacity=1)
        facts = [
            Metric(say("求积所得", "By quadrature"), found.found, f"n = {found.steps}"),
            Metric(say("闭式", "Closed form"), found.exact),
            Metric(say("相对误差", "Relative error"), found.error, say("舍入", "rounding") if exact else ""),
        ]
        note = say(
            "把参数平面切成小格，每格映到曲面上近似是 $x_u\\,du$、$x_v\\,dv$ 张成的平行四边形，面积是 $\\sqrt{\\det(J^\\top J)}\\,du\\,dv$，加起来就是积分。环面的面积元是三角多项式，中点法对它严格成立；球面与螺旋面的误差按 $1/n^2$ 下降。",
            "Cut the plane of parameters into cells: on the surface each is nearly a parallelogram spanned by $x_u\\,du$ and $x_v\\,dv$, of area $\\sqrt{\\det(J^\\top J)}\\,du\\,dv$, and the sum of these is the integral. A torus's area element is a trigonometric polynomial, which the midpoint rule integrates exactly; on sphere and helicoid the error falls as $1/n^2$.",
        )
        return {"surface": figure, "facts": facts, "convergence": convergence, "note": note}


POST = Post(
    id=6096,
    title=t("再谈非方阵的行列式", "On determinants of matrices that are not square, again"),
    date=datetime.date(2018, 10, 16),
    story=t(
        r"""
**问题。** 方阵的行列式是各列张成的平行多面体的有向体积。三维空间里的两个向量也张成一个平行四边形，也有面积：非方阵有没有“行列式”？

取 $B=(b_1,\dots,b_k)$ 为 $n\times k$ 矩阵，$n\ge k$。在这 $k$ 个向量所在的子空间里取一组标准正交基 $U$，$B=UC$，$C$ 是 $k\times k$ 方阵，$U^\top U=I$，于是

$$|\det B|:=|\det C|=\sqrt{\det(C^\top C)}=\sqrt{\det(B^\top B)}.$$

它不依赖 $U$ 的取法。同一个数还有三种算法：

$$\sqrt{\det(B^\top B)}=\prod_i\sigma_i=\prod_i|R_{ii}|=\sqrt{\sum_{|S|=k}\det(B_S)^2}.$$

依次是奇异值之积、Gram–Schmidt 各步的高之积、Cauchy–Binet（$S$ 取遍 $n$ 行中的 $k$ 行）。最后一式是勾股定理：体积的平方等于它在各坐标平面上投影的平方和。

用处之一：曲面 $x(u,v)$ 的面积是 $\iint\sqrt{\det(J^\top J)}\,du\,dv$，$J=(x_u,x_v)$ 是 $3\times2$ 的；升维的可逆模型也要用它做雅可比行列式。
""",
        r"""
**The question.** A square matrix's determinant is the signed volume of the parallelepiped that its columns span. Two vectors in space span a parallelogram, which has an area: is there a determinant for matrices that are not square?

Let $B=(b_1,\dots,b_k)$ be $n\times k$ with $n\ge k$. Take an orthonormal basis $U$ of the space these vectors lie in, $B=UC$ with $C$ square and $U^\top U=I$; then

$$|\det B|:=|\det C|=\sqrt{\det(C^\top C)}=\sqrt{\det(B^\top B)}.$$

It does not depend on $U$. The same number comes out in three more ways:

$$\sqrt{\det(B^\top B)}=\prod_i\sigma_i=\prod_i|R_{ii}|=\sqrt{\sum_{|S|=k}\det(B_S)^2}.$$

These are the product of the singular values, of Gram–Schmidt's heights, and Cauchy–Binet ($S$ runs over $k$ of the $n$ rows). The last is Pythagoras: the square of a volume is the sum of the squares of its shadows on the coordinate planes.

One use: the area of a surface $x(u,v)$ is $\iint\sqrt{\det(J^\top J)}\,du\,dv$ with the $3\times2$ matrix $J=(x_u,x_v)$; invertible models that raise the dimension need it as their Jacobian, too.
""",
    ),
    changes=t(
        r"""
- 这样定义的“行列式”没有正负号，也不是处处可乘：方阵乘在左边时一般 $|\det(AB)|\ne|\det A||\det B|$。加上了一页，看差多少。
- 加上了四种算法在浮点数里的分别，和曲面面积。
- Cauchy–Binet 除了浮点验证，还用有理数精确验证。
""",
        r"""
- This "determinant" has no sign and does not always multiply: with a square factor on the left, in general $|\det(AB)|\ne|\det A||\det B|$. A tab that shows by how much is added.
- Added: where the four routes part in floating point, and areas of surfaces.
- Cauchy–Binet is verified in exact rational arithmetic, besides floating point.
""",
    ),
    papers=(
        (
            "Binet 1812, Cauchy 1815: the formula of Cauchy and Binet",
            "https://en.wikipedia.org/wiki/Cauchy%E2%80%93Binet_formula",
        ),
    ),
)

PAGE = Page(
    title=t("非方阵的行列式", "Determinants that are not square"),
    summary=t(
        "k 个向量在 n 维空间里张成多大的体积？四种算法，一个数；空间里的勾股定理。",
        "What volume do k vectors span in n dimensions? Four routes to one number, and Pythagoras for areas.",
    ),
    post=POST,
    tabs=(Shadows, Own, Parting, Products, Areas),
    added=datetime.date(2026, 11, 21),
)
