"""Screenshots: the first screen of a page, and an error where there is no browser."""

import numpy as np
import pytest
from PIL import Image

from data.errors import InputError
from pipeline.benchmarks.project import screenshot


def test_a_page_is_pictured_at_the_size_of_the_window(tmp_path):
    if screenshot.find_browser() is None:
        pytest.skip("no Chromium here")
    (tmp_path / "page.html").write_text("<body style='background: rgb(10 200 30)'>")
    screenshot.take_screenshot(tmp_path / "page.html", tmp_path / "page.png", 320, 200)
    picture = np.asarray(Image.open(tmp_path / "page.png").convert("RGB"))
    assert picture.shape == (200, 320, 3)
    assert tuple(picture[100, 160]) == (10, 200, 30)


def test_without_a_browser_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(screenshot, "find_browser", lambda: None)
    with pytest.raises(InputError, match="install one of chromium"):
        screenshot.take_screenshot(tmp_path / "page.html", tmp_path / "page.png", 320, 200)
