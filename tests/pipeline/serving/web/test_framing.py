"""What is no HTTP, or ambiguous, or under a foreign name, gets one form of error; every answer has the security headers."""

import json

import pytest

from tests.pipeline.serving import servers, sockets

IN_FLIGHT = "ast_restore_in_flight_images"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    model = servers.halving(tmp_path_factory.mktemp("model") / "1")
    with servers.serving(
        model=model, max_body=2**20, read_timeout=2.0, allowed_hosts=("photos.example.org",)
    ) as client:
        yield client


def _answer(client, *parts):
    with sockets.connect(client) as connection:
        for part in parts:
            connection.sendall(part)
        answer = sockets.heard(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:]), json.loads(body)


CHUNKED = "Transfer-Encoding: chunked"
POST = sockets.request("POST", "/restore", CHUNKED)
INVALID = {
    "no http": (b"HELLO\r\n\r\n",),
    "negative length": (sockets.request("POST", "/restore", "Content-Length: -1"),),
    "two lengths": (sockets.request("POST", "/restore", "Content-Length: 4", CHUNKED, body=b"4\r\nabcd\r\n0\r\n\r\n"),),
    "chunks in HTTP/1.0": (b"POST /restore HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",),
    "bad chunk": (POST, b"zz\r\n"),
    "bad chunk later": (POST, b"4\r\nabcd\r\n", b"nonsense\r\n"),
    "tiny chunks": (POST, b"1\r\nx\r\n" * 2000),
    "long header": (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000,),
}


@pytest.mark.parametrize("kind", INVALID)
def test_what_is_no_valid_http_gets_the_usual_error(client, kind, caplog):
    status, headers, body = _answer(client, *INVALID[kind])
    assert status == 400
    assert list(body) == ["error"]
    assert headers["content-type"] == "application/json"
    assert headers["x-content-type-options"] == "nosniff"
    sockets.until(lambda: servers.metric(client, IN_FLIGHT) == 0)
    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


HEAD_INVALID = {
    "bad chunk": sockets.request("HEAD", "/healthz", CHUNKED, body=b"6\r\nabcdefTT"),
    "two lengths": sockets.request("HEAD", "/healthz", "Content-Length: 4", CHUNKED),
}


@pytest.mark.parametrize("kind", HEAD_INVALID)
def test_a_head_request_that_turns_out_invalid_gets_no_body(client, kind, caplog):
    with sockets.connect(client) as connection:
        connection.sendall(HEAD_INVALID[kind])
        answer = sockets.heard(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"\r\n\r\n")
    assert b"x-content-type-options: nosniff" in answer.lower()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", path, 200) for path in ("/", "/healthz", "/metrics", "/v1/models/restore")),
        ("GET", "/v1/models/restore/metadata", 200),
        ("POST", "/restore", 400),
        ("POST", "/restore/", 404),
        ("GET", "/nothing", 404),
        ("GET", "/restore", 405),
        ("HEAD", "/metrics", 200),
    ],
)
def test_every_answer_has_the_security_headers(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert "location" not in answer.headers
    if status >= 400:
        assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "1.2.3.4", "[::2]", "", "a b"]
)
def test_a_foreign_name_is_refused(client, host):
    status, headers, body = _answer(client, sockets.request("GET", "/healthz", host=host))
    assert status in (421, 400)
    assert headers["x-content-type-options"] == "nosniff"
    assert status == 400 or "--allowed-host" in body["error"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1:1", "[::1]:8", "127.8.8.8", "Photos.example.org:443"]
)
def test_own_names_and_allowed_ones_are_answered(client, host):
    assert _answer(client, sockets.request("GET", "/healthz", host=host))[0] == 200


def test_any_name_can_be_allowed(tmp_path):
    model = servers.halving(tmp_path / "1")
    for allowed, host, status in (
        ("*", "anything", 200),
        ("*.example.org", "a.example.org", 200),
        ("*.example.org", "example.com", 421),
    ):
        with servers.serving(model=model, allowed_hosts=(allowed,)) as client:
            assert client.get("/healthz", headers={"Host": host}).status_code == status


def test_a_page_of_another_site_cannot_send_images(client):
    data = servers.png(servers.image())
    for site, status in (("cross-site", 403), ("same-origin", 200), ("none", 200)):
        assert client.post("/restore", content=data, headers={"Sec-Fetch-Site": site}).status_code == status
