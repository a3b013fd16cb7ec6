"""What a stack leaves for the other one: a model with what it restores, pairs, and a training that stopped half way.

python -m tests.stacks.exchange FOLDER
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import numpy as np

from components.production.properties import SERVING_FOLDER
from model_code.input import pair_input
from model_code.network import build
from model_code.saved_model.export import identity_restorer, save_restorer
from model_code.saved_model.loading import load_restorer
from model_code.settings import CheckpointSettings, Stage, TensorBoardSettings, TrainSettings, ValidationSettings
from model_code.training.fit import fit
from pipeline.benchmarks.evaluation import evaluate
from tests.model_code import drawn_pairs

SIZES = [(48, 40), (64, 64), (40, 72), (56, 48)]
STOPPED, STEPS = 4, 8
SETTINGS = TrainSettings(
    stages=(Stage(patch=32, batch=2, steps=STEPS, learning_rate=1e-3),),
    warmup_steps=2,
    ema_decay=0.5,
    validation=ValidationSettings(every=STOPPED),
    checkpoint=CheckpointSettings(every=STOPPED),
    tensorboard=TensorBoardSettings(enabled=False),
)


def network():
    """The smallest network that has a name."""
    return build.build("micro8", img_size=64, seed=3)


def train(folder: Path, checkpoints: Path) -> dict:
    """Trains, or goes on from a checkpoint that lies there; returns the history."""
    splits = []
    for name, first in (("train", 0), ("validation", 50)):
        path = folder / name
        if not path.exists():
            drawn_pairs.write(path, SIZES, first_seed=first)
        splits.append(pair_input.survey([str(path)], drawn_pairs.decode()))
    return fit(network(), *splits, SETTINGS, folder / "history.json", stream=io.StringIO(), checkpoints=checkpoints)


def evaluated(folder: Path, candidate: Path, baseline: Path) -> None:
    """Lets TFX's Evaluator compare two SavedModels on drawn pairs, in a folder of its own."""
    (folder / "examples" / "Split-evaluation").mkdir(parents=True)
    drawn_pairs.write(folder / "examples" / "Split-evaluation" / "data_tfrecord-00000-of-00001.gz", SIZES)
    for name, model in (("candidate", candidate), ("baseline", baseline)):
        shutil.copytree(model, folder / name / SERVING_FOLDER)
    evaluate(folder)


def inputs() -> list[bytes]:
    """Encoded images to restore."""
    return [drawn_pairs.record(size, number).input_image for number, size in enumerate(SIZES)]


def leave(folder: Path) -> None:
    """Fills a folder for the other stack."""
    model = network()
    save_restorer(lambda images: model(images, training=False), folder / "model", model.variables)
    save_restorer(identity_restorer(), folder / "nothing")
    restored = load_restorer(folder / "model").restore_encoded(inputs())
    np.savez(folder / "restored.npz", *[np.frombuffer(image, np.uint8) for image in restored])
    evaluated(folder / "evaluated", folder / "model", folder / "nothing")
    train(folder, folder / "checkpoints")
    for finished in (folder / "checkpoints").glob(f"step-*{STEPS}"):
        shutil.rmtree(finished)


if __name__ == "__main__":
    leave(Path(sys.argv[1]))
