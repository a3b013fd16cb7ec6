"""The ProductionModel component: brings the production model into the pipeline, as the baseline of the Evaluator."""

from __future__ import annotations

from tfx import v1 as tfx

from components.production.executor import FINGERPRINT, MODEL, PUSH_DIRECTORY, ProductionModelExecutor
from components.tfx_internals import ChannelParameter, ComponentSpec, ExecutionParameter, ExecutorClassSpec


class ProductionModelSpec(ComponentSpec):
    """Outputs and parameters of the ProductionModel."""

    PARAMETERS = {
        PUSH_DIRECTORY: ExecutionParameter(type=str),
        FINGERPRINT: ExecutionParameter(type=str),
    }
    INPUTS = {}
    OUTPUTS = {MODEL: ChannelParameter(type=tfx.types.standard_artifacts.Model)}


class ProductionModel(tfx.types.BaseComponent):
    """Emits the newest version in the push destination.

    Before the first push it emits the identity baseline, a model that returns its input, so that the first candidate is judged
    like every other. A TFX Resolver cannot replace it: open-source Kubeflow runs none, and it ignores rollbacks.
    """

    SPEC_CLASS = ProductionModelSpec
    EXECUTOR_SPEC = ExecutorClassSpec(ProductionModelExecutor)

    def __init__(self, push_directory: str, fingerprint: str | tfx.dsl.experimental.RuntimeParameter) -> None:
        """Makes the component.

        Args:
            push_directory: The push destination.
            fingerprint: `components.production.fingerprint` of the production version. While it stays, TFX reuses the result,
                and with it what the Evaluator measured on the same model. A runner that cannot know it gives its run's id.
        """
        model = tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model)
        super().__init__(
            spec=ProductionModelSpec(**{PUSH_DIRECTORY: push_directory, FINGERPRINT: fingerprint, MODEL: model})
        )
