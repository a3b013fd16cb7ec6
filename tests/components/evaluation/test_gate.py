"""The gate in TFX's own Evaluator: real records, real SavedModels, doing nothing or a pushed model as the baseline."""

import cv2
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format
from tfx import v1 as tfx

# tfx.v1 offers the component, not its executor.
from tfx.components.evaluator.executor import Executor

from components.evaluation import restoration_quality as quality
from components.evaluation.gate import eval_config
from components.evaluation.results import OVERALL, checks, read
from components.evaluation.settings import GateSettings
from data.records import PairRecord
from model_code.export import identity_restorer, save_restorer

artifacts = tfx.types.standard_artifacts
SHADE = {"light": 30, "heavy": 90}
# Brightness hardly touches SSIM, so these tests judge by PSNR.
BY_PSNR = GateSettings(min_ssim=0, min_gain_ssim=-1, min_psnr=10, max_loss_ssim=1)


def _png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Six pairs whose input is the target, brightened: by 30 levels where it is light, by 90 where it is heavy."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "Split-evaluation").mkdir()
    rng = np.random.default_rng(2)
    file = folder / "Split-evaluation" / "data_tfrecord-00000-of-00001.gz"
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for number in range(6):
            severity = ("light", "heavy")[number % 2]
            size = (24, 32 + 8 * number)
            target = rng.integers(40, 160, (*size, 3), dtype=np.uint8)
            pair = PairRecord(f"p{number}", f"s{number}", "rain", severity, "made", "i", "t",
                              _png(target + np.uint8(SHADE[severity])), _png(target), size, size)  # fmt: skip
            writer.write(pair.to_example().SerializeToString())
    artifact = artifacts.Examples()
    artifact.uri, artifact.split_names = str(folder), '["evaluation"]'
    return artifact


@pytest.fixture
def evaluate(examples, tmp_path):
    """Judges a candidate against a baseline; returns the Evaluation."""

    def model(name, restore):
        artifact = artifacts.Model()
        artifact.uri = str(tmp_path / name)
        save_restorer(restore, tmp_path / name / "Format-Serving")
        return artifact

    def evaluate(candidate, baseline=None, settings=None):
        evaluation, blessing = artifacts.ModelEvaluation(), artifacts.ModelBlessing()
        evaluation.uri, blessing.uri = str(tmp_path / "evaluation"), str(tmp_path / "blessing")
        Executor().Do(
            {"examples": [examples], "model": [model("candidate", candidate)],
             "baseline_model": [model("baseline", baseline or identity_restorer())]},
            {"evaluation": [evaluation], "blessing": [blessing]},
            {"eval_config": json_format.MessageToJson(eval_config(settings or BY_PSNR)),
             "example_splits": '["evaluation"]'},
        )  # fmt: skip
        found = read(tmp_path / "evaluation")
        assert bool(blessing.get_int_custom_property("blessed")) == found.blessed
        return found

    return evaluate


def _darken(levels):
    return lambda images: images - levels / 255.0


def test_a_model_that_restores_is_blessed_and_its_numbers_are_right(evaluate):
    found = evaluate(_darken(59))
    assert found.blessed
    assert found.candidate[OVERALL][quality.IMAGES] == 6
    # Light: 29 levels too dark instead of 30 too bright. Heavy: 31 instead of 90.
    light, heavy = 20 * np.log10(30 / 29), 20 * np.log10(90 / 31)
    assert found.candidate["severity: light"][quality.GAIN_PSNR] == pytest.approx(light, abs=1e-9)
    assert found.candidate["severity: heavy"][quality.GAIN_PSNR] == pytest.approx(heavy, abs=1e-9)
    assert found.candidate[OVERALL][quality.GAIN_PSNR] == pytest.approx((light + heavy) / 2, abs=1e-9)
    assert all(check.passed for check in checks(found, BY_PSNR))


def test_doing_nothing_is_refused_against_doing_nothing(evaluate):
    found = evaluate(identity_restorer())
    assert not found.blessed
    assert found.baseline[OVERALL][quality.GAIN_PSNR] == 0
    assert {check.name for check in checks(found, BY_PSNR) if not check.passed} == {"gain_psnr"}


def test_one_ruined_slice_is_not_hidden_by_the_average(evaluate):
    found = evaluate(_darken(75))
    assert found.candidate[OVERALL][quality.GAIN_PSNR] > 1
    assert not found.blessed
    (missed,) = [check for check in checks(found, BY_PSNR) if not check.passed]
    assert (missed.slice, missed.name) == ("severity: light", "gain_psnr")


def test_a_model_worse_than_production_is_refused(evaluate):
    found = evaluate(_darken(55), baseline=_darken(40))
    assert not found.blessed
    assert {check.name for check in checks(found, BY_PSNR) if not check.passed} == {"psnr against production"}


def test_a_difference_within_the_tolerance_is_no_loss(evaluate):
    assert evaluate(_darken(57), baseline=_darken(57)).blessed


def test_every_threshold_of_the_gate_is_judged_by_tfma_as_by_the_page(evaluate):
    settings = GateSettings(
        min_psnr=99, min_ssim=0.999, min_gain_psnr=50, min_gain_ssim=0.9, min_slice_gain_psnr=49, max_loss_psnr=0
    )
    found = evaluate(_darken(59), baseline=_darken(40), settings=settings)
    missed = [check.name for check in checks(found, settings) if not check.passed]
    assert len(missed) == len(checks(found, settings))
    assert sorted({name.split()[0] for name in missed}) == sorted({line.split(":")[0] for line in found.complaints})
    assert len(missed) == len(found.complaints)
