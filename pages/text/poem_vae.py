"""The couplet machine: a VAE that writes verse at random (post 5332)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import figures, outputs
from gallery.inputs import Inputs, choice, seed, slider, text
from gallery.page import Lang, Page, Post, Tab, t

LINES = {"5": t("五言", "Five characters"), "7": t("七言", "Seven characters")}
PATHS = {"slerp": t("球面（slerp）", "Sphere (slerp)"), "lerp": t("直线（lerp）", "Straight (lerp)")}
LINE = t("每句字数", "Characters a line")
COUPLET = 20  # characters a reader may type for a couplet, marks included
FIVE = ("明月松间照，清泉石上流。", "国破山河在，城春草木深。", "海内存知己，天涯若比邻。", "白日依山尽，黄河入海流。")
SEVEN = ("两个黄鹂鸣翠柳，一行白鹭上青天。", "沧海月明珠有泪，蓝田日暖玉生烟。", "无边落木萧萧下，不尽长江滚滚来。")
SHOWN_NEAR = 5
RADII = tuple(np.linspace(0, 4, 17).round(2).tolist())
SHOWN_RADII = (0.0, 1.0, 2.0, 4.0)
AT_EACH = 48  # couplets measured at each radius
STAIRS = 161
BUDGET = 1000.0  # couplets decoded


def _couplet(line: str, default: str, label_zh: str, label_en: str) -> Any:
    examples = FIVE if line == "5" else SEVEN
    return text(default, label=t(label_zh, label_en), max_length=COUPLET, examples=examples, shown_when={"line": line})


class Random(Inputs):
    line: str = choice("5", LINES, label=LINE)
    count: int = slider(12, 2, 40, label=t("几联", "Couplets"))
    temperature: float = slider(
        0.0, 0.0, 1.5, step=0.05, label=t("温度（0 取最可能的字）", "Temperature (0: likeliest characters)")
    )
    seed: int = seed(2)


class Walk(Inputs):
    line: str = choice("5", LINES, label=LINE)
    start_5: str = _couplet("5", FIVE[0], "从", "From")
    end_5: str = _couplet("5", FIVE[1], "到", "To")
    start_7: str = _couplet("7", SEVEN[0], "从", "From")
    end_7: str = _couplet("7", SEVEN[1], "到", "To")
    steps: int = slider(8, 3, 16, label=t("步数", "Steps"))
    path: str = choice("slerp", PATHS, label=t("路径", "Path"))


class Near(Inputs):
    line: str = choice("5", LINES, label=LINE)
    couplet_5: str = _couplet("5", FIVE[0], "一联", "Couplet")
    couplet_7: str = _couplet("7", SEVEN[0], "一联", "Couplet")
    radius: float = slider(6.0, 0.5, 16.0, step=0.5, label=t("半径", "Radius"))
    count: int = slider(12, 4, 24, label=t("几联", "Couplets"))
    seed: int = seed(1)


class Away(Inputs):
    line: str = choice("5", LINES, label=LINE)
    temperature: float = slider(0.0, 0.0, 1.5, step=0.05, label=t("温度", "Temperature"))
    seed: int = seed(3)


class Gan(Inputs):
    line: str = choice("5", LINES, label=LINE)
    start_5: str = _couplet("5", FIVE[0], "从", "From")
    end_5: str = _couplet("5", FIVE[1], "到", "To")
    start_7: str = _couplet("7", SEVEN[0], "从", "From")
    end_7: str = _couplet("7", SEVEN[1], "到", "To")


def _set(couplet: str, title: str = "", caption: str = "") -> outputs.Passage:
    return outputs.Passage(couplet.replace("，", "，\n"), title, caption, verse=True)


def random(inputs: Random, lang: Lang) -> Mapping[str, Any]:
    from core.text.couplets import codes, parallel, write
    from core.text.library import couplet_machine

    model, tokenizer = couplet_machine(int(inputs.line))
    made = write(model, tokenizer, codes(model, inputs.count, inputs.seed), inputs.temperature, inputs.seed)
    opposed = [parallel(couplet) for couplet in made]
    facts = [
        outputs.Metric(t("平仄相对", "Opposed tones")(lang), float(np.mean(opposed)), t("两句同位的字一平一仄的比例", "share of places with one level, one oblique tone")(lang)),
        outputs.Metric(t("不同的字", "Different characters")(lang), len(set("".join(made)) - set("，。"))),
        outputs.Metric(t("编码维数", "Dimensions of a code")(lang), model.config.latent, "z ~ N(0, I)"),
    ]  # fmt: skip
    rows = {t("联", "couplet")(lang): made, t("平仄相对", "opposed tones")(lang): opposed}
    return {"sheet": outputs.Texts([_set(couplet) for couplet in made]), "facts": facts, "table": outputs.Table(rows)}


def walk(inputs: Walk, lang: Lang) -> Mapping[str, Any]:
    from core.text.couplets import code_of
    from core.text.couplets import walk as walked
    from core.text.library import couplet_machine

    line, start, end = _ends(inputs)
    model, tokenizer = couplet_machine(line)
    a = code_of(model, tokenizer, start, line, f"start_{line}")
    b = code_of(model, tokenizer, end, line, f"end_{line}")
    texts = walked(model, tokenizer, a, b, inputs.steps, inputs.path)
    way = outputs.Texts([_set(c, f"t = {k / (inputs.steps - 1):.2f}") for k, c in enumerate(texts)])
    kept = [_shared(start, texts[0]), _shared(end, texts[-1])]
    facts = [
        outputs.Metric(t("起点还原的字", "Start: characters rebuilt")(lang), f"{kept[0]} / {2 * line}", start),
        outputs.Metric(t("终点还原的字", "End: characters rebuilt")(lang), f"{kept[1]} / {2 * line}", end),
        outputs.Metric("‖a − b‖", float((a - b).norm())),
    ]
    note = t(
        "两端是编码再解码的结果，不是原句：64 个数记不住十个字的每一个。记住的是题材与句式。",
        "The ends are what comes back from the codes, not the originals: 64 numbers do not hold every one of ten characters. What they hold is the subject and the build of the lines.",
    )(lang)
    return {"way": way, "facts": facts, "note": note}


def near(inputs: Near, lang: Lang) -> Mapping[str, Any]:
    from core.codec import nearest
    from core.text.couplets import code_of, neighbours, punctuated, shelf
    from core.text.library import couplet_machine

    line = int(inputs.line)
    model, tokenizer = couplet_machine(line)
    name = f"couplet_{line}"
    z = code_of(model, tokenizer, getattr(inputs, name), line, name)
    found = neighbours(model, tokenizer, z, inputs.radius, inputs.count, inputs.seed)
    around = outputs.Texts([_set(c, f"r = {d:.2f}") for c, d in zip(found.couplets, found.distances, strict=True)])
    known, codes = shelf(line)
    order, distances = nearest(z, codes, SHOWN_NEAR)
    real = {
        t("名句", "famous couplet")(lang): [punctuated(known[k]) for k in order],
        t("距离", "distance")(lang): distances,
    }
    return {"around": around, "real": outputs.Table(real)}


def away(inputs: Away, lang: Lang) -> Mapping[str, Any]:
    from core.text.couplets import codes, shells, write
    from core.text.library import couplet_machine

    model, tokenizer = couplet_machine(int(inputs.line))
    found = shells(model, tokenizer, RADII, AT_EACH, inputs.temperature, inputs.seed)
    figure = figures.panels(
        t("离原点 r 倍标准差处写出的联句", "Couplets written at r standard deviations from the origin")(lang),
        [t("比例", "Shares")(lang), t("每字的熵 / bit", "Entropy of a character / bits")(lang)],
        height=420,
    )
    figure.add_trace(
        figures.line(found.radii, found.repeats, t("句中重字", "a character twice in a line")(lang), 1), 1, 1
    )
    figure.add_trace(figures.line(found.radii, found.distinct, t("互不相同的联", "distinct couplets")(lang), 2), 1, 1)
    figure.add_trace(figures.line(found.radii, found.entropy, t("熵", "entropy")(lang), 0), 1, 2)
    figures.reference(figure, 1.0, t("先验", "prior")(lang))
    figure.update_xaxes(title_text=t("r：z ~ N(0, r²I)", "r: z ~ N(0, r²I)")(lang))
    figure.update_yaxes(rangemode="tozero")
    texts = []
    for radius in SHOWN_RADII:
        first, second = write(model, tokenizer, codes(model, 2, inputs.seed, radius), inputs.temperature, inputs.seed)
        texts.append(_set(f"{first}\n{second}", f"r = {radius:g}"))
    note = t(
        "$r=0$ 时每个位置只剩全体联句的平均，熵最大，字字雷同；$r$ 太大，softmax 过分自信，词句脱离语料。训练只保证 $r\\approx1$ 处好看。",
        "At $r=0$ each position is left with the average over all couplets: the entropy is largest and all characters alike. At large $r$ the softmax is overconfident and the lines leave the language. Training looks after $r\\approx1$ only.",
    )(lang)
    return {"curve": figure, "texts": outputs.Texts(texts), "note": note}


def gan(inputs: Gan, lang: Lang) -> Mapping[str, Any]:
    from core.text.couplets import code_of, parsed, staircase
    from core.text.library import couplet_machine

    line, start, end = _ends(inputs)
    model, tokenizer = couplet_machine(line)
    a = code_of(model, tokenizer, start, line, f"start_{line}")
    b = code_of(model, tokenizer, end, line, f"end_{line}")
    s = staircase(model, tokenizer, a, b, parsed(tokenizer, end, line, f"end_{line}"), STAIRS)
    figure = figures.panels(
        t("沿直线 a → b：VAE 看概率，GAN 看文字", "Along the line a → b: a VAE sees probabilities, a GAN sees text")(lang),
        [t("VAE 的损失 −log p(终点 | z)", "VAE's loss −log p(end | z)")(lang), t("判别者给写出的文字打分", "A critic's score of the text written")(lang)],
        height=430,
    )  # fmt: skip
    figure.add_trace(figures.line(s.t, s.smooth, t("光滑", "smooth")(lang), 0, showlegend=False), 1, 1)
    figure.add_trace(figures.line(s.t, s.hard, t("阶梯", "steps")(lang), 1, showlegend=False, line_shape="hv"), 1, 2)
    figure.update_xaxes(title_text="t")
    figure.update_yaxes(title_text="nat")
    changes = sum(x != y for x, y in zip(s.texts, s.texts[1:], strict=False))
    facts = [
        outputs.Metric(t("VAE：斜率的平均大小", "VAE: mean size of the slope")(lang), float(np.abs(s.slope).mean()), "nat"),
        outputs.Metric(t("GAN：斜率的最大值", "GAN: largest slope")(lang), float(np.abs(s.hard_slope).max()), t("自动微分所得，处处为零", "by autograd: zero everywhere")(lang)),
        outputs.Metric(t("文字改变的次数", "Changes of the text")(lang), changes, t(f"共 {STAIRS} 点", f"at {STAIRS} points")(lang)),
        outputs.Metric(t("最大概率的平均", "Mean largest probability")(lang), float(s.certainty.mean()), t("真实文字恒为 1", "of real text always 1")(lang)),
    ]  # fmt: skip
    note = t(
        "GAN 的判别者要看生成的文字，文字是 argmax 的 one-hot：$z$ 动一点，要么一字不变（梯度为零），要么跳一个字（不可导）。若改给它看 softmax 概率，它只需检查“最大概率是不是 1”就能分清真假，生成器仍学不到语言。VAE 比较的是概率与真实的字，处处可导。",
        "A GAN's critic must see the text, and text is the one-hot argmax: a small change of $z$ changes no character (zero gradient) or jumps by one (no gradient). Shown the softmax instead, the critic need only ask whether the largest probability is 1 to tell real from made, and again the generator learns no language. A VAE compares probabilities with real characters, and is smooth.",
    )(lang)
    stops = outputs.Texts([_set(s.texts[k], f"t = {s.t[k]:.2f}") for k in np.linspace(0, STAIRS - 1, 4).astype(int)])
    return {"slopes": figure, "facts": facts, "texts": stops, "note": note}


def _ends(inputs: Walk | Gan) -> tuple[int, str, str]:
    line = int(inputs.line)
    return line, getattr(inputs, f"start_{line}"), getattr(inputs, f"end_{line}")


def _shared(couplet: str, other: str) -> int:
    from core.text.prosody import lines_of

    return sum(a == b for a, b in zip("".join(lines_of(couplet)), "".join(lines_of(other)), strict=False))


def checks() -> Iterable[Check]:
    from core.text.poem_vae_verification import checks as facts

    return facts()


def _code_random(i: Random) -> str:
    return f"""from core.text.couplets import codes, write
