"""f-VAE: a VAE with a flow inside, beside the plain VAE and Glow (post 5977)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import outputs
from gallery.inputs import ImageValue, Inputs, choice, image, seed, slider, toggle
from gallery.page import Lang, Page, Post, Tab, t
from pages.flow import _f_vae_figures as pictures
from pages.shared import _morph as shared
from pages.shared._morph import PORTRAITS, Morph, Space

SPACES: Mapping[str, Space] = {
    "f-vae": Space("f-vae-toonfaces64", t("f-VAE", "f-VAE"), "toonfaces64"),
    "vae": Space("vae-toonfaces64", t("普通 VAE（F = 恒等）", "Plain VAE (F = id)"), "toonfaces64"),
    "glow": Space("glow-toonfaces64", t("Glow（E = G = 恒等）", "Glow (E = G = id)"), "toonfaces64"),
}
MODELS = {name: space.label for name, space in SPACES.items()}
FLOWS = {name: label for name, label in MODELS.items() if name != "vae"}
MODEL = t("模型", "Model")
TEMPERATURES = (0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2)
TEMPERATURE = t("温度 T", "Temperature T")
BUDGET = 400.0  # pictures decoded: about a second on two cores
IN_A_ROW = 8
SHOWN_PORTRAITS = 64
DRAWS = 4


class Interpolate(Morph):
    model: str = choice("f-vae", MODELS, label=MODEL)
    left_picture: ImageValue = image(
        "portrait-01", PORTRAITS, label=shared.LEFT_PICTURE, crop=True, shown_when={"left": "picture"}
    )
    right_picture: ImageValue = image(
        "portrait-02", PORTRAITS, label=shared.RIGHT_PICTURE, crop=True, shown_when={"right": "picture"}
    )
    path: str = choice("lerp", shared.PATHS, label=t("路径", "Path"))
    temperature: float = slider(
        1.0, 0.0, 1.2, step=0.05, label=t("乘在编码上", "Factor of the code"),
        help=t("1 才能回到两端的原图；随机编码常取 0.8", "1 leads back to the two pictures; random codes are usually taken at 0.8"),
    )  # fmt: skip


class Temperature(Inputs):
    model: str = choice("f-vae", MODELS, label=MODEL)
    temperature: float = slider(0.8, 0.0, 1.2, step=0.05, label=TEMPERATURE, help=t("原文用 0.8", "the post uses 0.8"))
    seed: int = seed(3)


class Compare(Inputs):
    what: str = choice(
        "samples", {"samples": t("采样", "Samples"), "reconstructions": t("重建", "Reconstructions"), "interpolation": t("插值", "Interpolation")}, label=t("看什么", "What"),
    )  # fmt: skip
    temperature: float = slider(1.0, 0.0, 1.2, step=0.05, label=TEMPERATURE, shown_when={"what": "samples"})
    first: ImageValue = image(
        "portrait-05", PORTRAITS, label=t("从这张", "From this"), crop=True, shown_when={"what": "interpolation"}
    )
    second: ImageValue = image(
        "portrait-06", PORTRAITS, label=t("到这张", "To this"), crop=True, shown_when={"what": "interpolation"}
    )
    seed: int = seed(1)


class Levels(Inputs):
    model: str = choice("f-vae", FLOWS, label=MODEL)
    picture: ImageValue = image("portrait-01", PORTRAITS, label=t("图片", "Picture"), crop=True)
    temperature: float = slider(0.8, 0.0, 1.2, step=0.05, label=TEMPERATURE)
    seed: int = seed(1)


class Reconstruct(Inputs):
    model: str = choice("f-vae", MODELS, label=MODEL)
    picture: ImageValue = image("portrait-03", PORTRAITS, label=t("图片", "Picture"), crop=True)
    noise: bool = toggle(True, label=t("加噪声 σ₁u", "Add the noise σ₁u"))
    factor: float = slider(1.0, 0.0, 4.0, step=0.1, label=t("噪声的倍数", "Noise times"), shown_when={"noise": True})
    seed: int = seed(1)


def interpolate(inputs: Interpolate, lang: Lang) -> Mapping[str, Any]:
    return shared.morph(inputs, SPACES[inputs.model], False, lang)


def temperature(inputs: Temperature, lang: Lang) -> Mapping[str, Any]:
    import torch

    from core import codec
    from core.weights import load

    model = load(SPACES[inputs.model].weights)
    codes = codec.random_codes(model, range(inputs.seed, inputs.seed + IN_A_ROW), model.config.dimensions, False)
    wall = codec.decode(model, inputs.temperature * codes)
    one = codec.decode(model, torch.tensor(TEMPERATURES, device=codes.device)[:, None] * codes[:1])
    zero = codec.mean_squares(one[1:], [one[0]] * (len(one) - 1))
    spread = codec.spread(wall)
    return {
        "one": outputs.Grid(one, columns=len(one), captions=[f"T = {T:g}" for T in TEMPERATURES]),
        "wall": outputs.Grid(wall, columns=IN_A_ROW),
        "facts": [
            outputs.Metric(t("这一温度下样本两两之差", "Distance of two samples here")(lang), spread, t("均方，像素在 [−1, 1]", "mse, pixels in [-1, 1]")(lang)),
            outputs.Metric(t("T = 1 与 T = 0 之差", "From T = 0 to T = 1")(lang), zero[TEMPERATURES.index(1.0) - 1], t("同一编码", "the same code")(lang)),
        ],
    }  # fmt: skip


def compare(inputs: Compare, lang: Lang) -> Mapping[str, Any]:
    from core import codec, examples
    from core.weights import load, read_card

    rows, table = [], []
    for name, space in SPACES.items():
        model, card = load(space.weights), read_card(space.weights)
        if inputs.what == "samples":
            codes = codec.random_codes(
                model, range(inputs.seed, inputs.seed + IN_A_ROW), model.config.dimensions, False
            )
            rows += codec.decode(model, inputs.temperature * codes)
        elif inputs.what == "reconstructions":
            order = np.random.default_rng(inputs.seed).permutation(SHOWN_PORTRAITS)[:IN_A_ROW]
            real = [examples.portraits()[k] for k in order]
            if not rows:
                rows += [shared.one_picture(model, picture) for picture in real]
            rows += codec.decode(model, codec.encode(model, real))
        else:
            rows += codec.morph(model, *codec.encode(model, [inputs.first, inputs.second]), IN_A_ROW, "lerp", 1.0)
        table.append(
            (
                MODELS[name](lang),
                card.parameters,
                card.metrics["training petaflop"],
                card.metrics["held-out bits/dim"],
                card.metrics["reconstruction ratio"],
                card.metrics["pair diversity"],
                card.metrics["sigma 2"],
            )
        )
    names = [MODELS[name](lang) for name in SPACES]
    if inputs.what == "reconstructions":
        names = [t("原图", "Pictures")(lang), *names]
    heads = [t("模型", "model"), t("参数", "parameters"), t("训练运算 (PFLOP)", "training (PFLOP)"), t("留出图 bits/dim 上界", "held-out bits/dim, bound"),
             t("重建误差比", "reconstruction ratio"), t("样本多样性", "pair diversity"), t("σ₂", "sigma 2")]  # fmt: skip
    columns = {head(lang): list(column) for head, column in zip(heads, zip(*table, strict=True), strict=True)}
    return {
        "rows": pictures.rows(t("同一列是同一个编码", "One column, one code")(lang), rows, names, IN_A_ROW),
        "card": outputs.Table(columns),
    }


def levels(inputs: Levels, lang: Lang) -> Mapping[str, Any]:
    import torch

    from core import codec, examples
    from core.flow.f_vae import latent_moments, resampled
    from core.weights import load

    model = load(SPACES[inputs.model].weights)
    device = next(model.parameters()).device
    x = codec.prepared([inputs.picture], model.config.side, model.config.channels).to(device)
    count = len(model.flow.shapes)
    rows, names = [], []
    for level in range(count):
        draw = torch.Generator().manual_seed(inputs.seed)
        rows += codec.to_pictures(resampled(model, x.expand(IN_A_ROW, -1, -1, -1), [level], inputs.temperature, draw))
        size = int(np.prod(model.flow.shapes[level]))
        names.append(t(f"第 {level + 1} 层重抽：{size} 维", f"level {level + 1} drawn anew: {size} numbers")(lang))
    shelf = codec.prepared(list(examples.portraits()), model.config.side, model.config.channels).to(device)
    moments = latent_moments(model, shelf, DRAWS, inputs.seed)
    return {
        "rows": pictures.rows(t("只换一层的隐变量", "The latent of one level alone is drawn anew")(lang), rows, names, IN_A_ROW),
        "moments": pictures.moments(moments.h_mean, moments.h_variance, moments.z_mean, moments.z_variance, lang),
        "facts": [
            outputs.Metric(t("F 之前：各维方差的均值", "Before F: mean variance")(lang), float(moments.h_variance.mean())),
            outputs.Metric(t("F 之后：各维方差的均值", "After F: mean variance")(lang), float(moments.z_variance.mean()), t("N(0, I) 应为 1", "1 for N(0, I)")(lang)),
            outputs.Metric(t("F 之后：各维均值的均方根", "After F: rms of the means")(lang), float(np.sqrt(np.square(moments.z_mean).mean())), t(f"{SHOWN_PORTRAITS} 张图，期望 ≈ {1 / np.sqrt(SHOWN_PORTRAITS):.3f}", f"{SHOWN_PORTRAITS} pictures, expect ≈ {1 / np.sqrt(SHOWN_PORTRAITS):.3f}")(lang)),
        ],
    }  # fmt: skip


def reconstruct(inputs: Reconstruct, lang: Lang) -> Mapping[str, Any]:
    import torch

    from core import codec
    from core.flow.f_vae import noisy_reconstructions
    from core.weights import load, read_card

    space = SPACES[inputs.model]
    model = load(space.weights)
    x = codec.prepared([inputs.picture], model.config.side, model.config.channels)
    factor = inputs.factor if inputs.noise else 0.0
    made = codec.to_pictures(
        noisy_reconstructions(model, x, factor, IN_A_ROW - 1, torch.Generator().manual_seed(inputs.seed))
    )
    seen = codec.to_pictures(x)[0]
    error = float(np.mean(codec.mean_squares([seen] * len(made), made)))
    metrics = read_card(space.weights).metrics
    return {
        "row": outputs.Grid([seen, *made], columns=IN_A_ROW, captions=[t("原图", "picture")(lang), *(["G(E(x) + σ₁u)"] * len(made))]),
        "facts": [
            outputs.Metric(t("重建误差 / 随机两图之差", "mse / that of a random pair")(lang), error / metrics["real pair distance"]),
            outputs.Metric(t("σ₁（学到的标量）", "σ₁ (a learned scalar)")(lang), metrics["sigma 1"], t("编码的噪声", "noise of the code")(lang)),
            outputs.Metric(t("σ₂（学到的标量）", "σ₂ (a learned scalar)")(lang), metrics["sigma 2"], t("像素的噪声", "noise of the pixels")(lang)),
            outputs.Metric(t("σ₂² 与重建误差", "σ₂² against the mse")(lang), metrics["sigma 2"] ** 2, t("最优时两者相等", "equal at the optimum")(lang)),
        ],
    }  # fmt: skip


def checks() -> Iterable[Check]:
    from core.flow.f_vae_verification import checks as facts

    return facts()


STORY = t(
    r"""
