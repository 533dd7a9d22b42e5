"""Maximum likelihood and EM (post 5239): mixtures of Gaussians, K-means as their limit, pLSA.

For any distribution r(y|x) of the hidden y, log p(x) = F(r) + KL(r ‖ p(y|x)) with the bound
F(r) = E_r log p(x, y) − E_r log r. The E-step sets r = p(y|x), after which the bound touches; the M-step raises F in the
parameters. So log p(x) cannot fall.
"""

from core.stats.em.ascent import Ascent, Restarts, ascend, restarts
from core.stats.em.groups import Groups, find_groups
from core.stats.em.limits import Collapse, Hardening, collapse, harden
from core.stats.em.mixture import Fit, Mixture, blended, fit
from core.stats.em.samples import drawn, sample, start
from core.stats.em.topics import Topics, find_topics

__all__ = [
    "Ascent", "Collapse", "Fit", "Groups", "Hardening", "Mixture", "Restarts", "Topics", "ascend", "blended", "collapse",
    "drawn", "find_groups", "find_topics", "fit", "harden", "restarts", "sample", "start",
]  # fmt: skip
