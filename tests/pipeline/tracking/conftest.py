"""An MLflow server, and workspaces with runs and models to export."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import tensorflow as tf

from components.production import registry
from pipeline.config import Config, load
from pipeline.report.facts.lineage_facts import Artifact, LineageStep, ModelFacts
from pipeline.report.page.files import write_page
from tests.mlflow_server import mlflow_server
from tests.pipeline.report import samples

SECRET = "T0P53CR3T"
COMMIT = "3ac8def0" * 5


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The URI of a server with an empty database."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri


class Scaled(tf.Module):
    """A model that multiplies by its one weight."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = tf.Variable(factor)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def scale(self, values: tf.Tensor) -> tf.Tensor:
        return values * self.factor


class Workspace:
    """A workspace as runs leave it: folders of runs, and pushed models."""

    def __init__(self, folder: Path, name: str) -> None:
        self.config: Config = load(
            None,
            (
                f"workspace={folder}",
                f"mlflow.experiment={name}",
                f"mlflow.model_name={name}",
                f"notify.webhook=https://hooks.example/{SECRET}",
                f"mlflow.tracking_uri=https://user:{SECRET}@mlflow.example",
            ),
        )

    def run(self, run_id: str, verdict: str = "pushed", factor: float | None = None, hour: int = 0) -> Path:
        """Writes a run's folder; with a factor it pushes the model that multiplies by it."""
        version = None if factor is None else self.push(run_id, factor)
        gate = self.config.workspace / "pipeline" / f"Gate-{run_id}"
        gate.mkdir(parents=True)
        (gate / "judgement.json").write_text('{"blessed": true}\n')
        blessing = Artifact(component="Gate", output="blessing", type="ModelBlessing", id=2, uri=str(gate))
        sample = samples.facts(verdict)
        facts = samples.facts(
            verdict,
            run_id=run_id,
            started=sample.started + timedelta(hours=hour),
            pushed_version=None if version is None else str(version.number),
            code_version=f"0.2.0, commit {COMMIT}",
            config_yaml=self.config.to_yaml(),
            model=sample.model and ModelFacts(variant="tiny16", digest=version.digest if version else "9d1c"),
            steps=[LineageStep(title="Judged", artifacts=(blessing,))],
        )
        folder = self.config.reports / run_id
        write_page(facts, [samples.example()], folder)
        (folder / "config.yaml").write_text(self.config.to_yaml())
        return folder

    def push(self, run_id: str, factor: float) -> registry.Version:
        saved = self.config.workspace / "pipeline" / f"model-{run_id}"
        module = Scaled(factor)
        tf.saved_model.save(module, str(saved), signatures={"serving_default": module.scale})
        return registry.push(saved, self.config.models, run_id)


@pytest.fixture
def workspace(tmp_path, request):
    """A workspace that has an experiment and a registered model of its own on the server."""
    return Workspace(tmp_path / "workspace", request.node.name)
