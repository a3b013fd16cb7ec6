"""The Adaptive Sparse Transformer: encoder, bottleneck and decoder on feature maps [B, H, W, C].

Zhou et al., "Adapt or Perish: Adaptive Sparse Transformer with Attentive Feature Refinement for Image Restoration",
CVPR 2024. Where the paper and its reference code differ, this computes what the code does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from model_code.network import windows
from model_code.network.assa import AdaptiveSparseAttention
from model_code.network.frfn import FeatureRefinement, LocallyEnhanced
from model_code.network.initial_values import InitialValues
from model_code.network.layers import Convolution, DropPath, LayerNorm, Part, Upsample
from model_code.network.padding import reflect_to_multiple
from model_code.network.spec import NetworkSpec

CHANNELS = 3
LEAKY_SLOPE = 0.01
BOTTLENECK = 4  # its place among the stages
STAGE_LEVELS = (0, 1, 2, 3, 4, 3, 2, 1, 0)
FEED_FORWARD = {"frfn": FeatureRefinement, "leff": LocallyEnhanced}


class Block(Part):
    """x += DropPath(ASSA(LN(x))), where there is attention; then x += DropPath(FRFN(LN(x)))."""

    def __init__(
        self,
        attention: AdaptiveSparseAttention | None,
        feed_forward: Part,
        width: int,
        drop_path: float,
        dtype: str,
    ) -> None:
        super().__init__()
        self.dtype = dtype
        self.norm1 = LayerNorm(width) if attention is not None else None
        self.attention = attention
        self.norm2 = LayerNorm(width)
        self.feed_forward = feed_forward
        self.drop_path = DropPath(drop_path)

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Map float32 [B, H, W, width] to [B, H, W, width]."""
        if self.attention is not None and self.norm1 is not None:
            x += self._branch(self.norm1, self.attention, x, training)
        return x + self._branch(self.norm2, self.feed_forward, x, training)

    def _branch(self, norm: LayerNorm, part: Any, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Return what a part adds to x: it computes in the policy's type, what it is added to stays float32."""
        change = part(tf.cast(norm(x, compiled=training), self.dtype), compiled=training)
        return self.drop_path(tf.cast(change, x.dtype), training)


class Network(tf.Module):
    """Encoder, bottleneck and decoder: a U-net on feature maps."""

    def __init__(self, spec: NetworkSpec, img_size: int, initial: InitialValues, dtype: str) -> None:
        super().__init__()
        self.dtype = dtype
        self.spec = spec
        self.img_size = img_size
        widths, width = spec.widths, spec.embed_dim
        self.input_projection = Convolution(3, CHANNELS, width, initial)
        self.stages = [self._stage(stage, rates, initial) for stage, rates in enumerate(_drop_path_rates(spec))]
        self.downs = [Convolution(4, w, 2 * w, initial, stride=2) for w in widths[:4]]
        self.ups = [Upsample(w, up, initial) for w, up in zip(widths[4:8], reversed(widths[:4]), strict=True)]
        self.output_projection = Convolution(3, 2 * width, CHANNELS, initial)

    def _stage(self, stage: int, rates: list[float], initial: InitialValues) -> list[Block]:
        """Make the blocks of one stage; encoder blocks have no attention."""
        spec, width = self.spec, self.spec.widths[stage]
        blocks = []
        for number, rate in enumerate(rates):
            attention = None
            if stage >= BOTTLENECK:
                window = windows.window_at(STAGE_LEVELS[stage], self.img_size, spec.win_size, odd=number % 2 == 1)
                attention = AdaptiveSparseAttention(width, spec.num_heads[stage], window, initial)
            feed_forward = FEED_FORWARD[spec.token_mlp](width, initial)
            blocks.append(Block(attention, feed_forward, width, rate, self.dtype))
        return blocks

    def __call__(self, image: tf.Tensor, training: bool) -> tf.Tensor:
        """Return what to add to an image [B, H, W, 3] whose sides the windows divide."""
        x = tf.nn.leaky_relu(self.input_projection(image), LEAKY_SLOPE)
        skips = []
        for stage, down in zip(self.stages[:BOTTLENECK], self.downs, strict=True):
            x = _run(stage, x, training)
            skips.append(x)
            x = down(x)
        x = _run(self.stages[BOTTLENECK], x, training)
        for stage, up in zip(self.stages[BOTTLENECK + 1 :], self.ups, strict=True):
            x = _run(stage, tf.concat([up(x), skips.pop()], -1), training)
        return self.output_projection(x)


class AdaptiveSparseTransformer(keras.Model):
    """The network as a Keras model of images of any size; returns the image plus what the network adds to it."""

    def __init__(self, spec: NetworkSpec, img_size: int, initial: InitialValues) -> None:
        super().__init__(name="adaptive_sparse_transformer", autocast=False)
        self.spec, self.img_size = spec, img_size
        self.multiple = windows.size_multiple(img_size, spec.win_size)
        self.network = Network(spec, img_size, initial, self.compute_dtype)
        # Keras's own file formats leave out the weights of modules that are not layers; here they are the model's own.
        self.parameters = list(self.network.variables)
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """Return what the model is built from, as plain values."""
        return {"spec": dataclasses.asdict(self.spec), "img_size": self.img_size}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> AdaptiveSparseTransformer:
        """Build the model, with fresh weights, from what `get_config` returned."""
        return cls(NetworkSpec(**config["spec"]), config["img_size"], InitialValues())

    @tf.autograph.experimental.do_not_convert
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model without AutoGraph, which would spend seconds on Keras's code and has nothing to convert."""
        return super().__call__(*args, **kwargs)

    def call(self, image: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Restore images.

        Args:
            image: float32 [B, H, W, 3] in [0, 1], any H and W.
            training: Whether DropPath leaves out residual branches.

        Returns:
            float32 [B, H, W, 3], not clipped.
        """
        _, height, width, _ = windows.dims(image)
        padded = reflect_to_multiple(image, self.multiple)
        restored = padded + self.network(padded, training)
        return tf.ensure_shape(restored[:, :height, :width, :], image.shape)


def _run(stage: list[Block], x: tf.Tensor, training: bool) -> tf.Tensor:
    """Pass x through the blocks of a stage."""
    for block in stage:
        x = block(x, training)
    return x


def _drop_path_rates(spec: NetworkSpec) -> Iterator[list[float]]:
    """Return DropPath's rate of each block by stage: rising in the encoder, highest in the bottleneck, falling after.

    The decoder takes the encoder's rates in reverse order; where it has more blocks than the encoder, the rest keep
    all their branches.
    """
    encoder = np.linspace(0.0, spec.drop_path, sum(spec.depths[:4])).tolist()
    decoder = encoder[::-1] + [0.0] * sum(spec.depths[5:])
    for stage, depth in enumerate(spec.depths):
        if stage == BOTTLENECK:
            yield [spec.drop_path] * depth
            continue
        source = encoder if stage < BOTTLENECK else decoder
        yield source[:depth]
        del source[:depth]
