"""Reads the newest spans as one data set, in place of TFX's ExampleGen."""

from __future__ import annotations

from tfx import v1 as tfx

from components.span_window.executor import (
    EVALUATION,
    EXAMPLES,
    FINGERPRINT,
    RECORDS_DIRECTORY,
    WINDOW,
    SpanWindowExecutor,
)
from components.tfx_internals import BeamExecutorSpec, ChannelParameter, ComponentSpec, ExecutionParameter


class SpanWindowSpec(ComponentSpec):
    """Outputs and parameters of the SpanWindow."""

    PARAMETERS = {
        RECORDS_DIRECTORY: ExecutionParameter(type=str),
        WINDOW: ExecutionParameter(type=int),
        EVALUATION: ExecutionParameter(type=str),
        FINGERPRINT: ExecutionParameter(type=str),
    }
    INPUTS = {}
    OUTPUTS = {EXAMPLES: ChannelParameter(type=tfx.types.standard_artifacts.Examples)}


class SpanWindow(tfx.types.BaseBeamComponent):
    """Emits the pairs of the newest spans, each once.

    TFX's own way to spans needs a driver that looks for them before the component runs, or a Resolver; open-source
    Kubeflow runs neither, and a range of spans would hold a pair that was ingested twice two times.
    """

    SPEC_CLASS = SpanWindowSpec
    EXECUTOR_SPEC = BeamExecutorSpec(SpanWindowExecutor)

    def __init__(
        self,
        records_directory: str,
        window: int,
        evaluation: int | str,
        fingerprint: str | tfx.dsl.experimental.RuntimeParameter,
    ) -> None:
        """Makes the component.

        Args:
            records_directory: Holds `span-N/`.
            window: How many of the newest spans are learnt from.
            evaluation: "rolling", or the number of the span that judges.
            fingerprint: Changes when the data does, so that TFX's cache answers only while it does not.
        """
        parameters = {
            RECORDS_DIRECTORY: records_directory,
            WINDOW: window,
            EVALUATION: str(evaluation),
            FINGERPRINT: fingerprint,
        }
        examples = tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples)
        super().__init__(spec=SpanWindowSpec(**parameters, **{EXAMPLES: examples}))
