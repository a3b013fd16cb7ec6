"""Order of channels, grey levels, clipping, and traces of a strong compression."""

import numpy as np
import pytest

from components.pair_validator.measuring.compression import small_coefficients
from components.pair_validator.measuring.values import measure_values
from pipeline.benchmarks.support.corruptions import reencode
from tests.components.pair_validator.drawing import haze, luma, rain, scene

TARGET = scene(31, 256, 320)
RAINY = rain(TARGET, 2)


def grey(image):
    return np.repeat(luma(image)[..., None], 3, axis=2)


@pytest.mark.parametrize("order", ["BGR", "GBR", "BRG", "GRB", "RBG"])
def test_the_order_of_channels_is_found(order):
    stored = RAINY[..., ["RGB".index(channel) for channel in order]]
    values = measure_values(np.ascontiguousarray(stored), TARGET)
    assert values.channel_gain > 0.12
    read = stored[..., ["RGB".index(channel) for channel in values.channel_order]]
    assert np.array_equal(read, RAINY)


@pytest.mark.parametrize("degraded", [TARGET, RAINY, haze(TARGET)])
def test_the_right_order_gains_nothing(degraded):
    values = measure_values(degraded, TARGET)
    assert values.channel_order == "RGB"
    assert values.channel_gain < 0


def test_grey_images_do_not_tell():
    assert measure_values(grey(RAINY), grey(TARGET)).channel_gain == pytest.approx(0, abs=1e-6)


def test_levels_are_counted():
    values = measure_values((RAINY / 255).round().astype(np.uint8), (TARGET / 16).astype(np.uint8))
    assert values.input_levels == 2
    assert values.target_levels <= 16


def test_clipping_counts_where_the_input_shows_structure():
    overexposed = np.clip(TARGET.astype(int) * 3, 0, 255).astype(np.uint8)
    assert measure_values(RAINY, overexposed).hidden_by_clipping > 0.2
    assert measure_values(RAINY, TARGET).hidden_by_clipping < 0.02
    # A white sky is white in the target and even in the input.
    sky = TARGET.copy()
    sky[:128] = 255
    assert measure_values((sky * 0.3).astype(np.uint8), sky).hidden_by_clipping < 0.02


@pytest.mark.parametrize("offset", [(0, 0), (3, 5)])
def test_a_strong_compression_leaves_no_small_coefficients(offset):
    top, left = offset
    assert small_coefficients(luma(TARGET)) > 0.3
    assert small_coefficients(luma(reencode(TARGET, 10)[top:, left:])) < 0.1
    assert small_coefficients(luma(reencode(TARGET, 60)[top:, left:])) > 0.25


def test_a_flat_image_tells_nothing_of_its_compression():
    assert small_coefficients(np.full((128, 128), 90, np.uint8)) is None
    assert small_coefficients(np.zeros((5, 9), np.uint8)) is None
