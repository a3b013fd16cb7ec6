import io
import json
import logging

import pytest
from click.testing import CliRunner
from filelock import FileLock
from rich.console import Console

from data.errors import InputError
from pipeline import recovery
from pipeline.commands.report import report, webbrowser
from pipeline.config import Config
from pipeline.report import runs
from pipeline.report.page.files import write_page
from pipeline.workspace import RUN_LOCK
from tests.pipeline.report import samples


@pytest.fixture
def workspace(tmp_path):
    """Three runs, the last of which was killed before it left anything but its configuration."""
    for name, verdict in (("20261122-100000", "pushed"), ("20261122-110000", "refused")):
        write_page(samples.facts(verdict, run_id=name), [], tmp_path / "reports" / name)
    killed = tmp_path / "reports" / "20261122-120000"
    killed.mkdir()
    (killed / "config.yaml").write_text(Config(workspace=tmp_path).to_yaml())
    (tmp_path / "reports" / "no run").mkdir()
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(report, [str(argument) for argument in arguments], standalone_mode=False)


@pytest.mark.parametrize("way", ["id", "folder", "page", "facts"])
def test_a_run_is_found_by_id_and_by_path(workspace, way):
    folder = workspace / "reports" / "20261122-110000"
    run = {"id": folder.name, "folder": folder, "page": folder / "index.html", "facts": folder / "facts.json"}[way]
    assert runs.find(workspace / "reports", str(run)) == folder


def test_latest_is_the_default_and_the_last_to_begin(workspace):
    reports = workspace / "reports"
    assert runs.find(reports, "latest").name == "20261122-120000"
    (reports / "20261122-120000" / "config.yaml").unlink()
    done = run("--workspace", workspace)
    assert done.output.strip() == str(reports / "20261122-110000" / "index.html")


def test_an_unknown_run_names_those_there_are(workspace):
    with pytest.raises(InputError, match=r"yesterday: no such run.*20261122-100000, 20261122-110000"):
        runs.find(workspace / "reports", "yesterday")
    with pytest.raises(InputError, match="no run in it yet"):
        runs.find(workspace / "elsewhere", "latest")


def test_the_report_is_rebuilt(workspace):
    page = workspace / "reports" / "20261122-100000" / "index.html"
    before = page.read_bytes()
    page.write_text("spoilt")
    done = run("20261122-100000", "--workspace", workspace)
    assert done.output.strip() == str(page)
    assert page.read_bytes() == before


def test_the_page_of_all_runs_is_made_anew_with_each_report(workspace):
    page = workspace / "reports" / "index.html"
    assert run("20261122-100000", "--workspace", workspace).return_value == 0
    before = page.read_text()
    assert all(f"2026112{time}" in before for time in ("2-100000", "2-110000", "2-120000"))
    assert "no facts yet: it is still going, or was killed." in before
    write_page(samples.facts("failed", run_id="20261122-130000"), [], workspace / "reports" / "20261122-130000")
    run("20261122-100000", "--workspace", workspace)
    assert 'href="20261122-130000/index.html"' in page.read_text()


def test_a_run_that_was_copied_away_has_no_page_of_all_runs_beside_it(workspace, tmp_path):
    copy = (workspace / "reports" / "20261122-100000").rename(tmp_path / "copy")
    assert run(copy, "--workspace", workspace).output.strip() == str(copy / "index.html")
    assert not (tmp_path / "index.html").exists()
    assert not (workspace / "reports" / "index.html").exists()


def test_two_runs_are_compared(workspace):
    done = run("--workspace", workspace, "--compare", "20261122-100000", workspace / "reports" / "20261122-110000")
    page = workspace / "reports" / "compare-20261122-100000-20261122-110000.html"
    assert done.output.strip() == str(page)
    assert "0.00 dB PSNR on 6 images" in page.read_text()
    assert runs.run_names(workspace / "reports")[-1] == "20261122-120000"  # the page is no run


def test_a_comparison_that_cannot_be_made_is_refused_in_one_line(workspace):
    for pair, complaint in {
        ("20261122-100000", "20261122-100000"): "not with itself",
        ("20261122-100000", "20261122-120000"): "20261122-120000/facts.json: No such file",
        ("20261122-100000", "yesterday"): "yesterday: no such run",
    }.items():
        with pytest.raises(InputError, match=complaint):
            CliRunner().invoke(
                report,
                ["--workspace", str(workspace), "--compare", *pair],
                standalone_mode=False,
                catch_exceptions=False,
            )
    for more in ("latest", "--list"):
        done = CliRunner().invoke(report, ["--compare", "a", "b", more])
        assert done.exit_code == 2
        assert f"--compare names its two runs itself: leave out {more}" in done.output


def test_a_browser_is_opened_and_a_missing_one_is_reported(workspace, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda uri: opened.append(uri) or len(opened) == 1)
    page = workspace / "reports" / "20261122-100000" / "index.html"
    assert run("20261122-100000", "--workspace", workspace, "--open").return_value == 0
    failed = run("20261122-100000", "--workspace", workspace, "--open")
    assert opened == [page.as_uri()] * 2
    assert failed.return_value == 1
    assert str(page) in failed.output
    assert "no browser could be started" in failed.output


def test_runs_are_listed_newest_first(workspace):
    console = Console(width=100, record=True, file=io.StringIO())
    runs.list_runs(workspace / "reports", console)
    lines = console.export_text().splitlines()
    assert [line.split()[0] for line in lines] == ["run", "20261122-120000", "20261122-110000", "20261122-100000"]
    assert "No report yet" in lines[1]
    assert "Model refused" in lines[2]
    assert "+3.92 dB" in lines[3]
    assert "1763838847" in lines[3]


def test_a_damaged_record_is_named(workspace):
    (workspace / "reports" / "20261122-100000" / "run.json").write_text("{")
    with pytest.raises(InputError, match=r"20261122-100000.run\.json"):
        list(runs.listed(workspace / "reports"))


def test_a_killed_run_without_a_trace_says_so(workspace):
    with pytest.raises(InputError, match="neither facts nor a trace"):
        recovery.recover(workspace / "reports" / "20261122-120000")
    assert logging.root.manager.disable == logging.NOTSET


def test_a_running_run_is_not_reported(workspace):
    with FileLock(workspace / RUN_LOCK), pytest.raises(InputError, match="a run is using"):
        recovery.recover(workspace / "reports" / "20261122-120000")


def test_a_run_whose_workspace_is_gone_says_so(workspace):
    folder = workspace / "reports" / "20261122-120000"
    (folder / "config.yaml").write_text(json.dumps({"workspace": str(workspace / "gone")}))
    with pytest.raises(InputError, match="gone is gone"):
        recovery.recover(folder)
