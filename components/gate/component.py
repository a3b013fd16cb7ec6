"""The Gate: blesses a model that is better than doing nothing and no worse than production, beyond noise."""

from __future__ import annotations

from tfx import v1 as tfx

from components.gate.executor import (
    BASELINE_MODEL,
    BLESSING,
    CODE,
    EVALUATION,
    EXAMPLES,
    MODEL,
    RECORDS_DIRECTORY,
    SETTINGS,
    GateExecutor,
)
from components.tfx_internals import ChannelParameter, ComponentSpec, ExecutionParameter, ExecutorClassSpec


class GateSpec(ComponentSpec):
    """Inputs, outputs and parameters of the Gate."""

    PARAMETERS = {
        SETTINGS: ExecutionParameter(type=str),
        RECORDS_DIRECTORY: ExecutionParameter(type=str),
        CODE: ExecutionParameter(type=str),
    }
    INPUTS = {
        EVALUATION: ChannelParameter(type=tfx.types.standard_artifacts.ModelEvaluation),
        MODEL: ChannelParameter(type=tfx.types.standard_artifacts.Model),
        BASELINE_MODEL: ChannelParameter(type=tfx.types.standard_artifacts.Model),
        EXAMPLES: ChannelParameter(type=tfx.types.standard_artifacts.Examples),
    }
    OUTPUTS = {BLESSING: ChannelParameter(type=tfx.types.standard_artifacts.ModelBlessing)}


class Gate(tfx.types.BaseComponent):
    """Judges the per-image values that the Evaluator wrote; its blessing is what the Pusher honours.

    TFMA's own thresholds compare means: they know no interval and no pairing, a slice of two images fails or passes as one of
    two hundred does, and a first model's change is not judged at all.
    """

    SPEC_CLASS = GateSpec
    EXECUTOR_SPEC = ExecutorClassSpec(GateExecutor)

    def __init__(
        self,
        evaluation: tfx.types.BaseChannel,
        model: tfx.types.BaseChannel,
        baseline_model: tfx.types.BaseChannel,
        examples: tfx.types.BaseChannel,
        settings: str,
        records_directory: str,
        code: str,
    ) -> None:
        """Makes the component.

        Args:
            evaluation: What the Evaluator measured of both models.
            model: The model that is judged.
            baseline_model: The model in production.
            examples: What was ingested; its span goes into the judgement.
            settings: `GateSettings` as JSON.
            records_directory: Folder of the spans, whose manifests say what the data was.
            code: The version of the code, for the judgement.
        """
        channels = {EVALUATION: evaluation, MODEL: model, BASELINE_MODEL: baseline_model, EXAMPLES: examples}
        parameters = {SETTINGS: settings, RECORDS_DIRECTORY: records_directory, CODE: code}
        blessing = tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing)
        super().__init__(spec=GateSpec(**channels, **parameters, **{BLESSING: blessing}))
