"""What every page has to be in a browser, at any width and in both colour schemes."""

from __future__ import annotations

from pathlib import Path

from tests.pipeline.report.chromium import Browser

UNFOLD = "document.querySelectorAll('.folded').forEach((part) => { part.open = true })"
# WCAG's contrast of every text with what lies behind it, where that is see-through over black as over white; those too low.
CONTRAST = r"""(() => {
  const numbers = (text) => text.match(/[\d.]+/g).map(Number);
  const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const [r, g, b, alpha = 1] = numbers(getComputedStyle(node).backgroundColor);
      if (alpha === 1) return [[r, g, b]];
      if (alpha > 0) return [0, 255].map((under) => [r, g, b].map((v) => v * alpha + under * (1 - alpha)));
    }
  };
  const ratio = (one, other) => (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
  const own = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  return [...document.body.querySelectorAll("*")]
    .filter((node) => own(node) && !["SCRIPT", "STYLE", "title"].includes(node.tagName) && node.getClientRects().length)
    .map((node) => {
      const style = getComputedStyle(node);
      const text = light(numbers(node instanceof SVGElement ? style.fill : style.color));
      return [Math.min(...behind(node).map((back) => ratio(text, light(back)))), node.outerHTML.slice(0, 90)];
    })
    .filter(([contrast]) => contrast < 4.5);
})()"""


# What sticks out to the right, apart from tables that scroll in a frame of their own.
OUTSIDE = """[...document.body.querySelectorAll("*")]
  .filter((node) => !node.closest("svg, .scroll, .skip") && node.getBoundingClientRect().right > innerWidth + 1)
  .map((node) => node.outerHTML.slice(0, 80))"""


def assert_looks_right(browser: Browser, page: Path, width: int, dark: bool) -> None:
    """Asserts that a page has no errors, loads nothing, has no cut text and enough contrast.

    Args:
        browser: A running browser.
        page: The page.
        width: Width of the window, pixels.
        dark: Whether the reader prefers dark colours.
    """
    browser.problems.clear()
    browser.requests.clear()
    browser.open(page, width, dark=dark)
    browser.run(UNFOLD)
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run(OUTSIDE) == []
    assert browser.run(CONTRAST) == []
    assert browser.problems == []
    assert [url for url in browser.requests if not url.startswith("data:")] == [page.resolve().as_uri()]
