"""Which layout a folder has: every rule is tried, and the one that accounts for every image is proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.layouts.choice import LayoutChoice, choose_layout
from data.layouts.layout import AUTO, Layout, same_name
from data.layouts.listing import enumerate_names, list_images
from data.layouts.matching import Match, match_folder
from data.layouts.published import TABLE
from data.layouts.suggestion import suggest_regex

# A refusal names this many layouts that came near.
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well a layout fits a folder.

    Attributes:
        layout: The layout.
        pairs: Number of pairs that it finds.
        left_over: The images that it does not account for.
        example: One of its pairs, "input -> target".
    """

    layout: Layout
    pairs: int
    left_over: tuple[str, ...]
    example: str

    @property
    def is_complete(self) -> bool:
        """Whether the layout finds pairs and accounts for every image."""
        return self.pairs > 0 and not self.left_over

    def __str__(self) -> str:
        """The evidence in a line."""
        number = len(self.left_over)
        one_or_more = "1 image is" if number == 1 else f"{number} images are"
        rest = (
            f", {one_or_more} left over ({enumerate_names(self.left_over)})"
            if number
            else ", and accounts for every image"
        )
        return f"{self.layout.name}: {self.pairs} pairs, such as {self.example}{rest}"


def detect_layout(choice: LayoutChoice, root: Path, folders: Sequence[str] = (".",)) -> tuple[Layout, str]:
    """Returns the layout that was asked for by name, or, for the name `auto`, the only one that fits the folder.

    Args:
        choice: The layout's name and options.
        root: The source folder.
        folders: Where the rule begins, relative to the source.

    Returns:
        The layout, and the evidence for it in a line; the line is empty unless the layout was detected.

    Raises:
        InputError: The options do not fit, or no layout fits, or more than one.
    """
    if choice.name != AUTO:
        return choose_layout(choice), ""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the pairs")
    tried = gather_evidence(root, folders)
    fitting = [each for each in tried if each.is_complete]
    if len(fitting) == 1:
        return fitting[0].layout, str(fitting[0])
    if fitting:
        listed = "; ".join(map(str, fitting))
        raise InputError(f"{root}: {len(fitting)} layouts fit: {listed}; choose one with --layout")
    near = sorted((each for each in tried if each.pairs), key=lambda each: (len(each.left_over), -each.pairs))[
        :_NEAREST
    ]
    nearest = f"; nearest: {'; '.join(map(str, near))}" if near else ""
    suggestion = suggest_regex([name for folder in folders for name in list_images(root, folder, is_lenient=True)[0]])
    ready = f"; every image has one partner by {suggestion}" if suggestion and folders == (".",) else ""
    raise InputError(
        f"{root}: no layout accounts for every image{nearest}{ready}; choose with --layout (`ast-restore data layouts` lists "
        "them), or name folders with --folder"
    )


def gather_evidence(root: Path, folders: Sequence[str] = (".",)) -> list[Evidence]:
    """Tries every layout that needs no options, by the names of the files alone.

    Args:
        root: The source folder.
        folders: Where the rule begins, relative to the source.

    Returns:
        The evidence for each layout, `same-name` first.

    Raises:
        InputError: A folder is missing, or holds a link that is refused whatever the layout.
    """
    return [_evidence(root, layout, folders) for layout in (same_name(), *TABLE.values())]


def _evidence(root: Path, layout: Layout, folders: Sequence[str]) -> Evidence:
    matches: list[Match] = []
    for folder in folders:
        if any(not (root / folder / part).is_dir() for part in layout.folders):
            return Evidence(layout, 0, (), "")
        if layout.list_file is not None and not (root / folder / layout.list_file).is_file():
            return Evidence(layout, 0, (), "")
        matches += match_folder(root, layout, folder, is_lenient=True).matches
    whole = [match for match in matches if match.input is not None and match.target is not None]
    example = f"{whole[0].input} -> {whole[0].target}" if whole else ""
    if layout.is_side_by_side and whole:
        example = f"{whole[0].input} (input on the {layout.input_side})"
    left_over = tuple(match.name for match in matches if match.input is None or match.target is None)
    return Evidence(layout, len(whole), left_over, example)
