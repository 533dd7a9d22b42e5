"""Three tabs that look inside the model of the GPT-2 page: where heads look, the guess at every layer, and a head switched off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gallery import outputs
from gallery.inputs import choice, slider, text
from gallery.outputs import Metric
from gallery.page import Say, Tab, Try, t
from pages.text import _gpt2_figures as pictures
from pages.text._gpt2_texts import FORM, FORMS, MOST_BEGINNING, PARALLEL, PASSAGE

if TYPE_CHECKING:
    from core.text.inside import Ablation, Lens
    from core.text.reading import Attention as Heads

NOTE = outputs.markdown("note")
MOST_SHOWN = 32  # characters across: a cell of a guess still has room for it
QUATRAIN = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
COUPLET = "国破山河在，城春草木深。"
PROSE = "话说天下大势，分久必合，合久必分。"


class Attention(Tab):
    label = t("注意力", "Attention")
    question = t("读每个字时，各个头在看哪里？", "Where does each head look while a character is read?")
    outputs = (outputs.figure("one", height=560), outputs.figure("wall", height=560), NOTE)
    budget = float(MOST_BEGINNING)
    tries = (
        Try(
            t("第 3 层第 1 头：六成以上看体裁的记号", "Layer 3, head 1: more than 60 % on the mark of the form"),
            {"layer": 3, "head": 1},
            holds=lambda r: dict(r.ranked(3, 1))["marks"] > 0.6,
        ),
        Try(
            t("第 3 层第 3 头：最看重标点", "Layer 3, head 3: punctuation above all"),
            {"layer": 3, "head": 3},
            holds=lambda r: r.ranked(3, 3)[0][0] == "stops",
        ),
        Try(
            t(
                "律诗的对仗：第 5 层第 3 头看上一句里相对的字",
                "Parallel couplets: layer 5, head 3 looks at the partner in the line above",
            ),
            {"form": "wulv", "text": PARALLEL, "layer": 5, "head": 3},
            holds=lambda r: r.most_parallel[0] == (5, 3) and r.most_parallel[1] > 0.2,
        ),
    )

    form: str = choice("wujue", FORMS, label=FORM)
    text: str = text(
        QUATRAIN,
        label=PASSAGE,
        max_length=MOST_BEGINNING,
        lines=3,
        examples=(QUATRAIN, PARALLEL),
    )
    layer: int = slider(5, 1, 6, label=t("层", "Layer"))
    head: int = slider(4, 1, 4, label=t("头", "Head"))

    def cost(self) -> float:
        return float(MOST_BEGINNING)

    def compute(self) -> Heads:
        from core.text.library import verse_model
        from core.text.reading import attend

        return attend(*verse_model(), FORMS[self.form].zh, self.text)

    def show(self, r: Heads, say: Say) -> Mapping[str, object]:
        note = say(
            "每行的权重和为 1，右上角为零：一个字只看自己与前文。标题里的百分比是各个字的平均。有的头专看前一个字，有的专看标点或体裁的记号；第 5 层第 3 头管对仗：写第 k 个字之前，去看上一句的第 k 个字。",
            "Each row sums to 1 and is zero above the diagonal: a character sees itself and what stands before. The percentages in the titles are means over the characters. Some heads look at the character before, some at punctuation or at the mark of the form; layer 5, head 3 sees to parallelism: before the k-th character is written it looks at the k-th of the line above.",
        )
        left_out = pictures.left_out((("text", r.unknown),), self, say)
        return {
            "one": pictures.attention(r, self.layer, self.head, say),
            "wall": pictures.wall(r, say),
            "note": "\n\n".join(filter(None, [left_out, note])),
        }


class Layers(Tab):
    label = t("各层的猜测", "Guess by layer")
    question = t("下一个字，是第几层想到的？", "At which layer does the next character come to it?")
    outputs = (outputs.figure("lens", height=520), outputs.metrics("facts"), NOTE)
    budget = float(MOST_SHOWN)
    tries = (
        Try(
            t("读小说：前两层处处还是读到的字自己", "A novel: up to layer 2 every guess is the character just read"),
            {"form": "novel", "text": PROSE},
            holds=lambda r: min(r.repeated[1:3]) >= 0.9 * (len(r.characters) - 1) and r.repeated[-1] <= 2,
        ),
        Try(
            t(
                "名句：每一层的平均意外都更小，从 17.5 到 5.2 bit",
                "A famous couplet: less surprise at every layer, from 17.5 to 5.2 bits",
            ),
            {"form": "wulv", "text": COUPLET},
            holds=lambda r: (
                all(high > low for high, low in zip(r.mean, r.mean[1:], strict=False))
                and abs(r.mean[0] - 17.5) < 0.2
                and abs(r.mean[-1] - 5.2) < 0.2
            ),
        ),
    )

    form: str = choice("wujue", FORMS, label=FORM)
    text: str = text(
        QUATRAIN,
        label=PASSAGE,
        max_length=MOST_SHOWN,
        lines=2,
        examples=(QUATRAIN, COUPLET, PROSE, "空山不见人，但闻人语响。"),
    )

    def cost(self) -> float:
        return float(MOST_SHOWN)

    def compute(self) -> Lens:
        from core.text.inside import guesses
        from core.text.library import verse_model

        return guesses(*verse_model(), FORMS[self.form].zh, self.text)

    def show(self, r: Lens, say: Say) -> Mapping[str, object]:
        n, last = len(r.characters), len(r.mean) - 1
        facts = [
            Metric(say("开始转向下一个字的层", "Layer that turns to what comes"), "—" if r.turns is None else r.turns, say("一半以上的地方不再重复读到的字", "no longer repeats what was read at most places")),
            Metric(say("猜测定下来的层（平均）", "Layer at which the guess settles, mean"), f"{r.mean_settled:.1f}", say("此后与最后一层相同", "the same as the last layer's from there on")),
            Metric(say("最后一层首选猜中", "Right at the last layer"), f"{r.right[-1]} / {n}", say(f"全部 {n} 个字；第 {last - 1} 层 {r.right[-2]}", f"of all {n} characters; layer {last - 1}: {r.right[-2]}")),
        ]  # fmt: skip
        note = say(
            "格子里是该层的首选，颜色是它对真正的下一个字的意外。把每层的隐状态当作最后一层来读（logit lens，本站所加）：输入与输出共用一个矩阵，所以第 0 层读出来的几乎处处是刚读到的字；越往下，越从“我是谁”转到“下一个是谁”。第一个字之前没有读过字，所以不算在“刚读到的字”里。",
            "A cell holds the layer's first guess, its colour the surprise at what really comes. Every hidden state is read as if it were the last (the logit lens, added here): input and output share a matrix, so layer 0 says the character just read almost everywhere; further down the state turns from what is here to what comes next. Before the first character none has been read, so it does not count among those repeated.",
        )
        left_out = pictures.left_out((("text", r.unknown),), self, say)
        return {"lens": pictures.lens(r, say), "facts": facts, "note": "\n\n".join(filter(None, [left_out, note]))}


class Silence(Tab):
    label = t("关掉一个头", "A head off")
    question = t("24 个头里，少了哪一个最不行？", "Which of the 24 heads is missed most?")
    outputs = (outputs.figure("off", height=520), outputs.metrics("facts"), NOTE)
    budget = float(MOST_BEGINNING)
    tries = (
        Try(
            t(
                "律诗少了第 5 层第 3 头：“恨别鸟惊心”多 5 bit 以上，“家书抵万金”反而少",
                "A lüshi without layer 5, head 3: line 4 costs over 5 bits more, line 6 less than before",
            ),
            {"form": "wulv", "text": PARALLEL, "layer": 5, "head": 3},
            holds=lambda r: r.over(5, 3, "恨别鸟惊心") > 5 and r.over(5, 3, "家书抵万金") < -0.5,
        ),
        Try(
            t(
                "同一首最缺不得的是第 3 层第 4 头：每字平均约半个 bit",
                "In the same poem layer 3, head 4 is missed most: half a bit a character on average",
            ),
            {"form": "wulv", "text": PARALLEL, "layer": 3, "head": 4},
            holds=lambda r: r.worst[0][:2] == (3, 4) and 0.4 < r.worst[0][2] < 0.65,
        ),
    )

    form: str = choice("wujue", FORMS, label=FORM)
    text: str = text(QUATRAIN, label=PASSAGE, max_length=MOST_BEGINNING, lines=3, examples=(QUATRAIN, PARALLEL, PROSE))
    layer: int = slider(2, 1, 6, label=t("层", "Layer"))
    head: int = slider(2, 1, 4, label=t("头", "Head"))

    def cost(self) -> float:
        return float(MOST_BEGINNING)

    def compute(self) -> Ablation:
        from core.text.inside import ablate
        from core.text.library import verse_model

        return ablate(*verse_model(), FORMS[self.form].zh, self.text)

    def show(self, r: Ablation, say: Say) -> Mapping[str, object]:
        (layer, head, lost), *_ = r.worst
        facts = [
            Metric(say("完整模型", "Whole model"), f"{r.mean:.2f}", say("bit / 字", "bits a character")),
            Metric(say("最缺不得的头", "Missed most"), say(f"{layer} 层 {head} 头", f"layer {layer}, head {head}"), f"+{lost:.2f} bit"),
            Metric(say("关掉反而更好的头", "Better without"), f"{r.better} / {r.lost.size}", say("就这段文字而言", "for this text")),
        ]  # fmt: skip
        note = say(
            "关掉：把这个头交给输出矩阵的部分换成 0，其余不变（本站所加）。左图是每个头关掉之后每字多出的 bit，右图是所选的头关掉之后各个字的变化。",
            "Off: what the head hands to the output matrix is replaced by 0, all else stays (added here). Left: bits a character more without each head. Right: what becomes of each character without the chosen one.",
        )
        left_out = pictures.left_out((("text", r.unknown),), self, say)
        figure = pictures.silence(r, self.layer, self.head, say)
        return {"off": figure, "facts": facts, "note": "\n\n".join(filter(None, [left_out, note]))}
