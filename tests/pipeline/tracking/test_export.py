"""Exports to a real MLflow server: what was sent is read back through MLflow's own API."""

import os
from pathlib import Path

import pytest
import tensorflow as tf

from components.production import changes, registry
from pipeline.config_sections.mlflow_settings import MlflowSettings
from pipeline.report.facts.run_facts import RunFacts
from pipeline.tracking import export as exporting
from pipeline.tracking.exchange import RUN_ID_TAG, STARTED_TAG
from pipeline.tracking.export import ExportError, export, export_ended_run
from pipeline.tracking.server import server_of
from tests.pipeline.tracking.conftest import COMMIT, SECRET

pytestmark = pytest.mark.slow  # a server has to be started; on the other stack for one test of them all

NAMES = ["config.yaml", "facts.json", "index.html", "judgement.json", "model", "model_card.md", "run.json"]


@pytest.fixture(autouse=True)
def mlflow_variables(monkeypatch):
    """Keeps MLflow's client quiet in this process, and leaves no setting of the machine."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


@pytest.fixture
def client(server):
    from mlflow import MlflowClient

    return MlflowClient(server)


@pytest.fixture
def in_this_process(monkeypatch):
    """Sends from this process, which has MLflow loaded; `test_a_run_arrives_whole` has the real process.

    So has `test_after_a_rollback_...` in `test_run_end_to_end.py`, with a server that is not there.
    """
    from pipeline.tracking.client import send

    monkeypatch.setattr(exporting, "_ask", lambda request, _server, _seconds: send(request))


def _export(workspace, uri, *folders, **changes):
    settings = workspace.config.mlflow.model_copy(update={"tracking_uri": uri, **changes})
    return export(folders, workspace.config.reports, workspace.config.models, server_of(settings), settings)


def _runs(client, workspace):
    experiment = client.get_experiment_by_name(workspace.config.mlflow.experiment)
    return client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])


def _champion(client, workspace):
    version = client.get_registered_model(workspace.config.mlflow.model_name).aliases.get("champion")
    return None if version is None else str(version)


@pytest.mark.both_stacks
def test_a_run_arrives_whole(server, client, workspace, tmp_path):
    import mlflow

    folder = workspace.run("20261122-201407", factor=3.0)
    facts = RunFacts.model_validate_json((folder / "facts.json").read_text())
    done = _export(workspace, server, folder)
    assert done.notes == ()
    (run,) = _runs(client, workspace)
    assert done.lines[0].endswith(f"{server}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}")
    assert (run.info.run_name, run.info.status) == (facts.run_id, "FINISHED")
    assert run.info.end_time - run.info.start_time == round(facts.seconds * 1000)
    assert run.data.params["train.stages"].startswith('[{"patch": 64')
    assert run.data.params["workspace"] == str(workspace.config.workspace)
    assert run.data.metrics["evaluation/gain_psnr"] == 3.92
    assert run.data.metrics["evaluation/gain_psnr low"] == 3.42
    assert run.data.metrics["evaluation severity heavy/psnr"] == 27.92
    assert run.data.metrics["gate/thresholds_met"] == 1
    assert run.data.metrics["gate/gain_psnr threshold"] == 1
    losses = client.get_metric_history(run.info.run_id, "train/loss")
    assert {point.step: point.value for point in losses} == {row.step: row.loss for row in facts.history.steps}
    gains = client.get_metric_history(run.info.run_id, "validation/gain_psnr")
    assert [(point.step, point.value) for point in gains] == [(100, 1.0), (200, 2.5), (300, 4.0), (400, 3.5)]
    tags = {"ast.run_id": facts.run_id, "ast.verdict": "pushed", "ast.data_digest": "3fd0c3"}
    assert tags.items() <= run.data.tags.items()
    assert run.data.tags["mlflow.source.git.commit"] == COMMIT
    (data,) = run.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("synthetic-rain", "3fd0c3")
    assert sorted(item.path for item in client.list_artifacts(run.info.run_id)) == NAMES
    got = Path(client.download_artifacts(run.info.run_id, "", str(tmp_path)))
    for name in set(NAMES) - {"model", "judgement.json"}:
        assert (got / name).read_bytes() == (folder / name).read_bytes(), name
    assert (got / "judgement.json").read_text() == '{"blessed": true}\n'
    assert not [path for path in got.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert SECRET not in str(run.to_dictionary())
    _check_model(mlflow, client, workspace, run, server)


def _check_model(mlflow, client, workspace, run, server):
    """The registered version is the pushed folder, byte for byte, and both ways of loading it give the model."""
    name = workspace.config.mlflow.model_name
    version = client.get_model_version_by_alias(name, "champion")
    pushed = registry.production(workspace.config.models)
    assert version.run_id == run.info.run_id
    assert {"ast.digest": pushed.digest, "ast.version": str(pushed.number)} == version.tags
    uri = f"models:/{name}@champion"
    mlflow.set_tracking_uri(server)
    got = Path(mlflow.artifacts.download_artifacts(uri)) / "saved_model"
    there = workspace.config.models / str(pushed.number)
    files = sorted(path.relative_to(there) for path in there.rglob("*") if path.is_file())
    assert sorted(path.relative_to(got) for path in got.rglob("*") if path.is_file()) == files
    assert all((got / file).read_bytes() == (there / file).read_bytes() for file in files)
    assert registry.model_digest(got) == pushed.digest
    for loaded in (tf.saved_model.load(str(got)), mlflow.tensorflow.load_model(uri)):
        assert loaded.scale(tf.constant([2.0])).numpy().tolist() == [6.0]


@pytest.mark.usefixtures("in_this_process")
def test_a_second_export_changes_nothing(server, client, workspace):
    folder = workspace.run("20261122-201407", factor=3.0)
    _export(workspace, server, folder)
    (before,) = _runs(client, workspace)
    done = _export(workspace, server, folder)
    (run,) = _runs(client, workspace)
    assert run.to_dictionary() == before.to_dictionary()
    assert "is in MLflow already" in done.lines[0]
    assert len(client.search_model_versions(f"name = '{workspace.config.mlflow.model_name}'")) == 1
    assert len(client.get_metric_history(run.info.run_id, "train/loss")) == 600


@pytest.mark.usefixtures("in_this_process")
def test_an_export_that_was_killed_is_completed_in_the_same_run(server, client, workspace):
    folder = workspace.run("20261122-201407", "failed")
    facts = RunFacts.model_validate_json((folder / "facts.json").read_text())
    experiment = client.create_experiment(workspace.config.mlflow.experiment)
    tags = {RUN_ID_TAG: facts.run_id, STARTED_TAG: facts.started.isoformat()}
    begun = client.create_run(experiment, tags=tags)
    client.log_param(begun.info.run_id, "train.seed", "1")
    client.log_metric(begun.info.run_id, "data/pairs", 164)
    _export(workspace, server, folder)
    (run,) = _runs(client, workspace)
    assert run.info.run_id == begun.info.run_id
    assert run.info.status == "FAILED"
    assert run.data.params["gate.min_psnr"] == "20.0"


@pytest.mark.usefixtures("in_this_process")
def test_runs_of_two_workspaces_with_one_id_are_two_runs(server, client, workspace, tmp_path):
    first = workspace.run("20261122-201407", "refused")
    other = type(workspace)(tmp_path / "other", workspace.config.mlflow.experiment)
    second = other.run("20261122-201407", "refused", hour=1)
    _export(workspace, server, first)
    _export(other, server, second)
    assert len(_runs(client, workspace)) == 2


@pytest.mark.usefixtures("in_this_process")
def test_the_alias_follows_production(server, client, workspace):
    first, second = workspace.run("20261122-201407", factor=3.0), workspace.run("20261123-201407", factor=4.0, hour=24)
    models = workspace.config.models
    (older, newer) = registry.versions(models)
    done = _export(workspace, server, first)
    # The production model is the second run's, which MLflow does not have yet.
    assert _champion(client, workspace) is None
    assert done.notes == (
        f"MLflow does not have the production model, version {newer.number}, so no version is champion; "
        "`ast-restore mlflow export 20261123-201407` registers it",
    )
    _export(workspace, server, second)
    assert _champion(client, workspace) == "2"
    changes.rollback(models, older.number, "worse")
    assert _champion(client, workspace) == "2", "until it is asked to follow"
    done = _export(workspace, server)
    assert _champion(client, workspace) == "1"
    assert done.lines == (f"champion of {workspace.config.mlflow.model_name} is version 1",)
    workspace.push("by hand", 5.0)
    assert _export(workspace, server).notes
    assert _champion(client, workspace) is None, "no version of MLflow is what production serves"


@pytest.mark.usefixtures("in_this_process")
def test_a_server_that_is_not_there_does_not_fail_a_run(workspace):
    folder = workspace.run("20261122-201407", "refused")
    settings = MlflowSettings(tracking_uri=f"http://user:{SECRET}@127.0.0.1:1/{SECRET}")
    done = export_ended_run(folder, workspace.config.reports, workspace.config.models, settings)
    assert done.lines == ()
    assert done.notes == (
        "not exported to MLflow: the MLflow server at 127.0.0.1 cannot be reached: no connection; "
        "`ast-restore mlflow export 20261122-201407` tries again",
    )


def test_a_server_that_is_too_slow_is_not_waited_for(server, workspace):
    folder = workspace.run("20261122-201407", "refused")
    with pytest.raises(
        ExportError, match=r"did not take it within 0\.2 s; `ast-restore mlflow export 20261122-201407`"
    ):
        _export(workspace, server, folder, timeout_seconds=0.2)


@pytest.mark.usefixtures("in_this_process")
def test_what_a_server_answers_is_reported_without_secrets(server, workspace):
    folder = workspace.run("20261122-201407", "refused")
    with pytest.raises(ExportError) as caught:  # a path where no API is
        _export(workspace, f"{server}/{SECRET}", folder)
    assert "the MLflow server at 127.0.0.1 answered: " in str(caught.value)
    assert "404" in str(caught.value)
    assert SECRET not in str(caught.value)
