"""The rule by which a model is blessed, on values that are written down here."""

import numpy as np
import pytest

from components.evaluation.slices import OVERALL, Slice
from components.gate.judge import is_blessed, judge_model
from components.gate.judgement import Judgement, judgement_of
from components.gate.settings import GateSettings
from components.gate.threshold_result import CHANGE_PSNR, CHANGE_SSIM, MET, NOT_MET, TOO_FEW
from tests.components.gate.rows import row

SEVERITIES = ("light", "medium", "heavy")
ORIGIN = {"production": "1", "digest": "d", "data": {}, "code": "c"}


def _rows(differences=0.0, count=30, noise=0.0, **values):
    """Images whose PSNR is `differences` above 27 dB, with noise that depends on the image alone."""
    shifts = np.broadcast_to(differences, count) + noise * np.random.default_rng(1).normal(size=count)
    return [
        row(number, psnr=27.0 + shifts[number], severity=SEVERITIES[number % 3], **values) for number in range(count)
    ]


def _unmet(checks):
    return {(check.name, check.slice) for check in checks if check.verdict == NOT_MET}


def _the(checks, name, where=OVERALL):
    (check,) = [check for check in checks if (check.name, check.slice) == (name, where)]
    return check


def test_an_equal_model_is_blessed_unless_an_improvement_is_required():
    rows = _rows()
    assert is_blessed(judge_model(rows, rows, GateSettings()))
    strict = judge_model(rows, rows, GateSettings(require_improvement=True))
    assert _unmet(strict) == {(CHANGE_PSNR, OVERALL)}
    assert _the(strict, CHANGE_PSNR).strict
    assert is_blessed(judge_model(rows, rows, GateSettings(require_improvement=True), same_model=True))
    assert is_blessed(judge_model(_rows(0.01), rows, GateSettings(require_improvement=True)))


def test_without_a_production_model_nothing_is_compared_with_it():
    rows = _rows()
    checks = judge_model(rows, None, GateSettings())
    compared = judge_model(rows, rows, GateSettings())
    assert [check for check in compared if "production" not in check.name] == checks
    assert is_blessed(checks)


def test_the_change_is_judged_by_its_lower_bound_not_by_its_mean():
    certain, uncertain = (
        judge_model(_rows(0.0), _rows(), GateSettings()),
        judge_model(_rows(0.03, noise=0.4), _rows(), GateSettings()),
    )
    assert is_blessed(certain)
    change = _the(uncertain, CHANGE_PSNR)
    assert change.value > -0.05 > change.low
    assert _unmet(uncertain) == {(CHANGE_PSNR, OVERALL)}


def test_noise_that_both_models_share_does_not_widen_the_interval():
    """Images differ by ten dB from one another; the differences of the two models do not."""
    own = np.random.default_rng(4).normal(0, 10, 30)
    checks = judge_model(_rows(own + 0.2), _rows(own), GateSettings(min_psnr=0))
    assert _the(checks, CHANGE_PSNR).low == pytest.approx(0.2)
    assert is_blessed(checks)


def test_a_slice_that_is_clearly_worse_refuses_whatever_the_mean():
    loss = np.where(np.arange(30) % 3 == 2, -0.3, 0.4)
    checks = judge_model(_rows(loss), _rows(), GateSettings())
    assert _the(checks, CHANGE_PSNR).verdict == MET
    assert _unmet(checks) == {(CHANGE_PSNR, Slice("severity", "heavy"))}


def test_a_slice_that_may_be_worse_does_not_refuse():
    noisy = np.where(np.arange(30) % 3 == 2, -0.1, 0.5) + np.where(np.arange(30) % 2, 0.5, -0.5)
    checks = judge_model(_rows(noisy), _rows(), GateSettings())
    heavy = _the(checks, CHANGE_PSNR, Slice("severity", "heavy"))
    assert heavy.low < -0.05 < heavy.high
    assert heavy.verdict == MET


def test_a_slice_with_too_few_images_says_so_and_does_not_block():
    rows = _rows(count=21)
    ruined = [row(number, psnr=20.0, gain=-3.0, severity="storm") for number in range(21, 24)]
    production = rows + [row(number, severity="storm") for number in range(21, 24)]
    lenient = GateSettings(max_share_worse=1, tolerance_psnr=5, min_slice_images=7)
    checks = judge_model(rows + ruined, production, lenient)
    storm = [check for check in checks if check.slice == Slice("severity", "storm")]
    assert {check.verdict for check in storm} == {TOO_FEW}
    assert len(storm) == 2
    assert is_blessed(checks)
    assert not is_blessed(judge_model(rows + ruined, production, lenient.model_copy(update={"min_slice_images": 3})))


