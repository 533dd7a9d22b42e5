"""The couplet machine: a VAE that writes verse at random (post 5332)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.text.machines import LINES, MEMORY, REPEATS_MOST, name_of, offered, repeats_of
from gallery import outputs
from gallery.inputs import choice, seed, slider, text
from gallery.outputs import Passage, Table, Texts
from gallery.page import Page, Post, Say, Tab, Text, Try, t
from pages.text import _poem_vae_figures as pictures
from pages.text import _poem_vae_texts as texts
from pages.text._poem_vae_texts import NOT_GAN_NOTE, PRIOR_NOTE

if TYPE_CHECKING:
    from core.text.couplet_questions import Couplets, Memory, Neighbourhood, Shells, Staircase
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
WEIGHTS = {
    "1": t("1（原文）", "1 (the post)"),
    f"{MEMORY:g}": t(f"{MEMORY:g}（记得牢）", f"{MEMORY:g} (remembers more)"),
}
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
        facts = pictures.sheet_facts(r, say)
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
                "海内存知己 → 白日依山尽：两端至少还原七成",
                "Two other couplets: at least seven in ten characters of both come back",
            ),
            {"start_5": FIVE[2], "end_5": FIVE[3]},
            holds=lambda r: min(r.rebuilt) >= 7,
        ),
        Try(
            t(
                "KL 的权重为 1（原文）：两端认不出来了，还原不到一半",
                "Weight 1, the post's: the ends are beyond recognition, less than half comes back",
            ),
            {"weight": "1"},
            holds=lambda r: sum(r.rebuilt) < r.length,
        ),
        Try(
            t(
                "权重为 1，十六步：只有十来种不同的联，文字一步一跳",
                "Weight 1, sixteen steps: about ten different couplets, text moves in jumps",
            ),
            {"weight": "1", "steps": 16},
            holds=lambda r: len(r.texts) == 16 and 8 < r.different < 13,
        ),
    )

    line: str = _line()
    start_5: str = _couplet("5", FIVE[0], FROM)
    end_5: str = _couplet("5", FIVE[1], TO)
    start_7: str = _couplet("7", SEVEN[0], FROM)
    end_7: str = _couplet("7", SEVEN[1], TO)
    steps: int = slider(8, 3, 16, label=t("步数", "Steps"))
    path: str = choice("slerp", PATHS, label=t("路径", "Path"))
    weight: str = choice(
        f"{MEMORY:g}", WEIGHTS, label=t("训练时 KL 的权重", "Weight of the KL in training"), shown_when={"line": "5"}
    )

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Steps:
        from core.text.couplet_questions import walk
        from core.text.library import couplet_machine

        start = self.start_5 if self.line == "5" else self.start_7
        end = self.end_5 if self.line == "5" else self.end_7
        weight = float(self.weight) if self.line == "5" else 1.0
        return walk(*couplet_machine(LENGTHS[self.line], weight), start, end, self.steps, self.path)

    def show(self, r: Steps, say: Say) -> Mapping[str, object]:
        facts = pictures.walk_facts(r, say)
        note = pictures.walk_note(r, say)
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
        figure = pictures.kept(r, self.radius, say)
        around = [
            _set(couplet, f"r = {away:.2f}", say(f"留下 {alike} / {n} 字", f"{alike} / {n} characters kept"))
            for couplet, away, alike in zip(r.texts, r.distances, r.alike, strict=True)
        ]
        cosine = say(
            f"余弦（全部名句的标准差 {r.spread:.2f}）", f"cosine (standard deviation over all: {r.spread:.2f})"
        )
        real = {say("名句", "famous couplet"): r.famous, cosine: r.cosines}
        return {"around": Texts(around), "kept": figure, "real": Table(real)}


class Remember(Tab):
    label = t("记性", "Memory")
    question = t(
        "KL 轻一些，编码记得住一联诗吗？代价是什么？",
        "With a lighter KL, does a code hold a couplet, and at what price?",
    )
    outputs = (outputs.figure("trade", height=330), FACTS, outputs.text("sheet", height=300))
    budget = BUDGET
    tries = (
        Try(
            t(
                "海内存知己：轻的 KL 多还原至少三个字",
                "Another couplet: the lighter KL gives back three characters more",
            ),
            {"couplet_5": FIVE[2]},
            holds=lambda r: r.rebuilt[1] >= r.rebuilt[0] + 3,
        ),
    )

    couplet_5: str = text(FIVE[0], label=ONE, max_length=COUPLET, examples=FIVE)
    count: int = slider(6, 2, 12, label=t("各随机写几联", "Couplets at random from each"))
    seed: int = seed(2)

    def cost(self) -> float:
        return 2.0 * self.count

    def compute(self) -> Memory:
        from core.text.couplet_questions import memory
        from core.text.library import couplet_machine

        machines = {weight: couplet_machine(5, weight) for weight in (1.0, MEMORY)}
        return memory(machines, self.couplet_5, self.count, self.seed)

    def show(self, r: Memory, say: Say) -> Mapping[str, object]:
        sheet = [
            _set(couplet, f"KL × {weight:g}")
            for weight, samples in zip(r.weights, r.samples, strict=True)
            for couplet in samples
        ]
        return {"trade": pictures.memory(r, say), "facts": pictures.memory_facts(r, say), "sheet": Texts(sheet)}


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
        figure = pictures.shells(r, say)
        note = say(PRIOR_NOTE)
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
        figure = pictures.staircase(r, say)
        facts = pictures.staircase_facts(r, say)
        note = say(NOT_GAN_NOTE)
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
    tabs=(Random, Walk, Near, Remember, Prior, NotGan),
    added=datetime.date(2026, 11, 21),
    weights=(*map(name_of, offered()), name_of(LINES[0], MEMORY)),
    striking=2,
)
