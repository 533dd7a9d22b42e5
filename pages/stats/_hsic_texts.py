"""What the page of HSIC says at length: the post, the road, notes under the figures."""

from __future__ import annotations

from gallery.text import t

NORMALISED = t(
    "图中的 HSIC 已归一化：$\\mathrm{HSIC}(x,y)/\\sqrt{\\mathrm{HSIC}(x,x)\\,\\mathrm{HSIC}(y,y)}$；互信息以 nat 计。p 值由打乱 $y$ 得到：HSIC 199 次，其余 99 次。",
    "The bar of HSIC is normalised: $\\mathrm{HSIC}(x,y)/\\sqrt{\\mathrm{HSIC}(x,x)\\,\\mathrm{HSIC}(y,y)}$; mutual information is in nats. p-values come from shuffling $y$: 199 times for HSIC, 99 for the others.",
)
TERMS = r"$$\mathrm{{HSIC}}=\underbrace{{{:.4f}}}_{{\mathbb E[kl]}}+\underbrace{{{:.4f}}}_{{\mathbb E[k]\mathbb E[l]}}-\underbrace{{{:.4f}}}_{{2\mathbb E[\mathbb E'k\,\mathbb E'l]}}={:.5f},\qquad n={}$$"
BANDWIDTHS = t(
    "带宽太大，$K$ 处处近 1，中心化后什么也不剩；太小，$K$ 只剩对角线。",
    "With too large a bandwidth $K$ is 1 everywhere and centring leaves nothing; with too small a one only the diagonal of $K$ is left.",
)
NO_FILE = t(
    "请上传至少两列数的 CSV，或用例子", "upload a CSV file with two or more numeric columns, or take the example"
)
CELLS = t(
    "格中是 Holm 校正后的 p 值，✓ 表示不大于 0.05；屏幕窄时格中只写 ✓，p 值见上表，也可点一格来看。",
    "The cells hold Holm-adjusted p-values, ✓ marks those of at most 0.05; on a narrow screen they hold ✓ alone, and the "
    "p-values stand in the table above, or come up when a cell is touched.",
)
LEFT_OUT = t("没有用上的列（在所用的行里是常数）：", "Constant in the rows used, and left out: ")
TIED = t(
    "过半的值对相等，带宽取不等值之间距离中位数的列：",
    "Over half of the pairs are equal, so the bandwidth is the median distance of unequal pairs: ",
)
ROAD = t(
    r"""
1. $X$ 与 $Y$ 独立，当且仅当对一切有界连续的 $f,g$ 有 $\mathbb E[f(X)g(Y)]=\mathbb E[f(X)]\,\mathbb E[g(Y)]$，即协方差为零。Pearson 只试了 $f=x$、$g=y$ 一对。
2. 核给出现成的一族函数：鼓包 $k(\cdot,a)$、$l(\cdot,b)$。①里每一点的颜色就是一对鼓包的协方差；独立时整幅图近于零。
3. 把鼓包任意组合，限制在单位球内，取最大的协方差：$\sigma_1=\sup_{\|f\|\le1,\|g\|\le1}\mathrm{cov}(f(X),g(Y))$，③画出取到它的 $f^*,g^*$。
4. 只看最大的还不如全看：在任何正交基下把协方差平方相加，$\mathrm{HSIC}=\sum_{i,j}\mathrm{cov}(f_i(X),g_j(Y))^2=\sum_i\sigma_i^2=\|C_{xy}\|_{HS}^2$，算起来却只要两个 Gram 矩阵。
""",
    r"""
1. $X$ and $Y$ are independent exactly when $\mathbb E[f(X)g(Y)]=\mathbb E[f(X)]\,\mathbb E[g(Y)]$ for all bounded continuous $f,g$: all covariances are zero. Pearson tries one pair, $f=x$ and $g=y$.
2. A kernel brings a family of functions along: bumps $k(\cdot,a)$, $l(\cdot,b)$. Each point of picture 1 is coloured by the covariance of one pair of bumps; under independence all of it is near zero.
3. Combine bumps in any way, inside the unit balls, and take the largest covariance: $\sigma_1=\sup_{\|f\|\le1,\|g\|\le1}\mathrm{cov}(f(X),g(Y))$. Picture 3 draws the $f^*,g^*$ that reach it.
4. Better than the largest alone are all of them: in any orthonormal bases the squared covariances add up to $\mathrm{HSIC}=\sum_{i,j}\mathrm{cov}(f_i(X),g_j(Y))^2=\sum_i\sigma_i^2=\|C_{xy}\|_{HS}^2$, for which two Gram matrices are enough.
""",
)
STORY = t(
    r"""
**问题。** 相关系数为零不等于独立：圆上的点相关系数为 0，却显然不独立。独立是说，对一切函数 $f,g$ 都有 $\mathbb E[f(X)g(Y)]=\mathbb E[f(X)]\,\mathbb E[g(Y)]$。HSIC 用核函数把“所有可能的函数”一并考虑（「由来」一栏一步步走）：

$$\mathrm{HSIC}(X,Y)=\|C_{xy}\|_{HS}^2=\mathbb E[k\,l]+\mathbb E[k]\,\mathbb E[l]-2\,\mathbb E\big[\mathbb E'[k]\,\mathbb E'[l]\big],$$

其中 $k=k(x,x')$、$l=l(y,y')$。对高斯核这类特征核，它为零当且仅当 $X$ 与 $Y$ 独立。由 $n$ 个样本估计：

$$\mathrm{HSIC}_b=\frac1{n^2}\mathrm{tr}(KHLH),\qquad H=I-\tfrac1n\mathbf 1\mathbf 1^\top.$$

这里的核是 $\exp(-d^2/2\sigma^2)$，$\sigma$ 取各变量两两距离（$i<j$）的中位数。无偏估计（Song 等 2012）为

$$\mathrm{HSIC}_u=\frac1{n(n-3)}\Big[\mathrm{tr}(\tilde K\tilde L)+\frac{\mathbf 1^\top\tilde K\mathbf 1\,\mathbf 1^\top\tilde L\mathbf 1}{(n-1)(n-2)}-\frac2{n-2}\mathbf 1^\top\tilde K\tilde L\mathbf 1\Big],$$

$\tilde K,\tilde L$ 的对角线为零。二元正态时 HSIC 有闭式，「验证」一栏拿它检验估计量。
""",
    r"""
**The question.** Uncorrelated is not independent: points on a circle have correlation 0 and are anything but independent. Independence means $\mathbb E[f(X)g(Y)]=\mathbb E[f(X)]\,\mathbb E[g(Y)]$ for all functions $f,g$. HSIC takes "all possible functions" at once by means of kernels (the tab "The road" goes there step by step):

$$\mathrm{HSIC}(X,Y)=\|C_{xy}\|_{HS}^2=\mathbb E[k\,l]+\mathbb E[k]\,\mathbb E[l]-2\,\mathbb E\big[\mathbb E'[k]\,\mathbb E'[l]\big],$$

with $k=k(x,x')$ and $l=l(y,y')$. For characteristic kernels such as the Gaussian it is zero exactly when $X$ and $Y$ are independent. From $n$ samples:

$$\mathrm{HSIC}_b=\frac1{n^2}\mathrm{tr}(KHLH),\qquad H=I-\tfrac1n\mathbf 1\mathbf 1^\top.$$

The kernel here is $\exp(-d^2/2\sigma^2)$ with $\sigma$ the median of each variable's distances over pairs $i<j$. The unbiased estimator (Song et al. 2012) is

$$\mathrm{HSIC}_u=\frac1{n(n-3)}\Big[\mathrm{tr}(\tilde K\tilde L)+\frac{\mathbf 1^\top\tilde K\mathbf 1\,\mathbf 1^\top\tilde L\mathbf 1}{(n-1)(n-2)}-\frac2{n-2}\mathbf 1^\top\tilde K\tilde L\mathbf 1\Big],$$

$\tilde K,\tilde L$ with zero diagonals. For bivariate normals HSIC has a closed form, with which the tab "Verify" compares the estimators.
""",
)
CHANGES = t(
    r"""
- 原文说除以 $(n-1)^2$ 是无偏的；不是。$n=10$、$\rho=0.6$、$\sigma=1$ 时真值 0.0166，它的均值是 0.037，比除以 $n^2$ 偏得更远。「验证」一栏现场量给你看。
- 原文的核是 $\exp(-d^2/\sigma^2)$，$\sigma=1$；这里用 $\exp(-d^2/2\sigma^2)$ 和中位数带宽，验证原文的两个例子时取 $\sigma^2=1/2$，两者一致。
- 置换检验不需要 $n\times n$ 的矩阵：核矩阵用主元不完全 Cholesky 分解成 $n\times 25$ 左右的因子，$n=20000$ 也只要一两秒。
- 与其他度量的比较、零分布、功效曲线和自己的数据是这里加的。
""",
    r"""
- The post calls division by $(n-1)^2$ unbiased; it is not. At $n=10$, $\rho=0.6$, $\sigma=1$ the truth is 0.0166 and its mean is 0.037, farther off than division by $n^2$. The tab "Verify" measures it for you.
- The post's kernel is $\exp(-d^2/\sigma^2)$ with $\sigma=1$; here it is $\exp(-d^2/2\sigma^2)$ with the median bandwidth. For the post's two examples $\sigma^2=1/2$ makes them the same.
- The permutation test needs no $n\times n$ matrix: pivoted incomplete Cholesky gives factors of about $n\times 25$, and $n=20000$ takes a second or two.
- Added here: the comparison with other measures, the null distribution, power curves, and data of your own.
""",
)
