"""Paths that a person wrote: absolute, with `~` expanded, and without the characters of file patterns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_PATTERN = re.compile(r"[*?\[\]]")


def absolute(path: Path) -> Path:
    """Returns a path that means the same in every working directory.

    Args:
        path: The path; a leading `~` or `~USER` stands for a home directory.

    Raises:
        ValueError: The home directory is unknown.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:  # pathlib's error for a user that does not exist
        raise ValueError(f"{path}: there is no such home directory; write the whole path") from error


def absolute_folder(path: Path) -> Path:
    """Returns `absolute` of a folder whose files TFX and Beam find by patterns, which cannot be escaped there.

    Args:
        path: The folder.

    Raises:
        ValueError: The path has a character of a pattern, or its home directory is unknown.
    """
    folder = absolute(path)
    special = _PATTERN.search(str(folder))
    if special:
        raise ValueError(
            f"{folder}: TFX and Beam take {special[0]} for part of a pattern; rename the folder, or use another"
        )
    return folder


def _require_some(path: object) -> object:
    if path == "":  # pathlib takes it for the working directory
        raise ValueError("the path is empty, as from a variable that is not set; write one, or leave the key out")
    return path


Folder = Annotated[Path, AfterValidator(absolute_folder), BeforeValidator(_require_some)]
"""A setting that names a folder: the resolved configuration is read again from other working directories."""

File = Annotated[Path, AfterValidator(absolute), BeforeValidator(_require_some)]
"""A setting that names a file."""
