"""What the page on det(exp A) says at length: the post, and notes under the figures."""

from __future__ import annotations

from gallery.text import t

STORY = t(
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
)
CHANGES = t(
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
)
FLOW_NOTE = t(
    "面积的相对增长率处处是 $\\operatorname{tr}A$（散度），与正方形被拉成什么形状无关：在对数坐标里，量得的面积落在斜率为 $\\operatorname{tr}A$ 的直线上。迹为零时面积不变，这就是 Liouville 定理。拖动 $Ae_1$、$Ae_2$ 就是改 $A$ 的两列，即两个单位向量处的速度。",
    "The area grows at the relative rate $\\operatorname{tr}A$, the divergence, whatever shape the square takes: on a logarithmic axis the measured areas lie on a line of slope $\\operatorname{tr}A$. With trace zero the area stays: Liouville's theorem. Drag $Ae_1$ and $Ae_2$, the columns of $A$: the velocities at the two unit vectors.",
)
SERIES_NOTE = t(
    "级数对每个 $A$ 都收敛；从 $m>\\|A\\|$ 起，每一项才必定比前一项小。$m$ 项之后剩下的不超过 $\\frac{\\|A\\|^m}{m!}\\cdot\\frac1{1-\\|A\\|/(m+1)}$，后一个因子少不得：$A=[2]$、$m=3$ 时剩 $e^2-5=2.39$，而 $2^3/3!=1.33$。$\\|A\\|$ 大时中间的项比结果大得多，相消掉的位数再也回不来。基准是 60 位十进制的计算。",
    "The series converges for every $A$; from $m>\\|A\\|$ on, each term is sure to be smaller than the one before. What $m$ terms leave out is at most $\\frac{\\|A\\|^m}{m!}\\cdot\\frac1{1-\\|A\\|/(m+1)}$, and the second factor is needed: for $A=[2]$ and $m=3$ there is $e^2-5=2.39$ left, while $2^3/3!=1.33$. For large $\\|A\\|$ the middle terms dwarf the result, and digits that cancel are gone for good. The reference is computed with 60 digits.",
)
LOGARITHM_NOTE = t(
    "左：一般地，$\\mathrm d\\det X=\\det X\\cdot\\operatorname{tr}(X^{-1}\\mathrm dX)$。行列式对每一列都是线性的，所以斜率等于逐列把 $X$ 的一列换成 $M$ 的、再求和，$X$ 不可逆时仍有意义；沿着 $X=e^{tA}$ 有 $X^{-1}\\mathrm dX=A\\,\\mathrm dt$，就是本页的恒等式。右：$\\log B=\\sum_k(-1)^{k+1}M^k/k$ 在谱半径 $\\rho<1$ 时收敛，误差按 $\\rho^m$ 下降；对数本身在那之外仍存在。下：$A=i\\,\\mathrm{diag}(\\alpha,c\\alpha)$ 越转越多，主值对数的每个虚部都被折回 $(-\\pi,\\pi]$，于是 $\\operatorname{tr}\\log e^A$、$\\operatorname{Log}\\det e^A$ 与 $\\operatorname{tr}A$ 差若干个 $2\\pi i$；取指数后又相等。",
    "Left: in general $\\mathrm d\\det X=\\det X\\cdot\\operatorname{tr}(X^{-1}\\mathrm dX)$. A determinant is linear in each column, so the slope is the sum over columns of the determinant with that column of $X$ replaced by the one of $M$, which makes sense for singular $X$, too; along $X=e^{tA}$, $X^{-1}\\mathrm dX=A\\,\\mathrm dt$, and the identity of this page follows. Right: $\\log B=\\sum_k(-1)^{k+1}M^k/k$ converges for spectral radius $\\rho<1$ with an error of $\\rho^m$; the logarithm itself goes on beyond. Below: $A=i\\,\\mathrm{diag}(\\alpha,c\\alpha)$ turns on and on while each imaginary part of the principal logarithm folds back into $(-\\pi,\\pi]$, so $\\operatorname{tr}\\log e^A$ and $\\operatorname{Log}\\det e^A$ miss $\\operatorname{tr}A$ by multiples of $2\\pi i$; exponentials agree again.",
)
COMMUTE_NOTE = t(
    "$e^{s(A+B)}$ 与 $e^{sA}e^{sB}$ 的差从 $\\tfrac12s^2[A,B]$ 开始，形状不同，面积（体积）却一样：$\\det e^{A+B}=e^{\\operatorname{tr}(A+B)}=e^{\\operatorname{tr}A}e^{\\operatorname{tr}B}=\\det e^A\\det e^B$，迹可加，不问是否可交换。",
    "$e^{s(A+B)}$ and $e^{sA}e^{sB}$ differ from $\\tfrac12s^2[A,B]$ on; their shapes are not the same, their areas (volumes) are: $\\det e^{A+B}=e^{\\operatorname{tr}(A+B)}=e^{\\operatorname{tr}A}e^{\\operatorname{tr}B}=\\det e^A\\det e^B$, as traces add whether or not the matrices commute.",
)
