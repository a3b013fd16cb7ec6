"""The comparison image of before and after."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.restoring.comparison import HEADING, MAX_SIDE, comparison
from tests.data.drawing import picture


def test_a_large_image_is_shrunk_and_its_most_changed_region_is_not():
    before = picture(1, 1000, 2 * MAX_SIDE)
    after = before.copy()
    after[700:760, 1500:1560] = 255 - after[700:760, 1500:1560]
    image = np.asarray(Image.open(io.BytesIO(comparison(before, after))))[HEADING:]
    height = 1000 // 2
    assert image.shape == (2 * height + 8, 2 * MAX_SIDE + 8, 3)
    left, right = image[height + 8 :, :MAX_SIDE].astype(int), image[height + 8 :, MAX_SIDE + 8 :]
    changed = (left != right).any(axis=2)
    assert 3500 < changed.sum() <= 3600  # all of it is shown, each of its pixels as one


@pytest.mark.parametrize("width", [40, 300])
def test_a_heading_names_both_images_each_above_its_own(width):
    image = np.asarray(Image.open(io.BytesIO(comparison(picture(1, 50, width), picture(2, 50, width)))))
    heading = image[:HEADING]
    assert image.shape == (HEADING + 50, 2 * width + 8, 3)
    for part in (heading[:, :width], heading[:, width + 8 :]):
        assert (part < 128).any()
    assert (heading[:, width : width + 8] == 255).all()  # no title reaches the other image
