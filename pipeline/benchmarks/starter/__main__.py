"""Trains a network on drawn rain, haze or drops and measures it on real pairs that it never saw.

    python -m pipeline.benchmarks.starter PHOTOS WORK [--degradation rain|haze|raindrop] [--pairs N] [--patch SIDE]
        [--config NAME] [--sets-root DIR ...] [--limit 40] [--json FILE]

PHOTOS is the folder that `python -m pipeline.benchmarks.starter.photographs` fills; for haze, photographs that its SOURCES.csv
marks `is_hazy` are left out. WORK keeps the pairs, the training, which goes on from its last checkpoint when it was killed, and
the SavedModel. With `--sets-root`, the model is also measured on every published set of paired images in that folder, as
`python -m pipeline.benchmarks.starter.measure` does.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.spans.manifest import read_manifests
from pipeline.benchmarks.common import command_line, write_result
from pipeline.benchmarks.starter.drawings import DRAWINGS
from pipeline.benchmarks.starter.measure import add_limit, measure, print_scores
from pipeline.benchmarks.starter.pairs import write_pairs
from pipeline.benchmarks.support.restored_pairs import Scores
from pipeline.benchmarks.support.trained_network import MODEL, train_network
from pipeline.config import load
from pipeline.screen.library_logs import quiet

CONFIGURATIONS = {"rain": "starter", "haze": "starter_haze", "raindrop": "starter_raindrop"}
"""The recipe of each starter, by its degradation."""


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Draws pairs, trains and measures.

    Args:
        options: The command line's.

    Returns:
        The recipe, the curve on held-out photographs, and scores by set, as plain JSON values.
    """
    config = load(options.config or Path(CONFIGURATIONS[options.degradation]), options.set)
    records, drawing = options.work / "records", DRAWINGS[options.degradation]
    if not (earlier := read_manifests(records)):
        write_pairs(options.photos, records, drawing, options.pairs, options.patch)
    elif (drawn := earlier[0].rule["synthesis"]) != drawing.degradation:
        raise InputError(f"{records}: holds pairs of {drawn}, not of {drawing.degradation}; give another WORK")
    history = train_network(config, records / "span-1", options.work / "training")
    model = options.work / "training" / MODEL
    scores = measure(model, options.sets_root, options.limit) if options.sets_root else {}
    return {
        "recipe": history["recipe"],
        "training_minutes": round(history["seconds"] / 60, 1),
        "curve": history["validation"],
        "scores": {name: each.as_dict() for name, each in scores.items()},
    }


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="folder of clean photographs")
    parser.add_argument("work", type=Path, metavar="WORK", help="folder for pairs, training and model")
    parser.add_argument("--degradation", choices=DRAWINGS, default="rain", help="what is drawn; default: rain")
    parser.add_argument("--pairs", type=int, help="pairs to draw; default: 24000 of rain, 4000 of haze or drops")
    parser.add_argument(
        "--patch", type=int, help="shorter side of a pair in pixels; default: 128 x 128 of rain, else 256 x 384"
    )
    parser.add_argument(
        "--config", type=Path, help="a configuration; default: starter, starter_haze or starter_raindrop"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", help="change one value")
    parser.add_argument(
        "--sets-root", type=Path, action="append", default=[], metavar="DIR", help="folder of real sets"
    )
    add_limit(parser)
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark."""
    options = _options()
    try:
        with quiet():
            result = run(options)
    except InputError as error:
        sys.exit(f"starter: {error}")
    best = max(result["curve"], key=lambda row: row["gain_psnr"])
    print(
        f"drawn {options.degradation} on held-out photographs: {best['gain_psnr']:+.2f} dB, {best['gain_ssim']:+.3f} SSIM"
    )
    if result["scores"]:
        print_scores({name: Scores(**row) for name, row in result["scores"].items()})
    print(f"{result['training_minutes']} minutes of training")
    write_result(options.json, result)


if __name__ == "__main__":
    main()
