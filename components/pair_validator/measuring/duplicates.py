"""Hashes of images, and which of many images are near to each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

# Coefficients along a side of the hash; 16 x 16 without the mean leave 255 bits, stored in 32 bytes.
HASH_SIDE = 16
# Pixels along a side of the image that is transformed.
HASH_IMAGE = 48
# Grey levels of standard deviation below which an image has no structure to be recognised by.
FLAT = 1.5
# Entries of the similarity matrix that are in memory at once, 4 bytes each and a few times over.
_CHUNK = 2**19


def sha256(encoded: bytes) -> str:
    """Returns the SHA-256 of encoded bytes in hexadecimal."""
    return hashlib.sha256(encoded).hexdigest()


def perceptual_hash(image: NDArray[np.uint8] | NDArray[np.float32]) -> str | None:
    """Hashes what an image shows: the signs of its 16 x 16 lowest DCT coefficients, mean left out.

    Mirroring an image from left to right flips exactly the signs of the odd horizontal frequencies, so one hash serves
    for the image and its mirror image.

    Args:
        image: [H, W], of any size.

    Returns:
        64 hexadecimal digits; None where the image is flat.
    """
    small = cv2.resize(image, (HASH_IMAGE, HASH_IMAGE), interpolation=cv2.INTER_AREA).astype(np.float32)
    if small.std() < FLAT:
        return None
    bits = cv2.dct(small)[:HASH_SIDE, :HASH_SIDE] > 0
    bits[0, 0] = False
    return np.packbits(bits.ravel()).tobytes().hex()


def hash_distance(one: str, other: str, mirrored: bool = False) -> float:
    """Returns the share of bits that differ between two hashes, 0 to 1.

    Args:
        one: From `perceptual_hash`.
        other: From `perceptual_hash`.
        mirrored: Take the nearer of the other image and its mirror image.
    """
    return float(_distances(_signs([one]), _signs([other]), mirrored)[0, 0])


def near_pairs(hashes: Sequence[str], limit: float, mirrored: bool = False) -> Iterator[tuple[int, int, float]]:
    """Finds all pairs of hashes that lie within a distance.

    Args:
        hashes: From `perceptual_hash`.
        limit: Largest distance, as a share of bits.
        mirrored: Take the nearer of an image and its mirror image.

    Yields:
        (i, j, distance) with i < j. The cost is one matrix product of [N, 256] by its transpose, in slices.
    """
    signs = _signs(hashes) if hashes else np.zeros((0, HASH_SIDE**2), np.int8)
    rows = max(1, _CHUNK // max(1, len(signs)))
    for start in range(0, len(signs), rows):
        distance = _distances(signs[start : start + rows], signs[start:], mirrored)
        for row, column in np.argwhere(distance <= limit):
            if row < column:
                yield start + int(row), start + int(column), float(distance[row, column])


def _signs(hashes: Sequence[str]) -> NDArray[np.int8]:
    packed = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(len(hashes), -1)
    signs = np.unpackbits(packed, axis=1).astype(np.int8) * 2 - 1
    signs[:, 0] = 0  # the mean has no bit
    return signs


def _distances(some: NDArray[np.int8], all_of: NDArray[np.int8], mirrored: bool) -> NDArray[np.float32]:
    """Returns the shares of differing bits [N, M] between hashes given as signs [N, 256] and [M, 256]."""
    odd = np.tile(np.arange(HASH_SIDE) % 2 == 1, HASH_SIDE)
    even_part = some[:, ~odd].astype(np.float32) @ all_of[:, ~odd].astype(np.float32).T
    odd_part = some[:, odd].astype(np.float32) @ all_of[:, odd].astype(np.float32).T
    agreement = even_part + (np.abs(odd_part) if mirrored else odd_part)
    return (0.5 - 0.5 * agreement / (HASH_SIDE**2 - 1)).astype(np.float32)
