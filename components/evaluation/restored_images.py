"""The images that the judged model restored in an evaluation, kept beside its results for the run report.

A restored image is named by its input, so that a reader finds it if and only if the model has restored this very input.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from data.storage.files import write_whole_bytes

FOLDER = "restored_images"
"""Folder of the images, in that of the ModelEvaluation artifact."""
MAX_RECORD_BYTES = 2**25
"""Largest evaluation split whose images are kept, in bytes of its record files."""
MAX_BYTES = 2**26
"""Most bytes of kept images; a JPEG grows where it is restored to PNG."""


def keep(folder: Path, encoded_input: bytes, restored: bytes) -> None:
    """Writes a restored image, whole.

    Args:
        folder: Folder of the images; made where it is missing.
        encoded_input: The image that was restored, PNG or JPEG bytes.
        restored: The restored image, PNG bytes.

    Raises:
        OSError: It cannot be written.
    """
    write_whole_bytes(_path(folder, encoded_input), restored)


def kept_image(evaluation: Path, encoded_input: bytes) -> bytes | None:
    """Returns what the judged model made of an image, PNG bytes; None where it was not kept.

    Args:
        evaluation: Folder of the ModelEvaluation artifact.
        encoded_input: The image that was restored, PNG or JPEG bytes.
    """
    path = _path(evaluation / FOLDER, encoded_input)
    return path.read_bytes() if path.is_file() else None


def is_small(split: Path) -> bool:
    """Returns whether the images of an evaluation split are few enough to be kept.

    Args:
        split: Folder of the split's record files.
    """
    return _size(split) <= MAX_RECORD_BYTES


def drop_if_large(folder: Path) -> None:
    """Removes kept images that are larger than `MAX_BYTES` together.

    Args:
        folder: Folder of the images, which may be missing.
    """
    if folder.is_dir() and _size(folder) > MAX_BYTES:
        shutil.rmtree(folder)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _path(folder: Path, encoded_input: bytes) -> Path:
    return folder / f"{hashlib.sha256(encoded_input).hexdigest()}.png"
