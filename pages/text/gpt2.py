"""GPT-2 that writes Chinese verse, character by character (post 7292)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gallery import outputs
from gallery.inputs import choice, seed, slider, text, toggle
from gallery.outputs import Metric, Passage, Table, Texts
from gallery.page import Page, Post, Progress, Say, Tab, Text, Try, t
from pages.text import _gpt2_figures as pictures
from pages.text import _gpt2_texts as texts
from pages.text._gpt2_inside import Attention, Layers, Silence
from pages.text._gpt2_texts import FORM, FORMS, MOST_BEGINNING, PASSAGE

if TYPE_CHECKING:
    from core.text.reading import Judgement
    from core.text.writing import Sheet

REGULATED, FREE = ("wujue", "qijue", "wulv", "qilv"), ("gushi", "ci")
WRITTEN = (*REGULATED, *FREE)  # not qu, novel and essay: of those the small model makes no sense
IN_ENGLISH = {form.zh: form.en.split(":")[0].lower() for form in FORMS.values()}
BEGINNING, TEMPERATURE = t("开头", "Beginning"), t("温度", "Temperature")
TITLE = t("题目 / 词牌（可空）", "Title, or tune of a ci (may be empty)")
TOP_K, MOST = t("top-k（0 不限）", "top-k (0: all)"), t("最多字数", "Most characters")
CHECKPOINTS: Mapping[str, Text] = {
    "bundled": t("自带的小模型（离线）", "The bundled small model (offline)"),
    "cluecorpussmall": t("uer 通用 1.02 亿", "uer general, 102 M"),
    "poem": t("uer 诗 1.02 亿", "uer poems, 102 M"),
    "lyric": t("uer 歌词 1.02 亿", "uer lyrics, 102 M"),
    "ancient": t("uer 文言 1.02 亿", "uer classical prose, 102 M"),
}
PRECISIONS = {"float32": t("float32", "float32"), "int8": t("int8（快三倍）", "int8 (three times as fast)")}
GPU_LOAD_SECONDS, GPU_STEP_SECONDS = 15.0, 0.05  # estimates, on the safe side: not measured on a lent GPU
MOST_TITLE, MOST_TEXT, LONGEST = 12, 160, 96
SHADED_FULLY = 14.0  # bits: about one in the vocabulary at random
BUDGET = 4.0 * 240  # characters
NOTE, DRAFTS = outputs.markdown("note"), outputs.text("drafts", height=240)


class Write(Tab):
    label = t("写", "Write")
    question = t("给个开头，它会写成什么？", "Given a beginning, what does it make of it?")
    outputs = (DRAFTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("守格律：四份都押韵，平仄全合", "Hold the metre: all four rhyme, every tone right"),
            {"metrical": True},
            holds=lambda r: r.rhymed == 4 and r.in_tone == 1,
        ),
        Try(
            t(
                "词牌浣溪沙：六句，四十二字，一字不差",
                "A ci to Huanxisha: six lines, 42 characters, no more and no less",
            ),
            {"form": "ci", "title": "浣溪沙", "beginning": ""},
            holds=lambda r: r.tune.characters == 42 and r.right == 4,
        ),
        Try(
            t("温度 0：四份一字不差", "Temperature 0: four drafts, all the same"),
            {"temperature": 0.0},
            holds=lambda r: len(set(r.texts)) == 1,
        ),
    )

    form: str = choice("wujue", {name: FORMS[name] for name in WRITTEN}, label=FORM)
    beginning: str = text("床前", label=BEGINNING, max_length=MOST_BEGINNING, examples=("床前", "春江", "长安", "明月"))
    title: str = text("", label=TITLE, max_length=MOST_TITLE, examples=("夜思", "浣溪沙", "菩萨蛮", "鹧鸪天"))
    metrical: bool = toggle(
        False,
        label=t("守格律（句数、平仄、押韵）", "Hold the metre (lines, tones, rhyme)"),
        shown_when={"form": REGULATED},
    )
    temperature: float = slider(0.8, 0.0, 2.0, step=0.05, label=TEMPERATURE)
    top_k: int = slider(0, 0, 100, label=TOP_K)
    top_p: float = slider(0.95, 0.05, 1.0, step=0.01, label=t("top-p", "top-p"))
    penalty: float = slider(1.0, 1.0, 2.0, step=0.05, label=t("重复惩罚", "Repetition penalty"))
    longest: int = slider(96, 16, 240, label=MOST, shown_when={"form": FREE})
    count: int = slider(4, 1, 4, label=t("几份", "Drafts"))
    seed: int = seed(1)

    def cost(self) -> float:
        return float(self.count * (LONGEST if self.form in REGULATED else max(160, self.longest)))

    def compute(self) -> Iterator[Sheet]:
        from core.text.library import verse_model
        from core.text.sampling import Sampling
        from core.text.writing import Wish, write

        how = Sampling(self.temperature, self.top_k, self.top_p, self.penalty)
        longest = LONGEST if self.form in REGULATED else self.longest
        wish = Wish(
            FORMS[self.form].zh, self.title, self.beginning, self.count, longest, how, self.seed, metrical=self.metrical
        )
        return write(*verse_model(), wish)

    def progress(self, result: Sheet) -> float:
        return result.fraction

    def show(self, r: Sheet, say: Say) -> Mapping[str, object]:
        told = [
            pictures.left_out(r.unknown, self, say),
            pictures.verdict(r, say) if r.done else "",
            pictures.card(r, say),
        ]
        return {"drafts": pictures.passages(r.drafts, r.title, say), "note": "\n\n".join(filter(None, told))}


class Acrostic(Tab):
    label = t("藏头诗", "Acrostic")
    question = t(
        "给定每句的头一个字，还能守住格律吗？", "With the first character of each line given, does the metre hold?"
    )
    outputs = (DRAFTS, NOTE)
    budget = BUDGET
    tries = (
        Try(
            t("八个字：七绝放不下，改写七律", "Eight characters: too many for a qijue, so a qilü is written"),
            {"heads": "平安喜乐万事如意"},
            holds=lambda r: r.form == "七律" and r.right == 4,
        ),
        Try(
            t(
                "不守平仄与押韵：句式照样对，韵就押不上了",
                "Tones and rhyme let go: the lines still stand, the rhyme is lost",
            ),
            {"metrical": False},
            holds=lambda r: r.right == 4 and r.rhymed < 4,
        ),
    )

    heads: str = text(
        "科学空间",
        label=t("每句的头一个字", "First characters of the lines"),
        max_length=8,
        examples=("科学空间", "春夏秋冬", "不忘初心", "平安喜乐万事如意"),
    )
    form: str = choice("qijue", {name: FORMS[name] for name in REGULATED}, label=FORM)
    title: str = text("", label=t("题目（可空）", "Title (may be empty)"), max_length=MOST_TITLE)
    metrical: bool = toggle(True, label=t("守平仄与押韵", "Hold tones and rhyme"))
    temperature: float = slider(0.7, 0.0, 2.0, step=0.05, label=TEMPERATURE)
    count: int = slider(4, 1, 4, label=t("几首", "Poems"))
    seed: int = seed(5)

    def cost(self) -> float:
        return 64.0 * self.count

    def compute(self) -> Iterator[Sheet]:
        from core.text.library import verse_model
        from core.text.sampling import Sampling
        from core.text.writing import Wish, write

        how = Sampling(self.temperature, top_p=0.95)
        wish = Wish(
            FORMS[self.form].zh,
            self.title,
            count=self.count,
            sampling=how,
            seed=self.seed,
            strict=True,
            heads=self.heads,
            metrical=self.metrical,
        )
        return write(*verse_model(), wish)

    def progress(self, result: Sheet) -> float:
        return result.fraction

    def show(self, r: Sheet, say: Say) -> Mapping[str, object]:
        n, asked = len(r.heads), FORMS[self.form].zh
        moved = (
            ""
            if r.form == asked
            else say(
                f"**{n} 个字要 {n} 句，{asked}只有 4 句：改写{r.form}。**",
                f"**{n} characters need {n} lines and a {IN_ENGLISH[asked]} has 4: a {IN_ENGLISH[r.form]} is written.**",
            )
        )
        how = say(
            "每一步只有合乎位置的字（句读、平仄、韵部，以及给定的字）保留概率，其余归零再归一，所以句式必然成立。韵按平水韵。",
            "At each step only the characters that the place allows (marks, tones, rhyme, what is given) keep their probability, and the rest is renormalised: the form cannot fail. Rhymes are those of Pingshui.",
        )
        told = [pictures.left_out(r.unknown, self, say), moved, pictures.verdict(r, say) if r.done else "", how]
        return {
            "drafts": pictures.passages(r.drafts, r.title or " · ".join(r.heads), say),
            "note": "\n\n".join(filter(None, told)),
        }


class Next(Tab):
    label = t("下一个字", "Next character")
    question = t("它此刻在想哪些字？哪里出乎它的意料？", "Which characters does it expect now, and what surprised it?")
    outputs = (
        outputs.figure("bars", height=420),
        outputs.metrics("facts"),
        outputs.text("text", height=110),
        outputs.figure("surprise", height=330),
        NOTE,
        outputs.table("table", t("逐字", "Character by character")),
    )
    budget = float(MOST_TEXT)
    tries = (
        Try(
            t("末句写满五个字：句号的概率超过 0.99", "The last line is full: a full stop has more than 0.99"),
            {"text": "空山不见人，但闻人语响。返景入深林，复照青苔上"},
            holds=lambda r: r.following.characters[0] == "。" and r.following.p[0] > 0.99,
        ),
        Try(
            t("现代话当五绝读：每字超过 7 bit", "Modern speech read as verse: more than 7 bits a character"),
            {"text": "今天天气不错，我们去"},
            holds=lambda r: r.mean > 7,
        ),
        Try(
            t("同一句当散文读：每字不到 6 bit", "The same read as prose: less than 6 bits a character"),
            {"text": "今天天气不错，我们去", "form": "essay"},
            holds=lambda r: r.mean < 6,
        ),
    )

    form: str = choice("wujue", FORMS, label=FORM)
    text: str = text(
        "空山不见人，但闻人语响。返景入深林，复照青苔",
        label=PASSAGE,
        max_length=MOST_TEXT,
        lines=3,
        examples=("空山不见人，但闻人语响。返景入深林，复照青苔", "话说天下大势，分久必", "今天天气不错，我们去"),
    )
    temperature: float = slider(1.0, 0.1, 2.0, step=0.05, label=TEMPERATURE)
    top_k: int = slider(5, 0, 100, label=TOP_K)
    top_p: float = slider(1.0, 0.05, 1.0, step=0.01, label=t("top-p", "top-p"))

    def cost(self) -> float:
        return float(MOST_TEXT)

    def compute(self) -> Judgement:
        from core.text.library import verse_model
        from core.text.reading import judge
        from core.text.sampling import Sampling

        how = Sampling(self.temperature, self.top_k, self.top_p)
        return judge(*verse_model(), FORMS[self.form].zh, self.text, how)

    def show(self, r: Judgement, say: Say) -> Mapping[str, object]:
        now, mean = r.following, f"{r.mean:.2f}"
        notes = [f"{b:.1f} bit · #{rank}" for b, rank in zip(r.bits, r.ranks, strict=True)]
        shades = [min(float(b) / SHADED_FULLY, 1.0) for b in r.bits]
        caption = say(f"每字 {mean} bit；越红越意外", f"{mean} bits a character; the redder, the more surprising")
        facts = [
            Metric(
                say("保留的字数", "Characters kept"),
                now.count,
                say("温度、top-k、top-p 之后", "after temperature, top-k, top-p"),
            ),
            Metric(say("保留的概率", "Probability kept"), now.mass, say("按模型原来的概率", "of the model's own")),
            Metric(say("最意外的字", "Most surprising"), r.text[r.most], f"{r.bits[r.most]:.1f} bit"),
        ]
        rows = {say("字", "character"): list(r.text), "bit": r.bits, say("名次", "rank"): r.ranks}
        return {
            "bars": pictures.expected(r, say),
            "facts": facts,
            "text": Texts([Passage(r.text, "", caption, False, shades, notes)]),
            "surprise": pictures.surprise(r, say),
            "note": pictures.left_out((("text", r.unknown),), self, say) or " ",
            "table": Table(rows),
        }


class Larger(Tab):
    label = t("更大的模型", "Larger models")
    question = t("同样的代码，换上公开的大模型会怎样？", "The same code with larger public weights: what then?")
    outputs = (DRAFTS, NOTE)
    budget = BUDGET
    live = False
    tries = (
        Try(
            t("不限 top-k：用字大胆起来，每字超过 3.5 bit", "No top-k: bolder words, more than 3.5 bits a character"),
            {"top_k": 0},
            holds=lambda r: r.bits > 3.5,
        ),
        Try(
            t(
                "原文的开头：小模型接成七律，句式全对",
                "The post's prompt: the small model makes regulated verse of it, every line of seven characters",
            ),
            {"beginning": "今天天气不错"},
            holds=lambda r: r.form == "七律" and r.right == 2,
        ),
    )

    checkpoint: str = choice(
        "bundled",
        CHECKPOINTS,
        label=t("模型", "Model"),
        help=t(
            "从 Hugging Face 下载约 400 MB，只在需要时下载，之后留在本机",
            "About 400 MB from Hugging Face, fetched when asked for and then kept",
        ),
    )
    beginning: str = text(
        "春江潮水连海平，",
        label=BEGINNING,
        max_length=MOST_BEGINNING,
        examples=("春江潮水连海平，", "今天天气不错", "双十一", "科学空间"),
    )
    precision: str = choice("int8", PRECISIONS, label=t("精度", "Precision"))
    temperature: float = slider(1.0, 0.0, 2.0, step=0.05, label=TEMPERATURE)
    top_k: int = slider(5, 0, 100, label=t("top-k（原文用 5）", "top-k (the post: 5)"))
    longest: int = slider(80, 16, 240, label=MOST)
    count: int = slider(2, 1, 4, label=t("几份", "Drafts"))
    seed: int = seed(1)

    def cost(self) -> float:
        return float(self.count * self.longest)

    def gpu_seconds(self) -> float:
        # int8 is the CPU's arithmetic, and the bundled model is small. A step a character, and the weights to bring there.
        small = self.checkpoint == "bundled" or self.precision == "int8"
        return 0.0 if small else GPU_LOAD_SECONDS + self.longest * GPU_STEP_SECONDS

    def fetch(self) -> Iterator[Progress]:
        from core.text.hub import fetch

        return fetch(self.checkpoint)

    def compute(self) -> Iterator[Sheet | Progress]:
        from core.text.hub import continued
        from core.text.sampling import Sampling

        how = Sampling(self.temperature, self.top_k)
        return continued(self.checkpoint, self.beginning, how, self.count, self.longest, self.seed, self.precision)

    def progress(self, result: Sheet) -> float:
        return result.fraction

    def show(self, r: Sheet, say: Say) -> Mapping[str, object]:
        told = say(
            "自带的模型只读过诗词与旧小说，这里让它把开头接成七律；想接着写原文里的「今天天气不错」，要联网取大模型。",
            "The bundled model has read verse and old novels only, so here it makes a qilü of the beginning; to go on from the post's prompts in their own manner, fetch a larger one.",
        )
        left_out = pictures.left_out(r.unknown, self, say)
        return {"drafts": pictures.passages(r.drafts, "", say), "note": "\n\n".join(filter(None, [left_out, told]))}


POST = Post(
    id=7292,
    title=t("现在可以用Keras玩中文GPT2了（GPT2_ML）", "Chinese GPT2 in Keras (GPT2_ML)"),
    date=datetime.date(2020, 3, 16),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=(
        (
            "Radford et al. 2019, Language Models are Unsupervised Multitask Learners",
            "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf",
        ),
        ("Zellers et al. 2019, Defending Against Neural Fake News (Grover)", "https://arxiv.org/abs/1905.12616"),
        (
            "Holtzman et al. 2020, The Curious Case of Neural Text Degeneration (top-p)",
            "https://arxiv.org/abs/1904.09751",
        ),
    ),
)
PAGE = Page(
    title=t("GPT-2：一个字一个字地写", "GPT-2 writes, character by character"),
    summary=t(
        "自带权重的中文 GPT-2：写绝句律诗、按词牌填词、藏头诗，看它每一步在想什么。",
        "A Chinese GPT-2 with its weights: it writes regulated verse, ci to a tune and acrostics, and shows what it expects at each step.",
    ),
    post=POST,
    tabs=(Write, Acrostic, Next, Layers, Attention, Silence, Larger),
    added=datetime.date(2026, 11, 21),
    weights=("gpt2-verse",),
    striking=4,
)