**问题。** VAE 画得糊，Glow 画得清楚却极费算力：它要求处处可逆，几百层卷积才够用。能不能只让一小部分可逆，其余照旧用普通的卷积？

**把流放进 VAE。** 编码器 $E$、解码器 $G$ 是任意的卷积网络，只有 $F$ 可逆；$\sigma_1,\sigma_2$ 是两个学出来的**标量**。令 $h=E(x)+\sigma_1u$，$u\sim\mathcal N(0,I_D)$，隐变量 $z=F(h)$，则

$$\begin{aligned}\mathcal L=\ &\frac1{2\sigma_2^2}\|G(h)-x\|^2+D\ln\sigma_2+\frac D2\ln2\pi\\&+\frac12\|F(h)\|^2-\frac12\|u\|^2-\ln\Big|\det\frac{\partial F}{\partial h}\Big|-D\ln\sigma_1\end{aligned}$$

是 $-\ln q(x)$ 的上界。重建项的权重 $1/2\sigma_2^2$ 不是调出来的，而是学出来的。采样时取 $z\sim\mathcal N(0,T^2I)$，

$$x=G\big(F^{-1}(z)\big).$$

**两个特例。** $F$ 取恒等，就是普通的 VAE；$E$、$G$ 取恒等，就是加了噪声的流（Glow）。所以一个类、两个开关，就能公平地比较三者：参数量相同，训练的运算量也相同。

