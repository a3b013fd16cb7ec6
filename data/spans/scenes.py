"""Which pairs show the same scene: a perceptual hash of the clean image that also finds mirrored copies.

The hash is the sign of the lowest 16 x 16 coefficients of the two-dimensional DCT of the luminance at 64 x 64 pixels
(the "pHash" of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, with signs in
place of the median, which makes mirroring exact: it negates the coefficients of odd horizontal frequency, and with them
their bits).

On the real pairs that this was measured on, copies of a scene differ in at most 2 of the 256 bits, different scenes
in 92 or more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

_SIDE = 64
ENOUGH = 4 * _SIDE
"""Pixels of the shorter side that a hash needs: a photograph that its decoder made no smaller has the hash to 5 bits."""
_KEPT = 16
_BITS = _KEPT * _KEPT
# Two images show one scene up to this many different bits of 256; unrelated scenes differ in 128 on average.
MAX_DISTANCE = 48
# Length of a scene id in hexadecimal digits.
_ID_DIGITS = 16
# Hashes of a block: what is computed of 512 x 512 pairs stays in the processor's cache, in half the time of larger blocks.
_BLOCK = 512

_ODD_FREQUENCY = np.tile(np.arange(_KEPT) % 2 == 1, _KEPT)


def scene_hash(picture: Image.Image) -> str:
    """Returns the perceptual hash of an image.

    Args:
        picture: RGB or gray, upright.

    Returns:
        256 bits as 64 hexadecimal digits. That of the mirrored image is `mirrored(...)` of it.
    """
    gray = picture if picture.mode == "L" else picture.convert("L")
    small = gray.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    coefficients = scipy.fft.dctn(np.asarray(small, dtype=np.float64), norm="ortho")[:_KEPT, :_KEPT]
    return _to_hex(coefficients.ravel() > 0)


def mirrored(digest: str) -> str:
    """Returns the hash of the image mirrored left to right."""
    return _to_hex(_to_bits([digest])[0] ^ _ODD_FREQUENCY)


def scene_id(digest: str) -> str:
    """Returns the id of a scene that is known by this hash: equal for an image and its mirror image."""
    return min(digest, mirrored(digest))[:_ID_DIGITS]


def group(
    digests: Sequence[str],
    known: Mapping[str, Sequence[str]] | None = None,
    told: Sequence[str | None] | None = None,
) -> list[str]:
    """Groups images by scene.

    Args:
        digests: Hashes of the clean images.
        known: Scenes that have an id already, with the hashes of their images.
        told: What each image's scene is called, where that is known: images of one name are of one scene, however they look.

    Returns:
        The scene id of each image: that of the nearest known scene where any image of its group is near one, else an id
        made from the first image of its group.
    """
    if not digests:
        return []
    bits = _to_bits(digests)
    labels = _components(bits, told or [])
    named = _nearest_known(bits, known or {})
    ids: dict[int, str] = {}
    for label, name in zip(labels, named, strict=True):
        if name is not None:
            ids.setdefault(int(label), name)
    for label, digest in zip(labels, digests, strict=True):
        ids.setdefault(int(label), scene_id(digest))
    return [name or ids[int(label)] for label, name in zip(labels, named, strict=True)]


def distances(left: NDArray[np.bool_], right: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Returns the number of different bits of each pair of hashes, or of one and the other's mirror if fewer.

    Args:
        left: [N, 256].
        right: [M, 256].

    Returns:
        [N, M], 0 to 256.
    """
    return (_BITS - _agreement(_signs(left), _signs(right))) / 2


def _agreement(left: Sequence[NDArray[np.float32]], right: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Returns equal bits less different ones, [N, M], of hashes from `_signs`, or of one and the other's mirror if more."""
    agreement = left[0] @ right[0].T
    # Mirroring turns the sign of the part that the odd frequencies have in it.
    turned = left[1] @ right[1].T
    agreement += np.abs(turned, out=turned)
    return agreement


def _components(bits: NDArray[np.bool_], told: Sequence[str | None]) -> NDArray[np.int32]:
    """Returns a group number for each hash; near ones and those of one name share it, and so do those that they link."""
    first = {name: at for at, name in reversed(list(enumerate(told))) if name is not None}
    named = [(first[name], at) for at, name in enumerate(told) if name is not None]
    pairs = [np.array(named, np.intp).reshape(-1, 2)]
    signs = _signs(bits)
    for row in range(0, len(bits), _BLOCK):
        for column in range(row, len(bits), _BLOCK):
            # Looked for in the products as they are: turning all of them into distances would take as long again.
            blocks = ([part[start : start + _BLOCK] for part in signs] for start in (row, column))
            agreement = _agreement(*blocks)
            pairs.append(np.argwhere(agreement >= _BITS - 2 * MAX_DISTANCE) + (row, column))
    edges = np.concatenate(pairs)
    graph = coo_matrix((np.ones(len(edges), bool), (edges[:, 0], edges[:, 1])), shape=(len(bits), len(bits)))
    return connected_components(graph, directed=False)[1]


def _nearest_known(bits: NDArray[np.bool_], known: Mapping[str, Sequence[str]]) -> list[str | None]:
    """Returns for each hash the known scene that is nearest, or None where none is near."""
    names = [name for name, digests in sorted(known.items()) for _ in digests]
    anchors = [digest for _, digests in sorted(known.items()) for digest in digests]
    if not anchors:
        return [None] * len(bits)
    far = distances(bits, _to_bits(anchors))
    nearest = far.argmin(axis=1)
    return [names[at] if row[at] <= MAX_DISTANCE else None for row, at in zip(far, nearest, strict=True)]


def _signs(bits: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns bits as +1 and -1: those of even horizontal frequency, and those of odd."""
    signs = np.where(bits, np.float32(1), np.float32(-1))
    return signs[:, ~_ODD_FREQUENCY], signs[:, _ODD_FREQUENCY]


def _to_hex(bits: NDArray[np.bool_]) -> str:
    """Returns bits as hexadecimal digits."""
    return np.packbits(bits).tobytes().hex()


def _to_bits(digests: Sequence[str]) -> NDArray[np.bool_]:
    """Returns hashes as bits, [N, 256]."""
    packed = np.frombuffer(bytes.fromhex("".join(digests)), np.uint8).reshape(len(digests), -1)
    return np.unpackbits(packed, axis=1).astype(bool)
