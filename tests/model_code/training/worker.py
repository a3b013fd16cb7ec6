"""Trains as one of several workers; TF_CONFIG says which: python -m tests.model_code.training.worker FOLDER."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from model_code.input import pair_input
from model_code.training import distribution
from model_code.training.fit import fit
from tests.model_code import drawn_pairs
from tests.model_code.training.unfinished import SETTINGS

ALL_TOGETHER = SETTINGS.model_copy(
    update={
        "stages": (SETTINGS.stages[0].model_copy(update={"steps": 12, "batch": 4}),),
        "distribution": "multi_worker",
    }
)


def train(folder: Path, kind: str) -> dict:
    """Trains on the pairs of the parent folder."""
    used = distribution.strategy(kind)
    with used.scope():
        model = drawn_pairs.small_network()
    splits = [pair_input.survey([str(folder.parent / name)], drawn_pairs.decode()) for name in ("train", "validation")]
    stream = io.StringIO()
    return fit(model, *splits, ALL_TOGETHER, folder / "history.json", stream=stream, strategy=used,
               checkpoints=folder.parent / "checkpoints")  # fmt: skip


if __name__ == "__main__":
    train(Path(sys.argv[1]), "multi_worker")
