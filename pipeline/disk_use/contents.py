"""Finds what a workspace holds, by kind, with the size on the disk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from components.span_window.properties import RECORDS_DIRECTORY
from data.errors import InputError
from data.storage.files import PARTIAL_PREFIX
from pipeline.config import stored
from pipeline.disk_use import kinds
from pipeline.disk_use.kinds import Kind
from pipeline.report.collect.mlmd import read_run
from pipeline.report.runs import ListedRun, listed
from pipeline.run_folder import CONFIG_NAME, REPORTS
from pipeline.workspace import metadata_in, models_in

_BLOCK_BYTES = 512  # the unit of `st_blocks`, whatever the file system's own is
_DRAWN = re.compile(r"synthetic-[0-9a-f]{12}")
_JUDGED = ("pushed", "unchanged", "refused")
_WHOLE = {
    REPORTS: kinds.REPORTS, "checkpoints": kinds.CHECKPOINTS, "tuning": kinds.SEARCHES, "metadata": kinds.METADATA,
    "unknown-artifacts": kinds.UNKNOWN, "statistics": kinds.STATISTICS, "schedule": kinds.SCHEDULE,
    "kubeflow": kinds.KUBEFLOW, "shadow": kinds.SHADOW, "subprocesses.log": kinds.LOG,
}  # fmt: skip
"""Kinds of what stands at the top of a workspace and is of one kind."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a workspace holds of one kind.

    Attributes:
        kind: The kind.
        paths: Its files and folders; of what stays, those whose size was taken.
        bytes: Size on the disk.
    """

    kind: Kind
    paths: tuple[Path, ...]
    bytes: int

    def to_dict(self) -> dict[str, object]:
        """Returns the part for `du --json`; `cost` is null for what stays."""
        kind = self.kind
        return {
            "kind": kind.name,
            "bytes": self.bytes,
            "entries": len(self.paths),
            "meaning": kind.meaning,
            "cost": kind.cost or None,
            "must_be_named": kind.must_be_named,
        }


@dataclass(slots=True)
class _Use:
    """What the last runs use; None for their folders where that is not known, so that everything counts as used."""

    folders: set[Path] | None = None
    production: set[Path] = field(default_factory=set)

    def frees(self, path: Path) -> bool:
        """Returns whether a path is known to be unused, and has nothing to do with a production folder."""
        whole = path.resolve()
        apart = not any(whole.is_relative_to(folder) or folder.is_relative_to(whole) for folder in self.production)
        return apart and self.folders is not None and whole not in self.folders


def contents(workspace: Path) -> list[Part]:
    """Returns what lies in a workspace, in the order of `kinds.KINDS`; kinds without files are left out.

    Args:
        workspace: The workspace.

    Raises:
        InputError: The folder is not a workspace.
    """
    workspace = workspace.absolute()
    if not any((workspace / name).exists() for name in (REPORTS, "pipeline", "models")):
        raise InputError(f"{workspace}: no workspace: no run has written there; name one with --workspace")
    paths: dict[Kind, list[Path]] = {}
    for kind, path in _sorted(workspace, _use(workspace)):
        paths.setdefault(kind, []).append(path)
    return [_part(kind, paths[kind], workspace) for kind in kinds.KINDS if kind in paths]


def _part(kind: Kind, paths: list[Path], workspace: Path) -> Part:
    return Part(kind, tuple(paths), disk_bytes(path for path in paths if path != workspace))


def disk_bytes(paths: Iterable[Path]) -> int:
    """Returns the size of files and folders on the disk; a file with several names counts once, a link is not followed.

    Args:
        paths: Files and folders.
    """
    seen: dict[tuple[int, int], int] = {}
    for path in paths:
        for each in _below(path):
            try:
                status = each.lstat()
            except FileNotFoundError:  # a run is writing there
                continue
            seen[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK_BYTES
    return sum(seen.values())


def _below(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            yield from (Path(folder, name) for name in (*folders, *files))


def _sorted(workspace: Path, use: _Use) -> Iterator[tuple[Kind, Path]]:
    """Yields every file and folder of a workspace with its kind, none of which lies in another."""
    for path in sorted(workspace.iterdir()):
        if path.name == "pipeline" and path.is_dir():
            yield from _artifacts(path, use)
        elif path.name == "records" and path.is_dir():
            for each in path.iterdir():
                is_drawn = _DRAWN.fullmatch(each.name) or each.name.startswith(PARTIAL_PREFIX)
                yield (kinds.OLD_RECORDS if is_drawn and use.frees(each) else kinds.RECORDS), each
        elif path == models_in(workspace):
            yield kinds.MODELS, path
        elif path.name in _WHOLE:
            kind = _WHOLE[path.name]
            inner = sorted(path.iterdir()) if kind.cost and path.is_dir() else [path]
            yield from ((kind, each) for each in inner)
        elif not path.name.startswith("."):
            yield kinds.OTHER, path


def _artifacts(root: Path, use: _Use) -> Iterator[tuple[Kind, Path]]:
    """Yields TFX's artifacts: each is a folder COMPONENT/OUTPUT/EXECUTION."""
    for component in root.iterdir():
        for output in component.iterdir() if component.is_dir() else ():
            for execution in output.iterdir() if output.is_dir() and not output.name.startswith(".") else ():
                is_artifact = execution.name.isdigit() or execution.name.startswith(PARTIAL_PREFIX)
                is_old = is_artifact and use.frees(execution)
                yield (kinds.OLD_ARTIFACTS if is_old else kinds.ARTIFACTS), execution


def _use(workspace: Path) -> _Use:
    """Returns what the last run with a verdict uses, and each later or unfinished one, whose report is made from it."""
    use = _Use(production={models_in(workspace).resolve()})
    metadata = metadata_in(workspace)
    folders: set[Path] = set()
    has_judged, is_known = False, metadata.is_file()
    for run in listed(workspace / REPORTS):
        if not (run.folder / CONFIG_NAME).is_file():
            continue
        config = stored(run.folder)
        if config.get("push_directory"):
            use.production.add(Path(str(config["push_directory"])).resolve())
        if has_judged and run.summary is not None:
            continue
        has_judged |= _is_judged(run)
        try:
            folders |= _folders(metadata, str(config.get("name")), run.folder.name) if is_known else set()
        except InputError:  # a run is writing there
            is_known = False
    if has_judged and is_known:
        use.folders = folders
    return use


def _is_judged(run: ListedRun) -> bool:
    return run.summary is not None and run.summary.verdict in _JUDGED


def _folders(metadata: Path, pipeline: str, run_id: str) -> set[Path]:
    """Returns the folders of a run's artifacts and of the records that it read."""
    folders = set()
    for execution in read_run(metadata, pipeline, run_id).values():
        folders |= {output.uri.resolve() for output in execution.outputs.values()}
        if RECORDS_DIRECTORY in execution.parameters:
            folders.add(Path(str(execution.parameters[RECORDS_DIRECTORY])).resolve())
    return folders
