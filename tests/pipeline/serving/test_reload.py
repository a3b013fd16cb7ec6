"""Versions that come and go while the server runs."""

import threading
import time
from collections import Counter

import httpx
import numpy as np
import pytest

from components.production import changes, registry
from tests.pipeline.serving import servers


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    return servers.halving(folder / "halving"), servers.darkening(folder / "darkening")


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


def _served(client, number, seconds=20):
    """Waits until a version is served."""
    end = time.monotonic() + seconds
    while client.get("/healthz").json().get("version") != number:
        assert time.monotonic() < end, client.get("/healthz").text
        time.sleep(0.05)


def test_without_a_model_the_server_waits_for_the_first_push(models, folders):
    data = servers.png(servers.image())
    with servers.serving(models=models) as client:
        health, answer = client.get("/healthz"), client.post("/restore", content=data)
        assert (health.status_code, health.json()["status"]) == (503, "unavailable")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get("/v1/models/restore").status_code == 404
        first = registry.push(folders[0], models, "run")
        _served(client, first.number)
        assert client.post("/restore", content=data).headers["x-model-version"] == str(first.number)


class _Clients:
    """Asks again and again, and holds each answer against what the version it names would give."""

    def __init__(self, address, known):
        self.answers, self.wrong, self._known = Counter(), [], known
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(address, seed)) for seed in range(3)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, address, seed):
        image = servers.image((24, 32), seed)
        with servers.client_of(address) as client:
            while not self._stop.is_set():
                try:
                    answer = client.post("/restore", content=servers.png(image))
                    factor = self._known[int(answer.headers["x-model-version"])]
                    np.testing.assert_array_equal(servers.pixels(answer.content), servers.halved(image, factor))
                    self.answers[int(answer.headers["x-model-version"])] += 1
                except (httpx.HTTPError, KeyError, AssertionError) as error:
                    self.wrong.append(repr(error))


def test_pushes_and_a_rollback_under_load_lose_no_request(models, folders):
    first = registry.push(folders[0], models, "run")
    # Seconds since 1970, or the next free number.
    known = {first.number: 0.5} | {first.number + ahead: 0.25 for ahead in range(1, 60)}
    with servers.serving(models=models) as client:
        _served(client, first.number)
        with _Clients(str(client.base_url), known) as clients:
            second = registry.push(folders[1], models, "run")
            _served(client, second.number)
            time.sleep(0.3)
            known.update({second.number + ahead: 0.5 for ahead in range(1, 60)})
            third = changes.rollback(models)
            _served(client, third.number)
            time.sleep(0.3)
        assert servers.metric(client, 'ast_restore_model_loads_total{result="success"}') == 3
        assert servers.metric(client, "ast_restore_model_version") == third.number
    assert clients.wrong == []
    assert set(clients.answers) == {first.number, second.number, third.number}
    assert min(clients.answers.values()) > 0


def test_a_version_that_does_not_load_is_counted_and_the_old_one_stays(models, folders, caplog):
    image = servers.image()
    first = registry.push(folders[0], models, "run")
    with servers.serving(models=models) as client:
        _served(client, first.number)
        broken = models / str(first.number + 1)
        broken.mkdir()
        (broken / "saved_model.pb").write_bytes(b"no model")
        failed = 'ast_restore_model_loads_total{result="failure"}'
        end = time.monotonic() + 20
        while not servers.metric(client, failed):
            assert time.monotonic() < end
            time.sleep(0.05)
        time.sleep(2.2)  # two more polls
        assert servers.metric(client, failed) == 1
        health = client.get("/healthz").json()
        answer = client.post("/restore", content=servers.png(image))
        later = registry.push(folders[1], models, "run")
        _served(client, later.number)
        assert "problem" not in client.get("/healthz").json()
    assert health["version"] == first.number
    assert f"version {broken.name} cannot be loaded" in health["problem"]
    np.testing.assert_array_equal(servers.pixels(answer.content), servers.halved(image))
    assert f"version {first.number} is still served" in caplog.text


def test_a_single_folder_is_served_and_never_reloaded(tmp_path, folders):
    one = servers.halving(tmp_path / "5")
    with servers.serving(model=one, models=tmp_path) as client:
        registry.push(folders[1], tmp_path, "run")
        time.sleep(1.2)
        assert client.get("/healthz").json() == {"status": "ok", "version": 5}
