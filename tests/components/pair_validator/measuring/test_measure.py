"""Raw measurements of a pair."""

import json

import cv2
import numpy as np
import pytest
import tensorflow as tf

from components.pair_validator.judging.score import score
from components.pair_validator.measuring import measure as measure_module
from components.pair_validator.measuring.measure import measure
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from tests.components.pair_validator.drawing import encode, rain, scene

TARGET = scene(61)
INPUT = rain(TARGET, 62)


@pytest.fixture(scope="module")
def measurement():
    return measure("a/1", encode(INPUT), encode(TARGET, "JPEG", quality=95))


def test_a_pair_is_measured_in_full(measurement):
    unmeasured = {name for name, value in measurement.to_json().items() if value is None}
    assert unmeasured == {"input_hues", "colour_on_edges"}, "which mean something beside a grey target only"
    assert measurement.pair_id == "a/1"
    assert (measurement.input_format, measurement.target_format) == ("PNG", "JPEG")
    assert (measurement.target_height, measurement.target_width) == (200, 264)
    assert measurement.orientation == "upright"


def test_a_measurement_is_read_back_from_flat_json(measurement):
    fields = json.loads(json.dumps(measurement.to_json(), allow_nan=False))
    assert all(isinstance(value, (str, int, float)) for value in fields.values() if value is not None)
    assert PairMeasurement.from_json(fields) == measurement


def test_a_float32_of_numpys_is_rounded_and_json_like_any_number():
    (value,) = measure_module._rounded({"streaks": np.float32(0.1)}).values()
    assert type(value) is float
    assert value == measure_module.rounded(0.1)


def test_measuring_is_deterministic(measurement):
    assert measure("a/1", encode(INPUT), encode(TARGET, "JPEG", quality=95)) == measurement


def test_brightness_and_range():
    grey = np.full((80, 80, 3), 100, np.uint8)
    grey[:40] = 140
    found = measure("grey", encode(grey), encode(grey))
    assert (found.input_mean, found.input_range, found.mean_change) == (120.0, 40, 0.0)


@pytest.mark.parametrize("bad", [None, b"text", encode(TARGET)[:2000]])
def test_only_the_files_of_a_broken_pair_are_measured(bad):
    found = measure("broken", bad, encode(TARGET))
    assert found.input_status != "ok"
    assert found.target_status == "ok"
    assert found.input_psnr is None
    assert set(score(found).values()) <= {None, 200.0}


def test_images_of_different_sizes_have_no_registration():
    found = measure("sizes", encode(INPUT[:, :-1]), encode(TARGET))
    assert found.orientation_snr is not None
    assert found.shift_y is None
    assert score(found)["swap"] is None


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (15, 15), (16, 16), (40, 17), (1, 10**6), (10**6, 1)])
def test_tiny_and_narrow_images_are_measured(shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    found = measure("tiny", encode(image), encode(image))
    assert found.input_status == "ok"
    json.dumps(found.to_json(), allow_nan=False)


def test_16_bits_are_measured_as_the_8_bits_that_training_sees():
    files = [cv2.imencode(".png", image.astype(np.uint16) * 256 + 99)[1].tobytes() for image in (INPUT, TARGET)]
    wide, narrow = (
        measure("a", *files),
        measure("a", *(cv2.imencode(".png", image)[1].tobytes() for image in (INPUT, TARGET))),
    )
    seen = tf.io.decode_image(files[0], channels=3, expand_animations=False).numpy()
    np.testing.assert_array_equal(seen, INPUT[..., ::-1])
    differing = {name for name, value in wide.to_json().items() if value != narrow.to_json()[name]}
    assert differing <= {f"{side}_{name}" for side in ("input", "target") for name in ("bytes", "sha256")}


def test_a_measurement_of_an_earlier_version_is_read_under_the_present_names():
    found = measure("p", encode(scene(1)), encode(scene(2)))
    stored = found.to_json()
    stored |= {"identity_psnr": stored.pop("input_psnr"), "identity_ssim": stored.pop("input_ssim"), "gone": 1.0}
    assert PairMeasurement.from_json(stored) == found
