"""The watcher of the push destination goes on, whatever it finds there, and says what it found."""

import shutil

import pytest

from components.production import registry
from pipeline.serving.model import failed_loads, loading, reloading
from pipeline.serving.model.loading import Loader
from pipeline.serving.model.reloading import ModelReloader
from tests.pipeline.serving import servers, sockets

FAILED = 'ast_restore_model_loads_total{result="failure"}'


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return servers.halving(tmp_path_factory.mktemp("model") / "1")


@pytest.fixture
def models(tmp_path, model):
    registry.push(model, tmp_path / "models", "run")
    return tmp_path / "models"


def _served(models):
    return max(registry.numbers_in(models))


def _copied_slowly(model, models, number):
    """Begins a copy as another tool does, under the final name; returns what completes it."""
    folder = models / str(number)
    (folder / "variables").mkdir(parents=True)
    whole = (model / "saved_model.pb").read_bytes()
    (folder / "saved_model.pb").write_bytes(whole[: len(whole) // 2])

    def complete():
        shutil.copytree(model, folder, dirs_exist_ok=True)

    return complete


def _health(client):
    return client.get("/healthz").json()


def test_a_version_that_is_copied_slowly_is_served_once_it_is_whole(models, model):
    first = _served(models)
    with servers.serving(models=models) as client:
        sockets.until(lambda: _health(client).get("version") == first)
        complete = _copied_slowly(model, models, first + 1)
        # Before the copy is whole, it is no version, or one that does not load.
        sockets.until(lambda: servers.metric(client, FAILED) == 1 or _health(client)["status"] == "ok")
        assert _health(client)["version"] == first
        complete()
        sockets.until(lambda: _health(client) == {"status": "ok", "version": first + 1})


def test_a_half_copy_does_not_hide_the_version_below_it_from_a_new_server(models, model):
    first = _served(models)
    _copied_slowly(model, models, first + 1)
    with servers.serving(models=models) as client:
        sockets.until(lambda: _health(client).get("version") == first)


def test_what_a_damaged_version_says_is_one_short_line_without_control_characters(models, monkeypatch):
    def load(*_):
        raise ValueError("unknown op \x1b[31mred\n" + "x" * 1000)

    monkeypatch.setattr(loading, "load", load)
    reloader = ModelReloader(Loader(64.0), lambda _: None)
    reloader.poll(models)
    assert r"unknown op \x1b[31mred x" in reloader.problem
    assert "\x1b" not in reloader.problem
    assert len(reloader.problem) < 500


def test_a_version_that_does_not_load_is_tried_again_after_a_while(models, monkeypatch):
    attempts = []

    def load(folder, number, *more):
        attempts.append(number)
        if len(attempts) == 1:
            raise MemoryError
        return real(folder, number, *more)

    real = loading.load
    monkeypatch.setattr(loading, "load", load)
    reloader = ModelReloader(Loader(1024), lambda _: None)
    reloader.poll(models)
    reloader.poll(models)
    assert (reloader.current, len(attempts)) == (None, 1)
    assert "MemoryError" in reloader.problem
    monkeypatch.setattr(failed_loads, "RETRY_SECONDS", -1.0)
    reloader.poll(models)
    assert reloader.current.number == _served(models)
    assert reloader.problem == ""


def test_any_failure_of_the_watcher_is_seen_and_it_goes_on(models, model, monkeypatch, caplog):
    first = _served(models)
    real = reloading.numbers_in

    def fail(_):
        raise ValueError("invalid literal for int() with base 10: '²'")

    with servers.serving(models=models) as client:
        sockets.until(lambda: _health(client).get("version") == first)
        monkeypatch.setattr(reloading, "numbers_in", fail)
        sockets.until(lambda: _health(client)["status"] == "degraded")
        assert "cannot be watched for versions" in _health(client)["problem"]
        monkeypatch.setattr(reloading, "numbers_in", real)
        second = registry.push(model, models, "run")
        sockets.until(lambda: _health(client) == {"status": "ok", "version": second.number})
    assert caplog.text.count("cannot be watched") <= 1


def test_a_watcher_that_hangs_is_seen(models, monkeypatch):
    reloader = ModelReloader(Loader(1024), lambda _: None)
    with reloader.polling(models):
        sockets.until(lambda: reloader.current is not None)
        monkeypatch.setattr(reloading, "_SILENT_SECONDS", -1.0)
        assert "versions were looked for" in reloader.problem


def test_a_folder_that_is_deleted_is_seen_and_the_model_stays(models):
    first = _served(models)
    with servers.serving(models=models) as client:
        sockets.until(lambda: _health(client).get("version") == first)
        shutil.rmtree(models)
        sockets.until(lambda: _health(client)["status"] == "degraded")
        assert "no longer there" in _health(client)["problem"]
        assert client.get("/healthz").status_code == 200
        assert client.post("/restore", content=servers.png(servers.image())).status_code == 200
