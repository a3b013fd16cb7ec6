"""The run report in a real browser; skipped where there is none."""

import pytest

from components.gate.metric_value import MetricValue
from pipeline.report.facts.lineage_facts import LogTail
from pipeline.report.page.files import write_page
from tests.pipeline.report import samples
from tests.pipeline.report.looks import OUTSIDE, UNFOLD, assert_looks_right

SLIDER = "document.querySelector('.compare input')"
CUT = "getComputedStyle(document.querySelector('.compare .before')).clipPath"
VALUE = f"Number({SLIDER}.value)"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    examples = [
        samples.example(height=150, width=200, rank="best", chosen="Best gain of 6 evaluation images, +3.90 dB"),
        samples.example("scene-4/light", "light", 64, 48),
    ]
    change = {"name": "psnr against production", "value": 0.2, "low": 0.01, "high": 0.41, "threshold": -0.05}
    gate = [
        samples.threshold(),
        samples.threshold(**change, judged="low", images=24),
        samples.threshold(**change, slice="size_class: portrait small", verdict="too few images", judged="high"),
        samples.threshold(**change | {"value": -0.4}, slice="severity: heavy", verdict="not met"),
    ]
    long_log = LogTail(lines=tuple(f"line {number} {'of the log ' * 20}" for number in range(40)))
    return {
        verdict: write_page(
            samples.facts(
                verdict,
                thresholds=gate if verdict in ("pushed", "refused", "unchanged") else [],
                log=long_log if verdict == "failed" else None,
            ),
            examples if verdict in ("pushed", "refused", "unchanged") else [],
            folder / verdict,
            [samples.quarantined_images()],
        )
        for verdict in samples.VERDICTS
    }


@pytest.mark.parametrize("verdict", samples.VERDICTS)
@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1400, False), (1400, True)])
def test_the_report_has_no_errors_no_requests_no_cut_text_and_enough_contrast(browser, pages, verdict, width, dark):
    assert_looks_right(browser, pages[verdict], width, dark)


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


def test_thumbnails_put_their_pictures_under_the_slider_and_back(browser, pages):
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
    assert browser.run(state) == "Error before,Error after false,true,true"
    browser.run(press.format(2))
    assert browser.run(state) == "Input,Restored false,false,false"


