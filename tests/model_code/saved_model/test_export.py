from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from components.infra_check import probe
from data.errors import InputError
from model_code.input import pixels
from model_code.saved_model import export
from model_code.saved_model.loading import LoadedRestorer, load_restorer
from model_code.saved_model.tiling import Tiling
from tests.model_code import drawn_pairs

SIZES = [(20, 33), (41, 17), (16, 16)]


@pytest.fixture(scope="module")
def network() -> tf.keras.Model:
    return drawn_pairs.small_network()


@pytest.fixture(scope="module")
def folder(network: tf.keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "models" / "1"
    export.save_restorer(lambda images: network(images, training=False), folder, network.variables)
    return folder


@pytest.fixture(scope="module")
def restorer(folder: Path) -> LoadedRestorer:
    return load_restorer(folder)


def expected(network: tf.keras.Model, image: np.ndarray) -> np.ndarray:
    return pixels.to_uint8(network(np.float32(image[None]) / 255, training=False))[0].numpy()


def test_encoded_images_of_mixed_sizes_and_kinds_keep_their_sizes(
    network: tf.keras.Model, restorer: LoadedRestorer
) -> None:
    images = [drawn_pairs.clean(size, seed) for seed, size in enumerate(SIZES)]
    blobs = [drawn_pairs.encoded(image, "PNG") for image in images] + [drawn_pairs.encoded(images[0], "JPEG")]
    restored = restorer.restore_encoded(blobs)
    assert all(blob.startswith(b"\x89PNG") for blob in restored)
    decoded = [tf.io.decode_png(blob).numpy() for blob in restored]
    for image, output in zip(images, decoded[:3], strict=True):
        assert np.abs(expected(network, image).astype(int) - output).max() <= 1  # a rounding edge may fall either way
    assert decoded[3].shape == images[0].shape


def test_tensors_come_back_unclipped(network: tf.keras.Model, restorer: LoadedRestorer) -> None:
    images = tf.random.stateless_uniform([2, 19, 37, 3], [1, 2], -1.0, 2.0)
    restored = restorer.restore_tensor(images)
    np.testing.assert_allclose(restored, network(images, training=False), atol=1e-5)
    assert float(tf.reduce_max(restored)) > 1


def test_records_give_what_their_encoded_inputs_give(restorer: LoadedRestorer) -> None:
    records = [drawn_pairs.record(size, seed) for seed, size in enumerate(SIZES)]
    examples = [record.to_example().SerializeToString() for record in records]
    encoded = restorer.restore_encoded([record.input_image for record in records])
    assert restorer.restore_examples(examples) == encoded


def test_a_large_image_is_restored_in_tiles_that_equal_the_whole(network: tf.keras.Model, tmp_path: Path) -> None:
    tiling = Tiling(tile=64, margin=16, fade=8)
    export.save_restorer(lambda images: network(images, training=False), tmp_path, network.variables, tiling=tiling)
    image = drawn_pairs.clean((131, 203), 7)
    (restored,) = load_restorer(tmp_path).restore_encoded([drawn_pairs.encoded(image)])
    difference = np.abs(expected(network, image).astype(int) - tf.io.decode_png(restored))
    assert difference.max() <= 1
    border = np.pad(np.zeros((125, 197), bool), 3, constant_values=True)
    assert difference[border].mean() <= difference.mean() + 0.01


def test_a_model_pushed_before_the_outputs_name_changed_is_read(tmp_path: Path) -> None:
    restorer = export.Restorer(tf.identity)
    old = {
        name: tf.function(lambda **inputs: {"restored": restorer._restore_each(inputs["images"])}, autograph=False)
        for name in ("serving_default", "restore_examples")
    }
    strings = tf.TensorSpec([None], tf.string, name="images")
    signatures = {name: function.get_concrete_function(images=strings) for name, function in old.items()}
    floats = tf.TensorSpec([None, None, None, 3], tf.float32, name="images")
    tensor = tf.function(restorer.restore_tensor, input_signature=[floats], autograph=False)
    tf.saved_model.save(restorer, str(tmp_path), signatures | {"restore_tensor": tensor})
    image = drawn_pairs.clean((21, 34), 5)
    (restored,) = load_restorer(tmp_path).restore_encoded([drawn_pairs.encoded(image)])
    np.testing.assert_array_equal(tf.io.decode_png(restored), image)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(drawn_pairs.encoded(image))
    (found,) = probe.probe(tmp_path, [tmp_path / "images" / "a.png"])["images"]
    assert found["restored"] == [21, 34]


def test_tf_servings_messages_go_in_and_come_out(folder: Path, restorer: LoadedRestorer) -> None:
    """What TF Serving does with a request: its REST interface writes base64 for an output whose name ends in `_bytes`."""
    blobs = [drawn_pairs.encoded(drawn_pairs.clean(size, seed)) for seed, size in enumerate(SIZES)]
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = "serving_default"
    request.inputs["images"].CopyFrom(tf.make_tensor_proto(blobs))
    signature = tf.saved_model.load(str(folder)).signatures[request.model_spec.signature_name]
    inputs = {name: tf.constant(tf.make_ndarray(proto)) for name, proto in request.inputs.items()}
    response = predict_pb2.PredictResponse()
    for name, value in signature(**inputs).items():
        response.outputs[name].CopyFrom(tf.make_tensor_proto(value.numpy()))
    sent = predict_pb2.PredictResponse.FromString(response.SerializeToString())
    assert [name for name in sent.outputs if name.endswith("_bytes")] == ["restored_bytes"]
    assert list(sent.outputs["restored_bytes"].string_val) == restorer.restore_encoded(blobs)


def test_tf_serving_warms_up_with_requests_that_the_model_answers(folder: Path, tmp_path: Path) -> None:
    file = folder / "assets.extra" / "tf_serving_warmup_requests"
    signatures = tf.saved_model.load(str(folder)).signatures
    logs = [PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(file))]
    assert logs
    for log in logs:
        request = log.predict_log.request
        (restored,) = signatures[request.model_spec.signature_name](
            **{name: tf.constant(tf.make_ndarray(proto)) for name, proto in request.inputs.items()}
        ).values()
        assert all(blob.startswith(b"\x89PNG") for blob in restored.numpy())
    export.save_restorer(export.identity_restorer(), tmp_path / "again")
    assert (tmp_path / "again" / "assets.extra" / file.name).read_bytes() == file.read_bytes()


