"""A workspace of three runs with a real file of ML Metadata, as the local runner leaves it, and no training behind it."""

import json

from ml_metadata.proto import metadata_store_pb2 as mlmd

from components.span_window.properties import RECORDS_DIRECTORY
from pipeline.config import load
from pipeline.local.run_setup import write_config
from tests.pipeline.metadata_store.executions import store_of

OLD, LAST = "synthetic-0123456789ab", "synthetic-ba9876543210"
_RUN = {
    "sentence": "", "gain_psnr": None, "gain_ssim": None, "psnr": None, "ssim": None, "pairs": 1, "quarantined": 0,
    "pushed_version": None, "model_dir": None, "seconds": 1.0,
}  # fmt: skip


def _file(path, size=5000):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


class Workspace:
    """A workspace to which runs are added."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "metadata").mkdir(parents=True)
        self._store = store_of(folder / "metadata" / "metadata.sqlite")
        self._artifact = self._store.put_artifact_type(mlmd.ArtifactType(name="Model"))
        self._execution = self._store.put_execution_type(
            mlmd.ExecutionType(name="Any", properties={RECORDS_DIRECTORY: mlmd.STRING})
        )
        self._contexts = {
            kind: self._store.put_context_type(mlmd.ContextType(name=kind)) for kind in ("pipeline_run", "node")
        }

    def add_run(self, run_id, records, executions, verdict, **settings):
        """Adds a run: `executions` has the number of the artifact's folder by component, made where it is missing."""
        config = load(None, (f"workspace={self.folder}", *(f"{key}={value}" for key, value in settings.items())))
        write_config(config, self.folder / "reports" / run_id)
        if verdict:
            (self.folder / "reports" / run_id / "run.json").write_text(
                json.dumps({**_RUN, "run_id": run_id, "verdict": verdict})
            )
        _file(self.folder / "records" / records / "span-1" / "manifest.json")
        for component, number in executions.items():
            folder = self.artifact(component, number)
            _file(folder / "saved_model.pb")
            self._record(run_id, component, folder, self.folder / "records" / records)

    def artifact(self, component, number):
        return self.folder / "pipeline" / component / "model" / str(number)

    def _record(self, run_id, component, folder, records):
        contexts = [
            mlmd.Context(type_id=self._contexts[kind], name=name)
            for kind, name in (("pipeline_run", run_id), ("node", f"ast_restoration.{component}"))
        ]
        execution = mlmd.Execution(type_id=self._execution, last_known_state=mlmd.Execution.COMPLETE)
        execution.custom_properties[RECORDS_DIRECTORY].string_value = str(records)
        event = mlmd.Event(type=mlmd.Event.OUTPUT)
        event.path.steps.add().key = "model"
        event.path.steps.add().index = 0
        artifact = mlmd.Artifact(type_id=self._artifact, uri=str(folder))
        self._store.put_execution(execution, [(artifact, event)], contexts, True)


def three_runs(folder):
    """Returns a workspace with two runs that were judged, the second of which reuses an artifact, and a killed one between."""
    workspace = Workspace(folder)
    workspace.add_run("20261101-000000", OLD, {"SpanWindow": 1, "Trainer": 2}, "pushed")
    workspace.add_run("20261102-000000", LAST, {"SpanWindow": 3}, None)
    workspace.add_run("20261103-000000", LAST, {"SpanWindow": 4, "Trainer": 2, "Gate": 5}, "refused")
    workspace.add_run("20261104-000000", LAST, {"SpanWindow": 6}, "failed")
    _file(workspace.artifact("Gate", 7) / "left_by_a_run_whose_report_is_gone.json")
    for name in ("models/1/saved_model.pb", "checkpoints/ab12/step-7", "tuning/cd34/oracle.json", "subprocesses.log",
                 "statistics/rain/1.pb", "schedule/status.json", "shadow/shadow.jsonl",
                 "kubeflow/1/log.txt", "mine.txt",
                 "unknown-artifacts/20261101-000000/Trainer/model/2/saved_model.pb"):  # fmt: skip
        _file(folder / name)
    return workspace
