from __future__ import annotations

import numpy as np

from data.synthesis.linear_light import to_linear, to_srgb


def test_light_survives_the_way_there_and_back():
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    np.testing.assert_array_equal(to_srgb(to_linear(levels)), levels)
