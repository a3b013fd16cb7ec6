"""Checks before the first step that the input pipeline treats both images of a pair alike.

A crop that moved the input but not the target once spoilt several training runs before anyone noticed, because no loss curve
shows it. The check feeds the functions that training uses (`pair_input`) with pairs whose pixels reveal their origin:

* flat pairs, each image in a colour of its own. The colours of a patch pair must be those of one pair, on the right sides and
  unchanged. This tests pairing, shuffling, batching, sides and colour.
* coded pairs, twice the same image of coordinates. Both sides must be equal; if not, the coordinates tell which operation
  differs: crop, flip, rotation, padding or resize.
* real images of the run's own data, each paired with itself, in their own sizes and formats. Both sides must be equal.

If the recipe has photometric augmentation or MixUp, a separate pass applies it to images paired with themselves, which must
still be equal. Streaks are left out, because they are meant for the input alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from model_code.input import input_differences, input_probes, pair_input
from model_code.input.input_differences import Difference
from model_code.input.pair_input import PairSplit
from model_code.settings import Stage, TrainSettings

_MIN_PATCHES = 96  # per kind of probe: enough to meet nearly all of 8 transforms at 4 x 5 offsets
_MIN_BATCHES = 3
_REAL_PAIRS = 2
_VALIDATION = "validation, "


class InputMismatchError(RuntimeError):
    """The input pipeline treats the two images of a pair differently.

    Attributes:
        operation: The operation that differs.
    """

    def __init__(self, difference: Difference) -> None:
        """Words the error.

        Args:
            difference: The difference between the two images.
        """
        super().__init__(
            f"the training input treats the two images of a pair differently, so nothing was trained: "
            f"{difference.operation}: {difference.text}; the fault is in the code (model_code/input/ or "
            "model_code/preprocessing.py), not in the data"
        )
        self.operation = difference.operation


@dataclass(frozen=True, slots=True)
class InputCheck:
    """Result of a check that found no difference.

    Attributes:
        patches: Number of patch pairs compared.
        pairs: Number of whole pairs compared, as validation sees them.
        seconds: Duration.
    """

    patches: int
    pairs: int
    seconds: float

    @property
    def sentence(self) -> str:
        """The result in words."""
        return f"{self.patches} training patches and {self.pairs} whole pairs: both images treated alike"


def check_input(train: PairSplit, settings: TrainSettings) -> InputCheck:
    """Feeds recognisable pairs through the input pipeline, as training will call it.

    Args:
        train: The train split.
        settings: The recipe.

    Returns:
        Numbers of patches and pairs compared, and the duration.

    Raises:
        InputMismatchError: The two images of a pair are treated differently; it names the operation.
    """
    start = time.monotonic()
    stages = list({(stage.patch, stage.batch): stage for stage in settings.stages}.values())
    with tempfile.TemporaryDirectory(prefix="input-check-") as folder:
        try:
            patches, pairs = _check(train, settings, stages, Path(folder))
        except tf.errors.InvalidArgumentError as error:
            raise InputMismatchError(input_differences.unequal_sizes(error.message)) from error
    return InputCheck(patches, pairs, round(time.monotonic() - start, 2))


def _check(train: PairSplit, settings: TrainSettings, stages: Sequence[Stage], folder: Path) -> tuple[int, int]:
    """Runs all probes, and returns the numbers of patch pairs and of whole pairs compared."""
    flat = input_probes.as_records(input_probes.flat_pairs(stages[0].patch))
    real = input_probes.self_paired(input_probes.real_pairs(train, _REAL_PAIRS))
    same = [input_probes.as_records(input_probes.coded_pairs(stage.patch)) + real for stage in stages]
    augmentation = settings.augment
    geometric = settings.model_copy(update={"augment": augmentation.geometry_only()})
    symmetric = settings.model_copy(update={"augment": augmentation.without_streaks()})

    split = input_probes.write(flat, folder / "flat", train)
    patches = _compare(input_differences.of_flat, split, geometric, stages[0])
    for number, (records, stage) in enumerate(zip(same, stages, strict=True)):
        split = input_probes.write(records, folder / str(number), train)
        patches += _compare(input_differences.of_same, split, geometric, stage)
        if augmentation.is_photometric or augmentation.mixup:
            patches += _compare(input_differences.of_photometric, split, symmetric, stage)
    whole = input_probes.write(flat + same[0], folder / "whole", train)
    return patches, _compare_whole(whole, len(flat))


def _compare(judge: input_differences.Judge, split: PairSplit, settings: TrainSettings, stage: Stage) -> int:
    """Draws patches as a stage of training does, raises if the judge finds a difference, and returns their number."""
    batches = max(_MIN_BATCHES, -(-_MIN_PATCHES // stage.batch))
    pairs = pair_input.decoded_pairs(split, settings)
    patches = pair_input.train_batches(pairs, stage.patch, stage.batch, settings).take(batches)
    inputs, targets = (np.concatenate(side) for side in zip(*patches.as_numpy_iterator(), strict=True))
    _raise_if_any(judge(inputs, targets, stage.batch))
    return len(inputs)


def _compare_whole(split: PairSplit, flat: int) -> int:
    """Reads whole pairs as validation does, the flat ones first, raises if both sides differ, and returns their number."""
    pairs = list(pair_input.whole_pairs(split).as_numpy_iterator())
    corners = [np.concatenate([image[:, :1, :1] for image in side]) for side in zip(*pairs[: flat - 1], strict=True)]
    _raise_if_any(input_differences.of_flat(corners[0], corners[1], 1), _VALIDATION)
    for degraded, target in pairs[flat:]:
        _raise_if_any(input_differences.of_same(degraded, target, 1), _VALIDATION)
    return len(pairs)


def _raise_if_any(difference: Difference | None, where: str = "") -> None:
    if difference is not None:
        raise InputMismatchError(Difference(where + difference.operation, difference.text))
