"""The explanation of a quarantine: its thresholds were tried, and let the pairs pass."""

from dataclasses import replace

import pytest

from components.pair_validator.judging.advice import Advice, _beyond, advise
from components.pair_validator.judging.measurement_store import judge_measured
from components.pair_validator.judging.remedies import REMEDIES
from components.pair_validator.judging.verdicts import QuarantineReason
from components.pair_validator.settings import PairSettings, PairThresholds
from tests.pipeline.benchmarks.pair_faults.samples import sample


def _records(*shifts):
    """Returns records of pairs whose inputs lie some pixels too low."""
    measured = [sample("shift", 1, shift).drawn[0] for shift in shifts]
    return [
        replace(record, measurement=replace(record.measurement, pair_id=f"pair-{index}"))
        for index, record in enumerate(measured)
    ]


def _advice(records, settings=None):
    settings = settings or PairSettings()
    return advise(records, judge_measured(records, settings), settings)


def test_the_advice_lets_the_pairs_pass():
    records = _records(0.0, 1.23, 2.0, 0.7)
    (advice,) = _advice(records)
    text = "the input lies 1.23 px off its target, by +1.23 rows, +0.00 columns"
    assert advice == Advice("misaligned", 3, ("pair-1", "pair-2", "pair-3"), {"max_shift": 2.01}, 3, text)
    right, _, wrong = advice.sentence().partition("; ")
    assert right == "if these pairs are right: --set pairs.thresholds.max_shift=2.01 (they pass)"
    assert wrong == f"if not: {advice.remedy}"
    assert "--threshold max_shift=2.01 (they pass)" in advice.sentence("--threshold ")
    assert _advice(records, PairSettings(thresholds=PairThresholds(**advice.thresholds))) == ()


def test_files_without_a_partner_have_no_threshold():
    (record,) = _records(0.0)
    lonely = replace(record, measurement=replace(record.measurement, target_status="missing_partner"))
    (advice,) = _advice([lonely])
    assert (advice.code, advice.pairs, advice.thresholds, advice.passing) == ("missing_partner", 1, {}, 0)
    assert advice.sentence() == advice.remedy == REMEDIES["missing_partner"]
    assert replace(advice, code="of a later version").remedy == "mend the files or the layout"


def test_pairs_that_fail_for_something_else_as_well_are_not_promised():
    lost, near = _records(3.0, 2.0)
    both = replace(lost, measurement=replace(lost.measurement, zoom=1.05))
    by_code = {advice.code: advice for advice in _advice([both, near])}
    assert by_code["misaligned"].passing == 1
    assert "1 of 2 pass" in by_code["misaligned"].sentence()
    assert by_code["scaled"].thresholds == {}


@pytest.mark.parametrize(
    ("measured", "threshold", "expected"),
    [
        (2.0, 0.6, 2.01),
        (0.3149, 0.15, 0.315),
        (0.0, -1.0, 0.01),
        (8.74, 12.0, 8.73),
        (0.5, 0.8, 0.499),
        (0.0, 3.0, 0.0),
    ],
)
def test_a_value_lies_just_beyond_what_was_measured(measured, threshold, expected):
    assert _beyond(None, measured, threshold) == expected


def test_reasons_of_an_older_file_have_no_setting():
    assert QuarantineReason("misaligned", 1.0, "px", 0.6, "text").setting == ""
