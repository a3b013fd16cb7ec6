"""Colour error against the table that was published with the formula, and mean absolute error."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from data.image import colour

# Sharma, Wu and Dalal (2005), table 1: two colours in CIELAB and their difference.
PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, 2.8361, -74.0200), (50.0, 0.0, -82.7485), 3.4412),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), PUBLISHED)
def test_ciede2000_is_the_published_table(one, other, expected):
    assert colour.ciede2000(np.array([[one]]), np.array([[other]])) == pytest.approx(expected, abs=5e-5)


def test_it_is_the_mean_over_the_pixels_of_srgb_under_d65():
    rng = np.random.default_rng(3)
    image, target = (rng.integers(0, 256, (9, 7, 3), dtype=np.uint8) for _ in range(2))
    expected = np.mean([deltaE_ciede2000(a, b) for a, b in zip(
        rgb2lab(target).reshape(-1, 3), rgb2lab(image).reshape(-1, 3), strict=True)])  # fmt: skip
    assert colour.ciede2000(colour.lab(image), colour.lab(target)) == pytest.approx(expected)
    # White under D65 has no colour.
    assert colour.lab(np.full((1, 1, 3), 255, np.uint8))[0, 0] == pytest.approx([100, 0, 0], abs=0.01)
