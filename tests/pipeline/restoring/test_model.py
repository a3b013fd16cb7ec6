"""The precision in which the model computes, and the starter's limit of tone."""

from pathlib import Path

import numpy as np
import pytest

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
