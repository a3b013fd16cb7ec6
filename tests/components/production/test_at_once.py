"""Pushes, rollbacks, promotions and prunes of several processes at once, and readers meanwhile."""

import subprocess
import sys

import pytest

from components.production import changes, registry
from tests.components.production.models import saved_model

_ROUNDS = 25

_WRITER = """
import sys
from pathlib import Path
from components.production import changes, registry
from data.errors import InputError

action, rounds, models, *sources = sys.argv[1:]
models, sources = Path(models), [Path(source) for source in sources]
done = 0
for number in range(int(rounds)):
    try:
        if action == "push":
            registry.push(sources[number % len(sources)], models, "a run")
        elif action == "rollback":
            changes.rollback(models)
        elif action == "promote":
            changes.promote(models, registry.production(models).number)
        else:
            changes.prune(models, 1)
        done += 1
    except (InputError, registry.DeniedModelError) as error:
        assert str(error) and chr(10) not in str(error)
print(done)
"""


@pytest.mark.slow
def test_writers_at_once_leave_whole_versions_and_no_reader_fails(tmp_path):
    """One prunes all but the newest version meanwhile, so that every folder but one may go while it is read."""
    models, names = tmp_path / "models", ("one", "two", "three")
    sources = [saved_model(tmp_path / name, name.encode(), megabytes=1) for name in names]
    digests = {registry.model_digest(source) for source in sources}
    registry.push(sources[0], models, "first")
    arguments = [str(_ROUNDS), models, *sources]
    actions = ("push", "push", "rollback", "promote", "prune")
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, action, *arguments], stdout=subprocess.PIPE, text=True)
        for action in actions
    ]
    reads = 0
    while any(writer.poll() is None for writer in writers):
        assert registry.production(models).digest in digests
        assert {version.digest for version in registry.versions(models)} <= digests
        assert registry.skipped_in(models) == []
        reads += 1
    done = {action: int(writer.communicate()[0]) for action, writer in zip(actions, writers, strict=True)}
    assert [writer.returncode for writer in writers] == [0] * len(writers)
    assert reads > 10
    assert done["push"] > 0
    assert done["prune"] == _ROUNDS
    for version in registry.versions(models):
        assert registry.model_digest(models / str(version.number)) == version.digest
    assert not list(models.glob(".partial-*"))
    assert changes.prune(models, 1) is not None
