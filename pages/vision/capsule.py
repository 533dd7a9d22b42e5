"""Capsules: routing is clustering, two digits at once, matrices routed by EM (post 5155, with 4819 and 5112)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, SketchValue, choice, point, seed, sketch, slider, toggle
from gallery.outputs import Grid
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.vision import _capsule_figures as pictures
from pages.vision import _capsule_numbers as numbers
from pages.vision._capsule_inputs import CLOUDS, MEASURES, METHODS, PIXELS, ROUNDS, THREE, UPDATES, WEIGHTS, Two
from pages.vision._capsule_poses import Poses
from pages.vision._capsule_texts import CHANGES, STORY

if TYPE_CHECKING:
    from core.vision.capsule.cost import Costs
    from core.vision.capsule.digits import Answered, Apart, Coupled, Measured
    from core.vision.capsule.plane import Routing

FACTS = outputs.metrics("facts")


def _start(x: float, y: float, number: int) -> Any:
    return point((x, y), (-3.4, 3.4), (-3.4, 3.4), label=t(f"初值 {number}", f"Start {number}"), in_picture=True)


class Clouds(Tab):
    label = t("路由即聚类", "Routing is clustering")
    question = t(
        "同一片票，K-means、动态路由、EM 路由各聚成什么样？",
        "One cloud of votes: what do K-means, dynamic routing and EM routing make of it?",
    )
    outputs = (
        outputs.figure("clouds", height=460),
        outputs.figure("rivals", height=320),
        FACTS,
        outputs.table(
            "entropies",
            t("各类的熵 S（nat）与票数", "Entropies S of the clusters in nats, and their votes"),
            height=170,
        ),
    )
    tries = (
        Try(
            t("两团一前一后：动态路由只看方向，分不开", "Two behind each other: dynamic routing sees directions alone"),
            {"cloud": "rays", "step": 20},
            lambda y: y.right("dynamic", 20) < 0.85 < 0.95 < y.right("em", 20),
        ),
        Try(
            t("三团三个方向：三种都对", "Three directions: all three are right"),
            {"cloud": "rounds", "step": 20},
            lambda y: min(y.right(name, 20) for name in y.tracks) > 0.95,
        ),
        Try(
            t("松紧不同：只有 EM 量 σ", "Tight within wide: EM alone measures σ"),
            {"cloud": "tight", "step": 20},
            lambda y: y.right("em", 20) > y.right("kmeans", 20) + 0.08,
        ),
    )

    cloud: str = choice("tight", CLOUDS, label=t("票", "Votes"))
    drawing: SketchValue = sketch(
        28, label=t("画一片点云", "Draw a cloud"), default=THREE, shown_when={"cloud": "drawn"}
    )
    step: int = slider(10, 0, ROUNDS, label=t("轮", "Round"), play=True)
    method: str = choice("em", METHODS, label=t("放大看", "Shown large"))
    first: PointValue = _start(-1.0, 1.0, 1)
    second: PointValue = _start(0.3, 0.3, 2)
    third: PointValue = _start(1.0, -1.5, 3)
    scale: float = slider(4.0, 1.0, 20.0, log=True, label=t("票的尺度（动态路由）", "Scale of the votes (dynamic)"))
    weight: str = choice("activation", WEIGHTS, label=t("E 步的权重（EM）", "Weight in the E-step (EM)"))
    n: int = slider(300, 30, 600, label=t("票数", "Votes"))
    seed: int = seed()

    def compute(self) -> Routing:
        from core.vision.capsule.plane import route

        starts = (self.first, self.second, self.third)
        return route(self.cloud, self.drawing, starts, self.n, self.scale, self.weight, self.seed)

    def show(self, y: Routing, say: Say) -> Mapping[str, Any]:
        handles = (("first", self.first), ("second", self.second), ("third", self.third))
        facts = numbers.clouds(y, say)
        return {
            "clouds": pictures.clouds(y, self.step, self.method, handles, say),
            "rivals": pictures.rivals(y, self.step, say),
            "entropies": pictures.entropies(y, self.step, say),
            "facts": facts,
        }


class Cost(Tab):
    label = t("代价是熵", "The cost is an entropy")
    question = t("票要多一致，胶囊才活跃？", "How well must the votes agree for a capsule to be active?")
    outputs = (outputs.figure("cost", height=420), FACTS, outputs.figure("entropy", height=300))
    tries = (
        Try(
            t("σ = 2：票不一致，胶囊不活跃", "σ = 2: the votes disagree, the capsule is off"),
            {"spread": 2.0},
            lambda y: y.active < 0.2,
        ),
        Try(
            t(
                "每票只算一成：代价的绝对值小了，a 往 ½ 靠",
                "Each vote its own by a tenth: the cost shrinks in size, a goes to ½",
            ),
            {"share": 0.1},
            lambda y: y.active < 0.9,
        ),
    )

    spread: float = slider(0.4, 0.05, 3.0, log=True, label=t("票的 σ", "σ of the votes"), play=True)
    n: int = slider(40, 3, 200, label=t("票数", "Votes"))
    share: float = slider(1.0, 0.05, 1.0, step=0.05, label=t("每票的 aᵢRᵢⱼ", "aᵢRᵢⱼ of each vote"))
    beta_u: float = slider(0.0, -2.0, 2.0, step=0.1, label=t("βᵤ", "βᵤ"))
    beta_a: float = slider(0.0, -20.0, 20.0, step=0.5, label=t("βₐ", "βₐ"))
    steepness: float = slider(0.1, 0.01, 2.0, log=True, label=t("λ", "λ"))
    seed: int = seed()

    def compute(self) -> Costs:
        from core.vision.capsule.cost import costs

        return costs(self.spread, self.n, self.share, self.beta_u, self.beta_a, self.steepness, self.seed)

    def show(self, y: Costs, say: Say) -> Mapping[str, Any]:
        facts = numbers.cost(y, say)
        return {"cost": pictures.cost(y, self.share, say), "facts": facts, "entropy": pictures.entropy(y, say)}


class TwoDigits(Two):
    label = t("两个数字", "Two digits")
    question = t(
        "只见过单个数字的网，认得出一张图里的两个吗？",
        "A net has only seen single digits: can it tell two in one picture?",
    )
    outputs = (
        outputs.figure("answers", height=360),
        outputs.images("picture", t("给它们看的图", "The picture they see"), height=170),
        outputs.table("seeds", t("每个种子", "Every seed"), height=170),
    )
    tries = (
        Try(
            t("4 与 9：B 的三个种子至少两个说对", "4 and 9: at least two of B's three seeds are right"),
            {"upper": 4, "lower": 9},
            lambda y: y.right[1].sum() >= 2,
        ),
        Try(
            t(
                "两个 3：一类只有一个胶囊，B 的三个种子都说成 3 和 5",
                "Two 3s: a class has one capsule, and all of B's seeds say 3 and 5",
            ),
            {"upper": 3, "lower": 3},
            lambda y: y.pairs[1] == ((3, 5),) * 3,
        ),
    )

    reader: int = slider(0, 0, 2, label=t("看哪个种子", "Which seed is shown"))

    def compute(self) -> Answered:
        from core.vision.capsule.choosing import chosen
        from core.vision.capsule.digits import answered

        above = chosen(self.source, self.upper, self.number, self.upper_drawing, self.upper_picture, self.upper_test, ("upper_drawing", "upper_picture"))  # fmt: skip
        below = chosen(self.source, self.lower, self.number, self.lower_drawing, self.lower_picture, self.lower_test, ("lower_drawing", "lower_picture"))  # fmt: skip
        return answered(above, below)

    def show(self, y: Answered, say: Say) -> Mapping[str, Any]:
        return {
            "answers": pictures.answers(y, self.reader, say),
            "picture": Grid([y.picture], 1),
            "seeds": pictures.answers_table(y, say),
        }


class Coupling(Two):
    label = t("耦合", "Coupling")
    question = t(
        "每次路由，图上各处把自己分给了哪个数字？",
        "Round by round, to which digit does each place of the picture give itself?",
    )
    outputs = (outputs.figure("coupling", height=420), outputs.figure("lengths", height=320))
    tries = (
        Try(
            t(
                "0 次更新：人人均分，c = 0.1，最长的已是 3 与 8",
                "No update: all shares are alike, c = 0.1, and 3 and 8 are the longest already",
            ),
            {"step": 0},
            lambda y: abs(y.largest(0) - 0.1) < 1e-6 and set(y.leading(0)) == {3, 8},
        ),
        Try(
            t("5 次更新：最大的 c 是均分的两倍多", "5 updates: the largest c is over twice the even share"),
            {"step": 5},
            lambda y: y.largest(5) > 0.2,
        ),
        Try(
            t("κ = 5：长度都变短，最长的仍是 3 与 8", "κ = 5: all lengths shrink, 3 and 8 stay the longest"),
            {"constant": 5.0},
            lambda y: y.lengths[2].max() < 0.9 and set(y.leading(2)) == {3, 8},
        ),
    )

    step: int = slider(
        2, 0, UPDATES, label=t("更新几次（原文 r = 3 是 2 次）", "Updates (the post's r = 3: two)"), play=True
    )
    constant: float = slider(
        0.5, 0.05, 10.0, log=True, label=t("squash 的 κ（Hinton：1）", "κ of the squash (Hinton: 1)")
    )
    reader: int = slider(0, 0, 2, label=t("看哪个种子", "Which seed is shown"))

    def compute(self) -> Coupled:
        from core.vision.capsule.choosing import chosen
        from core.vision.capsule.digits import coupled

        above = chosen(self.source, self.upper, self.number, self.upper_drawing, self.upper_picture, self.upper_test, ("upper_drawing", "upper_picture"))  # fmt: skip
        below = chosen(self.source, self.lower, self.number, self.lower_drawing, self.lower_picture, self.lower_test, ("lower_drawing", "lower_picture"))  # fmt: skip
        return coupled(above, below, self.reader, self.constant)

    def show(self, y: Coupled, say: Say) -> Mapping[str, Any]:
        return {"coupling": pictures.coupling(y, self.step, say), "lengths": pictures.lengths(y, self.step, say)}


class MovedApart(Tab):
    slug = "apart"
    label = t("挪开", "Moved apart")
    question = t(
        "拉开、叠上、并排，或者干脆不路由：差距还在吗？",
        "Further apart, overlapping, side by side, or without routing: does the gap stay?",
    )
    outputs = (
        outputs.figure("apart", height=360),
        outputs.images("examples", t("其中几张", "Some of them"), height=130),
        outputs.table("seeds", t("两个都对，每个种子", "Both right, by seed"), height=170),
    )
    live = False
    tries = (
        Try(
            t("中间多空 14 行：空白也投票，B 掉到两成，反在 A 之下", "14 more rows between: blank places vote too, B falls to a fifth, below A"),
            {"gap": 14},
            lambda y: y.means[1] < min(0.25, y.means[0]),
        ),
        Try(
            t("不更新耦合（r = 1）：B 仍远高于 A", "Couplings never updated (r = 1): B still leads A by far"),
            {"updates": 0},
            lambda y: y.means[1] > y.means[0] + 0.2,
        ),
        Try(
            t("左右并排：数字窄，空白多，B 不到一半，也不再高于 A", "Side by side: digits are narrow, more is blank, B falls below one half and leads A no more"),
            {"beside": True},
            lambda y: y.means[1] < min(0.5, y.means[0]),
        ),
    )  # fmt: skip

    gap: int = slider(
        0, -PIXELS, PIXELS, label=t("相隔几个像素（负：重叠）", "Pixels between them (negative: overlap)")
    )
    beside: bool = toggle(False, label=t("左右并排", "Side by side"))
    updates: int = slider(2, 0, UPDATES, label=t("耦合更新几次", "Updates of the coupling"))
    number: int = slider(0, 0, 9, label=t("第几种写法", "Which drawing of each"))

    def compute(self) -> Apart:
        from core.vision.capsule.digits import apart

        return apart(self.gap, self.beside, self.number, self.updates)

    def show(self, y: Apart, say: Say) -> Mapping[str, Any]:
        return {
            "apart": pictures.apart(y, say),
            "examples": Grid(y.pictures, len(y.pictures)),
            "seeds": pictures.apart_table(y, say),
        }


class Accuracy(Tab):
    slug = "measured"
    label = t("测得", "Measured")
    question = t(
        "三个种子：胶囊比池化强多少，离原文多远？",
        "Three seeds: how far do capsules lead pooling, and how near is the post?",
    )
    outputs = (outputs.figure("measured", height=400), outputs.table("table", height=220), outputs.markdown("note"))

    course: str = choice(
        "pair", {k: MEASURES[k] for k in ("single", "pair", "sure")}, label=t("训练中看哪一项", "Followed in training")
    )

    def compute(self) -> Measured:
        from core.vision.capsule.digits import measured

        return measured()

    def show(self, y: Measured, say: Say) -> Mapping[str, Any]:
        return {
            "measured": pictures.measured(y, MEASURES, self.course, say),
            "table": pictures.measured_table(y, MEASURES, say),
            "note": pictures.told(y, say),
        }


POST = Post(
    id=5155,
    title=t("三味Capsule：矩阵Capsule与EM路由", "Capsule, third taste: matrix capsules and EM routing"),
    date=datetime.date(2018, 3, 2),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Hinton, Sabour & Frosst 2018, Matrix Capsules with EM Routing", "https://openreview.net/forum?id=HJWLfGWRb"),
        ("Sabour, Frosst & Hinton 2017, Dynamic Routing Between Capsules", "https://arxiv.org/abs/1710.09829"),
    ),
)

PAGE = Page(
    title=t("胶囊网络", "Capsules"),
    summary=t(
        "路由就是聚类：一轮一轮看；只见过单个数字的网认两个数字；矩阵胶囊的姿态，动一个数看看。",
        "Routing is clustering, round by round; two digits for a net that has only seen one; a matrix capsule's pose, number by number.",
    ),
    post=POST,
    tabs=(Clouds, Cost, TwoDigits, Coupling, MovedApart, Accuracy, Poses),
    added=datetime.date(2026, 11, 27),
    weights=("capsule-readers", "capsule-matrix"),
)
