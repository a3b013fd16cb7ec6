"""Images to try a model on: real ones, of sizes that nothing was trained on."""

from __future__ import annotations

from pathlib import Path

import cv2

from components.evaluation.decoding import decode_example_image

MOST_PIXELS = 130_000
"""An image that is tried as it was published has no more: the check must not take longer than what it checks."""

CROPS = (("odd.png", 97, 131), ("portrait.jpg", 160, 96))
"""Name, height and width of the pieces that are cut: no multiple of a window, and higher than wide."""


def write_samples(encoded: bytes, pair_id: str, folder: Path) -> None:
    """Writes an image as it was published, if it is not too large, and pieces of it.

    Args:
        encoded: PNG or JPEG bytes.
        pair_id: Its pair, for errors.
        folder: Where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    image = decode_example_image(encoded, "input", pair_id)
    if image.shape[0] * image.shape[1] <= MOST_PIXELS:
        (folder / "published").write_bytes(encoded)
    else:
        _write(image[:256, :384], folder / "piece.png")
    for name, height, width in CROPS:
        _write(image[:height, :width], folder / name)


def _write(image: cv2.typing.MatLike, path: Path) -> None:
    if not cv2.imwrite(str(path), image[..., ::-1]):
        raise OSError(f"{path}: cannot be written")
