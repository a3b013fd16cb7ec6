"""The starter is written from a finished training: the network as it was trained, for what its pairs were drawn with."""

import json

import pytest

from data.errors import InputError
from data.spans.manifest import Manifest
from model_code.network.build import build
from model_code.saved_model.export import save_restorer
from model_code.weights.reference_weights import to_reference
from model_code.weights.starter.files import description
from model_code.weights.starter.weights import read_weights
from pipeline.benchmarks.starter.package import package
from tests.model_code.weights.starter.small_starter import HAZE_MODEL


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    model = build(HAZE_MODEL.spec(), HAZE_MODEL.img_size, seed=4)
    save_restorer(lambda images: model(images, training=False), work / "training" / "model", model.variables)
    history = {"recipe": {"model": HAZE_MODEL.model_dump(mode="json")}, "best": {"step": 12}}
    (work / "training" / "history.json").write_text(json.dumps(history))
    manifest = Manifest(
        1, "starter-haze", {"synthesis": "haze"}, 0, {"train": 1.0}, "1", created="", counts={"split": {"train": 1}}
    )
    (work / "records" / "span-1").mkdir(parents=True)
    (work / "records" / "span-1" / "manifest.json").write_text(manifest.to_json())
    return work, model


def test_what_was_trained_is_written_with_its_whole_network(trained, tmp_path):
    work, model = trained
    assert package(work, folder=tmp_path) == tmp_path / "haze.npz"
    about = description("haze", tmp_path)
    assert (about.model.spec(), about.model.img_size, about.steps) == (HAZE_MODEL.spec(), 32, 12)
    stored = read_weights("haze", tmp_path)
    for name, value in to_reference(model).items():
        assert stored[name].tolist() == value.astype("float16").tolist()


def test_haze_is_not_written_as_rain(trained, tmp_path):
    with pytest.raises(InputError, match=r"records: holds pairs of haze, not of rain; leave out --degradation"):
        package(trained[0], "rain", tmp_path)
    assert not list(tmp_path.iterdir())


def test_without_pairs_or_training_nothing_is_written(tmp_path):
    with pytest.raises(InputError, match=r"say with --degradation what the weights remove"):
        package(tmp_path, folder=tmp_path)
    with pytest.raises(InputError, match=r"training/model: no such folder; finish the training first"):
        package(tmp_path, "haze", folder=tmp_path)
