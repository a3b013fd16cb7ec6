"""Runs and recurring runs on a cluster, through `kfp.Client`. No other module imports kfp."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from data.errors import InputError
from data.plain_text import one_line
from data.storage.foreign_files import read_file
from kubeflow.cron import kubeflow_cron
from kubeflow.settings import KFP_MISSING
from pipeline.webhook import host_of

if TYPE_CHECKING:
    import kfp

TOKEN_VARIABLE = "KFP_TOKEN"
_PAGE_SIZE = 100
_MAX_BYTES = 16 * 2**20
"""Of a compiled pipeline; Kubeflow's API server takes less."""
_WHAT_YAML_RAISES = (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""PyYAML's readers take for granted that a value is of its tag's kind, and that nothing is nested too deeply."""


@dataclass(frozen=True, slots=True)
class RecurringRun:
    """A recurring run.

    Attributes:
        id: Kubeflow's id of the recurring run.
        name: Its name.
        cron: Cron expression of six fields, the seconds first.
        is_enabled: Whether it is active, not paused.
    """

    id: str
    name: str
    cron: str
    is_enabled: bool

    @property
    def state(self) -> str:
        """The state in one word."""
        return "enabled" if self.is_enabled else "paused"


class Cluster:
    """A Kubeflow Pipelines API server; it is contacted by the first request, after the request's own arguments were checked."""

    def __init__(self, host: str, namespace: str | None = None) -> None:
        """Keeps the address.

        Args:
            host: URL of the API server, such as that of `kubectl port-forward`. The bearer token comes from the environment
                variable KFP_TOKEN, never from an argument.
            namespace: Namespace of the user's profile, on a multi-user Kubeflow.

        Raises:
            InputError: The URL holds a user, and maybe a password, which messages and the run's address would show.
        """
        if "@" in host.partition("//")[2].partition("/")[0]:
            raise InputError(
                f"--host: the URL of {host_of(host)} holds a user or password; leave it out, {TOKEN_VARIABLE} holds the token"
            )
        self._host = host.rstrip("/")
        self._namespace = namespace

    @cached_property
    def _client(self) -> kfp.Client:
        """The client.

        Raises:
            InputError: kfp is not installed, the token is none, or the server does not answer.
        """
        with self._one_line_errors():
            import kfp

            # Without a namespace the client asks the server whether it is multi-user, five times if there is no answer.
            return kfp.Client(
                host=self._host,
                namespace=self._namespace or "kubeflow",
                existing_token=_token(),
            )

    def submit(self, package: Path, experiment: str, name: str, caching: bool = True) -> str:
        """Starts one run now and returns its id.

        Args:
            package: The compiled pipeline.
            experiment: Experiment of the run; created if missing.
            name: Name of the run.
            caching: Whether tasks may use cached results.

        Raises:
            InputError: The file is missing or no compiled pipeline, for which the server is not asked; or it does not answer.
        """
        root = _pipeline_root(package)
        with self._one_line_errors():
            run = self._client.run_pipeline(
                self._experiment(experiment),
                name,
                pipeline_package_path=str(package),
                pipeline_root=root,
                enable_caching=None if caching else False,
            )
        return str(run.run_id)

    def address(self, run_id: str) -> str:
        """Returns the address of a run's page."""
        return f"{self._host}/#/runs/details/{run_id}"

    def schedule(self, package: Path, experiment: str, name: str, cron: str) -> RecurringRun:
        """Creates a recurring run and then deletes older ones of the same name, in this order so that no run is missed.

        At most one run is active at a time. Runs missed while the cluster was down are not made up for.

        Args:
            package: The compiled pipeline.
            experiment: Experiment of the runs; created if missing.
            name: Name of the recurring run.
            cron: Cron expression of five fields.

        Raises:
            InputError: As `submit`, or the times are no cron expression.
        """
        expression = kubeflow_cron(cron)
        root = _pipeline_root(package)
        with self._one_line_errors():
            older = [recurring for recurring in self._recurring_runs() if recurring.name == name]
            created = self._client.create_recurring_run(
                self._experiment(experiment),
                name,
                cron_expression=expression,
                max_concurrency=1,
                no_catchup=True,
                pipeline_package_path=str(package),
                pipeline_root=root,
            )
            for recurring in older:
                self._client.delete_recurring_run(recurring.id)
        return RecurringRun(str(created.recurring_run_id), name, expression, is_enabled=True)

    def recurring_runs(self) -> list[RecurringRun]:
        """Returns all recurring runs, sorted by name."""
        with self._one_line_errors():
            return sorted(self._recurring_runs(), key=lambda recurring: (recurring.name, recurring.id))

    def pause(self, name: str) -> int:
        """Pauses the recurring runs of a name and returns their number."""
        return self._change_each(name, self._client.disable_recurring_run)

    def resume(self, name: str) -> int:
        """Resumes the recurring runs of a name and returns their number."""
        return self._change_each(name, self._client.enable_recurring_run)

    def delete(self, name: str) -> int:
        """Deletes the recurring runs of a name, not their past runs, and returns their number."""
        return self._change_each(name, self._client.delete_recurring_run)

    def _change_each(self, name: str, change: Callable[[str], object]) -> int:
        with self._one_line_errors():
            matching = [recurring for recurring in self._recurring_runs() if recurring.name == name]
            if not matching:
                raise InputError(
                    f"{self._host}: no recurring run {name}; `ast-restore kubeflow schedule --list` names them"
                )
            for recurring in matching:
                change(recurring.id)
        return len(matching)

    def _recurring_runs(self) -> Iterator[RecurringRun]:
        token = ""
        while True:
            page = self._client.list_recurring_runs(page_token=token, page_size=_PAGE_SIZE, namespace=self._namespace)
            for run in page.recurring_runs or ():
                cron = run.trigger.cron_schedule.cron if run.trigger and run.trigger.cron_schedule else ""
                yield RecurringRun(run.recurring_run_id, run.display_name, cron, run.status == "ENABLED")
            token = page.next_page_token or ""
            if not token:
                return

    def _experiment(self, name: str) -> str:
        return str(self._client.create_experiment(name, namespace=self._namespace).experiment_id)

    @contextmanager
    def _one_line_errors(self) -> Iterator[None]:
        """Turns errors of the client into one line each, and hides its warnings, links and logged tracebacks."""
        try:
            import kfp_server_api
            import urllib3
        except ImportError as error:
            raise InputError(KFP_MISSING) from error
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            disabled = logging.root.manager.disable
            logging.disable(logging.CRITICAL)
            try:
                yield
            except kfp_server_api.ApiException as error:
                reason = " ".join(str(error.body or error.reason).split())[:300]
                raise InputError(f"{self._host}: Kubeflow answered {error.status}: {reason}") from error
            # A TimeoutError is kfp's own, after five answers that are not Kubeflow's.
            except (urllib3.exceptions.HTTPError, TimeoutError) as error:
                raise InputError(f"{self._host}: no Kubeflow answers: {error}; see kubectl port-forward") from error
            finally:
                logging.disable(disabled)


def _token() -> str | None:
    """Returns the bearer token; a line break at its end, as files have it, is not part of it.

    Raises:
        InputError: No header can hold it; the error of the library would repeat it.
    """
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise InputError(
            f"{TOKEN_VARIABLE}: it has a blank or a character that no token has; set it to the token alone"
        )
    return token or None


def _pipeline_root(package: Path) -> str:
    """Returns the address of the artifacts that a package was compiled for; Kubeflow does not read it from the package.

    Raises:
        InputError: There is no such file, or it is not a compiled pipeline.
    """
    if not package.exists():
        raise InputError(f"{package}: no such file; make it with `ast-restore kubeflow compile`")
    try:
        spec = next(yaml.safe_load_all(read_file(package, _MAX_BYTES).decode("utf-8")), None)
    except OSError as error:
        raise InputError(f"{package}: {error.strerror}; make it with `ast-restore kubeflow compile`") from error
    except _WHAT_YAML_RAISES as error:
        raise InputError(
            f"{package}: not YAML ({one_line(error)}); make it with `ast-restore kubeflow compile`"
        ) from error
    root = spec.get("defaultPipelineRoot") if isinstance(spec, dict) else None
    if not isinstance(root, str) or not root:
        raise InputError(f"{package}: no defaultPipelineRoot in it; make it with `ast-restore kubeflow compile`")
    return root
