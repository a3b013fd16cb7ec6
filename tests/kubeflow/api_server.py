"""The few REST endpoints of Kubeflow Pipelines v2beta1 that `kfp.Client` calls, over real HTTP, with the state in memory.

It says what our use of the client asks for and in which order; it does not say that a real cluster is content with it.
"""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PREFIX = "/apis/v2beta1/"


class State:
    def __init__(self):
        self.experiments, self.runs, self.recurring, self.asked, self.tokens = {}, {}, {}, [], []
        self.broken = False
        self._count = 0

    def new_id(self, kind):
        self._count += 1
        return f"{kind}-{self._count}"


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def _answer(self, value, code=200):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _serve(self):
        state, method = self.server.state, self.command
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = parts.path.removeprefix(PREFIX)
        state.asked.append(f"{method} {path}")
        state.tokens.append(self.headers.get("authorization"))
        if state.broken:
            return self._answer({"error": "the database is away"}, 500)
        kind, _, rest = path.partition("/")
        given = json.loads(body) if body else {}
        if path == "healthz":
            return self._answer({"multi_user": False})
        if kind == "experiments":
            return self._experiments(state, method, given)
        if kind == "runs":
            run = {**given, "run_id": state.new_id("run")}
            state.runs[run["run_id"]] = run
            return self._answer(run)
        if kind == "recurringruns":
            return self._recurring(state, method, rest, given, parse_qs(parts.query))
        return self._answer({"error": f"no {path}"}, 404)

    def _experiments(self, state, method, given):
        if method == "GET":
            return self._answer({"experiments": list(state.experiments.values())})
        made = {**given, "experiment_id": state.new_id("experiment")}
        state.experiments[made["experiment_id"]] = made
        return self._answer(made)

    def _recurring(self, state, method, rest, given, query):
        name, _, action = rest.partition(":")
        if method == "GET":
            return self._page(list(state.recurring.values()), int(query.get("page_token", ["0"])[0] or 0))
        if not rest:
            made = {**given, "recurring_run_id": state.new_id("recurring"), "status": "ENABLED"}
            state.recurring[made["recurring_run_id"]] = made
            return self._answer(made)
        if method == "DELETE":
            del state.recurring[name]
        else:
            state.recurring[name]["status"] = {"enable": "ENABLED", "disable": "DISABLED"}[action]
        return self._answer({})

    def _page(self, runs, start):
        """Returns two runs at a time, so that a client that reads the first page only fails the tests."""
        following = {"next_page_token": str(start + 2)} if start + 2 < len(runs) else {}
        return self._answer({"recurringRuns": runs[start : start + 2], **following})

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the library's names


@contextmanager
def running():
    """Yields the server's address and what it knows."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.state = State()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
