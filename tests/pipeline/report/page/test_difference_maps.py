import base64
import io

import numpy as np
import pytest
from PIL import Image

from pipeline.report.facts.example_images import Example, QuarantinedImages
from pipeline.report.page import difference_maps, pictures
from tests.pipeline.report import samples


def decode(picture):
    head, _, text = picture.uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def test_difference_map_is_dark_where_equal_and_saturates_at_full_scale():
    target = np.full((2, 3, 3), 100, np.uint8)
    image = target.copy()
    image[0, 1] += difference_maps.DIFFERENCE_FULL_SCALE // 2
    image[0, 2] += difference_maps.DIFFERENCE_FULL_SCALE
    image[1, 2] += 150
    drawn = difference_maps.difference_map(image, target)
    light = drawn.sum(axis=2)
    assert light[0, 0] == light[1, 0] < light[0, 1] < light[0, 2] == light[1, 2]
    assert np.array_equal(difference_maps.difference_map(target, image), drawn)  # neither side wraps around in uint8


def test_difference_colours_rise_in_lightness():
    target = np.zeros((1, 49, 3), np.uint8)
    ramp = np.repeat(np.arange(49, dtype=np.uint8)[None, :, None], 3, axis=2)
    light = difference_maps.difference_map(ramp, target)[0] @ np.array([0.2126, 0.7152, 0.0722])
    assert np.all(np.diff(light) > -0.6)  # rounding may cost half a level
    assert light[-1] - light[0] > 200


def test_encoded_image_keeps_colour_and_size_and_is_never_enlarged():
    flat = np.full((40, 60, 3), (200, 60, 30), np.uint8)
    picture = pictures.encode(flat, 720, 92)
    assert (picture.width, picture.height) == (60, 40)
    assert decode(picture).shape == (40, 60, 3)
    assert np.abs(decode(picture).astype(int) - flat).max() <= 3


def test_a_large_image_is_shrunk_in_proportion():
    assert decode(pictures.encode(samples.image(300, 900), 300, 80)).shape == (100, 300, 3)
    assert decode(pictures.encode(samples.image(1000, 1), 300, 80)).shape == (300, 1, 3)


def test_images_fit_the_budget_at_the_best_size_that_does():
    examples = [samples.example(height=256, width=384)]
    full = pictures.encode_all(examples).examples
    small = pictures.encode_all(examples, budget=150_000).examples
    assert decode(full[0].restored).shape == (256, 384, 3)
    assert sum(len(getattr(small[0], name).uri) for name in ("input", "restored", "target")) < 150_000
    with pytest.raises(ValueError, match="pass fewer"):
        pictures.encode_all(examples, budget=1000)


@pytest.mark.parametrize("bad", [np.zeros((4, 5, 3)), np.zeros((4, 5), np.uint8), np.zeros((0, 5, 3), np.uint8)])
def test_an_array_that_is_not_8_bit_rgb_is_an_error_with_its_name(bad):
    good = samples.image(4, 5)
    with pytest.raises(ValueError, match="pair 9: restored"):
        Example("pair 9", "heavy", good, bad, good)
    with pytest.raises(ValueError, match="pair 9: target"):
        QuarantinedImages("pair 9", good, bad)


def test_images_of_an_example_have_one_size():
    with pytest.raises(ValueError, match=r"pair 9.*\(4, 5, 3\), \(5, 4, 3\)"):
        Example("pair 9", "heavy", samples.image(4, 5), samples.image(5, 4), samples.image(4, 5))


def test_the_region_has_the_largest_error():
    target = samples.image(140, 210)
    image = target.copy()
    image[90:110, 30:60] ^= 255
    region = difference_maps.worst_region(image, target)
    assert (region.width, region.height) == (40, 40)
    assert region.top <= 90
    assert region.top + 40 >= 110
    assert region.left <= 30
    assert region.left + 40 >= 60
    assert np.array_equal(region.of(image), image[region.top : region.top + 40, region.left : region.left + 40])


def test_region_of_equal_images_is_the_first_and_never_larger_than_the_image():
    narrow = samples.image(30, 200)
    region = difference_maps.worst_region(narrow, narrow)
    assert (region.left, region.top, region.width, region.height) == (0, 0, 40, 30)


def test_regions_that_overlap_are_shown_once():
    target = samples.image(150, 150)
    degraded, restored = target.copy(), target.copy()
    degraded[:40, :40] ^= 255
    restored[-40:, -40:] ^= 255
    apart = pictures.encode_all([Example("a", "heavy", degraded, restored, target)]).examples[0].crops
    assert [(crop.left, crop.top) for crop in apart] == [(0, 0), (110, 110)]
    together = pictures.encode_all([Example("a", "heavy", degraded, degraded, target)]).examples[0].crops
    assert [(crop.left, crop.top) for crop in together] == [(0, 0)]
    assert decode(apart[1].restored).shape == (40, 40, 3)


def test_every_picture_counts_towards_the_budget():
    shown = pictures.encode_all([samples.example()], [samples.quarantined_images()])
    text = shown.model_dump_json()
    assert shown.bytes == sum(len(part.split('"')[0]) + len("data:") for part in text.split('"data:')[1:])
