"""What TF Serving's REST API and web clients send beside the plainest requests, and what the pictures keep."""

import base64
import gc
import gzip
import io
import json
import textwrap
import types

import numpy as np
import pytest
from PIL import Image, ImageCms

from pipeline.serving.json_body import MAX_OBJECTS, MAX_VALUES
from tests.pipeline.serving import servers
from tests.pipeline.serving.servers import PREDICT

MAX_BODY = 32 * 2**20


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    model = servers.halving(tmp_path_factory.mktemp("model") / "1")
    with servers.serving(model=model, max_pixels=60_000) as client:
        yield client


@pytest.fixture(scope="module")
def image():
    return servers.image()


def _predicted(client, body, **options):
    answer = client.post(PREDICT, content=body, **options)
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["predictions"]
    return servers.pixels(base64.b64decode(item["b64"]))


def _request(text, **more):
    return json.dumps({"instances": [{"b64": text}], **more}).encode()


@pytest.mark.parametrize("form", ["line breaks", "no padding", "both"])
def test_base64_is_read_as_tf_serving_reads_it(client, image, form):
    text = base64.b64encode(servers.png(image) + b"\0" * 2).decode()
    text = text.rstrip("=") if form != "line breaks" else text
    text = "\r\n".join(textwrap.wrap(text, 76)) if form != "no padding" else text
    np.testing.assert_array_equal(_predicted(client, _request(text)), servers.halved(image))


def test_an_empty_name_is_the_default_signature(client, image):
    text = base64.b64encode(servers.png(image)).decode()
    np.testing.assert_array_equal(_predicted(client, _request(text, signature_name="")), servers.halved(image))


def test_a_gzip_body_is_decompressed(client, image):
    headers = {"Content-Encoding": "gzip"}
    body = gzip.compress(_request(base64.b64encode(servers.png(image)).decode()))
    np.testing.assert_array_equal(_predicted(client, body, headers=headers), servers.halved(image))
    raw = client.post("/restore", content=gzip.compress(servers.png(image)), headers=headers)
    np.testing.assert_array_equal(servers.pixels(raw.content), servers.halved(image))


@pytest.mark.parametrize(
    ("body", "encoding", "status", "said"),
    [
        (gzip.compress(bytes(MAX_BODY + 1)), "gzip", 413, "more than"),
        (gzip.compress(b"x" * 1000)[:-5], "gzip", 400, "not one whole gzip stream"),
        (b"no gzip at all", "gzip", 400, "not valid gzip"),
        (b"x", "br", 415, "send the body with gzip or without an encoding"),
    ],
    ids=["bomb", "cut short", "not gzip", "another encoding"],  # gzip's own bytes hold the time
)
def test_other_encodings_and_bombs_are_refused(client, body, encoding, status, said):
    answer = client.post("/restore", content=body, headers={"Content-Encoding": encoding})
    assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text


def test_a_form_gets_the_hint_how_to_send_a_file(client, image):
    answer = client.post("/restore", files={"image": servers.png(image)})
    assert answer.status_code == 415
    assert "curl --data-binary @photo.jpg" in answer.json()["error"]


def _profile(space="sRGB"):
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_colour_profile_of_an_image_is_that_of_its_answer(client, image, kind):
    file = io.BytesIO()
    profile = _profile()  # holds the time at which it is made
    Image.fromarray(image).save(file, kind, icc_profile=profile)
    raw = client.post("/restore", content=file.getvalue()).content
    text = base64.b64encode(file.getvalue()).decode()
    json_answer = client.post(PREDICT, content=_request(text)).json()["predictions"][0]["b64"]
    for data in (raw, base64.b64decode(json_answer)):
        with Image.open(io.BytesIO(data)) as restored:
            restored.load()
            assert restored.info["icc_profile"] == profile


def test_a_large_profile_of_many_segments_is_kept_whole(client, image):
    file, profile = io.BytesIO(), _profile() + np.random.default_rng(0).bytes(200_000)
    Image.fromarray(image).save(file, "JPEG", icc_profile=profile)
    with Image.open(io.BytesIO(client.post("/restore", content=file.getvalue()).content)) as restored:
        assert restored.info["icc_profile"] == profile


def test_a_profile_of_gray_or_cmyk_values_is_not_kept(client, image):
    gray, cmyk = io.BytesIO(), io.BytesIO()
    not_rgb = bytearray(_profile())
    not_rgb[16:20] = b"GRAY"
    Image.fromarray(image[..., 0]).save(gray, "PNG", icc_profile=bytes(not_rgb))
    not_rgb[16:20] = b"CMYK"
    Image.fromarray(image).convert("CMYK").save(cmyk, "JPEG", icc_profile=bytes(not_rgb))
    for file in (gray, cmyk):
        answer = client.post("/restore", content=file.getvalue())
        assert answer.status_code == 200, answer.text
        with Image.open(io.BytesIO(answer.content)) as restored:
            assert "icc_profile" not in restored.info


def _filled(item):
    count = (MAX_BODY - 30) // (len(item) + 1)
    return b'{"instances":[' + b",".join([item] * count) + b"]}"


@pytest.mark.parametrize(
    "item", [b"[]", b"0", b'{"":0}', b"[" * 900 + b"]" * 900], ids=("lists", "numbers", "objects", "deep")
)
def test_a_body_of_many_values_is_refused_before_it_is_parsed(client, item):
    answer = client.post(PREDICT, content=_filled(item))
    assert answer.status_code == 400
    assert any(f"{most:,} JSON" in answer.json()["error"] for most in (MAX_VALUES, MAX_OBJECTS))


def test_large_text_beyond_ascii_is_refused(client):
    answer = client.post(PREDICT, content=f'{{"{chr(0x1F600)}": "{"x" * 2**21}"}}'.encode())
    assert answer.status_code == 400
    assert "beyond ASCII" in answer.json()["error"]


def test_pixels_bound_the_work(client):
    for shape in ((1, 60_000, 3), (60_000, 1, 3)):
        answer = client.post("/restore", content=servers.png(np.zeros(shape, np.uint8)))
        assert answer.status_code == 400
        assert "too much work" in answer.json()["error"]
    for shape in ((244, 245, 3), (30, 2000, 3), (1, 600, 3)):
        assert client.post("/restore", content=servers.png(np.zeros(shape, np.uint8))).status_code == 200
    line = {"signature_name": "restore_tensor", "inputs": np.zeros((1, 1, 60_000, 3), int).tolist()}
    assert "too narrow" in client.post(PREDICT, json=line).json()["error"]


@pytest.mark.parametrize("form", ["raw", "one", "two"])
def test_refused_requests_do_not_wait_in_memory_for_a_collection(client, form):
    waste = servers.png(np.full((9, 9, 4), 7, np.uint8))
    item = {"b64": base64.b64encode(waste).decode()}
    path, body = ("/restore", waste) if form == "raw" else (PREDICT, {"instances": [item] * (1 + (form == "two"))})
    content = body if form == "raw" else json.dumps(body).encode()
    assert client.post(path, content=content).status_code == 400
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        assert client.post(path, content=content).status_code == 400
        gc.collect()
        kept = [one for one in gc.garbage if isinstance(one, (BaseException, types.FrameType, types.CoroutineType))]
        assert kept == []  # each would keep the request's body
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
