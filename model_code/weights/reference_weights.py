"""Weights under the names and in the layouts of the reference implementation's state dict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from data.errors import InputError
from model_code.network.assa import AdaptiveSparseAttention
from model_code.network.ast_model import AdaptiveSparseTransformer, Block
from model_code.network.frfn import FeatureRefinement, LocallyEnhanced
from model_code.network.layers import Convolution, Depthwise, LayerNorm, Linear, Upsample

Arrays = NDArray[Any]
PREFIX = "module."  # what torch's DataParallel puts before each key
DERIVED = "relative_position_index"  # integer buffers, which the window's size determines
STAGE_NAMES = (*(f"encoderlayer_{i}" for i in range(4)), "conv", *(f"decoderlayer_{i}" for i in range(4)))


class Entry(NamedTuple):
    """One array of the state dict and the variables that hold it.

    Attributes:
        key: The reference's name.
        variables: One variable, or two that the reference keeps in one array, one after the other on its first axis.
        axes: The variables' axes in the order of the reference's: theirs = ours.transpose(axes).
    """

    key: str
    variables: tuple[tf.Variable, ...]
    axes: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the reference's array."""
        first, *others = (self.variables[0].shape[axis] for axis in self.axes)
        return (first * len(self.variables), *others)

    def to_reference(self, values: Sequence[Arrays]) -> Arrays:
        """Return the reference's array from one value for each variable."""
        return np.concatenate([value.transpose(self.axes) for value in values])

    def from_reference(self, array: Arrays) -> list[Arrays]:
        """Return the value of each variable from the reference's array."""
        back = np.argsort(self.axes)
        return [part.transpose(back) for part in np.split(array, len(self.variables))]


def entries(model: AdaptiveSparseTransformer) -> Iterator[Entry]:
    """Yield every array of the reference's state dict, with the model's variables that hold it."""
    network = model.network
    yield from _convolution("input_proj.proj.0", network.input_projection)
    for stage, blocks in zip(STAGE_NAMES, network.stages, strict=True):
        for number, block in enumerate(blocks):
            yield from _block(f"{stage}.blocks.{number}", block)
    for level, down in enumerate(network.downs):
        yield from _convolution(f"dowsample_{level}.conv.0", down)
    for number, up in enumerate(network.ups):
        yield from _upsample(f"upsample_{number}.deconv.0", up)
    yield from _convolution("output_proj.proj.0", network.output_projection)


def _block(name: str, block: Block) -> Iterator[Entry]:
    if block.attention is not None and block.norm1 is not None:
        yield from _norm(f"{name}.norm1", block.norm1)
        yield from _attention(f"{name}.attn", block.attention)
    yield from _norm(f"{name}.norm2", block.norm2)
    yield from _feed_forward(f"{name}.mlp", block.feed_forward)


def _attention(name: str, attention: AdaptiveSparseAttention) -> Iterator[Entry]:
    yield Entry(f"{name}.relative_position_bias_table", (attention.bias_table,), (0, 1))
    yield Entry(f"{name}.w", (attention.mix,), (0,))
    yield from _linear(f"{name}.qkv.to_q", attention.query)
    yield from _linear(f"{name}.qkv.to_kv", attention.key, attention.value)
    yield from _linear(f"{name}.proj", attention.project)


def _feed_forward(name: str, part: FeatureRefinement | LocallyEnhanced) -> Iterator[Entry]:
    if isinstance(part, FeatureRefinement):
        yield from _convolution(f"{name}.partial_conv3", part.partial_conv)
        yield from _linear(f"{name}.linear1.0", part.expand, part.expand_gate)
    else:
        yield from _linear(f"{name}.linear1.0", part.expand)
    yield from _depthwise(f"{name}.dwconv.0", part.depthwise)
    yield from _linear(f"{name}.linear2.0", part.contract)


def _linear(name: str, *parts: Linear) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", tuple(part.kernel for part in parts), (1, 0))
    yield Entry(f"{name}.bias", tuple(part.bias for part in parts), (0,))


def _convolution(name: str, part: Convolution) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", (part.kernel,), (3, 2, 0, 1))
    if part.bias is not None:
        yield Entry(f"{name}.bias", (part.bias,), (0,))


def _depthwise(name: str, part: Depthwise) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", (part.kernel,), (2, 3, 0, 1))
    yield Entry(f"{name}.bias", (part.bias,), (0,))


def _upsample(name: str, part: Upsample) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", (part.kernel,), (0, 3, 1, 2))
    yield Entry(f"{name}.bias", (part.bias,), (0,))


def _norm(name: str, part: LayerNorm) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", (part.gain,), (0,))
    yield Entry(f"{name}.bias", (part.bias,), (0,))


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
    problems = _problems(given, {entry.key: entry.shape for entry in table})
    if problems:
        raise InputError(f"reference weights do not fit the model ({'; '.join(problems)}); give its variant's own")
    for entry in table:
        for variable, value in zip(entry.variables, entry.from_reference(given[entry.key]), strict=True):
            variable.assign(value.astype(np.float32))


def to_reference(model: AdaptiveSparseTransformer, values: Mapping[Any, Arrays] | None = None) -> dict[str, Arrays]:
    """Return arrays under the reference's names and in its layouts.

    Args:
        model: A model from `variants.build`.
        values: An array for each variable by `variable.ref()`, e.g. its gradient; without it, the weights.
    """

    def value(variable: tf.Variable) -> Arrays:
        return variable.numpy() if values is None else np.asarray(values[variable.ref()])

    return {
        entry.key: entry.to_reference([value(variable) for variable in entry.variables]) for entry in entries(model)
    }


def _problems(given: Mapping[str, Arrays], shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Return what keeps the given arrays from being the model's weights."""
    known = sorted(set(shapes) & set(given))
    found = {
        "missing": sorted(set(shapes) - set(given)),
        "not known": sorted(set(given) - set(shapes)),
        "misshapen": [
            f"{key} {given[key].shape} for {shapes[key]}" for key in known if given[key].shape != shapes[key]
        ],
        "not finite": [key for key in known if not np.all(np.isfinite(given[key]))],
    }
    return [f"{len(items)} {kind}: {', '.join(items)}" for kind, items in found.items() if items]
