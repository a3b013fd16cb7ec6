"""Order of channels, grey levels, clipping, and traces of a strong compression."""

import cv2
import numpy as np
import pytest

from components.pair_validator.measuring import compression
from components.pair_validator.measuring import values as measured_values
from components.pair_validator.measuring.compression import small_coefficients
from components.pair_validator.measuring.planes import planes_of
from components.pair_validator.measuring.values import measure_values
from components.pair_validator.settings import PairThresholds
from data.image.codec.files import read_rgb
from data.synthesis.embedded import embedded_photos
from data.synthesis.random_streams import generator
from data.synthesis.varied_rain.pairs import draw_pair
from pipeline.benchmarks.support.corruptions import reencode
from tests.components.pair_validator.drawing import haze, luma, rain, scene

TARGET = scene(31, 256, 320)
RAINY = rain(TARGET, 2)


def values_of(degraded, target):
    return measure_values(planes_of(degraded), planes_of(target))


def coefficients(plane):
    return small_coefficients(plane, np.ascontiguousarray(plane.T))


def grey(image):
    return np.repeat(luma(image)[..., None], 3, axis=2)


@pytest.mark.parametrize("order", ["BGR", "GBR", "BRG", "GRB", "RBG"])
def test_the_order_of_channels_is_found(order):
    stored = RAINY[..., ["RGB".index(channel) for channel in order]]
    values = values_of(np.ascontiguousarray(stored), TARGET)
    assert values.channel_gain > 0.12
    read = stored[..., ["RGB".index(channel) for channel in values.channel_order]]
    assert np.array_equal(read, RAINY)


@pytest.mark.parametrize("degraded", [TARGET, RAINY, haze(TARGET)])
def test_the_right_order_gains_nothing(degraded):
    values = values_of(degraded, TARGET)
    assert values.channel_order == "RGB"
    assert values.channel_gain < 0


def test_grey_images_do_not_tell():
    assert values_of(grey(RAINY), grey(TARGET)).channel_gain == pytest.approx(0, abs=1e-6)


def test_levels_are_counted():
    values = values_of((RAINY / 255).round().astype(np.uint8), (TARGET / 16).astype(np.uint8))
    assert values.input_levels == 2
    assert values.target_levels <= 16


def test_clipping_counts_where_the_input_shows_structure():
    overexposed = np.clip(TARGET.astype(int) * 3, 0, 255).astype(np.uint8)
    assert values_of(RAINY, overexposed).hidden_by_clipping > 0.2
    assert values_of(RAINY, TARGET).hidden_by_clipping < 0.02
    # A white sky is white in the target and even in the input.
    sky = TARGET.copy()
    sky[:128] = 255
    assert values_of((sky * 0.3).astype(np.uint8), sky).hidden_by_clipping < 0.02


def blackened(photo):
    """Returns a photograph whose darker half is black: a scene by night, or a bright object before nothing."""
    bright = np.clip((luma(photo).astype(np.float32) - np.median(luma(photo))) / 40, 0, 1)
    return (photo * bright[..., None]).astype(np.uint8)


@pytest.mark.parametrize("name", ["chelsea", "rocket", "wine"])
def test_rain_over_black_is_no_sign_of_clipping(name):
    photo = blackened(read_rgb(embedded_photos() / f"{name}.jpg"))
    rng = generator(7)
    measured = [values_of(*draw_pair(photo, 256, 256, rng, clean_share=0)).hidden_by_clipping for _ in range(8)]
    assert max(measured) < PairThresholds().max_clipped_share


def test_weather_over_black_is_no_sign_of_clipping():
    night = blackened(TARGET)
    for degraded in (rain(night, 2, 1500, 150), haze(night), haze(rain(night, 3))):
        assert values_of(degraded, night).hidden_by_clipping < 0.02


@pytest.mark.parametrize("degraded", [TARGET, RAINY, haze(TARGET)], ids=["clear", "rain", "haze"])
def test_a_target_that_is_cut_off_at_black_hides_what_the_input_shows(degraded):
    level = int(np.quantile(TARGET, 0.8))
    cut_off = np.clip((TARGET.astype(int) - level) * 2, 0, 255).astype(np.uint8)
    assert values_of(degraded, cut_off).hidden_by_clipping > PairThresholds().max_clipped_share


