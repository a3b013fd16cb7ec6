"""The same verdicts from every runner: in memory, two worker processes, and a portable job service."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import tensorflow as tf
from tfx import v1 as tfx

from components.pair_validator.executor import measured_records
from components.pair_validator.judging.measurement_store import MeasurementStore, judge_measured
from components.pair_validator.measurer import PairMeasurerExecutor
from components.pair_validator.settings import PairLimits, PairSettings
from data.records import PairRecord
from pipeline.config_sections.beam_options import IN_MEMORY
from tests.components.pair_validator.drawing import encode, haze, rain, scene

SPLITS = ["train", "evaluation"]


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Two splits of two files each, one pair of which was swapped."""
    artifact = tfx.types.standard_artifacts.Examples()
    artifact.uri = str(tmp_path_factory.mktemp("examples"))
    artifact.split_names = str(SPLITS).replace("'", '"')
    for number in range(8):
        target = scene(number, 128, 160)
        images = [encode(rain(target, number, 200)), encode(target)]
        if number == 5:
            images = [encode(target), encode(rain(haze(target, 0.35), number, 200))]
        record = PairRecord(f"p/{number}", str(number), "rain", "light", "p", "i", "t", *images, (128, 160), (128, 160))
        folder = Path(artifact.uri, f"Split-{SPLITS[number % 2]}")
        folder.mkdir(exist_ok=True)
        with tf.io.TFRecordWriter(str(folder / f"data_tfrecord-{number}.gz"), "GZIP") as writer:
            writer.write(record.to_example().SerializeToString())
    return artifact


@contextmanager
def _job_service(folder):
    """Beam's own job server on a free port of the loopback interface."""
    port = folder / "port"
    module = "apache_beam.runners.portability.local_job_service_main"
    server = subprocess.Popen(
        [sys.executable, "-m", module, "--port=0", f"--port_file={port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not (port.exists() and port.read_text()):
            assert server.poll() is None, "the job server ended"
            assert time.monotonic() < deadline, "the job server did not start"
            time.sleep(0.1)
        yield ["--runner=PortableRunner", f"--job_endpoint=localhost:{port.read_text()}", "--environment_type=LOOPBACK"]
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextmanager
def _worker_pool(port):
    """Beam's pool of workers, each a process of its own that knows nothing of the one that submits."""
    module = "apache_beam.runners.worker.worker_pool_main"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it starts workers as `python`
    pool = subprocess.Popen(
        [sys.executable, "-m", module, f"--service_port={port}"],
        env=os.environ | {"PATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, pool)
        yield ["--environment_type=EXTERNAL", f"--environment_config=localhost:{port}"]
    finally:
        pool.terminate()
        pool.wait(timeout=30)


def _wait_for(port, process):
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, "the worker pool ended"
        assert time.monotonic() < deadline, "the worker pool did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("localhost", port)) == 0:
                return
        time.sleep(0.1)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def _verdicts(examples, beam_arguments, folder):
    measurements = tfx.types.standard_artifacts.Examples()
    measurements.uri = str(folder / "measurements")
    context = PairMeasurerExecutor.Context(beam_pipeline_args=beam_arguments, tmp_dir=str(folder), unique_id="1")
    PairMeasurerExecutor(context).Do(
        {"examples": [examples]}, {"measurements": [measurements]}, {"limits": PairLimits().model_dump_json()}
    )
    with MeasurementStore(folder / "spool") as measured:
        measured.fill(measured_records(measurements))
        return list(judge_measured(measured, PairSettings()))


def test_all_runners_give_the_same_verdicts(examples, tmp_path):
    folders = [tmp_path / name for name in ("memory", "workers", "portable")]
    for folder in folders:
        folder.mkdir()
    in_memory = _verdicts(examples, ["--runner=DirectRunner", "--direct_running_mode=in_memory"], folders[0])
    assert [verdict.pair_id for verdict in in_memory if not verdict.ok] == ["p/5"]
    assert len(in_memory) == 8
    two = ["--runner=DirectRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    assert _verdicts(examples, two, folders[1]) == in_memory
    with _job_service(tmp_path) as portable:
        assert _verdicts(examples, portable, folders[2]) == in_memory


@pytest.mark.slow
def test_worker_processes_give_the_same_verdicts(examples, tmp_path):
    (tmp_path / "memory").mkdir()
    (tmp_path / "pool").mkdir()
    with _job_service(tmp_path) as service, _worker_pool(_free_port()) as workers:
        found = _verdicts(examples, [*service[:2], *workers], tmp_path / "pool")
    assert found == _verdicts(examples, list(IN_MEMORY), tmp_path / "memory")
