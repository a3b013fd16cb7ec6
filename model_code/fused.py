"""The network's element-wise arithmetic, with a compiled form that passes over memory once.

On a CPU these operations are bound by memory: the exact GELU alone is four passes over an array, and its gradient eight.
Compiled by XLA each is one. XLA compiles anew for each shape (a tenth of a second), so the compiled forms serve training,
whose patches have one size; inference, at any size and where XLA may not be there, has the plain forms. Matrix products,
convolutions and softmax stay outside: TensorFlow's own kernels are quicker than those XLA has for the CPU.

A compiled form carries its own gradient; that of a plain form is TensorFlow's. Both compute the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

LAYER_NORM_EPSILON = 1e-5
# Elements of an array from which on the compiled form saves more in some fifty training steps than its compilation took.
WORTH_COMPILING = 2**19
_SQRT_HALF = math.sqrt(0.5)
_NORMAL_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)

Gradient = Callable[..., Any]


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function compiled by XLA, for use inside a custom gradient: no tape looks into it."""
    jitted = tf.function(function, jit_compile=True, autograph=False)

    def call(*arrays: tf.Tensor) -> Any:
        results = jitted(*(tf.stop_gradient(array) for array in arrays))
        # TensorFlow's graph optimizer does not see the shapes that come out of a compiled function.
        return tf.nest.map_structure(lambda result: tf.ensure_shape(result, result.shape), results)

    return call


def _pays(x: tf.Tensor) -> bool:
    """Return whether an array is of known and sufficient size for a compiled form."""
    elements = x.shape.num_elements()
    return elements is not None and elements >= WORTH_COMPILING


