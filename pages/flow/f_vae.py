"""f-VAE: a VAE with a flow inside, beside the VAE without it and Glow (post 5977)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import figures, outputs
from gallery.inputs import ImageValue, choice, seed, slider, toggle
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.shared import morph as shared
from pages.shared.morph import SOURCES, Morph, Space, number_of, portrait

if TYPE_CHECKING:
    from core.flow import f_vae_views as views
    from core.morphing import Morphing

SPACES: Mapping[str, Space] = {
    "f-vae": Space("f-vae-toonfaces64", t("f-VAE", "f-VAE"), "toonfaces64"),
    "vae": Space("vae-toonfaces64", t("VAE（f-VAE 去掉流）", "VAE (f-VAE without its flow)"), "toonfaces64"),
    "glow": Space("glow-toonfaces64", t("Glow（E = G = 恒等）", "Glow (E = G = id)"), "toonfaces64"),
}
NAMES = tuple(space.weights for space in SPACES.values())
MODELS, MODEL = {name: space.label for name, space in SPACES.items()}, t("模型", "Model")
FLOWS = {name: label for name, label in MODELS.items() if name != "vae"}
LADDER = (0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2)
TEMPERATURE = t("温度 T", "Temperature T")
BACK = t(
    "1 才能回到两端的原图；随机编码常取 0.8", "1 leads back to the two pictures; random codes are usually taken at 0.8"
)
COLUMNS = 8
ROW = 104  # pixels of a row of pictures in a figure
FACTS = outputs.metrics("facts")
WALL = outputs.images("wall", t("这一温度下的样本", "Samples at this temperature"), height=120)
MEASURES = {
    "parameters": t("参数", "parameters"),
    "training petaflop": t("训练运算 (PFLOP)", "operations of training (PFLOP)"),
    "held-out bits/dim": t("留出图 bits/dim 上界（越小越好）", "held-out bits/dim, bound (less is better)"),
    "reconstruction ratio": t("重建误差比（越小越好）", "reconstruction ratio (less is better)"),
    "pair diversity": t("样本多样性（真图 = 1）", "diversity of samples (real = 1)"),
    "feature distance (own classifier)": t(
        "样本与真图的特征距离（越小越好）", "feature distance of samples (less is better)"
    ),
    "1-NN accuracy, real against samples": t(
        "真假的最近邻正确率（0.5 最好）", "1-NN accuracy, real or sample (0.5 is best)"
    ),
}
SHORT = {
    "held-out bits/dim": t("似然", "likelihood"),
    "reconstruction ratio": t("重建", "reconstruction"),
    "pair diversity": t("多样性", "diversity"),
    "feature distance (own classifier)": t("特征距离", "feature distance"),
    "1-NN accuracy, real against samples": t("最近邻难辨", "1-NN accuracy"),
}


class Ends(Tab):
    """The model, and the two ends of an interpolation."""

    model: str = choice("f-vae", MODELS, label=MODEL)
    left: str = choice("picture", SOURCES, label=shared.LEFT)
    left_picture: ImageValue = portrait("portrait-01", shared.LEFT_PICTURE, left="picture")
    left_number: int = number_of(3, shared.LEFT_NUMBER, "left")
    right: str = choice("picture", SOURCES, label=shared.RIGHT)
    right_picture: ImageValue = portrait("portrait-02", shared.RIGHT_PICTURE, right="picture")
    right_number: int = number_of(4, shared.RIGHT_NUMBER, "right")


class Interpolate(Morph, Ends):
    question = t("一张头像怎样一步步变成另一张？", "How does one portrait become another, step by step?")
    tries = (
        Try(
            t("去掉流：途中几乎只是两张图叠在一起", "Without the flow: little but a cross-fade of the two pictures"),
            {"model": "vae"},
            lambda y: y.crossfade < 0.02,
        ),
        Try(
            t("Glow：两端一字不差，处处可逆", "Glow: both ends exact, it is invertible everywhere"),
            {"model": "glow"},
            lambda y: max(y.errors) == 0,
        ),
    )

    path: str = choice("lerp", shared.PATHS, label=t("路径", "Path"))
    temperature: float = slider(1.0, 0.0, 1.2, step=0.05, label=t("乘在编码上", "Factor of the code"), help=BACK)

    def compute(self) -> Morphing:
        from core import morphing
        from core.weights import load

        model = load(SPACES[self.model].weights)
        if self.left == "picture":
            left = morphing.picture_end(model, self.left_picture)
        else:
            left = morphing.numbered_end(model, self.left, self.left_number, SPACES[self.model].data)
        if self.right == "picture":
            right = morphing.picture_end(model, self.right_picture)
        else:
            right = morphing.numbered_end(model, self.right, self.right_number, SPACES[self.model].data)
        return morphing.morphing(model, left, right, self.frames, self.path, self.temperature, self.seed)


class Temperature(Tab):
    label = t("温度", "Temperature")
    question = t("同一个编码，温度高低有什么分别？", "One code: what does the temperature change?")
    outputs = (outputs.images("one", height=120), WALL, FACTS)
    tries = (
        Try(
            t("T = 0：所有编码都是同一张图", "T = 0: every code is the same picture"),
            {"temperature": 0.0},
            lambda y: y.apart == 0,
        ),
        Try(
            t("去掉流：从 T = 0 到 1 几乎不变", "Without the flow: from T = 0 to 1 hardly anything changes"),
            {"model": "vae"},
            lambda y: y.grown < 0.1,
        ),
        Try(
            t("Glow，T = 1：样本之间的差异与真图相当", "Glow, T = 1: samples differ as much as real pictures"),
            {"model": "glow", "temperature": 1.0},
            lambda y: 0.8 < y.apart < 1.25,
        ),
    )

    model: str = choice("f-vae", MODELS, label=MODEL)
    temperature: float = slider(0.8, 0.0, 1.2, step=0.05, label=TEMPERATURE, help=t("原文用 0.8", "the post uses 0.8"))
    seed: int = seed(3)

    def compute(self) -> views.Temperatures:
        from core.flow.f_vae_views import temperatures
        from core.weights import load

        name = SPACES[self.model].weights
        return temperatures(load(name), name, self.seed, COLUMNS, self.temperature, LADDER)

    def show(self, y: views.Temperatures, say: Say) -> Mapping[str, Any]:
        real = say("随机两张真图之差为 1", "two random real pictures are 1 apart")
        return {
            "one": outputs.Grid(list(y.one), columns=len(y.one), captions=[f"T = {T:g}" for T in LADDER]),
            "wall": outputs.Grid(list(y.wall), columns=COLUMNS),
            "facts": [
                Metric(say("这一温度下样本两两之差", "Distance of two samples here"), y.apart, real),
                Metric(say("同一编码，T = 0 与 T = 1 之差", "One code, from T = 0 to T = 1"), y.grown, real),
            ],
        }


class Compare(Tab):
    label = t("三个模型，一个编码", "Three models, one code")
    question = t("参数和训练代价都相同，谁画得好？", "At equal parameters and training cost, who draws best?")
    outputs = (outputs.figure("rows"), outputs.table("card", t("模型卡上的数字", "What their cards say")))
    tries = (
        Try(
            t("重建：Glow 与原图一字不差", "Reconstructions: Glow gives every picture back exactly"),
            {"what": "reconstructions"},
            lambda y: (y.rows[2] == y.pictures).all(),
        ),
        Try(
            t(
                "插值：去掉流的 VAE 最像两张图叠影",
                "Interpolation: the VAE without the flow is nearest to a cross-fade",
            ),
            {"what": "interpolation"},
            lambda y: min(y.crossfades) == y.crossfades[1] < 0.02,
        ),
        Try(
            t("T = 0：每个模型只剩一张“平均脸”", "T = 0: of every model one “average face” is left"),
            {"temperature": 0.0},
            lambda y: (y.rows == y.rows[:, :1]).all(),
        ),
    )

    what: str = choice(
        "samples",
        {
            "samples": t("采样", "Samples"),
            "reconstructions": t("重建", "Reconstructions"),
            "interpolation": t("插值", "Interpolation"),
        },
        label=t("看什么", "What"),
    )
    temperature: float = slider(1.0, 0.0, 1.2, step=0.05, label=TEMPERATURE, shown_when={"what": "samples"})
    first: ImageValue = portrait("portrait-05", t("从这张", "From this"), what="interpolation")
    second: ImageValue = portrait("portrait-06", t("到这张", "To this"), what="interpolation")
    seed: int = seed(1)

    def compute(self) -> views.Comparison:
        from core.flow.f_vae_views import compared_interpolations, compared_reconstructions, compared_samples

        if self.what == "samples":
            return compared_samples(NAMES, self.seed, COLUMNS, self.temperature)
        if self.what == "reconstructions":
            return compared_reconstructions(NAMES, self.seed, COLUMNS)
        return compared_interpolations(NAMES, self.first, self.second, COLUMNS)

    def show(self, y: views.Comparison, say: Say) -> Mapping[str, Any]:
        names = [say(label) for label in MODELS.values()]
        won = [
            say("、", ", ").join(say(SHORT[key]) for key, k in y.winners.items() if k == i) for i in range(len(names))
        ]
        best = [say(f"{name} 胜在{wins}", f"{name} wins {wins}") for name, wins in zip(names, won, strict=True) if wins]
        verdict = say("；", "; ").join(best)
        rows = [([row], name) for row, name in zip(y.rows, names, strict=True)]
        if y.pictures is not None:
            rows = [([y.pictures], say("原图", "Pictures")), *rows]
        table = {say("指标", "measure"): [say(text) for text in MEASURES.values()]}
        table |= {name: [card[key] for key in MEASURES] for name, card in zip(names, y.cards, strict=True)}
        wins = [names[y.winners[key]] if key in y.winners else "–" for key in MEASURES]
        return {
            "rows": _rows(verdict, rows),
            "card": outputs.Table({**table, say("最好", "best"): wins}),
        }


class Levels(Tab):
    label = t("流做了什么", "What the flow does")
    question = t(
        "每一层的隐变量管什么？F 前后的分布有何不同？",
        "What does the latent of each level hold, and what does F do to the distribution?",
    )
    outputs = (outputs.figure("rows", height=620), FACTS, outputs.figure("moments", height=380))
    tries = (
        Try(
            t(
                "T = 0：最粗一层抹成零，八张都是同一张脸",
                "T = 0: with the coarsest level at zero all eight are one face",
            ),
            {"temperature": 0.0},
            lambda y: (y.rows[-1] == y.rows[-1][:1]).all(),
        ),
        Try(
            t("Glow：细的三层合起来也不到最粗一层的十分之一", "Glow: the three finer levels change less than a tenth"),
            {"model": "glow"},
            lambda y: sum(y.changes[:-1]) < 0.1 * y.changes[-1],
        ),
    )

    model: str = choice("f-vae", FLOWS, label=MODEL)
    picture: ImageValue = portrait("portrait-01", shared.PICTURE)
    temperature: float = slider(0.8, 0.0, 1.2, step=0.05, label=TEMPERATURE)
    seed: int = seed(1)

    def compute(self) -> views.Levels:
        from core.flow.f_vae_views import levels
        from core.weights import load

        name = SPACES[self.model].weights
        return levels(load(name), name, self.picture, self.temperature, self.seed, COLUMNS)

    def show(self, y: views.Levels, say: Say) -> Mapping[str, Any]:
        changes, (before, after) = [f"{change:.1%}" for change in y.changes], y.variances
        finer = say("、", ", ").join(changes[:-1])
        verdict = say(
            f"最粗一层定了画面：重抽它，图变了随机两图之差的 {changes[-1]}；更细的各层只变 {finer}",
            f"The coarsest level decides: resampled, it moves the picture by {changes[-1]} of a random pair's distance; "
            f"the finer ones by {finer}",
        )
        names = [
            say(
                f"重抽第 {k + 1} 层（{size} 个数）；下：与重建之差 ×{factor}",
                f"level {k + 1} resampled ({size} numbers); below: difference from the reconstruction ×{factor}",
            )
            for k, (size, factor) in enumerate(zip(y.sizes, y.factors, strict=True))
        ]
        rows = [([row, gap], name) for row, gap, name in zip(y.rows, y.differences, names, strict=True)]
        standard = say(
            f"F 把各维方差的平均从 {before:.2f} 变成 {after:.2f}（N(0, I) 为 1）",
            f"F takes the mean variance of a dimension from {before:.2f} to {after:.2f} (1 for N(0, I))",
        )
        mean, variance = say("每一维的均值", "mean of each dimension"), say("方差", "variance")
        figure, panel = figures.panel(standard, mean, variance, 380, y_log=True)
        panel.points(y.moments.h_mean, y.moments.h_variance, say("流之前 h", "before the flow, h"), 1, 4, 0.35)
        panel.points(y.moments.z_mean, y.moments.z_variance, say("流之后 z", "after it, z"), 0, 4, 0.35)
        panel.level(1, say("方差 1", "variance 1"), colour=3)
        panel.level(0, say("均值 0", "mean 0"), axis="x", colour=3)
        return {
            "rows": _rows(verdict, rows),
            "moments": figure,
            "facts": [
                Metric(say("F 之前：各维方差的均值", "Before F: mean variance"), before),
                Metric(say("F 之后：各维方差的均值", "After F: mean variance"), after, say("应为 1", "should be 1")),
                Metric(say("F 之后：均值的均方根", "After F: rms of the means"), y.offset, f"N(0, I): {y.chance:.3f}"),
            ],
        }


class Reconstruct(Tab):
    label = t("上传与重建", "Upload and reconstruct")
    question = t("你的图，它能记住多少？", "How much of your picture does it keep?")
    outputs = (outputs.images("row", height=120), FACTS)
    tries = (
        Try(
            t(
                "噪声放大 4 倍：误差是不加噪声的 5 倍以上",
                "Four times the noise: over five times the error without any",
            ),
            {"factor": 4.0},
            lambda y: y.error > 5 * y.still,
        ),
        Try(
            t("Glow 不加噪声：一字不差", "Glow without noise: exact"),
            {"model": "glow", "noise": False},
            lambda y: y.error < 1e-6,
        ),
        Try(
            t("去掉流：学到的 σ₁ 大十倍以上", "Without the flow: the learned σ₁ is over ten times as large"),
            {"model": "vae"},
            lambda y: y.sigma_1 > 0.5,
        ),
    )

    model: str = choice("f-vae", MODELS, label=MODEL)
    picture: ImageValue = portrait("portrait-03", shared.PICTURE)
    noise: bool = toggle(True, label=t("加噪声 σ₁u", "Add the noise σ₁u"))
    factor: float = slider(1.0, 0.0, 4.0, step=0.1, label=t("噪声的倍数", "Noise times"), shown_when={"noise": True})
    seed: int = seed(1)

    def compute(self) -> views.Noisy:
        from core.flow.f_vae_views import noisy
        from core.weights import load

        name = SPACES[self.model].weights
        return noisy(load(name), name, self.picture, self.factor if self.noise else 0.0, self.seed, COLUMNS - 1)

    def show(self, y: views.Noisy, say: Say) -> Mapping[str, Any]:
        captions = [say("原图", "picture"), *(["G(E(x) + σ₁u)"] * len(y.made))]
        still = say(f"不加噪声 {y.still:.3g}；随机两图之差为 1", f"{y.still:.3g} without noise; a random pair is 1")
        equal = say(
            f"这里的均方误差 {y.mean_square:.3g}；最优时相等", f"the mse here is {y.mean_square:.3g}; equal at best"
        )
        return {
            "row": outputs.Grid([y.picture, *y.made], columns=COLUMNS, captions=captions),
            "facts": [
                Metric(say("重建误差", "Reconstruction error"), y.error, still),
                Metric("σ₁", y.sigma_1, say("学到的标量：编码的噪声", "a learned scalar: noise of the code")),
                Metric("σ₂", y.sigma_2, say("学到的标量：像素的噪声", "a learned scalar: noise of the pixels")),
                Metric("σ₂²", y.sigma_2**2, equal),
            ],
        }


def _rows(verdict: str, rows: list[tuple[list[Any], str]]) -> Any:
    """Rows of pictures under each other, each block under its name."""
    height = 80 + sum(30 + ROW * len(block) for block, _ in rows)
    axes = [figures.Axes(name, axes=False, square=True) for _, name in rows]
    figure, panels = figures.panels(verdict, axes, columns=1, height=height)
    for panel, (block, _) in zip(panels, rows, strict=True):
        for up, row in enumerate(reversed(block)):
            strip = outputs.grid_image(outputs.Grid(list(row), columns=len(row)), gap=1)
            panel.picture(strip, 0, 1.05 * up, len(row), 1.05 * up + 1)
    return figure


STORY = t(
    r"""
