"""Which layout a folder has: every rule is tried, and the one that accounts for every picture is proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.layouts.layout import AUTO, Layout, LayoutChoice, choose_layout, same_name
from data.layouts.matching import Match, match_folder
from data.layouts.published import TABLE

# Rules that came near are named in a refusal, this many.
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a rule.

    Attributes:
        layout: The rule.
        pairs: How many it finds.
        left: Pictures that it does not account for.
        example: One of its pairs, "input -> target".
    """

    layout: Layout
    pairs: int
    left: int
    example: str

    @property
    def fits(self) -> bool:
        """Whether every picture has its place."""
        return self.pairs > 0 and self.left == 0

    def told(self) -> str:
        """Returns the evidence in a line."""
        left = f", {self.left} pictures are left" if self.left else ", and every picture has its place"
        return f"{self.layout.name}: {self.pairs} pairs, such as {self.example}{left}"


def resolve(choice: LayoutChoice, root: Path, folders: Sequence[str] = (".",)) -> tuple[Layout, str]:
    """Returns the rule that was asked for, or the only one that fits where `auto` was, and what speaks for it.

    Args:
        choice: Of the command line.
        root: The source folder.
        folders: Where the rule begins, relative to the source.

    Raises:
        InputError: The choice does not fit, or no rule or more than one does.
    """
    if choice.name != AUTO:
        return choose_layout(choice), ""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the pairs")
    tried = evidence(root, folders)
    fitting = [each for each in tried if each.fits]
    if len(fitting) == 1:
        return fitting[0].layout, fitting[0].told()
    if fitting:
        told = "; ".join(each.told() for each in fitting)
        raise InputError(f"{root}: {len(fitting)} layouts fit: {told}; choose one with --layout")
    near = sorted((each for each in tried if each.pairs), key=lambda each: (each.left, -each.pairs))[:_NEAREST]
    told = f"; nearest: {'; '.join(each.told() for each in near)}" if near else ""
    raise InputError(
        f"{root}: no layout accounts for every picture{told}; choose with --layout (`ast-restore data layouts` lists them), "
        "or name folders with --folder"
    )


def evidence(root: Path, folders: Sequence[str] = (".",)) -> list[Evidence]:
    """Tries every rule that needs no options, by names alone.

    Raises:
        InputError: A folder is missing, or holds what is refused whatever the layout.
    """
    return [_tried(root, layout, folders) for layout in (same_name(), *TABLE.values())]


def _tried(root: Path, layout: Layout, folders: Sequence[str]) -> Evidence:
    matches: list[Match] = []
    for folder in folders:
        if any(not (root / folder / part).is_dir() for part in layout.listed):
            return Evidence(layout, 0, 0, "")
        if layout.list_file is not None and not (root / folder / layout.list_file).is_file():
            return Evidence(layout, 0, 0, "")
        matches += match_folder(root, layout, folder, anything=True).matches
    whole = [match for match in matches if match.input is not None and match.target is not None]
    example = f"{whole[0].input} -> {whole[0].target}" if whole else ""
    if layout.one_picture and whole:
        example = f"{whole[0].input} ({layout.sides})"
    return Evidence(layout, len(whole), len(matches) - len(whole), example)
