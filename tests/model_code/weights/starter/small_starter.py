"""A folder of starters with a second one, for haze, whose weights nobody trained."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model_code.network.build import build
from model_code.network.settings import ModelSettings
from model_code.weights.starter import files
from model_code.weights.starter.weights import write_weights

HAZE = "haze"
HAZE_MODEL = ModelSettings(
    embed_dim=4,
    depths=(1, 1, 1, 1, 2, 1, 1, 1, 1),
    num_heads=(1,) * 9,
    img_size=32,
    drop_path=0.0,
    local_linear=8,
)


def write_haze_starter(folder: Path) -> None:
    """Writes random weights as the starter for haze.

    Args:
        folder: The folder of starters.
    """
    write_weights(build(HAZE_MODEL.spec(), HAZE_MODEL.img_size, seed=1), HAZE_MODEL, HAZE, 7, folder)


def use_starters(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the starter for rain and one for haze into a folder, which then counts as that of the package.

    Args:
        folder: An empty folder.
        monkeypatch: Takes it back.
    """
    for name in (files.weights_name("rain"), files.description_name("rain")):
        shutil.copy(files.FOLDER / name, folder)
    write_haze_starter(folder)
    monkeypatch.setattr(files, "FOLDER", folder)
