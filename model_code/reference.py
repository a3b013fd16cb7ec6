"""Weights under the names and in the layouts of the reference implementation's state dict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from data.errors import InputError
from model_code.assa import AdaptiveSparseAttention
from model_code.ast_model import AdaptiveSparseTransformer, Block
from model_code.primitives import Convolution, LayerNorm, Linear, Upsample

Arrays = NDArray[Any]
PREFIX = "module."  # what torch's DataParallel puts before each key
DERIVED = "relative_position_index"  # integer buffers, which the window's size determines
STAGE_NAMES = (*(f"encoderlayer_{i}" for i in range(4)), "conv", *(f"decoderlayer_{i}" for i in range(4)))


class Entry(NamedTuple):
    """One variable, and the arrays of the state dict that it holds."""

    variable: tf.Variable
    keys: tuple[str, ...]
    to_reference: Callable[[Arrays], list[Arrays]]
    from_reference: Callable[[list[Arrays]], Arrays]


def _plain(variable: tf.Variable, key: str) -> Entry:
    return Entry(variable, (key,), lambda value: [value], lambda arrays: arrays[0])


def _transposed(variable: tf.Variable, key: str, axes: tuple[int, ...]) -> Entry:
    """Return the entry of a variable whose axes are the reference's in another order: ours = theirs.transpose(axes)."""
    back = tuple(np.argsort(axes))
    return Entry(
        variable, (key,), lambda value: [value.transpose(back)], lambda arrays: arrays[0].transpose(axes)
    )


def _linear(layer: Linear, name: str) -> Iterator[Entry]:
    yield _transposed(layer.kernel, f"{name}.weight", (1, 0))
    yield _plain(layer.bias, f"{name}.bias")


def _convolution(layer: Any, name: str) -> Iterator[Entry]:
    yield _transposed(layer.kernel, f"{name}.weight", (2, 3, 1, 0))
    if layer.bias is not None:
        yield _plain(layer.bias, f"{name}.bias")


def _norm(layer: LayerNorm, name: str) -> Iterator[Entry]:
    yield _plain(layer.gain, f"{name}.weight")
    yield _plain(layer.bias, f"{name}.bias")


def _depthwise(layer: Any, name: str) -> Iterator[Entry]:
    yield _transposed(layer.kernel, f"{name}.weight", (2, 3, 0, 1))
    yield _plain(layer.bias, f"{name}.bias")


def _upsample(layer: Upsample, name: str) -> Iterator[Entry]:
    yield _transposed(layer.kernel, f"{name}.weight", (0, 2, 3, 1))
    yield _plain(layer.bias, f"{name}.bias")


def _attention(layer: AdaptiveSparseAttention, name: str) -> Iterator[Entry]:
    width = layer.project.kernel.shape[0]
    yield _plain(layer.bias_table, f"{name}.relative_position_bias_table")
    yield _plain(layer.mix, f"{name}.w")
    yield Entry(
        layer.qkv.kernel,
        (f"{name}.qkv.to_q.weight", f"{name}.qkv.to_kv.weight"),
        lambda value: [value[:, :width].T, value[:, width:].T],
        lambda arrays: np.concatenate([array.T for array in arrays], 1),
    )
    yield Entry(
        layer.qkv.bias,
        (f"{name}.qkv.to_q.bias", f"{name}.qkv.to_kv.bias"),
        lambda value: [value[:width], value[width:]],
        np.concatenate,
    )
    yield from _linear(layer.project, f"{name}.proj")


def _block(block: Block, name: str) -> Iterator[Entry]:
    if block.attention is not None:
        yield from _norm(block.norm1, f"{name}.norm1")
        yield from _attention(block.attention, f"{name}.attn")
    yield from _norm(block.norm2, f"{name}.norm2")
    feed_forward = block.feed_forward
    if hasattr(feed_forward, "partial_conv"):
        yield from _convolution(feed_forward.partial_conv, f"{name}.mlp.partial_conv3")
    yield from _linear(feed_forward.expand, f"{name}.mlp.linear1.0")
    yield from _depthwise(feed_forward.depthwise, f"{name}.mlp.dwconv.0")
    yield from _linear(feed_forward.contract, f"{name}.mlp.linear2.0")


def entries(model: AdaptiveSparseTransformer) -> Iterator[Entry]:
    """Yield every variable of the model with its keys in the reference's state dict."""
    network = model.network
    yield from _convolution(network.input_projection, "input_proj.proj.0")
    for blocks, stage in zip(network.stages, STAGE_NAMES):
        for number, block in enumerate(blocks):
            yield from _block(block, f"{stage}.blocks.{number}")
    for level, down in enumerate(network.downs):
        yield from _convolution(down, f"dowsample_{level}.conv.0")
    for number, up in enumerate(network.ups):
        yield from _upsample(up, f"upsample_{number}.deconv.0")
    yield from _convolution(network.output_projection, "output_proj.proj.0")


def load_reference_weights(model: AdaptiveSparseTransformer, state_dict: Mapping[str, Arrays]) -> None:
    """Set all weights of a model from the reference's state dict; nothing is set if anything is wrong.

    Args:
        model: A model from `variants.build`, of the variant and img_size of the weights.
        state_dict: Arrays under the reference's key names, with or without the prefix `module.`; the index buffers
            (`relative_position_index`) may be there, and are left alone.

    Raises:
        InputError: Keys are missing, not known or of another shape, or values are not finite; it lists them.
    """
    given = {key.removeprefix(PREFIX): np.asarray(value) for key, value in state_dict.items()}
    given = {key: value for key, value in given.items() if not key.endswith(DERIVED)}
    table = list(entries(model))
    problems = _problems(given, _shapes(table))
    if problems:
        raise InputError(f"reference weights do not fit the model: {'; '.join(problems)}")
    for entry in table:
        value = entry.from_reference([given[key] for key in entry.keys])
        entry.variable.assign(value.astype(np.float32))


def to_reference(model: AdaptiveSparseTransformer, values: Mapping[Any, Arrays] | None = None) -> dict[str, Arrays]:
    """Return arrays under the reference's names and in its layouts.

    Args:
        model: A model from `variants.build`.
        values: An array for each variable by `variable.ref()`, e.g. its gradient; without it, the weights.
    """
    result: dict[str, Arrays] = {}
    for entry in entries(model):
        value = entry.variable.numpy() if values is None else np.asarray(values[entry.variable.ref()])
        result.update(zip(entry.keys, entry.to_reference(value)))
    return result


def _shapes(table: list[Entry]) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array of the reference's state dict."""
    shapes: dict[str, tuple[int, ...]] = {}
    for entry in table:
        arrays = entry.to_reference(np.broadcast_to(np.float32(0), entry.variable.shape))
        shapes.update((key, array.shape) for key, array in zip(entry.keys, arrays))
    return shapes


def _problems(given: Mapping[str, Arrays], shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Return what keeps the given arrays from being the model's weights."""
    missing = sorted(set(shapes) - set(given))
    extra = sorted(set(given) - set(shapes))
    both = sorted(set(shapes) & set(given))
    misshapen = [f"{key} {given[key].shape} for {shapes[key]}" for key in both if given[key].shape != shapes[key]]
    found = {"missing": missing, "not known": extra, "misshapen": misshapen}
    return [f"{len(items)} {kind}: {', '.join(items)}" for kind, items in found.items() if items]
