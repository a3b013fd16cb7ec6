"""Checks a mounted image: `python -m tests.image.check ACCELERATOR IMAGE.JSON ROOT LAYERS.JSON VOLUME`.

It prints a line for each thing that holds, and ends with code 1 at the first that does not.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
import urllib.request
from pathlib import Path

import cv2
import numpy as np
import yaml

from data.synthesis.synthesize import embedded_photos
from kubeflow.driver import executor_input
from kubeflow.launcher import ordered
from kubeflow.spec import Spec, executor_label
from kubeflow.task import local_path
from tests.image.container import Image

HERE = Path(__file__).parent
TINY = HERE.parent / "pipeline" / "tiny.yaml"
USER = 10001
LARGEST = 2.5e9  # bytes, of the image without an accelerator
PORT = 18501
ON_VOLUME = "/mnt/ast"
SETTINGS = ("--set", f"workspace={ON_VOLUME}/workspace", "--set", f"data.records={ON_VOLUME}/records")


def main(accelerator: str, image_json: Path, root: Path, layers_json: Path, volume: Path) -> None:
    """Checks size and configuration, then what runs in the image; with an accelerator only up to one compiled task."""
    described = json.loads(image_json.read_text())
    config = described["OCIv1"]["config"]
    image = Image(root, config)
    _check_size(described["OCIv1"], json.loads(layers_json.read_text()), accelerator)
    _check_labels(config["Labels"])
    _check_user(image)
    _say(_succeeds(image).splitlines()[0])
    _say(_succeeds(image, "serve", "--help").splitlines()[0])
    checks = f"{HERE}:/checks:ro"
    held = _succeeds(image, "/checks/contents.py", entrypoint=["python"], mounts=[checks]).splitlines()
    _say("\n".join(line.removeprefix("ok: ") for line in held if line.startswith("ok: ")))  # TensorFlow prints too

    shutil.rmtree(volume, ignore_errors=True)
    volume.mkdir()
    shutil.chown(volume, USER, USER)
    mounts = [f"{volume}:{ON_VOLUME}", f"{TINY}:/tiny.yaml:ro"]
    _check_task(image, volume, mounts)
    if accelerator == "cpu":
        _check_dry_run(image, volume, mounts)
        _check_server(image, [f"{volume}:{ON_VOLUME}:ro"])


def _say(text: str) -> None:
    print("\n".join(f"image-test: {line}" for line in text.splitlines()), flush=True)


def _succeeds(
    image: Image, *arguments: str, entrypoint: list[str] | None = None, mounts: list[str] | None = None
) -> str:
    code, output = image.run(*arguments, entrypoint=entrypoint, mounts=mounts or [])
    if code != 0:
        raise SystemExit(f"image-test: {arguments} ended with {code}:\n{output[-5000:]}")
    return output


def _check_size(image: dict[str, object], layers: list[dict[str, object]], accelerator: str) -> None:
    """Prints the size of each layer, without compression, with the instruction that made it, and compares the sum."""
    sizes = {layer.get("diff-digest"): int(layer.get("diff-size", 0)) for layer in layers}
    made_by = [step.get("created_by", "") for step in image["history"] if not step.get("empty_layer")]
    digests = image["rootfs"]["diff_ids"]
    for digest, instruction in zip(digests, made_by, strict=True):
        _say(f"{sizes[digest] / 1e6:8.1f} MB  {' '.join(instruction.split())[:100]}")
    total = sum(sizes[digest] for digest in digests)
    _say(f"{total / 1e6:8.1f} MB  in all")
    if accelerator == "cpu" and total > LARGEST:
        raise SystemExit(f"image-test: the image has {total / 1e9:.2f} GB, more than {LARGEST / 1e9} GB")


def _check_labels(labels: dict[str, str]) -> None:
    found = {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()}
    empty = {"title", "version", "licenses", "revision"} - {name for name, value in found.items() if value}
    if empty:
        raise SystemExit(f"image-test: labels that are missing: {empty}")
    _say(f"{found['title']} {found['version']}, {found['licenses']}, revision {found['revision'][:12]}")


def _check_user(image: Image) -> None:
    identity = _succeeds(image, entrypoint=["id"]).strip()
    if f"uid={USER}(ast)" not in identity:
        raise SystemExit(f"image-test: it runs as {identity}")
    code, _ = image.run("/opt/venv/x", entrypoint=["touch"])
    if code == 0:
        raise SystemExit("image-test: the root can be written")
    _say(f"{identity}, root read-only")


def _check_task(image: Image, volume: Path, mounts: list[str]) -> None:
    """Compiles the tiny configuration in the image and runs its first task, whose command is then the container's."""
    _succeeds(image, "data", "synthesize", f"{ON_VOLUME}/records", "--crops", "1", mounts=mounts)
    where = (
        "--output",
        f"{ON_VOLUME}/pipeline.yaml",
        "--image",
        "image-test",
        "--pipeline-root",
        "minio://mlpipeline/ast",
    )
    _succeeds(image, "kubeflow", "compile", "--config", "/tiny.yaml", *SETTINGS, *where, mounts=mounts)
    spec = next(yaml.safe_load_all((volume / "pipeline.yaml").read_text()))
    (name, *_) = ordered(spec)
    command, arguments, requested = container_of(spec, name, f"{ON_VOLUME}/output.json")
    for address in requested:  # as the launcher does
        (volume / local_path(address).lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
    for path in [volume / "minio", *(volume / "minio").rglob("*")]:
        shutil.chown(path, USER, USER)
    _succeeds(image, *arguments, entrypoint=command, mounts=[*mounts, f"{volume}/minio:/minio"])
    written = json.loads((volume / "output.json").read_text())["artifacts"]
    addresses = {artifact["uri"] for value in written.values() for artifact in value["artifacts"]}
    if not addresses or not addresses <= requested:
        raise SystemExit(f"image-test: {name} did not write what it was asked for: {written}")
    _say(f"task {name} of the compiled pipeline ran and wrote {', '.join(written)}")


def container_of(spec: Spec, name: str, output_file: str) -> tuple[list[str], list[str], set[str]]:
    """Returns the command and the arguments of a task without inputs, and the addresses that it shall write to."""
    filled = executor_input(spec, name, "image-test", {}, output_file)
    container = spec["deploymentSpec"]["executors"][executor_label(spec, name)]["container"]
    arguments = [argument.replace("{{$}}", json.dumps(filled)) for argument in container["args"]]
    outputs = filled["outputs"]["artifacts"].values()
    return container["command"], arguments, {artifact["uri"] for value in outputs for artifact in value["artifacts"]}


def _check_dry_run(image: Image, volume: Path, mounts: list[str]) -> None:
    # Without records of its own it draws those that the gate of this configuration was made for.
    arguments = ("kubeflow", "dry-run", "--config", "/tiny.yaml", "--set", f"workspace={ON_VOLUME}/workspace")
    _say(_succeeds(image, *arguments, mounts=mounts))
    owners = {path.stat().st_uid for path in volume.rglob("*")}
    if owners != {USER}:
        raise SystemExit(f"image-test: files on the volume belong to {owners}")


def _check_server(image: Image, mounts: list[str]) -> None:
    """Serves the pushed model from a volume that it cannot write, and stops it as Kubernetes would."""
    arguments = ["serve", "--models", f"{ON_VOLUME}/workspace/models", "--port", str(PORT)]
    process = image.start(arguments, mounts=mounts)
    try:
        _wait_until_ready(process.poll)
        photo = cv2.imread(str(sorted(embedded_photos().glob("*.jpg"))[0]))[:90, :140]
        body = cv2.imencode(".png", photo)[1].tobytes()
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}/restore", data=body)
        with urllib.request.urlopen(request, timeout=60) as answer:
            restored = cv2.imdecode(np.frombuffer(answer.read(), np.uint8), cv2.IMREAD_COLOR)
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    if process.returncode != 0 or restored.shape != photo.shape or np.array_equal(restored, photo):
        raise SystemExit(f"image-test: serve ended with {process.returncode}:\n{output[-5000:]}")
    _say(f"served the pushed model: a picture of {photo.shape[1]}x{photo.shape[0]} restored, ended by SIGTERM with 0")


def _wait_until_ready(ended: object) -> None:
    for _ in range(180):
        if ended() is not None:
            raise SystemExit("image-test: the server ended before it was ready")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(1)
    raise SystemExit("image-test: the server was not ready after 180 s")


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
