"""The PairMeasurer component: measures every pair in one Beam pass.

Its output is an Examples artifact, so that TFDV computes statistics of the measurements and validates them by a schema. A
changed threshold re-runs the PairValidator only.
"""

from __future__ import annotations

from typing import Any

import apache_beam as beam
from tfx import v1 as tfx

from components import examples_io as files
from components.pair_validator.artifacts import EXAMPLES, LIMITS, MEASUREMENTS
from components.pair_validator.beam_fns import measured_example
from components.pair_validator.settings import PairLimits
from components.tfx_internals import (
    BaseBeamExecutor,
    BeamExecutorSpec,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)

Artifacts = dict[str, list[tfx.dsl.Artifact]]


def measure_split(
    pipeline: beam.Pipeline, source: tfx.dsl.Artifact, split: str, limits: PairLimits, destination: tfx.dsl.Artifact
) -> None:
    """Adds the steps that measure one split to a pipeline: Beam fuses them, so that a runner holds a few pairs at a time.

    Args:
        pipeline: The Beam pipeline.
        source: Examples artifact of paired records.
        split: Name of the split.
        limits: Limits checked before decoding.
        destination: Examples artifact of the measurements.
    """
    measured = files.read(pipeline, source, split) | f"Measure[{split}]" >> beam.Map(measured_example, split, limits)
    files.write(measured, destination, split)


class PairMeasurerExecutor(BaseBeamExecutor):
    """Measures the pairs of all splits."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:  # noqa: N802
        """Writes one Example per pair, in the splits of the pairs.

        Args:
            input_dict: `examples`.
            output_dict: `measurements`.
            exec_properties: `limits` (JSON of `PairLimits`).
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        limits = PairLimits.model_validate_json(exec_properties[LIMITS])
        (examples,), (measurements,) = input_dict[EXAMPLES], output_dict[MEASUREMENTS]
        files.copy_description(examples, measurements)
        with self._make_beam_pipeline() as pipeline:
            for split in files.splits_of(examples):
                measure_split(pipeline, examples, split, limits, measurements)


class PairMeasurerSpec(ComponentSpec):
    """Inputs, outputs and parameters of the PairMeasurer."""

    PARAMETERS = {LIMITS: ExecutionParameter(type=str)}
    INPUTS = {EXAMPLES: ChannelParameter(type=tfx.types.standard_artifacts.Examples)}
    OUTPUTS = {MEASUREMENTS: ChannelParameter(type=tfx.types.standard_artifacts.Examples)}


class PairMeasurer(tfx.types.BaseBeamComponent):
    """Measures every pair; the PairValidator judges them."""

    SPEC_CLASS = PairMeasurerSpec
    EXECUTOR_SPEC = BeamExecutorSpec(PairMeasurerExecutor)

    def __init__(self, examples: tfx.types.BaseChannel, limits: str) -> None:
        """Makes the component.

        Args:
            examples: Paired records (`data.records`), in splits.
            limits: `PairLimits` as JSON.
        """
        measurements = tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples)
        super().__init__(spec=PairMeasurerSpec(**{EXAMPLES: examples, LIMITS: limits, MEASUREMENTS: measurements}))