from core.text.library import couplet_machine

model, tokenizer = couplet_machine({i.line})
z = codes(model, {i.count}, seed={i.seed})  # [{i.count}, 64], from N(0, I)
print("\\n".join(write(model, tokenizer, z, temperature={i.temperature}, seed={i.seed})))
"""


def _code_walk(i: Walk) -> str:
    line, start, end = _ends(i)
    return f"""from core.text.couplets import code_of, walk
from core.text.library import couplet_machine

model, tokenizer = couplet_machine({line})
a = code_of(model, tokenizer, {start!r}, {line})
b = code_of(model, tokenizer, {end!r}, {line})
print("\\n".join(walk(model, tokenizer, a, b, {i.steps}, {i.path!r})))
"""


def _code_near(i: Near) -> str:
    return f"""from core.text.couplets import code_of, neighbours
from core.text.library import couplet_machine

model, tokenizer = couplet_machine({i.line})
z = code_of(model, tokenizer, {getattr(i, f"couplet_{i.line}")!r}, {i.line})
found = neighbours(model, tokenizer, z, radius={i.radius}, count={i.count}, seed={i.seed})
for couplet, distance in zip(found.couplets, found.distances):
    print(f"{{distance:6.2f}}", couplet)
"""


def _code_away(i: Away) -> str:
    return f"""from core.text.couplets import shells
