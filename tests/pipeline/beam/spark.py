"""What the Spark cluster of `cluster.sh` says of its jobs, by the master's page in JSON and Spark's event logs.

python -m tests.pipeline.beam.spark    prints the number of workers
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

_ADDRESS = "http://driver:8080/json/"


def _ask() -> Any:
    """Returns what the master knows."""
    with urllib.request.urlopen(_ADDRESS, timeout=20) as answer:
        return json.load(answer)


def jobs(folder: Path) -> list[dict[str, object]]:
    """Returns the state, the seconds and the hosts of the tasks of each job, in the order of their start."""
    known = _ask()
    applications = sorted(known["completedapps"] + known["activeapps"], key=lambda one: one["starttime"])
    return [
        {"state": one["state"], "seconds": one["duration"] / 1000, "hosts": sorted(_hosts(folder, one["id"]))}
        for one in applications
    ]


def _hosts(folder: Path, application: str) -> set[str]:
    """Returns the hosts on which a task of an application ended well."""
    logs = (folder / "spark-events").glob(f"{application}*")
    events = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    ended = [event for event in events if event["Event"] == "SparkListenerTaskEnd"]
    return {event["Task Info"]["Host"] for event in ended if event["Task End Reason"]["Reason"] == "Success"}


def working(folder: Path) -> list[str]:
    """Returns the host of each Beam worker that a pool has started so far, those of a host together."""
    return [
        log.stem
        for log in sorted(folder.glob("*.log"))
        for line in log.read_text().splitlines()
        if "Starting worker" in line
    ]


if __name__ == "__main__":
    print(_ask()["aliveworkers"])
