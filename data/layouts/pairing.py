"""The pairs of a data set: a layout's rule applied to folders; a file without a partner is an error."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data.errors import InputError
from data.image.arrays import ImageU8
from data.layouts.layout import LEFT, Layout
from data.layouts.listing import enumerate_names
from data.layouts.matching import STRAY, Match, match_folder, stem


@dataclass(frozen=True, slots=True)
class PairPaths:
    """Paths of the two images of a pair, POSIX, relative to the source folder.

    Attributes:
        key: The pair's name: the input's path without its ending, or with it if that would not be unique.
        input: File of the degraded image.
        target: File of the clean image; the same as the input if one file holds both.
        input_side: The half that is the input, if one file holds both; see `data.layouts.layout.INPUT_SIDES`.
        severity: The severity, if the layout names it.
        scene: Name of the scene, if the layout names it.
    """

    key: str
    input: str
    target: str
    input_side: str | None = None
    severity: str | None = None
    scene: str | None = None


@dataclass(frozen=True, slots=True)
class PairListing:
    """The pairs of a data set, and the files that are in none.

    Attributes:
        pairs: In order of their names.
        ignored: Files that are not images, and images that belong to no pair according to the layout.
    """

    pairs: list[PairPaths]
    ignored: list[str]


def find_pairs(root: Path, layout: Layout, folders: Sequence[str] = (".",)) -> PairListing:
    """Finds the pairs under a source folder.

    Args:
        root: The source folder.
        layout: The rule.
        folders: The rule is applied in each of these, relative to the source.

    Returns:
        The pairs, and the files that were ignored.

    Raises:
        InputError: A folder is missing or empty, a file leaves the source folder, is neither PNG nor JPEG, or has no
            partner, or more than one.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the pairs")
    pairs: list[PairPaths] = []
    ignored: list[str] = []
    for folder in folders:
        matched = match_folder(root, layout, folder)
        _refuse_unpaired(matched.matches, layout, folder)
        pairs += [
            PairPaths(match.name, match.input, match.target, layout.input_side, match.severity, match.scene)
            for match in matched.matches
            if match.input is not None and match.target is not None
        ]
        ignored += matched.ignored
    _check_repeated(pairs)
    return PairListing(_with_keys(sorted(pairs, key=lambda pair: pair.input)), sorted(set(ignored)))


def split_halves(pixels: ImageU8, input_side: str, name: str) -> tuple[ImageU8, ImageU8]:
    """Cuts an image that holds both images of a pair side by side.

    Args:
        pixels: uint8, [H, 2 * W, 3] or [H, 2 * W].
        input_side: The half that is the input, one of `data.layouts.layout.INPUT_SIDES`.
        name: What an error calls the file.

    Returns:
        The degraded and the clean image, [H, W, 3] or [H, W] each.

    Raises:
        InputError: The width is odd.
    """
    width = pixels.shape[1]
    if width % 2:
        raise InputError(f"{name}: {width} pixels wide, which two equal halves cannot be; cut it right or remove it")
    left, right = pixels[:, : width // 2], pixels[:, width // 2 :]
    return (left, right) if input_side == LEFT else (right, left)


def _refuse_unpaired(matches: list[Match], layout: Layout, folder: str) -> None:
    """Refuses files without a partner, each by name; one with a problem of its own comes first."""
    unpaired = [match for match in matches if match.input is None or match.target is None]
    for match in unpaired:
        if match.problem not in ("", STRAY):
            raise InputError(f"{match.name}: {match.problem}")
    alone = [match.name for match in unpaired if match.problem != STRAY]
    strays = [match.name for match in unpaired if match.problem == STRAY]
    inputs = sum(match.input is not None and match.problem != STRAY for match in matches)
    where = " and ".join(layout.folders) if layout.folders != (".",) else folder
    if strays and inputs == 0:
        raise InputError(
            f"{where}: no image fits layout {layout.name} ({layout.summary}); it holds {enumerate_names(strays)}"
        )
    if alone:
        raise InputError(
            f"{where}: {inputs} inputs, {_targets(matches)} targets, and without a partner of "
            f"their name: {enumerate_names(alone)}; add the partners or remove these"
        )
    if strays:
        raise InputError(
            f"{where}: {inputs} inputs, and {len(strays)} images that fit no part of the layout {layout.name}: "
            f"{enumerate_names(strays)}; move these out, or name folders with --folder"
        )


def _targets(matches: list[Match]) -> int:
    return len({match.target for match in matches if match.target is not None and match.problem != STRAY})


def _check_repeated(pairs: list[PairPaths]) -> None:
    """Refuses a file that was found twice, as when one folder contains the other."""
    by_input: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        by_input[pair.input].append(pair.target)
    for name, targets in by_input.items():
        if len(targets) > 1:
            raise InputError(f"{name}: found twice; give folders that do not contain one another, or list it once")


def _with_keys(pairs: list[PairPaths]) -> list[PairPaths]:
    """Names each pair by its input without the ending, unless two differ in nothing else."""
    counts = Counter(stem(pair.input) for pair in pairs)
    return [replace(pair, key=pair.input if counts[stem(pair.input)] > 1 else stem(pair.input)) for pair in pairs]
