"""Tables: what is read, what is refused and how it is named."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.tables import prepared, read_table, standardised, varying
from core.refusal import Refusal


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"), ("a\n" + "1\n" * 20, "1 columns"), ("a,b\n1,2\n", "1 rows"), ("a,b\n" + "1,x\n" * 20, "row 2, column b"),
        ("a,b\n" + "1,nan\n" * 20, "must be finite"), ("a,b\n" + "".join(f"{i},7\n" for i in range(20)), "column b is constant"),
        ("a,a\n" + "".join(f"{i},{i}\n" for i in range(20)), "same name"), ("a,b\n" + "1,2,3\n" * 20, "row 2 has 3 cells"),
    ],
)  # fmt: skip
def test_bad_tables_are_named(text: str, words: str) -> None:
    with pytest.raises(Refusal, match=words) as caught:
        read_table(text.encode(), name="train")
    assert caught.value.input == "train" and any("\u4e00" <= c <= "\u9fff" for c in caught.value.zh)


def test_tables_with_other_separators_are_read() -> None:
    names, values = read_table(("\ufeffa;b\n" + "".join(f"{i};{i * i}\n" for i in range(12))).encode())
    assert names == ["a", "b"]
    assert values[3, 1] == 9


def test_logarithms_are_of_positive_columns_and_rows_are_drawn() -> None:
    values = np.stack([np.exp(np.arange(50.0)), np.arange(50.0) - 10], 1)
    taken = prepared(values, ["a", "b"], True, 20, 1)
    assert len(taken) == 20
    assert np.allclose(taken[:, 0] - 10, taken[:, 1])


def test_columns_that_do_not_vary_are_named() -> None:
    names, values, left_out = varying(["a", "b", "c"], np.array([[0.1, 1.0, 2.0], [0.1, 3.0, 2.0]]))
    assert (names, left_out) == (["b"], ["a", "c"]) and values.tolist() == [[1.0], [3.0]]


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1.0, 1e160, 1e300])
def test_standard_units_are_reached_from_any_scale(scale: float) -> None:
    x = np.random.default_rng(0).normal(size=(40, 2))
    z = standardised(np.stack([x[:, 0] * scale, x[:, 1]], 1))
    assert z == pytest.approx((x - x.mean(0)) / x.std(0))
    assert not standardised(np.full((5, 1), 0.1)).any()
