"""Which layout a command line asks for: by name, with the options that some take."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from data.errors import InputError
from data.layouts.layout import AUTO, INPUT_SIDES, Layout, pair_list, regex, same_name, same_number, side_by_side
from data.layouts.published import TABLE
from data.renamed import warn_renamed

_OLD_NAMES = {"one-picture": "side-by-side"}
_OPTIONS = {
    "input_dir": "--input-dir",
    "target_dir": "--target-dir",
    "target_suffix": "--target-suffix",
    "input_side": "--input-side",
    "list_file": "--list",
    "input_pattern": "--input-regex",
    "target_template": "--target-template",
}
_TWO_FOLDERS = {"same-name": same_name, "same-number": same_number}
_OPTIONS_OF_LAYOUT = {
    "same-name": ("input_dir", "target_dir", "target_suffix"),
    "same-number": ("input_dir", "target_dir", "target_suffix"),
    "side-by-side": ("input_side",),
    "list": ("list_file",),
    "regex": ("input_pattern", "target_template"),
}


@dataclass(frozen=True, slots=True)
class LayoutChoice:
    """A layout's name with the options of the command line.

    Attributes:
        name: Name of a layout, from `layout_names`.
        input_dir: Folder of the inputs, for the layout `same-name`.
        target_dir: Folder of the targets, likewise.
        target_suffix: What a target's name has behind the input's, likewise.
        input_side: The half that is the input, one of `INPUT_SIDES`, for the layout `side-by-side`.
        list_file: File that lists the pairs, relative to the source, for the layout `list`.
        input_pattern: Regular expression of the inputs, for the layout `regex`.
        target_template: The target's path as a replacement, likewise.
    """

    name: str
    input_dir: str | None = None
    target_dir: str | None = None
    input_side: str | None = None
    list_file: str | None = None
    input_pattern: str | None = None
    target_template: str | None = None
    target_suffix: str | None = None


def choose_layout(choice: LayoutChoice) -> Layout:
    """Returns the layout of a name, with its options filled in.

    Args:
        choice: The name and the options.

    Returns:
        The rule.

    Raises:
        InputError: There is no such layout, it lacks an option, or does not take one.

    Example:
        >>> choose_layout(LayoutChoice("same-name", input_dir="wet", target_dir="dry")).folders
        ('wet', 'dry')
        >>> choose_layout(LayoutChoice("rain800")).input_side
        'right'
    """
    choice = replace(choice, name=current_name(choice.name))
    if choice.name not in TABLE and choice.name not in _OPTIONS_OF_LAYOUT:
        raise InputError(
            f"layout {choice.name!r}: not known{_meant(choice.name)}; `ast-restore data layouts` lists them, and {AUTO} finds "
            "the one that fits"
        )
    _refuse_options(choice, _OPTIONS_OF_LAYOUT.get(choice.name, ()))
    if choice.name in _TWO_FOLDERS:
        return _TWO_FOLDERS[choice.name](
            choice.input_dir or "input", choice.target_dir or "target", choice.target_suffix or ""
        )
    if choice.name == "side-by-side":
        if choice.input_side is None:
            raise InputError(
                "layout side-by-side: which half is the input differs from set to set; look at a file and give "
                f"--input-side {' or --input-side '.join(INPUT_SIDES)}"
            )
        return side_by_side(choice.input_side)
    if choice.name == "list":
        if choice.list_file is None:
            raise InputError("layout list: give the file that lists the pairs with --list")
        return pair_list(choice.list_file)
    if choice.name == "regex":
        if not (choice.input_pattern and choice.target_template):
            raise InputError("layout regex: give both --input-regex and --target-template")
        return regex(choice.input_pattern, choice.target_template)
    return TABLE[choice.name]


def layout_names() -> tuple[str, ...]:
    """Returns the names of all layouts, generic ones first."""
    return tuple(layout.name for layout in all_layouts())


def all_layouts() -> tuple[Layout, ...]:
    """Returns all layouts without options, generic ones first."""
    return (
        same_name(),
        same_number(),
        side_by_side(),
        pair_list(),
        replace(regex(r"(.+)", r"\1"), inputs=""),
        *TABLE.values(),
    )


def current_name(name: str) -> str:
    """Returns the name that a layout has now.

    Args:
        name: A layout's name; one of a release ago is accepted with a `RenamedWarning`.

    Returns:
        The name; one that is not known is returned as it is.
    """
    if name in _OLD_NAMES:
        warn_renamed(f"--layout {name}", f"--layout {_OLD_NAMES[name]}")
    return _OLD_NAMES.get(name, name)


def _meant(name: str) -> str:
    close = difflib.get_close_matches(name, layout_names(), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _refuse_options(choice: LayoutChoice, accepted: tuple[str, ...]) -> None:
    for name, option in _OPTIONS.items():
        if getattr(choice, name) is not None and name not in accepted:
            hint = f"; it takes {' and '.join(_OPTIONS[each] for each in accepted)}" if accepted else ""
            raise InputError(f"layout {choice.name}: does not take {option}{hint}")
