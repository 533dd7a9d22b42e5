"""GPT-2 that writes Chinese verse and prose, character by character (post 7292)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from core.refusal import Refusal
from gallery import outputs
from gallery.inputs import Inputs, choice, seed, slider, text, toggle
from gallery.page import Lang, Page, Post, Tab, Text, Update, t
from pages.text import _gpt2_figures as pictures

FORMS: Mapping[str, Text] = {
    "wujue": t("五绝", "Wujue: 4 lines of 5"), "qijue": t("七绝", "Qijue: 4 lines of 7"), "wulv": t("五律", "Wulü: 8 lines of 5"), "qilv": t("七律", "Qilü: 8 lines of 7"),
    "gushi": t("古诗", "Old verse (gushi)"), "ci": t("词", "Ci"), "qu": t("曲", "Qu"), "novel": t("小说", "Novel"), "essay": t("散文", "Lu Xun's prose"),
}  # fmt: skip
REGULATED = ("wujue", "qijue", "wulv", "qilv")
PROSE = ("novel", "essay")
FORM = t("体裁", "Form")
TITLE = t("题目 / 词牌 / 书名（可空）", "Title, tune or book (may be empty)")
BEGINNING = t("开头", "Beginning")
TEMPERATURE = t("温度", "Temperature")
CHECKPOINTS: Mapping[str, Text] = {
    "bundled": t("自带的小模型（离线）", "The bundled small model (offline)"),
    "cluecorpussmall": t("uer 通用 1.02 亿", "uer general, 102 M"), "poem": t("uer 诗 1.02 亿", "uer poems, 102 M"),
    "lyric": t("uer 歌词 1.02 亿", "uer lyrics, 102 M"), "ancient": t("uer 文言 1.02 亿", "uer classical prose, 102 M"),
}  # fmt: skip
PRECISIONS = {"float32": t("float32", "float32"), "int8": t("int8（快三倍）", "int8 (three times as fast)")}
MOST_TITLE, MOST_BEGINNING, MOST_TEXT = 12, 60, 160
SHADED_FULLY = 14.0  # bits: about one in the vocabulary at random
BUDGET = 4.0 * 240  # characters


class Write(Inputs):
    form: str = choice("wujue", FORMS, label=FORM)
    beginning: str = text(
        "床前", label=BEGINNING, max_length=MOST_BEGINNING, examples=("床前", "春江", "却说", "我独自")
    )
    title: str = text("", label=TITLE, max_length=MOST_TITLE, examples=("夜思", "浣溪沙", "红楼梦"))
    metrical: bool = toggle(
        False,
        label=t("守格律（句数、平仄、押韵）", "Hold the metre (lines, tones, rhyme)"),
        shown_when={"form": REGULATED},
    )
    temperature: float = slider(0.9, 0.0, 2.0, step=0.05, label=TEMPERATURE)
    top_k: int = slider(0, 0, 100, label=t("top-k（0 不限）", "top-k (0: all)"))
    top_p: float = slider(0.95, 0.05, 1.0, step=0.01, label=t("top-p", "top-p"))
    penalty: float = slider(1.0, 1.0, 2.0, step=0.05, label=t("重复惩罚", "Repetition penalty"))
    longest: int = slider(
        96, 16, 240, label=t("最多字数", "Most characters"), shown_when={"form": (*PROSE, "gushi", "ci", "qu")}
    )
    count: int = slider(4, 1, 4, label=t("几份", "Drafts"))
    seed: int = seed(1)


class Acrostic(Inputs):
    heads: str = text(
        "科学空间",
        label=t("每句的头一个字", "First characters of the lines"),
        max_length=8,
        examples=("科学空间", "春夏秋冬", "平安喜乐", "不忘初心"),
    )
    form: str = choice("qijue", {name: FORMS[name] for name in REGULATED}, label=FORM)
    title: str = text("", label=t("题目（可空）", "Title (may be empty)"), max_length=MOST_TITLE)
    metrical: bool = toggle(True, label=t("守平仄与押韵", "Hold tones and rhyme"))
    temperature: float = slider(0.7, 0.0, 2.0, step=0.05, label=TEMPERATURE)
    count: int = slider(4, 1, 4, label=t("几首", "Poems"))
    seed: int = seed(1)


class Next(Inputs):
    form: str = choice("wujue", FORMS, label=FORM)
    text: str = text("空山不见人，但闻人语响。返景入深林，复照青苔", label=t("一段文字", "A text"), max_length=MOST_TEXT, lines=3,
                     examples=("空山不见人，但闻人语响。返景入深林，复照青苔", "话说天下大势，分久必", "今天天气不错，我们去"))  # fmt: skip
    temperature: float = slider(1.0, 0.1, 2.0, step=0.05, label=TEMPERATURE)
    top_k: int = slider(5, 0, 100, label=t("top-k（0 不限）", "top-k (0: all)"))
    top_p: float = slider(1.0, 0.05, 1.0, step=0.01, label=t("top-p", "top-p"))


class Heads(Inputs):
    form: str = choice("wujue", FORMS, label=FORM)
    text: str = text("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", label=t("一段文字", "A text"), max_length=MOST_BEGINNING, lines=3,
                     examples=("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", "明月松间照，清泉石上流。"))  # fmt: skip
    layer: int = slider(3, 1, 6, label=t("层", "Layer"))
    head: int = slider(1, 1, 4, label=t("头", "Head"))


class Larger(Inputs):
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
        "今天天气不错", label=BEGINNING, max_length=MOST_BEGINNING, examples=("今天天气不错", "双十一", "科学空间")
    )
    precision: str = choice("int8", PRECISIONS, label=t("精度", "Precision"))
    temperature: float = slider(1.0, 0.0, 2.0, step=0.05, label=TEMPERATURE)
    top_k: int = slider(5, 0, 100, label=t("top-k（原文用 5）", "top-k (the post: 5)"))
    longest: int = slider(80, 16, 240, label=t("最多字数", "Most characters"))
    count: int = slider(2, 1, 4, label=t("几份", "Drafts"))
    seed: int = seed(1)


def _drafts(draft: Any, form: str, title: str, lang: Lang) -> outputs.Texts:
    from core.text.prosody import REGULAR, examine, laid_out

    passages = []
    for body, done, bits in zip(draft.texts, draft.done, draft.bits, strict=True):
        caption = t("正在写……", "writing …")(lang)
        if done:
            caption = t(f"每字 {bits:.2f} bit", f"{bits:.2f} bits a character")(lang)
            if form in REGULAR:
                report = examine(body, form)
                yes = (t("合", "yes")(lang), t("不合", "no")(lang))
                caption = t(
                    f"句式{yes[not report.form_right]} · 押韵{yes[not report.rhyme_right]} · 平仄 {report.in_tone:.0%} · 每字 {bits:.2f} bit",
                    f"form: {yes[not report.form_right]} · rhyme: {yes[not report.rhyme_right]} · tones {report.in_tone:.0%} · {bits:.2f} bits a character",
                )(lang)
        passages.append(
            outputs.Passage(laid_out(body, form), title, caption, verse=form not in (FORMS[name].zh for name in PROSE))
        )
    return outputs.Texts(passages)


def _token(form: str) -> str:
    """The form's name in the vocabulary."""
    return FORMS[form].zh


