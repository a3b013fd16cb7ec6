"""The comparison image of before and after."""

import io

import numpy as np
from PIL import Image

from pipeline.restoring.comparison import MAX_SIDE, comparison
from tests.data.drawing import picture


def test_a_large_image_is_shrunk_and_its_most_changed_region_is_not():
    before = picture(1, 1000, 2 * MAX_SIDE)
    after = before.copy()
    after[700:760, 1500:1560] = 255 - after[700:760, 1500:1560]
    image = np.asarray(Image.open(io.BytesIO(comparison(before, after))))
    height = 1000 // 2
    assert image.shape == (2 * height + 8, 2 * MAX_SIDE + 8, 3)
    left, right = image[height + 8 :, :MAX_SIDE].astype(int), image[height + 8 :, MAX_SIDE + 8 :]
    changed = (left != right).any(axis=2)
    assert 3500 < changed.sum() <= 3600  # all of it is shown, each of its pixels as one
