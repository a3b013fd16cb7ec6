import pytest

from components.pair_validator.settings import PairSettings
from pipeline.benchmarks.pair_faults.kinds import kinds
from pipeline.benchmarks.pair_faults.roc import FACTORS, at_middle_strength, curves, middle_strength
from tests.pipeline.benchmarks.pair_faults.samples import sample

KINDS = {kind.name: kind for kind in kinds()}


def test_the_middle_strength_counts():
    assert middle_strength(KINDS["width stretched"]) == 3
    assert middle_strength(KINDS["watermark on the target"]) == 25


def test_only_samples_of_the_middle_strength_are_kept():
    kept = list(at_middle_strength([sample("shear", 1, 0), sample("shear", 2, 0)]))
    assert [each.strength for each in kept] == [2]


def test_a_stricter_shift_threshold_finds_more_and_alarms_more():
    samples = [sample("as published", 1, 0.2), sample("shift", 4, 0.7), sample("shift", 4, 0.3)]
    (curve,) = (each for each in curves(samples, PairSettings()) if each.threshold == "max_shift")
    points = {point.factor: point for point in curve.points}
    assert curve.moved == ("shift",)
    assert tuple(points) == FACTORS
    assert (points[1.0].recall, points[1.0].false_alarms) == (0.5, 0)
    assert (points[0.25].recall, points[0.25].false_alarms) == (1, 1)
    assert (points[2.0].recall, points[2.0].false_alarms) == (0, 0)
    assert points[2.0].value == pytest.approx(2 * PairSettings().thresholds.max_shift)
