"""The couplet machine: a VAE that writes verse at random (post 5332)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.text.machines import LINES, REPEATS_MOST, offered, repeats_of
from gallery import figures, outputs
from gallery.inputs import choice, seed, slider, text
from gallery.outputs import Metric, Passage, Table, Texts
from gallery.page import Page, Post, Say, Tab, Text, Try, t
from pages.text import _poem_vae_texts as texts

if TYPE_CHECKING:
    from core.text.couplet_questions import Couplets, Neighbourhood, Shells, Staircase
    from core.text.couplet_questions import Walk as Steps

LENGTHS = {"5": 5, "7": 7}
NAMES = {5: t("五言", "Five characters"), 7: t("七言", "Seven characters")}
LINE = t("每句字数", "Characters a line")
OFFERED = {str(line): NAMES[line] for line in offered()}
PATHS = {"slerp": t("球面（slerp）", "Sphere (slerp)"), "lerp": t("直线（lerp）", "Straight (lerp)")}
FIVE = ("明月松间照，清泉石上流。", "国破山河在，城春草木深。", "海内存知己，天涯若比邻。", "白日依山尽，黄河入海流。")
SEVEN = (
    "两个黄鹂鸣翠柳，一行白鹭上青天。",
    "沧海月明珠有泪，蓝田日暖玉生烟。",
    "无边落木萧萧下，不尽长江滚滚来。",
)
COUPLET = 20  # characters a reader may type for a couplet, marks included
BUDGET = 1000.0  # couplets decoded
FROM, TO, ONE, COUNT = t("从", "From"), t("到", "To"), t("一联", "Couplet"), t("几联", "Couplets")
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")


def _why() -> Text | None:
    """Why a machine that was trained is not offered: by its card."""
    missing = [line for line in LINES if line not in offered()]
    if not missing:
        return None
    found, real = repeats_of(missing[0])
    return t(
        f"{NAMES[missing[0]].zh}的机器写得还不像样：{found:.0%} 的句子有重字（真诗 {real:.0%}），超过 {REPEATS_MOST:.0%}，所以没有提供",
        f"{NAMES[missing[0]].en}: that machine stutters, {found:.0%} of its lines have a character twice (real verse: {real:.0%}); above {REPEATS_MOST:.0%} it is not offered",
    )


def _line() -> Any:
    return choice("5", OFFERED, label=LINE, help=_why())


def _couplet(line: str, default: str, label: Text) -> Any:
    examples = FIVE if line == "5" else SEVEN
    return text(default, label=label, max_length=COUPLET, examples=examples, shown_when={"line": line})


class Random(Tab):
    label = t("随机成诗", "At random")
    question = t("随手取一个 z，写出来的是什么？", "What does a random z say?")
    outputs = (outputs.text("sheet", height=420), FACTS, outputs.table("table", t("列成表", "As a table")))
    budget = BUDGET
    tries = (
        Try(
            t("温度 1：重字不到一成，句子也散了", "Temperature 1: few repeats, and no sense left"),
            {"temperature": 1.0},
            holds=lambda r: r.repeats < 0.1,
        ),
        Try(
            t("四十联：用到一百五十个以上不同的字", "Forty couplets: more than 150 different characters"),
            {"count": 40},
            holds=lambda r: r.characters > 150,
        ),
    )

    line: str = _line()
    count: int = slider(12, 2, 40, label=COUNT)
    temperature: float = slider(
        0.0, 0.0, 1.5, step=0.05, label=t("温度（0 取最可能的字）", "Temperature (0: likeliest characters)")
    )
    seed: int = seed(2)

    def cost(self) -> float:
        return self.count

    def compute(self) -> Couplets:
        from core.text.couplet_questions import at_random
        from core.text.library import couplet_machine

        return at_random(*couplet_machine(LENGTHS[self.line]), self.count, self.temperature, self.seed)

    def show(self, r: Couplets, say: Say) -> Mapping[str, object]:
        facts = [
            Metric(
                say("句中重字", "Lines with a repeat"),
                f"{r.repeats:.0%}",
                say(f"真诗 {r.real_repeats:.0%}", f"real verse {r.real_repeats:.0%}"),
            ),
            Metric(
                say("平仄相对", "Opposed tones"),
                r.mean_opposed,
                say("两句同位的字一平一仄的比例", "share of places with one level, one oblique tone"),
            ),
            Metric(say("不同的字", "Different characters"), r.characters),
            Metric(say("编码维数", "Dimensions of a code"), r.latent, "z ~ N(0, I)"),
        ]
        rows = {say("联", "couplet"): r.texts, say("平仄相对", "opposed tones"): r.opposed}
        return {"sheet": Texts([_set(couplet) for couplet in r.texts]), "facts": facts, "table": Table(rows)}


class Walk(Tab):
    label = t("漫步", "Walk")
    question = t("从一联到另一联，中间写着什么？", "From one couplet to another: what stands between?")
    outputs = (outputs.text("way", height=420), FACTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t(
                "十六步：只有十来种不同的联，文字一步一跳",
                "Sixteen steps: about ten different couplets, text moves in jumps",
            ),
            {"steps": 16},
            holds=lambda r: len(r.texts) == 16 and 8 < r.different < 13,
        ),
        Try(
            t("海内存知己 → 白日依山尽：终点还原了一半", "From another couplet to another: half of the end comes back"),
            {"start_5": FIVE[2], "end_5": FIVE[3]},
            holds=lambda r: r.rebuilt[1] == 5,
        ),
    )

    line: str = _line()
    start_5: str = _couplet("5", FIVE[0], FROM)
    end_5: str = _couplet("5", FIVE[1], TO)
    start_7: str = _couplet("7", SEVEN[0], FROM)
    end_7: str = _couplet("7", SEVEN[1], TO)
    steps: int = slider(8, 3, 16, label=t("步数", "Steps"))
    path: str = choice("slerp", PATHS, label=t("路径", "Path"))

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Steps:
        from core.text.couplet_questions import walk
        from core.text.library import couplet_machine

        start = self.start_5 if self.line == "5" else self.start_7
        end = self.end_5 if self.line == "5" else self.end_7
        return walk(*couplet_machine(LENGTHS[self.line]), start, end, self.steps, self.path)

    def show(self, r: Steps, say: Say) -> Mapping[str, object]:
        (first, last), n, steps = r.rebuilt, r.length, len(r.texts)
        facts = [
            Metric(say("起点还原的字", "Start: characters rebuilt"), f"{first} / {n}"),
            Metric(say("终点还原的字", "End: characters rebuilt"), f"{last} / {n}"),
            Metric(say("不同的联", "Different couplets"), f"{r.different} / {steps}"),
            Metric("‖a − b‖", r.distance, say("两联编码的距离", "distance of the two codes")),
        ]
        note = say(
            f"**{steps} 步走过 {r.different} 种不同的联。** 两端是编码再解码的结果，不是原句：起点的 {n} 个字还原 {first} 个，终点 {last} 个。64 个数记不住每一个字，记住的是题材与句式。",
            f"**{steps} steps pass {r.different} different couplets.** The ends are what comes back from the codes, not the originals: {first} of {n} characters of the start, {last} of the end. 64 numbers do not hold every character; they hold the subject and the build of the lines.",
        )
        way = [_set(couplet, f"t = {at:.2f}") for couplet, at in zip(r.texts, r.t, strict=True)]
        return {"way": Texts(way), "facts": facts, "note": note}


class Near(Tab):
    label = t("近邻", "Near")
    question = t(
        "一联诗的附近是什么？走多远就不是它了？", "What lies near a couplet, and how far off is it no longer the same?"
    )
    outputs = (
        outputs.text("around", height=420),
        outputs.figure("kept", height=380),
        outputs.table(
            "real",
            t("编码夹角最小的名句（不含自己）", "Famous couplets whose codes point the same way (itself left out)"),
        ),
    )
    budget = BUDGET
    tries = (
        Try(
            t("半径 1：每一联至少留着中心的六个字", "Radius 1: each keeps at least six characters of the centre"),
            {"radius": 1.0},
            holds=lambda r: min(r.alike) >= 6,
        ),
        Try(
            t("半径 16：十二联里最远的只留下三个字", "Radius 16: the farthest of twelve keeps three characters"),
            {"radius": 16.0},
            holds=lambda r: r.alike[-1] == 3,
        ),
    )

    line: str = _line()
    couplet_5: str = _couplet("5", FIVE[0], ONE)
    couplet_7: str = _couplet("7", SEVEN[0], ONE)
    radius: float = slider(6.0, 0.5, 16.0, step=0.5, label=t("半径", "Radius"))
    count: int = slider(12, 4, 24, label=COUNT)
    seed: int = seed(1)

    def cost(self) -> float:
        return 32.0 * self.count + 204

    def compute(self) -> Neighbourhood:
        from core.text.couplet_questions import near
        from core.text.library import couplet_machine

        couplet = self.couplet_5 if self.line == "5" else self.couplet_7
        return near(*couplet_machine(LENGTHS[self.line]), couplet, self.radius, self.count, self.seed)

    def show(self, r: Neighbourhood, say: Say) -> Mapping[str, object]:
        n = 2 * LENGTHS[self.line]
        stays = say("走到哪里都留下中心一半以上的字", "More than half of the centre's characters stay everywhere")
        goes = say(
            f"离中心「{r.centre}」{r.half:.0f} 远处，它的字只剩不到一半",
            f"At distance {r.half:.0f} less than half of the centre's characters are left",
        )
        figure, panel = figures.panel(
            goes if r.half <= r.radii[-1] else stays,
            x=say("到中心编码的距离 r", "distance r from the centre's code"),
            y=say("留下的字（比例）", "characters kept (share)"),
            height=380,
            y_range=(0, 1),
        )
        panel.line(r.radii, r.kept)
        panel.level(0.5, say("一半", "half"))
        panel.level(self.radius, say("现在的半径", "radius now"), axis="x", colour=7)
        around = [
            _set(couplet, f"r = {away:.2f}", say(f"留下 {alike} / {n} 字", f"{alike} / {n} characters kept"))
            for couplet, away, alike in zip(r.texts, r.distances, r.alike, strict=True)
        ]
        cosine = say(
            f"余弦（全部名句的标准差 {r.spread:.2f}）", f"cosine (standard deviation over all: {r.spread:.2f})"
        )
        real = {say("名句", "famous couplet"): r.famous, cosine: r.cosines}
        return {"around": Texts(around), "kept": figure, "real": Table(real)}


class Prior(Tab):
    label = t("离开先验", "Off the prior")
    question = t("z 不在 N(0, I) 里，会写出什么？", "What is written where z is not from N(0, I)?")
    outputs = (outputs.figure("curve", height=420), outputs.text("texts", height=160), NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t(
                "温度 1：原点的重字消失，熵一点没变",
                "Temperature 1: no more repeats at the origin, the entropy as before",
            ),
            {"temperature": 1.0},
            holds=lambda r: r.at(0.0)[1] < 0.1 and r.at(0.0)[0] > 9,
        ),
    )

    line: str = _line()
    temperature: float = slider(0.0, 0.0, 1.5, step=0.05, label=t("温度", "Temperature"))
    seed: int = seed(3)

    def cost(self) -> float:
        return 17.0 * 48

    def compute(self) -> Shells:
        from core.text.couplet_questions import shells
        from core.text.library import couplet_machine

        return shells(*couplet_machine(LENGTHS[self.line]), self.temperature, self.seed)

    def show(self, r: Shells, say: Say) -> Mapping[str, object]:
        near, far = r.at(1.0)[0], r.at(4.0)[0]
        figure, (shares, entropy) = figures.panels(
            say(
                f"r = 1 时每字的熵是 {near:.1f} bit，r = 4 时只有 {far:.1f}：离先验越远越自信",
                f"Entropy of a character: {near:.1f} bits at r = 1, {far:.1f} at r = 4. Farther from the prior, more confident",
            ),
            [
                figures.Axes(
                    say("写出的联", "Couplets written"),
                    x=say("r：z ~ N(0, r²I)", "r: z ~ N(0, r²I)"),
                    y=say("比例", "share"),
                    y_range=(0, 1.05),
                ),
                figures.Axes(
                    say("概率", "Probabilities"),
                    x=say("r：z ~ N(0, r²I)", "r: z ~ N(0, r²I)"),
                    y=say("每字的熵（bit）", "entropy of a character (bits)"),
                    from_zero=True,
                ),
            ],
            height=420,
        )
        shares.line(r.radii, r.repeats, say("句中重字", "a character twice in a line"), 1)
        shares.line(r.radii, r.distinct, say("互不相同的联", "distinct couplets"), 2)
        entropy.line(r.radii, r.entropy, say("熵", "entropy"))
        for panel in (shares, entropy):
            panel.level(1.0, say("先验", "prior"), axis="x", colour=7)
        note = say(
            "$r=0$ 时每个位置只剩全体联句的平均：熵最大，取最可能的字就字字雷同。$r$ 大了，softmax 越来越自信，用字越来越生僻，词句脱离语料。训练见过的只有 $r\\approx1$。",
            "At $r=0$ each position is left with the average over all couplets: the entropy is largest, and the likeliest characters are all alike. At large $r$ the softmax grows confident, the characters rare, and the lines leave the language. Training has seen $r\\approx1$ only.",
        )
        shown = zip(r.shown_radii, r.shown, strict=True)
        return {
            "curve": figure,
            "texts": Texts([_set("\n".join(pair), f"r = {at:g}") for at, pair in shown]),
            "note": note,
        }


class NotGan(Tab):
    label = t("为何不用 GAN", "Why not a GAN")
    question = t(
        "同样的数据，为什么 VAE 能学，GAN 难学？", "On the same data, why can a VAE learn where a GAN can hardly?"
    )
    outputs = (outputs.figure("slopes", height=430), FACTS, outputs.text("texts", height=130), NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t(
                "另外两联：文字变了二十多次，GAN 的斜率仍处处为零",
                "Two other couplets: more than 20 changes of text, and the GAN's slope is still zero",
            ),
            {"start_5": FIVE[2], "end_5": FIVE[3]},
            holds=lambda r: r.changes > 20 and r.largest_hard_slope == 0,
        ),
    )

    line: str = _line()
    start_5: str = _couplet("5", FIVE[0], FROM)
    end_5: str = _couplet("5", FIVE[1], TO)
    start_7: str = _couplet("7", SEVEN[0], FROM)
    end_7: str = _couplet("7", SEVEN[1], TO)

    def cost(self) -> float:
        return 161.0

    def compute(self) -> Staircase:
        from core.text.couplet_questions import staircase
        from core.text.library import couplet_machine

        start = self.start_5 if self.line == "5" else self.start_7
        end = self.end_5 if self.line == "5" else self.end_7
        return staircase(*couplet_machine(LENGTHS[self.line]), start, end)

    def show(self, r: Staircase, say: Say) -> Mapping[str, object]:
        figure, (smooth, hard) = figures.panels(
            say(
                f"沿直线 a → b：VAE 的损失处处有斜率，GAN 的分数跳 {r.changes} 次，此外全平",
                f"Along the line a → b a VAE's loss slopes everywhere; a GAN's score jumps {r.changes} times and is flat between",
            ),
            [
                figures.Axes(say("VAE 的损失 −log p(终点 | z)", "VAE's loss −log p(end | z)"), x="t", y="nat"),
                figures.Axes(
                    say("判别器给写出的文字打分", "A discriminator's score of the text written"), x="t", y="nat"
                ),
            ],
            height=430,
        )
        smooth.line(r.t, r.smooth)
        hard.steps(r.t, r.hard, colour=1)
        facts = [
            Metric(say("VAE：斜率的平均大小", "VAE: mean size of the slope"), r.mean_slope, "nat"),
            Metric(
                say("GAN：斜率的最大值", "GAN: largest slope"),
                r.largest_hard_slope,
                say("自动微分所得，处处为零", "by autograd: zero everywhere"),
            ),
            Metric(
                say("文字改变的次数", "Changes of the text"),
                r.changes,
                say(f"共 {len(r.t)} 点", f"at {len(r.t)} points"),
            ),
            Metric(
                say("最大概率的平均", "Mean largest probability"),
                r.mean_certainty,
                say("真实文字恒为 1", "of real text always 1"),
            ),
        ]
        note = say(
            "GAN 的判别器要看生成的文字，文字是 argmax 的 one-hot：$z$ 动一点，要么一字不变（梯度为零），要么跳一个字（不可导）。若改给它看 softmax 概率，它只需检查“最大概率是不是 1”就能分清真假，生成器仍学不到语言。VAE 比较的是概率与真实的字，处处可导。",
            "A GAN's discriminator must see text, and text is the one-hot argmax: a small change of $z$ either changes no character (zero gradient) or jumps by one (no gradient). Shown the softmax instead, the discriminator need only check whether the largest probability is 1 to tell real from generated, and the generator still learns no language. A VAE compares probabilities with real characters and is differentiable everywhere.",
        )
        stops = Texts([_set(couplet, f"t = {at:.2f}") for at, couplet in r.stops(4)])
        return {"slopes": figure, "facts": facts, "texts": stops, "note": note}


def _set(couplet: str, title: str = "", caption: str = "") -> Passage:
    return Passage(couplet.replace("，", "，\n"), title, caption, verse=True)


POST = Post(
    id=5332,
    title=t("基于CNN和VAE的作诗机器人：随机成诗", "A poem robot of CNN and VAE: verse at random"),
    date=datetime.date(2018, 3, 24),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=(
        ("Kingma, Welling 2013, Auto-Encoding Variational Bayes", "https://arxiv.org/abs/1312.6114"),
        (
            "Dauphin et al. 2016, Language Modeling with Gated Convolutional Networks",
            "https://arxiv.org/abs/1612.08083",
        ),
        ("Bowman et al. 2015, Generating Sentences from a Continuous Space", "https://arxiv.org/abs/1511.06349"),
    ),
)
PAGE = Page(
    title=t("作诗机器人：随机成诗", "The couplet machine"),
    summary=t(
        "门控卷积加 VAE：随手取一个编码，就是一联诗；两联之间可以一步步走过去。",
        "Gated convolutions and a VAE: any code is a couplet of Chinese verse, and one can walk from one couplet to another.",
    ),
    post=POST,
    tabs=(Random, Walk, Near, Prior, NotGan),
    added=datetime.date(2026, 11, 21),
    weights=tuple(f"poem-vae-{line}" for line in offered()),
    striking=2,
)
