"""The kinds of what lies in a workspace, and what removing each would cost. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of files.

    Attributes:
        name: Its name for the command line.
        meaning: What it is.
        cost: What removing it costs; empty where it stays.
        must_be_named: Whether it goes only where it is named, because what it costs may be hours.
    """

    name: str
    meaning: str
    cost: str = ""
    must_be_named: bool = False


MODELS = Kind("models", "production folder; `models prune` removes old versions")
ARTIFACTS = Kind("artifacts", "what the last run computed, which the next run reuses")
OLD_ARTIFACTS = Kind(
    "old-artifacts",
    "what earlier runs computed",
    "a run on the data and settings of an earlier run computes again, training included",
)
RECORDS = Kind("records", "drawn pairs of the last run, and records that were put here")
OLD_RECORDS = Kind("old-records", "drawn pairs of earlier runs", "a run that needs them draws them again")
SHADOW = Kind("shadow", "log of the server's shadow, in bounded space")
LOG = Kind("log", "output of subprocesses of all runs", "nothing that a run needs")
CHECKPOINTS = Kind("checkpoints", "trainings that have not ended", "a training that was killed begins anew", True)
SEARCHES = Kind("searches", "trials of the Tuner", "a search that was killed begins anew", True)
REPORTS = Kind("reports", "run reports")
METADATA = Kind("metadata", "ML Metadata, which knows every run and version")
UNKNOWN = Kind(
    "unknown-artifacts",
    "what runs computed that ML Metadata does not know, since its file was removed",
    "nothing that a run needs, unless the file is put back",
    True,
)
STATISTICS = Kind("statistics", "accepted data, which new spans are compared with")
SCHEDULE = Kind("schedule", "status of the schedule")
KUBEFLOW = Kind("kubeflow", "artifacts and logs of dry runs, and notes of a cluster's tasks")
OTHER = Kind("other", "files of no kind that a run writes")

KINDS = (
    MODELS, REPORTS, ARTIFACTS, OLD_ARTIFACTS, RECORDS, OLD_RECORDS, CHECKPOINTS, SEARCHES, METADATA, UNKNOWN, STATISTICS,
    SCHEDULE, KUBEFLOW, SHADOW, LOG, OTHER,
)  # fmt: skip
REMOVABLE = tuple(kind for kind in KINDS if kind.cost)
