"""SpanWindow on the cluster of `cluster.sh`, of which a host dies in mid-job; then once more, with the host that is left.

tests/pipeline/beam/cluster.sh ENGINE WORKSPACE python -m tests.pipeline.beam.dying_host WORKSPACE

Writes WORKSPACE/cluster/died.json: `error` of the first job, `superseded`, the result of each job, `killed`, the host, and
`jobs`, the `state` and the `hosts` of each.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

from tfx import v1 as tfx

from components.span_window.executor import SpanWindowExecutor
from pipeline.config_sections.beam_options import for_tfx
from tests.components.span_window.test_executor import arrive
from tests.pipeline.beam.story import engine, kill_first_worker


def _run(folder: Path, name: str) -> int:
    """Runs SpanWindow and returns the number of pairs that a newer span replaces."""
    examples = tfx.types.standard_artifacts.Examples()
    examples.uri = str(folder / name)
    arguments = for_tfx(os.environ["BEAM_ARGUMENTS"].split())
    context = SpanWindowExecutor.Context(beam_pipeline_args=arguments, tmp_dir=str(folder / f"{name}-tmp"))
    parameters = {
        "records_directory": str(folder / "records"),
        "window": 2,
        "evaluation": "rolling",
        "fingerprint": "",
    }
    SpanWindowExecutor(context).Do({}, {"examples": [examples]}, parameters)
    return examples.get_int_custom_property("superseded")


def main() -> None:
    """Runs the story."""
    folder = Path(sys.argv[1])
    logs = folder / "cluster"
    arrive(folder, "monday", range(8))
    arrive(folder, "tuesday", range(4, 12))
    killed: list[str] = []
    killer = threading.Thread(target=lambda: killed.append(kill_first_worker(logs)))
    killer.start()
    error, superseded = "", [None, None]
    try:
        superseded[0] = _run(folder, "first")
    except RuntimeError as raised:
        error = str(raised)
    killer.join()
    superseded[1] = _run(folder, "second")
    died = {"error": error, "superseded": superseded, "killed": killed[0], "jobs": engine().jobs(logs)}
    (logs / "died.json").write_text(json.dumps(died, indent=1))


if __name__ == "__main__":
    main()
