"""Gradient energies of blocks."""

import cv2
import numpy as np
import pytest

from components.pair_validator.measuring import block_energies as energies
from data.image.luma import halved
from tests.components.pair_validator.drawing import luma, rain, scene

TARGET = luma(scene(21, 240, 324))
INPUT = luma(rain(scene(21, 240, 324), 1))


def _scales():
    both = [(INPUT, TARGET)]
    for _ in range(2):
        both.append(tuple(halved(plane) for plane in both[-1]))
    return both


def test_an_energy_is_the_mean_of_squared_gradients():
    across, along = (cv2.Scharr(INPUT, cv2.CV_64F, *axis) / 16 for axis in ((1, 0), (0, 1)))
    expected = (across**2 + along**2).reshape(20, 12, 27, 12).mean(axis=(1, 3)) + energies.FLOOR
    assert energies.block_energies(_scales()).input[0] == pytest.approx(expected.ravel(), rel=1e-5)


def test_bands_give_what_the_whole_gives(monkeypatch):
    measured = []
    for pixels in (1, 324 * 36, 2**24):
        monkeypatch.setattr(energies, "BAND_PIXELS", pixels)
        measured.append(energies.block_energies(_scales()).coherence)
    assert all(np.array_equal(each, measured[0]) for each in measured)


def test_equal_images_are_coherent_without_a_difference():
    same = energies.block_energies([(TARGET, TARGET)] + [(halved(TARGET),) * 2, (halved(halved(TARGET)),) * 2])
    assert same.log_ratio == pytest.approx(0)
    assert same.difference == pytest.approx(energies.FLOOR, rel=0.01)
