"""The page of all runs as HTML: one file that loads nothing from the network."""

from __future__ import annotations

import logging
import os
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from data.storage.files import write_whole
from pipeline.report.html import page_environment, style_and_script
from pipeline.report.overview.chart import gain_history, how_to_read, is_wide
from pipeline.report.overview.history import MEASURES, History, read_history
from pipeline.report.page.page import Section
from pipeline.report.wording import VERDICT_WORDS
from pipeline.run_folder import PAGE_NAME

GAINS = Section("gains", "Gain over time")
PRODUCTION = Section("production", "Production through time")
RUNS = Section("runs", "Runs")

MAX_UNFOLDED = 40
"""Runs, and models that were in production, that are shown before the older ones are folded."""
MAX_CHANGES = 8
"""Changes of a run that are shown before the others are folded."""


def update_overview(reports: Path) -> Path | None:
    """Writes the page of all runs, whole; a page that cannot be written is logged and changes nothing else.

    Args:
        reports: Folder of the runs' folders.

    Returns:
        The path of the page; None where it could not be written.
    """
    try:
        return write_overview(reports)
    except Exception:  # whatever is wrong with this page, the run that has just ended is not to fail for it
        logging.warning("%s: the page of all runs cannot be written", reports, exc_info=True)
        return None


def write_overview(reports: Path) -> Path:
    """Writes the page of all runs, whole.

    Args:
        reports: Folder of the runs' folders.

    Returns:
        The path of the page.

    Raises:
        OSError: It cannot be written.
    """
    page = reports / PAGE_NAME
    write_whole(page, render(read_history(reports), reports.parent.name), errors="backslashreplace")
    return page


def render(history: History, workspace: str) -> str:
    """Returns the page of all runs as a whole HTML document.

    Args:
        history: The runs and the models that were in production.
        workspace: Name of the workspace.
    """
    environment = page_environment(__package__)
    charts = [chart for measure in MEASURES if (chart := gain_history(history, measure)) is not None]
    newest = next((run.record for run in reversed(history.runs) if run.record), None)
    shown = {GAINS: charts, PRODUCTION: history.events or history.problem, RUNS: history.runs}
    return environment.get_template("overview.html.j2").render(
        verdict=newest.verdict if newest else "unchanged",
        workspace=workspace,
        history=history,
        sections=[section for section, content in shown.items() if content],
        charts=charts,
        is_wide=is_wide(history),
        how_to_read=how_to_read(history),
        words=VERDICT_WORDS,
        counts=Counter(run.record.verdict for run in history.runs if run.record),
        link=_link,
        pages={run.name for run in history.runs if run.has_page},
        max_unfolded=MAX_UNFOLDED,
        max_changes=MAX_CHANGES,
        **style_and_script(environment, ("page.css", "overview.css"), "page.js"),
    )


def _link(name: str) -> str:
    """Returns the address of a run's report, relative to the page."""
    return f"{quote(os.fsencode(name))}/{PAGE_NAME}"
