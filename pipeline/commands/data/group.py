"""`ast-restore data`: the group of the commands on pairs of images."""

from __future__ import annotations

import click

from pipeline.commands.data.check import check
from pipeline.commands.data.convert import convert
from pipeline.commands.data.drift import drift
from pipeline.commands.data.layouts import layouts
from pipeline.commands.data.stats import stats
from pipeline.commands.data.synthesize import synthesize


@click.group(name="data")
def data() -> None:
    """Convert, synthesize, check and inspect pairs of images.

    Each call of `convert` or `synthesize` adds one folder DST/span-N with record files for training, validation and
    evaluation and a manifest.json. All pairs of one scene are in one split; a scene of an earlier span of DST stays in its
    split.
    """


for command in (check, convert, drift, layouts, stats, synthesize):
    data.add_command(command)
