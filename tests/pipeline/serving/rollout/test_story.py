"""The whole way to production, by the commands and processes that a person uses."""

import json

import httpx
import pytest

from components.production import denials, proven, registry
from pipeline.benchmarks.serving.server_process import server_process
from tests.pipeline.serving import servers, sockets

MINUTES = 600


def _serve(models, *options):
    return server_process("--workspace", models.parent, *options)


def _health(server):
    return httpx.get(f"{server.address}/healthz", timeout=60, trust_env=False).json()


def _served(server, number):
    sockets.until(lambda: _health(server).get("version") == number, MINUTES)


def _ask(server, seed=1):
    answer = httpx.post(
        f"{server.address}/restore", content=servers.png(servers.image((64, 96), seed)), timeout=60, trust_env=False
    )
    return int(answer.headers.get("x-model-version", 0))


def _ask_until(server, met, most=600):
    seen = set()
    for number in range(most):
        seen.add(_ask(server, number))
        if number % 5 == 0 and met():
            return seen
    raise AssertionError(_health(server))


@pytest.mark.long(minutes=3)
def test_a_candidate_goes_from_the_shadow_to_the_canary_to_production_and_a_bad_one_back(tmp_path, command):
    models = tmp_path / "workspace" / "models"
    first = registry.push(servers.network(tmp_path / "first"), models, "monday")
    candidate = models.parent / "pipeline" / "Trainer" / "model" / "8" / "Format-Serving"
    servers.network(candidate)
    compare = ("ast-restore", "models", "compare-shadow", "--workspace", models.parent)

    # 1. The candidate restores beside production; its log speaks for it.
    with _serve(models, "--shadow", "candidate", "--shadow-share", "100%") as server:
        _served(server, first.number)
        sockets.until(lambda: _health(server).get("shadow") == "candidate 8", MINUTES)
        log = models.parent / "shadow" / "shadow.jsonl"
        seed = 0
        while not log.exists() or log.read_text().count("\n") < 40:
            assert _ask(server, seed) == first.number
            seed += 1
    compared = command(*compare, "--max-slowdown", "3")
    assert "candidate 8 beside version" in compared.stdout
    assert compared.returncode == 0, compared.stdout + compared.stderr
    values = json.loads(command(*compare, "--max-slowdown", "3", "--json").stdout)
    assert values["verdict"] == "in bounds"
    assert values["images"] >= 40

    # 2. It is pushed, answers half as a canary, and then all.
    options = ("--canary", "50%", "--canary-promote", "30", "--canary-max-slowdown", "3")
    with _serve(models, *options) as server:
        _served(server, first.number)
        second = registry.push(candidate, models, "tuesday")
        seen = _ask_until(server, lambda: _health(server).get("version") == second.number)
        assert seen == {first.number, second.number}
        assert "passed and answers every request" in _health(server)["canary"]
    assert proven.read(models).number == second.number

    # 3. The next one answers with one grey: it is rolled back, and no run pushes it again.
    with _serve(models, *options) as server:
        _served(server, second.number)
        bad = registry.push(servers.grey(tmp_path / "grey"), models, "wednesday")
        _ask_until(server, lambda: _health(server).get("version", 0) > bad.number)
        assert "was rolled back" in _health(server)["canary"]
        assert {_ask(server) for _ in range(5)} == {registry.production(models).number}
        assert any("was rolled back" in line for line in server.log)
        assert not any("Traceback" in line for line in server.log)
    assert registry.production(models).digest == second.digest
    assert "odd" in denials.read(models)[bad.digest].reason
    with pytest.raises(registry.DeniedModelError):
        registry.push(tmp_path / "grey", models, "thursday")
    listed = command("ast-restore", "models", "list", "--workspace", models.parent)
    assert "canary: " in listed.stdout
