import base64
import hashlib
import re
from dataclasses import replace

import pytest

from components.pair_validator.judging.advice import Advice
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.page import page, pictures
from pipeline.report.page.files import write_page
from pipeline.run_folder import FACTS_NAME
from tests.pipeline.report import samples
from tests.pipeline.report.html_page import Page


def render(verdict="pushed", examples=None, quarantined=(), **changes):
    shown = [samples.example()] if examples is None else examples
    return page.render(samples.facts(verdict, **changes), pictures.encode_all(shown, quarantined))


@pytest.mark.parametrize("verdict", samples.VERDICTS)
@pytest.mark.parametrize("bare", [False, True], ids=["full", "bare"])
def test_every_verdict_gives_valid_html_with_working_anchors(verdict, bare):
    nothing = {"slices": (), "thresholds": (), "history": None, "quarantine": (), "components": (), "splits": ()}
    parsed = Page(render(verdict, [], anomalies=(), pairs=0, config_yaml="", **nothing) if bare else render(verdict))
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"] for attributes in parsed.all("a")}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert {link for link in links if not link.startswith("#")} == {"../index.html"}
    assert f"This is how it ended: {verdict}." in parsed.text
    assert len(parsed.all("h1")) == 1
    assert parsed.all("html")[0]["lang"] == "en"


def test_the_first_section_says_why_the_run_ended():
    assert Page(render("pushed")).headings()[:3] == ["examples", "gate", "quality"]
    refused = Page(render("data_refused", [], [samples.quarantined_images()]))
    assert refused.headings()[0] == "data"
    assert refused.text.index("Quarantined pairs") < refused.text.index("Splits")
    failed = Page(render("failed", []))
    assert failed.headings()[:2] == ["log", "timing"]
    assert "OSError: no space left" in failed.text
    assert "the pipeline failed" in failed.text
    assert "3 lines before these are in" in failed.text


def test_each_threshold_stands_beside_its_value_and_reason():
    text = " ".join(Page(render("refused")).text.split())
    assert "PSNR gain over the input overall" in text
    assert "Not met 0.40 dB, at least 1.00 dB a viewer sees 1 dB" in text
    assert "nothing: 1 of 1 threshold was not met" in text


def test_an_interval_stands_beside_its_value_with_the_judged_bound():
    change = {"name": "psnr against production", "value": 0.2, "low": 0.01, "high": 0.41, "threshold": -0.05}
    met = samples.threshold(**change, judged="low", images=24)
    few = samples.threshold(**change, slice="severity: heavy", verdict="too few images", judged="high", images=3)
    text = " ".join(Page(render("pushed", thresholds=[met, few])).text.split())
    assert "Met 0.20 dB (0.01 to 0.41), lower bound at least −0.05 dB" in text
    assert "Too few images 0.20 dB (0.01 to 0.41), not clearly below −0.05 dB" in text
    assert "severity: heavy, 3 images" in text
    assert "1 of 2 met 1 with too few images" in text


def test_thresholds_that_are_met_are_folded_below_the_others():
    gate = [samples.threshold(), samples.threshold(name="psnr", value=0.4, verdict="not met")]
    html = render("refused", thresholds=gate)
    (folded,) = re.findall(r'<details class="folded met-thresholds">(.*?)</details>', html, re.DOTALL)
    assert "<summary>1 of 2 thresholds met</summary>" in folded
    assert "PSNR gain over the input" in folded
    assert "Not met" not in folded
    assert html.index("Not met") < html.index('<details class="folded met-thresholds">')
    assert "met-thresholds" not in re.sub("<style>.*?</style>", "", render(thresholds=gate[1:]), flags=re.DOTALL)


def test_every_metric_stands_in_a_table_by_slice():
    text = " ".join(Page(render()).text.split())
    assert "Slice Images PSNR gain over the input, dB Colour error, CIEDE2000, ΔE00" in text
    assert "overall 12 3.92 (3.42 to 4.42) 4.10 (3.60 to 4.60) severity: heavy 12" in text


def test_lineage_goes_from_span_to_push_and_says_what_was_not_reached():
    pushed, refused = (" ".join(Page(render(verdict)).text.split()) for verdict in ("pushed", "data_refused"))
    assert pushed.index("SHA-256 of the data 3fd0c3 examples Examples 1 pipeline/examples/1") < pushed.index(
        "Version 17638"
    )
    assert "Pushed not reached" in refused
    assert "Code 0.1.0, commit 3ac8def" in pushed


def test_memory_histograms_and_drift_are_shown():
    text = " ".join(Page(render()).text.split())
    assert "Pusher cached 0.1 s 2.00 GiB" in text
    assert "Trainer not reached" in text
    assert "1 shifted" in text
    assert "99 pairs." in text
    assert "Brightness span 1 0.200 bits 0.100 bits drifted" in text
    assert "Peak memory" not in render(components=[samples.facts().components[0]])


