"""The PairValidator: the component that no misaligned pair passes."""

from __future__ import annotations

from tfx import v1 as tfx

from components.pair_validator.artifacts import (
    ANOMALIES,
    EXAMPLES,
    MEASUREMENT_ANOMALIES,
    MEASUREMENT_SCHEMA,
    MEASUREMENT_STATISTICS,
    MEASUREMENTS,
    REPORT_DIRECTORY,
    SETTINGS,
    STATISTICS_DIRECTORY,
    VALIDATED_EXAMPLES,
    VERDICTS,
    PairVerdicts,
)
from components.pair_validator.executor import PairValidatorExecutor
from components.tfx_internals import BeamExecutorSpec, ChannelParameter, ComponentSpec, ExecutionParameter


class PairValidatorSpec(ComponentSpec):
    """Inputs, outputs and parameters of the PairValidator."""

    PARAMETERS = {
        SETTINGS: ExecutionParameter(type=str),
        REPORT_DIRECTORY: ExecutionParameter(type=str),
        STATISTICS_DIRECTORY: ExecutionParameter(type=str),
    }
    INPUTS = {
        EXAMPLES: ChannelParameter(type=tfx.types.standard_artifacts.Examples),
        ANOMALIES: ChannelParameter(type=tfx.types.standard_artifacts.ExampleAnomalies),
        MEASUREMENTS: ChannelParameter(type=tfx.types.standard_artifacts.Examples),
        MEASUREMENT_SCHEMA: ChannelParameter(type=tfx.types.standard_artifacts.Schema),
        MEASUREMENT_STATISTICS: ChannelParameter(type=tfx.types.standard_artifacts.ExampleStatistics),
        MEASUREMENT_ANOMALIES: ChannelParameter(type=tfx.types.standard_artifacts.ExampleAnomalies),
    }
    OUTPUTS = {
        VALIDATED_EXAMPLES: ChannelParameter(type=tfx.types.standard_artifacts.Examples),
        VERDICTS: ChannelParameter(type=PairVerdicts),
    }


class PairValidator(tfx.types.BaseBeamComponent):
    """Judges every pair by what was measured of it, and lets through what passed; stops the run when the data is refused.

    Whoever trains or evaluates reads `validated_examples`, never the ingested ones.
    """

    SPEC_CLASS = PairValidatorSpec
    EXECUTOR_SPEC = BeamExecutorSpec(PairValidatorExecutor)

    def __init__(
        self, settings: str, report_directory: str, statistics_directory: str, **inputs: tfx.types.BaseChannel
    ) -> None:
        """Makes the component.

        Args:
            settings: `PairSettings` as JSON.
            report_directory: Folder for the verdicts on refused data, in a sub-folder named after the run, because TFX
                removes the outputs of a component that fails.
            statistics_directory: Folder for the statistics of the accepted spans of this data set (see `accepted`).
            **inputs: `examples`, paired records in splits, and `anomalies`, what ExampleValidator found in them;
                `measurements` of the same pairs, `measurement_schema`, the schema that they are held against,
                `measurement_statistics` and `measurement_anomalies`. Any anomaly refuses the data.
        """
        outputs = {
            VALIDATED_EXAMPLES: tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples),
            VERDICTS: tfx.dsl.Channel(type=PairVerdicts),
        }
        parameters = {
            SETTINGS: settings,
            REPORT_DIRECTORY: report_directory,
            STATISTICS_DIRECTORY: statistics_directory,
        }
        super().__init__(spec=PairValidatorSpec(**inputs, **parameters, **outputs))
