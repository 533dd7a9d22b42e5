"""O-GAN: one network is critic and encoder (post 6409)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import outputs
from gallery.inputs import (
    ImageValue,
    Inputs,
    PointValue,
    SketchValue,
    choice,
    image,
    point,
    seed,
    sketch,
    slider,
    toggle,
)
from gallery.page import Lang, Page, Post, Tab, Text, t
from pages.gan import _o_gan_figures as pictures
from pages.shared import _morph as shared
from pages.shared._morph import EXAMPLES, Morph, Space

SPACES: Mapping[str, Space] = {
    "portraits": Space("o-gan-toonfaces64", t("卡通头像", "Portraits"), "toonfaces64"),
    "cats": Space("o-gan-cats64", t("猫脸", "Cats"), "cats64"),
    "digits": Space("o-gan-mnist28", t("手写数字", "Digits"), "mnist28"),
}
MODELS = {name: space.label for name, space in SPACES.items()}
MODEL = t("模型", "Model")
BUDGET = 400.0  # pictures decoded: about half a second on two cores
PLANE = 7
FRESH = 256
MAP_SIDE = 1.0
NEIGHBOURS = 8
SHELF, SHELF_SEED = 200, 5000
DRAWN = " " * 28 + "\n" + "\n".join(
    "".join("#" if abs((r - 13.5) ** 2 / 64 + (c - 13.5) ** 2 / 30 - 1) < 0.42 else " " for c in range(28)) for r in range(1, 28)
)  # fmt: skip


class Interpolate(Morph):
    model: str = choice("portraits", MODELS, label=MODEL)
    temperature: float = slider(
        0.9, 0.0, 1.2, step=0.05, label=t("截断（乘在编码上）", "Truncation (factor of the code)"),
        help=t("原文用 0.9；0 是“平均脸”", "the post uses 0.9; 0 is the \"average face\""),
    )  # fmt: skip


class Reconstruct(Inputs):
    model: str = choice("portraits", MODELS, label=MODEL)
    source: str = choice("picture", {**shared.SOURCES, "sketch": t("手写", "A drawing")}, label=t("来源", "From"))
    picture: ImageValue = image(
        "portrait-03", EXAMPLES, label=t("图片", "Picture"), crop=True, shown_when={"source": "picture"}
    )
    drawing: SketchValue = sketch(
        28, label=t("画一个数字", "Draw a digit"), default=DRAWN, shown_when={"source": "sketch"}
    )
    number: int = slider(3, 0, 999, label=t("编号", "Number"), shown_when={"source": ("seed", "held-out")})
    standard: bool = toggle(True, label=t("标准化 N(·)", "Standardise, N(·)"))
    truncation: float = slider(0.9, 0.0, 1.5, step=0.05, label=t("截断", "Truncation"))


class Wander(Inputs):
    model: str = choice("cats", MODELS, label=MODEL)
    place: PointValue = point(
        (0.4, 0.3), (-MAP_SIDE, 1 + MAP_SIDE), (-MAP_SIDE, 1 + MAP_SIDE), label=t("平面上的位置", "Place in the plane")
    )
    truncation: float = slider(0.9, 0.3, 1.2, step=0.05, label=t("截断", "Truncation"))
    seed: int = seed(7)


class Dial(Inputs):
    model: str = choice("cats", MODELS, label=MODEL)
    shift: float = slider(0.5, -3.0, 3.0, step=0.05, label=t("平移 avg：加上", "Move avg by"))
    factor: float = slider(1.6, 0.1, 5.0, log=True, label=t("缩放 std：乘以", "Multiply std by"))
    seed: int = seed(2)


class Neighbours(Inputs):
    model: str = choice("portraits", MODELS, label=MODEL)
    source: str = choice("picture", shared.SOURCES, label=t("来源", "From"))
    picture: ImageValue = image(
        "portrait-04", EXAMPLES, label=t("图片", "Picture"), crop=True, shown_when={"source": "picture"}
    )
    number: int = slider(5, 0, 999, label=t("编号", "Number"), shown_when={"source": ("seed", "held-out")})


class Film(Inputs):
    model: str = choice("cats", MODELS, label=MODEL)
    rate: int = slider(6, 1, 15, label=t("每秒帧数", "Frames a second"))


def interpolate(inputs: Interpolate, lang: Lang) -> Mapping[str, Any]:
    return shared.morph(inputs, SPACES[inputs.model], True, lang)


def reconstruct(inputs: Reconstruct, lang: Lang) -> Mapping[str, Any]:
    from core import codec
    from core.gan.o_gan import reconstructions
    from core.weights import load, read_card

    space = SPACES[inputs.model]
    model = load(space.weights)
    real = _picture(space, inputs)
    found = reconstructions(
        model, codec.prepared([real], model.config.side, model.config.channels), inputs.truncation, inputs.standard
    )
    seen, *rows = [codec.to_pictures(x)[0] for x in (found.seen, found.made, found.other)]
    named = [t("N(E(x))", "N(E(x))"), t("E(x)，不标准化", "E(x), not standardised")]
    captions = [t("x", "x"), *(named if inputs.standard else named[::-1])]
    random_pair = read_card(space.weights).metrics["real pair distance"]
    errors = codec.mean_squares([seen, seen], rows)
    return {
        "pictures": outputs.Grid([seen, *rows], columns=3, captions=[f"{'' if k == 0 else 'x̂ = G · '}{c(lang)}" for k, c in enumerate(captions)]),
        "code": pictures.code(found.code, lang),
        "facts": [
            outputs.Metric(t("重建误差 / 随机两图之差", "mse / that of a random pair")(lang), errors[0] / random_pair, t("小于 0.5 才算重建", "below 0.5 is a reconstruction")(lang)),
            outputs.Metric(t("avg E(x)", "avg E(x)")(lang), found.average, t("判别器的打分，不含图的内容", "the critic's score: nothing of the picture")(lang)),
            outputs.Metric(t("std E(x)", "std E(x)")(lang), found.deviation),
            outputs.Metric("ρ(E(x), E(x̂))", found.agreement, t("再编码一次", "encoded once more")(lang)),
        ],
    }  # fmt: skip


def wander(inputs: Wander, lang: Lang) -> Mapping[str, Any]:
    from core import codec
    from core.latent import plane, plane_grid
    from core.weights import load

    model = load(SPACES[inputs.model].weights)
    corners = codec.random_codes(model, [inputs.seed, inputs.seed + 1, inputs.seed + 2], model.config.dimensions, True)
    code = plane(corners, *inputs.place)
    here = codec.decode(model, inputs.truncation * code[None])[0]
    chart = codec.decode(model, inputs.truncation * plane_grid(corners, PLANE, -MAP_SIDE, 1 + MAP_SIDE).flatten(0, 1))
    sheet = outputs.grid_image(outputs.Grid(chart, columns=PLANE), gap=0)
    _, cosines = codec.nearest(code, corners, 3, ordered=False)
    return {
        "map": pictures.plane(sheet, here, inputs.place, (-MAP_SIDE, 1 + MAP_SIDE), lang),
        "facts": [outputs.Metric(f"cos(z, z{'₀₁₂'[k]})", c, t("1 = 就是它", "1 = the same")(lang)) for k, c in enumerate(cosines)],
    }  # fmt: skip


def dial(inputs: Dial, lang: Lang) -> Mapping[str, Any]:
    from core import codec
    from core.gan.o_gan import turned
    from core.weights import load

    model = load(SPACES[inputs.model].weights)
    found = turned(model, inputs.shift, inputs.factor, inputs.seed, FRESH)
    before, after = (codec.to_pictures(x)[0] for x in (found.before, found.after))
    return {
        "dial": pictures.dial(found.rho_before, found.rho_after, found.score_before, found.score_after, lang),
        "pictures": outputs.Grid([before, after], columns=2, captions=["G(N(c))", "G(N(a·(c − avg) + avg + b))"]),
        "facts": [
            outputs.Metric(t("ρ 的最大变化", "Largest change of ρ")(lang), float(np.abs(found.rho_after - found.rho_before).max()), t("应为 0", "should be 0")(lang)),
            outputs.Metric(t("打分的平均变化", "Mean change of the score")(lang), float((found.score_after - found.score_before).mean()), t(f"等于平移 {inputs.shift:g}", f"the shift, {inputs.shift:g}")(lang)),
            outputs.Metric(t("平均 ρ", "Mean ρ")(lang), float(found.rho_before.mean()), t(f"{FRESH} 个新编码", f"{FRESH} fresh codes")(lang)),
        ],
    }  # fmt: skip


def neighbours(inputs: Neighbours, lang: Lang) -> Mapping[str, Any]:
    from core import codec
    from core.weights import load

    space = SPACES[inputs.model]
    model = load(space.weights)
    shelf, about = _shelf(inputs.model)
    code, real = shared.end(space, inputs.source, inputs.picture, inputs.number, True)
    order, cosines = codec.nearest(code, codec.encode(model, shelf), NEIGHBOURS)
    query = real if real is not None else codec.decode(model, code[None])[0]
    found = [shared.one_picture(model, shelf[k]) for k in order]
    return {
        "row": outputs.Grid([query, *found], columns=3, captions=[t("查询", "query")(lang), *(f"cos = {c:.2f}" for c in cosines)]),
        "facts": [
            outputs.Metric(t("书架上的图", "Pictures on the shelf")(lang), len(shelf), about(lang)),
            outputs.Metric(t("最近的余弦", "Nearest cosine")(lang), cosines[0], t("1 = 就是它", "1 = the same")(lang)),
        ],
    }  # fmt: skip


def _shelf(model: str) -> tuple[list[np.ndarray], Text]:
    """Pictures to look among, and what they are; no photograph of a cat ships, so cats come from the model's own hand."""
    from core import codec, examples
    from core.weights import load

    if model == "cats":
        cats = load(SPACES[model].weights)
        drawn = codec.decode(
            cats, codec.random_codes(cats, range(SHELF_SEED, SHELF_SEED + SHELF), cats.config.dimensions, True)
        )
        return drawn, t(
            "模型自己画的：仓库里不带猫的照片", "drawn by the model itself: no photograph of a cat ships here"
        )
    if model == "digits":
        return [np.repeat(digit[:, :, None], 3, 2) for digit in examples.digits()[0]], t(
            "本站画的，没训练过", "drawn for the gallery, never trained on"
        )
    return list(examples.portraits()), t("本站画的，没训练过", "drawn for the gallery, never trained on")


