"""How long the Evaluator takes beside inference alone, and what memory it needs.

    python -m pipeline.benchmarks.evaluation [--images 200] [--height 320] [--width 480] [--variant AST-T]

Draws rain on pieces of the embedded photographs, writes them as the pipeline's records, exports an untrained network, and runs
(a) the signature that the Evaluator calls on all records, in batches of the same size, and (b) TFX's Evaluator with the gate's
own configuration, against doing nothing; each in a process of its own, so that neither has the other's memory. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from components.gate.settings import GateSettings
from components.production.executor import SERVING_FOLDER
from data import features
from data.records import PairRecord
from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.random_streams import generator
from data.synthesis.synthesize import embedded_photos

_SPLIT = f"Split-{features.EVALUATION}"
_SEVERITIES = ("light", "medium", "heavy")
_IMG_SIZE = 128


def write_records(folder: Path, images: int, height: int, width: int) -> None:
    """Writes rainy pieces of the embedded photographs as one file of records.

    Args:
        folder: Of the Examples artifact.
        images: How many pairs.
        height: Of each, pixels.
        width: Of each, pixels.
    """
    import tensorflow as tf

    (folder / _SPLIT).mkdir(parents=True)
    photos = sorted(embedded_photos().glob("*.jpg"))
    rng = np.random.default_rng(5)
    with tf.io.TFRecordWriter(str(folder / _SPLIT / "data_tfrecord-00000-of-00001.gz"), "GZIP") as writer:
        for number in range(images):
            photo = photos[number % len(photos)]
            clean = _piece(cv2.imread(str(photo))[..., ::-1], height, width, rng)
            severity = _SEVERITIES[number % len(_SEVERITIES)]
            rainy = add_rain(clean, draw_rain(severity, generator(number)), number)
            pair = PairRecord(f"p{number:05d}", photo.stem, "rain", severity, "benchmark", "i", "t",
                              _png(rainy), _png(clean), (height, width), (height, width))  # fmt: skip
            writer.write(pair.to_example().SerializeToString())


def _piece(photo: np.ndarray, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Cuts a piece; a photograph that is too small for it is enlarged first."""
    scale = max(1.0, height / photo.shape[0], width / photo.shape[1])
    if scale > 1.0:
        photo = cv2.resize(photo, None, fx=scale * 1.01, fy=scale * 1.01, interpolation=cv2.INTER_CUBIC)
    top, left = (
        int(rng.integers(0, size - part + 1)) for size, part in zip(photo.shape, (height, width), strict=False)
    )
    return np.ascontiguousarray(photo[top : top + height, left : left + width])


def _png(image: np.ndarray) -> bytes:
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


def export_models(folder: Path, variant: str) -> None:
    """Writes an untrained network as the candidate, and doing nothing as the baseline.

    Args:
        folder: Where to.
        variant: Of the network.
    """
    from model_code.network import build
    from model_code.saved_model.export import identity_restorer, save_restorer
    from model_code.settings import ModelSettings

    settings = ModelSettings.model_validate({"variant": variant, "img_size": _IMG_SIZE})
    model = build.build(settings.spec(), img_size=_IMG_SIZE, seed=1)
    save_restorer(lambda images: model(images, training=False), folder / "candidate" / SERVING_FOLDER, model.variables)
    save_restorer(identity_restorer(), folder / "baseline" / SERVING_FOLDER)


def infer(folder: Path) -> None:
    """Runs both models on all records in the Evaluator's batches, and does nothing with what they return."""
    import tensorflow as tf

    from model_code.saved_model.export import load_restorer

    models = [load_restorer(folder / name / SERVING_FOLDER) for name in ("candidate", "baseline")]
    files = sorted(str(path) for path in (folder / "examples" / _SPLIT).iterdir())
    batches = tf.data.TFRecordDataset(files, "GZIP").batch(GateSettings().inference_batch_size)
    for batch in batches.as_numpy_iterator():
        for model in models:
            model.restore_examples(list(batch))


def evaluate(folder: Path) -> None:
    """Runs TFX's Evaluator as the pipeline does."""
    from google.protobuf import json_format
    from tfx import v1 as tfx

    from components.evaluation.eval_config import MODULE, eval_config
    from components.tfx_internals import EvaluatorExecutor

    artifacts = tfx.types.standard_artifacts
    made = {}
    for key, kind in (("examples", artifacts.Examples), ("candidate", artifacts.Model), ("baseline", artifacts.Model),
                      ("evaluation", artifacts.ModelEvaluation), ("blessing", artifacts.ModelBlessing)):  # fmt: skip
        made[key] = kind()
        made[key].uri = str(folder / key)
    made["examples"].split_names = json.dumps([features.EVALUATION])
    settings = GateSettings()
    EvaluatorExecutor().Do(
        {"examples": [made["examples"]], "model": [made["candidate"]], "baseline_model": [made["baseline"]]},
        {"evaluation": [made["evaluation"]], "blessing": [made["blessing"]]},
        {
            "eval_config": json_format.MessageToJson(eval_config(settings.slices, settings.inference_batch_size)),
            "example_splits": json.dumps([features.EVALUATION]),
            "module_path": MODULE,
        },
    )


_PHASES: dict[str, Callable[[Path], None]] = {"inference": infer, "evaluator": evaluate}


def _measured(phase: str, folder: Path) -> dict[str, float]:
    """Runs a phase in a process of its own; returns its seconds, start-up left out, and its peak memory."""
    command = [sys.executable, "-m", "pipeline.benchmarks.evaluation", "--phase", phase, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{phase} failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


def _run_phase(phase: str, folder: Path) -> None:
    import tensorflow_model_analysis  # noqa: F401 - imported before the clock starts, in both phases alike
    from tfx import v1  # noqa: F401

    started = time.monotonic()
    _PHASES[phase](folder)
    # Linux counts in kilobytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.monotonic() - started, "peak_memory_mb": peak}))


def benchmark(images: int, height: int, width: int, variant: str) -> dict[str, Any]:
    """Returns seconds and peak memory of both, and how many times as long the Evaluator takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_records(folder / "examples", images, height, width)
        export_models(folder, variant)
        found = {phase: _measured(phase, folder) for phase in _PHASES}
    return {
        "images": images,
        "size": f"{height}x{width}",
        "variant": variant,
        **found,
        "ratio": found["evaluator"]["seconds"] / found["inference"]["seconds"],
    }


def main() -> None:
    """Runs the benchmark, or one phase of it."""
    parser = argparse.ArgumentParser(description="Time and memory of the Evaluator beside inference alone.")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--height", type=int, default=320)
    parser.add_argument("--width", type=int, default=480)
    parser.add_argument("--variant", default="AST-T")
    parser.add_argument("--phase", choices=tuple(_PHASES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.phase:
        _run_phase(options.phase, options.folder)
    else:
        print(json.dumps(benchmark(options.images, options.height, options.width, options.variant), indent=1))


if __name__ == "__main__":
    main()
