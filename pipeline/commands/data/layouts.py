"""`ast-restore data layouts`."""

from __future__ import annotations

import click

from data.layouts.choice import all_layouts


@click.command()
def layouts() -> None:
    """List the layouts that `convert` and `check` know.

    Paths are written without their extension. A published data set may be at any depth below SRC.
    """
    rules = all_layouts()
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        note = "" if rule.checked == "seen" else "  [from memory: not checked against the data]"
        click.echo(f"{rule.name:<{width}}  {rule.summary}{note}")
    click.echo(f"{'auto':<{width}}  the only one of these that accounts for every image")
