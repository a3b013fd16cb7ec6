"""Oversized, slow, excess and malformed requests get an error that says why."""

import base64
import json
import socket
import struct
import threading
import time
import zlib

import numpy as np
import pytest

from pipeline.serving.admission import MAX_RETRY_SECONDS
from pipeline.serving.run import make_server
from pipeline.serving.settings import ServeSettings
from pipeline.serving.tf_serving_api import MAX_TENSOR_PIXELS
from tests.pipeline.serving import servers
from tests.pipeline.serving.servers import PREDICT

MAX_BODY = 200_000


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    model = servers.halving(tmp_path_factory.mktemp("model") / "1")
    with servers.serving(model=model, max_body=MAX_BODY, max_pixels=10_000, queue=3, read_timeout=0.7) as client:
        yield client


@pytest.fixture(autouse=True)
def _alive(client):
    """Whatever a test sent, the server answers after it."""
    yield
    image = servers.image()
    answer = client.post("/restore", content=servers.png(image))
    np.testing.assert_array_equal(servers.pixels(answer.content), servers.halved(image))
    assert servers.metric(client, "ast_restore_in_flight_images") == 0


def _bomb(side):
    """A PNG of a kilobyte, and of many megapixels as far as its header goes."""
    chunks = (
        b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0),
        b"IDAT" + zlib.compress(bytes(100)),
        b"IEND",
    )
    framed = (struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def _cut_short():
    data = servers.png(servers.image((60, 80)))
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no image at all", "not a PNG or JPEG picture"),
        (b"GIF89a" + bytes(40), "not a PNG or JPEG picture"),
        (_bomb(12_000), "12000 x 12000 is more than 10,000 pixels"),
        (_bomb(60_000), "far too many pixels for any picture"),
        (_cut_short(), "damaged or cut short"),
        (servers.png(np.zeros((101, 100, 3), np.uint8)), "100 x 101 is more than 10,000 pixels"),
        (servers.png(np.full((8, 8, 4), 9, np.uint8)), "partly transparent"),
        (b"", "empty"),
    ],
    ids=("text", "gif", "bomb", "larger bomb", "cut short", "too large", "transparent", "empty"),
)
def test_non_images_are_refused_with_a_reason_by_both_apis(client, data, said):
    raw = client.post("/restore", content=data)
    assert (raw.status_code, said in raw.json()["error"]) == (400, True), raw.text
    if data:
        answer = client.post(PREDICT, json={"instances": [{"b64": base64.b64encode(data).decode()}]})
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("instances[0]: ")
        assert said in answer.json()["error"]


