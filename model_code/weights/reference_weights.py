"""Maps the network's weights to and from the names and layouts of the authors' state dict (the reference)."""

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
PREFIX = "module."  # torch's DataParallel puts it before each key
DERIVED = "relative_position_index"  # integer buffers, which follow from the window's size
STAGE_NAMES = (*(f"encoderlayer_{i}" for i in range(4)), "conv", *(f"decoderlayer_{i}" for i in range(4)))


class Entry(NamedTuple):
    """An array of the reference's state dict and the variables that correspond to it.

    Attributes:
        key: The array's name.
        variables: One variable, or two that the reference concatenates on its first axis.
        axes: The variables' axes in the order of the reference's: reference = variable.transpose(axes).
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
        """Returns the reference's array.

        Args:
            values: One value for each variable, of its shape.
        """
        return np.concatenate([value.transpose(self.axes) for value in values])

    def from_reference(self, array: Arrays) -> list[Arrays]:
        """Returns the value of each variable.

        Args:
            array: The reference's array.
        """
        inverse = np.argsort(self.axes)
        return [part.transpose(inverse) for part in np.split(array, len(self.variables))]


def entries(model: AdaptiveSparseTransformer) -> Iterator[Entry]:
    """Yields an entry for each array of the reference's state dict, in the order of the network.

    Args:
        model: From `build.build`.
    """
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


def _feed_forward(name: str, layer: FeatureRefinement | LocallyEnhanced) -> Iterator[Entry]:
    if isinstance(layer, FeatureRefinement):
        yield from _convolution(f"{name}.partial_conv3", layer.partial_conv)
        yield from _linear(f"{name}.linear1.0", layer.expand, layer.expand_gate)
    else:
        yield from _linear(f"{name}.linear1.0", layer.expand)
    yield from _depthwise(f"{name}.dwconv.0", layer.depthwise)
    yield from _linear(f"{name}.linear2.0", layer.contract)


def _linear(name: str, *layers: Linear) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", tuple(layer.kernel for layer in layers), (1, 0))
    yield Entry(f"{name}.bias", tuple(layer.bias for layer in layers), (0,))


def _convolution(name: str, layer: Convolution) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", (layer.kernel,), (3, 2, 0, 1))
    if layer.bias is not None:
        yield Entry(f"{name}.bias", (layer.bias,), (0,))


def _depthwise(name: str, layer: Depthwise) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", (layer.kernel,), (2, 3, 0, 1))
    yield Entry(f"{name}.bias", (layer.bias,), (0,))


def _upsample(name: str, layer: Upsample) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", (layer.kernel,), (0, 3, 1, 2))
    yield Entry(f"{name}.bias", (layer.bias,), (0,))


def _norm(name: str, layer: LayerNorm) -> Iterator[Entry]:
    yield Entry(f"{name}.weight", (layer.gain,), (0,))
    yield Entry(f"{name}.bias", (layer.bias,), (0,))


def load_reference_weights(model: AdaptiveSparseTransformer, state_dict: Mapping[str, Arrays]) -> None:
    """Sets all weights of a model from the reference's state dict, or none if anything is wrong.

    Args:
        model: From `build.build`, of the variant and `img_size` of the weights.
        state_dict: Arrays under the reference's names, with or without the prefix `module.`. Index buffers
            (`relative_position_index`) are ignored.

    Raises:
        InputError: Keys are missing, unknown or of another shape, or values are not finite; the message lists them.
    """
    arrays = {key.removeprefix(PREFIX): np.asarray(value) for key, value in state_dict.items()}
    arrays = {key: value for key, value in arrays.items() if not key.endswith(DERIVED)}
    table = list(entries(model))
    problems = _problems(arrays, {entry.key: entry.shape for entry in table})
    if problems:
        raise InputError(f"reference weights do not fit the model ({'; '.join(problems)}); give its variant's own")
    for entry in table:
        for variable, value in zip(entry.variables, entry.from_reference(arrays[entry.key]), strict=True):
            variable.assign(value.astype(np.float32))


def to_reference(model: AdaptiveSparseTransformer, values: Mapping[Any, Arrays] | None = None) -> dict[str, Arrays]:
    """Returns the reference's state dict of a model.

    Args:
        model: From `build.build`.
        values: An array for each variable by `variable.ref()`, such as its gradient; None takes the weights.
    """

    def value(variable: tf.Variable) -> Arrays:
        return variable.numpy() if values is None else np.asarray(values[variable.ref()])

    return {
        entry.key: entry.to_reference([value(variable) for variable in entry.variables]) for entry in entries(model)
    }


def _problems(arrays: Mapping[str, Arrays], shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Returns the reasons, in words, why arrays are not the model's weights."""
    known = sorted(set(shapes) & set(arrays))
    keys_by_problem = {
        "missing": sorted(set(shapes) - set(arrays)),
        "not known": sorted(set(arrays) - set(shapes)),
        "misshapen": [
            f"{key} {arrays[key].shape} for {shapes[key]}" for key in known if arrays[key].shape != shapes[key]
        ],
        "not finite": [key for key in known if not _is_finite(arrays[key])],
    }
    return [f"{len(keys)} {problem}: {', '.join(keys)}" for problem, keys in keys_by_problem.items() if keys]


def _is_finite(array: Arrays) -> bool:
    """Returns whether all values are finite as the float32 that the network has; 1e300 is not."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(array.astype(np.float32)).all())
