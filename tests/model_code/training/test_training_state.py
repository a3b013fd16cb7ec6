from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from model_code.settings import Stage, TrainSettings
from model_code.training.losses import WeightedLoss
from model_code.training.training_state import TrainingState
from tests.model_code import drawn_pairs

STAGE = Stage(patch=16, batch=2, steps=5, learning_rate=1e-2)
SETTINGS = TrainSettings(stages=(STAGE,), ema_decay=0.5)
RATE = tf.constant(1e-2)
LOSS = WeightedLoss(SETTINGS.loss)


@pytest.fixture
def state() -> TrainingState:
    return TrainingState(drawn_pairs.small_network(), SETTINGS)


@pytest.fixture(scope="module")
def patches() -> tuple[tf.Tensor, tf.Tensor]:
    return tuple(tf.random.stateless_uniform([2, 16, 16, 3], [seed, 0]) for seed in (1, 2))


def snapshot(state: TrainingState) -> list[np.ndarray]:
    return [variable.numpy() for variable in state.variables if variable is not state.step]


def test_a_step_moves_weights_moments_and_mean(state: TrainingState, patches: tuple) -> None:
    before = snapshot(state)
    result = state.train_step(STAGE, SETTINGS, LOSS)(*patches, RATE)
    state.store_best()
    assert bool(result.is_finite)
    assert float(result.loss) > 0
    assert all((old != new).any() for old, new in zip(before, snapshot(state), strict=True))


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_nonfinite_batch_changes_nothing_but_the_step(state: TrainingState, patches: tuple, poison: float) -> None:
    step = state.train_step(STAGE, SETTINGS, LOSS)
    step(*patches, RATE)
    before = snapshot(state)
    spoiled = tf.tensor_scatter_nd_update(patches[0], [[1, 3, 3, 0]], [poison])
    assert not bool(step(spoiled, patches[1], RATE).is_finite)
    for old, new in zip(before, snapshot(state), strict=True):
        np.testing.assert_array_equal(old, new)
    assert int(state.step) == 2
    assert bool(step(*patches, RATE).is_finite)


def test_one_checkpoint_holds_everything(state: TrainingState, patches: tuple, tmp_path: object) -> None:
    step = state.train_step(STAGE, SETTINGS, LOSS)
    step(*patches, RATE)
    path = tf.train.Checkpoint(state=state).save(f"{tmp_path}/checkpoint")
    kept = snapshot(state)
    after = float(step(*patches, RATE)[0]), snapshot(state)
    tf.train.Checkpoint(state=state).restore(path).assert_consumed()
    for old, new in zip(kept, snapshot(state), strict=True):
        np.testing.assert_array_equal(old, new)
    assert (float(step(*patches, RATE)[0]), int(state.step)) == (after[0], 2)
    for old, new in zip(after[1], snapshot(state), strict=True):
        np.testing.assert_array_equal(old, new)
