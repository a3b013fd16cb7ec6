"""A model that one stack made is served, evaluated and trained on by the other. `make test-stacks` provides what they made."""

import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tfx
from PIL import Image

from components.evaluation import results
from components.evaluation.per_image import ImageRow
from model_code.saved_model.loading import load_restorer
from tests.stacks.exchange import STEPS, STOPPED, evaluated, inputs, train

EXCHANGE = os.environ.get("AST_RESTORE_EXCHANGE")
pytestmark = pytest.mark.skipif(EXCHANGE is None, reason="nothing from another stack is here; make test-stacks")
MINE = ".".join(tfx.__version__.split(".")[:2])


@pytest.fixture
def theirs():
    (folder,) = (path for path in Path(EXCHANGE).iterdir() if path.name != MINE)
    return folder


def _pixels(encoded: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(encoded))).astype(int)


def test_their_model_is_served(theirs):
    restored = load_restorer(theirs / "model").restore_encoded(inputs())
    with np.load(theirs / "restored.npz") as expected:
        for mine, name in zip(restored, expected.files, strict=True):
            difference = _pixels(mine) - _pixels(expected[name].tobytes())
            assert np.abs(difference).max() <= 1  # a float that lies at the border of two levels
            assert (difference != 0).mean() < 0.01


def _psnr(rows: list[ImageRow]) -> list[float]:
    return [row["psnr"] for row in sorted(rows, key=lambda row: row.pair_id)]


def test_their_model_is_a_baseline(theirs, tmp_path):
    evaluated(tmp_path, Path(EXCHANGE) / MINE / "model", theirs / "model")
    found = results.read(tmp_path / "evaluation")
    before = results.read(theirs / "evaluated" / "evaluation")
    assert len(found.baseline_images) == 4
    assert _psnr(found.baseline_images) == pytest.approx(_psnr(before.candidate_images), abs=0.01)
    assert _psnr(found.candidate_images) == pytest.approx(_psnr(found.baseline_images), abs=0.01)


def test_their_training_is_gone_on_with(theirs, tmp_path):
    for name in ("train", "validation"):
        shutil.copy(theirs / name, tmp_path / name)
    shutil.copytree(theirs / "checkpoints", tmp_path / "checkpoints")
    mine = train(tmp_path, tmp_path / "checkpoints")
    whole = json.loads((theirs / "history.json").read_text())
    assert mine["resumed_at"] == [STOPPED]
    losses = [{row["step"]: row["loss"] for row in history["steps"]} for history in (mine, whole)]
    assert sorted(losses[0]) == list(range(1, STEPS + 1))
    for step in range(1, STEPS + 1):
        assert losses[0][step] == pytest.approx(losses[1][step], abs=1e-4), f"step {step}"
