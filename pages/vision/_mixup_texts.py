"""The post behind mixup, in our words, what differs, and the words that its tabs share."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.page import Text, t

STORY = t(
    r"""
**问题。** SamplePairing 和 mixup 把两张图片混成一张来训练，看起来很不合理，却能提高精度：

$$\text{SamplePairing: }\Big(\tfrac{x_a+x_b}{2},\;y_a\Big),\qquad \text{mixup: }\big(\varepsilon x_a+(1-\varepsilon)x_b,\;\varepsilon y_a+(1-\varepsilon)y_b\big),\;\varepsilon\sim U(0,1).$$

原文的论点：它们看上去是数据扩增，其实是对模型的一种**正则化**。表面上看是一个吹风机，其实是一个刮胡刀。把 $y=f(x)$ 代入 mixup 的样本，就得到函数方程

$$f\big(\varepsilon x_a+(1-\varepsilon)x_b\big)=\varepsilon f(x_a)+(1-\varepsilon)f(x_b),$$

它的解只有线性函数 $f(x)=\langle w,x\rangle+b$。所以这样的训练样本是在让模型尽量接近线性。
""",
    r"""
**The question.** SamplePairing and mixup blend two pictures into one to train on. It looks quite unreasonable, and it raises the accuracy:

$$\text{SamplePairing: }\Big(\tfrac{x_a+x_b}{2},\;y_a\Big),\qquad \text{mixup: }\big(\varepsilon x_a+(1-\varepsilon)x_b,\;\varepsilon y_a+(1-\varepsilon)y_b\big),\;\varepsilon\sim U(0,1).$$

The post's thesis: what looks like data augmentation is in fact **regularisation** of the model; it looks like a hair dryer, and is a razor. Put $y=f(x)$ into the samples of mixup, and a functional equation results,

$$f\big(\varepsilon x_a+(1-\varepsilon)x_b\big)=\varepsilon f(x_a)+(1-\varepsilon)f(x_b),$$

which only linear functions $f(x)=\langle w,x\rangle+b$ solve. Such samples push the model towards linearity.
""",
)
CHANGES = t(
    r"""
- 原文取 $\varepsilon\sim U(0,1)$；这里用 $\mathrm{Beta}(\alpha,\alpha)$，$\alpha=1$ 就是 $U(0,1)$。
- **本站所加：线性模型一分不罚。** 在全部 $n^2$ 对上，协方差与互协方差同乘一个因子 $\frac{\alpha+1}{2\alpha+1}$（均匀分布 $\frac23$，SamplePairing $\frac12$），均值不变，所以带截距的最小二乘直线完全不变。
- **本站所加：惩罚的二阶展开。** 记 $d=x_b-x_a$，$\;P\approx\frac14\,\mathbb E[\varepsilon^2(1-\varepsilon)^2]\;\mathbb E[(f''d^2)^2]$，均匀分布时第一个期望为 $\frac1{30}$。
- 平面上的训练、线性差 $\mathbb E\|f(\tilde x)-\varepsilon f(x_a)-(1-\varepsilon)f(x_b)\|$ 的测量、CNN 的比较都是本站所做：scikit-learn 自带的 8×8 手写数字（UCI，Alpaydin 与 Kaynak），取几十到几百个，当场训练；不是原文提到的任务，结果不能外推到大图片、大网络。
- 衣物（Fashion-MNIST）：500 或 2000 张训练图、两层卷积的小网络、六种做法各四个种子，事先训练，1 万张测试图。随附三个网络，不附数据集的图；“混合衣物”里的图由 5887 那一页的 VAE 从测试图的编码重画。
- 分类用软标签的交叉熵，它对标签是线性的：$\varepsilon\,\mathrm{CE}_a+(1-\varepsilon)\,\mathrm{CE}_b$。
- SamplePairing 的论文训练时时开时关，最后关掉；这里“末段关掉”一版：前 10% 与后 20% 的步数关，中间每 10 步开 8 步，这些长度是本站定的。
- 混合的对象取自全部训练样本。测试总在没有混合的图上。
""",
    r"""
