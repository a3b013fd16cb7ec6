"""From values that were drawn to a recipe and a network, without TensorFlow."""

import pytest

from data.errors import InputError
from model_code.network.settings import ModelSettings
from model_code.settings import Stage, TrainSettings
from model_code.tuning.search_settings import TuneSettings
from model_code.tuning.search_space import choices, ranges, shortened, tuned
from pipeline.config import load
from tests.model_code.weights.starter.small_starter import use_starters

MODEL = ModelSettings(variant="micro8", img_size=32)
TRAIN = TrainSettings(
    stages=(Stage(patch=32, batch=8, steps=300, learning_rate=1e-3), Stage(patch=64, batch=2, steps=100, learning_rate=1e-4)),
    warmup_steps=40,
    loss={"charbonnier": 1.0, "ssim": 0.2},
)  # fmt: skip


def test_tuned_values_replace_the_configured_ones():
    values = {"learning_rate": 2e-3, "batch": 16, "win_size": 4, "depths": "2-1-1-1-1-1-1-1-1", "loss.ssim": 0.5}
    model, train = tuned(MODEL, TRAIN, values)
    assert (model.win_size, model.depths, model.variant) == (4, (2, 1, 1, 1, 1, 1, 1, 1, 1), "micro8")
    assert train.loss == {"charbonnier": 1.0, "ssim": 0.5}
    assert [stage.learning_rate for stage in train.stages] == pytest.approx([2e-3, 2e-4])  # in proportion
    assert [stage.batch for stage in train.stages] == [16, 4]
    assert [stage.steps for stage in train.stages] == [300, 100]


def test_without_values_nothing_changes():
    assert tuned(MODEL, TRAIN, {}) == (MODEL, TRAIN)


def test_a_trial_has_the_recipe_in_proportion():
    trial = shortened(TRAIN, 40)
    assert [stage.steps for stage in trial.stages] == [30, 10]
    assert trial.warmup_steps == 4
    assert trial.validation.every == 40
    assert shortened(TRAIN, 10**6).total_steps == TRAIN.total_steps  # never longer


def test_only_requested_hyperparameters_are_searched():
    tune = TuneSettings(learning_rate=None, win_size=(4, 8), loss={"fft": (0.01, 0.1)})
    assert choices(tune) == {"win_size": (4, 8)}
    assert ranges(tune) == {"loss.fft": (0.01, 0.1)}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{enabled: true, depths: [[1, 1, 1]]}", "tune: depths 1-1-1 cannot be built"),
        ("{enabled: true, embed_dim: [8, 7]}", "tune: embed_dim 7 cannot be built"),
        ("{enabled: true, batch: [9], learning_rate: [0.001, 0.0001]}", "lower bound first"),
        ("{enabled: true, loss: {ssim: [0, 1]}}", "both above 0"),
    ],
)
def test_invalid_combinations_are_reported_before_the_run(section, message):
    with pytest.raises(InputError, match=message):
        load(None, (f"tune={section}",))


@pytest.mark.parametrize("start", ["production", "/models/7"])
def test_a_search_over_networks_from_given_weights_is_refused_with_the_remedy(start):
    """No trial but those of the configured network could take the weights."""
    sizes = "tune={enabled: true, batch: [4, 8], win_size: [8, 4]}"
    with pytest.raises(
        InputError, match=r"win_size 4 is another network .* leave out win_size of tune, or set train\.warm_start=null"
    ):
        load(None, (sizes, f"train.warm_start={start}"))
    load(None, (sizes, "train.warm_start=null"))
    load(None, ("tune={enabled: true, batch: [4, 8], win_size: [8]}", f"train.warm_start={start}"))
    load(None, ("tune={enabled: false, win_size: [4]}", f"train.warm_start={start}"))


def test_a_search_from_the_starter_takes_the_networks_that_it_grows_into_and_no_others():
    one, two = [1] * 9, [1, 1, 1, 1, 2, 1, 1, 1, 1]
    starter = ("model={variant: tiny16, img_size: 64}", "train.warm_start=starter")
    load(None, (f"tune={{enabled: true, depths: [{one}, {two}], win_size: [4, 8]}}", *starter))
    with pytest.raises(InputError, match=r"embed_dim 8 is not a network that starter grows into.* leave out embed_dim"):
        load(None, ("tune={enabled: true, embed_dim: [16, 8]}", *starter))
    # Fewer blocks than `model` has are enough, where the starter has no more.
    deeper = f"model={{variant: tiny16, img_size: 64, depths: {two}}}"
    load(None, (f"tune={{enabled: true, depths: [{one}]}}", deeper, "train.warm_start=starter"))
    with pytest.raises(InputError, match=r"depths 1-1-1-1-1-1-1-1-1 is another network than `model`"):
        load(None, (f"tune={{enabled: true, depths: [{one}]}}", deeper, "train.warm_start=production"))


def test_a_search_from_a_starter_is_held_against_that_starters_network(tmp_path, monkeypatch):
    use_starters(tmp_path, monkeypatch)
    network = "model={embed_dim: 4, depths: [1,1,1,1,2,1,1,1,1], num_heads: [1,1,1,1,1,1,1,1,1]}"
    load(None, ("tune={enabled: true, embed_dim: [4]}", network, "train.warm_start=starter:haze"))
    for start in ("starter", "starter:rain"):
        with pytest.raises(InputError, match="embed_dim 4 is not a network that starter grows into"):
            load(None, ("tune={enabled: true, embed_dim: [4]}", network, f"train.warm_start={start}"))


def test_an_uneven_gradient_accumulation_is_reported():
    with pytest.raises(InputError, match="batch 9 cannot be built.*accumulate is 2"):
        load(None, ("tune={enabled: true, batch: [8, 9]}", "train.accumulate=2"))
