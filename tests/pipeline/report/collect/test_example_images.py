import cv2
import numpy as np
import pytest
import tensorflow as tf

from components.evaluation.restored_images import FOLDER, keep
from data.errors import InputError
from data.records import PairRecord
from model_code.saved_model.export import identity_restorer, save_restorer
from pipeline.report.collect.example_images import example_images, rank
from pipeline.report.collect.mlmd import Execution, Output


def test_pairs_are_ranked_by_gain():
    chosen = rank({"a": 3.0, "b": -0.5, "c": 1.0, "d": 2.0, "e": 9.0}, "evaluation images")
    assert {pair: each.rank for pair, each in chosen.items()} == {"e": "best", "d": "median", "b": "worst"}
    assert chosen["b"].chosen == "Worst gain of 5 evaluation images, −0.50 dB"


def test_the_median_is_the_lower_middle_and_ties_go_by_name():
    chosen = rank({"d": 1.0, "c": 1.0, "b": 1.0, "a": 1.0}, "images")
    assert {each.rank: pair for pair, each in chosen.items()} == {"worst": "a", "median": "b", "best": "d"}


@pytest.mark.parametrize(
    ("gains", "ranks"), [({}, []), ({"a": 1.0}, ["best"]), ({"a": 1.0, "b": 2.0}, ["worst", "best"])]
)
def test_of_few_images_each_has_one_rank(gains, ranks):
    assert [rank(gains, "images")[pair].rank for pair in sorted(gains)] == ranks


def _png(image):
    return cv2.imencode(".png", image)[1].tobytes()


@pytest.fixture
def evaluated(tmp_path):
    """Two pairs, a model that does nothing, and an Evaluator that kept a white image for the first of them."""
    rng = np.random.default_rng(4)
    images = [rng.integers(0, 200, (24, 32, 3), dtype=np.uint8) for _ in range(2)]
    folder = tmp_path / "validated" / "Split-evaluation"
    folder.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(folder / "data_tfrecord-00000-of-00001.gz"), "GZIP") as writer:
        for number, image in enumerate(images):
            pair = PairRecord(f"p{number}", f"s{number}", "rain", "light", "made", "i", "t", _png(image), _png(image + 9),
                              (24, 32), (24, 32))  # fmt: skip
            writer.write(pair.to_example().SerializeToString())
    save_restorer(identity_restorer(), tmp_path / "model" / "Format-Serving")
    keep(tmp_path / "evaluation" / FOLDER, _png(images[0]), _png(np.full((24, 32, 3), 255, np.uint8)))
    outputs = {
        "Evaluator": ("evaluation", "evaluation"),
        "Trainer": ("model", "model"),
        "PairValidator": ("validated_examples", "validated"),
    }
    executions = {
        name: Execution(name, "ran", 1.0, {key: Output(tmp_path / path, {})}) for name, (key, path) in outputs.items()
    }
    return executions, images


def test_a_kept_image_is_shown_and_any_other_is_restored(evaluated):
    first, second = example_images(evaluated[0], per_severity=2)
    assert (first.pair_id, second.pair_id) == ("p0", "p1")
    assert (first.restored == 255).all()
    assert first.metrics["psnr"] < first.metrics["input_psnr"], "measured as shown"
    assert (second.restored == evaluated[1][1][..., ::-1]).all()


def test_the_model_is_read_only_for_what_was_not_kept(evaluated, tmp_path):
    executions, images = evaluated
    (tmp_path / "model" / "Format-Serving" / "saved_model.pb").unlink()
    with pytest.raises(InputError, match="no SavedModel"):
        example_images(executions, per_severity=2)
    keep(tmp_path / "evaluation" / FOLDER, _png(images[1]), _png(images[1]))
    assert [example.pair_id for example in example_images(executions, per_severity=2)] == ["p0", "p1"]
