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

from data.image.hashing import HASH_BITS, Bits, agreement, differing_bits, mirrored, to_bits, to_signs

MAX_DIFFERING_BITS = 48
"""Images of one scene differ in at most this many bits of 256; unrelated scenes differ in 128 on average."""

# Length of a scene id in hexadecimal digits.
_ID_DIGITS = 16
# Hashes of a block: the products of 512 x 512 pairs stay in the processor's cache, which halves the time of larger blocks.
_BLOCK = 512


def scene_id(digest: str) -> str:
    """Returns the id of a scene by the hash of its first image; it is the same for an image and its mirror image.

    Args:
        digest: From `data.image.hashing.scene_hash`.

    Returns:
        16 hexadecimal digits.
    """
    return min(digest, mirrored(digest))[:_ID_DIGITS]


def group_scenes(
    digests: Sequence[str],
    known: Mapping[str, Sequence[str]] | None = None,
    scene_names: Sequence[str | None] | None = None,
) -> list[str]:
    """Groups images by scene.

    Args:
        digests: Hashes of the clean images.
        known: Hashes of the images of scenes that have an id already, by that id.
        scene_names: Name of each image's scene, if the data set names it: images of one name are of one scene, however they
            look.

    Returns:
        The scene id of each image: that of the nearest known scene if any image of its group is near one, else an id made of
        the hash of the first image of its group.
    """
    if not digests:
        return []
    bits = to_bits(digests)
    labels = _components(bits, scene_names or [])
    known_ids = _nearest_known(bits, known or {})
    ids: dict[int, str] = {}
    for label, known_id in zip(labels, known_ids, strict=True):
        if known_id is not None:
            ids.setdefault(int(label), known_id)
    for label, digest in zip(labels, digests, strict=True):
        ids.setdefault(int(label), scene_id(digest))
    return [known_id or ids[int(label)] for label, known_id in zip(labels, known_ids, strict=True)]


def _components(bits: Bits, scene_names: Sequence[str | None]) -> NDArray[np.int32]:
    """Returns a group number for each hash; near ones and those of one name share it, and so do those that they link."""
    first = {name: index for index, name in reversed(list(enumerate(scene_names))) if name is not None}
    named = [(first[name], index) for index, name in enumerate(scene_names) if name is not None]
    pairs = [np.array(named, np.intp).reshape(-1, 2)]
    even, odd = to_signs(bits)
    for row in range(0, len(bits), _BLOCK):
        for column in range(row, len(bits), _BLOCK):
            # The threshold is applied to the agreement itself: turning all of it into distances would take as long again.
            left, right = ((even[start : start + _BLOCK], odd[start : start + _BLOCK]) for start in (row, column))
            equal = agreement(left, right)
            pairs.append(np.argwhere(equal >= HASH_BITS - 2 * MAX_DIFFERING_BITS) + (row, column))
    edges = np.concatenate(pairs)
    graph = coo_matrix((np.ones(len(edges), bool), (edges[:, 0], edges[:, 1])), shape=(len(bits), len(bits)))
    return connected_components(graph, directed=False)[1]


def _nearest_known(bits: Bits, known: Mapping[str, Sequence[str]]) -> list[str | None]:
    """Returns the nearest known scene of each hash, or None if none is near."""
    names = [name for name, digests in sorted(known.items()) for _ in digests]
    anchors = [digest for _, digests in sorted(known.items()) for digest in digests]
    if not anchors:
        return [None] * len(bits)
    differing = differing_bits(bits, to_bits(anchors))
    nearest = differing.argmin(axis=1)
    return [
        names[index] if row[index] <= MAX_DIFFERING_BITS else None
        for row, index in zip(differing, nearest, strict=True)
    ]
