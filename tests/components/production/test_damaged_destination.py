"""A push destination that people and other tools have touched: one rule for all readers, and never a traceback."""

import json
import shutil

import pytest
from click.testing import CliRunner

from components.production import changes, registry
from components.production.denials import FILE_NAME, Denial
from data.errors import InputError
from pipeline.commands.models.group import models as command
from tests.components.production.models import saved_model

DAMAGED_RECORDS = {
    "empty": b"",
    "cut": b'{"number": 1, "dig',
    "not utf-8": b"\xff\xfe{}",
    "a list": b"[]",
    "foreign": b'{"version": "1.2"}',
    "wrong types": b'{"number": "x", "digest": 3, "run_id": null}',
    "foreign facts": b'{"number": 1, "digest": "d", "run_id": "r", "facts": {"metrics": {"gain_psnr": 3}}}',
    "huge": b" " * (2**20 + 1),
    "deep": b'{"facts":' + b"[" * 5000,
}


@pytest.fixture
def destination(tmp_path):
    """Three pushed versions; the newest is in production."""
    for name in ("a", "b", "c"):
        registry.push(saved_model(tmp_path / name, name.encode()), tmp_path / "models", f"run-{name}")
    return tmp_path / "models"


def run(destination, *arguments):
    options = ["--models", str(destination), "--metadata", str(destination / "absent.sqlite")]
    words = [*arguments, *(options if arguments[0] in ("list", "show", "diff") else options[:2])]
    return CliRunner().invoke(command, words, catch_exceptions=False)


def copy(destination, source, name):
    shutil.copytree(destination / str(source), destination / name)


def test_a_version_copied_to_a_higher_number_is_in_production_for_every_reader(destination):
    oldest, *_, newest = registry.versions(destination)
    copy(destination, oldest.number, str(newest.number + 700))

    current = registry.production(destination)
    assert (current.number, current.digest) == (newest.number + 700, oldest.digest)
    listed = json.loads(run(destination, "list", "--json").stdout)
    assert [each["number"] for each in listed if each["in_production"]] == [current.number]
    assert run(destination, "show", str(current.number)).exit_code == 0
    assert changes.rollback(destination).digest != oldest.digest, "the copy's model is the one that is rolled back"


@pytest.mark.parametrize("name", ["²", "007", "٣", "1" * 30, "0" * 3])
def test_a_name_that_is_not_a_usual_number_is_no_version_and_is_named(destination, name):
    newest = registry.production(destination)
    copy(destination, newest.number, name)

    assert registry.production(destination) == newest
    done = run(destination, "list")
    assert done.exit_code == 0
    assert "is not the usual form of a number" in done.stderr


@pytest.mark.parametrize("content", DAMAGED_RECORDS.values(), ids=DAMAGED_RECORDS)
def test_a_damaged_record_costs_its_facts_and_nothing_else(destination, content):
    newest = registry.production(destination)
    (destination / str(newest.number) / "version.json").write_bytes(content)

    current = registry.production(destination)
    assert (current.number, current.digest, current.run_id) == (newest.number, newest.digest, "unknown")
    done = run(destination, "list")
    assert done.exit_code == 0
    assert "version.json: not a version record" in done.stderr
    assert changes.rollback(destination).origin == "rollback"


@pytest.mark.parametrize(
    "part", ["saved_model.pb", "variables/variables.data-00000-of-00001", "variables/variables.index"]
)
def test_a_half_copy_hides_nothing_and_becomes_a_version_when_it_is_whole(destination, part):
    newest = registry.production(destination)
    name = str(newest.number + 5)
    copy(destination, newest.number, name)
    whole = (destination / name / part).read_bytes()
    (destination / name / part).write_bytes(whole[:-1])

    assert registry.production(destination) == newest
    assert "not whole, or still being copied" in run(destination, "list").stderr
    (destination / name / part).write_bytes(whole)
    assert registry.production(destination).number == newest.number + 5


@pytest.mark.parametrize(
    "part", ["saved_model.pb", "variables/variables.data-00000-of-00001", "variables/variables.index"]
)
def test_a_half_copy_without_a_record_is_known_by_its_missing_file(destination, part):
    newest = registry.production(destination)
    name = str(newest.number + 5)
    copy(destination, newest.number, name)
    (destination / name / "version.json").unlink()
    (destination / name / part).unlink()

    assert registry.production(destination) == newest


def test_a_symbolic_link_is_a_version_and_prune_removes_the_link_alone(destination, tmp_path):
    elsewhere = saved_model(tmp_path / "elsewhere", b"linked")
    (destination / "5").symlink_to(elsewhere)

    assert changes.prune(destination, 1)[0] == 5
    assert (elsewhere / "saved_model.pb").is_file()
    assert not list(destination.glob(".partial-*"))
    registry.push(saved_model(tmp_path / "d", b"d"), destination, "run-d")
    assert changes.rollback(destination).origin == "rollback"


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_a_leftover_of_any_kind_is_removed(destination, tmp_path, kind):
    newest = registry.production(destination)
    for name in (".partial-x", f".partial-old-{newest.number}", f".partial-{newest.number + 1}"):
        leftover = destination / name
        if kind == "file":
            leftover.write_text("")
        elif kind == "link":
            leftover.symlink_to(tmp_path)
        else:
            leftover.mkdir()

    assert changes.rollback(destination).origin == "rollback"
    assert not list(destination.glob(".partial-*"))
    assert tmp_path.is_dir()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"d": 3}', b"\xff"])
def test_damaged_denials_are_recovered_from_the_versions(destination, caplog, content):
    rolled_back = registry.production(destination)
    changes.rollback(destination, reason="streaks")
    (destination / FILE_NAME).write_bytes(content)

    assert registry.denied_in(destination) == {
        rolled_back.digest: Denial(
            rolled_back.number, registry.production(destination).pushed, "recovered from the versions"
        )
    }
    assert "1 denied models are known" in caplog.text
    with pytest.raises(registry.DeniedModelError):
        registry.push(destination / str(rolled_back.number), destination, "again")
    assert run(destination, "list").exit_code == 0
    changes.promote(destination, rolled_back.number)
    assert registry.denied_in(destination) == {}
    assert (destination / f"{FILE_NAME}.damaged").read_bytes() == content


def test_a_version_that_vanishes_is_reported_in_one_line(destination):
    with pytest.raises(InputError, match="no version 3 there"):
        changes.promote(destination, 3)
