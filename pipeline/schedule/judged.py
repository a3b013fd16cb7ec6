"""What a run outside of the schedule has judged."""

from __future__ import annotations

import json

from data.errors import InputError
from pipeline.config import Config
from pipeline.local.run_inputs import CODE, DATA, code_digest
from pipeline.report.runs import listed
from pipeline.run_folder import CONFIG_NAME, INPUTS_NAME

_JUDGED = ("pushed", "unchanged", "refused", "data_refused")


def judged_run(config: Config, data: str) -> str | None:
    """Returns the run that has judged this data with this code and configuration, if it is the configuration's last verdict.

    Args:
        config: The resolved configuration.
        data: Fingerprint of the data.

    Returns:
        The run's id; None where there is none, or where that cannot be told.
    """
    ours = config.to_yaml()
    try:
        for run in listed(config.reports):
            if run.summary is None or run.summary.verdict not in _JUDGED:
                continue
            if (run.folder / CONFIG_NAME).read_text(encoding="utf-8") == ours:
                stored = json.loads((run.folder / INPUTS_NAME).read_text(encoding="utf-8"))
                return run.folder.name if (stored[DATA], stored[CODE]) == (data, code_digest()) else None
    except (InputError, OSError, ValueError, LookupError, TypeError):  # a run too many does no harm, a run too few does
        return None
    return None
