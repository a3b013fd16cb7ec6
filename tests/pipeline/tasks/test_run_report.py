"""The run report as a task writes it: the page as an artifact, the run's folder, and who is told."""

import json
import sys
from pathlib import Path

import pytest

from components.pair_validator.drift.drift_file import DriftComparison, write_drift
from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.refusal import Refusal
from components.pair_validator.judging.verdicts import VERDICTS_FILE, write_verdicts
from components.production.properties import READ_AT_PROPERTY, VERSION_PROPERTY
from components.ui_artifacts import HtmlPage
from pipeline.config import load
from pipeline.report import runs
from pipeline.report.task_report import name_of_run
from pipeline.tasks.run_report import REPORTED
from pipeline.tasks.run_report_executor import RunReportExecutor, executions_of
from tests.pipeline.report.pair_verdicts import verdicts

CLUSTERS_ID = "1a2b3c4d-5e6f-7081-9203-a4b5c6d7e8f9"
STARTED = 1795982000.0


@pytest.fixture
def inputs(tmp_path):
    """The artifacts of a run whose pairs have been judged, with properties as Kubeflow sends them."""
    made = {}
    for reported in REPORTED:
        if reported.component in ("ProductionModel", "PairValidator"):
            artifact = reported.type()
            artifact.uri = str(tmp_path / reported.component / reported.output)
            Path(artifact.uri).mkdir(parents=True)
            made[reported.key] = [artifact]
    (production,) = made["ProductionModel_model"]
    production.set_json_value_custom_property(READ_AT_PROPERTY, STARTED)
    production.set_json_value_custom_property(VERSION_PROPERTY, "7")
    folder = Path(made["PairValidator_verdicts"][0].uri)
    write_verdicts(verdicts(), folder / VERDICTS_FILE)
    write_drift(DriftComparison(()), folder / "drift.json")
    return made


@pytest.fixture
def report(tmp_path, inputs):
    """Runs the executor and returns the page; the hook writes what it is told to a file."""

    def report(hooks=1, run_id=CLUSTERS_ID):
        told = [sys.executable, "-c", f"import sys; open({str(tmp_path / 'told')!r}, 'a').write(sys.stdin.read())"]
        config = load(None, (f"workspace={tmp_path / 'w'}", f"notify.command={json.dumps(told)}"))
        page = HtmlPage()
        page.uri = str(tmp_path / "page")
        parameters = {"config": config.to_yaml(), "records_directory": "/r", "run_id": run_id, "hooks": hooks}
        RunReportExecutor().Do(inputs, {"page": [page]}, parameters)
        assert page.uri == str(tmp_path / "page" / "index.html")
        return Path(page.uri)

    return report


def _refuse(inputs):
    file = Path(inputs["PairValidator_verdicts"][0].uri) / VERDICTS_FILE
    DataRefusedError(Refusal("7 of 8 pairs failed", "moved-1 (misaligned)"), file).save()


def test_refused_data_has_a_page_the_runs_folder_and_a_notice_before_the_run_ends(tmp_path, inputs, report):
    _refuse(inputs)
    page = report().read_text()
    assert "Data refused" in page
    assert "7 of 8 pairs failed" in page
    (folder,) = (file.parent for file in (tmp_path / "w" / "reports").glob("*/run.json"))
    assert folder.name.endswith("-1a2b3c4d")
    assert page == (folder / "index.html").read_text()
    assert {file.name for file in folder.iterdir()} >= {
        "config.yaml",
        "facts.json",
        "run.json",
        VERDICTS_FILE,
        "drift.json",
    }
    run = json.loads((folder / "run.json").read_text())
    assert (run["verdict"], run["pairs"], run["quarantined"]) == ("data_refused", 8, 7)
    assert json.loads((tmp_path / "told").read_text()) == run
    assert f'href="{folder.name}/index.html"' in (folder.parent / "index.html").read_text()
    # Byte for byte what `ast-restore report` makes of the facts.
    (folder / "index.html").unlink()
    assert runs.rebuild_report(runs.find(tmp_path / "w" / "reports", "latest")).read_text() == page


def test_a_run_of_this_machine_begins_at_the_time_of_its_id_whenever_the_production_model_was_read(
    tmp_path, inputs, report
):
    _refuse(inputs)
    report(run_id="20261201-101500")
    (folder,) = (file.parent for file in (tmp_path / "w" / "reports").glob("*/run.json"))
    facts = json.loads((folder / "facts.json").read_text())
    assert facts["started"].startswith("2026-12-01T10:15:00")


def test_accepted_data_has_a_page_and_the_run_goes_on(tmp_path, report):
    page = report().read_text()
    assert "Data accepted" in page
    assert "nothing yet" in page
    assert "version 7" in page
    assert not (tmp_path / "w" / "reports").exists()
    assert not (tmp_path / "told").exists()


def test_a_runner_that_notifies_itself_is_left_to_it(tmp_path, inputs, report):
    _refuse(inputs)
    report(hooks=0)
    assert not (tmp_path / "told").exists()
    assert not (tmp_path / "w" / "reports" / "index.html").exists()


def test_runs_of_a_cluster_are_named_by_their_time_like_those_of_this_machine():
    assert name_of_run("20261129-195218", STARTED) == "20261129-195218"
    assert name_of_run(CLUSTERS_ID, STARTED)[:9] in ("20261129-", "20261130-", "20261128-")


def test_executions_have_properties_also_where_they_are_zero_and_of_json(inputs):
    (production,) = inputs["ProductionModel_model"]
    production.set_json_value_custom_property("superseded", 0.0)
    production.set_int_custom_property("plain", 0)
    output = executions_of(inputs, "/r")["ProductionModel"].outputs["model"]
    assert output.properties == {READ_AT_PROPERTY: STARTED, VERSION_PROPERTY: "7", "superseded": 0.0, "plain": 0}
    assert output.uri == Path(production.uri)
