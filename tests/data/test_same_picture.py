"""Refusal of pairs without a ground truth."""

import numpy as np
import pytest

from data.errors import InputError
from data.same_picture import refuse_same_picture

PICTURE = np.random.default_rng(3).integers(60, 200, (240, 320)).astype(np.uint8)


def test_one_picture_twice_is_refused():
    with pytest.raises(InputError, match=r"a\.jpg: both halves are the same photograph"):
        refuse_same_picture(PICTURE + np.uint8(2), PICTURE, "a.jpg")


def test_a_drop_on_a_hundredth_of_the_picture_is_not():
    dropped = PICTURE.copy()
    dropped[80:96, 80:96] += 20
    refuse_same_picture(dropped, PICTURE, "a.jpg")