def film(inputs: Film, lang: Lang) -> Mapping[str, Any]:
    from core.films import frames, rows

    weights = SPACES[inputs.model].weights
    log = rows(weights)
    shown = frames(weights)
    captions = [t(f"第 {int(row['step'])} 步", f"step {int(row['step'])}")(lang) for row in log]
    return {
        "film": outputs.Animation(shown, fps=inputs.rate, captions=captions, start=len(shown) - 1),
        "curves": pictures.curves(log, lang),
        "log": outputs.Table(
            {key: [row[key] for row in log] for key in ("step", "rho", "reconstruction ratio", "pair diversity", "gap")}
        ),
    }


def checks() -> Iterable[Check]:
    from core.gan.o_gan_verification import checks as facts

    return facts()


def _picture(space: Space, inputs: Reconstruct) -> np.ndarray:
    from core import codec
    from core.datasets import held_out
    from core.weights import load

    match inputs.source:
        case "picture":
            return inputs.picture
        case "sketch":
            return np.repeat((255 - inputs.drawing * 255).astype(np.uint8)[:, :, None], 3, 2)
        case "seed":
            model = load(space.weights)
            return codec.decode(model, codec.random_codes(model, [inputs.number], model.config.dimensions, True))[0]
    return held_out(space.data, inputs.number)


