from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.features import HEAVY
from data.synthesis.rain import draw_rain
from data.synthesis.random_streams import generator
from data.synthesis.streaks import RainParameters, StreakLayer, streak_kernel, streaks

ONE_LAYER = RainParameters(angle=20.0, spread=0.0, layers=(StreakLayer(4.0, 30.0, 1.2, 0.5, 0.0),), veil=0.0, glow=1.0)


def test_shares_of_light_lie_between_none_and_all():
    alpha = streaks(80, 120, draw_rain(HEAVY, generator(2)), 4)
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() < 1


@pytest.mark.parametrize("angle", [-30.0, 0.0, 25.0])
def test_streaks_fall_at_their_angle(angle: float):
    # The direction in which the gradient is least, from the structure tensor.
    layer = StreakLayer(density=1.0, length=80.0, width=6.0, opacity=0.2, blur=2.0)
    alpha = streaks(300, 300, replace(ONE_LAYER, angle=angle, layers=(layer,)), 1).astype(float)
    down, right = np.gradient(alpha)
    tensor = np.array([[(down**2).sum(), (down * right).sum()], [(down * right).sum(), (right**2).sum()]])
    along = np.linalg.eigh(tensor)[1][:, 0]
    assert np.degrees(np.arctan(along[1] / along[0])) == pytest.approx(angle, abs=2.0)


def test_a_streak_is_as_long_and_wide_as_asked():
    kernel = streak_kernel(length=41.0, width=3.0, blur=0.0, angle=0.0)
    assert kernel.max() == pytest.approx(1.0, abs=0.01)
    # Half of its light at the middle of the fade: 0.5 * length from end to end less 40 % of it.
    column = kernel[:, kernel.shape[1] // 2]
    assert np.count_nonzero(column) == pytest.approx(41, abs=5)
    row = kernel[kernel.shape[0] // 2]
    assert np.count_nonzero(row >= 0.5) == 3


def test_defocus_spreads_light_and_keeps_its_sum():
    sharp = streak_kernel(60.0, 2.0, 0.0, 10.0)
    blurred = streak_kernel(60.0, 2.0, 2.0, 10.0)
    assert blurred.max() < 0.5 * sharp.max()
    assert blurred.sum() == pytest.approx(sharp.sum(), rel=0.1)
