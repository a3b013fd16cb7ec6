"""Each compiled form against its plain form: values and gradients."""

import numpy as np
import pytest
import tensorflow as tf

from model_code.network import compiled_ops

GENERATOR = np.random.default_rng(11)


def _drawn(*shape):
    return tf.constant(GENERATOR.standard_normal(shape), tf.float32)


def _feed_forward(x, *arrays, compiled):
    maps = (arrays[place : place + 2] for place in range(0, 8, 2))
    return compiled_ops.feed_forward(x, *maps, compiled=compiled)


MASK = tf.where(_drawn(3, 1, 16, 16) > 0.5, -100.0, 0.0)
CASES = {
    "gelu": (compiled_ops.gelu, (3.0 * _drawn(64, 8),)),
    "feed_forward": (
        _feed_forward,
        (
            2.0 * _drawn(2, 6, 10, 4),
            *(_drawn(4, 16), _drawn(16), _drawn(4, 16), _drawn(16)),
            *(_drawn(3, 3, 16, 1), _drawn(16), 0.3 * _drawn(16, 4), _drawn(4)),
        ),
    ),
    "layer_norm": (compiled_ops.layer_norm, (5.0 + _drawn(64, 8), _drawn(8), _drawn(8))),
    "attention": (
        compiled_ops.adaptive_sparse_attention,
        (*(_drawn(2, 3, 2, 16, 4) for _ in range(3)), _drawn(2, 16, 16), tf.constant([0.3, 0.7])),
    ),
    "masked attention": (
        compiled_ops.adaptive_sparse_attention,
        (*(_drawn(2, 3, 2, 16, 4) for _ in range(3)), _drawn(2, 16, 16) + MASK, tf.constant([0.9, 0.1])),
    ),
}


def _values_and_gradients(function, arrays, compiled):
    with tf.GradientTape() as tape:
        tape.watch(arrays)
        result = function(*arrays, compiled=compiled)
        loss = tf.reduce_sum(tf.sin(result))
    return result, *tape.gradient(loss, arrays)


@pytest.mark.parametrize("case", CASES)
def test_a_compiled_form_has_the_plain_forms_values_and_gradients(case, monkeypatch):
    function, arrays = CASES[case]
    plain = _values_and_gradients(function, arrays, compiled=False)
    monkeypatch.setattr(compiled_ops, "MIN_ELEMENTS_TO_COMPILE", 0)
    compiled = _values_and_gradients(function, arrays, compiled=True)
    for one, other in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-5 * max(1.0, np.abs(one).max()))


def test_small_arrays_and_arrays_of_unknown_size_are_not_compiled():
    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 2**10])])
    def unknown(x):
        return compiled_ops.gelu(x, compiled=True)

    def small(x):
        return compiled_ops.gelu(x, compiled=True)

    def is_compiled(concrete):  # a compiled form is a function that is called
        return any("PartitionedCall" in operation.type for operation in concrete.graph.get_operations())

    assert not is_compiled(unknown.get_concrete_function())
    assert not is_compiled(tf.function(small, autograph=False).get_concrete_function(tf.TensorSpec([4, 4])))
    assert is_compiled(tf.function(small, autograph=False).get_concrete_function(tf.TensorSpec([2**10, 2**10])))
