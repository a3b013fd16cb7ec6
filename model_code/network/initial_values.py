"""Initial values of the network's weights, drawn by one seeded NumPy generator."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class InitialValues:
    """Draws initial values in the order in which the network is built.

    NumPy draws them, not TensorFlow: the same seed then gives the same network under every version of TensorFlow.
    """

    def __init__(self, seed: int | None = None) -> None:
        """Start the generator; without a seed, from Python's own, which `keras.utils.set_random_seed` sets."""
        if seed is None:
            seed = random.randrange(2**31)
        self._generator = np.random.default_rng(seed)

    def normal(self, shape: Sequence[int]) -> Array:
        """Values of linear weights and bias tables: normal, standard deviation 0.02.

        The reference truncates at -2 and 2, a hundred standard deviations away: the plain normal distribution.
        """
        return self._generator.normal(0.0, 0.02, tuple(shape)).astype(np.float32)

    def uniform(self, shape: Sequence[int], fan_in: int) -> Array:
        """Values of a convolution's kernel or bias: uniform within 1/sqrt(fan_in), PyTorch's default.

        (Kaiming's uniform with a = sqrt 5 has the bound sqrt(6 / ((1 + 5) fan_in)), which is that.)
        """
        bound = fan_in**-0.5
        return self._generator.uniform(-bound, bound, tuple(shape)).astype(np.float32)
