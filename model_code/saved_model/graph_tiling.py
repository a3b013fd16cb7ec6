"""Restores an image of any size in bounded memory inside a graph: tiled restoration in TensorFlow ops.

A server calls the graph alone, so a photograph of 24 megapixels must not need more memory there than a tile does. One loop
joins tiles to bands and bands to the image: the blended pixels that the next part will add to are carried over, and pixels
that no later part changes are finished. Finished rows are uint8; only one band of tiles is float at a time. A small image goes
through the same loop as its only tile, with weights of one, so that the graph holds the network once; twice would double the
time to a server's first answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from model_code.input import pixels
from model_code.saved_model.tiling import Tiling

ImageMap = Callable[[tf.Tensor], tf.Tensor]


class _Span(NamedTuple):
    """A part's extent along one side of the image, in pixels.

    Attributes:
        seen_start: First pixel that the network sees.
        seen_stop: Pixel after the last one that the network sees.
        used_start: First pixel of the result that is used.
        used_stop: Pixel after the last one that is used.
        finished: Number of used pixels that no later part changes.
        weights: float32 [used_stop - used_start], weights of the used pixels.
    """

    seen_start: tf.Tensor
    seen_stop: tf.Tensor
    used_start: tf.Tensor
    used_stop: tf.Tensor
    finished: tf.Tensor
    weights: tf.Tensor


def restore_tiled(restore: ImageMap, image: tf.Tensor, tiling: Tiling) -> tf.Tensor:
    """Restores an image, in tiles if it is large.

    Args:
        restore: Maps float32 [1, H, W, 3] in [0, 1] to the same shape.
        image: uint8 [H, W, 3].
        tiling: Sizes of the tiles.

    Returns:
        uint8 [H, W, 3], clipped and rounded.
    """
    height, width = tf.unstack(tf.shape(image)[:2])
    side = tf.maximum(height, width)
    tile = tf.where(side <= tiling.largest, side, tiling.tile)

    def rows_at(start: tf.Tensor) -> _Span:
        return _span(start, height, tile, tiling)

    def columns_at(start: tf.Tensor) -> _Span:
        return _span(start, width, tile, tiling)

    def restore_band(rows: _Span) -> tf.Tensor:
        def restore_tile(columns: _Span) -> tf.Tensor:
            return _restore_weighted(restore, image, rows, columns)

        nothing = tf.zeros([rows.used_stop - rows.used_start, 0, 3])
        return _join(restore_tile, columns_at, width, tile, nothing, 1, tf.identity)

    return _join(restore_band, rows_at, height, tile, tf.zeros([0, width, 3]), 0, pixels.to_uint8)


def _join(
    restore_part: Callable[[_Span], tf.Tensor],
    span_at: Callable[[tf.Tensor], _Span],
    length: tf.Tensor,
    tile: tf.Tensor,
    nothing: tf.Tensor,
    axis: int,
    finish: ImageMap,
) -> tf.Tensor:
    """Restores the parts along one axis and blends them.

    Args:
        restore_part: Returns the weighted pixels of a span.
        span_at: Returns the span that begins at a pixel.
        length: Pixels along the axis.
        tile: Side of a tile.
        nothing: An empty image, with which the loop begins.
        axis: 0 for rows, 1 for columns.
        finish: Converts pixels that no later part changes.
    """

    def step(start: tf.Tensor, carried: tf.Tensor, finished: tf.Tensor) -> tuple[tf.Tensor, ...]:
        span = span_at(start)
        part = restore_part(span)
        used = span.used_stop - span.used_start
        missing = used - tf.shape(carried)[axis]
        part += tf.pad(carried, [[0, missing if axis == side else 0] for side in range(3)])
        ready, carried = tf.split(part, tf.stack([span.finished, used - span.finished]), axis=axis, num=2)
        return start + tile, carried, tf.concat([finished, finish(ready)], axis)

    any_size = tf.TensorShape([None, None, 3])
    return tf.while_loop(
        lambda start, *_: start < length,
        step,
        (tf.constant(0), nothing, finish(nothing)),
        shape_invariants=(tf.TensorShape([]), any_size, any_size),
        parallel_iterations=1,
    )[2]


def _restore_weighted(restore: ImageMap, image: tf.Tensor, rows: _Span, columns: _Span) -> tf.Tensor:
    """Returns the used pixels of a restored tile, faded out at its inner borders."""
    seen = image[rows.seen_start : rows.seen_stop, columns.seen_start : columns.seen_stop]
    restored = restore(pixels.to_unit(seen)[tf.newaxis])[0]
    used = restored[
        rows.used_start - rows.seen_start : rows.used_stop - rows.seen_start,
        columns.used_start - columns.seen_start : columns.used_stop - columns.seen_start,
    ]
    return used * rows.weights[:, tf.newaxis, tf.newaxis] * columns.weights[tf.newaxis, :, tf.newaxis]


def _span(start: tf.Tensor, length: tf.Tensor, tile: tf.Tensor, tiling: Tiling) -> _Span:
    """Returns the span of the tile that begins at `start`."""
    stop = tf.minimum(start + tile, length)
    used_start = tf.maximum(0, start - tiling.fade)
    used_stop = tf.minimum(length, stop + tiling.fade)
    position = tf.range(used_start, used_stop)
    weights = tf.where(start > 0, _rising_weight(position - start, tiling.fade), 1.0)
    weights *= tf.where(stop < length, 1.0 - _rising_weight(position - stop, tiling.fade), 1.0)
    return _Span(
        seen_start=tf.maximum(0, start - tiling.margin),
        seen_stop=tf.minimum(length, stop + tiling.margin),
        used_start=used_start,
        used_stop=used_stop,
        finished=tf.where(stop < length, stop - tiling.fade, length) - used_start,
        weights=weights,
    )


def _rising_weight(position: tf.Tensor, fade: int) -> tf.Tensor:
    """Returns a raised cosine from 0 at `-fade` to 1 at `fade`, at the centres of pixels; a step if there is no fade."""
    centre = tf.cast(position, tf.float32) + 0.5
    if fade == 0:
        return tf.cast(centre > 0.0, tf.float32)
    return 0.5 + 0.5 * tf.sin(0.5 * math.pi * tf.clip_by_value(centre / fade, -1.0, 1.0))
