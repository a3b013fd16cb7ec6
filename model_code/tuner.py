"""Entry module of the Tuner component: TFX calls `tuner_fn` and runs the search that it returns."""

from __future__ import annotations

import io
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import keras_tuner

# The base class for tuners that do not call Keras' own fit; KerasTuner exports it nowhere else.
from keras_tuner.engine.base_tuner import BaseTuner

from data.errors import InputError
from data.plain_text import one_line
from model_code.input import tfx_examples
from model_code.input.input_check import check_input
from model_code.network.settings import ModelSettings
from model_code.settings import TrainSettings
from model_code.training import precision
from model_code.training.fit import TrainingDivergedError, fit
from model_code.training.records import history
from model_code.training.records.history_content import best_validation
from model_code.tuning import lines, search_space
from model_code.tuning.search_settings import TuneSettings
from model_code.weights.warm_start import initial_weights, start_digest

TUNE_KEY = "tune"
TRAIN_KEY = "train"
MODEL_KEY = "model"
FOLDER_KEY = "tuning"
OBJECTIVE = "gain_psnr"
"""PSNR gain over the input in dB, the mean over whole validation pairs."""
_REASON_CHARACTERS = 120
_COMPLETED, _STOPPED = keras_tuner.engine.trial.TrialStatus.COMPLETED, keras_tuner.engine.trial.TrialStatus.STOPPED
_ORACLES = {
    "bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
    "random": keras_tuner.oracles.RandomSearchOracle,
}


class FnArgs(Protocol):
    """The part of TFX's `FnArgs` that the Tuner uses."""

    train_files: list[str]
    eval_files: list[str]
    transform_graph_path: str
    base_model: str | None
    custom_config: dict[str, Any]


class Search(NamedTuple):
    """The result that TFX expects of `tuner_fn`: TFX calls `tuner.search(**fit_kwargs)`."""

    tuner: BaseTuner
    fit_kwargs: Mapping[str, Any]


def tuner_fn(fn_args: FnArgs) -> Search:
    """Returns the search for a recipe and a network.

    A killed search continues after its last finished trial when the call is repeated, unless the weights that the trials
    start from are others.

    Args:
        fn_args: From TFX. `train_files` are the train split's, `eval_files` the validation split's. `base_model` is the
            production model for a recipe that starts from it. `custom_config` holds the fields of `TuneSettings` under
            "tune", of `TrainSettings` under "train", of `ModelSettings` under "model", and the folder of searches under
            "tuning".

    Raises:
        InputMismatchError: The input pipeline treats the images of a pair differently; nothing is tried.
    """
    config = fn_args.custom_config
    train = TrainSettings(**config[TRAIN_KEY])
    pairs = tfx_examples.read(fn_args.train_files, fn_args.eval_files, fn_args.transform_graph_path)
    logging.info("input check: %s", check_input(pairs.train, train).sentence)
    folder = Path(config[FOLDER_KEY]) / pairs.digest(config, *start_digest(train, fn_args.base_model))
    tune = TuneSettings(**config[TUNE_KEY])
    return Search(RecipeTuner(tune, ModelSettings(**config[MODEL_KEY]), train, pairs, folder, fn_args.base_model), {})


