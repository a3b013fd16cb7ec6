"""A newer version answers a share first: it is taken back where it is bad, and answers all where it passes."""

import base64
import json
import threading
from collections import Counter

import numpy as np
import pytest

from components.production import changes, denials, proven, registry
from data.errors import InputError
from pipeline.serving.model import loading
from pipeline.serving.model.saved_model_session import SavedModelSession
from pipeline.serving.rollout.canary import trial as trial_module
from pipeline.serving.rollout.draws import Draws
from pipeline.serving.rollout.settings import CanarySettings
from tests.pipeline.serving import servers, sockets

WHITE = servers.png(np.full((16, 20, 3), 255, np.uint8))
LONG = 120


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    return {
        "good": servers.halving(folder / "good"),
        "as good": servers.halving(folder / "as good"),
        "grey": servers.grey(folder / "grey"),
        "failing": servers.touchy(folder / "failing"),
        "slow": servers.slow(folder / "slow", rounds=60),
    }


@pytest.fixture
def models(tmp_path, saved):
    registry.push(saved["good"], tmp_path / "models", "run")
    return tmp_path / "models"


def _served(client, number):
    sockets.until(lambda: client.get("/healthz").json().get("version") == number, LONG)


def _tried(client, number):
    sockets.until(lambda: servers.metric(client, "ast_restore_canary_version") == number, LONG)


def _ended(client, result):
    text = client.get("/metrics").text
    return f'ast_restore_canary_ends_total{{result="{result}"}} 1.0' in text


def _ask_until(client, met, data, most=300):
    """Sends images one after the other until something holds; returns the versions that answered, in turn."""
    answered = []
    while not met():
        assert len(answered) < most, (Counter(answered), client.get("/healthz").text)
        answer = client.post("/restore", content=data)
        answered.append(int(answer.headers.get("x-model-version", 0)))
    return answered


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        ("grey", servers.png(servers.image((40, 56))), "images are odd (detail, edges out of bounds)"),
        ("failing", WHITE, "failed for"),
        ("slow", servers.png(servers.image()), "more than 1.5 times the median"),
    ],
)
def test_a_bad_version_is_taken_back_and_denied(models, saved, kind, data, reason):
    first = registry.production(models)
    settings = CanarySettings(0.5, promote=250, least=8)
    with servers.serving(models=models, canary=settings) as client:
        _served(client, first.number)
        bad = registry.push(saved[kind], models, "run")
        _tried(client, bad.number)
        assert client.get("/healthz").json()["version"] == first.number
        answered = _ask_until(client, lambda: _ended(client, "rolled_back"), data)
        _served(client, registry.production(models).number)
        health = client.get("/healthz").json()
        after = [client.post("/restore", content=data).headers["x-model-version"] for _ in range(6)]
    back = registry.production(models)
    if kind != "failing":  # the answer to a failure names no version
        assert {first.number, bad.number} <= set(answered)
    assert (back.digest, back.origin, back.restores) == (first.digest, "rollback", first.number)
    assert set(after) == {str(back.number)}
    denial = denials.read(models)[bad.digest]
    assert denial.number == bad.number
    assert denial.reason.startswith("canary: ")
    assert reason in denial.reason
    assert reason in health["canary"]
    assert health["status"] == "ok"
    with pytest.raises(registry.DeniedModelError):
        registry.push(saved[kind], models, "the next night")
    with servers.serving(models=models, canary=settings) as client:
        _served(client, back.number)
        assert servers.metric(client, "ast_restore_canary_version") == 0


def test_a_good_version_answers_its_share_by_number_and_then_all(models, saved):
    first, data = registry.production(models), servers.png(servers.image((40, 56)))
    # However slow this machine is at the moment, both models are the same.
    with servers.serving(
        models=models, canary=CanarySettings(0.5, promote=12, least=8, max_slowdown=50, seed=1)
    ) as client:
        _served(client, first.number)
        second = registry.push(saved["as good"], models, "run")
        _tried(client, second.number)
        answered = _ask_until(client, lambda: _ended(client, "promoted"), data)
        _served(client, second.number)
        draws = Draws(0.5, seed=1)
        expected = [second.number if draws.next() else first.number for _ in answered]
        before = len(answered) - 3  # the decision stops the drawing, and is carried out within a second
        assert answered[:12] == expected[:12]
        assert Counter(answered[:before])[second.number] >= 5
        assert client.post("/restore", content=data).headers["x-model-version"] == str(second.number)
        assert "passed and answers every request" in client.get("/healthz").json()["canary"]
    assert proven.read(models).number == second.number
    assert registry.production(models) == second
    assert denials.read(models) == {}


