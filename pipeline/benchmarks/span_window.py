"""What a window of spans costs to read and to take statistics of, as it grows: time and memory, with two worker processes.

    python -m pipeline.benchmarks.span_window [--records 4000 12000] [--kilobytes 20] [--workers 2] [--json FILE]

Writes records whose two images are noise of the size told, in seven spans, and runs SpanWindow and TFX's StatisticsGen on them,
each in a process of its own. Memory is that of the process and all of its workers together, sampled four times a second.
Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from data import features
from data.files import write_whole
from data.records import PairRecord

_SPANS = 7
_SHARES = {features.TRAIN: 0.8, features.VALIDATION: 0.1, features.EVALUATION: 0.1}


def write_spans(folder: Path, count: int, kilobytes: float) -> None:
    """Writes records in spans; where one of ten of a span is a pair of the span before, again.

    Args:
        folder: To hold `span-N/`.
        count: How many records.
        kilobytes: Size of each.
    """
    import tensorflow as tf

    draw = np.random.default_rng(7)
    size, number = int(500 * kilobytes), 0
    for span in range(1, _SPANS + 1):
        place = folder / f"span-{span}"
        place.mkdir(parents=True)
        of_span = count * span // _SPANS - count * (span - 1) // _SPANS
        for split, share in _SHARES.items():
            with tf.io.TFRecordWriter(str(place / f"{split}-00000-of-00001.tfrecord")) as writer:
                for at in range(round(share * of_span)):
                    name = f"camera/{split}/{number if at % 10 else max(0, number - of_span)}"
                    images = draw.bytes(size), draw.bytes(size)
                    pair = PairRecord(
                        name, str(number), "rain", "medium", "camera", "i", "t", *images, (96, 128), (96, 128)
                    )
                    writer.write(pair.to_example().SerializeToString())
                    number += 1


def _read(folder: Path, beam: list[Any]) -> None:
    """The SpanWindow, as the pipeline runs it."""
    from components.span_window.executor import SpanWindowExecutor

    examples = _examples(folder)
    context = SpanWindowExecutor.Context(beam_pipeline_args=beam, tmp_dir=str(folder / "tmp"))
    parameters = {
        "records_directory": str(folder / "records"),
        "window": _SPANS,
        "evaluation": "rolling",
        "fingerprint": "",
    }
    SpanWindowExecutor(context).Do({}, {"examples": [examples]}, parameters)


def _take_statistics(folder: Path, beam: list[Any]) -> None:
    """TFX's StatisticsGen on what the SpanWindow wrote, with the pipeline's schema."""
    from tfx import v1 as tfx

    from components.tfx_internals import StatisticsGenExecutor
    from pipeline.schemas import SCHEMA

    examples, schema, statistics = (
        _examples(folder),
        tfx.types.standard_artifacts.Schema(),
        tfx.types.standard_artifacts.ExampleStatistics(),
    )
    examples.split_names = json.dumps(list(features.SPLITS))
    (folder / "schema").mkdir()
    text = SCHEMA.read_text(encoding="utf-8")
    (folder / "schema" / "schema.pbtxt").write_text(text, encoding="utf-8")
    schema.uri, statistics.uri = str(folder / "schema"), str(folder / "statistics")
    context = StatisticsGenExecutor.Context(beam_pipeline_args=beam, tmp_dir=str(folder / "tmp"))
    StatisticsGenExecutor(context).Do(
        {"examples": [examples], "schema": [schema]}, {"statistics": [statistics]}, {"exclude_splits": "[]"}
    )


def _examples(folder: Path) -> Any:
    from tfx import v1 as tfx

    examples = tfx.types.standard_artifacts.Examples()
    examples.uri = str(folder / "examples")
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    return examples


_PHASES: dict[str, Callable[[Path, list[Any]], None]] = {"SpanWindow": _read, "StatisticsGen": _take_statistics}


def _run_phase(phase: str, folder: Path, workers: int) -> None:
    from tfx import v1  # noqa: F401 - loaded before the clock starts

    from pipeline.local.memory import MemorySampler

    mode = ["--direct_running_mode=multi_processing", f"--direct_num_workers={workers}"]
    beam = ["--runner=DirectRunner", *(mode if workers > 1 else ["--direct_running_mode=in_memory"])]
    sampler, started = MemorySampler(), time.monotonic()
    with sampler.running(), sampler.measuring(phase):
        _PHASES[phase](folder, beam)
    seconds = time.monotonic() - started
    peak = round(sampler.components[phase].peak / 2**20)
    print(json.dumps({"seconds": round(seconds, 1), "peak_mib": peak}))


def measured(phase: str, folder: Path, workers: int) -> dict[str, float]:
    """Runs a phase in a process of its own.

    Args:
        phase: "SpanWindow" or "StatisticsGen".
        folder: Holds `records/`, and what the phase before has written.
        workers: Processes of Beam.

    Returns:
        Its seconds, start-up left out, and the peak memory of it and its workers in MiB.

    Raises:
        RuntimeError: It failed.
    """
    command = [sys.executable, "-m", "pipeline.benchmarks.span_window", "--phase", phase, "--folder", str(folder),
               "--workers", str(workers)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{phase} failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


def benchmark(counts: list[int], kilobytes: float, workers: int) -> dict[str, Any]:
    """Returns what each number of records costs, and how time grows from the smallest to the largest number."""
    found: dict[str, Any] = {}
    for count in sorted(counts):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_spans(folder / "records", count, kilobytes)
            found[str(count)] = {phase: measured(phase, folder, workers) for phase in _PHASES}
    least, most = (sum(part["seconds"] for part in found[str(count)].values()) for count in (min(counts), max(counts)))
    growth = {"records": round(max(counts) / min(counts), 2), "seconds": round(most / least, 2)}
    return {"kilobytes": kilobytes, "workers": workers, "spans": _SPANS, "by_records": found, "growth": growth}


def main() -> None:
    """Runs the benchmark, or one phase of it."""
    parser = argparse.ArgumentParser(description="Time and memory of a window of spans.")
    parser.add_argument("--records", type=int, nargs="+", default=[4000, 12000])
    parser.add_argument("--kilobytes", type=float, default=20, help="size of a record")
    parser.add_argument("--workers", type=int, default=2, help="processes of Beam")
    parser.add_argument("--json", type=Path, help="write the result here")
    parser.add_argument("--phase", choices=tuple(_PHASES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.phase:
        _run_phase(options.phase, options.folder, options.workers)
        return
    text = json.dumps(benchmark(options.records, options.kilobytes, options.workers), indent=1) + "\n"
    if options.json:
        write_whole(options.json, text)
    print(text, end="")


if __name__ == "__main__":
    main()
