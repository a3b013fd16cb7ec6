"""Gradient energies of blocks."""

import cv2
import numpy as np
import pytest

from components.pair_validator.measuring import block_energies as energies
from data.image.luma import halved
from tests.components.pair_validator.drawing import luma, rain, scene

TARGET = luma(scene(21, 240, 324))
INPUT = luma(rain(scene(21, 240, 324), 1))


def _scales(degraded=INPUT, target=TARGET, step=1):
    gradients, both = [], (degraded, target)
    for scale in range(energies.SCALES):
        gradients.append(energies.band_gradients(*both, energies.BLOCK >> scale, step))
        both = tuple(halved(plane) for plane in both)
    return gradients


def test_an_energy_is_the_mean_of_squared_gradients():
    across, along = (cv2.Scharr(INPUT, cv2.CV_64F, *axis) / 16 for axis in ((1, 0), (0, 1)))
    expected = (across**2 + along**2).reshape(20, 12, 27, 12).mean(axis=(1, 3)) + energies.FLOOR
    assert energies.block_energies(_scales()).input[0] == pytest.approx(expected.ravel(), rel=1e-5)


@pytest.mark.parametrize("step", [2, 3, 5])
def test_rows_of_blocks_that_are_left_out_change_no_other(step):
    every, some = (energies.block_energies(_scales(step=each)).coherence for each in (1, step))
    chosen = every.reshape(energies.SCALES, 20, 27)[:, step // 2 :: step]
    assert np.array_equal(some, chosen.reshape(energies.SCALES, -1))


@pytest.mark.parametrize(
    ("shape", "step"), [((96, 128), 1), ((240, 324), 1), ((320, 480), 2), ((384, 512), 2), ((1152, 1536), 8)]
)
def test_large_images_are_measured_in_some_rows_of_blocks(shape, step):
    assert energies.band_step(shape) == step


def test_equal_images_are_coherent_without_a_difference():
    same = energies.block_energies(_scales(TARGET, TARGET))
    assert same.log_ratio == pytest.approx(0)
    assert same.difference == pytest.approx(energies.FLOOR, rel=0.01)


@pytest.mark.parametrize(("step", "border"), [(1, 0), (1, 2), (3, 1), (4, 4)])
def test_bands_of_several_planes_lie_one_below_the_other(step, border):
    def of_one(plane):
        framed = np.pad(plane, ((border, border), (0, 0)), mode="reflect")
        tops = range(step // 2 * 12, len(plane), step * 12)
        return [framed[top : top + 12 + 2 * border] for top in tops]

    joined = energies.joined_bands((INPUT, TARGET), 12, step, border)
    assert np.array_equal(joined, np.concatenate(of_one(INPUT) + of_one(TARGET)))


def test_the_mean_product_counts_blocks_that_are_not_coherent_too():
    across, along = (
        cv2.Scharr(INPUT, cv2.CV_64F, *axis) * cv2.Scharr(255 - TARGET, cv2.CV_64F, *axis) / 256
        for axis in ((1, 0), (0, 1))
    )
    measured = energies.block_energies(_scales(INPUT, 255 - TARGET))
    assert measured.mean_product[0] == pytest.approx((across + along).mean(), rel=1e-4)
    assert measured.mean_product[0] < 0
