"""Texts of the page on the energy view of GANs: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**挖坑与跳坑。** 给每个样本一个能量 $U(x)$，像一片起伏的地形：真样本应当待在坑里。判别器负责“挖坑”，把真样本处的 $U$ 压低，把假样本处的抬高；生成器负责“跳坑”，让假样本顺着坡滚进坑里。两者轮流进行，就是 GAN：

$$\theta:\ \min\ \mathbb E_{x\sim p}U_\theta(x)-\mathbb E_{z}U_\theta(G(z))+\lambda\,\mathbb E_{x\sim p}\|\nabla_xU_\theta(x)\|^2$$

$$\varphi:\ \min\ \mathbb E_{z}U_\theta(G_\varphi(z))-H(G(z))$$

**从概率看。** 令 $q_\theta(x)=e^{-U_\theta(x)}/Z$，则 $\nabla_\theta\,\mathbb E_p[-\log q_\theta]=\mathbb E_p\nabla_\theta U-\mathbb E_{q_\theta}\nabla_\theta U$。从 $q_\theta$ 采样很难，便以生成器的样本代替；而 $KL(q_\varphi\|q_\theta)$ 正给出生成器的损失。

**梯度惩罚。** 以 0 为中心、只在真样本上的惩罚，意思是让真样本落在坑底：坑底的梯度为零。

**优化器。** 动量大，假样本会越过最近的坑，多样性因而受损；一开始挤在一处的假样本容易一起掉进同一个坑，也就是坍缩。熵 $H$ 让它们散开。

**采样。** 有了能量，还可以在隐变量上做 Langevin 采样：$z_{t+1}=z_t-\frac{\varepsilon}{2}\nabla_zU(G(z_t))+\sqrt{\varepsilon}\,\alpha$；MALA 再以概率 $\min\{1,\ \pi(\tilde z)q(z|\tilde z)/(\pi(z)q(\tilde z|z))\}$ 接受它。
""",
    r"""
**Dig and jump.** Give every sample an energy $U(x)$, a landscape in which real samples should lie in pits. The critic digs: it lowers $U$ at real samples and lifts it at generated ones. The generator jumps: its samples roll down into the pits. In turn, the two are a GAN:

$$\theta:\ \min\ \mathbb E_{x\sim p}U_\theta(x)-\mathbb E_{z}U_\theta(G(z))+\lambda\,\mathbb E_{x\sim p}\|\nabla_xU_\theta(x)\|^2$$

$$\varphi:\ \min\ \mathbb E_{z}U_\theta(G_\varphi(z))-H(G(z))$$

**As probabilities.** With $q_\theta(x)=e^{-U_\theta(x)}/Z$ one has $\nabla_\theta\,\mathbb E_p[-\log q_\theta]=\mathbb E_p\nabla_\theta U-\mathbb E_{q_\theta}\nabla_\theta U$. Sampling from $q_\theta$ is hard, so samples of the generator stand in; and $KL(q_\varphi\|q_\theta)$ gives the generator's loss.

**The gradient penalty**, centred at 0 and on real samples alone, puts real samples at the bottoms of pits: there the gradient is zero.

**The optimiser.** With large momentum, generated samples skip the nearest pit, and diversity is lost; those that begin crowded together easily fall into one pit together, which is collapse. The entropy $H$ spreads them.

**Sampling.** With an energy one can also sample in latent space by Langevin steps, $z_{t+1}=z_t-\frac{\varepsilon}{2}\nabla_zU(G(z_t))+\sqrt{\varepsilon}\,\alpha$, which MALA accepts with probability $\min\{1,\ \pi(\tilde z)q(z|\tilde z)/(\pi(z)q(\tilde z|z))\}$.
""",
)

CHANGES = t(
    r"""
- 故事合述能量视角的头两篇（6316 与 6331）。平面沙盘、动量的测量、两点博弈与采样器的比较，都是本页所加。
- 熵 $H$ 用 InfoGAN 式的下界代替，差一个常数就是 $-\mu\|z-E(G(z))\|^2$；$U$ 的网络用 tanh，因为分段线性的网络只有折痕，没有坑底。
- 沙盘中每步挖一次、跳一次，学习率线性降到 2 %，样本取自生成器参数的滑动平均；β₁ 对所有网络一视同仁。
- 两点博弈用原作者另一篇（6583）脚本的方程与初值；其中 GAN-QP 的脚本除以 $|\phi|$，按推导应为 $d=|\theta|$，两种都给出。守恒量 $\phi_1\theta_2-\phi_2\theta_1$ 是本页所加。
- 文中的提议密度写的是 $\varepsilon\nabla$ 配 $1/(2\varepsilon)$，少了 ½。这里用自洽的 $\exp(-\|z'-z+\frac12\varepsilon\nabla U\|^2/(2\varepsilon))$，并把少 ½ 的放在旁边比较。
- 采样在一维解析的 $U(z)$ 上比较。把 $e^{-U(G(z))}$ 当作 $z$ 的密度只是启发式的：仅当 $|\det J_G|=1$ 时准确，而且没有计入先验 $\mathcal N(0,I)$。
""",
    r"""
- The story sums up the first two posts on energies (6316 and 6331). The sandbox, the measured momentum, the games of two points and the comparison of samplers are added here.
- The entropy $H$ is replaced by its lower bound as in InfoGAN, $-\mu\|z-E(G(z))\|^2$ up to a constant; the network of $U$ has tanh units, because a piecewise linear one has creases where pits should have bottoms.
- In the sandbox each step digs once and jumps once, the learning rate falls linearly to 2 %, and samples are drawn with a moving average of the generator's parameters; β₁ is that of every network.
- The games of two points have the equations and the start of the author's script for another post (6583); for GAN-QP the script divides by $|\phi|$ where the derivation gives $d=|\theta|$, and both are offered. The conserved area $\phi_1\theta_2-\phi_2\theta_1$ is added.
- The posts' proposal density has $\varepsilon\nabla$ with $1/(2\varepsilon)$, a ½ short. Here it is the consistent $\exp(-\|z'-z+\frac12\varepsilon\nabla U\|^2/(2\varepsilon))$, with the other beside it.
- Samplers are compared on analytic energies $U(z)$ on the line. To take $e^{-U(G(z))}$ as a density of $z$ is a heuristic: exact only where $|\det J_G|=1$, and without the prior $\mathcal N(0,I)$.
""",
)
