"""Perceptual hashes: 256 bits of what an image shows, and how far two of them are apart.

Both hashes here are the signs of the lowest 16 x 16 coefficients of a two-dimensional DCT of a small gray image, after the
"pHash" of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, with signs in place of the
median. Mirroring an image from left to right negates exactly the coefficients of odd horizontal frequency, so that one hash
serves for an image and its mirror image. They differ in how they get there, and are never compared with each other, since
stored ids and measurements depend on every bit:

- `scene_hash` says which pairs show one scene when a span is written: Pillow's luma, box-averaged to 64 x 64 pixels, float64.
- `pair_hash` finds duplicates and leaks among measured pairs: any plane, area-averaged to 48 x 48 pixels, float32; the mean has
  no bit, and a flat plane has no hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray
from PIL import Image

from data.image.arrays import PlaneF32, PlaneU8

HASH_SIDE = 16
"""Coefficients along each side of the square that a hash takes."""

HASH_BITS = HASH_SIDE**2
"""Bits of a hash, stored as 64 hexadecimal digits."""

SCENE_SIDE = 64
"""Pixels along a side of the image that `scene_hash` transforms."""

SCENE_SUFFICIENT_SIDE = 4 * SCENE_SIDE
"""Pixels of the shorter side that `scene_hash` needs: a photograph that is decoded at no less has its hash to 5 bits."""

PAIR_SIDE = 48
"""Pixels along a side of the image that `pair_hash` transforms."""

FLAT_DEVIATION = 1.5
"""Grey levels of standard deviation below which a plane has no structure to be recognised by."""

# Entries of the matrix of distances that are in memory at once, 4 bytes each and a few times over.
_CHUNK = 2**19
_IS_ODD = np.tile(np.arange(HASH_SIDE) % 2 == 1, HASH_SIDE)

Bits = NDArray[np.bool_]
"""Hashes [N, 256]."""

Signs = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Hashes as +1 and -1, [N, 128] each: the bits of even horizontal frequency, and those of odd."""


def scene_hash(picture: Image.Image) -> str:
    """Returns the hash by which the pairs of one scene are recognised.

    Args:
        picture: RGB or gray, upright.

    Returns:
        256 bits as 64 hexadecimal digits; `mirrored` makes that of the mirrored image of it.
    """
    gray = picture if picture.mode == "L" else picture.convert("L")
    small = gray.resize((SCENE_SIDE, SCENE_SIDE), Image.Resampling.BOX)
    coefficients = scipy.fft.dctn(np.asarray(small, dtype=np.float64), norm="ortho")
    return _to_hex(_lowest(coefficients) > 0)


def pair_hash(plane: PlaneU8 | PlaneF32) -> str | None:
    """Returns the hash by which duplicates and leaks among measured pairs are recognised.

    Args:
        plane: uint8 or float32 [H, W], of any size.

    Returns:
        64 hexadecimal digits; the bit of the mean is 0. None where the plane is flat.
    """
    small = plane
    if plane.shape != (PAIR_SIDE, PAIR_SIDE):
        small = cv2.resize(plane, (PAIR_SIDE, PAIR_SIDE), interpolation=cv2.INTER_AREA)
    if cv2.meanStdDev(small)[1][0, 0] < FLAT_DEVIATION:
        return None
    waves = _pair_waves()
    bits = (waves @ small.astype(np.float32) @ waves.T).ravel() > 0
    bits[0] = False
    return _to_hex(bits)


@lru_cache(maxsize=1)
def _pair_waves() -> NDArray[np.float32]:
    """Returns the lowest waves of the DCT of `PAIR_SIDE` values, [16, 48]."""
    return scipy.fft.dct(np.eye(PAIR_SIDE), axis=0, norm="ortho")[:HASH_SIDE].astype(np.float32)


def mirrored(digest: str) -> str:
    """Returns the hash of the image mirrored from left to right.

    Args:
        digest: From `scene_hash`.

    Returns:
        64 hexadecimal digits.
    """
    return _to_hex(to_bits([digest])[0] ^ _IS_ODD)


def to_bits(digests: Sequence[str]) -> Bits:
    """Unpacks hashes.

    Args:
        digests: N hashes of 64 hexadecimal digits.

    Returns:
        bool [N, 256].
    """
    packed = np.frombuffer(bytes.fromhex("".join(digests)), np.uint8).reshape(len(digests), -1)
    return np.unpackbits(packed, axis=1).astype(bool)


