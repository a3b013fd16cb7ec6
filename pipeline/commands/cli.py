"""The `ast-restore` command: a group that every command is added to. No command imports TensorFlow before it runs."""

from __future__ import annotations

import click

from pipeline.commands.bench.group import bench
from pipeline.commands.bench.input_benchmark import bench_input
from pipeline.commands.config import config
from pipeline.commands.data.group import data
from pipeline.commands.disk import clean, du
from pipeline.commands.kubeflow import kubeflow
from pipeline.commands.mlflow import mlflow
from pipeline.commands.models.compare_shadow import compare_shadow
from pipeline.commands.models.group import models
from pipeline.commands.models.import_checkpoint import import_model
from pipeline.commands.report import report
from pipeline.commands.restore import restore
from pipeline.commands.run import run
from pipeline.commands.schedule import schedule
from pipeline.commands.serve import serve
from pipeline.screen.terminal import exit_with, run_main


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ast-restoration", prog_name="ast-restore")
def cli() -> None:
    """Train, judge and use an image restoration model (rain, haze, raindrops)."""


for group, members in (
    (models, (import_model, compare_shadow)),
    (bench, (bench_input,)),
    (cli, (run, report, config, data, restore, serve, models, mlflow, schedule, du, clean, kubeflow, bench)),
):
    for command in members:
        group.add_command(command)


def main() -> None:
    """Runs the command and ends the process with its exit code."""
    exit_with(run_main(lambda: cli.main(standalone_mode=False)))
