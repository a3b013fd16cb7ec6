"""The matched filter on blocks."""

import numpy as np
import pytest
import scipy.fft

from components.pair_validator.measuring.registering import correlation
from tests.components.pair_validator.drawing import luma, rain, scene

TARGET = scene(11, 200, 260)
IMAGES = (luma(rain(TARGET, 12)), luma(TARGET))
CORNERS = np.array([(0, 0), (10, 35), (136, 196)])


@pytest.mark.parametrize("size", [(64, 64), (48, 37)])
def test_spectra_are_those_of_blocks_without_mean_of_contrast_one(size):
    spectra, scales, power = correlation._spectra(IMAGES, CORNERS, size)
    blocks = [image[y : y + size[0], x : x + size[1]] for image in IMAGES for y, x in CORNERS]
    expected = scipy.fft.rfft2(correlation.normalise(np.array(blocks, np.float32), correlation.window(*size)))
    assert np.abs(spectra * scales[:, None, None] - expected).max() < 1e-4 * np.abs(expected).max()
    assert power == pytest.approx(correlation.mean_power(np.ascontiguousarray(expected)), rel=1e-3, abs=1e-3)


def test_flat_blocks_match_nowhere():
    flat = np.full((128, 128), 200, np.uint8)
    flat[:, 64:] = 20
    surfaces = correlation.correlate(flat, flat, np.array([(0, 0), (40, 64)]), (64, 64))
    assert np.abs(surfaces).max() < 1e-3
