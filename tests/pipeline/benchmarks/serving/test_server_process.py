"""The command in a process of its own: how it starts, and how it ends."""

import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import numpy as np
import pytest

from data.errors import InputError
from pipeline.benchmarks.serving.server_process import server_process
from tests.pipeline.serving import servers


def _command(*arguments):
    command = [sys.executable, "-c", "from pipeline.commands.cli import main; main()", "serve", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_an_occupied_port_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = _command("--port", port)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"ast-restore: 127.0.0.1:{port}: cannot listen there (Address already in use)")


def test_a_host_of_another_machine_is_one_line():
    done = _command("--host", "no.such.host.invalid", "--port", 0)
    assert done.returncode == 2
    assert "cannot listen there" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_without_a_model_is_reported(tmp_path):
    done = _command("--model", tmp_path, "--port", 0)
    assert done.returncode == 2
    assert f"ast-restore: {tmp_path}: no saved_model.pb in it" in done.stderr


def test_a_damaged_model_is_reported(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"no model")
    with pytest.raises(InputError, match="cannot be (loaded|read)"), servers.serving(model=tmp_path):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_after_a_signal_requests_in_flight_are_answered_and_no_new_one_is_admitted(tmp_path, number):
    image, answers = servers.image(), []
    with server_process("--model", servers.slow(tmp_path / "1")) as server, servers.client_of(server.address) as client:
        assert server.port
        work = threading.Thread(target=lambda: answers.append(client.post("/restore", content=servers.png(image))))
        work.start()
        with servers.client_of(server.address) as other:
            while not servers.metric(other, "ast_restore_in_flight_images"):
                time.sleep(0.02)
            server.process.send_signal(number)
            time.sleep(0.4)
            assert not answers  # it was in work when the signal came
            assert server.process.poll() is None
        with servers.client_of(server.address) as other, pytest.raises(httpx.TransportError):
            other.get("/healthz")
        work.join()
        assert server.process.wait(30) == 0
    assert [answer.status_code for answer in answers] == [200]
    np.testing.assert_array_equal(servers.pixels(answers[0].content), servers.halved(image))
    assert not [line for line in server.log if "Traceback" in line]
