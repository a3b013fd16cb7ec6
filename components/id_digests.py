"""A set of ids in 16 bytes each, small enough to be sent to every Beam worker. Imports neither TFX nor Beam."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import overload

DIGEST_BYTES = 16
"""Bytes of a digest: among a billion ids, two share one with a probability of 1e-21."""


def digest(item: str) -> bytes:
    """Returns the digest of an id, BLAKE2b (RFC 7693, DOI 10.17487/RFC7693) cut to `DIGEST_BYTES`.

    Args:
        item: The id.
    """
    return hashlib.blake2b(item.encode(), digest_size=DIGEST_BYTES).digest()


def pack(digests: Iterable[bytes]) -> bytes:
    """Packs digests for `is_packed`.

    Args:
        digests: Digests in any order, some perhaps more than once.

    Returns:
        Each digest once, sorted, without separators.
    """
    return b"".join(sorted(set(digests)))


def unpack(packed: bytes) -> list[bytes]:
    """Returns the digests in a concatenation of them.

    Args:
        packed: Digests, one after the other.
    """
    return [packed[start : start + DIGEST_BYTES] for start in range(0, len(packed), DIGEST_BYTES)]


def is_packed(item: str, packed: bytes) -> bool:
    """Returns whether an id is in a packed set.

    Args:
        item: The id.
        packed: What `pack` returned.

    Example:
        >>> is_packed("rain/1", pack([digest("rain/1"), digest("rain/2")]))
        True
    """
    wanted, found = digest(item), _Digests(packed)
    index = bisect_left(found, wanted)
    return index < len(found) and found[index] == wanted


class _Digests(Sequence[bytes]):
    """Packed digests as a sequence, so that `bisect` searches them without unpacking."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    def __len__(self) -> int:
        return len(self._packed) // DIGEST_BYTES

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return self._packed[DIGEST_BYTES * index : DIGEST_BYTES * (index + 1)]
