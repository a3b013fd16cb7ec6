"""The Pusher's executor on hand-made artifacts."""

import pytest
from google.protobuf import json_format
from tfx import v1 as tfx

from components.production import registry
from components.pusher.executor import AtomicPusherExecutor

artifacts = tfx.types.standard_artifacts


@pytest.fixture
def push(tmp_path):
    """Pushes a model with given weights, blessed or not; returns what the executor says of it."""

    def push(weights, blessed=True):
        model = artifacts.Model()
        model.uri = str(tmp_path / f"model-{weights}")
        serving = tmp_path / f"model-{weights}" / "Format-Serving"
        (serving / "variables").mkdir(parents=True, exist_ok=True)
        (serving / "saved_model.pb").write_bytes(b"graph")
        (serving / "variables" / "variables.data-00000-of-00001").write_text(weights)
        blessing = artifacts.ModelBlessing()
        blessing.uri = str(tmp_path / "blessing")
        blessing.set_int_custom_property("blessed", int(blessed))
        pushed = artifacts.PushedModel()
        pushed.uri = str(tmp_path / "pushed")
        destination = tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(tmp_path / "models"))
        )
        AtomicPusherExecutor().Do(
            {"model": [model], "model_blessing": [blessing]},
            {"pushed_model": [pushed]},
            {"push_destination": json_format.MessageToJson(destination)},
        )
        return pushed

    return push


def _versions(tmp_path):
    return sorted(path.name for path in (tmp_path / "models").glob("[0-9]*"))


def test_a_blessed_model_is_pushed(push, tmp_path):
    pushed = push("good")
    assert pushed.get_string_custom_property("outcome") == "pushed"
    assert _versions(tmp_path) == [pushed.get_string_custom_property("pushed_version")]


def test_a_model_that_was_not_blessed_is_not_pushed(push, tmp_path):
    push("good")
    before = _versions(tmp_path)
    pushed = push("bad", blessed=False)
    assert pushed.get_string_custom_property("outcome") == "refused"
    assert pushed.get_int_custom_property("pushed") == 0
    assert _versions(tmp_path) == before


def test_the_same_model_is_not_pushed_twice(push, tmp_path):
    push("good")
    assert push("good").get_string_custom_property("outcome") == "unchanged"
    assert len(_versions(tmp_path)) == 1


def test_another_model_becomes_the_newest_version(push, tmp_path):
    push("good")
    pushed = push("better")
    assert pushed.get_string_custom_property("pushed_version") == _versions(tmp_path)[-1]
    assert registry.production(tmp_path / "models").digest == registry.model_digest(
        tmp_path / "model-better" / "Format-Serving"
    )