def _gelu(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.gelu(x, approximate=False)


def _gelu_slope(x: tf.Tensor) -> tf.Tensor:
    """Return GELU's derivative: the normal distribution at x plus x times its density there."""
    return 0.5 * (1.0 + tf.math.erf(x * _SQRT_HALF)) + x * tf.exp(-0.5 * x * x) * _NORMAL_DENSITY_AT_0


_gelu_forward = _compiled(_gelu)
_gelu_backward = _compiled(lambda x, upstream: upstream * _gelu_slope(x))


@tf.custom_gradient
def _compiled_gelu(x: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    return _gelu_forward(x), lambda upstream: _gelu_backward(x, upstream)


def gelu(x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
    """Return the exact GELU, x (1 + erf(x / sqrt 2)) / 2."""
    if compiled and _pays(x):
        return tf.reshape(_compiled_gelu(tf.reshape(x, [-1])), x.shape)
    return _gelu(x)


_gate_forward = _compiled(lambda x, gate: _gelu(x) * _gelu(gate))
_gate_backward = _compiled(
    lambda x, gate, upstream: (upstream * _gelu(gate) * _gelu_slope(x), upstream * _gelu(x) * _gelu_slope(gate))
)


@tf.custom_gradient
def _compiled_gate(x: tf.Tensor, gate: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    return _gate_forward(x, gate), lambda upstream: _gate_backward(x, gate, upstream)


def gated(x: tf.Tensor, gate: tf.Tensor, *, compiled: bool) -> tf.Tensor:
    """Return gelu(x) * gelu(gate), in the shape of gate [T, C]; x may be [B, H, W, C] with B*H*W = T."""
    if compiled and _pays(gate):
        return tf.reshape(_compiled_gate(tf.reshape(x, [-1]), tf.reshape(gate, [-1])), gate.shape)
    # Reshaped after the GELU, which TensorFlow can so fuse with what computes x and gate.
    return tf.reshape(_gelu(x), tf.shape(gate)) * _gelu(gate)


def _normalised(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    centred = x - tf.reduce_mean(x, -1, keepdims=True)
    scale = tf.math.rsqrt(tf.reduce_mean(tf.square(centred), -1, keepdims=True) + LAYER_NORM_EPSILON)
    normal = centred * scale
    return normal * gain + bias, normal, scale


def _normalised_gradient(normal: tf.Tensor, scale: tf.Tensor, gain: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    inner = upstream * gain
    mean = tf.reduce_mean(inner, -1, keepdims=True)
    return scale * (inner - mean - normal * tf.reduce_mean(inner * normal, -1, keepdims=True))


_norm_forward = _compiled(_normalised)
_norm_backward = _compiled(_normalised_gradient)


@tf.custom_gradient
def _compiled_norm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    result, normal, scale = _norm_forward(x, gain, bias)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        to_x = _norm_backward(normal, scale, gain, upstream)
        return to_x, _column_sums(upstream * normal), _column_sums(upstream)

    return result, gradient


def layer_norm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, *, compiled: bool) -> tf.Tensor:
    """Normalise each row of [T, C] to mean 0 and variance 1, then scale and shift its channels."""
    return _compiled_norm(x, gain, bias) if compiled and _pays(x) else _normalised(x, gain, bias)[0]


def _column_sums(x: tf.Tensor) -> tf.Tensor:
    """Return the sums over all axes of [..., C] but the last: the gradient of a bias."""
    return tf.raw_ops.BiasAddGrad(out_backprop=x)


def _biased_and_sparse(scores: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    biased = scores + bias
    return biased, tf.square(tf.nn.relu(biased))


def _score_gradient(
    biased: tf.Tensor, dense: tf.Tensor, inner: tf.Tensor, row: tf.Tensor, share: tf.Tensor
) -> tf.Tensor:
    """Return the gradient of share_0 softmax(S) + share_1 relu(S)^2, of which `inner` comes from above."""
    return share[0] * dense * (inner - row) + 2.0 * share[1] * tf.nn.relu(biased) * inner


_scores_forward = _compiled(_biased_and_sparse)
_scores_backward = _compiled(_score_gradient)


@tf.custom_gradient
def _compiled_attention(
    q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, bias: tf.Tensor, share: tf.Tensor
) -> tuple[tf.Tensor, Gradient]:
    biased, sparse = _scores_forward(tf.matmul(q, k, transpose_b=True), bias)
    dense = tf.nn.softmax(biased)
    by_dense, by_sparse = tf.matmul(dense, v), tf.matmul(sparse, v)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
        # The softmax needs the sum over each row of dense * inner, which is that of its output times what comes in.
        row = tf.reduce_sum(by_dense * upstream, -1, keepdims=True)
        inner = tf.matmul(upstream, v, transpose_b=True)
        to_v = share[0] * tf.matmul(dense, upstream, transpose_a=True)
        to_v += share[1] * tf.matmul(sparse, upstream, transpose_a=True)
        to_scores = _scores_backward(biased, dense, inner, row, share)
        to_share = tf.stack([tf.reduce_sum(row), tf.reduce_sum(by_sparse * upstream)])
        to_q, to_k = tf.matmul(to_scores, k), tf.matmul(to_scores, q, transpose_a=True)
        return to_q, to_k, to_v, _window_sums(to_scores, bias), to_share

    return share[0] * by_dense + share[1] * by_sparse, gradient


def _window_sums(x: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Return x [B, nW, heads, N, N] summed to `like`, [heads, N, N] or [nW, heads, N, N]; a product is quickest."""
    rows = tf.reshape(x, [-1, tf.size(like)])
    return tf.reshape(tf.matmul(tf.ones([1, tf.shape(rows)[0]]), rows), tf.shape(like))


def adaptive_sparse_attention(
    q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, bias: tf.Tensor, share: tf.Tensor, *, compiled: bool
) -> tf.Tensor:
    """Return (share_0 softmax(S) + share_1 relu(S)^2) v, with S = q k^T + bias.

    The two attentions meet after the product with v, where they are smaller than the scores.

    Args:
        q: Queries, divided by sqrt(d): float32 [B, nW, heads, N, d].
        k: Keys, of that shape.
        v: Values, of that shape.
        bias: By relative position, [heads, N, N]; with the mask of a shifted window, [nW, heads, N, N].
        share: a_0 and a_1.
        compiled: Whether to compute the compiled form.
    """
    scores = tf.matmul(q, k, transpose_b=True)
    if compiled and _pays(scores):
        return _compiled_attention(q, k, v, bias, share)
    scores += bias
    dense = tf.matmul(tf.nn.softmax(scores), v)
    sparse = tf.matmul(tf.square(tf.nn.relu(scores)), v)
    return share[0] * dense + share[1] * sparse
