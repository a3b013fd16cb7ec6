"""Finds the operation that treated the two sides of probe pairs differently (see `input_check`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_code.input.input_probes import colours, coordinates, is_coded

Patches = NDArray[np.float32]
Indices = NDArray[np.int64]

COLOUR = "colour"
SIDES = "sides"
SHUFFLING = "shuffling"
BATCHING = "batching"
PREFETCH = "prefetch"
CROP = "crop"
FLIP = "flip"
ROTATION = "rotation"
PADDING = "padding"
RESIZE = "resize"
LEVELS = "brightness, contrast, gamma, colour or mixup"

# A crop, and not a resize, is the cause if more than this share of a patch's pixels is displaced alike.
_CROP_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between the two sides.

    Attributes:
        operation: The operation that causes it.
        text: How it shows.
    """

    operation: str
    text: str


Judge = Callable[[Patches, Patches, int], Difference | None]
"""Inputs [N, H, W, 3], targets [N, H, W, 3], patches in a batch -> the difference, or None if there is none."""


def unequal_sizes(message: str) -> Difference:
    """Returns the difference that makes TensorFlow refuse to stack both images.

    Args:
        message: Message of TensorFlow's error.
    """
    return Difference(RESIZE, f"the two images of a pair do not have one size ({message.splitlines()[0]})")


def of_flat(inputs: Patches, targets: Patches, batch: int) -> Difference | None:
    """Compares patches of flat pairs by the pair and the side that each comes from.

    Args:
        inputs: float32 [N, H, W, 3] in [0, 1].
        targets: The same shape and range.
        batch: Patches in a batch.

    Returns:
        The difference found; None if every patch comes from the pair and the side that it should.
    """
    sides = [_nearest(patches) for patches in (inputs, targets)]
    changed = [bool(side.change.max() > 0) for side in sides]
    (input_id, input_side), (target_id, target_side) = ((side.pair, side.side) for side in sides)
    if (input_side != 0).any() or (target_side != 1).any():
        wrong = "the target's image stands" if (input_side != 0).any() else "the input's image stands"
        return Difference(SIDES, f"{wrong} on the other side in {_count((input_side != 0) | (target_side != 1))}")
    if changed[0] != changed[1]:
        which, side = ("input", sides[0]) if changed[0] else ("target", sides[1])
        return Difference(COLOUR, f"the {which} changes by up to {side.change.max():.0f} levels, the other not at all")
    return _pairing(input_id, target_id, batch)


def of_photometric(inputs: Patches, targets: Patches, _: int) -> Difference | None:
    """Compares patches of images paired with themselves after photometric augmentation: both sides must be equal.

    Args:
        inputs: float32 [N, H, W, 3] in [0, 1].
        targets: The same shape and range.

    Returns:
        The difference found; None if both sides are equal.
    """
    apart = np.abs(inputs - targets).max(axis=(1, 2, 3))
    if not apart.any():
        return None
    return Difference(LEVELS, f"the two sides differ by up to {255 * apart.max():.1f} levels in {_count(apart > 0)}")


@dataclass(frozen=True, slots=True)
class _Origin:
    """Origin of each of N patches.

    Attributes:
        pair: The pair whose colour is nearest, from 0.
        side: The side whose colour is nearest, 0 for input and 1 for target.
        change: Largest difference from that colour in levels of 255.
    """

    pair: Indices
    side: Indices
    change: Patches


