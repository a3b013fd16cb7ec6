"""The connections between the components."""

import json

import pytest
from tfx import v1 as tfx

from components.pusher.properties import SIGNING_KEY
from components.tfx_internals import substitute_runtime_parameter
from model_code.weights.starter.files import description
from pipeline.config import load
from pipeline.create import create_pipeline
from pipeline.phases.training import PRODUCTION_FINGERPRINT, RUN_ID
from tests.model_code.weights.starter.small_starter import use_starters


@pytest.fixture
def components(tmp_path):
    def make(*settings):
        config = load(None, (f"workspace={tmp_path}", *settings))
        return {component.id: component for component in create_pipeline(config, tmp_path / "records").components}

    return make


def _producer(component, key):
    return component.inputs[key].producer_component_id


def test_the_pusher_honours_the_gate_and_the_check_of_serving(components):
    pusher = components()["Pusher"]
    assert _producer(pusher, "model_blessing") == "Gate"
    assert _producer(pusher, "infra_blessing") == "InfraCheck"


def test_the_pusher_and_the_trainer_get_what_their_results_depend_on_beside_data_and_code(
    components, tmp_path, monkeypatch
):
    made = components("signing_key=/keys/key.pem")
    assert json.loads(made["Pusher"].exec_properties["custom_config"]) == {SIGNING_KEY: "/keys/key.pem"}
    assert json.loads(made["Trainer"].exec_properties["custom_config"])["starter"] == description().sha256
    use_starters(tmp_path, monkeypatch)
    hazy = components("train.warm_start=starter:haze", "model.embed_dim=4")["Trainer"].exec_properties["custom_config"]
    assert json.loads(hazy)["starter"] == description("haze").sha256 != description().sha256
    others = components("train.warm_start=null")
    assert json.loads(others["Pusher"].exec_properties["custom_config"]) is None
    assert "starter" not in json.loads(others["Trainer"].exec_properties["custom_config"])


class _Compiled(tfx.orchestration.LocalDagRunner):
    """Keeps the compiled pipeline instead of running it."""

    def run_with_ir(self, pipeline, run_options=None):  # noqa: ARG002 - the names are TFX's
        self.nodes = {node.pipeline_node.node_info.id: node.pipeline_node for node in pipeline.nodes}
        self.pipeline = pipeline


def test_a_run_fills_in_the_production_models_content_and_its_own_id_for_what_is_never_reused(tmp_path):
    runner = _Compiled()
    runner.run(create_pipeline(load(None, (f"workspace={tmp_path}",)), tmp_path / "records"))
    substitute_runtime_parameter(runner.pipeline, {PRODUCTION_FINGERPRINT: "version 7 ab12", RUN_ID: "20261130-101500"})
    values = {
        name: {key: value.field_value.string_value for key, value in node.parameters.parameters.items()}
        for name, node in runner.nodes.items()
    }
    assert values["ProductionModel"]["fingerprint"] == "version 7 ab12"
    with_id = {name for name, given in values.items() if "20261130-101500" in given.values()}
    assert with_id == {"Pusher", "DataReport", "RunReport"}


def test_the_evaluator_does_not_depend_on_thresholds(components):
    evaluators = [made["Evaluator"].exec_properties for made in (components(), components("gate.min_psnr=9"))]
    assert evaluators[0] == evaluators[1]


def test_with_docker_the_infra_validator_of_tfx_checks_the_serving(components):
    made = components("infra.docker=true", "infra.image_tag='2.16.1'")
    assert "InfraCheck" not in made
    assert _producer(made["Pusher"], "infra_blessing") == "InfraValidator"
    serving = made["InfraValidator"].exec_properties["serving_spec"]
    assert "2.16.1" in serving
    assert "local_docker" in serving


def test_the_trainer_trains_with_the_best_hyperparameters_of_the_tuner(components):
    made = components("tune={enabled: true, win_size: [4, 8]}", "train.warm_start=null")
    assert _producer(made["Trainer"], "hyperparameters") == "Tuner"
    assert _producer(made["Tuner"], "examples") == _producer(made["Trainer"], "examples") == "PairValidator"
    assert "Tuner" not in components()


def test_the_tuner_starts_where_the_trainer_does(components):
    search = "tune={enabled: true, learning_rate: [0.001, 0.002]}"
    made = components(search, "train.warm_start=production")
    assert _producer(made["Tuner"], "base_model") == _producer(made["Trainer"], "base_model") == "ProductionModel"
    made = components(search)
    assert "base_model" not in made["Tuner"].inputs.keys() | made["Trainer"].inputs.keys()
