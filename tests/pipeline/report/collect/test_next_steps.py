"""Every rule by which a model or a data set is refused has a remedy, and the remedies name settings that exist."""

import json
import re
from dataclasses import replace

import pytest

from components.gate.judge import judge_model
from components.gate.settings import GateSettings
from components.infra_check.check import InfraResult
from components.infra_check.settings import InfraSettings
from components.pair_validator.judging import direction, refusal
from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.reasons import MEANINGS
from components.pair_validator.judging.refusal import refusal_of
from components.pair_validator.judging.remedies import REMEDIES
from components.pair_validator.judging.verdicts import VERDICTS_FILE, VerdictCounts
from components.pair_validator.settings import PairPolicy
from pipeline.commands.cli import cli
from pipeline.config import Config
from pipeline.report.collect import next_steps
from pipeline.report.collect.gate_facts import GateResults, thresholds
from pipeline.report.collect.next_steps import remedy_of, steps_after
from tests.components.gate.rows import row

GATE = GateSettings(
    min_psnr=99, min_ssim=1, min_gain_psnr=50, min_gain_ssim=1, min_slice_gain_psnr=50, max_share_worse=0
)
BAD = [row(number, psnr=10.0, gain=-5.0, ssim=0.1, severity=("light", "heavy")[number % 2]) for number in range(40)]
GOOD = [row(number, psnr=30.0, severity=("light", "heavy")[number % 2]) for number in range(40)]
SLOW = InfraResult(("too slow", "too large"), 1.0, 1e6, 1e6)


def every_miss():
    """Returns every threshold of gate and serving, none of which is met."""
    settings = GATE.model_copy(update={"min_scenes": 1000})
    improved = settings.model_copy(update={"require_improvement": True})
    serving = thresholds(GateResults(infra=SLOW), InfraSettings())
    return [*judge_model(BAD, GOOD, settings), *judge_model(BAD, GOOD, improved), *serving]


def test_every_threshold_of_gate_and_serving_has_a_remedy_of_its_own():
    missed = every_miss()
    assert not any(result.passed for result in missed)
    rules = {(result.name, result.slice.is_overall) for result in missed}
    assert {name for name, is_overall in rules if is_overall} == set(next_steps.OVERALL_REMEDIES)
    assert {name for name, is_overall in rules if not is_overall} == set(next_steps.SLICE_REMEDIES)
    remedies = [remedy_of(result) for result in missed]
    assert len(set(remedies)) == len(rules)
    assert steps_after(missed, SLOW, None) == tuple(dict.fromkeys(remedies))


def test_what_is_no_threshold_has_a_remedy_too():
    met = judge_model(GOOD, None, GateSettings())
    crashed = thresholds(GateResults(infra=InfraResult(("exit code 139",))), InfraSettings())
    assert steps_after(crashed, InfraResult(("exit code 139",)), None) == (next_steps.CANNOT_BE_SERVED,)
    cropped = InfraResult(("an image of 64x64 came back as 64x60",), 1.0, 1.0, 100.0)
    assert steps_after(met, cropped, None) == (next_steps.CANNOT_BE_SERVED,)
    assert steps_after(met, None, "version 3 was rolled back") == (next_steps.ROLLED_BACK,)
    assert steps_after(met, None, None) == (next_steps.NOT_BLESSED,)
    broken = [row(0, psnr=float("nan")), *GOOD[1:]]
    assert next_steps.NOT_FINITE in steps_after(judge_model(broken, None, GateSettings()), None, None)


def test_every_reason_of_a_pair_has_a_remedy():
    assert set(REMEDIES) == set(MEANINGS)


FEW = [("a", ("misaligned",)), ("b", ("swapped", "scaled"))]


@pytest.mark.parametrize(
    ("counts", "anomalies", "policy", "step"),
    [
        (VerdictCounts(2, FEW), (), PairPolicy(), "data check --layout"),
        (VerdictCounts(9, FEW), (), PairPolicy(on_bad_pair="fail"), "--set pairs.policy.on_bad_pair=quarantine"),
        (VerdictCounts(9, FEW), (), PairPolicy(), "--set pairs.policy.max_quarantined_share=0.23"),
        (VerdictCounts(9, FEW, {"": direction.REVERSED}), (), PairPolicy(), "exchange the sides"),
        (VerdictCounts(9), ("train: drift",), PairPolicy(), "--set pairs.policy.drift=report"),
        (VerdictCounts(9, FEW), ("train: drift",), PairPolicy(), "--set pairs.policy.drift=report"),
    ],
)
def test_every_rule_that_refuses_data_has_a_remedy_that_survives_its_file(tmp_path, counts, anomalies, policy, step):
    refused = refusal_of(counts, anomalies, policy)
    assert any(step in each for each in refused.next_steps)
    DataRefusedError(refused, tmp_path / VERDICTS_FILE, anomalies).save()
    error = DataRefusedError.load(tmp_path)
    assert error.next_steps == refused.next_steps
    assert step in str(error)


def test_the_share_that_is_named_lets_the_data_pass():
    counts = VerdictCounts(9, FEW)
    (step,) = refusal_of(counts, (), PairPolicy()).next_steps
    share = float(re.search(r"max_quarantined_share=([\d.]+)", step)[1])
    assert refusal_of(counts, (), PairPolicy(max_quarantined_share=share)) is None


def test_a_refusal_of_an_earlier_version_has_no_next_steps(tmp_path):
    refused = replace(refusal_of(VerdictCounts(2, FEW), (), PairPolicy()), next_steps=())
    DataRefusedError(refused, tmp_path / VERDICTS_FILE).save()
    file = tmp_path / "refusal.json"
    saved = json.loads(file.read_text())
    del saved["next_steps"]
    file.write_text(json.dumps(saved))
    assert DataRefusedError.load(tmp_path).next_steps == ()


def options(command):
    """Returns the names of all options of a command and of those below it."""
    below = getattr(command, "commands", {}).values()
    own = {name for option in command.params for name in option.opts}
    return own.union(*map(options, below))


def test_remedies_name_settings_and_options_that_exist():
    texts = [*REMEDIES.values(), *next_steps.OVERALL_REMEDIES.values(), *next_steps.SLICE_REMEDIES.values()]
    texts += [value for module in (next_steps, refusal) for value in vars(module).values() if isinstance(value, str)]
    named = [code for text in texts for code in re.findall(r"`([^`]+)`", text)]
    assert {option for code in named for option in re.findall(r"--[a-z-]+", code)} <= options(cli)
    settings = {
        name for code in named for name in re.findall(r"\b(?:train|gate|infra|pairs|model|data)(?:\.\w+)+", code)
    }
    assert len(settings) > 10
    for name in settings:
        section = Config
        for part in name.split("."):
            assert part in section.model_fields, name
            section = section.model_fields[part].annotation
