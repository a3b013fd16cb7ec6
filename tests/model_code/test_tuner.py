"""The search for a recipe: real short trainings, budgets, and continuing a killed search."""

import re
import sys

import keras_tuner
import numpy as np
import pytest

from data.errors import InputError
from model_code import tuner as module
from model_code.input.pair_input import survey
from model_code.input.tfx_examples import TransformedPairs
from model_code.known_weights import PRODUCTION, STARTER
from model_code.network import build
from model_code.network.settings import ModelSettings
from model_code.saved_model.export import save_restorer
from model_code.settings import Stage, TrainSettings
from model_code.training.fit import TrainingDivergedError
from model_code.tuner import RecipeTuner
from model_code.tuning.search_settings import TuneSettings
from model_code.weights.reference_weights import to_reference
from model_code.weights.starter.files import description
from model_code.weights.starter.weights import read_weights
from tests.model_code import drawn_pairs

MODEL = ModelSettings(variant="micro8", img_size=32, embed_dim=4, num_heads=(1,) * 9, drop_path=0.0)
TRAIN = TrainSettings(stages=(Stage(patch=32, batch=2, steps=8, learning_rate=1e-3),), warmup_steps=0, ema_decay=0.0)
TUNE = TuneSettings(enabled=True, search="random", trials=2, steps=2, win_size=(4, 8))


@pytest.fixture
def search(tmp_path):
    sizes = {"train": ([(40, 48), (48, 40)], 1), "validation": ([(33, 35)], 50)}
    splits = [
        survey([drawn_pairs.write(tmp_path / name / "a.gz", *arguments)], drawn_pairs.decode())
        for name, arguments in sizes.items()
    ]
    pairs = TransformedPairs(*splits, layer=None, fingerprint="drawn")

    def make(start=None, model=MODEL, warm_start=PRODUCTION, **changes):
        tune = TUNE.model_copy(update=changes)
        train = TRAIN.model_copy(update={"warm_start": warm_start if start else None})
        return RecipeTuner(tune, model, train, pairs, tmp_path / "tuning" / "search", start)

    return make


@pytest.fixture
def scored(monkeypatch):
    """Replaces training by a function of the learning rate; returns the list of learning rates tried."""
    rates = []

    def make(score):
        def fit(*args, **_):
            recipe = args[3]
            rates.append(recipe.stages[0].learning_rate)
            return {"best": {"gain_psnr": score(recipe.stages[0].learning_rate)}}

        monkeypatch.setattr(module, "fit", fit)
        monkeypatch.setattr(module.precision, "built", lambda *_: None)  # seconds each, and nothing trains them
        return rates

    return make


@pytest.fixture
def production(tmp_path):
    """The production model's folder; only its variables are read, and the graph of the network would take long to save."""
    theirs = build.build(MODEL.spec(), img_size=MODEL.img_size, seed=7)
    save_restorer(lambda images: images, tmp_path / "production", theirs.variables)
    return str(tmp_path / "production"), [variable.numpy() for variable in theirs.variables]


@pytest.mark.slow
def test_real_trials_are_scored_by_their_gain_and_stored(search):
    tuner = search()
    tuner.search()
    trials = tuner.oracle.get_best_trials(5)
    assert len(trials) == 2
    assert trials[0].score >= trials[1].score
    values = tuner.get_best_hyperparameters()[0].get_config()["values"]
    assert set(values) == {"win_size", "learning_rate"}
    assert 3e-4 <= values["learning_rate"] <= 3e-3
    assert (tuner.get_best_hyperparameters()[0].values) == trials[0].hyperparameters.values


@pytest.mark.parametrize("kind", ["bayesian", "random"])
def test_the_best_trial_is_returned(search, scored, kind):
    rates = scored(lambda rate: -abs(rate - 1e-3))
    tuner = search(search=kind, trials=6)
    tuner.search()
    assert len(set(rates)) == 6
    assert tuner.get_best_hyperparameters()[0].values["learning_rate"] == min(rates, key=lambda rate: abs(rate - 1e-3))


def test_the_same_seed_tries_the_same_values(search, scored, tmp_path):
    first = list(scored(lambda rate: rate))
    search(trials=3).search()
    tried = scored(lambda rate: rate)
    first = list(tried)
    (tmp_path / "tuning" / "search").rename(tmp_path / "tuning" / "before")
    search(trials=3).search()
    assert tried[3:] == first


