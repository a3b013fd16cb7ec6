"""The services of a cluster that Kubeflow's driver and launcher call: ML Metadata, the object store, Kubernetes, the cache."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket

import grpc
from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store
from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2, metadata_store_service_pb2_grpc

from tests.environments import python_with
from tests.kubeflow.acceptance.backend.binaries import SKIPPED
from tests.kubeflow.acceptance.backend.pods import DIES_WITH_US

HOST = "127.0.0.1"
NAMESPACE = "kubeflow"
_SECRET = {"accesskey": "minio", "secretkey": "minio123"}


@contextmanager
def ml_metadata(file: Path, address: str = f"{HOST}:0") -> Iterator[int]:
    """Serves a store of ML Metadata in an SQLite file, by its own library, and yields the port.

    Args:
        file: The SQLite file.
        address: Host and port; port 0 takes a free one.
    """
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    options = metadata_store_pb2.MigrationOptions().SerializeToString()
    store = metadata_store.CreateMetadataStore(config.SerializeToString(), options)

    class Servicer(metadata_store_service_pb2_grpc.MetadataStoreServiceServicer):
        pass

    def method(name: str):
        def call(_, request, context):
            answer, message, code = getattr(metadata_store, name)(store, request.SerializeToString())
            if code:
                context.abort(next(status for status in grpc.StatusCode if status.value[0] == code), message.decode())
            return getattr(metadata_store_service_pb2, f"{name}Response").FromString(answer)

        return call

    for name in filter(lambda name: hasattr(metadata_store, name), dir(Servicer)):
        if name[0] != "_":
            setattr(Servicer, name, method(name))
    with _grpc_server(address) as (server, port):
        metadata_store_service_pb2_grpc.add_MetadataStoreServiceServicer_to_server(Servicer(), server)
        yield port


@contextmanager
def empty_cache() -> Iterator[tuple[int, list[str]]]:
    """Serves Kubeflow's cache of tasks as one that is empty, and yields the port and the names of the calls."""
    calls: list[str] = []

    class Handler(grpc.GenericRpcHandler):
        def service(self, details):
            calls.append(details.method.rpartition("/")[2])
            return grpc.unary_unary_rpc_method_handler(lambda *_: b"")  # no tasks; a task without fields

    with _grpc_server() as (server, port):
        server.add_generic_rpc_handlers((Handler(),))
        yield port, calls


@contextmanager
def _grpc_server(address: str = f"{HOST}:0") -> Iterator[tuple[grpc.Server, int]]:
    server = grpc.server(ThreadPoolExecutor(1))  # the store's library is for one thread
    port = server.add_insecure_port(address)
    server.start()
    try:
        yield server, port
    finally:
        server.stop(None).wait()


@contextmanager
def kubernetes(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Serves the little of Kubernetes' API that is called, and yields the port and the paths that were asked for.

    It has the secret of the object store and nothing else. `folder` becomes the service account of the pods.

    Args:
        folder: Folder for token, namespace and certificate.
    """
    folder.mkdir()
    certificate, key = folder / "ca.crt", folder.with_suffix(".key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kubernetes", "-addext",
         f"subjectAltName=IP:{HOST}", "-keyout", key, "-out", certificate], check=True, capture_output=True,
    )  # fmt: skip
    (folder / "token").write_text("token")
    (folder / "namespace").write_text(NAMESPACE)
    secret = f"/api/v1/namespaces/{NAMESPACE}/secrets/mlpipeline-minio-artifact"
    data = {name: base64.b64encode(value.encode()).decode() for name, value in _SECRET.items()}
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 - the library's name
            paths.append(self.path)
            known = {"apiVersion": "v1", "kind": "Secret", "data": data}
            missing = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}
            body = json.dumps(known if self.path == secret else missing).encode()
            self.send_response(200 if self.path == secret else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, paths
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def object_store(bucket: str, log: Path, host: str = HOST, port: int = 0) -> Iterator[int]:
    """Serves S3 with one bucket, by moto in an environment of its own, and yields the port.

    Args:
        bucket: Name of the bucket.
        log: File for what it prints.
        host: Its address.
        port: Its port; 0 takes a free one.
    """
    python = python_with("moto", Path(__file__).with_name("moto.lock"), SKIPPED)
    with socket() as free:
        free.bind((host, port))
        port = free.getsockname()[1]
    with log.open("wb") as output:
        command = [*DIES_WITH_US, python, "-m", "moto.server", "-H", host, "-p", str(port)]
        server = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        _make_bucket(f"http://{host}:{port}/{bucket}", server, log)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _make_bucket(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=10).close()
        except urllib.error.URLError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"{url}: no object store answers")
