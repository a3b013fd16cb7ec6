"""The precision in which the model computes."""

import numpy as np
import pytest

from pipeline.restoring.model import ImageRestorer
from pipeline.restoring.options import Method
from tests.data.drawing import picture


@pytest.mark.usefixtures("precision")
def test_half_precision_rounds_more_coarsely(models):
    image = picture(1)
    plain = ImageRestorer.load(models / "network").restore(image, Method())
    halved = ImageRestorer.load(models / "network", half_precision=True).restore(image, Method())
    differences = np.abs(plain.astype(int) - halved)
    assert 0 < differences.max() <= 4
    assert differences.mean() < 0.5
