"""Where the small BERT begins, so that an hour of one CPU thread is not spent on what counting gives in a minute (added here).

The embedding is the truncated SVD of the positive pointwise mutual information of characters at most two apart, the output's bias the logarithm
of their frequencies, the positions are sinusoids, and of four heads one looks a place back, one a place ahead, one around. All of it is trained on.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.sparse import coo_matrix, csr_matrix
from sklearn.utils.extmath import randomized_svd

from core.text.information import ppmi
from core.text.mlm_dropout.bert import Bert, Block
from training.text.mlm_texts import Streams

__all__ = ["begin", "pair_counts", "sinusoids"]

APART = (1, 2)
SPREAD, SWING = 0.05, 0.04  # standard deviation of the embedding, amplitude of the positions
LOOK, FADE = 4.0, 0.3  # bias of the place looked at; loss of bias by a place for the head that looks around
LONGEST_WAVE = 100.0  # positions, about the context


def pair_counts(rows: Streams, size: int, apart: int) -> csr_matrix:
    """How often character j stands ``apart`` places behind character i: [V, V]."""
    pairs = csr_matrix((size, size))
    for one in rows.kinds.values():
        t = one.tokens.astype(np.int32)
        ones = np.ones(len(t) - apart, np.float32)
        pairs = pairs + coo_matrix((ones, (t[:-apart], t[apart:])), shape=(size, size)).tocsr()
    return csr_matrix(pairs)


def sinusoids(count: int, width: int) -> torch.Tensor:
    """sin and cos of the position at wavelengths from 2π to 2π·100 / (2π): [count, width]."""
    speed = torch.exp(-math.log(LONGEST_WAVE) * torch.arange(0, width, 2) / width)
    angle = torch.arange(count)[:, None] * speed
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)


@torch.no_grad()
def begin(model: Bert, rows: Streams, first: int, seed: int) -> None:
    """Give ``model`` its start; characters are the tokens from ``first`` on."""
    c = model.config
    pairs = [pair_counts(rows, c.vocabulary, apart) for apart in APART]
    near = sum(pairs[1:], pairs[0])
    u, s, _ = randomized_svd(ppmi(near + near.T), c.width, n_iter="auto", random_state=seed)
    table = torch.from_numpy((u * np.sqrt(s)).astype(np.float32))[first:]
    table -= table.mean(0)
    model.embedding.weight[first:] = SPREAD * table / table.std()
    seen = torch.from_numpy(np.asarray(pairs[0].sum(0)).ravel().astype(np.float32)) + 1
    model.bias.copy_((seen / seen.sum()).log())
    model.positions.weight.copy_(SWING * sinusoids(c.context, c.width))
    distance = torch.arange(1 - c.context, c.context)
    for block in model.blocks:
        assert isinstance(block, Block)
        block.near[0, distance == -1] = LOOK
        block.near[1, distance == 1] = LOOK
        block.near[2] = -FADE * distance.abs()
