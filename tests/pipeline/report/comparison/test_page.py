"""The comparison of two runs as HTML."""

import re

import pytest

from data.errors import InputError
from pipeline.report.comparison.page import render, write_comparison
from pipeline.report.page.files import write_page
from tests.pipeline.report import samples
from tests.pipeline.report.comparison.runs import FIRST, SECOND, by_hand, image, run
from tests.pipeline.report.html_page import Page
from tests.pipeline.report.looks import assert_looks_right


def words(html):
    return " ".join(Page(html).text.split())


def example(pair_id):
    return samples.example(pair_id, pair_id.rpartition("/")[2], 60, 80)


def folders(reports, facts=None, examples=(("s1/light", "s2/light"), ("s1/light", "s2/light", "s1/heavy"))):
    """Writes the reports of two runs with pictures of some images; returns their folders."""
    written = [
        write_page(each, [example(pair_id) for pair_id in shown], reports / each.run_id)
        for each, shown in zip(facts or by_hand(), examples, strict=True)
    ]
    return [path.parent for path in written]


@pytest.fixture
def comparison(tmp_path):
    reports = tmp_path / "reports"
    return write_comparison(*folders(reports), reports)


def test_the_headline_says_which_run_restores_better_and_how_certain_that_is(comparison):
    assert "No clear difference of B from A: 0.00 dB PSNR (−3.00 to 1.50) on 3 images" in words(comparison.read_text())
    scenes = range(6)
    first = run(FIRST, [image(f"{n}/light", 4.0, f"s{n}") for n in scenes])
    for change, headline in ((0.5, "B restores better than A: +0.50 dB"), (-0.5, "B restores worse than A: −0.50 dB")):
        second = run(SECOND, [image(f"{n}/light", 4.0 + change, f"s{n}") for n in scenes])
        assert headline in words(render((first, second)))
    alone = [run(name, [image("a/light", gain, "s")]) for name, gain in ((FIRST, 1.0), (SECOND, 2.0))]
    assert "B minus A: +1.00 dB PSNR on 1 image; too few scenes for an interval" in words(render(alone))


def test_slices_and_images_stand_in_tables(comparison):
    text = words(comparison.read_text())
    assert "overall 3 2 0.00 (−3.00 to 1.50) 0.000 (−0.060 to 0.030)" in text
    assert "severity: light 2 2 −1.00 (−3.00 to 1.00)" in text
    assert "severity: heavy 1 1 +2.00 +0.040" in text
    better, worse = text.partition("Worse in B")[::2]
    assert "s1/heavy +2.00 +5.00 +7.00 +0.040 heavy" in better
    assert "s2/light −3.00 +6.00 +3.00 −0.060 light" in worse


def test_pictures_of_both_runs_stand_under_one_slider_where_both_kept_them(comparison):
    html = comparison.read_text()
    assert html.count('class="compare"') == 2
    assert html.count('data-role="first"') == html.count('data-role="second"') == 2
    assert "Without pictures, because a report keeps only some images: s1/heavy." in words(html)


def test_a_run_that_kept_no_pictures_or_lost_them_is_named(tmp_path):
    reports = tmp_path / "reports"
    first, second = folders(reports, examples=((), ("s1/light",)))
    html = write_comparison(first, second, reports).read_text()
    assert "Run A: it kept no pictures of evaluation images." in words(html)
    assert 'class="compare"' not in html
    assert "Run B: it kept no pictures" in words(write_comparison(second, first, reports).read_text())
    (second / "pictures.json").write_text("{")
    assert "Run B: " in (text := words(write_comparison(first, second, reports).read_text()))
    assert "damaged, or of another version" in text


def test_other_images_that_both_kept_are_shown_too(tmp_path):
    same = [run(name, [image("same/light", 4.0, "s"), image("t/light", 1.0, "t")]) for name in (FIRST, SECOND)]
    reports = tmp_path / "reports"
    html = write_comparison(*folders(reports, same, (["same/light"], ["same/light"])), reports).read_text()
    assert "Other images that both runs kept" in html
    assert html.count('class="compare"') == 1


def test_what_differs_is_listed_by_kind():
    first, second = by_hand()
    first = run(FIRST, first.images, config_yaml="train: {steps: 100}\n")
    data = samples.source().model_copy(update={"span": 3})
    second = run(
        SECOND, second.images, config_yaml="train: {steps: 400}\n", data=data, code_version="0.2.0", model=None
    )
    text = words(render((first, second)))
    assert "train.steps 100 400 span data 2 3 version code 0.1.0, commit 3ac8def 0.2.0 network model AST-T –" in text
    assert "Nothing: configuration, data, code and model are described alike." in words(render(by_hand()))


def test_both_reports_are_linked_also_from_elsewhere(tmp_path):
    reports = tmp_path / "reports"
    first, second = folders(reports)
    moved = second.rename(tmp_path / "a folder: 2")
    html = write_comparison(first, moved, reports).read_text()
    assert f'href="{FIRST}/index.html"' in html
    assert 'href="../a%20folder%3A%202/index.html"' in html


def test_a_run_is_not_compared_with_itself_and_damaged_facts_are_one_line(tmp_path):
    reports = tmp_path / "reports"
    first, second = folders(reports)
    with pytest.raises(InputError, match="not with itself"):
        write_comparison(first, reports / "." / FIRST, reports)
    (second / "facts.json").write_text("{")
    with pytest.raises(InputError, match=r"facts\.json: damaged") as refused:
        write_comparison(first, second, reports)
    assert "\n" not in str(refused.value)
    assert not list(reports.glob("compare-*"))


def test_hostile_facts_stay_text():
    bad = samples.HOSTILE
    config = f"? {bad.replace(chr(39), '')!r}\n: 1\n"
    facts = [
        run(
            bad,
            [image(f"{bad}/{bad}", gain, bad), image("b/light", gain, "b")],
            code_version=bad * turn,
            config_yaml=text,
        )
        for turn, gain, text in ((1, 1.0, config), (2, 2.0, "a: 1\n"))
    ]
    parsed = Page(render(facts, problems=(bad, "")))
    assert len(parsed.all("script")) == 1
    assert not [attributes for _, attributes in parsed.elements if "onerror" in attributes]
    assert parsed.text.count(bad) > 5


def test_nothing_is_loaded_from_elsewhere(comparison):
    html = comparison.read_text()
    assert not re.search(r"@import|url\(|https?://", html)
    assert "default-src 'none'" in html
    sources = [attributes["src"] for attributes in Page(html).all("img")]
    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1400, False), (1400, True)])
def test_the_page_looks_right_in_a_browser(browser, comparison, width, dark):
    assert_looks_right(browser, comparison, width, dark)


def test_thumbnails_put_their_pictures_under_the_slider_and_back(browser, comparison):
    browser.open(comparison, 1400)
    corners = "[...document.querySelector('.example').querySelectorAll('.corner')].map(item => item.textContent).join()"
    assert browser.run(corners) == "A,B"
    for index, shown in enumerate(("Input,B", "B,Target", "Error A,Error B")):
        press = f"document.querySelectorAll('.thumbnail')[{index}].click()"
        browser.run(press)
        assert browser.run(corners) == shown
        browser.run(press)
        assert browser.run(corners) == "A,B"
