"""Writes the report of pair checks on a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from components.pair_validator.judging.advice import Advice
from components.pair_validator.judging.reasons import LOCALLY_MISALIGNED
from components.pair_validator.judging.verdicts import PairVerdict, VerdictCounts
from components.pair_validator.measure_folder import load_pair
from components.pair_validator.measuring.pair_measurement import (
    DISPLACED_BOX,
    FOREIGN_BOX,
    PATCH_BOX,
    PairMeasurement,
)
from components.pair_validator.settings import PairSettings
from data.layouts.candidates import Candidate
from data.parallel import ordered_map, track
from data.storage.files import write_whole
from pipeline.report.collect.distributions import Distributions
from pipeline.report.pairs.page import PairToShow, render
from pipeline.report.pairs.pictures import Box, pictures_of
from pipeline.report.pairs.worst import WorstPairs

PAGE = "index.html"


def write_report(
    root: Path, name: str, candidates: Iterable[Candidate], verdicts: Iterable[PairVerdict], settings: PairSettings,
    directory: Path, advice: Sequence[Advice] = (),
) -> None:  # fmt: skip
    """Writes `index.html`, whole.

    Args:
        root: The checked folder; the images of the pairs to show are read again.
        name: Name of the data set, with which the ids of its pairs begin.
        candidates: The pairs of the folder.
        verdicts: The verdicts on all of them; consumed once.
        settings: The settings behind the verdicts.
        directory: Folder of the report.
        advice: The most frequent reasons, and what to do if these pairs are right.
    """
    counts, distributions, worst = VerdictCounts(), Distributions(), WorstPairs(settings.thresholds)
    for verdict in verdicts:
        for collector in (counts, distributions, worst):
            collector.add(verdict)
    by_reason, close_calls = worst.by_reason(), worst.close_calls()
    wanted = [*close_calls, *(verdict for verdicts_of_code in by_reason.values() for verdict in verdicts_of_code)]
    shown = _pairs_to_show(root, name, candidates, wanted, settings)
    page = render(
        name,
        counts,
        distributions.histograms(settings.thresholds),
        {code: [shown[verdict.pair_id] for verdict in of_code] for code, of_code in by_reason.items()},
        [shown[verdict.pair_id] for verdict in close_calls],
        settings.thresholds,
        advice,
    )
    write_whole(directory / PAGE, page, errors="backslashreplace")


def _pairs_to_show(
    root: Path, name: str, candidates: Iterable[Candidate], verdicts: list[PairVerdict], settings: PairSettings
) -> dict[str, PairToShow]:
    """Reads and draws pairs on all processors; returns them by id."""
    ids = {verdict.pair_id for verdict in verdicts}
    files = {f"{name}/{candidate.key}": candidate for candidate in candidates if f"{name}/{candidate.key}" in ids}
    pairs = ordered_map(lambda verdict: _pair_to_show(root, files[verdict.pair_id], verdict, settings), verdicts)
    return {pair.verdict.pair_id: pair for pair in track(pairs, len(verdicts), "drawing the worst pairs")}


def _pair_to_show(root: Path, candidate: Candidate, verdict: PairVerdict, settings: PairSettings) -> PairToShow:
    degraded, target = load_pair(root, candidate, settings.limits)
    if degraded.pixels is None or target.pixels is None:
        return PairToShow(verdict, None)
    return PairToShow(verdict, pictures_of(degraded.pixels, target.pixels, region_of(verdict)))


def region_of(verdict: PairVerdict) -> Box | None:
    """Returns the region of the input that lies elsewhere, or shows something else, where the pair is quarantined for one.

    Args:
        verdict: The verdict on the pair.

    Returns:
        Top, left, bottom, right in pixels; None where no region is named.
    """
    measured = PairMeasurement.from_json(verdict.measurements)
    settings = {reason.setting for reason in verdict.reasons if reason.code == LOCALLY_MISALIGNED}
    boxes = {"max_patch_evidence": PATCH_BOX, "max_foreign_evidence": FOREIGN_BOX}
    names = next((boxes[setting] for setting in settings if setting in boxes), DISPLACED_BOX)
    top, left, bottom, right = (int(getattr(measured, name) or 0) for name in names)
    return (top, left, bottom, right) if settings and bottom > top else None