STORY = t(
    r"""
**问题。** 普通的 GAN 只会从随机数画图，不会把一张真图变回编码。加一个编码器通常要再训练一个网络。能不能让判别器自己就是编码器？

**正交分解。** 对 $z\in\mathbb R^n$，记 $\mathrm{avg}(z)=\frac1n\sum_i z_i$，$\mathrm{std}(z)=\sqrt{\frac1n\sum_i(z_i-\mathrm{avg}(z))^2}$，$\mathcal N(z)=(z-\mathrm{avg}(z))/\mathrm{std}(z)$。$n\ge3$ 时三者互不相干：均值拿去判别，标准化的剩余拿去编码，各用各的自由度。编码与 $z$ 的接近程度用相关系数衡量：

$$\rho(z,\hat z)=\cos\big(\mathcal N(z),\mathcal N(\hat z)\big)$$

它对 $\hat z\to a\hat z+b\ (a>0)$ 不变，所以不会和判别抢自由度；若改用 $\|z-\hat z\|^2$，$n$ 个自由度全被占满，判别就没有余地了。

**目标。** 真图得低分，假图得高分（能量的约定）：

$$\begin{aligned}E&:\min\ \mathrm{avg}E(x)-\mathrm{avg}E(G(z))+\lambda_1\frac{[\mathrm{avg}E(x)-\mathrm{avg}E(G(z))]^2}{\|x-G(z)\|^2}-\lambda_2\,\rho(z,E(G(z)))\\G&:\min\ \mathrm{avg}E(G(z))-\lambda_2\,\rho(z,E(G(z)))\end{aligned}$$

$\lambda_1=0.25$，$\lambda_2=0.5$，$\|\cdot\|^2$ 是像素的均方。编码再解码就是

$$\hat x=G\big(\mathcal N(E(x))\big).$$
""",
    r"""
**The question.** An ordinary GAN draws pictures from random numbers and cannot turn a real picture back into a code. An encoder usually means one more network. Can the critic itself be the encoder?

**Orthogonal decomposition.** For $z\in\mathbb R^n$ let $\mathrm{avg}(z)=\frac1n\sum_i z_i$, $\mathrm{std}(z)=\sqrt{\frac1n\sum_i(z_i-\mathrm{avg}(z))^2}$, $\mathcal N(z)=(z-\mathrm{avg}(z))/\mathrm{std}(z)$. For $n\ge3$ the three are independent of each other: the average goes to the critic, the standardised rest to the encoder, each with its own degrees of freedom. How near a code is to $z$ is measured by correlation:

$$\rho(z,\hat z)=\cos\big(\mathcal N(z),\mathcal N(\hat z)\big)$$

It does not change under $\hat z\to a\hat z+b\ (a>0)$ and so takes nothing from the critic; with $\|z-\hat z\|^2$ instead, all $n$ degrees of freedom would be taken and none left to discriminate.

**The objective.** Real pictures score low, generated ones high (the convention of energies):

$$\begin{aligned}E&:\min\ \mathrm{avg}E(x)-\mathrm{avg}E(G(z))+\lambda_1\frac{[\mathrm{avg}E(x)-\mathrm{avg}E(G(z))]^2}{\|x-G(z)\|^2}-\lambda_2\,\rho(z,E(G(z)))\\G&:\min\ \mathrm{avg}E(G(z))-\lambda_2\,\rho(z,E(G(z)))\end{aligned}$$

with $\lambda_1=0.25$, $\lambda_2=0.5$ and $\|\cdot\|^2$ the mean square over pixels. To encode and decode:

$$\hat x=G\big(\mathcal N(E(x))\big).$$
""",
)
CHANGES = t(
    r"""
- 原文的人脸是 128–256 像素的 CelebA-HQ 与 FFHQ；这里是 64 像素的猫脸照片与卡通头像、32 像素的手写数字，网络相应小（最靠近图像的一层 32 个通道），在两个 CPU 核上训练。
- 生成器用自调制 (SELF-MOD，文章 6549) 的 4×4 DCGAN：普通批归一化的生成器有的种子会崩溃成一张图，而那时 $\rho$ 反而更高。
- $E$ 与 $G$ 轮流更新，而不是原文的一步同更；「验证」一栏检验了原文合成一步的写法：第二项的值为零，对 $E$ 的梯度相消。
- 插值默认先走直线再标准化：两个独立编码的中点，标准差只有 $1/\sqrt2$，不再标准化就会得到“过于平均”的脸。
- 参数取滑动平均 (EMA 0.999)。几个种子先试跑，按重建误差比和多样性挑一个接着训练，数字都在模型卡上；从不按 $\rho$ 挑。
""",
    r"""
- The post's faces are CelebA-HQ and FFHQ at 128-256 pixels; here they are cat photographs and cartoon portraits at 64 pixels and digits at 32, with networks as small (32 channels next to the picture), trained on two CPU cores.
- The generator is a 4x4 DCGAN with self-modulation (post 6549): with plain batch normalisation some seeds collapse to a single picture, and $\rho$ is then even higher.
- $E$ and $G$ are updated in turn and not in one step; the tab "Verify" tests the post's one-step form: its second term is worth zero and its gradients in $E$ cancel.
- By default an interpolation is standardised again after the straight line: midway between two independent codes the standard deviation is $1/\sqrt2$, which gives an "over-average" face.
- The weights are an exponential average (0.999). Several seeds are tried, and the one with the best reconstruction ratio among the diverse goes on, never the one with the best $\rho$; the numbers stand on the model card.
""",
)