@pytest.mark.parametrize("offset", [(0, 0), (3, 5)])
def test_a_strong_compression_leaves_no_coefficients(offset):
    top, left = offset
    assert coefficients(luma(TARGET)) > 0.3
    assert coefficients(luma(reencode(TARGET, 10)[top:, left:])) < 0.1
    assert coefficients(luma(reencode(TARGET, 60)[top:, left:])) > 0.25


def test_a_flat_image_tells_nothing_of_its_compression():
    assert coefficients(np.full((128, 128), 90, np.uint8)) is None
    assert coefficients(np.zeros((5, 9), np.uint8)) is None


def test_levels_of_a_blank_sky_are_neighbours_and_rounded_ones_are_not():
    sky = np.repeat((200 + np.arange(320) // 32).astype(np.uint8)[None, :, None], 256, 0).repeat(3, 2)
    values = values_of(rain(sky, 3), sky)
    assert (values.target_levels, values.target_level_step) == (10, 1)
    step = 255 / 7
    assert values_of(TARGET, (np.rint(TARGET / step) * step).astype(np.uint8)).target_level_step > 30


def test_drops_before_a_white_sky_are_no_sign_of_clipping():
    sky = np.clip(TARGET.astype(int) + 20, 0, 255).astype(np.uint8)
    sky[:128] = 255
    drops = cv2.GaussianBlur((np.random.default_rng(2).random(sky.shape[:2]) > 0.999).astype(np.float32), (0, 0), 4)[
        ..., None
    ]
    dropped = sky * (1 - np.minimum(0.7, 60 * drops))
    dropped = dropped.astype(np.uint8)
    assert dropped[:128].std() > 20
    assert values_of(dropped, sky).hidden_by_clipping < 0.02


def test_no_order_gains_from_colours_that_haze_hides():
    blue = np.stack([TARGET[..., 0] // 8, TARGET[..., 1] // 3, TARGET[..., 2]], 2)
    veiled = np.full_like(blue, 200)
    veiled[..., 0] += (luma(blue) // 16).astype(np.uint8)  # a warm light, the stronger the less haze
    assert values_of(veiled, blue).channel_gain < PairThresholds().min_channel_gain


@pytest.mark.parametrize("step", [1, 2, 3])
def test_blocks_are_squares_of_eight_by_eight(step):
    image = luma(TARGET)[3:83, 5:101]
    expected = [
        image[y : y + 8, x : x + 8].ravel() for y in range(0, len(image), 8 * step) for x in range(0, image.shape[1], 8)
    ]
    assert np.array_equal(compression._blocks(image, step), expected)


@pytest.mark.parametrize("levels", [[7], [3, 4], [0, 1, 5, 9], [2, 4, 6, 8, 255]])
def test_the_step_of_levels_is_the_median_distance(levels):
    assert measured_values._step(levels) == (np.median(np.diff(levels)) if len(levels) > 1 else 1)


def test_the_gain_of_an_order_is_a_difference_of_correlations_of_colours():
    degraded, target = (cv2.resize(image, (32, 32)).reshape(-1, 3).T.astype(np.float32) for image in (RAINY, TARGET))
    swapped = degraded[::-1]
    gains = []
    for takes_mean in (False, True):
        own, given = (pixels - pixels.mean(axis=0) for pixels in (swapped.astype(float), target.astype(float)))
        if takes_mean:
            own, given = (pixels - pixels.mean(axis=1, keepdims=True) for pixels in (own, given))
        scale = np.sqrt(((own**2).sum() + 1024 * 4) * ((given**2).sum() + 1024 * 4))
        gains.append(((own[::-1] * given).sum() - max(0, (own * given).sum())) / scale)
    name, gain = measured_values._channel_order(swapped, target)
    assert name == "BGR"
    assert gain == pytest.approx(min(gains), rel=1e-6)
