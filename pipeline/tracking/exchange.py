"""What the process that exports gets and returns, as JSON on its standard input and output."""

from __future__ import annotations

from typing import Literal

from data.strict_model import StrictModel

PREFIX = "ast."
"""Begins the names of the tags that this project sets."""

RUN_ID_TAG = f"{PREFIX}run_id"
STARTED_TAG = f"{PREFIX}started"
CONTENT_TAG = f"{PREFIX}content"
DIGEST_TAG = f"{PREFIX}digest"
VERSION_TAG = f"{PREFIX}version"

CHAMPION = "champion"
"""Alias of the registered version that is in production."""


class Point(StrictModel):
    """One value of a metric at a step."""

    key: str
    value: float
    step: int = 0


class DatasetContent(StrictModel):
    """The data of a run as MLflow lists it; the digest is cut to the 36 characters that MLflow stores."""

    name: str
    digest: str
    source: str
    profile: str


class ModelContent(StrictModel):
    """A pushed model.

    Attributes:
        folder: Its folder in the push destination.
        digest: `registry.model_digest` of it.
        version: Its number there.
        description: The verdict on it in one sentence.
    """

    folder: str
    digest: str
    version: int
    description: str


class RunContent(StrictModel):
    """A run as MLflow has it.

    Attributes:
        run_id: The run's id here.
        status: How it ended.
        started: Time at which it started, milliseconds since 1970.
        ended: Time at which it ended, likewise.
        params: The configuration, flat.
        metrics: Its figures.
        tags: Tags by name; `RUN_ID_TAG` and `STARTED_TAG` identify the run, `CONTENT_TAG` is a digest of all that is exported.
        artifacts: Paths of the files.
        dataset: The data; None where not known.
        model: The pushed model; None where it pushed none, or it is gone.
    """

    run_id: str
    status: Literal["FINISHED", "FAILED"]
    started: int
    ended: int
    params: dict[str, str]
    metrics: tuple[Point, ...]
    tags: dict[str, str]
    artifacts: tuple[str, ...]
    dataset: DatasetContent | None = None
    model: ModelContent | None = None


class Request(StrictModel):
    """What the process gets.

    Attributes:
        uri: URI of the server, without user and password.
        experiment: Name of the experiment.
        model_name: Name of the registered model.
        runs: The runs.
        production: `registry.model_digest` of the production model; None where there is none.
    """

    uri: str
    experiment: str
    model_name: str
    runs: tuple[RunContent, ...] = ()
    production: str | None = None


class SentRun(StrictModel):
    """A run that MLflow has now.

    Attributes:
        run_id: The run's id here.
        mlflow_id: Its id in MLflow.
        experiment_id: The experiment's.
        was_there: Whether MLflow had it already, with this content.
        version: The registered version of its model; None where it has none.
    """

    run_id: str
    mlflow_id: str
    experiment_id: str
    was_there: bool
    version: str | None = None


class Result(StrictModel):
    """What the process returns.

    Attributes:
        runs: The runs that MLflow has now.
        champion: The registered version that the alias names; None where MLflow does not have the production model.
        problem: Why not everything was sent, a clause without a subject; None where everything was. It may hold secrets.
    """

    runs: tuple[SentRun, ...] = ()
    champion: str | None = None
    problem: str | None = None
