"""Which files are pairs: a layout's rule applied to folders, and refused where a file stays alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data.errors import InputError
from data.image.arrays import ImageU8
from data.layouts.layout import RAINY_CLEAN, Layout
from data.layouts.listing import enumerate_names
from data.layouts.matching import STRAY, Match, match_folder, stem


@dataclass(frozen=True, slots=True)
class PairFiles:
    """Where the two images of a pair lie, by POSIX paths relative to the source folder.

    Attributes:
        key: The pair's name: the input's path without its ending, or with it where that would not be unique.
        input: File of the degraded image.
        target: File of the clean image; the same where both lie in one picture.
        sides: Which half is which, where both lie in one picture.
        severity: The severity, where the layout names it.
        scene: Name of the scene, where the layout tells it.
    """

    key: str
    input: str
    target: str
    sides: str | None = None
    severity: str | None = None
    scene: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a layout found.

    Attributes:
        pairs: In order of their names.
        ignored: Files that are no pictures, and pictures that the layout says belong to no pair.
    """

    pairs: list[PairFiles]
    ignored: list[str]


def find_pairs(root: Path, layout: Layout, folders: Sequence[str] = (".",)) -> Listing:
    """Finds the pairs under a source folder.

    Args:
        root: The source folder.
        layout: The rule.
        folders: The rule is applied in each of these, relative to the source.

    Raises:
        InputError: A folder is missing or empty, a file leaves the source folder, is of a kind not taken, or has no
            partner, or more than one.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the pairs")
    pairs: list[PairFiles] = []
    ignored: list[str] = []
    for folder in folders:
        found = match_folder(root, layout, folder)
        _refuse_lonely(found.matches, layout, folder)
        pairs += [
            PairFiles(match.name, match.input, match.target, layout.sides, match.severity, match.scene)
            for match in found.matches
            if match.input is not None and match.target is not None
        ]
        ignored += found.passed_over
    _check_repeated(pairs)
    return Listing(_with_keys(sorted(pairs, key=lambda pair: pair.input)), sorted(set(ignored)))


def split_halves(pixels: ImageU8, sides: str, name: str) -> tuple[ImageU8, ImageU8]:
    """Cuts a picture that holds both images.

    Args:
        pixels: uint8, [H, 2 * W, 3] or [H, 2 * W].
        sides: One of `SIDES`.
        name: What an error calls the picture.

    Returns:
        The degraded and the clean image, [H, W, 3] or [H, W] each.

    Raises:
        InputError: The width is odd.
    """
    width = pixels.shape[1]
    if width % 2:
        raise InputError(f"{name}: {width} pixels wide, which two equal halves cannot be; cut it right or remove it")
    left, right = pixels[:, : width // 2], pixels[:, width // 2 :]
    return (left, right) if sides == RAINY_CLEAN else (right, left)


def _refuse_lonely(matches: list[Match], layout: Layout, folder: str) -> None:
    """Refuses files without a partner, each by name, what is particular about one first."""
    lonely = [match for match in matches if match.input is None or match.target is None]
    for match in lonely:
        if match.problem not in ("", STRAY):
            raise InputError(f"{match.name}: {match.problem}")
    alone = [match.name for match in lonely if match.problem != STRAY]
    strays = [match.name for match in lonely if match.problem == STRAY]
    inputs = sum(match.input is not None for match in matches) - len(
        [m for m in lonely if m.problem == STRAY and m.input]
    )
    where = " and ".join(layout.listed) if layout.listed != (".",) else folder
    if strays and inputs == 0:
        raise InputError(
            f"{where}: no picture lies as layout {layout.name} has it ({layout.summary}); found {enumerate_names(strays)}"
        )
    if alone:
        raise InputError(
            f"{where}: {inputs} inputs, {_targets(matches)} targets, and without a partner of "
            f"their name: {enumerate_names(alone)}; add the partners or remove these"
        )
    if strays:
        raise InputError(
            f"{where}: {STRAY} {layout.name}: {enumerate_names(strays)}; move these out, or name folders with --folder"
        )


def _targets(matches: list[Match]) -> int:
    return len({match.target for match in matches if match.target is not None and match.problem != STRAY})


def _check_repeated(pairs: list[PairFiles]) -> None:
    """Refuses a file that was found twice, as when one folder holds the other."""
    by_input: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        by_input[pair.input].append(pair.target)
    for name, targets in by_input.items():
        if len(targets) > 1:
            raise InputError(f"{name}: found twice; give folders that do not hold one another, or list it once")


def _with_keys(pairs: list[PairFiles]) -> list[PairFiles]:
    """Names each pair by its input without the ending, unless two differ in nothing else."""
    times = Counter(stem(pair.input) for pair in pairs)
    return [replace(pair, key=pair.input if times[stem(pair.input)] > 1 else stem(pair.input)) for pair in pairs]