- The post has $\varepsilon\sim U(0,1)$; here it is $\mathrm{Beta}(\alpha,\alpha)$, of which $\alpha=1$ is $U(0,1)$.
- **Added: a linear model pays nothing.** Over all $n^2$ pairs covariance and cross-covariance are multiplied by the same factor $\frac{\alpha+1}{2\alpha+1}$ ($\frac23$ for the uniform distribution, $\frac12$ for SamplePairing) and the means stay, so the least-squares line with an intercept does not change at all.
- **Added: the penalty to second order.** With $d=x_b-x_a$, $\;P\approx\frac14\,\mathbb E[\varepsilon^2(1-\varepsilon)^2]\;\mathbb E[(f''d^2)^2]$; the first expectation is $\frac1{30}$ for the uniform distribution.
- Training in the plane, the linearity gap $\mathbb E\|f(\tilde x)-\varepsilon f(x_a)-(1-\varepsilon)f(x_b)\|$ and the comparison of CNNs are this project's: some dozens to hundreds of the 8×8 digits that scikit-learn brings along (UCI, Alpaydin and Kaynak), trained live; not the tasks that the post mentions, and nothing follows for large pictures and networks.
- Clothes (Fashion-MNIST): 500 or 2 000 training pictures, a small network of two convolutions, six ways of training with four seeds each, trained beforehand and tested on 10 000 pictures. Three networks ship, and no picture of the set: those of “Mix clothes” are redrawn from the codes of test pictures by the VAE of post 5887's page.
- Classes are learnt by cross-entropy with soft labels, which is linear in them: $\varepsilon\,\mathrm{CE}_a+(1-\varepsilon)\,\mathrm{CE}_b$.
- SamplePairing's paper turns it on and off in training and ends with it off; in «off at the end» here it is off for the first 10 % and the last 20 % of the steps, and on for 8 of every 10 steps between (a step takes all samples): lengths chosen here.
- Partners are drawn from all training samples. Tests are always on pictures that are not blended.
""",
)
METHOD_NAMES: Mapping[str, Text] = {
    "plain": t("不混合", "plain"),
    "pair": t("SamplePairing", "SamplePairing"),
    "pair-ends-off": t("SamplePairing，末段关", "SamplePairing, off at end"),
    "mixup-0.2": t("mixup α=0.2", "mixup α=0.2"),
    "mixup-1": t("mixup α=1", "mixup α=1"),
    "mixup-4": t("mixup α=4", "mixup α=4"),
}
BRIEF: Mapping[str, Text] = {
    "plain": t("不混合", "plain"),
    "pair": t("SP", "SP"),
    "pair-ends-off": t("SP 关", "SP off"),
    "mixup-0.2": t("α=0.2", "α=0.2"),
    "mixup-1": t("α=1", "α=1"),
    "mixup-4": t("α=4", "α=4"),
}
BLENDED: Mapping[str, Text] = {name: METHOD_NAMES[name] for name in METHOD_NAMES if name != "plain"}
KEPT: Mapping[str, Text] = {name: METHOD_NAMES[name] for name in ("pair", "mixup-1")}
KINDS: Mapping[str, Text] = {"mixup": t("mixup", "mixup"), "pair": t("SamplePairing", "SamplePairing")}
KIND, ALPHA = t("方法", "Method"), t("Beta(α, α) 的 α", "α of Beta(α, α)")
FUNCTION_NAMES: Mapping[str, Text] = {
    "line": t("直线 x/2 + 0.2", "the line x/2 + 0.2"),
    "quadratic": t("抛物线 x²/2", "the parabola x²/2"),
    "sine": t("正弦 sin(2x+1)", "the sine sin(2x+1)"),
    "exponential": t("指数 eˣ", "the exponential eˣ"),
    "softplus": t("光滑的 ReLU ln(1+e⁴ˣ)/4", "a smooth ReLU ln(1+e⁴ˣ)/4"),
}
SHAPE_NAMES: Mapping[str, Text] = {
    "moons": t("两弯月牙", "Two moons"),
    "circles": t("两个圆环", "Two circles"),
    "bars": t("两条横带（线性可分）", "Two bars (linear border)"),
}