**问题。** VAE 画得糊，Glow 画得清楚却极费算力：它要求处处可逆，几百层卷积才够用。能不能只让一小部分可逆，其余照旧用普通的卷积？

**把流放进 VAE。** 编码器 $E$、解码器 $G$ 是任意的卷积网络，只有 $F$ 可逆；$\sigma_1,\sigma_2$ 是两个学出来的**标量**。令 $h=E(x)+\sigma_1u$，$u\sim\mathcal N(0,I_D)$，隐变量 $z=F(h)$，则

$$\begin{aligned}\mathcal L=\mathbb E_u\Big[&\frac1{2\sigma_2^2}\|G(h)-x\|^2+D\ln\sigma_2+\frac D2\ln2\pi\\&+\frac12\|F(h)\|^2-\frac12\|u\|^2-\ln\Big|\det\frac{\partial F}{\partial h}\Big|-D\ln\sigma_1\Big]\end{aligned}$$

是 $-\ln q(x)$ 的上界；训练时每张图只抽一个 $u$。重建项的权重 $1/2\sigma_2^2$ 不是调出来的，而是学出来的。采样时取 $z\sim\mathcal N(0,T^2I)$，

$$x=G\big(F^{-1}(z)\big).$$

**两个特例。** $F$ 取恒等，就是 VAE（隐变量与图一样大，噪声是一个标量）；$E$、$G$ 取恒等，就是加了噪声的流（Glow）。所以一个类、两个开关，就能在参数量与训练运算量都相等时比较三者。

