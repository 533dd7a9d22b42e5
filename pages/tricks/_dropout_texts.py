"""What the page on dropout says of its post."""

from gallery.page import t

STORY = t(
    r"""
**问题。** Dropout 训练时随机丢掉一部分单元，测试时全部保留。为什么要除以 $1-p$？`noise_shape` 是什么？它为什么能防过拟合？

原文的答案是一行 numpy：Keras 的 `Dropout(0.6)(x)` 就是

```python
x * np.random.choice([0, 1], x.shape, p=[0.6, 0.4]) / 0.4
```

即每个值乘上独立的掩码 $r$，丢弃率为 $p$：

$$\tilde x=\frac{r}{1-p}\,x,\qquad r\sim\mathrm{Bernoulli}(1-p),\qquad \mathbb E[\tilde x]=x,\quad \mathrm{Var}[\tilde x]=\frac{p}{1-p}\,x^2,$$

所以测试时什么也不用做。`noise_shape` 把某些轴设为 1，掩码就沿该轴共用：$(b,t,d)$ 的词向量取 $(b,t,1)$，是整个词一起丢。

对线性回归，把掩码取期望，得到一个精确的等式：

$$\mathbb E\,\big\|y-\tilde Xw\big\|^2=\|y-Xw\|^2+\frac{p}{1-p}\sum_jw_j^2\sum_ix_{ij}^2,$$

即每列按自身能量加权的岭回归。记 $\ell(x;r)$ 为单隐层网络用掩码 $r\in\{0,1\}^K$ 时的对数几率。它对 $r$ 是线性的，所以不丢单元的一次前向就是全部 $2^K$ 个瘦网络的平均，也就是它们概率的（归一化）几何平均：

$$\ell(x)=\mathbb E_r\,\ell(x;r)=\sum_{r}(1-p)^{|r|}\,p^{K-|r|}\,\ell(x;r).$$
""",
    r"""
**The question.** In training dropout drops a random part of the units; at test time all are kept. Why divide by $1-p$? What is `noise_shape`? Why does it prevent overfitting?

The post answers with a line of numpy: Keras's `Dropout(0.6)(x)` is

```python
x * np.random.choice([0, 1], x.shape, p=[0.6, 0.4]) / 0.4
```

Each value is multiplied by a mask $r$ of its own and dropped with probability $p$:

$$\tilde x=\frac{r}{1-p}\,x,\qquad r\sim\mathrm{Bernoulli}(1-p),\qquad \mathbb E[\tilde x]=x,\quad \mathrm{Var}[\tilde x]=\frac{p}{1-p}\,x^2,$$

so that nothing need be done at test time. `noise_shape` sets some axes to 1, along which the mask is shared: word vectors $(b,t,d)$ with $(b,t,1)$ drop whole words.

For linear regression, taking the expectation over masks gives an exact identity,

$$\mathbb E\,\big\|y-\tilde Xw\big\|^2=\|y-Xw\|^2+\frac{p}{1-p}\sum_jw_j^2\sum_ix_{ij}^2,$$

a ridge regression that weighs each column by its own energy. Let $\ell(x;r)$ be the log-odds of a network with one hidden layer under the mask $r\in\{0,1\}^K$. They are linear in $r$, so one pass with no unit dropped is the average over all $2^K$ thinned nets, that is, the (normalised) geometric mean of their probabilities:

$$\ell(x)=\mathbb E_r\,\ell(x;r)=\sum_{r}(1-p)^{|r|}\,p^{K-|r|}\,\ell(x;r).$$
""",
)
CHANGES = t(
    r"""
- 这里的 $p$ 与 Keras、torch 相同，是**丢弃率**；TensorFlow 1 的 `keep_prob` 是保留率，两者常被弄混。
- 原文是备忘；集成、惩罚项的等价与蒙特卡洛带是补上的，前两个给了可验证的等式。
- 等价的惩罚项不是普通的 L2：每列的系数是 $\sum_ix_{ij}^2$。列标准化后才是 $\frac{np}{1-p}\|w\|^2$。
""",
    r"""
- $p$ is the probability of being **dropped**, as in Keras and torch; TensorFlow 1's `keep_prob` is that of being kept, and the two are easily confused.
- The post is a memo; the ensemble, the equivalent penalty and the Monte-Carlo band are added, the first two as identities that can be checked.
- The equivalent penalty is not plain L2: column $j$ is weighed by $\sum_ix_{ij}^2$. With standardised columns it is $\frac{np}{1-p}\|w\|^2$.
""",
)
