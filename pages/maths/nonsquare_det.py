"""Determinants of matrices that are not square (post 6096)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import outputs
from gallery.inputs import Column, Inputs, PointValue, TableValue, choice, point, seed, slider, table
from gallery.page import Lang, Page, Post, Tab, t
from pages.maths import _nonsquare_det_figures as pictures

REACH = 3.0
SURFACES = {"torus": t("环面", "Torus"), "sphere": t("球面", "Sphere"), "helicoid": t("螺旋面", "Helicoid")}
COLUMNS = ("b1", "b2", "b3", "b4")
START = ((1, 0, 2), (0, 3, 1), (2, -1, 0), (1, 1, 1), (-2, 0, 1))
MOST_ROWS = 8
CONVERGENCE = (4, 8, 16, 32, 64, 128)
DRAWN = 60  # cells a side of the picture
GAPS = np.geomspace(1e-14, 1, 29)
BUDGET = 3e5  # area elements, or minors and matrices


class Shadows(Inputs):
    a: PointValue = point((2.2, 0.4), (-2.5, 2.5), (-2.5, 2.5), label=t("a 的 x, y", "x and y of a"))
    a_z: float = slider(0.6, -2.5, 2.5, step=0.1, label=t("a 的 z", "z of a"))
    b: PointValue = point((-0.5, 2.0), (-2.5, 2.5), (-2.5, 2.5), label=t("b 的 x, y", "x and y of b"))
    b_z: float = slider(1.2, -2.5, 2.5, step=0.1, label=t("b 的 z", "z of b"))


class Own(Inputs):
    vectors: int = slider(3, 1, 4, label=t("几个列向量 k", "Columns k"))
    rows: TableValue = table(
        [{name: float(v) for name, v in zip(COLUMNS, (*row, 1), strict=True)} for row in START],
        tuple(Column(name, t(f"b{k + 1}", f"b{k + 1}"), True, -1e3, 1e3, default=0.0) for k, name in enumerate(COLUMNS)),
        label=t("矩阵（取前 k 列）", "Matrix (its first k columns count)"), max_rows=MOST_ROWS,
    )  # fmt: skip


class Parting(Inputs):
    n: int = slider(5, 2, 7, label=t("空间维数 n", "Dimensions n"))
    k: int = slider(2, 2, 7, label=t("向量个数 k（至多 n）", "Vectors k (at most n)"))
    seed: int = seed(1)


class Products(Inputs):
    n: int = slider(4, 2, 8, label=t("空间维数 n", "Dimensions n"))
    k: int = slider(2, 1, 8, label=t("向量个数 k（至多 n）", "Vectors k (at most n)"))
    count: int = slider(300, 50, 1000, label=t("多少对矩阵", "Pairs of matrices"))
    seed: int = seed(1)


class Areas(Inputs):
    surface: str = choice("torus", SURFACES, label=t("曲面", "Surface"))
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


def shadows(inputs: Shadows, lang: Lang) -> Mapping[str, Any]:
    from core.maths.nonsquare_det import parallelogram

    a, b = np.array([*inputs.a, inputs.a_z]), np.array([*inputs.b, inputs.b_z])
    found = parallelogram(a, b)
    planes, area = found.shadows, found.area
    facts = [
        outputs.Metric("√det(BᵀB)", area, t("平行四边形的面积", "area of the parallelogram")(lang)),
        outputs.Metric(t("底 × 高", "base x height")(lang), found.base * found.height, f"{found.base:.3g} × {found.height:.3g}"),
        outputs.Metric(t("投影的平方和开方", "root of the shadows' squares")(lang), found.by_shadows, f"√({planes[0]:.2f}² + {planes[1]:.2f}² + {planes[2]:.2f}²)"),
        outputs.Metric("‖a‖²‖b‖² − ⟨a,b⟩²", found.squared, t("面积的平方，不是面积", "the square of the area, not the area")(lang)),
    ]  # fmt: skip
    title = t("面积的平方 = 三个投影面积的平方和", "Area squared = the sum of its shadows squared")(lang)
    note = t(
        "空间中的勾股定理：一块面积在三个坐标面上的投影，平方和等于它自己的平方。代数上就是 Cauchy–Binet。把 $a$、$b$ 拖成平行，四个数一起变成零。",
        "Pythagoras for areas: the squares of a figure's shadows on the three coordinate planes add up to its own square. In algebra this is Cauchy–Binet. Drag $a$ and $b$ parallel, and all four numbers vanish together.",
    )(lang)
    return {
        "space": pictures.shadows(title, a, b, planes, area, max(REACH, 1.1 * float(np.abs(a + b).max())), lang),
        "facts": facts,
        "note": note,
    }


def own(inputs: Own, lang: Lang) -> Mapping[str, Any]:
    from core.maths.nonsquare_det import determinant, heights, lengths, matrix, minors, routes

    b = matrix([[float(row[name]) for name in COLUMNS[: inputs.vectors]] for row in inputs.rows])
    found, all_minors, tall = routes(b), minors(b), heights(b)
    names = ["".join(map(str, m.rows)) for m in all_minors] or ["–"]
    squares = [m.value**2 for m in all_minors] or [0.0]
    n, k = b.shape
    title = t(f"{n}×{k}：{len(all_minors)} 个子式", f"{n}×{k}: {len(all_minors)} minors")(lang)
    facts = [
        outputs.Metric("√det(BᵀB)", found.gram), outputs.Metric("∏ σᵢ", found.singular, t("奇异值", "singular values")(lang)),
        outputs.Metric("∏ |Rᵢᵢ|", found.heights, t("Gram–Schmidt 的高", "Gram–Schmidt's heights")(lang)), outputs.Metric("√Σ det²", found.minors, "Cauchy–Binet"),
    ]  # fmt: skip
    if n == k:
        facts.append(outputs.Metric("det B", determinant(b), t("方阵还有正负号", "a square one has a sign, too")(lang)))
    told = {
        t("列", "column")(lang): [f"b{j + 1}" for j in range(k)], t("长度", "length")(lang): lengths(b),
        t("高（离前面各列所张空间的距离）", "height above the span of those before")(lang): tall,
    }  # fmt: skip
    note = t("向量多于维数（$k>n$）时体积为 0。", "More vectors than dimensions ($k>n$) have volume 0.")(lang)
    return {
        "terms": pictures.terms(title, names, squares, lang),
        "facts": facts,
        "heights": outputs.Table(told),
        "note": note,
    }


def parting(inputs: Parting, lang: Lang) -> Mapping[str, Any]:
    from core.maths.nonsquare_det import parting as parted

    errors = parted(inputs.n, inputs.k, GAPS.tolist(), inputs.seed)
    names = {"gram": "√det(BᵀB)", "singular": "∏ σᵢ", "heights": "∏ |Rᵢᵢ|", "minors": "√Σ det²"}
    title = t("两列几乎平行时，四种算法的相对误差", "Two columns nearly parallel: errors of the four routes")(lang)
    note = t(
        "最后一列 = 第一列 + ε × 另一个向量，基准是对同样的浮点数做有理数运算。$B^\\top B$ 的条件数是 $B$ 的平方：$\\varepsilon\\approx10^{-8}$ 时 Gram 行列式已经一位不剩（算成零或负数时误差记为 1），QR 与奇异值还剩一半的位数。公式相等，算法不等价。",
        "The last column is the first plus ε times another vector; the reference is rational arithmetic on the same floating-point numbers. $B^\\top B$ squares the condition: at $\\varepsilon\\approx10^{-8}$ the Gram determinant has no digit left (where it comes out zero or negative the error is 1), while QR and singular values keep half of theirs. Equal formulas are not equal algorithms.",
    )(lang)
    return {
        "errors": pictures.parting(title, GAPS, {names[k]: v for k, v in errors.items()}, lang),
        "note": note,
        "table": outputs.Table({"ε": GAPS, **{names[k]: v for k, v in errors.items()}}),
    }


def products(inputs: Products, lang: Lang) -> Mapping[str, Any]:
    from core.maths.nonsquare_det import products as drawn
    from core.refusal import Refusal

    if inputs.k > inputs.n:
        raise Refusal(f"k = {inputs.k}：不能大于 n = {inputs.n}", f"k = {inputs.k}: must be at most n = {inputs.n}")
    left, right = drawn(inputs.n, inputs.k, inputs.count, inputs.seed)
    ratio = left / right
    facts = [
        outputs.Metric(t("比值的中位数", "Median ratio")(lang), float(np.median(ratio))),
        outputs.Metric(
            t("比值的最小、最大", "Smallest, largest")(lang),
            f"{ratio.min():.3g}, {ratio.max():.3g}",
            t("k = n 时恒为 1", "1 throughout when k = n")(lang),
        ),
    ]
    title = t(f"n = {inputs.n}，k = {inputs.k}", f"n = {inputs.n}, k = {inputs.k}")(lang)
    note = t(
        "方阵乘在右边时 $|\\det(BC)|=|\\det B||\\det C|$ 总成立；乘在左边时，$A$ 怎样拉伸取决于 $B$ 张成的那个 $k$ 维平面，一般不等。把 $k$ 拉到 $n$，所有点落到直线上。",
        "With a square factor on the right, $|\\det(BC)|=|\\det B||\\det C|$ always. On the left, how $A$ stretches depends on the $k$-plane that $B$ spans, and the two differ. Move $k$ up to $n$: all points fall on the line.",
    )(lang)
    return {"cloud": pictures.cloud(title, left, right, lang), "facts": facts, "note": note}


def areas(inputs: Areas, lang: Lang) -> Mapping[str, Any]:
    from core.maths.nonsquare_det import area, elements, surfaces
    from core.refusal import Refusal

    if inputs.surface == "torus" and inputs.small >= inputs.large:
        raise Refusal(
            f"small = {inputs.small:g}：环面的小半径应小于大半径 {inputs.large:g}",
            f"small = {inputs.small:g}: a torus's must be less than large = {inputs.large:g}",
        )
    chosen = surfaces(inputs.large, inputs.small)[inputs.surface]
    points, density = elements(chosen, DRAWN)
    found = area(chosen, inputs.steps)
    errors = [max(abs(area(chosen, n) / chosen.area - 1), 1e-17) for n in CONVERGENCE]
    facts = [
        outputs.Metric(t("求积所得", "By quadrature")(lang), found, f"n = {inputs.steps}"), outputs.Metric(t("闭式", "Closed form")(lang), chosen.area),
        outputs.Metric(t("相对误差", "Relative error")(lang), found / chosen.area - 1),
    ]  # fmt: skip
    name = SURFACES[inputs.surface]
    note = t(
        "环面的面积元是三角多项式，中点法对它严格成立，误差只剩舍入；球面与螺旋面的误差按 $1/n^2$ 下降。",
        "A torus's area element is a trigonometric polynomial, which the midpoint rule integrates exactly: its error is rounding alone. On sphere and helicoid the error falls as $1/n^2$.",
    )(lang)
    return {
        "note": note,
        "surface": pictures.surface(
            t(f"{name.zh}，按面积元 √det(JᵀJ) 着色", f"{name.en}, coloured by √det(JᵀJ)")(lang), points, density, lang
        ),
        "facts": facts,
        "convergence": pictures.convergence(
            t("格子加密时的误差", "Error as the cells get finer")(lang), CONVERGENCE, errors, lang
        ),
    }


def checks() -> Iterable[Check]:
    from core.maths.nonsquare_det import checks as facts

    return facts()


def _code_shadows(i: Shadows) -> str:
    return f"""import numpy as np