def test_an_oversized_body_is_refused_by_its_header_and_while_it_arrives(client):
    assert client.post("/restore", content=bytes(MAX_BODY + 1)).status_code == 413
    answer = client.post("/restore", content=(bytes(1000) for _ in range(MAX_BODY // 1000 + 1)))
    assert answer.status_code == 413
    assert "200,000 bytes" in answer.json()["error"]


def test_an_oversized_tensor_is_refused_with_the_advice_to_send_a_file(tmp_path):
    side = int(MAX_TENSOR_PIXELS**0.5) + 1
    body = {"signature_name": "restore_tensor", "inputs": np.zeros((1, side, side, 3), int).tolist()}
    with servers.serving(model=servers.halving(tmp_path / "1")) as client:
        answer = client.post(PREDICT, json=body)
    assert answer.status_code == 400
    assert "inputs[0]: more than 262,144 pixels; send it as PNG or JPEG" in answer.json()["error"]


def test_one_request_cannot_have_more_images_than_may_be_in_flight(client):
    item = {"b64": base64.b64encode(servers.png(servers.image())).decode()}
    assert client.post(PREDICT, json={"instances": [item] * 3}).status_code == 200
    answer = client.post(PREDICT, json={"instances": [item] * 4})
    assert answer.status_code == 400
    assert "4 images in one request; send at most 3" in answer.json()["error"]


def _talk(client, *parts, pause=0.0):
    """Sends raw bytes with pauses and returns all that is answered, and after how long."""
    with socket.create_connection((client.base_url.host, client.base_url.port), 30) as connection:
        start = time.monotonic()
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:  # answered and closed already
                break
            time.sleep(pause)
        return _heard(connection), time.monotonic() - start


def _heard(connection):
    """Returns an answer whose body is JSON, or what came of it before the connection ended."""
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
        received = connection.recv(1 << 16)
        if not received:
            break
        answer += received
    return answer


def _post(length):
    return f"POST /restore HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()


def test_a_client_that_stops_sending_gets_408(client):
    answer, seconds = _talk(client, _post(1000) + b"\x89PNG")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert 0.6 < seconds < 5


def test_a_client_that_sends_single_bytes_slowly_gets_408(client):
    answer, seconds = _talk(client, _post(1000), *[b"x"] * 10, pause=0.2)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert seconds < 5


@pytest.mark.parametrize("parts", [[b"POST /restore HT"], [b"POST /restore HTTP/1.1\r\n", *[b"x: y\r\n"] * 10]])
def test_slow_headers_get_408(client, parts):
    answer, seconds = _talk(client, *parts, pause=0.2)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the headers came too slowly" in answer
    assert 0.6 < seconds < 5


def test_slow_headers_of_a_later_request_get_408(client):
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port), 30) as connection:
        connection.sendall(whole)
        assert _heard(connection).startswith(b"HTTP/1.1 200 ")
        time.sleep(1.0)  # An idle connection is no slow one.
        connection.sendall(whole)
        assert _heard(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(whole[:10])
        assert _heard(connection).startswith(b"HTTP/1.1 408 ")


def test_a_silent_connection_is_closed(client):
    assert _talk(client)[0] == b""


def test_a_client_that_disconnects_is_no_longer_in_flight(client):
    with socket.create_connection((client.base_url.host, client.base_url.port), 30) as connection:
        connection.sendall(_post(1000) + b"\x89PNG")
        _until(lambda: servers.metric(client, "ast_restore_in_flight_images") == 1)
    _until(lambda: servers.metric(client, "ast_restore_in_flight_images") == 0)


def test_invalid_http_is_refused(client):
    assert _talk(client, b"HELLO\r\n\r\n")[0].startswith(b"HTTP/1.1 400 ")
    assert _talk(client, b"POST /restore HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")[0].startswith(
        b"HTTP/1.1 400 "
    )


def test_a_full_queue_answers_503_with_retry_after_before_the_body_is_read(tmp_path):
    data = servers.png(servers.image())
    with servers.serving(model=servers.slow(tmp_path / "1"), queue=1) as client:
        answers = []
        first = threading.Thread(target=lambda: answers.append(client.post("/restore", content=data)))
        first.start()
        _until(lambda: servers.metric(client, "ast_restore_in_flight_images") == 1)
        refused = client.post("/restore", content=data)
        answer, _ = _talk(client, _post(10**6))  # and sends none of it
        healthy = client.get("/healthz").status_code
        first.join()
        assert client.post("/restore", content=data).status_code == 200
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert "try again later" in refused.json()["error"]
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in answer.lower()
    assert healthy == 200
    assert [one.status_code for one in answers] == [200]


def test_connections_stay_open_for_longer_than_retry_after():
    assert make_server(lambda *_: None, ServeSettings()).config.timeout_keep_alive > MAX_RETRY_SECONDS


def test_a_request_of_several_images_is_admitted_whole_or_not_at_all(tmp_path):
    item = {"b64": base64.b64encode(servers.png(servers.image())).decode()}
    with servers.serving(model=servers.slow(tmp_path / "1"), queue=2) as client:
        first = threading.Thread(target=lambda: client.post(PREDICT, json={"instances": [item]}))
        first.start()
        _until(lambda: servers.metric(client, "ast_restore_in_flight_images") == 1)
        answer = client.post(PREDICT, content=json.dumps({"instances": [item] * 2}))
        first.join()
        assert servers.metric(client, "ast_restore_in_flight_images") == 0
    assert answer.status_code == 503


def _until(met, seconds=20):
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)
