"""The page in a real browser; skipped, saying so, where there is none."""

import pytest

from pipeline.report.page import write_page
from tests.pipeline.report import chromium, samples

SLIDER = "document.querySelector('.compare input')"
CUT = "getComputedStyle(document.querySelector('.compare .before')).clipPath"
VALUE = f"Number({SLIDER}.value)"
# WCAG's contrast of every text with what lies behind it; the lowest one.
CONTRAST = r"""(() => {
  const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = (text) => {
    const [r, g, b] = text.match(/[\d.]+/g).map((v) => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const back = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
  };
  const texts = document.querySelectorAll("p, dt, dd, h1, h2, h3, h4, td, th, a, li b, summary, pre");
  return Math.min(...[...texts].map((node) => {
    const pair = [light(getComputedStyle(node).color), light(back(node))].sort((a, b) => b - a);
    return (pair[0] + .05) / (pair[1] + .05);
  }));
})()"""


# What sticks out to the right, apart from tables that scroll in a frame of their own.
OUTSIDE = """[...document.body.querySelectorAll("*")]
  .filter((node) => !node.closest("svg, .scroll, .skip") && node.getBoundingClientRect().right > innerWidth + 1)
  .map((node) => node.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    examples = [samples.example(), samples.example("scene-4/light", "light", 64, 48)]
    return {
        verdict: write_page(
            samples.facts(verdict),
            examples if verdict in ("pushed", "refused", "unchanged") else [],
            folder / verdict,
            [samples.quarantined_images()],
        )
        for verdict in samples.VERDICTS
    }


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    executable = chromium.find()
    if executable is None:
        pytest.skip("no Chromium here: the page is not looked at in a browser")
    with chromium.browser(executable, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.mark.parametrize("verdict", samples.VERDICTS)
@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1400, False), (1400, True)])
def test_no_error_no_request_nothing_cut_off_and_readable(browser, pages, verdict, width, dark):
    browser.problems.clear()
    browser.requests.clear()
    browser.open(pages[verdict], width, dark=dark)
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run(OUTSIDE) == []
    assert browser.run(CONTRAST) >= 4.5
    assert browser.problems == []
    assert [url for url in browser.requests if not url.startswith("data:")] == [pages[verdict].resolve().as_uri()]


def test_dark_mode_is_dark(browser, pages):
    shades = []
    for dark in (False, True):
        browser.open(pages["pushed"], 800, dark=dark)
        shades.append(browser.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))
    assert int(shades[0]) > 200
    assert int(shades[1]) < 50


def test_keyboard_moves_the_cut(browser, pages):
    browser.open(pages["pushed"], 1400)
    assert browser.run(CUT) == "inset(0px 50% 0px 0px)"
    browser.run(f"{SLIDER}.focus()")
    browser.press("ArrowRight", 39)
    browser.press("ArrowRight", 39)
    assert browser.run(CUT) == "inset(0px 48% 0px 0px)"
    assert browser.run(f"{SLIDER}.getAttribute('aria-valuetext')") == "52 % Input, 48 % Restored"
    browser.press("Home", 36)
    assert browser.run(CUT) == "inset(0px 100% 0px 0px)"


def test_pointer_moves_the_cut_from_anywhere_on_the_image(browser, pages):
    browser.open(pages["pushed"], 1400)
    browser.run("document.querySelector('.compare').scrollIntoView({block: 'center', behavior: 'instant'})")
    box = browser.run(
        "(({x, y, width, height}) => [x, y, width, height])(document.querySelector('.compare').getBoundingClientRect())"
    )
    x, y, width, height = box
    browser.drag((x + width / 2, y + height / 2), (x + width * 0.8, y + height / 2))
    assert browser.run(VALUE) == 80
    assert browser.run(CUT) == "inset(0px 20% 0px 0px)"
    browser.send("Input.dispatchMouseEvent", type="mouseMoved", x=x + 5, y=y + 5)
    assert browser.run(VALUE) == 80
    browser.click(x + width * 0.2, y + 5)
    assert browser.run(VALUE) == 20


def test_small_pictures_put_their_pair_under_the_slider_and_back(browser, pages):
    browser.open(pages["pushed"], 1400)
    state = (
        "[...document.querySelector('.example').querySelectorAll('.corner')].map(item => item.textContent).join()"
        " + ' ' + [...document.querySelector('.example').querySelectorAll('.thumbnail')].map(b => b.ariaPressed).join()"
    )
    press = "document.querySelectorAll('.thumbnail')[{}].click()"
    assert browser.run(state) == "Input,Restored false,false,false"
    browser.run(press.format(0))
    assert browser.run(state) == "Restored,Target true,false,false"
    assert browser.run("document.querySelector('.after').src === document.querySelector('[data-role=target]').src")
    browser.run(press.format(1))
    assert browser.run(state) == "Error before,Error left false,true,true"
    browser.run(press.format(2))
    assert browser.run(state) == "Input,Restored false,false,false"


def test_every_control_has_an_accessible_name(browser, pages):
    browser.open(pages["pushed"], 1400)
    nodes = browser.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"slider", "button", "link", "textbox", "checkbox", "DisclosureTriangle"}
    controls = [node for node in nodes if not node["ignored"] and node["role"]["value"] in roles]
    assert sum(node["role"]["value"] == "slider" for node in controls) == 2
    assert [node for node in controls if not node["name"]["value"].strip()] == []
