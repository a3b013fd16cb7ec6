"""The OpenAPI document says what the running server does: paths, methods, statuses, media types, headers and bodies.

`openapi-3.1-schema.json` is the OpenAPI Initiative's schema of such documents (its `$id`, Apache 2.0), unchanged.
"""

import base64
import json
import time
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from pipeline.serving.openapi import ALWAYS, OPERATIONS
from tests.pipeline.serving import servers, sockets
from tests.pipeline.serving.servers import PREDICT

OPENAPI_SCHEMA = Path(__file__).with_name("openapi-3.1-schema.json")
MAX_BODY, QUEUE, READ_SECONDS = 50_000, 3, 0.7
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
IMAGE, WHITE = servers.png(servers.image()), servers.png(np.full((16, 16, 3), 255, np.uint8))


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A server whose model fails for white images."""
    model = servers.touchy(tmp_path_factory.mktemp("model") / "7")
    with servers.serving(model=model, max_body=MAX_BODY, queue=QUEUE, read_timeout=READ_SECONDS) as client:
        yield client


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A server that waits for its first model."""
    with servers.serving(models=tmp_path_factory.mktemp("models")) as client:
        yield client


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


def operations(document):
    """Returns (method, path, operation) of every operation."""
    return [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def url(path, version="7"):
    return path.replace("{version}", version)


def resolved(document, value):
    """Returns what a reference within the document refers to, or the value itself."""
    if "$ref" not in value:
        return value
    for part in value["$ref"].removeprefix("#/").split("/"):
        document = document[part]
    return document


def fits(document, schema, value):
    return Draft202012Validator(schema | {"components": document["components"]}).is_valid(value)


def predict(data=IMAGE, **more):
    return json.dumps({"instances": [{"b64": base64.b64encode(data).decode()}], **more}).encode()


def body_of(path, data=IMAGE):
    """Returns a body that a path takes."""
    return predict(data) if path.endswith(":predict") else data


def answers(client, empty, method, path):
    """Returns answers of all the kinds that one operation gives, but those to slow, unreadable and excess connections."""
    content = body_of(path) if method == "POST" else None

    def send(which=client, version="7", content=content, **headers):
        return which.request(method, url(path, version), content=content, headers=headers)

    sent = [send(), send(Host="evil.example"), send(empty)]
    if "{version}" in path:
        sent.append(send(version="8"))
    if method == "POST":
        sent += [
            send(content=b"no image"),
            send(content=body_of(path, WHITE)),
            send(content=bytes(MAX_BODY + 1)),
            send(**{"Content-Type": "multipart/form-data; boundary=x"}),
            send(**{"Content-Encoding": "br"}),
            send(**{"Sec-Fetch-Site": "cross-site"}),
        ]
    return sent


def test_the_document_is_valid_openapi_31(document):
    problems = Draft202012Validator(json.loads(OPENAPI_SCHEMA.read_text())).iter_errors(document)
    assert [problem.message for problem in problems] == []
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert f'"#/components/schemas/{name}"' in json.dumps(document), f"{name} is used nowhere"
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_every_operation_gives_what_the_document_says_and_nothing_else(client, empty, document):
    for method, path, operation in operations(document):
        seen = set()
        for answer in answers(client, empty, method, path):
            seen.add(answer.status_code)
            said = resolved(document, operation["responses"][str(answer.status_code)])
            where = (method, path, answer.status_code)
            required = {
                name for name, header in said.get("headers", {}).items() if resolved(document, header).get("required")
            }
            assert required <= {name.title() for name in answer.headers}, where
            assert ("x-model-version" in answer.headers) == ("X-Model-Version" in required), where
            assert answer.headers["x-content-type-options"] == "nosniff"
            if method == "HEAD":
                assert not answer.content, where
                continue
            media_type = answer.headers["content-type"].split(";")[0]
            assert media_type in said["content"], where
            if media_type == "application/json":
                assert fits(document, said["content"][media_type]["schema"], answer.json()), where
        assert seen | {int(status) for status in ALWAYS} == {int(status) for status in operation["responses"]}, path


def test_an_unreadable_and_a_slow_request_get_their_answer_on_every_path(client, document):
    schema = document["components"]["schemas"]["Error"]
    everything = [(method, path) for method, path, _ in operations(document) if method != "HEAD"]
    slow = [sockets.connect(client) for _ in everything]
    for connection, (method, path) in zip(slow, everything, strict=True):
        connection.sendall(sockets.request(method, url(path))[:-2])
    for method, path in everything:
        with sockets.connect(client) as connection:
            connection.sendall(sockets.request(method, url(path), "Content-Length: -1"))
            _require(sockets.heard(connection), 400, schema)
    time.sleep(READ_SECONDS)
    for connection in slow:
        with connection:
            _require(sockets.heard(connection), 408, schema)


def _require(answer, status, schema):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"content-type: application/json" in head.lower()
    assert Draft202012Validator(schema).is_valid(json.loads(body))


def test_other_methods_get_405_with_those_of_the_path_and_other_paths_404(client, document):
    error = document["components"]["schemas"]["Error"]
    for path, item in document["paths"].items():
        known = {method.upper() for method in item if method != "parameters"}
        for method in set(METHODS) - known:
            answer = client.request(method, url(path))
            assert answer.status_code == 405, (method, path)
            assert {name.strip() for name in answer.headers["allow"].split(",")} == known
            assert method == "HEAD" or fits(document, error, answer.json())
    for path in ("/docs", "/restore/", "/v1/models/other", "/v1/models/restore/versions/7/labels"):
        assert client.get(path).status_code == 404
        assert fits(document, error, client.get(path).json())


def test_the_document_has_the_limits_of_this_server(client, document):
    text = json.dumps(document)
    assert f"{MAX_BODY:,} bytes" in text
    assert f"for {READ_SECONDS:g} s" in text
    many = {"instances": json.loads(predict())["instances"] * (QUEUE + 1)}
    request = {"$ref": "#/components/schemas/PredictRequest"}
    assert not fits(document, request, many)
    assert client.post(PREDICT, json=many).status_code == 400
    assert fits(document, request, many | {"instances": many["instances"][1:]})


B64 = {"b64": base64.b64encode(IMAGE).decode()}
TENSOR = [[[0.5, 0.25, 1.0]] * 20] * 20
TENSORS = {"signature_name": "restore_tensor"}
REQUESTS = [
    {"instances": [B64]},
    {"instances": [{"images": B64}, B64], "signature_name": ""},
    {"inputs": [B64], "signature_name": "serving_default"},
    {"inputs": {"images": [B64]}},
    {"instances": [TENSOR], **TENSORS},
    {"instances": [{"images": TENSOR}], **TENSORS},
    {"inputs": {"images": [TENSOR]}, **TENSORS},
    {},
    [],
    {"instances": []},
    {"instances": B64},
    {"instances": [B64["b64"]]},
    {"instances": [B64 | {"x": 1}]},
    {"instances": [B64], "inputs": [B64]},
    {"instances": [B64], "x": 1},
    {"instances": [B64], **TENSORS},
    {"instances": [TENSOR]},
    {"instances": [B64], "signature_name": "restore_examples"},
    {"instances": [[[0.5, 0.25, 1.0]]], **TENSORS},
    {"instances": [[[[0.5, 0.25]]]], **TENSORS},
    {"instances": [[[["a", "b", "c"]]]], **TENSORS},
    {"instances": [[[[False, 0, 0.5]]]], **TENSORS},
    {"inputs": {"images": B64}},
    {"inputs": {"other": [B64]}},
]


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_the_server_takes_the_requests_that_the_schema_allows(client, document, number):
    is_allowed = fits(document, {"$ref": "#/components/schemas/PredictRequest"}, REQUESTS[number])
    answer = client.post(PREDICT, json=REQUESTS[number])
    assert answer.status_code == (200 if is_allowed else 400)
    assert is_allowed == (number < 7)


def test_the_example_is_restored(client, document):
    (content,) = document["paths"][PREDICT]["post"]["requestBody"]["content"].values()
    assert client.post(PREDICT, json=content["example"]).status_code == 200


def test_paths_and_operations_are_those_of_the_server(document):
    model = "/v1/models/restore"
    of_model = {
        f"{path}{end}" for path in (model, f"{model}/versions/{{version}}") for end in ("", "/metadata", ":predict")
    }
    assert set(document["paths"]) == {"/", "/openapi.json", "/restore", "/healthz", "/metrics", *of_model}
    names = {operation["operationId"].removesuffix("-version") for method, _, operation in operations(document)}
    assert names - {f"head-{name}" for name in OPERATIONS} == set(OPERATIONS)
