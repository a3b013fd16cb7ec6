"""The coarse search over flips, turns, zooms and far shifts."""

import numpy as np
import pytest

from components.pair_validator.measuring.planes import planes_of
from components.pair_validator.measuring.registering.coarse_registration import (
    ORIENTATIONS,
    find_orientation,
    search,
)
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
    found = find_orientation(planes_of(np.ascontiguousarray(TURNED[name](INPUT))), planes_of(TARGET))
    assert found.best == name
    assert found.best_snr > 12
    if name != "upright":
        assert found.best_snr > 2 * found.upright_snr


@pytest.mark.parametrize(("factor", "degrees"), [(0.8, 0.0), (1.0, -12.0), (1.1, 5.0)])
def test_a_zoom_and_a_turn_are_found_together(factor, degrees):
    images = [luma(image) for image in corruptions.turn(*corruptions.zoom(INPUT, TARGET, factor), degrees)]
    found = search(*images)
    assert found.zoom == pytest.approx(factor, abs=0.04)
    assert found.rotation == pytest.approx(degrees, abs=2.0)


@pytest.mark.parametrize(("rows", "columns"), [(70, -30), (-50, 60)])
def test_a_large_shift_is_found(rows, columns):
    images = [luma(image) for image in corruptions.shift(INPUT, TARGET, rows, columns)]
    assert search(*images).shift == pytest.approx((rows, columns), abs=3)
