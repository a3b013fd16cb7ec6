"""The literature's Y protocol: MATLAB's published constants, Wang's single- and multi-scale SSIM."""

import numpy as np
import pytest
from scipy.ndimage import correlate1d
from skimage.color import rgb2ycbcr

from data.image.luma import luma_studio_range
from data.image.measures import psnr
from data.image.protocol import PSNR_CAP_DB
from data.image.ssim import ms_ssim_plane, ssim_plane


@pytest.fixture(scope="module")
def pair():
    """A smooth picture of 200x232 pixels, and the same with noise."""
    rng = np.random.default_rng(11)
    rows, columns = np.mgrid[:200, :232]
    base = 128 + 80 * np.sin(rows / 9.0) * np.cos(columns / 13.0)
    image = np.clip(base[..., None] + rng.normal(0, 12, (200, 232, 3)), 0, 255).astype(np.uint8)
    noisy = np.clip(image.astype(int) + rng.integers(-30, 31, image.shape), 0, 255).astype(np.uint8)
    return noisy, image


@pytest.mark.parametrize(
    ("rgb", "expected"),
    # Rows of the matrix [65.481 128.553 24.966] plus the offset 16, which MATLAB documents, rounded to uint8.
    [((0, 0, 0), 16), ((255, 255, 255), 235), ((255, 0, 0), 81), ((0, 255, 0), 145), ((0, 0, 255), 41)],
)
def test_luma_is_matlabs(rgb, expected):
    assert luma_studio_range(np.full((2, 3, 3), rgb, np.uint8)).tolist() == [[expected] * 3] * 2


def test_luma_is_skimages_rounded(pair):
    _, image = pair
    assert np.abs(luma_studio_range(image) - rgb2ycbcr(image)[..., 0]).max() <= 0.5 + 1e-9


def test_psnr_of_8_bit_luma_is_within_a_twentieth_of_a_db_of_float_luma(pair):
    noisy, image = pair
    floats = [rgb2ycbcr(each)[..., 0] for each in pair]
    expected = 10 * np.log10(255**2 / np.mean((floats[0] - floats[1]) ** 2))
    assert psnr(luma_studio_range(noisy), luma_studio_range(image)) == pytest.approx(expected, abs=0.05)


def _terms_by_the_paper(x, y):
    """Luminance, and contrast times structure, of Wang et al. 2003 for windows inside the image: written out with scipy."""
    taps = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    taps /= taps.sum()

    def mean(values):
        return correlate1d(correlate1d(values, taps, axis=0), taps, axis=1)[5:-5, 5:-5]

    c1, c2 = 6.5025, 58.5225
    ux, uy = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - ux**2, mean(y * y) - uy**2, mean(x * y) - ux * uy
    return (2 * ux * uy + c1) / (ux**2 + uy**2 + c1), (2 * vxy + c2) / (vx + vy + c2)


def test_ssim_of_luma_is_wangs(pair):
    planes = [luma_studio_range(each) for each in pair]
    luminance, structure = _terms_by_the_paper(*(plane.astype(float) for plane in planes))
    assert ssim_plane(*planes) == pytest.approx((luminance * structure).mean(), abs=1e-9)


def test_ms_ssim_is_wangs(pair):
    planes = [luma_studio_range(each) for each in pair]
    x, y = (plane.astype(float) for plane in planes)
    expected = 1.0
    for scale, weight in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
        luminance, structure = _terms_by_the_paper(x, y)
        expected *= ((luminance * structure).mean() if scale == 4 else structure.mean()) ** weight
        # Low-pass by a 2x2 box, then every second pixel, as the paper's code does.
        x, y = (
            (v[:-1:2, :-1:2] + v[1::2, :-1:2] + v[:-1:2, 1::2] + v[1::2, 1::2]) / 4
            for v in (x[: x.shape[0] // 2 * 2, : x.shape[1] // 2 * 2], y[: y.shape[0] // 2 * 2, : y.shape[1] // 2 * 2])
        )
    found = ms_ssim_plane(*planes)
    assert found == pytest.approx(expected, abs=1e-9)
    assert 0.5 < found < 0.999


def test_identical_planes(pair):
    plane = luma_studio_range(pair[1])
    assert psnr(plane, plane) == PSNR_CAP_DB
    assert ssim_plane(plane, plane) == pytest.approx(1)
    assert ms_ssim_plane(plane, plane) == pytest.approx(1)


def test_a_scale_that_anticorrelates_counts_as_nothing():
    stripes = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (100, 100))
    assert ms_ssim_plane(stripes, 255 - stripes) == 0


def test_ms_ssim_needs_a_window_at_the_coarsest_scale():
    small, enough = np.zeros((175, 300), np.uint8), np.zeros((176, 300), np.uint8)
    assert np.isnan(ms_ssim_plane(small, small))
    assert ms_ssim_plane(enough, enough) == pytest.approx(1)
