"""Two workers over the loopback interface train as one worker with the same global batch."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import InputError
from model_code.training import distribution
from tests.model_code import drawn_pairs
from tests.model_code.training.worker import train

ROOT = Path(__file__).resolve().parents[3]


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.mark.slow
def test_two_workers_have_the_losses_of_one(tmp_path):
    drawn_pairs.write(tmp_path / "train", [(48, 40)] * 7)
    drawn_pairs.write(tmp_path / "validation", [(40, 48), (30, 36)], first_seed=50)
    cluster = {"worker": [f"127.0.0.1:{port}" for port in _free_ports(2)]}
    workers = []
    for index in range(2):
        (tmp_path / str(index)).mkdir()
        environment = {
            **os.environ,
            "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        }
        command = [sys.executable, "-m", "tests.model_code.training.worker", str(tmp_path / str(index))]
        workers.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True))
    for worker in workers:
        _, stderr = worker.communicate(timeout=200)
        assert worker.returncode == 0, stderr[-3000:]
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in ("train", "validation"):
        (alone / name).write_bytes((tmp_path / name).read_bytes())
    (alone / "history").mkdir()
    expected = [row["loss"] for row in train(alone / "history", "none")["steps"]]
    for index in range(2):
        history = json.loads((tmp_path / str(index) / "history.json").read_text())
        assert [row["loss"] for row in history["steps"]] == pytest.approx(expected, abs=1e-5)
    assert len(expected) == 12


@pytest.mark.parametrize(
    "cluster", [None, "{}", "no JSON", '{"cluster": {"worker": []}, "task": {"type": "ps", "index": 0}}']
)
def test_a_missing_or_invalid_cluster_is_reported(cluster, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if cluster is not None:
        monkeypatch.setenv("TF_CONFIG", cluster)
    with pytest.raises(InputError, match="TF_CONFIG must hold"):
        distribution.strategy("multi_worker")