$F$ 由 Glow 的步骤搭成：ActNorm、LU 分解的 1×1 卷积、仿射耦合；每层结束时分走一半通道。
""",
    r"""
**The question.** A VAE draws blurred pictures; Glow draws sharp ones at an enormous price, since it must be invertible everywhere and needs hundreds of convolutions. Could a small part be invertible and the rest be ordinary convolutions?

**A flow inside a VAE.** Encoder $E$ and decoder $G$ are any convolutional networks, only $F$ is invertible, and $\sigma_1,\sigma_2$ are two learned **scalars**. With $h=E(x)+\sigma_1u$, $u\sim\mathcal N(0,I_D)$ and the latent $z=F(h)$,

$$\begin{aligned}\mathcal L=\mathbb E_u\Big[&\frac1{2\sigma_2^2}\|G(h)-x\|^2+D\ln\sigma_2+\frac D2\ln2\pi\\&+\frac12\|F(h)\|^2-\frac12\|u\|^2-\ln\Big|\det\frac{\partial F}{\partial h}\Big|-D\ln\sigma_1\Big]\end{aligned}$$

is an upper bound of $-\ln q(x)$; training draws one $u$ a picture. The weight $1/2\sigma_2^2$ of the reconstruction is not tuned: it is learned. To sample, $z\sim\mathcal N(0,T^2I)$ and

