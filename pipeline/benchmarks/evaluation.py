"""Measures time and memory of the Evaluator beside inference alone.

    python -m pipeline.benchmarks.evaluation [--images 200] [--height 320] [--width 480] [--variant AST-T] [--json FILE]

Draws rain on crops of the embedded photographs, writes them as the pipeline's records and exports an untrained network. Then
runs, each in a process of its own: the signature that the Evaluator calls on all records, in batches of the same size; and
TFX's Evaluator with the gate's configuration, with the identity as the baseline model.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from components.gate.settings import GateSettings
from components.production.properties import SERVING_FOLDER
from data import features
from data.image.arrays import ImageU8
from data.image.codec.files import encode_png
from data.records import PairRecord
from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.random_streams import generator
from data.synthesis.synthesize import embedded_photos
from pipeline.benchmarks.common import (
    add_phase_options,
    command_line,
    peak_mib,
    run_phase,
    seconds_of,
    table,
    write_result,
)

_SPLIT = f"Split-{features.EVALUATION}"
_SEVERITIES = ("light", "medium", "heavy")
_IMG_SIZE = 128


def write_records(folder: Path, images: int, height: int, width: int) -> None:
    """Writes rainy crops of the embedded photographs as one file of records.

    Args:
        folder: Folder of the Examples artifact.
        images: Number of pairs.
        height: Height of the images in pixels.
        width: Width of the images in pixels.
    """
    import tensorflow as tf

    (folder / _SPLIT).mkdir(parents=True)
    photos = sorted(embedded_photos().glob("*.jpg"))
    rng = np.random.default_rng(5)
    with tf.io.TFRecordWriter(str(folder / _SPLIT / "data_tfrecord-00000-of-00001.gz"), "GZIP") as writer:
        for number in range(images):
            photo = photos[number % len(photos)]
            clean = _crop(cv2.imread(str(photo))[..., ::-1], height, width, rng)
            severity = _SEVERITIES[number % len(_SEVERITIES)]
            rainy = add_rain(clean, draw_rain(severity, generator(number)), number)
            pair = PairRecord(f"p{number:05d}", photo.stem, "rain", severity, "benchmark", "i", "t",
                              encode_png(rainy), encode_png(clean), (height, width), (height, width))  # fmt: skip
            writer.write(pair.to_example().SerializeToString())


def _crop(photo: ImageU8, height: int, width: int, rng: np.random.Generator) -> ImageU8:
    """Returns a random crop; a photograph that is too small is enlarged first."""
    scale = max(1.0, height / photo.shape[0], width / photo.shape[1])
    if scale > 1.0:
        enlarged = cv2.resize(photo, None, fx=scale * 1.01, fy=scale * 1.01, interpolation=cv2.INTER_CUBIC)
        photo = np.asarray(enlarged, np.uint8)
    top, left = (
        int(rng.integers(0, size - part + 1)) for size, part in zip(photo.shape, (height, width), strict=False)
    )
    return np.ascontiguousarray(photo[top : top + height, left : left + width])


def export_models(folder: Path, variant: str) -> None:
    """Writes an untrained network as the candidate model, and the identity as the baseline model.

    Args:
        folder: Destination.
        variant: Variant of the candidate network.
    """
    from model_code.network import build
    from model_code.network.settings import ModelSettings
    from model_code.saved_model.export import identity_restorer, save_restorer

    settings = ModelSettings.model_validate({"variant": variant, "img_size": _IMG_SIZE})
    model = build.build(settings.spec(), img_size=_IMG_SIZE, seed=1)
    save_restorer(lambda images: model(images, training=False), folder / "candidate" / SERVING_FOLDER, model.variables)
    save_restorer(identity_restorer(), folder / "baseline" / SERVING_FOLDER)


def infer(folder: Path) -> None:
    """Runs both models on all records in the Evaluator's batches and drops the results."""
    import tensorflow as tf

    from model_code.saved_model.loading import load_restorer

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


def _measure_phase(phase: str, folder: Path) -> dict[str, float]:
    import tensorflow_model_analysis  # noqa: F401 - imported before the clock starts, in both phases alike
    from tfx import v1  # noqa: F401

    seconds = seconds_of(lambda: _PHASES[phase](folder))
    return {"seconds": seconds, "peak_mib": peak_mib()}


def benchmark(images: int, height: int, width: int, variant: str) -> dict[str, dict[str, float]]:
    """Returns `seconds` without start-up and `peak_mib` of each phase.

    Args:
        images: Number of pairs.
        height: Height of the images in pixels.
        width: Width of the images in pixels.
        variant: Variant of the candidate network.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_records(folder / "examples", images, height, width)
        export_models(folder, variant)
        return {phase: run_phase("pipeline.benchmarks.evaluation", phase, folder) for phase in _PHASES}


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("--images", type=int, default=200, help="number of pairs; default: 200")
    parser.add_argument("--height", type=int, default=320, help="height of the images in pixels; default: 320")
    parser.add_argument("--width", type=int, default=480, help="width of the images in pixels; default: 480")
    parser.add_argument("--variant", default="AST-T", help="variant of the network; default: AST-T")
    add_phase_options(parser, _PHASES)
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark, or one phase of it."""
    options = _options()
    if options.phase:
        print(json.dumps(_measure_phase(options.phase, options.folder)))
        return
    phases = benchmark(options.images, options.height, options.width, options.variant)
    ratio = phases["evaluator"]["seconds"] / phases["inference"]["seconds"]
    print(table(("phase", "seconds", "peak MiB"), [(name, *figures.values()) for name, figures in phases.items()]))
    print(f"\nThe Evaluator takes {ratio:.2f} times as long as inference alone.")
    request = {name: getattr(options, name) for name in ("images", "height", "width", "variant")}
    write_result(options.json, {**request, **phases, "ratio": ratio})


if __name__ == "__main__":
    main()
