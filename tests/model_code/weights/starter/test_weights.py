"""Weights of a starter: written and read again, set, and what those for rain do to rain that they were not trained on."""

import io

import numpy as np
import pytest
import tensorflow as tf

from data.errors import InputError
from data.features import MEDIUM
from data.image.codec.decoding import Limits
from data.image.codec.files import read_image
from data.image.measures import psnr
from data.synthesis.embedded import embedded_photos
from data.synthesis.haze import add_haze, draw_haze
from data.synthesis.random_streams import generator
from data.synthesis.varied_rain.pairs import draw_pair
from model_code.known_weights import STARTER
from model_code.network.build import build
from model_code.network.local_linear import locally_linear
from model_code.network.settings import ModelSettings
from model_code.settings import Stage, TrainSettings
from model_code.weights.reference_weights import to_reference
from model_code.weights.starter.files import description, weights_bytes
from model_code.weights.starter.weights import StarterRestorer, load_starter, read_weights, write_weights
from model_code.weights.warm_start import InitialWeights, start_digest, start_from
from tests.model_code.weights.starter.small_starter import HAZE, HAZE_MODEL, use_starters

SMALL = ModelSettings(embed_dim=4, depths=(1,) * 9, num_heads=(1,) * 9, img_size=32)


@pytest.fixture(scope="module")
def starter():
    return StarterRestorer()


def test_weights_come_back_to_the_precision_of_float16(tmp_path):
    model, other = build(SMALL.spec(), SMALL.img_size, seed=1), build(SMALL.spec(), SMALL.img_size, seed=2)
    write_weights(model, SMALL, "rain", steps=7, folder=tmp_path)
    assert description("rain", tmp_path).steps == 7
    assert description("rain", tmp_path).model == SMALL
    load_starter(other, "rain", tmp_path)
    for one, two in zip(to_reference(model).values(), to_reference(other).values(), strict=True):
        np.testing.assert_allclose(two, one, rtol=2**-10, atol=1e-6)


def test_training_starts_from_it():
    settings = description().model
    model = build(settings.spec(), settings.img_size, seed=3)
    assert start_from(model, STARTER, None) == InitialWeights(STARTER, description().words)
    first, *_ = to_reference(model).items()
    np.testing.assert_array_equal(first[1], read_weights()[first[0]])


def test_a_starter_of_another_degradation_is_built_by_its_whole_description(tmp_path, monkeypatch):
    use_starters(tmp_path, monkeypatch)
    image = tf.constant(_judged_photographs()[0][np.newaxis, :64, :96].astype(np.float32) / 255.0)
    plain = build(HAZE_MODEL.model_copy(update={"local_linear": 0}).spec(), HAZE_MODEL.img_size, seed=5)
    load_starter(plain, HAZE)
    raw = plain(image, training=False)
    restored = StarterRestorer(HAZE).restore_tensor(image)
    np.testing.assert_allclose(restored, locally_linear(image, raw, 8), atol=1e-5)
    assert np.abs(restored - raw).max() > 1e-3


def test_training_starts_from_that_of_a_degradation_and_tells_them_apart(tmp_path, monkeypatch):
    use_starters(tmp_path, monkeypatch)
    model = build(HAZE_MODEL.spec(), HAZE_MODEL.img_size, seed=5)
    assert start_from(model, "starter:haze", None) == InitialWeights("starter:haze", description(HAZE).words)
    first, *_ = to_reference(model).items()
    np.testing.assert_array_equal(first[1], read_weights(HAZE)[first[0]])
    stage = Stage(patch=32, batch=1, steps=1, learning_rate=1e-3)
    digests = {
        name: start_digest(TrainSettings(stages=(stage,), warm_start=name), None)
        for name in ("starter", "starter:rain", "starter:haze")
    }
    assert digests["starter"] == digests["starter:rain"] == (description().sha256,)
    assert digests["starter:haze"] == (description(HAZE).sha256,)
    with pytest.raises(InputError, match="starter:snow: there is no such starter"):
        start_from(model, "starter:snow", None)


