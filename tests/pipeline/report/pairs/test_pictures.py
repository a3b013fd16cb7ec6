"""The pictures of a pair: overlay and details."""

import numpy as np
import pytest

from pipeline.report.pairs.pictures import DETAIL, overlay, pictures_of
from tests.pipeline.report.pair_verdicts import RAINY, TARGET


def test_an_overlay_is_grey_where_both_agree():
    same = overlay(TARGET, TARGET)
    assert (same[..., 0] == same[..., 1]).all()
    moved = overlay(np.roll(TARGET, 2, 1), TARGET).astype(int)
    assert (np.abs(moved[..., 0] - moved[..., 1]) > 5).mean() > 0.1


@pytest.mark.parametrize("size", [(160, 200), (40, 50), (400, 150)])
def test_details_show_the_same_part_of_images_of_any_size(size):
    pictures = pictures_of(np.resize(RAINY, (*size, 3)), TARGET)
    assert (pictures.height, pictures.width) == (DETAIL[0], min(DETAIL[1], max(size[1], 200)))
    assert pictures.overlay.startswith("data:image/jpeg;base64,")
