"""Four losses of one prediction, and what each of them converges to.

With a score z_w(c) for every word w in a context c, a target t and K words n_1 … n_K drawn from the noise q:

    random softmax   −log( e^{z_t} / (e^{z_t} + Σ_k e^{z_{n_k}}) )                        (post 4515; q uniform there)
    SGNS             −log σ(z_t) − Σ_k log σ(−z_{n_k})                                    (Mikolov et al. 2013)
    NCE              the same with z_w − log(K q(w)) for z_w                               (Gutmann and Hyvärinen 2010)
    full softmax     −log( e^{z_t} / Σ_w e^{z_w} )

Where every z_w(c) is free, the minimisers are

    random softmax   z = log p(w|c) − log q(w) + const(c)          q uniform: log p + const;   q = p(w): PMI + const
    SGNS             z = log p(w|c) − log q(w) − log K             q = p(w): PMI − log K
    NCE              z = log p(w|c)
    full softmax     z = log p(w|c) + const(c)

PMI = log p(w|c)/p(w). The noise is drawn independently of the target, which it may hit: leaving hits out moves the minimiser.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["LOSSES", "NOISES", "Loss", "Noise", "full_softmax", "log_probability", "loss_of", "minimiser", "noise_of", "normalised"]  # fmt: skip

Loss = Literal["random", "sgns", "nce", "full"]
LOSSES: tuple[Loss, ...] = get_args(Loss)
Noise = Literal["uniform", "unigram", "smoothed"]
NOISES: tuple[Noise, ...] = get_args(Noise)
SMOOTHING = 0.75  # Mikolov et al. 2013


def noise_of(noise: Noise, unigram: Tensor) -> Tensor:
    """The noise q [N]: uniform, p(w), or ∝ p(w)^0.75."""
    if noise == "uniform":
        return torch.full_like(unigram, 1 / len(unigram))
    q = unigram if noise == "unigram" else unigram**SMOOTHING
    return q / q.sum()


def loss_of(loss: Loss, target: Tensor, noise: Tensor, log_q_target: Tensor, log_q_noise: Tensor) -> Tensor:
    """The loss of each prediction [B] from the scores of the target [B] and of the noise [B, K], and log q of both."""
    if loss == "random":
        return torch.logsumexp(torch.cat([target[:, None], noise], 1), 1) - target
    if loss == "nce":
        log_k = torch.tensor(float(noise.shape[1])).log()
        target, noise = target - (log_k + log_q_target), noise - (log_k + log_q_noise)
    elif loss != "sgns":
        raise ValueError(f"loss = {loss}: needs the scores of all words; see full_softmax")
    return F.softplus(-target) + F.softplus(noise).sum(1)


def full_softmax(scores: Tensor, target: Tensor) -> Tensor:
    """The loss of each prediction [B] from the scores of all words [B, N]."""
    return F.cross_entropy(scores, target, reduction="none")


def minimiser(loss: Loss, log_p: Tensor, log_q: Tensor, k: int) -> Tensor:
    """z [C, N] at which the loss is least, from log p(w|c) [C, N] and log q [N]; where a constant is free, :func:`normalised`."""
    if loss in ("full", "nce"):
        return log_p
    return log_p - log_q - (torch.tensor(float(k)).log() if loss == "sgns" else 0.0)


def normalised(loss: Loss, scores: Tensor, log_q: Tensor) -> Tensor:
    """Scores with the constant that the loss leaves free chosen so that Σ_w p(w|c) = 1; those of SGNS and NCE as they are."""
    if loss == "full":
        return scores - torch.logsumexp(scores, -1, keepdim=True)
    if loss == "random":
        return scores - torch.logsumexp(scores + log_q, -1, keepdim=True)
    return scores


def log_probability(loss: Loss, scores: Tensor, log_q: Tensor) -> Tensor:
    """log p(w|c) that the scores say by the table above, normalised over the words."""
    told = scores + log_q if loss in ("random", "sgns") else scores
    return torch.log_softmax(told, -1)
