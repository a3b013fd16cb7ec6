"""How pairs lie in folders: each layout a small rule, which `matching` applies; the table of rules is in `published`.

A rule is two regular expressions. One tells an input by its path and takes it apart; what it captured gives the path of its
target. All paths are relative to the folder the rule is applied in, POSIX, and without their ending, which may differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.errors import InputError

RAINY_CLEAN = "rainy-clean"
CLEAN_RAINY = "clean-rainy"
SIDES = (RAINY_CLEAN, CLEAN_RAINY)
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Layout:
    """One rule.

    Attributes:
        name: As given to `--layout`.
        summary: For `ast-restore data layouts`: what lies where.
        inputs: Regular expression that the whole path of an input matches, whatever its case. Its group `severity` is
            looked up in `severities`; its groups named in `scene` name the scene.
        targets: What the target's path is, as replacements for the match; the first that is there counts.
        target_pattern: Regular expression of the targets, by which one without an input is told.
        passed_over: Regular expression of pictures that belong to no pair, such as masks.
        listed: Folders in which pictures are looked for.
        anywhere: Whether `inputs` begins with any number of folders: then the names of the source folder and of those
            above it count too, so that a part of a set can be given as well as the whole.
        many_to_one: Whether several inputs may share a target.
        sides: Which half is which where both images lie in one picture (one of `SIDES`); then there are no targets.
        one_picture: Whether input and target are the halves of one file.
        severities: Severity by the text of the group `severity`, in lower case.
        scene: Groups of `inputs` that together name the scene where the layout tells it; pairs of one target are of one anyway.
        degradation: What the set is degraded by; "unknown" where the layout does not say.
        list_file: File that lists the pairs, in place of the expressions.
        checked: "seen" where the naming was read in the data or a loader, "recalled" where it is from memory.
    """

    name: str
    summary: str
    inputs: str = ""
    targets: tuple[str, ...] = ()
    target_pattern: str = ""
    passed_over: str = ""
    listed: tuple[str, ...] = (".",)
    anywhere: bool = False
    many_to_one: bool = False
    sides: str | None = None
    one_picture: bool = False
    severities: Mapping[str, str] = field(default_factory=dict)
    scene: tuple[str, ...] = ()
    degradation: str = "unknown"
    list_file: str | None = None
    checked: str = "seen"


@dataclass(frozen=True, slots=True)
class LayoutChoice:
    """What a command line says of a layout.

    Attributes:
        name: Of a rule.
        input_dir: Folder of the inputs, where the layout leaves it open.
        target_dir: Folder of the targets, likewise.
        sides: Which half is which, for pictures that hold both images.
        list_file: File that lists the pairs, relative to the source.
        input_pattern: Regular expression of the inputs, for the layout `regex`.
        target_template: What it makes of one for its target.
    """

    name: str
    input_dir: str | None = None
    target_dir: str | None = None
    sides: str | None = None
    list_file: str | None = None
    input_pattern: str | None = None
    target_template: str | None = None


_OPTION_OF = {
    "input_dir": "--input-dir",
    "target_dir": "--target-dir",
    "sides": "--sides",
    "list_file": "--list",
    "input_pattern": "--input-regex",
    "target_template": "--target-template",
}


def same_name(input_dir: str = "input", target_dir: str = "target") -> Layout:
    """Returns the rule of two folders that hold files of the same names."""
    base = _prefix(input_dir)
    return Layout(
        name="same-name",
        summary="input/NAME and target/NAME; other folders by --input-dir and --target-dir, sub-folders included",
        inputs=rf"{re.escape(base)}(?P<rest>.+)",
        targets=(rf"{_literal(_prefix(target_dir))}\g<rest>",),
        target_pattern=rf"{re.escape(_prefix(target_dir))}.+",
        listed=(input_dir, target_dir),
    )


def one_picture(sides: str | None = None) -> Layout:
    """Returns the rule of pictures that hold both images side by side."""
    return Layout(
        name="one-picture",
        summary="both side by side in one file; --sides says which half is which",
        inputs=r".+",
        one_picture=True,
        sides=sides,
    )


def listed(list_file: str | None = None) -> Layout:
    """Returns the rule of a file that lists the pairs."""
    return Layout(
        name="list",
        summary="--list FILE in SRC names the pairs: CSV with columns input, target (severity, scene), or lines of two names",
        list_file=list_file,
    )


def regex(input_pattern: str = "", target_template: str = "") -> Layout:
    """Returns the rule of a pair of expressions of the user's.

    Raises:
        InputError: One of them is none, or they do not fit each other.
    """
    try:
        re.compile(input_pattern).sub(target_template, "")  # reads the template, whether anything matches or not
    except (re.error, IndexError) as error:
        raise InputError(f"layout regex: {input_pattern!r} and {target_template!r} do not fit: {error}") from error
    return Layout(
        name="regex",
        summary="--input-regex tells the inputs by their path without its ending, --target-template is what the target's is, "
        "with \\1 for what the first bracket took",
        inputs=input_pattern,
        targets=(target_template,),
        target_pattern="",
        many_to_one=True,
    )


def choose_layout(choice: LayoutChoice) -> Layout:
    """Returns the rule that was asked for.

    Raises:
        InputError: There is no such rule, or the options do not fit it.
    """
    from data.layouts.published import TABLE  # the table is made of what stands above

    generic = {
        "same-name": ("input_dir", "target_dir"),
        "one-picture": ("sides",),
        "list": ("list_file",),
        "regex": ("input_pattern", "target_template"),
    }
    if choice.name not in TABLE and choice.name not in generic:
        raise InputError(f"layout {choice.name!r}: not known; choose one of {', '.join(names())}")
    _refuse_options(choice, generic.get(choice.name, ()))
    if choice.name == "same-name":
        return same_name(choice.input_dir or "input", choice.target_dir or "target")
    if choice.name == "one-picture":
        if choice.sides is None:
            raise InputError(
                "layout one-picture: which half is the rainy one differs from set to set; look at a file and give "
                f"--sides {' or --sides '.join(SIDES)}"
            )
        return one_picture(choice.sides)
    if choice.name == "list":
        if choice.list_file is None:
            raise InputError("layout list: give the file that lists the pairs with --list")
        return listed(choice.list_file)
    if choice.name == "regex":
        if not (choice.input_pattern and choice.target_template):
            raise InputError("layout regex: give both --input-regex and --target-template")
        return regex(choice.input_pattern, choice.target_template)
    return TABLE[choice.name]


def names() -> tuple[str, ...]:
    """Returns the names of all rules, generic ones first."""
    return tuple(layout.name for layout in every())


def every() -> tuple[Layout, ...]:
    """Returns all rules, generic ones first, as they stand without options."""
    from data.layouts.published import TABLE

    return (same_name(), one_picture(), listed(), replace(regex(r"(.+)", r"\1"), inputs=""), *TABLE.values())


def inside(root: Path, name: str) -> bool:
    """Tells whether a path relative to a folder stays in it, links followed."""
    return (root / name).resolve().is_relative_to(root.resolve())


def _refuse_options(choice: LayoutChoice, taken: tuple[str, ...]) -> None:
    for name, option in _OPTION_OF.items():
        if getattr(choice, name) is not None and name not in taken:
            knows = f"; it takes {' and '.join(_OPTION_OF[each] for each in taken)}" if taken else ""
            raise InputError(f"layout {choice.name}: does not take {option}{knows}")


def _prefix(folder: str) -> str:
    return "" if folder in (".", "") else f"{folder.strip('/')}/"


def _literal(text: str) -> str:
    """Returns a text as it must stand in a replacement to stand for itself."""
    return text.replace("\\", r"\\")
