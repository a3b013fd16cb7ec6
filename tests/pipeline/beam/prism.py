"""What Prism says of the jobs on the cluster of `cluster.sh`, by Beam's job service and its log."""

from __future__ import annotations

import re
from pathlib import Path

import grpc
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

_ENDPOINT = "localhost:8073"


def jobs(folder: Path) -> list[dict[str, object]]:
    """Returns the state and the host of each job's worker, in the order of their start."""
    service = beam_job_api_pb2_grpc.JobServiceStub(grpc.insecure_channel(_ENDPOINT))
    known = service.GetJobs(beam_job_api_pb2.GetJobsRequest(), timeout=20).job_info
    ordered = sorted(known, key=lambda job: [int(part) for part in re.findall(r"\d+", job.job_id)])
    states = [beam_job_api_pb2.JobState.Enum.Name(job.state) for job in ordered]
    return [{"state": state, "hosts": [host]} for state, host in zip(states, _hosts_asked(folder), strict=True)]


def _hosts_asked(folder: Path) -> list[str]:
    """Returns the host of each job's worker, in their order."""
    return re.findall(r"^(\w+):\d+ runs", (folder / "pools.log").read_text(), flags=re.MULTILINE)


def working(folder: Path) -> list[str]:
    """Returns the host of each worker so far that has asked for work, in their order."""
    asked = (folder / "prism.log").read_text().count("Creating client data channel")
    return _hosts_asked(folder)[:asked]
