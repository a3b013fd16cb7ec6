"""Proposes the options of the layout `regex` for a folder that no layout fits, from the names of its images alone."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from itertools import permutations

# Words in a folder or an ending that say that an image is clean.
_CLEAN = re.compile(r"clean|clear|gt|ground|target|label|sharp|norain|ref|hq", re.IGNORECASE)
_MOST_FOLDERS = 6


def suggest_regex(names: Sequence[str]) -> str:
    r"""Returns the options `--layout regex ...` that pair every image with one other, or an empty text.

    Two images are a pair if their names differ by an ending that is the same throughout, in one folder or in two.

    Args:
        names: The images, POSIX, relative to the source.

    Example:
        >>> suggest_regex(["wet/a.png", "wet/b.png", "dry/a_clean.png", "dry/b_clean.png"])
        "--layout regex --input-regex 'wet/(.+)' --target-template 'dry/\\1_clean'"
        >>> suggest_regex(["a.png", "b.png"])
        ''
    """
    stems = {posixpath.splitext(name)[0] for name in names}
    folders = sorted({posixpath.dirname(stem) for stem in stems})
    if len(folders) > _MOST_FOLDERS:
        return ""
    found = []
    for one, other in [*permutations(folders, 2), *((folder, folder) for folder in folders)]:
        here, there = (
            {posixpath.basename(stem) for stem in stems if posixpath.dirname(stem) == each} for each in (one, other)
        )
        if (here if one == other else here | there) and _covers(stems, one, other):
            found += [(one, other, *endings) for endings in _endings(here, there, one == other)]
    if not found:
        return ""
    # Of the two directions, that whose target looks clean.
    one, other, ending, other_ending = max(found, key=lambda each: bool(_CLEAN.search(f"{each[1]} {each[3]}")))
    # In one folder, an image with the target's ending is no input.
    no_target = f"(?<!{re.escape(other_ending)})" if one == other and not ending else ""
    pattern = f"{re.escape(_below(one))}(.+){no_target}{re.escape(ending)}"
    return f"--layout regex --input-regex '{pattern}' --target-template '{_below(other)}\\1{other_ending}'"


def _covers(stems: set[str], one: str, other: str) -> bool:
    return all(posixpath.dirname(stem) in (one, other) for stem in stems)


def _endings(here: set[str], there: set[str], same_folder: bool) -> list[tuple[str, str]]:
    """Returns the endings of input and target with which each image has exactly one partner."""
    first = min(here)
    endings = []
    for partner in sorted(there - {first} if same_folder else there):
        common = posixpath.commonprefix([first, partner])
        if not common:
            continue
        ending, other_ending = first[len(common) :], partner[len(common) :]
        for one, other in (
            ((ending, other_ending), (other_ending, ending)) if same_folder else ((ending, other_ending),)
        ):
            inputs = {
                name for name in here if name.endswith(one) and not (same_folder and other and name.endswith(other))
            }
            targets = {name[: len(name) - len(one)] + other for name in inputs}
            rest = here - inputs if same_folder else there
            if inputs and targets == rest and (same_folder or inputs == here):
                endings.append((one, other))
    return endings


def _below(folder: str) -> str:
    return f"{folder}/" if folder else ""
