from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from model_code.input import pair_input
from model_code.optimization.schedule import learning_rate
from model_code.settings import (
    CheckpointSettings,
    DivergenceSettings,
    Stage,
    TensorBoardSettings,
    TrainSettings,
    ValidationSettings,
)
from model_code.training.fit import TrainingDivergedError, fit
from model_code.training.validation import Validator
from tests.model_code import drawn_pairs

Splits = tuple[pair_input.PairSplit, pair_input.PairSplit]
SHORT = TrainSettings(
    stages=(Stage(patch=16, batch=2, steps=6, learning_rate=1e-3), Stage(patch=24, batch=1, steps=4)),
    warmup_steps=2,
    ema_decay=0.5,
    validation=ValidationSettings(every=4),
    tensorboard=TensorBoardSettings(enabled=False),
)


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> Splits:
    folder = tmp_path_factory.mktemp("splits")
    drawn_pairs.write(folder / "train", [(48, 40)] * 6)
    drawn_pairs.write(folder / "validation", [(40, 48), (30, 36)], first_seed=50)
    train, validation = (
        pair_input.survey([str(folder / name)], drawn_pairs.decode()) for name in ("train", "validation")
    )
    return train, validation


class Faulty(keras.Model):
    """Learns a constant to add; in some training steps its output is NaN."""

    def __init__(self, bad_calls: set[int]) -> None:
        super().__init__()
        self.shift = tf.Variable([0.01, 0.01, 0.01])
        calls = tf.Variable(0, trainable=False)
        self.next_call = lambda: calls.assign_add(
            1
        )  # outside of the model, so that a rollback does not repeat the fault
        self.bad = tf.constant(sorted(bad_calls), tf.int32)

    def call(self, image: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return image + self.shift
        call = self.next_call()
        return image + self.shift + tf.where(tf.reduce_any(self.bad == call), np.nan, 0.0)


def trained(
    splits: Splits, folder: Path, settings: TrainSettings = SHORT, model: keras.Model | None = None
) -> tuple[dict[str, Any], keras.Model]:
    model = model or drawn_pairs.small_network()
    return fit(model, *splits, settings, folder / "history.json", stream=io.StringIO()), model


def test_a_small_training_removes_a_veil(splits: Splits, tmp_path: Path) -> None:
    stage = Stage(patch=24, batch=8, steps=80, learning_rate=5e-3)
    settings = TrainSettings(stages=(stage,), warmup_steps=10, ema_decay=0.9)
    history, _ = trained(splits, tmp_path, settings)
    losses = [row["loss"] for row in history["steps"]]
    assert np.mean(losses[-20:]) < 0.6 * np.mean(losses[:20])
    assert history["best"]["gain_psnr"] > 5.0  # 8.3 dB when this was written
    assert history["best"]["gain_ssim"] > 0.03


def test_the_history_records_the_training(splits: Splits, tmp_path: Path) -> None:
    history, _ = trained(splits, tmp_path)
    assert json.loads((tmp_path / "history.json").read_text()) == history
    assert [row["step"] for row in history["steps"]] == list(range(1, 11))
    assert [row["step"] for row in history["validation"]] == [4, 8, 10]
    assert history["stopped"] == "completed"
    assert history["skipped_steps"] == 0
    assert history["recipe"]["train"]["stages"][1]["patch"] == 24
    assert history["recipe"]["pairs"] == {"train": 6, "validation": 2}
    assert history["images_per_second"] > 0


def test_the_same_seed_gives_the_same_training(splits: Splits, tmp_path: Path) -> None:
    histories = [trained(splits, tmp_path / name)[0] for name in ("first", "again")]
    other, _ = trained(splits, tmp_path / "other", SHORT.model_copy(update={"seed": 9}))
    losses = [[row["loss"] for row in history["steps"]] for history in (*histories, other)]
    gains = [[row["gain_psnr"] for row in history["validation"]] for history in (*histories, other)]
    assert losses[0] == losses[1]
    assert gains[0] == gains[1]
    assert losses[0] != losses[2]


def test_the_best_weights_are_left_in_the_model(splits: Splits, tmp_path: Path) -> None:
    stages = (Stage(patch=16, batch=2, steps=4, learning_rate=1e-4), Stage(patch=16, batch=2, steps=8, learning_rate=3))
    settings = SHORT.model_copy(update={"stages": stages, "ema_decay": 0.0})  # the second stage ruins the first's work
    history, model = trained(splits, tmp_path, settings)
    assert history["best"]["step"] == 4
    assert history["validation"][-1]["gain_psnr"] < history["best"]["gain_psnr"] - 1
    scores = Validator(model, pair_input.whole_pairs(splits[1])).scores()
    assert scores.gain_psnr == pytest.approx(history["best"]["gain_psnr"], abs=1e-4)


def test_training_stops_when_patience_runs_out(splits: Splits, tmp_path: Path) -> None:
    checks = ValidationSettings(every=1, patience=2, min_delta=5.0)
    history, _ = trained(splits, tmp_path, SHORT.model_copy(update={"validation": checks}))
    assert history["stopped"] == "plateau"
    assert [row["step"] for row in history["validation"]] == [1, 2, 3]


def test_a_nonfinite_step_is_skipped_and_counted(splits: Splits, tmp_path: Path) -> None:
    history, model = trained(splits, tmp_path, model=Faulty({3, 7}))
    assert history["stopped"] == "completed"
    assert history["skipped_steps"] == 2
    assert [row["step"] for row in history["steps"]] == [1, 2, 4, 5, 6, 8, 9, 10]
    assert np.isfinite(model.shift.numpy()).all()


def test_nonfinite_steps_in_a_row_roll_back_to_half_the_learning_rate(splits: Splits, tmp_path: Path) -> None:
    settings = SHORT.model_copy(
        update={
            "divergence": DivergenceSettings(max_nonfinite_steps=2),
            "checkpoint": CheckpointSettings(every=2),
            "warmup_steps": 0,
        }
    )
    history, model = trained(splits, tmp_path, settings, Faulty({5, 6, 9}))
    assert history["stopped"] == "completed"
    assert history["rollbacks"] == [{"from_step": 6, "to_step": 4, "learning_rate_share": 0.5}]
    assert history["skipped_steps"] == 3
    rates = {row["step"]: row["learning_rate"] for row in history["steps"]}
    assert rates[5] == pytest.approx(0.5 * learning_rate(4, settings))
    assert list(rates) == [1, 2, 3, 4, 5, 6, 8, 9, 10]
    assert np.isfinite(model.shift.numpy()).all()


def test_training_stops_when_lower_learning_rates_do_not_help(splits: Splits, tmp_path: Path) -> None:
    settings = SHORT.model_copy(update={"divergence": DivergenceSettings(max_nonfinite_steps=3, max_rollbacks=1)})
    with pytest.raises(
        TrainingDivergedError, match="3 steps in a row, after 1 rollbacks to lower learning rates, up to"
    ):
        trained(splits, tmp_path, settings, Faulty(set(range(5, 40))))
    history = json.loads((tmp_path / "history.json").read_text())
    assert history["stopped"] == "diverged"
    assert history["skipped_steps"] == 6
    assert len(history["rollbacks"]) == 1


def test_progress_is_shown(splits: Splits, tmp_path: Path) -> None:
    stream = io.StringIO()
    fit(drawn_pairs.small_network(), *splits, SHORT, tmp_path / "history.json", stream=stream)
    assert stream.getvalue().startswith("training 10/10  loss 0.")
    assert "dB" in stream.getvalue()
