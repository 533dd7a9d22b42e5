"""Learning rates by layer, and gradients one may change at will (post 6418).

Writing a weight as θ = λφ and training φ is the same as training θ at λ² times the learning rate under SGD, and at λ times under
Adam (as ε → 0). Gradients may be clipped, set to zero, reversed, or let through where the function is flat.
"""

from core.tricks.layerwise_lr.gradients import (
    CLIPS,
    Clipping,
    Signs,
    binarise,
    clip,
    clipped_run,
    compare_clipping,
    reverse,
    sign_run,
)
from core.tricks.layerwise_lr.rates import (
    OPTIMISERS,
    SURFACES,
    Equivalence,
    Scaled,
    Walk,
    Walks,
    equivalence,
    multiplier,
    surface,
    walks,
    what_breaks_it,
)
from core.tricks.layerwise_lr.reversal import Domains, Reversal, Reversed, compare_reversal, domains, ramp, reversal_run

__all__ = [
    "CLIPS", "Clipping", "Domains", "Equivalence", "OPTIMISERS", "Reversal", "Reversed", "SURFACES", "Scaled", "Signs", "Walk", "Walks", "binarise", "clip", "clipped_run",
    "compare_clipping", "compare_reversal", "domains", "equivalence", "multiplier", "ramp", "reversal_run", "reverse", "sign_run", "surface", "walks", "what_breaks_it",
]  # fmt: skip
