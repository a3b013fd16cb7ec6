"""Commands are run here as in the pipeline's tests; and a webhook for the exit task."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.pipeline.conftest import command, first_run

__all__ = ["command", "first_run", "messages"]


@pytest.fixture
def messages():
    """A webhook: its URL, and the messages that it got."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):  # noqa: N802 - the library's name
            self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.got, server.url = [], f"http://127.0.0.1:{server.server_port}/t0ken"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