$$x=G\big(F^{-1}(z)\big).$$

**Two special cases.** With $F$ the identity it is a VAE, whose latent is as large as the picture and whose noise is one scalar; with $E$ and $G$ the identity it is a flow on noisy pictures (Glow). One class with two switches compares the three at equal parameters and equal operations of training.

$F$ is made of Glow's steps: ActNorm, a 1x1 convolution by its LU factors, an affine coupling; after each level half of the channels leaves.
""",
)
CHANGES = t(
    r"""
- 原文说 f-VAE 比 Glow 收敛快，小网络就有同样的效果。这里在参数量与训练运算量都相等时量（f-VAE 三千步，Glow 1207 步）：Glow 的 bits/dim（4.44 对 4.53）、样本多样性（0.61 对 0.36）和重建都更好；f-VAE 的样本在分类器的特征上离真图近得多（13.9 对 25.1）。
- 对照的 VAE 只是把 f-VAE 的 $F$ 换成恒等：隐变量仍有 3072 维，与图一样大。它的样本几乎是同一张图（多样性 0.04），插值近乎两张图叠影。这说明流在这里起什么作用，不说明 VAE 只能如此：常用的 VAE 隐变量窄得多，这里没有比。
- 原文是 64–128 像素的 CelebA-HQ，E、G 各 3×12 个残差步，训练十几万步；这里是 32 像素的卡通头像，460 万参数，在两个 CPU 核上训练三千步。采样因此偏软。
- 通道混合用 LU 参数化的 1×1 卷积，耦合用仿射（门控不低于 0.05）；原文是固定的随机置换与加性耦合，类里保留了这两个选项。
- 训练数据加了均匀噪声去量化：$x=(v+U(0,1))/128-1$，所以 $\mathcal L/(D\ln2)+7$ 是离散图像 bits/dim 的真正上界。原文的噪声宽度与格宽不一致，不能这样换算。
- 三个模型都不压缩：编码的维数 $D$ 等于像素数（3072）。
- 原文有采样、温度与插值；三者的对照、各层的重抽、噪声下的重建是这里加的。
""",
    r"""
