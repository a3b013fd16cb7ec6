"""Words that stand for weights, in the configuration and on the command line. Imports nothing of the project."""

from __future__ import annotations

import re

PRODUCTION = "production"
"""Value of `train.warm_start`: training goes on from the production model."""
STARTER = "starter"
"""Value of `train.warm_start` and `--model`: weights that come with the project, for `RAIN` or for what follows a colon."""
RAIN = "rain"
"""Degradation of the starter that is meant where none is named."""

_STARTER = re.compile(rf"{STARTER}(?::(?P<degradation>[^/\\]*))?")


def starter_name(degradation: str) -> str:
    """Returns the word that stands for a starter.

    Args:
        degradation: What it removes.

    Example:
        >>> starter_name("rain"), starter_name("haze")
        ('starter', 'starter:haze')
    """
    return STARTER if degradation == RAIN else f"{STARTER}:{degradation}"


def starter_degradation(word: str | None) -> str | None:
    """Returns the degradation of the starter that a word stands for, whether there is such a starter or not.

    Args:
        word: The word or a path; a path to a folder of a starter's name has a slash in it, as `./starter`.

    Returns:
        The degradation; None for a word that stands for something else.

    Example:
        >>> starter_degradation("starter"), starter_degradation("starter:haze"), starter_degradation("./starter:haze")
        ('rain', 'haze', None)
    """
    match = _STARTER.fullmatch(word or "")
    if match is None:
        return None
    named: str | None = match["degradation"]
    return RAIN if named is None else named
