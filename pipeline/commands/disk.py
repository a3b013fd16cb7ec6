"""`ast-restore du` and `ast-restore clean`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import as_json_option, config_option, print_json, with_options, workspace_option
from pipeline.disk_use.kinds import REMOVABLE

if TYPE_CHECKING:
    from pipeline.disk_use.contents import Part

_WORKSPACE = with_options(workspace_option("to look at.  [default: that of --config]"), config_option())


@click.command()
@_WORKSPACE
@as_json_option
def du(workspace: Path | None, config: Path | None, as_json: bool) -> None:
    """Show what a workspace holds, and what can be removed.

    Each kind of files is listed with its size on the disk, what it is, and, if `clean` can remove it, what that costs.
    """
    from pipeline.disk_use.contents import contents
    from pipeline.disk_use.table import table
    from pipeline.screen.plain_console import PlainConsole

    folder = _workspace(workspace, config)
    parts = contents(folder)
    if as_json:
        print_json(
            {
                "workspace": str(folder),
                "bytes": sum(part.bytes for part in parts),
                "kinds": [part.to_dict() for part in parts],
            }
        )
    else:
        PlainConsole().print(table(folder, parts))


@click.command()
@click.argument("kinds", nargs=-1, type=click.Choice([kind.name for kind in REMOVABLE]), metavar="[KIND]...")
@_WORKSPACE
@click.option("--dry-run", "is_dry_run", is_flag=True, help="List what would be removed, and remove nothing.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask before removing.")
def clean(kinds: tuple[str, ...], workspace: Path | None, config: Path | None, is_dry_run: bool, is_sure: bool) -> None:
    """Remove what a workspace no longer needs.

    KIND is a kind that `ast-restore du` lists: old-artifacts, old-records, log, checkpoints, searches or unknown-artifacts.
    Without it, the first three are removed: the next run on the same data and settings misses none of them. The command
    first lists what it would remove, and what that costs. The production folder always stays, and nothing is removed while a
    run uses the workspace.
    """
    from contextlib import nullcontext

    from pipeline.disk_use.contents import contents
    from pipeline.disk_use.removal import chosen, remove
    from pipeline.disk_use.table import size_text
    from pipeline.local.run_setup import locked_workspace

    folder = _workspace(workspace, config)
    contents(folder)  # refuses what is no workspace before the lock's file is made
    with nullcontext() if is_dry_run else locked_workspace(folder):
        parts = chosen(contents(folder), kinds)
        for part in parts:
            click.echo(f"{part.kind.name}: {_counted(part)}, {size_text(part.bytes)}; {part.kind.cost}")
        total = size_text(sum(part.bytes for part in parts))
        if not parts:
            click.echo("nothing to remove")
        elif is_dry_run:
            click.echo(f"{total} would be free; nothing was removed")
        elif is_sure or _agrees(f"Remove {total} from {folder}?"):
            remove(parts)
            click.echo(f"removed {total}")
        else:
            click.echo("nothing was removed; --yes does not ask")


def _agrees(question: str) -> bool:
    """Asks; where nobody can answer, as in a cron job, that is no."""
    try:
        return click.confirm(question)
    except click.Abort:
        click.echo()
        return False


def _counted(part: Part) -> str:
    return f"{len(part.paths)} {'entry' if len(part.paths) == 1 else 'entries'}"


def _workspace(workspace: Path | None, config: Path | None) -> Path:
    from pipeline.config import load

    return workspace.absolute() if workspace else load(config).workspace
