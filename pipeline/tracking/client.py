"""Sends runs to an MLflow server with MLflow's own client, and lets the alias follow production. Imports MLflow."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import mlflow.models
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from requests import exceptions

from pipeline.tracking.exchange import (
    CHAMPION,
    CONTENT_TAG,
    DIGEST_TAG,
    RUN_ID_TAG,
    STARTED_TAG,
    VERSION_TAG,
    DatasetContent,
    ModelContent,
    Request,
    Result,
    RunContent,
    SentRun,
)

Item = TypeVar("Item")

_MODEL = "model"
_SAVED_MODEL = "saved_model"
"""Folder of a run's model among its artifacts, and of the pushed version in it."""
_FIRST_ANSWER = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
_TRAINING = {"mlflow.experimentKind": "custom_model_development"}
"""Tag of an experiment by which MLflow's page shows runs of a training, not conversations of a language model."""
_PARAMS, _METRICS = 100, 1000
"""Most of each that MLflow takes in one request."""


def send(request: Request) -> Result:
    """Sends runs, registers their models, and sets the alias.

    Args:
        request: The runs and the server.

    Returns:
        The runs that MLflow has now, and the problem that kept it from having the others.
    """
    client = MlflowClient(request.uri)
    sent: list[SentRun] = []
    try:
        with _environment(_FIRST_ANSWER):  # a server that is not there is not waited for
            client.search_experiments(max_results=1)
        for run in request.runs:
            experiment_id = _experiment(client, request.experiment)
            sent.append(_send_run(client, experiment_id, request.model_name, run))
        champion = _sync(client, request.model_name, request.production)
        return Result(runs=tuple(sent), champion=champion)
    except (MlflowException, OSError, ImportError) as error:
        return Result(runs=tuple(sent), problem=_problem(error))


def _experiment(client: MlflowClient, name: str) -> str:
    """Returns the id of an experiment, which is made where it is missing."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return str(client.create_experiment(name, tags=_TRAINING))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        experiment = client.get_experiment_by_name(name)  # another process was first
    if experiment is None or experiment.lifecycle_stage != "active":
        raise MlflowException(
            f"experiment {name} was deleted there; restore it, or set mlflow.experiment to another name"
        )
    return str(experiment.experiment_id)


def _send_run(client: MlflowClient, experiment_id: str, model_name: str, content: RunContent) -> SentRun:
    run = _found(client, experiment_id, content)
    was_there = (
        run is not None and run.info.status != "RUNNING" and run.data.tags.get(CONTENT_TAG) == content.tags[CONTENT_TAG]
    )
    if run is None:
        # The tags that identify the run are made with it, so that a process that is killed here leaves no second one.
        tags = {name: content.tags[name] for name in (RUN_ID_TAG, STARTED_TAG)}
        run = client.create_run(experiment_id, content.started, tags, content.run_id)
    mlflow_id = run.info.run_id
    if not was_there:
        _log(client, run, content)
    version = _register(client, model_name, run, content.model) if content.model else None
    if not was_there:
        # Last, so that a run with this tag is whole.
        client.set_tag(mlflow_id, CONTENT_TAG, content.tags[CONTENT_TAG])
        client.set_terminated(mlflow_id, content.status, content.ended)
    return SentRun(
        run_id=content.run_id, mlflow_id=mlflow_id, experiment_id=experiment_id, was_there=was_there, version=version
    )


def _found(client: MlflowClient, experiment_id: str, content: RunContent) -> Run | None:
    same = " and ".join(f"tags.`{name}` = '{content.tags[name]}'" for name in (RUN_ID_TAG, STARTED_TAG))
    runs = client.search_runs([experiment_id], same, max_results=1, order_by=["attributes.start_time ASC"])
    return runs[0] if runs else None


def _log(client: MlflowClient, run: Run, content: RunContent) -> None:
    """Logs everything but the model; what an earlier export got through with is left or logged again."""
    mlflow_id = run.info.run_id
    params = [Param(*item) for item in content.params.items() if item[0] not in run.data.params]
    for some_params in _parts(params, _PARAMS):
        client.log_batch(mlflow_id, params=some_params)
    # All at one time, so that the same value is the same row when it is logged again.
    metrics = [Metric(point.key, point.value, content.ended, point.step) for point in content.metrics]
    for some_metrics in _parts(metrics, _METRICS):
        client.log_batch(mlflow_id, metrics=some_metrics)
    tags = {name: value for name, value in content.tags.items() if name != CONTENT_TAG}
    client.log_batch(mlflow_id, tags=[RunTag(*item) for item in tags.items()])
    if content.dataset is not None:
        client.log_inputs(mlflow_id, [_dataset_input(content.dataset)])
    for path in content.artifacts:
        client.log_artifact(mlflow_id, path)


def _dataset_input(data: DatasetContent) -> DatasetInput:
    dataset = Dataset(data.name, data.digest, "local", data.source, profile=data.profile)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def _register(client: MlflowClient, name: str, run: Run, model: ModelContent) -> str:
    """Uploads a pushed model and registers it, unless a version with its content is registered; returns that version."""
    registered = _registered(client, name, model.digest)
    if registered is not None:
        return registered
    mlflow_id = run.info.run_id
    with tempfile.TemporaryDirectory() as scratch:
        described = mlflow.models.Model(
            artifact_path=_MODEL,
            run_id=mlflow_id,
            flavors={"tensorflow": {"saved_model_dir": _SAVED_MODEL, "model_type": "tf2-module", "code": None}},
        )
        described.save(Path(scratch) / "MLmodel")
        client.log_artifact(mlflow_id, str(Path(scratch) / "MLmodel"), _MODEL)
    client.log_artifacts(mlflow_id, model.folder, f"{_MODEL}/{_SAVED_MODEL}")
    tags = {DIGEST_TAG: model.digest, VERSION_TAG: str(model.version)}
    source = f"{run.info.artifact_uri}/{_MODEL}"
    _unless("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(name))
    made = client.create_model_version(name, source, mlflow_id, tags, description=model.description)
    return str(made.version)


def _sync(client: MlflowClient, name: str, production: str | None) -> str | None:
    """Sets the alias to the registered version with the content of the production model, and removes it if there is none."""
    aliases = _unless("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(name).aliases) or {}
    wanted = _registered(client, name, production) if production else None
    if wanted is not None and str(aliases.get(CHAMPION)) != wanted:
        client.set_registered_model_alias(name, CHAMPION, wanted)
    if wanted is None and CHAMPION in aliases:
        client.delete_registered_model_alias(name, CHAMPION)
    return wanted


def _registered(client: MlflowClient, name: str, digest: str) -> str | None:
    """Returns the newest registered version with this content."""
    found = client.search_model_versions(f"name = '{name}' and tags.`{DIGEST_TAG}` = '{digest}'")
    return str(max(int(version.version) for version in found)) if found else None


def _unless(code: str, call: Callable[[], Any]) -> Any:
    """Returns what a call returns; None where MLflow answers with this code."""
    try:
        return call()
    except MlflowException as error:
        if error.error_code != code:
            raise
        return None


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Sets environment variables while the context lasts; MLflow reads them at each request."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _problem(error: Exception) -> str:
    """Returns what went wrong as a clause; MLflow hides the cause of a failed connection in a long text."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, exceptions.SSLError):
            return "cannot be reached: its certificate is not accepted"
        if isinstance(cause, exceptions.Timeout):
            return "cannot be reached: timed out"
        if isinstance(cause, exceptions.ConnectionError):
            return "cannot be reached: no connection"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, MlflowException):
        return f"answered: {error.message}"
    return f"did not take all: {type(error).__name__}: {error}"
