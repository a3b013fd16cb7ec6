"""The results of Evaluator, Gate and InfraCheck as facts."""

from components.evaluation import per_image
from components.evaluation.results import Evaluation
from components.evaluation.slices import OVERALL, Slice
from components.infra_check.check import InfraResult
from components.infra_check.settings import InfraSettings
from pipeline.report.collect.gate_facts import GateResults, image_gains, slice_metrics, thresholds
from tests.components.gate.rows import row

HEAVY, RAIN = Slice("severity", "heavy"), Slice("degradation", "rain")
ROWS = [row(1, gain=4.0, severity="heavy"), row(2, gain=6.0, severity="light"), row(3, gain=-1.0, severity="heavy")]


def _values(rows):
    return {**per_image.means(rows), per_image.IMAGES: float(len(rows))}


def _evaluation():
    by_slice = {OVERALL: _values(ROWS), RAIN: _values(ROWS), HEAVY: _values([ROWS[0], ROWS[2]])}
    return Evaluation(by_slice, by_slice, ROWS, ROWS)


def test_a_slice_of_every_image_is_skipped():
    overall, heavy = slice_metrics(_evaluation())
    assert (overall.name, overall.pairs, overall.gain_psnr) == (OVERALL, 3, 3.0)
    assert (heavy.name, heavy.pairs, heavy.gain_psnr, heavy.production_gain_psnr) == (HEAVY, 2, 1.5, 1.5)


def test_each_image_has_its_gain_and_severity():
    gains = [(image.pair_id, image.severity, image.gain_psnr) for image in image_gains(_evaluation())]
    assert gains == [("001", "heavy", 4.0), ("002", "light", 6.0), ("003", "heavy", -1.0)]


def test_each_image_has_what_makes_it_comparable_with_another_run():
    image, *_ = image_gains(_evaluation())
    assert (image.scene_id, image.classes) == ("s1", {"severity": "heavy"})
    assert (image.input_psnr, image.input_ssim) == (0.0, 0.0)


def test_a_run_without_an_evaluation_has_none():
    assert list(slice_metrics(None)) == list(image_gains(None)) == []
    assert thresholds(GateResults(), InfraSettings()) == ()


def test_serving_has_a_threshold_of_time_and_one_of_memory():
    settings = InfraSettings(max_seconds_per_megapixel=2.0, max_memory_mb=1000)
    slow = GateResults(infra=InfraResult((), 1.0, seconds_per_megapixel=2.5, peak_memory_mb=900.0))
    time, memory = thresholds(slow, settings)
    assert (time.verdict, time.unit, time.direction) == ("not met", "s/MP", "at_most")
    assert (memory.verdict, memory.value) == ("met", 900.0)
    broken = GateResults(infra=InfraResult(("it does not load",)))
    assert [(result.verdict, result.value) for result in thresholds(broken, settings)] == [("not met", None)] * 2