@pytest.mark.parametrize("verdict", samples.VERDICTS)
def test_every_control_has_an_accessible_name(browser, pages, verdict):
    browser.open(pages[verdict], 1400)
    browser.run(UNFOLD)
    nodes = [node for node in browser.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    roles = {"slider", "button", "link", "textbox", "checkbox", "DisclosureTriangle", "region", "image", "navigation"}
    named = [node for node in nodes if node["role"]["value"] in roles or _focusable(node)]
    sliders = [node for node in named if node["role"]["value"] == "slider"]
    assert len(sliders) == (2 if verdict in ("pushed", "refused", "unchanged") else 0)
    assert len(named) > 10
    assert [node["role"]["value"] for node in named if not node.get("name", {}).get("value", "").strip()] == []


def _focusable(node):
    return node["role"]["value"] != "RootWebArea" and any(
        item["name"] == "focusable" and item["value"]["value"] for item in node.get("properties", [])
    )


def test_every_image_has_a_text_or_a_named_button(browser, pages):
    browser.open(pages["pushed"], 1400)
    assert browser.run("document.images.length") > 15
    without = "[...document.images].filter(image => !(image.alt || image.closest('button[aria-label]'))).length"
    assert browser.run(without) == 0


def test_every_control_is_reached_by_the_tab_key_and_shows_it(browser, pages):
    browser.open(pages["pushed"], 1400)
    browser.run(UNFOLD)
    stops = browser.run("document.querySelectorAll('a, button, input, summary, [tabindex=\"0\"]').length")
    seen = set()
    for _ in range(stops + 1):
        browser.press("Tab", 9)
        seen.add(browser.run("document.activeElement.cloneNode().outerHTML"))
        marked = browser.run(
            "(node => [node, node.nextElementSibling].some(one => one && (getComputedStyle(one).outlineStyle !== 'none' ||"
            " getComputedStyle(one).boxShadow !== 'none')))(document.activeElement)"
        )
        assert marked or browser.run("document.activeElement === document.body")
    assert sum("<input" in each for each in seen) == 2
    assert sum("<button" in each for each in seen) == 6


def test_the_enter_key_unfolds_the_thresholds_that_were_met(browser, pages):
    browser.open(pages["pushed"], 1400)
    assert browser.run("[...document.querySelectorAll('.gate > li')].map(row => row.checkVisibility())") == [
        True, True, False, False
    ]  # fmt: skip
    browser.run("document.querySelector('.met-thresholds summary').focus()")
    browser.send("Input.dispatchKeyEvent", type="keyDown", key="Enter", windowsVirtualKeyCode=13, text="\r")
    assert browser.run("document.querySelector('.met-thresholds').open")


def test_everything_is_unfolded_on_paper_and_folded_again_afterwards(browser, pages):
    browser.open(pages["pushed"], 1400)
    folded = "document.querySelectorAll('details:not([open])').length"
    before = browser.run(folded)
    browser.run("addEventListener('afterprint', () => { window.foldedAfter = " + folded + " })")
    browser.run("addEventListener('beforeprint', () => { window.foldedOnPaper = " + folded + " })")
    browser.send("Page.printToPDF")
    assert before > 3
    assert browser.run("window.foldedOnPaper") == 0
    assert browser.run("window.foldedAfter") == before


@pytest.fixture(scope="module")
def wide_page(tmp_path_factory):
    """A page whose tables have every column that they can have: intervals, and the gains of a production model."""
    names = ("overall", "brightness_class: middle", "size_class: landscape large")
    gains = {"production_gain_psnr": -0.31, "production_gain_ssim": -0.012}
    slices = [samples.metrics(name).model_copy(update=gains) for name in names]
    measured = [
        MetricValue(name=metric, slice=name, value=-0.011, low=-0.125, high=-0.001, unit="dB", images=24)
        for name in names
        for metric in ("psnr", "gain_psnr", "ssim", "gain_ssim", *(f"metric_{number}" for number in range(12)))
    ]
    facts = samples.facts(slices=slices, metrics=measured, reason="drift of the requests: " + "input_mean " * 20)
    return write_page(facts, [samples.example()], tmp_path_factory.mktemp("wide"))


@pytest.mark.parametrize("width", [1024, 1280])
def test_the_slices_fit_into_their_table(browser, wide_page, width):
    browser.open(wide_page, width)
    assert (
        browser.run("(table => table.scrollWidth > table.clientWidth)(document.querySelector('.scroll:has(.metrics)'))")
        is False
    )
    assert (
        browser.run("(table => table.scrollWidth > table.clientWidth)(document.querySelector('.scroll:has(.every)'))")
        is True
    )
    browser.run("document.querySelector('.scroll:has(.every)').scrollLeft = 400")
    box = "(one => one.getBoundingClientRect().left)"
    assert (
        browser.run(
            f"{box}(document.querySelector('.every tbody th')) - {box}(document.querySelector('.scroll:has(.every)'))"
        )
        < 3
    )


def test_no_table_is_cut_on_paper(browser, wide_page):
    """At the width of A4 between its margins, in pixels."""
    browser.open(wide_page, 718)
    browser.send("Emulation.setEmulatedMedia", media="print")
    browser.run(UNFOLD)
    try:
        sticking_out = OUTSIDE.replace(".scroll, ", "")
        assert browser.run(sticking_out) == []
    finally:
        browser.send("Emulation.setEmulatedMedia", media="")


def test_region_is_marked_on_the_image_while_one_points_at_it(browser, pages):
    browser.open(pages["pushed"], 1400)
    browser.run("document.querySelector('.crop').scrollIntoView({block: 'center', behavior: 'instant'})")
    shown = "[...document.querySelectorAll('.ranked .mark')].map(mark => getComputedStyle(mark).opacity)"
    browser.run(
        "document.body.append(Object.assign(document.createElement('style'), {textContent: '* {transition: none !important}'}))"
    )
    assert set(browser.run(shown)) == {"0"}
    x, y = browser.run("(box => [box.x + 9, box.y + 9])(document.querySelector('.crop').getBoundingClientRect())")
    browser.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    assert browser.run(shown)[0] == "1"


def test_the_log_of_a_failed_run_is_scrolled_to_its_end(browser, pages):
    browser.open(pages["failed"], 390)
    assert browser.run(
        "(log => log.scrollTop + log.clientHeight >= log.scrollHeight - 2)(document.querySelector('.log'))"
    )
    assert browser.run("document.querySelector('.log').scrollTop") > 0
