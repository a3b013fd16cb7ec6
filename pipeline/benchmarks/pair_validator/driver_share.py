"""Measures what the process that submits Beam jobs does itself in the pair check of a large data set, and what its workers do.

    python -m pipeline.benchmarks.pair_validator.driver_share [--pairs 100000] [--kilobytes 20] [--json FILE]

The submitting process reads the measurement of every pair, judges all of them, and writes the verdicts; that is run on as many
measurements as asked for, made from a measured one, without a near scene. The workers measure the pairs, write those that pass
(twice: SpanWindow and PairValidator), and compare scenes: a sample of pairs of noise of about that size is measured and
written, some tiles of scenes are compared, and all is multiplied. All figures are seconds of one core's time, which other work
on the machine hardly changes; the share is that of the submitting process.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from data import features
from data.records import PairRecord
from pipeline.benchmarks.common import (
    add_phase_options,
    command_line,
    peak_mib,
    run_phase,
    table,
    write_result,
)

_MODULE = "pipeline.benchmarks.pair_validator.driver_share"
_SAMPLE = 200
_TILES = 8
_COPIES = 2
"""Times that records are read and written: by SpanWindow and by the PairValidator."""
_PNG_BYTES = 3.0
"""Bytes of a PNG of noise per pixel."""


def _record(number: int, kilobytes: float) -> PairRecord:
    """Returns a pair of noise whose two PNGs have about that size together."""
    side = round((1000 * kilobytes / 2 / _PNG_BYTES) ** 0.5)
    rng = np.random.default_rng(number)
    clean = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    degraded, target = (cv2.imencode(".png", image)[1].tobytes() for image in (np.maximum(clean, 40), clean))
    name, size = f"camera/{number:08d}", (side, side)
    return PairRecord(name, name, "rain", "medium", "camera", name, name, degraded, target, size, size)


def _measurements(pairs: int) -> Iterator[bytes]:
    """Yields measured pairs: one that passes, under as many names, hashes and labels."""
    from components.pair_validator.judging.measurement_store import MeasuredRecord
    from components.pair_validator.measurement_examples import to_example
    from components.pair_validator.measuring.pair_measurement import PairMeasurement

    rng = np.random.default_rng(3)
    measured = PairMeasurement(
        "", "ok", "ok", input_format="PNG", target_format="PNG", input_bytes=10_000, target_bytes=10_000,
        input_height=128, input_width=128, target_height=128, target_width=128, input_channels=3, target_channels=3,
        input_mean=101.25, target_mean=90.5, input_range=250, input_psnr=24.31, input_ssim=0.8123,
        lowpass_correlation=0.9712, shift_y=0.02, shift_x=-0.01, zoom=1.0002, rotation=0.01, match_snr=51.2,
        identity_snr=51.1, fit_error=0.02, blocks=9, blocks_agreeing=1.0, orientation="upright", orientation_snr=33.1,
        upright_snr=33.1, own_structure=0.21, veiling=0.05, change_typical=11.2, change_strong=31.5, mean_change=10.75,
    )  # fmt: skip
    for number in range(pairs):
        digests = [rng.bytes(32).hex() for _ in range(4)]
        name = f"camera/{number:08d}"
        one = dataclasses.replace(
            measured,
            pair_id=name,
            input_sha256=digests[0],
            target_sha256=digests[1],
            change_hash=digests[2],
            scene_hash=digests[3],
        )
        yield to_example(MeasuredRecord(features.TRAIN, name, "medium", f"in/{name}", f"gt/{name}", one))


def _core_seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def _judge(folder: Path) -> None:
    """Does what the PairValidator does in the submitting process."""
    from tfx import v1 as tfx

    from components.pair_validator.executor import measured_records
    from components.pair_validator.judging.measurement_store import MeasurementStore, judge_measured
    from components.pair_validator.judging.verdicts import write_verdicts
    from components.pair_validator.settings import PairSettings

    artifact = tfx.types.standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(folder), json.dumps([features.TRAIN])
    with MeasurementStore(folder / "measured.jsonl") as store:
        store.fill(measured_records(artifact))
        counts = write_verdicts(
            judge_measured(store, PairSettings(), lambda _hashes, _limit: ()), folder / "verdicts.jsonl"
        )
    if counts.quarantined:
        raise RuntimeError(f"the simulated pairs do not pass: {counts.by_code()}")


def _submitter(folder: Path) -> dict[str, float]:
    from tfx import v1  # noqa: F401 - loaded before the memory counts

    before = peak_mib()
    seconds = _core_seconds(lambda: _judge(folder))
    return {"submitter_seconds": round(seconds, 1), "submitter_mib": round(peak_mib() - before)}


def _copy(folder: Path, serialized: list[bytes]) -> None:
    """Finds the pairs that pass and writes their records, as SpanWindow and the PairValidator do."""
    import tensorflow as tf

    from components.id_digests import digest, pack
    from components.pair_validator.beam_fns import is_accepted

    quarantined = pack([digest("another")])
    with tf.io.TFRecordWriter(str(folder / "copy.gz"), "GZIP") as writer:
        for each in serialized:
            if is_accepted(each, quarantined):
                writer.write(each)


def _workers(folder: Path, pairs: int, kilobytes: float) -> dict[str, float]:
    """Returns the seconds that measuring, copying and comparing all pairs takes on one core, from samples."""
    from components.pair_validator.beam_fns import measured_example
    from components.pair_validator.limits import PairLimits
    from components.pair_validator.near_scenes import TILE
    from data.image.hashing import near_pairs_between

    cv2.setNumThreads(1)
    serialized = [_record(number, kilobytes).to_example().SerializeToString() for number in range(_SAMPLE)]
    limits, rng = PairLimits(), np.random.default_rng(4)
    measured_example(serialized[0], features.TRAIN, limits)
    measuring = _core_seconds(lambda: [measured_example(each, features.TRAIN, limits) for each in serialized]) / _SAMPLE
    copying = _core_seconds(lambda: _copy(folder, serialized)) / _SAMPLE
    left, right = ([rng.bytes(32).hex() for _ in range(TILE)] for _ in range(2))
    comparing = (
        _core_seconds(lambda: [list(near_pairs_between(left, right, 0.15, True)) for _ in range(_TILES)]) / _TILES
    )
    size = sum(map(len, serialized)) / _SAMPLE / 1000
    return {
        "kilobytes": round(size, 1),
        "measuring_seconds": round(measuring * pairs),
        "copying_seconds": round(_COPIES * copying * pairs),
        "comparing_seconds": round(comparing * (pairs / TILE) * (pairs / TILE + 1) / 2, 1),
    }


def benchmark(pairs: int, kilobytes: float) -> dict[str, float]:
    """Returns the figures of both sides, and `share`, that of the submitting process in all seconds.

    Args:
        pairs: Number of pairs.
        kilobytes: Size of a record in kB.
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"Split-{features.TRAIN}").mkdir()
        file = str(folder / f"Split-{features.TRAIN}" / "data_tfrecord-00000-of-00001.gz")
        with tf.io.TFRecordWriter(file, "GZIP") as writer:
            for serialized in _measurements(pairs):
                writer.write(serialized)
        submitter = run_phase(_MODULE, "submitter", folder)
        workers = _workers(folder, pairs, kilobytes)
    seconds = submitter["submitter_seconds"]
    total = seconds + sum(value for name, value in workers.items() if name.endswith("_seconds"))
    return {"pairs": pairs, **submitter, **workers, "share": round(seconds / total, 4)}


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("--pairs", type=int, default=100_000, help="number of pairs; default: 100,000")
    parser.add_argument("--kilobytes", type=float, default=20, help="size of a record in kB; default: 20")
    add_phase_options(parser, ("submitter",))
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark, or the part of the submitting process."""
    options = _options()
    if options.phase:
        print(json.dumps(_submitter(options.folder)))
        return
    figures = benchmark(options.pairs, options.kilobytes)
    print(table(("figure", "value"), list(figures.items())))
    write_result(options.json, figures)


if __name__ == "__main__":
    main()
