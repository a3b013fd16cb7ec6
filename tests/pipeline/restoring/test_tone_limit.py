"""What the limit of tone undoes and what it leaves, and the bands against the whole."""

import numpy as np
import pytest

from data.image.measures import psnr
from pipeline.restoring.tone_limit import ToneLimit

RNG = np.random.default_rng(0)
CLEAN = np.full((96, 128, 3), 90, np.uint8)
LIMIT = ToneLimit()


def _in_rain(every: int, light: int) -> np.ndarray:
    rainy = CLEAN.copy()
    rainy[:, ::every] += np.uint8(light)
    return rainy


def test_a_blotch_without_streaks_is_undone():
    """A soft one: at a hard edge there is detail, which accounts for some tone."""
    rows, columns = np.indices(CLEAN.shape[:2])
    blotchy = CLEAN.copy()
    blotchy[..., 0] -= (25 * np.exp(-((rows - 48) ** 2 + (columns - 64) ** 2) / (2 * 30**2))).astype(np.uint8)
    assert psnr(LIMIT.apply(CLEAN, blotchy), CLEAN) > psnr(blotchy, CLEAN) + 6


def test_a_darker_image_becomes_the_input_again():
    np.testing.assert_array_equal(LIMIT.apply(CLEAN, CLEAN - 20), CLEAN)


@pytest.mark.parametrize("every", [16, 10])
def test_streaks_that_were_found_stay_removed(every):
    """Streaks that lie over a tenth of the image have a mean of a third of their root mean square."""
    rainy = _in_rain(every, 25)
    assert np.abs(LIMIT.apply(rainy, CLEAN).astype(int) - CLEAN).max() <= 2


def test_the_veil_of_heavy_rain_is_removed():
    """Where streaks lie over half of the image, their mean equals their root mean square."""
    rainy = _in_rain(2, 120)
    light = ToneLimit(heavy=1.0).apply(rainy, CLEAN)
    assert np.abs(light.astype(int) - CLEAN).min() > 20
    np.testing.assert_array_equal(LIMIT.apply(rainy, CLEAN), CLEAN)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("limit", [LIMIT, ToneLimit(radius=4, share=0.3, heavy=0.01)])
def test_bands_equal_the_whole(dtype, limit, monkeypatch):
    most = np.iinfo(dtype).max
    image = RNG.integers(0, most, (400, 21, 3)).astype(dtype)
    restored = (0.7 * image).astype(dtype)
    banded = limit.apply(image, restored)
    monkeypatch.setattr("pipeline.restoring.bands.ROWS", 400)
    whole = limit.apply(image, restored)
    assert banded.dtype == dtype
    assert np.abs(banded.astype(int) - whole).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (5, 300)])
def test_small_and_narrow_images(shape):
    image = RNG.integers(0, 256, (*shape, 3), dtype=np.uint8)
    np.testing.assert_array_equal(LIMIT.apply(image, image), image)
