"""What `convert` and `synthesize` share: the options of a span, and the summary of the one that they wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from data.errors import InputError
from data.features import EVALUATION
from data.layouts.listing import enumerate_names
from pipeline.commands.data.layout_options import limit_options
from pipeline.commands.options import Function, with_options
from pipeline.commands.parameter_types import LARGEST_SEED, LAST_SPAN, WholeRange
from pipeline.screen.terminal import echo

if TYPE_CHECKING:
    from data.spans.manifest import Manifest
    from data.spans.official_split import OfficialSplit
    from data.spans.splits import Shares


def span_options(command: Function) -> Function:
    """Adds the options that every command which writes a span has."""
    return with_options(
        click.option(
            "--source",
            "name",
            metavar="NAME",
            help="Name of the data set in records and reports.  [default: the name of SRC, or synthetic-DEGRADATION]",
        ),
        click.option(
            "--span",
            type=WholeRange(1, LAST_SPAN),
            help="Number of the span.  [default: one more than the last in DST]",
        ),
        click.option(
            "--seed",
            type=WholeRange(0, LARGEST_SEED),
            default=0,
            show_default=True,
            help="Seed of the split, and of what is drawn.",
        ),
        click.option(
            "--shares",
            metavar="TRAIN,VALIDATION,EVALUATION",
            default="0.75,0.10,0.15",
            show_default=True,
            help="Share of the pairs in each split, as closely as whole scenes allow.",
        ),
    )(limit_options(command))


def parse_shares(text: str) -> Shares:
    """Reads three numbers separated by commas."""
    from data.spans.splits import Shares

    try:
        train, validation, evaluation = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"--shares {text}: expected three numbers with commas, as in 0.75,0.10,0.15") from error
    return Shares(train, validation, evaluation)


def parse_official_split(folders: Sequence[str], drop_leaks: bool) -> OfficialSplit:
    """Reads `FOLDER=SPLIT` options.

    Args:
        folders: The options as they were given.
        drop_leaks: Whether leaking pairs are left out.

    Returns:
        The set's own split.

    Raises:
        InputError: An option is malformed, or there is nothing to drop leaks of.
    """
    from data.spans.official_split import OfficialSplit

    if drop_leaks and not folders:
        raise InputError("--drop-leaks: needs the set's own split; name its folders with --split FOLDER=SPLIT")
    splits: dict[str, str] = {}
    for option in folders:
        folder, separator, split = option.rpartition("=")
        folder = PurePosixPath(folder).as_posix()
        if not separator or folder == "." or folder in splits:
            raise InputError(f"--split {option}: expected FOLDER=SPLIT, each folder once, as in test_syn=evaluation")
        splits[folder] = split
    return OfficialSplit(splits, drop_leaks)


def print_summary(manifest: Manifest, destination: Path) -> None:
    """Prints the counts of a span, and notes on its files."""
    from components.gate.settings import GateSettings
    from data.spans.manifest import read_manifests, span_folder

    folder = span_folder(destination, manifest.span)
    echo(f"{manifest.pairs} pairs of {len(manifest.scenes)} scenes in {folder}")
    for split, pairs in manifest.counts["split"].items():
        scenes = sum(entry.split == split for entry in manifest.scenes.values())
        echo(f"  {split:<11} {pairs:6d} pairs {scenes:6d} scenes")
    missing = [split for split, pairs in manifest.counts["split"].items() if not pairs]
    if missing:
        echo(f"  note: too few scenes for {' and '.join(missing)}; a run needs some in every split")
    judged, least = sum(entry.split == EVALUATION for entry in manifest.scenes.values()), GateSettings().min_scenes
    if judged < least and EVALUATION not in missing:
        echo(
            f"  note: {judged} scene{'s' * (judged != 1)} for evaluation; the gate needs {least} (gate.min_scenes) to push "
            "a model: add scenes, or give evaluation a larger share (--shares)"
        )
    if manifest.dropped:
        echo(
            f"  {len(manifest.dropped)} pairs of scenes that are judged on were left out of training; manifest.json names them"
        )
    elif manifest.leaks:
        files = [name for names in manifest.leaks.values() for name in names]
        echo(
            f"  note: {len(manifest.leaks)} scenes lie in both the train and the test folders of the set "
            f"({enumerate_names(files)}); {_leak_consequence(manifest)}"
        )
    if manifest.reencoded:
        has_16_bits = "16 bits" in manifest.reencoded.values()
        kept = "; of 16 bits a channel the upper 8 are kept, as training reads them" if has_16_bits else ""
        echo(f"  {len(manifest.reencoded)} files are re-encoded as 8-bit PNG{kept}; manifest.json says which and why")
    if manifest.ignored:
        echo(f"  {len(manifest.ignored)} files are in no pair and were skipped; manifest.json names them")
    before = {
        digest for old in read_manifests(destination) if old.span != manifest.span for digest in old.files.values()
    }
    again = sum(digest in before for digest in manifest.files.values())
    if again:
        echo(f"  note: {again} of its {len(manifest.files)} files lie in an earlier span of {destination} too")


def _leak_consequence(manifest: Manifest) -> str:
    """Says what became of scenes that lie on both sides of the set's own split."""
    if "split" not in manifest.rule:
        return "here each is in one split"
    return "--split keeps them there, and a run quarantines their training pairs; --drop-leaks leaves them out"
