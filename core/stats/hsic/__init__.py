"""HSIC, the Hilbert-Schmidt independence criterion: are two variables independent?

Post 6910 (HSIC简介:一个有意思的判断相关性的思路); Gretton et al. 2005 and 2007; Song et al., JMLR 13 (2012).
Two kernels turn samples into Gram matrices K and L; X and Y are independent exactly when
HSIC = E[k l] + E[k] E[l] - 2 E[E'k E'l] = ||C_xy||²_HS is zero (characteristic kernels such as the Gaussian).
"""

from core.stats.hsic.bandwidth import median_distance
from core.stats.hsic.estimators import dhsic, hsic
from core.stats.hsic.gamma import Gamma, gamma_null
from core.stats.hsic.permutation import PermutationTest, holm, hsic_matrix, permutation_stream, permutation_test

__all__ = [
    "Gamma", "PermutationTest", "dhsic", "gamma_null", "holm", "hsic", "hsic_matrix", "median_distance",
    "permutation_stream", "permutation_test",
]  # fmt: skip