def _unknown(named: Mapping[str, tuple[str, ...]], lang: Lang) -> str:
    missing = {name: "、".join(c) for name, c in named.items() if c}
    if not missing:
        return ""
    said = "；".join(f"{name}：{c}" for name, c in missing.items())
    return t(f"词表里没有、已略去的字符：{_plain(said)}。", f"Not in the vocabulary, left out: {_plain(said)}.")(lang)


def _plain(said: str) -> str:
    """Characters of a reader inside Markdown: as code, so that none of them is markup."""
    return "`" + said.replace("`", "'") + "`"


def write(inputs: Write, lang: Lang) -> Iterator[Update]:
    from core.text.library import verse_model
    from core.text.reading import strip_unknown
    from core.text.sampling import Sampling
    from core.text.writing import Wish
    from core.text.writing import write as written

    model, tokenizer = verse_model()
    beginning, lost = strip_unknown(tokenizer, inputs.beginning)
    title, lost_too = strip_unknown(tokenizer, inputs.title)
    how = Sampling(inputs.temperature, inputs.top_k, inputs.top_p, inputs.penalty)
    held = inputs.metrical and inputs.form in REGULATED
    longest = 96 if inputs.form in REGULATED else inputs.longest
    wish = Wish(_token(inputs.form), title, beginning, inputs.count, longest, how, inputs.seed, metrical=held)
    note = _unknown({"beginning": lost, "title": lost_too}, lang) or _remember(lang)
    yield {"note": note}
    for draft in written(model, tokenizer, wish):
        yield {"drafts": _drafts(draft, _token(inputs.form), title, lang)}


