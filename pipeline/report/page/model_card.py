"""The model card as Markdown and HTML: intended use, data, training, metrics and limits of a model."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from pipeline.report import wording
from pipeline.report.facts.lineage_facts import DataSource
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.page import metrics_table

FEW_IMAGES = 30
"""With fewer evaluation images, the card warns that the next image may differ from the mean."""

_SPECIAL = re.compile(r"([\\`*\[\]<>|~#&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_LINE_START = re.compile(r"^(\d*)([-+=.)])(?=\s|$|[-+=])")
# In the run report the card is a section, so its headings stand one level lower.
_LEVELS_DOWN = 1
# Tokens from the start of a table to the text of its first header cell: thead, tr, th, text.
_FIRST_HEADER = 4


def model_card(facts: RunFacts) -> str | None:
    """Returns the model card as Markdown; None where the run judged no model.

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
    """Returns the model card as HTML for the run report; empty where there is none. HTML in the facts is escaped."""
    card = model_card(facts)
    if card is None:
        return Markup("")
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(card)
    body = tokens[3:]  # without the title
    for token in body:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1:]) + _LEVELS_DOWN}"
    return Markup(parser.renderer.render(list(_scrolling(body)), parser.options, {}))


def _scrolling(tokens: list[Token]) -> Iterator[Token]:
    """Puts each table into a frame that scrolls, has keyboard focus, and is named after the heading above it."""
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
    """Yields the limits of the model that follow from the facts, a sentence each."""
    overall = facts.overall
    if overall is not None and overall.pairs < FEW_IMAGES:
        yield f"It was evaluated on {wording.counted(overall.pairs, 'image')} only: the next image may differ."
    worse = sum(image.gain_psnr < 0 for image in facts.images)
    if facts.images:
        total = wording.counted(len(facts.images), "evaluation image")
        yield f"It lowered the PSNR of {wording.number(worse, 0)} of {total}."
    for result in (*facts.unmet, *facts.unjudged):
        where = wording.slice_name(result.slice)
        yield (
            f"{wording.metric(result.name)} ({where}): {wording.measured(result)}, {wording.condition(result)} required: "
            f"{result.verdict}."
        )
    if facts.data is not None:
        yield from _data_limits(facts.data)


def _data_limits(data: DataSource) -> Iterator[str]:
    kinds = ", ".join(sorted(data.degradations)) or "an unknown degradation"
    yield f"It was trained and evaluated on {kinds} only."
    if data.drawn:
        yield "The degradation was drawn by a program, not photographed: real images may fare worse."
    if data.sizes:
        yield f"It was evaluated on images of {_sizes(data.sizes)} pixels (height × width) only."


def _sizes(sizes: dict[str, int]) -> str:
    """Returns up to three sizes (height × width), or the smallest and the largest of more."""
    ordered = sorted(sizes, key=lambda size: math.prod(map(int, size.split("x"))))
    shown = ordered if len(ordered) <= 3 else [ordered[0], ordered[-1]]
    return (" to " if len(ordered) > 3 else ", ").join(size.replace("x", " × ") for size in shown)


def _recipe(facts: RunFacts) -> list[str]:
    """Returns the training recipe, a sentence a line, as far as the history holds it."""
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
    if "precision" in train:
        lines.append(f"Trained in {train['precision']}; the model computes in float32")
    if "seed" in train:
        lines.append(f"Seed {train['seed']}")
    if history and history.best is not None:
        lines.append(f"Weights of step {history.best.step}, the best on the validation scenes")
    return lines


def escaped(value: object) -> object:
    """Escapes the Markdown in a value that a template prints: names of files and slices come from outside.

    Args:
        value: The value; only strings are escaped, and `Markup` is not.
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    text = _SPECIAL.sub(r"\\\1", " ".join(value.split()))
    return _LINE_START.sub(r"\1\\\2", text)


@cache
def _environment() -> Environment:
    # Jinja escapes HTML only; `finalize` escapes Markdown.
    environment = Environment(
        loader=PackageLoader("pipeline.report.page"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=escaped,
        keep_trailing_newline=True,
    )
    environment.globals.update(w=wording)
    return environment
