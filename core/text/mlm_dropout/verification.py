"""The facts that must hold on the page of MLM and MAE as dropout: what is dropped, its means, what is exact, and the weights that ship."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from scipy.stats import chi2
from torch import Tensor

from core import weights
from core.checks import Check
from core.data.examples import verse
from core.text.mlm_dropout import columns, masking, toy
from core.text.mlm_dropout.bert import CLS, MASK, Bert, Config, kept_columns, parameter_count
from core.text.mlm_dropout.columns import expected_norm, subset
from core.text.mlm_dropout.filling import NAME, model
from core.text.mlm_dropout.masking import RULE
from core.text.mlm_dropout.measured import Arm
from core.text.tokenizer import Tokenizer

__all__ = [
    "PASSAGES",
    "by_masks",
    "checks",
    "of_columns",
    "of_dropout",
    "of_rules",
    "of_weights",
    "right_on_passages",
    "small",
]

SMALL = Config(60, 24, 3, 4, 20)
FIRST = 6  # of the characters of the small model
ROUNDING, INTEGRAL = 1e-12, 1e-6  # float64 of numbers of size one; the integral's nodes
DRAWS, FALSE_ALARM = 40_000, 1e-5
PASSAGES = (
    "这家酒店的房间很大，服务员的态度也很好，就是离车站有点远。",
    "东西收到了，质量不错，价格也便宜，下次还会再来买。",
    "我看了一半就看不下去了，内容太少，不值这个价钱。",
    "小兔子听了妈妈的话，高高兴兴地跑到森林里去找朋友。",
    "他是一位著名的科学家，出生在北京，后来到美国留学。",
    "这座城市位于中国的南部，人口大约有三百万。",
    "那人听了这话，心中大怒，便道：你是什么人，敢在这里胡说！",
    "次日天明，众人都起来梳洗，吃过早饭，便一同上路去了。",
    "我在街上走着，看见许多人围在那里，不知道是为了什么事。",
    "老师说，只要大家一起努力，就没有做不好的事情。",
)
"""Sentences written for this check, in the manners of the training texts and in none of them."""


def small() -> Bert:
    """A model with weights of size one in double precision, so that every part matters."""
    rng = torch.Generator().manual_seed(1)
    made = Bert(SMALL).double().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng, dtype=torch.float64) * 0.4)
    return made


def of_dropout() -> Iterator[Check]:
    """Moments of the mask, and the two averages of a tiny function."""
    for p in (0.15, 0.6):
        worst = float(np.abs(toy.bernoulli_moments(p, 6) - p).max())
        yield Check(
            f"Bernoulli({p:g}): largest |E εᵏ − p|, k = 1 … 6", f"Bernoulli({p:g})：|E εᵏ − p| 的最大值，k = 1 … 6", worst, 0.0, ROUNDING,
            note="all moments are p, since ε is 0 or 1", note_zh="ε 只取 0、1，各阶矩都是 p",
        )  # fmt: skip
    p, size = 0.4, 1.3
    line, bent = toy.toy("linear", p, size), toy.toy("square", p, size)
    yield Check(
        "linear f: model average minus weight average", "线性 f：模型平均减权重平均", line.gap, 0.0, ROUNDING,
        note="E(xε/p) = x", note_zh="E(xε/p) = x",
    )  # fmt: skip
    closed = (1 - p) / p * float(np.square(toy.SLOPES * size).sum())
    yield Check(
        "f = (w·x)²: model average minus weight average", "f = (w·x)²：模型平均减权重平均", bent.gap, closed, ROUNDING * 100,
        note="(1 − p)/p Σ (w_i x_i)², over all 256 masks", note_zh="(1 − p)/p Σ (w_i x_i)²，遍历 256 个遮法",
    )  # fmt: skip
    curved = toy.toy("tanh", p, size)
    off, best = curved.error(np.array([curved.off, curved.average]))
    yield Check(
        "tanh: squared error of f(x) beyond that of the model average", "tanh：f(x) 比模型平均多出的平方误差", float(off - best), curved.gap**2, ROUNDING,
        note=f"E(f − c)² = Var f + (E f − c)²: the model average is best; the gap is {curved.gap:.3f}", note_zh=f"E(f − c)² = Var f + (E f − c)²，模型平均最好；两者相差 {curved.gap:.3f}",
    )  # fmt: skip


def of_rules() -> Iterator[Check]:
    """BERT's rule and its mean, and what DropToken keeps."""
    told = dict(zip(("E_i", "E_m", "Ē"), RULE.coefficients, strict=True))
    for (name, found), said in zip(told.items(), (0.865, 0.12, 0.015), strict=True):
        yield Check(
            f"coefficient of {name} under BERT's rule", f"BERT 规则下 {name} 的系数", found, said, ROUNDING,
            note="post 8770: 0.865 E_i + 0.12 E_m + 0.015 Ē", note_zh="原文 8770：0.865 E_i + 0.12 E_m + 0.015 Ē",
        )  # fmt: skip
    table = torch.randn(30, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    gap = float((masking.corrected(table, MASK, FIRST) - _enumerated(table)).abs().max())
    yield Check(
        "corrected embedding against the enumeration of every outcome", "修正的嵌入与逐一枚举结果之差", gap, 0.0, ROUNDING,
        note="not chosen, [MASK], itself, each of the characters: probability times embedding", note_zh="不选、[MASK]、自己、每一个字：概率乘嵌入",
    )  # fmt: skip
    yield _fates()
    there = torch.arange(12) < torch.tensor([12, 7, 1])[:, None]
    wrong, total = 0, 0
    for rate, seed in itertools.product((0.0, 0.1, 0.5, 1.0), range(20)):
        places, stays = masking.kept_places(there, rate, torch.Generator().manual_seed(seed))
        for row, stay, n in zip(places, stays, (12, 7, 1), strict=True):
            mine = row[stay].tolist()
            want = n - round(rate * (n - 1))
            wrong += not (len(mine) == want and mine[0] == 0 and mine == sorted(set(mine)) and mine[-1] < n)
            total += 1
    yield Check(
        "DropToken: rows that keep another number than N − round(rate N), lose [CLS], or lose their order", "DropToken：留下的个数、[CLS] 或次序有误的行数", wrong, 0, 0,
        note=f"of {total}; padding is never kept", note_zh=f"共 {total} 行；填充从不留下",
    )  # fmt: skip
    arm, other = Arm(np.array([1.0, 2.0, 4.0]), np.ones(3)), Arm(np.zeros(3), np.ones(3))
    yield Check(
        "interval of a mean of three differences, by hand", "三个差的平均的区间，手算", arm.less(other)[1], 3.7946, 1e-4,
        note="1, 2, 4: Student's t₂ = 4.3027 at 97.5 %, sd 1.5275, over √3", note_zh="1、2、4：t₂ = 4.3027（97.5%），sd 1.5275，除以 √3",
    )  # fmt: skip


def _enumerated(table: Tensor) -> Tensor:
    """The mean of a character's embedding over everything that BERT's rule may do to it."""
    rows, size = [table[k] for k in range(FIRST)], len(table) - FIRST
    for character in range(FIRST, len(table)):
        outcomes = [(0.85, character), (0.15 * 0.8, MASK), (0.15 * 0.1, character)]
        outcomes += [(0.15 * 0.1 / size, other) for other in range(FIRST, len(table))]
        rows.append(sum((p * table[k] for p, k in outcomes), torch.zeros_like(table[0])))
    return torch.stack(rows)


def _fates() -> Check:
    tokens = torch.full((DRAWS,), FIRST)
    size = 30
    found = masking.corrupt(tokens, MASK, FIRST, size, torch.Generator().manual_seed(4))
    same, masked = found.tokens == FIRST, found.tokens == MASK
    seen = (
        torch.stack([~found.chosen, found.chosen & masked, found.chosen & same, found.chosen & ~same & ~masked])
        .sum(1)
        .double()
    )
    other = 0.1 * (1 - 1 / (size - FIRST))  # a random character may be the same again
    wanted = DRAWS * torch.tensor([0.85, 0.15 * 0.8, 0.15 * (0.2 - other), 0.15 * other], dtype=torch.float64)
    statistic = float(((seen - wanted) ** 2 / wanted).sum())
    return Check(
        f"masking: χ² of {DRAWS} characters over not chosen, [MASK], same, another", f"遮字：{DRAWS} 个字分入未选、[MASK]、原字、他字的 χ²", statistic,
        float(chi2.isf(FALSE_ALARM, 3)), 0.0, "at_most", note="3 degrees of freedom, false alarm once in 100 000", note_zh="自由度 3，误报率十万分之一",
    )  # fmt: skip


def by_masks(attention: np.ndarray, p: float) -> np.ndarray:
    """E Norm(A⊗M̃) by enumeration of all masks that keep the first column."""
    total = np.zeros_like(attention)
    for mask in itertools.product((0.0, 1.0), repeat=len(attention) - 1):
        chance = np.prod([p if one else 1 - p for one in mask])
        total += (
            chance * kept_columns(torch.from_numpy(attention), torch.tensor([1.0, *mask], dtype=torch.float64)).numpy()
        )
    return total


@torch.inference_mode()
def of_columns() -> Iterator[Check]:
    """Dropping tokens is dropping columns, exactly; and the mean of the normalised mask is not A."""
    made, rng = small(), torch.Generator().manual_seed(5)
    tokens = torch.randint(FIRST, SMALL.vocabulary, (18,), generator=rng)
    tokens[0] = CLS
    gaps, moved = [], []
    for ratio in (0.0, 0.3, 0.75, 1.0):
        stay = torch.from_numpy(columns.kept(18, ratio, 2))
        whole = made(tokens[None], columns=stay.double()[None])[0, stay]
        gaps.append(float((subset(made, tokens, stay) - whole).abs().max()))
        moved.append(float((subset(made, tokens, stay, renumbered=True) - whole).abs().max()))
    yield Check(
        "encoder on the kept tokens against the full one with dropped columns", "只编码留下的词与遮掉列的整段之差", max(gaps), 0.0, ROUNDING,
        note="at the kept rows, 0, 30, 75 and 100 % dropped ([CLS] is left), 3 layers of random weights, float64", note_zh="取留下的行；丢 0、30、75、100%（剩 [CLS]），三层随机权重，float64",
    )  # fmt: skip
    yield Check(
        "the same with positions renumbered: the difference", "位置重新编号时的差", max(moved), 0.01, 0.0, "at_least",
        note="DropToken must keep the position ids", note_zh="DropToken 必须保留位置编号",
    )  # fmt: skip
    rows = tokens.expand(3, -1)
    there = torch.arange(18) < torch.tensor([18, 11, 5])[:, None]
    places, stays = masking.kept_places(there, 0.4, torch.Generator().manual_seed(6))
    short = made(rows.gather(1, places), places, stays)
    mask = torch.zeros(3, 18, dtype=torch.float64)
    for row, place, stay in zip(mask, places, stays, strict=True):
        row[place[stay]] = 1
    whole = made(rows, columns=mask).gather(1, places[..., None].expand(-1, -1, SMALL.width))
    yield Check(
        "DropToken on a batch with padding against dropped columns", "带填充的一批上 DropToken 与遮列之差", float((short - whole)[stays].abs().max()), 0.0, ROUNDING,
        note="masked before the softmax or normalised after it: the same", note_zh="softmax 之前遮与之后归一，结果相同",
    )  # fmt: skip
    a = made.attention_maps(tokens[None])[1, 0, 0]
    yield Check(
        "Norm(Ap) − A at p = 0.25", "Norm(Ap) 与 A 之差，p = 0.25", float((kept_columns(a, torch.full((18,), 0.25, dtype=torch.float64)) - a).abs().max()), 0.0, ROUNDING,
        note="the mean in the mask's place: consistent, the post's argument", note_zh="用均值代替遮罩：一致，即原文的论证",
    )  # fmt: skip
    part = np.random.default_rng(7).dirichlet(np.full(7, 0.5), 7)
    keep = np.r_[1.0, np.full(6, 0.4)]
    yield Check(
        "E Norm(A⊗M̃): the integral against all 64 masks", "E Norm(A⊗M̃)：积分与 64 个遮法逐一相加之差", float(np.abs(columns.expected_norm(part, keep) - by_masks(part, 0.4)).max()),
        0.0, INTEGRAL, note="7 tokens, the first always kept, p = 0.4", note_zh="7 个词，首个不丢，p = 0.4",
    )  # fmt: skip
    two = np.array([[0.2, 0.8], [0.5, 0.5]])
    yield Check(
        "E Norm(A⊗M̃)₁₁ of two tokens with A₁₁ = 0.2, p = 0.25", "两个词、A₁₁ = 0.2、p = 0.25 时的 E Norm(A⊗M̃)₁₁", float(expected_norm(two, np.array([1.0, 0.25]))[0, 0]), 0.8, INTEGRAL,
        note="p·0.2 + (1 − p)·1, by hand; A₁₁ itself is 0.2: the argument is of first order", note_zh="手算 p·0.2 + (1 − p)·1；A₁₁ 自己是 0.2：论证只是一阶的",
    )  # fmt: skip
    sums = made.attention_maps(tokens[None]).sum(-1)
    yield Check(
        "attention: largest error of a row's sum", "注意力每行之和的最大误差", float((sums - 1).abs().max()), 0.0, ROUNDING, note="a softmax", note_zh="softmax"
    )  # fmt: skip
    count = sum(p.numel() for p in made.parameters())
    yield Check(
        "number of weights against its closed form", "参数量与闭式", count, parameter_count(SMALL), 0,
        note="L(12h² + 13h + heads(2·context − 1)) + (V + context)h + 2h + h² + 3h + V", note_zh="L(12h² + 13h + heads(2·context − 1)) + (V + context)h + 2h + h² + 3h + V",
    )  # fmt: skip


@torch.inference_mode()
def right_on_passages(bert: Bert, tokenizer: Tokenizer) -> float:
    """Share of the characters of :data:`PASSAGES` that are right when masked one at a time."""
    right = total = 0
    for passage in PASSAGES:
        tokens = torch.tensor([CLS, *tokenizer.encode(passage).tokens], device=bert.bias.device)
        n = len(tokens)
        rows = tokens.repeat(n - 1, 1)
        rows[torch.arange(n - 1), torch.arange(1, n)] = MASK
        found = bert.logits(bert(rows)[torch.arange(n - 1), torch.arange(1, n)]).argmax(1)
        right += int((found == tokens[1:]).sum())
        total += n - 1
    return right / total


def of_weights(instead: Bert | None = None) -> Iterator[Check]:
    """What the shipped weights must do."""
    bert, tokenizer = model()
    bert = instead or bert
    told = weights.read_card(NAME).metrics
    share = right_on_passages(bert, tokenizer)
    yield Check(
        "masked characters of ten new sentences that are right, against the card", "十句新写的话里遮住的字猜对的比例，与卡片对照", share, told["new sentences: accuracy"], 0.01,
        note="one character masked at a time; written for this check", note_zh="一次遮一个字；为此检查而写",
    )  # fmt: skip
    yield Check(
        "the same, above a bigram's", "同上，高于二元模型", share, told["new sentences: bigram"], 0.0, "at_least",
        note="from the character before, counted in the same training texts", note_zh="由前一个字猜，在同样的训练文本里数出",
    )  # fmt: skip
    text = torch.tensor([CLS, *tokenizer.encode_plain(verse()[0].text[:30])])
    double = columns.double(bert)
    stay = torch.from_numpy(columns.kept(len(text), 0.5, 1))
    whole = double(text[None], columns=stay.double()[None])[0, stay].detach()
    yield Check(
        "shipped weights: kept tokens alone against dropped columns", "自带权重：只编码留下的词与遮列之差", float((subset(double, text, stay) - whole).abs().max()), 0.0, ROUNDING * 100,
        note="half of a poem dropped, float64", note_zh="一首诗丢一半，float64",
    )  # fmt: skip


def checks() -> Iterator[Check]:
    """All facts of the page."""
    yield from of_dropout()
    yield from of_rules()
    yield from of_columns()
    yield from of_weights()
