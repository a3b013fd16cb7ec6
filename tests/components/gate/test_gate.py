"""Evaluator and Gate together: real records, real SavedModels, doing nothing or a pushed model as the baseline."""

import json

import cv2
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format
from tfx import v1 as tfx

from components.evaluation import measures, per_image, results
from components.evaluation.eval_config import MODULE, eval_config
from components.evaluation.executor import ImageKeepingEvaluatorExecutor
from components.evaluation.restored_images import FOLDER, kept_image
from components.evaluation.slices import OVERALL, Slice
from components.gate.executor import GateExecutor
from components.gate.judgement import Judgement
from components.gate.scalar_metrics import METRICS_FILE
from components.gate.settings import GateSettings
from components.production import registry
from components.pusher.version_facts import version_facts
from components.span_window.window import Span, Window
from components.ui_artifacts import ScalarMetrics
from data.records import PairRecord
from model_code.saved_model.export import identity_restorer, save_restorer
from model_code.saved_model.loading import load_restorer

artifacts = tfx.types.standard_artifacts
SHADE = {"light": 30, "heavy": 90}
# Brightness hardly touches SSIM, so these tests judge by PSNR; and three scenes are enough for a slice.
BY_PSNR = GateSettings(
    min_ssim=0,
    min_gain_ssim=-1,
    min_psnr=10,
    tolerance_ssim=1,
    max_share_worse=1,
    min_slice_images=3,
    min_gain_psnr=0.1,
)


def _png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


SPAN = Span(3, "ab12", 6)


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
    artifact.set_string_custom_property("window", Window((SPAN,), (SPAN,)).to_json())
    return artifact


@pytest.fixture
def evaluate(examples, tmp_path):
    """Measures a candidate and a baseline and judges them; returns what was measured, and the judgement."""

    def model(name, restore):
        artifact = artifacts.Model()
        artifact.uri = str(tmp_path / name)
        save_restorer(restore, tmp_path / name / "Format-Serving")
        return artifact

    def evaluate(candidate, baseline=None, settings=BY_PSNR, beam=(), parent=None):
        evaluation, unused, blessing = artifacts.ModelEvaluation(), artifacts.ModelBlessing(), artifacts.ModelBlessing()
        metrics = ScalarMetrics()
        evaluation.uri, blessing.uri = str(tmp_path / "evaluation"), str(tmp_path / "blessing")
        metrics.uri = str(tmp_path / "metrics")
        models = {
            "model": [model("candidate", candidate)],
            "baseline_model": [model("baseline", baseline or identity_restorer())],
        }
        models["baseline_model"][0].set_string_custom_property("production_version", "1763838847")
        config = eval_config(settings.slices, settings.inference_batch_size)
        context = ImageKeepingEvaluatorExecutor.Context(beam_pipeline_args=list(beam), tmp_dir=str(tmp_path / "tmp"))
        ImageKeepingEvaluatorExecutor(context).Do(
            {"examples": [examples], **models},
            {"evaluation": [evaluation], "blessing": [unused]},
            {"eval_config": json_format.MessageToJson(config), "example_splits": '["evaluation"]',
             "module_path": MODULE},
        )  # fmt: skip
        assert not unused.has_custom_property("blessed"), "blessing is the Gate's"
        GateExecutor().Do(
            {"evaluation": [evaluation], "examples": [examples], "model_run": [_model_run(tmp_path, parent)], **models},
            {"blessing": [blessing], "metrics": [metrics]},
            {"settings": settings.model_dump_json(), "records_directory": str(tmp_path), "code": "test"},
        )
        judgement = Judgement.read(tmp_path / "blessing")
        shown = json.loads((tmp_path / "metrics" / METRICS_FILE).read_text())
        assert {name: metrics.get_float_custom_property(name) for name in shown} == shown
        assert (shown["blessed"], shown["images"]) == (judgement.blessed, judgement.images)
        assert sum(value for name, value in shown.items() if name.startswith("thresholds_")) == len(judgement.checks)
        assert {"psnr", "gain_psnr", "ssim", "gain_ssim"} <= shown.keys()
        assert bool(blessing.get_int_custom_property("blessed")) == judgement.blessed
        assert (tmp_path / "blessing" / ("BLESSED" if judgement.blessed else "NOT_BLESSED")).is_file()
        return results.read(tmp_path / "evaluation"), judgement

    return evaluate


def _model_run(folder, parent):
    """Returns the history of a training, in which the Trainer has written what it started from."""
    artifact = artifacts.ModelRun()
    artifact.uri = str(folder / "model_run")
    (folder / "model_run").mkdir(exist_ok=True)
    (folder / "model_run" / "history.json").write_text(json.dumps({"recipe": {"parent": parent}}))
    return artifact


