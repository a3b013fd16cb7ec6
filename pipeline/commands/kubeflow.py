"""`ast-restore kubeflow`: compile, try here, submit, schedule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path), help="A YAML file, or the name of one that the project ships."
)
_SET = click.option("--set", "overrides", multiple=True, metavar="KEY.PATH=VALUE", help="Replace one value of it.")
_HOST = click.option(
    "--host", required=True, help="URL of the Kubeflow Pipelines API; the token is read from KFP_TOKEN."
)
_NAMESPACE = click.option("--namespace", help="The profile's namespace, in a Kubeflow of several users.")
_PACKAGE = click.option("--package", type=click.Path(path_type=Path), help="What `kubeflow compile` wrote.")
_EXPERIMENT = click.option("--experiment", default="ast-restoration", show_default=True, help="Made if it is missing.")


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@click.group()
def kubeflow() -> None:
    """Run the same pipeline on Kubeflow Pipelines: compile, try here, submit, schedule."""


@kubeflow.command("compile")
@_options(_CONFIG, _SET)
@click.option("--output", type=click.Path(path_type=Path), default=Path("pipeline.yaml"), show_default=True)
@click.option("--image", required=True, help="The container image, made of kubeflow/Dockerfile.")
@click.option("--pipeline-root", required=True, metavar="URI", help="Where artifacts lie: minio://, s3:// or gs://.")
def compile_command(
    config: Path | None, overrides: tuple[str, ...], output: Path, image: str, pipeline_root: str
) -> None:
    """Write the pipeline as the YAML that Kubeflow reads.

    The paths of the configuration are those that the tasks see: put workspace and data.records on the mounted volume.
    """
    from pipeline.config import load

    resolved = load(config, overrides)
    click.echo("loading TFX ...", err=True)
    from kubeflow.compile import compile_pipeline

    compile_pipeline(resolved, output, image, pipeline_root)
    click.echo(f"wrote {output}")


@kubeflow.command("dry-run")
@_options(_CONFIG, _SET)
@click.option(
    "--parallel", type=click.IntRange(min=1), default=2, show_default=True, help="Tasks that may run at a time."
)
def dry_run_command(config: Path | None, overrides: tuple[str, ...], parallel: int) -> int:
    """Execute the compiled pipeline here, each task its own process as on the cluster, and write the page of the run.

    The exit codes are those of `ast-restore run`; a task that dies is shown with the end of its log.
    """
    from pipeline.config import load

    resolved = load(config, overrides)
    click.echo("loading TFX ...", err=True)
    from kubeflow.dry_run import dry_run

    return dry_run(resolved, parallel)


@kubeflow.command()
@_options(_HOST, _NAMESPACE, _PACKAGE, _EXPERIMENT)
@click.option("--name", help="The run's name. Default: the time.")
@click.option("--no-cache", is_flag=True, help="Compute every task anew.")
def submit(
    host: str, namespace: str | None, package: Path | None, experiment: str, name: str | None, no_cache: bool
) -> None:
    """Start one run now and print where to look at it."""
    from kubeflow.cluster import Cluster

    cluster = Cluster(host, namespace)
    name = name or f"ast-restoration {datetime.now():%Y-%m-%d %H:%M:%S}"
    run_id = cluster.submit(package or Path("pipeline.yaml"), experiment, name, caching=not no_cache)
    click.echo(cluster.address(run_id))


@kubeflow.command()
@_options(_HOST, _NAMESPACE, _PACKAGE, _EXPERIMENT)
@click.option("--name", default="ast-restoration", show_default=True, help="The recurring run's name.")
@click.option(
    "--cron", help="Five fields, such as '0 3 * * *': make the recurring run, or replace the one of that name."
)
@click.option("--list", "action", flag_value="list", help="List the recurring runs instead.")
@click.option("--pause", "action", flag_value="pause", help="Pause it instead.")
@click.option("--resume", "action", flag_value="resume", help="Let it run again instead.")
@click.option("--delete", "action", flag_value="delete", help="Delete it instead.")
def schedule(
    host: str,
    namespace: str | None,
    package: Path | None,
    experiment: str,
    name: str,
    cron: str | None,
    action: str | None,
) -> None:
    """Make, replace, pause, resume, delete or list recurring runs."""
    if (cron is None) == (action is None):
        raise click.UsageError("give --cron, or one of --list, --pause, --resume, --delete")
    from kubeflow.cluster import Cluster

    cluster = Cluster(host, namespace)
    if cron is not None:
        made = cluster.schedule(package or Path("pipeline.yaml"), experiment, name, cron)
        click.echo(f"{made.name}: {made.cron} (seconds first), {made.id}")
    elif action == "list":
        for found in cluster.schedules():
            click.echo(f"{found.name}: {found.cron}, {'enabled' if found.enabled else 'paused'}, {found.id}")
    else:
        changed = getattr(cluster, str(action))(name)
        click.echo(f"{name}: {changed} recurring run{'s' * (changed != 1)}, {action}d")