def test_an_empty_batch_gives_an_empty_batch(restorer: LoadedRestorer) -> None:
    assert restorer.restore_encoded([]) == []


def test_the_identity_restorer_returns_the_very_pixels(tmp_path: Path) -> None:
    export.save_restorer(export.identity_restorer(), tmp_path / "identity")
    image = drawn_pairs.clean((21, 34), 5)
    (restored,) = load_restorer(tmp_path / "identity").restore_encoded([drawn_pairs.encoded(image)])
    np.testing.assert_array_equal(tf.io.decode_png(restored), image)


def test_serving_needs_none_of_our_code(folder: Path, tmp_path: Path) -> None:
    script = (
        "import sys, tensorflow as tf\n"
        "loaded = tf.saved_model.load(sys.argv[1])\n"
        "blob = tf.io.encode_png(tf.zeros([13, 22, 3], tf.uint8))\n"
        "restored = loaded.signatures['serving_default'](images=blob[tf.newaxis])['restored_bytes']\n"
        "assert tf.io.decode_png(restored[0]).shape == (13, 22, 3)\n"
        "assert not {'model_code', 'data'} & set(sys.modules)\n"
        "assert set(loaded.signatures) == {'serving_default', 'restore_tensor', 'restore_examples'}\n"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True, cwd=tmp_path)


def test_only_standard_operations_are_used(folder: Path) -> None:
    graph = tf.saved_model.load(str(folder)).signatures["serving_default"].graph.as_graph_def()
    used = {node.op for function in graph.library.function for node in function.node_def}
    assert not {"PyFunc", "EagerPyFunc", "PyFuncStateless"} & used


def test_the_graph_holds_network_and_tiling_once(folder: Path) -> None:
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    functions = saved.meta_graphs[0].graph_def.library.function
    loops = [node for function in functions for node in function.node_def if node.op in ("While", "StatelessWhile")]
    assert len(loops) == 3  # over images, bands and tiles
    convolutions = [sum(node.op == "Conv2D" for node in function.node_def) for function in functions]
    assert sum(count > 0 for count in convolutions) == 1


def test_a_model_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "left-over").write_text("")
    export.save_restorer(export.identity_restorer(), target)
    assert not (target / "left-over").exists()

    def broken(_: tf.Tensor) -> tf.Tensor:
        raise RuntimeError("no network")

    with pytest.raises(RuntimeError, match="no network"):
        export.save_restorer(broken, target)
    load_restorer(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_a_folder_without_a_restorer_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no SavedModel"):
        load_restorer(tmp_path)
    tf.saved_model.save(tf.Module(), str(tmp_path / "other"))
    with pytest.raises(InputError, match="without the signatures .*; name a model that a run pushed"):
        load_restorer(tmp_path / "other")
