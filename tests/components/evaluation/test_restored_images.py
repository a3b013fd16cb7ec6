"""Restored images that an Evaluator keeps: found by their input, and only where they are few."""

import json

from google.protobuf import json_format

from components.evaluation import restored_images
from components.evaluation.eval_config import eval_config
from components.evaluation.executor import keeping_images
from components.evaluation.restored_images import FOLDER, drop_if_large, is_small, keep, kept_image
from components.tfma_internals import config_pb2


def test_a_restored_image_is_found_by_its_input_alone(tmp_path):
    keep(tmp_path / FOLDER, b"rainy", b"restored")
    assert kept_image(tmp_path, b"rainy") == b"restored"
    assert kept_image(tmp_path, b"other") is None
    assert kept_image(tmp_path / "no evaluation", b"rainy") is None


def test_images_that_take_too_much_room_are_not_kept(tmp_path, monkeypatch):
    keep(tmp_path / FOLDER, b"1", b"12345")
    keep(tmp_path / FOLDER, b"2", b"123")
    for most, stays in ((8, True), (7, False)):
        monkeypatch.setattr(restored_images, "MAX_BYTES", most)
        drop_if_large(tmp_path / FOLDER)
        assert (tmp_path / FOLDER).exists() is stays
    drop_if_large(tmp_path / FOLDER)  # which is missing now


def test_a_split_is_small_up_to_its_limit(tmp_path, monkeypatch):
    for name, size in (("a.gz", 3), ("b.gz", 4)):
        (tmp_path / name).write_bytes(bytes(size))
    for most, small in ((7, True), (6, False)):
        monkeypatch.setattr(restored_images, "MAX_RECORD_BYTES", most)
        assert is_small(tmp_path) is small


def test_the_folder_is_all_that_the_evaluators_configuration_gains(tmp_path):
    before = eval_config(["severity"], 4)
    after = json_format.Parse(keeping_images(json_format.MessageToJson(before), tmp_path), config_pb2.EvalConfig())
    (metric,) = after.metrics_specs[0].metrics
    assert json.loads(metric.config) == {"keep_in": str(tmp_path)}
    metric.config = ""
    assert after == before
