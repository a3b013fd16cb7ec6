"""Which files are pairs: a layout's rule applied to folders. Pairs are found by name alone, never by order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from data.errors import InputError
from data.images import FOREIGN_SUFFIXES, IMAGE_SUFFIXES, Pixels
from data.layouts import RAINY_CLEAN, Layout

# Names listed in an error before it says how many more there are.
_LISTED = 20


@dataclass(frozen=True, slots=True)
class PairFiles:
    """Where the two images of a pair lie, by POSIX paths relative to the source folder.

    Attributes:
        key: The pair's name: the input's path without its ending, or with it where that would not be unique.
        input: File of the degraded image.
        target: File of the clean image; the same where both lie in one picture.
        sides: Which half is which, where both lie in one picture.
        severity: The severity, where the layout names it.
    """

    key: str
    input: str
    target: str
    sides: str | None = None
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a layout found.

    Attributes:
        pairs: In order of their names.
        ignored: Files that are no pictures.
    """

    pairs: list[PairFiles]
    ignored: list[str]


def find_pairs(root: Path, layout: Layout, folders: Sequence[str] = (".",), sides: str | None = None) -> Listing:
    """Finds the pairs under a source folder.

    Args:
        root: The source folder.
        layout: The rule.
        folders: The rule is applied in each of these, relative to the source.
        sides: Which half is which, for a layout of one picture.

    Raises:
        InputError: A folder is missing or empty, a file leaves the source folder, is of a kind not taken, or has no
            partner, or more than one.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the pairs")
    pairs: list[PairFiles] = []
    ignored: list[str] = []
    for folder in folders:
        inputs, beside = list_images(root, join(folder, layout.input_dir))
        ignored += beside
        if layout.one_picture:
            pairs += [PairFiles(name, name, name, sides) for name in inputs]
            continue
        targets, beside = list_images(root, join(folder, layout.target_dir))
        ignored += beside
        pairs += _match(inputs, targets, layout, folder)
    _check_repeated(pairs)
    return Listing(_with_keys(sorted(pairs, key=lambda pair: pair.input)), sorted(set(ignored)))


def list_images(root: Path, folder: str, anything: bool = False) -> tuple[list[str], list[str]]:
    """Lists the pictures under a folder, sub-folders included; hidden files are passed over.

    Args:
        root: The source folder, which nothing may leave.
        folder: Relative to it.
        anything: List every picture there is, of whatever kind and wherever a link leads, and none as well: for whoever has a
            word to say about each.

    Returns:
        The names of the pictures and of the other files, POSIX, relative to the root, sorted.

    Raises:
        InputError: The folder is missing, holds no picture, leads out of the root, or holds one of a kind not taken.
    """
    base = root / folder
    _check_inside(root, base, folder)
    if not base.is_dir():
        raise InputError(f"{base}: no such folder; give the right one with --input-dir or --target-dir")
    images: list[str] = []
    others: list[str] = []
    for path in sorted(base.rglob("*")):
        name = path.relative_to(root).as_posix()
        if any(part.startswith(".") for part in path.relative_to(base).parts):
            continue
        if not anything:
            _check_inside(root, path, name)
        if path.is_dir():
            _check_no_link(path, name)
            continue
        suffix = path.suffix.lower()
        if suffix in FOREIGN_SUFFIXES and not anything:
            raise InputError(f"{name}: only PNG and JPEG are taken; convert it, or move it out of the folder")
        (images if suffix in (*IMAGE_SUFFIXES, *FOREIGN_SUFFIXES) else others).append(name)
    if not images and not anything:
        raise InputError(f"{base}: holds no PNG or JPEG picture; give the folder that does")
    return images, others


def split_halves(pixels: Pixels, sides: str, name: str) -> tuple[Pixels, Pixels]:
    """Cuts a picture that holds both images.

    Args:
        pixels: uint8 RGB, [H, 2 * W, 3].
        sides: One of `SIDES`.
        name: What an error calls the picture.

    Returns:
        The degraded and the clean image, [H, W, 3] each.

    Raises:
        InputError: The width is odd.
    """
    width = pixels.shape[1]
    if width % 2:
        raise InputError(f"{name}: {width} pixels wide, which two equal halves cannot be; cut it right or remove it")
    left, right = pixels[:, : width // 2], pixels[:, width // 2 :]
    return (left, right) if sides == RAINY_CLEAN else (right, left)


def _match(inputs: list[str], targets: list[str], layout: Layout, folder: str) -> list[PairFiles]:
    """Gives each input its target, by name."""
    input_base, target_base = join(folder, layout.input_dir), join(folder, layout.target_dir)
    by_key = defaultdict(list)
    for name in targets:
        by_key[key(name, target_base)].append(name)
    pairs: list[PairFiles] = []
    lonely: list[str] = []
    for name in inputs:
        match = re.fullmatch(layout.input_key, key(name, input_base))
        found = by_key.get(match.expand(layout.target_key), []) if match else []
        target = pick(name, found)
        if target is None:
            lonely.append(name)
        else:
            pairs.append(_pair(name, target, layout))
    used = {pair.target for pair in pairs}
    lonely += [name for name in targets if name not in used]
    if lonely:
        raise InputError(
            f"{input_base} and {target_base}: {len(inputs)} inputs, {len(targets)} targets, and without a partner of "
            f"their name: {_enumerate(lonely)}; add the partners or remove these"
        )
    if not layout.many_to_one:
        _check_shared(pairs)
    return pairs


def pick(name: str, found: list[str]) -> str | None:
    """Returns the target among those of the right name: the one with the same ending where there are several.

    Raises:
        InputError: There is more than one, and not just one has that ending.
    """
    if len(found) <= 1:
        return found[0] if found else None
    same = [target for target in found if PurePosixPath(target).suffix == PurePosixPath(name).suffix]
    if len(same) != 1:
        raise InputError(f"{name}: several files could be its target ({_enumerate(found)}); keep one")
    return same[0]


def _pair(name: str, target: str, layout: Layout) -> PairFiles:
    """Returns a pair with what the layout reads from its names."""
    severity = next((word for part, word in (layout.severities or {}).items() if part in name), None)
    return PairFiles(name, name, target, severity=severity)


def _check_shared(pairs: list[PairFiles]) -> None:
    """Refuses two inputs for one target where the layout knows of one each."""
    by_target = defaultdict(list)
    for pair in pairs:
        by_target[pair.target].append(pair.input)
    for target, inputs in by_target.items():
        if len(inputs) > 1:
            raise InputError(f"{target}: is the target of several inputs ({_enumerate(inputs)}); keep one")


def _check_repeated(pairs: list[PairFiles]) -> None:
    """Refuses a file that was found twice, as when one folder holds the other."""
    seen = set()
    for pair in pairs:
        if pair.input in seen:
            raise InputError(f"{pair.input}: found twice; give folders that do not hold one another")
        seen.add(pair.input)


def _check_inside(root: Path, path: Path, name: str) -> None:
    """Refuses a path that leads out of the source folder, by `..` or by a symbolic link, or cannot be written down."""
    if not name.isprintable():
        raise InputError(f"{name!r}: the name holds characters that are no text; rename the file")
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{name}: leads out of {root}; copy what it points to into the folder")


def _check_no_link(path: Path, name: str) -> None:
    """Refuses a link to a folder: what is behind it would be passed over, or found twice."""
    if path.is_symlink():
        raise InputError(f"{name}: a symbolic link to a folder; give the folder itself")


def _with_keys(pairs: list[PairFiles]) -> list[PairFiles]:
    """Names each pair by its input without the ending, unless two differ in nothing else."""
    times = Counter(stem(pair.input) for pair in pairs)
    return [replace(pair, key=pair.input if times[stem(pair.input)] > 1 else stem(pair.input)) for pair in pairs]


def key(name: str, base: str) -> str:
    """Returns a path relative to a folder, without its ending."""
    return stem(PurePosixPath(name).relative_to(base).as_posix())


def stem(name: str) -> str:
    """Returns a path without its ending."""
    return PurePosixPath(name).with_suffix("").as_posix()


def join(folder: str, inner: str) -> str:
    """Joins two relative paths."""
    return (PurePosixPath(folder) / inner).as_posix()


def _enumerate(names: Iterable[str]) -> str:
    """Returns names in a row, the first few of many."""
    listed = list(names)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return ", ".join(listed[:_LISTED]) + more
