"""`ast-restore kubeflow`: compile, dry-run, submit and schedule the pipeline."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline import exit_codes
from pipeline.commands.options import config_options, with_options
from pipeline.commands.parameter_types import FilePath, Text, WholeRange
from pipeline.screen.terminal import print_line

_PACKAGE_FILE = Path("pipeline.yaml")

_CLUSTER_OPTIONS = with_options(
    click.option(
        "--host",
        type=Text(),
        required=True,
        help="URL of the Kubeflow Pipelines API; KFP_TOKEN holds the bearer token.",
    ),
    click.option("--namespace", type=Text(), help="Namespace of the user's profile, on a multi-user Kubeflow."),
    click.option(
        "--package",
        type=FilePath(),
        default=_PACKAGE_FILE,
        show_default=True,
        help="Pipeline that `kubeflow compile` wrote.",
    ),
    click.option(
        "--experiment",
        type=Text(),
        default="ast-restoration",
        show_default=True,
        help="Experiment of the runs; created if missing.",
    ),
)


@click.group()
def kubeflow() -> None:
    """Run the pipeline on Kubeflow Pipelines."""


@kubeflow.command("compile")
@with_options(
    config_options,
    click.option(
        "--output",
        type=FilePath(),
        default=_PACKAGE_FILE,
        show_default=True,
        help="YAML file to write.",
    ),
    click.option(
        "--image", type=Text(), required=True, help="Container image of the tasks, built from kubeflow/Dockerfile."
    ),
    click.option(
        "--pipeline-root",
        type=Text(),
        required=True,
        metavar="URI",
        help="Address of the artifacts: minio://, s3:// or gs://.",
    ),
)
def compile_command(
    config: Path | None, overrides: tuple[str, ...], output: Path, image: str, pipeline_root: str
) -> None:
    """Compile the pipeline to the YAML file that Kubeflow reads.

    The tasks use the paths of the configuration as they stand: put workspace and data.records on the mounted volume.
    """
    from pipeline.config import load

    resolved = load(config, overrides)
    click.echo("loading TFX ...", err=True)
    from kubeflow.compile import compile_pipeline

    compile_pipeline(resolved, output, image, pipeline_root)
    if resolved.kubeflow.volume_claim is None:
        print_line(
            f"warning: kubeflow.volume_claim is null, so the tasks share no volume: records, models and reports below "
            f"{resolved.workspace} end with the pod that wrote them"
        )
    click.echo(f"wrote {output}")


@kubeflow.command("dry-run", epilog=exit_codes.epilog(exit_codes.RUN))
@with_options(
    config_options,
    click.option("--parallel", type=WholeRange(min=1), default=2, show_default=True, help="Tasks run at a time."),
)
def dry_run_command(config: Path | None, overrides: tuple[str, ...], parallel: int) -> int:
    """Run the compiled pipeline on this machine.

    Each task runs in its own process as on a cluster, and the run report is written at the end. The last lines of a
    failed task's log are printed.
    """
    from pipeline.config import load

    resolved = load(config, overrides)
    click.echo("loading TFX ...", err=True)
    from kubeflow.dry_run import dry_run

    return dry_run(resolved, parallel)


@kubeflow.command()
@with_options(
    _CLUSTER_OPTIONS,
    click.option("--name", type=Text(), help="Name of the run.  [default: ast-restoration and the time]"),
    click.option("--no-cache", is_flag=True, help="Run every task, also those whose result is cached."),
)
def submit(host: str, namespace: str | None, package: Path, experiment: str, name: str | None, no_cache: bool) -> None:
    """Start one run now and print its address."""
    from kubeflow.cluster import Cluster

    cluster = Cluster(host, namespace)
    name = name or f"ast-restoration {datetime.now():%Y-%m-%d %H:%M:%S}"
    run_id = cluster.submit(package, experiment, name, caching=not no_cache)
    click.echo(cluster.address(run_id))


@kubeflow.command()
@with_options(
    _CLUSTER_OPTIONS,
    click.option(
        "--name", type=Text(), default="ast-restoration", show_default=True, help="Name of the recurring run."
    ),
    click.option(
        "--cron", help="Times of the runs in crontab's five fields; replaces a recurring run of the same name."
    ),
    click.option("--list", "action", flag_value="list", help="List all recurring runs instead."),
    click.option("--pause", "action", flag_value="pause", help="Pause the recurring run instead."),
    click.option("--resume", "action", flag_value="resume", help="Resume the recurring run instead."),
    click.option("--delete", "action", flag_value="delete", help="Delete the recurring run instead."),
)
def schedule(
    host: str, namespace: str | None, package: Path, experiment: str, name: str, cron: str | None, action: str | None
) -> None:
    """Create, replace, change or list recurring runs."""
    if (cron is None) == (action is None):
        raise click.UsageError("give --cron, or one of --list, --pause, --resume, --delete")
    from kubeflow.cluster import Cluster

    cluster = Cluster(host, namespace)
    if cron is not None:
        recurring = cluster.schedule(package, experiment, name, cron)
        click.echo(f"{recurring.name}: {recurring.cron} (seconds first), {recurring.id}")
    elif action == "list":
        for recurring in cluster.recurring_runs():
            click.echo(f"{recurring.name}: {recurring.cron}, {recurring.state}, {recurring.id}")
    else:
        changes = {"pause": cluster.pause, "resume": cluster.resume, "delete": cluster.delete}
        changed = changes[str(action)](name)
        click.echo(f"{name}: {changed} recurring run{'s' * (changed != 1)}, {action}d")
