"""Loads a version, after the checks that every model has to pass before it restores anything for the server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from components.production.signatures import require_signature
from data.plain_text import one_line
from model_code.saved_model.precision_names import InferencePrecision
from pipeline.serving.model.served_model import ServedModel, load

_LONGEST_PROBLEM = 400


@dataclass(frozen=True, slots=True)
class Loader:
    """What a model has to be, and how much memory it may take.

    Attributes:
        memory: MiB that restoring a part of an image may take.
        is_trusted: Whether the models' operations may touch files.
        public_key: PEM file of the key that a model has to be signed with; None for any model.
        precision: What the models compute in.
    """

    memory: float
    is_trusted: bool = False
    public_key: Path | None = None
    precision: InferencePrecision = "float32"

    def read(self, folder: Path, number: int) -> ServedModel:
        """Loads a version and tries it.

        Args:
            folder: Folder of the SavedModel.
            number: The version.

        Raises:
            InputError: It is not signed as it has to be, is no SavedModel of a restorer, could touch files, or answers with NaN
                or another size. A damaged SavedModel makes TensorFlow raise errors of many classes.
        """
        if self.public_key is not None:
            require_signature(folder, self.public_key)
        return load(folder, number, self.memory, self.is_trusted, self.precision)


def problem_of(error: Exception) -> str:
    """Returns what is wrong with a version, for the log and `/healthz`: one line without control characters.

    Args:
        error: What loading it raised; its text may come from a damaged file.
    """
    return one_line(error, _LONGEST_PROBLEM)
