"""Operations of a network are counted as papers count them."""

import pytest
import tensorflow as tf

from model_code.network.build import build
from pipeline.benchmarks.support.complexity import multiply_accumulates


def test_convolutions_and_products_count_with_their_kernels():
    dense, depthwise = tf.zeros([3, 3, 3, 4]), tf.zeros([5, 5, 4, 1])

    def network(image):
        x = tf.nn.conv2d(image, dense, 2, "SAME")  # 8x6 outputs
        x = tf.nn.depthwise_conv2d(x, depthwise, [1, 1, 1, 1], "SAME")
        return tf.linalg.matmul(tf.reshape(x, [1, 48, 4]), tf.zeros([1, 7, 4]), transpose_b=True)

    assert multiply_accumulates(network, 16, 12) == 48 * 4 * 27 + 48 * 4 * 25 + 48 * 7 * 4


def test_an_operation_that_is_not_counted_is_an_error():
    with pytest.raises(ValueError, match="Einsum"):
        multiply_accumulates(lambda image: tf.einsum("bhwc,cd->bhwd", image, tf.zeros([3, 2])), 16, 16)


def test_the_smallest_network_has_the_operations_that_another_counter_found():
    """2.0 GMACs at 256x256, by a counter for PyTorch, which leaves the products of the attention out."""
    model = build("micro8", 128, seed=0)
    operations = multiply_accumulates(lambda image: model(image, training=False), 256, 256)
    assert 2.0e9 < operations < 2.2e9
