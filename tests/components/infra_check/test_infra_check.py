"""A model is tried in a process of its own: what may be served, and everything that may not."""

import json
import os

import cv2
import numpy as np
import psutil
import pytest
import tensorflow as tf
from tfx import v1 as tfx

from components.infra_check.check import InfraResult, check_model, judge_probe
from components.infra_check.component import InfraCheck
from components.infra_check.executor import InfraCheckExecutor
from components.infra_check.probe import probe
from components.infra_check.probe_process import none_left_waiting, start_ahead
from components.infra_check.samples import write_samples
from components.infra_check.settings import InfraSettings
from data.records import PairRecord
from model_code.saved_model.export import identity_restorer, save_restorer

artifacts = tfx.types.standard_artifacts


def _png(height, width):
    image = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return cv2.imencode(".png", image)[1].tobytes()


@pytest.fixture
def images(tmp_path):
    write_samples(_png(180, 260), "p", tmp_path / "images")
    return tmp_path / "images"


def test_samples_are_of_several_sizes_and_formats(images, tmp_path):
    sizes = {path.name: cv2.imread(str(path)).shape[:2] for path in images.iterdir()}
    assert sizes == {"published": (180, 260), "odd.png": (97, 131), "portrait.jpg": (160, 96)}
    write_samples(_png(700, 900), "p", tmp_path / "large")
    assert cv2.imread(str(tmp_path / "large" / "piece.png")).shape[:2] == (256, 384)
    assert not (tmp_path / "large" / "published").exists()


@pytest.fixture
def executor_finds(tmp_path):
    """Runs the executor on a model and returns its blessing, and what it found."""

    def run(restore, **settings):
        model, examples, blessing = artifacts.Model(), artifacts.Examples(), artifacts.InfraBlessing()
        model.uri, examples.uri, blessing.uri = (str(tmp_path / name) for name in ("model", "examples", "blessing"))
        save_restorer(restore, tmp_path / "model" / "Format-Serving")
        examples.split_names = '["evaluation"]'
        (tmp_path / "examples" / "Split-evaluation").mkdir(parents=True)
        pair = PairRecord("p", "s", "rain", "light", "made", "i", "t", _png(60, 90), b"", (60, 90), (60, 90))
        with tf.io.TFRecordWriter(str(tmp_path / "examples" / "Split-evaluation" / "data.gz"), "GZIP") as writer:
            writer.write(pair.to_example().SerializeToString())
        InfraCheckExecutor().Do(
            {"model": [model], "examples": [examples]},
            {"blessing": [blessing]},
            {"settings": InfraSettings(**settings).model_dump_json()},
        )
        return blessing, InfraResult.from_json((tmp_path / "blessing" / "infra_check.json").read_text())

    return run


def test_a_model_that_answers_is_blessed(executor_finds, tmp_path):
    blessing, found = executor_finds(identity_restorer())
    assert found.problems == ()
    assert blessing.get_int_custom_property("blessed") == 1
    assert (tmp_path / "blessing" / "INFRA_BLESSED").is_file()
    assert set(found.images) == {"60x90"}
    assert 100 < found.peak_memory_mb < 6144
    assert found.seconds_per_megapixel > 0


def test_a_model_that_does_not_load_is_not(images, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"no graph")
    found = check_model(tmp_path / "model", images, tmp_path, InfraSettings())
    assert "cannot be served: exit code 1" in found.problems[0]
    assert found.seconds_per_megapixel is None


def _noise(images):
    return images + tf.random.uniform(tf.shape(images))


@pytest.mark.parametrize(
    ("restore", "problem"),
    [
        (lambda images: images * float("nan"), "not finite"),
        (_noise, "differ"),
    ],
    ids=["not finite", "random"],
)
def test_wrong_answers_are_problems(restore, problem, images, tmp_path):
    save_restorer(restore, tmp_path / "model")
    found = judge_probe(probe(tmp_path / "model", sorted(images.iterdir())), InfraSettings())
    assert len(found.problems) == 3, "one for each image"
    assert all(problem in said for said in found.problems)


def test_a_network_that_changes_the_size_cannot_be_served(images, tmp_path):
    save_restorer(lambda images: images[:, 1:], tmp_path / "model")
    found = check_model(tmp_path / "model", images, tmp_path, InfraSettings())
    assert "cannot be served: exit code 1" in found.problems[0]


def _found(**changes):
    image = {
        "name": "a",
        "height": 500,
        "width": 1000,
        "seconds": 2.0,
        "restored": [500, 1000],
        "finite": True,
        "same": True,
    }
    return {"load_seconds": 1.0, "peak_memory_mb": 900.0, "images": [image]} | changes


def test_time_and_memory_are_limited():
    assert judge_probe(_found(), InfraSettings()).problems == ()
    slow = judge_probe(_found(), InfraSettings(max_seconds_per_megapixel=3.9))
    assert slow.problems == ("4.0 s a megapixel, at most 3.9 are allowed",)
    large = judge_probe(_found(), InfraSettings(max_memory_mb=899))
    assert large.problems == ("900 MB of memory, at most 899 are allowed",)


def test_an_answer_of_another_size_is_a_problem():
    smaller = _found()["images"][0] | {"restored": [499, 1000]}
    assert judge_probe(_found(images=[smaller]), InfraSettings()).problems == (
        "an image of 500x1000 came back as 499x1000",
    )


def test_a_process_that_hangs_is_stopped(images, tmp_path):
    (tmp_path / "model").mkdir()
    os.mkfifo(tmp_path / "model" / "saved_model.pb")  # whoever opens it waits for a writer
    found = check_model(tmp_path / "model", images, tmp_path, InfraSettings.model_construct(timeout_seconds=3))
    assert found.problems == ("it did not answer within 3 s",)


def test_a_process_that_was_started_ahead_does_the_check_and_none_is_left(images, tmp_path):
    save_restorer(identity_restorer(), tmp_path / "model")
    with none_left_waiting():
        start_ahead()
        start_ahead()  # one is enough
        children = psutil.Process().children()
        found = check_model(tmp_path / "model", images, tmp_path, InfraSettings())
        assert found.problems == ()
        assert found.load_seconds < 5
        assert len(children) == 1
        assert not children[0].is_running()
        start_ahead()
        (left,) = psutil.Process().children()
    assert not left.is_running()


def test_a_process_that_died_while_it_waited_is_replaced(images, tmp_path):
    save_restorer(identity_restorer(), tmp_path / "model")
    with none_left_waiting():
        start_ahead()
        (waiting,) = psutil.Process().children()
        waiting.kill()
        waiting.wait()
        assert check_model(tmp_path / "model", images, tmp_path, InfraSettings()).problems == ()


def test_the_component_emits_tfxs_blessing():
    model, examples = (tfx.dsl.Channel(type=kind) for kind in (artifacts.Model, artifacts.Examples))
    component = InfraCheck(model=model, examples=examples, settings=json.dumps({}))
    assert component.outputs["blessing"].type is artifacts.InfraBlessing
