"""CAPTCHAs of four letters, read end to end (post 4503)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import ImageValue, choice, image, seed, slider, text
from gallery.outputs import Metric
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.vision import _captcha_figures as pictures
from pages.vision._captcha_texts import CHANGES, EXAMPLES, FONT_NAMES, ORIGIN, STORY

if TYPE_CHECKING:
    from core.vision.captcha.looking import Looks
    from core.vision.captcha.paths import Paths
    from core.vision.captcha.reading import Shown
    from core.vision.captcha.views import Fonts, Lengths, Swept, Together

MOST_TYPED = 12  # characters a reader may type; how many letters a tab takes, core says
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
FOUR = t("四个字母", "Four letters")
DISTORTION, FONT = t("扭曲（1 = 默认）", "Distortion (1 = default)"), t("字体", "Font")


class Picture(Tab):
    """A text that is drawn, or the reader's own picture."""

    source: str = choice(
        "drawn", {"drawn": t("现画", "Drawn now"), "own": t("自己的图", "Your own picture")}, label=t("来源", "From")
    )
    text: str = text("Kexu", label=FOUR, max_length=MOST_TYPED, shown_when={"source": "drawn"})
    distortion: float = slider(1.0, 0.0, 3.0, step=0.05, label=DISTORTION, play=True, shown_when={"source": "drawn"})
    font: str = choice("mixed", FONT_NAMES, label=FONT, shown_when={"source": "drawn"})
    picture: ImageValue = image(
        "drawn",
        EXAMPLES,
        label=t("图片", "Picture"),
        help=t("四个字母占满整张图；会压成 120×50", "Four letters that fill the picture; it is pressed to 120 × 50"),
        shown_when={"source": "own"},
    )
    seed: int = seed(2)


class Read(Picture):
    label = t("读", "Read")
    question = t(
        "打四个字母：画成验证码，四个头各读一个。", "Type four letters: drawn as a CAPTCHA, each read by a head."
    )
    outputs = (outputs.figure("slots", height=360), FACTS, NOTE)
    tries = (
        Try(
            t("扭曲 3：读不出来了", "Distortion 3: no longer readable"),
            {"distortion": 3.0},
            holds=lambda y: not y.all_right,
        ),
        Try(
            t(
                "印刷体：没有像训练图那样把字母拉成一样高，读错了",
                "Plain type, whose letters are not stretched to one height as in training: misread",
            ),
            {"source": "own", "picture": "example:plain"},
            holds=lambda y: y.reading.letters != "read",
        ),
    )

    def compute(self) -> Shown:
        from core.vision.captcha.reading import shown, uploaded

        if self.source == "own":
            return uploaded(self.picture)
        return shown(self.text, self.distortion, self.font, self.seed)

    def show(self, y: Shown, say: Say) -> Mapping[str, Any]:
        known = bool(y.truth)
        facts = [
            Metric(say("四个头", "Four heads"), y.reading.letters, _mark(y.all_right, say) if known else ""),
            Metric("CTC", pictures.empty(y.reading.ctc, say), _mark(y.ctc_right, say) if known else ""),
            Metric(say("四头概率之积", "Product of the four"), f"{y.reading.joint:.3f}", say("模型自己的信心", "the model's own confidence")),
        ]  # fmt: skip
        return {"slots": pictures.slots(y, say), "facts": facts, "note": say(ORIGIN)}


class Look(Picture):
    label = t("看哪里", "Where it looks")
    question = t("每个头看的是自己的那个字母吗？", "Does every head look at its own letter?")
    outputs = (
        outputs.images("maps", t("橙：支持这个字母；蓝：反对", "Orange: for the letter; blue: against it"), height=380),
        outputs.figure("shares", height=360),
        NOTE,
    )
    tries = (
        Try(
            t("像素：看得更细，但和不再等于得分", "Pixels: finer, but their sum is no longer the score"),
            {"how": "pixels"},
            holds=lambda y: max(y.misses["places"]) < 1e-2 < 10 * max(y.misses["pixels"]),
        ),
    )

    how: str = choice(
        "places",
        {"places": t("特征的每一处（精确）", "Places of the features (exact)"), "pixels": t("像素（梯度 × 输入）", "Pixels (gradient × input)")},
        label=t("怎么看", "How"),
    )  # fmt: skip

    def compute(self) -> Looks:
        from core.vision.captcha.looking import looks
        from core.vision.captcha.reading import shown, uploaded

        if self.source == "own":
            return looks(uploaded(self.picture))
        return looks(shown(self.text, self.distortion, self.font, self.seed))

    def show(self, y: Looks, say: Say) -> Mapping[str, Any]:
        return {
            "maps": pictures.looking(y, self.how, say),
            "shares": pictures.shares(y, say),
            "note": pictures.exactness(y, say),
        }


