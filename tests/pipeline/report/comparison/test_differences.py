"""The differences of two runs, against values that are derived by hand."""

import math

import numpy as np
import pytest

from components.evaluation.slices import OVERALL, Slice
from components.gate.bootstrap import mean_interval
from components.gate.settings import GateSettings
from data.errors import InputError
from pipeline.report.comparison.differences import compare
from tests.pipeline.report.comparison.runs import FIRST, SECOND, by_hand, image, run


def the(differences, name):
    (part,) = [part for part in differences.slices if part.name == name]
    return part


def test_the_mean_and_its_bounds_are_those_of_a_bootstrap_over_two_scenes():
    """Drawing two scenes of two gives s1 twice, one of each, or s2 twice: means of 1.5, 0 and -3 dB.

    With two scenes, the tail of the t distribution reaches beyond every quantile, so that the bounds are the extremes.
    """
    overall = the(compare(*by_hand()), OVERALL)
    assert (overall.images, overall.scenes) == (3, 2)
    assert (overall.psnr.mean, overall.psnr.low, overall.psnr.high) == pytest.approx((0.0, -3.0, 1.5))
    assert (overall.ssim.mean, overall.ssim.low, overall.ssim.high) == pytest.approx((0.0, -0.06, 0.03))


def test_each_slice_has_its_own_mean_and_one_scene_has_no_bounds():
    differences = compare(*by_hand())
    assert [part.name for part in differences.slices] == [
        OVERALL,
        Slice("severity", "light"),
        Slice("severity", "heavy"),
    ]
    light, heavy = differences.slices[1:]
    assert (light.images, light.scenes, light.psnr.mean) == (2, 2, pytest.approx(-1.0))
    assert (light.psnr.low, light.psnr.high) == pytest.approx((-3.0, 1.0))
    assert (heavy.images, heavy.scenes, heavy.psnr.mean) == (1, 1, pytest.approx(2.0))
    assert math.isnan(heavy.psnr.low)


def test_many_scenes_have_the_interval_of_the_gate_with_the_second_runs_settings():
    rng = np.random.default_rng(3)
    changes = rng.normal(0.2, 0.5, 40)
    first = [image(f"{n:02d}/light", 4.0, f"s{n // 2}") for n in range(40)]
    second = [image(f"{n:02d}/light", 4.0 + changes[n], f"s{n // 2}") for n in range(40)]
    gate = GateSettings(confidence=0.8, resamples=700, seed=5)
    config = "gate: {confidence: 0.8, resamples: 700, seed: 5}\n"
    differences = compare(run(FIRST, first), run(SECOND, second, config_yaml=config))
    wanted = mean_interval(changes, [f"s{n // 2}" for n in range(40)], gate.confidence, gate.resamples, gate.seed)
    found = differences.overall.psnr
    assert (found.mean, found.low, found.high) == pytest.approx((wanted.mean, wanted.low, wanted.high), abs=1e-9)
    assert differences.confidence == 0.8


def test_images_come_from_the_most_improved_to_the_most_harmed():
    images = compare(*by_hand()).images
    assert [(each.pair_id, each.gains, each.psnr) for each in images] == [
        ("s1/heavy", (5.0, 7.0), 2.0),
        ("s1/light", (4.0, 5.0), 1.0),
        ("s2/light", (6.0, 3.0), -3.0),
    ]


def test_only_images_that_both_judged_with_the_same_input_are_compared():
    first, second = by_hand()
    first = run(FIRST, [*first.images, image("a/light", 1.0, "a"), image("redrawn/light", 1.0, "r")])
    redrawn = image("redrawn/light", 9.0, "r", input_psnr=21.0)
    second = run(SECOND, [*second.images, redrawn, image("b/light", 1.0, "b"), image("c/light", 1.0, "c")])
    differences = compare(first, second)
    assert len(differences.images) == 3
    assert (differences.only_first, differences.only_second, differences.changed) == (1, 2, 1)


def test_rounding_of_the_inputs_measure_is_no_other_input():
    first, second = by_hand()
    rounded = [each.model_copy(update={"input_psnr": 20.0 + 1e-9}) for each in second.images]
    assert len(compare(first, run(SECOND, rounded)).images) == 3


def test_facts_of_an_earlier_release_have_means_by_severity_and_no_intervals():
    known = {"pair_id", "severity", "gain_psnr", "gain_ssim"}
    old = [
        run(facts.run_id, [type(each)(**each.model_dump(include=known)) for each in facts.images])
        for facts in by_hand()
    ]
    differences = compare(*old)
    assert not differences.has_scenes
    assert differences.overall.scenes == 0
    assert differences.overall.psnr.mean == pytest.approx(0.0)
    assert math.isnan(differences.overall.psnr.low)
    assert the(differences, Slice("severity", "heavy")).psnr.mean == pytest.approx(2.0)
    # One of the two runs suffices to know the scenes.
    assert compare(old[0], by_hand()[1]).overall.psnr.low == pytest.approx(-3.0)


def test_an_image_without_ssim_counts_for_psnr_alone():
    first, second = by_hand()
    without = [second.images[0].model_copy(update={"gain_ssim": None}), *second.images[1:]]
    overall = compare(first, run(SECOND, without)).overall
    assert overall.psnr.mean == pytest.approx(0.0)
    assert overall.ssim.mean == pytest.approx((0.04 - 0.06) / 2)


@pytest.mark.parametrize(
    ("images", "complaint"),
    [
        ([], "run 20261122-110000 judged no model (pushed), so that nothing can be compared"),
        ([image("other/light", 1.0, "o")], "share no evaluation image: no pair has the same id"),
        ([image("s1/light", 1.0, "s1", input_psnr=9.0)], "share no evaluation image: images of one name have other content"),
    ],
)  # fmt: skip
def test_runs_without_a_common_image_are_refused_in_one_line(images, complaint):
    with pytest.raises(InputError) as refused:
        compare(by_hand()[0], run(SECOND, images))
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_settings_that_cannot_be_read_are_the_defaults():
    first, second = by_hand()
    for config in ("gate: [", "gate: {unknown: 1}", "[]"):
        differences = compare(first, second.model_copy(update={"config_yaml": config}))
        assert differences.confidence == GateSettings().confidence
