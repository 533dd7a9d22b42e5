"""The facts that must hold for the couplet machine, in mathematics and as trained."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from core import weights
from core.checks import Check
from core.text import couplet_questions, couplets, poem_vae
from core.text.library import couplet_machine
from core.text.machines import LINES, MEMORY, REPEATS_MOST, name_of, offered, repeats_of
from core.text.poem_vae import Config, PoemVAE

__all__ = ["checks", "identities", "of_weights"]

DRAWN = 40_000
POST_VOCABULARY, POST_PARAMETERS = 7911, 1_144_167  # the author's vae_shi.py, counted
ERRORS = 5  # standard errors: a false alarm in 1.7 million
IMPORTANCE = 64
SAMPLED = 200  # couplets drawn at random


@torch.no_grad()
def identities() -> Iterator[Check]:
    """What holds for any weights."""
    rng = torch.Generator().manual_seed(0)
    mean, log_variance = torch.randn(6, 8, generator=rng), torch.randn(6, 8, generator=rng)
    noise = torch.randn(DRAWN, 6, 8, generator=rng)
    drawn = poem_vae.kl_monte_carlo(mean, log_variance, noise)
    error = float(drawn.std(0).max()) / math.sqrt(DRAWN)
    gap = float((drawn.mean(0) - poem_vae.kl(mean, log_variance)).abs().max())
    yield Check(
        "KL of the posterior: closed form against samples, largest gap (nats)", "后验的 KL：闭式与采样之差的最大值（nat）", gap, 0.0, ERRORS * error,
        note=f"{DRAWN} samples each; {ERRORS} standard errors", note_zh=f"每个 {DRAWN} 次采样，{ERRORS} 倍标准误",
    )  # fmt: skip
    with torch.device("meta"):
        model = PoemVAE(Config(POST_VOCABULARY))
    yield Check(
        "weights with the post's 7 911 characters", "按原文 7911 字词表的参数量", sum(p.numel() for p in model.parameters()), POST_PARAMETERS, 0,
        note="counted from the author's script", note_zh="由作者脚本数出",
    )  # fmt: skip
    yield Check(
        "closed form of the number of weights", "参数量的闭式", poem_vae.parameter_count(Config(POST_VOCABULARY)), POST_PARAMETERS, 0,
        note="2Vd + V + 18d² + 2(dm + m) + (m + 1)·10d", note_zh="2Vd + V + 18d² + 2(dm + m) + (m + 1)·10d",
    )  # fmt: skip
    measured, by_hand = _by_hand()
    yield Check(
        "both terms of the loss for a model that ignores the couplet, against their sums by hand (nats)", "对不看输入的模型，损失两项与手算之差（nat）",
        measured, by_hand, 1e-4, note="the sum over 10 positions of −log softmax(b) and m/2 for μ = 1, v = 0: a mean over positions would be a tenth",
        note_zh="十个位置的 −log softmax(b) 之和，加上 μ = 1、v = 0 时的 m/2；若改成平均，只剩十分之一",
    )  # fmt: skip
    x = torch.randn(2, 8, 10, generator=rng)
    gated = poem_vae.GatedConvolution(8, True)
    y, half = gated.convolution(x), 8
    by_hand = x + y[:, :half] * torch.sigmoid(y[:, half:])
    yield Check(
        "gated convolution: x + a ⊙ σ(b)", "门控卷积：x + a ⊙ σ(b)", float((gated(x) - by_hand).abs().max()), 0.0, 1e-6,
        note="first half a, second half b, as the post's code has it", note_zh="前一半是 a，后一半是 b，同原文代码",
    )  # fmt: skip


def _by_hand() -> tuple[float, float]:
    """(the loss by :func:`core.text.poem_vae.bound`, the same by hand) for weights that are zero but for two biases.

    Then every position has the logits b, whatever z is, and the posterior is N(1, I), whatever x is.
    """
    config = Config(11, length=10, width=4, latent=6)
    model = PoemVAE(config)
    for parameter in model.parameters():
        parameter.zero_()
    bias = [0.3 * k - 1 for k in range(config.vocabulary)]
    model.output.bias.copy_(torch.tensor(bias))
    model.mean.bias.fill_(1.0)
    tokens = [(3 * k) % config.vocabulary for k in range(config.length)]
    terms = poem_vae.bound(model, torch.tensor([tokens]), torch.zeros(1, config.latent))
    partition = math.log(sum(map(math.exp, bias)))
    return float(terms.total), sum(partition - bias[token] for token in tokens) + config.latent / 2


@torch.no_grad()
def of_weights(line: int, instead: PoemVAE | None = None, weight: float = 1.0) -> Iterator[Check]:
    """What the shipped weights for ``line`` characters a line, trained with ``weight`` on the KL, must do on couplets they were not trained on."""
    model, tokenizer = couplet_machine(line, weight)
    card = weights.read_card(name_of(line, weight))
    model = instead or model
    en, zh = f"{line} characters", f"{line} 言"
    if weight != 1:
        en, zh = f"{en}, KL times {weight:g}", f"{zh}，KL 乘以 {weight:g}"
    texts, _ = couplets.shelf(model, tokenizer)
    tokens = [tokenizer.encode_plain(c) for c in texts]
    x, n = torch.tensor(tokens, device=model.embedding.weight.device), len(tokens)
    told = card.metrics["held-out characters rebuilt"]
    error = math.sqrt(told * (1 - told) / x.numel())
    yield Check(
        f"{en}: characters of famous couplets that come back", f"{zh}：名句经编码、解码后还原的字",
        couplets.rebuilt_share(model, tokenizer, tokens), told, 3 * error, "at_least",
        note=f"the card's share less three binomial standard errors of {x.numel()} characters; chance is below 0.01",
        note_zh=f"卡片上的比例减去 {x.numel()} 个字的三倍二项标准误；瞎猜不到 0.01",
    )  # fmt: skip
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(IMPORTANCE, n, model.config.latent, generator=rng).to(x.device)
    one = torch.cat([poem_vae.importance_bound(model, x, e[None])[None] for e in noise[:20]])
    elbo = float(-one.mean())
    spread = float(one.mean(0).std()) / math.sqrt(n)
    yield Check(
        f"{en}: bound of −log p on famous couplets (nats)", f"{zh}：名句的 −log p 上界（nat）", elbo, card.metrics["held-out bound, nats"], ERRORS * spread, "at_most",
        note=f"at most the card's held-out bound and {ERRORS} standard errors over {n} couplets; untrained weights give more than 80 for five characters",
        note_zh=f"不超过卡片的留出上界加 {n} 联的 {ERRORS} 倍标准误；未训练的权重五言超过 80",
    )  # fmt: skip
    many = float(-poem_vae.importance_bound(model, x, noise).mean())
    yield Check(
        f"{en}: {IMPORTANCE} importance samples tighten the bound by (nats)", f"{zh}：{IMPORTANCE} 个重要性样本使上界收紧（nat）", elbo - many, 0.3, 0.0, "at_least",
        note="Burda et al. 2015: the bound falls with K, strictly where the posterior is not exact", note_zh="Burda 等 2015：上界随 K 下降，后验不精确时严格下降",
    )  # fmt: skip
    mean, log_variance = (v.to(x.device) for v in couplets.posterior(model, tokens))
    moments = mean.var(0) + log_variance.exp().mean(0)
    if weight == 1:  # with less weight nothing holds the aggregate posterior to the prior
        yield Check(
            f"{en}: second moment of the aggregate posterior, mean of its dimensions", f"{zh}：聚合后验各维二阶矩的均值", float(moments.mean()), 1.0, 0.15,
            note="Var μ + E e^v over the couplets is 1 where q(z) is the prior N(0, I)", note_zh="对联句取 Var μ + E e^v：q(z) 等于先验 N(0, I) 时为 1",
        )  # fmt: skip
    yield Check(
        f"{en}: nats that a code tells of its couplet", f"{zh}：编码平均带来的信息（nat）", float(poem_vae.kl(mean, log_variance).mean()), card.metrics["held-out KL, nats"], 0.4 * card.metrics["held-out KL, nats"],
        note="a collapsed posterior would tell 0", note_zh="后验若坍缩则为 0",
    )  # fmt: skip
    path = couplet_questions.walk(model, tokenizer, texts[0], texts[1], 8, "slerp").texts
    ends = couplets.write(model, tokenizer, mean[:2].cpu(), 0.0, 0)
    yield Check(
        f"{en}: a walk's ends are its two couplets as rebuilt", f"{zh}：漫步的两端即两联各自的重建", float(path[0] == ends[0]) + float(path[-1] == ends[1]), 2, 0,
        note="slerp gives back its ends", note_zh="slerp 在端点取端点",
    )  # fmt: skip
    drawn = couplet_questions.at_random(model, tokenizer, SAMPLED, 0.0, 0)
    yield Check(
        f"{en}: lines with a character twice, of {SAMPLED} couplets at random", f"{zh}：随机 {SAMPLED} 联中有重字的句子", drawn.repeats, REPEATS_MOST, 0.0, "at_most",
        note=f"real couplets that were held out: {repeats_of(line)[1]:.2f}; above {REPEATS_MOST} the page does not offer the machine",
        note_zh=f"留出的真联句是 {repeats_of(line)[1]:.2f}；超过 {REPEATS_MOST} 的机器不在页面上提供",
    )  # fmt: skip


def checks() -> Iterator[Check]:
    """All facts of the couplet machine: of the lengths that the page offers."""
    yield from identities()
    for line in offered():
        yield from of_weights(line)
    yield from of_weights(LINES[0], weight=MEMORY)
