"""`ast-restore data check`: the PairValidator without a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import exit_codes
from pipeline.commands.data.layout_options import chosen_layout, layout_options, limit_options
from pipeline.commands.parameter_types import FilePath
from pipeline.screen.terminal import echo

if TYPE_CHECKING:
    from components.pair_validator.judging.verdicts import VerdictCounts
    from pipeline.check_pairs import CheckResult

_MAX_LISTED = 10
"""Quarantined pairs listed on the screen; `--json` writes all."""

_EPILOG = exit_codes.epilog(
    exit_codes.CHECK,
    "ast-restore data check Rain100L --layout same-name --json verdicts.jsonl",
    "ast-restore data check rain --layout side-by-side --input-side right \\",
    "    --folder training --folder test_syn --report rain-report",
)


@click.command(epilog=_EPILOG)
@click.argument("src", type=FilePath())
@layout_options
@limit_options
@click.option(
    "--threshold",
    "overrides",
    multiple=True,
    metavar="NAME=VALUE",
    help="Replace a threshold of pairs.thresholds in the configuration, as in max_shift=1.0; may be given several times.",
)
@click.option(
    "--json",
    "json_file",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="Write one JSON line per pair: pair_id, input, target, verdict (ok or quarantined), reasons, measurements.",
)
@click.option(
    "--report",
    type=FilePath(file_okay=False),
    metavar="DIR",
    help="Write DIR/index.html with counts, histograms beside their thresholds, and thumbnails of the worst pairs.",
)
def check(
    src: Path,
    layout: str,
    folders: tuple[str, ...],
    max_pixels: int,
    max_bytes: int,
    overrides: tuple[str, ...],
    json_file: Path | None,
    report: Path | None,
    **layout_fields: str | None,
) -> int:
    """Check the pairs in folder SRC.

    The check covers alignment, direction, scene and ground truth. Every pair is measured and judged as the pipeline's
    PairValidator does it. Files without a partner and unreadable files get a verdict too and do not stop the check.
    Folders named train, validation or test (training, test_syn, ...) are taken as splits, which may not share a scene.
    Nothing in SRC is changed.
    """
    from pipeline.check_pairs import CheckRequest, check_pairs, pair_settings

    rule = chosen_layout(src, folders, name=layout, **layout_fields)
    settings = pair_settings(max_pixels, max_bytes, overrides)
    result = check_pairs(CheckRequest(src, rule, folders, settings, json_file, report))
    _print_tally(result.counts, is_all_in_file=json_file is not None)
    _print_directions(result.counts)
    _print_advice(result, report)
    if report:
        echo(f"report: {report / 'index.html'}")
    return exit_codes.DATA_REFUSED if result.counts.quarantined else 0


def _print_tally(tally: VerdictCounts, is_all_in_file: bool) -> None:
    good = tally.pairs - len(tally.quarantined)
    echo(f"{tally.pairs} {'pair' if tally.pairs == 1 else 'pairs'}: {good} ok, {len(tally.quarantined)} quarantined")
    for code, count in tally.by_code().most_common():
        echo(f"  {code:<16}{count:7d}")
    for pair_id, codes in tally.quarantined[:_MAX_LISTED]:
        echo(f"  {click.format_filename(pair_id)}: {', '.join(codes)}")
    more = len(tally.quarantined) - _MAX_LISTED
    if more > 0:
        echo(f"  and {more} more{'' if is_all_in_file else '; --json FILE lists them all'}")


def _print_directions(counts: VerdictCounts) -> None:
    """Prints the sets whose sides are exchanged, and those whose pairs do not show which side is degraded."""
    from components.pair_validator.judging.direction import REVERSED, UNDECIDED

    for name in counts.sets(REVERSED):
        echo(
            f"{name or 'the set'}: the targets are the degraded images; exchange the sides of the layout "
            "(--input-side, or the folders of inputs and targets)"
        )
    for name in counts.sets(UNDECIDED):
        echo(f"{name or 'the set'}: its pairs do not show which side is degraded; the sides are as the layout says")


def _print_advice(result: CheckResult, report: Path | None) -> None:
    """Prints what a pipeline would do with the data, and for each reason its pictures and what to do if the pairs are right."""
    from pipeline.report.pairs.page import OPTION, picture_link

    if result.refusal:
        echo(f"a run would refuse this data: {result.refusal}")
    for advice in result.advice:
        echo(f"{advice.code}: {click.format_filename(advice.text)}")
        echo(f"  {advice.sentence(OPTION)}")
        if report:
            echo(f"  pictures: {picture_link(report / 'index.html', advice.code)}")
    if result.advice and not report:
        echo("--report DIR shows the worst pairs of each reason as pictures")