def test_best_median_and_worst_come_before_the_severities():
    ranked = [samples.example(f"pair {name}", rank=name, chosen=f"{name} gain") for name in ("worst", "best", "median")]
    parsed = render(examples=[samples.example("other", "light"), *ranked])
    assert re.findall(r'<h3 class="severity">(.*?)</h3>', parsed) == [page.RANKED, "light"]
    assert re.findall(r'<p class="rank rank-(\w+)">', parsed) == ["best", "median", "worst"]


def test_nothing_is_loaded_from_elsewhere():
    parsed = Page(render(quarantined=[samples.quarantined_images()]))
    sources = [
        value for _, attributes in parsed.elements for key, value in attributes.items() if key in ("src", "srcset")
    ]
    assert len(sources) == 10  # five pictures, a region in three, two of a quarantined pair
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert [attributes["href"] for attributes in parsed.all("link")] == ["data:,"]
    html = render()
    assert not re.search(r"@import|url\(|https?://", html)
    assert not parsed.all("iframe") + parsed.all("object") + parsed.all("form")


def test_policy_lets_no_other_script_run():
    html = render()
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    policy = next(item["content"] for item in Page(html).all("meta") if "http-equiv" in item)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_every_control_has_a_name():
    parsed = Page(render(quarantined=[samples.quarantined_images()]))
    controls = parsed.all("input") + parsed.all("button")
    assert len(controls) == 4
    assert all(control["aria-label"] for control in controls)
    assert all(item.get("aria-label") for _, item in parsed.elements if "tabindex" in item or item.get("role") == "img")
    assert all("alt" in image for image in parsed.all("img"))
    assert all(
        item.get("aria-label") or item.get("aria-labelledby") for item in parsed.all("nav") + parsed.all("section")
    )


def test_hostile_names_stay_text():
    bad = samples.HOSTILE
    reason = replace(samples.quarantined_pair(bad).reasons[0], text=bad, code=bad)
    html = page.render(
        samples.facts(
            "refused",
            run_id=bad,
            sentence=bad,
            model_dir=bad,
            error=bad,
            config_yaml=f"</pre></script>{bad}",
            anomalies=[bad],
            lineage={bad: bad},
            thresholds=[samples.threshold(name=bad, slice=bad, reason=bad, unit=bad, verdict="not met")],
            slices=[samples.metrics("overall"), samples.metrics(f"severity: {bad}")],
            quarantine=[samples.quarantined_pair(bad).model_copy(update={"reasons": (reason,)})],
            history=samples.history().model_copy(update={"stopped": bad, "recipe": {bad: bad}}),
        ),
        pictures.encode_all([samples.example(bad, bad)], [samples.quarantined_images(bad)]),
    )
    parsed = Page(html)
    assert len(parsed.all("script")) == 1
    assert not [attributes for _, attributes in parsed.elements if "onerror" in attributes]
    assert all(image["src"].startswith("data:") for image in parsed.all("img"))
    assert parsed.text.count(bad) > 12


def test_refused_data_is_explained_with_pictures():
    advice = [Advice("swapped", 7, ("pair/7", "gone"), {"min_swap_evidence": 0.31}, 5)]
    html = render("data_refused", [], [samples.quarantined_images()], advice=advice)
    parsed = Page(html)
    assert 'id="why-swapped"' in html
    assert "--set pairs.thresholds.min_swap_evidence=0.31" in parsed.text
    assert "5 of them then pass" in parsed.text
    assert "<code>--input-side</code>" in html
    assert [image["alt"] for image in parsed.all("img")[:2]] == ["Input image of pair/7", "Target image of pair/7"]


@pytest.mark.parametrize("verdict", ["refused", "data_refused"])
def test_a_refusal_says_what_to_do_next(verdict):
    html = render(verdict, next_steps=("add scenes (`data convert --shares`)", samples.HOSTILE))
    assert "<h2>What to do next</h2>" in html
    assert "<code>data convert --shares</code>" in html
    assert samples.HOSTILE in Page(html).text
    assert "What to do next" not in render(verdict)


def test_long_lists_are_cut_in_the_page_never_in_the_data(tmp_path):
    many = [samples.quarantined_pair(f"pair-{number}-") for number in range(500)]
    facts = samples.facts("data_refused", quarantine=many, quarantined=500)
    html = write_page(facts, [], tmp_path).read_text()
    assert len(set(re.findall(r"<h4>pair-\d+-</h4>", html))) == page.MAX_QUARANTINED_LISTED
    assert "500 pairs quarantined; the first 40 are listed" in Page(html).text
    assert RunFacts.model_validate_json((tmp_path / FACTS_NAME).read_text()) == facts


def test_an_error_of_many_pages_is_folded():
    sentence = "The run failed: " + "a long line " * 100
    html = render("failed", [], sentence=sentence)
    (heading,) = re.findall(r"<h1[^>]*>(.*?)</h1>", html)
    assert len(heading) < 300
    assert sentence in Page(html).text


def test_examples_are_grouped_light_first():
    examples = [samples.example(name, name) for name in ("heavy", "drizzle", "light")]
    groups = re.findall(r'<h3 class="severity">(.*?)</h3>', render(examples=examples))
    assert groups == ["light", "heavy", "drizzle"]