def _remember(lang: Lang) -> str:
    from core.text.library import VERSE
    from core.weights import read_card

    told = read_card(VERSE).metrics
    longest, mean = told["longest verbatim overlap, 200 samples"], told["mean longest overlap"]
    return t(
        f"背了多少？200 首样本与训练集最长的逐字重合是 {longest:.0f} 字（含标点），平均 {mean:.1f} 字。留出的格律诗每字 {told['held-out bits/char, regulated']:.2f} bit，二元模型 {told['bigram bits/char, regulated']:.2f}。",
        f"How much is learnt by heart? The longest verbatim overlap of 200 samples with the training texts is {longest:.0f} characters (marks included), {mean:.1f} on average. Held-out regulated verse: {told['held-out bits/char, regulated']:.2f} bits a character; a bigram model: {told['bigram bits/char, regulated']:.2f}.",
    )(lang)


def acrostic(inputs: Acrostic, lang: Lang) -> Iterator[Update]:
    from core.text.library import verse_model
    from core.text.reading import strip_unknown
    from core.text.sampling import Sampling
    from core.text.writing import Wish
    from core.text.writing import write as written

    model, tokenizer = verse_model()
    heads, lost = strip_unknown(tokenizer, inputs.heads)
    if not heads:
        raise Refusal(
            f"heads = {inputs.heads}：应为一到八个汉字，例如 科学空间",
            f"heads = {inputs.heads}: one to eight Chinese characters, such as 科学空间",
        )
    title, lost_too = strip_unknown(tokenizer, inputs.title)
    how = Sampling(inputs.temperature, top_p=0.95)
    wish = Wish(
        _token(inputs.form),
        title,
        count=inputs.count,
        sampling=how,
        seed=inputs.seed,
        strict=True,
        heads=heads,
        metrical=inputs.metrical,
    )
    told = t(
        "每一步只有合乎位置的字（句读、平仄、韵部，以及给定的字）保留概率，其余归零再归一，所以句式必然成立。韵按平水韵。",
        "At each step only the characters that the place allows (marks, tones, rhyme, what is given) keep their probability, and the rest is renormalised: the form cannot fail. Rhymes are those of Pingshui.",
    )(lang)
    yield {"note": _unknown({"heads": lost, "title": lost_too}, lang) or told}
    for draft in written(model, tokenizer, wish):
        yield {"drafts": _drafts(draft, _token(inputs.form), title or " · ".join(heads), lang)}


