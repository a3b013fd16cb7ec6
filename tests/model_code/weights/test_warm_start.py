"""Initial weights from an earlier network, or an error that names the weights that do not fit."""

import numpy as np
import pytest

from data.errors import InputError
from model_code.known_weights import PRODUCTION
from model_code.network import build
from model_code.saved_model.export import identity_restorer, save_restorer
from model_code.settings import TrainSettings
from model_code.weights.reference_weights import load_reference_weights, to_reference
from model_code.weights.warm_start import InitialWeights, start_digest, start_from


def _network(seed, embed_dim=4):
    spec = {"embed_dim": embed_dim, "depths": (1,) * 9, "num_heads": (1,) * 9}
    return build.build(spec, img_size=32, seed=seed)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder, model = tmp_path_factory.mktemp("saved") / "model", _network(1)
    save_restorer(lambda images: model(images, training=False), folder, model.variables)
    return folder, model


def test_weights_are_those_of_the_production_model(saved):
    folder, theirs = saved
    mine = _network(2)
    assert start_from(mine, PRODUCTION, str(folder)) == InitialWeights(PRODUCTION, "the production model")
    for one, other in zip(mine.variables, theirs.variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_are_read_from_any_saved_model(saved):
    folder, theirs = saved
    mine = _network(2)
    assert start_from(mine, str(folder), None).parent == str(folder)
    np.testing.assert_array_equal(mine.variables[0], theirs.variables[0])


def test_without_a_production_model_training_starts_from_random_weights(tmp_path):
    save_restorer(identity_restorer(), tmp_path / "nothing")
    mine, untouched = _network(2), _network(2)
    weights = start_from(mine, PRODUCTION, str(tmp_path / "nothing"))
    assert weights == InitialWeights(None, "random weights: there was no production model")
    np.testing.assert_array_equal(mine.variables[0], untouched.variables[0])


def test_another_network_is_refused_with_the_keys_that_differ(saved):
    mine, untouched = _network(2, embed_dim=8), _network(2, embed_dim=8)
    with pytest.raises(
        InputError, match=r"another network: .*conv\.0\.bias \(\[16\] here, \[8\] there\).*and \d+ more"
    ):
        start_from(mine, str(saved[0]), None)
    np.testing.assert_array_equal(mine.variables[0], untouched.variables[0])  # nothing was set


def test_a_missing_path_is_reported(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        start_from(_network(2), str(tmp_path / "absent"), None)


def test_a_saved_model_with_nan_is_refused_and_nothing_is_set(tmp_path):
    theirs, mine, untouched = _network(1), _network(2), _network(2)
    last = theirs.variables[-1]
    last.assign(np.full(last.shape, np.nan))
    # Only the variables are read; the graph of the whole network would take long to save.
    save_restorer(lambda images: images, tmp_path / "nan", theirs.variables)
    with pytest.raises(InputError, match="weights that are not finite"):
        start_from(mine, str(tmp_path / "nan"), None)
    np.testing.assert_array_equal(mine.variables[0], untouched.variables[0])


@pytest.mark.parametrize("value", [np.nan, 1e300])  # the second is finite in the file and not in the network
def test_reference_weights_that_are_not_finite_as_float32_are_refused(value):
    model = _network(2)
    weights = {key: array.astype(np.float64) for key, array in to_reference(model).items()}
    weights["input_proj.proj.0.bias"][0] = value
    with pytest.raises(InputError, match=r"1 not finite: input_proj\.proj\.0\.bias"):
        load_reference_weights(model, weights)


def test_the_digest_of_the_start_changes_with_the_weights_and_only_with_a_warm_start(saved, tmp_path):
    folder, _ = saved
    warm = TrainSettings(warm_start=PRODUCTION)
    assert start_digest(TrainSettings(), str(folder)) == ()
    assert start_digest(warm, str(folder)) == start_digest(TrainSettings(warm_start=str(folder)), None)
    save_restorer(lambda images: images, tmp_path / "other", _network(2).variables)
    assert start_digest(warm, str(tmp_path / "other")) != start_digest(warm, str(folder))
    (tmp_path / "one.pth").write_bytes(b"1")
    first = start_digest(TrainSettings(warm_start=str(tmp_path / "one.pth")), None)
    (tmp_path / "one.pth").write_bytes(b"2")
    assert start_digest(TrainSettings(warm_start=str(tmp_path / "one.pth")), None) != first
