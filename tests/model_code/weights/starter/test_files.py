"""The files of the starters: whole, or one line that says which is not."""

import re
import shutil

import pytest

from data.errors import InputError
from model_code.network.settings import ModelSettings
from model_code.weights.starter.files import (
    FOLDER,
    degradations,
    description,
    description_name,
    require_starter_network,
    takes_starter,
    weights_bytes,
    weights_name,
)
from tests.model_code.weights.starter.small_starter import HAZE, HAZE_MODEL, use_starters, write_haze_starter

MOST_BYTES = 8 * 10**6
WEIGHTS_NAME, DESCRIPTION_NAME = weights_name("rain"), description_name("rain")


@pytest.fixture
def copy(tmp_path):
    for name in (WEIGHTS_NAME, DESCRIPTION_NAME):
        shutil.copy(FOLDER / name, tmp_path)
    return tmp_path


def test_the_weights_are_those_of_the_description_and_small(copy):
    for degradation in degradations():  # each that the package ships
        assert len(weights_bytes(degradation)) <= MOST_BYTES
        words = (
            rf"the starter weights \({description(degradation).model.variant}, drawn {degradation}, \d{{4}}-\d\d-\d\d\)"
        )
        assert re.fullmatch(words, description(degradation).words)
    assert description("rain", copy) == description()


def test_the_folder_says_which_starters_there_are(copy):
    assert degradations(copy) == ("rain",)
    write_haze_starter(copy)
    assert degradations(copy) == ("rain", "haze")
    with pytest.raises(
        InputError, match=r"^starter:snow: there is no such starter; there are starter, starter:haze; a folder"
    ):
        description("snow", copy)
    with pytest.raises(InputError, match=r"^starter:: there is no such starter"):
        weights_bytes("", copy)


def test_a_description_of_another_degradation_is_named(copy):
    write_haze_starter(copy)
    shutil.copy(copy / "haze.json", copy / "snow.json")
    with pytest.raises(InputError, match=r"snow\.json: the starter's description cannot be read"):
        description("snow", copy)


def test_damaged_weights_are_named(copy):
    damaged = bytearray((copy / WEIGHTS_NAME).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (copy / WEIGHTS_NAME).write_bytes(damaged)
    with pytest.raises(InputError, match=rf"{WEIGHTS_NAME}: damaged.*install the project anew"):
        weights_bytes("rain", copy)


def test_missing_weights_are_named(copy):
    (copy / WEIGHTS_NAME).unlink()
    with pytest.raises(InputError, match=rf"{WEIGHTS_NAME}: .*cannot be read"):
        weights_bytes("rain", copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model": {"variant": "AST-X"}, "sha256": "", "trained": ""}'])
def test_a_damaged_description_is_named(copy, content):
    (copy / DESCRIPTION_NAME).write_text(content)
    with pytest.raises(InputError, match=f"{DESCRIPTION_NAME}: the starter's description cannot be read"):
        description("rain", copy)


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


def test_the_locally_linear_output_has_no_weights_and_may_differ(tmp_path, monkeypatch):
    use_starters(tmp_path, monkeypatch)
    for radius in (0, 8, 32, None):
        require_starter_network(HAZE_MODEL.model_copy(update={"local_linear": radius}), HAZE)
        assert takes_starter(ModelSettings(variant="tiny16", local_linear=radius))


def test_a_starter_of_other_sizes_than_its_variant_says_all_of_them(tmp_path, monkeypatch):
    use_starters(tmp_path, monkeypatch)
    fewer_blocks = HAZE_MODEL.model_copy(update={"depths": (1,) * 9})
    with pytest.raises(
        InputError, match=r"train\.warm_start starter:haze: starter:haze is micro8 with img_size 32"
    ) as error:
        require_starter_network(fewer_blocks, HAZE)
    assert "set model.variant=micro8, model.embed_dim=4, model.depths=[1,1,1,1,2,1,1,1,1], " in str(error.value)
