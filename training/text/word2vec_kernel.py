"""One epoch of CBOW with random softmax, and of skip-gram with negative sampling, on one core: sparse updates, compiled.

Only the rows that an example touches are read and written, so a step costs the same whatever the vocabulary's size. The
objectives are those of core.text.word2vec.objective, whose gradients the tests compare with what is done here. Adagrad, with
one accumulator a number.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from core.jit import njit

__all__ = ["Tables", "cbow_epoch", "skip_gram_epoch"]

Tables = tuple[np.ndarray, np.ndarray, np.ndarray]
"""input [V + 1, d], output [V, d] and bias [V], float32."""


@nb.njit(inline="always")
def _next(state):  # xorshift64*, Vigna 2016
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return x * np.uint64(2685821657736338717)


@nb.njit(inline="always")
def _unit(state):  # [0, 1)
    return (_next(state) >> np.uint64(40)) * (1.0 / 16777216.0)


@nb.njit(inline="always")
def _below(state, n):
    return np.int64((_next(state) >> np.uint64(33)) % np.uint64(n))


@nb.njit(inline="always", fastmath=True)
def _update(row, sums, scale, other, lr):
    """row −= lr · g / √(Σ g²) with g = scale · other."""
    for q in range(len(row)):
        g = scale * other[q]
        sums[q] += g * g
        row[q] -= lr * g / np.sqrt(sums[q])


@njit(fastmath=True, nogil=True, error_model="numpy", cache=True)
def cbow_epoch(tokens, starts, order, keep, tables, sums, k, window, lr, seed):
    """Every sentence once, in ``order`` → (targets kept, mean loss). ``tables`` and Adagrad's ``sums`` are changed in place.

    tokens [N] : ids, V for a word that is not known; sentence s is tokens[starts[s] : starts[s + 1]].
    keep [V] : probability that a target is trained on. k words of uniform noise a target, hits included.
    """
    inp, out, bias = tables
    inp_sums, out_sums, bias_sums = sums
    words, dim = out.shape
    state = np.empty(1, np.uint64)
    state[0] = seed
    hidden, back = np.empty(dim, np.float32), np.empty(dim, np.float32)
    ids, z = np.empty(k + 1, np.int64), np.empty(k + 1, np.float32)
    context = np.empty(2 * window, np.int64)
    one = np.float32(1)
    count, loss = 0, 0.0
    for s in order:
        first, last = starts[s], starts[s + 1]
        for i in range(first, last):
            target = tokens[i]
            if target >= words or _unit(state) >= keep[target]:
                continue
            m = 0
            for j in range(i - window, i + window + 1):
                if j != i:
                    context[m] = tokens[j] if first <= j < last else words
                    m += 1
            hidden[:] = 0
            for c in context:
                row = inp[c]
                for q in range(dim):
                    hidden[q] += row[q]
            ids[0] = target
            for n in range(1, k + 1):
                ids[n] = _below(state, words)
            most = np.float32(-np.inf)
            for n in range(k + 1):
                row, score = out[ids[n]], bias[ids[n]]
                for q in range(dim):
                    score += row[q] * hidden[q]
                z[n] = score
                most = max(most, score)
            total = np.float32(0)
            own = z[0]
            for n in range(k + 1):
                z[n] = np.exp(z[n] - most)
                total += z[n]
            loss += math.log(total) + most - own
            back[:] = 0
            for n in range(k + 1):  # dL/dz = softmax − one hot
                g = z[n] / total - (one if n == 0 else np.float32(0))
                w = ids[n]
                row = out[w]
                for q in range(dim):
                    back[q] += g * row[q]
                _update(row, out_sums[w], g, hidden, lr)
                bias_sums[w] += g * g
                bias[w] -= lr * g / np.sqrt(bias_sums[w])
            for c in context:
                _update(inp[c], inp_sums[c], one, back, lr)
            count += 1
    return count, loss / max(count, 1)


@njit(fastmath=True, nogil=True, error_model="numpy", cache=True)
def skip_gram_epoch(tokens, starts, order, keep, noise, tables, sums, k, window, lr, seed):
    """Every sentence once → (pairs, mean loss): the word in the middle predicts each of its neighbours, k words of noise a pair.

    Words are dropped with probability 1 − keep before windows are laid, and each window is 1 … ``window`` wide at random
    (Mikolov et al. 2013). noise : ids, each as often as it should be drawn. No bias.
    """
    inp, out, _ = tables
    inp_sums, out_sums, _ = sums
    words, dim = out.shape
    state = np.empty(1, np.uint64)
    state[0] = seed
    back = np.empty(dim, np.float32)
    longest = 0
    for s in order:
        longest = max(longest, starts[s + 1] - starts[s])
    kept = np.empty(longest, np.int64)
    count, loss = 0, 0.0
    for s in order:
        m = 0
        for i in range(starts[s], starts[s + 1]):
            if tokens[i] < words and _unit(state) < keep[tokens[i]]:
                kept[m] = tokens[i]
                m += 1
        for i in range(m):
            reach = 1 + _below(state, window)
            hidden = inp[kept[i]]
            for j in range(max(0, i - reach), min(m, i + reach + 1)):
                if j == i:
                    continue
                back[:] = 0
                for n in range(k + 1):
                    w = kept[j] if n == 0 else noise[_below(state, len(noise))]
                    row, score = out[w], np.float32(0)
                    for q in range(dim):
                        score += row[q] * hidden[q]
                    sign = np.float32(1 if n == 0 else -1)
                    miss = np.float32(1) / (np.float32(1) + np.exp(sign * score))  # σ(∓z)
                    loss += math.log1p(math.exp(-abs(score))) + max(-sign * score, np.float32(0))
                    g = -sign * miss
                    for q in range(dim):
                        back[q] += g * row[q]
                    _update(row, out_sums[w], g, hidden, lr)
                _update(hidden, inp_sums[kept[i]], np.float32(1), back, lr)
                count += 1
    return count, loss / max(count, 1)
