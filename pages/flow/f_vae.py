"""f-VAE: a VAE with a flow inside, beside the VAE without it and Glow (post 5977)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import ImageValue, choice, seed, slider, toggle
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.flow import _f_vae_figures as pictures
from pages.flow._f_vae_texts import CHANGES, MEASURES, STORY
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
FACTS = outputs.metrics("facts")
WALL = outputs.images("wall", t("这一温度下的样本", "Samples at this temperature"), height=120)


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
            "one": outputs.Grid(list(y.one), columns=len(y.one), captions=["T = 0", *(f"{T:g}" for T in LADDER[1:])]),
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
        table = {say("指标", "measure"): [say(text) for text in MEASURES.values()]}
        table |= {name: [card[key] for key in MEASURES] for name, card in zip(names, y.cards, strict=True)}
        wins = [names[y.winners[key]] if key in y.winners else "–" for key in MEASURES]
        return {
            "rows": pictures.comparison(y, names, say),
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
        before, after = y.variances
        return {
            "rows": pictures.levels(y, say),
            "moments": pictures.moments(y, say),
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
