"""Distance, degraded side and closeness."""

import pytest

from components.pair_validator.measuring import appearance
from tests.components.pair_validator.drawing import haze, luma, rain, scene

TARGET = scene(21, 240, 320)


def structure(degraded, target):
    return appearance.compare_structure(degraded, target, luma(degraded), luma(target))


def test_rain_is_extra_structure_and_haze_a_veil():
    rainy, hazy = structure(rain(TARGET, 1), TARGET), structure(haze(TARGET), TARGET)
    assert rainy.extra > 0.3
    assert abs(rainy.veil) < 0.1
    assert hazy.veil > 0.3


def test_structure_changes_sign_when_the_pair_is_swapped():
    rainy = rain(TARGET, 1)
    forward, backward = structure(rainy, TARGET), structure(TARGET, rainy)
    assert backward.extra == pytest.approx(-forward.extra, abs=1e-4)
    assert backward.veil == pytest.approx(-forward.veil, abs=1e-4)
