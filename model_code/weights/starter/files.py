"""The files of the starters and the networks that their weights fit. Imports nothing heavy.

The folder is the registry: a starter is a description, `DEGRADATION.json`, with its weights beside it, `DEGRADATION.npz`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data.errors import InputError
from model_code.known_weights import RAIN, starter_name
from model_code.network.settings import ModelSettings

FOLDER = Path(__file__).parent
"""Folder of the starters."""

_SIZES = {"variant", "embed_dim", "depths", "num_heads", "token_mlp"}  # settings on which the shapes of weights depend
_REINSTALL = "install the project anew"


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of the weights of a starter.

    Attributes:
        degradation: What they remove.
        model: The network, as in the configuration's section `model`.
        sha256: SHA-256 of the file of weights.
        trained: Day of the end of training, as YYYY-MM-DD.
        steps: Training steps.
    """

    degradation: str
    model: ModelSettings
    sha256: str
    trained: str
    steps: int

    @property
    def words(self) -> str:
        """The weights in a few words."""
        return f"the starter weights ({self.model.variant}, drawn {self.degradation}, {self.trained})"


def weights_name(degradation: str) -> str:
    """Returns the name of a starter's file of weights.

    Args:
        degradation: What it removes.
    """
    return f"{degradation}.npz"


def description_name(degradation: str) -> str:
    """Returns the name of a starter's description.

    Args:
        degradation: What it removes.
    """
    return f"{degradation}.json"


def degradations(folder: Path | None = None) -> tuple[str, ...]:
    """Returns what there are starters for, first that of rain.

    Args:
        folder: Where the files lie; None for `FOLDER`.
    """
    there = {path.stem for path in (folder or FOLDER).glob(description_name("*"))}
    return tuple(sorted(there, key=lambda degradation: (degradation != RAIN, degradation)))


def description(degradation: str = RAIN, folder: Path | None = None) -> Description:
    """Returns what is known of the weights.

    Args:
        degradation: What they remove.
        folder: Where the files lie; None for `FOLDER`.

    Raises:
        InputError: There is no such starter, or its description is missing or damaged.
    """
    return _description(degradation, folder or FOLDER)


@cache
def _description(degradation: str, folder: Path) -> Description:
    if degradation != RAIN and degradation not in (there := degradations(folder)):
        name = starter_name(degradation)
        raise InputError(
            f"{name}: there is no such starter; there are {', '.join(map(starter_name, there))}; a folder of that name is "
            f"./{name}"
        )
    path = folder / description_name(degradation)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["degradation"] != degradation:
            raise ValueError(f"it is that of {content['degradation']}")
        model = ModelSettings(**content["model"])
        return Description(degradation, model, content["sha256"], content["trained"], content["steps"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: the starter's description cannot be read; {_REINSTALL}") from error


def weights_bytes(degradation: str = RAIN, folder: Path | None = None) -> bytes:
    """Returns the file of weights.

    Args:
        degradation: What they remove.
        folder: Where the files lie; None for `FOLDER`.

    Raises:
        InputError: There is no such starter, or the file is missing, or another than its description says.
    """
    about, path = description(degradation, folder), (folder or FOLDER) / weights_name(degradation)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the starter's weights cannot be read ({error.strerror}); {_REINSTALL}") from error
    if hashlib.sha256(content).hexdigest() != about.sha256:
        raise InputError(f"{path}: damaged, its SHA-256 is not that of {description_name(degradation)}; {_REINSTALL}")
    return content


def takes_starter(model: ModelSettings, degradation: str = RAIN) -> bool:
    """Returns whether a configured network is the starter's, or one that its weights can grow into.

    Args:
        model: The section `model`. It may have more blocks in a stage and other attention windows. DropPath and the locally
            linear output have no weights and may differ: a network with `local_linear` that takes the weights of one without
            begins with the linear part of the same output, the other way round with the output that this part was taken of.
        degradation: What the starter removes.

    Raises:
        InputError: There is no such starter.
    """
    theirs, wanted = description(degradation).model.spec(), model.spec()
    is_same = (theirs.embed_dim, theirs.num_heads, theirs.token_mlp) == (
        wanted.embed_dim,
        wanted.num_heads,
        wanted.token_mlp,
    )
    return is_same and all(more >= least for more, least in zip(wanted.depths, theirs.depths, strict=True))


def require_starter_network(model: ModelSettings, degradation: str = RAIN) -> None:
    """Checks that a configured network takes the starter's weights (`takes_starter`).

    Args:
        model: The section `model`.
        degradation: What the starter removes.

    Raises:
        InputError: It is another network, or there is no such starter.
    """
    if takes_starter(model, degradation):
        return
    own = description(degradation).model
    name = starter_name(degradation)
    sizes = own.model_dump(mode="json", include=_SIZES, exclude_none=True)
    wanted = ", ".join(f"model.{key}={value}".replace(" ", "") for key, value in sizes.items())
    raise InputError(
        f"train.warm_start {name}: {name} is {own.variant} with img_size {own.img_size}, and `model` is another network; "
        f"set {wanted}, or train.warm_start=null"
    )
