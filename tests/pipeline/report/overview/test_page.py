"""The page of all runs as HTML."""

import logging
import os
import re

import pytest

from components.production import registry
from pipeline.report.overview import page
from pipeline.report.overview.history import History, read_history
from pipeline.report.overview.page import render, update_overview, write_overview
from tests.pipeline.report import samples
from tests.pipeline.report.html_page import Page
from tests.pipeline.report.looks import assert_looks_right
from tests.pipeline.report.overview.workspaces import add_run, add_version, story


def read(path):
    return Page(path.read_text())


def words(parsed):
    return " ".join(parsed.text.split())


@pytest.fixture
def told(tmp_path):
    runs = story(tmp_path)
    return runs, write_overview(tmp_path / "reports")


def test_every_run_is_linked_with_its_verdict_and_gain(told):
    runs, path = told
    parsed = read(path)
    text = words(parsed)
    hrefs = [attributes["href"] for attributes in parsed.all("a")]
    for name in runs.values():
        assert f"{name}/index.html" in hrefs
        assert (path.parent / name / "index.html").is_file()
    assert "Model refused 20261122-210000" in text
    assert "PSNR gain +1.00 dB (0.50 to 1.50)" in text
    assert "SSIM gain +0.080 (0.070 to 0.090)" in text
    ids = {attributes["id"] for _, attributes in parsed.elements if "id" in attributes}
    assert {href[1:] for href in hrefs if href.startswith("#")} <= ids


def test_what_changed_stands_beside_a_run(told):
    _, path = told
    text = words(read(path))
    assert "train.steps 100 → 400 span 2 → 3 SHA-256 3fd0c3 → 77aa01" in text
    assert text.count("Configuration, data and code as in the run before.") == 2
    assert text.count("The first run whose facts can be read.") == 1


def test_production_is_told_from_the_rollback_back_to_the_first_push(told):
    runs, path = told
    text = words(read(path))
    assert "Version 3 is in production, with the content of 1" in text
    assert f"Version 3 in production now Rollback: the content of version 1, trained by run {runs['first']}" in text
    assert "Rolled back 2026-11-23 10:00: streaks in the sky" in text
    assert text.index("Version 3 in production now") < text.index("Version 2 Pushed") < text.index("Version 1 Pushed")


def test_a_run_with_damaged_facts_is_named_with_the_reason(told):
    runs, path = told
    text = words(read(path))
    assert "1 run cannot be read." in text
    assert (
        f"Not readable {runs['damaged']} facts.json is damaged, or of another version (the file: Invalid JSON" in text
    )


def test_the_page_is_the_same_each_time_and_holds_no_time_of_its_making(told):
    _, path = told
    before = path.read_bytes()
    assert write_overview(path.parent).read_bytes() == before


def test_hostile_facts_and_names_stay_text(tmp_path):
    bad = samples.HOSTILE
    name = add_run(tmp_path, "refused", 0, 1.0, sentence=bad, config_yaml="a: 1\n", code_version=bad)
    add_run(
        tmp_path, "pushed", 1, 2.0, sentence=bad, pushed_version=bad, config_yaml=f"'{bad.replace(chr(39), '')}': 2\n"
    )
    add_version(tmp_path, 4, 2, 1.0, run_id=bad, origin="rollback", restores=3, digest="x")
    (tmp_path / "models" / "denied.json").write_text(f'{{"x": {{"number": 4, "when": "<b>", "reason": "{bad[:8]}"}}}}')
    hostile = tmp_path / "reports" / "javascript:alert(1)&\"'<b>"
    (tmp_path / "reports" / name).rename(hostile)
    latin = os.fsdecode(b"20261123-\xe9")
    (tmp_path / "reports" / latin).mkdir()
    (tmp_path / "reports" / latin / "config.yaml").write_text("")
    parsed = read(write_overview(tmp_path / "reports"))
    assert len(parsed.all("script")) == 1
    assert not [attributes for _, attributes in parsed.elements if "onerror" in attributes]
    assert parsed.text.count(bad) >= 4
    links = [attributes["href"] for attributes in parsed.all("a") if not attributes["href"].startswith("#")]
    assert all(re.fullmatch(r"[\w%().~-]+/index\.html", link) for link in links), links


def test_nothing_is_loaded_from_elsewhere(told):
    html = told[1].read_text()
    assert not re.search(r"@import|url\(|https?://|<iframe|<object|<form", html)
    assert "default-src 'none'" in html


def test_old_runs_and_versions_are_folded(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "MAX_UNFOLDED", 2)
    runs = [add_run(tmp_path, "pushed", hours, 3.0, pushed_version=str(hours + 1)) for hours in range(5)]
    html = write_overview(tmp_path / "reports").read_text()
    folded = html.split('<details class="folded">')
    assert [part.partition("</summary>")[0].split(">")[1] for part in folded[1:]] == [
        "3 older versions",
        "3 older runs",
    ]
    assert all(f'href="{name}/index.html"' in html for name in runs)


def test_an_empty_workspace_and_one_without_a_push_have_a_page(tmp_path):
    assert "No run yet" in words(Page(render(History(), "w")))
    add_run(tmp_path, "data_refused", 0)
    text = words(read(write_overview(tmp_path / "reports")))
    assert "No model is in production" in text
    assert "Gain over time" not in text


def test_a_page_that_cannot_be_written_is_logged_and_leaves_the_old_one_whole(told, monkeypatch, caplog):
    _, path = told
    before = path.read_bytes()

    def full_disk(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full_disk)
    with caplog.at_level(logging.WARNING):
        assert update_overview(path.parent) is None
    assert "the page of all runs cannot be written" in caplog.text
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == ["index.html"]
    assert path.read_bytes() == before


def test_a_push_destination_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    add_run(tmp_path, "pushed", 0, 3.0, pushed_version="1")

    def pruned(_):
        raise FileNotFoundError(2, "No such file or directory", "models/1")

    monkeypatch.setattr(registry, "versions", pruned)
    history = read_history(tmp_path / "reports")
    assert "cannot be read" in history.problem
    text = words(Page(render(history, "w")))
    assert "What the runs themselves tell is shown." in text
    assert "Version 1 Pushed by run" in text


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1400, False), (1400, True)])
def test_the_page_looks_right_in_a_browser(browser, told, width, dark):
    assert_looks_right(browser, told[1], width, dark)


def test_a_phone_shows_few_runs_whole_and_of_many_the_newest_first(browser, told, tmp_path):
    browser.open(told[1], 390)
    assert browser.run("document.querySelector('.gains-frame')") is None
    for hours in range(30, 60):
        add_run(tmp_path, "pushed", hours, 3.0)
    browser.open(write_overview(tmp_path / "reports"), 390)
    frame = "document.querySelector('.gains-frame')"
    assert browser.run(f"{frame}.scrollWidth > {frame}.clientWidth")
    assert browser.run(f"{frame}.scrollLeft + {frame}.clientWidth >= {frame}.scrollWidth - 2")