class Independent(Tab):
    slug = "together"
    label = t("独立吗", "Independent?")
    question = t(
        "四个全对的概率，等于四个单个正确率之积吗？",
        "Is the chance of all four right the product of the single ones?",
    )
    outputs = (outputs.figure("shares", height=400), outputs.figure("correlations", height=360), NOTE)
    budget = 400.0  # pictures drawn and read: about a second
    live = False
    tries = (
        Try(
            t("扭曲 2.5：全对远少于单个", "Distortion 2.5: all four right far less often than one"),
            {"distortion": 2.5},
            holds=lambda y: y.live.whole < y.live.letters - 0.1,
        ),
    )

    count: int = slider(200, 50, 400, step=50, label=t("现场画几张", "Pictures drawn now"))
    distortion: float = slider(1.0, 0.0, 3.0, step=0.25, label=DISTORTION)
    font: str = choice("mixed", FONT_NAMES, label=FONT)
    seed: int = seed(2)

    def cost(self) -> float:
        return self.count

    def compute(self) -> Together:
        from core.vision.captcha.views import together

        return together(self.count, self.distortion, self.font, self.seed)

    def show(self, y: Together, say: Say) -> Mapping[str, Any]:
        return {
            "shares": pictures.together(y, say),
            "correlations": pictures.correlations(y.record, say, y.largest),
            "note": pictures.gaps(y, say),
        }


class Distort(Tab):
    label = t("扭曲到读错", "Until it fails")
    question = t(
        "同样的随机数，扭曲加大：从哪里开始读错？", "The same random numbers, more distortion: where does it fail?"
    )
    outputs = (
        outputs.figure("curve", height=400),
        outputs.images(
            "strip",
            t(
                "扭曲 · 四个头读作（曲线是留档的试验：每点 300 张，混用训练字体）",
                "Distortion · read by the heads as (the curves are on record: 300 pictures a point, trained fonts mixed)",
            ),
            height=330,
        ),
    )
    tries = (
        Try(
            t("扭曲 3：全对的不到三成", "Distortion 3: under three in ten wholly right"),
            {"distortion": 3.0},
            holds=lambda y: y.curves["heads"][-1] < 0.3,
        ),
    )

    text: str = text("Kexu", label=FOUR, max_length=MOST_TYPED)
    distortion: float = slider(1.5, 0.0, 3.0, step=0.05, label=DISTORTION, play=True)
    font: str = choice("mixed", FONT_NAMES, label=FONT)
    seed: int = seed(2)

    def compute(self) -> Swept:
        from core.vision.captcha.views import swept

        return swept(self.text, self.distortion, self.font, self.seed)

    def show(self, y: Swept, say: Say) -> Mapping[str, Any]:
        return {
            "curve": pictures.curve(y, self.distortion, say),
            "strip": pictures.strip(y.shown, [f"{d:g}" for d in y.distortions], 4, say),
        }


class Typefaces(Tab):
    slug = "fonts"
    label = t("没见过的字体", "Unseen fonts")
    question = t("换成训练里没有的字体，还读得出吗？", "Can it read a font that training never showed?")
    outputs = (
        outputs.figure("fonts", height=380),
        outputs.images("strip", t("字体 · 四个头读作", "font · read by the heads as"), height=200),
        NOTE,
    )
    tries = (
        Try(
            t("Ilil：大写 I 与小写 l，有的字体里分不清", "Ilil: capital I and small l, alike in some fonts"),
            {"text": "Ilil"},
            holds=lambda y: len(y.right) < len(y.shown),
        ),
    )

    text: str = text("Kexu", label=FOUR, max_length=MOST_TYPED)
    distortion: float = slider(1.0, 0.0, 3.0, step=0.05, label=DISTORTION)
    seed: int = seed(2)

    def compute(self) -> Fonts:
        from core.vision.captcha.views import fonts

        return fonts(self.text, self.distortion, self.seed)

    def show(self, y: Fonts, say: Say) -> Mapping[str, Any]:
        from core.vision.captcha.drawing import TRAINED, UNSEEN

        labels = [pictures.SHORT_NAMES[name] for name in y.shown]
        return {
            "fonts": pictures.by_font(y, TRAINED, UNSEEN, say),
            "strip": pictures.strip(list(y.shown.values()), labels, 4, say),
            "note": pictures.font_note(y, say),
        }


