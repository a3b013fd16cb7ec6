"""Streaks have the length, width, slant, brightness and number that their layer asks for."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from data.synthesis.varied_rain.layers import grain_plane, line_plane, motion_kernel, smooth_field
from data.synthesis.varied_rain.parameters import GrainLayer, LineLayer

LINES = LineLayer(
    density=2.0,
    length=40.0,
    shortest=1.0,
    width=3.0,
    brightness=0.8,
    faintness=0.0,
    taper=0.4,
    angle=0.0,
    spread=0.0,
    defocus=0.0,
)
GRAINS = GrainLayer(share=0.1, grain=1.0, length=20.0, contrast=0.15, level=0.3, brightest=1.0, angle=0.0, defocus=0.0)


def slant(plane: np.ndarray) -> float:
    """Angle of the streaks from the vertical in degrees, by the structure tensor."""
    # Sobel's filters turn the slant of lines of a pixel towards the grid.
    smooth = cv2.GaussianBlur(plane, (0, 0), 1.5)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    xx, yy, xy = (across * across).mean(), (down * down).mean(), (across * down).mean()
    return float(-0.5 * np.degrees(np.arctan2(2.0 * xy, xx - yy)))


def reach(plane: np.ndarray, axis: int) -> int:
    """Distance in pixels at which the autocorrelation along an axis falls to a half."""
    values = plane - plane.mean()
    power = np.abs(np.fft.fft(values, axis=axis)) ** 2
    correlation = np.fft.ifft(power, axis=axis).real.mean(axis=1 - axis)
    return int(np.argmax(correlation < 0.5 * correlation[0]))


@pytest.mark.parametrize(
    "draw", [lambda seed: line_plane(60, 90, LINES, seed), lambda seed: grain_plane(60, 90, GRAINS, seed)]
)
def test_the_seed_decides_and_height_and_width_are_kept_apart(draw):
    plane = draw(1)
    assert plane.shape == (60, 90)
    assert plane.dtype == np.float32
    assert plane.min() >= 0.0
    np.testing.assert_array_equal(plane, draw(1))
    assert (plane != draw(2)).any()


@pytest.mark.parametrize("angle", [-30.0, 0.0, 25.0])
@pytest.mark.parametrize("taper", [0.0, 0.5])
def test_streaks_fall_at_their_slant(angle: float, taper: float):
    lines = line_plane(256, 256, replace(LINES, angle=angle, taper=taper, width=1.0, length=60.0), 3)
    assert slant(lines) == pytest.approx(angle, abs=3.0)
    grains = grain_plane(256, 256, replace(GRAINS, angle=angle, length=30.0), 3)
    assert slant(grains) == pytest.approx(angle, abs=3.0)


def test_a_longer_streak_reaches_farther_and_a_wider_one_is_wider():
    for draw, layer, width in ((line_plane, LINES, "width"), (grain_plane, GRAINS, "grain")):
        short, long = (draw(300, 300, replace(layer, length=length), 5) for length in (10.0, 60.0))
        assert reach(long, 0) > 3 * reach(short, 0)
        thin, broad = (draw(300, 300, replace(layer, **{width: size}), 5) for size in (1.0, 5.0))
        assert reach(broad, 1) >= reach(thin, 1) + 2


@pytest.mark.parametrize("taper", [0.0, 0.4])
@pytest.mark.parametrize("width", [1.0, 2.5, 4.0])
def test_a_streak_has_its_brightness_and_its_width_at_half_of_it(taper: float, width: float):
    sparse = replace(LINES, density=0.01, taper=taper, width=width, length=80.0)
    plane = next(plane for seed in range(99) if (plane := line_plane(200, 200, sparse, seed))[60:140].max() > 0.3)
    row = plane[np.argmax(plane.max(axis=1))]
    # A line between two columns is shared among them.
    assert row.sum() == pytest.approx(0.8 * width * (1.0 if taper == 0.0 else 1.064), rel=0.05)
    assert (row > 0.5 * row.max()).sum() == pytest.approx(width, abs=1.01)


def test_defocus_spreads_light_and_keeps_its_sum():
    focused, blurred = (line_plane(300, 300, replace(LINES, defocus=sigma), 7) for sigma in (0.0, 2.0))
    assert blurred.max() < 0.75 * focused.max()
    assert blurred.sum() == pytest.approx(focused.sum(), rel=0.1)  # the plane of either has a margin of its own


def test_density_counts_streaks():
    few, many = (line_plane(300, 300, replace(LINES, density=density), 7).sum() for density in (0.5, 5.0))
    assert many == pytest.approx(10 * few, rel=0.3)
    assert not line_plane(30, 30, replace(LINES, density=0.0), 7).any()


def test_faintness_leaves_few_bright_streaks_among_many_faint_ones():
    even, steep = (line_plane(300, 300, replace(LINES, faintness=faintness), 7) for faintness in (0.0, 3.0))
    assert steep.sum() == pytest.approx(even.sum() / 4, rel=0.35)  # the mean of a cube is a quarter
    assert steep.max() > 0.5 * even.max()


def test_levels_set_mean_spread_and_limit_of_noise():
    grey = grain_plane(300, 300, replace(GRAINS, share=1.0, level=3.0, contrast=0.1), 1)
    assert grey.mean() == pytest.approx(0.3, abs=0.01)
    assert grey.std() == pytest.approx(0.1, abs=0.01)
    clipped = grain_plane(300, 300, replace(GRAINS, level=-0.5, brightest=0.2), 1)
    assert clipped.max() == np.float32(0.2)
    assert (clipped == 0.0).mean() > 0.5


def test_a_threshold_turns_a_texture_into_single_dashes():
    def skewness(share: float) -> float:
        plane = grain_plane(300, 300, replace(GRAINS, share=share, level=3.0, contrast=0.05), 1)
        return float(((plane - plane.mean()) ** 3).mean() / plane.std() ** 3)

    assert abs(skewness(1.0)) < 0.3
    assert skewness(0.02) > 0.8


@pytest.mark.parametrize("length", [1.0, 6.5, 40.0])
@pytest.mark.parametrize("angle", [-50.0, 0.0, 33.0])
def test_a_motion_kernel_keeps_the_mean_and_is_centred(length: float, angle: float):
    kernel = motion_kernel(length, angle)
    assert all(side % 2 for side in kernel.shape)
    assert kernel.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-6)


def test_a_smooth_field_varies_around_one():
    field = smooth_field(80, 50, 0.4, 1)
    assert field.shape == (80, 50)
    assert 0.6 <= field.min() < 0.9 < 1.1 < field.max() <= 1.4
    np.testing.assert_array_equal(smooth_field(8, 8, 0.0, 1), np.ones((8, 8), np.float32))
