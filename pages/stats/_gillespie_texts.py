"""Texts of the Gillespie page: what its networks and species are called, the story of the post and what was changed."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.text import Text, t

__all__ = ["ABOUT", "CALLED", "CHANGES", "NAMES", "STORY"]

NAMES: Mapping[str, Text] = {
    "gene": t("基因表达（原文）", "Gene expression (the post)"),
    "immigration-death": t("迁入–死亡", "Immigration–death"),
    "birth-death": t("线性生灭", "Linear birth–death"),
    "dimerisation": t("二聚反应", "Dimerisation"),
    "schloegl": t("Schlögl 双稳态", "Schlögl"),
    "lotka-volterra": t("捕食者与猎物", "Lotka–Volterra"),
    "toggle": t("双稳开关", "Toggle switch"),
    "repressilator": t("抑制振荡子", "Repressilator"),
    "sir": t("SIR 传染病", "SIR epidemic"),
    "oregonator": t("Oregonator 振荡", "Oregonator"),
    "bursts": t("自调控基因的爆发", "Autoregulated gene with bursts"),
}
ABOUT: Mapping[str, Text] = {
    "gene": t(
        "原文的例子：mRNA 合成、翻译成蛋白质、各自降解。",
        "The post's example: mRNA is made, translated into protein, and both decay.",
    ),
    "immigration-death": t("最简单的例子：任何时刻都恰好服从泊松分布。", "The simplest: Poisson at every time."),
    "birth-death": t(
        "每个个体以 0.1 出生、0.11 死亡（SBML 随机测试集 001-01），种群终将灭绝。",
        "Each individual gives birth at 0.1 and dies at 0.11 (SBML stochastic test suite 001-01); extinction is certain.",
    ),
    "dimerisation": t(
        "2P ⇌ P₂：倾向函数中的 n(n−1)/2 正是原文漏掉的。",
        "2P ⇌ P₂: the n(n−1)/2 in its propensity is what the post left out.",
    ),
    "schloegl": t(
        "两个稳定状态，噪声使系统在其间跳转；速率方程永远看不到。",
        "Two stable states; noise makes it jump between them, which the rate equation never shows.",
    ),
    "lotka-volterra": t(
        "Wilkinson 的参数 1, 0.005, 0.6：振幅随机游走，总有一方先灭绝。",
        "Wilkinson's 1, 0.005, 0.6: the amplitude wanders until one side dies out.",
    ),
    "toggle": t("两个基因互相抑制：要么 u 多，要么 v 多。", "Two genes repress each other: either u is many or v is."),
    "repressilator": t(
        "三个基因首尾相抑（Elowitz & Leibler 2000，时间单位为 mRNA 寿命）。",
        "Three genes repress one another in a ring (Elowitz & Leibler 2000; time in mRNA lifetimes).",
    ),
    "sir": t(
        "100 人、R₀ = 1.5、一名感染者：约三分之二的疫情很快自行熄灭。",
        "100 people, R₀ = 1.5, one infected: about two outbreaks in three die out early.",
    ),
    "oregonator": t(
        "Gillespie 1977 的化学振荡：2, 0.1, 104, 0.016, 26。",
        "Gillespie's chemical clock of 1977: 2, 0.1, 104, 0.016, 26.",
    ),
    "bursts": t(
        "启动子时开时关，蛋白质抑制自己的启动子：分布远宽于泊松。",
        "The promoter flips on and off and its protein represses it: far wider than Poisson.",
    ),
}
CALLED: Mapping[str, Text] = {
    "m": t("mRNA m", "mRNA m"),
    "n": t("蛋白质 n", "protein n"),
    "p": t("蛋白质 p", "protein p"),
    "P": t("单体 P", "monomer P"),
    "P2": t("二聚体 P₂", "dimer P₂"),
    "prey": t("猎物", "prey"),
    "predator": t("捕食者", "predator"),
    "S": t("易感者 S", "susceptible S"),
    "I": t("感染者 I", "infected I"),
    "R": t("康复者 R", "recovered R"),
}
"""What the examples' species are, where their names do not say it."""

