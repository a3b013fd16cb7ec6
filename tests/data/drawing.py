"""Pictures for the tests: smooth random fields, so that no two seeds look alike and nothing is checked in."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image


def picture(seed: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Returns uint8 RGB [height, width, 3]."""
    coarse = np.random.default_rng(seed).random((5, 7, 3)).astype(np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(255 * field, 0, 255).astype(np.uint8)


def encoded(pixels: NDArray[np.uint8], kind: str = "PNG", **options: object) -> bytes:
    """Returns pixels as the bytes of a file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=kind, **options)
    return buffer.getvalue()


def write(path: Path, pixels: NDArray[np.uint8], **options: object) -> Path:
    """Writes a picture in the format that its ending says, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = "PNG" if path.suffix == ".png" else "JPEG"
    path.write_bytes(encoded(pixels, kind, **options))
    return path


def write_pairs(root: Path, count: int, first: int = 0, suffix: str = ".png") -> Path:
    """Writes pairs of as many scenes to `input/` and `target/`."""
    for number in range(first, first + count):
        clean = picture(number)
        write(root / "target" / f"{number}{suffix}", clean)
        write(root / "input" / f"{number}{suffix}", 255 - clean)
    return root
