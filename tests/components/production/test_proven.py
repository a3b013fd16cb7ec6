"""What a canary writes to the push destination: denials with reasons, the version before again, and the proven version."""

import os

import pytest

from components.production import changes, denials, proven, registry
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
        return registry.push(folder, models, f"run of {name}")

    return push


def test_a_withdrawn_version_is_denied_and_the_one_before_published_again(push, models):
    good, bad = push("good"), push("bad")
    back = changes.withdraw(models, bad.number, good.number, "canary: odd")
    assert registry.production(models) == back
    assert (back.digest, back.origin, back.restores) == (good.digest, "rollback", good.number)
    assert denials.read(models)[bad.digest].reason == "canary: odd"
    with pytest.raises(registry.DeniedModelError):
        push("bad")


def test_nothing_is_published_over_a_newer_version_or_without_the_one_before(push, models):
    good, bad, newer = push("good"), push("bad"), push("newer")
    assert changes.withdraw(models, bad.number, good.number, "odd") is None
    assert registry.production(models) == newer
    assert changes.withdraw(models, newer.number, 1, "odd") is None
    assert registry.production(models) == newer
    assert {bad.digest, newer.digest} == set(denials.read(models))
    assert changes.withdraw(models, newer.number, good.number, "odd", should_publish=False) is None
    with pytest.raises(InputError, match="no version 5"):
        changes.withdraw(models, 5, good.number, "odd")


def test_the_reason_of_a_person_stays(push, models):
    good, bad = push("good"), push("bad")
    changes.rollback(models, reason="streaks in the sky")
    changes.withdraw(models, bad.number, good.number, "canary: odd")
    assert denials.read(models)[bad.digest].reason == "streaks in the sky"


def test_a_promotion_proves_where_a_canary_is_used_and_nowhere_else(push, models):
    first, second = push("first"), push("second")
    changes.promote(models, second.number)
    assert proven.read(models) is None
    changes.prove(models, first.number)
    assert (proven.read(models).number, proven.read(models).digest) == (first.number, first.digest)
    assert changes.promote(models, second.number) == second
    assert proven.read(models).number == second.number
    again = changes.promote(models, first.number)
    assert proven.read(models).number == again.number


def test_pruning_keeps_the_proven_version(push, models):
    first, second, third = push("first"), push("second"), push("third")
    changes.prove(models, first.number)
    assert changes.prune(models, keep=1) == [second.number]
    assert registry.numbers_in(models) == [first.number, third.number]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"number": "x", "digest": "", "when": ""}'])
def test_a_damaged_note_is_named_in_a_line(push, models, content):
    push("first")
    (models / proven.FILE_NAME).write_bytes(content)
    with pytest.raises(InputError, match=r"proven\.json: cannot be read \(it is damaged\); remove it"):
        proven.read(models)


def test_a_pipe_in_the_place_of_the_note_is_not_waited_for(push, models):
    push("first")
    os.mkfifo(models / proven.FILE_NAME)
    with pytest.raises(InputError, match=r"proven\.json: cannot be read \(a pipe, socket or device, not a file\)"):
        proven.read(models)