from core.text.library import couplet_machine

model, tokenizer = couplet_machine({i.line})
found = shells(model, tokenizer, [0, 0.5, 1, 2, 4], {AT_EACH}, {i.temperature}, seed={i.seed})
print(found.entropy, found.repeats, found.distinct)
"""


def _code_gan(i: Gan) -> str:
    line, start, end = _ends(i)
    return f"""from core.text.couplets import code_of, parsed, staircase
from core.text.library import couplet_machine

model, tokenizer = couplet_machine({line})
a, b = (code_of(model, tokenizer, c, {line}) for c in ({start!r}, {end!r}))
s = staircase(model, tokenizer, a, b, parsed(tokenizer, {end!r}, {line}), {STAIRS})
print(abs(s.slope).mean(), abs(s.hard_slope).max())
"""


STORY = t(
    r"""
**问题。** 不给题目、不给开头，机器能不能随手写一联诗？把一联十个字（七言十四字）看成一个整体 $x$，用 VAE 学它的编码：

$$\mathcal L=\mathbb E_{z\sim q(z|x)}\Big[-\sum_{t=1}^{10}\log p(x_t|z)\Big]+\frac12\sum_{j=1}^{64}\big(\mu_j^2+e^{v_j}-v_j-1\big),\qquad z=\mu+e^{v/2}\varepsilon.$$