from core.maths.nonsquare_det import cross, volume

a, b = np.array([{i.a[0]:g}, {i.a[1]:g}, {i.a_z:g}]), np.array([{i.b[0]:g}, {i.b[1]:g}, {i.b_z:g}])
print(volume(np.stack([a, b], 1)), np.linalg.norm(cross(a, b)))
"""


def _code_own(i: Own) -> str:
    rows = [[float(row[name]) for name in COLUMNS[: i.vectors]] for row in i.rows]
    return f"""from core.maths.nonsquare_det import matrix, minors, routes

b = matrix({rows})
print(routes(b))
print(minors(b))
"""


def _code_parting(i: Parting) -> str:
    return f"""from core.maths.nonsquare_det import parting

for name, errors in parting({i.n}, {i.k}, [1.0, 1e-4, 1e-8, 1e-12], seed={i.seed}).items():
    print(name, errors)
"""


def _code_products(i: Products) -> str:
    return f"""import numpy as np
from core.maths.nonsquare_det import products

left, right = products({i.n}, {i.k}, {i.count}, seed={i.seed})
print(np.median(left / right))
"""


def _code_areas(i: Areas) -> str:
    return f"""from core.maths.nonsquare_det import area, surfaces

surface = surfaces({i.large}, {i.small})[{i.surface!r}]
print(area(surface, {i.steps}), surface.area)
"""


STORY = t(
    r"""
