"""The precision in which the model computes, and the starter's limit of tone."""

import numpy as np
import pytest

from pipeline.restoring.model import STARTER_MODEL, ImageRestorer
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


@pytest.mark.parametrize(("name", "default"), [("network", False), (STARTER_MODEL, True)])
def test_the_tone_is_limited_for_the_starter_alone(models, name, default):
    image = picture(1) // 2 + 100
    image[:, ::9] += 28
    restorer = ImageRestorer.load(models / name if name != STARTER_MODEL else STARTER_MODEL)
    limited, plain = (restorer.restore(image, Method(limit_tone=each)) for each in (True, False))
    assert (limited != plain).any()
    np.testing.assert_array_equal(restorer.restore(image), limited if default else plain)
