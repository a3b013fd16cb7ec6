"""Trains in a process of its own, to be killed: python -m tests.model_code.training.unfinished FOLDER."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from model_code.input import pair_input
from model_code.settings import CheckpointSettings, Stage, TensorBoardSettings, TrainSettings, ValidationSettings
from model_code.training.fit import fit
from tests.model_code import drawn_pairs

SETTINGS = TrainSettings(
    stages=(Stage(patch=16, batch=2, steps=30, learning_rate=1e-3), Stage(patch=24, batch=1, steps=20)),
    warmup_steps=2,
    ema_decay=0.5,
    validation=ValidationSettings(every=10),
    checkpoint=CheckpointSettings(every=3),
    tensorboard=TensorBoardSettings(enabled=False),
)


def train(folder: Path, checkpoints: Path, settings: TrainSettings = SETTINGS) -> dict[str, Any]:
    """Trains, or resumes a killed training, and returns the history."""
    splits = []
    for name, sizes, first in (("train", [(48, 40)] * 7, 0), ("validation", [(40, 48), (30, 36)], 50)):
        if not (folder / name).exists():
            drawn_pairs.write(folder / name, sizes, first_seed=first)
        splits.append(pair_input.survey([str(folder / name)], drawn_pairs.decode()))
    model = drawn_pairs.small_network()
    return fit(model, *splits, settings, folder / "history.json", stream=io.StringIO(), checkpoints=checkpoints)


if __name__ == "__main__":
    train(Path(sys.argv[1]), Path(sys.argv[1]) / "checkpoints")
