"""The facts that must hold for GPT-2: its two blocks, its cache, its sampling, its forms, and the weights that ship."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from scipy.stats import chi2

from core import weights
from core.checks import Check
from core.text import gpt2, sampling, writing
from core.text.decoding import Decoder, prepare
from core.text.gpt2 import GPT2, BlockKind, Config
from core.text.inside import lens_logits, switched_off
from core.text.library import VERSE, verse_model
from core.text.prosody import REGULAR, examine, lines_of
from core.text.sampling import Sampling
from core.text.tunes import TUNES
from core.text.verse_quality import verse_bits

__all__ = ["checks", "identities", "of_weights"]

MEGA = Config(8021, 1536, 48, 24, 1024, block="gpt2_ml")
MEGA_WEIGHTS = 1_374_000_000  # 1.374 B, counted from the published configuration
SMALL = Config(97, 48, 3, 4, 40)
DRAWS, FALSE_ALARM = 20_000, 1e-5
HEADS = "科学空间"
TRIED = 4  # poems a form
HELD_TUNES = ("如梦令", "浣溪沙", "江城子")
ROUNDING = 1e-5  # float32 logits of size about 1
BLOCKS: dict[BlockKind, str] = {"gpt2": "GPT-2", "gpt2_ml": "GPT2_ML"}


def _model(block: BlockKind) -> GPT2:
    """A small model with weights of size one from a generator of its own, so that every part matters."""
    rng = torch.Generator().manual_seed(1)
    model = GPT2(replace(SMALL, block=block)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng) * (0.3 if parameter.ndim > 1 else 0.5))
    return model


@torch.inference_mode()
def identities() -> Iterator[Check]:
    """What holds for any weights."""
    for block, name in BLOCKS.items():
        model = _model(block)
        tokens = torch.randint(SMALL.vocabulary, (2, 24), generator=torch.Generator().manual_seed(2))
        full = model(tokens)
        scale = float(full.abs().max())
        cache = model.empty_cache(2)
        pieces = [model(tokens[:, a:b], cache) for a, b in ((0, 1), (1, 2), (2, 9), (9, 10), (10, 24))]
        gap = float((torch.cat(pieces, 1) - full).abs().max()) / scale
        yield Check(
            f"{name}: logits with a cache, in pieces of 1, 1, 7, 1 and 14, against the whole", f"{name}：分段带缓存的 logits 与整段之差", gap, 0.0, ROUNDING,
            note="largest gap over the largest logit, float32", note_zh="最大差除以最大 logit，float32",
        )  # fmt: skip
        decoder = Decoder(prepare(model), 2)
        steps = [decoder.step(tokens[:, :5]), *(decoder.step(tokens[:, k]) for k in range(5, 24))]
        gap = float((torch.stack(steps, 1) - full[:, 4:]).abs().max()) / scale
        yield Check(
            f"{name}: the fast decoder against the module", f"{name}：快速解码与模块之差", gap, 0.0, ROUNDING,
            note="a beginning of 5 tokens, then 19 steps", note_zh="先读 5 个，再逐个 19 步",
        )  # fmt: skip
        other = tokens.clone()
        other[:, 12] = (other[:, 12] + 1) % SMALL.vocabulary
        changed = model(other)
        before, after = (
            float((changed[:, :12] - full[:, :12]).abs().max()),
            float((changed[:, 12:] - full[:, 12:]).abs().max()),
        )
        yield Check(
            f"{name}: changing token 12 changes earlier logits by", f"{name}：改动第 12 个字，前面的 logits 变化", before, 0.0, 0.0,
            note=f"causality, bit for bit; the later ones change by {after:.3g}", note_zh=f"因果性，逐位相等；后面的变化 {after:.3g}",
        )  # fmt: skip
        rows = torch.cat([tokens[0, :10], tokens[1, :14]])[None]
        texts = torch.cat([torch.zeros(10, dtype=torch.long), torch.ones(14, dtype=torch.long)])[None]
        packed = torch.nn.functional.linear(model.hidden(rows, texts=texts), model.output)[0]
        gap = float((packed - torch.cat([full[0, :10], full[1, :14]])).abs().max()) / scale
        yield Check(
            f"{name}: two texts packed into a row against each alone", f"{name}：两段拼在一行与各自单独之差", gap, 0.0, ROUNDING,
            note="positions start from 0 in each and no text sees another: what training relies on", note_zh="位置各自从零起，互不可见：训练所依赖",
        )  # fmt: skip
        maps = model.attention_maps(tokens)
        yield Check(
            f"{name}: attention weights, largest error of a row's sum and largest weight on what comes later", f"{name}：注意力每行之和的误差与对后文的权重之最大者",
            max(float((maps.sum(-1) - 1).abs().max()), float(maps.triu(1).max())), 0.0, ROUNDING, note="a causal softmax", note_zh="因果 softmax",
        )  # fmt: skip
        gap = float((lens_logits(model, tokens)[-1] - full).abs().max()) / scale
        yield Check(
            f"{name}: the guess read at the last layer against the model's logits", f"{name}：在最后一层读出的猜测与模型的 logits 之差", gap, 0.0, ROUNDING,
            note="hidden state → final norm, where the block has one → Eᵀ", note_zh="隐状态 → 末尾的 LN（若有）→ Eᵀ",
        )  # fmt: skip
        keep = torch.ones(2, SMALL.layers, SMALL.heads)
        keep[1, 1, 2] = 0
        with switched_off(model, keep):
            off = model(tokens[:1].expand(2, -1))
        silent = copy.deepcopy(model)
        width = SMALL.width // SMALL.heads
        silent.blocks[1].mixed.weight[:, 2 * width : 3 * width] = 0  # type: ignore[union-attr,index]
        wanted = torch.cat([full[:1], silent(tokens[:1])])
        yield Check(
            f"{name}: one head off for one row of a batch, against a model whose matrix has zeros there", f"{name}：一批中的一行关掉一个头，与矩阵相应处置零的模型之差",
            float((off - wanted).abs().max()) / scale, 0.0, ROUNDING, note="the other row is read by the whole model", note_zh="另一行由完整模型来读",
        )  # fmt: skip
        count = sum(p.numel() for p in model.parameters())
        yield Check(
            f"{name}: number of weights against its closed form", f"{name}：参数量与闭式", count, gpt2.parameter_count(model.config), 0,
            note="L(4h² + 4h + 2hf + f + h + 4h) + Vh + Ph + 2h", note_zh="L(4h² + 4h + 2hf + f + h + 4h) + Vh + Ph + 2h",
        )  # fmt: skip
    yield Check(
        "GPT2_ML mega: weights, from its configuration", "GPT2_ML mega：由配置得到的参数量", gpt2.parameter_count(MEGA), MEGA_WEIGHTS, 1e6,
        note="1.374 billion; advertised as 1.5", note_zh="13.74 亿；宣传为 15 亿",
    )  # fmt: skip
    yield from _sampling()


def _sampling() -> Iterator[Check]:
    logits = torch.randn(1, 40, generator=torch.Generator().manual_seed(3)) * 2
    for how, name in (
        (Sampling(0.8), "T = 0.8"),
        (Sampling(1.0, top_k=12), "top-k = 12"),
        (Sampling(1.2, 0, 0.8), "T = 1.2, top-p = 0.8"),
    ):
        p = sampling.probabilities(logits, how)
        u = torch.rand(DRAWS, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
        seen = torch.bincount(sampling.draw(p.expand(DRAWS, -1), u), minlength=40).double()
        own = _by_hand(logits[0].double(), how)
        kept = own > 0
        statistic = float(((seen - DRAWS * own).square()[kept] / (DRAWS * own[kept])).sum() + 1e9 * seen[~kept].sum())
        freedom = int(kept.sum()) - 1
        yield Check(
            f"sampling, {name}: χ² of {DRAWS} draws", f"采样，{name}：{DRAWS} 次的 χ²", statistic, float(chi2.isf(FALSE_ALARM, freedom)), 0.0, "at_most",
            note=f"against the probabilities by definition; {freedom} degrees of freedom, false alarm once in 100 000", note_zh=f"与按定义算出的概率比较；自由度 {freedom}，误报率十万分之一",
        )  # fmt: skip
    plain = logits.softmax(1)[0]
    kept = sampling.probabilities(logits, Sampling(1.0, top_p=0.7))[0] > 0
    mass, least = float(plain[kept].sum()), float(plain[kept].min())
    yield Check(
        "top-p = 0.7: mass kept", "top-p = 0.7：保留的概率", mass, 0.7, 0.0, "at_least",
        note="the set reaches p", note_zh="保留集达到 p",
    )  # fmt: skip
    yield Check(
        "top-p = 0.7: mass kept but for the least likely", "top-p = 0.7：去掉其中最不可能者", mass - least, 0.7, 0.0, "at_most",
        note="and no token more than needed", note_zh="且不多留一个",
    )  # fmt: skip


def _by_hand(logits: torch.Tensor, how: Sampling) -> torch.Tensor:
    """The probabilities by the definition, one token after another in order of likelihood."""
    p = (logits / how.temperature).softmax(0)
    order = sorted(range(len(p)), key=lambda i: -float(p[i]))
    if how.top_k:
        order = order[: how.top_k]
    total = sum(float(p[i]) for i in order)
    kept, gathered = torch.zeros_like(p), 0.0
    for i in order:
        if gathered >= how.top_p:
            break
        kept[i] = p[i] / total
        gathered += float(p[i]) / total
    return kept / kept.sum()


def of_weights(instead: GPT2 | None = None) -> Iterator[Check]:
    """What the shipped weights must do."""
    model, tokenizer = verse_model()
    card = weights.read_card(VERSE)
    model = instead or model
    told = card.metrics["verse bits/char"]
    yield Check(
        "bits a character on famous poems, against the card", "名篇每字的 bit 数，与卡片对照", verse_bits(model, tokenizer), told, 0.01 * told,
        note="21 poems of Tang and Song that were not trained on; guessing at random gives 13", note_zh="21 首未参与训练的唐宋诗；乱猜是 13",
    )  # fmt: skip
    yield Check(
        "the same, below the bigram model of held-out verse", "同上，低于二元模型在留出诗上的值", verse_bits(model, tokenizer), card.metrics["bigram bits/char, regulated"], 0.0, "at_most",
        note="absolute discounting, trained on the same verse", note_zh="绝对折扣平滑，训练语料相同",
    )  # fmt: skip
    right = rhymed = heads = poems = 0
    tones = []
    for form in REGULAR:
        wish = writing.Wish(form, count=TRIED, seed=5, heads=HEADS, strict=True, metrical=True, sampling=Sampling(1.0))
        *_, last = writing.write(model, tokenizer, wish)
        for body in last.texts:
            report = examine(body, form)
            poems += 1
            right, rhymed = right + report.form_right, rhymed + report.rhyme_right
            heads += "".join(line[0] for line in lines_of(body)[: len(HEADS)]) == HEADS
            tones.append(report.in_tone)
    for name, zh, share in (
        ("form", "句式正确", right / poems),
        ("rhyme", "押韵", rhymed / poems),
        ("acrostic", "藏头", heads / poems),
    ):
        yield Check(
            f"held to the metre: share of poems with the right {name}", f"守格律时：{zh}的比例", share, 1.0, 0.0,
            note=f"{poems} poems at temperature 1: held by what may be drawn, so always", note_zh=f"温度 1 的 {poems} 首：由可取的字保证，因此必然",
        )  # fmt: skip
    forced = len(HEADS) / (4 * 5)  # the given heads may break a tone; nothing else can
    yield Check(
        "held to the metre: share of fixed places in tone", "守格律时：合平仄的比例", sum(tones) / len(tones), 1.0, forced, "at_least",
        note="all but, at most, the given characters", note_zh="除给定的字以外全部合律",
    )  # fmt: skip
    held = 0
    for name in HELD_TUNES:
        *_, last = writing.write(model, tokenizer, writing.Wish("词", name, count=2, seed=5))
        shape = [size for size, _ in TUNES[name].lines]
        held += sum([len(line) for line in lines_of(body)] == shape for body in last.texts)
    yield Check(
        "a ci to a tune: share of drafts with its lines", "按词牌填词：句式相合的比例", held / (2 * len(HELD_TUNES)), 1.0, 0.0,
        note="Rumengling, Huanxisha, Jiangchengzi: the title fixes number and length of the lines", note_zh=f"{'、'.join(HELD_TUNES)}：句数与字数由题目定",
    )  # fmt: skip
    tokens = torch.tensor([[tokenizer.form("五绝"), 3, *tokenizer.encode_plain("白日依山尽，黄河入海")]])
    device = model.embedding.weight.device
    with torch.inference_mode():
        whole = model(tokens.to(device))[0, -1].float().cpu()
        if device.type == "cpu":
            eight = Decoder(prepare(model, "int8"), 1).step(tokens)[0].float()
            lost = float((whole.log_softmax(0).exp() * (whole.log_softmax(0) - eight.log_softmax(0))).sum()) / math.log(
                2
            )
            yield Check(
                "int8 against float32: KL of the next character (bits)", "int8 与 float32：下一个字的 KL（bit）", lost, 0.0, 0.02,
                note="one example; bytes for the matrices, seven bits for what they multiply", note_zh="一例；矩阵 8 位，激活 7 位",
            )  # fmt: skip


def checks() -> Iterator[Check]:
    """All facts of the page."""
    yield from identities()
    yield from of_weights()
