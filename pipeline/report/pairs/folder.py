"""The report of a folder that was checked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from components.pair_validator.judging.verdicts import PairVerdict, VerdictCounts
from components.pair_validator.measure_folder import load_pair
from components.pair_validator.settings import PairSettings
from data.files import write_whole
from data.layouts.candidates import Candidate
from data.parallel import ordered_map, track
from pipeline.report.collect.distributions import Distributions
from pipeline.report.pairs.page import Shown, render
from pipeline.report.pairs.pictures import pictures_of
from pipeline.report.pairs.worst import Worst

PAGE = "index.html"


def write_report(
    root: Path, name: str, candidates: Iterable[Candidate], verdicts: Iterable[PairVerdict], settings: PairSettings,
    directory: Path,
) -> None:  # fmt: skip
    """Writes `index.html`, whole.

    Args:
        root: The folder that was checked; the images of the pairs to be shown are read again.
        name: Of the data set, which the pairs' ids begin with.
        candidates: What was found in the folder.
        verdicts: On all of them; consumed once.
        settings: Those that the verdicts were made by.
        directory: Where the page goes.
    """
    tally, distributions, worst = VerdictCounts(), Distributions(), Worst(settings.thresholds)
    for verdict in verdicts:
        for gathered in (tally, distributions, worst):
            gathered.add(verdict)
    by_reason, nearly = worst.by_reason(), worst.nearly()
    wanted = [*nearly, *(verdict for found in by_reason.values() for verdict in found)]
    ids = {verdict.pair_id for verdict in wanted}
    files = {f"{name}/{candidate.key}": candidate for candidate in candidates if f"{name}/{candidate.key}" in ids}
    drawn = ordered_map(lambda verdict: _shown(root, files[verdict.pair_id], verdict, settings), wanted)
    shown = {pair.verdict.pair_id: pair for pair in track(drawn, len(wanted), "drawing the worst pairs")}
    page = render(
        name,
        tally,
        distributions.histograms(settings.thresholds),
        {code: [shown[verdict.pair_id] for verdict in found] for code, found in by_reason.items()},
        [shown[verdict.pair_id] for verdict in nearly],
        settings.thresholds,
    )
    write_whole(directory / PAGE, page, errors="backslashreplace")


def _shown(root: Path, candidate: Candidate, verdict: PairVerdict, settings: PairSettings) -> Shown:
    degraded, target = load_pair(root, candidate, settings.limits)
    if degraded.pixels is None or target.pixels is None:
        return Shown(verdict, None)
    return Shown(verdict, pictures_of(degraded.pixels, target.pixels))