def _code_reconstruct(i: Reconstruct) -> str:
    space = SPACES[i.model]
    if i.source == "sketch":
        rows = ["".join("#" if v > 0.5 else " " for v in row) for row in i.drawing]
        picture = f"np.array([[[0 if c == '#' else 255] * 3 for c in row] for row in {rows!r}], np.uint8)"
    elif i.source == "seed":
        picture = f"codec.decode(model, codec.random_codes(model, [{i.number}], model.config.dimensions, True))[0]"
    elif i.source == "held-out":
        picture = f"held_out({space.data!r}, {i.number})"
    else:
        picture = f"np.asarray(Image.open({shared.example_path(i, 'picture')!r}).convert('RGB'))"
    return (
        "import numpy as np\nfrom PIL import Image\nfrom core import codec\nfrom core.datasets import held_out\nfrom core.gan.o_gan import reconstructions\nfrom core.weights import load\n\n"
        f"model = load({space.weights!r})\npicture = {picture}\n"
        "x = codec.prepared([picture], model.config.side, model.config.channels)\n"
        f"found = reconstructions(model, x, {i.truncation!r}, {i.standard!r})\n"
        "print(float((found.made.cpu() - x).square().mean()), found.average, found.deviation)\n"
    )


def _code_wander(i: Wander) -> str:
    return (
        "from PIL import Image\nfrom core import codec\nfrom core.latent import plane\nfrom core.weights import load\n\n"
        f"model = load({SPACES[i.model].weights!r})\n"
        f"corners = codec.random_codes(model, [{i.seed}, {i.seed + 1}, {i.seed + 2}], model.config.dimensions, True)\n"
        f"picture = codec.decode(model, {i.truncation!r} * plane(corners, {i.place[0]!r}, {i.place[1]!r})[None])[0]\n"
        "Image.fromarray(picture).resize((512, 512)).save('/tmp/here.png')\nprint(picture.shape)\n"
    )


