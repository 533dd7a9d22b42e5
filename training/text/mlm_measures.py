"""What the card of the small BERT tells: held-out masked characters beside counts, and the three single passes beside the average over masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import coo_matrix, csr_matrix

from core.text.mlm_dropout.averaging import SINGLE, distances
from core.text.mlm_dropout.bert import CLS, MASK, Bert
from core.text.mlm_dropout.verification import PASSAGES, right_on_passages
from core.text.tokenizer import Tokenizer
from training.text.mlm_texts import HeldOut, Streams, right

__all__ = ["Neighbours", "passage_metrics", "average_metrics", "held_out_metrics", "neighbours"]

PULL = 50.0  # how many counts the commonness of a character weighs where a neighbour was seen seldom
AVERAGED_ROWS, AVERAGED_LENGTH, MASKS, SEED = 24, 32, 256, 9


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Counts of pairs of characters: what can be said of a masked one from the characters beside it."""

    pairs: csr_matrix
    common: np.ndarray

    def left(self, before: np.ndarray) -> np.ndarray:
        """log p(c | the character before) [asked, V]."""
        return self._log(self.pairs, before)

    def both(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """log p(c | before) + log p(c | after) − log p(c), up to a constant: [asked, V]."""
        return self.left(before) + self._log(self.pairs.T.tocsr(), after) - np.log(self.common)

    def _log(self, counts: csr_matrix, beside: np.ndarray) -> np.ndarray:
        rows = np.asarray(counts[beside].todense())
        return np.log((rows + PULL * self.common) / (rows.sum(1, keepdims=True) + PULL))


def neighbours(train: Streams, size: int) -> Neighbours:
    """Counted in all training texts."""
    pairs = csr_matrix((size, size))
    for rows in train.kinds.values():
        t = rows.tokens.astype(np.int32)
        pairs = pairs + coo_matrix((np.ones(len(t) - 1), (t[:-1], t[1:])), shape=(size, size)).tocsr()
    seen = np.asarray(pairs.sum(0)).ravel() + 1
    return Neighbours(csr_matrix(pairs), seen / seen.sum())


def held_out_metrics(model: Bert, held: Mapping[str, HeldOut], counted: Neighbours) -> dict[str, float]:
    """Share of held-out masked characters that the model gets right, by kind and in all, beside the counts' shares."""
    told: dict[str, float] = {}
    model_right, counts_right, before_right, commonest, asked = 0, 0, 0, 0, 0
    for kind, rows in held.items():
        found = right(model, rows).numpy()
        seen, tokens = rows.masked.numpy(), rows.tokens.numpy()
        row, place = np.nonzero(rows.chosen.numpy())
        truth, before = tokens[row, place], seen[row, place - 1]
        after = np.where(place + 1 < seen.shape[1], seen[row, np.minimum(place + 1, seen.shape[1] - 1)], MASK)
        both = counted.both(before, after).argmax(1) == truth
        told |= {f"accuracy {kind}": float(found.mean()), f"both neighbours {kind}": float(both.mean())}
        model_right, counts_right, asked = model_right + found.sum(), counts_right + both.sum(), asked + len(truth)
        before_right += (counted.left(before).argmax(1) == truth).sum()
        commonest += (counted.common.argmax() == truth).sum()
    return {
        "held-out accuracy": model_right / asked, "held-out accuracy, both neighbours' counts": counts_right / asked,
        "held-out accuracy, bigram": before_right / asked, "held-out accuracy, commonest character": commonest / asked,
        "held-out masked characters": asked, **told,
    }  # fmt: skip


def passage_metrics(model: Bert, tokenizer: Tokenizer, counted: Neighbours) -> dict[str, float]:
    """Characters of the sentences of Verify, masked one at a time, that are right: the model's share and those of counts."""
    before_right = both_right = asked = 0
    for passage in PASSAGES:
        tokens = np.array([CLS, *tokenizer.encode(passage).tokens, MASK])
        before, truth, after = tokens[:-2], tokens[1:-1], tokens[2:]
        before_right += int((counted.left(before).argmax(1) == truth).sum())
        both_right += int((counted.both(before, after).argmax(1) == truth).sum())
        asked += len(truth)
    return {
        "new sentences: accuracy": right_on_passages(model, tokenizer),
        "new sentences: bigram": before_right / asked,
        "new sentences: both neighbours' counts": both_right / asked,
        "new sentences: characters": asked,
    }


def average_metrics(model: Bert, held: Streams, first: int) -> dict[str, float]:
    """TV of each single pass to the average over masks, on held-out rows with one masked character each, and how often each is nearest."""
    rng, picks = torch.Generator().manual_seed(SEED), np.random.default_rng(SEED)
    found = []
    for rows in held.kinds.values():
        for row in rows.rows(AVERAGED_ROWS, AVERAGED_LENGTH, picks).astype(np.int64):
            tokens, asked = torch.from_numpy(row), torch.zeros(len(row), dtype=torch.bool)
            asked[int(picks.integers(1, len(row)))] = True
            found.append(distances(model, torch.where(asked, MASK, tokens), asked, first, MASKS, rng))
    nearest = [min(SINGLE, key=lambda name, one=one: one[name]) for one in found]
    told = {f"TV to the average: {name}": float(np.mean([one[name] for one in found])) for name in (*SINGLE, "noise")}
    return {
        **told,
        **{f"nearest to the average: {name}": nearest.count(name) / len(found) for name in SINGLE},
        "averaged texts": len(found),
    }
