from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from data.renamed import RenamedWarning
from model_code.network.settings import ModelSettings
from model_code.network.spec import VARIANTS
from model_code.preprocess_settings import PreprocessSettings
from model_code.settings import Stage, TrainSettings


def test_nothing_heavy_is_imported() -> None:
    heavy = "{'tensorflow', 'tf_keras', 'tfx', 'numpy'} & set(sys.modules)"
    script = f"import sys, model_code.settings, model_code.network.settings; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("section", [TrainSettings, ModelSettings, PreprocessSettings])
def test_unknown_keys_are_refused(section: type) -> None:
    with pytest.raises(ValidationError, match="sead"):
        section(sead=1)


@pytest.mark.parametrize(
    "fields",
    [{"stages": []}, {"loss": {}}, {"loss": {"charbonnier": 0.0}}, {"loss": {"gan": 1.0}}, {"ema_decay": 1.0}],
)
def test_recipes_that_cannot_be_trained_are_refused(fields: dict) -> None:
    with pytest.raises(ValidationError):
        TrainSettings(**fields)


def test_a_dump_reads_back_as_the_same_settings() -> None:
    settings = TrainSettings(stages=(Stage(steps=3), Stage(patch=32, steps=4)), loss={"l1": 0.5})
    assert TrainSettings(**settings.model_dump(mode="json")) == settings
    assert settings.total_steps == 7


def test_settings_replace_the_variants_numbers() -> None:
    assert ModelSettings(variant="tiny16").spec() == VARIANTS["tiny16"]
    spec = ModelSettings(variant="tiny16", embed_dim=8, drop_path=0.0).spec()
    assert spec.embed_dim == 8
    assert spec.drop_path == 0.0
    assert spec.depths == VARIANTS["tiny16"].depths


@pytest.mark.parametrize("fields", [{"variant": "huge"}, {"depths": [1, 2]}, {"num_heads": [7] * 9}])
def test_networks_that_cannot_be_built_are_refused(fields: dict) -> None:
    with pytest.raises(ValidationError):
        ModelSettings(**fields)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"floor_learning_rate": 1e-5}, {"min_learning_rate": 1e-5}),
        ({"watch": {"tensorboard": False}}, {"tensorboard": {"enabled": False}}),
        (
            {"guard": {"bad_steps": 2, "rollbacks": 0}},
            {"divergence": {"max_nonfinite_steps": 2, "max_rollbacks": 0}},
        ),
        ({"optimizer": {"decay": "kernels"}}, {"optimizer": {"weight_decay_on": "kernels"}}),
    ],
)
def test_renamed_keys_still_work_and_name_the_new_key(old: dict, new: dict) -> None:
    with pytest.warns(RenamedWarning, match=" is now "):
        settings = TrainSettings(**old)
    assert settings == TrainSettings(**new)


def test_a_starter_has_one_name_and_a_folder_of_its_name_a_path() -> None:
    stage = Stage(patch=32, batch=1, steps=1, learning_rate=1e-3)
    starts = {"starter": "starter", "starter:rain": "starter", "starter:haze": "starter:haze"}
    starts["./starter:haze"] = str(Path.cwd() / "starter:haze")
    for given, expected in starts.items():
        assert TrainSettings(stages=(stage,), warm_start=given).warm_start == expected
