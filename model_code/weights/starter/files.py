"""The files of the starter and the network that its weights fit. Imports nothing heavy."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data.errors import InputError
from model_code.network.settings import ModelSettings

FOLDER = Path(__file__).parent
WEIGHTS_NAME = "rain.npz"
DESCRIPTION_NAME = "rain.json"

_REINSTALL = "install the project anew"


@dataclass(frozen=True, slots=True)
class Description:
    """What `rain.json` says of the weights.

    Attributes:
        model: The network, as in the configuration's section `model`.
        sha256: SHA-256 of the file of weights.
        trained: Day of the end of training, as YYYY-MM-DD.
        steps: Training steps.
    """

    model: ModelSettings
    sha256: str
    trained: str
    steps: int

    @property
    def words(self) -> str:
        """The weights in a few words."""
        return f"the starter weights ({self.model.variant}, drawn rain, {self.trained})"


@cache
def description(folder: Path = FOLDER) -> Description:
    """Returns what is known of the weights.

    Args:
        folder: Where the files lie.

    Raises:
        InputError: The file is missing or damaged.
    """
    path = folder / DESCRIPTION_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Description(ModelSettings(**content["model"]), content["sha256"], content["trained"], content["steps"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: the starter's description cannot be read; {_REINSTALL}") from error


def weights_bytes(folder: Path = FOLDER) -> bytes:
    """Returns the file of weights.

    Args:
        folder: Where the files lie.

    Raises:
        InputError: The file is missing, or another than its description says.
    """
    path = folder / WEIGHTS_NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the starter's weights cannot be read ({error.strerror}); {_REINSTALL}") from error
    if hashlib.sha256(content).hexdigest() != description(folder).sha256:
        raise InputError(f"{path}: damaged, its SHA-256 is not that of {DESCRIPTION_NAME}; {_REINSTALL}")
    return content


def takes_starter(model: ModelSettings) -> bool:
    """Returns whether a configured network is the starter's, or one that its weights can grow into.

    Args:
        model: The section `model`. It may have more blocks in a stage and other attention windows. DropPath has no weights and
            may differ.
    """
    theirs, wanted = description().model.spec(), model.spec()
    is_same = (theirs.embed_dim, theirs.num_heads, theirs.token_mlp) == (
        wanted.embed_dim,
        wanted.num_heads,
        wanted.token_mlp,
    )
    return is_same and all(more >= least for more, least in zip(wanted.depths, theirs.depths, strict=True))


def require_starter_network(model: ModelSettings) -> None:
    """Checks that a configured network takes the starter's weights (`takes_starter`).

    Args:
        model: The section `model`.

    Raises:
        InputError: It is another network.
    """
    own = description().model
    if not takes_starter(model):
        raise InputError(
            f"train.warm_start starter: the starter is {own.variant} with img_size {own.img_size}, and `model` is another "
            f"network; set model.variant={own.variant}, or train.warm_start=null"
        )
