"""A picture with motion blur lies on its target: its whitened correlation has a peak at each end of the motion."""

import math

import numpy as np
import pytest

from components.pair_validator.judging import reasons
from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairThresholds
from pipeline.benchmarks.pair_faults.kinds.valid_photometry import moved_during_exposure
from tests.components.pair_validator.drawing import encode, rain, scene

TARGET = scene(91, 256, 384)


def codes(degraded, target):
    return [reason.code for reason in judge_pair(measure("p", encode(degraded), encode(target)), PairThresholds())]


@pytest.mark.parametrize("length", [5, 7, 9, 15])
@pytest.mark.parametrize("degrees", [0, 35, 90])
def test_motion_blur_is_no_displacement(length, degrees):
    blurred = moved_during_exposure(rain(TARGET, 3), length, math.radians(degrees))
    assert codes(blurred, TARGET) == []


@pytest.mark.parametrize("length", [5, 9])
def test_a_shift_of_a_blurred_input_is_found(length):
    blurred = moved_during_exposure(rain(TARGET, 3), length, 0.0)
    shifted = np.roll(blurred, 4, axis=0)[8:-8]
    assert reasons.MISALIGNED in codes(shifted, TARGET[8:-8])
