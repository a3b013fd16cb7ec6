"""The files of the starter: whole, or one line that says which is not."""

import re
import shutil

import pytest

from data.errors import InputError
from model_code.network.settings import ModelSettings
from model_code.weights.starter.files import (
    DESCRIPTION_NAME,
    FOLDER,
    WEIGHTS_NAME,
    description,
    require_starter_network,
    weights_bytes,
)

MOST_BYTES = 8 * 10**6


@pytest.fixture
def copy(tmp_path):
    for name in (WEIGHTS_NAME, DESCRIPTION_NAME):
        shutil.copy(FOLDER / name, tmp_path)
    return tmp_path


def test_the_weights_are_those_of_the_description_and_small(copy):
    assert len(weights_bytes(copy)) <= MOST_BYTES
    assert re.fullmatch(r"the starter weights \(tiny16, drawn rain, \d{4}-\d\d-\d\d\)", description(copy).words)


def test_damaged_weights_are_named(copy):
    damaged = bytearray((copy / WEIGHTS_NAME).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (copy / WEIGHTS_NAME).write_bytes(damaged)
    with pytest.raises(InputError, match=rf"{WEIGHTS_NAME}: damaged.*install the project anew"):
        weights_bytes(copy)


def test_missing_weights_are_named(copy):
    (copy / WEIGHTS_NAME).unlink()
    with pytest.raises(InputError, match=rf"{WEIGHTS_NAME}: .*cannot be read"):
        weights_bytes(copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model": {"variant": "AST-X"}, "sha256": "", "trained": ""}'])
def test_a_damaged_description_is_named(copy, content):
    (copy / DESCRIPTION_NAME).write_text(content)
    with pytest.raises(InputError, match=f"{DESCRIPTION_NAME}: the starter's description cannot be read"):
        description(copy)


@pytest.mark.parametrize(
    "larger",
    [
        {"variant": "tiny16", "img_size": 64, "drop_path": 0.2},
        {"variant": "tiny16", "img_size": 256, "depths": (1, 1, 1, 1, 2, 2, 2, 1, 1)},
        {"variant": "tiny16", "win_size": 4},
        {"variant": "AST-T"},
    ],
)
def test_its_network_and_larger_ones_can_start_from_it(larger):
    require_starter_network(ModelSettings(**larger))


@pytest.mark.parametrize(
    "other",
    [
        {"variant": "micro8"},
        {"variant": "AST-B"},
        {"variant": "tiny16", "token_mlp": "leff"},
        {"variant": "tiny16", "num_heads": (1, 2, 4, 8, 8, 8, 8, 4, 2)},
    ],
)
def test_another_network_cannot_start_from_it_and_is_told_how_to(other):
    with pytest.raises(InputError, match=r"set model\.variant=tiny16, or train\.warm_start=null"):
        require_starter_network(ModelSettings(**other))