**问题。** 方阵的行列式是各列张成的平行体的有向体积。三维空间里的两个向量也张成一个平行四边形，也有面积：非方阵有没有“行列式”？

取 $B=(b_1,\dots,b_k)$ 为 $n\times k$ 矩阵，$n\ge k$。在这 $k$ 个向量所在的子空间里取一组标准正交基 $U$，$B=UC$，$C$ 是 $k\times k$ 方阵，$U^\top U=I$，于是

$$|\det B|:=|\det C|=\sqrt{\det(C^\top C)}=\sqrt{\det(B^\top B)}.$$

它不依赖 $U$ 的取法。同一个数还有三种算法：

$$\sqrt{\det(B^\top B)}=\prod_i\sigma_i=\prod_i|R_{ii}|=\sqrt{\sum_{|S|=k}\det(B_S)^2}.$$

依次是奇异值之积、Gram–Schmidt 各步的高之积、Cauchy–Binet（$S$ 取遍 $n$ 行中的 $k$ 行）。最后一式是勾股定理：体积的平方等于它在各坐标平面上投影的平方和。

用处之一：曲面 $x(u,v)$ 的面积是 $\iint\sqrt{\det(J^\top J)}\,du\,dv$，$J=(x_u,x_v)$ 是 $3\times2$ 的；升维的可逆模型也要用它做雅可比行列式。
""",
    r"""
