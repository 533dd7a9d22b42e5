"""PMI and PPMI worked out by hand."""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import csr_array

from core.text.information import pmi, ppmi

COUNTS = np.array([[0, 3, 1], [3, 0, 0], [1, 0, 4]], float)
"""Twelve pairs: words 0, 1, 2 are in 4, 3 and 5 of them."""


def test_ppmi_by_hand() -> None:
    """#(0,1) = 3 of 12, expected 4 · 3 / 12 = 1; #(0,2) = 1, expected 4 · 5 / 12 > 1, so 0; #(2,2) = 4, expected 25 / 12."""
    found = ppmi(csr_array(COUNTS)).toarray()
    expected = [[0, math.log(3), 0], [math.log(3), 0, 0], [0, 0, math.log(48 / 25)]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_array_equal(ppmi(COUNTS).toarray(), found)


def test_a_shift_is_taken_off_before_what_is_negative_goes() -> None:
    found = ppmi(csr_array(COUNTS), shift=1.0).toarray()
    np.testing.assert_allclose(found[0, 1], math.log(3) - 1, rtol=1e-6)
    assert found[2, 2] == 0, "log(48 / 25) is below 1"


def test_smoothed_contexts_by_hand_and_rows_apart_from_columns() -> None:
    """The context's share is 3^0.75 / (4^0.75 + 3^0.75 + 5^0.75)."""
    share = 3**0.75 / (4**0.75 + 3**0.75 + 5**0.75)
    found = ppmi(csr_array(COUNTS), smoothing=0.75).toarray()
    np.testing.assert_allclose(found[0, 1], math.log(3 / 4 / share), rtol=1e-6)
    one = np.array([0])
    margins = np.array([2.0, 2.0]), np.array([1.0, 3.0])
    np.testing.assert_allclose(pmi(one, one, np.array([1.0]), *margins), [math.log(1 / 2 / (1 / 4))], rtol=1e-12)
