"""Classic data: the sizes that their sources state."""

import numpy as np
import pytest

from core.data.classics import diabetes, iris, scanned_digits


def test_digits_are_split_and_cannot_be_written() -> None:
    data = scanned_digits()
    assert (len(data.x_train), len(data.x_test)) == (1347, 450)
    assert data.x_train.dtype == np.float32 and data.x_train.min() >= 0 and data.x_train.max() == 1
    assert set(data.y_train) == set(data.y_test) == set(range(10))
    with pytest.raises(ValueError, match="read-only"):
        data.x_train[0] = 0


def test_irises_and_diabetes_have_their_published_sizes() -> None:
    names, values, species = iris()
    assert values.shape == (150, 4) == (150, len(names)) and np.bincount(species).tolist() == [50, 50, 50]
    names, values, progression = diabetes()
    assert values.shape == (442, 10) == (442, len(names)) and progression.min() == 25 and progression.max() == 346
