"""How the input lies on its target: as a whole, and place by place."""

import cv2
import numpy as np
import pytest

from components.pair_validator.measuring.planes import planes_of
from components.pair_validator.measuring.registering.places import displaced_region, find_places
from components.pair_validator.measuring.registering.position import measure_position
from pipeline.benchmarks.support import corruptions
from tests.components.pair_validator.drawing import haze, luma, rain, scene

TARGET = scene(11, 256, 352)
INPUT = rain(TARGET, 12)
# Of enough places for every second one to be left out at first.
LARGE = scene(11, 320, 416)


def position(pair):
    return measure_position(*(planes_of(np.ascontiguousarray(image)) for image in pair))


def warped(image, matrix, shift=(0.0, 0.0)):
    """Moves the content at (column, row) from the centre to `matrix` @ (column, row) + shift."""
    centre = np.array([(image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2])
    whole = np.column_stack([matrix, centre - np.array(matrix) @ centre + shift])
    return cv2.warpAffine(image, whole, image.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("degraded", [INPUT, haze(TARGET), rain(TARGET, 3, streaks=1500, strength=160), TARGET])
def test_an_aligned_pair_is_aligned_as_a_whole_and_at_every_place(degraded):
    found = position((degraded, TARGET))
    assert np.hypot(found.whole.shift_y, found.whole.shift_x) < 0.15
    assert found.whole.zoom == pytest.approx(1, abs=2e-3)
    assert (found.aspect, found.shear) == pytest.approx((0, 0), abs=3e-3)
    assert found.displaced is None
    assert found.whole.identity_snr > 25


@pytest.mark.parametrize("factor", [0.85, 0.92, 1.08, 1.2])
def test_a_zoom_that_blocks_cannot_follow_is_measured(factor):
    found = position(corruptions.zoom(INPUT, TARGET, factor)).whole
    assert found.zoom == pytest.approx(factor, abs=5e-3)
    assert found.peak_snr > found.identity_snr + 3


@pytest.mark.parametrize("degrees", [-8.0, 4.0, 12.0])
def test_a_turn_that_blocks_cannot_follow_is_measured(degrees):
    assert position(corruptions.turn(INPUT, TARGET, degrees)).whole.rotation == pytest.approx(degrees, abs=0.3)


def test_a_zoom_with_a_turn_is_measured():
    found = position(corruptions.turn(*corruptions.zoom(INPUT, TARGET, 1.1), 5.0)).whole
    assert found.zoom == pytest.approx(1.1, abs=5e-3)
    assert found.rotation == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize(("rows", "columns"), [(70, -30), (-50, 60)])
def test_a_large_shift_is_measured(rows, columns):
    found = position(corruptions.shift(INPUT, TARGET, rows, columns)).whole
    assert (found.shift_y, found.shift_x) == pytest.approx((rows, columns), abs=0.5)


@pytest.mark.parametrize("stretch", [0.01, 0.03, 0.1])
def test_a_stretch_in_width_is_measured(stretch):
    found = position((warped(INPUT, [[1 + stretch, 0], [0, 1]]), TARGET))
    assert found.aspect == pytest.approx(stretch, rel=0.1, abs=1e-3)
    assert found.shape_share > 0.5


@pytest.mark.parametrize("lean", [-0.035, 0.0175])
def test_a_lean_is_measured(lean):
    assert position((warped(INPUT, [[1, lean], [0, 1]]), TARGET)).shear == pytest.approx(lean, abs=2e-3)


def test_half_a_pixel_on_both_axes_has_evidence():
    found = position((warped(INPUT, np.eye(2), (0.5, 0.5)), TARGET)).whole
    assert np.hypot(found.shift_y, found.shift_x) == pytest.approx(0.71, abs=0.1)
    assert found.peak_snr > found.identity_snr + 3


@pytest.mark.parametrize(("top", "left", "pixels"), [(64, 100, 3), (100, 200, 8), (120, 40, 16)])
def test_a_displaced_block_is_found_where_it_is(top, left, pixels):
    moved = INPUT.copy()
    moved[top : top + 128, left : left + 128] = np.roll(INPUT, pixels, axis=1)[top : top + 128, left : left + 128]
    found = position((moved, TARGET)).displaced
    assert found.evidence > 8
    assert found.size == pytest.approx(pixels, abs=1.0)
    middle = (found.box[0] + found.box[2]) / 2, (found.box[1] + found.box[3]) / 2
    assert middle == pytest.approx((top + 64, left + 64), abs=48)


@pytest.mark.parametrize("weather", [lambda image: rain(image, 12), haze])
def test_every_second_place_settles_an_aligned_pair_as_all_places_would(weather):
    degraded = weather(LARGE)
    found = position((degraded, LARGE))
    every = find_places(*(planes_of(image).full for image in (degraded, LARGE)))
    assert found.places == len(every.centres) // 2
    assert (found.whole.shift_y, found.whole.shift_x) == pytest.approx(tuple(every.fit().affine.shift), abs=0.05)
    assert found.whole.peak_snr == pytest.approx(every.match, rel=0.1)


@pytest.mark.parametrize(("top", "left"), [(64, 100), (150, 230), (90, 192), (32, 0)])
def test_all_places_are_asked_where_one_of_half_of_them_doubts(top, left):
    degraded = rain(LARGE, 12)
    moved = degraded.copy()
    moved[top : top + 128, left : left + 128] = np.roll(degraded, 8, axis=1)[top : top + 128, left : left + 128]
    found = position((moved, LARGE))
    assert found.places == len(find_places(*(planes_of(image).full for image in (moved, LARGE))).centres)
    assert found.displaced.evidence > 8


def test_a_position_is_the_same_for_transposed_images():
    moved = warped(INPUT, [[1.02, 0.01], [0, 1]], (1.0, -2.0))
    found = position((moved, TARGET))
    transposed = position((moved.swapaxes(0, 1), TARGET.swapaxes(0, 1)))
    assert transposed.whole.shift_y == pytest.approx(found.whole.shift_x, abs=0.05)
    assert transposed.whole.shift_x == pytest.approx(found.whole.shift_y, abs=0.05)
    assert transposed.aspect == pytest.approx(-found.aspect, abs=1e-3)
    assert transposed.shear == pytest.approx(found.shear, abs=1e-3)


def test_flat_images_give_finite_numbers_and_no_displacement():
    flat = np.full((200, 220, 3), 128, np.uint8)
    found = position((flat, flat))
    assert found.displaced is None
    assert np.isfinite([found.whole.shift_y, found.whole.peak_snr, found.aspect, found.shear, found.shape_error]).all()


def test_places_that_hold_only_rounding_are_not_displaced():
    blank = np.full((256, 384, 3), 207, np.uint8)
    noise = np.random.default_rng(1).random((64, 96)) > 0.97
    target = blank + cv2.resize(noise.astype(np.uint8), (384, 256), interpolation=cv2.INTER_NEAREST)[..., None]
    moved = np.roll(target, (4, 6), axis=(0, 1))
    places = find_places(luma(moved), luma(target))
    assert (places.contrasts(np.arange(len(places.moves))) < 1).all()
    assert displaced_region(places, None, moved.shape[:2]) is None
