import re

import pytest
from markdown_it import MarkdownIt

from pipeline.report.page.model_card import card_html, escaped, limits, model_card
from tests.pipeline.report import samples


@pytest.mark.parametrize("verdict", ["data_refused", "failed"])
def test_a_run_that_judged_no_model_has_no_card(verdict):
    assert model_card(samples.facts(verdict)) is None
    assert card_html(samples.facts(verdict)) == ""


def test_the_card_has_its_sections_and_facts():
    card = model_card(samples.facts())
    headings = re.findall(r"^## (.*)$", card, re.MULTILINE)
    assert headings == [
        "The model", "Intended use", "Data", "How it was trained", "Metrics", "Limits", "Licences"
    ]  # fmt: skip
    assert card.startswith("# Model card: AST image restoration, version 1763838847\n")
    assert "| overall | 12 | 24.00 | 27.92 | +3.92 (3.42 to 4.42) | 0.740 | 0.850 | +0.110  |" in card
    assert "| SHA-256 of the SavedModel | 9d1c |" in card
    assert "This model removes rain from photographs" in card
    assert "| Licence of the images | unknown |" in card
    assert "Code: Apache-2.0. Training images: unknown." in card
    assert "Weights of step 300" in card
    assert "the clean target. The confidence interval is in brackets.\n\n| slice | images |" in card
    assert "the clean target.\n\n| slice | images |" in model_card(samples.facts(metrics=()))


def test_card_of_a_refused_model_says_that_it_was_not_pushed():
    card = model_card(samples.facts("refused"))
    assert "not pushed" in card.splitlines()[0]
    assert "0.40 dB, at least 1.00 dB required: not met." in card


def test_limits_follow_from_the_facts():
    facts = samples.facts()
    sentences = " ".join(limits(facts))
    assert "on 12 images only" in sentences
    assert "It lowered the PSNR of 1 of 6 evaluation images" in sentences
    assert "drawn by a program" in sentences
    assert "256 × 384 pixels" in sentences
    many = facts.model_copy(update={"slices": (samples.metrics("overall").model_copy(update={"pairs": 100}),)})
    assert "only: the next" not in " ".join(limits(many))


@pytest.mark.parametrize(
    "text", ["a|b", "*b*", "_b_", "`b`", "[b](javascript:1)", "<b>", "# b", "- b", "1. b", "b\n\nc", "&lt;"]
)
def test_markdown_in_names_is_escaped(text):
    html = MarkdownIt("commonmark", {"html": False}).render(escaped(text))
    words = re.sub(r"</?p>|\n", "", html)
    assert not re.search(r"<(?!/?p>)", html)
    assert words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == " ".join(text.split())


def test_a_plain_name_is_not_escaped():
    assert escaped("size_class: rain/test_syn/12.png, 0.5-1") == "size_class: rain/test_syn/12.png, 0.5-1"


def test_html_of_the_card_fits_into_the_page():
    html = card_html(samples.facts())
    assert "<h1" not in html
    assert "<h2" not in html
    assert html.count("<table") == html.count('class="scroll" role="region" tabindex="0" aria-label="Model card: ')
    assert '<table class="keyed">' in html
    hostile = card_html(samples.facts(run_id=samples.HOSTILE, sentence=samples.HOSTILE))
    assert "<script" not in hostile
    assert "<img" not in hostile