编码器、解码器都用门控卷积（GCNN）：一个宽为 3 的卷积给出 $a,b$ 两半，输出 $x+a\otimes\sigma(b)$。编码器两层之后在位置上取平均，得 $\mu$ 与 $v$；解码器由 $z$ 一次给出十个位置的特征，再过一层卷积和共享的 softmax。

给定 $z$ 之后各个位置互相独立，所以两句之间的对仗、呼应，全部要靠 $z$ 来说。训练好以后，从 $N(0,I)$ 取一个 $z$，就是一联诗。

每一项都按位置**求和**；若改成平均，KL 项相对大了十倍，$q(z|x)$ 会坍缩成先验，什么也学不到。
""",
    r"""
**The question.** With no title and no beginning, can a machine write a couplet out of nothing? A couplet's ten characters (fourteen in seven-character verse) are one thing $x$, and a VAE learns its code:

$$\mathcal L=\mathbb E_{z\sim q(z|x)}\Big[-\sum_{t=1}^{10}\log p(x_t|z)\Big]+\frac12\sum_{j=1}^{64}\big(\mu_j^2+e^{v_j}-v_j-1\big),\qquad z=\mu+e^{v/2}\varepsilon.$$

Encoder and decoder are gated convolutions: one convolution of width 3 gives two halves $a,b$, and the layer gives $x+a\otimes\sigma(b)$. After two of them the encoder takes the mean over the positions and gives $\mu$ and $v$. The decoder turns $z$ into features of all ten positions at once, then one convolution and a shared softmax.

