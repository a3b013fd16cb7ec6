"""The push destination: whole versions, never half ones."""

import json

import pytest

from components.production import registry


@pytest.fixture
def model(tmp_path):
    return _model(tmp_path / "model", b"weights")


def _model(folder, weights):
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"index")
    (folder / "fingerprint.pb").write_bytes(str(folder).encode())
    (folder / "variables" / "variables.data-00000-of-00001").write_bytes(weights)
    return folder


def test_nothing_is_in_production_before_the_first_push(tmp_path):
    assert registry.production(tmp_path / "models") is None


def test_a_pushed_model_is_in_production_whole(tmp_path, model):
    version = registry.push(model, tmp_path / "models", "run-1")
    assert registry.production(tmp_path / "models") == version
    pushed = tmp_path / "models" / str(version.number)
    assert (pushed / "variables" / "variables.data-00000-of-00001").read_bytes() == b"weights"
    assert json.loads((pushed / "version.json").read_text())["run_id"] == "run-1"


def test_the_newer_of_two_pushes_in_one_second_is_in_production(tmp_path, model):
    first = registry.push(model, tmp_path / "models", "run-1")
    second = registry.push(_model(tmp_path / "other", b"better"), tmp_path / "models", "run-2")
    assert second.number > first.number
    assert registry.production(tmp_path / "models") == second


def test_versions_sort_by_number_not_by_name(tmp_path):
    for number in (9, 10):
        _model(tmp_path / "models" / str(number), b"%d" % number)
    assert registry.production(tmp_path / "models").number == 10


def test_leftovers_of_a_killed_push_are_no_version_and_are_removed(tmp_path, model, monkeypatch):
    def killed(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("data.storage.files.flush_to_disk", killed)
    with pytest.raises(KeyboardInterrupt):
        registry.push(model, tmp_path / "models", "run-1")
    assert registry.production(tmp_path / "models") is None
    monkeypatch.undo()
    registry.push(model, tmp_path / "models", "run-2")
    assert not list((tmp_path / "models").glob(".partial-*"))


def test_the_digest_differs_between_models_but_not_between_two_savings_of_one(tmp_path, model):
    again, other = _model(tmp_path / "again", b"weights"), _model(tmp_path / "other", b"weightz")
    assert registry.model_digest(model) == registry.model_digest(again)
    assert registry.model_digest(model) != registry.model_digest(other)


def test_the_record_of_a_version_is_not_part_of_its_digest(tmp_path, model):
    version = registry.push(model, tmp_path / "models", "run-1")
    assert registry.model_digest(tmp_path / "models" / str(version.number)) == version.digest


def test_a_version_that_another_tool_pushed_counts(tmp_path, model):
    _model(tmp_path / "models" / "7", b"weights")
    assert registry.production(tmp_path / "models") == registry.Version(7, registry.model_digest(model), "unknown")


def test_a_folder_without_a_saved_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"no saved_model\.pb"):
        registry.push(tmp_path, tmp_path / "models", "run-1")
