"""The dry run of the compiled pipeline, compared with the local runner on the same configuration and seed."""

from __future__ import annotations

import json
import os

import cv2
import numpy as np
import pytest

from components.production import registry
from data.synthesis.synthesize import embedded_photos
from model_code.saved_model.loading import load_restorer
from tests.pipeline.conftest import TINY

WORSE = "train.stages=[{patch: 32, batch: 2, steps: 3, learning_rate: 0.05}]"


def _call(command, *words, workspace, settings=(), **options):
    sets = (f"workspace={workspace}", *settings)
    options_of_sets = (word for text in sets for word in ("--set", text))
    return command("ast-restore", *words, "--config", TINY, *options_of_sets, **options)


def _last(workspace):
    return json.loads(max(workspace.glob("reports/*/run.json")).read_text())


@pytest.fixture(scope="module")
def dry(command, tmp_path_factory):
    workspace = tmp_path_factory.mktemp("dry")
    done = _call(command, "kubeflow", "dry-run", workspace=workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace


@pytest.mark.long(minutes=3)
def test_it_ends_with_the_model_and_the_verdict_of_the_local_runner(dry, first_run):
    assert first_run.process.returncode == 0, first_run.process.stdout + first_run.process.stderr
    local, there = _last(first_run.snapshot), _last(dry)
    assert there["verdict"] == local["verdict"] == "pushed"
    for name in ("gain_psnr", "gain_ssim"):
        assert there[name] == pytest.approx(local[name], abs=1e-3)
    assert (there["pairs"], there["quarantined"]) == (local["pairs"], local["quarantined"])
    assert registry.production(dry / "models").run_id == min(path.name for path in dry.glob("reports/[0-9]*"))
    photo = cv2.imread(str(sorted(embedded_photos().glob("*.jpg"))[0]))[:90, :140]
    encoded = cv2.imencode(".png", photo)[1].tobytes()
    restored = [_restored(workspace, encoded) for workspace in (dry, first_run.snapshot)]
    assert np.abs(np.subtract(*restored)).max() <= 1


def _restored(workspace, encoded):
    models = workspace / "models"
    version = registry.production(models)
    (answer,) = load_restorer(models / str(version.number)).restore_encoded([encoded])
    return cv2.imdecode(np.frombuffer(answer, np.uint8), cv2.IMREAD_COLOR).astype(int)


@pytest.mark.long(minutes=3)
def test_a_second_run_refuses_a_worse_model_and_leaves_production_alone(command, dry):
    before = registry.versions(dry / "models")
    done = _call(command, "kubeflow", "dry-run", workspace=dry, settings=[WORSE])
    assert done.returncode == 3, done.stdout + done.stderr
    assert _last(dry)["verdict"] == "refused"
    assert registry.versions(dry / "models") == before


@pytest.mark.slow(minutes=1)
def test_a_task_that_dies_is_reported_with_the_end_of_its_log_and_told_to_the_hook_once(command, tmp_path, messages):
    """A record whose checksum is wrong fails the first task that reads it; its file has the right length."""
    made = command("ast-restore", "data", "synthesize", tmp_path / "records", "--crops", "1")
    assert made.returncode == 0, made.stderr
    shard = next((tmp_path / "records" / "span-1").glob("train-*.tfrecord"))
    damaged = bytearray(shard.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    shard.write_bytes(damaged)
    settings = [
        f"data.records={tmp_path / 'records'}",
        "gate.min_scenes=1",
        "notify.webhook_variable=WEBHOOK",
        "kubeflow.secrets=[{secret: hooks, key: url, variable: WEBHOOK}]",
    ]
    environment = {**os.environ, "WEBHOOK": messages.url}
    done = _call(command, "kubeflow", "dry-run", workspace=tmp_path / "w", settings=settings, env=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    output = done.stdout + done.stderr
    assert "SpanWindow failed; the end of" in output
    assert "logs/SpanWindow.txt" in output
    assert _last(tmp_path / "w")["verdict"] == "failed"
    assert not (tmp_path / "w" / "models").exists()
    (message,) = messages.got
    assert (message["verdict"], message["run_id"]) == ("failed", _last(tmp_path / "w")["run_id"])
    assert message["sentence"].startswith("The run failed: SpanWindow: ValueError: Not a valid TFRecord")
