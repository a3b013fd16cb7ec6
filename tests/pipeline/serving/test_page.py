"""The page in a real browser; skipped, saying so, where there is none."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from pipeline.benchmarks.project.screenshot import find_browser
from tests.pipeline.report import chromium
from tests.pipeline.report.looks import CONTRAST, OUTSIDE
from tests.pipeline.serving import servers

CUT = "getComputedStyle(document.querySelector('.before')).clipPath"
SHOWN = "!document.getElementById('result').hidden"
FAILED = "!document.getElementById('error').hidden"
# Each control a user can reach, without a name that a screen reader could say.
NAMELESS = """[...document.querySelectorAll("button, a[href], input, progress")]
  .filter((node) => node.getClientRects().length && !(node.ariaLabel || node.textContent.trim() || (node.labels || []).length
    || node.getAttribute("aria-labelledby")))
  .map((node) => node.outerHTML)"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    model = servers.halving(tmp_path_factory.mktemp("model") / "3")
    with servers.serving(model=model, max_pixels=100_000, max_body=400_000) as client:
        yield str(client.base_url)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium here: the page is not looked at in a browser")
    with chromium.browser(executable, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def photo(tmp_path):
    """A photograph on its side, as a telephone writes it: 60 x 40 when it is upright."""
    exif, file = Image.Exif(), tmp_path / "a photo.png"
    exif[0x0112] = 6
    Image.fromarray(np.rot90(servers.image((60, 40)))).save(file, exif=exif)
    return file


def _open(browser, address, width=1000, dark=False):
    browser.problems.clear()
    browser.requests.clear()
    browser.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.send("Emulation.setEmulatedMedia", features=[scheme])
    browser.send("Page.navigate", url=f"{address}/")
    _until(browser, "document.readyState === 'complete' && location.protocol === 'http:'")


def _choose(browser, file):
    document = browser.send("DOM.getDocument")["root"]["nodeId"]
    node = browser.send("DOM.querySelector", nodeId=document, selector="#file")["nodeId"]
    browser.send("DOM.setFileInputFiles", files=[str(file)], nodeId=node)


def _until(browser, script, seconds=20):
    end = time.monotonic() + seconds
    while not browser.run(script):
        assert time.monotonic() < end, browser.problems
        time.sleep(0.02)


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1400, False), (1400, True)])
def test_an_image_is_restored_and_the_page_is_accessible(browser, address, photo, width, dark):
    _open(browser, address, width, dark)
    for _ in range(2):  # as it opens, and with the result
        assert browser.run("document.documentElement.scrollWidth") <= width
        assert browser.run(OUTSIDE) == []
        assert browser.run(CONTRAST) == []
        assert browser.run(NAMELESS) == []
        _choose(browser, photo)
        _until(browser, SHOWN)
    assert browser.problems == []
    outside = [url for url in browser.requests if not url.startswith(("data:", "blob:", address))]
    assert outside == []


def test_before_and_after_are_upright_and_the_download_is_the_restored_image(browser, address, photo):
    _open(browser, address)
    _choose(browser, photo)
    _until(browser, SHOWN)
    sizes = "[...document.querySelectorAll('.compare img')].map((i) => [i.naturalWidth, i.naturalHeight])"
    assert browser.run(sizes) == [[40, 60], [40, 60]]
    assert browser.run("document.getElementById('download').download") == "a photo-restored.png"
    assert "model version 3" in browser.run("document.getElementById('about').textContent")
    data = browser.run(
        "(() => { const c = document.createElement('canvas'); const i = document.getElementById('after');"
        "c.width = i.naturalWidth; c.height = i.naturalHeight; const x = c.getContext('2d'); x.drawImage(i, 0, 0);"
        "return [...x.getImageData(0, 0, c.width, c.height).data]; })()"
    )
    shown = np.array(data, np.uint8).reshape(60, 40, 4)[..., :3]
    np.testing.assert_array_equal(shown, servers.halved(servers.image((60, 40))))
    assert browser.run("document.getElementById('download').href === document.getElementById('after').src")


def test_keyboard_and_pointer_move_the_line(browser, address, photo):
    _open(browser, address)
    _choose(browser, photo)
    _until(browser, SHOWN)
    assert browser.run(CUT) == "inset(0px 50% 0px 0px)"
    browser.run("document.getElementById('cut').focus()")
    browser.press("ArrowRight", 39)
    browser.press("ArrowRight", 39)
    assert browser.run(CUT) == "inset(0px 48% 0px 0px)"
    assert browser.run("document.getElementById('cut').getAttribute('aria-valuetext')") == "52 % before, 48 % after"
    box = browser.run(
        "(() => { const frame = document.getElementById('compare'); frame.scrollIntoView({block: 'center'});"
        "const {x, y, width, height} = frame.getBoundingClientRect(); return [x, y, width, height]; })()"
    )
    x, y, width, height = box
    browser.drag((x + width / 2, y + height / 2), (x + width * 0.8, y + height / 2))
    assert browser.run(CUT) == "inset(0px 20% 0px 0px)"


def test_a_refusal_is_explained_and_the_next_image_is_accepted(browser, address, photo, tmp_path):
    _open(browser, address)
    said = "document.getElementById('error').textContent"
    (tmp_path / "text.png").write_text("no image")
    _choose(browser, tmp_path / "text.png")
    _until(browser, FAILED)
    assert "not a PNG or JPEG picture" in browser.run(said)
    large = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (400, 400, 3), np.uint8)).save(large, "PNG")
    (tmp_path / "large.png").write_bytes(large.getvalue())
    _choose(browser, tmp_path / "large.png")
    _until(browser, f"{said}.includes('maximum file size')")
    _choose(browser, photo)
    _until(browser, SHOWN)
    assert browser.run(FAILED) is False


def test_the_policy_allows_only_the_page_s_own_script(browser, address):
    _open(browser, address)
    browser.run(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.foreign = 1';"
        "document.body.append(s); })()"
    )
    assert browser.run("window.foreign") is None
    assert browser.problems
