"""The SpanWindow component: reads the newest spans as one data set, in place of TFX's ExampleGen."""

from __future__ import annotations

from tfx import v1 as tfx

from components.span_window.executor import (
    EVALUATION,
    EXAMPLES,
    FINGERPRINT,
    WINDOW,
    SpanWindowExecutor,
)
from components.span_window.properties import RECORDS_DIRECTORY
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
    """Emits the pairs of the newest spans, each pair once.

    TFX resolves spans in a driver or a Resolver, and open-source Kubeflow runs neither. A range of spans in TFX would also
    contain a pair twice that was ingested twice.
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
            records_directory: Folder of the spans, `span-N/`.
            window: Number of newest spans to train on.
            evaluation: "rolling" to evaluate on the same spans, or the number of a fixed span.
            fingerprint: Text that changes with the data, so that TFX reuses a cached result only for equal data.
        """
        parameters = {
            RECORDS_DIRECTORY: records_directory,
            WINDOW: window,
            EVALUATION: str(evaluation),
            FINGERPRINT: fingerprint,
        }
        examples = tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples)
        super().__init__(spec=SpanWindowSpec(**parameters, **{EXAMPLES: examples}))
