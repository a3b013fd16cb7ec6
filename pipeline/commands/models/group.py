"""`ast-restore models`: list the pushed models, and change the production model."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import as_json_option, models_option, print_json, whole_workspace_option, with_options
from pipeline.commands.parameter_types import FilePath
from pipeline.screen.terminal import print_line
from pipeline.workspace import METADATA

if TYPE_CHECKING:
    from components.production.registry import Version

_DESTINATION = models_option(parameter="destination")
_METADATA = click.option(
    "--metadata",
    type=FilePath(),
    default=METADATA,
    show_default=True,
    help="SQLite file of ML Metadata; it may be missing.",
)
_SIGNING_KEY = click.option(
    "--signing-key",
    type=FilePath(dir_okay=False),
    help="PEM file of the private key to sign the new version with.",
)


@click.group()
def models() -> None:
    """Show the pushed models and change the production model.

    Each version is recorded twice, in its folder and in ML Metadata. If one record is missing, the other is enough to list,
    show and compare.
    """


@models.command("list")
@with_options(_DESTINATION, whole_workspace_option, _METADATA, as_json_option)
def list_models(destination: Path, metadata: Path, as_json: bool) -> None:
    """List the versions, newest first.

    Each line has date, data, gain and verdict, and marks the production model.
    """
    from pipeline.models import tables, versions

    known = versions.known_versions(destination, metadata)
    versions.require_any(known, destination, metadata)
    if as_json:
        print_json([version.to_dict() for version in known])
    else:
        tables.print_list(known)
    versions.note_skipped(destination)


@models.command()
@click.argument("version", type=int)
@with_options(_DESTINATION, whole_workspace_option, _METADATA, as_json_option)
def show(version: int, destination: Path, metadata: Path, as_json: bool) -> None:
    """Show the record of one version.

    The record includes whether the files are unchanged since the push.
    """
    from pipeline.models import tables, versions

    known = versions.find(versions.known_versions(destination, metadata), version, destination)
    is_intact = versions.is_intact(known, destination)
    if as_json:
        print_json(known.to_dict() | {"intact": is_intact})
    else:
        tables.print_one(known, is_intact)


@models.command()
@click.argument("version", type=int)
@click.argument("other", type=int)
@with_options(_DESTINATION, whole_workspace_option, _METADATA, as_json_option)
def diff(version: int, other: int, destination: Path, metadata: Path, as_json: bool) -> None:
    """Compare two versions: data, code, configuration and metrics.

    Metrics are comparable only if both versions were evaluated on the same data; a note says if they were not.
    """
    from pipeline.models import tables, versions
    from pipeline.models.comparison import compare

    known = versions.known_versions(destination, metadata)
    left, right = (versions.find(known, number, destination) for number in (version, other))
    comparison = compare(left, right)
    if as_json:
        print_json(asdict(comparison))
    else:
        tables.print_comparison(left, right, comparison)


@models.command()
@click.argument("version", type=int, required=False)
@click.option("--reason", default="", help="Reason, stored beside the model that is rolled back.")
@with_options(_SIGNING_KEY, _DESTINATION, whole_workspace_option, as_json_option)
def rollback(version: int | None, reason: str, signing_key: Path | None, destination: Path, as_json: bool) -> None:
    """Return to an earlier model.

    VERSION, or else the newest other model, becomes the production model. The present one is barred from being pushed again.

    The earlier model is published under a new, higher number by one rename, so no server loads a partial copy. TF Serving
    takes the highest number, and the next run compares with it. A server that pins a version by `model_version_policy`
    serves the pinned version until the pin is changed.
    """
    from components.production import changes

    version_now = changes.rollback(destination, version, reason, signing_key)
    _update_overview(destination)
    _print_change(version_now, "rolled back", as_json)


@models.command()
@click.argument("version", type=int)
@with_options(_SIGNING_KEY, _DESTINATION, whole_workspace_option, as_json_option)
def promote(version: int, signing_key: Path | None, destination: Path, as_json: bool) -> None:
    """Make VERSION the production model.

    VERSION may be one that was rolled back.
    """
    from components.production import changes, registry

    before = registry.production(destination)
    promoted = changes.promote(destination, version, signing_key)
    _update_overview(destination)
    _print_change(promoted, "already" if promoted == before else "promoted", as_json)


@models.command()
@click.option("--keep", type=int, required=True, help="Number of newest versions that stay.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would be removed, and remove nothing.")
@with_options(_DESTINATION, whole_workspace_option, as_json_option)
def prune(keep: int, is_dry_run: bool, destination: Path, as_json: bool) -> None:
    """Remove old versions.

    The production model, which is the newest version, always stays. There is no return to a removed version.
    """
    from components.production import changes

    chosen = changes.prunable(destination, keep) if is_dry_run else changes.prune(destination, keep)
    if not is_dry_run:
        _update_overview(destination)
    if as_json:
        print_json({"would_remove" if is_dry_run else "removed": chosen})
    else:
        done = "would be removed" if is_dry_run else "removed"
        click.echo(f"{done}: {', '.join(map(str, chosen)) or 'nothing'}")


@models.command()
@click.argument("version", type=int)
@click.option("--key", required=True, type=FilePath(dir_okay=False), help="PEM file of the private key.")
@with_options(_DESTINATION, whole_workspace_option)
def sign(version: int, key: Path, destination: Path) -> None:
    """Sign VERSION with a private key.

    The signature covers the SavedModel and the record with the digests of data, code and model, the verdict and the
    metrics. The program `model_signing` makes it. `signing_key` in the configuration signs each push.
    """
    from components.production import changes

    changes.sign_version(destination, version, key)
    click.echo(f"version {version} is signed")


@models.command()
@click.argument("version", type=int, required=False)
@click.option("--key", required=True, type=FilePath(dir_okay=False), help="PEM file of the public key.")
@with_options(_DESTINATION, whole_workspace_option)
def verify(version: int | None, key: Path, destination: Path) -> None:
    """Check the signature of VERSION, or of the production model.

    Exit code 2 if the version is not signed with this key, or if a file of it was changed, added or removed since.
    """
    from components.production import changes

    number = changes.verify_version(destination, version, key)
    click.echo(f"version {number} is signed with {key}, and unchanged since")


def _update_overview(destination: Path) -> None:
    """Makes the page of all runs anew, which shows the production model; a page that cannot be written is a note.

    The runs are looked for where a workspace has them, beside its models; a destination elsewhere has none beside it.
    """
    from pipeline.report.overview.page import write_overview
    from pipeline.run_folder import REPORTS

    reports = destination.absolute().parent / REPORTS
    if not reports.is_dir():
        return
    try:
        write_overview(reports)
    except OSError as error:
        print_line(
            f"note: {reports}: the page of all runs still shows what was before ({error.strerror}); `ast-restore report` "
            "makes it anew"
        )


def _print_change(version: Version, done: str, as_json: bool) -> None:
    if as_json:
        print_json(json.loads(version.to_json()))
    elif done == "already":
        click.echo(f"version {version.number} is in production already")
    else:
        click.echo(f"{done}: version {version.number} is in production, with the content of {version.restores}")