def _missed(judgement):
    return {(check.name, check.slice) for check in judgement.checks if not check.passed}


def _darken(levels):
    return lambda images: images - levels / 255.0


def test_a_model_that_restores_is_blessed_and_its_numbers_are_right(evaluate, tmp_path):
    found, judgement = evaluate(_darken(59))
    assert judgement.blessed
    assert judgement.parent is None
    assert judgement.data == {"source": tmp_path.name, "span": 3, "sha256": "ab12", "pairs": 6}
    assert found.candidate[OVERALL][per_image.IMAGES] == 6
    # Light: 29 levels too dark instead of 30 too bright. Heavy: 31 instead of 90.
    light, heavy = 20 * np.log10(30 / 29), 20 * np.log10(90 / 31)
    gain = measures.GAIN_PSNR
    assert found.candidate[Slice("severity", "light")][gain] == pytest.approx(light, abs=1e-9)
    assert found.candidate[Slice("severity", "heavy")][gain] == pytest.approx(heavy, abs=1e-9)
    assert found.candidate[OVERALL][gain] == pytest.approx((light + heavy) / 2, abs=1e-9)
    assert found.candidate[OVERALL][measures.MAE] == pytest.approx(30)
    assert judgement.digest == registry.model_digest(tmp_path / "candidate" / "Format-Serving")
    assert json.loads(judgement.to_json())["worst"]["gain_psnr"] == pytest.approx(light)


def test_slices_of_tfma_and_of_the_gate_are_the_same(evaluate):
    found, _ = evaluate(_darken(59))
    whole = {
        OVERALL,
        Slice("degradation", "rain"),
        Slice("source", "made"),
        Slice("size_class", "landscape, small"),
        Slice("brightness_class", "middle"),
    }
    slices = per_image.rows_by_slice(found.candidate_images, BY_PSNR.slices)
    assert set(slices) | whole == set(found.candidate)
    assert set(slices) == {Slice("severity", "light"), Slice("severity", "heavy")}
    for part, rows in slices.items():
        assert per_image.means(rows) == pytest.approx(
            {measured: found.candidate[part][measured] for measured in measures.MEASURED}, nan_ok=True
        )


def test_the_identity_baseline_is_refused_against_itself(evaluate):
    found, judgement = evaluate(identity_restorer())
    assert found.baseline[OVERALL][measures.GAIN_PSNR] == 0
    assert _missed(judgement) == {("gain_psnr", OVERALL)}


def test_one_ruined_slice_is_not_hidden_by_the_average(evaluate):
    found, judgement = evaluate(_darken(75))
    assert found.candidate[OVERALL][measures.GAIN_PSNR] > 1
    assert ("gain_psnr", Slice("severity", "light")) in _missed(judgement)
    assert not judgement.blessed


def test_a_model_worse_than_production_is_refused(evaluate):
    _, judgement = evaluate(_darken(55), baseline=_darken(40), parent="production")
    assert ("psnr against production", OVERALL) in _missed(judgement)
    # It was trained on from the production model.
    assert judgement.production == judgement.parent == version_facts(judgement)["parent"] == "1763838847"


def _kept(folder, examples):
    """What the Evaluator kept of each input, and what the candidate makes of it, both as PNG bytes."""
    restorer = load_restorer(folder / "candidate" / "Format-Serving")
    file = f"{examples.uri}/Split-evaluation/data_tfrecord-00000-of-00001.gz"
    records = tf.data.TFRecordDataset(file, "GZIP").as_numpy_iterator()
    inputs = [PairRecord.from_example(record).input_image for record in records]
    return [kept_image(folder / "evaluation", image) for image in inputs], restorer.restore_encoded(inputs)


def test_two_workers_give_exactly_the_result_of_one(evaluate, examples, tmp_path):
    alone, _ = evaluate(_darken(59))
    assert not (tmp_path / "evaluation" / FOLDER).exists(), "these options name no runner that sees this disk"
    together, _ = evaluate(
        _darken(59), beam=("--runner=DirectRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=2")
    )
    kept, restored = _kept(tmp_path, examples)
    assert kept == restored
    assert len({*kept}) == len(list((tmp_path / "evaluation" / FOLDER).iterdir())) == 6
    assert per_image.to_json(together.candidate_images) == per_image.to_json(alone.candidate_images)
    assert per_image.to_json(together.baseline_images) == per_image.to_json(alone.baseline_images)
    for name, values in alone.candidate.items():
        assert together.candidate[name] == pytest.approx(values, rel=0, abs=0, nan_ok=True)
