"""The Pusher's executor on hand-made artifacts."""

import json

import pytest
from google.protobuf import json_format
from tfx import v1 as tfx

from components.gate.judgement import judgement_of
from components.gate.settings import GateSettings
from components.production import changes, registry
from components.pusher.executor import AtomicPusherExecutor
from components.pusher.properties import RUN_ID, SIGNING_KEY
from tests.components.gate.rows import row

artifacts = tfx.types.standard_artifacts


@pytest.fixture
def push(tmp_path):
    """Pushes a model with given weights, blessed or not; returns what the executor says of it."""

    def push(weights, blessed=True, served=True, signing_key=None, run_id="20261129-031500"):
        model = artifacts.Model()
        model.uri = str(tmp_path / f"model-{weights}")
        serving = tmp_path / f"model-{weights}" / "Format-Serving"
        (serving / "variables").mkdir(parents=True, exist_ok=True)
        (serving / "saved_model.pb").write_bytes(b"graph")
        (serving / "variables" / "variables.data-00000-of-00001").write_text(weights)
        blessing = artifacts.ModelBlessing()
        blessing.uri = str(tmp_path / "blessing")
        blessing.set_int_custom_property("blessed", int(blessed))
        infra = artifacts.InfraBlessing()
        infra.set_int_custom_property("blessed", int(served))
        pushed = artifacts.PushedModel()
        pushed.uri = str(tmp_path / "pushed")
        destination = tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(tmp_path / "models"))
        )
        AtomicPusherExecutor().Do(
            {"model": [model], "model_blessing": [blessing], "infra_blessing": [infra]},
            {"pushed_model": [pushed]},
            {
                "push_destination": json_format.MessageToJson(destination),
                "custom_config": json.dumps({SIGNING_KEY: str(signing_key)} if signing_key else None),
                RUN_ID: run_id,
            },
        )
        return pushed

    return push


def _versions(tmp_path):
    return sorted(path.name for path in (tmp_path / "models").glob("[0-9]*"))


def test_a_blessed_model_is_pushed(push, tmp_path):
    pushed = push("good")
    assert pushed.get_string_custom_property("outcome") == "pushed"
    assert _versions(tmp_path) == [pushed.get_string_custom_property("pushed_version")]


def test_the_record_of_a_version_names_the_run_also_on_a_cluster(push, tmp_path):
    """A cluster passes the id as this parameter alone; the executor has no context there."""
    push("good", run_id="7f9c2a30-1b1e-4c4f-9d43-0a6f4b7c5d21")
    assert registry.production(tmp_path / "models").run_id == "7f9c2a30-1b1e-4c4f-9d43-0a6f4b7c5d21"


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


def test_a_model_that_was_rolled_back_is_refused_with_the_reason(push, tmp_path):
    push("good")
    bad = push("bad").get_string_custom_property("pushed_version")
    back = changes.rollback(tmp_path / "models")
    pushed = push("bad")
    assert pushed.get_string_custom_property("outcome") == "refused"
    assert f"version {bad}, which was rolled back" in pushed.get_string_custom_property("reason")
    assert registry.production(tmp_path / "models") == back
    assert push("good").get_string_custom_property("outcome") == "unchanged"


def test_the_judgement_is_pushed_with_the_model_and_stored_in_the_metadata(push, tmp_path):
    (tmp_path / "blessing").mkdir()
    rows = [row(number) for number in range(9)]
    judgement = judgement_of(rows, rows, GateSettings(), production="doing nothing", digest="d", code="c",
                             data={"source": "made", "span": 3, "sha256": "ab", "pairs": 9})  # fmt: skip
    (tmp_path / "blessing" / "judgement.json").write_text(judgement.to_json())
    record = registry.Version.from_json(push("good").get_string_custom_property("version_record"))
    assert record == registry.production(tmp_path / "models")
    assert record.facts["data"]["span"] == 3
    assert record.facts["metrics"]["gain_psnr"] == {"value": 5.0, "unit": "dB", "low": 5.0, "high": 5.0}
    assert record.facts["verdict"] == {"blessed": True, "met": 8, "not_met": 0, "too_few_images": 0}


def test_a_model_that_cannot_be_served_is_not_pushed(push, tmp_path):
    assert push("bad", served=False).get_string_custom_property("outcome") == "refused"
    assert not _versions(tmp_path)


def test_a_push_is_signed_where_the_configuration_names_a_key(push, tmp_path, keys):
    pushed = push("good", signing_key=keys.private)
    number = int(pushed.get_string_custom_property("pushed_version"))
    assert changes.verify_version(tmp_path / "models", None, keys.public) == number
