"""Hooks: a real server on the loopback, real commands, and the ways in which both can fail."""

import base64
import json
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from data.errors import InputError
from pipeline.config import NotifySettings, load
from pipeline.local.notify import notify

VERDICT = json.dumps({"verdict": "pushed", "gain_psnr": 5.4})


@pytest.fixture
def server():
    """Answers with the status that its path asks for, keeps what it got, and is slow on /slow."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):  # noqa: N802 - the library's name
            length = int(self.headers["Content-Length"])
            self.server.got.append((self.path, self.headers["Content-Type"], self.rfile.read(length)))
            if self.path == "/slow":
                time.sleep(1.0)
            status = int(self.path[1:]) if self.path[1:].isdigit() else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.got = []
        httpd.url = f"http://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield httpd
        httpd.shutdown()
        thread.join()


def test_without_hooks_nothing_happens():
    assert notify(VERDICT, NotifySettings()) == []


def test_a_webhook_gets_the_verdict(server):
    assert notify(VERDICT, NotifySettings(webhook=server.url + "/verdicts")) == []
    assert server.got == [("/verdicts", "application/json", VERDICT.encode())]


def test_a_url_may_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("HOOK", server.url + "/secret")
    assert notify(VERDICT, NotifySettings(webhook_variable="HOOK")) == []
    assert server.got[0][0] == "/secret"
    monkeypatch.delenv("HOOK")
    assert notify(VERDICT, NotifySettings(webhook_variable="HOOK")) == [
        "the webhook was not called: the environment has no HOOK"
    ]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_error_status_is_reported(server, status):
    (problem,) = notify(VERDICT, NotifySettings(webhook=f"{server.url}/{status}"))
    assert problem.startswith(f"the webhook at 127.0.0.1 answered {status}")
    assert len(server.got) == 1, "a redirection is not followed"


def test_a_slow_server_is_not_waited_for(server):
    (problem,) = notify(VERDICT, NotifySettings(webhook=server.url + "/slow", timeout_seconds=0.2))
    assert "timed out" in problem


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/token-123", "http://[bad/token-123", "http://127.0.0.1:x/token-123"]
)
def test_a_missing_server_is_reported_without_the_secret_in_the_url(url):
    (problem,) = notify(VERDICT, NotifySettings(webhook=url))
    assert "cannot be reached" in problem or "cannot be used" in problem
    assert "token-123" not in problem


def test_a_server_that_does_not_speak_http_is_reported():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_babble, args=[listener])
        thread.start()
        (problem,) = notify(VERDICT, NotifySettings(webhook=f"http://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()
    assert "cannot be reached" in problem


def _babble(listener):
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"hello\r\n\r\n")


def _python(code):
    return (sys.executable, "-c", code)


def test_a_command_gets_the_verdict_on_its_standard_input(tmp_path):
    code = f"import sys; open({str(tmp_path / 'got')!r}, 'w').write(sys.stdin.read())"
    assert notify(VERDICT, NotifySettings(command=_python(code))) == []
    assert (tmp_path / "got").read_text() == VERDICT


def test_no_shell_reads_the_command(tmp_path):
    witness = tmp_path / "witness"
    (problem,) = notify(VERDICT, NotifySettings(command=(f"true; touch {witness}",)))
    assert "cannot be run" in problem
    assert not witness.exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (_python("import sys; sys.exit('no such room')"), "ended with code 1: no such room"),
        (_python("import time; time.sleep(9)"), "did not end within 0.5 s"),
        (("/no/such/program",), "cannot be run: No such file"),
    ],
    ids=["fails", "hangs", "missing"],
)
def test_a_failing_command_is_reported(command, message):
    (problem,) = notify(VERDICT, NotifySettings(command=command, timeout_seconds=0.5))
    assert message in problem


def test_the_command_is_called_even_if_the_webhook_fails(server):
    both = NotifySettings(webhook=server.url + "/500", command=("/no/such/program",))
    assert len(notify(VERDICT, both)) == 2
    assert server.got


SECRETS = ("s3cret", "t0ken")


@pytest.mark.parametrize(
    "url",
    [
        "https://user:s3cretpw@127.0.0.1:1/t0ken",
        "http://user:s3cretpw@127.0.0.1:x/t0ken",
        "http://127.0.0.1:100000000000000000000/t0ken",
        "http://127.0.0.1:1/a t0ken/s3cret",
        "http://127.0.0.1:1/t0ken\n",
        "http://127.0.0.1:1/t0ken\0",
        "http://127.0.0.1:1/t0ken\ud800",
        "http://[::1/t0ken",
        "http://:s3cret@/t0ken",
        "http://no-such-host.invalid/t0ken?key=s3cret",
        "http://\ud800s.invalid/t0ken",
        "ftp://user:s3cret@host/t0ken",
    ],
)
def test_no_message_repeats_a_secret_and_no_url_raises(url, monkeypatch):
    monkeypatch.setattr("os.environ", {"HOOK": url})
    (problem,) = notify(VERDICT, NotifySettings(webhook_variable="HOOK", timeout_seconds=5))

    assert problem.startswith("the webhook at ")
    assert not [secret for secret in SECRETS if secret in problem]
    assert "\n" not in problem


def test_user_and_password_are_sent_as_basic_authentication(server):
    url = server.url.replace("http://", "http://user:p%40ss@") + "/a b?c=d e"
    server.authorization = None
    handler, original = server.RequestHandlerClass, server.RequestHandlerClass.do_POST

    def keep_authorization(self):
        server.authorization = self.headers["Authorization"]
        original(self)

    handler.do_POST = keep_authorization
    assert notify(VERDICT, NotifySettings(webhook=url)) == []
    assert server.authorization == "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert server.got[0][0] == "/a%20b?c=d%20e"


def test_a_server_that_drips_is_left_at_the_deadline():
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_drip, args=[listener, stop])
        thread.start()
        start = time.monotonic()
        settings = NotifySettings(webhook=f"http://127.0.0.1:{listener.getsockname()[1]}/t0ken", timeout_seconds=1)
        (problem,) = notify(VERDICT, settings)
        waited = time.monotonic() - start
        stop.set()
        thread.join()
    assert "timed out after 1 s" in problem
    assert waited < 10, "each byte began a new timeout"


def _drip(listener, stop):
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not stop.wait(0.2):
            connection.sendall(b"x")


def test_a_grandchild_that_keeps_the_output_open_does_not_hold_the_run():
    code = (
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); sys.exit('x')"
    )
    start = time.monotonic()
    (problem,) = notify(VERDICT, NotifySettings(command=_python(code), timeout_seconds=30))
    assert problem.endswith("ended with code 1: x")
    assert time.monotonic() - start < 25


def test_what_a_command_prints_cannot_drive_the_terminal():
    (problem,) = notify(
        VERDICT, NotifySettings(command=_python(r"import sys; sys.exit('\x1b[2Jgone \x07' + 'y' * 999)"))
    )
    assert "\\x1b[2Jgone \\x07yyy" in problem
    assert len(problem) < 400


def test_an_argument_that_no_program_can_be_given_is_reported():
    (problem,) = notify(VERDICT, NotifySettings(command=("echo", "a\0b")))
    assert "cannot be run" in problem


def test_the_resolved_configuration_shows_the_host_alone():
    settings = NotifySettings(webhook="https://user:s3cretpw@hooks.example:8443/t0ken?key=s3cret")
    for text in (settings.model_dump_json(), repr(settings), str(settings)):
        assert not [secret for secret in SECRETS if secret in text]
    assert NotifySettings(**settings.model_dump()).webhook == "https://hooks.example/..."
    (problem,) = notify(VERDICT, NotifySettings(**settings.model_dump()))
    assert "was not called" in problem


@pytest.mark.parametrize(
    "override",
    [
        "notify.webhook=ftp://user:s3cretpw@host/t0ken",
        "notify={webhook: [t0ken]}",
        "notify.webhook={a: t0ken",
        "notify.webhook.x=t0ken",
    ],
)
def test_a_refused_webhook_is_not_repeated(override):
    with pytest.raises(InputError, match="notify") as refused:
        load(None, ("notify.webhook=https://t0ken.example/", override))
    assert not [secret for secret in SECRETS if secret in str(refused.value)]
