"""The arithmetic of the judged table."""

from dataclasses import replace

import pytest

from components.pair_validator.settings import PairSettings
from pipeline.benchmarks.pair_faults.kinds import kinds
from pipeline.benchmarks.pair_faults.rates import Row, is_flagged, pooled, row_of, smallest_displacement, totals
from tests.pipeline.benchmarks.pair_faults.samples import sample

KINDS = {kind.name: kind for kind in kinds()}


def _row(kind, strength, count, flagged, named=0, pairs="set", **more):
    return Row(pairs, kind, strength, count, flagged, named, **more)


def test_sets_are_pooled_by_pairs():
    (row,) = pooled(
        [
            _row("shear", 1, 10, 5, 4, codes={"stretched": 4, "unrelated": 1}),
            _row("shear", 1, 30, 30, 20, pairs="b", codes={"stretched": 20}),
        ]
    )
    assert (row.count, row.rate, row.named_rate) == (40, 35 / 40, 24 / 40)
    assert row.codes == {"stretched": 24, "unrelated": 1}


def test_each_kind_of_fault_counts_once_and_reported_strengths_do_not_count():
    rows = [_row("shear", 1, 10, 10), _row("shear", 2, 10, 0), _row("shear", 0.5, 10, 0), _row("mirrored", 1, 10, 10)]
    assert totals(rows).recall == pytest.approx(0.75)


def test_false_alarms_are_a_share_of_all_valid_pairs():
    rows = [_row("as published", 1, 10, 1), _row("haze alone", 1, 30, 1), _row("shear", 1, 10, 10)]
    assert totals(rows).false_alarms == pytest.approx(2 / 40)
    assert totals(rows).untouched == pytest.approx(0.1)


def test_pairs_beside_a_shared_fault_count_as_published():
    rows = [_row("as published", 1, 10, 0), _row("swapped pairs, a tenth of the set", 1, 1, 1, rest=9, rest_flagged=1)]
    assert totals(rows).untouched == pytest.approx(1 / 19)


def test_the_smallest_displacement_ends_at_the_first_gap():
    rows = [_row("shift", size, 100, flagged) for size, flagged in ((1, 100), (2, 90), (4, 95), (8, 100))]
    assert smallest_displacement(rows, ("shift",)) == 4
    assert smallest_displacement(rows[1:2], ("shift",)) is None


def test_duplicates_that_a_set_holds_anyway_are_no_detection():
    assert not is_flagged(("duplicate",), KINDS["shear"])
    assert is_flagged(("duplicate",), KINDS["same pair again"])
    assert is_flagged(("duplicate",), KINDS["two weathers of one scene"])
    assert is_flagged(("duplicate", "misaligned"), KINDS["as published"])


def test_a_pair_whose_weather_is_invisible_is_counted_by_itself():
    pair = sample("as published", 1, 0.0)
    (record,) = pair.drawn
    for psnr, alike in ((45.0, 1), (30.0, 0)):
        same = {"change_strong": 1.0, "own_structure": 0.0, "mean_change": 0.0, "input_flat_energy": 10.0}
        measured = replace(record.measurement, **same, input_psnr=psnr)
        row = row_of(
            replace(pair, drawn=(replace(record, measurement=measured),)), KINDS["as published"], PairSettings()
        )
        assert (row.flagged, row.codes, row.alike) == (1, {"no_ground_truth": 1}, alike)
