"""Makes the two pictures of the README from a run.

    python -m pipeline.benchmarks.project.readme_pictures RUN_FOLDER MODEL_DIR [--pair ID] [--out docs/pictures]

RUN_FOLDER is a folder under `workspace/reports/`, MODEL_DIR the pushed model's under `workspace/models/`. `before-after.jpg`
shows one evaluation pair, by default the one with the median gain: the input, the image that the model restores from it, and
the target. `run-report.jpg` is the first screen of the run report, built anew from `facts.json` and `pictures.json`.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw, ImageFont

from components.evaluation.decoding import decode_example_image
from components.evaluation.measure_image import measure
from components.evaluation.measures import PSNR, of_input
from data import features
from data.errors import InputError
from data.image.arrays import ImageU8
from data.records import PairRecord
from model_code.saved_model.loading import load_restorer
from pipeline.benchmarks.project.screenshot import take_screenshot
from pipeline.config import Config, load
from pipeline.report.facts.image_facts import median_index
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.page.files import rebuild
from pipeline.run_folder import CONFIG_NAME, FACTS_NAME, PICTURES_NAME

BEFORE_AFTER, RUN_REPORT = "before-after.jpg", "run-report.jpg"
QUALITY = 88
WIDTH, HEIGHT = 1280, 960
_GAP, _MARGIN, _FONT_SIZE = 8, 10, 18


def before_after(facts: RunFacts, model: Path, pair_id: str | None = None) -> Image.Image:
    """Draws input, restored image and target of one evaluation pair side by side, each with its PSNR.

    Args:
        facts: The facts of a run.
        model: Folder of a SavedModel.
        pair_id: The pair; by default the one with the median gain.

    Raises:
        InputError: The run judged no model, or has no such evaluation pair.
    """
    pair = _find(_evaluation_pairs(facts), pair_id or _median_pair(facts))
    (restored_png,) = load_restorer(model).restore_encoded([pair.input_image])
    degraded, target = (
        decode_example_image(pair.input_image, "input", pair.pair_id),
        decode_example_image(pair.target_image, "target", pair.pair_id),
    )
    restored = decode_example_image(restored_png, "restored image", pair.pair_id)
    metrics = measure(restored, degraded, target)
    return _side_by_side(
        [
            (f"Input, PSNR {metrics[of_input(PSNR)]:.1f} dB", degraded),
            (f"Restored, PSNR {metrics[PSNR]:.1f} dB", restored),
            ("Clean target", target),
        ]
    )


def _median_pair(facts: RunFacts) -> str:
    if not facts.images:
        raise InputError(f"run {facts.run_id} judged no model; choose one that pushed or refused a model")
    ordered = sorted(facts.images, key=lambda image: (image.gain_psnr, image.pair_id))
    return ordered[median_index(len(ordered))].pair_id


def _evaluation_pairs(facts: RunFacts) -> Iterator[PairRecord]:
    records = Path(facts.data.path if facts.data else "")
    files = sorted(map(str, records.glob(f"span-*/{features.EVALUATION}-*.tfrecord")))
    for serialized in tf.data.TFRecordDataset(files):
        yield PairRecord.from_example(serialized.numpy())


def _find(pairs: Iterator[PairRecord], pair_id: str) -> PairRecord:
    for pair in pairs:
        if pair.pair_id == pair_id:
            return pair
    raise InputError(f"{pair_id}: no such evaluation pair in the records of the run")


def _side_by_side(panels: Sequence[tuple[str, ImageU8]]) -> Image.Image:
    height, width = panels[0][1].shape[:2]
    sheet = Image.new("RGB", (len(panels) * (width + _GAP) - _GAP, height), "white")
    draw = ImageDraw.Draw(sheet, "RGBA")
    font = ImageFont.load_default(_FONT_SIZE)
    for index, (label, image) in enumerate(panels):
        left = index * (width + _GAP)
        sheet.paste(Image.fromarray(np.ascontiguousarray(image)), (left, 0))
        x, y = left + 2 * _MARGIN, height - 2 * _MARGIN
        box = (x - _MARGIN, y - _FONT_SIZE, x + draw.textlength(label, font) + _MARGIN, y + _MARGIN)
        draw.rounded_rectangle(box, 5, (10, 18, 24, 190))
        draw.text((x, y), label, "white", font, anchor="ls")
    return sheet


def run_report(folder: Path, config: Config) -> Image.Image:
    """Returns the first screen of a run's report, with paths relative to the folder above the workspace.

    Args:
        folder: The run's folder; it is not changed.
        config: The configuration of that run.

    Raises:
        InputError: Facts or pictures are missing, or no browser is installed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        copy.mkdir()
        shutil.copyfile(folder / PICTURES_NAME, copy / PICTURES_NAME)
        text = (folder / FACTS_NAME).read_text(encoding="utf-8")
        (copy / FACTS_NAME).write_text(text.replace(f"{config.workspace.parent}/", ""), encoding="utf-8")
        take_screenshot(rebuild(copy), copy / "page.png", WIDTH, HEIGHT)
        return Image.open(io.BytesIO((copy / "page.png").read_bytes())).convert("RGB")


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes both pictures.

    Args:
        arguments: The command line; by default the process's own.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_folder", type=Path)
    parser.add_argument("model_dir", type=Path)
    parser.add_argument("--pair", help="Id of the evaluation pair; default: the one with the median gain.")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="Folder to write to.")
    options = parser.parse_args(arguments)
    config = load(options.run_folder / CONFIG_NAME)
    facts = RunFacts.model_validate_json((options.run_folder / FACTS_NAME).read_bytes())
    options.out.mkdir(parents=True, exist_ok=True)
    for name, picture in (
        (BEFORE_AFTER, before_after(facts, options.model_dir, options.pair)),
        (RUN_REPORT, run_report(options.run_folder, config)),
    ):
        picture.save(options.out / name, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
        print(f"{options.out / name}: {(options.out / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
