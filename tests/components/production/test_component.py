"""What the Evaluator is given as baseline."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
from tfx import v1 as tfx

from components.production import registry
from components.production.component import ProductionModel
from components.production.executor import ProductionModelExecutor
from components.production.fingerprint import fingerprint
from data.errors import InputError
from model_code.saved_model.export import save_restorer
from model_code.saved_model.loading import load_restorer


@pytest.fixture
def baseline(tmp_path):
    def run(identity="a run's id"):
        model = tfx.types.standard_artifacts.Model()
        model.uri = str(tmp_path / "baseline")
        parameters = {"push_directory": str(tmp_path / "models"), "fingerprint": identity}
        ProductionModelExecutor().Do({}, {"model": [model]}, parameters)
        restored = load_restorer(tmp_path / "baseline" / "Format-Serving").restore_tensor(tf.fill([1, 24, 20, 3], 0.5))
        return model.get_string_custom_property("production_version"), float(np.mean(restored))

    return run


def test_before_the_first_push_it_is_the_identity_baseline(baseline):
    assert baseline() == ("doing nothing", 0.5)


def test_after_a_push_it_is_the_newest_version(baseline, tmp_path):
    for factor in (0.2, 0.6):
        save_restorer(lambda images, factor=factor: images * factor, tmp_path / f"model{factor}")
        version = registry.push(tmp_path / f"model{factor}", tmp_path / "models", "run")
    name, value = baseline()
    assert name == str(version.number)
    assert value == pytest.approx(0.3)


def _push(tmp_path, factor):
    save_restorer(lambda images: images * factor, tmp_path / f"model{factor}")
    return registry.push(tmp_path / f"model{factor}", tmp_path / "models", "run")


def test_the_version_that_a_fingerprint_names_is_read_also_after_another_push(baseline, tmp_path):
    nothing = fingerprint(tmp_path / "models")
    version = _push(tmp_path, 0.2)
    identity = fingerprint(tmp_path / "models")
    _push(tmp_path, 0.6)
    assert len({nothing, identity, fingerprint(tmp_path / "models")}) == 3
    assert baseline(nothing) == ("doing nothing", 0.5)
    shutil.rmtree(tmp_path / "baseline")
    assert baseline(identity) == (str(version.number), pytest.approx(0.1))


def test_a_version_that_was_changed_or_removed_since_the_run_began_ends_it(baseline, tmp_path):
    version = _push(tmp_path, 0.2)
    identity, folder = fingerprint(tmp_path / "models"), tmp_path / "models" / str(version.number)
    file = folder / "saved_model.pb"
    file.write_bytes(file.read_bytes() + b" ")
    assert fingerprint(tmp_path / "models") != identity
    with pytest.raises(InputError, match=f"{version.number}: was removed or changed since this run began"):
        baseline(identity)
    shutil.rmtree(folder)
    with pytest.raises(InputError, match="start the run again"):
        baseline(identity)


def test_a_version_that_could_touch_files_ends_the_run_before_it_is_loaded(baseline, tmp_path):
    def restore(images):
        with tf.control_dependencies([tf.io.write_file(str(tmp_path / "touched"), "x")]):
            return images * 0.5

    save_restorer(restore, tmp_path / "model")
    (tmp_path / "touched").unlink(missing_ok=True)
    registry.push(tmp_path / "model", tmp_path / "models", "run")
    with pytest.raises(InputError, match="WriteFile"):
        baseline()
    assert not (tmp_path / "touched").exists()


def test_the_component_emits_one_model():
    component = ProductionModel(push_directory="models", fingerprint="no version")
    assert component.outputs["model"].type is tfx.types.standard_artifacts.Model
    assert not component.inputs
