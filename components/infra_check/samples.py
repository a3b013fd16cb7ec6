"""Test images of the check: crops of a photograph, of sizes that differ from the training crops."""

from __future__ import annotations

from pathlib import Path

import cv2

from components.evaluation.decoding import decode_example_image

MAX_PIXELS = 130_000
"""Largest image that is used whole; a larger one would make the check slow."""

CROPS = (("odd.png", 97, 131), ("portrait.jpg", 160, 96))
"""Name, height and width of the crops: no multiple of a window, and portrait."""


def write_samples(encoded: bytes, pair_id: str, folder: Path) -> None:
    """Writes the test images.

    Args:
        encoded: A photograph, PNG or JPEG bytes.
        pair_id: Id of its pair, for errors.
        folder: Output folder; it is created.

    Raises:
        ValueError: The photograph cannot be decoded.
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    image = decode_example_image(encoded, "input", pair_id)
    if image.shape[0] * image.shape[1] <= MAX_PIXELS:
        (folder / "published").write_bytes(encoded)
    else:
        _write(image[:256, :384], folder / "piece.png")
    for name, height, width in CROPS:
        _write(image[:height, :width], folder / name)


def _write(image: cv2.typing.MatLike, path: Path) -> None:
    if not cv2.imwrite(str(path), image[..., ::-1]):
        raise OSError(f"{path}: cannot be written")