def following(inputs: Next, lang: Lang) -> Mapping[str, Any]:
    from core.text.library import verse_model
    from core.text.reading import candidates, read, strip_unknown
    from core.text.sampling import Sampling

    model, tokenizer = verse_model()
    body, lost = strip_unknown(tokenizer, inputs.text)
    how = Sampling(inputs.temperature, inputs.top_k, inputs.top_p)
    found = candidates(model, tokenizer, _token(inputs.form), body, how)
    reading = read(model, tokenizer, _token(inputs.form), body)
    shades = [min(float(b) / SHADED_FULLY, 1.0) for b in reading.bits[:-1]]
    notes = [f"{b:.1f} bit · #{r}" for b, r in zip(reading.bits[:-1], reading.ranks[:-1], strict=True)]
    mean = float(reading.bits[:-1].mean())
    passage = outputs.Passage(
        body,
        "",
        t(f"每字 {mean:.2f} bit；越红越意外", f"{mean:.2f} bits a character; the redder, the more surprising")(lang),
        False,
        shades,
        notes,
    )
    facts = [
        outputs.Metric(
            t("保留的字数", "Characters kept")(lang),
            found.count,
            t("温度、top-k、top-p 之后", "after temperature, top-k, top-p")(lang),
        ),
        outputs.Metric(
            t("保留的概率", "Probability kept")(lang), found.mass, t("按模型原来的概率", "of the model's own")(lang)
        ),
        outputs.Metric(
            t("最意外的字", "Most surprising")(lang),
            body[int(np.argmax(reading.bits[:-1]))],
            f"{reading.bits[:-1].max():.1f} bit",
        ),
    ]
    name = body[-10:]
    figure = pictures.next_bars(
        t(f"「…{name}」之后", f"After “…{name}”")(lang), found.characters, found.p, found.kept, lang
    )
    rows = {
        t("字", "character")(lang): list(reading.characters[:-1]),
        "bit": reading.bits[:-1],
        t("名次", "rank")(lang): reading.ranks[:-1],
    }
    return {
        "bars": figure, "text": outputs.Texts([passage]), "facts": facts, "note": _unknown({"text": lost}, lang) or " ",
        "surprise": pictures.surprise(t("每个字有多意外", "How surprising each character is")(lang), reading.characters[:-1], reading.bits[:-1], mean, lang),
        "table": outputs.Table(rows),
    }  # fmt: skip


def heads(inputs: Heads, lang: Lang) -> Mapping[str, Any]:
    from core.text.library import verse_model
    from core.text.reading import attention, strip_unknown

    model, tokenizer = verse_model()
    body, lost = strip_unknown(tokenizer, inputs.text)
    names, weights = attention(model, tokenizer, _token(inputs.form), body)
    layers, count = weights.shape[:2]
    layer, head = min(inputs.layer, layers) - 1, min(inputs.head, count) - 1
    one = pictures.attention(
        t(f"第 {layer + 1} 层，第 {head + 1} 头", f"Layer {layer + 1}, head {head + 1}")(lang),
        names,
        weights[layer, head],
        lang,
    )
    wall = pictures.heads(t("所有的头", "All heads")(lang), weights, lang)
    note = t(
        "每行的权重和为 1，右上角为零：一个字只看自己与前文。常见的头：看前一个字；看上一句同一位置的字（对仗）；看标点；看体裁记号。",
        "Each row sums to 1 and is zero above the diagonal: a character sees itself and what stands before. Heads to look for: the previous character; the same place in the line before (parallelism); punctuation; the token of the form.",
    )(lang)
    return {"one": one, "wall": wall, "note": _unknown({"text": lost}, lang) or note}


def larger(inputs: Larger, lang: Lang) -> Iterator[Update]:
    from core.text import hub
    from core.text.library import verse_model
    from core.text.reading import strip_unknown
    from core.text.sampling import Sampling
    from core.text.writing import Wish, proceed
    from core.text.writing import write as written

    how = Sampling(inputs.temperature, inputs.top_k)
    precision: Any = inputs.precision
    if inputs.checkpoint == "bundled":
        model, tokenizer = verse_model()
        beginning, lost = strip_unknown(tokenizer, inputs.beginning)
        wish = Wish("散文", "", beginning, inputs.count, inputs.longest, how, inputs.seed, precision=precision)
        drafts, head = written(model, tokenizer, wish), ""
    else:
        yield outputs.Progress(0.05, t("正在取模型……", "Fetching the model …"))
        model, vocabulary = hub.load(inputs.checkpoint)
        tokens, lost = vocabulary.encode(inputs.beginning)
        drafts = proceed(model, tokens, vocabulary.writable(model.config.vocabulary), vocabulary.end, vocabulary.decode, how,
                         inputs.count, inputs.longest, inputs.seed, precision)  # fmt: skip
        head = vocabulary.decode(tokens[1:])
    told = t(
        "自带的模型没读过现代文；想接着写原文里的「今天天气不错」，要联网取大模型。",
        "The bundled model has read no modern prose; to go on from the post's prompts, fetch a larger one.",
    )(lang)
    yield {"note": _unknown({"beginning": lost}, lang) or told}
    for draft in drafts:
        passages = [
            outputs.Passage(head + body, "", t(f"每字 {bits:.2f} bit", f"{bits:.2f} bits a character")(lang))
            for body, bits in zip(draft.texts, draft.bits, strict=True)
        ]
        yield {"drafts": outputs.Texts(passages)}