class RecipeTuner(BaseTuner):
    """Trains a shortened recipe per trial with the Trainer's own loop, and scores it by its gain on the validation pairs."""

    def __init__(
        self,
        tune: TuneSettings,
        model: ModelSettings,
        train: TrainSettings,
        pairs: tfx_examples.TransformedPairs,
        folder: Path,
        production: str | None = None,
    ) -> None:
        """Continues the search in the folder, if there is one.

        Args:
            tune: Ranges and budget of the search.
            model: The network whose numbers the search replaces.
            train: The recipe whose values the search replaces.
            pairs: Pairs to train and validate on.
            folder: Of this search alone; holds finished trials.
            production: Folder of the production model's SavedModel, for a recipe that starts from it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._tune, self._model, self._pairs, self._production = tune, model, pairs, production
        self._has_unfit_start = False
        self._train = precision.resolved(train.for_pairs(pairs.train.pairs), folder)
        self._stream = sys.stderr
        with _prints_logged():
            super().__init__(oracle=_oracle(tune, train.seed), directory=str(folder.parent), project_name=folder.name)

    def run_trial(self, trial: keras_tuner.engine.trial.Trial, **_: Any) -> dict[str, float]:
        """Trains once, from the weights that the Trainer starts from, and prints one line.

        Args:
            trial: The trial, with its values.

        Returns:
            The gain of the best weights in dB, under `OBJECTIVE`.

        Raises:
            FailedTrialError: Training diverged, or the trial's network cannot take the initial weights; the search continues.
            FatalRuntimeError: Training failed for another reason; the search stops.
        """
        began = time.monotonic()
        try:
            with redirect_stderr(self._stream):  # the run says there every ten seconds that it is alive
                gain, start = self._train_once(trial)
        except (TrainingDivergedError, _UnfitStartError) as error:
            self._has_unfit_start |= isinstance(error, _UnfitStartError)
            self._print(trial, f"failed ({one_line(error, _REASON_CHARACTERS)})")
            raise keras_tuner.errors.FailedTrialError(str(error)) from error
        except Exception as error:  # KerasTuner would take a defect for a bad recipe and try the next one
            raise keras_tuner.errors.FatalRuntimeError(f"trial {_number(trial)}: {error}") from error
        self._print(trial, f"{gain:+.2f} dB after {time.monotonic() - began:.0f} s from {start}")
        return {OBJECTIVE: gain}

    def _train_once(self, trial: keras_tuner.engine.trial.Trial) -> tuple[float, str]:
        """Returns the gain of a trial in dB, and the weights that it started from in words."""
        model_settings, recipe = search_space.tuned(self._model, self._train, trial.hyperparameters.values)
        recipe = search_space.shortened(recipe, self._tune.steps)
        model = precision.built(model_settings, recipe.precision, recipe.seed)
        try:
            start = initial_weights(model, recipe, self._production)
        except InputError as error:
            raise _UnfitStartError(str(error)) from error
        history_path = Path(self.get_trial_dir(trial.trial_id)) / history.FILE_NAME
        result = fit(model, self._pairs.train, self._pairs.validation, recipe, history_path, stream=io.StringIO())
        return best_validation(result)["gain_psnr"], start.words

    def search_space_summary(self, extended: bool = False) -> None:  # noqa: ARG002 - the name is KerasTuner's
        """Prints the search's budget and what is searched; TFX calls this before the search.

        Args:
            extended: Not used.
        """
        print(lines.opening(self._tune, len(self.oracle.end_order)), file=self._stream)

    def results_summary(self, num_trials: int = 1) -> None:  # noqa: ARG002 - the name is KerasTuner's
        """Prints the best trial; TFX calls this after the search.

        Args:
            num_trials: Not used.
        """
        best = self.oracle.get_best_trials()[0]
        self._print(best, f"the best, {best.score:+.2f} dB")

    def _print(self, trial: keras_tuner.engine.trial.Trial, outcome: str) -> None:
        line = lines.trial_line(_number(trial), self._tune.trials, outcome, trial.hyperparameters.values)
        print(line, file=self._stream)

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        """Runs trials until their number or the time is used up.

        Args:
            fit_args: Passed to `run_trial` by KerasTuner.
            fit_kwargs: Likewise.

        Raises:
            InputError: No trial finished with a gain.
        """
        with _prints_logged():
            super().search(*fit_args, **fit_kwargs)
        # KerasTuner's list of the best trials includes failed ones if there are too few others.
        if not any(trial.status == _COMPLETED for trial in self.oracle.trials.values()):
            unfit = "search no other network than that of train.warm_start, or give no warm_start"
            remedy = unfit if self._has_unfit_start else "lower the bounds of tune.learning_rate"
            raise InputError(f"tune: no trial ended with a gain; {remedy}")


class _UnfitStartError(ValueError):
    """A trial's network cannot take the weights that the recipe starts from."""


@contextmanager
def _prints_logged() -> Iterator[None]:
    """Sends what KerasTuner prints to the log: the file that it continues from, and a traceback for each failed trial."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield
    finally:
        if printed.getvalue():
            logging.info("KerasTuner: %s", printed.getvalue())


def _number(trial: keras_tuner.engine.trial.Trial) -> int:
    """Returns the number of a trial from 1; KerasTuner's ids count from 0."""
    return int(trial.trial_id) + 1


def _oracle(tune: TuneSettings, seed: int) -> keras_tuner.Oracle:
    """Returns the oracle that draws values, within the number of trials and the time."""
    deadline = time.monotonic() + 60 * tune.minutes
    base = _ORACLES[tune.search]

    class OracleWithDeadline(base):  # type: ignore[misc, valid-type]  # the base is chosen by name
        """Starts no trial after the deadline, except the first."""

        def populate_space(self, trial_id: str) -> dict[str, Any]:
            if self.end_order and time.monotonic() > deadline:
                return {"status": _STOPPED}
            return super().populate_space(trial_id)

    oracle = OracleWithDeadline(
        objective=keras_tuner.Objective(OBJECTIVE, "max"),
        max_trials=tune.trials,
        hyperparameters=_hyperparameters(tune),
        seed=seed,
        max_consecutive_failed_trials=tune.trials + 1,  # a range may reach into divergence without ending the search
    )
    oracle.verbose = 0  # no tables and control codes of KerasTuner's: a trial prints its own line
    return oracle


def _hyperparameters(tune: TuneSettings) -> keras_tuner.HyperParameters:
    space = keras_tuner.HyperParameters()
    for name, options in search_space.choices(tune).items():
        space.Choice(name, list(options))
    for name, (low, high) in search_space.ranges(tune).items():
        space.Float(name, low, high, sampling="log")
    return space
