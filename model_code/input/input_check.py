"""Before the first step: does the input function treat both images of a pair alike?

A crop that moved the input and not the target once cost several training runs before anyone noticed; no loss curve shows it.
So the very functions that training reads through (`pair_input`) are first fed pairs whose pixels tell where they come from:

* flat pairs, each image of a colour of its own: whatever is cropped or turned, the colours that come out together must be
  those of one pair, the input's on the input's side, and unchanged - pairing, shuffling, batching, sides, colour;
* coded pairs, twice the same image of coordinates: both sides must come out equal, and where they do not, the
  coordinates say which operation differs - crop, flip, rotation, padding, resize;
* real images of the run's own data, each paired with itself: equal to the last bit, in their own sizes and formats.

Changes of level and mixtures, where the recipe has any, are drawn in a pass of their own over images paired with themselves,
which must still come out equal. Streaks that are drawn on the input alone are left out: they are meant to differ.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model_code.input import input_differences, input_probes, pair_input
from model_code.input.input_differences import Difference
from model_code.input.pair_input import PairFiles
from model_code.settings import Stage, TrainSettings

Patches = NDArray[np.float32]

# Patches that are looked at for each kind of probe, at least: 8 turns by 4 x 5 offsets are then all likely to be met.
_PATCHES = 96
_BATCHES = 3
_REAL_PAIRS = 2
_VALIDATION = "validation, "


class InputMismatchError(RuntimeError):
    """The input function treats the two images of a pair differently.

    Attributes:
        operation: Which operation differs.
    """

    def __init__(self, difference: Difference) -> None:
        """Makes the error of what was found."""
        super().__init__(
            f"the training input treats the two images of a pair differently, so nothing was trained: "
            f"{difference.operation}: {difference.text}; the fault is in the code (model_code/input/ or "
            "model_code/preprocessing.py), not in the data"
        )
        self.operation = difference.operation


@dataclass(frozen=True, slots=True)
class InputCheck:
    """What was looked at and found alike.

    Attributes:
        patches: Pairs of patches that were compared.
        pairs: Whole pairs that were compared, as validation sees them.
        seconds: How long it took.
    """

    patches: int
    pairs: int
    seconds: float

    @property
    def sentence(self) -> str:
        """The result for a person."""
        return f"{self.patches} training patches and {self.pairs} whole pairs: both images treated alike"


def check_input(train: PairFiles, settings: TrainSettings) -> InputCheck:
    """Feeds recognisable pairs through the input functions, just as training will call them.

    Args:
        train: The split that training will read.
        settings: The recipe it will read it by.

    Raises:
        InputMismatchError: Both images of a pair are not treated alike; it names the operation.
    """
    start = time.monotonic()
    stages = list({(stage.patch, stage.batch): stage for stage in settings.stages}.values())
    with tempfile.TemporaryDirectory(prefix="input-check-") as folder:
        try:
            patches, pairs = _check(train, settings, stages, Path(folder))
        except tf.errors.InvalidArgumentError as error:
            raise InputMismatchError(input_differences.unequal_sizes(error.message)) from error
    return InputCheck(patches, pairs, round(time.monotonic() - start, 2))


def _check(train: PairFiles, settings: TrainSettings, stages: Sequence[Stage], folder: Path) -> tuple[int, int]:
    first = stages[0].patch
    flat = input_probes.made(input_probes.flat_pairs(first))
    same = input_probes.doubled(input_probes.real_pairs(train, _REAL_PAIRS))
    kinds = [(input_differences.of_flat, flat, stages[0])]
    for stage in stages:
        kinds.append(
            (input_differences.of_same, input_probes.made(input_probes.coded_pairs(stage.patch)) + same, stage)
        )
    told, geometry = settings.augment, settings.augment.of_places_alone()
    plain, toned = (settings.model_copy(update={"augment": one}) for one in (geometry, told.without_streaks()))
    patches = 0
    for number, (judge, pairs, stage) in enumerate(kinds):
        split = input_probes.write(pairs, folder / str(number), train)
        patches += _compare(judge, split, plain, stage)
        if pairs is not flat and (told.photometric or told.mixup):
            patches += _compare(input_differences.of_toned, split, toned, stage)
    whole = input_probes.write(flat + kinds[1][1], folder / "whole", train)
    return patches, _compare_whole(whole, len(flat))


def _compare(judge: input_differences.Judge, split: PairFiles, settings: TrainSettings, stage: Stage) -> int:
    """Draws patches as a stage of training will, and raises where the judge finds a difference; returns how many."""
    batches = max(_BATCHES, -(-_PATCHES // stage.batch))
    pairs = pair_input.decoded_pairs(split, settings)
    drawn = pair_input.train_batches(pairs, stage.patch, stage.batch, settings).take(batches)
    inputs, targets = (np.concatenate(side) for side in zip(*drawn.as_numpy_iterator(), strict=True))
    _raise(judge(inputs, targets, stage.batch))
    return len(inputs)


def _compare_whole(split: PairFiles, flat: int) -> int:
    """Reads whole pairs as validation will, the flat ones first, and raises where both sides differ; returns how many."""
    pairs = list(pair_input.whole_pairs(split).as_numpy_iterator())
    middles = [np.concatenate([image[:, :1, :1] for image in side]) for side in zip(*pairs[: flat - 1], strict=True)]
    _raise(input_differences.of_flat(middles[0], middles[1], 1), _VALIDATION)
    for degraded, target in pairs[flat:]:
        _raise(input_differences.of_same(degraded, target, 1), _VALIDATION)
    return len(pairs)


def _raise(difference: Difference | None, where: str = "") -> None:
    if difference is not None:
        raise InputMismatchError(Difference(where + difference.operation, difference.text))
