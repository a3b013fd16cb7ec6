"""The region that the report of pair checks frames."""

import numpy as np
import pytest

from pipeline.report.pairs.folder import region_of
from tests.components.pair_validator.drawing import rain, scene
from tests.pipeline.report.pair_verdicts import verdict

TARGET = scene(11, 320, 416)
RAINY = rain(TARGET, 12)


def with_part(top, left, part):
    changed = RAINY.copy()
    changed[top : top + part.shape[0], left : left + part.shape[1]] = part
    return changed


@pytest.mark.parametrize(
    ("setting", "degraded", "box"),
    [
        ("max_place_evidence", with_part(64, 100, np.roll(RAINY, 8, 1)[64:192, 100:228]), (64, 100, 192, 228)),
        ("max_patch_evidence", with_part(96, 200, np.roll(RAINY, 16, 1)[96:160, 200:264]), (96, 200, 160, 264)),
        ("max_foreign_evidence", with_part(96, 192, scene(5, 320, 416)[96:192, 192:288]), (96, 192, 192, 288)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_region_is_that_of_the_reason(setting, degraded, box):
    judged = verdict("pair", degraded, TARGET)
    (reason,) = judged.reasons
    assert (reason.code, reason.setting) == ("locally_misaligned", setting)
    assert region_of(judged) == pytest.approx(box, abs=64)


def test_a_pair_without_a_reason_has_no_region():
    assert region_of(verdict("pair", RAINY, TARGET)) is None
