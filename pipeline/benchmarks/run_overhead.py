"""Measures what a run of the pipeline costs beside training.

    python -m pipeline.benchmarks.run_overhead [--config demo] [--set KEY.PATH=VALUE ...] [--json FILE]

Runs `ast-restore run` once in a process and a workspace of its own and reads `facts.json` of the run. Prints the seconds of
each component, the seconds outside components, those of training (the Trainer's steps and validations, as history.json
has them) and "beside training": the wall time of the process less training. Beside other work the wall time says little;
compare the processor time of two versions then, with few steps (`--set`).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline import exit_codes
from pipeline.benchmarks.common import AST_RESTORE, command_line, table, write_result
from pipeline.report.facts.run_facts import RunFacts
from pipeline.run_folder import FACTS_NAME, REPORTS


@dataclass(frozen=True, slots=True)
class RunOverhead:
    """Where the wall time of a run goes, all in seconds.

    Attributes:
        wall: From the start of the process to its end.
        start_up: Until the command begins: the interpreter and the command line.
        components: Time of each component, from its start to its end in ML Metadata.
        between: Inside the run and outside components: loading TFX, compiling, preparing records, TFX's launcher.
        closing: After the last component: the run report and the end of the process.
        training: The Trainer's steps and validations; 0 where nothing was trained.
        processor: Processor time of the process and its children, in user and kernel mode, training included.
    """

    wall: float
    start_up: float
    components: dict[str, float]
    between: float
    closing: float
    training: float
    processor: float

    @property
    def outside_components(self) -> float:
        """Seconds in which no component ran."""
        return self.start_up + self.between + self.closing

    @property
    def beside_training(self) -> float:
        """Wall time less training."""
        return self.wall - self.training

    def rows(self) -> list[tuple[str, float]]:
        """Returns the rows of the printed table."""
        return [
            *self.components.items(),
            ("outside components", self.outside_components),
            ("- start-up: interpreter, command line", self.start_up),
            ("- loading TFX, compiling, records, between components", self.between),
            ("- run report, end of the process", self.closing),
            ("processor time, training included", self.processor),
            ("wall time", self.wall),
            ("training: steps and validations", self.training),
            ("beside training", self.beside_training),
        ]


def measure(config: str, overrides: list[str], folder: Path) -> RunOverhead:
    """Runs the pipeline once and returns where its time went.

    Args:
        config: A YAML file, or the name of a configuration that is shipped.
        overrides: `KEY.PATH=VALUE`, as `ast-restore run --set` takes them.
        folder: An empty folder, which becomes the run's workspace.

    Raises:
        RuntimeError: The run ended without a verdict on a model.
    """
    values = [word for override in (*overrides, f"workspace={folder}") for word in ("--set", override)]
    command = [*AST_RESTORE, "run", "--config", config, *values]
    begin, processor = time.time(), _processor_of_children()
    # Progress goes to stderr and is shown; the summary on stdout would come between the table and its reader.
    code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    wall, processor = time.time() - begin, _processor_of_children() - processor
    if code not in (exit_codes.PUSHED, exit_codes.MODEL_REFUSED):
        raise RuntimeError(f"the run failed with exit code {code}; its messages stand above")
    (path,) = (folder / REPORTS).glob(f"*/{FACTS_NAME}")
    return overhead_of(RunFacts.model_validate_json(path.read_text(encoding="utf-8")), begin, wall, processor)


def _processor_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def overhead_of(facts: RunFacts, begin: float, wall: float, processor: float) -> RunOverhead:
    """Splits the wall time of a run's process by the facts of the run.

    Args:
        facts: Facts of the run.
        begin: When the process started, seconds since 1970.
        wall: How long it ran, seconds.
        processor: Its processor time, seconds.
    """
    components = {part.name: part.seconds or 0.0 for part in facts.components}
    start_up = facts.started.timestamp() - begin
    training = facts.history.seconds if facts.history else None
    return RunOverhead(
        wall=wall,
        start_up=start_up,
        components=components,
        between=facts.seconds - sum(components.values()),
        closing=wall - start_up - facts.seconds,
        training=training or 0.0,
        processor=processor,
    )


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument(
        "--config", default="demo", help="a YAML file, or the name of one that is shipped; default: demo"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", help="change one value")
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        overhead = measure(options.config, options.set, Path(folder))
    print(table(("part", "seconds"), [(name, f"{seconds:.1f}") for name, seconds in overhead.rows()]))
    sums = {"outside_components": overhead.outside_components, "beside_training": overhead.beside_training}
    write_result(options.json, {**asdict(overhead), **sums})


if __name__ == "__main__":
    main()
