"""A layout's rule applied to the names of files: who is whose partner, and who has none. By name alone, never by order."""

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

STRAY = "fits no part of the layout"
# Folders above the source whose names a rule may see: sets are at most so deep.
_ABOVE = 4


@dataclass(frozen=True, slots=True)
class Match:
    """A pair, or a picture that has no partner.

    Attributes:
        input: The degraded image, POSIX, relative to the source; None where it is missing.
        target: The clean image; the same where both lie in one picture; None where it is missing.
        severity: What the layout reads of it; None where it says nothing.
        scene: Name of the scene where the layout tells it; None elsewhere.
        problem: Why there is no pair, where that is not plain.
    """

    input: str | None
    target: str | None
    severity: str | None = None
    scene: str | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """The file that it is named after."""
        return self.input or self.target or ""


@dataclass(frozen=True, slots=True)
class Matched:
    """What a rule makes of a folder.

    Attributes:
        matches: In the order of the names.
        passed_over: Files that are no pictures, and pictures that the rule says belong to no pair.
    """

    matches: list[Match]
    passed_over: list[str]


def match_folder(root: Path, layout: Layout, folder: str, anything: bool = False) -> Matched:
    """Applies a rule in one folder.

    Args:
        root: The source folder, which nothing may leave.
        layout: The rule.
        folder: Where it begins, relative to the source.
        anything: Take every picture for what it is called, whatever is in it and wherever a link leads (`list_images`).

    Raises:
        InputError: A folder is missing, or the list of pairs cannot be read.
    """
    pictures: list[str] = []
    others: list[str] = []
    for part in dict.fromkeys(layout.listed):
        found, beside = list_images(root, join(folder, part), anything)
        pictures += found
        others += beside
    if layout.list_file is not None:
        return _by_list(root, layout, folder, pictures, others)
    paths = _paths(root, layout, folder, pictures)
    passed = [name for name, path in paths.items() if layout.passed_over and _matches(layout.passed_over, path)]
    kept = {name: paths[name] for name in sorted(paths.keys() - set(passed))}
    apply = _pictures if layout.one_picture else _by_rule
    return Matched(list(apply(kept, layout)), others + passed)


def _paths(root: Path, layout: Layout, folder: str, names: list[str]) -> dict[str, str]:
    """Returns what a rule sees of each picture: its path without the ending, below the folder or from far above it."""
    if layout.anywhere:
        above = PurePosixPath(*root.resolve().parts[1:][-_ABOVE:]).as_posix()
        return {name: f"{above}/{stem(name)}" for name in names}
    skipped = 0 if folder in (".", "") else len(folder) + 1
    return {name: stem(name)[skipped:] for name in names}


def _pictures(paths: Mapping[str, str], layout: Layout) -> Iterator[Match]:
    """Yields every picture that the rule covers as a pair of its own."""
    for name, path in paths.items():
        match = _matches(layout.inputs, path)
        if match is None:
            yield Match(name, None, problem=STRAY)
        else:
            yield Match(name, name, _severity(layout, match), _scene(layout, match))


def _by_rule(paths: Mapping[str, str], layout: Layout) -> Iterator[Match]:
    """Gives each input its target, and yields what stays alone of either."""
    at_path = defaultdict(list)
    for name, path in paths.items():
        at_path[path.casefold()].append((name, path))
    inputs = {name: match for name, path in paths.items() if (match := _matches(layout.inputs, path))}
    taken: dict[str, str] = {}
    for name, match in inputs.items():
        found = [each for template in layout.targets for each in _at(at_path, match.expand(template), name)]
        target, problem = _target(name, found)
        if target is not None:
            first = taken.setdefault(target, name)
            if first != name and not layout.many_to_one:
                target, problem = None, f"{target} is the target of {first} already; keep one"
        yield Match(name, target, _severity(layout, match), _scene(layout, match), problem)
    for name, path in paths.items():
        if name not in inputs and name not in taken:
            known = not layout.target_pattern or _matches(layout.target_pattern, path)
            yield Match(None, name, problem="" if known else STRAY)


def _at(at_path: Mapping[str, list[tuple[str, str]]], wanted: str, name: str) -> list[str]:
    """Returns the pictures at a path but for the input itself: those in its very spelling, else those in another case."""
    found = [(other, path) for other, path in at_path.get(wanted.casefold(), []) if other != name]
    return [other for other, path in found if path == wanted] or [other for other, _ in found]


def _target(name: str, found: Sequence[str]) -> tuple[str | None, str]:
    """Returns the target among those of the right name, the one with the input's ending where there are several."""
    found = list(dict.fromkeys(found))
    if len(found) <= 1:
        return (found[0] if found else None), ""
    same = [target for target in found if PurePosixPath(target).suffix == PurePosixPath(name).suffix]
    if len(same) == 1:
        return same[0], ""
    return None, f"several files could be its target ({enumerate_names(found)}); keep one"


def _by_list(root: Path, layout: Layout, folder: str, pictures: list[str], others: list[str]) -> Matched:
    """Takes the pairs that a file lists; what it does not name is passed over."""
    file = join(folder, str(layout.list_file))
    there = set(pictures)
    matches = []
    for entry in read_pair_list(root, file):
        degraded, clean = join(folder, entry.input), join(folder, entry.target)
        lost = [name for name in (degraded, clean) if name not in there]
        matches.append(
            Match(
                degraded,
                None if lost else clean,
                entry.severity,
                entry.scene,
                f"{file} names {enumerate_names(lost)}, which is no PNG or JPEG there" if lost else "",
            )
        )
    named = {name for match in matches for name in (match.input, match.target)}
    return Matched(matches, [name for name in (*others, *pictures) if name not in named and name != file])


def _matches(pattern: str, path: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, path, re.IGNORECASE)


def _severity(layout: Layout, match: re.Match[str]) -> str | None:
    told = match.groupdict().get("severity")
    return layout.severities.get(told.lower()) if told else None


def _scene(layout: Layout, match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    return "/".join(groups[name] or "" for name in layout.scene) if layout.scene else None


def stem(name: str) -> str:
    """Returns a path without its ending."""
    return posixpath.splitext(name)[0]


def join(folder: str, inner: str) -> str:
    """Joins two relative paths."""
    return (PurePosixPath(folder) / inner).as_posix()