- The post says that f-VAEs converge faster than Glow and reach the same with smaller nets. Measured here at equal parameters and equal operations of training (3000 steps of f-VAE, 1207 of Glow): Glow has the better bits/dim (4.44 against 4.53), diversity of samples (0.61 against 0.36) and reconstruction; the samples of f-VAE are much nearer to real pictures in a classifier's features (13.9 against 25.1).
- The VAE compared is the f-VAE with $F$ the identity and nothing else changed: its latent still has 3072 numbers, as many as the picture. Its samples are almost one picture (diversity 0.04) and its interpolation is nearly a cross-fade. That shows what the flow does here, not what VAEs can do at best: usual VAEs have a much narrower latent and are not compared.
- The post has CelebA-HQ at 64-128 pixels, E and G of 3x12 residual steps, and over a hundred thousand training steps; here are cartoon portraits at 32 pixels, 4.6 million parameters and three thousand steps on two CPU cores. Samples are soft for it.
- Channels are mixed by 1x1 convolutions in LU form, couplings are affine (gates above 0.05); the post has fixed random permutations and additive couplings, which the class keeps as options.
- Training pictures are dequantised by uniform noise, $x=(v+U(0,1))/128-1$, so that $\mathcal L/(D\ln2)+7$ is a true bound on the bits per dimension of the discrete picture. The post's noise is not as wide as a bin and allows no such number.
- None of the three compresses: a code has as many dimensions $D$ as the picture has numbers (3072).
- The post has samples, temperature and interpolation; the comparison, the levels resampled and reconstructions under noise are added here.
""",
)

POST = Post(
    id=5977,
    title=t("细水长flow之f-VAEs：Glow与VAEs的联姻", "f-VAEs: the marriage of Glow and VAEs"),
    date=datetime.date(2018, 9, 21),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Su, Wu 2018, f-VAEs: Improve VAEs with Conditional Flows", "https://arxiv.org/abs/1809.05861"),
        (
            "Kingma, Dhariwal 2018, Glow: Generative Flow with Invertible 1x1 Convolutions",
            "https://arxiv.org/abs/1807.03039",
        ),
        ("Kingma, Welling 2013, Auto-Encoding Variational Bayes", "https://arxiv.org/abs/1312.6114"),
    ),
)

PAGE = Page(
    title=t("f-VAE：Glow 与 VAE 的联姻", "f-VAE: Glow marries VAE"),
    summary=t(
        "VAE 里放一段流，只有它可逆。同等代价下，Glow 的似然与多样性更好，f-VAE 的样本在特征上离真图更近；去掉流，样样最差。",
        "A flow inside a VAE, the only invertible part. At equal cost Glow has the better likelihood and diversity, f-VAE the samples nearer to real ones in features; without the flow all is worst.",
    ),
    post=POST,
    tabs=(Interpolate, Temperature, Compare, Levels, Reconstruct),
    added=datetime.date(2026, 11, 21),
    weights=NAMES,
    striking=2,
    cover=tuple(
        {"left_picture": f"example:portrait-{a:02d}", "right_picture": f"example:portrait-{a % 8 + 1:02d}"}
        for a in range(1, 7)
    ),
)
