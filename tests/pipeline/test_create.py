"""The connections between the components."""

import pytest

from pipeline.config import load
from pipeline.create import create_pipeline


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


def test_the_cache_knows_the_production_model_by_content_and_never_a_push(components):
    made = components()
    assert made["ProductionModel"].exec_properties["fingerprint"].name == "production-fingerprint"
    assert "pipeline-run-id" not in {
        getattr(value, "name", "") for value in made["ProductionModel"].exec_properties.values()
    }
    assert made["Pusher"].exec_properties["run_id"].name == "pipeline-run-id"


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
    made = components("tune={enabled: true, win_size: [4, 8]}")
    assert _producer(made["Trainer"], "hyperparameters") == "Tuner"
    assert _producer(made["Tuner"], "examples") == _producer(made["Trainer"], "examples") == "PairValidator"
    assert "Tuner" not in components()
