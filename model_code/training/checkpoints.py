"""Checkpoints of a training: written whole, and verified by SHA-256 before they are read.

A checkpoint is a folder `step-N` with TensorFlow's files of all variables, the training's counters as JSON, and a manifest with
the SHA-256 of each file. It is written under another name, flushed to the disk and renamed, so a killed process leaves a whole
checkpoint or none. The manifest reveals damage done later.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from data.errors import InputError
from data.plain_text import one_line
from data.storage.files import remove_partial_folders, whole_folder

_FORMAT = 2
_VARIABLES = "variables"
_COUNTERS = "counters.json"
_MANIFEST = "manifest.json"
_NAME = re.compile(r"step-(\d+)")


class CheckpointError(InputError):
    """A checkpoint cannot be written. Earlier checkpoints remain."""


class Checkpoints:
    """The newest checkpoints of one training, in one folder."""

    def __init__(self, folder: Path, state: tf.Module, keep: int = 2, *, writes: bool = True) -> None:
        """Touches nothing yet.

        Args:
            folder: Of this training alone.
            state: Its variables are written and restored.
            keep: Checkpoints to keep; more than one, in case the newest is damaged.
            writes: Whether this process writes; of several workers only one does.
        """
        self._folder = folder
        self._checkpoint = tf.train.Checkpoint(state=state)
        self._keep = keep
        self._writes = writes

    def write(self, step: int, counters: Mapping[str, object]) -> None:
        """Writes a checkpoint and removes the oldest.

        Args:
            step: Steps taken; names the checkpoint.
            counters: State beside the variables, as plain JSON values.

        Raises:
            CheckpointError: The checkpoint cannot be written.
        """
        if not self._writes:
            return
        try:
            remove_partial_folders(self._folder)
            # A folder of this name is of the same step, from before a rollback or a damage.
            with whole_folder(self._folder / f"step-{step:09d}", should_flush=True) as partial:
                self._write_files(partial, counters)
        except (OSError, tf.errors.OpError) as error:
            raise CheckpointError(self._error_text(step, error)) from error
        for _, oldest in self._newest_first()[self._keep :]:
            shutil.rmtree(oldest, ignore_errors=True)

    def restore(self) -> dict[str, Any] | None:
        """Sets the variables to the newest undamaged checkpoint.

        Returns:
            The counters written with it; None if there is no checkpoint to resume from.
        """
        for _, folder in self._newest_first():
            try:
                _verify(folder)
                counters = json.loads((folder / _COUNTERS).read_text(encoding="utf-8"))
                self._checkpoint.read(str(folder / _VARIABLES)).assert_consumed()
            except (OSError, ValueError, KeyError, TypeError, AssertionError, tf.errors.OpError) as error:
                logging.warning("training: %s is damaged and skipped: %s", folder, one_line(error, 300))
                continue
            return counters
        return None

    def _newest_first(self) -> list[tuple[int, Path]]:
        """Returns step and folder of each checkpoint."""
        if not self._folder.is_dir():
            return []
        matches = [(_NAME.fullmatch(path.name), path) for path in self._folder.iterdir()]
        return sorted(((int(match[1]), path) for match, path in matches if match), reverse=True)

    def _write_files(self, folder: Path, counters: Mapping[str, object]) -> None:
        self._checkpoint.write(str(folder / _VARIABLES))
        (folder / _COUNTERS).write_text(json.dumps(counters, allow_nan=False), encoding="utf-8")
        sums = {path.name: _sha256(path) for path in _files(folder)}
        (folder / _MANIFEST).write_text(json.dumps({"format": _FORMAT, "sha256": sums}), encoding="utf-8")

    def _error_text(self, step: int, error: Exception) -> str:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else one_line(error, 200)
        checkpoints = self._newest_first()
        earlier = f"that of step {checkpoints[0][0]} is kept" if checkpoints else "there is no earlier one"
        return (
            f"{self._folder}: the checkpoint of step {step} cannot be written: {reason}; {earlier}; "
            "make room and run the same command again, which resumes from there"
        )


def _verify(folder: Path) -> None:
    """Raises ValueError if a checkpoint's files are not those of its manifest, to the last byte."""
    manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    if manifest["format"] != _FORMAT:
        raise ValueError(f"it has format {manifest['format']}, not {_FORMAT}")
    names = {path.name for path in _files(folder)} - {_MANIFEST}
    if names != set(manifest["sha256"]):
        raise ValueError(f"it holds {', '.join(sorted(names))}, not {', '.join(sorted(manifest['sha256']))}")
    changed = [name for name, digest in manifest["sha256"].items() if _sha256(folder / name) != digest]
    if changed:
        raise ValueError(f"{', '.join(sorted(changed))}: content differs from the manifest")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.is_file())


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
