"""Determinants of matrices that are not square (post 6096)."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import Column, PointValue, TableValue, choice, point, seed, slider, table
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.maths import _nonsquare_det_figures as pictures
from pages.maths._nonsquare_det_figures import COLUMNS, COUNTS, GAPS, PARALLEL, ROUTES, SURFACES
from pages.maths._nonsquare_det_texts import AREAS_NOTE, CHANGES, PARTING_NOTE, STORY

if TYPE_CHECKING:
    from core.maths import nonsquare_det as model

START = ((1, 0, 2, 1), (0, 3, 1, 1), (2, -1, 0, 1), (1, 1, 1, 1), (-2, 0, 1, 1))
MOST_ROWS = 8
DRAWN = 60  # points a side of the picture
BUDGET = 3e5  # area elements, or minors and matrices
SPACE, VECTORS = t("空间维数 n", "Dimensions n"), t("向量个数 k（至多 n）", "Vectors k (at most n)")
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
        figure = pictures.space(found, say)
        below = pictures.shadows(found, say)
        facts = pictures.area_facts(found, say)
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
        figure = pictures.minors(found, say)
        facts = pictures.route_facts(found, say)
        told = pictures.lengths_and_heights(found, say)
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
        figure = pictures.errors(found, say)
        note = say(PARTING_NOTE)
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
        figure = pictures.cloud(found, say)
        facts = pictures.ratio_facts(found, say)
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
        figure = pictures.surface(found, self.surface, say)
        convergence = pictures.convergence(found, say)
        facts = pictures.quadrature_facts(found, say)
        note = say(AREAS_NOTE)
        return {"surface": figure, "facts": facts, "convergence": convergence, "note": note}


POST = Post(
    id=6096,
    title=t("再谈非方阵的行列式", "On determinants of matrices that are not square, again"),
    date=datetime.date(2018, 10, 16),
    story=STORY,
    changes=CHANGES,
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
