"""`ast-restore data check`: the PairValidator without a pipeline. What it needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from data.errors import InputError
from pipeline import exit_codes
from pipeline.commands.data_options import chosen_layout, layout_options, limit_options

if TYPE_CHECKING:
    from components.pair_validator.settings import PairSettings

_NAMED = 10
"""Quarantined pairs that the screen names; `--json` has all."""

_EPILOG = """\b
Examples:
  ast-restore data check Rain100L --layout same-name --json verdicts.jsonl
  ast-restore data check rain --layout one-picture --sides clean-rainy \\
      --folder training --folder test_syn --report rain-report

\b
Exit codes:
  0  every pair passed
  2  unusable input: a folder that is missing or empty, an unknown layout
  4  at least one pair is quarantined
"""


@click.command(epilog=_EPILOG)
@click.argument("src", type=click.Path(path_type=Path))
@layout_options
@limit_options
@click.option(
    "--threshold",
    "overrides",
    multiple=True,
    metavar="NAME=VALUE",
    help="Judge by another threshold, named as under pairs.thresholds in a configuration; may be given several times.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one JSON line a pair: pair_id, input, target, verdict (ok or quarantined), reasons, measurements.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write DIR/index.html: counts, histograms with their thresholds, and the worst pairs to look at.",
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
    **told: str | None,
) -> int:
    """Check the pairs in folder SRC: aligned, the right way round, of one scene, with a ground truth.

    Every pair is measured and judged as the pipeline's PairValidator does it, and so is every file that has no partner or
    cannot be read: nothing stops the check. Folders named train, validation or test (training, test_syn, ...) are taken
    as splits, which may not share a scene. Nothing in SRC is changed.
    """
    from pipeline.check import CheckRequest
    from pipeline.check import check as run

    rule = chosen_layout(src, folders, name=layout, **told)
    request = CheckRequest(src, rule, folders, _settings(max_pixels, max_bytes, overrides), json_file, report)
    result = run(request)
    good = result.pairs - len(result.bad)
    click.echo(f"{result.pairs} {'pair' if result.pairs == 1 else 'pairs'}: {good} ok, {len(result.bad)} quarantined")
    for code, count in result.by_code().most_common():
        click.echo(f"  {code:<16}{count:7d}")
    for pair_id, codes in result.bad[:_NAMED]:
        click.echo(f"  {click.format_filename(pair_id)}: {', '.join(codes)}")
    if len(result.bad) > _NAMED:
        click.echo(f"  and {len(result.bad) - _NAMED} more{'' if json_file else '; --json FILE names them all'}")
    if report:
        click.echo(f"report: {report / 'index.html'}")
    return exit_codes.DATA_REFUSED if result.bad else 0


def _settings(max_pixels: int, max_bytes: int, overrides: tuple[str, ...]) -> PairSettings:
    """Returns the default settings with what the command line gives in their place."""
    from pydantic import ValidationError

    from components.pair_validator.settings import PairLimits, PairSettings, PairThresholds

    values = dict(_split(override) for override in overrides)
    known = PairThresholds.model_fields
    for name in values:
        if name not in known:
            raise InputError(f"--threshold {name}: not known; choose one of {', '.join(known)}")
    try:
        thresholds = PairThresholds.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise InputError(f"--threshold {problem['loc'][0]}={problem['input']}: {problem['msg']}") from error
    return PairSettings(limits=PairLimits(max_pixels=max_pixels, max_bytes=max_bytes), thresholds=thresholds)


def _split(override: str) -> tuple[str, str]:
    name, separator, value = override.partition("=")
    if not separator:
        raise InputError(f"--threshold {override}: expected NAME=VALUE, such as max_shift=1.0")
    return name.strip(), value.strip()
