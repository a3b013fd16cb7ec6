"""The model card: what a model is for, what it was made from, what it reaches and where it ends; Markdown and HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from pipeline.report import wording
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.page import metrics_table

# Below this many images a mean says little of the next image.
FEW_IMAGES = 30

_SPECIAL = re.compile(r"([\\`*\[\]<>|~#&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_LINE_START = re.compile(r"^(\d*)([-+=.)])(?=\s|$|[-+=])")
# In the page the card is a section: its own title would be a second one, its headings stand a level lower.
_LEVELS_DOWN = 1
# From a table's first token to the text of its first header cell: thead, tr, th, text.
_FIRST_HEADER = 4


def model_card(facts: RunFacts) -> str | None:
    """Returns the card as Markdown; None where the run judged no model.

    Args:
        facts: The run.
    """
    if facts.overall is None:
        return None
    return _environment().get_template("model_card.md.j2").render(
        facts=facts,
        overall=facts.overall,
        limits=list(limits(facts)),
        intervals=metrics_table.intervals(facts.metrics),
        recipe=_recipe(facts),
    )  # fmt: skip


def card_html(facts: RunFacts) -> Markup:
    """Returns the card as HTML for a section of the page; empty where there is none. HTML in it stays text."""
    card = model_card(facts)
    if card is None:
        return Markup("")
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(card)
    body = tokens[3:]  # the title and its end
    for token in body:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1:]) + _LEVELS_DOWN}"
    return Markup(parser.renderer.render(list(_scrolling(body)), parser.options, {}))


def _scrolling(tokens: list[Token]) -> Iterator[Token]:
    """Puts each table in a frame of its own that scrolls, reached by keyboard, named after the heading above it."""
    heading = ""
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[index + 1].content
        if token.type == "table_open":
            if not tokens[index + _FIRST_HEADER].content:  # a table of names and values
                token.attrSet("class", "keyed")
            frame = Token("paragraph_open", "div", 1)
            frame.attrs = {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": f"Model card: {heading}"}
            yield frame
        yield token
        if token.type == "table_close":
            yield Token("paragraph_close", "div", -1)


def limits(facts: RunFacts) -> Iterator[str]:
    """Yields what the facts themselves say against the model, sentence by sentence."""
    overall = facts.overall
    if overall is not None and overall.pairs < FEW_IMAGES:
        yield f"It was judged on {wording.counted(overall.pairs, 'evaluation image')} only: the next image may differ."
    worse = sum(image.gain_psnr < 0 for image in facts.images)
    if facts.images:
        of = wording.number(len(facts.images), 0)
        yield f"Of {of} evaluation images measured one by one, {wording.number(worse, 0)} had a lower PSNR than before."
    for result in (*facts.unmet, *facts.unjudged):
        where = wording.slice_name(result.slice)
        yield (
            f"{wording.metric(result.name)} ({where}): {wording.measured(result)}, {wording.asked(result)} is asked for: "
            f"{result.verdict}."
        )
    if facts.data is not None:
        yield from _data_limits(facts)


def _data_limits(facts: RunFacts) -> Iterator[str]:
    assert facts.data is not None
    kinds = ", ".join(sorted(facts.data.degradations)) or "an unknown degradation"
    yield f"It has only seen {kinds}; on anything else it was not judged."
    if facts.data.drawn:
        yield "The degradation was drawn by a program, not photographed: real images may fare worse."
    if facts.data.sizes:
        yield f"Its data are images of {_sizes(facts.data.sizes)} pixels (height × width); it was not judged on other sizes."


def _sizes(sizes: dict[str, int]) -> str:
    """Names a few sizes, or the smallest and the largest of many (height by width)."""
    ordered = sorted(sizes, key=lambda size: math.prod(map(int, size.split("x"))))
    shown = ordered if len(ordered) <= 3 else [ordered[0], ordered[-1]]
    return (" to " if len(ordered) > 3 else ", ").join(size.replace("x", " × ") for size in shown)


def _recipe(facts: RunFacts) -> list[str]:
    """Returns how it was trained, sentence by sentence, as far as training wrote it down."""
    history = facts.history
    train = (history.recipe or {}).get("train", {}) if history and isinstance(history.recipe, dict) else {}
    lines = [
        f"{stage['steps']} steps of {stage['batch']} patches of {stage['patch']} × {stage['patch']} pixels, "
        f"learning rate {stage['learning_rate']:g}"
        for stage in train.get("stages", [])
    ]
    if "optimizer" in train:
        lines.append(f"Optimiser {train['optimizer']['name']}, weight decay {train['optimizer']['weight_decay']:g}")
    if "loss" in train:
        lines.append("Loss: " + ", ".join(f"{weight:g} × {name}" for name, weight in train["loss"].items()))
    if "seed" in train:
        lines.append(f"Seed {train['seed']}")
    if history and history.best is not None:
        lines.append(f"The weights of step {history.best.step} were kept, the best on the validation scenes")
    return lines


def plain(value: Any) -> Any:
    """Escapes what Markdown would take as its own: names of files and slices come from outside.

    Args:
        value: What a template puts out; `Markup` is taken as it is.
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    text = _SPECIAL.sub(r"\\\1", " ".join(value.split()))
    return _LINE_START.sub(r"\1\\\2", text)


@cache
def _environment() -> Environment:
    # Autoescape is of HTML; here `finalize` escapes each value for Markdown.
    environment = Environment(
        loader=PackageLoader("pipeline.report.page"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=plain,
        keep_trailing_newline=True,
    )
    environment.globals.update(w=wording)
    return environment
