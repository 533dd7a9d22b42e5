"""VAE-2: from Bayes' side (post 5343)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import choice, seed, slider
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.shared.digits import Held
from pages.vae import _vae_bayes_facts as facts
from pages.vae import _vae_bayes_figures as pictures
from pages.vae._vae_bayes_inputs import EVERY, MODEL, TWO
from pages.vae._vae_bayes_texts import CHANGES, STORY

if TYPE_CHECKING:
    from core.vae.vae_bayes.joint import Joint
    from core.vae.vae_bayes.views import Balance as Balanced
    from core.vae.vae_bayes.views import Clouds, Rivals
    from core.vae.vae_bayes.views import Dimensions as Entries
    from core.vae.vae_bayes.views import Importance as Bounds

FACTS = outputs.metrics("facts")
THREE = ("learned", "bernoulli", "mean")
RIVALS = (t("高斯", "Gaussian"), t("伯努利", "Bernoulli"), t("取平均", "mean"))


class Balance(Tab):
    label = t("平衡", "Balance")
    question = t(
        "平方误差的系数就是 1/(2σ²)：σ² 太小，采样出洞；太大，一片模糊。学出来的 σ² 落在哪里？",
        "The squared error weighs 1/(2σ²): too small a σ² leaves holes, too large blurs. Where does a learned one fall?",
    )
    outputs = (
        outputs.figure("balance", height=760),
        outputs.images("rows", t("从上到下：原图，固定 σ² 的重构，学出的 σ² 的重构，固定 σ² 的采样，学出的 σ² 的采样（同样的编码）", "Top to bottom: digits; redrawn with σ² fixed, learned; samples with σ² fixed, learned (same codes)"), height=300),
        FACTS,
    )  # fmt: skip
    tries = (
        Try(
            t("σ² = 1：KL 不到 8 nat，一片模糊", "σ² = 1: under 8 nats of KL, and all is blurred"),
            {"variance": 1.0},
            lambda y: y.fixed.rate < 8 and y.fixed.sharp < 0.7 * y.learned.sharp,
        ),
        Try(
            t(
                "σ² = 0.001：KL 上百 nat，采样离真图更远",
                "σ² = 0.001: over 100 nats of KL, samples further from digits",
            ),
            {"variance": 0.001},
            lambda y: y.fixed.rate > 100 and y.fixed.distance > 1.2 * y.learned.distance,
        ),
    )

    variance: float = slider(
        0.08, 0.001, 1.0, log=True, label=t("σ²（取最近的已训练模型）", "σ² (nearest trained model)")
    )
    seed: int = seed(1)

    def compute(self) -> Balanced:
        from core.vae.vae_bayes.views import balance

        return balance(self.variance, self.seed)

    def show(self, y: Balanced, say: Say) -> Mapping[str, Any]:
        count = 12
        rows = (y.pictures, y.again[0], y.again[1], y.samples[0], y.samples[1])
        return {
            "balance": pictures.balance(y, say),
            "rows": outputs.Grid([picture for row in rows for picture in row[:count]], count),
            "facts": facts.balance_facts(y, say),
        }


class JointKL(Tab):
    slug = "joint-kl"
    label = t("联合 KL", "Joint KL")
    question = t(
        "最小化两个联合分布的 KL，为什么就是在训练 VAE？每一部分是什么？",
        "Why does minimising the KL of two joints train a VAE, and what is each part of it?",
    )
    outputs = (outputs.figure("joint", height=430), FACTS)
    tries = (
        Try(
            t(
                "半步 1 次：编码器换成真后验，缺口归零",
                "One half-step: the encoder is the true posterior, no gap is left",
            ),
            {"steps": 1},
            lambda y: y.parts[-1].posterior < 1e-12 and y.parts[-1].total < y.parts[0].total,
        ),
        Try(
            t("半步 20 次：q(x) 与数据几乎重合", "Twenty half-steps: q(x) and the data nearly coincide"),
            {"steps": 20},
            lambda y: y.parts[-1].total < 1e-3,
        ),
        Try(
            t("σ² = 0.1：只看重构，损失反而大", "σ² = 0.1: reconstruction rules, and the loss is larger"),
            {"sigma2": 0.1},
            lambda y: y.parts[-1].loss > 2.5,
        ),
    )

    a: float = slider(
        0.3, -1.5, 1.5, step=0.05, label=t("编码器 p(z|x) = N(a x, τ²) 的 a", "a of the encoder p(z|x) = N(a x, τ²)")
    )
    tau2: float = slider(0.3, 0.05, 2.0, log=True, label=t("编码器的 τ²", "τ² of the encoder"))
    w: float = slider(
        1.2, -1.5, 1.5, step=0.05, label=t("解码器 q(x|z) = N(w z, σ²) 的 w", "w of the decoder q(x|z) = N(w z, σ²)")
    )
    sigma2: float = slider(0.3, 0.05, 4.0, log=True, label=t("解码器的 σ²", "σ² of the decoder"))
    steps: int = slider(
        0, 0, 20, label=t("交替最优的半步数（先编码器）", "Half-steps, each to the best (encoder first)"), play=True
    )

    def compute(self) -> Joint:
        from core.vae.vae_bayes.joint import Model, joint

        return joint(Model(self.a, self.tau2, self.w, self.sigma2), self.steps)

    def show(self, y: Joint, say: Say) -> Mapping[str, Any]:
        return {"joint": pictures.joint(y, say), "facts": facts.joint_facts(y, say)}


class Likelihood(Held):
    label = t("MSE 还是交叉熵", "MSE or cross-entropy")
    question = t(
        "同样的数字、同样的网络：平方误差还是交叉熵？求和还是求平均？",
        "The same digits and networks: squared error or cross-entropy, sum or mean?",
    )
    outputs = (
        outputs.figure("rivals", height=380),
        outputs.images("pictures", t("原图，与各模型的重构", "The digit, and each model's reconstruction"), height=110),
        outputs.images("samples", t("同样的编码画出的样本，一行一个模型", "Samples of the same codes, one row a model"), height=240),
        FACTS,
    )  # fmt: skip
    tries = (
        Try(
            t(
                "100 个数字：取平均的模型，平方误差是另两个的两倍以上",
                "Over 100 digits the mean's squared error is over twice the others'",
            ),
            {"picture": "example:digit-0"},
            lambda y: y.squares[2] > 2 * max(y.squares[:2]),
        ),
    )

    seed: int = seed(1)

    def compute(self) -> Rivals:
        from core.data.datasets import held_out
        from core.vae.vae_bayes.views import rivals

        return rivals(THREE, self.picture if self.source == "picture" else held_out("mnist28", self.number), self.seed)

    def show(self, y: Rivals, say: Say) -> Mapping[str, Any]:
        names = [say(name) for name in RIVALS]
        captions = [names[k] if j == 0 else "" for k in range(len(names)) for j in range(len(y.samples[0]))]
        return {
            "rivals": pictures.rivals(y, names, say),
            "pictures": outputs.Grid([y.picture, *y.again], len(names) + 1, [say("原图", "digit"), *names]),
            "samples": outputs.Grid([one for row in y.samples for one in row], len(y.samples[0]), captions),
            "facts": facts.rival_facts(y, say),
        }


class OneSample(Tab):
    label = t("采样一个够不够", "Is one sample enough?")
    question = t(
        "每张图只采一个 z，梯度会不会太吵？与换一批数据相比呢？",
        "With one z a picture, is the gradient too noisy? Compared with another batch of data?",
    )
    outputs = (outputs.figure("clouds", height=430), FACTS)
    live = False
    tries = (
        Try(
            t(
                "伯努利：ε 的散布比换批还大，50 个采样才压下去",
                "Bernoulli: ε scatters more than batches do; 50 samples bring it down",
            ),
            {"model": "bernoulli"},
            lambda y: y.scatters[0].ratio > 1 and y.scatters[2].ratio < y.scatters[0].ratio / 3,
        ),
        Try(
            t("σ² 学出、没训练过：ε 的散布也小于批间", "Learned σ², untrained: ε too scatters less than batches do"),
            {"network": "untrained"},
            lambda y: y.scatters[0].ratio < 1,
        ),
    )

    model: str = choice("learned", TWO, label=MODEL)
    network: str = choice(
        "trained",
        {"trained": t("训练过的", "Trained"), "untrained": t("没训练过的", "Untrained")},
        label=t("网络", "Network"),
    )
    seed: int = seed(1)

    def compute(self) -> Clouds:
        from core.vae.vae_bayes.views import clouds

        return clouds(self.model, self.network == "trained", self.seed)

    def show(self, y: Clouds, say: Say) -> Mapping[str, Any]:
        return {"clouds": pictures.clouds(y, say), "facts": facts.cloud_facts(y, say)}


class Importance(Held):
    label = t("更紧的界", "Tighter bounds")
    question = t(
        "多采几个 z 再取平均，界能紧多少？",
        "How much tighter is the bound when several z are averaged inside the logarithm?",
    )
    outputs = (outputs.figure("bounds", height=400), FACTS)
    tries = (
        Try(
            t("数字 1：512 个采样，紧了 10 nat 以上", "The digit 1: 512 samples are over 10 nats tighter"),
            {"picture": "example:digit-1"},
            lambda y: y.bounds[-1] - y.bounds[0] > 10,
        ),
        Try(
            t("伯努利模型：只紧了几个 nat", "The Bernoulli model: a few nats tighter"),
            {"model": "bernoulli"},
            lambda y: 1 < y.bounds[-1] - y.bounds[0] < 10,
        ),
    )

    model: str = choice("learned", EVERY, label=MODEL)
    seed: int = seed(1)

    def compute(self) -> Bounds:
        from core.data.datasets import held_out
        from core.vae.vae_bayes.views import importance_of

        picture = self.picture if self.source == "picture" else held_out("mnist28", self.number)
        return importance_of(self.model, picture, self.seed)

    def show(self, y: Bounds, say: Say) -> Mapping[str, Any]:
        return {"bounds": pictures.importance(y, say), "facts": facts.bound_facts(y, say)}


class Dimensions(Held):
    label = t("每一维", "Dimensions")
    question = t(
        "20 维编码，哪些维真的在用？动一动会怎样？",
        "Of twenty entries of the code, which are in use, and what do they move?",
    )
    outputs = (
        outputs.figure("entries", height=380),
        outputs.images("sweeps", t("上：动所选的维，−3 到 3；下：动 KL 最小的维", "Above: the entry chosen, from −3 to 3; below: that with the least KL"), height=200),
        FACTS,
    )  # fmt: skip
    tries = (
        Try(
            t("σ² = 1：二十维合计不到 8 nat", "σ² = 1: all twenty hold under 8 nats"),
            {"model": "sigma-1.0"},
            lambda y: y.divergences.sum() < 8,
        ),
        Try(
            t("σ² = 0.001：二十维全用上", "σ² = 0.001: all twenty are used"),
            {"model": "sigma-0.001"},
            lambda y: y.active == 20,
        ),
    )

    model: str = choice("sigma-0.08", EVERY, label=MODEL)
    place: int = slider(1, 1, 20, label=t("动第几强的维", "Entry to move, by KL"), play=True)

    def compute(self) -> Entries:
        from core.data.datasets import held_out
        from core.vae.vae_bayes.views import dimensions

        picture = self.picture if self.source == "picture" else held_out("mnist28", self.number)
        return dimensions(self.model, picture, self.place)

    def show(self, y: Entries, say: Say) -> Mapping[str, Any]:
        steps = [f"{step:+.2g}" for step in y.steps]
        return {
            "entries": pictures.dimensions(y, self.place, say),
            "sweeps": outputs.Grid([*y.strong, *y.weak], len(y.steps), [*steps, *steps]),
            "facts": facts.entry_facts(y, say),
        }


POST = Post(
    id=5343,
    title=t("变分自编码器（二）：从贝叶斯观点出发", "Variational autoencoders (2): from the Bayesian point of view"),
    date=datetime.date(2018, 3, 28),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Kingma and Welling 2013, Auto-Encoding Variational Bayes", "https://arxiv.org/abs/1312.6114"),
        ("Burda, Grosse and Salakhutdinov 2015, Importance Weighted Autoencoders", "https://arxiv.org/abs/1509.00519"),
        ("Rybkin, Daniilidis and Levine 2020, Simple and Effective VAE Training with Calibrated Decoders", "https://arxiv.org/abs/2006.13202"),
        ("Alemi et al. 2017, Fixing a Broken ELBO", "https://arxiv.org/abs/1711.00464"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("VAE（二）：两个联合分布", "VAE 2: two joint distributions"),
    summary=t(
        "从联合 KL 出发：平方误差的系数就是 1/(2σ²)，拖动 σ² 看模糊与空洞；MSE 还是交叉熵；采样一个够不够。",
        "From the joint KL: the squared error weighs 1/(2σ²), drag σ² from blur to holes; MSE or cross-entropy; whether one sample is enough.",
    ),
    post=POST,
    tabs=(Balance, JointKL, Likelihood, OneSample, Importance, Dimensions),
    added=datetime.date(2026, 11, 27),
    weights=tuple(f"vae-bayes-{key}-mnist28" for key in (*EVERY, "mean")),
)
