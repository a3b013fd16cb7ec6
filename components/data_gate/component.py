"""The DataGate component: ends the run where the PairValidator refused the data, before anything is trained."""

from __future__ import annotations

from tfx import v1 as tfx

from components.data_gate.executor import DataGateExecutor
from components.pair_validator.artifacts import VERDICTS, PairVerdicts
from components.tfx_internals import ChannelParameter, ComponentSpec, ExecutorClassSpec


class DataGateSpec(ComponentSpec):
    """Input of the DataGate."""

    PARAMETERS = {}
    INPUTS = {VERDICTS: ChannelParameter(type=PairVerdicts)}
    OUTPUTS = {}


class DataGate(tfx.types.BaseComponent):
    """Fails where the data was refused.

    It is a component of its own because a runner keeps no output of a component that fails: TFX removes them, and Kubeflow
    uploads none. The verdicts on refused data and the page about them are outputs of components that ended well.
    """

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = ExecutorClassSpec(DataGateExecutor)

    def __init__(self, verdicts: tfx.types.BaseChannel) -> None:
        """Makes the component.

        Args:
            verdicts: Verdicts of the PairValidator.
        """
        super().__init__(spec=DataGateSpec(**{VERDICTS: verdicts}))
