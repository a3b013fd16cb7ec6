"""How pairs lie in folders: each layout is a small rule. `matching` applies it, `choice` finds it by name.

A rule is two regular expressions. One recognises an input by its path and takes it apart; what it captured gives the path of
its target. All paths are relative to the folder the rule is applied in, POSIX, and without their ending, which may differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from data.errors import InputError

LEFT = "left"
RIGHT = "right"
INPUT_SIDES = (LEFT, RIGHT)
"""The half that holds the input, where one file holds both images side by side."""

AUTO = "auto"
"""Asks for the only layout that fits, in place of a layout's name."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One rule.

    Attributes:
        name: As given to `--layout`.
        summary: For `ast-restore data layouts`: which file lies where.
        inputs: Regular expression that the whole path of an input matches, in any case. Its group `severity` is looked up in
            `severities`; its groups named in `scene` name the scene.
        targets: The target's path, as replacements for the match; the first that exists counts.
        target_pattern: Regular expression of the targets, by which one without an input is recognised.
        skipped: Regular expression of images that belong to no pair, such as masks.
        folders: Folders in which images are looked for.
        matches_at_any_depth: Whether `inputs` begins with any number of folders: then the names of the source folder and of
            those above it count too, so that a part of a set can be given as well as the whole.
        many_to_one: Whether several inputs may share a target.
        ignores_zeros: Whether leading zeros of numbers are left out when names are compared.
        is_side_by_side: Whether input and target are the halves of one file; then there are no targets.
        input_side: The half that is the input, one of `INPUT_SIDES`, where both images lie side by side.
        severities: Severity by the text of the group `severity`, in lower case.
        scene: Groups of `inputs` that together name the scene, if the layout names it; pairs of one target are of one anyway.
        degradation: What the set is degraded by; "unknown" if the layout does not say.
        list_file: File that lists the pairs, in place of the expressions.
        checked: "seen" if the naming was read in the data or a loader, "recalled" if it is from memory.
    """

    name: str
    summary: str
    inputs: str = ""
    targets: tuple[str, ...] = ()
    target_pattern: str = ""
    skipped: str = ""
    folders: tuple[str, ...] = (".",)
    matches_at_any_depth: bool = False
    many_to_one: bool = False
    ignores_zeros: bool = False
    is_side_by_side: bool = False
    input_side: str | None = None
    severities: Mapping[str, str] = field(default_factory=dict)
    scene: tuple[str, ...] = ()
    degradation: str = "unknown"
    list_file: str | None = None
    checked: str = "seen"


def same_name(input_dir: str = "input", target_dir: str = "target", target_suffix: str = "") -> Layout:
    """Returns the rule of two folders that hold files of the same names.

    Args:
        input_dir: Folder of the degraded images, relative to the source.
        target_dir: Folder of the clean images, which may be the same.
        target_suffix: What a clean image's name has behind the input's, such as "_clean".

    Returns:
        The layout `same-name`.
    """
    base = _prefix(input_dir)
    # In one folder, an image with the suffix is a target.
    end = rf"(?<!{re.escape(target_suffix)})" if target_suffix and _prefix(target_dir) == base else ""
    return Layout(
        name="same-name",
        summary="input/NAME and target/NAME; other folders by --input-dir and --target-dir, sub-folders included",
        inputs=rf"{re.escape(base)}(?P<rest>.+){end}",
        targets=(rf"{_literal(_prefix(target_dir))}\g<rest>{_literal(target_suffix)}",),
        target_pattern=rf"{re.escape(_prefix(target_dir))}.+",
        folders=(input_dir, target_dir),
    )


def same_number(input_dir: str = "input", target_dir: str = "target", target_suffix: str = "") -> Layout:
    """Returns the rule of two folders whose files have the same numbers, padded with zeros or not.

    Args:
        input_dir: Folder of the degraded images, relative to the source.
        target_dir: Folder of the clean images.
        target_suffix: As for `same_name`.

    Returns:
        The layout `same-number`.
    """
    return replace(
        same_name(input_dir, target_dir, target_suffix),
        name="same-number",
        summary="as same-name, but 1.png and 0001.png are the same name",
        ignores_zeros=True,
    )


def side_by_side(input_side: str | None = None) -> Layout:
    """Returns the rule of files that hold both images side by side.

    Args:
        input_side: The half that is the input, one of `INPUT_SIDES`; None only to list the layout.

    Returns:
        The layout `side-by-side`.
    """
    return Layout(
        name="side-by-side",
        summary="both images side by side in one file; --input-side says which half is the input",
        inputs=r".+",
        is_side_by_side=True,
        input_side=input_side,
    )


def pair_list(list_file: str | None = None) -> Layout:
    """Returns the rule of a file that lists the pairs.

    Args:
        list_file: The file, relative to the source; None only to list the layout.

    Returns:
        The layout `list`.
    """
    return Layout(
        name="list",
        summary="--list FILE in SRC names the pairs: CSV with columns input, target (severity, scene), or lines of two names",
        list_file=list_file,
    )


def regex(input_pattern: str = "", target_template: str = "") -> Layout:
    r"""Returns the rule of two expressions that the user gives.

    Args:
        input_pattern: Regular expression that matches an input's whole path without its ending.
        target_template: The target's path without its ending, as a replacement: `\1` is what the first group took.

    Returns:
        The layout `regex`.

    Raises:
        InputError: One of them is not valid, or they do not fit each other.
    """
    try:
        re.compile(input_pattern).sub(target_template, "")  # reads the template, whether anything matches or not
    except (re.error, IndexError) as error:
        raise InputError(f"layout regex: {input_pattern!r} and {target_template!r} do not fit: {error}") from error
    return Layout(
        name="regex",
        summary="--input-regex matches an input's path without its extension, --target-template gives the target's; "
        "\\1 is the first group",
        inputs=input_pattern,
        targets=(target_template,),
        many_to_one=True,
    )


def _prefix(folder: str) -> str:
    return "" if folder in (".", "") else f"{folder.strip('/')}/"


def _literal(text: str) -> str:
    """Returns a text escaped so that it stands for itself in a replacement."""
    return text.replace("\\", r"\\")
