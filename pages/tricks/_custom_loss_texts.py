"""What the page on custom losses says of its post."""

from gallery.page import t

STORY = t(
    r"""
**问题。** 框架自带的损失是 $\ell(y_{\text{true}},y_{\text{pred}})$ 的样子。自己的损失怎么写？原文先照样改写一个；带可训练参数的、跨样本的、没有标签的损失，就把标签也当输入，把损失当输出。这里看各种损失把真实的手写数字在平面上排成什么样，也可以写下自己的式子，当场训练。

网络把 $8\times8$ 的数字变成二维特征 $f$，再接一个分类头。六种损失：

$$\begin{aligned}\text{softmax}&:\ -\log p_y,\qquad p=\mathrm{softmax}(Wf+b)\\ \text{center}&:\ -\log p_y+\lambda\|f-c_y\|^2\\ \text{triplet}&:\ \max\big(0,\ m+\cos(q,A^-)-\cos(q,A^+)\big)\\ \text{margin}&:\ -\log\mathrm{softmax}_y\big(s(\cos\theta_j-m\,[j=y])\big)\\ \text{focal}&:\ -(1-p_y)^\gamma\log p_y\\ \text{smoothing}&:\ -(1-\varepsilon)\log p_y-\frac\varepsilon K\sum_j\log p_j\end{aligned}$$

中心 $c_y$ 是标签的 Embedding，梯度 $\partial/\partial c_y=-2\lambda(f-c_y)$，特征固定时最优的中心就是**类均值**。标签平滑在最优时，正确类的 logit 比其余高出

$$\log\frac{1-\varepsilon+\varepsilon/K}{\varepsilon/K},$$

$\varepsilon=0.1$、$K=10$ 时是 $\log91\approx4.51$，而不是无穷。三元组的间隔一超过 $m$，梯度就是零。
""",
    r"""
**The question.** A framework's losses look like $\ell(y_{\text{true}},y_{\text{pred}})$. How does one write one's own? The post first rewrites one in that form; for losses with parameters of their own, across samples, or without labels, it takes labels as inputs and the loss as output. Here one sees how each loss lays out real handwritten digits in the plane, and may write a formula and train it at once.

The network turns an $8\times8$ digit into a feature $f$ in the plane, with a classifier on top. Six losses:

$$\begin{aligned}\text{softmax}&:\ -\log p_y,\qquad p=\mathrm{softmax}(Wf+b)\\ \text{center}&:\ -\log p_y+\lambda\|f-c_y\|^2\\ \text{triplet}&:\ \max\big(0,\ m+\cos(q,A^-)-\cos(q,A^+)\big)\\ \text{margin}&:\ -\log\mathrm{softmax}_y\big(s(\cos\theta_j-m\,[j=y])\big)\\ \text{focal}&:\ -(1-p_y)^\gamma\log p_y\\ \text{smoothing}&:\ -(1-\varepsilon)\log p_y-\frac\varepsilon K\sum_j\log p_j\end{aligned}$$

The centre $c_y$ is an embedding of the label with gradient $\partial/\partial c_y=-2\lambda(f-c_y)$; with features fixed the best centre is the **class mean**. At the optimum of smoothed labels the right logit exceeds the others by

$$\log\frac{1-\varepsilon+\varepsilon/K}{\varepsilon/K},$$

which for $\varepsilon=0.1$, $K=10$ is $\log91\approx4.51$, not infinity. Once a triplet's gap is past $m$ its gradient is zero.
""",
)
CHANGES = t(
    r"""
- 原文的例子是标签平滑、三元组（问题、对的与错的答案）和 center loss；这里六种损失同用一个小网络和 scikit-learn 自带的 1 797 个真实数字（每四个留一个测试），几秒就能训完。
- 三元组取一个批里**所有**还活跃的三元组求平均，不必另取负例。
- margin softmax 与 focal 是补上的；margin 取 AM-softmax，$s=12$。平面上十个类，相邻两类至多隔 $36^\circ$，所以间隔至多 $1-\cos36^\circ=0.19$。
- 「自己写」是补上的：式子对一个类写，$u$ 是它的 logit，$p$ 是 softmax 概率，$y$ 是 1（正确类）或 0；一个样本的损失是对十个类求和。式子由一个只认加减乘除、幂、比较和十几个函数的解析器读取，不经过 `eval`。
- center loss 的 $\lambda$ 默认 0.03：特征只有两维，0.2 会在开始时把各类一起拉向原点，学得慢。
""",
    r"""
- The post's examples are smoothed labels, triplets (a question, a right and a wrong answer) and the centre loss; here all six train one small network on the 1 797 real digits that scikit-learn carries (every fourth is a test digit), in seconds.
- Triplets: the mean over **all** active ones of a batch, so that no negatives are drawn.
- Margin softmax and focal are added; margin is AM-softmax with $s=12$. Of ten classes in the plane neighbours are at most $36^\circ$ apart, so no margin above $1-\cos36^\circ=0.19$ can hold for all.
- "Your own" is added: the formula is for one class, $u$ its logit, $p$ its softmax probability, $y$ 1 for the right class and 0 otherwise; the loss of a sample is the sum over ten classes. A parser that knows arithmetic, powers, comparisons and a dozen functions reads it; nothing goes through `eval`.
- The centre loss has $\lambda=0.03$ by default: with two features, 0.2 first pulls all classes to the origin, and learns slowly.
""",
)
OWN_NOTE = t(
    "两个网络的初值与批次完全相同，只有损失不同。左、中两图里正确类的概率是 $p$，其余九类均分，它们的 $u$ 都取 0。算在 float64 里；损失、梯度或训练中的值不是有限数时，会说明在哪里。",
    "Both networks start from the same weights and see the same batches; only the loss differs. In the first two panels the right class has probability $p$ and the other nine share the rest, with $u=0$. All in float64; where the loss, its gradient or a value of the training is not finite, you are told where.",
)
SHAPES_NOTE = t(
    "focal 把已经有把握的样本（$p$ 大）的推力压下去；标签平滑的推力在 $p>1-\\varepsilon+\\varepsilon/K$ 处变负：太有把握反而被拉回来。下表用有限差分核对每个损失的梯度。",
    "Focal damps the push of samples that are already sure (large $p$). With smoothed labels the push turns negative beyond $p>1-\\varepsilon+\\varepsilon/K$: what is too sure is pulled back. The table compares every loss's gradient with finite differences.",
)
