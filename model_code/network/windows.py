"""Attention windows of a feature map: their size at each level, partition and merge, shift mask, relative position bias.

Shifted windows and the relative position bias are those of the Swin Transformer (Liu et al., 2021, arXiv:2103.14030).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

LEVELS = 5  # four levels of encoder and decoder, and the bottleneck at 1/16
MASKED = -100.0  # added to the scores between tokens that only the roll has made neighbours

Side: TypeAlias = int | tf.Tensor
"""Length of an image's side in pixels: an integer if it is known at trace time, else a scalar of the graph."""


class AttentionWindow(NamedTuple):
    """Side of a block's attention windows and the shift of their grid, in pixels of the block's level."""

    size: int
    shift: int


def window_at(level: int, img_size: int, win_size: int, *, odd: bool) -> AttentionWindow:
    """Returns the attention window of a block.

    It depends on the nominal resolution `img_size` / 2^level, not on the input's: if the nominal resolution is no larger
    than the window, the window shrinks to it and is never shifted.

    Args:
        level: 0 (full resolution) to 4 (bottleneck).
        img_size: Nominal side of the image in pixels.
        win_size: Side of a window in pixels of the level.
        odd: Whether the block is the second, fourth, ... of its stage; these blocks shift their windows by half a window.
    """
    nominal = img_size >> level
    if nominal <= win_size:
        return AttentionWindow(nominal, 0)
    return AttentionWindow(win_size, win_size // 2 if odd else 0)


def size_multiple(img_size: int, win_size: int) -> int:
    """Returns the number of pixels that H and W must be multiples of, so that every level divides into its windows.

    Args:
        img_size: Nominal side of the image in pixels.
        win_size: Side of a window in pixels of its level.
    """
    sides = (window_at(level, img_size, win_size, odd=False).size << level for level in range(LEVELS))
    return math.lcm(*sides)


def dims(x: tf.Tensor) -> list[Side]:
    """Returns the shape of a tensor.

    Args:
        x: Of known rank.

    Returns:
        For each axis an integer if it is known at trace time, else a scalar of the graph.
    """
    dynamic = tf.shape(x)
    return [dynamic[i] if n is None else n for i, n in enumerate(x.shape.as_list())]


def partition(x: tf.Tensor, size: int) -> tf.Tensor:
    """Cuts a feature map into windows, row by row.

    Args:
        x: [B, H, W, C], H and W multiples of `size`.
        size: Side of a window, w.

    Returns:
        Tokens [B*nW, w*w, C], with nW = H/w * W/w windows per image.
    """
    batch, height, width, channels = dims(x)
    x = tf.reshape(x, [batch, height // size, size, width // size, size, channels])
    return tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [-1, size * size, channels])


def merge(tokens: tf.Tensor, size: int, height: Side, width: Side) -> tf.Tensor:
    """Joins windows to a feature map; the inverse of `partition`.

    Args:
        tokens: [B*nW*w*w, C].
        size: Side of a window, w.
        height: H, a multiple of w.
        width: W, a multiple of w.

    Returns:
        [B, H, W, C].
    """
    channels = tokens.shape[-1]
    x = tf.reshape(tokens, [-1, height // size, width // size, size, size, channels])
    return tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [-1, height, width, channels])


def shift_mask(height: Side, width: Side, window: AttentionWindow) -> tf.Tensor:
    """Returns the mask that keeps tokens of opposite borders apart, which rolling the image has made neighbours.

    The rolled image falls into 3x3 bands; a token attends to its own band only.

    Args:
        height: H, a multiple of the window's side w.
        width: W, a multiple of w.
        window: The block's window, with a shift.

    Returns:
        float32 [nW, w*w, w*w], to be added to the scores: 0 within a band, -100 between bands.
    """
    rows, columns = _bands(height, window), _bands(width, window)
    band = 3 * rows[:, tf.newaxis, :, tf.newaxis] + columns[tf.newaxis, :, tf.newaxis, :]
    band = tf.reshape(band, [-1, window.size**2])
    apart = band[:, :, tf.newaxis] != band[:, tf.newaxis, :]
    return tf.where(apart, MASKED, 0.0)


def _bands(length: Side, window: AttentionWindow) -> tf.Tensor:
    """Returns the band (0, 1, 2) of each row of the rolled image, by window: [length / w, w]."""
    row = tf.range(length)
    band = tf.cast(row >= length - window.size, tf.int32) + tf.cast(row >= length - window.shift, tf.int32)
    return tf.reshape(band, [-1, window.size])


def relative_position_index(size: int) -> NDArray[np.int32]:
    """Returns the row of the bias table for each pair of tokens of a window.

    The row is (dr + w - 1) * (2 w - 1) + (dc + w - 1), with dr and dc the query's row and column minus the key's.

    Args:
        size: Side of a window, w.

    Returns:
        int32 [w*w, w*w], query by key.
    """
    row, column = np.divmod(np.arange(size * size), size)
    dr = row[:, None] - row[None, :]
    dc = column[:, None] - column[None, :]
    return ((dr + size - 1) * (2 * size - 1) + dc + size - 1).astype(np.int32)


def position_bias(table: tf.Tensor, size: int) -> tf.Tensor:
    """Returns the bias of the scores by relative position.

    Args:
        table: float32 [(2 w - 1)^2, heads].
        size: Side of a window, w.

    Returns:
        float32 [heads, w*w, w*w].
    """
    index = relative_position_index(size).ravel()
    rows = _gather_rows(tf.convert_to_tensor(table), index)
    return tf.reshape(tf.transpose(rows), [table.shape[-1], size * size, size * size])


def _gather_rows(table: tf.Tensor, index: NDArray[np.int32]) -> tf.Tensor:
    """Returns rows of a table with a dense gradient, because optimisers treat sparse gradients differently."""

    @tf.custom_gradient
    def gather(table: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        count = table.shape[0]
        return tf.gather(table, index), lambda rows: tf.math.unsorted_segment_sum(rows, index, count)

    return gather(table)
