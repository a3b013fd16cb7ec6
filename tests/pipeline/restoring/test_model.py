"""The precision in which the model computes, and the starter's limit of tone."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from model_code.saved_model.precision import PrecisionTrial
from pipeline.restoring import model
from pipeline.restoring.model import STARTER_MODEL, ImageRestorer
from pipeline.restoring.options import Method
from tests.data.drawing import picture
from tests.model_code.weights.starter.small_starter import use_starters


def test_half_precision_rounds_more_coarsely_and_leaves_other_models_alone(models):
    image = picture(1)
    exact = ImageRestorer.load(models / "network")
    halved = ImageRestorer.load(models / "network", precision="half")
    plain, half, again = exact.restore(image), halved.restore(image), exact.restore(image)
    np.testing.assert_array_equal(plain, again)
    differences = np.abs(plain.astype(int) - half)
    assert 0 < differences.max() <= 4
    assert differences.mean() < 0.5


@pytest.mark.parametrize(("gain", "equals"), [(1.3, "half"), (0.8, "float32")])
def test_auto_takes_what_the_trial_chose_and_says_so(models, monkeypatch, gain, equals):
    monkeypatch.setattr(model, "may_gain", lambda: True)
    monkeypatch.setattr(model, "try_both", lambda *_: PrecisionTrial(gain, 60.0))
    image = picture(1)
    chosen = ImageRestorer.load(models / "network", precision="auto")
    expected = ImageRestorer.load(models / "network", precision=equals).restore(image)
    np.testing.assert_array_equal(chosen.restore(image), expected)
    assert f"{gain:.2f} times as fast" in chosen.precision


def test_auto_needs_no_trial_without_instructions_for_half_precision(models, monkeypatch):
    monkeypatch.setattr(model, "may_gain", lambda: False)
    chosen = ImageRestorer.load(models / "network", precision="auto")
    assert chosen.precision == "float32: this machine has no instructions for half precision"


@pytest.mark.parametrize(
    ("name", "default"),
    [("network", False), (STARTER_MODEL, True), (Path("starter:rain"), True), (Path("starter:haze"), False)],
)
def test_the_tone_is_limited_for_the_starter_for_rain_alone(models, name, default, tmp_path, monkeypatch):
    use_starters(tmp_path, monkeypatch)
    image = picture(1) // 2 + 100
    image[:, ::9] += 28
    restorer = ImageRestorer.load(models / name if name == "network" else name)
    limited, plain = (restorer.restore(image, Method(limit_tone=each)) for each in (True, False))
    assert (limited != plain).any()
    np.testing.assert_array_equal(restorer.restore(image), limited if default else plain)


def _without_variables(folder):
    shutil.rmtree(folder / "variables")


def _with_a_cut_index(folder):
    index = folder / "variables" / "variables.index"
    index.write_bytes(index.read_bytes()[:-9])


def _with_a_changed_weight(folder):
    (data,) = folder.glob("variables/variables.data*")
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 255
    data.write_bytes(content)


def _with_cut_weights(folder):
    (data,) = folder.glob("variables/variables.data*")
    data.write_bytes(data.read_bytes()[:-400])


def _with_another_graph(folder):
    (folder / "saved_model.pb").write_bytes(b"")


def _with_half_a_graph(folder):
    graph = folder / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])


@pytest.mark.parametrize(
    "damage",
    [
        _without_variables,
        _with_a_cut_index,
        _with_a_changed_weight,
        _with_cut_weights,
        _with_another_graph,
        _with_half_a_graph,
    ],
)
def test_a_damaged_model_is_one_line_with_its_folder(models, tmp_path, damage):
    folder = tmp_path / "damaged"
    shutil.copytree(models / "network", folder)
    damage(folder)
    with pytest.raises(
        InputError, match=f"{folder}: .*(name a whole SavedModel|give a restorer|give a folder)"
    ) as caught:
        ImageRestorer.load(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
