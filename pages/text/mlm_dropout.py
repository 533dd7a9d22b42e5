"""MLM and MAE seen as dropout: a small BERT that fills in, averages over masks and drops columns (post 8770)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gallery import outputs
from gallery.inputs import choice, seed, slider, text, toggle
from gallery.outputs import Passage, Texts
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.text import _mlm_dropout_figures as pictures
from pages.text import _mlm_dropout_numbers as numbers
from pages.text import _mlm_dropout_texts as texts
from pages.text._mlm_dropout_inputs import CLUE, FUNCTIONS, MODERN, NOVEL

if TYPE_CHECKING:
    from core.text.mlm_dropout.averaging import Averaged
    from core.text.mlm_dropout.columns import Columns as Dropped
    from core.text.mlm_dropout.filling import Filled
    from core.text.mlm_dropout.measured import Correction as Trials
    from core.text.mlm_dropout.measured import DropToken as Rates
    from core.text.mlm_dropout.measured import Reported
    from core.text.mlm_dropout.toy import Averages

SENTENCE, LONGEST = t("一句话（[MASK] 或 _ 是空）", "A sentence ([MASK] or _ is a blank)"), 240
NOTE, FACTS = outputs.markdown("note"), outputs.metrics("facts")
MASKS = 512


class Fill(Tab):
    label = t("填空", "Fill in")
    question = t("遮住一些字，它补得回来吗？", "Mask some characters: can it put them back?")
    outputs = (outputs.figure("guesses", height=430), outputs.text("passages", height=120), NOTE)
    tries = (
        Try(
            t(
                "只遮一个“本”字：前后的字都看得到，猜对了",
                "One character masked (a measure word), all the rest to go by: it is right",
            ),
            {"ratio": 0.0},
            lambda y: y.truth == ("本",) and y.right == 1,
        ),
        Try(
            t(
                "遮九成：一大半填成最常见的逗号，猜对不到三成",
                "Nine in ten masked: mostly the comma, its commonest character; under 30 % right",
            ),
            {"ratio": 0.9},
            lambda y: y.right < 0.3 * y.known and y.completed.count(y.common) > 0.5 * y.known,
        ),
    )

    text: str = text(
        MODERN,
        label=SENTENCE,
        max_length=LONGEST,
        lines=2,
        examples=(MODERN, NOVEL, "春眠不觉[MASK]，处处闻啼[MASK]。", "今天天气很[MASK]，我们去公[MASK]玩。"),
    )
    ratio: float = slider(0.15, 0.0, 0.9, step=0.05, label=t("遮字比例", "Mask ratio"), play=True)
    seed: int = seed(1)

    def compute(self) -> Filled:
        from core.text.mlm_dropout.filling import fill

        return fill(self.text, self.ratio, self.seed)

    def show(self, y: Filled, say: Say) -> Mapping[str, object]:
        caption = say("越红：原来的字概率越低", "the redder, the less likely the true character") if y.known else ""
        return {
            "guesses": pictures.filled(y, say),
            "passages": Texts([
                Passage(y.blanked, say("它看到的", "What it sees")),
                Passage(y.completed, say("它补的", "What it puts there"), caption, shades=[float(v) for v in y.missed]),
            ]),
            "note": "\n\n".join(filter(None, [pictures.told_unknown(y.text.unknown, self, say), say(texts.CELLS)])),
        }  # fmt: skip


class Average(Tab):
    label = t("模型平均", "Model average")
    question = t(
        "“关掉 Dropout”的三种做法，哪种最近于遍历遮法的平均？",
        "Three ways to switch dropout off: which is nearest to the average over masks?",
    )
    outputs = (outputs.figure("distance", height=420), FACTS, NOTE)
    budget = float(MASKS)
    tries = (
        Try(
            t("r = 0：什么也不丢，平均就是一次计算", "r = 0: nothing is dropped and the average is one pass"),
            {"chosen": 0.0},
            lambda y: y.last["off"] < 1e-6,
        ),
        Try(
            t("r = 0.6：修正的 E 明显更近", "r = 0.6: the corrected E is clearly nearer"),
            {"chosen": 0.6},
            lambda y: y.nearest == "corrected" and y.last["corrected"] < 0.8 * y.last["off"],
        ),
    )

    text: str = text(
        "这本书的内容非常[MASK]，我很喜欢，下次还会再买。",
        label=SENTENCE,
        max_length=LONGEST,
        lines=2,
        examples=(
            "这本书的内容非常[MASK]，我很喜欢，下次还会再买。",
            "话说宝玉听了这话，不觉笑[MASK]：“这也不是什么要紧的事。”",
            "春眠不觉晓，处处闻啼[MASK]。",
        ),
    )
    chosen: float = slider(0.3, 0.0, 0.9, step=0.05, label=t("丢字比例 r", "Share chosen r"))
    count: int = slider(256, 32, MASKS, label=t("平均多少个遮法", "Masks averaged"))
    seed: int = seed()

    def cost(self) -> float:
        return float(self.count)

    def compute(self) -> Iterator[Averaged]:
        from core.text.mlm_dropout.averaging import average

        return average(self.text, self.chosen, self.count, self.seed)

    def progress(self, result: Averaged) -> float:
        return result.fraction

    def show(self, y: Averaged, say: Say) -> Mapping[str, object]:
        note = "\n\n".join(
            filter(str.strip, (pictures.told_unknown(y.text.unknown, self, say), say(texts.AVERAGE_NOTE)))
        )
        facts = numbers.averages(y, say)
        return {"distance": pictures.averaged(y, self.chosen, say), "facts": facts, "note": note}


class Columns(Tab):
    label = t("MAE：丢列", "MAE: drop columns")
    question = t(
        "只编码留下的词，与遮掉注意力的列，是一回事吗？",
        "Is encoding only what is kept the same as dropping columns of the attention?",
    )
    outputs = (outputs.figure("attention", height=500), FACTS, outputs.figure("gap", height=330), NOTE)
    tries = (
        Try(
            t("位置重新编号：相等立刻没有了", "Renumber the positions: no longer equal"),
            {"renumbered": True},
            lambda y: y.worst > 0.01,
        ),
        Try(
            t("丢九成：仍然相等，但期望离 A 更远", "Nine in ten dropped: still equal, but the mean is farther from A"),
            {"ratio": 0.9},
            lambda y: y.worst < 1e-10 and y.gap > y.gaps[5],
        ),
    )

    text: str = text(
        "床前明月光，疑是地上霜。举头望明月，低头思故乡。",
        label=t("一段文字", "A text"),
        max_length=LONGEST,
        lines=2,
        examples=("床前明月光，疑是地上霜。举头望明月，低头思故乡。", MODERN),
    )
    ratio: float = slider(0.5, 0.0, 1.0, step=0.05, label=t("丢的比例", "Share dropped"), play=True)
    layer: int = slider(1, 1, 3, label=t("层", "Layer"))
    head: int = slider(4, 1, 4, label=t("头", "Head"))
    renumbered: bool = toggle(False, label=t("位置重新编号（错的做法）", "Renumber positions (the mistake)"))
    seed: int = seed()

    def compute(self) -> Dropped:
        from core.text.mlm_dropout.columns import drop

        return drop(self.text, self.ratio, self.seed, self.layer, self.head, self.renumbered)

    def show(self, y: Dropped, say: Say) -> Mapping[str, object]:
        note = "\n\n".join(filter(str.strip, (pictures.told_unknown(y.unknown, self, say), say(texts.COLUMNS_NOTE))))
        facts = numbers.columns(y, say)
        return {
            "attention": pictures.columns(y, self.layer, self.head, self.renumbered, say),
            "facts": facts,
            "gap": pictures.gap(y, self.ratio, say),
            "note": note,
        }  # fmt: skip


class Correction(Tab):
    label = t("修正", "Correction")
    question = t(
        "预训练时字的词向量 E_i 有时换成 [MASK] 的 E_m 或随机字的（平均 Ē）。微调时换成期望，会更好吗？",
        "Pretraining swaps a token's vector E_i at times for [MASK]'s, E_m, or a random token's (mean Ē). Does fine-tuning gain from the expectation in its place?",
    )
    outputs = (
        outputs.figure("coefficients", height=280),
        outputs.figure("correction", height=400),
        outputs.metrics("differences"),
    )
    tries = (
        Try(
            t("全部换成随机字：补的是平均 Ē，不是 E_m", "All chosen become random: Ē takes their place, not E_m"),
            {"masked": 0.0, "random": 1.0},
            lambda y: y.coefficients[1] == 0 and abs(y.coefficients[2] - 0.15) < 1e-12,
        ),
        Try(
            t(
                "r = 0：什么也不遮，E_i 就是期望，不必修正",
                "r = 0: nothing is masked, E_i is the expectation and needs no correction",
            ),
            {"chosen": 0.0},
            lambda y: y.coefficients == (1, 0, 0),
        ),
        Try(
            t("全部换成 [MASK]（不留不换）：0.85E_i + 0.15E_m", "All chosen become [MASK]: 0.85E_i + 0.15E_m"),
            {"masked": 1.0},
            lambda y: abs(y.coefficients[0] - 0.85) + abs(y.coefficients[1] - 0.15) + abs(y.coefficients[2]) < 1e-12,
        ),
    )

    chosen: float = slider(0.15, 0.0, 0.9, step=0.01, label=t("选中比例 r", "Share chosen r"))
    masked: float = slider(0.8, 0.0, 1.0, step=0.05, label=t("其中换成 [MASK]", "Of these, masked"))
    random: float = slider(0.5, 0.0, 1.0, step=0.05, label=t("其余之中换成随机字", "Of the rest, random"))

    def compute(self) -> Trials:
        from core.text.mlm_dropout.measured import correction

        return correction(self.chosen, self.masked, self.random)

    def show(self, y: Trials, say: Say) -> Mapping[str, object]:
        told = numbers.correction(y, say)
        return {
            "correction": pictures.correction(y, say),
            "coefficients": pictures.coefficients(y, say),
            "differences": told,
        }


class DropToken(Tab):
    label = t("DropToken", "DropToken")
    question = t("微调时丢掉一些词：快多少，准多少？", "Tokens dropped in fine-tuning: how much faster, how accurate?")
    outputs = (outputs.figure("rates", height=430), NOTE)
    tries = (
        Try(
            t("原文 WSC：一丢就降", "The post's WSC: any dropping loses"),
            {"task": "wsc"},
            lambda y: y.best == 0,
        ),
        Try(
            t("原文 IFLYTEK：丢一半反而最好", "The post's IFLYTEK: best with half dropped"),
            {"task": "iflytek"},
            lambda y: y.rates[y.best] == 0.5,
        ),
    )

    task: str = choice("here", CLUE, label=t("任务", "Task"))

    def compute(self) -> Rates | Reported:
        from core.text.mlm_dropout.measured import drop_token, reported

        return drop_token() if self.task == "here" else reported(self.task)

    def show(self, y: Rates | Reported, say: Say) -> Mapping[str, object]:
        from core.text.mlm_dropout.measured import DropToken as Measured

        if isinstance(y, Measured):
            pairs = zip(y.rates[1:], y.differences, strict=True)
            told = say("；", "; ").join(f"{rate:.0%}: {100 * d:+.2f} ± {100 * half:.2f}" for rate, (d, half) in pairs)
            note = say(f"与不丢相比的百分点（同种子之差，95% 区间）：{told}。时间是处理器时间，训练时一个线程上量的。", f"Points against rate 0 (seed by seed, 95 % interval): {told}. Time is the processor's, measured on one thread during training.")  # fmt: skip
            return {"rates": pictures.measured(y, say), "note": note}
        note = say("原文表中的数字：BERT-base，CLUE 验证集；没有报告误差。原文认为 0.1–0.15 最好。", "Figures of the post's table: BERT-base, CLUE development sets; no errors are reported. The post holds 0.1-0.15 to be best.")  # fmt: skip
        return {"rates": pictures.reported(y, CLUE[self.task], say), "note": note}


class Toy(Tab):
    label = t("小函数", "A tiny function")
    question = t("为什么“关掉 Dropout”只是一阶近似？", "Why is “dropout off” an approximation of first order?")
    outputs = (outputs.figure("averages", height=420), FACTS)
    tries = (
        Try(
            t("线性：两种平均相等", "Linear: both averages are equal"),
            {"function": "linear"},
            lambda y: abs(y.gap) < 1e-12,
        ),
        Try(
            t("平方：差恰为 (1−p)/p·Σ(wᵢxᵢ)²", "Square: the gap is exactly (1−p)/p·Σ(wᵢxᵢ)²"),
            {"function": "square"},
            lambda y: abs(y.average - y.second) < 1e-6 and y.gap > 0.1,
        ),
    )

    function: str = choice("tanh", FUNCTIONS, label=t("φ，f(x) = φ(w·x)", "φ in f(x) = φ(w·x)"))
    p: float = slider(0.5, 0.2, 1.0, step=0.05, label=t("保留的概率 p", "Probability p of keeping"), play=True)
    size: float = slider(
        1.0, 0.1, 1.5, step=0.05, label=t("x 的大小（8 个输入都取它）", "Size of x (all eight inputs)")
    )

    def compute(self) -> Averages:
        from core.text.mlm_dropout.toy import toy

        return toy(self.function, self.p, self.size)

    def show(self, y: Averages, say: Say) -> Mapping[str, object]:
        facts = numbers.toy(y, say)
        return {
            "averages": pictures.toy(y, self.p, say),
            "facts": facts,
        }  # fmt: skip


POST = Post(
    id=8770,
    title=t("Dropout视角下的MLM和MAE：一些新的启发", "MLM and MAE seen as dropout: some new insights"),
    date=datetime.date(2021, 11, 29),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=(
        ("Devlin et al. 2018, BERT", "https://arxiv.org/abs/1810.04805"),
        ("He et al. 2021, Masked Autoencoders Are Scalable Vision Learners", "https://arxiv.org/abs/2111.06377"),
        ("Srivastava et al. 2014, Dropout", "https://jmlr.org/papers/v15/srivastava14a.html"),
    ),
)

PAGE = Page(
    title=t("MLM 与 MAE 都是 Dropout", "MLM and MAE as dropout"),
    summary=t(
        "一个小 BERT：填空、对遮法求平均、丢注意力的列；原文的修正与 DropToken 多个种子实测。",
        "A small BERT that fills in, averages over masks and drops columns; the post's correction and DropToken, over seeds.",
    ),
    post=POST,
    tabs=(Fill, Average, Columns, Correction, DropToken, Toy),
    added=datetime.date(2026, 11, 27),
    weights=("bert-dropout",),
)