STORY = t(
    r"""
**问题。** 少量分子之间的反应是随机的：下一次反应何时发生、发生哪一个，都只能以概率回答。Gillespie 的直接法给出与化学主方程完全一致的样本路径，没有时间步长，也没有近似。

状态 $x$ 下，第 $j$ 个反应的倾向函数（质量作用律）为

$$a_j(x)=c_j\prod_i\binom{x_i}{s_{ij}},\qquad a_0(x)=\sum_j a_j(x),$$

其中 $s_{ij}$ 是反应物 $i$ 的化学计量数。下一次反应的等待时间与种类相互独立：

$$\tau\sim\mathrm{Exp}(a_0),\quad \tau=-\frac{\ln u_1}{a_0};\qquad P(j\mid x)=\frac{a_j(x)}{a_0(x)}.$$

概率分布 $p(x,t)$ 服从主方程（$\nu_j$ 为反应 $j$ 引起的变化）：

$$\frac{\partial p(x,t)}{\partial t}=\sum_j\big[a_j(x-\nu_j)\,p(x-\nu_j,t)-a_j(x)\,p(x,t)\big].$$

原文的例子是基因表达：$\varnothing\xrightarrow{20}m$，$m\xrightarrow{2.5}m+n$，$m\xrightarrow{1}\varnothing$，$n\xrightarrow{1}\varnothing$。其平稳分布中 $m$ 服从均值 20 的泊松分布，$n$ 的均值为 50，Fano 因子为 $1+2.5/2=2.25$。
""",
    r"""
**The question.** Reactions among few molecules are random: when the next one happens and which one it is can only be answered with probabilities. Gillespie's direct method draws paths whose distribution is exactly that of the chemical master equation, with no time step and no approximation.

In state $x$ reaction $j$ has, by mass action, the propensity

$$a_j(x)=c_j\prod_i\binom{x_i}{s_{ij}},\qquad a_0(x)=\sum_j a_j(x),$$

where $s_{ij}$ is the stoichiometry of reactant $i$. The waiting time and the kind of the next reaction are independent:

$$\tau\sim\mathrm{Exp}(a_0),\quad \tau=-\frac{\ln u_1}{a_0};\qquad P(j\mid x)=\frac{a_j(x)}{a_0(x)}.$$

The distribution $p(x,t)$ obeys the master equation ($\nu_j$ is the change that reaction $j$ makes):

$$\frac{\partial p(x,t)}{\partial t}=\sum_j\big[a_j(x-\nu_j)\,p(x-\nu_j,t)-a_j(x)\,p(x,t)\big].$$

The post's example is gene expression: $\varnothing\xrightarrow{20}m$, $m\xrightarrow{2.5}m+n$, $m\xrightarrow{1}\varnothing$, $n\xrightarrow{1}\varnothing$. In its stationary distribution $m$ is Poisson with mean 20; $n$ has mean 50 and Fano factor $1+2.5/2=2.25$.
""",
)
CHANGES = t(
    r"""
- 原文的倾向函数是速率乘以各反应物数目，未计入化学计量数：对 $2P\to P_2$ 用了 $n$ 而不是 $n(n-1)/2$，二聚反应 $t=10$ 时的均值会是 98.1 而不是 52.2。这里用组合数，并在「两处疏忽」一栏把两种算法并排。
- 原文的直方图按跳跃次数而不是按停留时间统计，蛋白质均值显示为 51.5（应为 50）。这里按时间加权，同一栏中可以切换。
- 原文的 Python 循环每秒约十万次反应；这里的内核由 numba 编译，一次推进多条轨迹。
""",
    r"""
- The post's propensity is the rate times the counts of the reactants and ignores stoichiometry: for $2P\to P_2$ it uses $n$ and not $n(n-1)/2$, which gives a mean of 98.1 and not 52.2 in the dimerisation at $t=10$. Here it is the binomial coefficient; the tab "Two slips" shows both side by side.
- The post's histogram counts jumps and not the time spent, so the protein's mean reads 51.5 (it is 50). Here time is the weight; the same tab switches between the two.
- The post's Python loop makes about a hundred thousand reactions a second; here a kernel compiled by numba advances many trajectories at once.
""",
)
