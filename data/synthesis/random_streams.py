"""Random numbers that are the same on every machine: streams named by a seed and by numbers.

Only `Generator.random()` of PCG64 is drawn from: NumPy may change the streams of its other distributions.
"""

from __future__ import annotations

import numpy as np


def generator(seed: int, *stream: int) -> np.random.Generator:
    """Returns a random generator that depends only on the seed and on the numbers that name its stream.

    Args:
        seed: Any integer from 0.
        *stream: Integers from 0 that name the stream.

    Returns:
        A generator of its own state.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *stream])))


def derived_seed(seed: int, *stream: int) -> int:
    """Derives a seed from another and from the numbers that name a stream.

    Args:
        seed: Any integer from 0.
        *stream: Integers from 0 that name the stream.

    Returns:
        32 bits.
    """
    return int(np.random.SeedSequence([seed, *stream, 1]).generate_state(1)[0])


def between(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """Draws a number evenly between two bounds.

    Args:
        rng: Source of chance.
        bounds: (lowest, highest).

    Returns:
        A number in [lowest, highest).
    """
    low, high = bounds
    return low + (high - low) * float(rng.random())
