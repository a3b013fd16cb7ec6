"""Fits a network's weights to a larger one: more blocks in a stage, or attention windows of another size.

The larger network begins with the function of the smaller one (Net2Net: Chen et al., 2016, arXiv:1511.05641). A further
block begins as the identity, because the last layer of each of its branches is zero. A table of relative position biases is
resized by bicubic interpolation, as is done for Swin Transformers (Liu et al., 2022, arXiv:2111.09883).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import cv2
import numpy as np

from model_code.weights.reference_weights import Arrays

_TABLE = "attn.relative_position_bias_table"
_LAST_LAYERS = ("attn.proj.weight", "attn.proj.bias", "mlp.linear2.0.weight", "mlp.linear2.0.bias")
_BLOCK = re.compile(r"(?P<stage>\w+)\.blocks\.(?P<number>\d+)\.(?P<part>.+)")


def grown(weights: Mapping[str, Arrays], fresh: Mapping[str, Arrays]) -> dict[str, Arrays]:
    """Fits weights to a larger network.

    Args:
        weights: The smaller network's, under the names of the authors' state dict.
        fresh: Those of the larger network, from its initialisation.

    Returns:
        The larger network's weights. Arrays that do not fit for another reason than windows stay as they are.
    """
    depths = _depths(weights)
    result = dict(weights)
    for key, value in fresh.items():
        block = _BLOCK.fullmatch(key)
        if block and int(block["number"]) >= depths.get(block["stage"], 0):
            result[key] = np.zeros_like(value) if block["part"] in _LAST_LAYERS else value
        elif key.endswith(_TABLE) and key in weights:
            result[key] = _resized(weights[key].astype(np.float32), len(value))
    return result


def _depths(weights: Mapping[str, Arrays]) -> dict[str, int]:
    """Returns the number of blocks of each stage."""
    depths: dict[str, int] = {}
    for block in filter(None, map(_BLOCK.fullmatch, weights)):
        depths[block["stage"]] = max(depths.get(block["stage"], 0), int(block["number"]) + 1)
    return depths


def _resized(table: Arrays, rows: int) -> Arrays:
    """Returns a table of biases, [(2 w - 1)^2, heads], for windows of another side."""
    if len(table) == rows:
        return table
    side, heads = math.isqrt(len(table)), table.shape[1]
    wanted = math.isqrt(rows)
    plane = cv2.resize(table.reshape(side, side, heads), (wanted, wanted), interpolation=cv2.INTER_CUBIC)
    return plane.reshape(rows, heads)
