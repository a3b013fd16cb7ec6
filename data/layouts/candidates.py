"""Candidate pairs: every image that a layout's rule covers, with its partner or without. No file is refused here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from data.errors import InputError
from data.features import EVALUATION, TRAIN, VALIDATION
from data.layouts.layout import Layout
from data.layouts.matching import match_folder, stem

# Words in the name of a folder that say which split it holds.
_SPLIT_OF_WORD = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "test": EVALUATION,
    "testing": EVALUATION,
    "eval": EVALUATION,
    "evaluation": EVALUATION,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair, or a file that has no partner.

    Attributes:
        key: The pair's name: the path without its ending, or with it if that would not be unique.
        input: File of the degraded image, POSIX, relative to the source folder; None if it is missing.
        target: File of the clean image; the same as the input if one file holds both; None if it is missing.
        input_side: The half that is the input, if one file holds both; see `data.layouts.layout.INPUT_SIDES`.
        split: The split that one of its folders is named after; empty if none is.
        problem: Why it has no partner, unless the partner is simply missing.
    """

    key: str
    input: str | None
    target: str | None
    input_side: str | None = None
    split: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """The file that the pair is named after: the input, or the target if there is no input."""
        return self.input or self.target or ""


def find_candidates(root: Path, layout: Layout, folders: Sequence[str] = (".",)) -> list[Candidate]:
    """Finds the pairs under a source folder, and the images that lack a partner.

    Args:
        root: The source folder.
        layout: The rule.
        folders: The rule is applied in each of these, relative to the source.

    Returns:
        The candidates, in order of their names.

    Raises:
        InputError: A folder is missing, leads out of the source, or is reached twice, or there is no image at all.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the pairs")
    candidates: list[Candidate] = []
    for folder in folders:
        for match in match_folder(root, layout, folder, is_lenient=True).matches:
            candidates.append(
                Candidate(match.name, match.input, match.target, layout.input_side, problem=match.problem)
            )
    if not candidates:
        raise InputError(f"{root}: holds no image where layout {layout.name} looks; see `ast-restore data layouts`")
    _refuse_repeated(candidates)
    counts = Counter(stem(candidate.name) for candidate in candidates)
    return sorted((_named(candidate, counts) for candidate in candidates), key=lambda candidate: candidate.key)


def split_of(name: str) -> str:
    """Returns the split that a folder in a path is named after.

    Args:
        name: POSIX path of a file, such as "training/1.png" or "test_syn/1.png".

    Returns:
        One of `data.features.SPLITS`, or an empty string.
    """
    for folder in PurePosixPath(name).parts[:-1]:
        for word in re.split(r"[^a-z]+", folder.lower()):
            if word in _SPLIT_OF_WORD:
                return _SPLIT_OF_WORD[word]
    return ""


def _refuse_repeated(candidates: list[Candidate]) -> None:
    """Refuses folders that contain one another: each of their pairs would be its own duplicate."""
    counts = Counter((candidate.input, candidate.target) for candidate in candidates)
    (_, most) = counts.most_common(1)[0]
    if most > 1:
        name = next(candidate.name for candidate in candidates if counts[candidate.input, candidate.target] > 1)
        raise InputError(f"{name}: found twice; give folders that do not contain one another")


def _named(candidate: Candidate, counts: Counter[str]) -> Candidate:
    name = candidate.name
    return replace(candidate, key=name if counts[stem(name)] > 1 else stem(name), split=split_of(name))
