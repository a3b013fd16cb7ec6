"""The first phase: ingests a window of spans and lets only pairs pass that are aligned and like those before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tfx import v1 as tfx

from components.data_gate.component import DataGate
from components.pair_validator.component import PairValidator
from components.pair_validator.measurer import PairMeasurer
from components.span_window.component import SpanWindow
from components.statistics_gen.component import StatisticsGen
from pipeline.config import Config
from pipeline.schemas import MEASUREMENT_SCHEMA, SCHEMA
from pipeline.tasks.draw_records import DrawRecords

DATA_FINGERPRINT = "data-fingerprint"
"""The runtime parameter that changes when the data does; a runner that cannot know it switches its cache off instead."""
COMPARED_WITH = "compared-with"
"""The runtime parameter that changes with the accepted statistics that the data is compared with, likewise."""


@dataclass(frozen=True)
class CheckedData:
    """The components that ingest and check the pairs, and their outputs that others read.

    Attributes:
        components: In order.
        ingested: Every pair of the window.
        examples: The pairs that passed every check.
        verdicts: The verdicts on all pairs.
        gate: The component that ends the run where the data was refused; what trains waits for it.
        schema: The schema of paired records.
    """

    components: list[tfx.types.BaseComponent]
    ingested: tfx.types.BaseChannel
    examples: tfx.types.BaseChannel
    verdicts: tfx.types.BaseChannel
    gate: tfx.types.BaseComponent
    schema: tfx.types.BaseChannel


def checked_data(config: Config, records_directory: Path, draw: bool) -> CheckedData:
    """Ingests a window of spans, validates the records against a schema, and checks every pair for alignment.

    Args:
        config: The resolved configuration.
        records_directory: Folder of the spans.
        draw: Whether a task draws the records of a configuration that names none.
    """
    spans = SpanWindow(
        records_directory=str(records_directory),
        window=config.data.window,
        evaluation=config.data.evaluation,
        fingerprint=tfx.dsl.experimental.RuntimeParameter(name=DATA_FINGERPRINT, ptype=str, default=""),
    )
    drawing = []
    if draw and config.data.records is None:
        drawing = [DrawRecords(config.data.synthesis.model_dump_json(), str(records_directory))]
        spans.add_upstream_node(drawing[0])
    ingested = spans.outputs["examples"]
    schema = tfx.components.ImportSchemaGen(schema_file=str(SCHEMA)).with_id("SchemaGen")
    statistics = StatisticsGen(examples=ingested, schema=schema.outputs["schema"])
    anomalies = tfx.components.ExampleValidator(
        statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
    )
    measuring, measurements = _measured(config, ingested)
    pairs = PairValidator(
        settings=config.pairs.model_dump_json(),
        statistics_directory=str(config.accepted_statistics(records_directory)),
        compared_with=tfx.dsl.experimental.RuntimeParameter(name=COMPARED_WITH, ptype=str, default=""),
        examples=ingested,
        anomalies=anomalies.outputs["anomalies"],
        **measurements,
    )
    gate = DataGate(verdicts=pairs.outputs["verdicts"])
    return CheckedData(
        components=[*drawing, spans, schema, statistics, anomalies, *measuring, pairs, gate],
        ingested=ingested,
        examples=pairs.outputs["validated_examples"],
        verdicts=pairs.outputs["verdicts"],
        gate=gate,
        schema=schema.outputs["schema"],
    )


def _measured(
    config: Config, examples: tfx.types.BaseChannel
) -> tuple[list[tfx.types.BaseComponent], dict[str, tfx.types.BaseChannel]]:
    """Measures every pair and validates the measurements; returns the components, and the PairValidator's inputs by key."""
    measurer = PairMeasurer(examples=examples, limits=config.pairs.limits.model_dump_json())
    schema = tfx.components.ImportSchemaGen(schema_file=str(MEASUREMENT_SCHEMA)).with_id("MeasurementSchema")
    statistics = StatisticsGen(examples=measurer.outputs["measurements"], schema=schema.outputs["schema"]).with_id(
        "MeasurementStatistics"
    )
    validator = tfx.components.ExampleValidator(
        statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
    ).with_id("MeasurementValidator")
    inputs = {
        "measurements": measurer.outputs["measurements"],
        "measurement_schema": schema.outputs["schema"],
        "measurement_statistics": statistics.outputs["statistics"],
        "measurement_anomalies": validator.outputs["anomalies"],
    }
    return [measurer, schema, statistics, validator], inputs
