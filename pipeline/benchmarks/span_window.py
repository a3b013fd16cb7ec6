"""Measures time and memory of SpanWindow and StatisticsGen as a window of spans grows.

    python -m pipeline.benchmarks.span_window [--records 4000 12000] [--kilobytes 20] [--workers 2] [--json FILE]

Writes records of noise in seven spans, and runs SpanWindow and TFX's StatisticsGen on them, each in a process of its own.
Memory is that of the process and all its Beam workers together, sampled four times a second.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data import features
from data.records import PairRecord
from pipeline.benchmarks.common import add_phase_options, command_line, run_phase, table, write_result

_MODULE = "pipeline.benchmarks.span_window"
_SPANS = 7
_SHARES = {features.TRAIN: 0.8, features.VALIDATION: 0.1, features.EVALUATION: 0.1}


def write_spans(folder: Path, count: int, kilobytes: float) -> None:
    """Writes records in spans; a tenth of each span's records repeats pairs of the span before.

    Args:
        folder: Destination of `span-N/`.
        count: Number of records.
        kilobytes: Size of a record in kB.
    """
    import tensorflow as tf

    rng = np.random.default_rng(7)
    size, number = int(500 * kilobytes), 0
    for span in range(1, _SPANS + 1):
        span_folder = folder / f"span-{span}"
        span_folder.mkdir(parents=True)
        records = count * span // _SPANS - count * (span - 1) // _SPANS
        for split, share in _SHARES.items():
            with tf.io.TFRecordWriter(str(span_folder / f"{split}-00000-of-00001.tfrecord")) as writer:
                for index in range(round(share * records)):
                    name = f"camera/{split}/{number if index % 10 else max(0, number - records)}"
                    images = rng.bytes(size), rng.bytes(size)
                    pair = PairRecord(
                        name, str(number), "rain", "medium", "camera", "i", "t", *images, (96, 128), (96, 128)
                    )
                    writer.write(pair.to_example().SerializeToString())
                    number += 1


def _run_span_window(folder: Path, beam: list[str]) -> None:
    """Runs SpanWindow as the pipeline does."""
    from components.span_window.executor import SpanWindowExecutor

    examples = _examples(folder)
    context = SpanWindowExecutor.Context(beam_pipeline_args=[*beam], tmp_dir=str(folder / "tmp"))
    parameters = {
        "records_directory": str(folder / "records"),
        "window": _SPANS,
        "evaluation": "rolling",
        "fingerprint": "",
    }
    SpanWindowExecutor(context).Do({}, {"examples": [examples]}, parameters)


def _run_statistics_gen(folder: Path, beam: list[str]) -> None:
    """Runs TFX's StatisticsGen on SpanWindow's output, with the pipeline's schema."""
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
    context = StatisticsGenExecutor.Context(beam_pipeline_args=[*beam], tmp_dir=str(folder / "tmp"))
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


_PHASES: dict[str, Callable[[Path, list[str]], None]] = {
    "SpanWindow": _run_span_window,
    "StatisticsGen": _run_statistics_gen,
}


def _measure_phase(phase: str, folder: Path, workers: int) -> dict[str, float]:
    from tfx import v1  # noqa: F401 - loaded before the clock starts

    from pipeline.local.memory import MemorySampler

    mode = ["--direct_running_mode=multi_processing", f"--direct_num_workers={workers}"]
    beam = ["--runner=DirectRunner", *(mode if workers > 1 else ["--direct_running_mode=in_memory"])]
    sampler, started = MemorySampler(), time.monotonic()
    with sampler.running(), sampler.measuring(phase):
        _PHASES[phase](folder, beam)
    seconds = time.monotonic() - started
    peak = round(sampler.components[phase].peak / 2**20)
    return {"seconds": round(seconds, 1), "peak_mib": peak}


def benchmark(counts: Sequence[int], kilobytes: float, workers: int) -> dict[int, dict[str, dict[str, float]]]:
    """Returns `seconds` without start-up and `peak_mib`, by number of records and component.

    Args:
        counts: Numbers of records.
        kilobytes: Size of a record in kB.
        workers: Worker processes of Beam.
    """
    figures: dict[int, dict[str, dict[str, float]]] = {}
    for count in sorted(counts):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_spans(folder / "records", count, kilobytes)
            figures[count] = {phase: run_phase(_MODULE, phase, folder, "--workers", workers) for phase in _PHASES}
    return figures


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[4000, 12000], help="numbers of records")
    parser.add_argument("--kilobytes", type=float, default=20, help="size of a record in kB; default: 20")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of Beam; default: 2")
    add_phase_options(parser, _PHASES)
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark, or one phase of it."""
    options = _options()
    if options.phase:
        print(json.dumps(_measure_phase(options.phase, options.folder, options.workers)))
        return
    figures = benchmark(options.records, options.kilobytes, options.workers)
    rows = [(phase, count, *part.values()) for count, parts in figures.items() for phase, part in parts.items()]
    print(table(("component", "records", "seconds", "peak MiB"), rows))
    totals = {count: sum(part["seconds"] for part in parts.values()) for count, parts in figures.items()}
    least, most = min(totals), max(totals)
    growth = {"records": round(most / least, 2), "seconds": round(totals[most] / totals[least], 2)}
    print(f"\n{growth['records']:g} times the records take {growth['seconds']:g} times as long.")
    request = {"kilobytes": options.kilobytes, "workers": options.workers, "spans": _SPANS}
    write_result(options.json, {**request, "by_records": figures, "growth": growth})


if __name__ == "__main__":
    main()
