"""The StatisticsGen component: TFX's own, with an executor that needs no Beam for a few records."""

from __future__ import annotations

from tfx import v1 as tfx

from components.statistics_gen.executor import FewRecordsStatisticsExecutor
from components.tfx_internals import BeamExecutorSpec


class StatisticsGen(tfx.components.StatisticsGen):
    """Computes the statistics of examples, with TFX's executor where they are many or an option asks for more."""

    EXECUTOR_SPEC = BeamExecutorSpec(FewRecordsStatisticsExecutor)
