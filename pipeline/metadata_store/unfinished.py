"""Closes the executions of killed runs, which would stay RUNNING in ML Metadata for ever."""

from __future__ import annotations

from pathlib import Path

from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.metadata_store.store import opened

REASON = "closed_because"
"""Custom property of an execution that was closed."""
LAST_SEEN = "last_update_before_closing"
"""Custom property: the last update by the run itself, milliseconds since 1970."""

_WHY = "the run's process was killed; closed by the run {run_id}"
_UNFINISHED = (mlmd.Execution.NEW, mlmd.Execution.RUNNING)


def close_unfinished(file: Path, run_id: str) -> int:
    """Marks the executions that are still RUNNING as FAILED, with the reason.

    The caller must have the workspace's lock: only then no living run has any. FAILED is what TFX itself writes for an
    execution that did not end, and what its cache never takes.

    Args:
        file: ML Metadata's SQLite file; a missing or empty one has no executions.
        run_id: The run that closes them.

    Returns:
        The number of executions that were closed.

    Raises:
        InputError: Another process holds the file, or it is not a database of ML Metadata.
    """
    if not file.is_file() or not file.stat().st_size:
        return 0
    with opened(file) as store:
        unfinished = [each for each in store.get_executions() if each.last_known_state in _UNFINISHED]
        for execution in unfinished:
            execution.last_known_state = mlmd.Execution.FAILED
            execution.custom_properties[REASON].string_value = _WHY.format(run_id=run_id)
            execution.custom_properties[LAST_SEEN].int_value = execution.last_update_time_since_epoch
        if unfinished:
            store.put_executions(unfinished)
    return len(unfinished)
