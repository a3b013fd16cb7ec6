"""The browser that the tests of pages share."""

import pytest

from pipeline.benchmarks.project.screenshot import find_browser
from tests.pipeline.report import chromium


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium here: the page is not looked at in a browser")
    with chromium.browser(executable, tmp_path_factory.mktemp("profile")) as started:
        yield started
