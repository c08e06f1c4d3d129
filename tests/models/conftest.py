"""Images for models of 1 x 8 x 8."""

import pytest
import torch
from small_models import SHAPE, seeded


@pytest.fixture
def x():
    return torch.rand(6, *SHAPE, generator=seeded(1))
