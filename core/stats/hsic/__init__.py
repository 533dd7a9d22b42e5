"""HSIC, the Hilbert-Schmidt independence criterion: are two variables independent?

Post 6910 (HSIC简介：一个有意思的判断相关性的思路); Gretton et al. 2005 and 2007; Song et al., JMLR 13 (2012).
Two kernels turn samples into Gram matrices K and L; X and Y are independent exactly when
HSIC = E[k l] + E[k] E[l] - 2 E[E'k E'l] = ||C_xy||²_HS is zero (characteristic kernels such as the Gaussian).
"""

from core.stats.hsic.bandwidth import median_distance
from core.stats.hsic.comparison import Comparison, compare
from core.stats.hsic.covariances import Road, road
from core.stats.hsic.estimators import GramSteps, dhsic, gram_steps, hsic, normalised_hsic
from core.stats.hsic.gamma import Gamma, gamma_null
from core.stats.hsic.matrix import Matrix, dependence_matrix
from core.stats.hsic.null import Null, null_stream
from core.stats.hsic.permutation import PermutationTest, holm, permutation_stream, permutation_test
from core.stats.hsic.power import Curve, power_curve

__all__ = [
    "Comparison", "Curve", "Gamma", "GramSteps", "Matrix", "Null", "PermutationTest", "Road", "compare",
    "dependence_matrix", "dhsic", "gamma_null", "gram_steps", "holm", "hsic", "median_distance", "normalised_hsic",
    "null_stream", "permutation_stream", "permutation_test", "power_curve", "road",
]  # fmt: skip
