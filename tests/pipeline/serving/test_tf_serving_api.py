"""TF Serving's API over a small network, held against the SavedModel's own signatures."""

import base64
import io
import json

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format
from PIL import Image
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from model_code.saved_model.loading import load_restorer
from tests.model_code import drawn_pairs
from tests.pipeline.serving import servers
from tests.pipeline.serving.servers import PREDICT

SIZES = [(20, 33), (41, 17), (20, 33)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return servers.network(tmp_path_factory.mktemp("model") / "7")


@pytest.fixture(scope="module")
def restorer(folder):
    return load_restorer(folder)


@pytest.fixture(scope="module")
def client(folder):
    with servers.serving(model=folder) as client:
        yield client


@pytest.fixture(scope="module")
def files():
    images = [drawn_pairs.clean(size, seed) for seed, size in enumerate(SIZES)]
    return [drawn_pairs.encoded(image, kind) for image, kind in zip(images, ("PNG", "PNG", "JPEG"), strict=True)]


def _b64(data):
    return {"b64": base64.b64encode(data).decode()}


def _requests(items):
    """The four ways to say the same."""
    return [
        ({"instances": items}, "predictions"),
        ({"instances": [{"images": item} for item in items], "signature_name": "serving_default"}, "predictions"),
        ({"inputs": {"images": items}}, "outputs"),
        ({"inputs": items}, "outputs"),
    ]


def _close(answer, expected):
    """Equal but for a sum in another order, which may fall to the other side of a rounding edge."""
    assert answer.shape == expected.shape
    difference = np.abs(answer.astype(int) - expected)
    assert difference.max() <= 1
    assert (difference != 0).mean() < 0.001


@pytest.mark.parametrize("number", range(4))
def test_both_formats_answer_what_the_saved_model_answers(client, restorer, files, number):
    request, key = _requests([_b64(data) for data in files])[number]
    answer = client.post(PREDICT, json=request)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-model-version"] == "7"
    assert list(answer.json()) == [key]
    items = answer.json()[key]
    assert all(list(item) == ["b64"] for item in items)
    for item, expected in zip(items, restorer.restore_encoded(files), strict=True):
        _close(servers.pixels(base64.b64decode(item["b64"])), servers.pixels(expected))


@pytest.mark.parametrize("number", range(4))
def test_tensors_are_answered_by_tensors_unclipped(client, restorer, number):
    images = np.random.default_rng(1).random((2, 19, 23, 3), np.float32)
    request, key = _requests(images.tolist())[number]
    answer = client.post(PREDICT, json=request | {"signature_name": "restore_tensor"})
    assert answer.status_code == 200, answer.text
    np.testing.assert_allclose(answer.json()[key], restorer.restore_tensor(tf.constant(images)), atol=1e-4)


def test_a_version_is_answered_only_if_it_is_the_one_served(client, files):
    request = {"instances": [_b64(files[0])]}
    served = client.post("/v1/models/restore/versions/7:predict", json=request)
    assert served.json() == client.post(PREDICT, json=request).json()
    for path in ("/v1/models/restore/versions/8:predict", "/v1/models/other:predict", "/v1/models/restore:classify"):
        answer = client.post(path, json=request)
        assert answer.status_code == 404
        assert list(answer.json()) == ["error"]
    for path in ("/v1/models/restore/versions/8", "/v1/models/restore/versions/8/metadata", "/v1/models/other"):
        assert client.get(path).status_code == 404
    assert client.get(PREDICT).status_code == 405


@pytest.mark.parametrize("path", ["/v1/models/restore", "/v1/models/restore/versions/7"])
def test_the_status_is_the_message_of_tf_serving(client, path):
    answer = client.get(path)
    content = json_format.Parse(answer.text, get_model_status_pb2.GetModelStatusResponse())
    (status,) = content.model_version_status
    assert (status.version, status.state, status.status.error_code) == (7, status.AVAILABLE, 0)
    assert answer.json() == {
        "model_version_status": [
            {"version": "7", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        ]
    }


@pytest.mark.parametrize("path", ["/v1/models/restore/metadata", "/v1/models/restore/versions/7/metadata"])
def test_the_metadata_are_the_signatures_of_the_saved_model(client, folder, path):
    answer = client.get(path).json()
    assert answer["model_spec"] == {"name": "restore", "signature_name": "", "version": "7"}
    text = json.dumps(answer["metadata"]["signature_def"])
    content = json_format.Parse(text, get_model_metadata_pb2.SignatureDefMap()).signature_def
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    assert dict(content) == dict(saved.meta_graphs[0].signature_def)
    images = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]["inputs"]["images"]
    assert images == {
        "dtype": "DT_STRING",
        "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
        "name": "serving_default_images:0",
    }


def test_a_raw_image_is_answered_by_a_png(client, restorer, files):
    for data in files:
        answer = client.post("/restore", content=data)
        assert answer.status_code == 200
        assert (answer.headers["content-type"], answer.headers["x-model-version"]) == ("image/png", "7")
        _close(servers.pixels(answer.content), servers.pixels(restorer.restore_encoded([data])[0]))


def test_a_photograph_that_exif_turns_comes_back_upright(client, restorer):
    upright = drawn_pairs.clean((30, 44), 3)
    exif, turned = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6  # lying on its side: to be turned by 90 degrees clockwise
    Image.fromarray(np.rot90(upright)).save(turned, "PNG", exif=exif)
    answer = servers.pixels(client.post("/restore", content=turned.getvalue()).content)
    _close(answer, servers.pixels(restorer.restore_encoded([drawn_pairs.encoded(upright)])[0]))


def test_health_and_metrics_name_the_version_and_count(client, files):
    assert client.get("/healthz").json() == {"status": "ok", "version": 7}
    names = {
        "images": "ast_restore_restored_images_total",
        "pixels": "ast_restore_restored_pixels_total",
        "batches": "ast_restore_batch_size_sum",
        "requests": 'ast_restore_http_requests_total{code="200",path="restore"}',
        "seconds": 'ast_restore_http_request_duration_seconds_count{path="restore"}',
    }
    client.post("/restore", content=files[0])
    before = {key: servers.metric(client, name) for key, name in names.items()}
    client.post("/restore", content=files[0])
    after = {key: servers.metric(client, name) for key, name in names.items()}
    assert {key: after[key] - before[key] for key in names} == {
        "images": 1,
        "pixels": 20 * 33,
        "batches": 1,
        "requests": 1,
        "seconds": 1,
    }
    assert servers.metric(client, "ast_restore_model_version") == 7
    assert servers.metric(client, "ast_restore_in_flight_images") == 0
    assert servers.metric(client, 'ast_restore_model_loads_total{result="success"}') == 1
    assert servers.metric(client, "process_resident_memory_bytes") > 2**20
    client.get("/thought/up")
    assert servers.metric(client, 'ast_restore_http_requests_total{code="404",path="other"}') == 1


WRONG = [
    (b"{", "not valid JSON"),
    (b"\xff\xfe", "not valid JSON"),
    (b"[" * 100_000, "not valid JSON"),
    (b'{"instances": [' + b"9" * 5000 + b"]}", "not valid JSON"),
    (b"", "empty"),
    (b"[]", "not a JSON object"),
    (b"{}", "give one of instances and inputs"),
    (b'{"instances": [], "inputs": []}', "give one of instances and inputs"),
    (b'{"instances": []}', "instances: not a list of at least one image"),
    (b'{"instances": {"b64": "AAAA"}}', "instances: not a list"),
    (b'{"examples": []}', "unknown key 'examples'"),
    (b'{"instances": ["AAAA"]}', "instances[0]: not {"),
    (b'{"instances": [{"b64": 3}]}', "instances[0]: not {"),
    (b'{"instances": [{"b64": "A"}]}', "instances[0]: invalid base64"),
    (b'{"instances": [{"b64": "\\u00e9\\u00e9"}]}', "instances[0]: invalid base64"),
    (b'{"instances": [{"b64": "AAAA", "more": 1}]}', "instances[0]: not {"),
    (b'{"instances": [{"pictures": {"b64": "AAAA"}}]}', "instances[0]: not {"),
    (b'{"inputs": {"pictures": [{"b64": "AAAA"}]}}', "inputs: the one input is named 'images'"),
    (b'{"inputs": {"images": {"b64": "AAAA"}}}', "inputs.images: not a list"),
    (b'{"inputs": {"images": [{"b64": "AAAA"}]}}', "inputs.images[0]: not a PNG or JPEG"),
    (b'{"instances": [{"b64": ""}]}', "instances[0]: not a PNG or JPEG"),
    (b'{"instances": [{"b64": "AAAA"}], "signature_name": "restore_examples"}', "'restore_examples' is not served"),
    (b'{"instances": [{"b64": "AAAA"}], "signature_name": 3}', "'3' is not served"),
]
TENSORS = ["3", '"x"', "[]", "[[1, 2, 3]]", "[[[1, 2]]]", "[[[0, 0, 0]], [[0, 0]]]", "[[[0, 0, 2]]]", "[[[0, 0, NaN]]]"]
TENSORS += [
    "[[[0, 0, null]]]",
    '[[["0", "0", "0"]]]',
    "[[[0, 0, 1" + "0" * 400 + "]]]",
    "[" * 50 + "0" + "]" * 50,
    "[[]]",
    "[[[false, 0, 0]]]",
]


@pytest.mark.parametrize(("body", "said"), WRONG)
def test_malformed_requests_are_refused_with_a_reason(client, body, said):
    answer = client.post(PREDICT, content=body)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["error"]


@pytest.mark.parametrize("tensor", TENSORS)
def test_malformed_tensors_are_refused(client, tensor):
    good = json.dumps(np.zeros((2, 2, 3)).tolist())
    body = f'{{"signature_name": "restore_tensor", "instances": [{good}, {tensor}]}}'
    answer = client.post(PREDICT, content=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith("instances[1]: not an image; give [H][W][3] numbers in [0, 1]")


def test_one_bad_image_fails_the_request_at_once(client, files):
    answer = client.post(PREDICT, json={"instances": [_b64(files[0]), _b64(b"no image"), _b64(files[1])]})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("instances[1]: not a PNG or JPEG picture")
    assert client.post("/restore", content=files[0]).status_code == 200
