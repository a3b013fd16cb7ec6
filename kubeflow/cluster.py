"""Runs and recurring runs on a cluster, through `kfp.Client`: the one module that imports kfp."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from data.errors import InputError
from kubeflow.cron import kubeflow_cron

TOKEN_VARIABLE = "KFP_TOKEN"
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recurring run.

    Attributes:
        id: Kubeflow's id of it.
        name: Its name.
        cron: Six fields, the seconds first.
        enabled: False while it is paused.
    """

    id: str
    name: str
    cron: str
    enabled: bool

    @property
    def state(self) -> str:
        """The state in one word."""
        return "enabled" if self.enabled else "paused"


class Cluster:
    """A Kubeflow Pipelines API server."""

    def __init__(self, host: str, namespace: str | None = None) -> None:
        """Connects.

        Args:
            host: URL of the API server, such as that of `kubectl port-forward`. A bearer token is taken from the
                environment variable KFP_TOKEN, never from an argument.
            namespace: The profile's, in a Kubeflow of several users.

        Raises:
            InputError: kfp is missing, or nobody answers.
        """
        try:
            import kfp
        except ImportError as error:
            raise InputError("kfp is not installed; pip install 'ast-restoration[kubeflow]'") from error
        self._host = host.rstrip("/")
        with self._asking():
            # Without a namespace the client asks the server whether it has several users, and five times if it is not there.
            self._client = kfp.Client(
                host=self._host, namespace=namespace or "kubeflow", existing_token=os.environ.get(TOKEN_VARIABLE)
            )
        self._namespace = namespace

    def submit(self, package: Path, experiment: str, name: str, caching: bool = True) -> str:
        """Starts one run now and returns its id.

        Args:
            package: The compiled pipeline.
            experiment: The experiment it belongs to; made where it is missing.
            name: The run's name.
            caching: False computes every task anew.
        """
        with self._asking():
            run = self._client.run_pipeline(
                self._experiment(experiment),
                name,
                pipeline_package_path=str(_require(package)),
                enable_caching=None if caching else False,
            )
        return str(run.run_id)

    def address(self, run_id: str) -> str:
        """Returns where a run can be looked at."""
        return f"{self._host}/#/runs/details/{run_id}"

    def schedule(self, package: Path, experiment: str, name: str, cron: str) -> Schedule:
        """Makes a recurring run; one of the same name is replaced: the new one is made first, so that no night is lost.

        One run at a time, and what was missed while the cluster was down is not caught up with.

        Args:
            package: The compiled pipeline.
            experiment: The experiment its runs belong to; made where it is missing.
            name: The recurring run's name.
            cron: Five fields.
        """
        expression = kubeflow_cron(cron)
        _require(package)
        with self._asking():
            before = [schedule for schedule in self._schedules() if schedule.name == name]
            made = self._client.create_recurring_run(
                self._experiment(experiment),
                name,
                cron_expression=expression,
                max_concurrency=1,
                no_catchup=True,
                pipeline_package_path=str(package),
            )
            for schedule in before:
                self._client.delete_recurring_run(schedule.id)
        return Schedule(str(made.recurring_run_id), name, expression, enabled=True)

    def schedules(self) -> list[Schedule]:
        """Returns all recurring runs, by name."""
        with self._asking():
            return sorted(self._schedules(), key=lambda schedule: (schedule.name, schedule.id))

    def pause(self, name: str) -> int:
        """Pauses the recurring runs of a name and returns how many."""
        return self._each(name, self._client.disable_recurring_run)

    def resume(self, name: str) -> int:
        """Lets the recurring runs of a name run again and returns how many."""
        return self._each(name, self._client.enable_recurring_run)

    def delete(self, name: str) -> int:
        """Deletes the recurring runs of a name and returns how many; their past runs stay."""
        return self._each(name, self._client.delete_recurring_run)

    def _each(self, name: str, change: Any) -> int:
        with self._asking():
            found = [schedule for schedule in self._schedules() if schedule.name == name]
            if not found:
                raise InputError(
                    f"{self._host}: no recurring run {name}; `ast-restore kubeflow schedule --list` names them"
                )
            for schedule in found:
                change(schedule.id)
        return len(found)

    def _schedules(self) -> Iterator[Schedule]:
        token = ""
        while True:
            page = self._client.list_recurring_runs(page_token=token, page_size=_PAGE, namespace=self._namespace)
            for run in page.recurring_runs or ():
                cron = run.trigger.cron_schedule.cron if run.trigger and run.trigger.cron_schedule else ""
                yield Schedule(run.recurring_run_id, run.display_name, cron, run.status == "ENABLED")
            token = page.next_page_token or ""
            if not token:
                return

    def _experiment(self, name: str) -> str:
        return str(self._client.create_experiment(name, namespace=self._namespace).experiment_id)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turns what goes wrong on the way into one line; the client's own warnings and links are not ours to show."""
        import kfp_server_api
        import urllib3

        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            try:
                yield
            except kfp_server_api.ApiException as error:
                reason = " ".join(str(error.body or error.reason).split())[:300]
                raise InputError(f"{self._host}: Kubeflow answered {error.status}: {reason}") from error
            except urllib3.exceptions.HTTPError as error:
                raise InputError(
                    f"{self._host}: no Kubeflow answers there: {error}; see kubectl port-forward"
                ) from error


def _require(package: Path) -> Path:
    if not package.is_file():
        raise InputError(f"{package}: no such file; make it with `ast-restore kubeflow compile`")
    return package