class Lengthy(Tab):
    slug = "ctc"
    label = t("CTC", "CTC")
    question = t("不知道有几个字母，也读得出吗？", "Can it be read without knowing how many letters there are?")
    outputs = (
        outputs.figure("columns", height=480),
        outputs.figure("lengths", height=380),
        NOTE,
    )
    tries = (
        Try(
            t("四个字母：两种办法都读对", "Four letters: both read them right"),
            {"text": "Kexu"},
            holds=lambda y: y.shown.all_right and y.shown.ctc_right,
        ),
        Try(
            t("Boom：两个 o 之间要有一列空白", "Boom: the two o's need a blank between them"),
            {"text": "Boom"},
            holds=lambda y: y.shown.ctc_right and "o–" in y.shown.reading.shown_path,
        ),
    )

    text: str = text("Space", label=t("一到七个字母", "One to seven letters"), max_length=MOST_TYPED)
    distortion: float = slider(1.0, 0.0, 3.0, step=0.05, label=DISTORTION)
    font: str = choice("mixed", FONT_NAMES, label=FONT)
    seed: int = seed(2)

    def compute(self) -> Lengths:
        from core.vision.captcha.views import any_length

        return any_length(self.text, self.distortion, self.font, self.seed)

    def show(self, y: Lengths, say: Say) -> Mapping[str, Any]:
        return {
            "columns": pictures.columns(y, say),
            "lengths": pictures.by_length(y, say),
            "note": pictures.both_read(y, say),
        }


class Collapse(Tab):
    slug = "paths"
    label = t("路径", "Paths")
    question = t("概率最大的路径，就是概率最大的文本吗？", "Is the likeliest path the likeliest text?")
    outputs = (outputs.figure("texts", height=380), outputs.table("paths", height=320), NOTE)
    budget = 5.0
    tries = (
        Try(
            t("q(a) = 0.6：两者相同", "q(a) = 0.6: the same"),
            {"a": 0.6},
            holds=lambda y: y.greedy == y.best == "a",
        ),
        Try(
            t(
                "一列：每个文本只有一条路径，CTC 的损失就是它的 −log p",
                "One column: every text has one path, and the CTC loss is its −log p",
            ),
            {"columns": 1},
            holds=lambda y: (
                y.greedy == y.best and all(abs(math.exp(-y.losses[text]) - p) < 1e-12 for text, p in y.texts.items())
            ),
        ),
    )

    columns: int = slider(2, 1, 5, label=t("列数 T", "Columns T"))
    a: float = slider(0.4, 0.0, 1.0, step=0.05, label=t("q(a)，每列", "q(a) in every column"))
    b: float = slider(0.0, 0.0, 1.0, step=0.05, label=t("q(b)，每列", "q(b) in every column"))

    def cost(self) -> float:
        return self.columns

    def compute(self) -> Paths:
        from core.vision.captcha.paths import paths

        return paths(self.columns, self.a, self.b)

    def show(self, y: Paths, say: Say) -> Mapping[str, Any]:
        return {
            "texts": pictures.texts(y, say),
            "paths": pictures.path_table(y, say),
            "note": pictures.loss_note(y, say),
        }


def _mark(right: bool, say: Say) -> str:
    return say("对", "right") if right else say("错", "wrong")


POST = Post(
    id=4503,
    title=t("基于Xception的腾讯验证码识别（样本+代码）", "Reading Tencent's CAPTCHAs with Xception (samples and code)"),
    date=datetime.date(2017, 7, 24),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Chollet 2017, Xception: Deep Learning with Depthwise Separable Convolutions", "https://arxiv.org/abs/1610.02357"),
        ("Graves et al. 2006, Connectionist Temporal Classification", "https://www.cs.toronto.edu/~graves/icml_2006.pdf"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("读验证码", "Reading CAPTCHAs"),
    summary=t(
        "打四个字母，画成验证码再读出来：每个头看哪里，四个全对与单个之积，扭曲到读错，没见过的字体，CTC 与四个头。",
        "Four letters drawn as a CAPTCHA and read: where each head looks, all four against the product, distorted until it fails, unseen fonts, CTC against four heads.",
    ),
    post=POST,
    tabs=(Read, Look, Independent, Distort, Typefaces, Lengthy, Collapse),
    added=datetime.date(2026, 11, 27),
    weights=("captcha",),
)
