"""The run reports: one on the data before a run may end for it, one at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tfx import v1 as tfx

from pipeline.config import Config
from pipeline.phases.data import CheckedData
from pipeline.phases.training import RUN_ID
from pipeline.tasks.run_report import DATA, RunReport

DATA_REPORT = "DataReport"
RUN_REPORT = "RunReport"


def reports(
    config: Config,
    data: CheckedData,
    components: Sequence[tfx.types.BaseComponent],
    records_directory: Path,
    hooks: bool,
) -> list[tfx.types.BaseComponent]:
    """Returns the report on the data, which the DataGate waits for, and the report at the end of the run.

    Args:
        config: The resolved configuration.
        data: The checked data.
        components: All components of the run so far.
        records_directory: Folder of the spans.
        hooks: Whether the reports notify the hooks of the end of the run.
    """
    run_id = tfx.dsl.experimental.RuntimeParameter(name=RUN_ID, ptype=str)

    def report(name: str, reported: dict[str, tfx.types.BaseComponent]) -> tfx.types.BaseComponent:
        made = RunReport(reported, config.to_yaml(), str(records_directory), run_id, hooks)
        return made.with_id(name)

    by_name = {component.id: component for component in components}
    on_data = report(DATA_REPORT, {name: by_name[name] for name in DATA})
    data.gate.add_upstream_node(on_data)
    return [on_data, report(RUN_REPORT, by_name)]
