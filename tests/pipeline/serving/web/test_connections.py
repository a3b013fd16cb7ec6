"""Clients that go, that drip, that do not read, and that crowd: none keeps a place in the server."""

import socket
import time

import numpy as np
import pytest

from tests.pipeline.serving import servers, sockets

IN_FLIGHT = "ast_restore_in_flight_images"
TIMEOUT = 0.7


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return servers.halving(tmp_path_factory.mktemp("model") / "1")


@pytest.fixture(scope="module")
def slow_client(tmp_path_factory):
    with servers.serving(model=servers.slow(tmp_path_factory.mktemp("slow") / "1"), queue=1) as client:
        yield client


@pytest.fixture(scope="module")
def client(model):
    with servers.serving(model=model, max_body=200_000, queue=3, read_timeout=TIMEOUT) as client:
        yield client


def _post(body):
    return sockets.request("POST", "/restore", f"Content-Length: {len(body)}", body=body)


def test_clients_that_have_gone_leave_the_queue(tmp_path):
    data = servers.png(servers.image())
    with servers.serving(model=servers.slow(tmp_path / "1"), queue=4) as client:
        gone = [sockets.connect(client) for _ in range(4)]
        for connection in gone:
            connection.sendall(_post(data))
        sockets.until(lambda: servers.metric(client, IN_FLIGHT) == 4)
        refused = client.post("/restore", content=data).status_code
        for connection in gone:
            connection.close()
        sockets.until(lambda: servers.metric(client, IN_FLIGHT) == 0, seconds=3)
        answer = client.post("/restore", content=data)
        batches = servers.metric(client, "ast_restore_batch_size_count")
    assert (refused, answer.status_code) == (503, 200)
    assert batches <= 2  # of the four at most the one that had begun


@pytest.mark.parametrize("headers", [(), ("Connection: close",), ("Connection: Upgrade", "Upgrade: other")])
def test_a_client_that_has_gone_cannot_hide_behind_a_further_request(slow_client, headers):
    data, client = servers.png(servers.image()), slow_client
    with sockets.connect(client) as connection:
        connection.sendall(sockets.request("POST", "/restore", f"Content-Length: {len(data)}", *headers, body=data))
        sockets.until(lambda: servers.metric(client, IN_FLIGHT) == 1)
        connection.sendall(_post(data) * 50)
        time.sleep(0.1)
        assert servers.metric(client, IN_FLIGHT) == 1
    sockets.until(lambda: servers.metric(client, IN_FLIGHT) == 0, seconds=2)


def test_requests_that_are_sent_together_are_answered_in_turn(client):
    with sockets.connect(client) as connection:
        connection.sendall(sockets.request("GET", "/healthz") * 3)
        answer = b""
        while answer.count(b"HTTP/1.1 200 ") < 3:
            received = connection.recv(1 << 16)
            assert received
            answer += received


@pytest.mark.parametrize(
    "head",
    [
        sockets.request("GET", "/healthz", "Content-Length: 100000"),
        sockets.request("POST", "/nothing", "Content-Length: 100000"),
        sockets.request("POST", "/restore", "Content-Length: 100000000"),
        sockets.request("GET", "/metrics", "Transfer-Encoding: chunked"),
    ],
    ids=("healthz", "404", "413", "chunked"),
)
def test_a_slow_body_of_an_answered_request_is_cut_off(client, head):
    drip = b"1\r\nx\r\n" if b"chunked" in head else b"x"
    with sockets.connect(client) as connection:
        connection.sendall(head)
        assert sockets.seconds_until_closed(connection, drip) < 4 * TIMEOUT


def test_a_client_that_reads_its_answer_slowly_or_not_at_all_is_cut_off(model):
    image = np.random.default_rng(1).integers(0, 256, (1700, 1700, 3), np.uint8)
    data = servers.png(image)
    with servers.serving(model=model, queue=1, read_timeout=TIMEOUT) as client:
        for rate in (0, 256):
            with sockets.connect(client, receive_buffer=4096) as connection:
                connection.sendall(_post(data))
                sockets.until(lambda: servers.metric(client, IN_FLIGHT) == 1)
                assert client.post("/restore", content=data).status_code == 503  # its answer still takes memory

                def is_over(connection=connection, rate=rate):
                    if rate:
                        connection.recv(rate)
                    return servers.metric(client, IN_FLIGHT) == 0

                sockets.until(is_over)
                assert sockets.seconds_until_closed(connection) < 15
        with client.stream("POST", "/restore", content=data) as answer:  # at some megabytes a second
            received = bytearray()
            for part in answer.iter_bytes(1 << 20):
                received += part
                time.sleep(0.05)
    difference = np.abs(servers.pixels(bytes(received)).astype(int) - servers.halved(image))
    assert difference.max() <= 1  # where tiles fade


def test_beyond_the_limit_idle_connections_are_closed_first(model, monkeypatch):
    monkeypatch.setattr("pipeline.serving.run._MAX_CONNECTIONS", 5)
    with servers.serving(model=model, read_timeout=20.0) as client:
        idle, silent = sockets.connect(client), [sockets.connect(client) for _ in range(3)]
        idle.sendall(sockets.request("GET", "/healthz"))
        assert sockets.heard(idle).startswith(b"HTTP/1.1 200 ")
        assert client.get("/healthz").status_code == 200
        with sockets.connect(client) as further:
            further.sendall(sockets.request("GET", "/healthz"))
            assert sockets.heard(further).startswith(b"HTTP/1.1 200 ")
            with sockets.connect(client) as another:  # the client's own connection was idle as well
                another.sendall(sockets.request("GET", "/healthz"))
                assert sockets.heard(another)
        for connection in (idle, *silent):
            connection.close()
        sockets.until(lambda: client.get("/healthz").status_code == 200)


def test_a_client_whose_machine_has_gone_is_noticed(client):
    with sockets.connect(client) as connection:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) in (0, 1)
    from pipeline.serving.listening import listen

    with listen("127.0.0.1", 0) as listening:
        assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
