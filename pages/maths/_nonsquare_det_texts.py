"""What the page on determinants that are not square says at length: the post, and notes under the figures."""

from __future__ import annotations

from gallery.text import t

STORY = t(
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
)
CHANGES = t(
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
)
PARTING_NOTE = t(
    "最后一列 = 第一列 + ε × 另一个向量，基准是对同样的浮点数做有理数运算。$B^\\top B$ 的条件数是 $B$ 的平方：$\\varepsilon\\approx10^{-8}$ 时 Gram 行列式已经一位不剩（算成零或负数时误差记为 1），QR 与奇异值还剩一半的位数。公式相等，算法不等价。",
    "The last column is the first plus ε times another vector; the reference is rational arithmetic on the same floating-point numbers. $B^\\top B$ squares the condition: at $\\varepsilon\\approx10^{-8}$ the Gram determinant has no digit left (where it comes out zero or negative the error is 1), while QR and singular values keep half of theirs. Equal formulas are not equal algorithms.",
)
AREAS_NOTE = t(
    "把参数平面切成小格，每格映到曲面上近似是 $x_u\\,du$、$x_v\\,dv$ 张成的平行四边形，面积是 $\\sqrt{\\det(J^\\top J)}\\,du\\,dv$，加起来就是积分。环面的面积元是三角多项式，中点法对它严格成立；球面与螺旋面的误差按 $1/n^2$ 下降。",
    "Cut the plane of parameters into cells: on the surface each is nearly a parallelogram spanned by $x_u\\,du$ and $x_v\\,dv$, of area $\\sqrt{\\det(J^\\top J)}\\,du\\,dv$, and the sum of these is the integral. A torus's area element is a trigonometric polynomial, which the midpoint rule integrates exactly; on sphere and helicoid the error falls as $1/n^2$.",
)
