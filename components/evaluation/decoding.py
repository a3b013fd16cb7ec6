"""Decodes the images of an evaluation example."""

from __future__ import annotations

import cv2
import numpy as np

from data.image.arrays import ImageU8


def decode_example_image(encoded: bytes, role: str, pair_id: str) -> ImageU8:
    """Decodes a PNG or JPEG without turning it by its orientation tag, as the served model does.

    Args:
        encoded: Bytes of the file.
        role: "input", "target" or "restored image", for the error.
        pair_id: Id of the pair, for the error.

    Returns:
        uint8 RGB [H, W, 3].

    Raises:
        ValueError: The image cannot be decoded; the message names the pair and the role.
    """
    image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise ValueError(f"pair {pair_id}: the {role} does not decode")
    return np.ascontiguousarray(image[..., ::-1])