def test_a_killed_search_continues_after_the_last_finished_trial(search, scored):
    def score(_):
        if len(rates) == 3:
            raise SystemExit  # not an Exception: nothing catches it, and nothing is written any more
        return 1.0

    rates = scored(score)
    with pytest.raises(SystemExit):
        search(trials=4).search()
    again = search(trials=4)
    again.search()
    assert len(rates) == 5  # two ended, one killed, two after that
    assert rates[3] == rates[2]  # the one that was killed is tried again
    assert len(again.oracle.get_best_trials(9)) == 4


def test_no_trial_but_the_first_begins_after_the_time_limit(search, scored):
    rates = scored(lambda _: 1.0)
    search(trials=5, minutes=1e-9).search()
    assert len(rates) == 1


def test_diverged_trials_are_skipped(search, scored):
    def score(rate):
        if rate > 1e-3:
            raise TrainingDivergedError("too many bad steps")
        return 1.0

    rates = scored(score)
    tuner = search(trials=8)
    tuner.search()
    assert max(rates) > 1e-3 >= tuner.get_best_hyperparameters()[0].values["learning_rate"]


def test_an_error_reports_that_every_trial_diverged(search, scored):
    def score(_):
        raise TrainingDivergedError("too many bad steps")

    scored(score)
    with pytest.raises(InputError, match=r"no trial ended with a gain; lower .*tune\.learning_rate"):
        search(trials=4).search()


def test_a_defect_stops_the_search(search, scored):
    def score(_):
        raise KeyError("gain_psnr")

    scored(score)
    with pytest.raises(keras_tuner.errors.FatalRuntimeError, match="gain_psnr"):
        search().search()


def test_each_trial_starts_from_the_production_model_as_the_trainer_does(search, production, monkeypatch, capfd):
    folder, theirs = production
    starts = []

    def fit(model, *_, **__):
        starts.append([variable.numpy() for variable in model.variables])
        return {"best": {"gain_psnr": 1.0}}

    monkeypatch.setattr(module, "fit", fit)
    search(folder, win_size=()).search()
    assert len(starts) == 2
    for start in starts:
        for one, other in zip(start, theirs, strict=True):
            np.testing.assert_array_equal(one, other)
    assert capfd.readouterr().err.count("from the production model; learning_rate") == 2


def test_a_trial_of_more_blocks_begins_as_the_starter(search, monkeypatch, capfd):
    starts = []

    def fit(model, *_, **__):
        starts.append((model.spec.depths, to_reference(model)))
        return {"best": {"gain_psnr": 1.0}}

    monkeypatch.setattr(module, "fit", fit)
    deeper = (1, 1, 1, 1, 2, 1, 1, 1, 1)
    network = {"model": description().model, "warm_start": STARTER, "win_size": (), "depths": (deeper,), "trials": 1}
    search("no production model", **network).search()
    ((depths, weights),) = starts
    assert depths == deeper
    for name, theirs in read_weights().items():
        np.testing.assert_array_equal(weights[name], theirs, err_msg=name)
    assert not np.any(weights["conv.blocks.1.mlp.linear2.0.weight"])  # the further block is the identity
    assert "from the starter weights (tiny16" in capfd.readouterr().err


def test_a_network_that_cannot_take_the_initial_weights_is_skipped_and_said(search, production, capfd):
    with pytest.raises(InputError, match=r"search no other network than that of train\.warm_start"):
        search(production[0], win_size=(4,)).search()
    assert "trial 1 of 2: failed (train.warm_start: the production model has another network" in capfd.readouterr().err


def test_the_search_prints_one_plain_line_a_trial_and_nothing_of_kerastuners(search, scored, capfd):
    def score(_):
        if len(rates) == 2:
            raise SystemExit  # the process is killed
        if len(rates) == 4:
            print("        Tuner: 10 s so far", file=sys.stderr)  # as a thread of the run does
            raise TrainingDivergedError("training: loss not finite")
        return 1.5

    rates = scored(score)
    with pytest.raises(SystemExit):
        search(trials=3).search()
    capfd.readouterr()
    tuner = search(trials=3)
    tuner.search_space_summary()  # as TFX calls it, before and after
    tuner.search()
    tuner.results_summary()
    output, lines = capfd.readouterr()
    assert output == ""
    expected = (
        r"search: at most 3 trials of 2 steps, none begins after 60 min; win_size 4 or 8, "
        r"learning_rate 0\.0003 to 0\.003; goes on after trial 1",
        r"trial 2 of 3: \+1.50 dB after \d+ s from random weights; win_size [48], learning_rate 0\.\d+",
        r"        Tuner: 10 s so far",
        r"trial 3 of 3: failed \(training: loss not finite\); win_size [48], learning_rate 0\.\d+",
        r"trial [12] of 3: the best, \+1.50 dB; win_size [48], learning_rate 0\.\d+",
    )
    assert re.fullmatch("\n".join(expected) + "\n", lines)