def checks() -> Iterable[Check]:
    from core.text.gpt2_verification import checks as facts

    return facts()


def _code_write(i: Write) -> str:
    held = i.metrical and i.form in REGULATED
    longest = 96 if i.form in REGULATED else i.longest
    return f"""from core.text.library import verse_model
from core.text.reading import strip_unknown
from core.text.sampling import Sampling
from core.text.writing import Wish, write

model, tokenizer = verse_model()
beginning, title = (strip_unknown(tokenizer, text)[0] for text in ({i.beginning!r}, {i.title!r}))
how = Sampling({i.temperature}, {i.top_k}, {i.top_p}, {i.penalty})
wish = Wish({_token(i.form)!r}, title, beginning, {i.count}, {longest}, how, {i.seed}, metrical={held})
*_, last = write(model, tokenizer, wish)
print("\\n".join(last.texts))
"""


def _code_acrostic(i: Acrostic) -> str:
    return f"""from core.text.library import verse_model
from core.text.reading import strip_unknown
from core.text.sampling import Sampling
from core.text.writing import Wish, write

model, tokenizer = verse_model()
heads, title = (strip_unknown(tokenizer, text)[0] for text in ({i.heads!r}, {i.title!r}))
wish = Wish({_token(i.form)!r}, title, count={i.count}, sampling=Sampling({i.temperature}, top_p=0.95), seed={i.seed},
            strict=True, heads=heads, metrical={i.metrical})
*_, last = write(model, tokenizer, wish)
print("\\n".join(last.texts))
"""


def _code_next(i: Next) -> str:
    return f"""from core.text.library import verse_model
from core.text.reading import candidates, read, strip_unknown
from core.text.sampling import Sampling

model, tokenizer = verse_model()
text, unknown = strip_unknown(tokenizer, {i.text!r})
found = candidates(model, tokenizer, {_token(i.form)!r}, text, Sampling({i.temperature}, {i.top_k}, {i.top_p}))
print(dict(zip(found.characters, found.p.round(4))), found.mass)
print(read(model, tokenizer, {_token(i.form)!r}, text).bits)
"""


def _code_heads(i: Heads) -> str:
    return f"""from core.text.library import verse_model
from core.text.reading import attention, strip_unknown

model, tokenizer = verse_model()
names, weights = attention(model, tokenizer, {_token(i.form)!r}, strip_unknown(tokenizer, {i.text!r})[0])
print(names)
print(weights[{i.layer - 1}, {i.head - 1}].round(2))  # who looks (rows) at what (columns)
"""


def _code_larger(i: Larger) -> str:
    if i.checkpoint == "bundled":
        return f"""from core.text.library import verse_model
from core.text.reading import strip_unknown
from core.text.sampling import Sampling
from core.text.writing import Wish, write

model, tokenizer = verse_model()
beginning, unknown = strip_unknown(tokenizer, {i.beginning!r})
how = Sampling({i.temperature}, {i.top_k})
*_, last = write(model, tokenizer, Wish("散文", "", beginning, {i.count}, {i.longest}, how, {i.seed}, precision={i.precision!r}))
print("\\n".join(last.texts))
"""
    return f"""from core.text import hub
from core.text.sampling import Sampling
from core.text.writing import proceed

model, vocabulary = hub.load({i.checkpoint!r})
tokens, unknown = vocabulary.encode({i.beginning!r})
may = vocabulary.writable(model.config.vocabulary)
*_, last = proceed(model, tokens, may, vocabulary.end, vocabulary.decode, Sampling({i.temperature}, {i.top_k}),
                   {i.count}, {i.longest}, {i.seed}, {i.precision!r})
print("\\n".join(last.texts))
"""