def _code_dial(i: Dial) -> str:
    return (
        "from core.gan.o_gan import turned\nfrom core.weights import load\n\n"
        f"model = load({SPACES[i.model].weights!r})\nfound = turned(model, {i.shift!r}, {i.factor!r}, {i.seed!r}, {FRESH})\n"
        "print(abs(found.rho_after - found.rho_before).max(), (found.score_after - found.score_before).mean())\n"
    )


def _code_neighbours(i: Neighbours) -> str:
    space = SPACES[i.model]
    shelf = {
        "portraits": "list(examples.portraits())",
        "digits": "[d[:, :, None].repeat(3, 2) for d in examples.digits()[0]]",
        "cats": f"codec.decode(model, codec.random_codes(model, range({SHELF_SEED}, {SHELF_SEED + SHELF}), model.config.dimensions, True))",
    }[i.model]
    return (
        "import numpy as np\nfrom PIL import Image\nfrom core import codec, examples\nfrom core.datasets import held_out\nfrom core.weights import load\n\n"
        f"model = load({space.weights!r})\n"
        f"code = {shared.code_of_end(i.source, shared.example_path(i, 'picture'), i.number, space.data, True)}\n"
        f"shelf = {shelf}\nprint(codec.nearest(code, codec.encode(model, shelf), {NEIGHBOURS}))\n"
    )