**The question.** A square matrix's determinant is the signed volume of the box its columns span. Two vectors in space span a parallelogram, which has an area: is there a determinant for matrices that are not square?

Let $B=(b_1,\dots,b_k)$ be $n\times k$ with $n\ge k$. Take an orthonormal basis $U$ of the space these vectors lie in, $B=UC$ with $C$ square and $U^\top U=I$; then

$$|\det B|:=|\det C|=\sqrt{\det(C^\top C)}=\sqrt{\det(B^\top B)}.$$

It does not depend on $U$. The same number comes out in three more ways:

$$\sqrt{\det(B^\top B)}=\prod_i\sigma_i=\prod_i|R_{ii}|=\sqrt{\sum_{|S|=k}\det(B_S)^2}.$$

These are the product of the singular values, of Gram–Schmidt's heights, and Cauchy–Binet ($S$ runs over $k$ of the $n$ rows). The last is Pythagoras: the square of a volume is the sum of the squares of its shadows on the coordinate planes.

One use: the area of a surface $x(u,v)$ is $\iint\sqrt{\det(J^\top J)}\,du\,dv$ with the $3\times2$ matrix $J=(x_u,x_v)$; invertible models that raise the dimension need it as their Jacobian, too.
""",
)
CHANGES = t(
    r"""
- $\|a\|^2\|b\|^2-\langle a,b\rangle^2$ 是面积的**平方**；有的转述写成了面积。
- 这样定义的“行列式”没有正负号，也不是处处可乘：方阵乘在左边时一般 $|\det(AB)|\ne|\det A||\det B|$，页面上可以看到差多少。
- Cauchy–Binet 除了浮点验证，还用有理数精确验证。
""",
    r"""
- $\|a\|^2\|b\|^2-\langle a,b\rangle^2$ is the **square** of the area; some retellings call it the area.
- This "determinant" has no sign and does not always multiply: with a square factor on the left, in general $|\det(AB)|\ne|\det A||\det B|$; the page shows by how much.
- Cauchy–Binet is verified in exact rational arithmetic, besides floating point.
""",
)
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
PAGE = Page(
    title=t("非方阵的行列式", "Determinants that are not square"),
    summary=t("k 个向量在 n 维空间里张成多大的体积？四种算法，一个数；空间里的勾股定理。", "What volume do k vectors span in n dimensions? Four routes to one number, and Pythagoras for areas."),
    post=Post(
        id=6096, title=t("再谈非方阵的行列式", "On determinants of matrices that are not square, again"), date=datetime.date(2018, 11, 10), story=STORY, changes=CHANGES,
        papers=(("Binet 1812, Cauchy 1815: the formula of Cauchy and Binet", "https://en.wikipedia.org/wiki/Cauchy%E2%80%93Binet_formula"),),
    ),
    tabs=(
        Tab("shadows", t("投影", "Shadows"), t("空间里两个向量张成的面积，和它的三个投影是什么关系？", "How is the area that two vectors span in space related to its three shadows?"),
            Shadows, (outputs.figure("space", height=560), FACTS, NOTE), shadows, _code_shadows, lambda i: 4.0, BUDGET),
        Tab("own", t("自己的矩阵", "Your matrix"), t("四种算法给出同一个数吗？", "Do the four routes give one number?"),
            Own, (outputs.figure("terms"), FACTS, outputs.table("heights", t("各列的高", "Heights of the columns")), NOTE), own, _code_own, lambda i: 70.0, BUDGET),
        Tab("parting", t("四法分手", "Routes part"), t("同一个数的四种算法，在浮点数里什么时候分手？", "Four routes to one number: when does floating point part them?"),
            Parting, (outputs.figure("errors"), NOTE, outputs.table("table", t("数值", "Values"))), parting, _code_parting, lambda i: float(len(GAPS) * 50), BUDGET),
        Tab("products", t("相乘", "Products"), t("行列式的乘法公式还成立吗？", "Do these determinants still multiply?"),
            Products, (outputs.figure("cloud", height=460), FACTS, NOTE), products, _code_products, lambda i: float(i.count), BUDGET),
        Tab("areas", t("曲面面积", "Areas"), t("曲面的面积为什么是 √det(JᵀJ) 的积分？", "Why is the area of a surface the integral of √det(JᵀJ)?"),
            Areas, (outputs.figure("surface", height=520), FACTS, outputs.figure("convergence", height=340), NOTE), areas, _code_areas, lambda i: float(i.steps**2 + sum(n * n for n in CONVERGENCE)), BUDGET),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
)  # fmt: skip
