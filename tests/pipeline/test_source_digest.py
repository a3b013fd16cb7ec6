"""Which edits of the sources make which components run again."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from pipeline.config import load
from pipeline.create import SOURCE_DIGEST, create_pipeline, source_modules
from pipeline.source_digest import PACKAGES, ROOT, dependencies, source_digest
from tests.pipeline.conftest import TINY

ALWAYS_RUN = {"DataReport", "Pusher", "RunReport"}
JUDGED = {"Evaluator", "Gate"}


@pytest.fixture
def copy(tmp_path):
    """A copy of the packages, to be edited."""
    return _copied(tmp_path / "copy")


@pytest.fixture(scope="module")
def components(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pipeline")
    config = load(None, (f"workspace={folder}", "tune={enabled: true, win_size: [4, 8]}", "train.warm_start=null"))
    return create_pipeline(config, folder / "records").components


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        ("data/image/measures.py", {"PairMeasurer", "PairValidator", "DataGate", "Evaluator"}),
        ("data/spans/manifest.py", {"SpanWindow", "Gate"}),
        ("data/synthesis/rain.py", set()),  # drawn before the pipeline runs
        ("model_code/preprocessing.py", {"Transform"}),
        ("model_code/network/assa.py", {"Tuner", "Trainer"}),
        ("model_code/trainer.py", {"Trainer"}),
        ("components/evaluation/restoration_quality.py", {"Evaluator"}),
        ("components/infra_check/probe.py", {"InfraCheck"}),
        ("components/gate/judge.py", {"Gate", "Pusher"}),
        ("pipeline/report/page/page.py", set()),
        ("kubeflow/spec.py", set()),
    ],
)
def test_an_edit_changes_the_digest_of_exactly_the_components_that_depend_on_it(copy, components, edited, expected):
    modules = {component.id: source_modules(component) for component in components}
    modules = {name: names for name, names in modules.items() if names}
    before = {name: source_digest(*names, root=copy) for name, names in modules.items()}
    with (copy / edited).open("a") as file:
        file.write("\n_EDITED = 1\n")
    after = {name: source_digest(*names, root=copy) for name, names in modules.items()}
    assert {name for name in modules if before[name] != after[name]} == expected


def test_every_component_that_runs_code_of_ours_or_reads_a_file_of_ours_has_a_digest(components):
    tfx_alone = {"ExampleValidator", "MeasurementValidator"}
    never_cached = {"DataReport", "RunReport"}  # they hold the run's id
    without = {component.id for component in components if SOURCE_DIGEST not in component.exec_properties}
    assert without == tfx_alone | never_cached


def test_no_wheel_is_made_of_a_module_file(components):
    trainer = next(component for component in components if component.id == "Trainer")
    assert trainer.exec_properties["module_file"].endswith("model_code/trainer.py")
    trainer._resolve_pip_dependencies("/nowhere")  # what a runner does before it compiles
    assert trainer.exec_properties["module_file"].endswith("model_code/trainer.py")


def test_comments_docstrings_and_formatting_change_nothing(copy):
    file = copy / "components" / "gate" / "judge.py"
    before = source_digest("components.gate.judge", root=copy)
    text = file.read_text()
    file.write_text('"""Another docstring."""\n# a comment\n' + text.split('"""', 2)[2].replace("\n\n\n", "\n\n\n\n"))
    assert source_digest("components.gate.judge", root=copy) == before


def test_an_import_within_a_function_counts_and_one_for_type_checkers_does_not(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("typed", "lazy", "other"):
        (tmp_path / "data" / f"{name}.py").write_text("")
    (tmp_path / "data" / "__init__.py").write_text("")
    (tmp_path / "data" / "first.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from data import typed\n"
        "def function():\n    from data import lazy\n    return lazy\n"
    )
    assert dependencies("data.first", root=tmp_path) == {"data", "data.first", "data.lazy"}


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(ModuleNotFoundError, match="components.nothing"):
        source_digest("components.nothing")


@pytest.mark.long(minutes=3)
def test_a_run_after_an_edit_runs_exactly_what_depends_on_it(copy, tmp_path):
    """The whole pipeline in a copy: edits of what no component runs, then of the InfraCheck, then of the network."""
    assert "Trainer" in _run(copy, tmp_path)
    for edited in ("kubeflow/spec.py", "pipeline/report/page/page.py"):
        _edit(copy / edited)
    # The first run pushed, so this one compares with another production model.
    assert _run(copy, tmp_path) == ALWAYS_RUN | JUDGED | {"ProductionModel"}
    _edit(copy / "components/infra_check/probe.py")
    assert _run(copy, tmp_path) == ALWAYS_RUN | {"InfraCheck"}
    _edit(copy / "model_code/network/assa.py")
    assert _run(copy, tmp_path) == ALWAYS_RUN | JUDGED | {"InfraCheck", "Trainer"}


def _copied(folder):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _edit(file):
    with file.open("a") as opened:
        opened.write("\n_EDITED = 1\n")


def _run(copy, folder):
    """Runs the tiny pipeline with the code of a copy and returns the components that ran, not those reused."""
    command = [sys.executable, "-c", "from pipeline.commands.cli import main; main()", "run", "--config", TINY]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    workspace = folder / "workspace"
    done = subprocess.run(
        [*map(str, command), "--set", f"workspace={workspace}"],
        cwd=copy, env=environment, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    newest = max(workspace.glob("reports/*/facts.json"), key=lambda path: path.stat().st_mtime)
    facts = json.loads(newest.read_text())
    assert facts["verdict"] in ("pushed", "unchanged", "refused"), done.stderr[-3000:]
    return {component["name"] for component in facts["components"] if component["state"] == "ran"}
