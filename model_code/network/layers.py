"""Layers of the network (linear maps, convolutions, normalisation, DropPath) and the initial values of their weights."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model_code.network import compiled_ops, step_rng

Weights = NDArray[np.float32]


class Initializer:
    """Draws the initial weights of the network, layer by layer, in the order in which the layers are made.

    NumPy draws them and not TensorFlow, so that a seed gives the same network under every version of TensorFlow.
    """

    def __init__(self, seed: int | None = None) -> None:
        """Seeds the generator.

        Args:
            seed: Seed of the weights; None takes one from Python's `random`, which `keras.utils.set_random_seed` seeds.
        """
        if seed is None:
            seed = random.randrange(2**31)
        self._generator = np.random.default_rng(seed)

    def normal(self, shape: Sequence[int]) -> Weights:
        """Returns values of a linear kernel or a bias table: normal, standard deviation 0.02.

        The authors' truncation at -2 and 2 lies a hundred standard deviations away and never acts.

        Args:
            shape: Shape of the kernel or table.
        """
        return self._generator.normal(0.0, 0.02, tuple(shape)).astype(np.float32)

    def uniform(self, shape: Sequence[int], fan_in: int) -> Weights:
        """Returns values of a convolution's kernel or bias: uniform within 1/sqrt(fan_in), PyTorch's default.

        PyTorch states it as Kaiming's uniform (He et al., 2015, arXiv:1502.01852) with a = sqrt 5, whose bound
        sqrt(6 / ((1 + 5) fan_in)) is the same.

        Args:
            shape: Shape of the kernel or bias.
            fan_in: Inputs of each output.
        """
        bound = fan_in**-0.5
        return self._generator.uniform(-bound, bound, tuple(shape)).astype(np.float32)


class Module(tf.Module):
    """A module of the network, which makes its weights when it is constructed.

    It is not a Keras layer, because Keras writes several functions of every layer into a saved model, which takes
    minutes. Only the whole model is a Keras object.
    """

    def weight(self, name: str, value: Weights) -> tf.Variable:
        """Returns a new weight; a module casts it to the type it computes in.

        Args:
            name: Name within the module.
            value: Initial value.

        Returns:
            float32 variable.
        """
        return tf.Variable(value, name=f"{self.name}/{name}")


class Linear(Module):
    """Linear map with bias, x W + b."""

    def __init__(self, width: int, units: int, init: Initializer) -> None:
        """Makes the weights.

        Args:
            width: Input channels.
            units: Output channels.
            init: Draws the weights.
        """
        super().__init__()
        self.kernel = self.weight("kernel", init.normal([width, units]))
        self.bias = self.weight("bias", np.zeros(units, np.float32))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Maps tokens.

        Args:
            x: [T, width].

        Returns:
            [T, units].
        """
        kernel, bias = self.weights(x.dtype)
        return tf.nn.bias_add(tf.matmul(x, kernel), bias)

    def weights(self, dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the weights, cast to a type.

        Args:
            dtype: Type to compute in.

        Returns:
            Kernel [width, units] and bias [units].
        """
        return tf.cast(self.kernel, dtype), as_bias(self.bias, dtype)


def as_bias(bias: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Returns a bias cast to a type, with its shape stated.

    TensorFlow fuses product, bias and GELU into one kernel only if it knows the shape, and it forgets the shape of a value
    read from a variable.

    Args:
        bias: float32 [units].
        dtype: Type to compute in.
    """
    return tf.ensure_shape(tf.cast(bias, dtype), bias.shape)


class LayerNorm(Module):
    """Layer normalisation over the channels, with gain and bias (Ba et al., 2016, arXiv:1607.06450)."""

    def __init__(self, width: int) -> None:
        """Makes gain and bias.

        Args:
            width: Channels.
        """
        super().__init__()
        self.gain = self.weight("gain", np.ones(width, np.float32))
        self.bias = self.weight("bias", np.zeros(width, np.float32))

    def __call__(self, x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
        """Normalises the channels.

        Args:
            x: float32 [..., width], which is the result's shape too.
            compiled: Whether to use the XLA-compiled form.
        """
        rows = tf.reshape(x, [-1, x.shape[-1]])
        return tf.reshape(compiled_ops.layer_norm(rows, self.gain, self.bias, compiled=compiled), tf.shape(x))


class Convolution(Module):
    """Convolution with one pixel of zero padding on each side: 3x3 of stride 1, or 4x4 of stride 2."""

    def __init__(
        self, side: int, width: int, units: int, init: Initializer, stride: int = 1, *, bias: bool = True
    ) -> None:
        """Makes the weights.

        Args:
            side: Side of the kernel in pixels, 3 or 4.
            width: Input channels.
            units: Output channels.
            init: Draws the weights.
            stride: 1 for a side of 3, 2 for a side of 4.
            bias: Whether there is a bias.
        """
        super().__init__()
        self.stride = stride
        fan_in = side * side * width
        self.kernel = self.weight("kernel", init.uniform([side, side, width, units], fan_in))
        self.bias = self.weight("bias", init.uniform([units], fan_in)) if bias else None

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Convolves a feature map.

        Args:
            x: [B, H, W, width], H and W multiples of the stride.

        Returns:
            [B, H / stride, W / stride, units].
        """
        # "SAME" is one pixel on each side here, because H and W are even before a stride of 2. Padding given as numbers
        # would keep the gradients from oneDNN's kernels, which take a third of the time.
        x = tf.nn.conv2d(x, tf.cast(self.kernel, x.dtype), self.stride, "SAME")
        return x if self.bias is None else tf.nn.bias_add(x, as_bias(self.bias, x.dtype))


class Depthwise(Module):
    """Depthwise 3x3 convolution with bias: each channel is convolved by itself."""

    def __init__(self, width: int, init: Initializer) -> None:
        """Makes the weights.

        Args:
            width: Channels.
            init: Draws the weights.
        """
        super().__init__()
        self.kernel = self.weight("kernel", init.uniform([3, 3, width, 1], 9))
        self.bias = self.weight("bias", init.uniform([width], 9))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Convolves a feature map.

        Args:
            x: [B, H, W, width], which is the result's shape too.
        """
        kernel, bias = self.weights(x.dtype)
        return tf.nn.bias_add(tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "SAME"), bias)

    def weights(self, dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the weights, cast to a type.

        Args:
            dtype: Type to compute in.

        Returns:
            Kernel [3, 3, width, 1] and bias [width].
        """
        return tf.cast(self.kernel, dtype), as_bias(self.bias, dtype)


class Upsample(Module):
    """Transposed convolution 2x2 of stride 2: each pixel becomes 2x2 pixels, without overlap."""

    def __init__(self, width: int, units: int, init: Initializer) -> None:
        """Makes the weights.

        Args:
            width: Input channels.
            units: Output channels.
            init: Draws the weights.
        """
        super().__init__()
        fan_in = 4 * units  # PyTorch counts the second axis of its (in, out, 2, 2) kernel
        self.kernel = self.weight("kernel", init.uniform([width, 2, 2, units], fan_in))
        self.bias = self.weight("bias", init.uniform([units], fan_in))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Doubles height and width.

        Args:
            x: [B, H, W, width].

        Returns:
            [B, 2H, 2W, units].
        """
        width, _, _, units = self.kernel.shape
        shape = tf.shape(x)
        x = tf.matmul(tf.reshape(x, [-1, width]), tf.cast(tf.reshape(self.kernel, [width, -1]), x.dtype))
        x = tf.nn.bias_add(x, tf.cast(tf.tile(self.bias, [4]), x.dtype))
        return tf.nn.depth_to_space(tf.reshape(x, tf.concat([shape[:3], [4 * units]], 0)), 2)


class DropPath(Module):
    """Stochastic depth (Huang et al., 2016, arXiv:1603.09382): training drops a residual branch for some samples."""

    def __init__(self, rate: float) -> None:
        """Sets the rate.

        Args:
            rate: Probability of dropping the branch, from 0 to below 1.
        """
        super().__init__()
        self.rate = rate

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Drops the branch for some samples.

        Args:
            x: The branch's output, [B, H, W, C].
            training: Whether to drop at all.

        Returns:
            x with some samples 0 and the others divided by 1 - rate; x itself if not training.
        """
        if not training or not self.rate:
            return x
        keep_probability = 1.0 - self.rate
        is_present = step_rng.uniform([tf.shape(x)[0], 1, 1, 1]) < keep_probability
        return x * tf.cast(tf.where(is_present, 1.0 / keep_probability, 0.0), x.dtype)
