import json
import os
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from data.errors import InputError
from pipeline.report.page import pictures
from pipeline.report.page.files import rebuild, write_page
from pipeline.run_folder import CARD_NAME, FACTS_NAME, PAGE_NAME, PICTURES_NAME, RUN_NAME
from tests.pipeline.report import samples

RUN_KEYS = {"run_id", "sentence", "verdict", "gain_psnr", "gain_ssim", "psnr", "ssim", "pairs", "quarantined"}
RUN_KEYS |= {"pushed_version", "model_dir", "seconds", "reason"}


def test_rebuilt_page_is_the_same_to_the_last_byte(tmp_path):
    local = datetime(2026, 11, 22, 20, 14, 7, tzinfo=ZoneInfo("Europe/Madrid"))  # a zone whose name no JSON keeps
    facts = samples.facts(started=local, seconds=0.1 + 0.2)
    write_page(facts, [samples.example(rank="best")], tmp_path, [samples.quarantined_images()])
    before = {item.name: item.read_bytes() for item in tmp_path.iterdir()}
    for name in (PAGE_NAME, RUN_NAME, CARD_NAME):
        (tmp_path / name).unlink()
    assert rebuild(tmp_path) == tmp_path / PAGE_NAME
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        (FACTS_NAME, None, "No such file"),
        (FACTS_NAME, "{", "damaged, or of another version"),
        (FACTS_NAME, '{"verdict": "pushed"}', "run_id: Field required"),
        (PICTURES_NAME, '{"examples": 3}', "examples"),
    ],
)
def test_a_damaged_file_is_an_error_of_one_line_and_the_page_is_unchanged(tmp_path, name, text, complaint):
    path = write_page(samples.facts(), [], tmp_path)
    before = path.read_bytes()
    (tmp_path / name).unlink() if text is None else (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=complaint) as caught:
        rebuild(tmp_path)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_only_jpeg_data_uris_are_accepted_as_pictures(tmp_path):
    write_page(samples.facts(), [samples.example()], tmp_path)
    stored = tmp_path / PICTURES_NAME
    stored.write_text(stored.read_text().replace("data:image/jpeg;base64,", "https://example.org/", 1))
    with pytest.raises(InputError, match="uri"):
        rebuild(tmp_path)


def test_page_of_many_large_images_stays_small(tmp_path):
    examples = [samples.example(f"pair-{number}", "heavy", 480, 720) for number in range(4)]
    assert write_page(samples.facts(), examples, tmp_path).stat().st_size < 6_000_000


def test_run_json_is_flat_and_has_its_keys(tmp_path):
    path = write_page(samples.facts(), [], tmp_path / "reports" / "run")
    assert path == tmp_path / "reports" / "run" / "index.html"
    flat = json.loads((path.parent / RUN_NAME).read_text())
    assert set(flat) == RUN_KEYS
    assert not any(isinstance(value, (dict, list)) for value in flat.values())
    assert {item.name for item in path.parent.iterdir()} == {
        "facts.json", "index.html", "model_card.md", "pictures.json", "run.json"
    }  # fmt: skip
    assert path.stat().st_mode & 0o044 == 0o044


def test_why_a_run_was_started_is_in_every_file_and_in_the_page(tmp_path):
    reason = "drift of the requests: input_mean 0.62 (threshold 0.30) in 412 requests, against span 10"
    page = write_page(samples.facts(reason=reason), [], tmp_path)
    for file in (page, tmp_path / FACTS_NAME, tmp_path / RUN_NAME):
        assert reason in file.read_text()
    assert (
        json.loads((write_page(samples.facts(), [], tmp_path / "none").parent / RUN_NAME).read_text())["reason"] is None
    )
    assert "Reason" not in (tmp_path / "none" / PAGE_NAME).read_text()


def test_a_write_that_fails_leaves_the_old_page_whole(tmp_path, monkeypatch):
    path = write_page(samples.facts(), [], tmp_path)
    before = {item.name: item.read_bytes() for item in tmp_path.iterdir()}

    def full_disk(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space left"):
        write_page(samples.facts("refused"), [], tmp_path)
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == before
    assert "Pushed" in path.read_text()


def test_a_page_that_cannot_be_drawn_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "_ENCODINGS", pictures._ENCODINGS[:1])
    examples = [samples.example(f"pair-{number}", "heavy", 480, 640) for number in range(6)]
    with pytest.raises(ValueError, match="pass fewer"):
        write_page(samples.facts(), examples, tmp_path / "run")
    assert not (tmp_path / "run").exists()
