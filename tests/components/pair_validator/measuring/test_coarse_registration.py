"""The coarse search over flips, turns, zooms and far shifts."""

import numpy as np
import pytest

from components.pair_validator.measuring.coarse_registration import (
    ORIENTATIONS,
    find_orientation,
    search_similarity,
    square,
)
from components.pair_validator.measuring.registration import register
from pipeline.benchmarks.support import corruptions
from tests.components.pair_validator.drawing import luma, rain, scene

TARGET = scene(11, 240, 320)
INPUT = rain(TARGET, 12)
TURNED = {
    "upright": lambda image: image,
    "quarter-turn-left": lambda image: np.rot90(image),
    "half-turn": lambda image: image[::-1, ::-1],
    "quarter-turn-right": lambda image: np.rot90(image, -1),
    "mirrored": lambda image: image[:, ::-1],
    "transposed": lambda image: image.swapaxes(0, 1),
    "upside-down": lambda image: image[::-1],
    "anti-transposed": lambda image: image[::-1, ::-1].swapaxes(0, 1),
}


def test_every_orientation_is_tested():
    assert set(TURNED) == set(ORIENTATIONS)


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_each_flip_and_quarter_turn_is_recognised(name):
    found = find_orientation(square(luma(TURNED[name](INPUT))), square(luma(TARGET)))
    assert found.best == name
    assert found.best_snr > 12
    if name != "upright":
        assert found.best_snr > 2 * found.upright_snr


@pytest.mark.parametrize("factor", [0.85, 0.92, 1.08, 1.2])
def test_a_zoom_that_blocks_cannot_follow_is_measured(factor):
    images = [luma(image) for image in corruptions.zoom(INPUT, TARGET, factor)]
    found = search_similarity(*images, register(*images))
    assert found.zoom == pytest.approx(factor, abs=5e-3)
    assert found.peak_snr > found.identity_snr + 3


@pytest.mark.parametrize("degrees", [-8.0, 4.0, 12.0])
def test_a_turn_that_blocks_cannot_follow_is_measured(degrees):
    images = [luma(image) for image in corruptions.turn(INPUT, TARGET, degrees)]
    found = search_similarity(*images, register(*images))
    assert found.rotation == pytest.approx(degrees, abs=0.3)


@pytest.mark.parametrize(("rows", "columns"), [(70, -30), (-50, 60)])
def test_a_large_shift_is_measured(rows, columns):
    images = [luma(image) for image in corruptions.shift(INPUT, TARGET, rows, columns)]
    found = search_similarity(*images, register(*images))
    assert (found.shift_y, found.shift_x) == pytest.approx((rows, columns), abs=0.5)


def test_the_registration_by_blocks_stays_where_its_peak_is_higher():
    images = [luma(INPUT), luma(TARGET)]
    by_blocks = register(*images)
    assert search_similarity(*images, by_blocks).zoom == pytest.approx(by_blocks.zoom, abs=1e-3)
