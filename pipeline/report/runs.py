"""The runs of a workspace: find one, rebuild its run report, list all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from data.errors import InputError
from data.plain_text import one_line
from data.storage.paths import absolute
from pipeline.report.facts.run_summary import RunSummary
from pipeline.report.page.files import rebuild
from pipeline.report.wording import ABSENT, MINUS, VERDICT_WORDS, signed
from pipeline.run_folder import CONFIG_NAME, FACTS_NAME, PICTURES_NAME, RUN_NAME

LATEST = "latest"
_NAMED_IN_AN_ERROR = 5


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run in the list.

    Attributes:
        folder: The run's folder.
        summary: Its `run.json`; None where it has none.
    """

    folder: Path
    summary: RunSummary | None

    @property
    def verdict(self) -> str:
        """The verdict in a word or two."""
        return VERDICT_WORDS[self.summary.verdict] if self.summary else "No report yet"

    @property
    def gain(self) -> str:
        """The PSNR gain with its unit."""
        gain = self.summary.gain_psnr if self.summary else None
        return f"{signed(gain).replace(MINUS, '-')} dB" if gain is not None else ABSENT


def find(reports: Path, run: str) -> Path:
    """Returns the absolute folder of a run.

    Args:
        reports: Folder of the runs' folders.
        run: The id of a run, the path of its folder or of a file in it, or "latest".

    Raises:
        InputError: There is no such run.
    """
    if run == LATEST:
        names = run_names(reports)
        if not names:
            raise InputError(f"{reports}: no run in it yet; `ast-restore run` makes one, or name another workspace")
        return (reports / names[-1]).absolute()
    if run in run_names(reports):
        return (reports / run).absolute()
    path = absolute(Path(run))
    folder = path.parent if path.is_file() else path
    if _is_run(folder):
        return folder
    known = ", ".join(run_names(reports)[-_NAMED_IN_AN_ERROR:]) or "none"
    raise InputError(f"{run}: no such run, neither in {reports} nor as a path; the last runs there: {known}")


def run_names(reports: Path) -> list[str]:
    """Returns the ids of all runs, the oldest first; an id is the time at which the run started."""
    if not reports.is_dir():
        return []
    return sorted(folder.name for folder in reports.iterdir() if _is_run(folder))


def _is_run(folder: Path) -> bool:
    return (folder / CONFIG_NAME).is_file() or (folder / FACTS_NAME).is_file()


def rebuild_report(folder: Path) -> Path:
    """Writes the report of a run again, byte for byte from facts.json and the pictures, and returns its path.

    Args:
        folder: The run's folder.

    Raises:
        InputError: The facts or pictures are missing or damaged.
    """
    return rebuild(folder)


def has_facts(folder: Path) -> bool:
    """Returns whether a run left what its report is rebuilt from; a run that was killed did not.

    Args:
        folder: The run's folder.
    """
    return (folder / FACTS_NAME).is_file() and (folder / PICTURES_NAME).is_file()


def list_runs(reports: Path, console: Console) -> None:
    """Prints id, verdict, gain and pushed version of each run, the newest first.

    Args:
        reports: Folder of the runs' folders.
        console: Where to print.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="")
    for title in ("run", "verdict", "gain", "pushed"):
        table.add_column(title, no_wrap=True, justify="right" if title == "gain" else "left")
    runs = list(listed(reports))
    for each in runs:
        pushed = each.summary.pushed_version if each.summary else None
        table.add_row(each.folder.name, each.verdict, each.gain, pushed or ABSENT)
    if not runs:
        console.print(f"no run in {reports} yet", markup=False, highlight=False)
        return
    console.print(table)


def listed(reports: Path) -> Iterator[ListedRun]:
    """Yields the runs, the newest first.

    Raises:
        InputError: The `run.json` of one is damaged.
    """
    for name in reversed(run_names(reports)):
        record = reports / name / RUN_NAME
        try:
            yield ListedRun(reports / name, RunSummary.model_validate_json(record.read_bytes()))
        except FileNotFoundError:
            yield ListedRun(reports / name, None)
        except (OSError, ValueError) as error:
            why = one_line(error)
            raise InputError(
                f"{record}: cannot be read ({why}); `ast-restore report {name}` writes it again"
            ) from error