def test_many_images_of_few_scenes_are_too_few():
    rows = [row(n, scene=f"s{n % 2}", severity="light") for n in range(20)] + _rows(count=21)
    rows = [each for each in rows if dict(each.classes)["severity"] == "light"][:20] + [
        row(100 + n, severity="heavy") for n in range(9)
    ]
    checks = judge_model(rows, rows, GateSettings())
    assert _the(checks, "gain_psnr", Slice("severity", "light")).verdict == TOO_FEW
    assert _the(checks, "gain_psnr", Slice("severity", "heavy")).verdict == MET


def test_an_evaluation_of_too_few_scenes_blesses_nothing():
    rows = [row(number, scene=("a", "b")[number % 2]) for number in range(30)]
    assert _unmet(judge_model(rows, rows, GateSettings())) == {("scenes", OVERALL)}
    assert is_blessed(judge_model(rows, rows, GateSettings(min_scenes=2)))
    one = [row(number, scene="a") for number in range(30)]
    assert is_blessed(judge_model(one, one, GateSettings(min_scenes=1)))


@pytest.mark.parametrize("value", [np.nan, -np.inf, np.inf])
def test_an_image_without_a_finite_value_refuses(value):
    rows = _rows()
    broken = [row(0, psnr=value, gain=value, ssim=value, severity="light"), *rows[1:]]
    unmet = _unmet(judge_model(broken, rows, GateSettings()))
    assert {("psnr", OVERALL), ("ssim", OVERALL), ("gain_psnr", OVERALL), (CHANGE_PSNR, OVERALL)} <= unmet


def test_degenerate_evaluations():
    """Zero variance has an interval of width zero; where nothing can be gained, nothing is blessed; a constant is refused."""
    same = [row(number) for number in range(30)]
    assert is_blessed(judge_model(same, same, GateSettings()))
    assert _the(judge_model(same, same, GateSettings()), "psnr").low == pytest.approx(27.0)
    identical = [row(number, psnr=100.0, gain=0.0, ssim=1.0) for number in range(30)]
    assert _unmet(judge_model(identical, identical, GateSettings())) == {("gain_psnr", OVERALL)}
    constant = [row(number, psnr=8.0, gain=-14.0, ssim=0.1) for number in range(30)]
    assert ("share_worse", OVERALL) in _unmet(judge_model(constant, same, GateSettings()))
    single = [row(0)]
    assert _unmet(judge_model(single, single, GateSettings())) == {("scenes", OVERALL)}
    assert is_blessed(judge_model(single, single, GateSettings(min_scenes=1)))


@pytest.mark.parametrize(
    ("settings", "missed"),
    [
        ({"min_psnr": 28}, ("psnr", OVERALL)),
        ({"min_ssim": 0.9}, ("ssim", OVERALL)),
        ({"min_gain_psnr": 5.1}, ("gain_psnr", OVERALL)),
        ({"min_gain_ssim": 0.2}, ("gain_ssim", OVERALL)),
        ({"slice_gains_psnr": {"severity: heavy": 6}}, ("gain_psnr", Slice("severity", "heavy"))),
    ],
)
def test_each_threshold_refuses_alone(settings, missed):
    rows = _rows()
    assert is_blessed(judge_model(rows, rows, GateSettings()))
    assert _unmet(judge_model(rows, rows, GateSettings(**settings))) == {missed}


def test_a_clear_loss_of_ssim_is_refused():
    assert _unmet(judge_model(_rows(ssim=0.79), _rows(), GateSettings())) == {(CHANGE_SSIM, OVERALL)}
    assert is_blessed(judge_model(_rows(ssim=0.796), _rows(), GateSettings()))


def test_the_share_of_worse_images_is_bounded():
    rows = [row(number, gain=-0.5 if number < 8 else 9.0) for number in range(30)]
    check = _the(judge_model(rows, rows, GateSettings()), "share_worse")
    assert (check.value, check.unit, check.verdict) == (pytest.approx(80 / 3), "%", NOT_MET)
    assert _the(judge_model(rows, rows, GateSettings(max_share_worse=0.3)), "share_worse").verdict == MET


def test_every_threshold_has_a_reason_and_every_number_a_unit_of_its_own():
    rows = _rows()
    for check in judge_model(rows, rows, GateSettings()):
        assert check.reason
        assert check.unit in ("dB", "", "%", "scenes")


def test_no_images_and_other_images_are_errors():
    with pytest.raises(ValueError, match="no evaluation images"):
        judge_model([], [], GateSettings())
    with pytest.raises(ValueError, match="was not measured on 1 of the images"):
        judge_model(_rows(), _rows()[1:], GateSettings())


def test_a_judgement_is_read_back_as_it_was_written(tmp_path):
    judgement = judgement_of(_rows(0.1), _rows(), GateSettings(), **ORIGIN)
    (tmp_path / "judgement.json").write_text(judgement.to_json())
    again = Judgement.read(tmp_path)
    assert again == judgement
    assert again.to_json() == judgement.to_json()
    assert {metric.slice for metric in again.metrics} == {OVERALL, *(Slice("severity", name) for name in SEVERITIES)}
    assert (again.images, again.scenes, again.worst.pair_id) == (30, 30, "000")
