"""Rollback, promotion, pruning; and a writer that is killed at any moment."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

from components.production import changes, denials, registry
from data.errors import InputError
from tests.components.production.models import saved_model


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def push(tmp_path, models):
    def push(name):
        folder = tmp_path / name
        if not folder.exists():
            saved_model(folder, name.encode())
        return registry.push(folder, models, f"run of {name}", {"images": 7})

    return push


def _weights(models):
    number = registry.production(models).number
    return (models / str(number) / "variables" / "variables.data-00000-of-00001").read_bytes()


def test_a_rollback_is_a_new_version_with_the_old_content(push, models):
    good, bad = push("good"), push("bad")
    back = changes.rollback(models, reason="streaks in the sky")
    assert back.number > bad.number, "TF Serving serves the highest number"
    assert registry.production(models) == back
    assert (back.digest, back.origin, back.restores, back.run_id) == (
        good.digest,
        "rollback",
        good.number,
        "run of good",
    )
    assert back.facts == {"images": 7}
    assert _weights(models) == b"good"
    assert registry.model_digest(models / str(back.number)) == good.digest


def test_a_model_that_was_rolled_back_is_pushed_again_only_by_promotion(push, models):
    push("good")
    bad = push("bad")
    changes.rollback(models, reason="streaks")
    with pytest.raises(registry.DeniedModelError, match=f"version {bad.number}, which was rolled back"):
        push("bad")
    assert _weights(models) == b"good"
    assert push("another").digest != bad.digest
    promoted = changes.promote(models, bad.number)
    assert (promoted.digest, promoted.origin, promoted.restores) == (bad.digest, "promotion", bad.number)
    assert _weights(models) == b"bad"
    assert denials.read(models) == {}
    push("good")
    push("bad")


def test_a_second_rollback_skips_models_that_were_rolled_back(push, models):
    push("first")
    push("second")
    third = push("third")
    changes.rollback(models)
    assert _weights(models) == b"second"
    changes.rollback(models)
    assert _weights(models) == b"first"
    with pytest.raises(InputError, match="no other model to go back to"):
        changes.rollback(models)
    with pytest.raises(InputError, match="was rolled back itself; promote it"):
        changes.rollback(models, third.number)


def test_a_rollback_takes_a_version_number(push, models):
    first = push("first")
    push("second")
    push("third")
    changes.rollback(models, first.number)
    assert _weights(models) == b"first"
    with pytest.raises(InputError, match="is the model in production already"):
        changes.rollback(models, first.number)
    with pytest.raises(InputError, match=r"no version 5 there; the versions are: \d+, \d+"):
        changes.rollback(models, 5)


def test_promoting_the_production_version_changes_nothing(push, models):
    version = push("good")
    assert changes.promote(models, version.number) == version
    assert len(registry.versions(models)) == 1


def test_a_rollback_without_an_earlier_version_is_an_error(models):
    with pytest.raises(InputError, match="no model was pushed there"):
        changes.rollback(models)
    with pytest.raises(InputError, match="no such folder"):
        changes.prune(models.parent / "nowhere", 1)


def test_a_wrong_folder_is_not_made(tmp_path):
    nowhere = tmp_path / "nowhere"
    for change in (
        changes.rollback,
        lambda folder: changes.rollback(folder, 5),
        lambda folder: changes.promote(folder, 5),
    ):
        with pytest.raises(InputError, match=f"{nowhere}: no "):
            change(nowhere)
    with pytest.raises(InputError, match="no version 5 there; the versions are: none"):
        changes.sign_version(nowhere, 5, tmp_path / "key.pem")
    assert list(tmp_path.iterdir()) == []


def test_prune_keeps_the_newest_versions_and_so_the_production_model(push, models):
    numbers = [push(name).number for name in ("a", "b", "c", "d")]
    assert changes.prune(models, 2) == numbers[:2]
    assert [version.number for version in registry.versions(models)] == numbers[2:]
    assert changes.prune(models, 2) == []
    with pytest.raises(InputError, match="at least 1"):
        changes.prune(models, 0)
    assert not list(models.glob(".partial-*"))


def test_an_interrupted_rollback_leaves_the_production_model_and_can_be_repeated(push, models, monkeypatch):
    push("good")
    push("bad")

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(changes, "publish", killed)
    with pytest.raises(KeyboardInterrupt):
        changes.rollback(models)
    monkeypatch.undo()
    assert _weights(models) == b"bad"
    changes.rollback(models)
    assert _weights(models) == b"good"


_WRITER = """
import sys
from pathlib import Path
from components.production import changes, registry
models, *sources = map(Path, sys.argv[1:])
print("ready", flush=True)
while True:
    for source in sources:
        registry.push(source, models, source.name)
    changes.prune(models, 2)
"""


def test_a_writer_killed_at_any_moment_leaves_whole_versions_only(tmp_path, models):
    """Pushes and prunes in a loop, killed twenty times: every version is one of the two models, to the last byte."""
    sources = [saved_model(tmp_path / name, name.encode(), megabytes=4) for name in ("one", "two")]
    digests = {registry.model_digest(source) for source in sources}
    start = time.monotonic()
    registry.push(sources[0], models, "first")
    longest_wait = max(0.08, 4 * (time.monotonic() - start))  # a busy machine pushes slowly, and must be hit as well
    moments, leftovers, seen = random.Random(3), 0, set()
    for _ in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, models, *sources], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout.readline() == "ready\n"
            time.sleep(moments.uniform(0.0, longest_wait))
            writer.send_signal(signal.SIGKILL)
        leftovers += bool(list(models.glob(".partial-*")))
        for version in registry.versions(models):
            folder = models / str(version.number)
            assert registry.model_digest(folder) == version.digest
            assert version.digest in digests
            assert json.loads((folder / registry.RECORD).read_text())["number"] == version.number
            seen.add(version.number)
    assert leftovers, "no kill hit a push: the test proves nothing"
    assert len(seen) > 1
