"""A small Xception with the head of post 4611: a gated feature, a softmax on it, and one on the trunk's own vector.

The trunk turns a picture into h; the head's feature is f = (W₁h + b₁) ⊙ σ(W₂h + b₂), a gated linear unit (GLU). The answer is
p₀ = softmax(Vf + c); an auxiliary softmax p₁ stands on h itself, and every kind y has a centre c_y in the feature's space, a
row of an embedding. Post: https://kexue.fm/archives/4611; Chollet 2017 (arXiv 1610.02357) for the trunk's blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["KINDS", "SIDE", "Config", "Head", "Model", "Trunk", "build"]

SIDE = 64  # pixels of a photograph
KINDS = ("daisy", "dandelion", "roses", "sunflowers", "tulips")
STEM = 32


@dataclass(frozen=True, slots=True)
class Config:
    """``widths`` of the three residual blocks (Xception has thirteen) and ``out``, the length of h (Xception: 2 048).

    ``feature`` is the post's 64; ``gated`` without its gate is a plain Dense.
    """

    widths: tuple[int, int, int] = (64, 128, 192)
    out: int = 256
    feature: int = 64
    kinds: int = len(KINDS)
    gated: bool = True


class Separable(nn.Module):
    """A 3x3 convolution channel by channel, a 1x1 one across channels, normalised; [B, a, H, W] → [B, b, H, W]."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.each = nn.Conv2d(a, a, 3, 1, 1, groups=a, bias=False)
        self.across = nn.Conv2d(a, b, 1, bias=False)
        self.norm = nn.BatchNorm2d(b)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.across(self.each(x)))


class Block(nn.Module):
    """Two separable convolutions and a pool, beside a 1x1 convolution of stride 2; [B, a, H, W] → [B, b, H/2, W/2]."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.first, self.second = Separable(a, b), Separable(b, b)
        self.skip = nn.Sequential(nn.Conv2d(a, b, 1, 2, bias=False), nn.BatchNorm2d(b))

    def forward(self, x: Tensor) -> Tensor:
        h = self.second(self.first(x.relu()).relu())
        return F.max_pool2d(h, 3, 2, 1) + self.skip(x)


class Trunk(nn.Module):
    """Pictures [B, 3, S, S] in [-1, 1], S a multiple of 16 → h [B, out]. ``low`` stays frozen, ``high`` is what stage 2 unfreezes.

    ``high`` is one residual block and two separable convolutions: what block 13 and block 14 are in Xception.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        one, two, three = config.widths
        stem = nn.Sequential(nn.Conv2d(3, STEM, 3, 2, 1, bias=False), nn.BatchNorm2d(STEM))
        self.low = nn.Sequential(stem, Block(STEM, one), Block(one, two))
        self.high = nn.Sequential(
            Block(two, three), Separable(three, config.out), nn.ReLU(), Separable(config.out, config.out), nn.ReLU()
        )

    def maps(self, x: Tensor) -> Tensor:
        """What the frozen part gives: [B, 128, S/8, S/8]."""
        return self.low(x)

    def vector(self, maps: Tensor) -> Tensor:
        """The mean over places of what the upper part makes of it: h [B, out]."""
        return self.high(maps).mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.vector(self.maps(x))


class Head(nn.Module):
    """h [B, out] → the feature f [B, feature], and logits of both softmaxes; ``centres`` [kinds, feature]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.value = nn.Linear(config.out, config.feature)
        self.gate = nn.Linear(config.out, config.feature) if config.gated else None
        self.main = nn.Linear(config.feature, config.kinds)
        self.auxiliary = nn.Linear(config.out, config.kinds)
        self.centres = nn.Embedding(config.kinds, config.feature)
        nn.init.zeros_(self.centres.weight)

    def gates(self, h: Tensor) -> Tensor:
        """σ(W₂h + b₂) [B, feature]: how far each gate is open; 1 where there is none."""
        return self.value(h).new_ones(len(h), self.value.out_features) if self.gate is None else self.gate(h).sigmoid()

    def feature(self, h: Tensor) -> Tensor:
        """f = (W₁h + b₁) ⊙ σ(W₂h + b₂)."""
        return self.value(h) * self.gates(h)

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        f = self.feature(h)
        return f, self.main(f), self.auxiliary(h)


class Model(nn.Module):
    """Trunk and head; and ``objects``, the layer of the pre-training, which fine-tuning throws away."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.trunk, self.head = Trunk(config), Head(config)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures [B, 3, S, S] in [-1, 1] → f [B, feature], logits on f and logits on h, both [B, kinds]."""
        return self.head(self.trunk(x))


def build(
    widths: tuple[int, int, int] = (64, 128, 192), out: int = 256, feature: int = 64, kinds: int = len(KINDS), gated: bool = True
) -> Model:  # fmt: skip
    """An untrained model (what its weights card names)."""
    return Model(Config(tuple(widths), out, feature, kinds, gated))  # pyright: ignore[reportArgumentType]
