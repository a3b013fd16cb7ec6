"""The values of single images: kept whole, and summed up the same way whatever their order."""

import math
import random

import pytest

from components.evaluation import per_image
from components.evaluation.measures import GAIN_PSNR, MEASURED
from components.evaluation.per_image import ImageRow
from components.evaluation.slices import Slice
from tests.components.gate.rows import row


def _odd(number):
    values = [0.1 + number / 3] * len(MEASURED)
    values[4] = math.nan if number % 2 else 0.5
    return ImageRow(f"p{number}", "s", (("severity", "light"),), tuple(values))


def test_json_is_exact_and_keeps_nan():
    rows = [_odd(number) for number in range(5)]
    again = per_image.from_json(per_image.to_json(rows))
    assert [each.values for each in again] == [pytest.approx(each.values, rel=0, abs=0, nan_ok=True) for each in rows]
    assert [(e.pair_id, e.scene_id, e.classes) for e in again] == [(e.pair_id, e.scene_id, e.classes) for e in rows]


def test_rows_with_other_columns_are_refused():
    text = per_image.to_json([_odd(0)]).replace(b'"psnr"', b'"sharpness"')
    with pytest.raises(ValueError, match="sharpness"):
        per_image.from_json(text)


def test_json_and_worst_do_not_depend_on_the_order():
    rows = [_odd(number) for number in range(9)]
    shuffled = random.Random(2).sample(rows, len(rows))
    assert per_image.to_json(shuffled) == per_image.to_json(rows)
    tied = [row(3, gain=-1.0), row(1, gain=-1.0), row(2, gain=4.0)]
    assert per_image.worst(tied).pair_id == per_image.worst(tied[::-1]).pair_id == "001"


def test_a_mean_is_over_the_images_that_have_the_measure():
    found = per_image.means([_odd(number) for number in range(4)])
    assert found["ms_ssim_y"] == 0.5
    assert found["psnr"] == pytest.approx(0.1 + 1.5 / 3)
    assert math.isnan(per_image.means([_odd(1)])["ms_ssim_y"])
    assert all(math.isnan(value) for value in per_image.means([]).values())


def test_share_worse_counts_images_with_a_lower_psnr():
    assert per_image.share_worse([row(1, gain=-0.1), row(2, gain=0.0), row(3, gain=1), row(4, gain=2)]) == 0.25
    assert math.isnan(per_image.share_worse([]))


def test_rows_are_grouped_by_the_given_features_without_slices_of_all_images():
    rows = [row(n, severity=("light", "heavy")[n % 2], source="one", size_class="small") for n in range(4)]
    slices = per_image.rows_by_slice(rows, ("severity", "source"))
    assert {part: [r.pair_id for r in members] for part, members in slices.items()} == {
        Slice("severity", "heavy"): ["001", "003"],
        Slice("severity", "light"): ["000", "002"],
    }


def test_differences_are_paired_by_image():
    candidate = [row(1, gain=3.0), row(2, gain=5.0)]
    baseline = {each.pair_id: each for each in (row(2, gain=1.0), row(1, gain=2.5))}
    differences, scenes = per_image.paired(candidate, baseline, GAIN_PSNR)
    assert differences.tolist() == [0.5, 4.0]
    assert scenes == ["s1", "s2"]
    with pytest.raises(ValueError, match=r"1 of the images, such as 003"):
        per_image.paired([*candidate, row(3)], baseline, GAIN_PSNR)
