"""The comparison of two runs as HTML: one file that loads nothing from the network."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from components.gate.bootstrap import Interval
from data.errors import InputError
from data.storage.files import write_whole
from pipeline.report import changes
from pipeline.report.changes import Change
from pipeline.report.comparison.chart import intervals_by_slice, tendency
from pipeline.report.comparison.differences import Differences, compare
from pipeline.report.comparison.pictures import ShownImages, shown_images
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.html import page_environment, style_and_script
from pipeline.report.page import difference_maps
from pipeline.report.page.charts import Chart
from pipeline.report.page.files import pictures_in, read_facts
from pipeline.report.page.gain_charts import bars_by_image
from pipeline.report.page.page import Section
from pipeline.report.page.pictures import Pictures
from pipeline.report.wording import VERDICT_WORDS, counted, interval_of, number, signed
from pipeline.run_folder import PAGE_NAME

SLICES = Section("slices", "By slice")
IMAGES = Section("images", "Image by image")
CHANGES = Section("changes", "What differs")

_VERDICTS = {"met": "pushed", "short": "refused", "unjudged": "unchanged"}
"""The verdict whose colour the page has, by the tendency of the difference."""


def write_comparison(first: Path, second: Path, reports: Path) -> Path:
    """Writes the comparison of two runs, whole.

    Args:
        first: Folder of the one run.
        second: Folder of the other run.
        reports: Folder that the page is written to.

    Returns:
        The path of the page.

    Raises:
        InputError: It is one run, the facts of one cannot be read, one judged no model, or they share no evaluation image.
        OSError: The page cannot be written.
    """
    if first.resolve() == second.resolve():
        raise InputError(f"{first}: a run is compared with another one, not with itself")
    facts = [read_facts(folder) for folder in (first, second)]
    kept = [_pictures(folder) for folder in (first, second)]
    links = [quote(os.fsencode(os.path.relpath(folder / PAGE_NAME, reports))) for folder in (first, second)]
    page = reports / f"compare-{first.name}-{second.name}.html"
    write_whole(page, render(facts, [pictures for pictures, _ in kept], links, [problem for _, problem in kept]))
    return page


def _pictures(folder: Path) -> tuple[Pictures | None, str]:
    """Returns the pictures that a run kept, or why there are none."""
    try:
        pictures = pictures_in(folder)
    except InputError as error:
        return None, str(error)
    return pictures, "" if pictures and pictures.examples else "it kept no pictures of evaluation images"


def render(
    facts: Sequence[RunFacts],
    pictures: Sequence[Pictures | None] = (None, None),
    links: Sequence[str] = ("", ""),
    problems: Sequence[str] = ("", ""),
) -> str:
    """Returns the comparison as a whole HTML document.

    Args:
        facts: The two runs.
        pictures: Their pictures; None where a run has none.
        links: Addresses of their reports, relative to the page; empty for no link.
        problems: Why a run has no pictures; empty where it has.

    Raises:
        InputError: A run judged no model, or they share no evaluation image.
    """
    first, second = facts
    differences = compare(first, second)
    shown = shown_images(differences.images, *pictures)
    environment = page_environment(__package__)
    by_slice = [intervals_by_slice(differences.slices, measure) for measure in ("psnr", "ssim")]
    return environment.get_template("comparison.html.j2").render(
        verdict=_VERDICTS[tendency(differences.overall.psnr)],
        headline=headline(differences),
        sections=(SLICES, IMAGES, CHANGES),
        runs=list(zip("AB", facts, links, strict=True)),
        problems=[(name, problem) for name, problem in zip("AB", problems, strict=True) if problem],
        words=VERDICT_WORDS,
        differences=differences,
        tendency=tendency,
        interval=interval_text,
        charts=[chart for chart in by_slice if chart is not None],
        bars=_bars(differences),
        shown=shown,
        without=_without_pictures(shown),
        changes=all_changes(first, second),
        difference_maps=difference_maps,
        **style_and_script(environment, ("page.css", "comparison.css"), "page.js"),
    )


def headline(differences: Differences) -> str:
    """Returns in a sentence which run restores better, as far as the images show it."""
    psnr, images = differences.overall.psnr, counted(differences.overall.images, "image")
    mean, _, interval = interval_text(psnr, 2).partition(" ")
    figure = f"{mean} dB PSNR {interval} on {images}".replace("  ", " ")
    if math.isnan(psnr.low):
        return f"B minus A: {figure}; too few scenes for an interval"
    words = {"met": "B restores better than A", "short": "B restores worse than A"}
    return f"{words.get(tendency(psnr), 'No clear difference of B from A')}: {figure}"


def interval_text(interval: Interval, decimals: int) -> str:
    """Returns a difference with its interval, such as "+0.42 (0.10 to 0.70)"; a dash where it is not known."""
    mean, low, high = (
        value if math.isfinite(value) else None for value in (interval.mean, interval.low, interval.high)
    )
    return f"{signed(mean, decimals)} {interval_of(low, high, decimals)}".rstrip()


def _bars(differences: Differences) -> Chart | None:
    values = [image.psnr for image in differences.images]
    better, worse = sum(value > 0 for value in values), sum(value < 0 for value in values)
    counts = f"{number(better, 0)} of {counted(len(values), 'image')} better in B, {number(worse, 0)} worse"
    return bars_by_image(values, "Difference of each image", "PSNR of B minus A, dB", counts)


def _without_pictures(shown: ShownImages) -> list[str]:
    """Returns the listed images that cannot be shown, because a run kept no pictures of them."""
    return [each.image.pair_id for each in (*shown.better, *shown.worse) if not each.is_whole]


def all_changes(first: RunFacts, second: RunFacts) -> tuple[Change, ...]:
    """Returns what differs between two runs: configuration, data, code and model."""
    data, model = ([_data(facts) for facts in (first, second)], [_model(facts) for facts in (first, second)])
    return (
        *changes.config_changes(first.config_yaml, second.config_yaml),
        *changes.changes("data", *data),
        *changes.changes("code", {"version": first.code_version}, {"version": second.code_version}),
        *changes.changes("model", *model),
    )


def _data(facts: RunFacts) -> dict[str, str]:
    data = facts.data
    return changes.data_values(data.source, data.span, data.window, data.digest) if data else {}


def _model(facts: RunFacts) -> dict[str, str]:
    model = facts.model
    return changes.model_values(model.variant, model.parameters, model.parent) if model else {}
