"""What the Flink cluster of `cluster.sh` says of its jobs, by Flink's REST service.

python -m tests.pipeline.beam.flink    prints the number of TaskManagers
"""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

_ADDRESS = "http://localhost:8081"


def _ask(path: str) -> Any:
    """Returns the JobManager's answer to a request."""
    with urllib.request.urlopen(f"{_ADDRESS}/{path}", timeout=20) as answer:
        return json.load(answer)


def jobs(_folder: Path) -> list[dict[str, object]]:
    """Returns the state, the seconds and the hosts of the tasks of each job, in the order of their start."""
    known = sorted(_ask("jobs/overview")["jobs"], key=lambda job: job["start-time"])
    return [
        {"state": job["state"], "seconds": job["duration"] / 1000, "hosts": sorted(_hosts(job["jid"]))} for job in known
    ]


def _hosts(job: str) -> set[str]:
    vertices = [vertex["id"] for vertex in _ask(f"jobs/{job}")["vertices"]]
    managers = (_ask(f"jobs/{job}/vertices/{vertex}/taskmanagers")["taskmanagers"] for vertex in vertices)
    return {manager["host"].partition(":")[0] for of_vertex in managers for manager in of_vertex}


def working(folder: Path) -> list[str]:
    """Returns the host of each Beam worker so far that has asked for work, in their order."""
    asked = []
    for log in folder.glob("*-flink.log"):
        times = re.findall(r"^(\S+) .*Beam Fn Control client connected", log.read_text(), flags=re.MULTILINE)
        asked += [(time, log.name.partition("-")[0]) for time in times]
    return [host for _, host in sorted(asked)]


if __name__ == "__main__":
    print(_ask("overview")["taskmanagers"])