$F$ 由 Glow 的步骤搭成：ActNorm、LU 分解的 1×1 卷积、仿射耦合；每层结束时分走一半通道。
""",
    r"""
**The question.** A VAE draws blurred pictures; Glow draws sharp ones at an enormous price, since it must be invertible everywhere and needs hundreds of convolutions. Could a small part be invertible and the rest be ordinary convolutions?

**A flow inside a VAE.** Encoder $E$ and decoder $G$ are any convolutional networks, only $F$ is invertible, and $\sigma_1,\sigma_2$ are two learned **scalars**. With $h=E(x)+\sigma_1u$, $u\sim\mathcal N(0,I_D)$ and the latent $z=F(h)$,

$$\begin{aligned}\mathcal L=\ &\frac1{2\sigma_2^2}\|G(h)-x\|^2+D\ln\sigma_2+\frac D2\ln2\pi\\&+\frac12\|F(h)\|^2-\frac12\|u\|^2-\ln\Big|\det\frac{\partial F}{\partial h}\Big|-D\ln\sigma_1\end{aligned}$$

is an upper bound of $-\ln q(x)$. The weight $1/2\sigma_2^2$ of the reconstruction is not tuned: it is learned. To sample, $z\sim\mathcal N(0,T^2I)$ and

$$x=G\big(F^{-1}(z)\big).$$

