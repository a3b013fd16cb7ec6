import json
import math

import pydantic
import pytest

from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.facts.slice_metrics import severity_order
from pipeline.report.facts.training_facts import TrainingHistory
from tests.pipeline.report import samples


@pytest.mark.parametrize("verdict", samples.VERDICTS)
def test_facts_survive_json(verdict):
    facts = samples.facts(verdict)
    assert RunFacts.model_validate_json(facts.model_dump_json()) == facts


def test_a_value_that_is_not_finite_is_null_in_json():
    facts = samples.facts(thresholds=[samples.threshold(value=math.nan, verdict="not met")])
    text = facts.model_dump_json()
    json.loads(text, parse_constant=pytest.fail)  # NaN and Infinity are no JSON
    assert facts.thresholds[0].value is None
    assert facts.thresholds[0].margin is None
    assert TrainingHistory.model_validate({"steps": [{"step": 1, "loss": math.inf}]}).steps[0].loss is None


def test_unknown_facts_are_refused_but_training_may_add_to_its_history():
    with pytest.raises(pydantic.ValidationError, match="verdikt"):
        samples.facts(verdikt="pushed")
    assert samples.history().model_dump()["images_per_second"] == 3.0


def test_history_takes_the_best_step_as_a_number_too():
    best = TrainingHistory.model_validate({"best": 300}).best
    assert best is not None
    assert best.step == 300


def test_slices_and_thresholds_come_in_order():
    names = ["source: x", "severity: heavy", "severity: light", "overall", "severity: medium"]
    facts = samples.facts(
        slices=[samples.metrics(name) for name in names],
        thresholds=[samples.threshold(slice=name) for name in names],
    )
    ordered = ["overall", "severity: light", "severity: medium", "severity: heavy", "source: x"]
    assert [str(part.name) for part in facts.slices] == ordered
    assert [str(result.slice) for result in facts.thresholds] == ordered
    assert sorted(["unknown", "heavy", "drizzle", "light"], key=severity_order)[:2] == ["light", "heavy"]


def test_the_summary_has_the_overall_values():
    summary = samples.facts("pushed").summary
    assert summary.psnr == 27.92
    assert summary.gain_psnr == pytest.approx(3.92)
    assert summary.pushed_version == "1763838847"
    nothing = samples.facts("data_refused").summary
    assert [getattr(nothing, key) for key in ("psnr", "ssim", "gain_psnr", "gain_ssim", "model_dir")] == [None] * 5
    assert nothing.quarantined == 1