def to_signs(bits: Bits, *, has_mean: bool = True) -> Signs:
    """Turns bits into signs, apart by parity of their horizontal frequency, for `agreement`.

    Args:
        bits: bool [N, 256], from `to_bits`.
        has_mean: Whether the first bit, that of the mean, counts: it does in `scene_hash`, not in `pair_hash`.

    Returns:
        float32 [N, 128] of even, and of odd horizontal frequency.
    """
    signs = np.where(bits, np.float32(1), np.float32(-1))
    if not has_mean:
        signs[:, 0] = 0
    return signs[:, ~_IS_ODD], signs[:, _IS_ODD]


def agreement(left: Signs, right: Signs, *, allow_mirrored: bool = True) -> NDArray[np.float32]:
    """Counts, for each two hashes, the bits that are equal less those that differ.

    Args:
        left: N hashes, from `to_signs`.
        right: M hashes.
        allow_mirrored: Take the mirror image of one where it agrees better.

    Returns:
        float32 [N, M], up to 256 where the hashes are equal.
    """
    total = left[0] @ right[0].T
    odd = left[1] @ right[1].T
    total += np.abs(odd, out=odd) if allow_mirrored else odd
    return total


def differing_bits(left: Bits, right: Bits) -> NDArray[np.float32]:
    """Counts the bits that differ between scene hashes, or between one and the other's mirror image if those are fewer.

    Args:
        left: bool [N, 256].
        right: bool [M, 256].

    Returns:
        float32 [N, M], 0 to 256.
    """
    return (HASH_BITS - agreement(to_signs(left), to_signs(right))) / 2


def hash_distance(one: str, other: str, allow_mirrored: bool = False) -> float:
    """Returns the share of bits in which two pair hashes differ.

    Args:
        one: From `pair_hash`.
        other: From `pair_hash`.
        allow_mirrored: Take the nearer of the other image and its mirror image.

    Returns:
        A value in [0, 1]; about 0.5 for unrelated images.
    """
    left, right = (to_signs(to_bits([digest]), has_mean=False) for digest in (one, other))
    return float(_shares(left, right, allow_mirrored)[0, 0])


def near_pairs(hashes: Sequence[str], limit: float, allow_mirrored: bool = False) -> Iterator[tuple[int, int, float]]:
    """Finds every two pair hashes that lie within a distance.

    The cost is one matrix product of [N, 256] by its transpose, in slices.

    Args:
        hashes: From `pair_hash`.
        limit: Largest distance, as a share of bits.
        allow_mirrored: Take the nearer of an image and its mirror image.

    Yields:
        (i, j, distance) with i < j.
    """
    if not hashes:
        return
    even, odd = to_signs(to_bits(hashes), has_mean=False)
    rows = max(1, _CHUNK // len(hashes))
    for start in range(0, len(hashes), rows):
        some, rest = slice(start, start + rows), slice(start, None)
        distance = _shares((even[some], odd[some]), (even[rest], odd[rest]), allow_mirrored)
        for row, column in np.argwhere(distance <= limit):
            if row < column:
                yield start + int(row), start + int(column), float(distance[row, column])


def near_pairs_between(
    left: Sequence[str], right: Sequence[str], limit: float, allow_mirrored: bool = False
) -> Iterator[tuple[int, int, float]]:
    """Finds every two pair hashes of two lists that lie within a distance: a tile of what `near_pairs` compares.

    Args:
        left: N hashes, from `pair_hash`.
        right: M hashes; a matrix of [N, M] is held in memory.
        limit: Largest distance, as a share of bits.
        allow_mirrored: Take the nearer of an image and its mirror image.

    Yields:
        (i, j, distance), positions in `left` and `right`, in their order.
    """
    rows, columns = (to_signs(to_bits(hashes), has_mean=False) for hashes in (left, right))
    distance = _shares(rows, columns, allow_mirrored)
    for row, column in np.argwhere(distance <= limit):
        yield int(row), int(column), float(distance[row, column])


def _shares(left: Signs, right: Signs, allow_mirrored: bool) -> NDArray[np.float32]:
    """Returns the shares of differing bits, [N, M], of hashes without the mean's bit."""
    equal = agreement(left, right, allow_mirrored=allow_mirrored)
    return (0.5 - 0.5 * equal / (HASH_BITS - 1)).astype(np.float32)


def _lowest(coefficients: NDArray[np.floating]) -> NDArray[np.floating]:
    """Returns the lowest frequencies of a DCT, [256]."""
    return coefficients[:HASH_SIDE, :HASH_SIDE].ravel()


def _to_hex(bits: Bits) -> str:
    return np.packbits(bits).tobytes().hex()
