"""What may be pairs: every picture that a layout's rule covers, with its partner or without. Nothing is refused for a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from data.errors import InputError
from data.layouts.layout import Layout
from data.layouts.matching import match_folder, stem

# Words in the name of a folder that say which split lies in it, and the split's name (`data.records.SPLITS`, which cannot
# be imported here because it needs TensorFlow).
_SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "evaluation",
    "testing": "evaluation",
    "eval": "evaluation",
    "evaluation": "evaluation",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair, or a file that has no partner.

    Attributes:
        key: Its name: the path without its ending, or with it where that would not be unique.
        input: File of the degraded image, POSIX, relative to the source folder; None where it is missing.
        target: File of the clean image; the same where both lie in one picture.
        sides: Which half is which, where both lie in one picture.
        split: The split that a folder on the way to it is named after; empty where none is.
        problem: Why it has no partner, where that is not plain; empty elsewhere.
    """

    key: str
    input: str | None
    target: str | None
    sides: str | None = None
    split: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """The file that the pair is named after."""
        return self.input or self.target or ""


def find_candidates(root: Path, layout: Layout, folders: Sequence[str] = (".",)) -> list[Candidate]:
    """Finds the pairs under a source folder, and what should be pairs.

    Args:
        root: The source folder.
        layout: The rule.
        folders: The rule is applied in each of these, relative to the source.

    Returns:
        In order of their names.

    Raises:
        InputError: A folder is missing, leads out of the source, or is reached twice, or there is no picture at all.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the pairs")
    found: list[Candidate] = []
    for folder in folders:
        for match in match_folder(root, layout, folder, anything=True).matches:
            found.append(Candidate(match.name, match.input, match.target, layout.sides, problem=match.problem))
    if not found:
        raise InputError(f"{root}: holds no picture where layout {layout.name} looks; see `ast-restore data layouts`")
    _refuse_repeated(found)
    times = Counter(stem(candidate.name) for candidate in found)
    return sorted((_named(candidate, times) for candidate in found), key=lambda candidate: candidate.key)


def split_of(name: str) -> str:
    """Returns the split that a folder in a path is named after ("training", "test_syn"), or an empty string."""
    for folder in PurePosixPath(name).parts[:-1]:
        for word in re.split(r"[^a-z]+", folder.lower()):
            if word in _SPLIT_WORDS:
                return _SPLIT_WORDS[word]
    return ""


def _refuse_repeated(found: list[Candidate]) -> None:
    """Refuses folders that hold one another: each of their pairs would be its own duplicate."""
    times = Counter((candidate.input, candidate.target) for candidate in found)
    (_, most) = times.most_common(1)[0]
    if most > 1:
        name = next(candidate.name for candidate in found if times[candidate.input, candidate.target] > 1)
        raise InputError(f"{name}: found twice; give folders that do not hold one another")


def _named(candidate: Candidate, times: Counter[str]) -> Candidate:
    name = candidate.name
    return replace(candidate, key=name if times[stem(name)] > 1 else stem(name), split=split_of(name))
