"""The PairValidator: the component that no misaligned pair passes."""

from __future__ import annotations

from tfx import v1 as tfx

# tfx.v1 has the component base classes but neither a component's spec nor the way to name an executor.
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.pair_validator.artifacts import (
    ANOMALIES,
    EXAMPLES,
    REPORT_DIRECTORY,
    SETTINGS,
    VALIDATED_EXAMPLES,
    VERDICTS,
    PairVerdicts,
)
from components.pair_validator.executor import PairValidatorExecutor


class PairValidatorSpec(ComponentSpec):
    """Inputs, outputs and parameters of the PairValidator."""

    PARAMETERS = {
        SETTINGS: ExecutionParameter(type=str),
        REPORT_DIRECTORY: ExecutionParameter(type=str),
    }
    INPUTS = {
        EXAMPLES: ChannelParameter(type=tfx.types.standard_artifacts.Examples),
        ANOMALIES: ChannelParameter(type=tfx.types.standard_artifacts.ExampleAnomalies),
    }
    OUTPUTS = {
        VALIDATED_EXAMPLES: ChannelParameter(type=tfx.types.standard_artifacts.Examples),
        VERDICTS: ChannelParameter(type=PairVerdicts),
    }


class PairValidator(tfx.types.BaseBeamComponent):
    """Measures every pair, judges it, and lets through what passed; stops the run when the data is refused.

    Whoever trains or evaluates reads `validated_examples`, never the ingested ones.
    """

    SPEC_CLASS = PairValidatorSpec
    EXECUTOR_SPEC = BeamExecutorSpec(PairValidatorExecutor)

    def __init__(
        self, examples: tfx.types.BaseChannel, anomalies: tfx.types.BaseChannel, settings: str, report_directory: str
    ) -> None:
        """Makes the component.

        Args:
            examples: Paired records (`data.records`), in splits.
            anomalies: What ExampleValidator found in them; any anomaly refuses the data.
            settings: `PairSettings` as JSON.
            report_directory: Folder for the verdicts on refused data, in a sub-folder named after the run, because TFX
                removes the outputs of a component that fails.
        """
        outputs = {
            VALIDATED_EXAMPLES: tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples),
            VERDICTS: tfx.dsl.Channel(type=PairVerdicts),
        }
        inputs = {EXAMPLES: examples, ANOMALIES: anomalies}
        parameters = {SETTINGS: settings, REPORT_DIRECTORY: report_directory}
        super().__init__(spec=PairValidatorSpec(**inputs, **parameters, **outputs))
