"""The PairValidator at work: verdicts from what was measured, and one Beam pass that copies the pairs that passed."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tfx import v1 as tfx

from components import examples_io as files
from components.pair_validator import artifacts
from components.pair_validator.beam_fns import is_accepted
from components.pair_validator.drift import accepted_statistics
from components.pair_validator.drift.anomalies import read_anomalies
from components.pair_validator.drift.comparison import compare
from components.pair_validator.drift.drift_file import DRIFT_FILE, DriftComparison, write_drift
from components.pair_validator.drift.new_pairs import new_pair_ids, write_statistics
from components.pair_validator.judging.errors import UNKNOWN_RUN, DataRefusedError
from components.pair_validator.judging.measurement_store import MeasuredRecord, MeasurementStore, judge_measured
from components.pair_validator.judging.refusal import refusal_of
from components.pair_validator.judging.verdicts import VERDICTS_FILE, write_verdicts
from components.pair_validator.measurement_examples import from_example
from components.pair_validator.settings import DRIFT_SPLIT, PairPolicy, PairSettings
from components.tfx_internals import BaseBeamExecutor

Artifacts = dict[str, list[tfx.dsl.Artifact]]


class PairValidatorExecutor(BaseBeamExecutor):
    """Judges, and writes the records of the pairs that passed."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:  # noqa: N802
        """Judges all splits of a data set together, since a scene may be shared across them.

        Args:
            input_dict: See `PairValidator`.
            output_dict: `validated_examples` and `verdicts`.
            exec_properties: `settings` (JSON of `PairSettings`), `report_directory` and `statistics_directory`.

        Raises:
            DataRefusedError: TFDV found anomalies, or more pairs failed than the policy admits.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        settings = PairSettings.model_validate_json(exec_properties[artifacts.SETTINGS])
        history = Path(exec_properties[artifacts.STATISTICS_DIRECTORY])
        (examples,), (report,) = input_dict[artifacts.EXAMPLES], output_dict[artifacts.VERDICTS]
        with tempfile.TemporaryDirectory() as scratch:
            moved = _drift(input_dict, history, settings.policy, Path(scratch) / "new_pair_ids")
        found = _anomalies(input_dict, moved, settings.policy)
        # TFX removes what a component that fails has written: the verdicts on refused data must lie elsewhere.
        refused = Path(exec_properties[artifacts.REPORT_DIRECTORY]) / self._run_id() / VERDICTS_FILE
        with tempfile.TemporaryDirectory() as scratch, MeasurementStore(Path(scratch) / "measured.jsonl") as measured:
            measured.fill(measured_records(input_dict[artifacts.MEASUREMENTS][0]))
            verdicts = Path(report.uri) / VERDICTS_FILE
            tally = write_verdicts(judge_measured(measured, settings), verdicts)
            refusal = refusal_of(tally, found, settings.policy)
            if refusal:
                refused.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(verdicts, refused)
                write_drift(moved, refused.with_name(DRIFT_FILE))
                error = DataRefusedError(refusal, refused, found)
                error.save()
                raise error
        write_drift(moved, Path(report.uri) / DRIFT_FILE)
        self._copy(
            examples, output_dict[artifacts.VALIDATED_EXAMPLES][0], frozenset(name for name, _ in tally.quarantined)
        )
        span = files.span_of(examples)
        if span is not None:
            accepted_statistics.keep(history, span, Path(input_dict[artifacts.MEASUREMENT_STATISTICS][0].uri))

    def _run_id(self) -> str:
        return (self._context and self._context.pipeline_run_id) or UNKNOWN_RUN

    def _copy(self, examples: tfx.dsl.Artifact, validated: tfx.dsl.Artifact, left_out: frozenset[str]) -> None:
        """Writes the records of all pairs but those left out, under the splits and properties that they came with."""
        files.take_after(examples, validated)
        with self._make_beam_pipeline() as pipeline:
            for split in files.splits_of(examples):
                kept = files.read(pipeline, examples, split) | f"Keep[{split}]" >> beam.Filter(is_accepted, left_out)
                files.write(kept, validated, split)


def _anomalies(inputs: Artifacts, moved: DriftComparison, policy: PairPolicy) -> tuple[str, ...]:
    """Returns what TFDV holds against the records, the distributions of what was measured, and how these have moved."""
    found = read_anomalies(Path(inputs[artifacts.ANOMALIES][0].uri))
    found += read_anomalies(Path(inputs[artifacts.MEASUREMENT_ANOMALIES][0].uri), "measured ")
    for line in moved.anomalies:
        logging.warning("the data has drifted: %s", line)
    return found + (moved.anomalies if policy.drift == "fail" else ())


def _drift(inputs: Artifacts, history: Path, policy: PairPolicy, scratch: Path) -> DriftComparison:
    """Holds what arrived since the last accepted span against the distributions that were accepted then."""
    (examples,), (measurements,) = inputs[artifacts.EXAMPLES], inputs[artifacts.MEASUREMENTS]
    span = files.span_of(examples)
    before = None if span is None else accepted_statistics.previous(history, span)
    if before is None:
        logging.info("no earlier span was accepted, so there is nothing to compare the measurements with")
        return DriftComparison()
    (schema,) = Path(inputs[artifacts.MEASUREMENT_SCHEMA][0].uri).glob("*.pbtxt")
    statistics = Path(inputs[artifacts.MEASUREMENT_STATISTICS][0].uri)
    arrived = new_pair_ids(Path(examples.uri), accepted_statistics.number_of(before))
    if arrived is not None:
        write_statistics(files.pattern_of(measurements, DRIFT_SPLIT), arrived, schema, DRIFT_SPLIT, scratch)
        statistics = scratch
    return compare(statistics, before, schema, DRIFT_SPLIT, policy.min_drift_pairs)


def measured_records(measurements: tfx.dsl.Artifact) -> Iterator[MeasuredRecord]:
    """Yields what the PairMeasurer wrote, split by split."""
    for split in files.splits_of(measurements):
        names = sorted(tf.io.gfile.glob(files.pattern_of(measurements, split)))
        for serialized in tf.data.TFRecordDataset(names, "GZIP").as_numpy_iterator():
            yield from_example(serialized)
