"""SavedModels that restore in ways a test can foretell."""

import pytest
import tensorflow as tf

from model_code.saved_model.export import identity_restorer, save_restorer
from tests.model_code import drawn_pairs


def darker_below(images):
    """Takes half the light from the lowest row and none from the highest: shows which way up an image was seen."""
    return images * tf.linspace(1.0, 0.5, tf.shape(images)[1])[tf.newaxis, :, tf.newaxis, tf.newaxis]


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Folders of models: `identity`, `darker_below`, and `network`, small and untrained."""
    folder = tmp_path_factory.mktemp("models")
    network = drawn_pairs.small_network(seed=1)
    save_restorer(identity_restorer(), folder / "identity")
    save_restorer(darker_below, folder / "darker_below")
    save_restorer(lambda images: network(images, training=False), folder / "network", network.variables)
    return folder
