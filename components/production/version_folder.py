"""The folder of a version: which names are versions, and which folders are whole.

TF Serving takes the number from the folder's name, and people roll back by copying a folder to a higher number. So the name
decides here too, whatever a record inside says. A copy that is still being made is not a version yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SAVED_MODEL = "saved_model.pb"
CARD = "model_card.md"
SIGNATURE = "model.sig"

_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_VARIABLES = Path("variables")
_INDEX = "variables.index"
_SHARD = re.compile(r"variables\.data-(\d{5})-of-(\d{5})")


def number_of(name: str) -> int | None:
    """Returns the number that a folder's name stands for; None where it stands for none.

    Args:
        name: The folder's name. Superscripts, signs and leading zeros are not numbers here: two names would be one version.
    """
    return int(name) if _NUMBER.fullmatch(name) else None


def missing_part(folder: Path, sizes: dict[str, int]) -> str | None:
    """Returns what a version's folder lacks to be whole; None where it is whole.

    Args:
        folder: The folder.
        sizes: Bytes of the files by name as the record has them; empty where they are unknown, and then only the parts of a
            SavedModel are looked for.
    """
    if not (folder / SAVED_MODEL).is_file():
        return f"{SAVED_MODEL} is missing"
    for name, size in sizes.items():
        file = folder / name
        if not file.is_file():
            return f"{name} is missing"
        if file.stat().st_size != size:
            return f"{name} has {file.stat().st_size} bytes of {size}"
    return None if sizes else _missing_variable_file(folder / _VARIABLES)


def _missing_variable_file(variables: Path) -> str | None:
    """Returns the file of variables that is missing; a model without variables has no folder of them."""
    if not variables.is_dir():
        return None
    names = {path.name for path in variables.iterdir()}
    shards = [match for match in map(_SHARD.fullmatch, names) if match]
    if _INDEX not in names:
        return f"{_VARIABLES}/{_INDEX} is missing"
    count = max((int(match[2]) for match in shards), default=1)
    if len(shards) < count:
        return f"{_VARIABLES} has {len(shards)} of {count} data files"
    return None


def files_of(model: Path) -> Iterator[Path]:
    """Yields the files of a SavedModel, sorted by name.

    Args:
        model: Folder of the SavedModel.
    """
    return (path for path in sorted(model.rglob("*")) if path.is_file())
