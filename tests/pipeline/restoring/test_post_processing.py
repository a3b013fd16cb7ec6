"""The formulas, pixel by pixel, and the bands against the whole."""

import numpy as np
import pytest

from pipeline.restoring.post_processing import guided_filter, luma, post_process, transfer_colour

RNG = np.random.default_rng(0)


def _windows(image, radius):
    """Yields each pixel's window, reflected at the borders."""
    padded = np.pad(image, [(radius, radius)] * 2 + [(0, 0)] * (image.ndim - 2), mode="symmetric")
    side = 2 * radius + 1
    return np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))


def test_the_guided_filter_is_the_papers():
    """Equations 5, 6 and 8 of He, Sun and Tang, one window at a time."""
    guide = RNG.random((12, 15)).astype(np.float32)
    image = RNG.random((12, 15, 1)).astype(np.float32)
    radius, epsilon = 2, 0.01
    guides, images = _windows(guide, radius), _windows(image[..., 0], radius)
    slope, offset = np.zeros((12, 15)), np.zeros((12, 15))
    for place in np.ndindex(12, 15):
        covariance = np.cov(guides[place].ravel(), images[place].ravel(), bias=True)
        slope[place] = covariance[0, 1] / (covariance[0, 0] + epsilon)
        offset[place] = images[place].mean() - slope[place] * guides[place].mean()
    expected = _windows(slope, radius).mean((2, 3)) * guide + _windows(offset, radius).mean((2, 3))
    np.testing.assert_allclose(guided_filter(guide, image, radius, epsilon)[..., 0], expected, atol=1e-4)


def test_the_guided_filter_smooths_noise_and_keeps_an_edge():
    step = np.where(np.arange(60) < 30, 0.2, 0.8).astype(np.float32)
    image = np.repeat(np.tile(step, (40, 1))[..., None], 3, axis=2)
    noisy = image + RNG.normal(0, 0.01, image.shape).astype(np.float32)
    smooth = guided_filter(luma(noisy), noisy, 3)
    assert np.abs(smooth - image).mean() < 0.4 * np.abs(noisy - image).mean()
    assert (smooth[:, 30] - smooth[:, 29]).mean() > 0.95 * 0.6


def test_colour_comes_back_and_brightness_does_not():
    image = np.full((40, 50, 3), (0.6, 0.4, 0.3), np.float32)
    veil = image + 0.2
    restored = image + np.float32([-0.05, 0.02, 0.04])
    done = transfer_colour(veil, restored, 4)
    np.testing.assert_allclose(luma(done), luma(restored), atol=1e-6)
    np.testing.assert_allclose(done - luma(done)[..., None], image - luma(image)[..., None], atol=1e-5)


def test_detail_stays_the_restored_ones():
    flat = np.full((64, 64, 3), 0.5, np.float32)
    detail = flat + 0.1 * np.float32(np.indices((64, 64)).sum(0) % 2)[..., None] * np.float32([1, 0, -1])
    done = transfer_colour(flat, detail, 8)
    assert np.abs((done - detail) - (done - detail).mean((0, 1))).max() < 1e-3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bands_equal_the_whole(dtype):
    most = np.iinfo(dtype).max
    image, restored = (RNG.integers(0, most, (1100, 21, 3)).astype(dtype) for _ in range(2))
    done = post_process(image, restored, 3, 5)
    floats = [np.float32(each) / np.float32(most) for each in (image, restored)]
    whole = transfer_colour(floats[0], guided_filter(luma(floats[1]), floats[1], 3), 5)
    assert done.dtype == dtype
    assert np.abs(done - np.rint(np.clip(whole, 0, 1) * most)).max() <= 1


def test_nothing_is_done_by_default():
    image = RNG.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    assert post_process(image, image, 0, 0) is image