Given $z$ the positions are independent: parallelism, and every echo between the two lines, must be said by $z$. Once trained, a $z$ from $N(0,I)$ is a couplet.

Both terms are **sums**. A mean over the positions instead makes the KL ten times as heavy, and $q(z|x)$ collapses to the prior: nothing is learnt.
""",
)
CHANGES = t(
    r"""
- 语料是简体的全唐诗对句：五言 13 万联、七言 6 万联，各留出五十分之一；原文只有五言，没有留出集。页面所用的名句不在训练集中。
- 训练 40 轮（原文 100 轮），余弦学习率，权重取滑动平均；网络与损失同原文。
- 原文用 argmax 解码；这里多了温度。
- 语料里代表缺字的“囗”不会被写出。
""",
    r"""
- The texts are couplets of the Complete Tang Poems in simplified characters: 130 000 of five characters a line, 60 000 of seven, one in fifty held out. The post has five characters only, and holds nothing out. The famous couplets on this page were not trained on.
- Trained for 40 epochs (the post: 100) with a cosine learning rate and averaged weights; network and loss are the post's.
- The post decodes by argmax; here there is a temperature too.
- The sign that stands for a lost character in the texts is never written.
""",
)

FACTS = outputs.metrics("facts")
PAGE = Page(
    title=t("作诗机器人：随机成诗", "The couplet machine"),
    summary=t("门控卷积加 VAE：随手取一个编码，就是一联诗；两联之间可以一步步走过去。", "Gated convolutions and a VAE: any code is a couplet of Chinese verse, and one can walk from one couplet to another."),
    post=Post(
        id=5332, title=t("基于CNN和VAE的作诗机器人：随机成诗", "A poem robot of CNN and VAE: verse at random"), date=datetime.date(2018, 3, 24),
        story=STORY, changes=CHANGES,
        papers=(
            ("Kingma, Welling 2013, Auto-Encoding Variational Bayes", "https://arxiv.org/abs/1312.6114"),
            ("Dauphin et al. 2016, Language Modeling with Gated Convolutional Networks", "https://arxiv.org/abs/1612.08083"),
            ("Bowman et al. 2015, Generating Sentences from a Continuous Space", "https://arxiv.org/abs/1511.06349"),
        ),
    ),
    tabs=(
        Tab("random", t("随机成诗", "At random"), t("随手取 z，写出来的是什么？", "What does a random z say?"),
            Random, (outputs.text("sheet", height=420), FACTS, outputs.table("table", t("列成表", "As a table"))), random, _code_random, lambda i: float(i.count), BUDGET),
        Tab("walk", t("漫步", "Walk"), t("从一联到另一联，中间写着什么？", "From one couplet to another: what stands between?"),
            Walk, (outputs.text("way", height=420), FACTS, outputs.markdown("note")), walk, _code_walk, lambda i: float(i.steps), BUDGET),
        Tab("near", t("近邻", "Near"), t("一联诗的附近是什么？", "What lies near a couplet?"),
            Near, (outputs.text("around", height=420), outputs.table("real", t("编码最近的名句", "Famous couplets with the nearest codes"))), near, _code_near, lambda i: 32.0 * i.count, BUDGET),
        Tab("prior", t("离开先验", "Off the prior"), t("z 不在 N(0, I) 里，会写出什么？", "What is written where z is not from N(0, I)?"),
            Away, (outputs.figure("curve", height=420), outputs.text("texts", height=160), outputs.markdown("note")), away, _code_away, lambda i: float(len(RADII) * AT_EACH), BUDGET),
        Tab("not-gan", t("为何不用 GAN", "Why not a GAN"), t("同样的数据，为什么 VAE 能学，GAN 难学？", "On the same data, why can a VAE learn where a GAN can hardly?"),
            Gan, (outputs.figure("slopes", height=430), FACTS, outputs.text("texts", height=130), outputs.markdown("note")), gan, _code_gan, lambda i: float(STAIRS), BUDGET),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
    weights=("poem-vae-5", "poem-vae-7"),
    striking=2,
)  # fmt: skip
