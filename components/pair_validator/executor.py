"""The executor of the PairValidator: judges the measurements, and copies the pairs that pass in one Beam pass."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tfx import v1 as tfx

from components import examples_io as files
from components.id_joins import packed_ids
from components.pair_validator import artifacts
from components.pair_validator.beam_fns import is_accepted, quarantined_id
from components.pair_validator.drift import accepted_statistics
from components.pair_validator.drift.anomalies import read_anomalies
from components.pair_validator.drift.comparison import compare
from components.pair_validator.drift.drift_file import DRIFT_FILE, DriftComparison, write_drift
from components.pair_validator.drift.new_pairs import (
    add_statistics,
    finish_statistics,
    has_older_pairs,
    train_ids_pattern,
)
from components.pair_validator.judging.advice import Advice, advise
from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.measurement_store import MeasuredRecord, MeasurementStore, judge_measured
from components.pair_validator.judging.refusal import refusal_of
from components.pair_validator.judging.verdicts import VERDICTS_FILE, VerdictCounts, stream_verdicts, write_verdicts
from components.pair_validator.measurement_examples import from_example
from components.pair_validator.near_scenes import NearScenes
from components.pair_validator.settings import DRIFT_SPLIT, PairPolicy, PairSettings
from components.span_window.properties import WINDOW_PROPERTY
from components.tfx_internals import BaseBeamExecutor

_READ_AT_ONCE = 256

Artifacts = dict[str, list[tfx.dsl.Artifact]]


class PairValidatorExecutor(BaseBeamExecutor):
    """Judges all pairs, and writes the records of those that pass."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:  # noqa: N802
        """Judges all splits of a data set together, because two splits may share a scene.

        Args:
            input_dict: See `PairValidator`.
            output_dict: `validated_examples` and `verdicts`. Of refused data `validated_examples` holds no record, and a
                refusal lies beside the verdicts: TFDV found anomalies, or more pairs failed than the policy admits.
            exec_properties: `settings` (JSON of `PairSettings`), `statistics_directory`, and `compared_with`, which only
                changes with what is in that folder.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        settings = PairSettings.model_validate_json(exec_properties[artifacts.SETTINGS])
        history = Path(exec_properties[artifacts.STATISTICS_DIRECTORY])
        (examples,), (report,) = input_dict[artifacts.EXAMPLES], output_dict[artifacts.VERDICTS]
        verdicts = Path(report.uri) / VERDICTS_FILE
        verdicts.parent.mkdir(parents=True, exist_ok=True)
        # The workers of a cluster share the folders of artifacts with this process, and not its temporary folder.
        with tempfile.TemporaryDirectory(dir=verdicts.parent) as scratch:
            drift = self._drift(input_dict, history, settings.policy, Path(scratch))
            near = NearScenes(self._make_beam_pipeline, Path(scratch))
            counts, advice = _write_verdicts(input_dict[artifacts.MEASUREMENTS][0], settings, verdicts, near)
        anomalies = _anomalies(input_dict, drift, settings.policy)
        write_drift(drift, verdicts.with_name(DRIFT_FILE))
        refusal = refusal_of(counts, anomalies, settings.policy)
        if refusal:
            DataRefusedError(replace(refusal, advice=advice), verdicts, anomalies).save()
            report.set_string_custom_property(artifacts.REFUSED_PROPERTY, refusal.reason)
            files.copy_description(examples, output_dict[artifacts.VALIDATED_EXAMPLES][0])
            return
        self._copy(examples, output_dict[artifacts.VALIDATED_EXAMPLES][0], verdicts)
        span = files.span_of(examples)
        if span is not None:
            accepted_statistics.keep(history, span, Path(input_dict[artifacts.MEASUREMENT_STATISTICS][0].uri))

    def _copy(self, examples: tfx.dsl.Artifact, validated: tfx.dsl.Artifact, verdicts: Path) -> None:
        """Writes the records of all pairs that are not quarantined, with their splits and properties."""
        files.copy_description(examples, validated)
        with self._make_beam_pipeline() as pipeline:
            lines = pipeline | "ReadVerdicts" >> beam.io.ReadFromText(str(verdicts))
            quarantined = packed_ids(lines | "Quarantined" >> beam.FlatMap(quarantined_id), "Pack")
            for split in files.splits_of(examples):
                records = files.read(pipeline, examples, split)
                files.write(records | f"Keep[{split}]" >> beam.Filter(is_accepted, quarantined), validated, split)

    def _drift(self, inputs: Artifacts, history: Path, policy: PairPolicy, scratch: Path) -> DriftComparison:
        """Compares the pairs that arrived after the last accepted span with the statistics of that span."""
        (examples,), (measurements,) = inputs[artifacts.EXAMPLES], inputs[artifacts.MEASUREMENTS]
        span = files.span_of(examples)
        before = None if span is None else accepted_statistics.previous(history, span)
        if before is None:
            logging.info("no earlier span was accepted; the measurements are not compared")
            return DriftComparison()
        (schema,) = Path(inputs[artifacts.MEASUREMENT_SCHEMA][0].uri).glob("*.pbtxt")
        statistics = Path(inputs[artifacts.MEASUREMENT_STATISTICS][0].uri)
        accepted = accepted_statistics.number_of(before)
        has_window = examples.has_custom_property(WINDOW_PROPERTY)
        window = examples.get_string_custom_property(WINDOW_PROPERTY) if has_window else ""
        if has_older_pairs(Path(examples.uri), window, accepted):
            measured, ids = files.pattern_of(measurements, DRIFT_SPLIT), train_ids_pattern(Path(examples.uri))
            with self._make_beam_pipeline() as pipeline:
                add_statistics(pipeline, measured, ids, accepted, schema, scratch)
            finish_statistics(scratch, DRIFT_SPLIT)
            statistics = scratch
        return compare(statistics, before, schema, DRIFT_SPLIT, policy.min_drift_pairs)


def _write_verdicts(
    measurements: tfx.dsl.Artifact, settings: PairSettings, file: Path, near: NearScenes
) -> tuple[VerdictCounts, tuple[Advice, ...]]:
    """Writes the verdicts; where the pairs refuse the data, explains them too."""
    with tempfile.TemporaryDirectory() as scratch, MeasurementStore(Path(scratch) / "measured.jsonl") as store:
        store.fill(measured_records(measurements))
        counts = write_verdicts(judge_measured(store, settings, near), file)
        if refusal_of(counts, (), settings.policy) is None:
            return counts, ()
        return counts, advise(store, stream_verdicts(file), settings)


def _anomalies(inputs: Artifacts, drift: DriftComparison, policy: PairPolicy) -> tuple[str, ...]:
    """Returns the anomalies of records and measurements, and of their drift where the policy refuses it."""
    anomalies = read_anomalies(Path(inputs[artifacts.ANOMALIES][0].uri))
    anomalies += read_anomalies(Path(inputs[artifacts.MEASUREMENT_ANOMALIES][0].uri), "measured ")
    for line in drift.anomalies:
        logging.warning("the data has drifted: %s", line)
    return anomalies + (drift.anomalies if policy.drift == "fail" else ())


def measured_records(measurements: tfx.dsl.Artifact) -> Iterator[MeasuredRecord]:
    """Reads the measurements of the PairMeasurer, split by split.

    Args:
        measurements: Its Examples artifact.

    Yields:
        One record per pair.
    """
    for split in files.splits_of(measurements):
        names = sorted(tf.io.gfile.glob(files.pattern_of(measurements, split)))
        for some in tf.data.TFRecordDataset(names, "GZIP").batch(_READ_AT_ONCE).as_numpy_iterator():
            yield from map(from_example, some)
