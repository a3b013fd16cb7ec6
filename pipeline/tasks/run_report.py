"""The RunReport component: writes the run report, so that it is an artifact of the run on every runner."""

from __future__ import annotations

from dataclasses import dataclass

from tfx import v1 as tfx

from components.pair_validator.artifacts import PairVerdicts
from components.tfx_internals import ChannelParameter, ComponentSpec, ExecutionParameter, ExecutorClassSpec
from components.ui_artifacts import HtmlPage
from pipeline.tasks.run_report_executor import CONFIG, HOOKS, PAGE, RECORDS_DIRECTORY, RUN_ID, RunReportExecutor

_TYPES = tfx.types.standard_artifacts


@dataclass(frozen=True, slots=True)
class ReportedOutput:
    """An output that a report is made from.

    Attributes:
        component: Name of the component that writes it.
        output: Its key there.
        type: Its type.
    """

    component: str
    output: str
    type: type[tfx.dsl.Artifact]

    @property
    def key(self) -> str:
        """Its key among the inputs of the RunReport."""
        return f"{self.component}_{self.output}"


REPORTED = (
    ReportedOutput("ProductionModel", "model", _TYPES.Model),
    ReportedOutput("SpanWindow", "examples", _TYPES.Examples),
    ReportedOutput("PairValidator", "validated_examples", _TYPES.Examples),
    ReportedOutput("PairValidator", "verdicts", PairVerdicts),
    ReportedOutput("Transform", "transform_graph", _TYPES.TransformGraph),
    ReportedOutput("Trainer", "model", _TYPES.Model),
    ReportedOutput("Trainer", "model_run", _TYPES.ModelRun),
    ReportedOutput("Evaluator", "evaluation", _TYPES.ModelEvaluation),
    ReportedOutput("Gate", "blessing", _TYPES.ModelBlessing),
    ReportedOutput("InfraCheck", "blessing", _TYPES.InfraBlessing),
    ReportedOutput("Pusher", "pushed_model", _TYPES.PushedModel),
)
"""Everything that a report is made from, where the run has it."""
DATA = ("ProductionModel", "SpanWindow", "PairValidator")
"""The components that the report on the data alone is made from."""


class RunReportSpec(ComponentSpec):
    """Inputs, output and parameters of the RunReport."""

    PARAMETERS = {
        CONFIG: ExecutionParameter(type=str),
        RECORDS_DIRECTORY: ExecutionParameter(type=str),
        RUN_ID: ExecutionParameter(type=str),
        HOOKS: ExecutionParameter(type=int),
    }
    INPUTS = {reported.key: ChannelParameter(type=reported.type, optional=True) for reported in REPORTED}
    OUTPUTS = {PAGE: ChannelParameter(type=HtmlPage)}


class RunReport(tfx.types.BaseComponent):
    """Writes the run report from the artifacts of the run, into the run's folder and as an artifact.

    A pipeline has two: one on the data, before the DataGate ends a run whose data was refused, and one at the end.
    """

    SPEC_CLASS = RunReportSpec
    EXECUTOR_SPEC = ExecutorClassSpec(RunReportExecutor)

    def __init__(
        self,
        components: dict[str, tfx.types.BaseComponent],
        config: str,
        records_directory: str,
        run_id: str | tfx.dsl.experimental.RuntimeParameter,
        hooks: bool,
    ) -> None:
        """Makes the component.

        Args:
            components: The components that the report is made from, by name.
            config: The resolved configuration, YAML.
            records_directory: Folder of the spans.
            run_id: Id of the pipeline run; it differs in every run, so that TFX never reuses a cached result.
            hooks: Whether the component notifies the hooks; a runner that does so itself at the end passes False.
        """
        inputs = {
            reported.key: components[reported.component].outputs[reported.output]
            for reported in REPORTED
            if reported.component in components
        }
        parameters = {CONFIG: config, RECORDS_DIRECTORY: records_directory, RUN_ID: run_id, HOOKS: int(hooks)}
        super().__init__(spec=RunReportSpec(**inputs, **parameters, **{PAGE: tfx.dsl.Channel(type=HtmlPage)}))
