"""What the page on validation sets says at length: the post, and notes under the figures."""

from __future__ import annotations

from gallery.text import t

STORY = t(
    r"""
**问题。** 线下验证很好，线上测试很差：训练集和测试集的分布不同。能不能从训练集里划出一个更像测试集的验证集？

设训练样本的分布是 $p(x)$，测试样本的是 $q(x)$，而 $p(y|x)$ 不变（只有协变量偏移）。任何指标 $e(x)$ 在测试集上的期望都能改写到训练集上：

$$\mathbb E_{x\sim q}[e(x)]=\mathbb E_{x\sim p}\left[\frac{q(x)}{p(x)}\,e(x)\right].$$

权重 $w=q/p$ 由一个判别器给出：训练样本标 0，测试样本标 1，**两类各占一半**地训练，最优的判别器是

$$D(x)=\frac{q(x)}{p(x)+q(x)}\quad\Longrightarrow\quad w(x)=\frac{D(x)}{1-D(x)}.$$

流行的做法直接拿 $D$ 当权重，或取 $D$ 最大的那些样本作验证集；都不等于 $q/p$。得到 $w$ 以后，要么加权，要么按 $w_i/\sum_jw_j$ **有放回地**采样、保留重复的样本。代价由有效样本数衡量：

$$\mathrm{ESS}=\frac{(\sum_iw_i)^2}{\sum_iw_i^2}.$$
""",
    r"""
**The question.** Fine in validation, poor in the test: the two sets have different distributions. Can a validation set be taken from the training set that is more like the test set?

Let training samples follow $p(x)$ and test samples $q(x)$, with the same $p(y|x)$ (covariate shift only). The expectation of any measure $e(x)$ over the test set can be written over the training set:

$$\mathbb E_{x\sim q}[e(x)]=\mathbb E_{x\sim p}\left[\frac{q(x)}{p(x)}\,e(x)\right].$$

A discriminator gives the weight $w=q/p$: label training samples 0 and test samples 1, train with **the classes in equal shares**, and the best discriminator is

$$D(x)=\frac{q(x)}{p(x)+q(x)}\quad\Longrightarrow\quad w(x)=\frac{D(x)}{1-D(x)}.$$

It is common to use $D$ itself as weight, or to validate on the samples with the largest $D$; neither is $q/p$. With $w$ in hand, either weight, or draw with probability $w_i/\sum_jw_j$ **with replacement**, duplicates kept. The price is measured by the effective sample size:

$$\mathrm{ESS}=\frac{(\sum_iw_i)^2}{\sum_iw_i^2}.$$
""",
)
CHANGES = t(
    r"""
- $D$ 一律取**折外**的预测；原文让判别器早停，那样 $D$ 仍见过它打分的样本。
- 加上了结果的测量：密度比已知的高斯上，把六种做法的验证误差与真实测试误差在许多种子上对照。
- 加权几乎没有偏差，却更散：$\sum we/\sum w$ 相合而非无偏，偏差为 $1/n$ 量级（一维、$\mu=1$、200 个样本：−0.0018）。页面把均方根误差也列出来，偏移小、样本少时随机划分可能更准。
- 判别器由 scikit-learn 的逻辑回归与随机森林担任，数据是表格。
""",
    r"""
- $D$ is always predicted **out of fold**; the post stops its training early instead, with which $D$ has still seen the samples it scores.
- Added: measurements. On Gaussians of known density ratio the validation errors of six schemes are compared with the true test error over many seeds.
- Weighting has next to no bias, and more scatter: $\sum we/\sum w$ is consistent, not unbiased, with a bias of order $1/n$ (in one dimension, $\mu=1$, 200 samples: −0.0018). The page lists root mean square errors, too: with a small shift and few samples a random split may come nearer.
- Discriminators are scikit-learn's logistic regression and random forest, on tables.
""",
)
COMPARE_NOTE = t(
    "横线离 0 多远是偏差，点散多开是方差。按 $D/(1-D)$ 加权，偏差小，散布大：验证集的有效样本少了。它是相合的，不是无偏的：即使 $q/p$ 已知，$\\sum we/\\sum w$ 也有 $1/n$ 量级的偏差（一维、$\\mu=1$、200 个样本估 $P(x>0)$：−0.0018，样本翻倍就减半）。偏移小、样本少时，省下的偏差抵不过多出的方差，看表里的均方根误差。取 $D$ 最大的四分之一往往矫枉过正，而且把最像测试集的样本从训练里拿走了。",
    "Bias is how far a bar lies from 0, variance how far its points scatter. Weights $D/(1-D)$ have little bias and more scatter, as fewer samples count. They are consistent, not unbiased: even with $q/p$ known, $\\sum we/\\sum w$ has a bias of order $1/n$ (in one dimension, $\\mu=1$, 200 samples, for $P(x>0)$: −0.0018, halved when samples double). With a small shift and few samples the bias saved does not pay for the variance: see the root mean square error in the table. Taking the quarter with the largest $D$ often overshoots, and takes the samples most like the test set out of training.",
)
CALIBRATION_NOTE = t(
    "判别器见过的样本，$D$ 会被拉向它自己的标签，训练样本的权重就系统地偏小。用逻辑回归时几乎看不出，用森林时很明显：所以这里一律用折外的 $D$。",
    "On samples that the discriminator was fitted to, $D$ is drawn to their own label, and training samples get weights that are too small. With logistic regression it hardly shows, with a forest it does: hence $D$ out of fold everywhere here.",
)
EFFECTIVE_NOTE = t(
    "偏移大时，少数几个样本占去全部权重：有效样本数随 $|\\mu|^2$ 指数下降。样本有限时，实测值高于极限，因为最大的权重还没有抽到。$s^2\\ge2$ 时 $\\mathbb E_p[w^2]$ 发散。",
    "With a large shift a few samples carry all the weight: the effective size falls exponentially in $|\\mu|^2$. With few samples what is measured stays above the limit, as the largest weights have not been drawn yet. For $s^2\\ge2$ the moment $\\mathbb E_p[w^2]$ is infinite.",
)
