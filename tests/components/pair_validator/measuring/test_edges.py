"""Strips without content, and woven lines."""

import cv2
import numpy as np
import pytest

from components.pair_validator.measuring.edges import _woven, weaving, weaving_shift, widest_strip
from components.pair_validator.measuring.planes import planes_of
from tests.components.pair_validator.drawing import haze, luma, rain, scene

TARGET = luma(scene(5, 200, 240))
INPUT = luma(rain(scene(5, 200, 240), 6))


def grey(luma_plane):
    """Returns the forms of a grey image, whose luma is its grey level."""
    return planes_of(np.repeat(luma_plane[..., None], 3, axis=2))


def strip(degraded, target):
    return widest_strip(grey(degraded), grey(target))


@pytest.mark.parametrize("colour", [0, 128, 255])
@pytest.mark.parametrize("lines", [8, 60])
def test_a_bar_is_found_at_each_side_of_each_image(colour, lines):
    for turns, side in enumerate(("top", "left", "bottom", "right")):
        barred = np.rot90(INPUT, -turns).copy()
        barred[:lines] = colour
        barred = np.rot90(barred, turns)
        assert (strip(barred, TARGET).lines, strip(barred, TARGET).place) == (lines, f"input {side}")
        assert strip(TARGET, barred).place == f"target {side}"


def test_a_repeated_last_line_is_a_strip():
    padded = np.pad(INPUT[16:], ((16, 0), (0, 0)), mode="edge")
    assert strip(padded, TARGET).lines == pytest.approx(17, abs=1)


def test_a_bar_in_both_images_is_none():
    one, other = INPUT.copy(), TARGET.copy()
    one[:8] = other[:8] = 0
    assert strip(one, other).lines == 0


@pytest.mark.parametrize("image", [INPUT, luma(haze(scene(5, 200, 240))), TARGET])
def test_a_correct_pair_has_neither(image):
    assert strip(image, TARGET).lines == 0
    assert weaving(image, TARGET) <= 1


def test_a_sky_that_fades_into_the_scene_is_no_strip():
    share = np.clip(np.arange(200) / 100, 0, 1)[:, None]
    hazy = (share * INPUT + (1 - share) * 255).astype(np.uint8)
    assert strip(hazy, TARGET).lines <= 2


@pytest.mark.parametrize("axis", [0, 1])
def test_woven_lines_exceed_one(axis):
    image = np.moveaxis(INPUT, axis, 0).copy()
    image[1::2] = np.roll(image[1::2], 4, axis=1)
    assert weaving(np.moveaxis(image, 0, axis), TARGET) > 1.05
    assert weaving(np.moveaxis(image, 0, axis), np.moveaxis(image, 0, axis)) == 1


@pytest.mark.parametrize("axis", [0, 1])
def test_woven_lines_of_a_soft_picture_are_found_by_their_distance(axis):
    soft = cv2.GaussianBlur(INPUT, (0, 0), 3)
    woven = np.moveaxis(soft, axis, 0).copy()
    woven[1::2] = np.roll(woven[1::2], 2, axis=1)
    woven = np.moveaxis(woven, 0, axis)
    assert weaving_shift(grey(woven), grey(TARGET)) > 0.3
    assert weaving_shift(grey(TARGET), grey(woven)) > 0.3


@pytest.mark.parametrize(
    "image", [INPUT, luma(haze(scene(5, 200, 240))), np.roll(INPUT, 5, axis=1), INPUT[::-1], 0 * INPUT]
)
def test_lines_of_weather_shifts_and_other_scenes_lie_together(image):
    assert weaving_shift(grey(image), grey(TARGET)) < 0.05


def test_an_image_of_a_few_lines_has_no_distance_of_lines():
    assert weaving_shift(grey(INPUT[:1, :40]), grey(TARGET[:1, :40])) == 0


def test_a_dark_place_behind_a_round_object_is_no_strip_in_rain():
    dark = np.full((200, 240, 3), 8, np.uint8)
    cv2.circle(dark, (240, 100), 130, (150, 150, 150), -1)
    target, degraded = luma(dark), luma(rain(dark, 4, 1500, 200))
    assert strip(degraded, target).lines == 0
    bar = luma(rain(scene(5, 200, 240), 4, 1500, 200)).copy()
    bar[:, :60] = 0
    assert strip(bar, TARGET).lines == 60


@pytest.mark.parametrize("axis", [0, 1])
def test_slats_as_fine_as_the_lines_are_not_woven_though_rain_hides_them(axis):
    slats = np.moveaxis(cv2.GaussianBlur(scene(5, 200, 240), (0, 0), 2), axis, 0).astype(int)
    slats[::2] += 10
    slats = np.ascontiguousarray(np.moveaxis(np.clip(slats, 0, 255).astype(np.uint8), 0, axis))
    degraded = np.rot90(rain(np.rot90(slats, axis), 6, 3000, 200), -axis)
    assert max(_woven(luma(slats))) > 1.01 > max(_woven(luma(degraded)))
    assert weaving(luma(degraded), luma(slats)) <= 1
    assert weaving(INPUT, luma(slats)) > 1.01