**Two special cases.** With $F$ the identity it is an ordinary VAE; with $E$ and $G$ the identity it is a flow on noisy pictures (Glow). One class with two switches compares the three fairly: as many parameters, and as many operations of training.

$F$ is made of Glow's steps: ActNorm, a 1x1 convolution by its LU factors, an affine coupling; after each level half of the channels leaves.
""",
)
CHANGES = t(
    r"""
- 原文是 64–128 像素的 CelebA-HQ，E、G 各 3×12 个残差步，训练十几万步；这里是 32 像素的卡通头像，4.6 百万参数，在两个 CPU 核上训练三千步。采样因此偏软。
- 通道混合用 LU 参数化的 1×1 卷积，耦合用仿射（门控不低于 0.05）；原文是固定的随机置换与加性耦合，类里保留了这两个选项。
- 训练数据加了均匀噪声去量化：$x=(v+U(0,1))/128-1$，所以 $\mathcal L/(D\ln2)+7$ 是离散图像 bits/dim 的真正上界。原文的噪声宽度与格宽不一致，不能这样换算。
- 没有单张图片的编码是“免费”的：隐变量的维数 $D$ 等于像素数，三个模型都是。
""",
    r"""
- The post has CelebA-HQ at 64-128 pixels, E and G of 3x12 residual steps, and over a hundred thousand training steps; here are cartoon portraits at 32 pixels, 4.6 million parameters and three thousand steps on two CPU cores. Samples are soft for it.
- Channels are mixed by 1x1 convolutions in LU form, couplings are affine (gates above 0.05); the post has fixed random permutations and additive couplings, which the class keeps as options.
- Training pictures are dequantised by uniform noise, $x=(v+U(0,1))/128-1$, so that $\mathcal L/(D\ln2)+7$ is a true bound on the bits per dimension of the discrete picture. The post's noise is not as wide as a bin and allows no such number.
- No model has a small code: the latent dimension $D$ equals the number of pixels in all three.
""",
)


def _code_temperature(i: Temperature) -> str:
    return (
        "import numpy as np\nfrom PIL import Image\nfrom core import codec\nfrom core.weights import load\n\n"
        f"model = load({SPACES[i.model].weights!r})\n"
        f"codes = codec.random_codes(model, range({i.seed}, {i.seed + IN_A_ROW}), model.config.dimensions, False)\n"
        f"pictures = codec.decode(model, {i.temperature!r} * codes)\n"
        "Image.fromarray(np.hstack(pictures)).save('/tmp/samples.png')\nprint(len(pictures), codec.spread(pictures))\n"
    )


def _code_compare(i: Compare) -> str:
    names = [space.weights for space in SPACES.values()]
    head = (
        "import numpy as np\nfrom PIL import Image\nfrom core import codec, examples\nfrom core.weights import load\n\n"
    )
    if i.what == "samples":
        body = (
            f"    codes = codec.random_codes(model, range({i.seed}, {i.seed + IN_A_ROW}), model.config.dimensions, False)\n"
            f"    rows.append(np.hstack(codec.decode(model, {i.temperature!r} * codes)))\n"
        )
    elif i.what == "reconstructions":
        body = (
            f"    order = np.random.default_rng({i.seed}).permutation({SHOWN_PORTRAITS})[:{IN_A_ROW}]\n"
            "    rows.append(np.hstack(codec.decode(model, codec.encode(model, list(examples.portraits()[order])))))\n"
        )
    else:
        ends = [
            f"np.asarray(Image.open({shared.example_path(i, name)!r}).convert('RGB'))" for name in ("first", "second")
        ]
        body = (
            f"    a, b = codec.encode(model, [{ends[0]}, {ends[1]}])\n"
            f"    rows.append(np.hstack(codec.morph(model, a, b, {IN_A_ROW}, 'lerp', 1.0)))\n"
        )
    return f"{head}rows = []\nfor name in {names!r}:\n    model = load(name)\n{body}Image.fromarray(np.vstack(rows)).save('/tmp/three.png')\nprint(np.vstack(rows).shape)\n"


def _code_levels(i: Levels) -> str:
    return (
        "import numpy as np\nimport torch\nfrom PIL import Image\nfrom core import codec\nfrom core.flow.f_vae import resampled\nfrom core.weights import load\n\n"
        f"model = load({SPACES[i.model].weights!r})\n"
        f"x = codec.prepared([np.asarray(Image.open({shared.example_path(i, 'picture')!r}).convert('RGB'))], model.config.side, 3)\n"
        "for level in range(len(model.flow.shapes)):\n"
        f"    draw = torch.Generator().manual_seed({i.seed})\n"
        f"    pictures = codec.to_pictures(resampled(model, x.expand({IN_A_ROW}, -1, -1, -1), [level], {i.temperature!r}, draw))\n"
        "    print(level, model.flow.shapes[level], codec.spread(pictures))\n"
    )


def _code_reconstruct(i: Reconstruct) -> str:
    factor = i.factor if i.noise else 0.0
    return (
        "import numpy as np\nimport torch\nfrom PIL import Image\nfrom core import codec\nfrom core.flow.f_vae import noisy_reconstructions\nfrom core.weights import load\n\n"
        f"model = load({SPACES[i.model].weights!r})\n"
        f"x = codec.prepared([np.asarray(Image.open({shared.example_path(i, 'picture')!r}).convert('RGB'))], model.config.side, 3)\n"
        f"made = noisy_reconstructions(model, x, {factor!r}, {IN_A_ROW - 1}, torch.Generator().manual_seed({i.seed}))\n"
        "print(float((made - x).square().mean()))\n"
    )


FACTS = outputs.metrics("facts")

PAGE = Page(
    title=t("f-VAE：Glow 与 VAE 的联姻", "f-VAE: Glow marries VAE"),
    summary=t("只让中间一小段可逆：比 VAE 清楚，比 Glow 便宜。三个模型、同一个编码，并排看。", "Only a short middle part is invertible: sharper than a VAE, cheaper than Glow. Three models and one code, side by side."),
    post=Post(
        id=5977, title=t("细水长flow之f-VAEs：Glow与VAEs的联姻", "f-VAEs: the marriage of Glow and VAEs"), date=datetime.date(2018, 9, 21),
        story=STORY, changes=CHANGES,
        papers=(
            ("Su, Wu 2018, f-VAEs: Improve VAEs with Conditional Flows", "https://arxiv.org/abs/1809.05861"),
            ("Kingma, Dhariwal 2018, Glow: Generative Flow with Invertible 1x1 Convolutions", "https://arxiv.org/abs/1807.03039"),
            ("Kingma, Welling 2013, Auto-Encoding Variational Bayes", "https://arxiv.org/abs/1312.6114"),
        ),
    ),
    tabs=(
        Tab("interpolate", t("插值", "Interpolate"), t("一张真实的脸，怎样一步步变成另一张？", "How does one real face become another, step by step?"),
            Interpolate, shared.MORPH_OUTPUTS, interpolate, lambda i: shared.morph_code(i, SPACES[i.model], False), shared.morph_cost, BUDGET),
        Tab("temperature", t("温度", "Temperature"), t("同一个编码，温度高低有什么分别？", "One code: what does the temperature change?"),
            Temperature, (outputs.images("one", height=120), outputs.images("wall", t("这一温度下的样本", "Samples at this temperature"), height=120), FACTS),
            temperature, _code_temperature, lambda i: IN_A_ROW + len(TEMPERATURES), BUDGET),
        Tab("compare", t("三个模型，一个编码", "Three models, one code"), t("参数和训练代价都相同，谁画得好？", "At equal parameters and training cost, who draws best?"),
            Compare, (outputs.figure("rows", height=460), outputs.table("card", t("模型卡上的数字", "What their cards say"))),
            compare, _code_compare, lambda i: 3.0 * IN_A_ROW, BUDGET),
        Tab("levels", t("流做了什么", "What the flow does"), t("每一层的隐变量管什么？F 前后的分布有何不同？", "What does the latent of each level hold, and what does F do to the law?"),
            Levels, (outputs.figure("rows", height=420), FACTS, outputs.figure("moments", height=380)),
            levels, _code_levels, lambda i: 4.0 * IN_A_ROW + SHOWN_PORTRAITS * DRAWS / 4, BUDGET),
        Tab("reconstruct", t("上传与重建", "Upload and reconstruct"), t("你的图，它能记住多少？", "How much of your picture does it keep?"),
            Reconstruct, (outputs.images("row", height=120), FACTS), reconstruct, _code_reconstruct, lambda i: float(IN_A_ROW), BUDGET),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
    weights=tuple(space.weights for space in SPACES.values()),
    striking=2,
    cover=tuple({"left_picture": f"example:portrait-{a:02d}", "right_picture": f"example:portrait-{a % 8 + 1:02d}"} for a in range(1, 7)),
)  # fmt: skip