STORY = t(
    r"""
**问题。** GPT 一个字一个字地写：$p(x)=\prod_t p(x_t\mid x_{<t})$。原文把 GPT2_ML 的 15 亿参数中文权重搬进 Keras；这里用同一种结构训练一个小模型，让它在你面前写诗、写明清小说。

三种 Transformer 块，差别只在 LayerNorm 放哪里：

$$\begin{aligned}\text{GPT-2}&\quad u=h+\mathrm{Att}(\mathrm{LN}_1h),\quad h'=u+\mathrm{FFN}(\mathrm{LN}_2u)\\ \text{GPT2\_ML, Grover}&\quad u=h+\mathrm{Att}(h),\quad h'=\mathrm{LN}_1\big(u+\mathrm{FFN}(\mathrm{LN}_0u)\big)\\ \text{BERT}&\quad u=\mathrm{LN}(h+\mathrm{Att}(h)),\quad h'=\mathrm{LN}(u+\mathrm{FFN}(u))\end{aligned}$$

GPT2_ML 的嵌入之后先做一次 LN，注意力之前不做；输出与嵌入共用矩阵，没有偏置；GELU 用误差函数。参数量有闭式：
$L(4h^2+4h+2hf+f+h+4h)+Vh+Ph+2h$，原文的 $L=48,h=1536,f=6144,V=8021,P=1024$ 得 13.7 亿。

**怎样取下一个字。** 先除以温度，再留概率最大的 $k$ 个（top-k），再留累积概率刚好到 $p$ 的一批（top-p：排在前面的概率之和 $<p$ 者留下），每次重新归一。

**格律**不是靠反复重写碰出来的，而是在每一步把不合平仄、不押韵的字的概率置零：写出来的是模型自己的条件分布在格律上的限制。
""",
    r"""
**The question.** A GPT writes one character after another: $p(x)=\prod_t p(x_t\mid x_{<t})$. The post brings the Chinese weights of GPT2_ML, 1.5 billion of them, to Keras; here a small model of the same build is trained, and writes verse and Ming novels before your eyes.

Three Transformer blocks, which differ in where the norms stand:

$$\begin{aligned}\text{GPT-2}&\quad u=h+\mathrm{Att}(\mathrm{LN}_1h),\quad h'=u+\mathrm{FFN}(\mathrm{LN}_2u)\\ \text{GPT2\_ML, Grover}&\quad u=h+\mathrm{Att}(h),\quad h'=\mathrm{LN}_1\big(u+\mathrm{FFN}(\mathrm{LN}_0u)\big)\\ \text{BERT}&\quad u=\mathrm{LN}(h+\mathrm{Att}(h)),\quad h'=\mathrm{LN}(u+\mathrm{FFN}(u))\end{aligned}$$

GPT2_ML normalises the embedding and not what attention sees; the output shares the embedding's matrix and has no bias; its GELU is the error function's. The number of weights in closed form:
$L(4h^2+4h+2hf+f+h+4h)+Vh+Ph+2h$, which for the post's $L=48,h=1536,f=6144,V=8021,P=1024$ is 1.37 billion.

**How the next character is drawn.** Divide by the temperature; keep the $k$ likeliest (top-k); keep those before which less than $p$ has gathered (top-p); renormalise each time.

**Metre** is not found by trying again: at each step the characters that break tones or rhyme have their probability set to zero. What is written is the model's own conditional law, restricted.
""",
)
CHANGES = t(
    r"""
- 原文的权重有 13.7 亿参数、训练于 15–30 GB 现代文本，这里是 690 万参数、3200 万字的诗词与旧小说，在两个 CPU 核上约一小时：现代新闻式的续写做不到，如实说明。
- 文本前有体裁记号（五绝、词、小说……）与可选的题目，所以不写开头也能写；原文直接续写。
- 原文解码用 top-k = 5、遇句号且够长则停；这里有结束记号。
- 宣传的“15 亿参数”按公式数出来是 13.7 亿（8021 词表）或 13.9 亿（21128 词表）。
- 大模型一栏可联网取 uer 的四个 1.02 亿参数模型（固定版本），结构是 OpenAI 的 GPT-2。它们的仓库里只有 `pytorch_model.bin`：用 PyTorch 的受限读取器读，只收张量，不执行任何代码。
- 韵用平水韵：由《广韵》（nk2028 的 tshet-uinh 数据）归并；个别字与平水韵书有出入。
""",
    r"""
- The post's weights are 1.37 billion, trained on 15-30 GB of modern text; here are 6.9 million and 32 million characters of verse and old novels, about an hour on two CPU cores. Modern news prose is out of reach, and we say so.
- Each text stands behind the token of its form (quatrain, ci, novel …) and, if you like, a title, so that it can be written from nothing; the post goes on from a prompt.
- The post decodes with top-k = 5 and stops at a full stop when long enough; here there is a token for the end.
- The advertised "1.5 billion" is, by the formula, 1.37 (8 021 tokens) or 1.39 billion (21 128).
- The tab of larger models fetches four 102-million-weight models by UER at pinned revisions; they have OpenAI's block. Their repositories hold `pytorch_model.bin` alone: read by PyTorch's restricted reader, which takes tensors and runs nothing.
- Rhymes are those of Pingshui, merged from the Guangyun (nk2028's tshet-uinh); single characters may differ from the rhyme books.
""",
)

