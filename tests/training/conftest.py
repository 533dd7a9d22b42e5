"""Shared by the tests of recipes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture
def without_onednn() -> Iterator[None]:
    """torch's own convolutions: on some CPUs oneDNN's gradient of few channels writes past its memory and ends the process."""
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.set_flags(False)
    yield
    torch.backends.mkldnn.set_flags(before)