def _nearest(patches: Patches) -> _Origin:
    table = np.concatenate([colours().of_inputs, colours().of_targets]).astype(np.float32)
    levels = patches.reshape(len(patches), -1, 3) * np.float32(255)
    middle = np.median(levels, axis=1)
    nearest = np.abs(middle[:, None] - table).sum(axis=2).argmin(axis=1)
    change = np.abs(np.rint(levels) - table[nearest][:, None]).max(axis=(1, 2))
    side, pair = np.divmod(nearest, len(table) // 2)
    return _Origin(pair, side, change)


def _pairing(inputs: Indices, targets: Indices, batch: int) -> Difference | None:
    """Compares the pairs [N] that inputs and targets come from, in the order in which they were drawn."""
    wrong = inputs != targets
    if not wrong.any():
        return None
    for lag in sorted((lag for lag in range(-3 * batch, 3 * batch + 1) if lag), key=abs):
        first, second = (inputs[-lag:], targets[:lag]) if lag < 0 else (inputs[:-lag], targets[lag:])
        if len(first) > batch and (first == second).all():
            name = PREFETCH if lag % batch == 0 and batch > 1 else BATCHING
            return Difference(name, f"targets come {abs(lag)} places {'late' if lag > 0 else 'early'}")
    whole = len(inputs) // batch * batch
    within = [np.sort(ids[:whole].reshape(-1, batch), axis=1) for ids in (inputs, targets)]
    if batch > 1 and (within[0] == within[1]).all():
        return Difference(BATCHING, f"each batch holds the right images in another order; wrong in {_count(wrong)}")
    return Difference(SHUFFLING, f"input and target are of different pairs in {_count(wrong)}")


def of_same(inputs: Patches, targets: Patches, batch: int) -> Difference | None:
    """Compares patches of images paired with themselves: coded images, whose coordinates tell the operation, or real ones.

    Args:
        inputs: float32 [N, H, W, 3] in [0, 1].
        targets: The same shape and range.
        batch: Patches in a batch; not used.

    Returns:
        The difference found; None if both sides are equal.
    """
    del batch
    wrong = (inputs != targets).any(axis=(1, 2, 3))
    if not wrong.any():
        return None
    inputs, targets = inputs[wrong], targets[wrong]
    coded = is_coded(inputs) | is_coded(targets)
    if coded.any():
        return _of_coded(inputs[coded], targets[coded], _count(wrong))
    return Difference(RESIZE, f"an image paired with itself comes out as two different ones in {_count(wrong)}")


def _of_coded(inputs: Patches, targets: Patches, count: str) -> Difference:
    """Returns the first operation by which the two sides of coded patches differ."""
    rows, columns = zip(coordinates(inputs), coordinates(targets), strict=True)
    turned = [_steps(rows[side], columns[side]) for side in (0, 1)]
    if (np.abs(turned[0]) != np.abs(turned[1])).any():
        return Difference(ROTATION, f"rows and columns are exchanged on one side only in {count}")
    if (turned[0] != turned[1]).any():
        axis = "rows" if (turned[0][:, 0] != turned[1][:, 0]).any() else "columns"
        return Difference(FLIP, f"{axis} run the other way on one side in {count}")
    return _displacement(rows[1] - rows[0], columns[1] - columns[0], count)


def _steps(rows: Indices, columns: Indices) -> Indices:
    """Returns the signs [N, 4] of the median steps of rows and columns, down and across a patch."""
    return np.stack(
        [np.sign(np.median(np.diff(map_, axis=axis), axis=(1, 2))) for map_ in (rows, columns) for axis in (1, 2)],
        axis=1,
    ).astype(np.int64)


def _displacement(rows: Indices, columns: Indices, count: str) -> Difference:
    """Returns the operation that displaces coordinates by `rows` and `columns` [N, P, P], target minus input."""
    moves = (rows + 1j * columns).reshape(len(rows), -1)
    common = [_most_common(patch) for patch in moves]
    for move, share in common:
        if move and share > _CROP_SHARE:
            text = f"the target is cut {move.real:+.0f} rows and {move.imag:+.0f} columns off the input in {count}"
            return Difference(CROP, text)
    if all(share > _CROP_SHARE for _, share in common):
        return Difference(PADDING, f"the padding beyond an image's edge differs in {count}")
    farthest = np.abs(moves).max()
    return Difference(RESIZE, f"pixels lie up to {farthest:.1f} apart, by differing amounts, in {count}")


def _most_common(moves: NDArray[np.complex128]) -> tuple[complex, float]:
    values, counts = np.unique(moves, return_counts=True)
    return complex(values[counts.argmax()]), float(counts.max() / len(moves))


def _count(wrong: NDArray[np.bool_]) -> str:
    return f"{int(wrong.sum())} of {len(wrong)} pairs"