def _code_film(i: Film) -> str:
    return (
        "from core.films import frames, rows\n\n"
        f"film, log = frames({SPACES[i.model].weights!r}), rows({SPACES[i.model].weights!r})\n"
        "print(len(film), film[0].shape)\nprint(log[-1])\n"
    )


FACTS = outputs.metrics("facts")

PAGE = Page(
    title=t("O-GAN：判别器就是编码器", "O-GAN: the critic is the encoder"),
    summary=t("拖动滑块，一张真实的脸变成另一张：GAN 的判别器稍加改造，就成了编码器。", "Drag a slider and one real face becomes another: the critic of a GAN, slightly changed, is an encoder."),
    post=Post(
        id=6409, title=t("O-GAN：简单修改，让GAN的判别器变成一个编码器！", "O-GAN: a simple change turns a GAN's critic into an encoder"), date=datetime.date(2019, 3, 6),
        story=STORY, changes=CHANGES,
        papers=(
            ("Su 2019, O-GAN: Extremely Concise Approach for Auto-Encoding Generative Adversarial Networks", "https://arxiv.org/abs/1903.01931"),
            ("Su 2018, GAN-QP: A Novel GAN Framework without Gradient Vanishing and Lipschitz Constraint", "https://arxiv.org/abs/1811.07296"),
            ("Chen et al. 2018, On Self Modulation for Generative Adversarial Networks", "https://arxiv.org/abs/1810.01365"),
        ),
    ),
    tabs=(
        Tab("interpolate", t("插值", "Interpolate"), t("一张真实的脸，怎样一步步变成另一张？", "How does one real face become another, step by step?"),
            Interpolate, shared.MORPH_OUTPUTS, interpolate, lambda i: shared.morph_code(i, SPACES[i.model], True), shared.morph_cost, BUDGET),
        Tab("reconstruct", t("重建", "Reconstruct"), t("判别器看一眼图，能把它再画出来吗？为什么要标准化？", "Can the critic draw again what it has seen, and why is the code standardised?"),
            Reconstruct, (outputs.images("pictures", height=240), FACTS, outputs.figure("code", height=300)),
            reconstruct, _code_reconstruct, lambda i: 4.0, BUDGET),
        Tab("wander", t("漫游", "Wander"), t("三个编码张成的平面上，每一点都是一张脸吗？", "Is every place in the plane of three codes a face?"),
            Wander, (outputs.figure("map", height=430), FACTS),
            wander, _code_wander, lambda i: PLANE**2 + 1.0, BUDGET),
        Tab("dial", t("正交的旋钮", "The orthogonal dial"), t("转动编码的均值与标准差，图和 ρ 变不变？打分呢？", "Turn average and deviation of the code: do picture and ρ change? And the score?"),
            Dial, (outputs.figure("dial", height=420), outputs.images("pictures", height=160), FACTS),
            dial, _code_dial, lambda i: FRESH + 2.0, BUDGET),
        Tab("neighbours", t("近邻", "Neighbours"), t("编码相近的图，长得也相近吗？", "Do pictures with near codes look alike?"),
            Neighbours, (outputs.images("row", height=120), FACTS), neighbours, _code_neighbours, lambda i: 2.0 * SHELF, BUDGET),
        Tab("film", t("训练过程", "Training film"), t("同样的编码，在训练中一路画出了什么？", "What did the same codes draw as training went on?"),
            Film, (outputs.animation("film", height=420), outputs.figure("curves", height=380), outputs.table("log", t("日志", "Log"))),
            film, _code_film, lambda i: 0.0, BUDGET),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
    weights=tuple(space.weights for space in SPACES.values()),
    striking=3,
    cover=tuple({"model": "cats", "left": "seed", "left_number": a, "right": "seed", "right_number": a + 15} for a in range(100, 115)),
)  # fmt: skip
