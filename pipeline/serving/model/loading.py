"""Loads a version, after the checks that every model has to pass before it restores anything for the server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from components.production.signatures import require_signature
from model_code.saved_model.precision_names import InferencePrecision
from pipeline.serving.model.served_model import ServedModel, load


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


def one_line(error: Exception) -> str:
    """Returns an error's message without line breaks, or its class if it has none.

    Args:
        error: The error.
    """
    return " ".join(str(error).split()) or type(error).__name__
