"""Where the input lies relative to its target."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.pair_validator.measuring.registering.correlation import refine, wrapped_argmax
from components.pair_validator.measuring.registering.registration import register
from pipeline.benchmarks.support import corruptions
from tests.components.pair_validator.drawing import haze, luma, rain, scene

WIDE = scene(1, 256, 360)
WEATHER = {"rain": rain(WIDE, 2), "heavy": rain(WIDE, 3, streaks=1500, strength=160), "haze": haze(WIDE)}


def found(pair):
    return register(*(luma(image) for image in pair))


@pytest.mark.parametrize("kind", WEATHER)
def test_an_aligned_pair_has_no_displacement(kind):
    result = found((WEATHER[kind], WIDE))
    assert np.hypot(result.shift_y, result.shift_x) < 0.25
    assert result.zoom == pytest.approx(1, abs=2e-3)
    assert result.rotation == pytest.approx(0, abs=0.1)
    # The highest point lies between pixels.
    assert result.identity_snr == pytest.approx(result.peak_snr, rel=0.02)
    assert result.peak_snr > 25
    assert result.agreeing > 0.8


@settings(max_examples=30, deadline=None)
@given(st.integers(-16, 16), st.integers(-16, 16), st.sampled_from(sorted(WEATHER)))
def test_a_shift_of_k_pixels_is_measured_as_k(rows, columns, kind):
    result = found(corruptions.shift(WEATHER[kind], WIDE, rows, columns))
    assert result.shift_y == pytest.approx(rows, abs=0.25)
    assert result.shift_x == pytest.approx(columns, abs=0.25)


@settings(max_examples=15, deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3))
def test_a_shift_by_a_fraction_is_measured(rows, columns):
    matrix = np.float32([[1, 0, columns], [0, 1, rows]])
    moved = cv2.warpAffine(WEATHER["rain"], matrix, (WIDE.shape[1], WIDE.shape[0]), flags=cv2.INTER_CUBIC)
    inside = slice(4, -4)
    result = found((moved[inside, inside], WIDE[inside, inside]))
    assert result.shift_y == pytest.approx(rows, abs=0.25)
    assert result.shift_x == pytest.approx(columns, abs=0.25)


@pytest.mark.parametrize("factor", [0.98, 0.99, 1.01, 1.02])
def test_zoom_is_measured(factor):
    result = found(corruptions.zoom(WEATHER["rain"], WIDE, factor))
    assert result.zoom == pytest.approx(factor, abs=3e-3)
    assert result.rotation == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("degrees", [-1.0, 0.5, 1.0])
def test_rotation_is_measured_counter_clockwise(degrees):
    result = found(corruptions.turn(WEATHER["rain"], WIDE, degrees))
    assert result.rotation == pytest.approx(degrees, abs=0.15)
    assert result.zoom == pytest.approx(1, abs=3e-3)


def test_images_of_different_scenes_do_not_match():
    result = found((rain(scene(7, 256, 360), 4), WIDE))
    assert result.peak_snr < 12
    assert abs(result.identity_snr) < 8


def test_flat_images_give_finite_numbers():
    flat = np.full((64, 200), 128, np.uint8)
    result = register(flat, flat)
    assert abs(result.peak_snr) < 12
    assert abs(result.identity_snr) < 12
    assert np.isfinite([result.shift_y, result.shift_x, result.zoom, result.rotation, result.fit_error]).all()


@pytest.mark.parametrize(("height", "width", "blocks"), [(60, 64, 1), (90, 70, 9), (256, 360, 9), (256, 700, 12)])
def test_small_images_have_several_blocks(height, width, blocks):
    target = scene(5, height, width)
    result = found((rain(target, 6, streaks=height * width // 150), target))
    assert result.blocks == blocks
    assert np.hypot(result.shift_y, result.shift_x) < 0.25


def test_negative_shifts_wrap_around():
    surface = np.zeros((8, 10), np.float32)
    surface[7, 8] = 1.0
    assert wrapped_argmax(surface) == (-1, -2)


def test_a_parabola_is_refined_exactly():
    rows = np.arange(9, dtype=np.float32)
    surface = -((rows[:, None] - 4.3) ** 2) - (rows[None, :] - 3.8) ** 2
    assert refine(surface, (4, 4)) == pytest.approx((0.3, -0.2), abs=1e-4)