def test_a_restart_goes_on_with_the_canary_and_a_person_may_promote_it(models, saved):
    first, settings = registry.production(models), CanarySettings(0.25, least=8)
    with servers.serving(models=models, canary=settings) as client:
        _served(client, first.number)
    second = registry.push(saved["as good"], models, "run")  # while no server runs
    with servers.serving(models=models, canary=settings) as client:
        _served(client, first.number)
        _tried(client, second.number)
        for number in (first.number, second.number):
            pinned = client.post(f"/v1/models/restore/versions/{number}:predict", json=_predict())
            assert pinned.headers["x-model-version"] == str(number)
        assert client.get(f"/v1/models/restore/versions/{first.number - 1}").status_code == 404
        assert client.get("/healthz").json()["canary"].endswith("0 images so far"), "no sample of all requests"
        assert changes.prunable(models, 1) == [], "the version that answers is needed for a rollback"
        assert changes.promote(models, second.number) == second
        _served(client, second.number)
        assert _ended(client, "promoted")
        rolled_back = changes.rollback(models, reason="streaks")
        _served(client, rolled_back.number)  # a person's rollback is no canary
        assert servers.metric(client, "ast_restore_canary_version") == 0


def _predict():

    return {"instances": [{"b64": base64.b64encode(servers.png(servers.image())).decode()}]}


def test_a_canary_that_hangs_holds_nobody_else_and_is_taken_back(models, saved, monkeypatch):
    first, real = registry.production(models), SavedModelSession.restore
    is_freed, hanging = threading.Event(), []

    def restore(session, images):
        if threading.current_thread().name == "model" and session in hanging:
            assert is_freed.wait(LONG)
        return real(session, images)

    def load(folder, number, *more):
        model = real_load(folder, number, *more)
        if number != first.number:
            hanging.append(model._session)
        return model

    real_load = loading.load
    monkeypatch.setattr(loading, "load", load)
    monkeypatch.setattr(SavedModelSession, "restore", restore)
    data = servers.png(servers.image())
    with servers.serving(models=models, canary=CanarySettings(0.5, least=8), queue=8) as client:
        _served(client, first.number)
        second = registry.push(saved["as good"], models, "run")
        _tried(client, second.number)
        address, waiting = str(client.base_url), []

        def ask():
            pinned = f"/v1/models/restore/versions/{second.number}:predict"
            with servers.client_of(address) as other:
                waiting.append(other.post(pinned, json=_predict(), timeout=LONG).status_code)

        clients = [threading.Thread(target=ask) for _ in range(4)]
        for each in clients:
            each.start()
        sockets.until(lambda: servers.metric(client, "ast_restore_in_flight_images") == 4, LONG)
        # The canary has its half of the queue; what would be drawn for it goes to production.
        for _ in range(8):
            assert client.post("/restore", content=data).headers["x-model-version"] == str(first.number)
        monkeypatch.setattr(trial_module, "_HANGS_SECONDS", 0.1)
        monkeypatch.setattr(trial_module, "_UNKNOWN_SECONDS", 0.1)
        sockets.until(lambda: _ended(client, "rolled_back"), LONG)
        is_freed.set()
        for each in clients:
            each.join()
    assert waiting == [200] * 4, "a request keeps the version that it began with, to its end"
    assert "a call has not ended" in denials.read(models)[second.digest].reason


def test_without_a_key_a_failed_version_is_denied_and_the_one_before_stays(models, saved, monkeypatch):
    # What is signed is tested elsewhere; here, that the server publishes nothing that nobody signed.
    monkeypatch.setattr(loading, "require_signature", lambda *_: None)
    first, data = registry.production(models), servers.png(servers.image((40, 56)))
    with servers.serving(models=models, canary=CanarySettings(0.5, least=8), public_key=models / "key.pem") as client:
        _served(client, first.number)
        bad = registry.push(saved["grey"], models, "run")
        _tried(client, bad.number)
        _ask_until(client, lambda: _ended(client, "rolled_back"), data)
        after = [client.post("/restore", content=data).headers["x-model-version"] for _ in range(6)]
    assert set(after) == {str(first.number)}
    assert registry.numbers_in(models) == [first.number, bad.number]
    assert bad.digest in denials.read(models)


def test_a_canary_passes_the_checks_of_every_model(models):
    first = registry.production(models)
    with servers.serving(models=models, canary=CanarySettings(0.5)) as client:
        _served(client, first.number)
        broken = models / str(first.number + 1)
        broken.mkdir()
        (broken / "saved_model.pb").write_bytes(b"no model")
        sockets.until(lambda: client.get("/healthz").json()["status"] == "degraded", LONG)
        assert f"version {broken.name} cannot be loaded" in client.get("/healthz").json()["problem"]
        assert client.post("/restore", content=WHITE).headers["x-model-version"] == str(first.number)


def test_a_push_destination_that_cannot_hold_decisions_is_refused(tmp_path):
    (tmp_path / "models").write_text("a file")
    settings = {"models": tmp_path / "models", "canary": CanarySettings(0.5)}
    with pytest.raises(InputError, match="cannot be written or locked"), servers.serving(**settings):
        pass


def test_a_damaged_note_of_the_proven_version_is_named(models):
    (models / proven.FILE_NAME).write_text("{")
    with servers.serving(models=models, canary=CanarySettings(0.5)) as client:
        sockets.until(lambda: "proven.json" in client.get("/healthz").json().get("problem", ""), LONG)
        (models / proven.FILE_NAME).unlink()
        _served(client, registry.production(models).number)
    assert json.loads((models / proven.FILE_NAME).read_text())["number"] == registry.production(models).number
