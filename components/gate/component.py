"""The Gate component: blesses a model that gains over the input and is no worse than the production model, beyond noise."""

from __future__ import annotations

from tfx import v1 as tfx

from components.gate.executor import (
    BASELINE_MODEL,
    BLESSING,
    CODE,
    EVALUATION,
    EXAMPLES,
    METRICS,
    MODEL,
    MODEL_RUN,
    RECORDS_DIRECTORY,
    SETTINGS,
    GateExecutor,
)
from components.tfx_internals import ChannelParameter, ComponentSpec, ExecutionParameter, ExecutorClassSpec
from components.ui_artifacts import ScalarMetrics


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
        MODEL_RUN: ChannelParameter(type=tfx.types.standard_artifacts.ModelRun),
        BASELINE_MODEL: ChannelParameter(type=tfx.types.standard_artifacts.Model),
        EXAMPLES: ChannelParameter(type=tfx.types.standard_artifacts.Examples),
    }
    OUTPUTS = {
        BLESSING: ChannelParameter(type=tfx.types.standard_artifacts.ModelBlessing),
        METRICS: ChannelParameter(type=ScalarMetrics),
    }


class Gate(tfx.types.BaseComponent):
    """Judges the per-image values of the Evaluator; the Pusher obeys its blessing.

    It replaces the thresholds of TFMA, which compare means without intervals and without pairing, treat a slice of two images
    like one of two hundred, and do not judge the change of a first model.
    """

    SPEC_CLASS = GateSpec
    EXECUTOR_SPEC = ExecutorClassSpec(GateExecutor)

    def __init__(
        self,
        evaluation: tfx.types.BaseChannel,
        model: tfx.types.BaseChannel,
        model_run: tfx.types.BaseChannel,
        baseline_model: tfx.types.BaseChannel,
        examples: tfx.types.BaseChannel,
        settings: str,
        records_directory: str,
        code: str,
    ) -> None:
        """Makes the component.

        Args:
            evaluation: Results of the Evaluator on both models.
            model: The model to judge.
            model_run: History of its training; the judgement names the model that it started from.
            baseline_model: The production model.
            examples: The ingested examples; the judgement names their spans.
            settings: `GateSettings` as JSON.
            records_directory: Folder of the spans; the judgement names the source in their manifests.
            code: Version of the code, for the judgement.
        """
        channels = {
            EVALUATION: evaluation,
            MODEL: model,
            MODEL_RUN: model_run,
            BASELINE_MODEL: baseline_model,
            EXAMPLES: examples,
        }
        parameters = {SETTINGS: settings, RECORDS_DIRECTORY: records_directory, CODE: code}
        outputs = {
            BLESSING: tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
            METRICS: tfx.dsl.Channel(type=ScalarMetrics),
        }
        super().__init__(spec=GateSpec(**channels, **parameters, **outputs))
