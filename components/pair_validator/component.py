"""The PairValidator component: quarantines bad pairs, and says whether the data as a whole is refused."""

from __future__ import annotations

from tfx import v1 as tfx

from components.pair_validator.artifacts import (
    ANOMALIES,
    COMPARED_WITH,
    EXAMPLES,
    MEASUREMENT_ANOMALIES,
    MEASUREMENT_SCHEMA,
    MEASUREMENT_STATISTICS,
    MEASUREMENTS,
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
        STATISTICS_DIRECTORY: ExecutionParameter(type=str),
        COMPARED_WITH: ExecutionParameter(type=str),
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
    """Judges every pair by its measurements, and writes the pairs that pass, or none and a refusal: see the DataGate.

    Training and evaluation read `validated_examples`, not the ingested examples.
    """

    SPEC_CLASS = PairValidatorSpec
    EXECUTOR_SPEC = BeamExecutorSpec(PairValidatorExecutor)

    def __init__(
        self,
        settings: str,
        statistics_directory: str,
        compared_with: str | tfx.dsl.experimental.RuntimeParameter,
        **inputs: tfx.types.BaseChannel,
    ) -> None:
        """Makes the component.

        Args:
            settings: `PairSettings` as JSON.
            statistics_directory: Folder for the statistics of the accepted spans of this data set (`accepted_statistics`).
            compared_with: Text that changes with the statistics that this run compares its pairs with, so that TFX reuses a
                cached verdict only where they are the same.
            **inputs: `examples`, paired records in splits, and their `anomalies`; `measurements` of the same pairs, with
                their `measurement_schema`, `measurement_statistics` and `measurement_anomalies`. Any anomaly refuses the data.
        """
        outputs = {
            VALIDATED_EXAMPLES: tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples),
            VERDICTS: tfx.dsl.Channel(type=PairVerdicts),
        }
        parameters = {
            SETTINGS: settings,
            STATISTICS_DIRECTORY: statistics_directory,
            COMPARED_WITH: compared_with,
        }
        super().__init__(spec=PairValidatorSpec(**inputs, **parameters, **outputs))
