"""Which requests are chosen: by a seed and their number, never by what is in them."""

from __future__ import annotations

import hashlib

_BYTES = 8


class Draws:
    """Chooses a share of numbered things; equal seeds and shares choose equally."""

    def __init__(self, share: float, seed: int) -> None:
        """Starts at the first.

        Args:
            share: Expected share that is chosen, 0 to 1.
            seed: Seed of the choice.
        """
        self._limit = round(share * 2 ** (8 * _BYTES))
        self._seed = seed
        self._count = 0

    def next(self) -> bool:
        """Returns whether the next one is chosen.

        Example:
            >>> draws = Draws(0.5, seed=1)
            >>> [draws.next() for _ in range(6)]
            [False, True, False, False, True, True]
        """
        self._count += 1
        # Each number has a draw of its own, so that the choice does not depend on a state that another version of a library
        # would draw otherwise.
        digest = hashlib.blake2b(f"{self._seed} {self._count}".encode(), digest_size=_BYTES).digest()
        return int.from_bytes(digest, "big") < self._limit
