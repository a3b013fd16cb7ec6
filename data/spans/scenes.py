"""Which pairs show one scene: those whose clean images have nearly the same perceptual hash, mirrored or not.

On the real pairs that this was measured on, copies of a scene differ in at most 2 of the 256 bits of `scene_hash`, different
scenes in 92 or more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.image.hashing import HASH_BITS, agreement, differing_bits, mirrored, to_bits, to_signs

# Two images show one scene up to this many different bits of 256; unrelated scenes differ in 128 on average.
MAX_DISTANCE = 48
# Length of a scene id in hexadecimal digits.
_ID_DIGITS = 16
# Hashes of a block: what is computed of 512 x 512 pairs stays in the processor's cache, in half the time of larger blocks.
_BLOCK = 512


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
    bits = to_bits(digests)
    labels = _components(bits, told or [])
    named = _nearest_known(bits, known or {})
    ids: dict[int, str] = {}
    for label, name in zip(labels, named, strict=True):
        if name is not None:
            ids.setdefault(int(label), name)
    for label, digest in zip(labels, digests, strict=True):
        ids.setdefault(int(label), scene_id(digest))
    return [name or ids[int(label)] for label, name in zip(labels, named, strict=True)]


def _components(bits: NDArray[np.bool_], told: Sequence[str | None]) -> NDArray[np.int32]:
    """Returns a group number for each hash; near ones and those of one name share it, and so do those that they link."""
    first = {name: at for at, name in reversed(list(enumerate(told))) if name is not None}
    named = [(first[name], at) for at, name in enumerate(told) if name is not None]
    pairs = [np.array(named, np.intp).reshape(-1, 2)]
    even, odd = to_signs(bits)
    for row in range(0, len(bits), _BLOCK):
        for column in range(row, len(bits), _BLOCK):
            # Looked for in the products as they are: turning all of them into distances would take as long again.
            left, right = ((even[start : start + _BLOCK], odd[start : start + _BLOCK]) for start in (row, column))
            equal = agreement(left, right)
            pairs.append(np.argwhere(equal >= HASH_BITS - 2 * MAX_DISTANCE) + (row, column))
    edges = np.concatenate(pairs)
    graph = coo_matrix((np.ones(len(edges), bool), (edges[:, 0], edges[:, 1])), shape=(len(bits), len(bits)))
    return connected_components(graph, directed=False)[1]


def _nearest_known(bits: NDArray[np.bool_], known: Mapping[str, Sequence[str]]) -> list[str | None]:
    """Returns for each hash the known scene that is nearest, or None where none is near."""
    names = [name for name, digests in sorted(known.items()) for _ in digests]
    anchors = [digest for _, digests in sorted(known.items()) for digest in digests]
    if not anchors:
        return [None] * len(bits)
    differing = differing_bits(bits, to_bits(anchors))
    nearest = differing.argmin(axis=1)
    return [names[at] if row[at] <= MAX_DISTANCE else None for row, at in zip(differing, nearest, strict=True)]