def test_a_locally_linear_network_begins_with_the_linear_part_of_what_the_starter_restores(starter):
    settings = description().model.model_copy(update={"local_linear": 32})
    model = build(settings.spec(), settings.img_size, seed=3)
    load_starter(model)
    image = tf.constant(_judged_photographs()[0][np.newaxis, :64, :96].astype(np.float32) / 255.0)
    expected = locally_linear(image, starter.restore_tensor(image), 32)
    np.testing.assert_allclose(model(image, training=False), expected, atol=1e-5)


def test_another_network_is_refused():
    with pytest.raises(InputError, match="reference weights do not fit"):
        start_from(build(SMALL.spec(), SMALL.img_size, seed=1), STARTER, None)


@pytest.mark.parametrize("settings", [{"depths": (2,) * 9}, {"depths": (1, 1, 1, 1, 3, 2, 2, 1, 1)}])
def test_a_network_with_more_blocks_begins_as_the_starter_and_learns_in_them(starter, settings):
    own = description().model
    larger = own.model_copy(update=settings)
    model = build(larger.spec(), larger.img_size, seed=3)
    load_starter(model)
    image = tf.constant(_judged_photographs()[0][np.newaxis, :128, :128].astype(np.float32) / 255.0)
    with tf.GradientTape() as tape:
        restored = model(image, training=False)
        loss = tf.reduce_mean(tf.square(restored - image))
    np.testing.assert_allclose(restored, starter.restore_tensor(image), atol=1e-5)
    last = model.network.stages[4][-1].feed_forward.contract.kernel
    assert not np.any(last.numpy())
    assert np.any(tape.gradient(loss, last).numpy())


def test_wider_windows_change_little(starter):
    own = description().model
    model = build(own.spec(), 128, seed=3)  # the bottleneck's windows have 8 instead of 4 pixels of its level
    load_starter(model)
    rainy, clean = draw_pair(_judged_photographs()[0], 128, 128, generator(1, 24), clean_share=0.0)
    wide = model(tf.constant(rainy[np.newaxis].astype(np.float32) / 255.0), training=False).numpy()[0]
    as_image = np.rint(255.0 * np.clip(wide, 0.0, 1.0)).astype(np.uint8)
    assert psnr(as_image, clean) == pytest.approx(psnr(_restored(starter, rainy), clean), abs=0.5)


def test_the_file_holds_arrays_and_no_pickle():
    with np.load(io.BytesIO(weights_bytes()), allow_pickle=False) as archive:
        assert {archive[name].dtype for name in archive} == {np.dtype(np.float16)}


def _judged_photographs():
    """The photographs that the demo judges on, which no training saw."""
    folder, names = embedded_photos(), ("coffee", "friends", "rocket", "seeding")
    return [read_image(folder / f"{name}.jpg", name, Limits()).pixels for name in names]


def _restored(starter, image):
    output = starter.restore_tensor(tf.constant(image[np.newaxis].astype(np.float32) / 255.0)).numpy()[0]
    return np.rint(255.0 * np.clip(output, 0.0, 1.0)).astype(np.uint8)


def test_rain_on_photographs_that_it_never_saw_is_mostly_gone(starter):
    gains = []
    for number, photo in enumerate(_judged_photographs()):
        rainy, clean = draw_pair(photo, 192, 192, generator(number, 24), clean_share=0.0)
        gains.append(psnr(_restored(starter, rainy), clean) - psnr(rainy, clean))
    assert np.mean(gains) > 3.0
    assert min(gains) > 0.0


def test_a_clean_photograph_comes_out_almost_as_it_went_in(starter):
    for photo in _judged_photographs():
        image = photo[:192, :192]
        assert psnr(_restored(starter, image), image) > 34.0  # rain leaves 22


def test_haze_on_photographs_that_it_never_saw_is_mostly_gone():
    starter, gains = StarterRestorer(HAZE), []
    for number, photo in enumerate(_judged_photographs()):
        clean = np.ascontiguousarray(photo[:256, :320])
        hazy = add_haze(clean, draw_haze(MEDIUM, generator(number, 24)), number)
        gains.append(psnr(_restored(starter, hazy), clean) - psnr(hazy, clean))
    assert np.mean(gains) > 5.0
    assert min(gains) > 0.0
