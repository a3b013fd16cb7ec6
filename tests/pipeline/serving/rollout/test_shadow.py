"""A shadow restores beside the server's answers: it delays none, keeps no pixel, and drops what it cannot take."""

import json
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from components.production import registry
from data.errors import InputError
from pipeline.serving.model.saved_model_session import SavedModelSession
from pipeline.serving.rollout.settings import ShadowSettings
from pipeline.serving.rollout.shadow import worker as shadow_module
from pipeline.serving.rollout.shadow.bounded_log import opened
from tests.pipeline.serving import servers, sockets


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A push destination with an old version that darkens and the production model that halves; a candidate in pipeline/."""
    workspace = tmp_path_factory.mktemp("workspace")
    folder = tmp_path_factory.mktemp("saved")
    registry.push(servers.darkening(folder / "darkening"), workspace / "models", "run")
    registry.push(servers.halving(folder / "halving"), workspace / "models", "run")
    return workspace / "models"


@pytest.fixture
def versions(models):
    return registry.numbers_in(models)


def _lines(log):
    return [json.loads(line) for line in (log / "shadow.jsonl").read_text().splitlines()]


def _counted(client, result):
    text = client.get("/metrics").text
    name = f'ast_restore_shadow_images_total{{result="{result}"}}'
    return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)), 0.0)


def _ready(client, shadow):
    sockets.until(lambda: client.get("/healthz").json().get("shadow") == shadow, 120)
    sockets.until(lambda: client.get("/healthz").json()["status"] == "ok", 120)


def test_both_models_are_compared_and_nothing_of_the_image_is_kept(models, versions, tmp_path):
    log, image = tmp_path / "log", servers.image((40, 56))
    settings = ShadowSettings(str(versions[0]), log, share=1.0)
    with servers.serving(models=models, shadow=settings) as client:
        _ready(client, f"version {versions[0]}")
        answers = [client.post("/restore", content=servers.png(image)) for _ in range(3)]
        sockets.until(lambda: _counted(client, "compared") == 3, 60)
    for answer in answers:
        assert answer.headers["x-model-version"] == str(versions[1])
        np.testing.assert_array_equal(servers.pixels(answer.content), servers.halved(image))
    lines = _lines(log)
    assert len(lines) == 3
    both = lines[0]
    assert (both["production"], both["shadow"], both["height"], both["width"]) == (
        versions[1],
        f"version {versions[0]}",
        40,
        56,
    )
    # A quarter and a half of the same values differ by a quarter of them.
    expected = np.abs(servers.halved(image, 0.25).astype(float) - servers.halved(image)).mean()
    assert both["of_shadow"]["change"] - both["of_production"]["change"] == pytest.approx(expected, abs=0.01)
    assert both["psnr"] < 30
    assert both["of_production"]["edges"] > 0.95
    scalars = [value for line in lines for value in _values(line)]
    assert all(isinstance(value, int | float) or len(value) <= 30 for value in scalars)
    assert stat.S_IMODE((log / "shadow.jsonl").stat().st_mode) == 0o600
    assert stat.S_IMODE(log.stat().st_mode) == 0o700


def _values(value):
    if isinstance(value, dict):
        return [each for inner in value.values() for each in _values(inner)]
    assert not isinstance(value, list), "a list could hold pixels"
    return [] if value is None else [value]


def test_answers_come_while_the_shadow_hangs_and_what_does_not_fit_is_dropped(models, versions, tmp_path, monkeypatch):
    real, hangs, is_freed = SavedModelSession.restore, threading.Event(), threading.Event()

    def restore(session, images):
        if threading.current_thread().name == "shadow":
            hangs.set()
            assert is_freed.wait(120)
        return real(session, images)

    monkeypatch.setattr(SavedModelSession, "restore", restore)
    monkeypatch.setattr(shadow_module, "MAX_WAITING", 2)
    settings = ShadowSettings(str(versions[0]), tmp_path / "log", share=1.0)
    data = servers.png(servers.image())
    with servers.serving(models=models, shadow=settings) as client:
        _ready(client, f"version {versions[0]}")
        assert client.post("/restore", content=data).status_code == 200
        assert hangs.wait(60)
        answers = [client.post("/restore", content=data).status_code for _ in range(6)]
        dropped = _counted(client, "dropped")
        is_freed.set()
        sockets.until(lambda: _counted(client, "compared") == 3, 60)
    assert answers == [200] * 6
    assert dropped == 4
    assert len(_lines(tmp_path / "log")) == 3


def test_a_shadow_that_fails_is_logged_by_its_class_and_the_server_goes_on(models, versions, tmp_path, monkeypatch):
    real = SavedModelSession.restore

    def restore(session, images):
        if threading.current_thread().name == "shadow":
            raise ValueError("what is in the image: secret")
        return real(session, images)

    monkeypatch.setattr(SavedModelSession, "restore", restore)
    settings = ShadowSettings(str(versions[0]), tmp_path / "log", share=1.0)
    with servers.serving(models=models, shadow=settings) as client:
        _ready(client, f"version {versions[0]}")
        assert client.post("/restore", content=servers.png(servers.image())).status_code == 200
        sockets.until(lambda: _counted(client, "failed") == 1, 60)
    (line,) = _lines(tmp_path / "log")
    assert (line["error"], line["shadow_ms"], line["of_shadow"]) == ("ValueError", None, None)
    assert "secret" not in (tmp_path / "log" / "shadow.jsonl").read_text()


def test_a_share_is_chosen_by_number_and_the_candidate_is_the_newest_model_that_a_run_trained(
    models, versions, tmp_path
):
    trained = models.parent / "pipeline" / "Trainer" / "model"
    shutil.copytree(models / str(versions[1]), trained / "3" / "Format-Serving")  # as it was before it was pushed
    data = servers.png(servers.image())
    with servers.serving(models=models, shadow=ShadowSettings("candidate", tmp_path / "log", share=0.5)) as client:
        sockets.until(lambda: client.get("/healthz").json()["status"] == "ok", 120)
        sockets.until(lambda: "production model itself" in client.get("/healthz").json()["shadow"], 60)
        client.post("/restore", content=data)
        servers.touchy(trained / "11" / "Format-Serving")
        _ready(client, "candidate 11")
        for _ in range(6):
            client.post("/restore", content=data)
            time.sleep(0.05)
        sockets.until(lambda: _counted(client, "compared") == 3, 60)
    assert {line["shadow"] for line in _lines(tmp_path / "log")} == {"candidate 11"}


@pytest.mark.parametrize(
    ("wanted", "more", "problem"),
    [
        ("5", {}, "--shadow 5: no such version"),
        ("candidate", {"models": "elsewhere"}, "no .*pipeline, where runs keep what they trained"),
        ("candidate", {"public_key": "key.pem"}, "signed when it is pushed"),
    ],
)
def test_a_shadow_that_there_cannot_be_is_refused_in_a_line(models, tmp_path, wanted, more, problem):
    settings = {"models": models, "shadow": ShadowSettings(wanted, tmp_path / "log")}
    settings |= {"models": tmp_path / more["models"]} if "models" in more else more
    with pytest.raises(InputError, match=problem), servers.serving(**settings):
        pass


WRITER = """
import sys
from pathlib import Path
from pipeline.serving.rollout.shadow.bounded_log import opened
with opened(Path(sys.argv[1]), "shadow", 50_000) as log:
    print("begun", flush=True)
    number = 0
    while True:
        assert log.add('{"number": %d, "text": "%s"}' % (number, "x" * (number % 300)))
        number += 1
"""


def test_a_writer_that_is_killed_leaves_whole_lines_in_bounded_space(tmp_path):
    for round_ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE)
        assert writer.stdout.readline()
        time.sleep(0.05 + 0.02 * round_)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        with opened(tmp_path, "shadow") as log:
            log.add('{"number": "after"}')
        for name in ("shadow.jsonl", "shadow.1.jsonl"):
            lines = (tmp_path / name).read_bytes()
            assert lines.endswith(b"\n")
            assert all(json.loads(line) for line in lines.splitlines())
            assert len(lines) <= 50_100


def test_half_a_line_is_cut_off_and_a_second_server_is_refused(tmp_path):
    (tmp_path / "shadow.jsonl").write_bytes(b'{"a": 1}\n{"b": 2')
    with opened(tmp_path, "shadow") as log:
        log.add('{"c": 3}')
        with pytest.raises(InputError, match="another server writes"), opened(tmp_path, "shadow"):
            pass
    assert (tmp_path / "shadow.jsonl").read_bytes() == b'{"a": 1}\n{"c": 3}\n'
