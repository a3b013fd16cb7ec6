"""Artifacts of executions that ML Metadata does not know, because its file was removed or replaced by an older copy.

TFX numbers executions by ML Metadata and names the folders of artifacts by these numbers. A new file begins at 1 again: a run
would write among the files of earlier runs, or fail on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ml_metadata.metadata_store import ListOptions, OrderByField

from data.errors import InputError
from pipeline.metadata_store.store import opened

_SYSTEM = Path(".system", "executor_execution")
"""TFX's own folder of executions in the folder of a component."""


def set_aside(file: Path, root: Path, folder: Path) -> str | None:
    """Moves the artifacts of unknown executions out of the way, so that none is overwritten or taken for another's.

    The caller must have the workspace's lock. A process killed in between leaves the rest to the next call.

    Args:
        file: ML Metadata's SQLite file; a missing or empty one knows no execution.
        root: Folder of the artifacts, COMPONENT/OUTPUT/EXECUTION.
        folder: Where the artifacts go, under the same names; made when there are any.

    Returns:
        A line about what was moved; None for nothing.

    Raises:
        InputError: Another process holds the file, it is not a database of ML Metadata, or a folder cannot be moved.
    """
    if not root.is_dir():
        return None
    last = _last_execution(file)
    unknown = [path for path in _executions(root) if int(path.name) > last]
    for path in unknown:
        moved = folder / path.relative_to(root)
        try:
            moved.parent.mkdir(parents=True, exist_ok=True)
            path.rename(moved)
        except OSError as error:
            raise InputError(
                f"{path}: ML Metadata does not know this artifact, and it cannot be moved to {moved} ({error.strerror}); "
                "move it away"
            ) from error
    if not unknown:
        return None
    return (
        f"{file}: it was removed, or is an older copy, and does not know {len(unknown)} folders of artifacts; they were "
        f"moved to {folder}, and this run computes again what it needs"
    )


def _last_execution(file: Path) -> int:
    """Returns the highest number of an execution; 0 where there is none."""
    if not file.is_file() or not file.stat().st_size:
        return 0
    with opened(file) as store:
        newest = store.get_executions(ListOptions(limit=1, order_by=OrderByField.ID, is_asc=False))
    return max((execution.id for execution in newest), default=0)


def _executions(root: Path) -> Iterator[Path]:
    """Yields the folders that are named by an execution."""
    for component in sorted(root.iterdir()):
        if not component.is_dir():
            continue
        outputs = [path for path in sorted(component.iterdir()) if path.is_dir() and not path.name.startswith(".")]
        for output in (*outputs, component / _SYSTEM):
            if output.is_dir():
                yield from (path for path in sorted(output.iterdir()) if path.name.isascii() and path.name.isdigit())
