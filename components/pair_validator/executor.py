"""The PairValidator at work: one Beam pass measures every pair, a second copies what passed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
from tfx import v1 as tfx

# tfx.v1 has no base class for executors; this one makes pipelines with the arguments of the run.
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor

# tfx.v1 has no reader of an Examples artifact's splits.
from tfx.types.artifact_utils import decode_split_names, encode_split_names, get_split_uri

from components.pair_validator.anomalies import found_anomalies
from components.pair_validator.artifacts import (
    ANOMALIES,
    EXAMPLES,
    REPORT_DIRECTORY,
    SETTINGS,
    VALIDATED_EXAMPLES,
    VERDICTS,
)
from components.pair_validator.errors import DataRefusedError
from components.pair_validator.records_pass import MeasuredRecord, judge_records, measure_record
from components.pair_validator.refusal import refusal_of
from components.pair_validator.settings import PairSettings
from components.pair_validator.verdicts import VERDICTS_FILE, write_verdicts
from data.records import PairRecord

Artifacts = dict[str, list[tfx.dsl.Artifact]]

_RECORDS = "data_tfrecord"  # the name TFX gives to an Examples artifact's files
_COMPRESSED = ".gz"


class PairValidatorExecutor(BaseBeamExecutor):
    """Measures, judges, and writes the records of the pairs that passed."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:  # noqa: N802
        """Validates all splits of a data set together, since a scene may be shared across them.

        Args:
            input_dict: `examples` and `anomalies`.
            output_dict: `validated_examples` and `verdicts`.
            exec_properties: `settings` (JSON of `PairSettings`) and `report_directory`.

        Raises:
            DataRefusedError: ExampleValidator found anomalies, or more pairs failed than the policy admits.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        settings = PairSettings.model_validate_json(exec_properties[SETTINGS])
        (examples,), (anomalies,) = input_dict[EXAMPLES], input_dict[ANOMALIES]
        (validated,), (report,) = output_dict[VALIDATED_EXAMPLES], output_dict[VERDICTS]
        with tempfile.TemporaryDirectory() as scratch:
            self._measure(examples, settings, Path(scratch))
            verdicts = judge_records(_measured(Path(scratch)), settings)
        found = found_anomalies(Path(anomalies.uri))
        refusal = refusal_of(verdicts, found, settings.policy)
        if refusal:
            file = Path(exec_properties[REPORT_DIRECTORY]) / self._run_id() / VERDICTS_FILE
            write_verdicts(verdicts, file)
            raise DataRefusedError(refusal, file, found)
        write_verdicts(verdicts, Path(report.uri) / VERDICTS_FILE)
        self._copy(examples, validated, frozenset(verdict.pair_id for verdict in verdicts if not verdict.ok))

    def _run_id(self) -> str:
        return (self._context and self._context.pipeline_run_id) or "unknown-run"

    def _measure(self, examples: tfx.dsl.Artifact, settings: PairSettings, scratch: Path) -> None:
        """Measures the pairs of all splits in one pass, and writes what was measured as JSON lines."""
        with self._make_beam_pipeline() as pipeline:
            for split in decode_split_names(examples.split_names):
                (
                    _read(pipeline, examples, split)
                    | f"Measure[{split}]" >> beam.Map(measure_record, split, settings.limits)
                    | f"Write[{split}]" >> beam.io.WriteToText(str(scratch / split), file_name_suffix=".jsonl")
                )

    def _copy(self, examples: tfx.dsl.Artifact, validated: tfx.dsl.Artifact, left_out: frozenset[str]) -> None:
        """Writes the records of all pairs but those left out, under the splits and properties that they came with."""
        splits = decode_split_names(examples.split_names)
        validated.split_names = encode_split_names(splits)
        for name in ("payload_format", "file_format", "span", "version"):
            if examples.has_custom_property(name):
                _copy_property(examples, validated, name)
        with self._make_beam_pipeline() as pipeline:
            for split in splits:
                (
                    _read(pipeline, examples, split)
                    | f"Keep[{split}]" >> beam.Filter(_is_kept, left_out)
                    | f"Write[{split}]"
                    >> beam.io.WriteToTFRecord(
                        f"{get_split_uri([validated], split)}/{_RECORDS}", file_name_suffix=_COMPRESSED
                    )
                )


def _copy_property(source: tfx.dsl.Artifact, destination: tfx.dsl.Artifact, name: str) -> None:
    """Copies a custom property, which TFX keeps as text or as a number."""
    value = source.get_custom_property(name)
    if isinstance(value, int):
        destination.set_int_custom_property(name, value)
    else:
        destination.set_string_custom_property(name, value)


def _read(pipeline: beam.Pipeline, examples: tfx.dsl.Artifact, split: str) -> beam.PCollection:
    pattern = f"{get_split_uri([examples], split)}/*"
    return pipeline | f"Read[{split}]" >> beam.io.ReadFromTFRecord(pattern)


def _is_kept(serialized: bytes, left_out: frozenset[str]) -> bool:
    return PairRecord.from_example(serialized).pair_id not in left_out


def _measured(scratch: Path) -> Iterator[MeasuredRecord]:
    for file in sorted(scratch.glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                yield MeasuredRecord.from_json(line)
