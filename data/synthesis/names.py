"""The names of the degradations that can be drawn. Imports nothing heavy, for the configuration names them too."""

from __future__ import annotations

from data.errors import InputError

SEPARATOR = "+"
"""Joins the names of several degradations, as in "haze+rain"."""

RAIN = "rain"

VARIED_RAIN = "varied-rain"
"""Rain in wide ranges, with a camera's noise and JPEG after it."""

# In the order in which light meets them on its way into the camera; varied rain has the camera itself at its end. A new one is
# added at the end, since its place names its stream.
NAMES = ("haze", RAIN, "raindrop", VARIED_RAIN)


def kinds_of(name: str) -> tuple[str, ...]:
    """Splits the name of a degradation into its kinds.

    Args:
        name: Such as "haze" or "haze+rain".

    Returns:
        Some of `NAMES`, in the order in which light meets them.

    Raises:
        InputError: A kind is not known, or is named twice.
    """
    asked = name.split(SEPARATOR)
    if len(set(asked)) != len(asked) or not set(asked) <= set(NAMES):
        raise InputError(f"degradation {name!r}: choose from {', '.join(NAMES)}, or join some with {SEPARATOR}")
    return tuple(kind for kind in NAMES if kind in asked)