NOTE = outputs.markdown("note")
PAGE = Page(
    title=t("GPT-2：一个字一个字地写", "GPT-2 writes, character by character"),
    summary=t("自带权重的中文 GPT-2：写诗词、旧小说、藏头诗，看它每一步在想什么。", "A Chinese GPT-2 with its weights: it writes verse, old novels and acrostics, and shows what it thinks at each step."),
    post=Post(
        id=7292, title=t("现在可以用Keras玩中文GPT2了（GPT2_ML）", "Chinese GPT2 in Keras (GPT2_ML)"), date=datetime.date(2020, 2, 13),
        story=STORY, changes=CHANGES,
        papers=(
            ("Radford et al. 2019, Language Models are Unsupervised Multitask Learners", "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf"),
            ("Zellers et al. 2019, Defending Against Neural Fake News (Grover)", "https://arxiv.org/abs/1905.12616"),
            ("Holtzman et al. 2020, The Curious Case of Neural Text Degeneration (top-p)", "https://arxiv.org/abs/1904.09751"),
        ),
    ),
    tabs=(
        Tab("write", t("写", "Write"), t("给个开头，它会写成什么？", "Given a beginning, what does it make of it?"),
            Write, (outputs.text("drafts", height=240), NOTE), write, _code_write, lambda i: float(i.count * (96 if i.form in REGULATED else i.longest)), BUDGET),
        Tab("acrostic", t("藏头诗", "Acrostic"), t("给定每句的头一个字，还能守住格律吗？", "With the first character of each line given, does the metre hold?"),
            Acrostic, (outputs.text("drafts", height=240), NOTE), acrostic, _code_acrostic, lambda i: float(i.count * 64), BUDGET),
        Tab("next", t("下一个字", "Next character"), t("它此刻在想哪些字？哪里出乎它的意料？", "Which characters does it think of now, and what surprised it?"),
            Next, (outputs.figure("bars", height=420), outputs.metrics("facts"), outputs.text("text", height=110), outputs.figure("surprise", height=330), NOTE, outputs.table("table", t("逐字", "Character by character"))),
            following, _code_next, lambda i: float(MOST_TEXT), BUDGET),
        Tab("attention", t("注意力", "Attention"), t("写每个字时，各个头在看哪里？", "Where does each head look while a character is written?"),
            Heads, (outputs.figure("one", height=560), outputs.figure("wall", height=560), NOTE), heads, _code_heads, lambda i: float(MOST_BEGINNING), BUDGET),
        Tab("larger", t("更大的模型", "Larger models"), t("同样的代码，换上公开的大模型会怎样？", "The same code with larger public weights: what then?"),
            Larger, (outputs.text("drafts", height=240), NOTE), larger, _code_larger, lambda i: float(i.count * i.longest), BUDGET, live=False),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
    weights=("gpt2-verse",),
    striking=4,
)  # fmt: skip
