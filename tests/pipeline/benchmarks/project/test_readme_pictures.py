"""The README's pictures: what they show of a run, and what they never show."""

import numpy as np
import pytest

from data.errors import InputError
from pipeline.benchmarks.project import readme_pictures
from pipeline.benchmarks.project.readme_pictures import _median_pair, _side_by_side, run_report
from pipeline.config import Config
from pipeline.report.facts.image_facts import ImageGain
from pipeline.report.page.files import write_page
from tests.pipeline.report import samples


def test_the_pair_is_the_one_with_the_median_gain():
    gains = [ImageGain(pair_id=name, gain_psnr=gain) for name, gain in (("a", 3.0), ("b", 1.0), ("c", 2.0), ("d", 9.0))]
    assert _median_pair(samples.facts(images=gains)) == "c"


def test_a_run_that_judged_no_model_is_refused():
    with pytest.raises(InputError, match="judged no model"):
        _median_pair(samples.facts("data_refused"))


def test_three_images_stand_side_by_side():
    images = [samples.image(60, 90, seed) for seed in range(3)]
    sheet = _side_by_side([(str(seed), image) for seed, image in enumerate(images)])
    assert sheet.size == (3 * 90 + 16, 60)
    assert np.array_equal(np.asarray(sheet)[:20, 98:188], images[1][:20])


def test_the_report_is_pictured_with_relative_paths_and_the_run_is_left_alone(tmp_path, monkeypatch):
    config = Config(workspace=tmp_path / "workspace")
    page = write_page(samples.facts(model_dir=str(config.workspace / "models" / "7")), [], tmp_path / "run")
    before = {file.name: file.read_bytes() for file in page.parent.iterdir()}
    pictured = []

    def note(html, png, width, height):
        pictured.append(html.read_text())
        readme_pictures.Image.new("RGB", (width, height)).save(png)

    monkeypatch.setattr(readme_pictures, "take_screenshot", note)
    assert run_report(page.parent, config).size == (readme_pictures.WIDTH, readme_pictures.HEIGHT)
    assert "workspace/models/7" in pictured[0]
    assert str(tmp_path) not in pictured[0]
    assert {file.name: file.read_bytes() for file in page.parent.iterdir()} == before
