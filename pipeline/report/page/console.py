"""The console summary that `ast-restore run` ends with."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from components.evaluation.slices import Slice
from components.gate.threshold_result import ThresholdResult
from components.pair_validator.judging.advice import Advice
from pipeline.report.facts.component_timing import ComponentTiming
from pipeline.report.facts.data_facts import QuarantinedPair
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.facts.run_summary import RunVerdict
from pipeline.report.facts.slice_metrics import SliceMetrics
from pipeline.report.wording import (
    MINUS,
    capitalized,
    condition,
    counted,
    duration,
    measured,
    met_of,
    metric,
    number,
    signed,
    slice_name,
)

# A thousand quarantined pairs must not scroll the verdict off the screen: the run report and facts.json list more.
MOST_PAIRS = 5

_HEADINGS: dict[RunVerdict, tuple[str, str]] = {
    "pushed": ("PUSHED", "bold green"),
    "refused": ("MODEL REFUSED", "bold red"),
    "unchanged": ("UNCHANGED", "bold cyan"),
    "data_refused": ("DATA REFUSED", "bold red"),
    "data_accepted": ("DATA ACCEPTED", "bold green"),
    "failed": ("FAILED", "bold red"),
}


def summary(
    facts: RunFacts, page: Path | None = None, seconds: float | None = None, tensorboard: str | None = None
) -> RenderableType:
    """Returns the summary of a run: verdict, pairs, gain by slice, gate, paths, and what to do next about a refusal.

    Args:
        facts: The run.
        page: Path of the run report; None where it could not be written.
        seconds: Time since the user gave the command, which includes the report's; None for the time in the facts.
        tensorboard: Command that shows the curves of the training; None where there is none.

    Returns:
        A rich renderable that fits 80 columns and needs no colour.
    """
    word, style = _HEADINGS[facts.verdict]
    parts: list[RenderableType] = [Text(), Text.assemble((word, style), f"  {facts.sentence}"), Text()]
    if facts.advice:
        parts += [_why(facts.advice, page), Text()]
    if facts.quarantine:
        parts += [_quarantine(facts.quarantine), Text()]
    if facts.slices:
        parts += [_gains(facts.slices), Text()]
    parts.append(_rows(facts, page, facts.seconds if seconds is None else seconds, tensorboard))
    if facts.next_steps:
        parts += [Text(), Text("What to do next", style="bold"), _steps(facts.next_steps)]
    return Padding(Group(*parts), (0, 0, 1, 0))


def _steps(steps: tuple[str, ...]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    for step in steps:
        table.add_row("  -", Text(capitalized(step)))
    return table


def _plain(text: str) -> str:
    """Returns the text without signs that a console without UTF-8 lacks."""
    return text.replace(MINUS, "-").replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{EN DASH}", "-")


def _gains(slices: tuple[SliceMetrics, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("", no_wrap=True, overflow="ellipsis", max_width=22)
    for title in ("pairs", "PSNR, dB", "gain", "SSIM", "gain"):
        table.add_column(title, justify="right", no_wrap=True, header_style="")
    for part in slices:
        cells = (
            _short(part.name),
            number(part.pairs, 0),
            f"{number(part.input_psnr)} -> {number(part.psnr)}",
            signed(part.gain_psnr),
            f"{number(part.input_ssim, 3)} -> {number(part.ssim, 3)}",
            signed(part.gain_ssim, 3),
        )
        table.add_row(*(Text(_plain(cell)) for cell in cells), style="bold" if part.name.is_overall else "")
    return table


def _short(part: Slice) -> str:
    """Returns the name of a slice with its feature, such as "severity: heavy" and "brightness: dark", for a narrow column."""
    return slice_name(part).replace(" class:", ":")


def picture_link(page: Path, code: str) -> str:
    """Returns the address of the part of a run report that shows pairs of a reason.

    Args:
        page: Path of the run report.
        code: Code of the reason.
    """
    return f"{page.absolute().as_uri()}#why-{code}"


def _why(advice: tuple[Advice, ...], page: Path | None) -> Group:
    lines = [Text("Why", style="bold")]
    for each in advice:
        lines.append(Text(f"  {_plain(counted(each.pairs, 'pair'))} as {each.code}: {', '.join(each.examples)}"))
        if each.text:
            lines.append(Text(f"    {each.text}"))
        if page is not None:
            lines.append(Text(f"    pictures: {picture_link(page, each.code)}"))
        lines.append(Text(f"    {each.sentence()}"))
    return Group(*lines)


def _quarantine(pairs: tuple[QuarantinedPair, ...]) -> Group:
    lines = [Text(f"Quarantined: {_plain(counted(len(pairs), 'pair'))}", style="bold")]
    for pair in pairs[:MOST_PAIRS]:
        why = "; ".join(reason.text for reason in pair.reasons) or "no reason given"
        lines.append(Text(f"  {pair.pair_id}: {why}"))
    if len(pairs) > MOST_PAIRS:
        lines.append(Text(f"  and {_plain(number(len(pairs) - MOST_PAIRS, 0))} more; facts.json lists all of them"))
    return Group(*lines)


def _rows(facts: RunFacts, page: Path | None, seconds: float, tensorboard: str | None) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    if facts.reason:
        table.add_row("Reason", Text(_plain(facts.reason)))
    table.add_row("Pairs", Text(_plain(f"{number(facts.pairs, 0)} read, {number(facts.quarantined, 0)} quarantined")))
    if facts.thresholds:
        table.add_row("Gate", _gate(facts))
    if facts.error and facts.verdict == "failed":
        table.add_row("Error", Text(facts.error, style="red"))
    table.add_row("Pushed", Text(f"version {facts.pushed_version}" if facts.pushed_version else "nothing"))
    table.add_row("Model", Text(facts.model_dir or "none was pushed yet"))
    if page is not None:
        table.add_row("Report", Text(str(page)))
    if tensorboard is not None:
        table.add_row("Curves", Text(tensorboard))
    table.add_row("Time", Text(duration(seconds)))
    if any(part.state == "cached" for part in facts.components):
        table.add_row("Reused", Text(_reused(facts.components)))
    return table


def _reused(components: tuple[ComponentTiming, ...]) -> str:
    """Returns how many components' results are those of an earlier run, and which, by the shorter list of names."""
    reused = [part.name for part in components if part.state == "cached"]
    others = [part.name for part in components if part.state != "cached"]
    named = f"all but {', '.join(others)}" if 0 < len(others) < len(reused) else ", ".join(reused)
    return f"{len(reused)} of {len(components)} components from earlier runs: {named}"


def _gate(facts: RunFacts) -> Text:
    few = f", {len(facts.unjudged)} with too few images to judge" if facts.unjudged else ""
    lines = [f"{met_of(facts)}{few}"]
    lines += [f"not met: {_threshold(result)}" for result in facts.unmet]
    return Text(_plain("\n".join(lines)), style="red" if facts.unmet else "green")


def _threshold(result: ThresholdResult) -> str:
    where = "" if result.slice.is_overall else f" ({result.slice})"
    return f"{metric(result.name)}{where}: {measured(result)}, {condition(result)}"
