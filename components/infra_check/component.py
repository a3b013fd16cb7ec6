"""The InfraCheck component: refuses a model that does not load and answer in a process of its own."""

from __future__ import annotations

from tfx import v1 as tfx

from components.infra_check.executor import BLESSING, EXAMPLES, MODEL, SETTINGS, InfraCheckExecutor
from components.tfx_internals import ChannelParameter, ComponentSpec, ExecutionParameter, ExecutorClassSpec


class InfraCheckSpec(ComponentSpec):
    """Inputs, outputs and parameters of the InfraCheck."""

    PARAMETERS = {SETTINGS: ExecutionParameter(type=str)}
    INPUTS = {
        MODEL: ChannelParameter(type=tfx.types.standard_artifacts.Model),
        EXAMPLES: ChannelParameter(type=tfx.types.standard_artifacts.Examples),
    }
    OUTPUTS = {BLESSING: ChannelParameter(type=tfx.types.standard_artifacts.InfraBlessing)}


class InfraCheck(tfx.types.BaseComponent):
    """Checks that a model can be served, like TFX's InfraValidator but without docker; the Pusher obeys its blessing."""

    SPEC_CLASS = InfraCheckSpec
    EXECUTOR_SPEC = ExecutorClassSpec(InfraCheckExecutor)

    def __init__(self, model: tfx.types.BaseChannel, examples: tfx.types.BaseChannel, settings: str) -> None:
        """Makes the component.

        Args:
            model: The model to check.
            examples: Paired records; the first input of the evaluation split gives the test images.
            settings: `InfraSettings` as JSON.
        """
        blessing = tfx.dsl.Channel(type=tfx.types.standard_artifacts.InfraBlessing)
        super().__init__(
            spec=InfraCheckSpec(**{MODEL: model, EXAMPLES: examples, SETTINGS: settings, BLESSING: blessing})
        )
