"""The Tuner component's module: TFX calls `tuner_fn` and runs the search that it returns."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import keras_tuner
import tf_keras as keras

# The base of tuners that do not train with Keras' own fit; KerasTuner has no other place for it.
from keras_tuner.engine.base_tuner import BaseTuner

from data.errors import InputError
from model_code.input import tfx_examples
from model_code.input.input_check import check_input
from model_code.network import build
from model_code.settings import ModelSettings, TrainSettings
from model_code.training.fit import TrainingDivergedError, fit
from model_code.tuning import search_space
from model_code.tuning.search_settings import TuneSettings

TUNE_KEY = "tune"
TRAIN_KEY = "train"
MODEL_KEY = "model"
FOLDER_KEY = "tuning"
OBJECTIVE = "gain_psnr"
"""Mean gain in dB over the validation pairs, each whole."""
_COMPLETED, _STOPPED = keras_tuner.engine.trial.TrialStatus.COMPLETED, keras_tuner.engine.trial.TrialStatus.STOPPED


class FnArgs(Protocol):
    """What is used of TFX's `FnArgs`."""

    train_files: list[str]
    eval_files: list[str]
    transform_graph_path: str
    custom_config: dict[str, Any]


class Search(NamedTuple):
    """What TFX's Tuner asks of `tuner_fn`: it calls `tuner.search(**fit_kwargs)`."""

    tuner: BaseTuner
    fit_kwargs: Mapping[str, Any]


def tuner_fn(fn_args: FnArgs) -> Search:
    """Returns the search over recipes and networks.

    Killed at any moment, the same call goes on after the last trial that ended.

    Args:
        fn_args: TFX's. `custom_config` holds the fields of `TuneSettings` under "tune", of `TrainSettings` under "train", of
            `ModelSettings` under "model", and the folder of searches under "tuning"; `train_files` are the train
            split's, `eval_files` the validation split's.

    Raises:
        InputMismatchError: The input function does not treat both images of a pair alike; nothing is tried.
    """
    told = fn_args.custom_config
    train = TrainSettings(**told[TRAIN_KEY])
    pairs = tfx_examples.read(fn_args.train_files, fn_args.eval_files, fn_args.transform_graph_path)
    logging.info("input check: %s", check_input(pairs.train, train).sentence)
    folder = Path(told[FOLDER_KEY]) / pairs.digest(told)
    tune = TuneSettings(**told[TUNE_KEY])
    return Search(RecipeTuner(tune, ModelSettings(**told[MODEL_KEY]), train, pairs, folder), {})


class RecipeTuner(BaseTuner):
    """Trains a shortened recipe per trial with the Trainer's own loop, and scores it by its gain on the validation pairs."""

    def __init__(
        self,
        tune: TuneSettings,
        model: ModelSettings,
        train: TrainSettings,
        pairs: tfx_examples.TransformedPairs,
        folder: Path,
    ) -> None:
        """Takes up the search that lies in the folder, if there is one.

        Args:
            tune: What to try.
            model: The network that values are put into.
            train: The recipe that values are put into.
            pairs: To train and validate on.
            folder: Of this very search; trials that ended are kept there.
        """
        self._model, self._train, self._pairs = model, train.for_pairs(pairs.train.pairs), pairs
        self._steps = tune.steps
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(oracle=_oracle(tune, train.seed), directory=str(folder.parent), project_name=folder.name)

    def run_trial(self, trial: keras_tuner.engine.trial.Trial, **_: Any) -> dict[str, float]:
        """Trains once and returns the gain in dB of the best weights."""
        model_settings, recipe = search_space.tuned(self._model, self._train, trial.hyperparameters.values)
        recipe = search_space.shortened(recipe, self._steps)
        keras.mixed_precision.set_global_policy(recipe.precision)
        model = build.build(model_settings.spec(), img_size=model_settings.img_size, seed=recipe.seed)
        history_path = Path(self.get_trial_dir(trial.trial_id)) / "history.json"
        try:
            history = fit(model, self._pairs.train, self._pairs.validation, recipe, history_path)
        except TrainingDivergedError as error:
            raise keras_tuner.errors.FailedTrialError(str(error)) from error
        except Exception as error:  # KerasTuner would go on to the next trial, and a defect be taken for a bad recipe
            raise keras_tuner.errors.FatalRuntimeError(f"trial {trial.trial_id}: {error}") from error
        gain = history["best"]["gain_psnr"]
        print(f"trial {trial.trial_id}: {gain:+.2f} dB with {trial.hyperparameters.values}", file=sys.stderr)
        return {OBJECTIVE: gain}

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        """Tries until trials or minutes are over.

        Raises:
            InputError: No trial ended with a gain.
        """
        super().search(*fit_args, **fit_kwargs)
        # KerasTuner fills its list of the best up with trials that failed.
        if not any(trial.status == _COMPLETED for trial in self.oracle.trials.values()):
            raise InputError("tune: no trial ended with a gain; lower the bounds of tune.learning_rate")


def _oracle(tune: TuneSettings, seed: int) -> keras_tuner.Oracle:
    space = keras_tuner.HyperParameters()
    for name, options in search_space.choices(tune).items():
        space.Choice(name, list(options))
    for name, (low, high) in search_space.ranges(tune).items():
        space.Float(name, low, high, sampling="log")
    told = {
        "objective": keras_tuner.Objective(OBJECTIVE, "max"),
        "max_trials": tune.trials,
        "hyperparameters": space,
        "seed": seed,
        "max_consecutive_failed_trials": tune.trials + 1,  # a range that reaches into divergence is searched to its end
    }
    deadline = time.monotonic() + 60 * tune.minutes
    base = _ORACLES[tune.search]

    class InTime(base):  # type: ignore[misc, valid-type]  # the base is chosen by name
        """Begins no trial after the deadline, but for the first."""

        def populate_space(self, trial_id: str) -> dict[str, Any]:
            if self.end_order and time.monotonic() > deadline:
                return {"status": _STOPPED}
            return super().populate_space(trial_id)

    return InTime(**told)


_ORACLES = {
    "bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
    "random": keras_tuner.oracles.RandomSearchOracle,
}
