"""The compiled pipeline: what `kfp` loads and what a cluster would refuse."""

import pytest
import yaml

from data.errors import InputError
from kubeflow.compile import compile_pipeline
from pipeline.config import load


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "records").mkdir()
    config = load(None, (f"workspace={folder / 'w'}", f"data.records={folder / 'records'}"))
    compile_pipeline(config, folder / "pipeline.yaml", image="registry.example/ast-restoration:1")
    return yaml.safe_load((folder / "pipeline.yaml").read_text())


def test_every_component_of_the_local_pipeline_is_in_it(spec):
    assert set(spec["root"]["dag"]["tasks"]) >= {
        "SpanWindow", "SchemaGen", "StatisticsGen", "ExampleValidator", "PairMeasurer", "MeasurementSchema",
        "MeasurementStatistics", "MeasurementValidator", "PairValidator", "Transform", "Trainer", "ProductionModel",
        "Evaluator", "Gate", "InfraCheck", "Pusher",
    }  # fmt: skip


def test_it_has_no_resolver_which_open_source_kubeflow_refuses(spec):
    executors = spec["deploymentSpec"]["executors"].values()
    assert all("container" in executor for executor in executors)


def test_kfp_loads_it(spec, tmp_path):
    components = pytest.importorskip("kfp.components", reason="kfp is not installed")
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(spec))
    assert components.load_component_from_file(str(tmp_path / "pipeline.yaml")).name.startswith("ast")


def test_a_cluster_synthesises_no_data(tmp_path):
    with pytest.raises(InputError, match=r"data\.records"):
        compile_pipeline(load(None, (f"workspace={tmp_path}",)), tmp_path / "pipeline.yaml", image="i")


def test_the_output_is_yaml(tmp_path):
    config = load(None, (f"workspace={tmp_path}", f"data.records={tmp_path}"))
    with pytest.raises(InputError, match=r"pipeline\.json.*\.yaml"):
        compile_pipeline(config, tmp_path / "pipeline.json", image="i")
