"""Names that have changed: an old one works for one release, with a warning that gives the new one. Imports nothing heavy."""

from __future__ import annotations

import warnings


class RenamedWarning(UserWarning):
    """An option, a key or a name is used under the name that it had one release ago; the message gives both."""


def warn_renamed(old: str, new: str) -> None:
    """Warns in one line that a name has changed.

    Args:
        old: The name that was used, such as `train.watch`.
        new: The name that it has now.
    """
    warnings.warn(f"{old} is now {new}; the old name works until 0.3.0", RenamedWarning, stacklevel=3)
