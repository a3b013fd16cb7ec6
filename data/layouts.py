"""How pairs lie in folders: each layout a small rule in a table, which `data.pairing` applies.

A rule says where inputs and targets lie, how an input's name gives its target's, and what a name says of the severity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from data.errors import InputError

RAINY_CLEAN = "rainy-clean"
CLEAN_RAINY = "clean-rainy"
SIDES = (RAINY_CLEAN, CLEAN_RAINY)


@dataclass(frozen=True, slots=True)
class Layout:
    """One rule.

    Attributes:
        name: As given to `--layout`.
        summary: For `ast-restore data layouts`: what lies where.
        input_dir: Folder of the inputs, relative to the source (".": the source itself).
        target_dir: Folder of the targets.
        input_key: Matched with an input's path without its ending; an input that does not match belongs to no pair.
        target_key: What the target's path without its ending is, as a replacement for the match.
        many_to_one: Whether several inputs may share a target.
        one_picture: Whether input and target are the halves of one file; then there is no target folder.
        severities: What a part of the input's path says of the severity.
    """

    name: str
    summary: str
    input_dir: str = "input"
    target_dir: str = "target"
    input_key: str = r"(.+)"
    target_key: str = r"\1"
    many_to_one: bool = False
    one_picture: bool = False
    severities: Mapping[str, str] | None = None


LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            name="same-name",
            summary="input/NAME and target/NAME; other folders by --input-dir and --target-dir, sub-folders included",
        ),
        Layout(
            name="one-picture",
            summary="both side by side in one file; --sides says which half is which",
            input_dir=".",
            target_dir=".",
            one_picture=True,
        ),
    )
}


def choose_layout(
    name: str, input_dir: str | None = None, target_dir: str | None = None, sides: str | None = None
) -> Layout:
    """Returns a rule of the table with the folders that were asked for.

    Raises:
        InputError: There is no such rule, or the options do not fit it.
    """
    if name not in LAYOUTS:
        raise InputError(f"layout {name!r}: not known; choose one of {', '.join(LAYOUTS)}")
    layout = LAYOUTS[name]
    if layout.one_picture:
        if sides not in SIDES:
            raise InputError(
                f"layout {name}: which half is the rainy one differs from set to set; look at a file and give "
                f"--sides {' or --sides '.join(SIDES)}"
            )
        if target_dir is not None:
            raise InputError(f"layout {name}: has no target folder; leave --target-dir away")
    elif sides is not None:
        raise InputError(f"layout {name}: has no sides; leave --sides away")
    return replace(layout, input_dir=input_dir or layout.input_dir, target_dir=target_dir or layout.target_dir)
