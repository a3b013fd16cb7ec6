"""Names of files as people, cameras and file systems write them: which are passed over, and which two are the same name.

macOS stores accents decomposed (NFD) and puts blanks into names that other systems do not have; it leaves a `._NAME` beside
every file on a foreign disk. Network disks keep thumbnails in folders of their own.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

from data.plain_text import visible

_OF_SYSTEMS = frozenset({"@eadir", "__macosx", "#recycle", "#snapshot", "$recycle.bin", "system volume information"})
"""Folders that systems make and nobody fills: Synology's thumbnails, macOS's forks in ZIP files, bins; in lower case."""

_DIGITS = re.compile(r"\d+", re.ASCII)


def is_passed_over(path: PurePath) -> bool:
    """Returns whether a part of a relative path is hidden (`.name`) or made by a system, so that nobody means it.

    Args:
        path: A path relative to the folder that a person gave.
    """
    return any(part.startswith(".") and part not in (".", "..") or part.lower() in _OF_SYSTEMS for part in path.parts)


def is_plain(name: str) -> bool:
    """Returns whether a name can be shown as it is: it has no control or format characters. Blanks of any kind are plain.

    Args:
        name: The name.
    """
    return visible(name) == name


def same_key(name: str, should_ignore_zeros: bool = False) -> str:
    r"""Returns a text that is equal for names which look the same: composed or decomposed accents, capital or small letters.

    Args:
        name: A name or path.
        should_ignore_zeros: Whether leading zeros of numbers are left out too, so that `1` and `0001` are the same.

    Example:
        >>> same_key("Re\u0301gion_1") == same_key("r\u00e9gion_1")
        True
    """
    key = composed(name).casefold()
    return _DIGITS.sub(lambda match: match[0].lstrip("0") or "0", key) if should_ignore_zeros else key


def composed(name: str) -> str:
    """Returns a name with composed accents (NFC), as most systems write them.

    Args:
        name: A name or path.
    """
    return unicodedata.normalize("NFC", name)
