"""The guided filter, one window at a time."""

import numpy as np

from data.image.filtering import guided_filter
from data.image.luma import luma_float

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
    smooth = guided_filter(luma_float(noisy), noisy, 3)
    assert np.abs(smooth - image).mean() < 0.4 * np.abs(noisy - image).mean()
    assert (smooth[:, 30] - smooth[:, 29]).mean() > 0.95 * 0.6


def test_the_guided_filter_keeps_what_is_linear_in_its_guide():
    guide = np.random.default_rng(1).random((40, 50)).astype(np.float32)
    image = 3 * guide[..., None] + 1
    np.testing.assert_allclose(guided_filter(guide, image, 4, 1e-9), image, atol=1e-3)
