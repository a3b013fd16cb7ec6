"""The Adaptive Sparse Transformer: an encoder without attention, a bottleneck and a decoder with it, on maps [B, H, W, C].

    image [B, H, W, 3] -> 3x3 conv -> encoder 0 .. 3 -> bottleneck -> decoder 3 .. 0 -> 3x3 conv -> + image
                                            |                              |
                                            +----------- skips ------------+

Level i has H/2^i x W/2^i pixels; encoder i is 2^i C wide, the bottleneck 16 C, decoder i 2^(i+1) C, with C = `embed_dim`. This
is the "overall pipeline" of the paper, which `model_code.network` cites.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
import tf_keras as keras

from model_code.network import windows
from model_code.network.assa import AdaptiveSparseAttention
from model_code.network.frfn import FeatureRefinement, LocallyEnhanced
from model_code.network.layers import Convolution, DropPath, Initializer, LayerNorm, Module, Upsample
from model_code.network.local_linear import locally_linear
from model_code.network.padding import reflect_to_multiple
from model_code.network.spec import NetworkSpec

CHANNELS = 3
LEAKY_SLOPE = 0.01
BOTTLENECK = 4  # its index among the nine stages
STAGE_LEVELS = (0, 1, 2, 3, 4, 3, 2, 1, 0)
FEED_FORWARD: dict[str, type[FeatureRefinement] | type[LocallyEnhanced]] = {
    "frfn": FeatureRefinement,
    "leff": LocallyEnhanced,
}


class Branch(Protocol):
    """A residual branch of a block: attention or feed-forward network."""

    def __call__(self, x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
        """Maps [B, H, W, C] to the same shape.

        Args:
            x: Normalised feature map.
            compiled: Whether to use the XLA-compiled form.
        """


class Block(Module):
    """A transformer block: x += DropPath(ASSA(LN(x))), then x += DropPath(FRFN(LN(x))). The encoder leaves ASSA out."""

    def __init__(
        self,
        attention: AdaptiveSparseAttention | None,
        feed_forward: FeatureRefinement | LocallyEnhanced,
        width: int,
        drop_path: float,
        dtype: str,
    ) -> None:
        """Joins the branches.

        Args:
            attention: Attention of the same width; None in the encoder.
            feed_forward: Feed-forward network of the same width.
            width: Channels C of the feature map.
            drop_path: Rate of DropPath, from 0 to below 1.
            dtype: Type in which the branches compute, such as "float32".
        """
        super().__init__()
        self.dtype = dtype
        self.norm1 = LayerNorm(width) if attention is not None else None
        self.attention = attention
        self.norm2 = LayerNorm(width)
        self.feed_forward = feed_forward
        self.drop_path = DropPath(drop_path)

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Maps a feature map to one of the same shape.

        Args:
            x: float32 [B, H, W, C], H and W multiples of the attention window's side.
            training: Whether DropPath drops branches.

        Returns:
            float32 [B, H, W, C].
        """
        if self.attention is not None and self.norm1 is not None:
            x += self._residual(self.norm1, self.attention, x, training)
        return x + self._residual(self.norm2, self.feed_forward, x, training)

    def _residual(self, norm: LayerNorm, branch: Branch, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Returns DropPath(branch(norm(x))). The branch computes in the block's type; the sum stays float32."""
        residual = branch(tf.cast(norm(x, compiled=training), self.dtype), compiled=training)
        return self.drop_path(tf.cast(residual, x.dtype), training)


class UNet(tf.Module):
    """Encoder, bottleneck and decoder.

    Attributes:
        stages: Blocks of each of the nine stages: encoder 0 to 3, bottleneck, decoder 0 to 3.
        downs: Convolutions that halve H and W and double the channels, after each encoder stage.
        ups: Transposed convolutions that double H and W, before each decoder stage.
    """

    def __init__(self, spec: NetworkSpec, img_size: int, init: Initializer, dtype: str) -> None:
        """Makes the layers.

        Args:
            spec: Widths, depths and heads.
            img_size: Nominal side in pixels, which sets the windows (see `windows.window_at`).
            init: Draws the weights.
            dtype: Type in which the blocks' branches compute.
        """
        super().__init__()
        self.dtype = dtype
        self.spec = spec
        self.img_size = img_size
        widths, width = spec.widths, spec.embed_dim
        self.input_projection = Convolution(3, CHANNELS, width, init)
        self.stages = [self._stage(stage, rates, init) for stage, rates in enumerate(_drop_path_rates(spec))]
        self.downs = [Convolution(4, w, 2 * w, init, stride=2) for w in widths[:4]]
        self.ups = [Upsample(w, up, init) for w, up in zip(widths[4:8], reversed(widths[:4]), strict=True)]
        self.output_projection = Convolution(3, 2 * width, CHANNELS, init)

    def _stage(self, stage: int, rates: list[float], init: Initializer) -> list[Block]:
        """Returns the blocks of a stage, one for each DropPath rate. Every second block shifts its windows."""
        spec, width = self.spec, self.spec.widths[stage]
        blocks = []
        for number, rate in enumerate(rates):
            attention = None
            if stage >= BOTTLENECK:
                window = windows.window_at(STAGE_LEVELS[stage], self.img_size, spec.win_size, odd=number % 2 == 1)
                attention = AdaptiveSparseAttention(width, spec.num_heads[stage], window, init)
            feed_forward = FEED_FORWARD[spec.token_mlp](width, init)
            blocks.append(Block(attention, feed_forward, width, rate, self.dtype))
        return blocks

    def __call__(self, image: tf.Tensor, training: bool) -> tf.Tensor:
        """Predicts the residual, to be added to the image.

        Args:
            image: float32 [B, H, W, 3], H and W multiples of `windows.size_multiple`.
            training: Whether DropPath drops branches.

        Returns:
            float32 [B, H, W, 3].
        """
        x = tf.nn.leaky_relu(self.input_projection(image), LEAKY_SLOPE)  # [B, H, W, C]
        skips = []
        for stage, down in zip(self.stages[:BOTTLENECK], self.downs, strict=True):
            x = _run(stage, x, training)
            skips.append(x)
            x = down(x)
        x = _run(self.stages[BOTTLENECK], x, training)  # [B, H/16, W/16, 16 C]
        for stage, up in zip(self.stages[BOTTLENECK + 1 :], self.ups, strict=True):
            x = _run(stage, tf.concat([up(x), skips.pop()], -1), training)
        return self.output_projection(x)  # from [B, H, W, 2 C]


class AdaptiveSparseTransformer(keras.Model):
    """The network as a Keras model that restores images of any size."""

    def __init__(self, spec: NetworkSpec, img_size: int, init: Initializer) -> None:
        """Makes the network; `model_code.network.build.build` is the usual way to call it.

        Args:
            spec: Widths, depths and heads.
            img_size: Nominal side in pixels, which sets the windows.
            init: Draws the weights.
        """
        super().__init__(name="adaptive_sparse_transformer", autocast=False)
        self.spec, self.img_size = spec, img_size
        self.multiple = windows.size_multiple(img_size, spec.win_size)
        self.network = UNet(spec, img_size, init, self.compute_dtype)
        # Keras's file formats skip weights of modules that are not layers; as the model's own they are saved.
        self.parameters = list(self.network.variables)
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the model as plain values, for Keras."""
        return {"spec": dataclasses.asdict(self.spec), "img_size": self.img_size}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> AdaptiveSparseTransformer:
        """Returns a model with fresh weights.

        Args:
            config: From `get_config`.
        """
        return cls(NetworkSpec(**config["spec"]), config["img_size"], Initializer())

    @tf.autograph.experimental.do_not_convert
    def __call__(self, *args: Any, **kwargs: Any) -> tf.Tensor:
        """Calls the model without AutoGraph, which spends seconds on Keras's code and converts nothing."""
        return super().__call__(*args, **kwargs)

    def call(self, image: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Restores images.

        Args:
            image: float32 [B, H, W, 3] in [0, 1], any H and W.
            training: Whether DropPath drops residual branches.

        Returns:
            float32 [B, H, W, 3], not clipped.
        """
        _, height, width, _ = windows.dims(image)
        padded = reflect_to_multiple(image, self.multiple)
        restored = padded + self.network(padded, training)
        restored = tf.ensure_shape(restored[:, :height, :width, :], image.shape)
        return locally_linear(image, restored, self.spec.local_linear) if self.spec.local_linear else restored


def _run(stage: list[Block], x: tf.Tensor, training: bool) -> tf.Tensor:
    for block in stage:
        x = block(x, training)
    return x


def _drop_path_rates(spec: NetworkSpec) -> Iterator[list[float]]:
    """Yields the DropPath rates of each stage's blocks: rising in the encoder, highest in the bottleneck, then falling.

    The decoder takes the encoder's rates in reverse order. If it has more blocks than the encoder, the last ones drop
    nothing.
    """
    encoder = np.linspace(0.0, spec.drop_path, sum(spec.depths[:4])).tolist()
    decoder = encoder[::-1] + [0.0] * sum(spec.depths[5:])
    for stage, depth in enumerate(spec.depths):
        if stage == BOTTLENECK:
            yield [spec.drop_path] * depth
            continue
        rates = encoder if stage < BOTTLENECK else decoder
        yield rates[:depth]
        del rates[:depth]
