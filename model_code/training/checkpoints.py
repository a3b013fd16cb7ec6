"""Checkpoints of a training: written whole, and believed only when every byte is what was written.

A checkpoint is a folder `step-N` with TensorFlow's files of all variables, what training counts beside them as JSON, and a
manifest with the SHA-256 of each file. It is made under another name, brought to the disk, and renamed: a process that is
killed leaves a whole checkpoint or none under a checkpoint's name. Damage done since is found by the sums.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from data.errors import InputError

_FORMAT = 1
_VARIABLES = "variables"
_TOLD = "told.json"
_MANIFEST = "manifest.json"
_PARTIAL = ".partial"
_NAME = re.compile(r"step-(\d+)")


class CheckpointError(InputError):
    """A checkpoint cannot be written; what was written before is still there."""


class Checkpoints:
    """The newest checkpoints of one training, in one folder."""

    def __init__(self, folder: Path, state: tf.Module, keep: int = 2, *, writes: bool = True) -> None:
        """Touches nothing yet.

        Args:
            folder: Of this training alone.
            state: Its variables are what is kept.
            keep: How many stay; one may turn out to be damaged.
            writes: Whether this process writes; of several workers only one does.
        """
        self._folder = folder
        self._checkpoint = tf.train.Checkpoint(state=state)
        self._keep = keep
        self._writes = writes

    def write(self, step: int, told: Mapping[str, Any]) -> None:
        """Writes a checkpoint and removes the oldest.

        Args:
            step: Steps taken; names the checkpoint.
            told: What goes with the variables, as plain JSON values.

        Raises:
            CheckpointError: It cannot be written.
        """
        if not self._writes:
            return
        partial = self._folder / f"{_PARTIAL}-{os.getpid()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for left in self._folder.glob(f"{_PARTIAL}-*"):
                shutil.rmtree(left)
            partial.mkdir()
            self._fill(partial, told)
            self._name(partial, self._folder / f"step-{step:09d}")
        except (OSError, tf.errors.OpError) as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise CheckpointError(self._refusal(step, error)) from error
        for _, old in self._found()[self._keep :]:
            shutil.rmtree(old, ignore_errors=True)

    def restore(self) -> dict[str, Any] | None:
        """Sets the variables to the newest checkpoint that is undamaged.

        Returns:
            What was told with it; None where there is no checkpoint to go on from.
        """
        for _, folder in self._found():
            try:
                _verify(folder)
                told = json.loads((folder / _TOLD).read_text(encoding="utf-8"))
                self._checkpoint.read(str(folder / _VARIABLES)).assert_consumed()
            except (OSError, ValueError, KeyError, TypeError, AssertionError, tf.errors.OpError) as error:
                logging.warning("training: %s is damaged and left out: %s", folder, " ".join(str(error).split())[:300])
                continue
            return told
        return None

    def remove(self) -> None:
        """Removes the whole folder: the training is over and its result is written."""
        if self._writes:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _found(self) -> list[tuple[int, Path]]:
        """Returns the checkpoints, the newest first."""
        if not self._folder.is_dir():
            return []
        matches = [(_NAME.fullmatch(path.name), path) for path in self._folder.iterdir()]
        return sorted(((int(match[1]), path) for match, path in matches if match), reverse=True)

    def _fill(self, folder: Path, told: Mapping[str, Any]) -> None:
        self._checkpoint.write(str(folder / _VARIABLES))
        (folder / _TOLD).write_text(json.dumps(told, allow_nan=False), encoding="utf-8")
        sums = {path.name: _sha256(path) for path in _files(folder)}
        (folder / _MANIFEST).write_text(json.dumps({"format": _FORMAT, "sha256": sums}), encoding="utf-8")
        for path in (*_files(folder), folder):
            _flush(path)

    def _name(self, partial: Path, final: Path) -> None:
        """Gives a folder its name; one of that name is of the same step, from before a rollback or a damage."""
        if final.exists():
            shutil.rmtree(final)
        partial.rename(final)
        _flush(self._folder)

    def _refusal(self, step: int, error: Exception) -> str:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())[:200]
        found = self._found()
        before = f"that of step {found[0][0]} is kept" if found else "there is none from before"
        return (
            f"{self._folder}: the checkpoint of step {step} cannot be written: {reason}; {before}; "
            "make room and run the same command again, which goes on from there"
        )


def _verify(folder: Path) -> None:
    """Raises ValueError where a checkpoint is not, to the last byte, what was written."""
    manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    if manifest["format"] != _FORMAT:
        raise ValueError(f"it has format {manifest['format']}, not {_FORMAT}")
    names = {path.name for path in _files(folder)} - {_MANIFEST}
    if names != set(manifest["sha256"]):
        raise ValueError(f"it holds {', '.join(sorted(names))}, not {', '.join(sorted(manifest['sha256']))}")
    wrong = [name for name, digest in manifest["sha256"].items() if _sha256(folder / name) != digest]
    if wrong:
        raise ValueError(f"{', '.join(sorted(wrong))}: not what was written")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.is_file())


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    """Brings a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
