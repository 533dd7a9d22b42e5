"""The figures in words under each tab on VAE-2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gallery.outputs import Metric
from gallery.page import Say

if TYPE_CHECKING:
    from core.vae.vae_bayes.joint import Joint
    from core.vae.vae_bayes.views import Balance, Clouds, Dimensions, Importance, Rivals


def balance_facts(y: Balance, say: Say) -> list[Metric]:
    """The model of the σ² asked for beside that of the learned one."""
    one, own = y.fixed, y.learned
    either = say("固定 / 学出；留出的 MNIST", "fixed / learned; held-out MNIST")
    return [
        Metric(say("界 −ln q(x) ≤", "Bound on −ln q(x)"), f"{one.bound:.0f} / {own.bound:.0f}", either),
        Metric(say("学出的 σ² / 平方误差", "Learned σ² / squared error"), f"{own.variance:.4f} / {own.distortion:.4f}", say("最优时相等", "equal at the optimum")),
        Metric(say("重构的清晰度", "Sharpness of reconstructions"), f"{one.sharp:.2f} / {own.sharp:.2f}", say("原图 = 1", "the digits = 1")),
        Metric(say("在用的维数", "Entries in use"), f"{one.active} / {own.active}", say("共 20 维", "of 20")),
    ]  # fmt: skip


def joint_facts(y: Joint, say: Say) -> list[Metric]:
    """The loss, what it bounds, and where both sides are."""
    m, parts = y.models[-1], y.parts[-1]
    return [
        Metric(say("损失", "Loss"), f"{parts.loss:.4f}", say("= E[−ln q(x|z)] + E KL(p(z|x)‖q(z))", "= E[−ln q(x|z)] + E KL(p(z|x)‖q(z))")),
        Metric("E[−ln q(x)]", f"{parts.negative_log_likelihood:.4f}", say(f"损失是它的上界，差 {parts.posterior:.4f}", f"the loss is above it by {parts.posterior:.4f}")),
        Metric(say("KL 项 = 互信息 + KL(p(z)‖q(z))", "KL term = information + KL(p(z)‖q(z))"), f"{parts.mutual:.4f} + {parts.codes:.4f}", f"= {parts.rate:.4f}"),
        Metric(say("现在的 a、τ²、w、σ²", "a, τ², w, σ² now"), f"{m.a:.3f}, {m.tau2:.3f}, {m.w:.3f}, {m.sigma2:.3f}", say("w² + σ² = 1 时 q(x) = p̃(x)", "q(x) = p̃(x) where w² + σ² = 1")),
    ]  # fmt: skip


def rival_facts(y: Rivals, say: Say) -> list[Metric]:
    """Samples and bounds of a Gaussian and a Bernoulli decoder, and what became of the mean."""
    gaussian, cross, mean = y.cards
    return [
        Metric(say("采样的特征距离", "Feature distance of samples"), f"{gaussian.distance:.1f} / {cross.distance:.1f}", say("高斯 / 伯努利，模型卡", "Gaussian / Bernoulli, cards")),
        Metric(say("两种界", "Their bounds"), f"{gaussian.bound:.0f} / {cross.bound:.0f}", say("不可相比：前者是密度", "do not compare: the first is of a density")),
        Metric(say("像素改用 0…255 计，前者变为", "Counted in 0…255 the first is"), f"{y.in_grey_levels:.0f}", say("加 784 ln 255；模型没变", "784 ln 255 more; the same model")),
        Metric(say("取平均的 KL", "KL of the mean"), f"{mean.rate:.2g}", say("nat / 图：编码已无用", "nats a picture: the code is unused")),
    ]  # fmt: skip


def cloud_facts(y: Clouds, say: Say) -> list[Metric]:
    """How far ε scatters the gradient with each number of samples, here and on MNIST."""
    found = [
        Metric(say(f"K = {k}：ε 的散布 / 批间散布", f"K = {k}: by ε / by batches"), f"{s.ratio:.3f}", say(f"100 张抵 K = ∞ 的 {100 * s.worth:.0f} 张", f"100 pictures as {100 * s.worth:.0f} with K = ∞"))
        for k, s in zip(y.ks, y.scatters, strict=True)
    ]  # fmt: skip
    name, note = say("MNIST，K = 1", "MNIST, K = 1"), say("训练好的网络，模型卡", "trained network, card")
    return [*found, Metric(name, f"{y.card:.3f}", note)]


def bound_facts(y: Importance, say: Say) -> list[Metric]:
    """Both ends of the bounds, and how many samples count."""
    return [
        Metric(say("L₁（VAE 的界）", "L₁, the VAE's"), y.bounds[0], say("nat，这张图", "nats, this digit")),
        Metric("L₅₁₂", y.bounds[-1], f"± {2 * y.errors[-1]:.1f}"),
        Metric(say("有效采样的比例", "Effective share of samples"), f"{y.effective:.2%}", say("(Σw)²/(NΣw²)；1 表示后验精确", "(Σw)²/(NΣw²); 1 for an exact posterior")),
    ]  # fmt: skip


def entry_facts(y: Dimensions, say: Say) -> list[Metric]:
    """Entries in use, and what two of them move."""
    return [
        Metric(say("在用的维数", "Entries in use"), y.active, say("μ 的方差 > 0.01", "variance of μ > 0.01")),
        Metric(say("所选的维让像素动了", "The entry chosen moves pixels by"), f"{y.moved[0]:.3f}", say("从 −3 到 3，均方根", "from −3 to 3, root mean square")),
        Metric(say("最弱的维让像素动了", "The weakest entry by"), f"{y.moved[1]:.3f}", say("没在用的维什么也不动", "nothing moves where it is unused")),
    ]  # fmt: skip
