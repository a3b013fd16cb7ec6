"""The first steps of a run, the same for every runner: lock the workspace, name the run, write its configuration."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from data.errors import InputError
from data.storage.files import write_whole
from data.storage.locks import exclusive
from pipeline.config import Config
from pipeline.run_folder import CONFIG_NAME, RUN_ID_FORMAT
from pipeline.workspace import RUN_LOCK


@contextmanager
def locked_workspace(workspace: Path) -> Iterator[None]:
    """Keeps other runs out of a workspace while the context lasts.

    Args:
        workspace: The workspace; it must exist.

    Raises:
        InputError: Another run is using the workspace.
    """
    busy = f"{workspace}: another run is using this workspace; wait for it to end"
    with exclusive(workspace / RUN_LOCK, busy):
        yield


def require_writable(workspace: Path) -> None:
    """Creates the workspace and checks that files can be written in it.

    Args:
        workspace: The workspace.

    Raises:
        InputError: The workspace cannot be written.
    """
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        probe = workspace / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{workspace}: the workspace cannot be written: {error.strerror}; name another one") from error


def require_writable_destination(destination: Path) -> None:
    """Checks, before anything is trained, that a model can be pushed; makes no folder.

    Args:
        destination: The push destination; it may be missing.

    Raises:
        InputError: Neither it nor the folder in which it would be made can be written.
    """
    existing = next(folder for folder in (destination, *destination.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise InputError(
            f"{destination}: no model could be pushed there, since {existing} cannot be written ({error.strerror}); change "
            "that, or name another folder in push_directory"
        ) from error


def new_run_id(reports: Path) -> str:
    """Returns the id of a new run: the second it starts in, which sorts by time and can name a folder.

    Args:
        reports: Folder of the runs' folders; the id is none of theirs.
    """
    while (reports / (run_id := datetime.now().strftime(RUN_ID_FORMAT))).exists():
        time.sleep(0.1)
    return run_id


def write_config(config: Config, folder: Path) -> None:
    """Writes the resolved configuration into a run's folder.

    Args:
        config: The resolved configuration.
        folder: The run's folder; it is created.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / CONFIG_NAME, config.to_yaml())
