"""Facts of Word2Vec: what each loss converges to, solved exactly; the four losses by hand; and what the shipped vectors know."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.checks import Check
from core.text.word2vec import objective
from core.text.word2vec.model import CBOW
from core.text.word2vec.objective import Loss, Noise
from core.text.word2vec.questions import BLANKS, nearer
from core.text.word2vec.shelf import cbow, vectors
from core.text.word2vec.toy import World, optimum, world
from core.text.word2vec.views import predict, read

__all__ = ["blank_losses", "checks", "expected_loss", "solved"]

K = 2  # words of noise in the exact problems: all N² pairs are summed over
SOLVED = 1e-5  # nat: what L-BFGS leaves


def checks() -> Iterator[Check]:
    """All facts; those of the shipped models read the weights."""
    yield from by_hand()
    yield from optima()
    yield sampled_offset()
    yield from shipped()


def by_hand() -> Iterator[Check]:
    """The losses where they can be worked out on paper."""
    zero, noise = torch.zeros(1), torch.zeros(1, 5)
    even = torch.full((1,), -math.log(7)), torch.full((1, 5), -math.log(7))
    yield Check("random softmax, all scores equal, K = 5", "随机 softmax，分数全相等，K = 5", float(objective.loss_of("random", zero, noise, *even)), math.log(6), 1e-6, note="log(K+1)", note_zh="log(K+1)")  # fmt: skip
    yield Check("SGNS, all scores zero, K = 5", "SGNS，分数全为零，K = 5", float(objective.loss_of("sgns", zero, noise, *even)), 6 * math.log(2), 1e-6, note="(K+1) log 2: the sum over the noise, not its mean", note_zh="(K+1) log 2：对噪声求和，不是平均")  # fmt: skip
    z = torch.tensor([[1.0, -0.5, 0.3, 2.0]])
    full = objective.full_softmax(z, torch.tensor([0]))
    all_others = objective.loss_of("random", z[:, 0], z[:, 1:], zero, zero)
    yield Check("random softmax with every other word as noise is the full softmax", "噪声取遍其余的词，随机 softmax 就是完整 softmax", float(all_others - full), 0.0, 1e-6)  # fmt: skip
    undecided = math.log(5 / 7)
    shifted = objective.loss_of("nce", torch.full((1,), undecided), torch.full((1, 5), undecided), *even)
    yield Check("NCE at z = log(K q)", "NCE 在 z = log(K q) 处", float(shifted), 6 * math.log(2), 1e-6, note="classifier undecided: (K+1) log 2", note_zh="分类器五五开：(K+1) log 2")  # fmt: skip


def expected_loss(loss: Loss, z: Tensor, known: World, log_q: Tensor, k: int = K) -> Tensor:
    """The exact expectation of the loss of scores ``z`` [C, N], all words and all N^k draws of noise summed over."""
    contexts, words = z.shape
    weight = torch.from_numpy(known.contexts[:, None] * known.conditional)
    c, t = (part.ravel() for part in torch.meshgrid(torch.arange(contexts), torch.arange(words), indexing="ij"))
    if loss == "full":
        return (weight.ravel() * objective.full_softmax(z[c], t)).sum()
    total = torch.zeros((), dtype=z.dtype)
    for drawn in itertools.product(range(words), repeat=k):
        n = torch.tensor(drawn).expand(len(t), k)
        value = objective.loss_of(loss, z[c, t], z[c[:, None], n], log_q[t], log_q[n])
        total = total + log_q[list(drawn)].sum().exp() * (weight.ravel() * value).sum()
    return total


def solved(loss: Loss, noise: Noise, known: World) -> tuple[Tensor, Tensor]:
    """(scores at which the expected loss is least, found by L-BFGS; what theory says), the free constant chosen in both."""
    log_q = objective.noise_of(noise, torch.from_numpy(known.unigram)).log()
    z = torch.zeros(known.conditional.shape, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS(
        [z], max_iter=300, tolerance_grad=1e-12, tolerance_change=1e-15, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        solver.zero_grad()
        value = expected_loss(loss, z, known, log_q)
        value.backward()
        return value

    solver.step(closure)  # pyright: ignore[reportArgumentType]
    theory = objective.minimiser(loss, torch.from_numpy(known.log_p), log_q, K)
    return objective.normalised(loss, z.detach(), log_q), theory


def optima() -> Iterator[Check]:
    """The minimiser of each loss, from an exact expectation and a solver that knows nothing of it."""
    known = world(4, 3, 1.0, 0)
    log_p, pmi = torch.from_numpy(known.log_p), torch.from_numpy(known.pmi)
    cases: tuple[tuple[str, str, Loss, Noise, Tensor], ...] = (
        ("random softmax, uniform noise: z = log p(w|c) + log N", "随机 softmax，均匀噪声：z = log p(w|c) + log N", "random", "uniform", log_p + math.log(4)),
        ("random softmax, noise p(w): z = PMI", "随机 softmax，噪声 p(w)：z = PMI", "random", "unigram", pmi),
        ("SGNS, noise p(w): z = PMI − log K", "SGNS，噪声 p(w)：z = PMI − log K", "sgns", "unigram", pmi - math.log(K)),
        ("NCE: z = log p(w|c), normalised by itself", "NCE：z = log p(w|c)，自己就归一", "nce", "unigram", log_p),
        ("full softmax: z = log p(w|c)", "完整 softmax：z = log p(w|c)", "full", "uniform", log_p),
    )  # fmt: skip
    for name, zh, loss, noise, expected in cases:
        found, theory = solved(loss, noise, known)
        gap = max(float((found - expected).abs().max()), float((theory - expected).abs().max()))
        yield Check(f"{name}, largest gap", f"{zh}，最大偏差", gap, 0.0, SOLVED, "at_most", "expected loss summed over all noise, K = 2, solved by L-BFGS", "对全部噪声求和的期望损失，K = 2，L-BFGS 求解")  # fmt: skip


def sampled_offset() -> Check:
    """The offset of SGNS as the page measures it, from samples."""
    *_, last = optimum("sgns", "unigram", 5, 300, 1.0, 0)
    return Check("SGNS from samples, K = 5: offset of z against PMI", "采样训练的 SGNS，K = 5：z 对 PMI 的截距", last.to_pmi.offset, -math.log(5), 0.06, note="−log K; over six seeds the largest deviation was 0.008", note_zh="−log K；六个种子中最大的偏差是 0.008")  # fmt: skip


def blank_losses(model: CBOW, corrected: bool = True) -> tuple[float, float]:
    """Mean −log p of the words meant in BLANKS, nat: by the model, and by word frequencies alone."""
    known, losses = vectors("cbow"), []
    for sentence, word in BLANKS:
        if word in known.ids:
            told, _, plain, _, _ = predict(model, read(sentence, known, model.config.window).context, corrected)
            losses.append((-float(told[known.ids[word]]), -float(plain[known.ids[word]])))
    mine, frequencies = np.mean(losses, 0)
    return float(mine), float(frequencies)


def shipped() -> Iterator[Check]:
    """What the weights that ship know."""
    model, known = cbow(), vectors("cbow")
    mine, frequencies = blank_losses(model)
    yield Check("our own sentences: what the context of a blank is worth, nat", "自拟句子填空：上下文值多少 nat", frequencies - mine, 1.0, 0.0, "at_least", "frequencies alone give 0; random weights less than 0", "只看词频为 0，随机权重小于 0")  # fmt: skip
    right, asked = nearer(known)
    yield Check("our own questions: which of two words is nearer, share right", "自拟的“谁更近”题：答对的比例", right / asked, 0.8, 0.0, "at_least", f"{asked} questions, 0.5 by chance; 0.8 by chance once in 6 000", f"{asked} 题，随机 0.5；靠运气到 0.8 的机会是六千分之一")  # fmt: skip
    context = read(BLANKS[0][0], known, model.config.window).context
    told, tilted, _, shares, bias = predict(model, context)
    best = int(told.argmax())
    with torch.inference_mode():
        scores = model.scores(torch.tensor([context], device=model.input.device))[0].double().cpu()
        keep = model.log_keep().cpu()
    above = float(scores[best] - (told.exp() * scores).sum())
    yield Check("shares of the places and the bias add up to the score above its mean", "各位置与偏置之和 = 分数高出平均的部分", float(shares.sum()) + bias - above, 0.0, 1e-4, note="float32 scores", note_zh="分数为 float32")  # fmt: skip
    odds = told - tilted + keep
    yield Check("sub-sampling undone: log p − log p̃ + log κ is one constant", "校正降采样：log p − log p̃ + log κ 是同一个常数", float(odds.max() - odds.min()), 0.0, 1e-9)  # fmt: skip
    yield Check("p(w|context) sums to one", "p(w|上下文) 之和为一", float(told.exp().sum()), 1.0, 1e-9)
