"""Applies a layout's rule to the names of files: which two are a pair, and which have no partner. By name, never by order."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from data.layouts.layout import Layout
from data.layouts.listing import enumerate_names, list_images
from data.layouts.pair_list import read_pair_list
from data.storage.file_names import composed, same_key

STRAY = "fits no part of the layout"
# Folders above the source whose names a rule may see: no published set is deeper.
_FOLDERS_ABOVE = 4


@dataclass(frozen=True, slots=True)
class Match:
    """A pair, or an image that has no partner.

    Attributes:
        input: The degraded image, POSIX, relative to the source; None if it is missing.
        target: The clean image; the same file as the input if it holds both; None if it is missing.
        severity: The severity that the layout reads in the path; None if it reads none.
        scene: Name of the scene, if the layout names it.
        problem: Why there is no pair, unless a partner is simply missing.
    """

    input: str | None
    target: str | None
    severity: str | None = None
    scene: str | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """The file that it is named after: the input, or the target if there is no input."""
        return self.input or self.target or ""


@dataclass(frozen=True, slots=True)
class FolderMatches:
    """The matches of one folder.

    Attributes:
        matches: In the order of the names.
        ignored: Files that are not images, and images that belong to no pair according to the layout.
    """

    matches: list[Match]
    ignored: list[str]


def match_folder(root: Path, layout: Layout, folder: str, is_lenient: bool = False) -> FolderMatches:
    """Applies a rule in one folder.

    Args:
        root: The source folder, which no path may leave.
        layout: The rule.
        folder: Where it begins, relative to the source.
        is_lenient: Accept every image by its name, whatever is in it and wherever a link leads; see `list_images`.

    Returns:
        The pairs and the images without a partner.

    Raises:
        InputError: A folder is missing, or the list of pairs cannot be read.
    """
    images: list[str] = []
    others: list[str] = []
    for part in dict.fromkeys(layout.folders):
        images_there, others_there = list_images(root, join(folder, part), is_lenient)
        images += images_there
        others += others_there
    if layout.list_file is not None:
        return _match_list(root, layout, folder, images, others)
    paths = _paths(root, layout, folder, images)
    skipped = [name for name, path in paths.items() if layout.skipped and _fullmatch(layout.skipped, path)]
    remaining = {name: paths[name] for name in sorted(paths.keys() - set(skipped))}
    apply = _match_halves if layout.is_side_by_side else _match_by_rule
    return FolderMatches(list(apply(remaining, layout)), others + skipped)


def stem(name: str) -> str:
    """Returns a path without its ending.

    Args:
        name: POSIX path.

    Returns:
        The path up to the last dot of its last part.
    """
    return posixpath.splitext(name)[0]


def join(folder: str, inner: str) -> str:
    """Joins two relative POSIX paths.

    Args:
        folder: The outer folder; "." for none.
        inner: A path in it.

    Returns:
        The joined path.
    """
    return (PurePosixPath(folder) / inner).as_posix()


def _paths(root: Path, layout: Layout, folder: str, names: list[str]) -> dict[str, str]:
    """Returns the part of each path that a rule sees: without the ending, from below the folder or from far above it."""
    if layout.matches_at_any_depth:
        above = PurePosixPath(*root.resolve().parts[1:][-_FOLDERS_ABOVE:]).as_posix()
        return {name: composed(f"{above}/{stem(name)}") for name in names}
    start = 0 if folder in (".", "") else len(folder) + 1
    return {name: composed(stem(name)[start:]) for name in names}


def _match_halves(paths: Mapping[str, str], layout: Layout) -> Iterator[Match]:
    """Yields every image that the rule covers as a pair of its own."""
    for name, path in paths.items():
        match = _fullmatch(layout.inputs, path)
        if match is None:
            yield Match(name, None, problem=STRAY)
        else:
            yield Match(name, name, _severity(layout, match), _scene(layout, match))


def _match_by_rule(paths: Mapping[str, str], layout: Layout) -> Iterator[Match]:
    """Yields each input with its target, then the images that are neither."""
    by_path = defaultdict(list)
    for name, path in paths.items():
        by_path[same_key(path, layout.ignores_zeros)].append((name, path))
    inputs = {name: match for name, path in paths.items() if (match := _fullmatch(layout.inputs, path))}
    input_of: dict[str, str] = {}
    for name, match in inputs.items():
        wanted = [composed(match.expand(template)) for template in layout.targets]
        candidates = [
            each
            for path in wanted
            for each in _at_path(by_path.get(same_key(path, layout.ignores_zeros), []), path, name)
        ]
        target, problem = _choose_target(name, candidates)
        if target is not None:
            first = input_of.setdefault(target, name)
            if first != name and not layout.many_to_one:
                target, problem = None, f"{target} is the target of {first} already; keep one"
        yield Match(name, target, _severity(layout, match), _scene(layout, match), problem)
    for name, path in paths.items():
        if name not in inputs and name not in input_of:
            # Without a pattern of targets nothing says that an image which no input asks for is one.
            is_target = layout.target_pattern and _fullmatch(layout.target_pattern, path)
            yield Match(None, name, problem="" if is_target else STRAY)


def _at_path(images: Sequence[tuple[str, str]], wanted: str, name: str) -> list[str]:
    """Returns the images at a path except the input itself: those in its very spelling, else those in another one."""
    same_path = [(other, path) for other, path in images if other != name]
    return [other for other, path in same_path if path == wanted] or [other for other, _ in same_path]


def _choose_target(name: str, candidates: Sequence[str]) -> tuple[str | None, str]:
    """Returns the target among images of the right name (the one with the input's ending if there are several), or why not."""
    candidates = list(dict.fromkeys(candidates))
    if len(candidates) <= 1:
        return (candidates[0] if candidates else None), ""
    same = [target for target in candidates if PurePosixPath(target).suffix == PurePosixPath(name).suffix]
    if len(same) == 1:
        return same[0], ""
    return None, f"several files could be its target ({enumerate_names(candidates)}); keep one"


def _match_list(root: Path, layout: Layout, folder: str, images: list[str], others: list[str]) -> FolderMatches:
    """Takes the pairs that a file lists; files that it does not name are ignored."""
    file = join(folder, str(layout.list_file))
    existing = {composed(name): name for name in images}
    matches = []
    for entry in read_pair_list(root, file):
        listed = [join(folder, name) for name in (entry.input, entry.target)]
        degraded, clean = (existing.get(composed(name), name) for name in listed)
        missing = [name for name in listed if composed(name) not in existing]
        matches.append(
            Match(
                degraded,
                None if missing else clean,
                entry.severity,
                entry.scene,
                f"{file} names {enumerate_names(missing)}, which is not a PNG or JPEG there" if missing else "",
            )
        )
    named = {name for match in matches for name in (match.input, match.target)}
    return FolderMatches(matches, [name for name in (*others, *images) if name not in named and name != file])


def _fullmatch(pattern: str, path: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, path, re.IGNORECASE)


def _severity(layout: Layout, match: re.Match[str]) -> str | None:
    text = match.groupdict().get("severity")
    return layout.severities.get(text.lower()) if text else None


def _scene(layout: Layout, match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    return "/".join(groups[name] or "" for name in layout.scene) if layout.scene else None
