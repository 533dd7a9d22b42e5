"""What the page of EM says at length: the post, and a note on singular solutions."""

from __future__ import annotations

from gallery.text import t

COLLAPSE = t(
    "起点的 σ 比样本间的距离小得多时，那个分量只“看见”一个样本，M 步把它的协方差变成零。给特征值设下限（把小于 ε 的特征值提到 ε，恰是该约束下的精确最大值，所以似然仍不会下降），或让各分量共用协方差，都能救它；把起点 σ 调大，EM 自己也能走出来。",
    "Where σ starts far below the distance between samples, that component sees one sample alone, and the M-step makes its covariance zero. A floor under the eigenvalues saves it (lifting those below ε to ε is the exact maximum under that constraint, so the likelihood still never falls), and so does one covariance for all components. With a larger σ at the start EM walks out by itself.",
)
STORY = t(
    r"""
**问题。** 最大似然与 EM 常被分开讲。其实都是同一件事：让模型的分布 $p_\theta$ 靠近数据的经验分布 $\tilde p$。没有隐变量时

$$KL\big(\tilde p(x)\,\big\|\,p_\theta(x)\big)=\underbrace{-\mathbb E_{\tilde p}[\log p_\theta(x)]}_{\text{cross-entropy}}-H(\tilde p),$$

最大似然就是最小化交叉熵。有隐变量 $y$ 时，给数据配上任意一个 $r(y|x)$，比较联合分布：

$$KL\big(\tilde p(x)r(y|x)\,\big\|\,p_\theta(x,y)\big)=KL\big(\tilde p(x)\,\big\|\,p_\theta(x)\big)+\mathbb E_{\tilde p}\,KL\big(r(y|x)\,\big\|\,p_\theta(y|x)\big).$$

**E 步**固定 $\theta$，取 $r=p_\theta(y|x)$，第二项变成 0；**M 步**固定 $r$，对 $\theta$ 最小化左边。左边只降不升，第一项又从不超过左边，于是似然单调上升。等价地，下界

$$\log p_\theta(x)\ \ge\ \mathbb E_r[\log p_\theta(x,y)]-\mathbb E_r[\log r]$$

在每个 E 步后贴紧。高斯混合的两步是

$$r_{ik}=\frac{\pi_k N(x_i;\mu_k,\Sigma_k)}{\sum_j\pi_jN(x_i;\mu_j,\Sigma_j)},\qquad \mu_k=\frac{\sum_ir_{ik}x_i}{\sum_ir_{ik}},\quad \Sigma_k=\frac{\sum_ir_{ik}(x_i-\mu_k)(x_i-\mu_k)^\top}{\sum_ir_{ik}},\quad \pi_k=\frac1n\sum_ir_{ik};$$

$\Sigma_k=\sigma^2I$ 且 $\sigma\to0$ 时就是 K-means。pLSA $p(w|d)=\sum_zp(w|z)p(z|d)$ 也是一样的两步。有监督学习是 $r$ 为已知独热标签的特例。
""",
    r"""
**The question.** Maximum likelihood and EM are often taught apart. They are one thing: bring the model's distribution $p_\theta$ near the empirical distribution $\tilde p$ of the data. Without hidden variables

$$KL\big(\tilde p(x)\,\big\|\,p_\theta(x)\big)=\underbrace{-\mathbb E_{\tilde p}[\log p_\theta(x)]}_{\text{cross-entropy}}-H(\tilde p),$$

so maximum likelihood minimises a cross-entropy. With a hidden $y$, give the data any $r(y|x)$ and compare the joint distributions:

$$KL\big(\tilde p(x)r(y|x)\,\big\|\,p_\theta(x,y)\big)=KL\big(\tilde p(x)\,\big\|\,p_\theta(x)\big)+\mathbb E_{\tilde p}\,KL\big(r(y|x)\,\big\|\,p_\theta(y|x)\big).$$

The **E-step** fixes $\theta$ and takes $r=p_\theta(y|x)$, which makes the second term 0. The **M-step** fixes $r$ and minimises the left side in $\theta$. The left side never rises and the first term is never above it, so the likelihood climbs. In other words, the bound

$$\log p_\theta(x)\ \ge\ \mathbb E_r[\log p_\theta(x,y)]-\mathbb E_r[\log r]$$

touches after every E-step. For a mixture of Gaussians the two steps are

$$r_{ik}=\frac{\pi_k N(x_i;\mu_k,\Sigma_k)}{\sum_j\pi_jN(x_i;\mu_j,\Sigma_j)},\qquad \mu_k=\frac{\sum_ir_{ik}x_i}{\sum_ir_{ik}},\quad \Sigma_k=\frac{\sum_ir_{ik}(x_i-\mu_k)(x_i-\mu_k)^\top}{\sum_ir_{ik}},\quad \pi_k=\frac1n\sum_ir_{ik};$$

with $\Sigma_k=\sigma^2I$ and $\sigma\to0$ they are K-means. pLSA, $p(w|d)=\sum_zp(w|z)p(z|d)$, takes the same two steps. Supervised learning is the case where $r$ is a known one-hot label.
""",
)
CHANGES = t(
    r"""
- 原文是推导；这里每一步都算出来，并与 scikit-learn 从同一初值逐步对照。
- 协方差设了下限，用的是把小于 ε 的**特征值提到 ε**：这是约束 $\Sigma\succeq\varepsilon I$ 下 M 步的精确解，似然仍单调。常见的做法是加 $\varepsilon I$，那不是任何约束下的最大值，似然可能下降。
- 初值与局部极大、奇异解、手写数字与唐宋诗上的 pLSA、自己的数据，是这里加的。
- pLSA 的 $r(z|d,w)$ 不必存下来，一次迭代只要两个矩阵乘法。
""",
    r"""
- The post derives; here every step is computed, and compared with scikit-learn from the same start.
- Covariances have a floor: **eigenvalues below ε are lifted to ε**, the exact M-step under $\Sigma\succeq\varepsilon I$, so the likelihood still climbs. Adding $\varepsilon I$, as is usual, is the maximum under no constraint, and the likelihood can fall.
- Added here: starts and local maxima, singular solutions, pLSA on digits and verse, and data of your own.
- pLSA's $r(z|d,w)$ need not be stored: an iteration is two matrix products.
""",
)
